# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Layers in a row
==========================

You work out how layers are initialised and what they hold, and copy weights from a
network written by hand. A check tells you what is right and what is wrong. This page
imports ``twolayer``, which does the checking. The site's page ``exercises`` explains
how to install it.

What you'll learn:

- why the outputs of a new layer are small, however many inputs it has;
- how many numbers a sequence of layers trains;
- which shape the weight of a linear layer has.
"""

# %%
# Exercise 1: The spread of new outputs
# -------------------------------------
#
# With the layers' own weights, the lesson's loss starts lower by powers of ten. Here is
# why. A new ``torch.nn.Linear(D_in, D_out)`` draws each weight and each bias uniformly
# between ``-bound`` and ``bound``, where ``bound`` is one divided by the square root of
# ``D_in``. Suppose that its inputs are independent numbers of mean 0 and standard
# deviation 1, as in the ladder's problem. Derive the standard deviation of one output,
# over all random draws, and return it, a number. For comparison, standard normal
# weights would give about ten for a hundred inputs.

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
# How many numbers does a sequence of linear layers train? ``sizes`` is a list such as
# [D_in, H, D_out], with any number of hidden sizes, or none. Between the layers is a
# ReLU, which has nothing to train. ``bias`` is true or false, and holds for all layers.
# Return a whole number, without building a layer.


def count_parameters(sizes, bias):
    """How many numbers the layers hold in their weights and biases."""
    count = ...  # fill in
    return count


check("nn_sequential.2", count_parameters)

# %%
# Exercise 3: From handwritten weights to layers
# ----------------------------------------------
#
# A network written by hand computes ``(x @ w1 + b1).relu() @ w2 + b2``. This function
# builds the same network from layers and copies the weights into them. The shapes fit,
# but the outputs differ. Fix the copying, and copy the biases too.
#
# ``w1`` is (D_in, H), ``b1`` (H,), ``w2`` (H, D_out), ``b2`` (D_out,). Return the
# network, a module that can be trained: weights and biases are its parameters, and
# share no memory with the four arguments.


def as_layers(w1, b1, w2, b2):
    """The network written by hand, as a sequence of layers."""
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
# - The more inputs a layer has, the smaller the weights that it draws, so its outputs
#   stay small.
# - A sequence of layers has a weight for each pair of an input and an output of a
#   layer, and a bias for each output.
# - ``torch.nn.Linear`` stores its weight as (out, in), so transpose what you wrote as
#   (in, out).
#
# Back: ``nn_sequential`` is the lesson.
#
# Next: ``optimizers`` removes the update, the last formula that you still write by
# hand.
