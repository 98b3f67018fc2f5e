# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: LeNet reads digits
=============================

You count right guesses, mend a loop that looks better than it is, and count which class is taken for which. A check
tells you what is right and what is wrong. This page imports ``twolayer``, which does the checking; the site's page
``exercises`` says how to install it.

What you'll learn:

- how scores become guesses and guesses an accuracy;
- what to switch between training and evaluating, and back;
- how pairs are counted without a loop.
"""

# %%
# Exercise 1: The share of right guesses
# --------------------------------------
#
# This function is to give the accuracy: the share of samples whose highest score stands at their class. It runs, and what it
# gives lies between 0 and 1. Find out what is compared here, and mend it.
#
# ``scores`` has the shape (N, C), and ``classes``, (N,), holds whole numbers; return one number.

import torch

from twolayer.exercises import check, hint, solution


def accuracy(scores, classes):
    """The share of right guesses."""
    right = scores.argmax() == classes
    return right.double().mean().item()


check("digits.1", accuracy)

# %%
# Exercise 2: A loop that flatters itself
# ---------------------------------------
#
# This loop trains a network for some epochs and returns a list with its accuracy after each. That accuracy is to be the one on
# the part held out, from a network in evaluation mode, without a record by autograd. As it stands, nothing of that is
# true. Mend it; the check names one fault at a time. Train in training mode, in every epoch.
#
# ``update(net, images, classes)`` makes one update. ``batches`` is a list of pairs, images and classes, and ``held_out``
# is such a pair.


def history(net, update, batches, held_out, epochs):
    """Train for some epochs; the accuracy on what was held out, after each."""
    accuracies = []
    for _ in range(epochs):
        for images, classes in batches:
            update(net, images, classes)
        guesses = net(images).argmax(dim=1)
        accuracies.append((guesses == classes).double().mean().item())
    return accuracies


check("digits.2", history)

# %%
# Exercise 3: Which class is read as which
# ----------------------------------------
#
# Count the pairs of class and guess with ``torch.bincount``, for any number of classes ``C``. Return a table of whole numbers,
# (C, C): row i, column j holds how often class i was read as a j. ``classes`` and ``guesses`` have the shape (N,). Not
# every pair occurs.


def confusion(classes, guesses, C):
    """How often each class, by row, was read as each other, by column."""
    pairs = ...  # fill in: one number for each pair
    counts = torch.bincount(pairs)  # complete this: a table, and in it the pairs that never occur
    return counts


check("digits.3", confusion)

# %%
# Summary
# -------
#
# - A guess is the place of a row's highest score; an accuracy is a share of guesses.
# - Evaluate on what was held out, in evaluation mode and without a graph, then switch back.
# - A pair of numbers is one number in a table with enough columns, and those can be counted.
#
# Back: ``digits`` is the lesson.
#
# Next: ``train_on_gpu`` trains where there is a GPU, and says what goes wrong there.
