# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: The vector-Jacobian product
======================================

Multiply Jacobians by vectors, from either side, with and without building the matrix. The package ``twolayer`` checks
your answers; the page ``exercises`` says how to install it.

What you'll learn:

- on which side of the Jacobian the argument of ``backward`` is;
- how to pull a vector back through an elementwise function and through a product;
- what the product from the other side means, and that it runs forward;
- how to build the whole Jacobian from products.
"""

# %%
# Exercise 1: A vector on the wrong side
# --------------------------------------
#
# In this exercise, ``y`` is ``x * x.sum()``. Each output depends on all inputs, so the Jacobian ``J`` isn't diagonal.
# ``J`` is right in this function, but the product is not what ``y.backward(v)`` leaves in ``x.grad``. Change one line.
#
# ``x`` and ``v`` have shape (D_in,). Return the product, (D_in,).

import torch

from twolayer.exercises import check, hint, solution


def product(x, v):
    """What backward(v) leaves in x.grad, where y is x * x.sum()."""
    J = x.sum() * torch.eye(len(x), dtype=x.dtype) + x[:, None]
    return J @ v


check("vector_jacobian_product.1", product)

# %%
# Exercise 2: The tanh of a product
# ---------------------------------
#
# A layer computes ``y = tanh(x @ w)``, with ``x`` (N, D_in) and ``w`` (D_in, H). The gradient that arrives is ``v``,
# which has the shape of ``y``, (N, H). Derive what ``backward`` computes from it: return the gradients of ``x`` and
# ``w``, in their shapes. Don't build a Jacobian, and don't let PyTorch build one: it would have N times H rows.


def tanh_vjp(x, w, v):
    """Pull v back through y = tanh(x @ w), to both inputs."""
    y = torch.tanh(x @ w)
    grad_x = ...  # fill in, from v, y and w
    grad_w = ...  # fill in, from v, y and x
    return grad_x, grad_w


check("vector_jacobian_product.2", tanh_vjp)

# %%
# Exercise 3: How the output moves
# --------------------------------
#
# The product from the other side, ``J @ t``, answers a different question: if ``x`` moves along ``t``, how fast does
# each output move? It is called the Jacobian-vector product, and it needs no backward pass. Compute it for the
# lesson's network, together with the output.
#
# One sample ``x`` and the direction ``t`` have shape (D_in,), ``w1`` has (D_in, H) and ``w2`` (H, D_out). Return ``y``
# and ``moved_y``, both (D_out,). Where an element of ``h`` is exactly 0, use 0 for ReLU's slope.


def network_jvp(x, w1, w2, t):
    """The output of the network, and how it moves when x moves along t."""
    h = x @ w1
    y = torch.relu(h) @ w2
    moved_y = ...  # fill in
    return y, moved_y


check("vector_jacobian_product.3", network_jvp)

# %%
# Exercise 4: A Jacobian, row by row
# ----------------------------------
#
# Write what ``torch.autograd.functional.jacobian`` does: build the matrix from vector-Jacobian products, one for each
# output. ``f`` is any function from a vector ``x``, (D_in,), to a vector of D_out elements. Return the Jacobian,
# (D_out, D_in), as an untracked tensor. Don't call any of PyTorch's functions that return a whole Jacobian.


def jacobian(f, x):
    """The Jacobian of f at x, a row at a time."""
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    J = ...  # fill in
    return J


check("vector_jacobian_product.4", jacobian)

# %%
# Summary
# -------
#
# - ``v @ J`` weights the outputs and goes back. ``J @ t`` moves the inputs and goes forward.
# - An elementwise function multiplies a vector by its slopes. A product multiplies it by the other matrix,
#   transposed on the way back.
# - A vector with a single 1 picks one row of the Jacobian, so the whole Jacobian needs one product for each output.
#
# Back: ``vector_jacobian_product`` is the lesson.
#
# Next: ``lenet`` uses all of this in a network that reads images.
