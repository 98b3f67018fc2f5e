# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.1",
# ]
# ///
"""
Exercises: Is this network learning anything?
=============================================

You hold rows back, measure a baseline on them, and find two ways in which they leak
into a result. A check tells you what is right and what is wrong. This page imports
``twolayer``, which does the checking. The site's page ``exercises`` explains how to
install it.

What you'll learn:

- how to split data into training rows and fresh rows;
- which constant prediction a network has to beat;
- how fresh data can leak into a fit without being noticed;
- which loss you may report after you have chosen a step.
"""

# %%
# Exercise 1: Rows held back
# --------------------------
#
# This function holds back some of the rows as fresh data. The sizes are right, and
# equal seeds give equal splits. But a network that is trained on the result can't learn
# how the targets depend on the inputs, even if they do. Find out why, and fix it.
#
# ``x`` is (N, D_in), ``y`` is (N, D_out), and ``held_out`` is the number of fresh rows.
# Return ``x_train``, ``y_train``, ``x_fresh`` and ``y_fresh``, in this order. Each row
# must be in one of the two sets, chosen at random with ``seed``. Don't change ``x`` and
# ``y``.

import numpy as np

from twolayer.exercises import check, hint, solution


def split(x, y, held_out, seed):
    """Split rows at random into training data and fresh data."""
    rng = np.random.default_rng(seed)
    x, y = rng.permutation(x), rng.permutation(y)
    return x[held_out:], y[held_out:], x[:held_out], y[:held_out]


check("is_it_learning.1", split)

# %%
# Exercise 2: A baseline
# ----------------------
#
# The guide's baseline always predicts 0, because its targets come from distributions
# whose mean is 0. Your own targets may have any mean. Then, for each of the ``D_out``
# outputs, the baseline predicts the mean of its training targets, whatever the input
# is.
#
# ``y_train`` is (N, D_out), ``y_fresh`` is (M, D_out). Return the baseline's loss per
# element on the fresh targets, one number.


def baseline(y_train, y_fresh):
    """The loss per element of a constant prediction, on fresh targets."""
    loss = ...  # fill in
    return loss


check("is_it_learning.2", baseline)

# %%
# Exercise 3: A leak before the fit
# ---------------------------------
#
# A fit often goes better if each column of the inputs has mean 0 and standard deviation
# 1, so this function shifts and scales the columns. Fresh rows must not influence
# anything that the fit uses, but here they do. Find the leak, and fix it. Both sets
# must still be shifted and scaled in the same way.
#
# ``x_train`` is (N, D_in), ``x_fresh`` is (M, D_in). Return both standardized, in the
# same shapes, as new arrays.


def standardize(x_train, x_fresh):
    """Subtract the mean of each column, and divide by its standard deviation."""
    x = np.concatenate([x_train, x_fresh])
    mean, std = x.mean(axis=0), x.std(axis=0)
    return (x_train - mean) / std, (x_fresh - mean) / std


check("is_it_learning.3", standardize)

# %%
# Exercise 4: A leak after the fit
# --------------------------------
#
# The fresh loss starts to rise at some step, so you want the weights of the best step.
# But once you choose a step by a loss, that loss is no longer a fresh one: among many
# steps, one looks good by chance. So you split the fresh rows once more. One part, the
# validation data, decides on the step. The other part, the test data, is used only
# once: at that step, to report a loss.
#
# This function lets the test data decide. Fix it. Both arrays have the shape (steps,).
# Return the step, a whole number counted from 0, and the loss to report.


def choose_and_report(validation_losses, test_losses):
    """The step to stop at, and the loss to report for it."""
    step = np.argmin(test_losses)
    return step, test_losses[step]


check("is_it_learning.4", choose_and_report)

# %%
# Summary
# -------
#
# - Split rows at random, inputs and targets together, and put no row into both sets.
# - Compare with the best constant prediction that the training data gives you, measured
#   on fresh data.
# - Everything that a fit uses comes from the training data. Don't report a loss that
#   you used to choose something.
#
# Back: ``is_it_learning`` is the guide.
#
# Next: ``custom_function`` teaches autograd an operation of your own.
