# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Tensors and NumPy
============================

Find memory that is shared and shouldn't be, and multiply float64 by float32. The package ``twolayer`` checks your
answers; the page ``exercises`` says how to install it.

What you'll learn:

- how one shared block of memory spoils a whole history;
- where to copy, so that neither a result nor an input changes later;
- how a tracked float32 tensor and a float64 array work together.
"""

# %%
# Exercise 1: A history that repeats itself
# -----------------------------------------
#
# This function starts from the weights ``w``, shape (D,), takes one step for each row of ``grads``, shape (steps, D),
# and returns the weights after each step, shape (steps, D). All arrays are NumPy arrays. But all rows of the result
# are the same, and one of the inputs changes. Find out what shares memory with what, and fix it: ``w`` and ``grads``
# must stay as they are.

import numpy as np
import torch

from twolayer.exercises import check, hint, solution


def history(w, grads, learning_rate):
    """The weights after each step."""
    weights = torch.from_numpy(w)
    kept = []
    for grad in torch.from_numpy(grads):
        weights -= learning_rate * grad
        kept.append(weights.numpy())
    return np.stack(kept)


check("numpy_interop.1", history)

# %%
# Exercise 2: float64 meets float32
# ---------------------------------
#
# Here ``x`` is a float64 NumPy array, shape (N, D_in), and ``w`` is a float32 tensor, shape (D_in, D_out), that
# autograd tracks. Return their product as a NumPy array, shape (N, D_out), with the dtype of the weights. The weights
# must stay tracked and keep their dtype: convert ``x``. More than one thing is wrong in this function.


def predict(x, w):
    """The product of an array and tracked weights, as an array of the weights' dtype."""
    y_pred = torch.from_numpy(x) @ w
    return y_pred.numpy()


check("numpy_interop.2", predict)

# %%
# Summary
# -------
#
# - An array that shares memory shows what is there now, not what was there when you made it.
# - ``torch.from_numpy`` makes a tensor that writes into the array. ``torch.tensor`` copies, and so does an array's
#   ``copy``.
# - A matrix product needs one dtype. To make an array from a tensor that requires grad, call
#   ``detach`` first.
#
# Back: ``numpy_interop`` is the lesson.
#
# Next: ``cuda_device`` takes tensors to a place where NumPy can't follow.
