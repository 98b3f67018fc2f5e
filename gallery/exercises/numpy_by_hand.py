# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.1",
# ]
# ///
"""
Exercises: NumPy by hand
========================

Change, fix and write backward passes in NumPy. The package ``twolayer`` checks your answers; the page ``exercises``
says how to install it.

What you'll learn:

- what a mean instead of a sum does to a gradient;
- why a mask ``h < 0`` stops nothing once ReLU has changed its input;
- what the gradients of both layers' biases are;
- how to write the backward pass of a different activation.
"""

# %%
# Exercise 1: A mean instead of the sum
# -------------------------------------
#
# The lesson's loss is the sum of the squared errors. This function computes their mean, but one line still
# belongs to the sum. Change that line.
#
# ``y_pred`` and ``y`` have shape (N, D_out). Return the loss, which is one number, and ``grad_y_pred``, (N, D_out).

import numpy as np

from twolayer.exercises import check, hint, solution


def loss_and_grad(y_pred, y):
    """The mean of the squared errors, and its gradient."""
    loss = np.square(y_pred - y).mean()
    grad_y_pred = 2 * (y_pred - y)
    return loss, grad_y_pred


check("numpy_by_hand.1", loss_and_grad)

# %%
# Exercise 2: A mask that stops nothing
# -------------------------------------
#
# This backward pass runs, and its shapes are right, but ``grad_w1`` is wrong. Find out why the mask stops nothing,
# and fix it. ``x`` is (N, D_in), ``y`` (N, D_out), ``w1`` (D_in, H) and ``w2`` (H, D_out). Return the gradients of
# both weight matrices, in the weights' shapes. As in the lesson, the slope of ReLU at exactly 0 is 0.


def backward(x, y, w1, w2):
    """The gradients of both weight matrices."""
    h = x @ w1
    h_relu = h
    h_relu[h_relu < 0] = 0
    y_pred = h_relu @ w2
    grad_y_pred = 2 * (y_pred - y)
    grad_w2 = h_relu.T @ grad_y_pred
    grad_h = grad_y_pred @ w2.T
    grad_h[h < 0] = 0
    grad_w1 = x.T @ grad_h
    return grad_w1, grad_w2


check("numpy_by_hand.2", backward)

# %%
# Exercise 3: A bias in both layers
# ---------------------------------
#
# Now each layer adds a bias: ``b1``, shape (H,), to ``h``, and ``b2``, shape (D_out,), to ``y_pred``. The loss is the
# sum of the squared errors again. Fill in the gradients of both biases, in the biases' shapes.


def backward_with_bias(x, y, w1, b1, w2, b2):
    """The gradients of both layers' weights and biases."""
    h = x @ w1 + b1
    h_relu = np.maximum(h, 0)
    y_pred = h_relu @ w2 + b2
    grad_y_pred = 2 * (y_pred - y)
    grad_w2 = h_relu.T @ grad_y_pred
    grad_b2 = ...  # fill in
    grad_h = grad_y_pred @ w2.T
    grad_h[h <= 0] = 0
    grad_w1 = x.T @ grad_h
    grad_b1 = ...  # fill in
    return grad_w1, grad_b1, grad_w2, grad_b2


check("numpy_by_hand.3", backward_with_bias)

# %%
# Exercise 4: LeakyReLU's backward pass
# -------------------------------------
#
# LeakyReLU leaves positive numbers as they are and multiplies all others by ``slope``, a number such as 0.1. Derive
# its backward pass. You get its input ``h`` and the gradient of its output, ``grad_h_relu``, both (N, H). Return the
# gradient of its input, (N, H). Where ``h`` is exactly 0, use ``slope``. Return a new array, and don't change
# ``grad_h_relu``.


def leaky_relu_backward(h, grad_h_relu, slope):
    """The gradient of LeakyReLU's input."""
    grad_h = ...  # fill in
    return grad_h


check("numpy_by_hand.4", leaky_relu_backward)

# %%
# Summary
# -------
#
# - Any constant factor or divisor of the loss is also one of every gradient, such as the
#   divisor of a mean.
# - After ReLU nothing is below 0, so a mask ``h < 0`` taken then stops nothing. An assignment
#   makes no copy.
# - A bias is added to every row, so its gradient is a sum over the batch.
#
# Back: ``numpy_by_hand`` is the lesson.
#
# Next: ``try_it`` runs this network in your browser, with settings that you choose.
