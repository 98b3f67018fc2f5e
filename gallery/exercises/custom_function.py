# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: custom function
==========================

You write operations that autograd doesn't know, each with a backward of its own, and a check compares what comes out
with what autograd finds by itself. This page imports ``twolayer``, which does the checking; the site's page
``exercises`` says how to install it.

What you'll learn:

- what becomes of the gradient that arrives;
- what a backward returns for an argument that is a number;
- how a Function of two tensors gives each its gradient;
- how forward and backward stay finite where an exponential overflows.
"""

# %%
# Exercise 1: The gradient that arrives
# -------------------------------------
#
# This Function squares each entry of ``h``, shape (N, H). Its backward gets the gradient of the loss with respect to the
# output, (N, H), and is to return the one with respect to ``h``, (N, H). If the loss is just the sum of the output, it
# does. For other losses it doesn't: mend it.

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
# LeakyReLU passes a positive entry of ``h``, (N, H), on as it is and multiplies any other by ``slope``, a number such
# as 0.1. Write what is kept, and the backward, which returns a gradient for each argument of ``forward``. At exactly
# 0 take ``slope``, and leave the gradient that arrives as it is.


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
# Here a whole layer is one operation: ``x``, (N, D_in), times ``w``, (D_in, H), and ReLU of the product. Decide what to
# keep, and return the gradients of ``x`` and of ``w``, each in the shape of its tensor. Where the product is exactly 0, no
# gradient passes, as in the lesson.


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
# Softplus is the logarithm of 1 + exp(h): far from 0 it is nearly ReLU, and it has a slope everywhere. Derive its
# backward. Then mend the forward as well: where ``h``, (N, H), has a large entry, ``torch.exp`` overflows, and
# both the result and the gradient are to stay finite and right.


class Softplus(torch.autograd.Function):
    """The logarithm of 1 + exp(h), a smooth ReLU."""

    @staticmethod
    def forward(h):
        return torch.log(1 + torch.exp(h))  # mend: it overflows

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
# - A backward multiplies: the gradient that arrives, times the slope at what was saved.
# - It returns one value for each argument of forward, None for what has no gradient.
# - Forward and backward are written apart, so each has to stay finite by itself.
#
# Back: ``custom_function`` is the lesson.
#
# Next: ``nn_sequential`` removes the weights that you kept yourself.
