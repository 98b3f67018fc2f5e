# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: creating tensors
===========================

You mend code that reads memory nobody wrote, and draw noise that repeats itself and disturbs nobody. A check tells
you what is right and what is wrong. This page imports ``twolayer``, which does the checking; the site's page
``exercises`` says how to install it.

What you'll learn:

- how a lucky zero hides a fault, and how to make it show;
- how a new tensor takes its dtype and its device from another one;
- how a generator of its own makes a function's draws repeat.
"""

# %%
# Exercise 1: Zeros that were luck
# --------------------------------
#
# This function spreads the columns of ``x``, shape (N, D), so that a column of zeros stands behind each of them: shape
# (N, 2 * D). On many a machine it even does. Mend it, so that the zeros are no luck. The result has the dtype of ``x``
# and lies on its device, be that the CPU or ``meta``, whose tensors hold no numbers.

import torch

from twolayer.exercises import check, hint, solution


def spread(x):
    """The columns of x, with a column of zeros behind each."""
    N, D = x.shape
    result = torch.empty(N, 2 * D, dtype=x.dtype, device=x.device)
    result[:, ::2] = x
    return result


check("creating.1", spread)

# %%
# Exercise 2: Noise that disturbs nobody
# --------------------------------------
#
# Let ``x`` be a tensor of any shape and of any floating dtype, half precision too. Return it with noise added, in the same shape and
# dtype: numbers from the standard normal distribution, one for each of ``x``, times ``std``. The same ``seed`` must give the same noise,
# another seed other noise. That much works. But whoever calls this function finds that the draws of the whole program start
# over. Mend it: PyTorch's own generator must stay as it is, and so must Python's and NumPy's, and ``x``.


def add_noise(x, std, seed):
    """The tensor with noise added that depends on the seed alone."""
    torch.manual_seed(seed)
    return x + std * torch.randn(x.shape, dtype=x.dtype)


check("creating.2", add_noise)

# %%
# Summary
# -------
#
# - Where each number is written before it is read, ``torch.empty`` is right; elsewhere it is luck.
# - What you don't spell out comes from the defaults; ``torch.Tensor.new_zeros`` takes it from the tensor that you have.
# - A seed belongs to a generator; make your own, and the rest of the program doesn't notice.
#
# Back: ``creating`` is the lesson.
#
# Next: ``operations`` computes with tensors, and asks after each line where the result lies.
