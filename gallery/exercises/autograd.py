# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Autograd
===================

You fix an update and two loops around ``backward``, and write a step whose length is
limited. The package ``twolayer`` checks your answers; the page ``exercises`` says how
to install it.

What you'll learn:

- why an update works in place;
- which gradients accumulate, and when you want that;
- how to keep a step from being too long.
"""

# %%
# Exercise 1: An update that changes nothing
# ------------------------------------------
#
# This function takes one step with a single layer: ``x`` is (N, D_in), ``y`` is (N,
# D_out), and ``w``, (D_in, D_out), is a leaf that requires grad. It should change ``w``
# itself, so that the caller's tensor has moved and is still a leaf that requires grad.
# It should return nothing. Fix it.

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
# Here is the lesson's loop as a function: ``x`` is (N, D_in), ``y`` is (N, D_out), and
# the leaves are ``w1``, (D_in, H), and ``w2``, (H, D_out). The function changes both
# leaves in place, and they still require grad afterwards. It returns a list of the
# losses, as numbers. One or two lines are missing. Add them.


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
# It is useful that ``backward`` adds: if a batch is too large for the memory, its parts
# may fit, one after the other. ``parts`` is a list of pairs of ``x`` and ``y``, with
# shapes as above; N may differ from part to part. The function should call ``backward``
# for one part at a time, without joining them, and return nothing. Afterwards,
# ``w1.grad`` and ``w2.grad`` should be the gradients of the mean squared error over all
# elements of all parts. Before the call, they may be None or hold the gradients of an
# earlier batch. Fix the function.


def accumulate(parts, w1, w2):
    """Leave the whole batch's gradients in w1.grad and w2.grad."""
    w1.grad = w2.grad = None
    for x, y in parts:
        loss = (torch.relu(x @ w1) @ w2 - y).pow(2).mean()
        loss.backward()


check("autograd.3", accumulate)

# %%
# Exercise 4: A step that is never too long
# -----------------------------------------
#
# One huge gradient can ruin a fit for good. So think of the elements of both gradients
# as one long vector: its length is the square root of the sum of all their squares. If
# the length is above ``largest``, multiply both gradients by one number that brings it
# down to ``largest``. Otherwise leave them as they are. Then take the step: change
# ``w1`` and ``w2`` in place, and return nothing. The shapes are those of Exercise 2.


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
# - An update writes into the leaf; a new tensor with the same name leaves the leaf as
#   it was.
# - ``backward`` adds: that is a trap between steps, and a tool for a batch in parts.
# - Arithmetic on gradients, such as computing their length, needs no graph.
#
# Back: ``autograd`` is the lesson.
#
# Next: ``is_it_learning`` asks what this network has learnt.
