# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.1",
# ]
# ///
"""
Exercises: Autograd by hand
===========================

You add an operation to the engine, and fix two functions that walk back through a
graph. The package ``twolayer`` checks your answers; the page ``exercises`` says how to
install it.

What you'll learn:

- what an operation has to know, and what it needn't know;
- where contributions get lost;
- a second way to find a topological order.
"""

# %%
# Exercise 1: An operation that the engine lacks
# ----------------------------------------------
#
# The engine has five operations, and tanh isn't one of them. The package has its class
# ``Value``, as the lesson wrote it. Your function gets a ``Value`` whose data is (N,
# H), and returns a new one with tanh of each element. Like the lesson's operations, it
# needs an edge back to its input. An edge is a pair: the input, and a function that
# turns the gradient of the result into the input's share. Fill in the edges. The check
# puts your operation between others, and walks back.

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
# Exercise 2: A lost contribution
# -------------------------------
#
# The graph is written as in the lesson: for each name, ``made_of`` lists what the value
# was made of, as pairs of a name and a slope. ``order`` is a topological order that
# begins with the result. The function returns a dictionary with the gradient of each
# value, but it goes wrong where paths meet. Fix it.


def gradients(made_of, order):
    """The gradient of each value that the first in the order was made of."""
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
# You get the same kind of graph, and the name of its result. Return a list of the names
# of everything that the result was made of, including the result itself. Each name
# comes once, and after everything in the list that was made of it. This function orders
# the names by distance. Fix it.


def topological(made_of, result):
    """The names of all that the result was made of, in an order for the walk back."""
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
# - An operation needs its own slope and the gradient of its result, and knows nothing
#   about the network around it.
# - Add each contribution to what has arrived already; never replace the earlier ones.
# - A value waits until everything made of it has passed its gradient on.
#
# Back: ``autograd_by_hand`` is the lesson.
#
# Next: ``autograd`` hands this work over to PyTorch.
