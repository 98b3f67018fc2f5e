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

You create tensors in three ways: from values you choose, from random numbers, and
modelled on another tensor. The ladder does this again and again:
``tensors_by_hand`` converts arrays, ``nn_sequential`` lets PyTorch draw the weights,
and ``dynamic_graph`` depends on a seed. By the end of this page you can say what kind
of number each of those tensors holds, and why a second run draws the same ones.

What you'll learn:

- why ``torch.empty`` promises no values, and what to call when you want some;
- how ``torch.tensor`` copies data and picks a dtype;
- what a new tensor takes over from the tensor it is modelled on;
- what a shape is, what the default dtype is, and what a seed affects.
"""

# %%
# Memory as it comes
# ------------------
#
# ``torch.empty`` asks for memory and writes nothing into it, so the tensor holds
# whatever was there before. That may be zeros, but nothing guarantees it. You can rely
# on the shape and the dtype, but write numbers into the tensor before you read any.

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
# A program that reads too early may run for years on lucky zeros. To find the mistake,
# switch on deterministic algorithms: PyTorch then fills the memory of new tensors.
# Floats become NaN, which spoils every result that uses them. Integers and booleans
# have no NaN, so integers become the largest value of their dtype and booleans become
# True. A mask that nobody wrote still looks like a mask.

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
# Values you choose
# -----------------
#
# ``torch.zeros``, ``torch.ones`` and ``torch.full`` take a shape. With ``dtype`` you
# say what kind of number you want. ``torch.long`` is another name for ``torch.int64``.

counts = torch.zeros(2, 3, dtype=torch.long)
print(counts)
print("torch.long is", torch.long)

# %%
# ``torch.tensor`` takes data and infers the dtype from it. Integers become int64. A
# single float among them makes the tensor float32. A NumPy array keeps its own dtype.

for data in ([1, 2], [1, 2.5], [True, False], [1, 2j], np.array([1.0, 2.0])):
    print(f"{data!s:14s} -> {torch.tensor(data).dtype}")

# %%
# ``torch.tensor`` always copies the data, so later changes to the list or the array
# don't show in the tensor. When you don't want a copy, use the calls that share memory:
# ``numpy_interop`` shows them.

array = np.array([1.0, 2.0])
copied = torch.tensor(array)
array[0] = 100
print("array ", array)
print("tensor", copied)

# %%
# Shapes
# ------
#
# Both ``torch.Tensor.size`` and ``shape`` return a ``torch.Size``. It is a tuple: you
# can compare it, index it and unpack it.

size = x.size()
rows, columns = size
assert isinstance(size, tuple)
assert size == x.shape == (64, 1000)
print(size, " rows", rows, " columns", columns, " x.size(0)", x.size(0))

# %%
# A tensor of shape ``(1,)`` is a vector with one entry. A tensor of shape ``()`` has no
# axes and holds one number. A loss has shape ``()``.

for data in (7.0, [7.0], [[7.0]]):
    tensor = torch.tensor(data)
    print(f"{data!s:8s} shape {tuple(tensor.shape)!s:7s} axes {tensor.dim()}")

# %%
# Like another tensor
# -------------------
#
# ``torch.Tensor.new_ones`` takes a shape as its argument, and copies dtype and device
# from the tensor you call it on. ``torch.randn_like`` copies the shape too. Anything
# you pass explicitly wins: below, one call asks for a different dtype. The example uses
# ``meta``, a device that every machine has. It stores shapes but no numbers, so you can
# see that the device is copied.

torch.manual_seed(0)
model = torch.empty(N, D_in, dtype=torch.double, device="meta")
made = {
    "torch.ones(2, 3)": torch.ones(2, 3),
    "model": model,
    "model.new_ones(2, 3)": model.new_ones(2, 3),
    "torch.randn_like(model)": torch.randn_like(model),
    "torch.randn_like(model, dtype=torch.float)": torch.randn_like(
        model,
        dtype=torch.float,
    ),
}
for name, tensor in made.items():
    shape = tuple(tensor.shape)
    print(f"{name:42s} {shape!s:11s} {tensor.dtype!s:14s} {tensor.device}")

# %%
# The default dtype
# -----------------
#
# A tensor of floats holds float32 unless you say otherwise. That is the default dtype,
# and you can change it. The default decides the dtype of ``torch.zeros``, of
# ``torch.rand`` and of tensors made from Python floats, and so the dtype of a new
# layer's weights. NumPy's floats are float64 and stay float64, which is why the ladder
# runs in float64.

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
# ``torch.rand`` draws evenly from 0 to 1, ``torch.randn`` from the standard normal
# distribution. The numbers come from a generator, and ``torch.manual_seed`` puts it
# into a known state. The same seed brings the same draws.

torch.manual_seed(0)
uniform, normal = torch.rand(100_000), torch.randn(100_000)
torch.manual_seed(0)
difference = (torch.rand(100_000) - uniform).abs().max()
print(f"drawn again from the same seed: largest difference {difference:.1f}")
lowest, highest = uniform.min(), uniform.max()
print(f"rand:  from {lowest:.1f} to {highest:.1f}, mean {uniform.mean():.2f}")
print(f"randn: mean {normal.mean().abs():.1f}, standard deviation {normal.std():.1f}")

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for draws, name in ((normal, "torch.randn"), (uniform, "torch.rand")):
    heights, edges = torch.histogram(draws, bins=80, range=(-4.0, 4.0), density=True)
    ax.stairs(heights.numpy(), edges.numpy(), label=name, linewidth=2)
ax.set(title="Where 100,000 draws fall")
ax.set(xlabel="value", ylabel="share of the draws per unit")
ax.legend()
plt.show()

# %%
# That holds for the same calls, on the same machine, with the same release. PyTorch
# doesn't promise the same numbers on a different release, platform or device: a GPU
# draws different numbers from the same seed. Even on one machine, the first numbers may
# depend on how many you ask for. To use the same draws elsewhere, save the numbers, not
# the seed.

torch.manual_seed(0)
eight = torch.randn(8)
torch.manual_seed(0)
sixteen = torch.randn(16)
difference = (eight - sixteen[:8]).abs().max()
calls = "randn(8) and the first 8 of randn(16)"
print(f"{calls}, from one seed: up to {difference:.1f} apart")

# %%
# The seed is PyTorch's own. It doesn't reach the generators of NumPy or of Python's
# ``random``, so a program that draws from all three needs three seeds. Below, each
# draws a number after ``torch.manual_seed``, and then again after the same seed. Only
# PyTorch's draw repeats.

random.seed(0)
rng = np.random.default_rng(0)
draws = {
    "torch": lambda: torch.rand(1).item(),
    "NumPy": rng.random,
    "random": random.random,
}
for name, draw in draws.items():
    torch.manual_seed(0)
    first = draw()
    torch.manual_seed(0)
    apart = abs(draw() - first)
    print(f"{name:6s} two draws, torch.manual_seed before each: {apart:.2f} apart")

# %%
# Summary
# -------
#
# - ``torch.empty`` reserves memory; ``torch.zeros``, ``torch.rand`` and
#   ``torch.tensor`` fill it.
# - ``torch.Tensor.new_ones`` and ``torch.randn_like`` copy whatever you don't specify
#   from another tensor.
# - ``torch.get_default_dtype`` shows what floats become; ``torch.manual_seed`` makes
#   PyTorch's draws repeatable.
#
# Practise: ``exercises/creating``
#
# Next: ``operations`` computes with tensors, and checks after each line where the result is stored.
