# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: LeNet
================

You work out shapes and counts of elements before there is a network, find the pixels
that one of its outputs depends on, and pool as the original LeNet-5 did. A check tells
you what is right and what is wrong. This page imports ``twolayer``, which does the
checking. The site's page ``exercises`` explains how to install it.

What you'll learn:

- which shape an image has after convolutions and pooling;
- how many numbers the parameters of a convolution and a linear layer hold, and what
  each count depends on;
- how a gradient shows which pixels a number depends on;
- how pooling worked when it had parameters of its own.
"""

# %%
# Exercise 1: An image of a different size
# ----------------------------------------
#
# The lesson's two convolutions and two poolings accept images of many sizes. ``fc1``,
# by contrast, requires a fixed number of elements. Suppose that an image has 28 rows
# and 36 columns, so its shape is (1, 28, 36). Work out its shape after the second
# pooling, before it would be flattened: (channels, rows, columns). The convolutions are
# ``torch.nn.Conv2d(1, 6, 5)`` and ``torch.nn.Conv2d(6, 16, 5)``, and each pooling keeps
# the largest element of each square of 2 by 2.

import torch

from twolayer.exercises import check, hint, solution

shape = ...  # fill in: three numbers in a tuple

check("lenet.1", shape)

# %%
# Exercise 2: Every weight and every bias
# ---------------------------------------
#
# A smaller network has a convolution from ``channels`` channels to ``maps`` maps, with
# kernels of ``side`` by ``side`` weights, a pooling that keeps the largest of four, and
# one linear layer to ``D_out`` outputs. The images have ``rows`` rows and ``columns``
# columns. How many numbers do its parameters hold, weights and biases together? All six
# arguments are whole numbers. Return one.
#
# This function runs, but it leaves out two kinds of parameters. Fix it.


def numbers(channels, maps, side, rows, columns, D_out):
    """How many numbers the parameters of both layers hold."""
    conv = maps * channels * side**2
    rows, columns = (rows - side + 1) // 2, (columns - side + 1) // 2
    linear = D_out * maps * rows * columns
    return conv + linear


check("lenet.2", numbers)

# %%
# Exercise 3: The pixels that affect one output
# ---------------------------------------------
#
# The module ``layers`` consists of two convolutions, each followed by ReLU and a pooling
# that keeps the largest of four. It takes an ``image``, (channels, rows, columns). Look
# at one element of its output, the one at the index ``place``, a tuple of a map, a row
# and a column. This element is above 0.
#
# Use a gradient to find which pixels it depends on in this image. Return a tensor of
# booleans, (rows, columns), with True where a small change of the pixel, in any of its
# channels, changes the element. Don't change the image's values. Whether the image is
# tracked afterwards, and what is in ``grad``, doesn't matter. The layers' sizes decide
# which pixels could affect the element. Which pixels do affect it also depends on the
# weights, and on what each ReLU and each pooling lets through.


def reaching(layers, image, place):
    """The pixels that one element of the layers' output depends on."""
    mask = ...  # fill in
    return mask


check("lenet.3", reaching)

# %%
# Exercise 4: The pooling of 1998
# -------------------------------
#
# The lesson keeps the largest of four elements. The original LeNet-5 added the four,
# multiplied the sum by a coefficient, and added a bias. Each map had its own
# coefficient and its own bias, and both were trained. A sigmoid followed, which you
# leave out here. Write this layer's forward pass.
#
# ``maps`` has the shape (N, channels, rows, columns). ``coefficient`` and ``bias`` have
# the shape (channels,). Return (N, channels, rows // 2, columns // 2). If a row or a
# column is left over, drop it, as in the lesson.


def subsample(maps, coefficient, bias):
    """The sum of each square of 2 by 2, times a coefficient, plus a bias."""
    pooled = ...  # fill in
    return pooled


check("lenet.4", subsample)

# %%
# Summary
# -------
#
# - A convolution without padding removes its kernel's side, less one, from the rows and
#   from the columns. Pooling halves what is left.
# - How many numbers a convolution's parameters hold doesn't depend on the image's size.
#   For the linear layer behind it, it does.
# - If a small change of a pixel doesn't change an output, the gradient of the output
#   with respect to that pixel is 0: ReLU and pooling let only some elements through.
#
# Back: ``lenet`` is the lesson.
#
# Next: ``data_loading`` loads real images, in mini-batches.
