# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.1",
# ]
# ///
"""
Exercises: All rungs from one problem
=====================================

You measure how far two fits are apart, and find the place where a mistake begins. This page imports ``twolayer``, which does the
checking; the site's page ``exercises`` says how to install it.

What you'll learn:

- what a difference between losses must be relative to;
- what each array's rounding is relative to;
- how to find the line at which two programs part.
"""

# %%
# Exercise 1: Relative to what?
# -----------------------------
#
# Two fits of one problem have the losses ``losses`` and ``reference``, both of shape (T,), one for each step. The lesson
# asks for the largest difference over all steps, relative to the reference's loss at the same step. This function
# returns one number, as it should, but it overlooks most of what goes wrong late in a fit. Mend it.

import numpy as np

from twolayer.exercises import check, hint, solution


def loss_difference(losses, reference):
    """The largest relative difference of two histories."""
    return np.abs(losses - reference).max() / reference.max()


check("all_rungs.1", loss_difference)

# %%
# Exercise 2: Where do they part?
# -------------------------------
#
# A loss that is off says that there is a mistake, but not where. So two fits keep all that they compute: ``history`` and
# ``reference`` are lists, with a dictionary for each step, which has arrays by name in the order in which they are computed.
# Both have the same steps, names and shapes. Return the first place at which they differ by more than rounding, as
# ``(step, name)``, steps counted from 0: the first step, and in it the first array. Return None if there is no such place.
#
# An array is more than rounding apart if one of its entries differs from the reference's by more than ``tolerance`` times
# the reference's largest entry in that array, both regardless of sign. A difference of exactly so much is rounding still. A
# NaN in ``history`` is apart; ``reference`` has none.


def first_apart(history, reference, tolerance):
    """The first step and array in which two histories differ by more than rounding."""
    place = ...  # fill in
    return place


check("all_rungs.2", first_apart)

# %%
# Summary
# -------
#
# - A loss falls by powers of ten, so a difference is held against the loss of its own step.
# - Rounding is small beside an array's largest entry, not beside each of its entries.
# - The first array that parts is where to look; whatever is computed from it parts as well.
#
# Back: ``all_rungs`` is the lesson.
#
# Next: ``creating`` begins with tensors, which all rungs but the first are made of.
