# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: The graph that backward walks
========================================

You count the functions of a graph, find the leaves where it ends, and work out how many
bytes it keeps before you build it. A check tells you what is right and what is wrong.
This page imports ``twolayer``, which does the checking. The site's page ``exercises``
explains how to install it.

What you'll learn:

- how to walk a graph that isn't a tree;
- how the walk leads to the tensors whose ``grad`` will be filled;
- how much memory the ladder's loss keeps, computed from its sizes.
"""

# %%
# Exercise 1: Each function once
# ------------------------------
#
# The tensor ``result`` was computed from tracked tensors. Return how many functions are
# behind it: its ``grad_fn`` and all functions that you reach from there by
# ``next_functions``, including ``AccumulateGrad``. Count each function once, however
# many ways lead to it. For the small graph below, this walk counts more functions than
# there are. Find out why, and fix it.

import torch

from twolayer.exercises import check, hint, solution


def count_functions(result):
    """The number of functions behind a result."""

    def count(function):
        total = 1
        for next_function, _ in function.next_functions:
            if next_function is not None:
                total += count(next_function)
        return total

    return count(result.grad_fn)


w = torch.ones(3, requires_grad=True)
squares = w * w
print("counted:", count_functions((squares + squares).sum()))
check("graph.1", count_functions)

# %%
# Exercise 2: Where the graph ends
# --------------------------------
#
# Return a list of the leaves whose ``grad`` ``backward`` would fill. They are the
# tensors that belong to the ``AccumulateGrad`` functions behind ``result``. List each
# once, in any order, and list the tensors themselves, not copies. Untracked tensors
# have no such function.


def leaves_of(result):
    """The tracked leaves that a result was computed from."""
    leaves = ...  # fill in
    return leaves


check("graph.2", leaves_of)

# %%
# Exercise 3: The bytes that a loss keeps
# ---------------------------------------
#
# Below is the loss of the ladder, in float32. The shapes are ``x`` (N, D_in), ``w1``
# (D_in, H), ``w2`` (H, D_out) and ``y`` (N, D_out). ``w1`` and ``w2`` are tracked,
# ``x`` and ``y`` aren't. Compute from the sizes how many bytes the graph keeps for its
# backward pass: go through the operations one by one, and ask what the gradient of each
# needs. If two functions keep the same memory, it counts once.


def compute_loss(x, y, w1, w2):
    """The ladder's forward pass."""
    return (torch.relu(x @ w1) @ w2 - y).pow(2).sum()


def kept_bytes(N, D_in, H, D_out):
    """The bytes that the graph of the ladder's loss keeps."""
    total = ...  # fill in
    return total


check("graph.3", kept_bytes)

# %%
# Summary
# -------
#
# - Two arrows may lead to one function, so a walk has to remember where it has been.
# - ``AccumulateGrad`` stores its leaf as the attribute ``variable``.
# - The graph keeps what gradients need: a product keeps a factor if the other factor
#   needs a gradient, and ReLU keeps its result.
#
# Back: ``graph`` is the lesson.
#
# Next: ``vector_jacobian_product`` explains what ``backward`` computes when the result
# is a vector.
