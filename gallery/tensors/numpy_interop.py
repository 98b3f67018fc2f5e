# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
Tensors and NumPy
=================

You pass data between NumPy and PyTorch, and find out each time whether the two share
memory. The page ``tensors_by_hand`` turns its arrays into tensors with
``torch.from_numpy`` and clones the weights before the training loop. By the end of this
page you know what would happen without the clones, and which other calls copy.

What you'll learn:

- how an array and a tensor can be two names for the same memory, whichever of them came
  first;
- which calls share memory and which copy, and how to check;
- what happens when an array and a tensor meet in one operation;
- which tensors NumPy can't accept directly, what the error message is, and how to
  convert them anyway;
- which arrays PyTorch can't accept, and how it treats a read-only one.
"""

# %%
# One memory, two names
# ---------------------
#
# ``torch.Tensor.numpy`` and ``torch.from_numpy`` copy no data: the array and the tensor
# share memory. If you change one of them in place, the other changes too.
# ``array = array + 1`` is different. Unlike ``array += 1``, it creates a new array and
# names it ``array``, while the tensor still shares memory with the original array from
# which it was created.

import warnings

import matplotlib.pyplot as plt
import numpy as np
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

tensor = torch.ones(3)
array = tensor.numpy()
tensor.add_(1)
print("after tensor.add_(1):  ", array)
array *= 10
print("after array *= 10:     ", tensor)

array = np.ones(3)
tensor = torch.from_numpy(array)
np.add(array, 1, out=array)
print("after np.add(..., out):", tensor)
tensor.mul_(10)
print("after tensor.mul_(10): ", array)
array = array + 1
print("after array = array + 1:", array, "and", tensor)
assert not np.shares_memory(array, tensor.numpy())

# %%
# An array made from a tensor has its own start, shape and strides: where to begin, how
# many elements to read, and how many bytes to move to get from one element to the next.
# So arrays of many shapes can use the same tensor, which has 6 elements here. The
# addresses show which elements each array uses. In the figure, each dot is an element
# that the array on that line can read and change.

t = torch.arange(6.0).view(2, 3)
arrays = {
    "t.numpy()": t.numpy(),
    "t.t().numpy()": t.t().numpy(),
    "t[1].numpy()": t[1].numpy(),
    "t[:, 0].numpy()": t[:, 0].numpy(),
    "t.numpy()[0, ::2]": t.numpy()[0, ::2],
}
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for line, (name, part) in enumerate(arrays.items()):
    start = part.ctypes.data - t.untyped_storage().data_ptr()  # in bytes
    places = [start + np.dot(place, part.strides) for place in np.ndindex(part.shape)]
    places = [int(place) // t.itemsize for place in places]
    layout = f"shape {part.shape!s:7s} strides {part.strides!s:8s}"
    print(f"{name:18s} {layout} positions {places}")
    ax.plot(places, [line] * len(places), "o", markersize=12, label=name)
title = "Five arrays in the memory of one tensor"
ax.set(title=title, xlabel="position in the storage", ylabel="array", ylim=(4.5, -0.5))
ax.set_yticks(range(len(arrays)), arrays)
plt.show()

# %%
# Which calls share memory, and which copy?
# -----------------------------------------
#
# ``numpy.shares_memory`` compares the addresses that two arrays use. To be sure, also
# change the source in place: a result that shares memory must change, and a copy must
# not. The function below checks both, and raises an error if they disagree.


def table(source, results):
    """Print for each result whether it shares memory with its source."""
    before = [np.asarray(result).copy() for result in results.values()]
    source += 1
    for (line, result), old in zip(results.items(), before, strict=True):
        shares = np.shares_memory(np.asarray(result), np.asarray(source))
        assert shares != np.array_equal(np.asarray(result), old)
        print(f"{line:40s} {'shares' if shares else 'copies'}")


a = np.arange(6.0).reshape(2, 3)
from_array = {
    "torch.from_numpy(a)": torch.from_numpy(a),
    "torch.as_tensor(a)": torch.as_tensor(a),
    "torch.asarray(a)": torch.asarray(a),
    "torch.from_dlpack(a)": torch.from_dlpack(a),
    "torch.from_numpy(a).to(torch.float64)": torch.from_numpy(a).to(torch.float64),
    "torch.from_numpy(a).to(torch.float32)": torch.from_numpy(a).to(torch.float32),
    "torch.as_tensor(a, dtype=torch.float32)": torch.as_tensor(a, dtype=torch.float32),
    "torch.asarray(a, copy=True)": torch.asarray(a, copy=True),
    "torch.tensor(a)": torch.tensor(a),
    "torch.Tensor(a)": torch.Tensor(a),
}
table(a, from_array)

# %%
# In the other direction, the source is a tensor ``t`` of six float32 elements.
# Converting a tensor to the dtype or device that it already has changes nothing: ``to``
# and ``cpu`` then return the tensor itself.

t = torch.arange(6.0).view(2, 3)
from_tensor = {
    "t.numpy()": t.numpy(),
    "np.asarray(t)": np.asarray(t),
    "np.from_dlpack(t)": np.from_dlpack(t),
    "t.detach().numpy()": t.detach().numpy(),
    "t.numpy(force=True)": t.numpy(force=True),
    "t.cpu().numpy()": t.cpu().numpy(),
    "t.to(torch.float32).numpy()": t.to(torch.float32).numpy(),
    "t.to(torch.float64).numpy()": t.to(torch.float64).numpy(),
    "np.asarray(t, dtype=np.float64)": np.asarray(t, dtype=np.float64),
    "np.ascontiguousarray(t)": np.ascontiguousarray(t),
    "np.ascontiguousarray(t.t())": np.ascontiguousarray(t.t()),
    "t.clone().numpy()": t.clone().numpy(),
    "t.tolist()": t.tolist(),
}
table(t, from_tensor)

# %%
# An array and a tensor in one operation
# --------------------------------------
#
# With the tensor on the left, arithmetic returns a tensor whose dtype NumPy chooses,
# here the wider of the two, and NumPy warns that this will stop working. With the array
# on the left, most operators raise an error. ``torch.add`` and functions like it don't
# accept arrays. So convert one of the two: then both orders work, and you choose the
# type of the result. A single element of an array, such as ``a[0]``, behaves like a
# Python number.

a, t = np.array([1.0, 2.0]), torch.tensor([10.0, 20.0])  # float64 and float32
mixtures = {
    "t + a": lambda: t + a,
    "a + t": lambda: a + t,
    "a * t": lambda: a * t,
    "np.add(a, t)": lambda: np.add(a, t),
    "torch.add(t, a)": lambda: torch.add(t, a),
    "torch.from_numpy(a) + t": lambda: torch.from_numpy(a) + t,
    "a + t.numpy()": lambda: a + t.numpy(),
    "a[0] + t": lambda: a[0] + t,
}
for line, mix in mixtures.items():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = mix()
            print(f"{line:24s} {type(result).__name__} {result.dtype}", end="")
        except TypeError as error:
            print(f"{line:24s} TypeError: {str(error).partition('. ')[0]}", end="")
    print("", *(warning.category.__name__ for warning in caught))

# %%
# ``t += a`` doesn't work in place. It creates a new tensor, which is float64 here, and
# names it ``t``. The ``out=`` argument of NumPy's functions accepts arrays only, so
# pass the array that shares the tensor's memory.

t = old = torch.tensor([10.0, 20.0])
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    t += a
print("t += a:", t, "  the old t:", old)
assert t is not old
try:
    np.add(a, 1, out=old)
except TypeError as error:
    print("np.add(a, 1, out=old): TypeError:", error)
np.add(a, 1, out=old.numpy())
print("np.add(a, 1, out=old.numpy()):", old)

# %%
# Conversions that fail
# ---------------------
#
# Older tutorials say that every CPU tensor converts to an array except a CharTensor,
# whose dtype is int8. Try the dtypes one by one and print the dtypes of the arrays:
# int8 converts like the others.

tried = "float64 float32 float16 complex64 complex128 int64 int32 int16 int8 uint8 bool"
arrays = [torch.ones(2).to(getattr(torch, name)).numpy() for name in tried.split()]
print(*(array.dtype for array in arrays))

# %%
# The tensors below don't convert directly. For the first three, NumPy has no matching
# dtype. Each of the others has a property that an array can't have. An array doesn't
# record gradients. It has no flag that marks its elements as conjugated or negated. It
# stores every zero. And its data is in the CPU's memory. ``force=True`` helps in some
# of these cases. Where it works, the output shows whether memory is still shared.

bfloat16 = torch.ones(2, dtype=torch.bfloat16)
float8 = torch.ones(2).to(torch.float8_e4m3fn)
complex32 = torch.view_as_complex(torch.ones(2, 2, dtype=torch.float16))
tracked = torch.ones(2, requires_grad=True)
conjugate = torch.tensor([1 + 1j, 2 + 2j]).conj()
negative = conjugate.imag
sparse = torch.eye(2).to_sparse()
meta = torch.ones(2, device="meta")


def outcome(tensor, *, force):
    """Return what numpy() does with memory, or the first sentence of its error."""
    try:
        array = tensor.numpy(force=force)
    except (RuntimeError, TypeError) as error:
        return str(error).partition(". ")[0].rstrip(".")
    return "shares" if array.ctypes.data == tensor.data_ptr() else "copies"


tensors = (bfloat16, float8, complex32, tracked, conjugate, negative, sparse, meta)
names = "bfloat16, float8, complex32, tracked, conjugate, negative, sparse, meta"
for name, tensor in zip(names.split(", "), tensors, strict=True):
    print(f"{name:9s}        {outcome(tensor, force=False)}")
    print(f"      force=True {outcome(tensor, force=True)}")

# %%
# Which conversion works depends on the reason for the error. Under ``torch.no_grad`` a
# tracked tensor, that is, one that requires gradients, converts directly, because
# nothing is recorded there anyway. A tensor on ``meta`` has no elements, so you can
# only keep its shape.

with torch.no_grad():
    under_no_grad = tracked.numpy()
helps = {
    "bfloat16.float().numpy()": bfloat16.float().numpy(),
    "float8.float().numpy()": float8.float().numpy(),
    "complex32.to(torch.complex64).numpy()": complex32.to(torch.complex64).numpy(),
    "tracked.detach().numpy()": tracked.detach().numpy(),
    "tracked.numpy() under no_grad": under_no_grad,
    "conjugate.resolve_conj().numpy()": conjugate.resolve_conj().numpy(),
    "negative.resolve_neg().numpy()": negative.resolve_neg().numpy(),
    "sparse.to_dense().numpy()": sparse.to_dense().numpy(),
    "np.empty(meta.shape)": np.empty(meta.shape),
}
for line, array in helps.items():
    print(f"{line:38s} {array.dtype!s:9s} shape {array.shape}")

# %%
# Arrays that PyTorch can't accept, and one that causes a warning
# ---------------------------------------------------------------
#
# In the other direction, NumPy has layouts and dtypes that PyTorch doesn't support:
# negative strides, the byte order of a different kind of machine, and text. Copy the
# first, and convert the second with ``astype``.

a = np.arange(3.0)
foreign = {"reversed": a[::-1], "big-endian": a.astype(">f8"), "text": np.array(["a"])}
for name, array in foreign.items():
    try:
        torch.from_numpy(array)
    except (TypeError, ValueError) as error:
        print(f"{name}: {str(error).split('. ')[0].rstrip('.')}")
native = a.astype(">f8").astype(a.dtype)
print(torch.from_numpy(a[::-1].copy()), torch.from_numpy(native))

# %%
# PyTorch has no read-only tensors. A write-protected array loses its protection when
# you convert it: the tensor shares the memory and can change it. PyTorch warns you, but
# only once per program unless you call ``torch.set_warn_always``. ``torch.from_dlpack``
# doesn't warn at all. ``torch.tensor`` copies, so there is nothing to warn about.

protected = np.zeros(3)
protected.flags.writeable = False
torch.set_warn_always(True)
for convert in (torch.from_numpy, torch.as_tensor, torch.from_dlpack, torch.tensor):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        convert(protected).add_(1)
    count = f"warnings {len(caught)}"
    print(f"{convert.__name__:11s} {count}, the array is now {protected}")
    for warning in caught:
        print("   ", str(warning.message).partition(", and")[0])
torch.set_warn_always(False)

# %%
# Summary
# -------
#
# - ``torch.from_numpy`` and ``torch.Tensor.numpy`` share memory; ``torch.tensor`` and a
#   change of dtype copy.
# - To convert a tensor that requires gradients, call ``torch.Tensor.detach`` first. If
#   NumPy lacks the dtype, call ``torch.Tensor.to`` first.
# - If you don't remember whether a call shares memory, check with
#   ``numpy.shares_memory``.
#
# Practise: ``exercises/numpy_interop``
#
# Next: ``cuda_device`` moves tensors to a GPU, where NumPy can't use them.
