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
Loading data
============

You make a data set that PyTorch understands, let a data loader split it into shuffled
mini-batches, and share it among processes. The images are scikit-learn's digits, which
come with that package. At the end of the page you write a reader for MNIST's file
format, and try it on a small data set in that format.

What you'll learn:

- what a data set is: a length, and an item for each index;
- how the loader turns items into mini-batches, in which order, and what happens to the
  last one;
- how worker processes load items, and what your file needs for that;
- how to give each of several processes its share, and how to read MNIST.
"""

# %%
# A length, and an item for each index
# ------------------------------------
#
# The usual kind of data set is anything with ``__len__`` and ``__getitem__``. Write a
# subclass of ``torch.utils.data.Dataset`` whose ``__getitem__`` creates the requested
# item. If the data doesn't fit into memory, open the files in that method. An item is
# usually a pair of an input and its target.

import gzip
import os
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.utils.data import (
    DataLoader,
    Dataset,
    DistributedSampler,
    TensorDataset,
    default_collate,
)

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart


class Digits(Dataset):
    """scikit-learn's digits: an image with values from 0 to 1, and its class."""

    def __init__(self):
        self.digits = load_digits()

    def __len__(self):
        return len(self.digits.target)

    def __getitem__(self, index):
        image = torch.from_numpy(self.digits.images[index]).float() / 16
        return image.unsqueeze(0), int(self.digits.target[index])


digits = Digits()
image, digit = digits[5]
print("items:", len(digits))
print("item 5: image", tuple(image.shape), image.dtype, " class", digit)

# %%
# If everything fits into memory as tensors, you don't need to write a class. Use
# ``torch.utils.data.TensorDataset``, and pass it tensors with the same number of rows.
# Item k is a tuple that contains row k of each tensor.

images = torch.stack([image for image, _ in digits])
classes = torch.tensor([digit for _, digit in digits])
data = TensorDataset(images, classes)
image, digit = data[5]
assert torch.equal(image, digits[5][0])
print("items:", len(data))
print("item 5: image", tuple(image.shape), image.dtype, end="  ")
print("class", digit.item(), digit.dtype)

# %%
# Mini-batches
# ------------
#
# ``torch.utils.data.DataLoader`` fetches the items one by one and combines
# ``batch_size`` of them into a mini-batch. The last mini-batch contains whatever is
# left. If all mini-batches must have the same size, ``drop_last=True`` leaves an
# incomplete one out.

for drop_last in (False, True):
    loader = DataLoader(digits, batch_size=32, drop_last=drop_last)
    sizes = [len(batch_classes) for _, batch_classes in loader]
    assert len(sizes) == len(loader)
    print(f"drop_last={drop_last!s:5s}  {len(sizes)} mini-batches", end="   ")
    print("size of the last", sizes[-1], "  images in total:", sum(sizes))
batch_images, batch_classes = next(iter(loader))
print("images", tuple(batch_images.shape), end="  ")
print("classes", tuple(batch_classes.shape), batch_classes.dtype)

# %%
# Combining items is called collating. ``torch.utils.data.default_collate`` stacks
# tensors, turns numbers into tensors, and does the same inside tuples and dictionaries.
# It can't stack items of different shapes. For those, pass the loader your own function
# as ``collate_fn``, which receives the list of items and returns the mini-batch.

words = [torch.tensor([3, 1, 4]), torch.tensor([1, 5])]
try:
    default_collate(words)
except RuntimeError as error:
    print(error)
(padded,) = DataLoader(words, batch_size=2, collate_fn=torch.nn.utils.rnn.pad_sequence)
print("collated by pad_sequence:", padded.T.tolist())

# %%
# The order
# ---------
#
# With ``shuffle=True``, each pass over the data, called an epoch, contains every item
# once, in a different order each time. The order comes from ``generator``. If you pass
# your own, all epochs' orders depend only on its seed, not on what else draws random
# numbers. A ``range`` is a data set too, so you can look at the order itself.


def orders(seed, epochs):
    """Return the first indices of some epochs, in the loader's order."""
    indices = range(len(digits))
    generator = torch.Generator().manual_seed(seed)
    loader = DataLoader(indices, batch_size=32, shuffle=True, generator=generator)
    epochs = [torch.cat(list(loader)).tolist() for _ in range(epochs)]
    assert all(sorted(order) == list(indices) for order in epochs)
    return [order[:6] for order in epochs]


first, second = orders(seed=0, epochs=2)
assert first == orders(seed=0, epochs=1)[0]
print("epoch 0:", *first)
print("epoch 1:", *second)
print("epoch 0, from the seed again:", *orders(seed=0, epochs=1)[0])

# %%
# The data set begins with the digits from 0 to 9, in order. If you shuffle, each
# mini-batch is a random sample of all images, which is what you want for training. For
# evaluation the order makes no difference, so don't shuffle.

generator = torch.Generator().manual_seed(0)
loaders = {
    "in order": DataLoader(data, batch_size=10),
    "shuffled": DataLoader(data, batch_size=10, shuffle=True, generator=generator),
}
fig, axes = plt.subplots(2, 10, figsize=(7, 2.4), layout="constrained")
for row, (name, loader) in zip(axes, loaders.items(), strict=True):
    batch_images, batch_classes = next(iter(loader))
    print(f"{name:12s}", *batch_classes.tolist())
    for ax, image in zip(row, batch_images, strict=True):
        ax.imshow(image[0].numpy(), cmap="gray_r")
        ax.set(xticks=[], yticks=[])
fig.suptitle("A mini-batch of ten: in the file's order (above) and shuffled (below)")
plt.show()

# %%
# Shares
# ------
#
# The object that supplies the loader with indices is called a sampler.
# ``torch.utils.data.distributed.DistributedSampler`` gives each process in a group its
# own share of the items (``data_parallel`` uses such a group). It asks the group how
# many processes there are and which one this is, unless you pass both numbers, as here.
# If the items can't be shared equally, it repeats some. With ``drop_last=True``, it
# leaves some out.

indices = range(11)
for drop_last in (False, True):
    shares = [
        list(
            DistributedSampler(
                indices, num_replicas=2, rank=rank, shuffle=False, drop_last=drop_last
            )
        )
        for rank in range(2)
    ]
    print(f"drop_last={drop_last!s:5s}", *shares)

# %%
# This sampler shuffles by itself, so pass ``sampler=`` to the loader instead of
# ``shuffle=``. The order depends on a seed and on the epoch's number, which you have to
# set with ``set_epoch``. If you don't, every epoch has the first epoch's order.

sampler = DistributedSampler(indices, num_replicas=2, rank=0)
loader = DataLoader(indices, batch_size=3, sampler=sampler)
forgotten = [torch.cat(list(loader)).tolist() for _ in range(2)]
assert forgotten[0] == forgotten[1]
print("rank 0, set_epoch forgotten:", *forgotten)
told = []
for epoch in range(2):
    sampler.set_epoch(epoch)
    told.append(torch.cat(list(loader)).tolist())
assert told[0] != told[1]
print("rank 0, set_epoch called:   ", *told)

# %%
# Workers
# -------
#
# With ``num_workers=2``, two additional processes prepare the items while this one
# trains. That pays off if each item takes time, for example to read a file or decode an
# image. How a worker starts depends on the operating system and, on Linux, on Python's
# version. On macOS and Windows it is a new Python that imports your file once more.
# Without the line ``if __name__ == "__main__":``, the worker would start workers
# itself, so Python raises an error. Always write that line, and put the code that
# starts the training below it. This page doesn't, so here a program of its own starts
# the workers. The program requests ``spawn``, the way in which macOS and Windows start
# workers, so it behaves in the same way everywhere.

PROGRAM = """\
from torch.utils.data import DataLoader, Dataset, get_worker_info

print("this file runs as", __name__, flush=True)

class Squares(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        return index**2, get_worker_info().id

if __name__ == "__main__":
    for keep in (False, True):
        print("persistent_workers", keep, flush=True)
        options = {"num_workers": 2, "persistent_workers": keep}
        loader = DataLoader(Squares(), 2, multiprocessing_context="spawn", **options)
        for epoch in range(2):
            for squares, workers in loader:
                (worker,) = set(workers.tolist())
                print("squares", *squares.tolist(), "from worker", worker)
"""

with tempfile.TemporaryDirectory() as folder:
    script = Path(folder, "squares.py")
    script.write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONUNBUFFERED": ""},  # so each line is printed whole
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
assert done.returncode == 0, done.stderr
main, *runs = done.stdout.split("persistent_workers ")
assert main.count("__main__") == 1
for run in runs:
    keep, *lines = run.splitlines()
    ran_as = Counter(line.split()[-1] for line in lines if "runs as" in line)
    print(f"persistent_workers={keep}: in two epochs the file ran as", dict(ran_as))
print(*[line for line in lines if line.startswith("squares")][:4], sep="\n")

# %%
# The file ran once as the main program and once in each worker. By default, workers
# start again at each epoch, and all code that isn't under
# ``if __name__ == "__main__":`` runs again. Where workers are slow to start, as on
# Windows, short epochs become slow. ``persistent_workers=True`` keeps the workers
# alive. They take turns at preparing whole mini-batches, so the order is the same as
# with one process. Each worker has its own copy of the data set. For spawned workers,
# the data set's class must be defined in a file, because a class from a notebook cell
# can't be sent to them.
#
# MNIST
# -----
#
# MNIST's images of handwritten digits have 28 by 28 pixels. If you have torchvision and
# don't mind a download, one line fetches them:
# ``torchvision.datasets.MNIST("folder", train=True, download=True, transform=torchvision.transforms.ToTensor())``.
# The file format, IDX, consists of two zero bytes, one byte for the dtype (8 is uint8),
# one byte for the number of dimensions, four bytes for the size of each dimension (most
# significant byte first), and then the data.


def read_idx(path):
    """Read the array of an IDX file, compressed or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        zeros, kind, dimensions = struct.unpack(">HBB", file.read(4))
        assert (zeros, kind) == (0, 8), f"{path.name} holds no uint8 in IDX"
        sizes = struct.unpack(f">{dimensions}I", file.read(4 * dimensions))
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).view(sizes)


class MNIST(Dataset):
    """Images with values from 0 to 1, as ToTensor returns them, and their classes."""

    def __init__(self, images, labels):
        self.images, self.labels = read_idx(images), read_idx(labels)
        assert len(self.images) == len(self.labels)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.images[index].unsqueeze(0) / 255, int(self.labels[index])


# %%
# MNIST isn't available here, so create a small data set in its format: the first 100 of
# the digits above, with each pixel enlarged to 3 by 3 and a margin of two pixels added.
# To read MNIST itself, pass the paths of its two training files, or of its two test
# files, to the class. Nothing else changes.


def write_idx(path, array):
    """Write an array of uint8 in the format of MNIST's files."""
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(head + array.tobytes()))


pixels = (digits.digits.images[:100] * 255 / 16).round().astype(np.uint8)
enlarged = np.kron(pixels, np.ones((1, 3, 3), np.uint8))
enlarged = np.pad(enlarged, ((0, 0), (2, 2), (2, 2)))
with tempfile.TemporaryDirectory() as folder:
    names = "images-idx3", "labels-idx1"
    files = [Path(folder, f"train-{name}-ubyte.gz") for name in names]
    write_idx(files[0], enlarged)
    write_idx(files[1], digits.digits.target[:100].astype(np.uint8))
    small = MNIST(*files)
    for file in files:
        with gzip.open(file) as unpacked:
            print(f"{file.name} begins:", *unpacked.read(16))
assert np.array_equal(small.images.numpy(), enlarged)
batch_images, batch_classes = next(iter(DataLoader(small, batch_size=32)))
lowest, highest = batch_images.min().item(), batch_images.max().item()
print("images", tuple(batch_images.shape), " values", lowest, "to", highest)
print("classes", *batch_classes[:12].tolist())

# %%
# Summary
# -------
#
# - A data set has ``__len__`` and ``__getitem__``; ``torch.utils.data.DataLoader``
#   combines its items into mini-batches, in order or, if you shuffle, in an order that
#   ``generator`` determines.
# - Workers prepare items in other processes; a file that starts them needs
#   ``if __name__ == "__main__":``.
# - ``DistributedSampler`` gives each process its share; call ``set_epoch`` before each
#   epoch.
#
# Practise: ``exercises/data_loading``
#
# Next: ``digits`` trains LeNet on these images.
