# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.1",
# ]
# ///
"""
Exercises: Is this network learning anything?
=============================================

You hold rows back, measure a baseline on them, and find two ways in which they leak into a result; a check tells you what is right
and what is wrong. This page imports ``twolayer``, which does the checking; the site's page ``exercises`` says how to
install it.

What you'll learn:

- what it takes to split data into rows for the fit and fresh ones;
- which constant a network has to do better than;
- where fresh data enters a fit without being noticed;
- which loss you may report of the step that you chose.
"""

# %%
# Exercise 1: Rows held back
# --------------------------
#
# This function holds back some of the rows as fresh data. The sizes are right, and equal seeds give equal splits. But a network that is fitted to
# what it returns has nothing to learn, even where the data has something to say. Find out why, and mend it.
#
# ``x`` is (N, D_in), ``y`` (N, D_out), ``held_out`` the number of fresh rows. Return ``x_train``, ``y_train``, ``x_fresh`` and ``y_fresh``, in this
# order; each row must be in one of the two sets, and chance, by ``seed``, decides in which. Leave ``x`` and ``y`` as they are.

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
# The guide's baseline is always predicting 0, since its targets have the mean 0. Targets of your own may have any mean. Then the baseline predicts, for each of
# the ``D_out`` outputs, the mean of the training targets, whatever the input is.
#
# ``y_train`` is (N, D_out), ``y_fresh`` (M, D_out). Return the baseline's loss per element on the fresh targets, one number.


def baseline(y_train, y_fresh):
    """The loss per element of a constant prediction, on fresh targets."""
    loss = ...  # fill in
    return loss


check("is_it_learning.2", baseline)

# %%
# Exercise 3: A leak before the fit
# ---------------------------------
#
# A fit often goes better with inputs of mean 0 and standard deviation 1 in each column, so this function shifts and scales them. Fresh
# rows must not have a say in anything that the fit uses, and here they have. Find the leak, and mend it. Both sets must still be shifted and scaled in the
# same way.
#
# ``x_train`` is (N, D_in), ``x_fresh`` (M, D_in); return both standardized, in their shapes, as new arrays.


def standardize(x_train, x_fresh):
    """Inputs with their mean taken away and their standard deviation divided out."""
    x = np.concatenate([x_train, x_fresh])
    mean, std = x.mean(axis=0), x.std(axis=0)
    return (x_train - mean) / std, (x_fresh - mean) / std


check("is_it_learning.3", standardize)

# %%
# Exercise 4: A leak after the fit
# --------------------------------
#
# The fresh loss turns at some step, so you want the weights of the best step. But a loss by which you chose is no fresh loss any more: among many
# steps, one looks good by chance. So the fresh rows are split once more. One part, the validation data, decides on the step; the other, the test data, is
# looked at once, at that step, to report a loss.
#
# This function lets the test data decide. Mend it. Both arrays have the shape (steps,); return the step, counted from 0, a whole number, and the loss to report.


def choose_and_report(validation_losses, test_losses):
    """The step to stop at, and the loss to report for it."""
    step = np.argmin(test_losses)
    return step, test_losses[step]


check("is_it_learning.4", choose_and_report)

# %%
# Summary
# -------
#
# - Split rows at random, inputs and targets together, and let no row into both sets.
# - Compare with the best constant that the training data knows, measured on fresh data.
# - Whatever a fit uses comes from training data; a loss that chose something can't be reported.
#
# Back: ``is_it_learning`` is the guide.
#
# Next: ``custom_function`` teaches autograd an operation of your own.
