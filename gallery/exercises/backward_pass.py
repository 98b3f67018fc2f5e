# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.1",
# ]
# ///
"""
Exercises: The backward pass, derived
=====================================

You derive gradients that the guide doesn't, on paper, and write them as matrix
products. The package ``twolayer`` checks your answers; the page ``exercises`` says how
to install it.

What you'll learn:

- how a second term of the loss adds to a gradient;
- what the gradients of the inputs and of the targets are;
- what happens to the gradient of a matrix that is used twice;
- how the pattern continues through a third layer.
"""

# %%
# Exercise 1: A penalty on the weights
# ------------------------------------
#
# To keep weights small, many losses add a penalty: a number ``penalty`` times the sum
# of the squares of all weights. Here the loss includes it, but the gradients don't.
# ``x`` is (N, D_in), ``y`` (N, D_out), ``w1`` (D_in, H) and ``w2`` (H, D_out).
# Differentiate the new term, and fix both gradients.

import numpy as np

from twolayer.exercises import check, hint, solution


def loss_and_grads(x, y, w1, w2, penalty):
    """The loss with a penalty on the squared weights, and both gradients."""
    h = x @ w1
    h_relu = np.maximum(h, 0)
    y_pred = h_relu @ w2
    loss = np.square(y_pred - y).sum()
    loss += penalty * (np.square(w1).sum() + np.square(w2).sum())
    grad_y_pred = 2 * (y_pred - y)
    grad_w2 = h_relu.T @ grad_y_pred
    grad_h = grad_y_pred @ w2.T
    grad_h[h <= 0] = 0
    grad_w1 = x.T @ grad_h
    return loss, grad_w1, grad_w2


check("backward_pass.1", loss_and_grads)

# %%
# Exercise 2: The inputs and the targets
# --------------------------------------
#
# The loss depends on the data too. The gradient of ``x`` shows which input the loss is
# most sensitive to. The loss is the sum of squared errors again, and the shapes are the
# same as above. Write the sums over paths with indices, turn them into products, and
# fill in the gradients of ``x`` and of ``y``, each in the shape of its array.


def grads_of_data(x, y, w1, w2):
    """The gradients of the inputs and of the targets."""
    h = x @ w1
    y_pred = np.maximum(h, 0) @ w2
    grad_y_pred = 2 * (y_pred - y)
    grad_y = ...  # fill in
    grad_h = grad_y_pred @ w2.T
    grad_h[h <= 0] = 0
    grad_x = ...  # fill in
    return grad_x, grad_y


check("backward_pass.2", grads_of_data)

# %%
# Exercise 3: One matrix for both layers
# --------------------------------------
#
# This network uses one matrix twice: ``w``, (D, H), in the first layer and its
# transpose in the second. So ``x`` and ``y`` are both (N, D). The loss is the sum of
# squared errors. The gradient below, (D, H), is incomplete. Find all paths from one
# element of ``w`` to the loss, and fix it.


def tied_grad(x, y, w):
    """The gradient of a matrix that both layers use."""
    h = x @ w
    h_relu = np.maximum(h, 0)
    y_pred = h_relu @ w.T
    grad_y_pred = 2 * (y_pred - y)
    grad_h = grad_y_pred @ w
    grad_h[h <= 0] = 0
    grad_w = x.T @ grad_h
    return grad_w


check("backward_pass.3", tied_grad)

# %%
# Exercise 4: A third layer
# -------------------------
#
# Now there are three layers, with a ReLU after the first and after the second: ``w1``
# is (D_in, H1), ``w2`` (H1, H2) and ``w3`` (H2, D_out). The gradient of ``w3`` is
# there. Continue backwards, and fill in the other two. As everywhere on this site,
# ReLU's slope at exactly 0 is 0.


def three_layer_grads(x, y, w1, w2, w3):
    """The gradients of three layers' weights."""
    h1 = x @ w1
    h1_relu = np.maximum(h1, 0)
    h2 = h1_relu @ w2
    h2_relu = np.maximum(h2, 0)
    y_pred = h2_relu @ w3
    grad_y_pred = 2 * (y_pred - y)
    grad_w3 = h2_relu.T @ grad_y_pred
    grad_w2 = ...  # fill in
    grad_w1 = ...  # fill in
    return grad_w1, grad_w2, grad_w3


check("backward_pass.4", three_layer_grads)

# %%
# Summary
# -------
#
# - Terms of the loss add up, and so do their gradients.
# - Paths from a value to the loss add up too: two uses of a matrix contribute two
#   terms.
# - Each layer passes the gradient on by one product and one mask, however many layers
#   there are.
#
# Back: ``backward_pass`` is the guide.
#
# Next: ``tensors_by_hand`` keeps every line and changes the library.
