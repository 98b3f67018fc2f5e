# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: What autograd tracks
===============================

Fix an update that autograd records, and a gradient that is silently wrong. The package ``twolayer`` checks your
answers; the page ``exercises`` says how to install it.

What you'll learn:

- why an update must not be recorded, and how to prevent it;
- how to look at numbers that ``backward`` still needs.
"""

# %%
# Exercise 1: An update that is recorded
# --------------------------------------
#
# This function takes ``steps`` steps down the gradient. It starts from the tracked weights ``w``, shape (D_in, D_out),
# with inputs ``x``, (N, D_in), and targets ``y``, (N, D_out). Its numbers are right. But each update becomes part of the
# record, so the record grows with every step, and the result is not a leaf. Fix it so that no loss goes back through an
# update. Return tracked weights that are a leaf like ``w``, and leave ``w`` itself as it is.

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
# This function should return the elements of ``h``, cut off at 1, and the gradient of the sum of ``h`` itself, not cut
# off, with respect to ``w``. ``x`` has shape (N, D_in), and the tracked ``w`` has (D_in, H). Return ``shown`` untracked,
# (N, H), and ``grad_w`` in the shape of ``w``. No error is raised, but the gradient is wrong. Replace ``data`` with
# ``detach`` and read PyTorch's error message, then fix the function.


def look(x, w):
    """The elements of h, none above 1, and the gradient of the sum of h itself."""
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
# - A record that includes updates grows with every step, and its functions stay in memory.
# - An update under ``torch.no_grad`` isn't recorded. If its result is a new tensor, that needs
#   ``requires_grad_`` again.
# - To change numbers that ``backward`` still needs, change a copy: ``detach`` and then ``clone``.
#
# Back: ``tracking`` is the lesson.
#
# Next: ``graph`` follows the record from a result to its leaves, function by function.
