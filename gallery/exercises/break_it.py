# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Break it
===================

You find mistakes that raise nothing, in a loop, in a judgement on fits and in a trainer that you can't look into; a check
tells you what is wrong. This page imports ``twolayer``, which does the checking; the site's page ``exercises`` says how to
install it.

What you'll learn:

- which losses of a history tell you where to look;
- how to find a second mistake behind the first;
- how a fit that explodes, one that dies and one that is slow differ;
- which experiments tell the faults of a trainer apart, if you can only call it.
"""

# %%
# Exercise 1: Two mistakes in one loop
# ------------------------------------
#
# This loop by autograd fits one output. It raises nothing, and none of its losses is right. It makes two mistakes
# that the lesson shows: find both, and mend them. Look at the first loss before you look at the others.
#
# ``x`` is (N, D_in), ``y`` (N,), ``w1`` (D_in, H) and ``w2`` (H, 1). The loss is the sum of squared errors; return
# the loss of each step, before its update, as a list of numbers or as one tensor. Leave the weights that you got as
# they are.

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
# - "exploded" if a loss is not finite, wherever it stands, or if the last one is above the first;
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
# Exercise 3: A trainer in a black box
# ------------------------------------
#
# Somebody hands you a function that fits the ladder's network, and you can't look inside. ``train(x, y, w1, w2,
# learning_rate, steps)`` takes tensors of your own: ``x`` (N, D_in), ``y`` (N, D_out), ``w1`` (D_in, H) and ``w2``
# (H, D_out), of any sizes, all float32 or all float64. It leaves them as they are, and returns two lists:
#
# - ``losses``, ``steps`` numbers: the loss of each step, before its update;
# - ``weights``, ``steps + 1`` pairs ``(w1, w2)``: those that it began with, and those after each update.
#
# It should do gradient descent on the sum of squared errors. Return what it does in truth, by its name:
#
# - "right" if it does what it should;
# - "piled up" if each gradient is added to those of all steps before;
# - "added" if the step is added to the weights, and not subtracted;
# - "mean" if the loss is the mean of the squared errors over all entries of ``y``, in its gradients too;
# - "shuffled" if the rows of ``y`` are in another order, in which none is in its own place, so that each row of ``x``
#   meets the target of another; it is the same order in each call with as many rows;
# - "late" if each update takes the gradient of the step before; the first takes none.
#
# None of them raises anything, and a trainer has one fault at most. You may call it as often as you like. This
# function finds one fault; let it find all.


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
# - The first loss comes from the forward pass alone, the second from one gradient, the third from two: the first wrong
#   one tells you where to look.
# - A comparison with NaN is always false, so ask for what is finite; few live ReLUs explain a large loss only.
# - The first loss, the first update and the second tell faults apart; a fit begun anew tells what a trainer remembers.
#
# Back: ``break_it`` is the lesson.
#
# Next: ``learning_rate_map`` shows where the rates that explode and those that kill the ReLUs begin.
