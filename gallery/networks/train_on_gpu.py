# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "scikit-learn>=1.7.2",
#     "torch>=2.9",
# ]
# ///
"""
Training on a GPU
=================

You train a small network on a GPU if there is one, and otherwise on the CPU. The page
runs completely on both, and its first line of output shows which one it used here. On
the page ``cuda_device`` you moved single tensors. Now you move a network, an optimizer
and mini-batches, and more can go wrong than with a single tensor.

What you'll learn:

- what has to move, and when to create the optimizer;
- what the errors about two devices and about memory mean;
- where a loop waits for the GPU, and how to choose which GPUs a program sees;
- what mixed precision is, and what fills the memory.
"""

# %%
# The device
# ----------
#
# Choose the device once, and use ``device`` everywhere after that. All the code below
# does this: no line of the training loop depends on which device it is.

import os
import subprocess
import sys
import time

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print("this run is on:", device)

digits = load_digits()
images = torch.from_numpy(digits.images).float().unsqueeze(1) / 16
classes = torch.from_numpy(digits.target)
data = TensorDataset(images[:1440], classes[:1440])
print("images", tuple(images.shape), " on", images.device)

# %%
# A module moves in place
# -----------------------
#
# ``torch.Tensor.to`` returns a new tensor if it has to move the data.
# ``torch.nn.Module.to`` moves the module's own parameters and returns the same module,
# so you don't need to assign the result. Try both with ``meta``, a device that every
# machine has and that stores no data.

layer = torch.nn.Linear(3, 2)
before = torch.optim.SGD(layer.parameters(), lr=0.1)
x = torch.ones(1, 3)
moved_x, moved_layer = x.to("meta"), layer.to("meta")
print("x:    ", x.device, "  result of to:", moved_x.device)
print("layer:", layer.weight.device, " result of to:", moved_layer.weight.device)
assert moved_layer is layer

# %%
# Move first, then create the optimizer. The optimizer keeps references to the
# parameters that it was given, but on some devices ``to`` creates new parameters. An
# optimizer from before the move then still has the old parameters, and the network
# learns nothing, without any error. Besides, what an optimizer has accumulated, such as
# a running sum for momentum, doesn't move with the module.

after = torch.optim.SGD(layer.parameters(), lr=0.1)
own = {id(param) for param in layer.parameters()}
for name, optimizer in {"before": before, "after": after}.items():
    held = [id(param) for group in optimizer.param_groups for param in group["params"]]
    shared = len(own & set(held))
    print(f"optimizer created {name:6s} the move: has {shared} of {len(own)} parameters")

# %%
# The whole loop
# --------------
#
# Move each mini-batch right before you use it. Two options let the copy to a GPU run
# alongside other work. ``pin_memory=True`` makes the loader put mini-batches into
# pinned memory, which the GPU can read directly. ``non_blocking=True`` lets the program
# continue in the meantime. Without a GPU, ``non_blocking=True`` has no effect, and
# ``pin_memory=True`` only causes a warning.

torch.manual_seed(0)
net = torch.nn.Sequential(
    torch.nn.Conv2d(1, 16, 3),
    torch.nn.ReLU(),
    torch.nn.MaxPool2d(2),
    torch.nn.Flatten(),
    torch.nn.Linear(16 * 3 * 3, 64),
    torch.nn.ReLU(),
    torch.nn.Linear(64, 10),
).to(device)
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
loss_fn = torch.nn.CrossEntropyLoss()
loader = DataLoader(
    data,
    batch_size=32,
    shuffle=True,
    generator=torch.Generator().manual_seed(0),
    pin_memory=device.type == "cuda",
)

losses = []
start = time.perf_counter()
for epoch in range(6):
    total = torch.zeros((), device=device)
    for batch_images, batch_classes in loader:
        x = batch_images.to(device, non_blocking=True)
        y = batch_classes.to(device, non_blocking=True)
        loss = loss_fn(net(x), y)
        total += loss.detach() * len(y)

        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    losses.append(total.item() / len(data))
    print(f"epoch {epoch}  mean loss {losses[-1]:.3f}")
seconds = time.perf_counter() - start
print(f"{len(losses)} epochs on {device}, this build: {seconds:.3f} s")

net.eval()
with torch.no_grad():
    guesses = net(images[1440:].to(device)).argmax(dim=1).cpu()
right = (guesses == classes[1440:]).float().mean().item()
print(f"accuracy on {len(guesses)} held-out images: {right:.1%}")

# %%
# Where the loop waits
# --------------------
#
# The loop adds up the loss on the device and calls ``torch.Tensor.item`` once per
# epoch. On a GPU, a call only launches its work and returns before the work is done.
# ``item`` needs the result, so it waits for all the work that was launched before: a
# synchronisation. Printing a tensor also causes a synchronisation, and so do ``cpu``
# and an ``if`` that depends on the tensor's values. So on a GPU, a timer around an
# ordinary call measures too little. A timer around ``item`` or ``cpu`` measures too
# much, because these calls wait for earlier work. Call ``torch.cuda.synchronize``
# before you read the clock.

x, y = images.to(device), classes.to(device)
loss_fn(net(x), y).item()  # the first call has one-time costs
start = time.perf_counter()
loss = loss_fn(net(x), y)
returned = time.perf_counter()
value = loss.item()
known = time.perf_counter()
print(f"loss on all images: {value:.3f}")
print(f"time until the call returned, this build: {1e3 * (returned - start):.3f} ms")
print(f"time for item, this build: {1e3 * (known - returned):.4f} ms")

# %%
# On two devices
# --------------
#
# "Expected all tensors to be on the same device, but found at least two devices, cuda:0
# and cpu!" This error usually means that you forgot to move the network, a mini-batch,
# its targets, or a tensor that ``forward`` creates without ``device``. (A linear
# layer's or a loss's message names the tensor instead: "but got mat1 is on cpu,
# different from other tensors on cuda:0".) Print the devices to find out which. On a
# machine without a GPU, the code below uses ``meta`` as the second device, and
# PyTorch's message is worded differently. (On a GPU, a convolution's message says that
# input type and weight type should be the same, but it means the device.)

elsewhere = torch.device("cpu" if device.type == "cuda" else "meta")
forgotten = {
    "the last layer": lambda: net[-1](torch.ones(1, 64, device=elsewhere)),
    "the loss": lambda: loss_fn(net(x), y.to(elsewhere)),
}
for name, work in forgotten.items():
    try:
        work()
    except RuntimeError as error:
        print(f"{name}:", str(error).splitlines()[0])
print("parameters on:", *{str(param.device) for param in net.parameters()})
print("targets on:   ", y.to(elsewhere).device)

# %%
# A module's ``to`` moves parameters and buffers, including those of submodules. It
# doesn't move a tensor in an ordinary attribute. ``register_buffer`` turns the tensor
# into a buffer, which moves with the module.


class Scaled(torch.nn.Module):
    """Stores two factors, one of them as a buffer."""

    def __init__(self):
        super().__init__()
        self.plain = torch.tensor([2.0])
        self.register_buffer("buffer", torch.tensor([2.0]))


scaled = Scaled().to("meta")
print("plain attribute on:", scaled.plain.device, "  buffer on:", scaled.buffer.device)

# %%
# Out of memory
# -------------
#
# If a GPU's memory runs out, PyTorch raises ``torch.OutOfMemoryError``. The message
# begins "CUDA out of memory" and states how much memory was requested. If an allocation
# in the CPU's memory fails, PyTorch raises its base class, ``RuntimeError``. Request
# far more memory than there is:

print(torch.OutOfMemoryError.__name__, "is a", torch.OutOfMemoryError.__base__.__name__)
try:
    torch.empty(2**58, device=device)
except RuntimeError as error:
    print(f"{type(error).__name__}:", f"{2**58 * 4:,d} bytes requested on {device}")

# %%
# During training, a single tensor is rarely to blame. Much of the memory is used for
# what each operation saved for ``backward``, in proportion to the mini-batch. So use
# smaller mini-batches, and add up the gradients of several mini-batches before each
# step. Evaluate under ``torch.no_grad``, so that nothing is saved. And record losses as
# Python numbers, because a loss that is stored as a tracked tensor keeps its graph
# alive. Now count the bytes.

parameters = {param.data_ptr() for param in net.parameters()}


def kept_for_backward(size, *, autocast=False):
    """Return the kilobytes that a forward pass saves, not counting parameters."""
    kept = {}

    def note(tensor):
        kept[tensor.data_ptr()] = tensor.nbytes
        return tensor

    with (
        torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor),
        torch.autocast(device.type, dtype=torch.bfloat16, enabled=autocast),
    ):
        loss_fn(net(x[:size]), y[:size])
    return sum(count for place, count in kept.items() if place not in parameters) / 1000


sizes = [16, 32, 64, 128, 256]
plain = [kept_for_backward(size) for size in sizes]
mixed = [kept_for_backward(size, autocast=True) for size in sizes]
with torch.no_grad():
    nothing = kept_for_backward(256)
for size, one, other in zip(sizes, plain, mixed, strict=True):
    kilobytes = f"{one:7.1f} kB in float32, {other:6.1f} kB in mixed precision"
    print(f"{size:3d} images: {kilobytes}")
print(f"256 images under no_grad: {nothing} kB")

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(sizes, plain, "o-", label="float32")
ax.plot(sizes, mixed, "s--", label="mixed precision, bfloat16")
ax.set(title="Saved for backward", xlabel="images in the mini-batch", ylabel="kB")
ax.legend()
plt.show()

# %%
# Mixed precision
# ---------------
#
# Under ``torch.autocast``, matrix products and convolutions run in 16 bits. Parameters
# remain in float32, and so does everything that needs the precision, such as the loss.
# With bfloat16, you need nothing else. With float16, small gradients become 0, so
# ``torch.amp.GradScaler`` multiplies the loss by a factor before ``backward`` and
# divides the gradients by it before the step.

with torch.autocast(device.type, dtype=torch.bfloat16):
    scores = net(x)
    loss = loss_fn(scores, y)
print("parameters", net[0].weight.dtype, " scores", scores.dtype, " loss", loss.dtype)
scaler = torch.amp.GradScaler(device.type)
small = torch.tensor(1e-8, device=device)
print(f"{small.item():.0e} in float16: {small.half().item():.1e}", end="   ")
in_float16 = scaler.scale(small).half().item()
print(f"scaled by {scaler.get_scale():.0f} first: {in_float16:.1e}")

# %%
# Which GPUs
# ----------
#
# The environment variable ``CUDA_VISIBLE_DEVICES`` contains a list of the GPUs that a
# program can see. Set it where you start the program, because CUDA reads it only once.
# The visible GPUs are numbered from 0: if the list is ``2,3``, ``cuda:0`` is the
# machine's third GPU. If the list is empty, the program sees no GPU, so you can test
# how it behaves without one. (To open a file of tensors from a GPU on a machine without
# one, pass ``map_location`` to ``torch.load``; ``custom_module`` shows how to save and
# load files.)

for visible in ["", "0"] if device.type == "cuda" else [""]:
    done = subprocess.run(
        [sys.executable, "-c", "import torch; print(torch.cuda.device_count())"],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": visible},
        capture_output=True,
        text=True,
        check=True,
    )
    print(f'CUDA_VISIBLE_DEVICES="{visible}": device_count() is {int(done.stdout)}')

# %%
# Summary
# -------
#
# - Move the network in place, then create the optimizer; move each mini-batch, and call
#   ``item`` rarely.
# - All tensors in an operation must be on the same device, except for single numbers;
#   much of the memory is used for what ``backward`` needs, in proportion to the
#   mini-batch.
# - ``torch.autocast`` runs matrix products in 16 bits; ``CUDA_VISIBLE_DEVICES``
#   determines which GPUs a program sees.
#
# Practise: ``exercises/train_on_gpu``
#
# Next: ``how_fast`` returns to the ladder and measures its speed.
