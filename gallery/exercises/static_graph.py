# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Static graph
=======================

Predict what a graph has kept, then write a decision and a loop that can be captured. The package ``twolayer`` captures
your functions and checks the graphs; the page ``exercises`` says how to install it.

What you'll learn:

- what a trace keeps of a Python ``if`` and a Python loop;
- how a decision on a value becomes part of a graph, and which branch it takes at the boundary;
- how a loop on values runs as often as each input needs.
"""

# %%
# Exercise 1: What a trace keeps
# ------------------------------
#
# This network reads two settings, and it is traced before they change. Don't run it. Which numbers do ``network(h)``
# and ``traced(h)`` return at the end? Answer with a tuple of both.

import torch

from twolayer.exercises import check, hint, solution


class Growing(torch.nn.Module):
    doubling = True
    turns = 3

    def forward(self, h):
        if self.doubling:
            h = 2 * h
        for _ in range(self.turns):
            h = h + 1
        return h


network = Growing()
traced = torch.fx.symbolic_trace(network)
network.doubling, network.turns = False, 1
h = torch.tensor(5.0)
answer = ...  # fill in: (network(h), traced(h)), two numbers

check("static_graph.1", answer)

# %%
# Exercise 2: A decision in the graph
# -----------------------------------
#
# This function takes ``x``, (N, D_in), and ``w1``, (D_in, H), and returns (N, H). It works line by line, but
# ``torch.fx`` and ``torch.export`` can't capture it as a graph. Rewrite the decision so that one graph contains both
# branches and takes the right one for every ``x`` of this shape, even if the sum is exactly 0.


def decide(x, w1):
    """ReLU of h if its sum is positive, else -h."""
    h = x @ w1
    if h.sum() > 0:
        return torch.relu(h)
    return -h


check("static_graph.2", decide)

# %%
# Exercise 3: A loop in the graph
# -------------------------------
#
# The loop below halves ``h``, (N, H), while its norm is above 1, and counts the iterations. Rewrite it so that one
# graph runs as many iterations as each ``h`` of this shape needs: none if the norm is exactly 1. Return the halved
# ``h``, (N, H), and the count, a tensor of shape ().


def halve(h):
    """Halve h while its norm is above 1; return it and the number of iterations."""
    count = torch.tensor(0)
    while h.norm() > 1:
        h = h / 2
        count = count + 1
    return h, count


check("static_graph.3", halve)

# %%
# Summary
# -------
#
# - A trace keeps the operations that run while tracing. Python's own decisions are made by then.
# - To be part of the graph, a decision on a value must be an operation: ``torch.cond`` or ``torch.where``.
# - A loop on values is ``torch.while_loop``. Pass it everything that changes from iteration to iteration, even the
#   count.
#
# Back: ``static_graph`` is the lesson.
#
# Next: ``all_rungs`` runs all rungs on one problem, and their losses coincide.
