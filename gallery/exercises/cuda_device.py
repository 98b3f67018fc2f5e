# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: tensors on a GPU
===========================

You write functions that find and move tensors, and say what a move costs. A check tells you what is right and what is
wrong; it uses the device ``meta``, which every machine has. This page imports ``twolayer``, which does the checking; the
site's page ``exercises`` says how to install it.

What you'll learn:

- how to find the tensor that was forgotten on another device;
- how to move a batch of many tensors at once;
- what a move costs, and where a cast belongs.
"""

# %%
# Exercise 1: What lies elsewhere?
# --------------------------------
#
# An operation refuses tensors of two devices, but its message doesn't say which of yours they are. Write a function that does.
# It gets ``found``, which is either a dictionary of tensors by name or a module, and ``device``, the name of a device as a
# tensor's ``device`` prints it: ``"cpu"``, ``"meta"`` or ``"cuda:0"``, never ``"cuda"`` alone. Return the set of the names of
# all tensors that are not on that device. Of a module these are its parameters and its buffers, those of its inner modules too,
# and buffers that aren't saved with it; they are named as ``named_parameters`` and ``named_buffers`` name them. Nothing may be
# moved. For this example and ``"cpu"`` the set is ``{"w1"}``; PyTorch says less:

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
# What a program loads is often no single tensor, but a dictionary or a list of them, or a dictionary of lists. Write
# a function that returns new dictionaries, lists and tuples of the same form, with each tensor moved to ``device``.
# They may be nested to any depth, and the batch may be a single tensor; what is no tensor, such as a name or None,
# comes along as it is. The batch that you got must stay as it is, and no dtype may change.


def to_device(batch, device):
    """The batch with each of its tensors on a device."""
    moved = ...  # fill in
    return moved


check("cuda_device.2", to_device)

# %%
# Exercise 3: The fewest bytes
# ----------------------------
#
# A tensor of shape ``shape``, a tuple, and of dtype ``dtype`` is to move to another device and to end up there in the
# dtype ``wanted``. You choose whether to cast before the move or after it. Return the smallest number of bytes that
# has to move.


def bytes_to_move(shape, dtype, wanted):
    """The bytes that a move and a cast have to move, in the better order."""
    total = ...  # fill in
    return total


check("cuda_device.3", bytes_to_move)

# %%
# Summary
# -------
#
# - A module's tensors are its parameters and its buffers; its state dict may leave out some of these.
# - ``torch.Tensor.to`` moves one tensor; for a batch of many, walk through it.
# - A cast to a smaller dtype belongs before the move, one to a larger dtype behind it.
#
# Back: ``cuda_device`` is the lesson.
#
# Next: ``gradients`` computes one gradient in three ways and shows what ``backward`` does with it.
