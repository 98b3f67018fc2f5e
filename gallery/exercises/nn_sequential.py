# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Layers in a row
==========================

You work out how layers start and what they hold, and carry over weights from a network made by hand. A check tells you
what is right and what is wrong. This page imports ``twolayer``, which does the checking; the site's page ``exercises`` says
how to install it.

What you'll learn:

- why the outputs of a new layer are small, however many inputs it has;
- how many numbers a row of layers has to train;
- in which shape a linear layer wants its weight.
"""

# %%
# Exercise 1: How far new outputs spread
# --------------------------------------
#
# With the layers' own weights the lesson's loss starts lower by powers of ten, and here is why. A new
# ``torch.nn.Linear(D_in, D_out)`` draws each weight and each bias evenly between ``-bound`` and ``bound``, where
# ``bound`` is one over the root of ``D_in``. Let its inputs be independent numbers of mean 0 and standard deviation 1,
# as the problem's are. Derive the standard deviation of one output, over all draws, and return it, a number. Standard
# normal weights would give about ten for a hundred inputs.

import math

import torch

from twolayer.exercises import check, hint, solution


def output_spread(D_in):
    """The standard deviation of an output of a new linear layer."""
    bound = 1 / math.sqrt(D_in)
    spread = ...  # fill in
    return spread


check("nn_sequential.1", output_spread)

# %%
# Exercise 2: Count before you build
# ----------------------------------
#
# How many numbers does a row of linear layers have to train? ``sizes`` is a list such as [D_in, H, D_out], with as many hidden sizes as you
# like, from none on; ReLU stands between the layers and has nothing to train. ``bias`` is true or false, for all layers. Return a whole
# number, without building a layer.


def count_parameters(sizes, bias):
    """How many numbers the layers hold in their weights and biases."""
    count = ...  # fill in
    return count


check("nn_sequential.2", count_parameters)

# %%
# Exercise 3: From a network made by hand
# ---------------------------------------
#
# A network made by hand computes ``(x @ w1 + b1).relu() @ w2 + b2``. This function builds the same network of layers and copies the weights
# in. Its shapes fit, but its outputs differ. Mend the copying, and copy the biases too.
#
# ``w1`` is (D_in, H), ``b1`` (H,), ``w2`` (H, D_out), ``b2`` (D_out,). Return the network, a module that can be trained: weights and biases
# are its parameters, and share no memory with these four.


def as_layers(w1, b1, w2, b2):
    """The network made by hand, as a row of layers."""
    D_in, H = w1.shape
    D_out = b2.shape[0]
    net = torch.nn.Sequential(
        torch.nn.Linear(D_in, H, dtype=torch.float64),
        torch.nn.ReLU(),
        torch.nn.Linear(H, D_out, dtype=torch.float64),
    )
    with torch.no_grad():
        net[0].weight.copy_(w1.reshape(H, D_in))
        net[0].bias.zero_()
        net[2].weight.copy_(w2.reshape(D_out, H))
        net[2].bias.zero_()
    return net


check("nn_sequential.3", as_layers)

# %%
# Summary
# -------
#
# - A layer draws its weights the smaller the more inputs it has, so that its outputs stay small.
# - A row of layers has a weight for each pair of neighbouring sizes, and a bias for each output.
# - ``torch.nn.Linear`` keeps its weight as (out, in): transpose what you wrote as (in, out).
#
# Back: ``nn_sequential`` is the lesson.
#
# Next: ``optimizers`` takes the update away.
