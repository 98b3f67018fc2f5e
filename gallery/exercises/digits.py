# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: LeNet reads digits
=============================

You compute an accuracy over batches and fix a loop that makes a network look better
than it is. You also compute a confusion matrix, and find the class with the smallest
recall. A check tells you what is right and what is wrong. This page imports
``twolayer``, which does the checking. The site's page ``exercises`` explains how to
install it.

What you'll learn:

- how scores become guesses, and how guesses become an accuracy, even if batches differ
  in size;
- what to switch between training and evaluation, and back;
- how to count pairs without a loop, and what the table of counts says about each class.
"""

# %%
# Exercise 1: Accuracy over batches
# ---------------------------------
#
# A network has scored a data set, batch by batch. This function should return the
# accuracy over all of it: the share of samples for which the highest score is the score
# of their class. It would be right if all batches had the same size, but they don't.
# Fix it.
#
# ``batches`` is a list of pairs: ``scores``, (B, C), and ``classes``, (B,), which are
# whole numbers. B differs from batch to batch. Return one number.

import torch

from twolayer.exercises import check, hint, solution


def accuracy(batches):
    """The share of right guesses in all batches."""
    shares = []
    for scores, classes in batches:
        right = scores.argmax(dim=1) == classes
        shares.append(right.double().mean().item())
    return sum(shares) / len(shares)


check("digits.1", accuracy)

# %%
# Exercise 2: A loop that flatters the network
# --------------------------------------------
#
# This loop trains a network for some epochs and returns a list with its accuracy after
# each. It should measure that accuracy on held-out data, with the network in evaluation
# mode and without recording by autograd. At present it takes care of none of that. Fix
# it. The check names one fault at a time. Train in training mode, in every epoch: the
# network may arrive in either mode.
#
# ``update(net, images, classes)`` makes one update, for which it needs autograd.
# ``batches`` is a list of pairs, images and classes, and ``held_out`` is one such pair.


def history(net, update, batches, held_out, epochs):
    """Train for some epochs, and list the accuracy on held-out data after each."""
    accuracies = []
    for _ in range(epochs):
        for images, classes in batches:
            update(net, images, classes)
        guesses = net(images).argmax(dim=1)
        accuracies.append((guesses == classes).double().mean().item())
    return accuracies


check("digits.2", history)

# %%
# Exercise 3: The confusion matrix
# --------------------------------
#
# Count the pairs of class and guess, for any number of classes ``C``. Return a table of
# shape (C, C) and dtype int64: the element at row i and column j says how often class i
# was read as class j. ``classes`` and ``guesses`` have the shape (N,). Some pairs never
# occur, and neither do some classes. ``torch.bincount`` makes it short.


def confusion(classes, guesses, C):
    """How often each class, by row, was read as each class, by column."""
    pairs = ...  # fill in: one number for each pair
    counts = torch.bincount(pairs)  # incomplete: make a table of all pairs
    return counts


check("digits.3", confusion)

# %%
# Exercise 4: The recall of each class
# ------------------------------------
#
# An accuracy hides a class that is never recognised. A confusion matrix reveals it. You
# get one as ``counts``, (C, C), whole numbers. Return two things: the recall of each
# class, (C,), in float32 or float64, and ``worst``, the class with the smallest recall.
# The recall of a class is the share of its examples that were recognised as that class.
# A class without examples has the recall nan, and is not the worst. No two classes
# share the smallest recall.


def recalls(counts):
    """The recall of each class, and the class with the smallest."""
    recall = ...  # fill in
    worst = ...  # fill in: a whole number
    return recall, worst


check("digits.4", recalls)

# %%
# Summary
# -------
#
# - A guess is the position of a row's highest score. An accuracy is a share of all
#   guesses, not a mean of the batches' shares.
# - Evaluate on held-out data, in evaluation mode and without a graph, then switch back.
# - A pair of indices becomes one index if you multiply the first by the number of
#   columns and add the second. A recall is a share of one row of the table.
#
# Back: ``digits`` is the lesson.
#
# Next: ``train_on_gpu`` trains on a GPU if there is one, and shows what goes wrong
# there.
