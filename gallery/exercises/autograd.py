# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: autograd
===================

You mend updates and loops around ``backward``, and write two that the lesson doesn't have; a check tells you
what is right and what is wrong. This page imports ``twolayer``, which does the checking; the site's
page ``exercises`` says how to install it.

What you'll learn:

- why an update works in place;
- which gradients pile up, and when that is just what you want;
- how a step is kept from being too long.
"""

# %%
# Exercise 1: An update that changes nothing
# ------------------------------------------
#
# One layer, one step: ``x`` is (N, D_in), ``y`` (N, D_out), and ``w``, (D_in, D_out), is a leaf that requires grad.
# The function is to change ``w`` itself, so that the caller's tensor has moved and still is a leaf that requires grad. It
# returns nothing. Mend it.

import torch

from twolayer.exercises import check, hint, solution


def step(x, y, w, learning_rate):
    """Change w in place by one step of gradient descent."""
    loss = (x @ w - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        w = w - learning_rate * w.grad


check("autograd.1", step)

# %%
# Exercise 2: Gradients that pile up
# ----------------------------------
#
# Here is the lesson's loop as a function: ``x`` is (N, D_in), ``y`` (N, D_out), the leaves ``w1`` (D_in, H) and
# ``w2`` (H, D_out) are changed in place and go on requiring grad, and a list of the losses comes back, as numbers. One or two
# lines are missing. Mend it.


def fit(x, y, w1, w2, learning_rate, steps):
    """Change w1 and w2 in place, and return the losses."""
    losses = []
    for _ in range(steps):
        loss = (torch.relu(x @ w1) @ w2 - y).pow(2).sum()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w1 -= learning_rate * w1.grad
            w2 -= learning_rate * w2.grad
    return losses


check("autograd.2", fit)

# %%
# Exercise 3: A batch in parts
# ----------------------------
#
# That ``backward`` adds has a use: where a batch is too large for the memory, parts of it may fit, one after the other.
# ``parts`` is a list of pairs of ``x`` and ``y``, with shapes as above; N may differ from part to part. The function
# is to call ``backward`` for one part at a time, without joining them, and to return nothing. Afterwards ``w1.grad`` and
# ``w2.grad`` are to be the gradients of the mean of the squared errors, over all entries of all parts; before it they may be
# None, or hold an earlier batch's gradients. Mend it.


def accumulate(parts, w1, w2):
    """Leave the gradients of the whole batch's mean squared error in w1.grad and w2.grad."""
    w1.grad = w2.grad = None
    for x, y in parts:
        loss = (torch.relu(x @ w1) @ w2 - y).pow(2).mean()
        loss.backward()


check("autograd.3", accumulate)

# %%
# Exercise 4: A step that is never too long
# -----------------------------------------
#
# One huge gradient can throw a fit off for good. So put the entries of both gradients into one line: its length is the root
# of the sum of all their squares. Where it is above ``largest``, both gradients are multiplied by one number, after
# which the length is ``largest``; where it isn't, they stay as they are. Shapes are those of the second exercise, ``w1``
# and ``w2`` are changed in place, and nothing is returned.


def clipped_step(x, y, w1, w2, learning_rate, largest):
    """Change w1 and w2 by one step along a gradient that is no longer than largest."""
    loss = (torch.relu(x @ w1) @ w2 - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        scale = ...  # fill in
        w1 -= learning_rate * scale * w1.grad
        w2 -= learning_rate * scale * w2.grad


check("autograd.4", clipped_step)

# %%
# Summary
# -------
#
# - An update writes into the leaf; a new tensor under its name leaves the leaf as it was.
# - ``backward`` adds: a trap between steps, and a tool for a batch in parts.
# - Arithmetic on gradients, such as their length, needs no graph of its own.
#
# Back: ``autograd`` is the lesson.
#
# Next: ``is_it_learning`` asks what this network has learnt.
