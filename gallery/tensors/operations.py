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

You add, index and reshape tensors, and after each operation you check where the result
is stored: in new memory, or in memory that another tensor uses too. By the end of this
page you can explain these lines from ``tensors_by_hand``, each of which treats memory
differently: ``w1 -= ...`` changes the weights in place, ``grad_h[h <= 0] = 0`` writes
through an index, ``w2.t()`` moves no data, and ``loss.item()`` returns a Python number.

What you'll learn:

- four ways to add, and what the underscore at the end of a name means;
- which kinds of indexing return a view of the same memory, and which return a copy;
- when ``view`` fails, and what ``reshape`` does instead;
- how to get a Python number from a tensor.
"""

# %%
# Addition, four ways
# -------------------
#
# You can add with an operator, with a function, with a function that writes into a
# tensor you provide, or with a method that changes a tensor in place. All four compute
# the same sum.

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
# ``zero_``, ``relu_``. ``y.add(x)``, by contrast, returns a new tensor. Below, nothing
# keeps the result of ``y.add(x)``, so the sum is lost. To see what a line does to
# ``y``, first give the tensor a second name, ``old``. ``torch.Tensor.data_ptr`` returns
# the address of a tensor's first element. If ``y`` has the same address as ``old``, it
# still uses the same memory.


def report(line, y, old):
    """Print what a line left in y, and in the tensor that was called y before."""
    memory = "same memory" if y.data_ptr() == old.data_ptr() else "new memory"
    print(f"{line:22s}  y {y.tolist()!s:18s}  {memory:11s}  the old y {old.tolist()}")


start = y
y = old = start.clone()
y.add(x)
report("y.add(x)", y, old)
y.add_(x)
report("y.add_(x)", y, old)

# %%
# ``y += x`` and ``out=y`` also write in place. ``y = y + x`` creates a new tensor and
# names it ``y``. Any other name still refers to the old tensor, which doesn't change.

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
# In-place arithmetic such as ``add_`` overwrites the existing elements. So neither the
# dtype nor the shape can change: adding a float to integers raises an error, and so
# does a sum of a different shape.

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
# Indexing works much as in NumPy, and gives one of two kinds of result. Integers and
# slices pick elements at regular intervals along each axis, so they return a view: a
# tensor that uses the same memory. Lists and masks can pick elements from anywhere, so
# they return a copy. To find out which kind you have, look at the storage, the block of
# memory behind a tensor.

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
# On the left of an assignment, every index writes into ``x`` itself, even a mask. That
# is how ``grad_h[h <= 0] = 0`` works in ``tensors_by_hand``. One kind of slice that
# NumPy has is missing in PyTorch: you can't step backwards.

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
# ``torch.Tensor.view`` returns the same elements in a different shape. You can write -1
# for one of the sizes, and PyTorch works it out from the others. No data moves, so a
# change made through the view also changes the original.

x = torch.arange(6)
table = x.view(2, -1)
table[0, 0] = 100
print("table", tuple(table.shape), table.tolist())
print("x    ", tuple(x.shape), "  ", x.tolist())
assert share(table, x)

# %%
# A matrix's strides say how many elements to move in storage to reach the next row, and
# how many to reach the next column. The transpose in ``tensors_by_hand`` swaps the two
# sizes and the two strides, and moves no data. But reading the transposed tensor row by
# row means jumping back and forth in the storage, and no single stride describes those
# jumps. So a ``view`` of shape ``(6,)`` raises an error.

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
# ``torch.reshape`` returns a view where it can and copies where it must, so from the
# call alone you can't know whether memory is shared. ``torch.Tensor.contiguous`` has a
# simpler rule: it copies the elements into row-by-row order, unless they are already in
# that order, without gaps.

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
# The figure shows which positions in the storage you visit, in order, when you read
# each tensor row by row. Each element of ``x`` equals its own position in the storage,
# so each value that you read is also its position. A view of shape ``(6,)`` can
# describe the straight line, but not the zigzag.

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for tensor, name in ((table, "table"), (turned, "turned = table.t()")):
    label = f"{name}, strides {tensor.stride()}"
    ax.plot(range(1, 7), tensor.flatten().tolist(), "o-", label=label)
title = "The same six elements, read row by row"
ax.set(title=title, xlabel="reading step", ylabel="position in the storage")
ax.legend()
plt.show()

# %%
# From a tensor to a Python number
# --------------------------------
#
# The sum of all elements has shape ``()``, like the loss in ``tensors_by_hand``.
# ``torch.Tensor.item`` returns its value as a Python number. It works for any tensor
# with exactly one element, whatever the shape. For more elements, use
# ``torch.Tensor.tolist``.

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
# - ``torch.add`` returns a new tensor; ``torch.Tensor.add_`` and ``out=`` write into an
#   existing one.
# - Slices, ``torch.Tensor.view`` and ``torch.t`` share memory. Indexing with a list or
#   a mask copies; ``torch.reshape`` copies only when it must.
# - ``torch.Tensor.item`` returns the value of a one-element tensor as a Python number.
#
# Practise: ``exercises/operations``
#
# Next: ``numpy_interop`` asks the same question about arrays and tensors: which calls share memory, and which copy?
