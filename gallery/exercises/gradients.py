# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.1",
# ]
# ///
"""
Exercises: Gradients
====================

You compute gradients by differences and by ``backward``, and check a whole gradient
with one number. A check tells you what is right and what is wrong. This page imports
``twolayer``, which does the checking. The site's page ``exercises`` explains how to
install it.

What you'll learn:

- why a difference should be central;
- how to keep two gradients from one graph apart;
- how two values of a function show whether a gradient of any size is right.
"""

# %%
# Exercise 1: A one-sided difference
# ----------------------------------
#
# This function computes the gradient of any ``f`` that takes an array and returns one
# number. But its differences are one-sided, so its error is of the order of ``step``.
# Make them central, as in the lesson: move each element by ``step`` in both directions.
# Change one line.
#
# ``x`` is an array of any shape. Return the slopes in the same shape.

import numpy as np

from twolayer.exercises import check, hint, solution


def differences(f, x, step):
    """The gradient of f at x, from two values of f for each element."""
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
# The argument of ``backward`` says how much each element of ``z`` counts. Here
# ``backward`` is called twice, with ``a`` and with ``b``, to get the gradient of
# ``(a * z).sum()`` and that of ``(b * z).sum()``. Both results are wrong, and they are
# equal. Find out why, and fix it by adding one line.
#
# ``x``, ``a`` and ``b`` have the shape (N, D_in). Return two gradients of that shape.


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
# Exercise 3: One number for a whole gradient
# -------------------------------------------
#
# Differences need two values of ``f`` for each element. To find out whether a gradient
# is right, two values in all are enough: move ``x`` along a ``direction``, all elements
# at once. The slope of ``f`` along it is the central difference between ``x`` plus and
# ``x`` minus ``step`` times ``direction``. Up to the error of the difference, it must
# equal the sum of ``grad`` times ``direction``. A mistake in any element shows, unless
# the direction happens to miss it.
#
# ``x``, ``grad`` and ``direction`` are arrays of one shape, which may be any shape.
# ``f`` takes an array of that shape and returns a number. Return one number, the
# relative gap: the absolute difference between the slope and the sum, divided by the
# larger of their absolute values. These are never both 0 here. Call ``f`` exactly
# twice, and don't change the arrays in any digit.


def gradient_gap(f, x, grad, direction, step):
    """The relative gap between the slope along a direction and the gradient's slope."""
    gap = ...  # fill in
    return gap


check("gradients.3", gradient_gap)

# %%
# Summary
# -------
#
# - A central difference has the point in the middle, where the errors of the two sides
#   cancel best.
# - ``backward`` adds to the tensor in ``grad``, so a name that you gave that tensor
#   before sees the change.
# - The slope along a direction is the sum of gradient times direction, so two values of
#   ``f`` test all elements at once.
#
# Back: ``gradients`` is the lesson.
#
# Next: ``tracking`` looks at what PyTorch records while you compute.
