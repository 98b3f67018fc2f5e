# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Optimizers
=====================

Fix a loop around an optimizer, then write the update rules of three optimizers yourself. The package ``twolayer``
checks your answers; the page ``exercises`` says how to install it.

What you'll learn:

- which order the three calls of a step need;
- how momentum carries earlier gradients on;
- what Adam's correction is for, and why it counts steps from 1;
- why AdamW keeps weight decay out of the gradient.
"""

# %%
# Exercise 1: A loop that learns nothing
# --------------------------------------
#
# This loop runs without an error and leaves the weight where it was. All three calls are there. Find out why nothing
# moves, and fix it. ``w`` is (D_in, D_out) and requires grad, ``x`` is (N, D_in) and ``y`` (N, D_out). The function
# changes ``w`` in place and returns nothing. Afterwards ``w`` must still require grad. The loss is the sum of the
# squared errors.

import torch

from twolayer.exercises import check, hint, solution


def fit(w, x, y, learning_rate):
    """Take four steps of gradient descent, which change w."""
    optimizer = torch.optim.SGD([w], lr=learning_rate)
    for _ in range(4):
        loss = (x @ w - y).square().sum()
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()


check("optimizers.1", fit)

# %%
# Exercise 2: Momentum by hand
# ----------------------------
#
# Write what ``torch.optim.SGD`` does with its option ``momentum``. It keeps a velocity that starts from zeros. At
# each step, the velocity is multiplied by ``momentum``, and the whole gradient is added to it. Then the learning rate
# times the velocity is subtracted from the weight.
#
# ``w`` is (H, D_out) and ``grads`` (steps, H, D_out), one gradient for each step. Return the weight after the last
# step, (H, D_out), and leave ``w`` itself as it is.


def momentum_steps(w, grads, learning_rate, momentum):
    """The weight after one step of SGD with momentum for each gradient."""
    velocity = torch.zeros_like(w)
    for grad in grads:
        velocity = ...  # fill in
        w = ...  # fill in
    return w


check("optimizers.2", momentum_steps)

# %%
# Exercise 3: Adam's first steps
# ------------------------------
#
# Adam keeps two averages that start from zeros: ``m`` of the gradients and ``v`` of
# their squares. In ``m``, the old average has the weight ``beta1`` and the new gradient
# the rest; ``v`` does the same with ``beta2``. After ``t`` steps, the weights of all
# gradients in an average sum to ``1 - beta**t``, with that average's beta. Dividing by
# this corrects for the start from zero. From the weight, subtract the learning rate
# times the corrected ``m``, divided by the sum of ``eps`` and the square root of the
# corrected ``v``.
#
# The shapes are those of the previous exercise. Again, return a new weight and leave ``w`` as it is. Write the loop's
# body.


def adam_steps(w, grads, learning_rate, beta1, beta2, eps):
    """The weight after one step of Adam for each gradient."""
    m, v = torch.zeros_like(w), torch.zeros_like(w)
    for t, grad in enumerate(grads):
        m = ...  # fill in
        v = ...  # fill in
        w = ...  # fill in; which t does the first step have?
    return w


check("optimizers.3", adam_steps)

# %%
# Exercise 4: Decay apart from the gradient
# -----------------------------------------
#
# At Adam's first step, both corrections cancel the averages' factors. The corrected ``m`` is the gradient, and the
# root of the corrected ``v`` is its absolute value, so the step fits on one line. This function adds the weight decay
# to the gradient, as ``torch.optim.Adam`` does with its option ``weight_decay``. Change it so that it takes the first
# step of ``torch.optim.AdamW``, which first shrinks each weight by the fraction ``learning_rate * weight_decay``,
# apart from the gradient.
#
# ``w`` and ``grad`` are (H, D_out). Return the new weight in the same shape, and leave both as they are.


def adamw_first_step(w, grad, learning_rate, weight_decay, eps):
    """The weight after the first step of AdamW."""
    grad = grad + weight_decay * w
    return w - learning_rate * grad / (grad.abs() + eps)


check("optimizers.4", adamw_first_step)

# %%
# Summary
# -------
#
# - Each step needs one call of ``torch.optim.Optimizer.zero_grad``, anywhere except between ``backward`` and ``step``.
# - Momentum is one memory of gradients. Adam has two, and corrects both for their start from zero.
# - AdamW shrinks the weights themselves. In Adam, decay in the gradient is divided
#   along with it.
#
# Back: ``optimizers`` is the lesson.
#
# Next: ``custom_module`` removes the row of layers, the only form that a network of layers could
# have so far.
