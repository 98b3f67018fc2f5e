# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: static graph
=======================

You say what a graph has kept, and write a decision and a loop that can be captured; a check captures your functions and
runs the graphs. This page imports ``twolayer``, which does the checking; the site's page
``exercises`` says how to install it.

What you'll learn:

- what a trace keeps of a Python ``if`` and a Python loop;
- how a decision on a value stays in a graph, and what holds at its boundary;
- how a loop on values makes as many turns as each input needs.
"""

# %%
# Exercise 1: What a trace keeps
# ------------------------------
#
# This network looks at two settings, and is traced before they change. Without running it: which number does
# ``network(h)`` give at the end, and which one ``traced(h)``? Answer with a tuple of both.

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
# This function gets ``x``, (N, D_in), and ``w1``, (D_in, H), and returns (N, H). Run line by line, it is right. As a graph
# it is refused. Rewrite the decision, so that one graph holds both branches and takes the right one for any ``x`` of this shape, also where
# the sum is exactly 0.


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
# The loop below halves ``h``, (N, H), while its norm is above 1, and counts the turns. Rewrite it, so that one graph does
# as many turns as each ``h`` of this shape needs: none where the norm is exactly 1. Return the halved ``h``, (N, H), and the count, a
# tensor of shape ().


def halve(h):
    """Halve h while its norm is above 1; give it and the number of turns."""
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
# - A trace keeps the operations that it meets; Python's own decisions are over by then.
# - A decision on a value is an operation of the graph, ``torch.cond`` or ``torch.where``, or it isn't in the graph.
# - A loop on values is ``torch.while_loop``: what goes from turn to turn, the count too, are tensors.
#
# Back: ``static_graph`` is the lesson.
#
# Next: ``all_rungs`` runs all rungs from one problem.
