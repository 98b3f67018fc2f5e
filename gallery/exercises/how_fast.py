# /// script
# requires-python = ">=3.11"
# dependencies = [
# ]
# ///
"""
Exercises: how fast can it be?
==============================

You count the work of a step from its sizes, and mend a clock. A check tells you what is right and what is wrong. This
page imports ``twolayer``, which does the checking; the site's page ``exercises`` says how to install it.

What you'll learn:

- why a step costs less than three times its forward pass;
- how many operations a product has for each byte that it moves;
- how to count the work of a network with any number of layers;
- what a time has in it if you neither warm up nor wait.
"""

# %%
# Exercise 1: Three times the forward pass?
# -----------------------------------------
#
# A rule of thumb says that a training step costs three times its forward pass. This function counts by that rule, and for the
# ladder's network it counts too much. Mend it: return the operations in all matrix products of a step of
# ``numpy_by_hand``, for any sizes. All four are whole numbers, of the type ``int``; return one.

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
# Exercise 2: Operations for each byte
# ------------------------------------
#
# Derive the arithmetic intensity of the product of an (a, b) matrix and a (b, c) matrix, if each number is read or written
# once and has ``itemsize`` bytes. Return one number.


def intensity(a, b, c, itemsize):
    """The operations of a product for each byte that it moves."""
    return ...  # fill in


check("how_fast.2", intensity)

# %%
# Exercise 3: Any number of layers
# --------------------------------
#
# Now a network has a layer from each entry of ``widths`` to the next: for the ladder's, ``widths`` is ``[D_in, H, D_out]``.
# ``N`` is the number of rows in the batch. Count the operations in all matrix products of a training step. What is done
# entry by entry, as ReLU, doesn't count; what nobody needs is not computed. Return one number of the type ``int``.


def deep_operations(N, widths):
    """The operations in the matrix products of a step, with any number of layers."""
    return ...  # fill in


check("how_fast.3", deep_operations)

# %%
# Exercise 4: A clock that stops too early
# ----------------------------------------
#
# A call ``work()`` hands work over to a device and comes back before it is done; ``wait()`` comes back when all is
# done, as ``torch.cuda.synchronize`` does; and ``clock()`` gives the time in seconds. This function is to time the
# work ``repeats`` times and return the median. It makes two of the mistakes that the lesson warns of. Mend both. However
# often you call ``work`` to warm up, those calls don't count.


def median_time(work, wait, clock, repeats):
    """The median of the times that work takes on a device, in seconds."""
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
# - A layer has three products of one size in a step; the first has two, as nobody reads the gradient of ``x``.
# - A product moves three matrices, and does more for each byte the larger all its sizes are.
# - Warm up, wait for it, and stop the clock when the work is done, not when it is asked for.
#
# Back: ``how_fast`` is the lesson.
#
# Next: ``data_parallel`` spreads the same fit over several processes.
