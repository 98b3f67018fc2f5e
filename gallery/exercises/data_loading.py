# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: Loading data
=======================

You mend a data set that cuts a series into pieces, and a mean over mini-batches of different sizes. A check tells
you what is right and what is wrong. This page imports ``twolayer``, which does the checking; the site's page
``exercises`` says how to install it.

What you'll learn:

- what a data set's length and items have to say to each other;
- why the mean of means is not the mean.
"""

# %%
# Exercise 1: Windows of a series
# -------------------------------
#
# This data set is to teach a network to go on with a series. Item k is a pair: ``width`` numbers from place k on, and the
# number that follows them. The items are right, but a loader that asks for all of them fails. Mend the class. A series that
# isn't longer than ``width`` has no items: its length is 0.
#
# ``series`` has the shape (N,); the pieces of a mini-batch of B have the shape (B, width), what follows them (B,).

import torch
from torch.utils.data import Dataset

from twolayer.exercises import check, hint, solution


class Windows(Dataset):
    """Pieces of a series, each with the number that follows it."""

    def __init__(self, series, width):
        self.series, self.width = series, width

    def __len__(self):
        return len(self.series)

    def __getitem__(self, place):
        end = place + self.width
        return self.series[place:end], self.series[end]


check("data_loading.1", Windows)

# %%
# Exercise 2: The mean of all images
# ----------------------------------
#
# A loop has noted the mean loss of each mini-batch and how many images it had. The last one is smaller than the others.
# This function is to give the mean loss of all images, as if they had been in one. Mend it.
#
# ``losses`` and ``sizes`` have the shape (batches,); return one number.


def mean_loss(losses, sizes):
    """The mean loss of all images, from the mean of each mini-batch."""
    return losses.mean()


check("data_loading.2", mean_loss)

# %%
# Summary
# -------
#
# - A loader asks for each place below the length, so each must have an item.
# - Means of parts of different sizes are weighted by the sizes.
# - Without the weights, an image of the last mini-batch counts more than others.
#
# Back: ``data_loading`` is the lesson.
#
# Next: ``digits`` trains LeNet on these images.
