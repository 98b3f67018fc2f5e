# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: operations on tensors
================================

You mend four functions in which shapes, views and strides go wrong, and a check tells you what is right and what is
wrong. This page imports ``twolayer``, which does the checking; the site's page ``exercises`` says how to install it.

What you'll learn:

- how a column and a line meet without an error, and what comes out;
- why a view may refuse, and how to be sure of memory of your own;
- which writes through an index are lost;
- how the strides of a tensor follow from its shape.
"""

# %%
# Exercise 1: Each prediction against each target
# -----------------------------------------------
#
# A network with one output gives ``y_pred``, shape (N, 1). The targets ``y`` have the shape (N,). Their difference raises no
# error, but it isn't the one that is wanted. Mend it: return the errors, one for each prediction, shape (N,), and the loss,
# their squares' sum, shape ().

from twolayer.exercises import check, hint, solution


def errors_and_loss(y_pred, y):
    """The error of each prediction, and the sum of their squares."""
    errors = y_pred - y
    loss = errors.pow(2).sum()
    return errors, loss


check("operations.1", errors_and_loss)

# %%
# Exercise 2: A view that refuses
# -------------------------------
#
# The tensor ``h`` has the shape (N, H). Return its numbers as one line, shape (N * H,), column by column: first the whole of column 0, then
# column 1, and so on. Here ``view`` refuses. Mend it so that the line has memory of its own for each shape that ``h`` may
# have, a batch of one too: a change in the line must never show in ``h``. An example, and its columns:

import torch

example = torch.arange(6.0).view(2, 3)
print(example.tolist(), example.t().tolist())


def columns_in_line(h):
    """The numbers of h, column by column, in memory of their own."""
    return h.t().view(-1)


check("operations.2", columns_in_line)

# %%
# Exercise 3: A write that is lost
# --------------------------------
#
# In each row of ``h`` whose first number is below 0, all other numbers are to become 0; the first one stays, and so do the other
# rows. ``h`` has the shape (N, H), and it is ``h`` itself that must change. This line writes somewhere else: mend it.


def clear_rows(h):
    """Clear the rows that begin with a negative number, but for their first number, in place."""
    h[h[:, 0] < 0][:, 1:] = 0


check("operations.3", clear_rows)

# %%
# Exercise 4: Strides from a shape
# --------------------------------
#
# A new tensor lies in reading order: along its last axis each number is next to the one before. From its shape, a
# tuple of sizes above 0, find its strides: for each axis, how many places in the storage one step along it takes.
# Return them as a tuple, not as a list: as long as the shape, which may have any number of axes, even none. Compute
# it from the sizes, without making a tensor or an array of that shape, which may be larger than any memory.


def strides_of(shape):
    """The strides of a new tensor of this shape."""
    strides = ...  # fill in
    return strides


check("operations.4", strides_of)

# %%
# Summary
# -------
#
# - Shapes that don't match may still broadcast; ask for the shape of a difference before you sum it.
# - After ``reshape`` you don't know whether memory is shared, and ``clone`` makes you sure.
# - One index on the left writes into the tensor; behind a mask or a list, a second one writes into a copy.
#
# Back: ``operations`` is the lesson.
#
# Next: ``numpy_interop`` asks of arrays and tensors who shares memory, and who copies.
