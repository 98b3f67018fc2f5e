# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Operations on tensors
================================

Fix three functions in which shapes, views and indices go wrong, and compute strides. The package ``twolayer`` checks
your answers; the page ``exercises`` says how to install it.

What you'll learn:

- what happens when a column meets a vector and no error is raised;
- why ``view`` can fail, and how to be sure that a result has its own memory;
- which writes through an index are lost;
- how the strides of a tensor follow from its shape.
"""

# %%
# Exercise 1: Each prediction against each target
# -----------------------------------------------
#
# A network with one output returns ``y_pred``, shape (N, 1). The targets ``y`` have shape (N,). Their difference
# raises no error, but it has the wrong shape. Fix it: return the errors, one for each prediction, shape (N,), and the
# loss, which is the sum of their squares, shape ().

from twolayer.exercises import check, hint, solution


def errors_and_loss(y_pred, y):
    """The error of each prediction, and the sum of their squares."""
    errors = y_pred - y
    loss = errors.pow(2).sum()
    return errors, loss


check("operations.1", errors_and_loss)

# %%
# Exercise 2: A view that fails
# -----------------------------
#
# The tensor ``h`` has shape (N, H). Return its elements in one line, shape (N * H,), column by column: first all of
# column 0, then column 1, and so on. Here ``view`` raises an error. Fix it so that the line has its own memory for
# every shape of ``h``, including a batch of one: a change to the line must never change ``h``. Here is an example and
# its columns:

import torch

example = torch.arange(6.0).view(2, 3)
print(example.tolist(), example.t().tolist())


def columns_in_line(h):
    """The elements of h, column by column, in memory of their own."""
    return h.t().view(-1)


check("operations.2", columns_in_line)

# %%
# Exercise 3: A write that gets lost
# ----------------------------------
#
# In each row of ``h`` whose first element is below 0, set all other elements to 0. The first element stays, and so do
# the other rows. ``h`` has shape (N, H), and ``h`` itself must change. This line writes somewhere else. Fix it.


def clear_rows(h):
    """Clear rows that begin with a negative number, but keep their first element."""
    h[h[:, 0] < 0][:, 1:] = 0


check("operations.3", clear_rows)

# %%
# Exercise 4: Strides from a shape
# --------------------------------
#
# The elements of a new tensor are stored in reading order: along the last axis, each element is next to the one
# before. You get a shape, a tuple of sizes above 0 with any number of axes, or none. Return the strides as a tuple of
# the same length, not as a list: for each axis, how many elements apart in the storage two neighbours along it are.
# Compute them from the sizes. Don't make a tensor or an array of that shape, because it may be larger than any memory.


def strides_of(shape):
    """The strides of a new tensor of this shape."""
    strides = ...  # fill in
    return strides


check("operations.4", strides_of)

# %%
# Summary
# -------
#
# - Shapes that don't match may still broadcast. Check the shape of a difference before you sum it.
# - After ``reshape`` you don't know whether memory is shared. ``clone`` makes sure that it isn't.
# - One index on the left writes into the tensor. A second index after a mask or a list writes into a copy.
#
# Back: ``operations`` is the lesson.
#
# Next: ``numpy_interop`` asks of arrays and tensors: which calls share memory, and which copy?
