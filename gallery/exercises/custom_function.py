# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Custom function
==========================

You write operations of your own, each with its own backward. The package ``twolayer``
checks your answers; the page ``exercises`` says how to install it.

What you'll learn:

- what a backward does with the gradient that arrives;
- what a backward returns for an argument that is a number;
- how a Function of two tensors returns a gradient for each;
- how forward and backward stay finite where an exponential overflows.
"""

# %%
# Exercise 1: The gradient that arrives
# -------------------------------------
#
# This Function squares each element of ``h``, shape (N, H). Its backward gets the
# gradient of the loss with respect to the output, (N, H), and should return the
# gradient with respect to ``h``, (N, H). It does so only if the loss is the sum of the
# output. Fix it for all other losses.

import torch

from twolayer.exercises import check, hint, solution


class Square(torch.autograd.Function):
    """The square of each entry."""

    @staticmethod
    def forward(h):
        return h.square()

    @staticmethod
    def setup_context(ctx, inputs, output):
        (h,) = inputs
        ctx.save_for_backward(h)

    @staticmethod
    def backward(ctx, grad_output):
        (h,) = ctx.saved_tensors
        return 2 * h


check("custom_function.1", Square)

# %%
# Exercise 2: An argument that is a number
# ----------------------------------------
#
# LeakyReLU leaves a positive element of ``h``, (N, H), as it is, and multiplies any
# other by ``slope``, a number such as 0.1. Write what is saved, and the backward, which
# returns a gradient for each argument of ``forward``. At exactly 0 use ``slope``, and
# don't change the gradient that arrives.


class LeakyReLU(torch.autograd.Function):
    """h where it is positive, and slope * h elsewhere."""

    @staticmethod
    def forward(h, slope):
        return torch.where(h > 0, h, slope * h)

    @staticmethod
    def setup_context(ctx, inputs, output): ...  # fill in

    @staticmethod
    def backward(ctx, grad_output):
        return ..., ...  # fill in


check("custom_function.2", LeakyReLU)

# %%
# Exercise 3: A Function of two tensors
# -------------------------------------
#
# Here a whole layer is one operation: ``x``, (N, D_in), times ``w``, (D_in, H), and the
# ReLU of that product. Decide what to save, and return the gradients of ``x`` and of
# ``w``, each in the shape of its tensor. Where the product is exactly 0, no gradient
# passes, as in the lesson.


class Layer(torch.autograd.Function):
    """ReLU of x @ w."""

    @staticmethod
    def forward(x, w):
        return (x @ w).clamp(min=0)

    @staticmethod
    def setup_context(ctx, inputs, output): ...  # fill in

    @staticmethod
    def backward(ctx, grad_h_relu):
        grad_x = ...  # fill in
        grad_w = ...  # fill in
        return grad_x, grad_w


check("custom_function.3", Layer)

# %%
# Exercise 4: A smooth ReLU
# -------------------------
#
# Softplus is the logarithm of 1 + exp(h). Far from 0 it is nearly ReLU, and it has a
# slope everywhere. Derive its backward. Then fix the forward as well: where ``h``, (N,
# H), has a large element, ``torch.exp`` overflows. Both the result and the gradient
# must stay finite and correct.


class Softplus(torch.autograd.Function):
    """The logarithm of 1 + exp(h), a smooth ReLU."""

    @staticmethod
    def forward(h):
        return torch.log(1 + torch.exp(h))  # fix: it overflows

    @staticmethod
    def setup_context(ctx, inputs, output):
        (h,) = inputs
        ctx.save_for_backward(h)

    @staticmethod
    def backward(ctx, grad_output):
        grad_h = ...  # fill in
        return grad_h


check("custom_function.4", Softplus)

# %%
# Summary
# -------
#
# - A backward multiplies the gradient that arrives by the slope at what was saved.
# - It returns one value for each argument of forward, and None if that has no gradient.
# - Forward and backward are written separately, so each has to stay finite by itself.
#
# Back: ``custom_function`` is the lesson.
#
# Next: ``nn_sequential`` removes the weights that you kept yourself.
