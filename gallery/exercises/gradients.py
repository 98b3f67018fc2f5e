# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.1",
# ]
# ///
"""
Exercises: gradients
====================

You find gradients by differences and by ``backward``, and check a whole gradient by one number. A check tells you
what is right and what is wrong. This page imports ``twolayer``, which does the checking; the site's page ``exercises`` says how to
install it.

What you'll learn:

- why differences are taken to both sides;
- how two gradients from one graph are kept apart;
- how two values of a function say whether a gradient of any size is right.
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
# Exercise 3: One number for a whole gradient
# -------------------------------------------
#
# Differences for each entry take two values of ``f`` for each. To find out whether a gradient is right, two values are enough:
# move ``x`` along one ``direction``, all entries at once. The slope of ``f`` there, by a central difference from ``x`` plus and
# minus ``step`` times ``direction``, must be the sum of ``grad`` times ``direction``. A mistake in any entry shows, unless the
# direction happens to pass it by.
#
# ``x``, ``grad`` and ``direction`` are arrays of one shape, whichever it is; ``f`` takes an array of that shape and gives a
# number. Return one number, the relative gap: the absolute difference of the slope and the sum, divided by the larger of their
# two absolute values, which are never both 0 here. Call ``f`` twice and no more, and leave the arrays as they are, to the last
# digit.


def gradient_gap(f, x, grad, direction, step):
    """The relative gap between the slope along a direction and what the gradient says."""
    gap = ...  # fill in
    return gap


check("gradients.3", gradient_gap)

# %%
# Summary
# -------
#
# - A central difference has the point in the middle, where the errors of both sides cancel best.
# - ``backward`` adds to the tensor in ``grad``, and whoever took it before sees the change.
# - The slope along a direction is the sum of gradient times direction: two values of ``f`` test all entries at once.
#
# Back: ``gradients`` is the lesson.
#
# Next: ``tracking`` looks at what PyTorch records while you compute.
