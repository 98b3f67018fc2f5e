# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.1",
# ]
# ///
"""
Exercises: gradients
====================

You find gradients in three ways, by differences, by ``backward`` and on paper, and a check tells you what is right
and what is wrong. This page imports ``twolayer``, which does the checking; the site's page ``exercises`` says how to
install it.

What you'll learn:

- why differences are taken to both sides;
- how two gradients from one graph are kept apart;
- what the gradient of softmax and cross-entropy is, and how to compute both when scores are large.
"""

# %%
# Exercise 1: A difference to one side
# ------------------------------------
#
# This function finds the gradient of any ``f`` that takes an array and gives one number. But it looks to one side only, and
# is off by an amount of the order of ``step``. Make it central: as on the lesson's page, with ``step`` to either side of
# each entry. Change one line.
#
# ``x`` is an array of any shape; return the slopes in the same shape.

import numpy as np

from twolayer.exercises import check, hint, solution


def differences(f, x, step):
    """The gradient of f at x, from two values of f for each entry."""
    slopes = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        move = np.zeros_like(x)
        move[index] = step
        slopes[index] = (f(x + move) - f(x)) / step
    return slopes


check("gradients.1", differences)

# %%
# Exercise 2: Two gradients from one graph
# ----------------------------------------
#
# The vector that ``backward`` gets says how much each entry of ``z`` counts. Here it is called twice, with ``a`` and
# with ``b``, to get the gradient of ``(a * z).sum()`` and that of ``(b * z).sum()``. Both results are wrong, and they
# are the same. Find out why, and mend it with one more line.
#
# ``x``, ``a`` and ``b`` have the shape (N, D_in); return two gradients of that shape.


def two_gradients(x, a, b):
    """The gradient of (a * z).sum(), and that of (b * z).sum()."""
    x = x.clone().requires_grad_()
    z = 3 * (x + 2) ** 2
    z.backward(a, retain_graph=True)
    first = x.grad
    z.backward(b)
    return first, x.grad


check("gradients.2", two_gradients)

# %%
# Exercise 3: Softmax and cross-entropy
# -------------------------------------
#
# A network that tells classes apart gives a row of scores for each sample. The softmax makes probabilities of a row: ``exp``
# of each score, divided by their sum. The cross-entropy is the mean over the rows of minus the logarithm of the true
# class's probability. Write it in NumPy, derive its gradient on paper, and write that too. Scores may be in the
# thousands, where ``exp`` gives infinity; the loss is finite even there.
#
# ``scores`` has the shape (N, C), and ``classes``, (N,), holds whole numbers from 0 to C - 1. Return the loss, one
# number, and ``grad_scores``, (N, C).


def cross_entropy(scores, classes):
    """The mean of -log of the true class's probability, and its gradient."""
    loss = ...  # fill in
    grad_scores = ...  # fill in
    return loss, grad_scores


check("gradients.3", cross_entropy)

# %%
# Summary
# -------
#
# - A central difference has the point in the middle, where the errors of both sides cancel best.
# - ``backward`` adds to the tensor in ``grad``, and whoever took it before sees the change.
# - The gradient of the cross-entropy is probabilities minus a one-hot row, over N; logarithms keep the loss finite.
#
# Back: ``gradients`` is the lesson.
#
# Next: ``tracking`` looks at what PyTorch records while you compute.
