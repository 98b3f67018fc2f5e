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

You train a small network wherever PyTorch finds a place for it: on a GPU if there is
one, otherwise on the CPU. The page runs in full on both, and its first line of output
shows which one it used here. ``cuda_device`` moved single tensors. Now a network, an
optimizer and mini-batches move, and things go wrong that can't go wrong with a single
tensor.

What you'll learn:

- what has to move, and when to make the optimizer;
- what the errors mean: tensors on two devices, and out of memory;
- where a loop waits for the GPU, and how to choose which GPUs it sees;
- what mixed precision is, and what fills the memory.
"""

# %%
# The device
# ----------
#
# Ask once, and use ``device`` everywhere after that. All the code below does this: no
# line of the loop knows which device it is.

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
# ``torch.Tensor.to`` returns a different tensor. ``torch.nn.Module.to`` moves the
# module's own parameters and returns the same module, so you needn't assign the result.
# Try both with ``meta``, a device without numbers that every machine has.

layer = torch.nn.Linear(3, 2)
before = torch.optim.SGD(layer.parameters(), lr=0.1)
x = torch.ones(1, 3)
moved_x, moved_layer = x.to("meta"), layer.to("meta")
print("x:    ", x.device, "  what to returned:", moved_x.device)
print("layer:", layer.weight.device, " what to returned:", moved_layer.weight.device)
assert moved_layer is layer

# %%
# Move first, then make the optimizer. The optimizer keeps the parameters that it was
# given, and for some devices ``to`` makes new ones. Then the optimizer updates the old
# parameters, and the network learns nothing, without any error. What an optimizer has
# accumulated, such as a running sum for momentum, doesn't move at all.

after = torch.optim.SGD(layer.parameters(), lr=0.1)
own = {id(param) for param in layer.parameters()}
for name, optimizer in {"before": before, "after": after}.items():
    held = [id(param) for group in optimizer.param_groups for param in group["params"]]
    shared = len(own & set(held))
    print(f"optimizer made {name:6s} the move: {shared} of the layer's", len(own))

# %%
# The whole loop
# --------------
#
# Each mini-batch moves when its turn comes. Two options let the copy to a GPU run
# alongside other work. ``pin_memory=True`` makes the loader put mini-batches into
# pinned memory, which the GPU can read by itself. ``non_blocking=True`` lets the
# program go on in the meantime. On the CPU neither option has anything to do.

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
print(f"right of the {len(guesses)} images held out: {right:.1%}")

# %%
# Where the loop waits
# --------------------
#
# The loop adds up the loss on the device and calls ``torch.Tensor.item`` once per
# epoch. On a GPU, a call returns before its work is done. ``item`` needs the number, so
# it waits for everything that was asked for before: a synchronisation. Printing a
# tensor is one too, and so are ``cpu`` and an ``if`` that depends on the tensor's
# numbers. There, a clock around an ordinary call measures too little, and a clock
# around ``item`` or ``cpu`` measures too much: they seem slow because they wait. Call
# ``torch.cuda.synchronize`` before you read the clock.

x, y = images.to(device), classes.to(device)
loss_fn(net(x), y).item()  # the first call also pays for start-up
start = time.perf_counter()
loss = loss_fn(net(x), y)
returned = time.perf_counter()
value = loss.item()
known = time.perf_counter()
print(f"the loss of all images: {value:.3f}")
print(f"the call returned after, this build: {1e3 * (returned - start):.3f} ms")
print(f"item took, this build: {1e3 * (known - returned):.4f} ms")

# %%
# On two devices
# --------------
#
# "Expected all tensors to be on the same device, but found at least two devices, cuda:0
# and cpu!" This error means that you forgot a mini-batch, its targets, or a tensor that
# ``forward`` makes without ``device``. Look at the devices to find out which. On a
# machine without a GPU, ``meta`` is the other device below, and PyTorch's message has
# different words. (On a GPU, a convolution says that input type and weight type should
# be the same; it means the device.)

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
# A module's ``to`` finds parameters, buffers and submodules. A tensor in an ordinary
# attribute stays behind. ``register_buffer`` turns it into a buffer, which moves.


class Scaled(torch.nn.Module):
    """Multiplies by two factors, one of them a buffer."""

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
# When a GPU has no room, PyTorch raises ``torch.OutOfMemoryError``. The message begins
# "CUDA out of memory" and says how much was asked for. If the CPU's memory runs out,
# PyTorch raises the base class. Ask for far more than there is:

print(torch.OutOfMemoryError.__name__, "is a", torch.OutOfMemoryError.__base__.__name__)
try:
    torch.empty(2**58, device=device)
except RuntimeError as error:
    print(f"{type(error).__name__}:", f"{2**58 * 4:,d} bytes asked for on {device}")

# %%
# During training, a single tensor is rarely to blame. Much of the memory holds what
# each operation saved for ``backward``, in proportion to the mini-batch. So make the
# mini-batch smaller, and add up the gradients of several mini-batches before each step.
# Evaluate under ``torch.no_grad``, which saves nothing. And record losses as numbers,
# because a loss kept as a tensor keeps its graph. Now count the bytes.

parameters = {param.data_ptr() for param in net.parameters()}


def kept_for_backward(size, *, autocast=False):
    """Return the kilobytes that a forward pass keeps, not counting parameters."""
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
ax.set(title="Kept for backward", xlabel="images in the mini-batch", ylabel="kB")
ax.legend()
plt.show()

# %%
# Mixed precision
# ---------------
#
# Under ``torch.autocast``, products run in 16 bits. Parameters stay in float32, and so
# does everything that needs the precision, such as the loss. With bfloat16, that's all.
# With float16, small gradients become 0, so ``torch.amp.GradScaler`` multiplies the
# loss before ``backward`` and divides the gradients again before the step.

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
# ``CUDA_VISIBLE_DEVICES`` is an environment variable: a list of the GPUs that a program
# may see. Set it where you start the program, because CUDA reads it only once. The
# remaining GPUs are numbered from 0: with the list 2,3, ``cuda:0`` is the machine's
# third GPU. With an empty list there is no GPU, so you can try out how a program
# behaves without one. (To open a file that was saved on a GPU, pass ``map_location`` to
# ``torch.load``; ``custom_module`` shows how to save and load files.)

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
# - Move the network in place, then make the optimizer; move each mini-batch, and ask
#   for numbers rarely.
# - Tensors that meet must be on one device; memory goes to what ``backward`` needs, in
#   proportion to the mini-batch.
# - ``torch.autocast`` runs products in 16 bits; ``CUDA_VISIBLE_DEVICES`` says which
#   GPUs a program sees.
#
# Practise: ``exercises/train_on_gpu``
#
# Next: ``how_fast`` goes back to the ladder with a clock.
