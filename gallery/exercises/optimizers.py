# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Optimizers
=====================

You mend a loop around an optimizer, then write the update rules of three optimizers yourself, and a check tells you
what is right and what is wrong. This page imports ``twolayer``, which does the checking; the site's page
``exercises`` says how to install it.

What you'll learn:

- in which order the three calls of a step belong;
- how momentum carries earlier gradients on;
- what Adam's correction is for, and why it counts steps from one;
- why the weight decay of AdamW is no term of the gradient.
"""

# %%
# Exercise 1: A loop that learns nothing
# --------------------------------------
#
# This loop runs, raises nothing, and leaves the weight where it was. All three calls are there. Find out why nothing
# moves, and mend it. ``w`` is (D_in, D_out) and requires grad, ``x`` is (N, D_in) and ``y`` (N, D_out). The function
# changes ``w`` in place, which requires grad afterwards too, and returns nothing; the loss is the sum of squared errors.

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
# Write what ``torch.optim.SGD`` does with its option ``momentum``. It keeps a velocity, which starts from zeros. At
# each step the velocity is multiplied by ``momentum``, then the whole gradient is added to it, and the weight moves
# against the velocity, by the learning rate times it.
#
# ``w`` is (H, D_out) and ``grads`` (steps, H, D_out), one gradient for each step. Return the weight after the last step, (H, D_out),
# and leave the one that you got as it is.


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
# Adam keeps two averages that start from zeros: ``m`` of the gradients, in which the old average counts ``beta1`` and
# the new gradient the rest, and ``v`` of their squares, with ``beta2``. After ``t`` steps the shares of all gradients
# in an average add up to ``1 - beta**t``, with its own beta; dividing by that corrects for the start from zero. From
# the weight, subtract the learning rate times the corrected ``m``, divided by the root of the corrected ``v`` plus
# ``eps``; ``eps`` stands outside the root.
#
# The shapes are those of the exercise before, and again you return a new weight and leave ``w`` as it is. Write the loop's
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
# Exercise 4: Decay beside the gradient
# -------------------------------------
#
# At Adam's first step both corrections undo the averages' factors, so the corrected ``m`` is the gradient and the root of the
# corrected ``v`` its absolute value. What is left fits in one line. This function adds the weight decay to the gradient, as
# ``torch.optim.Adam`` does with the option of that name. Mend it so that it takes the first step of ``torch.optim.AdamW``, which first
# shrinks each weight by the fraction ``learning_rate * weight_decay``, apart from the gradient.
#
# ``w`` and ``grad`` are (H, D_out); return the new weight in the same shape, and leave the two as they are.


def adamw_first_step(w, grad, learning_rate, weight_decay, eps):
    """The weight after the first step of AdamW."""
    grad = grad + weight_decay * w
    return w - learning_rate * grad / (grad.abs() + eps)


check("optimizers.4", adamw_first_step)

# %%
# Summary
# -------
#
# - Each step needs one ``torch.optim.Optimizer.zero_grad``, anywhere but between ``backward`` and ``step``.
# - Momentum is a memory of gradients; Adam has two, and corrects both for their start from zero.
# - AdamW shrinks the weights themselves; a decay in the gradient is divided away.
#
# Back: ``optimizers`` is the lesson.
#
# Next: ``custom_module`` takes away the row of layers.
