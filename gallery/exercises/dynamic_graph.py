# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: A graph that changes
===============================

You make a network's depth an argument, write the backward pass of a shared weight, and draw depths by a seed; a
check tells you what is right and what is wrong. This page imports ``twolayer``, which does the checking; the site's
page ``exercises`` says how to install it.

What you'll learn:

- how one layer takes the place of several;
- why the gradient of a shared weight is a sum, and over what;
- how a backward pass follows a loop;
- what makes drawn depths the same in every run.
"""

# %%
# Exercise 1: One layer for all
# -----------------------------
#
# This module has two middle layers, and its depth is fixed. Give it one layer in their place, ``middle``, that ``forward`` applies
# ``repeats`` times, with a ReLU after each; with zero repeats the input layer's output goes right to the output layer.
#
# ``x`` is (N, D_in), ``repeats`` a whole number, the output (N, D_out); ``middle`` takes H numbers to H.

import random

import torch

from twolayer.exercises import check, hint, solution


class DynamicNet(torch.nn.Module):
    """Input layer, a shared middle layer applied any number of times, output layer."""

    def __init__(self, D_in, H, D_out):
        super().__init__()
        self.input = torch.nn.Linear(D_in, H)
        self.middle1 = torch.nn.Linear(H, H)
        self.middle2 = torch.nn.Linear(H, H)
        self.output = torch.nn.Linear(H, D_out)

    def forward(self, x, repeats):
        h_relu = self.input(x).relu()
        h_relu = self.middle1(h_relu).relu()
        h_relu = self.middle2(h_relu).relu()
        return self.output(h_relu)


check("dynamic_graph.1", DynamicNet)

# %%
# Exercise 2: A use that was forgotten
# ------------------------------------
#
# Here one weight is used twice, and the backward pass is written by hand. It stops too early: what it returns is the part of the gradient
# that belongs to the second use. Follow the gradient on to the first use, and mend the function. You may check your derivation with
# autograd: the check accepts its gradient as well.
#
# ``x`` and ``y`` are (N, H), ``w`` is (H, H); the loss is the sum of squared errors. Return ``grad_w``, (H, H). As on
# each rung, ReLU's slope at exactly 0 is 0.


def backward(x, y, w):
    """The gradient of a weight that is used twice."""
    h1 = x @ w
    h1_relu = h1.relu()
    h2 = h1_relu @ w
    grad_h2 = 2 * (h2 - y)
    return h1_relu.T @ grad_h2


check("dynamic_graph.2", backward)

# %%
# Exercise 3: Back through a loop
# -------------------------------
#
# Now the weight is used ``repeats`` times, at least once, with a ReLU after each use, the last one too. Derive the gradient of ``w`` and write
# the backward pass for any number of repeats, without autograd: keep on the way forward what you'll need on the way back. The shapes and the
# loss are those of the exercise before.


def backward_through_loop(x, y, w, repeats):
    """The gradient of a weight that is used any number of times."""
    h_relu = x
    for _ in range(repeats):
        h_relu = (h_relu @ w).relu()
    grad_h_relu = 2 * (h_relu - y)
    grad_w = ...  # fill in
    return grad_w


check("dynamic_graph.3", backward_through_loop)

# %%
# Exercise 4: Depths that repeat themselves
# -----------------------------------------
#
# This function is to draw the depths of a run, each from zero to three. Equal seeds are to give equal depths, other seeds other ones; and all other
# draws of the program, by ``random``, ``torch`` or NumPy, are to go on as if the function had drawn nothing. The function keeps neither
# promise. Mend it. Return a list of ``steps`` whole numbers.


def draw_depths(seed, steps):
    """The depth of each step, from 0 to 3."""
    torch.manual_seed(seed)
    return [random.randint(0, 3) for _ in range(steps)]


check("dynamic_graph.4", draw_depths)

# %%
# Summary
# -------
#
# - A layer that ``forward`` calls in a loop is one layer, and its parameters count once.
# - Each use of a weight has a part in its gradient, and the parts add up.
# - A generator with a seed of its own repeats itself, and leaves all others alone.
#
# Back: ``dynamic_graph`` is the lesson.
#
# Next: ``static_graph`` captures the network as a graph.
