# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: what autograd tracks
===============================

You mend an update that ends up in the record, and a gradient that is silently wrong. A check tells you what is right
and what is wrong. This page imports ``twolayer``, which does the checking; the site's page ``exercises`` says how to
install it.

What you'll learn:

- why an update belongs outside of the record, and how to keep it there;
- how to look at numbers that ``backward`` still needs.
"""

# %%
# Exercise 1: An update that is recorded
# --------------------------------------
#
# This function takes ``steps`` steps down the gradient, from the tracked weights ``w``, shape (D_in, D_out), with inputs ``x``,
# (N, D_in), and targets ``y``, (N, D_out). Its numbers are right. But each update becomes part of the record, which grows with every
# step, and what comes back is no leaf. Mend it, so that no step's loss goes back through an update: return tracked weights,
# a leaf like the one that you got, and leave ``w`` itself as it is.

import torch

from twolayer.exercises import check, hint, solution


def descend(x, y, w, learning_rate, steps):
    """The weights after some steps down the gradient."""
    for _ in range(steps):
        loss = (x @ w - y).pow(2).sum()
        (grad_w,) = torch.autograd.grad(loss, w)
        w = w - learning_rate * grad_w
    return w


check("tracking.1", descend)

# %%
# Exercise 2: A look that changes the gradient
# --------------------------------------------
#
# Somebody wants to see the numbers of ``h`` with those above 1 cut off at 1, and to know the gradient, with respect
# to ``w``, of the sum of ``h`` itself, not cut off. ``x`` has the shape (N, D_in), the tracked ``w`` (D_in, H);
# ``shown`` comes back untracked, (N, H), ``grad_w`` in the shape of ``w``. No error is raised, and the gradient is
# wrong. Try ``detach`` in the place of ``data`` and read what PyTorch says; then mend it.


def look(x, w):
    """The numbers of h, none above 1, and the gradient of the sum of h itself."""
    h = torch.exp(x @ w)
    shown = h.data
    shown.clamp_(max=1)
    (grad_w,) = torch.autograd.grad(h.sum(), w)
    return shown, grad_w


check("tracking.2", look)

# %%
# Summary
# -------
#
# - A record that runs through updates grows with every step, and holds each step's arrays.
# - An update under ``torch.no_grad`` leaves no record; what it makes needs ``requires_grad_`` again.
# - A change of numbers that ``backward`` needs wants numbers of its own: ``detach`` and then ``clone``.
#
# Back: ``tracking`` is the lesson.
#
# Next: ``graph`` follows the record from a result to its leaves, function by function.
