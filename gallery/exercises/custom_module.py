# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: A module of your own
===============================

You write two modules, one with buffers and one with a parameter of its own, and fix a
training loop that saves the best state. The package ``twolayer`` checks your answers;
the page ``exercises`` says how to install it.

What you'll learn:

- how a module keeps tensors that nothing trains, and how it knows whether it is
  training;
- how a module gets a parameter that belongs to no layer;
- what a state dictionary holds, and how to stop training at the best epoch.
"""

# %%
# Exercise 1: Columns on the same scale
# -------------------------------------
#
# Write a module that brings the columns of its input to the same scale. From each
# element it subtracts its column's ``mean``, and divides by its column's ``spread``,
# the standard deviation over all rows (``correction=0``). In train mode, each call
# first computes both from the batch that it gets, whatever their values were before. In
# eval mode, it uses the values that it has, and doesn't change them.
#
# Both have the shape (D,), start as the tensors below, and are buffers: nothing trains
# them, but they are in the state dictionary, so that a second ``Standardize`` can load
# them. ``x`` and the output have the shape (N, D). In train mode, no column of ``x`` is
# constant, and ``x`` is never tracked.

import torch

from twolayer.exercises import check, hint, solution


class Standardize(torch.nn.Module):
    """Columns of mean 0 and spread 1, as measured on the last batch in train mode."""

    def __init__(self, D):
        super().__init__()
        self.mean = torch.zeros(D)  # change
        self.spread = torch.ones(D)  # change

    def forward(self, x):
        return ...  # fill in


check("custom_module.1", Standardize)

# %%
# Exercise 2: A learned slope
# ---------------------------
#
# Write a module that replaces ReLU and learns what to do with negative numbers. It
# leaves a positive number as it is, and multiplies any other by the slope of its hidden
# unit. So it has one parameter, ``slope``, of shape (H,), which starts as the tensor
# below. Make it a parameter, and fill in ``forward``.
#
# ``h`` and the output have the shape (N, H).


class LearnedSlope(torch.nn.Module):
    """A ReLU that multiplies negative numbers by learned slopes, one per hidden unit."""

    def __init__(self, H):
        super().__init__()
        self.slope = torch.full((H,), 0.25)  # change

    def forward(self, h):
        return ...  # fill in


check("custom_module.2", LearnedSlope)

# %%
# Exercise 3: Stop early, and restore the best
# --------------------------------------------
#
# If you train a network for too long, its loss on the training data keeps falling, but
# its loss on new data rises. So you stop when the loss on held-out data no longer
# improves, and restore the best weights. This function always runs 20 epochs, and the
# weights that it restores aren't the best ones: find out what the dictionary holds
# while the training goes on. Fix that, and stop after ``patience`` epochs in a row
# whose loss isn't below the best so far. An equal loss isn't below it, and neither is
# NaN. Nothing else should stop the loop, so remove the limit.
#
# ``net`` is any module. ``step()`` trains it for one epoch, and ``val_loss()`` returns
# the current loss of the network, a number. The first loss is finite, so there is a
# best epoch. At the end, ``net`` has the state that it had after that epoch: parameters
# and buffers. Return the number of epochs that were run.


def fit(net, step, val_loss, patience):
    """Train until the loss stops improving, and restore the best state."""
    best, epochs = float("inf"), 0
    for _ in range(20):
        step()
        epochs += 1
        loss = val_loss()
        if loss < best:
            best = loss
            kept = net.state_dict()
    net.load_state_dict(kept)
    return epochs


check("custom_module.3", fit)

# %%
# Summary
# -------
#
# - A tensor that is saved with a module but not trained is a buffer; ``training`` tells
#   ``forward`` in which mode it runs.
# - A parameter of your own takes part in ``forward`` like any tensor, and autograd does
#   the rest.
# - ``torch.nn.Module.state_dict`` holds the weights themselves; to restore the best
#   ones later, copy them.
#
# Back: ``custom_module`` is the lesson.
#
# Next: ``dynamic_graph`` lets ``forward`` do something different at every call.
