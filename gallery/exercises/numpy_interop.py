# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
Exercises: tensors and NumPy
============================

You find memory that is shared where it should not be, and bring float64 and float32 together. A check tells you
what is right and what is wrong. This page imports ``twolayer``, which does the checking; the site's page ``exercises``
says how to install it.

What you'll learn:

- how one shared block of memory spoils a whole history;
- where a copy belongs, so that neither a result nor an input changes later;
- what stands between a tracked float32 tensor and an array of float64 numbers.
"""

# %%
# Exercise 1: A history of one moment
# -----------------------------------
#
# This function starts from the weights ``w``, shape (D,), takes one step for each row of ``grads``, shape (steps, D),
# and returns the weights after each step, shape (steps, D). All arrays are NumPy's. But the rows of its result are
# all alike, and it changes one of its inputs as well. Find what shares memory with what, and mend it: ``w`` and
# ``grads`` must stay as they are.

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
# Here ``x`` is a NumPy array, shape (N, D_in), of float64 numbers; ``w`` is a tensor, shape (D_in, D_out), of float32 numbers, and
# autograd tracks it. Return the product as a NumPy array, shape (N, D_out), of the dtype that the weights have. The weights
# must stay as they are, tracked and in their dtype: it is ``x`` that adapts. Mend the function; there is more than one thing in its way.


def predict(x, w):
    """The product of an array and tracked weights, as an array of the weights' dtype."""
    y_pred = torch.from_numpy(x) @ w
    return y_pred.numpy()


check("numpy_interop.2", predict)

# %%
# Summary
# -------
#
# - An array of shared memory shows what is there now, not what was there when you made it.
# - A tensor of an array writes into that array; ``torch.tensor`` copies, and so does ``copy`` of an array.
# - A product wants one dtype; an array wants a tensor that nobody tracks.
#
# Back: ``numpy_interop`` is the lesson.
#
# Next: ``cuda_device`` takes tensors to a place where NumPy can't follow.
