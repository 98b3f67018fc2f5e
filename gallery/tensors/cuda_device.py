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

You find out whether PyTorch can use a CUDA GPU here, make tensors on it and move them there and back. The
ladder runs on the CPU; ``tensors_by_hand`` says that the device, not the dtype, sends work to a GPU. Here
you see what would have to move for that, what a move costs, and what happens if you forget one tensor. The
page runs on every machine: what needs CUDA is skipped where there is none, and the output says so.

What you'll learn:

- how to write a program that takes a GPU where there is one;
- what the default device reaches, and what it doesn't;
- how ``to`` changes the device, the dtype, or both at once;
- what happens when one operation meets two devices;
- how to find out what a GPU gains, instead of believing a number.
"""

# %%
# Is there one?
# -------------
#
# ``torch.cuda.is_available`` answers with True or False and never raises. To write one program for both
# kinds of machine, ask once and use ``device`` from then on. A ``torch.device`` is a name for a place, so
# you can make one for a place that isn't there; a tensor you can't.

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
# ``torch.ones``, ``torch.rand``, ``torch.tensor`` and most functions that make tensors take ``device``.
# Without it, tensors lie on the default device, the CPU. The device ``meta`` is on every machine: its tensors
# have a shape, a dtype and a device like any other, and no numbers. It stands in below wherever the place
# matters and the numbers don't.

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
# ``torch.set_default_device`` changes the default, for the whole program; with None it is the CPU again. To
# change it for a few lines, write ``with torch.device("cuda"):``. The default reaches functions that take
# ``device``. ``torch.from_numpy`` doesn't: its tensor uses the array's memory, which is the CPU's. A tensor
# made like another one lies where that one does.

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
# ``torch.Tensor.to`` returns a tensor on the device that you name, and the old one stays where it is. If
# the tensor is there already, you get that tensor itself. What comes back from the GPU are the same
# numbers. From ``meta`` there is no way back, since there are no numbers to bring.

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
    print(f"x.to('cuda') on {there.device}  back on {back.device}, {difference} apart at most")
else:
    skipped("the way to the GPU and back")

# %%
# For autograd a move is an operation like any other, and so is a cast. What ``to``, ``cuda`` or ``double`` makes of
# a tensor that requires gradients is a result and no leaf: its ``grad`` stays None, and the gradient goes to the
# tensor that was moved. To have it on the GPU, put the data there first and call ``requires_grad_`` then.

first = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
moved = first.to(device, torch.double)
late = torch.tensor([1.0, 2.0, 3.0]).to(device, torch.double).requires_grad_()
(moved**2).mean().backward()
(late**2).mean().backward()
assert first.grad is not None
assert late.is_leaf
for name, tensor in (("first", first), ("moved", moved), ("late", late)):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns those who read the grad of a result
        print(f"{name:5s} is_leaf {tensor.is_leaf!s:5s} grad", tensor.grad)

# %%
# Device is not dtype
# -------------------
#
# Some texts tell you to cast to a new datatype to use the GPU. A cast changes what kind of number the
# tensor holds and leaves it where it is; a move does the opposite. Given both, ``to`` changes both in one
# call.

changes = {
    "x": x,
    "x.to(torch.double)": x.to(torch.double),
    "x.to('meta')": x.to("meta"),
    "x.to('meta', torch.double)": x.to("meta", torch.double),
}
for name, tensor in changes.items():
    print(f"{name:27s} {tensor.dtype!s:14s} {tensor.device}")

# %%
# The classic example of that is ``to("cpu", torch.double)``: from the GPU, in float32, to the CPU, in
# float64.

if has_cuda:
    there = torch.ones(2, 3, device="cuda")
    back = there.to("cpu", torch.double)
    print("before:", there.device, there.dtype, "  after:", back.device, back.dtype)
else:
    back = x.to("cpu", torch.double)
    print("before:", x.device, x.dtype, "  after:", back.device, back.dtype)
    skipped("the change of device; x lay on the CPU, and only the cast ran")

# %%
# Two devices in one operation
# ----------------------------
#
# PyTorch moves nothing behind your back. An operation on tensors from two places raises, and you decide
# which one moves. A tensor without axes is the exception: a number from the CPU may join in anywhere.

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
# A move copies bytes. How many depends on the dtype: its ``itemsize`` says how many bytes a number takes.
# So a cast moves nothing, but a cast before a move makes it smaller or larger.

dtypes = (torch.int8, torch.bfloat16, torch.float16, torch.float32, torch.int64, torch.float64)
names = [str(dtype).removeprefix("torch.") for dtype in dtypes]
N, D_in, H = 64, 1000, 100
elements = N * D_in + D_in * H  # the numbers in x and in w1
for name, dtype in zip(names, dtypes, strict=True):
    print(f"x and w1 of the ladder in {name:8s} {elements * dtype.itemsize:9,d} bytes")

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.bar(names, [dtype.itemsize for dtype in dtypes], label="bytes a number")
ax.set(title="What one number takes", xlabel="dtype", ylabel="bytes")
plt.show()

# %%
# What does a GPU gain?
# ---------------------
#
# Old texts promise a factor of 50 or greater. That number comes from an old benchmark of convolutions. For
# your sizes on your machine it is a claim to measure. Two things to get right: a GPU works on after the
# call has returned, so wait with ``torch.cuda.synchronize`` before you read the clock, and the first call
# starts things up, so don't count it.


def seconds(device, size, repeats=5):
    """The shortest time of a product of two square matrices."""
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
    skipped("the same products on the GPU; so there is no factor to show")

# %%
# Summary
# -------
#
# - ``torch.cuda.is_available`` decides, ``torch.device`` names the place, ``torch.Tensor.to`` moves.
# - A cast moves nothing; ``to`` with a device and a dtype does both; tensors that meet must be on one device.
# - Measure what a GPU gains, with ``torch.cuda.synchronize`` before you read the clock.
#
# Practise: ``exercises/cuda_device``
#
# Next: ``gradients`` computes one gradient in three ways and shows what ``backward`` does with it.
