# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: The learning-rate map
================================

You write a step of many fits at once, multiply a vector by a Hessian that you never build, and find the largest curvature
and rate; a check tells you what is wrong. This page imports ``twolayer``, which does the checking; the site's page
``exercises`` says how to install it.

What you'll learn:

- which axis of a batch of matrices tells the fits apart, and which axes belong to one fit;
- how autograd, used twice, gives the Hessian times a vector;
- what a vector that is multiplied again and again needs between the products;
- how the curvature foretells at which rate gradient descent goes up.
"""

# %%
# Exercise 1: One step of all fits
# --------------------------------
#
# Each of R fits has weights and a learning rate of its own; all have the same data. ``x`` is (N, D_in), ``y``
# (N, D_out), ``w1`` (R, D_in, H), ``w2`` (R, H, D_out), and ``rates`` (R,). The forward pass is done. Fill in the rest: the
# losses before the step, (R,), each a sum of squared errors, and the weights after it, in their shapes. As on each
# rung, ReLU's slope at exactly 0 is 0. Return new tensors, and leave those that you got as they are.

import torch

from twolayer.exercises import check, hint, solution


def step_all(x, y, w1, w2, rates):
    """The losses of all fits, and their weights after one step."""
    h = x @ w1  # (R, N, H)
    h_relu = h.relu()
    y_pred = h_relu @ w2  # (R, N, D_out)
    losses = ...  # fill in
    grad_y_pred = 2 * (y_pred - y)
    w1_new = ...  # fill in
    w2_new = ...  # fill in
    return losses, w1_new, w2_new


check("learning_rate_map.1", step_all)

# %%
# Exercise 2: The Hessian times a direction
# -----------------------------------------
#
# You get ``loss_of``, a function that computes a loss from ``w``; the weights ``w``, of any shape, not tracked; and
# ``direction``, a tensor of the same shape. Return the Hessian of the loss at ``w`` times the direction, in the shape
# of ``w``, without building the Hessian: not by ``hessian``, ``jacobian``, ``jacrev``, ``jacfwd`` or ``vmap``, and not
# by a derivative for each entry. Leave ``w`` itself untracked; what you return may be recorded by autograd. The line of
# the gradient needs a change as well.


def hessian_times(loss_of, w, direction):
    """The Hessian of a loss times a direction."""
    w = w.clone().requires_grad_()
    gradient = torch.autograd.grad(loss_of(w), w)[0]
    turned = ...  # fill in
    return turned


check("learning_rate_map.2", hessian_times)

# %%
# Exercise 3: A search that ends in NaN
# -------------------------------------
#
# The Hessian is now given as ``times``, a function that multiplies it by a direction, a tensor of shape (n,). Of all
# its eigenvalues, return the one that is the largest in size, with its sign, as a number. This function finds it
# where the curvature is near 1. Where it is as large as on the lesson's map, it returns NaN. Mend it.


def largest_curvature(times, direction):
    """The eigenvalue that is the largest in size."""
    for _ in range(100):
        direction = times(direction)
    curvature = direction @ times(direction) / (direction @ direction)
    return curvature.item()


check("learning_rate_map.3", largest_curvature)

# %%
# Exercise 4: The largest stable rate
# -----------------------------------
#
# You get ``loss_of``, as above, and ``w``, now of shape (n,), with n at most 10 and close to where the loss is lowest;
# leave it untracked again. Return a rate just below 2 over the largest curvature there, as a number. The check measures it
# by 100 steps of gradient descent from ``w``: at 0.95 times your rate the loss must end lower than it began, at 1.05 times
# your rate it must not. Here you may build the Hessian.


def largest_rate(loss_of, w):
    """A rate just below the largest at which descent comes down."""
    curvature = ...  # fill in
    return 1.99 / curvature


check("learning_rate_map.4", largest_rate)

# %%
# Summary
# -------
#
# - A batch's axis stands in front: transpose the last two axes only, sum over them only, and give each rate two axes
#   of 1.
# - The gradient of the gradient's product with a direction is the Hessian times that direction.
# - Only the way a direction points matters, so bring it back to length 1; the largest curvature that it finds bounds the rate.
#
# Back: ``learning_rate_map`` is the lesson.
#
# Next: ``cheat_sheet`` puts NumPy and PyTorch side by side, to look things up.
