# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: tensors by hand
==========================

You mend a step that writes where it shouldn't, keep dtype and device, carry a loss from NumPy to tensors, and derive
the gradient of layer normalisation. A check tells you what is right and what is wrong. This page imports ``twolayer``, which does the checking; the
site's page ``exercises`` says how to install it.

What you'll learn:

- how a change to a tensor reaches an array, and how to prevent it;
- how a function gives back the dtype and the device that it got;
- how softmax and its logarithm are written in tensors;
- how a gradient runs through numbers that are computed from a whole row.
"""

# %%
# Exercise 1: Arrays behind your back
# -----------------------------------
#
# This function gets NumPy arrays, ``x_array`` (N, D_in), ``y_array`` (N, D_out), ``w1_array`` (D_in, H) and
# ``w2_array`` (H, D_out), takes one step of the lesson's loop in tensors, and returns both new weights as arrays of their
# dtype. The numbers are right, but whoever calls it finds that arrays have changed. Mend it.

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
# Exercise 2: The same kind, in the same place
# --------------------------------------------
#
# The table that this function returns has the shape of ``scores``, (N, C), with a 1 in each row at its label and 0 elsewhere.
# ``labels``, (N,), holds whole numbers from 0 to C - 1. A function that others call should give back the kind of number that
# it got, on the device that it got. Mend this one.


def one_hot(scores, labels):
    """Ones at the labels, zeros elsewhere, of the scores' dtype and on their device."""
    table = torch.zeros(scores.shape)
    table[torch.arange(len(labels)), labels] = 1
    return table


check("tensors_by_hand.2", one_hot)

# %%
# Exercise 3: Softmax through the dictionary
# ------------------------------------------
#
# The comments below are lines of NumPy: softmax makes probabilities of ``scores``, (N, C), and the loss is the mean of minus
# the logarithm of the label's probability. Each row's largest score is subtracted first, so that ``exp`` can't overflow.
# Write each line in tensors; return the loss, a tensor of shape (), and the probabilities, (N, C).


def loss_and_probabilities(scores, labels):
    """The mean cross-entropy, and the probabilities that softmax gives."""
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
# Layer normalisation takes its mean off each row, and divides by the row's spread: ``z`` is
# ``(x - mean) / sqrt(var + eps)``, where ``var`` is the mean of the squared distances from the row's mean. Both are
# computed from the row, so each entry of ``x`` moves all of its row in ``z``. Derive the gradient of ``x`` on paper, and
# write it in tensors, without autograd.
#
# ``x`` and ``grad_z``, the gradient that arrives, have the shape (N, D_in); ``eps`` is a number above 0. Return
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
# - ``torch.from_numpy`` shares memory, so a change in place needs a ``clone`` before it.
# - A tensor made anew takes dtype and device from the tensors that it meets, if you say so.
# - What is computed from a row, its mean or its spread, brings the gradient of each entry to all the others.
#
# Back: ``tensors_by_hand`` is the lesson.
#
# Next: ``autograd_by_hand`` removes the backward pass written for this one network.
