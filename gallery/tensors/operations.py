# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "torch>=2.9",
# ]
# ///
"""
Operations on tensors
=====================

You add, index and reshape tensors, and after each operation you look at where the
result is stored: in new memory, or in memory that another tensor uses too. Then you can
read lines of ``tensors_by_hand`` that look alike but do different things: ``w1 -= ...``
changes the weights in place, ``grad_h[h <= 0] = 0`` writes through an index, ``w2.t()``
moves no numbers, and ``loss.item()`` returns a Python number.

What you'll learn:

- four ways to add, and what the underscore at the end of a name means;
- which kinds of indexing return a view of the same memory, and which a copy;
- when ``view`` fails, and what ``reshape`` does then;
- how to take a number out of a tensor.
"""

# %%
# Addition, four ways
# -------------------
#
# You can add with an operator, with a function, with a function that writes into a
# tensor you provide, or with a method that changes a tensor in place. All four compute
# the same numbers.

import matplotlib.pyplot as plt
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

x = torch.tensor([10.0, 20.0, 30.0])
y = torch.tensor([1.0, 2.0, 3.0])

result = torch.empty(3)
torch.add(x, y, out=result)
in_place = y.clone()
in_place.add_(x)

print("x + y           ", x + y)
print("torch.add(x, y) ", torch.add(x, y))
print("out=result      ", result)
print("in_place.add_(x)", in_place)
assert torch.equal(result, x + y)
assert torch.equal(in_place, x + y)

# %%
# Where does the sum go?
# ----------------------
#
# A method whose name ends in an underscore changes its tensor in place: ``add_``,
# ``zero_``, ``relu_``. ``y.add(x)``, by contrast, returns a new tensor. The line below
# doesn't keep it, so its result is lost. To see what a line does to ``y``, give the
# tensor a second name first. ``torch.Tensor.data_ptr`` is the address of a tensor's
# first number. If it hasn't changed, ``y`` is still where it was.


def report(line, y, old):
    """Print what a line left in y, and in the tensor that was called y before."""
    place = "where it was" if y.data_ptr() == old.data_ptr() else "elsewhere"
    print(f"{line:22s}  y {y.tolist()!s:18s}  {place:12s}  the old y {old.tolist()}")


start = y
y = old = start.clone()
y.add(x)
report("y.add(x)", y, old)
y.add_(x)
report("y.add_(x)", y, old)

# %%
# ``y += x`` and ``out=y`` also write in place. ``y = y + x`` makes a new tensor and
# calls it ``y``. Any other name for the old tensor doesn't see the change.

y = old = start.clone()
y += x
report("y += x", y, old)
torch.add(x, y, out=y)
report("torch.add(x, y, out=y)", y, old)
assert y is old
y = y + x
report("y = y + x", y, old)
assert y is not old

# %%
# In place means that the result overwrites the numbers that are already there. So
# neither the dtype nor the shape can change, and an operation that would have to change
# one of them raises an error.

pairs = (
    (torch.zeros(3, dtype=torch.long), 0.5),
    (torch.zeros(3), torch.ones(2, 3)),
)
for target, other in pairs:
    print("new tensor:", (target + other).dtype, tuple((target + other).shape))
    try:
        target.add_(other)
    except RuntimeError as error:
        print("in place:", str(error).splitlines()[0])

# %%
# Indexing
# --------
#
# Indexing works as in NumPy, with two kinds of result. Integers and slices step through
# memory at regular intervals, so they return a view: the same numbers under another
# name. Lists and masks can pick numbers from anywhere, so they return a copy. You can
# find out which by looking at the storage, the block of memory behind a tensor.

x = torch.arange(12.0).view(3, 4)


def share(a, b):
    """Return whether two tensors use the same block of memory."""
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


parts = {
    "x[1]": x[1],
    "x[:, 1]": x[:, 1],
    "x[-1, ::2]": x[-1, ::2],
    "x[..., None]": x[..., None],
    "x[[0, 2]]": x[[0, 2]],
    "x[x > 5]": x[x > 5],
}
for index, part in parts.items():
    kind = "view" if share(part, x) else "copy"
    print(f"{index:13s} shape {tuple(part.shape)!s:10s} {kind}")

# %%
# On the left of an equals sign, every index writes into ``x`` itself, even a mask. That
# is how ``grad_h[h <= 0] = 0`` works on the ladder. One slice that NumPy has is missing
# in PyTorch: you can't step backwards.

x[x > 5] = 0
x[:, 1] += 100
try:
    x[::-1]
except ValueError as error:
    print("x[::-1]:", error)
print(x)

# %%
# View
# ----
#
# ``torch.Tensor.view`` returns the same numbers in a different shape. You may write -1
# for one of the sizes, and PyTorch works it out from the others. No numbers move, so a
# change made through the view shows in the original.

x = torch.arange(6)
table = x.view(2, -1)
table[0, 0] = 100
print("table", tuple(table.shape), table.tolist())
print("x    ", tuple(x.shape), "  ", x.tolist())
assert share(table, x)

# %%
# A tensor steps through its storage in strides: so far to the next row, so far to the
# next column. The transpose in ``tensors_by_hand`` swaps shape and strides and touches
# no numbers. But reading the transposed tensor row by row now means jumping back and
# forth in memory, and no stride describes those jumps as a single line. So ``view``
# refuses.

x = torch.arange(6)
table = x.view(2, 3)
turned = table.t()
print("table  shape", tuple(table.shape), " strides", table.stride())
print("turned shape", tuple(turned.shape), " strides", turned.stride())
assert share(turned, x)
try:
    turned.view(6)
except RuntimeError as error:
    print(str(error).splitlines()[0])

# %%
# Reshape
# -------
#
# ``torch.reshape`` returns a view where it can and copies where it must, so afterwards
# you don't know whether memory is shared. ``torch.Tensor.contiguous`` is clearer about
# it: it copies the numbers into reading order, unless the tensor is in that order
# already.

results = {
    "table.reshape(6)": table.reshape(6),
    "turned.reshape(6)": turned.reshape(6),
    "turned.contiguous().view(6)": turned.contiguous().view(6),
    "table.contiguous()": table.contiguous(),
}
for name, result in results.items():
    kind = "shares memory" if share(result, x) else "is a copy"
    print(f"{name:28s} {kind}: {result.tolist()}")

# %%
# The figure shows both ways through the storage. The numbers in ``x`` equal their
# positions in the storage, so reading a tensor row by row prints the positions that it
# visits. The straight line can be a view of shape ``(6,)``. The zigzag can't.

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for tensor, name in ((table, "table"), (turned, "turned = table.t()")):
    label = f"{name}, strides {tensor.stride()}"
    ax.plot(range(1, 7), tensor.flatten().tolist(), "o-", label=label)
title = "The same six numbers, read row by row"
ax.set(title=title, xlabel="reading step", ylabel="position in the storage")
ax.legend()
plt.show()

# %%
# Out of the tensor
# -----------------
#
# A sum has shape ``()``, like every loss on the ladder. ``torch.Tensor.item`` returns
# its value as a Python number. It works for one element, whatever the shape. For more
# than one, use ``torch.Tensor.tolist``.

total = table.sum()
number = total.item()
print("shape", tuple(total.shape), " item", number, " a Python", type(number).__name__)
print("from shape (1, 1):", torch.tensor([[2.5]]).item())
try:
    table.item()
except RuntimeError as error:
    print(error)
print("tolist:", table.tolist())

# %%
# Summary
# -------
#
# - ``torch.add`` makes a new tensor; ``torch.Tensor.add_`` and ``out=`` write into an
#   existing one.
# - Slices, ``torch.Tensor.view`` and ``torch.t`` share memory. Indexing with a list or
#   a mask copies; ``torch.reshape`` copies only when it must.
# - ``torch.Tensor.item`` takes the number out of a tensor that holds one.
#
# Practise: ``exercises/operations``
#
# Next: ``numpy_interop`` asks the same question of arrays and tensors: which calls share, and which copy?
