# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: creating tensors
===========================

You mend code that reads memory nobody wrote, say what a new tensor keeps of another one, and draw noise that repeats
itself and disturbs nobody. A check tells you what is right and what is wrong. This page imports ``twolayer``, which does the
checking; the site's page ``exercises`` says how to install it.

What you'll learn:

- how a lucky zero hides a fault, and how to make it show;
- which of shape, dtype, device and strides a new tensor takes from another one;
- how a generator of its own makes a function's draws repeat.
"""

# %%
# Exercise 1: Zeros that were luck
# --------------------------------
#
# This function spreads the columns of ``x``, shape (N, D), so that a column of zeros stands behind each of them: shape
# (N, 2 * D). On many a machine it even does. Mend it, so that the zeros are no luck. The dtype
# is that of ``x``.

import torch

from twolayer.exercises import check, hint, solution


def spread(x):
    """The columns of x, with a column of zeros behind each."""
    N, D = x.shape
    result = torch.empty(N, 2 * D, dtype=x.dtype)
    result[:, ::2] = x
    return result


check("creating.1", spread)

# %%
# Exercise 2: What does the new one keep?
# ---------------------------------------
#
# Below, ``x`` is a transpose of double numbers on the device ``meta``. Its strides, ``x.stride()``, say how many
# places in memory one step along each axis takes: (1, 4) here. A tensor of the same shape that lies row by row, in
# reading order, has (3, 1). Each line makes a tensor. Write down in which of the four ``"shape"``, ``"dtype"``,
# ``"device"`` and ``"strides"`` it equals ``x``, as a set of these words, such as ``{"shape", "strides"}``, or
# ``set()`` if in none. Say what you expect before you print anything.

x = torch.empty(3, 4, dtype=torch.double, device="meta").t()

kept = {
    "torch.zeros(x.shape)": ...,
    "torch.zeros_like(x)": ...,
    "torch.zeros_like(x, dtype=torch.float)": ...,
    "x.new_zeros(x.shape)": ...,
    "x.new_tensor([1, 2])": ...,
    "torch.rand(x.shape, dtype=x.dtype)": ...,
    "torch.ones_like(x, device='cpu')": ...,
}

check("creating.2", kept)

# %%
# Exercise 3: Noise that disturbs nobody
# --------------------------------------
#
# Let ``x`` be a tensor of any shape. Return it with noise added, in the same shape and dtype: numbers from the standard normal distribution
# times ``std``. The same ``seed`` must give the same noise, another seed other noise. That much works. But whoever calls this
# function finds that the draws of the whole program start over. Mend it: PyTorch's own generator must stay as it is.


def add_noise(x, std, seed):
    """The tensor with noise added that depends on the seed alone."""
    torch.manual_seed(seed)
    return x + std * torch.randn(x.shape, dtype=x.dtype)


check("creating.3", add_noise)

# %%
# Summary
# -------
#
# - Where each number is written before it is read, ``torch.empty`` is right; elsewhere it is luck.
# - What you don't spell out comes from the defaults, or from the tensor that you start from.
# - A seed belongs to a generator; make your own, and the rest of the program doesn't notice.
#
# Back: ``creating`` is the lesson.
#
# Next: ``operations`` computes with tensors, and asks after each line where the result lies.
