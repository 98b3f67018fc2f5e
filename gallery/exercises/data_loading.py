# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Loading data
=======================

You fix a data set that cuts a series into windows, and a mean over mini-batches of
different sizes. The package ``twolayer`` checks your answers; the page ``exercises``
says how to install it.

What you'll learn:

- how the length of a data set and its items must agree;
- why the mean of means is not the mean.
"""

# %%
# Exercise 1: Windows of a series
# -------------------------------
#
# This data set is for a network that learns to continue a series. Item k is a pair: the
# ``width`` numbers from position k on, and the number that follows them. The items are
# right, but a loader that asks for all of them fails. Fix the class. A series that
# isn't longer than ``width`` has no items: its length is 0.
#
# ``series`` has the shape (N,). In a mini-batch of B items, the windows have the shape
# (B, width), and the numbers that follow have the shape (B,).

import torch
from torch.utils.data import Dataset

from twolayer.exercises import check, hint, solution


class Windows(Dataset):
    """Windows of a series, each with the number that follows it."""

    def __init__(self, series, width):
        self.series, self.width = series, width

    def __len__(self):
        return len(self.series)

    def __getitem__(self, place):
        end = place + self.width
        return self.series[place:end], self.series[end]


check("data_loading.1", Windows)

# %%
# Exercise 2: The mean over all images
# ------------------------------------
#
# A loop has recorded the mean loss of each mini-batch, and its number of images. The
# last mini-batch is smaller than the others. This function should return the mean loss
# over all images, as if they had been in one batch. Fix it.
#
# ``losses`` and ``sizes`` have the shape (batches,). Return one number.


def mean_loss(losses, sizes):
    """The mean loss over all images, from the mean of each mini-batch."""
    return losses.mean()


check("data_loading.2", mean_loss)

# %%
# Summary
# -------
#
# - A loader asks for each position below the length, so each must have an item.
# - Weight the means of parts of different sizes by their sizes.
# - Without these weights, an image of the last mini-batch counts more than the others.
#
# Back: ``data_loading`` is the lesson.
#
# Next: ``digits`` trains LeNet on images of handwritten digits.
