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

- which attributes a module takes for its parameters, and under which names;
- how a module gets a parameter that is no layer's;
- what a state dictionary holds, and for how long.
"""

# %%
# Exercise 1: Layers that nobody sees
# -----------------------------------
#
# This module computes the right output, yet an optimizer would find nothing to train. Find out why, and mend it. Keep the
# attribute's name, ``layers``: the parameters' names begin with it, the first of them being ``layers.0.weight``.
#
# ``x`` has the shape (N, D_in), the output (N, D_out).

import torch

from twolayer.exercises import check, hint, solution


class TwoLayerNet(torch.nn.Module):
    """Two linear layers with a ReLU between them."""

    def __init__(self, D_in, H, D_out):
        super().__init__()
        self.layers = [torch.nn.Linear(D_in, H), torch.nn.Linear(H, D_out)]

    def forward(self, x):
        h_relu = self.layers[0](x).relu()
        return self.layers[1](h_relu)


check("custom_module.1", TwoLayerNet)

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
# Exercise 3: The best weights, kept
# ----------------------------------
#
# During a fit you want to keep the best weights so far, train on, and load them again at the end. With this function you get the last
# weights back instead. Find out what the dictionary holds while the training goes on, and mend it.
#
# ``net`` is any module; return a dictionary that ``torch.nn.Module.load_state_dict`` takes at any later time, and
# which makes a network what ``net`` is now.


def keep(net):
    """The state of a network as it is now, whatever becomes of the network."""
    return net.state_dict()


check("custom_module.3", keep)

# %%
# Summary
# -------
#
# - A module registers what you assign to an attribute: a ``torch.nn.Parameter`` or another module, no list and no plain tensor.
# - A parameter of your own takes part in ``forward`` like any tensor, and autograd does the rest.
# - ``torch.nn.Module.state_dict`` holds the weights themselves; to keep their values, copy them.
#
# Back: ``custom_module`` is the lesson.
#
# Next: ``dynamic_graph`` lets ``forward`` do something else at every call.
