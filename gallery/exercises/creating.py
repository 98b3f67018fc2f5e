# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Creating tensors
===========================

You fix code that reads memory that was never written, and make noise that is repeatable
and has no side effects. The package ``twolayer`` checks your answers; the page
``exercises`` says how to install it.

What you'll learn:

- how a lucky zero hides a fault, and how to expose it;
- how a new tensor takes its dtype and its device from an existing one;
- how a separate generator makes a function's draws repeatable.
"""

# %%
# Exercise 1: Zeros by luck
# -------------------------
#
# This function spreads out the columns of ``x``, shape (N, D), so that a column of
# zeros comes after each of them: shape (N, 2 * D). On many machines it even works. Fix
# it, so that the zeros don't depend on luck. The result has the dtype of ``x`` and is
# on the same device, either the CPU or ``meta``, whose tensors hold no data.

import torch

from twolayer.exercises import check, hint, solution


def spread(x):
    """The columns of x, with a column of zeros after each."""
    N, D = x.shape
    result = torch.empty(N, 2 * D, dtype=x.dtype, device=x.device)
    result[:, ::2] = x
    return result


check("creating.1", spread)

# %%
# Exercise 2: Noise without side effects
# --------------------------------------
#
# This function adds noise to ``x``, a tensor of any shape and any floating-point dtype
# of 16 bits or more. The result has the same shape and dtype. The noise of each element
# is a number from the standard normal distribution, times ``std``. The same ``seed``
# must produce the same noise, and a different seed different noise. That much works.
# But after a call to this function, PyTorch's draws start over in the whole program.
# Fix it: PyTorch's global generator must stay as it is, and so must Python's and
# NumPy's, and ``x``.


def add_noise(x, std, seed):
    """The tensor plus noise that depends only on the seed."""
    torch.manual_seed(seed)
    return x + std * torch.randn(x.shape, dtype=x.dtype)


check("creating.2", add_noise)

# %%
# Summary
# -------
#
# - ``torch.empty`` is right if you write each element before you read it; otherwise it
#   works only by luck.
# - What you don't specify comes from the defaults; ``torch.Tensor.new_zeros`` takes it
#   from the tensor that you have.
# - A seed belongs to a generator; make your own, and the rest of the program is not
#   affected.
#
# Back: ``creating`` is the lesson.
#
# Next: ``operations`` computes with tensors, and checks after each line where the
# result is stored.
