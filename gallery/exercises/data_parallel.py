# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Data parallel
========================

In a single process, you play several processes one after the other, and see what
happens to their gradients. A check tells you what is right and what is wrong. This page
imports ``twolayer``, which does the checking. The site's page ``exercises`` explains
how to install it.

What you'll learn:

- which factor turns the average over processes into a sum;
- which rows each process gets when they don't divide evenly;
- how to average over unequal shares.
"""

# %%
# Exercise 1: An average that has to be a sum
# -------------------------------------------
#
# This loop goes through the shares of all processes and finally averages their
# gradients, as ``torch.nn.parallel.DistributedDataParallel`` does. The loss is the sum
# of squared errors over all rows, and the result should be its gradient. The last line
# stands for what the library does, so leave it as it is and return the mean that it
# computes. You may change everything before it.
#
# ``x`` is (N, D_in), ``y`` (N, D_out) and ``w`` (D_in, D_out). Return the gradient of
# ``w``.

import torch

from twolayer.exercises import check, hint, solution


def summed(x, y, w, processes):
    """The gradient of the sum of squared errors, as an average over processes."""
    gradients = []
    x_shares, y_shares = x.tensor_split(processes), y.tensor_split(processes)
    for x_share, y_share in zip(x_shares, y_shares, strict=True):
        leaf = w.clone().requires_grad_()
        loss = (x_share @ leaf - y_share).square().sum()
        loss.backward()
        gradients.append(leaf.grad)
    return torch.stack(gradients).mean(dim=0)


check("data_parallel.1", summed)

# %%
# Exercise 2: Rows that don't divide evenly
# -----------------------------------------
#
# Each process reads only its own rows from disk, so it has to know which rows those
# are. Divide the rows as ``torch.Tensor.tensor_split`` does: if they don't divide
# evenly, the first shares have one row more. Return the first row of the process
# ``rank`` and the row after its last, both of type ``int``. This function loses rows.
# Fix it without splitting a tensor or an array: don't call ``tensor_split`` or
# ``array_split``.


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
# Now the loss is the mean of squared errors over the whole batch, and each process
# computes the mean over its own rows. If all shares were equal, the mean of those means
# would be right, but these shares aren't equal. Find the factor by which each process
# has to multiply its loss, so that the last line returns the gradient of the batch's
# mean. The shapes are as above, and no share is empty. Only what you return counts, not
# how you compute it.


def averaged(x, y, w, processes):
    """The gradient of the mean of squared errors, as an average over processes."""
    gradients = []
    x_shares, y_shares = x.tensor_split(processes), y.tensor_split(processes)
    for x_share, y_share in zip(x_shares, y_shares, strict=True):
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
# - If each process multiplies its loss by the number of processes, the average of the
#   gradients is what their sum would be without that factor.
# - The rows left over by the division go to the first shares, which shifts the start of
#   the shares after them.
# - A mean of means weights all shares alike. Weight them by their rows to get the
#   batch's mean.
#
# Back: ``data_parallel`` is the lesson.
#
# Next: ``break_it`` makes the classic mistakes on purpose.
