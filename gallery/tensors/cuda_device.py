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

You find out whether PyTorch can use a CUDA GPU here, create tensors on it and move them
there and back. The ladder runs on the CPU, and ``tensors_by_hand`` says that the
device, not the dtype, sends work to a GPU. Here you see what you would have to move,
what a move costs, and what happens if you forget one tensor. The page runs on every
machine: without CUDA, it skips what needs it, and the output says so.

What you'll learn:

- how to write a program that uses a GPU if there is one;
- what the default device applies to, and what it doesn't;
- how ``to`` changes the device, the dtype, or both in one call;
- what happens when one operation meets two devices;
- how to measure what you gain from a GPU, instead of believing a number.
"""

# %%
# Is there one?
# -------------
#
# ``torch.cuda.is_available`` returns True or False and never raises an error. To write
# one program for both kinds of machine, ask once and use ``device`` everywhere after
# that. A ``torch.device`` is only the name of a place. You can name a GPU that you
# don't have, but you can't put a tensor on it.

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
    """Say what this machine can't run."""
    print(f"Skipped, as torch.cuda.is_available() is {has_cuda}: {what}")


second = torch.device("cuda", 1)
print(f"a name for a second GPU:   {second}, type {second.type}, index {second.index}")

# %%
# Make a tensor there
# -------------------
#
# ``torch.ones``, ``torch.rand``, ``torch.tensor`` and most functions that make tensors
# take ``device``. Without it, the tensor is on the default device, which is the CPU.
# Every machine also has the device ``meta``. A tensor on ``meta`` has a shape, a dtype
# and a device like any other, but no numbers. On this page ``meta`` replaces the GPU
# wherever the device matters and the numbers don't.

print("default:", torch.ones(2, 3).device)
print("meta:   ", torch.ones(2, 3, device="meta"))
if has_cuda:
    print("cuda:   ", torch.ones(2, 3, device="cuda"))
else:
    try:
        torch.ones(2, 3, device="cuda")
    except (AssertionError, RuntimeError):  # which one depends on how PyTorch was built
        print("cuda:    refused")
    skipped("a tensor made on the GPU")

# %%
# ``torch.set_default_device`` changes the default for the whole program, and passing
# None makes it the CPU again. To change it for a few lines, write
# ``with torch.device("cuda"):``. The default applies to functions that take ``device``.
# ``torch.from_numpy`` doesn't take one, because its tensor uses the array's memory,
# which is the CPU's. A tensor made like another one is on the same device as its model.

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
# Move one
# --------
#
# ``torch.Tensor.to`` returns a tensor on the device you name, and the old one stays
# where it is. If the tensor is there already, you get back that very tensor. A tensor
# that comes back from the GPU has the same numbers as before. From ``meta`` nothing can
# come back, because there are no numbers to bring.

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
# For autograd, a move is an operation like any other, and so is a cast. What ``to``,
# ``cuda`` or ``double`` makes of a tensor that requires gradients is a result, not a
# leaf. Its ``grad`` stays None, and the gradient goes to the tensor that was moved. If
# you want the gradient on the GPU, put the data there first and then call
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
# Device is not dtype
# -------------------
#
# Some texts tell you to cast to a new datatype to use the GPU. A cast changes what kind
# of number the tensor holds, and leaves the tensor where it is. A move does the
# opposite. If you pass both a device and a dtype, ``to`` changes both in one call.

changes = {
    "x": x,
    "x.to(torch.double)": x.to(torch.double),
    "x.to('meta')": x.to("meta"),
    "x.to('meta', torch.double)": x.to("meta", torch.double),
}
for name, tensor in changes.items():
    print(f"{name:27s} {tensor.dtype!s:14s} {tensor.device}")

# %%
# The classic example is ``to("cpu", torch.double)``: from float32 on the GPU to float64
# on the CPU.

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
# PyTorch moves nothing behind your back. An operation on tensors from two devices
# raises an error, and you decide which tensor to move. A CPU tensor without axes is the
# exception: a single number may join in anywhere.

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
# A move copies bytes. How many depends on the dtype: its ``itemsize`` is the number of
# bytes per number. A cast moves nothing, but casting before a move makes the move
# smaller or larger.

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
elements = N * D_in + D_in * H  # the numbers in x and in w1
for name, dtype in zip(names, dtypes, strict=True):
    print(f"x and w1 of the ladder in {name:8s} {elements * dtype.itemsize:9,d} bytes")

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.bar(names, [dtype.itemsize for dtype in dtypes], label="bytes per number")
ax.set(title="How many bytes a number takes", xlabel="dtype", ylabel="bytes")
plt.show()

# %%
# What does a GPU gain?
# ---------------------
#
# Old texts promise a factor of 50 or greater. That number comes from an old benchmark
# of convolutions. For your sizes on your machine, it is a claim to measure. Get two
# things right. A GPU is still working after the call has returned, so wait with
# ``torch.cuda.synchronize`` before you read the clock. The first call also pays for
# start-up, so don't count it.


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


work = 2 * N * D_in * H  # a multiplication and an addition for each term of x @ w1
print("first layer: operations for each number moved:", work // elements)
for size in (16, 2048):
    microseconds = 1e6 * seconds("cpu", size)
    print(f"size {size:4d} on the CPU, this build: {microseconds:.1f} us")
if has_cuda:
    for size in (16, 2048):
        microseconds = 1e6 * seconds("cuda", size)
        print(f"size {size:4d} on the GPU, this build: {microseconds:.1f} us")
else:
    skipped("the same products on the GPU, so there is no factor to show")

# %%
# Summary
# -------
#
# - ``torch.cuda.is_available`` decides, ``torch.device`` names the place,
#   ``torch.Tensor.to`` moves.
# - A cast moves nothing; ``to`` with a device and a dtype does both; tensors that meet
#   must be on one device.
# - Measure what you gain from a GPU, with ``torch.cuda.synchronize`` before you read
#   the clock.
#
# Practise: ``exercises/cuda_device``
#
# Next: ``gradients`` computes one gradient in three ways and shows what ``backward`` does with it.
