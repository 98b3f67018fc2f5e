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

You make a data set that PyTorch understands, let a data loader cut it into shuffled mini-batches, and share
it among processes. The images are scikit-learn's digits, which are installed with it. A reader for MNIST's
own files stands at the end, tried on a small set in that format.

What you'll learn:

- what a data set is: a length, and an item for each place;
- what the loader makes of items: mini-batches, their last one, their order;
- how worker processes load items, and what your file needs for that;
- how to give each of several processes its share, and how to read MNIST.
"""

# %%
# A length, and an item for each place
# ------------------------------------
#
# A data set is anything with ``__len__`` and ``__getitem__``. Derive it from ``torch.utils.data.Dataset``, and
# make each item when it is asked for: a data set that is larger than memory opens its files there. An item is
# usually a pair, an input and its target.

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
from torch.utils.data import DataLoader, Dataset, DistributedSampler, TensorDataset, default_collate

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart


class Digits(Dataset):
    """scikit-learn's digits: an image with values from 0 to 1, and its class."""

    def __init__(self):
        self.digits = load_digits()

    def __len__(self):
        return len(self.digits.target)

    def __getitem__(self, place):
        image = torch.from_numpy(self.digits.images[place]).float() / 16
        return image.unsqueeze(0), int(self.digits.target[place])


digits = Digits()
image, digit = digits[5]
print("items:", len(digits))
print("item 5: image", tuple(image.shape), image.dtype, " class", digit)

# %%
# Where everything fits into memory as tensors, ``torch.utils.data.TensorDataset`` needs no class of your own.
# It takes tensors with equally many rows; item k is the tuple of their rows k.

images = torch.stack([image for image, _ in digits])
classes = torch.tensor([digit for _, digit in digits])
data = TensorDataset(images, classes)
image, digit = data[5]
assert torch.equal(image, digits[5][0])
print("items:", len(data))
print("item 5: image", tuple(image.shape), image.dtype, " class", digit.item(), digit.dtype)

# %%
# Mini-batches
# ------------
#
# ``torch.utils.data.DataLoader`` asks for the items one by one and puts ``batch_size`` of them together. The
# last mini-batch holds what is left over; ``drop_last=True`` leaves it out, where all have to be of one size.

for drop_last in (False, True):
    loader = DataLoader(digits, batch_size=32, drop_last=drop_last)
    sizes = [len(batch_classes) for _, batch_classes in loader]
    assert len(sizes) == len(loader)
    print(f"drop_last={drop_last!s:5s}  {len(sizes)} mini-batches", end="   ")
    print("the last has", sizes[-1], "  images in all:", sum(sizes))
batch_images, batch_classes = next(iter(loader))
print(
    "images", tuple(batch_images.shape), " classes", tuple(batch_classes.shape), batch_classes.dtype
)

# %%
# To put together is to collate. ``torch.utils.data.default_collate`` stacks tensors, makes tensors of numbers,
# and does so within tuples and dictionaries. It can't stack what differs in shape. Then give the loader a
# function of your own as ``collate_fn``: it gets the list of items and returns the mini-batch.

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
# With ``shuffle=True`` each pass, each epoch, has another order and every item once. The order comes from
# ``generator``. With one of your own it depends on its seed alone, not on what else draws random numbers. A
# list of places is a data set too, so you can look at the order itself.


def orders(seed, epochs):
    """The first places of some epochs, in the order in which the loader gives them."""
    places = range(len(digits))
    generator = torch.Generator().manual_seed(seed)
    loader = DataLoader(places, batch_size=32, shuffle=True, generator=generator)
    epochs = [torch.cat(list(loader)).tolist() for _ in range(epochs)]
    assert all(sorted(order) == list(places) for order in epochs)
    return [order[:6] for order in epochs]


first, second = orders(seed=0, epochs=2)
assert first == orders(seed=0, epochs=1)[0]
print("epoch 0:", *first)
print("epoch 1:", *second)
print("epoch 0, from the seed again:", *orders(seed=0, epochs=1)[0])

# %%
# The file begins with the digits in order. Shuffled, a mini-batch holds a sample of all images. That is what training
# wants. To evaluate, the order makes no difference, so don't shuffle there.

generator = torch.Generator().manual_seed(0)
loaders = {
    "as they come": DataLoader(data, batch_size=10),
    "shuffled": DataLoader(data, batch_size=10, shuffle=True, generator=generator),
}
fig, axes = plt.subplots(2, 10, figsize=(7, 2.4), layout="constrained")
for row, (name, loader) in zip(axes, loaders.items(), strict=True):
    batch_images, batch_classes = next(iter(loader))
    print(f"{name:12s}", *batch_classes.tolist())
    for ax, image in zip(row, batch_images, strict=True):
        ax.imshow(image[0].numpy(), cmap="gray_r")
        ax.set(xticks=[], yticks=[])
fig.suptitle("A mini-batch of ten: above as they come, below shuffled")
plt.show()

# %%
# Shares
# ------
#
# What gives the loader its places is a sampler. ``torch.utils.data.distributed.DistributedSampler`` gives each
# process of a group its own share (``data_parallel`` has such a group). It asks the group how many processes
# there are and which is this one, unless you say so, as here. Where shares don't come out even, it repeats
# items; with ``drop_last=True`` it leaves some out.

places = range(11)
for drop_last in (False, True):
    shares = [
        list(
            DistributedSampler(
                places, num_replicas=2, rank=rank, shuffle=False, drop_last=drop_last
            )
        )
        for rank in range(2)
    ]
    print(f"drop_last={drop_last!s:5s}", *shares)

# %%
# It shuffles by itself, so the loader gets ``sampler=`` in the place of ``shuffle=``. Its order comes from a
# seed and from the number of the epoch. You have to tell it that number with ``set_epoch``. If you don't, every
# epoch has the order of the first.

sampler = DistributedSampler(places, num_replicas=2, rank=0)
loader = DataLoader(places, batch_size=3, sampler=sampler)
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
# With ``num_workers=2``, two further processes make the items, while this one trains. It pays where an item
# takes time: a file to read, an image to decode. How a worker starts depends on the system. On macOS and
# Windows it is a new Python, which imports your file once more: without the line
# ``if __name__ == "__main__":`` it would start workers in its turn, and PyTorch raises an error. So write that line
# always. This page has none; hence the workers get a program of their own. It asks for the way of macOS
# and Windows, ``spawn``, so that it does the same everywhere.

PROGRAM = """\
from torch.utils.data import DataLoader, Dataset, get_worker_info

print("this file runs as", __name__, flush=True)

class Squares(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, place):
        return place**2, get_worker_info().id

if __name__ == "__main__":
    for keep in (False, True):
        print("persistent_workers", keep, flush=True)
        options = {"num_workers": 2, "persistent_workers": keep}
        loader = DataLoader(Squares(), 2, multiprocessing_context="spawn", **options)
        for epoch in range(2):
            for squares, workers in loader:
                print("squares", *squares.tolist(), "from worker", *set(workers.tolist()))
"""

with tempfile.TemporaryDirectory() as folder:
    script = Path(folder, "squares.py")
    script.write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONUNBUFFERED": ""},  # three processes print: in whole lines
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
# The file ran once as the program and once in each worker. By default workers start anew at each epoch, and all that
# stands outside that line runs again: where they are slow to start, as on Windows, short epochs get slow.
# ``persistent_workers=True`` keeps the workers. They make whole mini-batches in turn, and the order stays that of
# one process. Each worker has its own copy of the data set, whose class has to stand in a file: a class from a
# notebook's cell can't be sent to a spawned process.
#
# MNIST
# -----
#
# MNIST's images of handwritten digits have 28 by 28 pixels. Where torchvision is installed and a download is
# welcome, one line gets them:
# ``torchvision.datasets.MNIST("folder", train=True, download=True, transform=torchvision.transforms.ToTensor())``.
# The files' format, IDX, is simple: two zero bytes, a byte for the dtype (8 is uint8), a byte for the
# number of dimensions, each size in four bytes, the most significant first, then the numbers.


def read_idx(path):
    """Read the array of an IDX file, packed or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        zeros, kind, dimensions = struct.unpack(">HBB", file.read(4))
        assert (zeros, kind) == (0, 8), f"{path.name} holds no uint8 in IDX"
        sizes = struct.unpack(f">{dimensions}I", file.read(4 * dimensions))
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).view(sizes)


class MNIST(Dataset):
    """Images with values from 0 to 1, as ToTensor gives them, and their classes."""

    def __init__(self, images, labels):
        self.images, self.labels = read_idx(images), read_idx(labels)
        assert len(self.images) == len(self.labels)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, place):
        return self.images[place].unsqueeze(0) / 255, int(self.labels[place])


# %%
# No MNIST here, but a small set in its format: the first 100 of the digits above, each pixel enlarged to 3 by 3
# and a margin of two added. Give the class your own two files, and the rest stays as it is.


def write_idx(path, array):
    """Write an array of uint8 as MNIST's files are written."""
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(head + array.tobytes()))


pixels = (digits.digits.images[:100] * 255 / 16).round().astype(np.uint8)
enlarged = np.pad(np.kron(pixels, np.ones((1, 3, 3), np.uint8)), ((0, 0), (2, 2), (2, 2)))
with tempfile.TemporaryDirectory() as folder:
    files = [Path(folder, f"train-{name}-ubyte.gz") for name in ("images-idx3", "labels-idx1")]
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
# - A data set has ``__len__`` and ``__getitem__``; ``torch.utils.data.DataLoader`` makes mini-batches of its items,
#   in an order that ``generator`` decides.
# - Workers make items in other processes; a file that starts them needs ``if __name__ == "__main__":``.
# - ``DistributedSampler`` gives each process its share; call ``set_epoch`` at each epoch.
#
# Practise: ``exercises/data_loading``
#
# Next: ``digits`` trains LeNet on these images.
