# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Training on a GPU
============================

You mend a module that leaves something behind when it moves, and a loop that waits for the GPU too often. No GPU is
needed: ``meta`` stands in for one, and the waits are counted. A check tells you what is right and what is wrong. This page
imports ``twolayer``, which does the checking; the site's page ``exercises`` says how to install it.

What you'll learn:

- which tensors of a module move with it;
- how a loop asks for one number in an epoch.
"""

# %%
# Exercise 1: A module that moves as a whole
# ------------------------------------------
#
# This module is right on the CPU. After a move it raises an error, and in a file its state would be missing. Mend it:
# make ``mean`` and ``std`` buffers of these names that its state dict holds. They are not to be trained, so they may not be
# parameters, not even some that require no gradient.
#
# ``x`` has the shape (N, D_in), ``mean`` and ``std`` have (D_in,).

import torch

from twolayer.exercises import check, hint, solution


class Standardise(torch.nn.Module):
    """Subtracts a mean from each feature, and divides by a standard deviation."""

    def __init__(self, mean, std):
        super().__init__()
        self.mean = mean
        self.std = std

    def forward(self, x):
        return (x - self.mean) / self.std


check("train_on_gpu.1", Standardise)

# %%
# Exercise 2: One number an epoch
# -------------------------------
#
# This function gives the mean of the mini-batches' losses, as a Python number: each counts once, however many rows its
# mini-batch has. On a GPU it waits at each mini-batch. Mend it: one wait is enough. ``batches`` is a list of pairs of tensors
# that lie where the network does, and ``loss_fn`` gives a loss as a tensor of one number.


def epoch_loss(net, loss_fn, batches):
    """The mean of the mini-batches' losses, as a Python number."""
    total = 0.0
    with torch.no_grad():
        for x, y in batches:
            total += loss_fn(net(x), y).item()
    return total / len(batches)


check("train_on_gpu.2", epoch_loss)

# %%
# Summary
# -------
#
# - A module's parameters, buffers and submodules move with it; a tensor in a plain attribute doesn't.
# - A buffer is in the state dict too, and no optimizer changes it.
# - A sum that stays a tensor needs no wait; ask for its number when the loop is over.
#
# Back: ``train_on_gpu`` is the lesson.
#
# Next: ``how_fast`` goes back to the ladder with a clock.
