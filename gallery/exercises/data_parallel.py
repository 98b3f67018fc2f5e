# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: data parallel
========================

In a single process you play all of them, one after the other, and see what becomes of their gradients. A check tells you what is right
and what is wrong. This page imports ``twolayer``, which does the checking; the site's page ``exercises`` says how to
install it.

What you'll learn:

- which factor makes a sum of the average over processes;
- which rows each process has where they don't come out even;
- how unequal shares are averaged.
"""

# %%
# Exercise 1: An average that has to be a sum
# -------------------------------------------
#
# This loop goes through the shares of all processes, and at its end averages their gradients, as
# ``torch.nn.parallel.DistributedDataParallel`` does. The loss is the sum of squared errors over all rows, so the result
# should be the gradient of that. The last line stands for what the library does, so leave it as it is: what you return is the
# mean that it takes. You may change all that comes before it.
#
# ``x`` is (N, D_in), ``y`` (N, D_out) and ``w`` (D_in, D_out); return the gradient of ``w``.

import torch

from twolayer.exercises import check, hint, solution


def summed(x, y, w, processes):
    """The gradient of the batch's sum of squared errors, as an average over processes."""
    gradients = []
    for x_share, y_share in zip(x.tensor_split(processes), y.tensor_split(processes), strict=True):
        leaf = w.clone().requires_grad_()
        loss = (x_share @ leaf - y_share).square().sum()
        loss.backward()
        gradients.append(leaf.grad)
    return torch.stack(gradients).mean(dim=0)


check("data_parallel.1", summed)

# %%
# Exercise 2: Rows that don't come out even
# -----------------------------------------
#
# Each process reads only its own rows from disk, so it has to know which. Say it as ``torch.Tensor.tensor_split`` cuts: where
# the rows don't come out even, the first shares have a row more. Return the first row of the process ``rank`` and the row
# after its last, two whole numbers of the type ``int``. This function loses rows. Mend it, without cutting a tensor or an array:
# ``tensor_split`` and ``array_split`` may not be called.


def share(N, processes, rank):
    """The first row of a process, and the row after its last."""
    size = N // processes
    start = rank * size
    stop = start + size
    return start, stop


check("data_parallel.2", share)

# %%
# Exercise 3: The mean of unequal shares
# --------------------------------------
#
# Now the loss is the mean of squared errors over the whole batch, and each process takes the mean over its own rows. With
# equal shares, the mean of those means is right. These shares are not equal. Find the factor by which each process
# has to multiply its loss, so that the last line gives the gradient of the batch's mean. Shapes are as above, and
# no share is empty. Only what you return counts, however you come to it.


def averaged(x, y, w, processes):
    """The gradient of the batch's mean of squared errors, as an average over processes."""
    gradients = []
    for x_share, y_share in zip(x.tensor_split(processes), y.tensor_split(processes), strict=True):
        leaf = w.clone().requires_grad_()
        loss = (x_share @ leaf - y_share).square().mean()
        weight = 1  # change this
        (weight * loss).backward()
        gradients.append(leaf.grad)
    return torch.stack(gradients).mean(dim=0)


check("data_parallel.3", averaged)

# %%
# Summary
# -------
#
# - Multiply a loss that is a sum by the number of processes, and the average of the gradients is their sum.
# - The rows that a division leaves over go to the first shares, and those after them begin later.
# - A mean of means weighs shares alike; weigh them by their rows to get the batch's mean.
#
# Back: ``data_parallel`` is the lesson.
#
# Next: ``break_it`` makes the classic mistakes on purpose.
