# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Tensors on a GPU
===========================

You write functions that find and move tensors, and count the bytes that a move costs.
The checks use the device ``meta``, which every machine has. The package ``twolayer``
checks your answers; the page ``exercises`` says how to install it.

What you'll learn:

- how to find a tensor that was left on a different device;
- how to move a batch of many tensors in one call;
- what a move costs, and where a cast belongs.
"""

# %%
# Exercise 1: Which tensors are elsewhere?
# ----------------------------------------
#
# An operation on tensors from two devices usually raises an error, but the message
# doesn't say which of your tensors they are. Write a function that does. ``found`` is
# either a dictionary of tensors by name or a module. ``device`` is the name of a device
# as a tensor's ``device`` prints it: ``"cpu"``, ``"meta"`` or ``"cuda:0"``, never
# ``"cuda"`` without a number. Return the set of the names of all tensors that are not
# on that device. A module's tensors are its parameters and its buffers, including those
# of its inner modules and buffers that aren't saved. Name them as ``named_parameters``
# and ``named_buffers`` do. Don't move anything. For this example and ``"cpu"``, the set
# is ``{"w1"}``. PyTorch's message says less:

import torch

from twolayer.exercises import check, hint, solution

example = {"x": torch.zeros(2, 3), "w1": torch.zeros(2, 3, device="meta")}
try:
    example["x"] + example["w1"]
except RuntimeError as error:
    print(error)


def elsewhere(found, device):
    """The names of the tensors that are not on a device."""
    names = ...  # fill in
    return names


check("cuda_device.1", elsewhere)

# %%
# Exercise 2: A batch of many tensors
# -----------------------------------
#
# A program often loads not a single tensor, but a dictionary or a list of tensors, or a
# dictionary of lists. Write a function that returns new dictionaries, lists and tuples
# of the same form, with each tensor moved to ``device``. They may be nested to any
# depth, and the batch may be a single tensor. Whatever isn't a tensor, such as a name
# or None, is returned as it is. The batch that you are given must stay as it is, and no
# dtype may change.


def to_device(batch, device):
    """The batch with each of its tensors on a device."""
    moved = ...  # fill in
    return moved


check("cuda_device.2", to_device)

# %%
# Exercise 3: The fewest bytes
# ----------------------------
#
# A tensor of shape ``shape``, a tuple, and of dtype ``dtype`` has to move to a
# different device and have the dtype ``wanted`` there. You may cast before the move or
# after it. Return the smallest number of bytes that has to move.


def bytes_to_move(shape, dtype, wanted):
    """The bytes that have to move, with the cast at the better time."""
    total = ...  # fill in
    return total


check("cuda_device.3", bytes_to_move)

# %%
# Summary
# -------
#
# - A module's tensors are its parameters and its buffers; its state dict may leave out
#   some of the buffers.
# - ``torch.Tensor.to`` moves one tensor; for a batch of many, walk through it.
# - A cast to a smaller dtype belongs before the move, and a cast to a larger one after
#   it.
#
# Back: ``cuda_device`` is the lesson.
#
# Next: ``gradients`` computes one gradient in three ways and shows what ``backward``
# does with it.
