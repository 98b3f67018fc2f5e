# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: A module of your own
===============================

You mend and write modules, and a check tells you what is right and what is wrong. This page imports ``twolayer``,
which does the checking; the site's page ``exercises`` says how to install it.

What you'll learn:

- how a module keeps what nothing trains, and tells training from use;
- how a module gets a parameter that is no layer's;
- what a state dictionary holds, and how to stop a training at its best.
"""

# %%
# Exercise 1: Columns at one scale
# --------------------------------
#
# Write a module that brings the columns of its input to one scale: from each entry it subtracts its column's ``mean``, and divides by the
# column's ``spread``, the standard deviation over all rows (``correction=0``). In train mode, each call first takes both from the batch that
# it gets, whatever it had before. In eval mode it applies those that it has, and leaves them alone.
#
# Both have the shape (D,), begin as the tensors that stand there, and are buffers: nothing trains them, but they are in the state
# dictionary, so that another ``Standardize`` can load them. ``x`` and the output have the shape (N, D). In train mode, no column of ``x``
# is constant, and ``x`` is never tracked.

import torch

from twolayer.exercises import check, hint, solution


class Standardize(torch.nn.Module):
    """Columns of mean 0 and spread 1, by the last batch in train mode."""

    def __init__(self, D):
        super().__init__()
        self.mean = torch.zeros(D)  # change
        self.spread = torch.ones(D)  # change

    def forward(self, x):
        return ...  # fill in


check("custom_module.1", Standardize)

# %%
# Exercise 2: A slope to be learned
# ---------------------------------
#
# Write a module in ReLU's place that learns what becomes of negative numbers. It passes a positive number on as it is, and
# multiplies any other by the slope of its hidden unit. So it has one parameter, ``slope``, of the shape (H,), which begins as the tensor
# that stands there. Make it a parameter, and fill in ``forward``.
#
# ``h`` and the output have the shape (N, H).


class LearnedSlope(torch.nn.Module):
    """A ReLU that lets a part of the negative numbers through, each hidden unit its own."""

    def __init__(self, H):
        super().__init__()
        self.slope = torch.full((H,), 0.25)  # change

    def forward(self, h):
        return ...  # fill in


check("custom_module.2", LearnedSlope)

# %%
# Exercise 3: Stop, and go back to the best
# -----------------------------------------
#
# Trained for too long, a network fits its training data ever better and new data worse. So one stops when the loss on held-back data gets no
# better, and takes the best weights. This function runs a fixed number of epochs, and what it puts back at the end aren't the best weights
# either: find out what the dictionary holds while the training goes on. Mend that, and let it stop after ``patience`` epochs in a row whose
# loss isn't below the best so far; an equal loss isn't, nor is NaN. Nothing else stops it, so the limit of 20 has to go.
#
# ``net`` is any module. ``step()`` trains it for one epoch, and ``val_loss()`` gives the loss of the network as it is then, a number. The
# first loss is finite, so there is a best epoch. At the end ``net`` has the state that it had after that one, parameters and buffers. Return
# the number of epochs that were run.


def fit(net, step, val_loss, patience):
    """Train until the loss gets no better, and put the best state back."""
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
# - What is saved with a module but not trained is a buffer; ``training`` tells ``forward`` in which mode it runs.
# - A parameter of your own takes part in ``forward`` like any tensor, and autograd does the rest.
# - ``torch.nn.Module.state_dict`` holds the weights themselves; to go back to the best ones, copy them when they are the best.
#
# Back: ``custom_module`` is the lesson.
#
# Next: ``dynamic_graph`` lets ``forward`` do something else at every call.
