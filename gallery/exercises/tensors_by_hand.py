# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Tensors by hand
==========================

Fix a step that writes where it shouldn't, keep dtype and device, translate a loss from NumPy to tensors, and derive
the gradient of layer normalisation. The package ``twolayer`` checks your answers; the page ``exercises`` says how to
install it.

What you'll learn:

- how a change to a tensor reaches an array, and how to prevent it;
- how a function keeps the dtype and the device of its input;
- how to write softmax and its logarithm with tensors;
- how a gradient flows through numbers that are computed from a whole row.
"""

# %%
# Exercise 1: Changes behind your back
# ------------------------------------
#
# This function takes NumPy arrays: ``x_array`` (N, D_in), ``y_array`` (N, D_out), ``w1_array`` (D_in, H) and
# ``w2_array`` (H, D_out). It takes one step of the lesson's loop with tensors, and returns both new weights as arrays of
# the same dtype. The results are right, but the caller's arrays change too. Fix it.

import torch

from twolayer.exercises import check, hint, solution


def step(x_array, y_array, w1_array, w2_array, learning_rate):
    """The weights after one step, as new arrays."""
    x, y = torch.from_numpy(x_array), torch.from_numpy(y_array)
    w1, w2 = torch.from_numpy(w1_array), torch.from_numpy(w2_array)
    h = x.mm(w1)
    h_relu = h.clamp(min=0)
    grad_y_pred = 2 * (h_relu.mm(w2) - y)
    grad_w2 = h_relu.t().mm(grad_y_pred)
    grad_h = grad_y_pred.mm(w2.t())
    grad_h[h <= 0] = 0
    grad_w1 = x.t().mm(grad_h)
    w1 -= learning_rate * grad_w1
    w2 -= learning_rate * grad_w2
    return w1.numpy(), w2.numpy()


check("tensors_by_hand.1", step)

# %%
# Exercise 2: The same dtype, on the same device
# ----------------------------------------------
#
# This function returns a table with the shape of ``scores``, (N, C). In each row it has a 1 at that row's label and 0
# elsewhere. ``labels``, (N,), contains whole numbers from 0 to C - 1. A function that others call should keep the dtype
# and the device of its input ``scores``. Fix this one.


def one_hot(scores, labels):
    """Ones at the labels, zeros elsewhere, of the scores' dtype and on their device."""
    table = torch.zeros(scores.shape)
    table[torch.arange(len(labels)), labels] = 1
    return table


check("tensors_by_hand.2", one_hot)

# %%
# Exercise 3: Softmax from NumPy to tensors
# -----------------------------------------
#
# The comments below are lines of NumPy. Softmax turns ``scores``, (N, C), into probabilities, and the loss is the mean
# of minus the logarithm of each label's probability. Each row's largest score is subtracted first, so that ``exp`` can't
# overflow. Write each line with tensors. Return the loss, a tensor of shape (), and the probabilities, (N, C).


def loss_and_probabilities(scores, labels):
    """The mean cross-entropy, and the probabilities from softmax."""
    shifted = ...  # scores - scores.max(axis=1, keepdims=True)
    exps = ...  # np.exp(shifted)
    probabilities = ...  # exps / exps.sum(axis=1, keepdims=True)
    loss = ...  # -np.log(probabilities[np.arange(len(labels)), labels]).mean()
    return loss, probabilities


check("tensors_by_hand.3", loss_and_probabilities)

# %%
# Exercise 4: Back through mean and spread
# ----------------------------------------
#
# Layer normalisation subtracts each row's mean and divides by the row's spread: ``z`` is
# ``(x - mean) / sqrt(var + eps)``, where ``var`` is the mean of the squared distances from the row's mean. Mean and
# spread are computed from the whole row, so each element of ``x`` moves its whole row of ``z``. Derive the gradient of
# ``x`` on paper, and write it with tensors, without autograd.
#
# ``x`` and ``grad_z``, the gradient that arrives, have shape (N, D_in), and ``eps`` is a number above 0. Return
# ``grad_x``, (N, D_in).


def normalised_backward(x, grad_z, eps):
    """The gradient of x, from that of the normalised rows."""
    grad_x = ...  # fill in
    return grad_x


check("tensors_by_hand.4", normalised_backward)

# %%
# Summary
# -------
#
# - ``torch.from_numpy`` shares memory, so ``clone`` before you change the tensor in place.
# - A tensor from ``torch.zeros`` gets the dtype and the device of another tensor only
#   if you say so.
# - If a number is computed from a whole row, such as its mean, it connects the gradients of all the row's elements.
#
# Back: ``tensors_by_hand`` is the lesson.
#
# Next: ``autograd_by_hand`` removes the backward pass that you wrote for this one network.
