# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.1",
# ]
# ///
"""
Exercises: All rungs from one problem
=====================================

You measure how far two fits are apart, and tell rounding from a mistake. This page imports ``twolayer``, which does the
checking; the site's page ``exercises`` says how to install it.

What you'll learn:

- what a difference between losses must be relative to;
- which changes to a loop leave nothing but rounding, and which compute something else;
- how small a difference betrays a mistake.
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
# Exercise 2: Rounding, or something else?
# ----------------------------------------
#
# Here is the NumPy rung's loop once more. Each line below it names one change to it. For which of them do the losses
# stay the same but for rounding, so that the number of the exercise before stays below 1e-8? Write True for these
# and False for the others. Decide first, then try it: the check runs each change.


def fit(x, y, w1, w2, learning_rate, steps):
    """The losses of the NumPy rung."""
    w1, w2 = w1.copy(), w2.copy()
    losses = []
    for t in range(steps):
        h = x @ w1
        h_relu = np.maximum(h, 0)
        y_pred = h_relu @ w2
        losses.append(np.square(y_pred - y).sum())

        grad_y_pred = 2 * (y_pred - y)
        grad_w2 = h_relu.T @ grad_y_pred
        grad_h = grad_y_pred @ w2.T
        grad_h[h <= 0] = 0
        grad_w1 = x.T @ grad_h
        w1 -= learning_rate * grad_w1
        w2 -= learning_rate * grad_w2
    return np.array(losses)


only_rounding = {
    "the rows of x and of y are put in the same new order": ...,  # True or False
    "the rows of x are put in a new order, those of y are not": ...,
    "the columns of w1 and the rows of w2 are put in the same new order": ...,
    "grad_w1 is added up row by row of x, beginning with the last": ...,
    "w2 -= learning_rate * grad_w2 moves to the line before grad_h": ...,
    "w2 is updated before w1, both at the end": ...,
    "all arrays are float32": ...,
    "the losses are means, y.size times as small, and learning_rate is y.size times as large": ...,
    "w1 is divided by 3 and w2 multiplied by 3 before the first step": ...,
}
check("all_rungs.2", only_rounding)

# %%
# Summary
# -------
#
# - A loss falls by powers of ten, so a difference is held against the loss of its own step.
# - Sums in another order differ by rounding; another gradient, another start or another scale is another computation.
# - A mistake may leave the first loss as it is, and show only from the second on.
#
# Back: ``all_rungs`` is the lesson.
#
# Next: ``creating`` begins with tensors, which all rungs but the first are made of.
