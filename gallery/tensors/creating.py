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
modelled on another tensor. The ladder, a series of pages that each fit the same
two-layer network, creates tensors again and again: ``tensors_by_hand`` converts NumPy
arrays, ``nn_sequential`` lets PyTorch draw the weights, and ``dynamic_graph`` depends
on a seed. By the end of this page you can say which data type (dtype) each of those
tensors has, and why a second run draws the same values.

What you'll learn:

- why you can't rely on the values that ``torch.empty`` returns, and what to call
  instead;
- how ``torch.tensor`` copies data and infers a dtype;
- which properties a new tensor takes from the tensor it is modelled on;
- what a shape is, what the default dtype is, and what a seed affects.
"""

# %%
# Uninitialised memory
# --------------------
#
# ``torch.empty`` allocates memory and writes nothing into it, so the tensor contains
# whatever was there before. The values may happen to be zeros, but nothing guarantees
# it. You can rely on the shape and the dtype, but write values into the tensor before
# you read any.

import random

import matplotlib.pyplot as plt
import numpy as np
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

N, D_in = 64, 1000
x = torch.empty(N, D_in)
print("shape", tuple(x.shape), " dtype", x.dtype, " elements", x.numel())

x.zero_()
print("nonzero elements after zero_:", torch.count_nonzero(x).item())

# %%
# A program that reads uninitialised memory can run for years because the values happen
# to be zeros. To find such a mistake, switch on deterministic algorithms: PyTorch then
# fills uninitialised tensors. Floating-point elements become NaN, which spreads through
# nearly all arithmetic. Integers and booleans have no NaN, so integers become the
# largest value of their dtype and booleans become True. So a mask that you forgot to
# fill still looks like a mask.

torch.use_deterministic_algorithms(mode=True)
marked = torch.empty(N, D_in)
whole = torch.empty(N, D_in, dtype=torch.int64)
mask = torch.empty(N, D_in, dtype=torch.bool)
torch.use_deterministic_algorithms(mode=False)
print("float32: finite elements", torch.isfinite(marked).sum().item())
print("int64:   distinct values", whole.unique().tolist())
print("bool:    True elements", mask.sum().item(), "of", mask.numel())
assert whole.min() == torch.iinfo(torch.int64).max

# %%
# Values you choose
# -----------------
#
# ``torch.zeros``, ``torch.ones`` and ``torch.full`` take a shape. With ``dtype`` you
# choose the data type. ``torch.long`` is another name for ``torch.int64``.

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
# don't affect the tensor. If you don't want a copy of an array, use one of the
# functions that share memory. ``numpy_interop`` shows them.

array = np.array([1.0, 2.0])
copied = torch.tensor(array)
array[0] = 100
print("array ", array)
print("tensor", copied)

# %%
# Shapes
# ------
#
# Both ``torch.Tensor.size``, called without an argument, and ``shape`` return a
# ``torch.Size``. It is a tuple: you can compare it, index it and unpack it.

size = x.size()
rows, columns = size
assert isinstance(size, tuple)
assert size == x.shape == (64, 1000)
print(size, " rows", rows, " columns", columns, " x.size(0)", x.size(0))

# %%
# A tensor of shape ``(1,)`` is a vector with one element. A tensor of shape ``()`` has
# no dimensions and holds a single number. The ladder's loss has shape ``()``.

for data in (7.0, [7.0], [[7.0]]):
    tensor = torch.tensor(data)
    print(f"{data!s:8s} shape {tuple(tensor.shape)!s:7s} dimensions {tensor.dim()}")

# %%
# Modelled on another tensor
# --------------------------
#
# ``torch.Tensor.new_ones`` takes a shape as its argument, and copies the dtype and the
# device from the tensor you call it on. ``torch.randn_like`` copies the shape too. Any
# argument you pass explicitly takes precedence: below, one call requests a different
# dtype. The example uses ``meta``, a device that every machine has and that stores
# shapes but no elements. The output shows that the device is copied.

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
# Where nothing else determines the dtype of a floating-point tensor, it is float32.
# This is the default dtype, and you can change it. The default determines the dtype of
# ``torch.zeros``, of ``torch.rand`` and of tensors made from Python floats, and also
# the dtype of a new layer's weights. NumPy's floats are float64 by default and remain
# float64 when you convert them, which is why the ladder uses float64.

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
# ``torch.rand`` draws uniformly from 0 to 1, and ``torch.randn`` from the standard
# normal distribution. The numbers come from a generator, and ``torch.manual_seed`` puts
# that generator into a known state. With the same seed, you get the same draws.

torch.manual_seed(0)
uniform, normal = torch.rand(100_000), torch.randn(100_000)
torch.manual_seed(0)
difference = (torch.rand(100_000) - uniform).abs().max()
print(f"drawn again with the same seed: largest difference {difference:.1f}")
lowest, highest = uniform.min(), uniform.max()
print(f"rand:  from {lowest:.1f} to {highest:.1f}, mean {uniform.mean():.2f}")
print(f"randn: mean {normal.mean().abs():.1f}, standard deviation {normal.std():.1f}")

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for draws, name in ((normal, "torch.randn"), (uniform, "torch.rand")):
    heights, edges = torch.histogram(draws, bins=80, range=(-4.0, 4.0), density=True)
    ax.stairs(heights.numpy(), edges.numpy(), label=name, linewidth=2)
ax.set(title="The distribution of 100,000 draws")
ax.set(xlabel="value", ylabel="density")
ax.legend()
plt.show()

# %%
# The draws are sure to repeat only for the same calls, on the same machine, with the
# same release of PyTorch. PyTorch doesn't promise the same numbers on a different
# release, platform or device: with the same seed, a GPU draws different numbers. Even
# on one machine, the first numbers can depend on how many you request. To use the same
# draws elsewhere, save the numbers, not the seed.

torch.manual_seed(0)
eight = torch.randn(8)
torch.manual_seed(0)
sixteen = torch.randn(16)
difference = (eight - sixteen[:8]).abs().max()
calls = "randn(8) and the first 8 of randn(16)"
print(f"{calls}, with the same seed: up to {difference:.1f} apart")

# %%
# The seed applies only to PyTorch. It doesn't affect the generators of NumPy or of
# Python's ``random``, so a program that draws from all three needs three seeds. Below,
# each of the three draws one number after ``torch.manual_seed(0)`` and another after a
# second ``torch.manual_seed(0)``. Only PyTorch's draw repeats.

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
# - ``torch.empty`` only allocates memory; ``torch.zeros``, ``torch.rand`` and
#   ``torch.tensor`` also fill it.
# - ``torch.Tensor.new_ones`` and ``torch.randn_like`` copy another tensor's dtype and
#   device, unless you specify them.
# - ``torch.get_default_dtype`` returns the dtype that Python floats get;
#   ``torch.manual_seed`` makes PyTorch's draws repeatable.
#
# Practise: ``exercises/creating``
#
# Next: ``operations`` computes with tensors, and checks after each line where the result is stored.
