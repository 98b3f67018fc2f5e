# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
Creating tensors
================

You make tensors: with numbers that you name, with random ones, and like another tensor. The ladder does it
on every rung. ``tensors_by_hand`` starts from arrays, ``nn_sequential`` lets PyTorch draw the weights, and
``dynamic_graph`` depends on a seed. After this page you can say what kind of number each of those tensors
holds, and why a second run draws the same ones.

What you'll learn:

- why ``torch.empty`` promises no values, and what to call when you want some;
- how ``torch.tensor`` copies data and picks a dtype;
- what a tensor made like another one keeps of it;
- what a shape is, what the default dtype is, and what a seed reaches.
"""

# %%
# Memory as it comes
# ------------------
#
# ``torch.empty`` asks for memory and writes nothing into it, so the tensor holds whatever was there before.
# That may be zeros, and no one promises it. Look at the shape and the dtype; write numbers before you read
# any.

import random

import matplotlib.pyplot as plt
import numpy as np
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

N, D_in = 64, 1000
x = torch.empty(N, D_in)
print("shape", tuple(x.shape), " dtype", x.dtype, " numbers", x.numel())

x.zero_()
print("after zero_, numbers that are not 0:", torch.count_nonzero(x).item())

# %%
# A program that reads too early may run for years on lucky zeros. To find it, switch on deterministic
# algorithms: PyTorch then fills the memory of new tensors. Floats become NaN, which spoils each result that
# it enters. Whole numbers and booleans have no NaN: they become the largest of their dtype, and True. So a
# mask that nobody wrote still looks like a mask.

torch.use_deterministic_algorithms(mode=True)
marked = torch.empty(N, D_in)
whole = torch.empty(N, D_in, dtype=torch.int64)
mask = torch.empty(N, D_in, dtype=torch.bool)
torch.use_deterministic_algorithms(mode=False)
print("float32: finite numbers", torch.isfinite(marked).sum().item())
print("int64:   different numbers", whole.unique().tolist())
print("bool:    True", mask.sum().item(), "times out of", mask.numel())
assert whole.min() == torch.iinfo(torch.int64).max

# %%
# Values that you name
# --------------------
#
# ``torch.zeros``, ``torch.ones`` and ``torch.full`` take a shape; ``dtype`` asks for a kind of number.
# ``torch.long`` is another name for ``torch.int64``.

counts = torch.zeros(2, 3, dtype=torch.long)
print(counts)
print("torch.long is", torch.long)

# %%
# ``torch.tensor`` takes data, and reads the dtype off it: whole numbers give int64, one float among them
# gives float32, and a NumPy array keeps its own dtype.

for data in ([1, 2], [1, 2.5], [True, False], [1, 2j], np.array([1.0, 2.0])):
    print(f"{data!s:14s} -> {torch.tensor(data).dtype}")

# %%
# It copies the data, always. What you do to the list or the array afterwards doesn't show in the tensor.
# When that copy is unwanted, ``numpy_interop`` has the calls that share memory.

array = np.array([1.0, 2.0])
copied = torch.tensor(array)
array[0] = 100
print("array ", array)
print("tensor", copied)

# %%
# Shapes
# ------
#
# ``torch.Tensor.size`` returns a ``torch.Size``, as does ``shape``. It is a tuple: compare it, index it,
# unpack it.

size = x.size()
rows, columns = size
assert isinstance(size, tuple)
assert size == x.shape == (64, 1000)
print(size, " rows", rows, " columns", columns, " x.size(0)", x.size(0))

# %%
# Shape ``(1,)`` is a vector with one entry; shape ``()`` has no axis and one number. A loss has shape
# ``()``.

for data in (7.0, [7.0], [[7.0]]):
    tensor = torch.tensor(data)
    print(f"{data!s:8s} shape {tuple(tensor.shape)!s:7s} axes {tensor.dim()}")

# %%
# Like another tensor
# -------------------
#
# ``torch.Tensor.new_ones`` takes a shape, and dtype and device from the tensor that you call it on.
# ``torch.randn_like`` takes the shape too, unless told otherwise: here it is told another dtype. ``meta``
# is a device that every machine has; it keeps shapes and no numbers, and shows here what is passed on.

torch.manual_seed(0)
model = torch.empty(N, D_in, dtype=torch.double, device="meta")
made = {
    "torch.ones(2, 3)": torch.ones(2, 3),
    "model": model,
    "model.new_ones(2, 3)": model.new_ones(2, 3),
    "torch.randn_like(model)": torch.randn_like(model),
    "torch.randn_like(model, dtype=torch.float)": torch.randn_like(model, dtype=torch.float),
}
for name, tensor in made.items():
    print(f"{name:42s} {tuple(tensor.shape)!s:11s} {tensor.dtype!s:14s} {tensor.device}")

# %%
# The default dtype
# -----------------
#
# A tensor of floats holds float32 unless you say otherwise. That is the default dtype, and you can change
# it. It decides what ``torch.zeros``, ``torch.rand`` and Python floats become, and with them the weights of
# a new layer. NumPy's decimals are float64 and stay so, which is why the ladder runs in float64.

makers = {
    "torch.zeros(1)": lambda: torch.zeros(1),
    "torch.tensor([0.5])": lambda: torch.tensor([0.5]),
    "a layer's weight": lambda: torch.nn.Linear(2, 1).weight,
    "torch.tensor([5])": lambda: torch.tensor([5]),
    "torch.tensor(array)": lambda: torch.tensor(array),
}
as_installed = torch.get_default_dtype()
print("default dtype      ", as_installed, "  torch.float64")
for name, make in makers.items():
    first = make().dtype
    torch.set_default_dtype(torch.float64)
    print(f"{name:20s} {first!s:15s} {make().dtype}")
    torch.set_default_dtype(as_installed)

# %%
# Random numbers and seeds
# ------------------------
#
# ``torch.rand`` draws evenly from 0 to 1, ``torch.randn`` from the standard normal distribution. The
# numbers come from a generator, and ``torch.manual_seed`` sets it to a known state: the same seed, the same
# draws.

torch.manual_seed(0)
uniform, normal = torch.rand(100_000), torch.randn(100_000)
torch.manual_seed(0)
difference = (torch.rand(100_000) - uniform).abs().max()
print(f"drawn again from the same seed: largest difference {difference:.1f}")
print(f"rand:  from {uniform.min():.1f} to {uniform.max():.1f}, mean {uniform.mean():.2f}")
print(f"randn: mean {normal.mean().abs():.1f}, standard deviation {normal.std():.1f}")

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for draws, name in ((normal, "torch.randn"), (uniform, "torch.rand")):
    heights, edges = torch.histogram(draws, bins=80, range=(-4.0, 4.0), density=True)
    ax.stairs(heights.numpy(), edges.numpy(), label=name, linewidth=2)
ax.set(title="Where 100,000 draws fall", xlabel="value", ylabel="share of the draws per unit")
ax.legend()
plt.show()

# %%
# That holds for the same calls on the same machine with the same release. PyTorch doesn't promise the same
# numbers on another release, platform or device: from the same seed, a GPU draws others. Even here, what a
# draw begins with may depend on how many numbers you ask for. To use the same draws elsewhere, save the
# numbers, not the seed.

torch.manual_seed(0)
eight = torch.randn(8)
torch.manual_seed(0)
sixteen = torch.randn(16)
difference = (eight - sixteen[:8]).abs().max()
print(f"randn(8) and the first 8 of randn(16), from one seed: up to {difference:.1f} apart")

# %%
# The seed is PyTorch's own. NumPy and Python's ``random`` keep generators that it doesn't reach, so a
# program that draws from all three needs three seeds. Seed, draw, seed PyTorch again, draw again: one row
# repeats itself.

random.seed(0)
rng = np.random.default_rng(0)
draws = {"torch": lambda: torch.rand(1).item(), "NumPy": rng.random, "random": random.random}
for name, draw in draws.items():
    torch.manual_seed(0)
    first = draw()
    torch.manual_seed(0)
    print(f"{name:6s} two draws, torch.manual_seed before each: {abs(draw() - first):.2f} apart")

# %%
# Summary
# -------
#
# - ``torch.empty`` reserves memory; ``torch.zeros``, ``torch.rand`` and ``torch.tensor`` fill it.
# - ``torch.Tensor.new_ones`` and ``torch.randn_like`` take from another tensor what you don't spell out.
# - ``torch.get_default_dtype`` says what floats become; ``torch.manual_seed`` makes PyTorch's draws repeat.
#
# Practise: ``exercises/creating``
#
# Next: ``operations`` computes with tensors, and asks after each line where the result lies.
