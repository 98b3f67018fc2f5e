# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.1",
# ]
# ///
"""
Exercises: autograd by hand
===========================

You give the engine an operation that it lacks, and mend two walks that lose gradients; a check tells you what is right and
what is wrong. This page imports ``twolayer``, which does the checking; the site's page ``exercises`` says how to
install it.

What you'll learn:

- what an operation has to know, and what it needn't;
- where contributions get lost;
- a second way to an order in which no value comes too early.
"""

# %%
# Exercise 1: An operation that the engine lacks
# ----------------------------------------------
#
# The engine has five operations, and tanh isn't one of them. Its ``Value`` lies in the package, as the lesson wrote it.
# Give it tanh: the function gets a ``Value`` whose data is (N, H) and returns a new one with tanh of each entry and an edge
# back, as the lesson's operations do: a pair of the input, and of a function that turns the gradient of the result into the
# input's share. Fill in the edges. The check puts your operation between others, and walks back.

import numpy as np

from twolayer.exercises import check, hint, solution
from twolayer.rungs.autograd_by_hand import Value


def tanh(value):
    """A new operation: tanh of each entry, with an edge back to its input."""
    result = np.tanh(value.data)
    edges = ...  # fill in
    return Value(result, "tanh", edges)


check("autograd_by_hand.1", tanh)

# %%
# Exercise 2: A contribution that is lost
# ---------------------------------------
#
# A graph as the lesson writes it: ``made_of`` has, for each name, a list of what it was made of, in pairs of a name and
# a slope. ``order`` is a topological order that begins with the result. The function returns a dictionary with the gradient
# of each value, but where ways meet it is wrong. Mend it.


def gradients(made_of, order):
    """The gradient of each value behind the first in the order."""
    grads = {order[0]: 1.0}
    for name in order:
        for other, slope in made_of[name]:
            grads[other] = grads[name] * slope
    return grads


check("autograd_by_hand.2", gradients)

# %%
# Exercise 3: An order for the walk
# ---------------------------------
#
# The same kind of graph, and the name of its result. The function is to list the names of all that the result was made of,
# itself included, each once, and each after everything that was made of it. This one lists them by distance. Mend it.


def topological(made_of, result):
    """The names behind the result, each once, in an order for the walk back."""
    ordered = [result]
    for name in ordered:
        for other, _ in made_of[name]:
            if other not in ordered:
                ordered.append(other)
    return ordered


check("autograd_by_hand.3", topological)

# %%
# Summary
# -------
#
# - An operation needs its own slope and the gradient of its result, and nothing of the network around it.
# - Add to what has arrived; a second contribution never replaces the first.
# - A value waits until all that was made of it has passed its gradient on.
#
# Back: ``autograd_by_hand`` is the lesson.
#
# Next: ``autograd`` hands this work over to PyTorch.
