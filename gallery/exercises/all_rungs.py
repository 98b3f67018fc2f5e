# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.1",
# ]
# ///
"""
Exercises: All rungs from one problem
=====================================

You measure how far apart two fits are, and find the place where a mistake begins. The
package ``twolayer`` checks your answers; the page ``exercises`` says how to install it.

What you'll learn:

- what to divide a difference between two losses by;
- what to compare an array's rounding errors with;
- how to find the line at which two programs diverge.
"""

# %%
# Exercise 1: Relative to what?
# -----------------------------
#
# Two fits of the same problem have the losses ``losses`` and ``reference``, one for
# each step, both of shape (T,). Return the largest relative difference over all steps:
# relative to the reference's loss at the same step, as the lesson does. This function
# returns one number, as it should, but it misses most of what goes wrong late in a fit.
# Fix it.

import numpy as np

from twolayer.exercises import check, hint, solution


def loss_difference(losses, reference):
    """The largest relative difference between two histories."""
    return np.abs(losses - reference).max() / reference.max()


check("all_rungs.1", loss_difference)

# %%
# Exercise 2: Where do they diverge?
# ----------------------------------
#
# If a loss is off, you know that there is a mistake, but not where. So record
# everything that two fits compute: ``history`` and ``reference`` are lists with one
# dictionary for each step. Each dictionary holds arrays by name, in the order in which
# they are computed. Both have the same steps, names and shapes. Return the first place
# at which they differ by more than rounding, as ``(step, name)``: the first step,
# counted from 0, and the first array within that step. If there is no such place,
# return None.
#
# An array differs by more than rounding if one of its elements differs from the
# reference's by more than ``tolerance`` times the largest element of the reference's
# array, both as absolute values. A difference of exactly that size still counts as
# rounding. NaN in ``history`` counts as a difference; ``reference`` contains no NaN.


def first_apart(history, reference, tolerance):
    """The first step and array in which two histories differ by more than rounding."""
    place = ...  # fill in
    return place


check("all_rungs.2", first_apart)

# %%
# Summary
# -------
#
# - A loss falls by powers of ten, so compare a difference with the loss of its own
#   step.
# - Rounding errors are small compared with an array's largest element, not with each
#   element.
# - Look at the first array that differs: everything computed from it can differ too.
#
# Back: ``all_rungs`` is the lesson.
#
# Next: ``creating`` shows how to make tensors, which most rungs are built from.
