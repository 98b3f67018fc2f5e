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

You find memory that is shared where it should not be, say who shares it, and bring float64 and float32 together. A check
tells you what is right and what is wrong. This page imports ``twolayer``, which does the checking; the site's page
``exercises`` says how to install it.

What you'll learn:

- how one shared block of memory spoils a whole history;
- how to tell of a chain of calls whether its result still shares memory;
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
# Exercise 2: Who shares memory with the array?
# ---------------------------------------------
#
# Let ``a`` be ``np.arange(6.0).reshape(2, 3)``. For each line, fill in True if the result shares memory with ``a``,
# and False if it has memory of its own. Think first: each line takes two or three steps, and you know what each of
# them does.

shares = {
    "torch.from_numpy(a.T).t()": ...,
    "torch.from_numpy(a)[:, 1:]": ...,
    "torch.from_numpy(a)[[0, 1]]": ...,
    "torch.from_numpy(a).t().reshape(6)": ...,
    "torch.from_numpy(a).reshape(3, 2)": ...,
    "torch.as_tensor(a).double()": ...,
    "torch.as_tensor(a).float().numpy()": ...,
    "torch.tensor(a)[0]": ...,
    "torch.as_tensor(a.tolist())": ...,
    "torch.from_numpy(a).requires_grad_().detach()": ...,
}

check("numpy_interop.2", shares)

# %%
# Exercise 3: float64 meets float32
# ---------------------------------
#
# Here ``x`` is a NumPy array, shape (N, D_in), of float64 numbers; ``w`` is a tensor, shape (D_in, D_out), of float32 numbers, and
# autograd tracks it. Return the product as a NumPy array, shape (N, D_out), of the dtype that the weights have. The weights
# must stay as they are: it is ``x`` that adapts. Mend the function; there is more than one thing in its way.


def predict(x, w):
    """The product of an array and tracked weights, as an array of the weights' dtype."""
    y_pred = torch.from_numpy(x) @ w
    return y_pred.numpy()


check("numpy_interop.3", predict)

# %%
# Summary
# -------
#
# - An array of shared memory shows what is there now, not what was there when you made it.
# - In a chain of calls one copy is enough: what follows shares memory with that copy.
# - A product wants one dtype; an array wants a tensor that nobody tracks.
#
# Back: ``numpy_interop`` is the lesson.
#
# Next: ``cuda_device`` takes tensors to a place where NumPy can't follow.
