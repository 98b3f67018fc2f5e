# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch>=2.9",
# ]
# ///
"""
Exercises: LeNet reads digits
=============================

You count right guesses over batches, mend a loop that looks better than it is, count which class is taken for which, and
find the class that is recognised least. A check tells you what is right and what is wrong. This page imports ``twolayer``,
which does the checking; the site's page ``exercises`` says how to install it.

What you'll learn:

- how scores become guesses and guesses an accuracy, also of batches that differ in size;
- what to switch between training and evaluating, and back;
- how pairs are counted without a loop, and what their table says of each class.
"""

# %%
# Exercise 1: Accuracy over batches
# ---------------------------------
#
# A network has scored a data set, batch by batch. This function is to give the accuracy on all of it: the share of samples
# whose highest score stands at their class. It is right where all batches are of one size, and they aren't. Mend it.
#
# In the list ``batches`` are pairs: ``scores``, (B, C), and ``classes``, (B,), whole numbers, where B differs. Return one
# number.

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
# Exercise 2: A loop that flatters itself
# ---------------------------------------
#
# This loop trains a network for some epochs and returns a list with its accuracy after each. That accuracy is to be the one on
# the part held out, from a network in evaluation mode, without a record by autograd. As it stands, nothing of that is
# true. Mend it; the check names one fault at a time. Train in training mode, in every epoch: the network may come in either
# mode.
#
# ``update(net, images, classes)`` makes one update, for which it needs autograd. ``batches`` is a list of pairs, images and classes, and ``held_out``
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
# Count the pairs of class and guess, for any number of classes ``C``. Return a table of whole numbers, (C, C), of dtype
# int64: row i, column j holds how often class i was read as a j. ``classes`` and ``guesses`` have the shape (N,). Not every
# pair occurs, nor does every class. ``torch.bincount`` is a short way.


def confusion(classes, guesses, C):
    """How often each class, by row, was read as each other, by column."""
    pairs = ...  # fill in: one number for each pair
    counts = torch.bincount(pairs)  # complete this: a table, and in it the pairs that never occur
    return counts


check("digits.3", confusion)

# %%
# Exercise 4: The recall of each class
# ------------------------------------
#
# An accuracy hides a class that is never recognised. Such a table, ``counts``, (C, C), tells: return the recall of each class,
# (C,), which is the share of its examples that were read as what they are, and ``worst``, the class with the smallest. A class
# without examples has the recall nan, and is not the worst. No two classes share the smallest recall. ``counts`` holds whole
# numbers, and the recalls are float32 or float64.


def recalls(counts):
    """The share of each class that was recognised, and the class with the smallest."""
    recall = ...  # fill in
    worst = ...  # fill in: a whole number
    return recall, worst


check("digits.4", recalls)

# %%
# Summary
# -------
#
# - A guess is the place of a row's highest score; an accuracy is a share of all guesses, no mean of batches' shares.
# - Evaluate on what was held out, in evaluation mode and without a graph, then switch back.
# - A pair of numbers is one number in a table with enough columns; a recall is a share of one of its rows.
#
# Back: ``digits`` is the lesson.
#
# Next: ``train_on_gpu`` trains where there is a GPU, and says what goes wrong there.
