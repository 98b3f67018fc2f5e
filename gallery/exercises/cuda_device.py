# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: tensors on a GPU
===========================

You write functions that work wherever their inputs lie, and say when ``to`` has nothing to do. A check tells you what is
right and what is wrong; it uses the device ``meta``, which every machine has, and a GPU too where there is one. This page
imports ``twolayer``, which does the checking; the site's page ``exercises`` says how to install it.

What you'll learn:

- how a function makes its tensors where its input lies;
- when ``to`` returns the tensor itself;
- how to move a batch of many tensors at once, and what a move costs.
"""

# %%
# Exercise 1: At home on every device
# -----------------------------------
#
# Return ``x``, shape (N, D_in), with one column more, of ones, at its right: shape (N, D_in + 1), with the dtype of ``x``
# and on its device. This function does so for some dtypes, on the CPU. Mend it for all of them, and for all devices. Nothing
# may be moved.

import torch

from twolayer.exercises import check, hint, solution


def with_ones(x):
    """The tensor with a column of ones at its right."""
    ones = torch.ones(x.shape[0], 1)
    return torch.cat([x, ones], dim=1)


check("cuda_device.1", with_ones)

# %%
# Exercise 2: The same tensor or another?
# ---------------------------------------
#
# Let ``x`` be ``torch.ones(2, 3)``, on the CPU. For each line, fill in True if its result is ``x`` itself, so that
# ``result is x``, and False if it is another tensor.

itself = {
    "x.to('cpu')": ...,
    "x.to('meta')": ...,
    "x.to(torch.float32)": ...,
    "x.to('cpu', torch.float64)": ...,
    "x.to('cpu', copy=True)": ...,
    "x.double().float()": ...,
    "x.cpu().contiguous()": ...,
    "x.to(torch.zeros(5))": ...,
    "x.to('meta').to('meta').new_ones(2, 3)": ...,
}

check("cuda_device.2", itself)

# %%
# Exercise 3: A batch of many tensors
# -----------------------------------
#
# What a program loads is often no single tensor, but a dictionary or a list of them, or a dictionary of lists. Write
# a function that returns new dictionaries, lists and tuples of the same form, with each tensor moved to ``device``.
# They may be nested to any depth, and the batch may be a single tensor; what is no tensor, such as a name or None,
# comes along as it is. The batch that you got must stay as it is, and no dtype may change.


def to_device(batch, device):
    """The batch with each of its tensors on a device."""
    moved = ...  # fill in
    return moved


check("cuda_device.3", to_device)

# %%
# Exercise 4: The fewest bytes
# ----------------------------
#
# A tensor of shape ``shape``, a tuple, and of dtype ``dtype`` is to move to another device and to end up there in the
# dtype ``wanted``. You choose whether to cast before the move or after it. Return the smallest number of bytes that
# has to move.


def bytes_to_move(shape, dtype, wanted):
    """The bytes that a move and a cast have to move, in the better order."""
    total = ...  # fill in
    return total


check("cuda_device.4", bytes_to_move)

# %%
# Summary
# -------
#
# - A function that asks its input for device and dtype runs everywhere, and moves nothing.
# - ``torch.Tensor.to`` returns the tensor itself where there is nothing to do.
# - A cast to a smaller dtype belongs before the move, one to a larger dtype behind it.
#
# Back: ``cuda_device`` is the lesson.
#
# Next: ``gradients`` computes one gradient in three ways and shows what ``backward`` does with it.
