# /// script
# requires-python = ">=3.11"
# dependencies = [
# ]
# ///
"""
Exercises: How fast can it be?
==============================

You count the work of a training step from its sizes, and fix a timer. A check tells you
what is right and what is wrong. This page imports ``twolayer``, which does the
checking. The site's page ``exercises`` explains how to install it.

What you'll learn:

- why a step costs less than three times its forward pass;
- how many operations a matrix product does per byte that it moves;
- how to count the work of a network with any number of layers;
- what a time includes if you neither warm up nor wait.
"""

# %%
# Exercise 1: Three times the forward pass?
# -----------------------------------------
#
# A rule of thumb says that a training step costs three times its forward pass. This
# function follows that rule, and counts too much for the ladder's network. Fix it:
# return the number of operations in all matrix products of a step of
# ``numpy_by_hand``, for any sizes. The four arguments are whole numbers of type
# ``int``. Return one as well.

import statistics

from twolayer.exercises import check, hint, solution


def operations(N, D_in, H, D_out):
    """The operations in the matrix products of a step."""
    first, second = 2 * N * D_in * H, 2 * N * H * D_out
    forward = first + second
    backward = 2 * forward
    return forward + backward


check("how_fast.1", operations)

# %%
# Exercise 2: Operations per byte
# -------------------------------
#
# Derive the arithmetic intensity of the product of an (a, b) matrix and a (b, c)
# matrix. Assume that each number is read or written once and has ``itemsize`` bytes.
# Return one number.


def intensity(a, b, c, itemsize):
    """The operations of a matrix product per byte that it moves."""
    return ...  # fill in


check("how_fast.2", intensity)

# %%
# Exercise 3: Any number of layers
# --------------------------------
#
# Now a network has a layer from each element of ``widths`` to the next. For the
# ladder's network, ``widths`` is ``[D_in, H, D_out]``. ``N`` is the number of rows in
# the batch. Count the operations in all matrix products of a training step. Elementwise
# operations such as ReLU don't count, and a gradient that nothing uses isn't computed.
# Return one number of type ``int``.


def deep_operations(N, widths):
    """The operations in the matrix products of a step, with any number of layers."""
    return ...  # fill in


check("how_fast.3", deep_operations)

# %%
# Exercise 4: A timer that stops too early
# ----------------------------------------
#
# This function should time a device's work ``repeats`` times and return the median. It
# makes two of the mistakes that the lesson warns about. Fix both. ``work()`` hands work
# to the device and returns before it is done. ``wait()`` returns when all work is done,
# as ``torch.cuda.synchronize`` does. ``clock()`` returns the time in seconds. You may
# call ``work`` any number of times to warm up: those calls don't count.


def median_time(work, wait, clock, repeats):
    """The median of the times that the work takes on a device, in seconds."""
    times = []
    for _ in range(repeats):
        start = clock()
        work()
        times.append(clock() - start)
    return statistics.median(times)


check("how_fast.4", median_time)

# %%
# Summary
# -------
#
# - In a step, each layer has three products with equally many operations, but the first
#   has two, because the gradient of ``x`` isn't used.
# - A product moves three matrices. The larger all its sizes are, the more operations it
#   does per byte.
# - Warm up, and wait for that to end. Stop the timer when the work is done, not when it
#   has been launched.
#
# Back: ``how_fast`` is the lesson.
#
# Next: ``data_parallel`` spreads the same fit over several processes.
