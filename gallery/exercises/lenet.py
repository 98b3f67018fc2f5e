# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: LeNet
================

You work out shapes and numbers of parameters before there is a network, find the pixels that one of its numbers sees, and
pool as the first LeNet-5 did. A check tells you what is right and what is wrong. This page imports ``twolayer``, which does the checking; the
site's page ``exercises`` says how to install it.

What you'll learn:

- which shape is left of an image after convolutions and pooling;
- how many numbers a convolution and a linear layer have, and what each count depends on;
- how a gradient tells which pixels a number depends on;
- how pooling was done when it had numbers of its own to train.
"""

# %%
# Exercise 1: An image of another size
# ------------------------------------
#
# The lesson's two convolutions and two poolings take images of many sizes; only ``fc1`` insists on one. Suppose that
# an image has 28 rows and 36 columns, shape (1, 28, 36). Work out its shape after the second pooling, where it would
# be flattened: (channels, rows, columns). The convolutions are ``torch.nn.Conv2d(1, 6, 5)`` and
# ``torch.nn.Conv2d(6, 16, 5)``, and each pooling keeps the largest number of each square of 2 by 2.

import torch

from twolayer.exercises import check, hint, solution

shape = ...  # fill in: three numbers in a tuple

check("lenet.1", shape)

# %%
# Exercise 2: Every weight and every bias
# ---------------------------------------
#
# A smaller network: a convolution from ``channels`` channels to ``maps`` maps with a square of ``side`` by ``side``, a
# pooling that keeps the largest of four, and one linear layer to ``D_out`` outputs. The images have ``rows`` rows
# and ``columns`` columns. How many numbers are in its parameters, weights and biases together? All six are whole
# numbers; return one.
#
# This function runs, but two kinds of numbers are left out. Mend it.


def numbers(channels, maps, side, rows, columns, D_out):
    """How many numbers are in the parameters of both layers."""
    conv = maps * channels * side**2
    rows, columns = (rows - side + 1) // 2, (columns - side + 1) // 2
    linear = D_out * maps * rows * columns
    return conv + linear


check("lenet.2", numbers)

# %%
# Exercise 3: The pixels that reach one number
# --------------------------------------------
#
# The ``layers`` are two convolutions, each followed by ReLU and by a pooling that keeps the largest of four. They take an
# ``image``, (channels, rows, columns). Of what they give, one number is asked about: the one at ``place``, a map, a row
# and a column in a tuple. It is above 0.
#
# Find by a gradient which pixels this number depends on, in this image: return a tensor of booleans, (rows, columns), True
# where a small change of the pixel, in any of its channels, changes the number. Leave the image's numbers as they are;
# whether it is tracked afterwards, and what is in ``grad``, doesn't matter. Which of them can be reached at all is
# settled by the layers' sizes; which are, by the numbers that the poolings keep.


def reaching(layers, image, place):
    """The pixels that one number after the layers depends on."""
    mask = ...  # fill in
    return mask


check("lenet.3", reaching)

# %%
# Exercise 4: The pooling of 1998
# -------------------------------
#
# The lesson keeps the largest of four. LeNet-5 itself added the four up, multiplied their sum by a coefficient, and added
# a bias. Each map had one coefficient and one bias of its own, and both were trained. A sigmoid followed, which is left
# out here. Write this layer's forward pass.
#
# ``maps`` has the shape (N, channels, rows, columns), ``coefficient`` and ``bias`` have (channels,). Return
# (N, channels, rows // 2, columns // 2): a row or a column left over is dropped, as in the lesson.


def subsample(maps, coefficient, bias):
    """Each square of 2 by 2 added up, times its map's coefficient, plus its map's bias."""
    pooled = ...  # fill in
    return pooled


check("lenet.4", subsample)

# %%
# Summary
# -------
#
# - A convolution takes its square's side, less one, off the rows and off the columns; pooling halves what is left.
# - A convolution's count of numbers ignores the image's size; that of the linear layer behind it doesn't.
# - Where a number's gradient is 0, it doesn't depend on the pixel: of each four, pooling lets one pass.
#
# Back: ``lenet`` is the lesson.
#
# Next: ``data_loading`` gets real images, in mini-batches.
