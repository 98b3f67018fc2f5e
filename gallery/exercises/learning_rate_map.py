# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: The learning-rate map
================================

You write one step of many fits in parallel, multiply a vector by a Hessian that you
never build, and find the largest curvature and the largest stable rate. A check tells
you what is right and what is wrong. This page imports ``twolayer``, which does the
checking. The site's page ``exercises`` explains how to install it.

What you'll learn:

- which axis of a batch of matrices separates the fits, and which axes belong to one
  fit;
- how autograd, used twice, multiplies the Hessian by a vector;
- what a vector needs between repeated multiplications by a matrix;
- how the curvature near the lowest point predicts the rate from which gradient descent
  diverges.
"""

# %%
# Exercise 1: One step of all fits
# --------------------------------
#
# There are R fits. Each has its own weights and its own learning rate, and all share
# the same data. ``x`` is (N, D_in), ``y`` (N, D_out), ``w1`` (R, D_in, H), ``w2`` (R,
# H, D_out), and ``rates`` (R,). The forward pass is written. Fill in the rest: the
# losses before the step, (R,), each a sum of squared errors, and the weights after the
# step, in their shapes. As in every lesson, the slope of ReLU at exactly 0 is 0. Return
# new tensors, and don't change the tensors that you get.

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
# You get ``loss_of``, a function that computes a loss from ``w``; the weights ``w``, of
# any shape and untracked; and ``direction``, a tensor of the same shape. Return the
# Hessian of the loss at ``w`` times the direction, in the shape of ``w``. Don't build
# the Hessian: don't use ``hessian``, ``jacobian``, ``jacrev``, ``jacfwd`` or ``vmap``,
# and don't take one derivative per element. Leave ``w`` itself untracked, but what you
# return may be tracked. The line that computes the gradient needs a change as well.


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
# Now you get the Hessian as ``times``, a function that multiplies it by a direction, a
# tensor of shape (n,). Return its eigenvalue with the largest absolute value, with its
# sign, as a number. This function finds it if the curvature is near 1. If the curvature
# is as large as on the lesson's map, it returns NaN. Fix it.


def largest_curvature(times, direction):
    """The eigenvalue with the largest absolute value."""
    for _ in range(100):
        direction = times(direction)
    curvature = direction @ times(direction) / (direction @ direction)
    return curvature.item()


check("learning_rate_map.3", largest_curvature)

# %%
# Exercise 4: The largest stable rate
# -----------------------------------
#
# You get ``loss_of``, as above, and ``w``, now of shape (n,), with n at most 10 and
# close to where the loss is lowest. Leave it untracked again. Return a learning rate
# slightly below 2 divided by the largest curvature there, as a number. The check tests
# it with 100 steps of gradient descent from ``w``: at 0.95 times your rate the loss
# must end lower than it began, and at 1.05 times your rate it must not. Here you may
# build the Hessian.


def largest_rate(loss_of, w):
    """A learning rate slightly below the largest at which descent converges."""
    curvature = ...  # fill in
    return 1.99 / curvature


check("learning_rate_map.4", largest_rate)

# %%
# Summary
# -------
#
# - The axis of a batch comes first, so transpose only the last two axes, sum only over
#   them, and give the rates two more axes of 1.
# - The Hessian times a direction is the gradient of the gradient's dot product with
#   that direction.
# - In the search, only the orientation of a direction matters, so scale it back to
#   length 1. Near the lowest point, the largest curvature limits the learning rate.
#
# Back: ``learning_rate_map`` is the lesson.
#
# Next: ``cheat_sheet`` puts NumPy and PyTorch side by side, to look things up.
