# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: A graph that changes
===============================

You make a network's depth an argument, write the backward pass of a shared weight, and
draw random depths from a seed. A check tells you what is right and what is wrong. This
page imports ``twolayer``, which does the checking. The site's page ``exercises``
explains how to install it.

What you'll learn:

- how one layer replaces several;
- why the gradient of a shared weight is a sum, and over what;
- how a backward pass follows a loop;
- how to draw the same depths in every run.
"""

# %%
# Exercise 1: One shared layer
# ----------------------------
#
# This module has two middle layers, so its depth is fixed. Replace them with one layer,
# ``middle``, that ``forward`` applies ``repeats`` times, with a ReLU after each. With
# zero repeats, the output layer gets the input layer's output, after its ReLU.
#
# ``x`` is (N, D_in), ``repeats`` is a whole number, and the output is (N, D_out).
# ``middle`` maps H numbers to H.

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
# Exercise 2: A forgotten use
# ---------------------------
#
# Here one weight is used twice, and the backward pass is written by hand. It stops too
# early: it returns only the second use's part of the gradient. Continue to the first
# use, and fix the function. You may check your derivation with autograd first, because
# the check accepts its gradient as well.
#
# ``x`` and ``y`` are (N, H), ``w`` is (H, H), and the loss is the sum of squared
# errors. Return ``grad_w``, (H, H). As in every lesson, the slope of ReLU at exactly 0
# is 0.


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
# Now the weight is used ``repeats`` times, at least once, with a ReLU after each use,
# including the last. Derive the gradient of ``w`` and write the backward pass for any
# number of repeats, without autograd. In the forward pass, keep what you'll need in the
# backward pass. The shapes and the loss are those of the previous exercise.


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
# Exercise 4: Reproducible depths
# -------------------------------
#
# This function should draw the depths of a run, each from zero to three. Equal seeds
# should give equal depths, and different seeds should give different ones. All other
# random draws of the program, whether by ``random``, ``torch`` or NumPy, should go on
# as if the function had drawn nothing. The function keeps neither promise. Fix it.
# Return a list of ``steps`` whole numbers.


def draw_depths(seed, steps):
    """The depth of each step, from 0 to 3."""
    torch.manual_seed(seed)
    return [random.randint(0, 3) for _ in range(steps)]


check("dynamic_graph.4", draw_depths)

# %%
# Summary
# -------
#
# - A layer that ``forward`` calls in a loop is one layer, and its parameters count
#   once.
# - Each use of a weight contributes to its gradient, and the contributions add up.
# - A generator with its own seed repeats its numbers and leaves all other generators
#   alone.
#
# Back: ``dynamic_graph`` is the lesson.
#
# Next: ``static_graph`` captures the graph once and runs it without your forward lines.
