# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "scikit-learn>=1.7.2",
#     "torch>=2.9",
# ]
# ///
"""
LeNet reads digits
==================

You train the network of the page ``lenet`` on handwritten digits and find out how well it reads ones that it
has never seen. The step is still the ladder's. New is everything around it: images held back, mini-batches,
two curves, a look at the mistakes, and the question of what the final number is worth.

What you'll learn:

- how to split data, and what "held out" promises and what it doesn't;
- what the cross-entropy loss takes, and where probabilities come from;
- how a loop over mini-batches looks, and how to evaluate between its epochs;
- how to read a confusion matrix, what to compare an accuracy with, and when a difference may be chance.
"""

# %%
# The images
# ----------
#
# scikit-learn brings the digits along: small grey images, each with the digit that it shows. Read what the
# data set says of itself first.

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import confusion_matrix
from sklearn.neighbors import KNeighborsClassifier

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

digits = load_digits()
targets = torch.from_numpy(digits.target)
lowest, highest = digits.images.min(), digits.images.max()
print("images", digits.images.shape, " values", lowest, "to", highest)
text = " ".join(digits.DESCR.split())
quotes = ("This is a copy", "datasets"), ("From a", "set."), ("32x32", "each block.")
for start, end in quotes:
    first = text.index(start)
    print("-", text[first : text.index(end, first) + len(end)])

# %%
# So these are the second group's images: 13 people wrote them all. LeNet takes 32 by 32 pixels.
# ``torch.nn.functional.interpolate`` stretches each image to 28 by 28, and ``torch.nn.functional.pad`` adds
# two pixels of background on each side. This adds no detail. Scale the values to the range from -1
# (background) to 1.

small = torch.from_numpy(digits.images).float().unsqueeze(1) / 16
images = torch.nn.functional.interpolate(small, size=(28, 28), mode="bilinear")
images = 2 * torch.nn.functional.pad(images, (2, 2, 2, 2)) - 1
assert images.shape == (1797, 1, 32, 32)
lowest, highest = images.min().item(), images.max().item()
print("images", tuple(images.shape), " values", lowest, "to", highest)

fig, axes = plt.subplots(2, 6, figsize=(7, 3), layout="constrained")
for ax, image in zip(axes.flat, [*small[:6, 0], *images[:6, 0]], strict=True):
    ax.imshow(image.numpy(), cmap="gray_r")
    ax.set(xticks=[], yticks=[])
fig.suptitle("Six digits, 8 by 8 as they come and 32 by 32 as LeNet gets them")
plt.show()

# %%
# Two parts
# ---------
#
# Put a fifth aside. Held out means that no update is computed from these images, so the network can't have
# learned them by heart. Draw the fifth digit by digit, so that each has the same share in both parts: the
# split is stratified. The writers are not split: the same hand may be on both sides. You measure how well the
# network reads new images, not new writers.

rng = np.random.default_rng(0)
train, held_out = [], []
for digit in range(10):
    places = rng.permutation(np.flatnonzero(digits.target == digit))
    held_out.extend(places[: len(places) // 5].tolist())
    train.extend(places[len(places) // 5 :].tolist())

print("to train with:", len(train), "  held out:", len(held_out), end="   ")
print("in both:", len(set(train) & set(held_out)))
print("train by digit:   ", torch.bincount(targets[train]).tolist())
print("held out by digit:", torch.bincount(targets[held_out]).tolist())

# %%
# The network
# -----------
#
# The page ``lenet`` explains it line by line. In short: two convolutions, each followed by a ReLU and pooling,
# then three linear layers. What comes out are ten scores for each image.


class LeNet(torch.nn.Module):
    """Two convolutions and three linear layers."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 6, 5)
        self.conv2 = torch.nn.Conv2d(6, 16, 5)
        self.fc1 = torch.nn.Linear(16 * 5 * 5, 120)
        self.fc2 = torch.nn.Linear(120, 84)
        self.fc3 = torch.nn.Linear(84, 10)

    def forward(self, x):
        assert x.shape[-3:] == (1, 32, 32)
        x = torch.nn.functional.max_pool2d(torch.relu(self.conv1(x)), 2)
        assert x.shape[-3:] == (6, 14, 14)
        x = torch.nn.functional.max_pool2d(torch.relu(self.conv2(x)), 2)
        assert x.shape[-3:] == (16, 5, 5)
        x = torch.relu(self.fc1(torch.flatten(x, -3)))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


torch.manual_seed(0)  # for the first weights, and for all that the loop draws below
net = LeNet()
print("numbers in its parameters:", sum(param.numel() for param in net.parameters()))
scores = net(images[:2])
assert scores.shape == (2, 10)
print("scores of two images:", tuple(scores.shape))

# %%
# The loss
# --------
#
# The softmax turns scores into probabilities, and the cross-entropy is the mean of -log of the probability of
# the true class. ``torch.nn.CrossEntropyLoss`` takes raw scores, also called logits, and class numbers, and does both
# at once: don't apply a softmax before it. Give it probabilities, and it takes them for scores: no error, another
# number.

loss_fn = torch.nn.CrossEntropyLoss()
scores = torch.tensor([[2.0, 0.5, -1.0], [0.0, 3.0, 1.0]])
classes = torch.tensor([0, 2])
log_probabilities = scores - scores.exp().sum(dim=1, keepdim=True).log()
by_hand = -(log_probabilities[0, 0] + log_probabilities[1, 2]) / 2
assert torch.allclose(log_probabilities.exp(), torch.softmax(scores, dim=1))
assert torch.allclose(by_hand, loss_fn(scores, classes))
print(f"by hand {by_hand:.3f}  CrossEntropyLoss {loss_fn(scores, classes):.3f}", end="  ")
print(f"given probabilities {loss_fn(torch.softmax(scores, dim=1), classes):.3f}")
equal = loss_fn(torch.zeros(1, 10), torch.tensor([3]))
print(f"ten equal scores: {equal:.3f}, the log of 10")

# %%
# On the page ``lenet``, ``torch.nn.MSELoss`` compared the scores themselves with zeros and a one. To it, a high
# score for the true class is an error as well. Cross-entropy compares probabilities: a sure right answer costs
# next to nothing, and a sure wrong one far more than an even guess.

one_hot = torch.tensor([[1.0, 0.0, 0.0]])
answers = {"sure and right": [4, 0, 0], "even": [0, 0, 0], "sure and wrong": [0, 4, 0]}
for answer, row in answers.items():
    scores = torch.tensor([row]).float()
    squared = torch.nn.MSELoss()(scores, one_hot)
    entropy = loss_fn(scores, torch.tensor([0]))
    print(f"{answer:14s}  MSELoss {squared:.3f}  CrossEntropyLoss {entropy:.3f}")

# %%
# Evaluating: ``eval`` and ``no_grad``
# ------------------------------------
#
# Evaluating a model takes both. ``torch.no_grad`` makes no graph, which saves memory, and changes no number.
# ``torch.nn.Module.eval`` still records, and may change numbers: like ``torch.nn.Module.train`` it switches a flag
# that some layers read. Dropout is one: while training, ``torch.nn.Dropout`` sets about half of the entries to zero
# and doubles the rest. LeNet has no such layer. Switch all the same, for validation as for testing, so that the
# loop stays right when you add one.


def evaluate(net, part):
    """The mean loss and the share of right guesses."""
    net.eval()
    with torch.no_grad():
        scores = net(images[part])
    assert not scores.requires_grad
    right = scores.argmax(dim=1) == targets[part]
    return loss_fn(scores, targets[part]).item(), right.float().mean().item()


for layer in (torch.nn.Dropout(), net):
    x = torch.ones(20, 1, 32, 32)
    with torch.no_grad():
        differ = (layer.train()(x) != layer.eval()(x)).float().mean()
    print(f"{type(layer).__name__}: {differ:.0%} of the entries differ between the modes")
print("recorded after eval():", net.eval()(x).grad_fn.name())
loss, accuracy = evaluate(net, held_out)
assert accuracy < 0.3
print(f"before training: loss {loss:.1f}, accuracy, this build: {accuracy:.1%}")

# %%
# The whole loop
# --------------
#
# There are few images, so show the network each of them a little different every time: turned, stretched,
# leaning and moved, by chance. ``torch.nn.functional.affine_grid`` takes a matrix for each image and says where
# each pixel comes from, and ``torch.nn.functional.grid_sample`` fetches it. What would come from outside the
# image it takes to be 0, while the background is -1: hence the 1 that is added before and taken off after. Only
# images to train with are treated like this.


def distort(images):
    """Change each image by a random matrix near the identity; what enters is background."""
    between_minus_1_and_1 = 2 * torch.rand(len(images), 2, 3) - 1
    matrices = torch.eye(2, 3) + 0.15 * between_minus_1_and_1
    grid = torch.nn.functional.affine_grid(matrices, images.shape, align_corners=False)
    return torch.nn.functional.grid_sample(images + 1, grid, align_corners=False) - 1


twelve = distort(images[train[:1]].repeat(12, 1, 1, 1))
print("one image twelve times, different ones:", len(torch.unique(twelve, dim=0)))
print("smallest value after that:", twelve.min().item())

# %%
# One pass over the training images is an epoch. ``torch.utils.data.DataLoader`` shuffles their places each time and
# gives 32 at once (``data_loading`` shows what else it does); after each mini-batch comes an update.
# ``torch.optim.lr_scheduler.LinearLR``, a scheduler, lets the learning rate of ``torch.optim.Adam`` fall, so
# that the last steps settle. Inside this run nothing is chosen by the held-out curve: to pick the best epoch
# by it would be to learn from the images held out. (The number of epochs was chosen earlier, by looking at this
# split; more on that below.)


def fit(net, train, held_out, epochs=12):
    """Train, and evaluate both parts before the first epoch and after each."""
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, total_iters=epochs)
    history = [(*evaluate(net, train), *evaluate(net, held_out))]
    loader = torch.utils.data.DataLoader(train, batch_size=32, shuffle=True)
    for _ in range(epochs):
        net.train()
        for batch in loader:
            y_pred = net(distort(images[batch]))
            loss = loss_fn(y_pred, targets[batch])

            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        history.append((*evaluate(net, train), *evaluate(net, held_out)))
    return [list(column) for column in zip(*history, strict=True)]


losses, train_accuracies, held_out_losses, held_out_accuracies = fit(net, train, held_out)
assert held_out_accuracies[-1] > 0.97
print("evaluated", len(losses), "times;  loss at first", f"{losses[0]:.1f}")
print(f"training loss at last, this build: {losses[-1]:.4f}")
print(f"held-out accuracy, this build: {held_out_accuracies[-1]:.1%}")

# %%
# Is it memorising? Then the training curve would improve and the other would not. Here both improve. But the
# training loss ends lower: part of what the network learned holds for those images only.

assert losses[-1] < held_out_losses[-1] < held_out_losses[0] / 10
print(
    f"held-out loss at first {held_out_losses[0]:.1f}, at last, this build: {held_out_losses[-1]:.4f}"
)

fig, (left, right) = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
left.semilogy(losses, "o-", label="train")
left.semilogy(held_out_losses, "s--", label="held out")
left.set(title="Loss", xlabel="epochs done", ylabel="mean cross-entropy")
right.plot([100 * share for share in train_accuracies], "o-", label="train")
right.plot([100 * share for share in held_out_accuracies], "s--", label="held out")
right.axhline(97, color="black", linestyle=":", label="97 %")
right.set(title="Accuracy", xlabel="epochs done", ylabel="right guesses in %")
right.set(ylim=(0, 102))
left.legend()
right.legend()
plt.show()

# %%
# What it reads
# -------------
#
# Above: six held-out images from all over the list, each with the softmax of its guess. Below: the six with the
# least probability for the true digit. Would you have read them?

with torch.no_grad():
    probabilities = torch.softmax(net(images[held_out]), dim=1)
truth = targets[held_out]
guesses = probabilities.argmax(dim=1)
of_truth = probabilities[torch.arange(len(truth)), truth]
sums = probabilities.sum(dim=1)
assert torch.allclose(sums, torch.ones(1))
print(
    f"the probabilities of an image add up to {sums.min():.3f} at least, {sums.max():.3f} at most"
)

fig, axes = plt.subplots(2, 6, figsize=(8, 4), layout="constrained")
shown = [*range(0, 360, 60), *of_truth.argsort()[:6].tolist()]
for ax, k in zip(axes.flat, shown, strict=True):
    ax.imshow(images[held_out[k], 0].numpy(), cmap="gray_r")
    word = "right" if guesses[k] == truth[k] else "wrong"
    percent = 100 * probabilities[k].max()
    title = f"{word}: a {truth[k]}\nread as {guesses[k]}\n{percent:.1f} %"
    ax.set_title(title, fontsize="medium")
    ax.set(xticks=[], yticks=[])
plt.show()

# %%
# How good is that?
# -----------------
#
# An accuracy means something only in comparison with other methods. The ladder's two layers, here with biases,
# get the same images and the same loop. Nearest neighbour trains nothing: it takes the digit of the most
# similar training image, pixel by pixel, among the images of 8 by 8 as they come, undistorted. On this split it
# is hard to beat, perhaps because the same hands are on both sides. So make a second split: hold out the end of
# the file, where the writers may be others. (The description doesn't say in which order they come.)

first, last = np.split(np.arange(1797), [1442])
splits = {"random fifth": (train, held_out), "last fifth": (first, last)}
lenets = {"random fifth": net, "last fifth": LeNet()}
fit(lenets["last fifth"], *splits["last fifth"])


def right_guesses(net, images, truth):
    """1 for each right guess, 0 for each wrong one; and the softmax of each guess."""
    net.eval()
    with torch.no_grad():
        probabilities, guesses = torch.softmax(net(images), dim=1).max(dim=1)
    return (guesses == truth).double(), probabilities


right = {"nearest neighbour": {}, "two layers": {}, "LeNet": {}}
for split, (seen, unseen) in splits.items():
    two_layers = torch.nn.Sequential(
        torch.nn.Flatten(),
        torch.nn.Linear(1024, 100),
        torch.nn.ReLU(),
        torch.nn.Linear(100, 10),
    )
    fit(two_layers, seen, unseen)
    for name, fitted in {"two layers": two_layers, "LeNet": lenets[split]}.items():
        right[name][split], _ = right_guesses(fitted, images[unseen], targets[unseen])
    nearest = KNeighborsClassifier(1).fit(digits.data[seen], digits.target[seen])
    found = nearest.predict(digits.data[unseen]) == digits.target[unseen]
    right["nearest neighbour"][split] = torch.from_numpy(found).double()
    print(f"nearest neighbour, {split} held out: {found.mean():.3f}")

numbers = sum(param.numel() for param in two_layers.parameters())
print("numbers in the parameters of the two layers:", numbers)

# %%
# Nearest neighbour falls back. How far do the networks fall? Make nothing of a small difference: with another
# seed, a network's bars are a little different, and bars of nearly one height may change places. And LeNet's
# are a little flattered: how to distort and how long to train were chosen by looking at the first split. An
# honest last word would take a third part that nobody has looked at.

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for i, by_split in enumerate(right.values()):
    places = [i - 0.2, i + 0.2]
    shares = [100 * guesses.mean().item() for guesses in by_split.values()]
    bars = ax.bar(places, shares, 0.36, color=["C0", "C1"])
    ax.bar_label(bars, fmt="%.1f")
ax.set(title="Accuracy on images held out", xlabel="method")
ax.set(ylabel="right guesses in %, from 80 up", ylim=(80, 105))
ax.set(xticks=range(3), xticklabels=right)
ax.legend(bars, splits, title="held out", ncols=2, loc="upper left")
plt.show()

# %%
# What is the number worth, even then? Held-out images are a sample, and another sample gives another share. The
# standard error of a share ``p`` over ``n`` images is the root of ``p * (1 - p) / n``. A *difference* of two
# methods has another. Both read the same images, and where both are right or both wrong they don't differ. So
# subtract image by image: the standard error of the mean is the standard deviation over the root of ``n``. To
# treat the shares as if each came from images of its own gives more than that.
#
# A difference of up to about two standard errors may be chance: whether LeNet reads better than nearest neighbour,
# so few images hardly tell. What holds on both splits: the two layers have more numbers to fit with than LeNet, and
# read worse.

for share in (0.9, 0.95, 0.98):
    error = (share * (1 - share) / len(held_out)) ** 0.5
    print(f"p = {share:.2f}, n = {len(held_out)}: standard error {error:.4f}")

for split in splits:
    for name in ("nearest neighbour", "two layers"):
        lenet, other = right["LeNet"][split], right[name][split]
        differences = lenet - other
        paired = differences.std() / len(differences) ** 0.5
        both = f"{lenet.mean():.1%} and {other.mean():.1%}"
        print(f"{split}, LeNet and {name}, this build: {both}, standard error {paired:.1%}")
    assert differences.mean() > 0  # the last is that of the two layers
p, q = lenet.mean(), other.mean()
separate = ((p * (1 - p) + q * (1 - q)) / len(differences)) ** 0.5
assert differences.mean() > 2 * paired
assert paired < separate
print(f"the last as if from separate images, this build: {separate:.1%}")

# %%
# How sure is sure?
# -----------------
#
# The softmax gives numbers that look like a certainty. They are not calibrated: of guesses that get nine
# tenths, any share may be right. On images like those trained with, their mean may come near the share of
# right guesses. Turn the images upside down, and they stay high, while most guesses are wrong.

turned = images.flip((-2, -1))
for name, shown in {"as they are": images, "upside down": turned}.items():
    for split, (_, unseen) in splits.items():
        guesses, sure = right_guesses(lenets[split], shown[unseen], targets[unseen])
        share, sureness = guesses.mean().item(), sure.mean().item()
        print(f"{split}, {name}, this build: softmax {sureness:.1%}, right {share:.1%}")
assert share < 0.5
assert sureness > 0.7

# %%
# Which digits are confused?
# --------------------------
#
# Count the pairs of true digit and guess: row i, column j holds how often an i was read as a j. A pair is one
# number, ``10 * i + j``, and ``torch.bincount`` counts numbers. Right guesses stand on the diagonal. The most
# frequent mistakes stand above each matrix, up to four of them if they are equally frequent.

fig, axes = plt.subplots(1, 2, figsize=(9, 4.8), layout="constrained")
for ax, (split, (_, unseen)) in zip(axes, splits.items(), strict=True):
    truth = targets[unseen]
    with torch.no_grad():
        guesses = lenets[split](images[unseen]).argmax(dim=1)
    counts = torch.bincount(10 * truth + guesses, minlength=100).view(10, 10)
    assert (counts.numpy() == confusion_matrix(truth, guesses, labels=range(10))).all()
    assert counts.diagonal().sum() == (guesses == truth).sum()
    print(f"{split}: {counts.sum()} guesses, by row {counts.sum(dim=1).tolist()}")

    off_diagonal = counts - counts.diagonal().diag()
    most = (off_diagonal == off_diagonal.max().clamp(min=1)).nonzero().tolist()
    title = f"{split}: {', '.join(f'{i} as {j}' for i, j in most[:4])}"
    ax.imshow(counts.numpy(), cmap="Blues", vmax=80)
    for row, column in counts.nonzero().tolist():
        ax.text(column, row, counts[row, column].item(), ha="center", va="center")
    ax.set(title=title, xlabel="guess", ylabel="true digit")
    ax.set(xticks=range(10), yticks=range(10))
plt.show()

# %%
# Summary
# -------
#
# - ``torch.nn.CrossEntropyLoss`` takes raw scores and class numbers; ``torch.softmax`` gives probabilities.
# - An epoch is a pass over shuffled mini-batches; to evaluate, ``torch.nn.Module.eval`` and
#   ``torch.no_grad``.
# - An accuracy says something beside other methods, and about images like those held out; ``torch.bincount``
#   shows where it fails.
#
# Practise: ``exercises/digits``
#
# Next: ``train_on_gpu`` trains where there is a GPU, and says what goes wrong there.
