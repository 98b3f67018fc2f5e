# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Break it
===================

You find mistakes that raise nothing, in a loop and in a judgement on fits, and a check tells you what is right and
what is wrong. This page imports ``twolayer``, which does the checking; the site's page ``exercises`` says how to
install it.

What you'll learn:

- which losses of a history tell you where to look;
- how to find a second mistake behind the first;
- how a fit that explodes, one that dies and one that is slow differ.
"""

# %%
# Exercise 1: Two mistakes in one loop
# ------------------------------------
#
# This loop by autograd fits one output. It raises nothing, and none of its losses is right. It makes two mistakes
# that the lesson shows: find both, and mend them. Look at the first loss before you look at the others.
#
# ``x`` is (N, D_in), ``y`` (N,), ``w1`` (D_in, H) and ``w2`` (H, 1). The loss is the sum of squared errors; return
# the loss of each step, before its update, as a list of numbers or as one tensor.

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
# Exercise 2: A judgement that is too quick
# -----------------------------------------
#
# How did a fit end? You get ``losses``, a list with the loss of each step; ``live``, the share of ReLUs that are live
# at the end, from 0 to 1; and ``zero_costs``, the loss of predicting zero everywhere. Return one of four words:
#
# - "exploded" if a loss is not finite, or if the last one is above the first;
# - else "learns" if the last loss is below a quarter of ``zero_costs``;
# - else "died" if less than a tenth of the ReLUs are live;
# - else "slow": nothing is broken, but it needs more steps or a larger rate.
#
# This function gets most fits right. Mend what it says of the others.


def how_it_ended(losses, live, zero_costs):
    """What became of a fit."""
    if losses[-1] > losses[0]:
        return "exploded"
    if live < 0.1:
        return "died"
    if losses[-1] < zero_costs / 4:
        return "learns"
    return "slow"


check("break_it.2", how_it_ended)

# %%
# Summary
# -------
#
# - The first loss comes from the forward pass alone, the second from one gradient, the third from two: the first wrong
#   one tells you where to look.
# - A comparison with NaN is always false; ask for what is finite.
# - Few live ReLUs explain a loss that is large; where the loss is small, they are enough.
#
# Back: ``break_it`` is the lesson.
#
# Next: ``learning_rate_map`` shows where the rates that explode and those that kill the ReLUs begin.
