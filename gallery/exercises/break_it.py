# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Break it
===================

You find mistakes that raise no error: in a loop, in a function that judges fits, and in
a trainer that you can't look into. The package ``twolayer`` checks your answers; the
page ``exercises`` says how to install it.

What you'll learn:

- which losses of a history show you where to look;
- how to find a second mistake behind the first;
- how a fit that explodes, one that dies and one that is slow differ;
- which experiments reveal the faults of a trainer that you can only call.
"""

# %%
# Exercise 1: Two mistakes in one loop
# ------------------------------------
#
# This loop uses autograd to fit one output. It raises no error, but none of its losses
# is right. It makes two of the mistakes that the lesson shows. Find both, and fix them.
# Look at the first loss before you look at the others.
#
# ``x`` is (N, D_in), ``y`` (N,), ``w1`` (D_in, H) and ``w2`` (H, 1). The loss is the
# sum of squared errors. Return the loss of each step, before its update, as a list of
# numbers or as one tensor. Don't change the weights that you are given.

import math

import torch

from twolayer.exercises import check, hint, solution


def train(x, y, w1, w2, learning_rate, steps):
    """The losses of a fit."""
    w1, w2 = w1.clone().requires_grad_(), w2.clone().requires_grad_()
    history = []
    for t in range(steps):
        y_pred = (x @ w1).relu() @ w2
        loss = (y_pred - y).square().sum()
        history.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w1 -= learning_rate * w1.grad
            w2 -= learning_rate * w2.grad
    return history


check("break_it.1", train)

# %%
# Exercise 2: A hasty judgement
# -----------------------------
#
# How did a fit end? You get ``losses``, a list with the loss of each step; ``live``,
# the share of ReLUs that are live at the end, from 0 to 1; and ``zero_costs``, the loss
# of predicting zero everywhere. Return one of four words:
#
# - "exploded" if any loss is not finite, or if the last one is above the first;
# - otherwise "learns" if the last loss is below a quarter of ``zero_costs``;
# - otherwise "died" if fewer than a tenth of the ReLUs are live;
# - otherwise "slow": nothing is broken, but the fit needs more steps or a larger
#   learning rate.
#
# This function judges most fits correctly. Fix it for the others.


def how_it_ended(losses, live, zero_costs):
    """How a fit ended."""
    if losses[-1] > losses[0]:
        return "exploded"
    if live < 0.1:
        return "died"
    if losses[-1] < zero_costs / 4:
        return "learns"
    return "slow"


check("break_it.2", how_it_ended)

# %%
# Exercise 3: A trainer in a black box
# ------------------------------------
#
# You are given a function that fits the lesson's network, and you can't look inside.
# ``train(x, y, w1, w2, learning_rate, steps)`` takes tensors of your own: ``x`` (N,
# D_in), ``y`` (N, D_out), ``w1`` (D_in, H) and ``w2`` (H, D_out), of any sizes, all
# float32 or all float64. It doesn't change them, and returns two lists:
#
# - ``losses``, ``steps`` numbers: the loss of each step, before its update;
# - ``weights``, ``steps + 1`` pairs ``(w1, w2)``: the weights at the start, and those
#   after each update.
#
# It should do gradient descent on the sum of squared errors. Return the name of what it
# really does:
#
# - "right" if it does what it should;
# - "piled up" if it adds each gradient to those of all steps before;
# - "added" if it adds the step to the weights instead of subtracting it;
# - "mean" if the loss is the mean of the squared errors over all elements of ``y``, and
#   its gradients are those of the mean;
# - "shuffled" if the rows of ``y`` are in a different order, so that each row of ``x``
#   meets the target of a different row; calls with the same number of rows use the same
#   order;
# - "late" if each update uses the gradient of the step before; the first update uses
#   none.
#
# No trainer raises an error, and each has at most one fault. You may call it as often
# as you like. This function finds one fault; make it find all of them.


def find_bug(train):
    """The name of a trainer's fault, or "right"."""
    x, y = torch.randn(5, 4), torch.randn(5, 3)
    w1, w2 = torch.randn(4, 6), torch.randn(6, 3)
    losses, _ = train(x, y, w1, w2, 1e-4, 2)
    return "added" if losses[1] > losses[0] else "right"


check("break_it.3", find_bug)

# %%
# Summary
# -------
#
# - The first loss depends only on the forward pass, the second also on the gradients of
#   one step, the third on those of two: the first wrong loss shows you where to look.
# - ``<`` and ``>`` are always false for NaN, so test whether losses are finite; live
#   ReLUs matter only if the loss is large.
# - The first loss, the first update and the second update distinguish the faults; a
#   second fit from the updated weights shows what a trainer remembers.
#
# Back: ``break_it`` is the lesson.
#
# Next: ``learning_rate_map`` shows at which rates ReLUs die and fits explode.
