# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Training on a GPU
============================

Fix a module that leaves tensors behind when it moves, and a loop that waits for the GPU too often. You need no GPU: the
``meta`` device stands in for one, and the waits are counted. The package ``twolayer`` checks your answers; the page
``exercises`` says how to install it.

What you'll learn:

- which tensors of a module move with it;
- how to read only one number from the GPU per epoch.
"""

# %%
# Exercise 1: A module that moves as a whole
# ------------------------------------------
#
# This module works on the CPU. After a move it raises an error, and its state would be missing from a saved state
# dict. Fix it: make ``mean`` and ``std`` buffers with these names that are part of the state dict. They must not be
# trained, so they must not be parameters, not even parameters that don't require grad.
#
# ``x`` has shape (N, D_in), and ``mean`` and ``std`` have shape (D_in,).

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
# Exercise 2: One number per epoch
# --------------------------------
#
# This function returns the mean of the mini-batches' losses as a Python number. Each loss counts once, however many rows
# its mini-batch has. On a GPU, the function waits at each mini-batch. Fix it: one wait is enough. ``batches`` is a list
# of pairs of tensors on the network's device, and ``loss_fn`` returns a loss as a tensor with one element.


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
# - A module's parameters, buffers and submodules move with it. A tensor in a plain attribute doesn't.
# - By default, a buffer is part of the state dict too, and an optimizer that gets the
#   module's parameters doesn't change it.
# - A sum that stays a tensor needs no wait. Read its number after the loop.
#
# Back: ``train_on_gpu`` is the lesson.
#
# Next: ``how_fast`` goes back to the ladder with a clock.
