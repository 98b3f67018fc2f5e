# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
A module of your own
====================

You write the network as a class: ``__init__`` makes the layers, and ``forward`` defines
what happens to an input. The class replaces the fixed row of layers, the only structure
that ``torch.nn.Sequential`` supports. Between input and output, you can now do anything
that Python can. The layers, the loss, the optimizer and the loop from ``optimizers``
stay the same.

What you'll learn:

- how a module finds its parameters and buffers, and where it can't find them;
- what happens when you forget ``super().__init__()``;
- why you call the module instead of its ``forward``;
- how to save trained weights, load them into a fresh network, and resume training from
  a checkpoint.
"""

# %%
# The problem
# -----------
#
# These are the same data and starting weights as on every page of this series.

import io
import pickle

import matplotlib.pyplot as plt
import numpy as np
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

rng = np.random.default_rng(0)
N, D_in, H, D_out = 64, 1000, 100, 10
x = torch.from_numpy(rng.standard_normal((N, D_in)))
y = torch.from_numpy(rng.standard_normal((N, D_out)))
w1_start = torch.from_numpy(rng.standard_normal((D_in, H)))
w2_start = torch.from_numpy(rng.standard_normal((H, D_out)))
torch.manual_seed(0)  # new layers draw their initial weights from torch's generator

print("x ", tuple(x.shape), "   y ", tuple(y.shape))
print("w1", tuple(w1_start.shape), " w2", tuple(w2_start.shape))

# %%
# The class
# ---------
#
# Assigning a layer to an attribute registers it: ``torch.nn.Module`` watches its
# attributes, and the attribute's name becomes part of the parameters' names.
# ``forward`` is a method like any other, so you can name the intermediate values again,
# as in the NumPy program.


class TwoLayerNet(torch.nn.Module):
    """Two linear layers with a ReLU between them."""

    def __init__(self, D_in, H, D_out, *, bias=True):
        super().__init__()
        self.linear1 = torch.nn.Linear(D_in, H, bias=bias, dtype=torch.float64)
        self.linear2 = torch.nn.Linear(H, D_out, bias=bias, dtype=torch.float64)

    def forward(self, x):
        h_relu = self.linear1(x).relu()
        return self.linear2(h_relu)


net = TwoLayerNet(D_in, H, D_out)
for name, param in net.named_parameters():
    print(f"{name:14s} {tuple(param.shape)}")

# %%
# The whole loop
# --------------
#
# The optimizer, the loss and the loop work with your module as with the row of layers.
# As in ``nn_sequential``, copy ``w1_start`` and ``w2_start``, called the problem's
# weights below, into the layers.

net = TwoLayerNet(D_in, H, D_out, bias=False)
with torch.no_grad():
    net.linear1.weight.copy_(w1_start.T)
    net.linear2.weight.copy_(w2_start.T)
loss_fn = torch.nn.MSELoss(reduction="sum")
learning_rate = 1e-6
optimizer = torch.optim.SGD(net.parameters(), lr=learning_rate)
losses = []
for t in range(500):
    y_pred = net(x)
    loss = loss_fn(y_pred, y)
    losses.append(loss.item())

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

for t in (0, 1, 100, 200, 300, 400, 499):
    print(f"step {t:3d}  loss {losses[t]:.3e}")

# %%
# What registers and what doesn't
# -------------------------------
#
# A layer in a plain list is not an attribute, so the module doesn't see it: its weights
# would be neither trained nor saved. Here the optimizer raises an error, because the
# module has no parameters at all. ``torch.nn.ModuleList`` is a list that registers its
# layers.


class Stack(torch.nn.Module):
    """Three layers, in the kind of list that you pass."""

    def __init__(self, container):
        super().__init__()
        self.layers = container(torch.nn.Linear(4, 4) for _ in range(3))


for container in (list, torch.nn.ModuleList):
    stack = Stack(container)
    parameters, to_save = len(list(stack.parameters())), len(stack.state_dict())
    print(f"{container.__name__}: {parameters} parameters, {to_save} to save")
    try:
        torch.optim.SGD(stack.parameters(), lr=0.1)
    except ValueError as error:
        print("   ValueError:", error)

# %%
# If a layer needs a weight of its own, make it a ``torch.nn.Parameter``: once you
# assign it to an attribute, it is trained and saved. A tensor that is saved but not
# trained, such as the mean of the data, is a buffer. A plain tensor is neither trained
# nor saved, and it doesn't change when you move the module to a different dtype or
# device.


class Standardise(torch.nn.Module):
    """Subtract a mean from the inputs, then multiply them by learned factors."""

    def __init__(self, mean):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.ones(len(mean)))
        self.register_buffer("mean", mean)
        self.plain = mean.clone()

    def forward(self, x):
        return self.factor * (x - self.mean)


layer = Standardise(torch.zeros(4)).to(torch.float64)
print("trained:", [name for name, _ in layer.named_parameters()], end="   ")
print("saved:", [*layer.state_dict()])
print("factor", layer.factor.dtype, " mean", layer.mean.dtype, end="  ")
print("plain", layer.plain.dtype)

# %%
# A module can register layers only after ``torch.nn.Module.__init__`` has run. If you
# forget to call it, assigning the first layer raises an error. Older programs write
# ``super(Net, self).__init__()`` in a class ``Net``, which means the same.


class Forgetful(torch.nn.Module):
    """A module whose ``__init__`` leaves out ``super().__init__()``."""

    def __init__(self):
        self.linear = torch.nn.Linear(4, 4)


try:
    Forgetful()
except AttributeError as error:
    print("AttributeError:", error)

# %%
# Call the module, not ``forward``
# --------------------------------
#
# ``net(x)`` runs ``forward`` and any hooks, functions that tools attach to a module to
# count, log or change values. ``net.forward(x)`` skips the hooks of ``net``. It returns
# the same values here, because this hook changes none.

calls = []


def note(module, args, output):
    calls.append(tuple(output.shape))


handle = net.register_forward_hook(note)
called = net(x)
print("hook calls after net(x):        ", len(calls), calls)
direct = net.forward(x)
print("hook calls after net.forward(x):", len(calls))
assert torch.equal(called, direct)
handle.remove()

# %%
# Save and load
# -------------
#
# ``torch.nn.Module.state_dict`` returns a dictionary that maps names to tensors. Save
# this dictionary rather than the network: the class stays in your program, and the file
# contains only data. (Here an ``io.BytesIO`` object stands in for the file.) By
# default, the names must match when you load the dictionary: loading into a network
# with biases raises an error, because this file has none. (The loss after loading is
# lower than the last one above, which was computed before the last update.)

buffer = io.BytesIO()
torch.save(net.state_dict(), buffer)
buffer.seek(0)
state = torch.load(buffer)
print("saved:", {name: tuple(value.shape) for name, value in state.items()})

second = TwoLayerNet(D_in, H, D_out, bias=False)
print(f"a fresh network's loss: {loss_fn(second(x), y).item():.1e}")
print(second.load_state_dict(state))
print(f"after loading:          {loss_fn(second(x), y).item():.1e}")
assert torch.equal(net(x), second(x))
try:
    TwoLayerNet(D_in, H, D_out).load_state_dict(state)
except RuntimeError as error:
    print("RuntimeError:", str(error).splitlines()[1].strip())

# %%
# To resume training later, save more than the weights: the momentum and Adam's averages
# are in the optimizer's own ``state_dict``. A checkpoint is a dictionary of everything
# that you need to resume. ``map_location`` says which device to load its tensors to, if
# not the one that they were saved from.


def start():
    """A new network, and an optimizer that remembers past gradients."""
    net = TwoLayerNet(D_in, H, D_out)
    return net, torch.optim.SGD(net.parameters(), lr=1e-5, momentum=0.9)


def fit(net, optimizer, steps):
    """Run the loop above; return the losses."""
    history = []
    for _ in range(steps):
        loss = loss_fn(net(x), y)
        history.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return history


net, optimizer = start()
fit(net, optimizer, 20)
buffer = io.BytesIO()
torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict()}, buffer)
print(f"20 more steps without a break: loss {fit(net, optimizer, 20)[-1]:.4f}")
for wanted in (["net", "optimizer"], ["net"]):
    buffer.seek(0)
    checkpoint = torch.load(buffer, map_location="cpu")
    net, optimizer = start()
    net.load_state_dict(checkpoint["net"])
    if "optimizer" in wanted:
        optimizer.load_state_dict(checkpoint["optimizer"])
    print(f"20 more steps from {wanted}: loss {fit(net, optimizer, 20)[-1]:.4f}")

# %%
# By default, ``torch.load`` accepts tensors, plain containers and simple values such as
# numbers and strings, and rejects most other objects, because unpickling an object from
# an unknown source can run code. A whole layer is such an object.

buffer = io.BytesIO()
torch.save(torch.nn.Linear(4, 4), buffer)
buffer.seek(0)
try:
    torch.load(buffer)
except pickle.UnpicklingError as error:
    print("UnpicklingError:", str(error).split(". ")[0])

# %%
# A network that is not a row
# ---------------------------
#
# What do you gain from the class? Suppose that the inputs should also reach the output
# directly, past the ReLU. That takes one more layer and an addition, which a row of
# layers can't express. Train both networks from the layers' default weights.


class ShortcutNet(TwoLayerNet):
    """Two layers, and a third beside them, from input to output."""

    def __init__(self, D_in, H, D_out):
        super().__init__(D_in, H, D_out)
        self.shortcut = torch.nn.Linear(D_in, D_out, dtype=torch.float64)

    def forward(self, x):
        h_relu = self.linear1(x).relu()
        return self.linear2(h_relu) + self.shortcut(x)


ax = plt.figure(figsize=(7, 4), layout="constrained").subplots()
ax.semilogy(losses[:100], label="TwoLayerNet, problem's weights, 1e-6")
for network in (TwoLayerNet, ShortcutNet):
    torch.manual_seed(0)
    net = network(D_in, H, D_out)
    history = fit(net, torch.optim.SGD(net.parameters(), lr=1e-4), 100)
    ax.semilogy(history, label=f"{network.__name__}, default weights, 1e-4")
    count = sum(param.numel() for param in net.parameters())
    print(f"{network.__name__}: {count} trainable parameters,", end=" ")
    print(f"loss {history[0]:.1e} at first, {history[-1]:.1e} at the end")
ax.set(title="The first 100 steps of two modules")
ax.set(xlabel="step t", ylabel="sum of squared errors")
ax.legend()
plt.show()

# %%
# Summary
# -------
#
# - A ``torch.nn.Module`` consists of ``__init__`` and ``forward``; layers are
#   registered when you assign them, and lists of layers need a ``torch.nn.ModuleList``.
# - Call ``super().__init__()`` first, and call the module rather than its ``forward``.
# - ``torch.nn.Module.state_dict`` and ``torch.nn.Module.load_state_dict`` copy weights
#   from one network to another; a checkpoint also contains the optimizer's state.
#
# Practise: ``exercises/custom_module``
#
# Next: ``dynamic_graph`` puts a loop into ``forward``, so that each call can run a
# different chain of operations.
