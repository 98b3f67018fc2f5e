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

You train the network from the page ``lenet`` on handwritten digits and find out how
well it reads digits that it has never seen. A training step still consists of forward
pass, loss, backward pass and update. What is new is everything around it: held-out
images, mini-batches, two curves, a look at the mistakes, and the question of how
reliable the final accuracy is.

What you'll learn:

- how to split data, and what "held out" does and doesn't guarantee;
- what the cross-entropy loss expects, and how scores become probabilities;
- what a loop over mini-batches looks like, and how to evaluate between epochs;
- how to read a confusion matrix, what to compare an accuracy with, and when a
  difference can be due to chance.
"""

# %%
# The images
# ----------
#
# scikit-learn comes with the digits: small grey images, each labelled with the digit
# that it shows. First read the data set's own description.

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
# So these images come from the second group, and 13 people wrote them all. LeNet needs
# 32 by 32 pixels. ``torch.nn.functional.interpolate`` enlarges each image to 28 by 28,
# which adds no detail, and ``torch.nn.functional.pad`` adds two pixels of background on
# each side. The values are scaled to the range from -1 (background) to 1.

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
fig.suptitle("Six digits: the originals, 8 by 8, and LeNet's input, 32 by 32")
plt.show()

# %%
# Two parts
# ---------
#
# Hold out a fifth of the images. Held out means that no update is computed from these
# images, so the network can't have learned them by heart. Choose the fifth separately
# for each digit, so that every digit makes up nearly the same fraction of both parts:
# the split is stratified. It isn't a split by writer, so images by the same person can
# be in both parts. You measure how well the network reads new images, not new writers.

rng = np.random.default_rng(0)
train, held_out = [], []
for digit in range(10):
    places = rng.permutation(np.flatnonzero(digits.target == digit))
    held_out.extend(places[: len(places) // 5].tolist())
    train.extend(places[len(places) // 5 :].tolist())

print("for training:", len(train), "  held out:", len(held_out), end="   ")
print("in both:", len(set(train) & set(held_out)))
print("train by digit:   ", torch.bincount(targets[train]).tolist())
print("held out by digit:", torch.bincount(targets[held_out]).tolist())

# %%
# The network
# -----------
#
# The page ``lenet`` explains this network line by line. In short, there are two
# convolutions, each followed by a ReLU and pooling, and then three linear layers. The
# output is ten scores per image.


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


torch.manual_seed(0)  # for the initial weights and all later random draws
net = LeNet()
print("elements in its parameters:", sum(param.numel() for param in net.parameters()))
scores = net(images[:2])
assert scores.shape == (2, 10)
print("scores of two images:", tuple(scores.shape))

# %%
# The loss
# --------
#
# The softmax turns scores into probabilities. The cross-entropy is the mean of minus
# the logarithm of the true class's probability. ``torch.nn.CrossEntropyLoss`` takes raw
# scores, also called logits, and class numbers, and computes both. So don't apply a
# softmax before it. If you pass probabilities, it treats them as scores, and you get a
# different loss but no error.

loss_fn = torch.nn.CrossEntropyLoss()
scores = torch.tensor([[2.0, 0.5, -1.0], [0.0, 3.0, 1.0]])
classes = torch.tensor([0, 2])
log_probabilities = scores - scores.exp().sum(dim=1, keepdim=True).log()
by_hand = -(log_probabilities[0, 0] + log_probabilities[1, 2]) / 2
assert torch.allclose(log_probabilities.exp(), torch.softmax(scores, dim=1))
assert torch.allclose(by_hand, loss_fn(scores, classes))
loss = loss_fn(scores, classes)
print(f"by hand {by_hand:.3f}  CrossEntropyLoss {loss:.3f}", end="  ")
print(f"from probabilities {loss_fn(torch.softmax(scores, dim=1), classes):.3f}")
equal = loss_fn(torch.zeros(1, 10), torch.tensor([3]))
print(f"ten equal scores: {equal:.3f}, the log of 10")

# %%
# On the page ``lenet``, ``torch.nn.MSELoss`` compared the scores themselves with zeros
# and a one, so even a high score for the true class counted as an error. Cross-entropy
# compares probabilities. A confident right answer costs next to nothing, and a
# confident wrong answer costs far more than equal scores for all classes.

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
# To evaluate a model, use both. Under ``torch.no_grad``, PyTorch records no graph,
# which saves memory and doesn't change any result. After ``torch.nn.Module.eval``,
# PyTorch still records the graph, but results can change. Like
# ``torch.nn.Module.train``, it switches a flag that some layers read. Dropout is such a
# layer: during training, ``torch.nn.Dropout`` sets about half of the elements to zero
# and doubles the rest. LeNet has no such layer. Switch modes anyway, for validation as
# well as testing, so that the loop remains correct if you add one.


def evaluate(net, part):
    """Return the mean loss and the fraction of right guesses."""
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
    name = type(layer).__name__
    print(f"{name}: {differ:.0%} of the elements differ between the modes")
print("recorded after eval():", net.eval()(x).grad_fn.name())
loss, accuracy = evaluate(net, held_out)
assert accuracy < 0.3
print(f"before training: loss {loss:.1f}, accuracy, this build: {accuracy:.1%}")

# %%
# The whole loop
# --------------
#
# There are few images, so show the network a slightly different version of each image
# every time: randomly rotated, stretched, slanted and shifted.
# ``torch.nn.functional.affine_grid`` takes one matrix per image and computes where each
# pixel comes from. ``torch.nn.functional.grid_sample`` fetches the pixels. It fills in
# 0 for everything outside the image, but the background is -1, so the code adds 1
# before that call and subtracts it afterwards. Only training images are distorted.


def distort(images):
    """Distort each image by a random matrix near the identity; fill in background."""
    between_minus_1_and_1 = 2 * torch.rand(len(images), 2, 3) - 1
    matrices = torch.eye(2, 3) + 0.15 * between_minus_1_and_1
    grid = torch.nn.functional.affine_grid(matrices, images.shape, align_corners=False)
    return torch.nn.functional.grid_sample(images + 1, grid, align_corners=False) - 1


twelve = distort(images[train[:1]].repeat(12, 1, 1, 1))
print("distinct versions in twelve draws:", len(torch.unique(twelve, dim=0)))
print("smallest value after the distortion:", twelve.min().item())

# %%
# One pass over the training images is an epoch. ``torch.utils.data.DataLoader``
# shuffles their indices in each epoch and returns 32 of them per mini-batch
# (``data_loading`` shows what else it does). Each mini-batch is followed by an update.
# A scheduler, ``torch.optim.lr_scheduler.LinearLR``, lowers the learning rate of
# ``torch.optim.Adam`` as training continues, so that the final steps are small. Within
# this run, no choice depends on the held-out curve: if you used it to pick the best
# epoch, you would learn from the held-out images. (The number of epochs was chosen
# earlier, by looking at this split; more on that below.)


def fit(net, train, held_out, epochs=12):
    """Train, and evaluate both parts before the first epoch and after each epoch."""
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.LinearLR(
        optimizer,
        1.0,
        0.05,
        total_iters=epochs,
    )
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


curves = fit(net, train, held_out)
losses, train_accuracies, held_out_losses, held_out_accuracies = curves
assert held_out_accuracies[-1] > 0.97
print("evaluated", len(losses), "times;  initial loss", f"{losses[0]:.1f}")
print(f"final training loss, this build: {losses[-1]:.4f}")
print(f"held-out accuracy, this build: {held_out_accuracies[-1]:.1%}")

# %%
# Is the network memorising? Then the training curve would improve and the held-out
# curve would not. Here both improve. But the training loss ends lower: part of what the
# network learned is true only of the training images.

assert losses[-1] < held_out_losses[-1] < held_out_losses[0] / 10
first, last = held_out_losses[0], held_out_losses[-1]
print(f"held-out loss {first:.1f} before training; after it, this build: {last:.4f}")

fig, (left, right) = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
left.semilogy(losses, "o-", label="train")
left.semilogy(held_out_losses, "s--", label="held out")
left.set(title="Loss", xlabel="completed epochs", ylabel="mean cross-entropy")
right.plot([100 * share for share in train_accuracies], "o-", label="train")
right.plot([100 * share for share in held_out_accuracies], "s--", label="held out")
right.axhline(97, color="black", linestyle=":", label="97 %")
right.set(title="Accuracy", xlabel="completed epochs", ylabel="right guesses in %")
right.set(ylim=(0, 102))
left.legend()
right.legend()
plt.show()

# %%
# What it reads
# -------------
#
# The top row shows six held-out images, evenly spaced in the list, each with the
# softmax of its guess. The bottom row shows the six images with the lowest probability
# for the true digit. Would you have read them correctly?

with torch.no_grad():
    probabilities = torch.softmax(net(images[held_out]), dim=1)
truth = targets[held_out]
guesses = probabilities.argmax(dim=1)
of_truth = probabilities[torch.arange(len(truth)), truth]
sums = probabilities.sum(dim=1)
assert torch.allclose(sums, torch.ones(1))
least, most = sums.min(), sums.max()
print(f"sum of an image's probabilities: {least:.3f} to {most:.3f}")

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
# An accuracy means something only in comparison with other methods. A two-layer network
# like the ladder's, but with biases, is trained on the same images with the same loop.
# Nearest neighbour doesn't train at all: it takes the digit of the most similar
# training image, comparing the original 8 by 8 images pixel by pixel, without
# distortion. On this split it is hard to beat, perhaps because both parts contain
# images by the same people. So make a second split and hold out the end of the file,
# where the writers might be different. (The description doesn't say how the images are
# ordered.)

first, last = np.split(np.arange(1797), [1442])
splits = {"random fifth": (train, held_out), "last fifth": (first, last)}
lenets = {"random fifth": net, "last fifth": LeNet()}
fit(lenets["last fifth"], *splits["last fifth"])


def right_guesses(net, images, truth):
    """Return 1 or 0 for each right or wrong guess, and each guess's softmax."""
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
print("elements in the two-layer network's parameters:", numbers)

# %%
# On the second split, nearest neighbour reads worse. How much worse do the networks
# read there? Don't read much into small differences. With a different seed, a network's
# bars change a little, and bars of nearly the same height can change their order.
# Besides, LeNet's bars are probably slightly too high: the distortion and the number of
# epochs were chosen by looking at the first split. For an unbiased final accuracy, you
# would need a third part that nobody has looked at.

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for i, by_split in enumerate(right.values()):
    places = [i - 0.2, i + 0.2]
    shares = [100 * guesses.mean().item() for guesses in by_split.values()]
    bars = ax.bar(places, shares, 0.36, color=["C0", "C1"])
    ax.bar_label(bars, fmt="%.1f")
ax.set_title("Accuracy on images held out", pad=16)  # above the numbers on the bars
ax.set(xlabel="method", xticks=range(3), xticklabels=right)
ax.set(ylabel="right guesses in %", ylim=(0, 100))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(bars, splits, title="held out", loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %%
# How reliable is an accuracy, even then? The held-out images are a sample, and a
# different sample would have a different share of right guesses. The standard error of
# a share ``p`` of ``n`` images is the square root of ``p * (1 - p) / n``. A
# *difference* between two methods has its own standard error. Both methods read the
# same images, and where both are right or both are wrong, they don't differ. So
# subtract image by image: the standard error of the mean difference is the standard
# deviation divided by the square root of ``n``. If you treated the two shares as if
# they came from separate images, you would usually get a larger value.
#
# A difference of up to about two standard errors can be due to chance. So a sample this
# small can hardly show whether LeNet reads better than nearest neighbour. But on both
# splits, the two-layer network reads worse than LeNet, although its parameters have
# more elements.

for share in (0.9, 0.95, 0.98):
    error = (share * (1 - share) / len(held_out)) ** 0.5
    print(f"p = {share:.2f}, n = {len(held_out)}: standard error {error:.4f}")

for split in splits:
    for name in ("nearest neighbour", "two layers"):
        lenet, other = right["LeNet"][split], right[name][split]
        differences = lenet - other
        paired = differences.std() / len(differences) ** 0.5
        both = f"{lenet.mean():.1%} and {other.mean():.1%}, standard error {paired:.1%}"
        print(f"{split}, LeNet and {name}, this build: {both}")
    assert differences.mean() > 0  # the last one: LeNet and two layers
p, q = lenet.mean(), other.mean()
separate = ((p * (1 - p) + q * (1 - q)) / len(differences)) ** 0.5
assert differences.mean() > 2 * paired
assert paired < separate
print(f"the last one for separate images, this build: {separate:.1%}")

# %%
# How sure is sure?
# -----------------
#
# The softmax looks like a measure of certainty, but it isn't calibrated: among guesses
# with a softmax of nine tenths, any share can be right. On images like those in the
# training data, the mean softmax can be close to the share of right guesses. But if you
# turn the images upside down, the softmax remains high although most guesses are wrong.

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
# Count the pairs of true digit and guess: row i, column j shows how many times an i was
# read as a j. The code turns each pair into one integer, ``10 * i + j``, so that
# ``torch.bincount`` can count the pairs. Right guesses are on the diagonal. Each
# matrix's title names its most frequent mistake, or up to four if several are equally
# frequent.

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
# - ``torch.nn.CrossEntropyLoss`` takes raw scores and class numbers; ``torch.softmax``
#   turns scores into probabilities.
# - An epoch is a pass over shuffled mini-batches; to evaluate, use both
#   ``torch.nn.Module.eval`` and ``torch.no_grad``.
# - An accuracy means something only in comparison with other methods, and only for
#   images like those held out; a confusion matrix shows which mistakes the network
#   makes.
#
# Practise: ``exercises/digits``
#
# Next: ``train_on_gpu`` trains on a GPU if there is one, and shows what can go wrong.
