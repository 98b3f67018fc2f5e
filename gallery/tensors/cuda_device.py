# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
Tensors on a GPU
================

You find out whether PyTorch can use a CUDA GPU, create tensors on it, and move tensors
there and back. The two-layer network in ``tensors_by_hand`` runs on the CPU, and that
page says that the device, not the dtype, sends work to a GPU. Here you see what you
would have to move, what a move costs, and what happens if you forget one tensor. The
page runs on every machine: without CUDA, it skips whatever needs a GPU, and the output
says so.

What you'll learn:

- how to write a program that uses a GPU if there is one;
- which functions use the default device, and which don't;
- how ``to`` changes the device, the dtype, or both in one call;
- what happens when an operation's tensors are on different devices;
- how to measure a GPU's speed-up on your own machine, instead of trusting a published
  number.
"""

# %%
# Is there a GPU?
# ---------------
#
# ``torch.cuda.is_available`` returns True or False and never raises an error. To write
# one program for machines with and without a GPU, call it once, store the device in
# ``device``, and use ``device`` everywhere after that. A ``torch.device`` only names a
# device. You can name a GPU that you don't have, but you can't put a tensor on it.

import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

has_cuda = torch.cuda.is_available()
device = torch.device("cuda" if has_cuda else "cpu")
print("torch.cuda.is_available():", has_cuda)
print("device:                   ", device)


def skipped(what):
    """Print what this machine can't run."""
    print(f"No CUDA device, skipped: {what}")


second = torch.device("cuda", 1)
print(f"a name for a second GPU:   {second}, type {second.type}, index {second.index}")

# %%
# Create a tensor on a device
# ---------------------------
#
# ``torch.ones``, ``torch.rand``, ``torch.tensor`` and most other functions that create
# tensors have a ``device`` argument. If you omit it, the tensor is on the default
# device, which is the CPU. Every machine also has the device ``meta``. A tensor on
# ``meta`` has a shape, a dtype and a device like any other tensor, but no elements. On
# this page, ``meta`` replaces the GPU wherever the device matters and the elements
# don't.

print("default:", torch.ones(2, 3).device)
print("meta:   ", torch.ones(2, 3, device="meta"))
if has_cuda:
    print("cuda:   ", torch.ones(2, 3, device="cuda"))
else:
    try:
        torch.ones(2, 3, device="cuda")
    except (AssertionError, RuntimeError):  # which one depends on how PyTorch was built
        print("cuda:    raises an error")
    skipped("a tensor made on the GPU")

# %%
# ``torch.set_default_device`` changes the default for the current thread, and passing
# None resets it to the CPU. To change it for a few lines, write
# ``with torch.device("cuda"):``. The default applies to functions that have a
# ``device`` argument. ``torch.from_numpy`` doesn't have one, because its tensor uses
# the array's memory, which is the CPU's. ``torch.ones_like`` has one, but a tensor that
# is modelled on another tensor is created on that tensor's device.

array, model = np.ones(2), torch.ones(2)
torch.set_default_device("meta")
places = {
    "torch.ones(2)": torch.ones(2),
    "torch.tensor([1, 2])": torch.tensor([1, 2]),
    "torch.from_numpy(array)": torch.from_numpy(array),
    "torch.ones_like(model)": torch.ones_like(model),
}
torch.set_default_device(None)
for name, tensor in places.items():
    print(f"{name:24s} {tensor.device}")
try:
    torch.from_numpy(array, device="cpu")
except TypeError as error:
    print("with device='cpu':      ", str(error).rpartition(".")[2])

# %%
# Move a tensor
# -------------
#
# ``torch.Tensor.to`` returns a tensor on the device you name, and the original stays
# where it is. If the tensor is already on that device, ``to`` returns that same tensor.
# A tensor that you move to the GPU and back has the same elements as before. You can't
# move a tensor back from ``meta``, because there are no elements to copy.

torch.manual_seed(0)
x = torch.rand(2, 3)
there = x.to("meta")
print("x.to('meta') on", there.device, " and x still on", x.device)
print("x.to(device) on", x.to(device).device)
print("x.to('cpu')  on", x.to("cpu").device)
assert x.to("cpu") is x
try:
    there.to("cpu")
except NotImplementedError as error:
    print("and back:", error)
if has_cuda:
    there = x.to("cuda")
    back = there.to("cpu")
    difference = (back - x).abs().max()
    places = f"x.to('cuda') on {there.device}  back on {back.device}"
    print(f"{places}, {difference} apart at most")
else:
    skipped("the trip to the GPU and back")

# %%
# For autograd, a move is an operation like any other, and so is a cast to another
# floating-point dtype. If a tensor requires gradients, and ``to``, ``cuda`` or
# ``double`` has something to change, what you get is the result of an operation, not a
# leaf. Its ``grad`` stays None, and the gradient goes to the original tensor. If you
# want the gradient on the GPU, put the data there first and then call
# ``requires_grad_``.

first = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
moved = first.to(device, torch.double)
late = torch.tensor([1.0, 2.0, 3.0]).to(device, torch.double).requires_grad_()
(moved**2).mean().backward()
(late**2).mean().backward()
assert first.grad is not None
assert late.is_leaf
for name, tensor in (("first", first), ("moved", moved), ("late", late)):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns if you read a result's grad
        print(f"{name:5s} is_leaf {tensor.is_leaf!s:5s} grad", tensor.grad)

# %%
# A device is not a dtype
# -----------------------
#
# Some tutorials tell you to cast to a new data type to use the GPU. But a cast changes
# the tensor's dtype, and leaves the tensor on its device. A move does the opposite. If
# you pass both a device and a dtype, ``to`` changes both in one call.

changes = {
    "x": x,
    "x.to(torch.double)": x.to(torch.double),
    "x.to('meta')": x.to("meta"),
    "x.to('meta', torch.double)": x.to("meta", torch.double),
}
for name, tensor in changes.items():
    print(f"{name:27s} {tensor.dtype!s:14s} {tensor.device}")

# %%
# A common example is ``to("cpu", torch.double)``, which turns a float32 tensor on the
# GPU into a float64 tensor on the CPU.

if has_cuda:
    there = torch.ones(2, 3, device="cuda")
    back = there.to("cpu", torch.double)
    print("before:", there.device, there.dtype, "  after:", back.device, back.dtype)
else:
    back = x.to("cpu", torch.double)
    print("before:", x.device, x.dtype, "  after:", back.device, back.dtype)
    skipped("the change of device; x was on the CPU, so only the cast ran")

# %%
# Two devices in one operation
# ----------------------------
#
# PyTorch doesn't move tensors behind your back. Arithmetic on tensors from two devices
# raises an error, and you decide which tensor to move. The exception is a CPU tensor
# with no dimensions: elementwise arithmetic can combine such a single number with a
# tensor on any device.

other = torch.ones(2, 3, device="meta")
try:
    x + other
except RuntimeError as error:
    print(error)
print("x moved first:  ", (x.to(other.device) + other).device)
print("a single number:", (torch.tensor(2.0) * other).device)

if has_cuda:
    try:
        x + x.to("cuda")
    except RuntimeError as error:
        print(str(error).splitlines()[0])
else:
    skipped("the sum of a tensor on the CPU and one on the GPU")

# %%
# What a move costs
# -----------------
#
# A move copies bytes. How many there are per element depends on the dtype, and is its
# ``itemsize``. A cast doesn't move a tensor to a different device, but if you cast
# before a move, there are fewer or more bytes to copy. The output below is for ``x``
# and ``w1``, the inputs and the first layer's weights in ``tensors_by_hand``.

dtypes = (
    torch.int8,
    torch.bfloat16,
    torch.float16,
    torch.float32,
    torch.int64,
    torch.float64,
)
names = [str(dtype).removeprefix("torch.") for dtype in dtypes]
N, D_in, H = 64, 1000, 100
elements = N * D_in + D_in * H  # the number of elements in x and w1
for name, dtype in zip(names, dtypes, strict=True):
    print(f"x and w1 in {name:8s} {elements * dtype.itemsize:9,d} bytes")

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.bar(names, [dtype.itemsize for dtype in dtypes], label="bytes per element")
ax.set(title="Bytes per element", xlabel="dtype", ylabel="bytes")
plt.show()

# %%
# How much faster is a GPU?
# -------------------------
#
# Older tutorials promise a speed-up of 50 times or more. That number comes from an old
# benchmark of convolutions. Whether it holds for your sizes on your machine is
# something to measure. Get two things right. The GPU can still be working after a call
# has returned, so wait with ``torch.cuda.synchronize`` before you read the clock. The
# first call also pays one-time start-up costs, so don't count it.


def seconds(device, size, repeats=5):
    """Return the shortest time for a product of two square matrices."""
    a = torch.rand(size, size, device=device)
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        a @ a
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times[1:])


work = 2 * N * D_in * H  # a multiplication and an addition per term of x @ w1
print("first layer: operations per element moved:", work // elements)
for size in (16, 2048):
    microseconds = 1e6 * seconds("cpu", size)
    print(f"size {size:4d} on the CPU, this build: {microseconds:.1f} us")
if has_cuda:
    for size in (16, 2048):
        microseconds = 1e6 * seconds("cuda", size)
        print(f"size {size:4d} on the GPU, this build: {microseconds:.1f} us")
else:
    skipped("the same products on the GPU, so there is no speed-up to show")

# %%
# Summary
# -------
#
# - ``torch.cuda.is_available`` checks for a GPU, ``torch.device`` names a device, and
#   ``torch.Tensor.to`` moves a tensor to it.
# - A cast doesn't move a tensor; ``to`` with a device and a dtype does both. All
#   tensors in an arithmetic operation must be on one device, save a CPU tensor with no
#   dimensions.
# - To measure a GPU's speed-up, call ``torch.cuda.synchronize`` before you read the
#   clock.
#
# Practise: ``exercises/cuda_device``
#
# Next: ``gradients`` computes one gradient in three ways and shows what ``backward`` does with it.
