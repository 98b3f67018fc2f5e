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

You add, index and reshape tensors, and after each operation you look at where the result lies: in new
memory, or in memory that another tensor uses too. That is how to read the lines of ``tensors_by_hand`` that
look alike and are not. ``w1 -= ...`` changes the weights in place, ``grad_h[h <= 0] = 0`` writes through an
index, ``w2.t()`` moves no number, and ``loss.item()`` leaves the world of tensors.

What you'll learn:

- four ways to add, and what the underscore at the end of a name means;
- which indexing gives a view of the same memory and which a copy;
- when ``view`` fails, and what ``reshape`` does then;
- how to take a number out of a tensor.
"""

# %%
# Addition, four ways
# -------------------
#
# The operator, the function, the function with a tensor for the result, and the method that changes a
# tensor in place. All four give the same numbers.

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
# A name that ends in an underscore belongs to a method that changes its tensor in place: ``add_``,
# ``zero_``, ``relu_``. ``y.add(x)`` returns a new tensor, which nobody keeps here. To see what a line does
# to ``y``, give the tensor a second name before. ``torch.Tensor.data_ptr`` is the address of a tensor's
# first number: it tells whether ``y`` is where it was.


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
# ``y += x`` and ``out=y`` write in place too. ``y = y + x`` makes a new tensor and gives it the old name:
# anything else that was called ``y`` doesn't see that change.

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
# In place means: into the numbers that are there. So neither the dtype nor the shape can change, and an
# operation that would need it raises.

for target, other in ((torch.zeros(3, dtype=torch.long), 0.5), (torch.zeros(3), torch.ones(2, 3))):
    print("new tensor:", (target + other).dtype, tuple((target + other).shape))
    try:
        target.add_(other)
    except RuntimeError as error:
        print("in place:", str(error).splitlines()[0])

# %%
# Indexing
# --------
#
# Indexing is NumPy's, with two kinds of result. Numbers and slices describe a regular walk through memory,
# so they give a view: the same numbers under another name. Lists and masks pick numbers anywhere, and give
# a copy. The storage tells which: it is the block of memory behind a tensor.

x = torch.arange(12.0).view(3, 4)


def share(a, b):
    """Whether two tensors use the same block of memory."""
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
# On the left of an equals sign every index writes into ``x`` itself, masks too. That is how the ladder's
# ``grad_h[h <= 0] = 0`` works. One slice that NumPy has is missing: a step back.

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
# ``torch.Tensor.view`` gives the same numbers another shape. One size may be -1: it follows from the
# others. No number moves: a change through the view shows in the original.

x = torch.arange(6)
table = x.view(2, -1)
table[0, 0] = 100
print("table", tuple(table.shape), table.tolist())
print("x    ", tuple(x.shape), "  ", x.tolist())
assert share(table, x)

# %%
# A tensor walks its storage in strides: so many places to the next row, so many to the next column. The
# transpose of ``tensors_by_hand`` swaps shape and strides and touches no number. But read row by row, it
# now jumps back and forth, and no strides lay that walk out as one line. Then ``view`` refuses.

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
# ``torch.reshape`` gives a view where one is possible and copies where none is, so after it you don't know
# whether memory is shared. ``torch.Tensor.contiguous`` says what it does: it copies into reading order,
# unless the tensor is in reading order already.

results = {
    "table.reshape(6)": table.reshape(6),
    "turned.reshape(6)": turned.reshape(6),
    "turned.contiguous().view(6)": turned.contiguous().view(6),
    "table.contiguous()": table.contiguous(),
}
for name, result in results.items():
    print(f"{name:28s} {'shares memory' if share(result, x) else 'is a copy'}: {result.tolist()}")

# %%
# The figure shows both walks. Each number of ``x`` is its own place in the storage, so reading a tensor row
# by row prints the places that it visits. A straight line can be a view of shape ``(6,)``; the broken one
# can't.

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for tensor, name in ((table, "table"), (turned, "turned = table.t()")):
    label = f"{name}, strides {tensor.stride()}"
    ax.plot(range(1, 7), tensor.flatten().tolist(), "o-", label=label)
title = "The same six numbers, read row by row"
ax.set(title=title, xlabel="number read", ylabel="place in the storage")
ax.legend()
plt.show()

# %%
# Out of the tensor
# -----------------
#
# A sum has shape ``()``, as every loss on the ladder. ``torch.Tensor.item`` takes its number out as a
# Python number. It works for one element, in whatever shape; for more there is ``torch.Tensor.tolist``.

total = table.sum()
print("shape", tuple(total.shape), " item", total.item(), " a Python", type(total.item()).__name__)
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
# - ``torch.add`` makes a new tensor, ``torch.Tensor.add_`` and ``out=`` write into one that is there.
# - Slices, ``torch.Tensor.view`` and ``torch.t`` share memory; lists, masks, at times ``torch.reshape`` copy.
# - ``torch.Tensor.item`` takes the number out of a tensor that has one.
#
# Practise: ``exercises/operations``
#
# Next: ``numpy_interop`` asks the same question of arrays and tensors: who shares, and who copies?
