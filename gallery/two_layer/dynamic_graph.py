# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
A graph that changes
====================

You put a loop into ``forward`` and pick at random, at each step, how many times it
runs, so the depth keeps changing. So far, every call has run the same chain of
operations. The loop is plain Python. The loss and the optimizer are the same as in
``custom_module``, and the network is again a module.

What you'll learn:

- how autograd records whatever ``forward`` does in each call;
- how several uses of one layer share its weights, and how their gradients add up;
- which random number generators ``torch.manual_seed`` affects;
- why the loss jumps when each step picks a depth at random.
"""

# %%
# The problem
# -----------
#
# These are the same data and starting weights as on every page of this series.

import copy
import random

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

print("x ", tuple(x.shape), "   y ", tuple(y.shape))
print("w1", tuple(w1_start.shape), " w2", tuple(w2_start.shape))

# %%
# One middle layer, used as often as you like
# -------------------------------------------
#
# Between the two layers that you know, there is a third, with ``H`` inputs and ``H``
# outputs. ``forward`` applies this one layer ``repeats`` times. With zero repeats and
# no biases, you have the two-layer network of the other pages.


class DynamicNet(torch.nn.Module):
    """Input layer, a shared middle layer applied any number of times, output layer."""

    def __init__(self, D_in, H, D_out, *, bias=True):
        super().__init__()
        self.input = torch.nn.Linear(D_in, H, bias=bias, dtype=torch.float64)
        self.middle = torch.nn.Linear(H, H, bias=bias, dtype=torch.float64)
        self.output = torch.nn.Linear(H, D_out, bias=bias, dtype=torch.float64)

    def forward(self, x, repeats):
        h_relu = self.input(x).relu()
        for _ in range(repeats):
            h_relu = self.middle(h_relu).relu()
        return self.output(h_relu)


torch.manual_seed(0)
net = DynamicNet(D_in, H, D_out)
loss_fn = torch.nn.MSELoss(reduction="sum")
for repeats in range(4):
    print(f"{repeats} repeats: loss {loss_fn(net(x, repeats), y).item():.1f}")

# %%
# Each call records a graph of its own
# ------------------------------------
#
# Autograd records what ran, call by call. Walk back from the loss's ``grad_fn`` and
# count the nodes. The graph grows with the number of repeats, while the number of
# trainable parameters stays the same.


def graph_nodes(tensor):
    """All nodes of the graph behind a tensor."""
    found, waiting = set(), [tensor.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in found:
            found.add(node)
            waiting += [parent for parent, _ in node.next_functions]
    return found


for repeats in range(4):
    nodes = graph_nodes(loss_fn(net(x, repeats), y))
    relus = sum(type(node).__name__ == "ReluBackward0" for node in nodes)
    count = sum(param.numel() for param in net.parameters())
    counts = f"{len(nodes)} nodes, {relus} of them ReLUs; {count} trainable parameters"
    print(f"{repeats} repeats: {counts}")

# %%
# The figure shows these four graphs. It leaves out the transposes of the weights and
# shows each layer's weight and bias as one box. Read it from the loss at the top. Each
# repeat adds a matrix product (``Addmm``) and a ReLU, so the graph gets deeper. But the
# middle layer is one box, however many times it is used, and without repeats the walk
# never reaches it.

names = {layer.bias: name for name, layer in net.named_children()}
box = {"ha": "center", "va": "center", "fontsize": 9}
box["bbox"] = {"facecolor": "white", "edgecolor": "gray", "boxstyle": "round"}
fig, axes = plt.subplots(1, 4, figsize=(7, 4), layout="constrained")
for repeats, ax in enumerate(axes):
    loss = loss_fn(net(x, repeats), y)
    chain, uses = [loss.grad_fn], {}
    for steps, node in enumerate(chain):
        for parent, _ in node.next_functions:
            if hasattr(parent, "variable"):
                uses.setdefault(names[parent.variable], []).append(steps)
            elif parent is not None and parent.name() != "TBackward0":
                chain.append(parent)
        ax.text(0, steps, node.name().removesuffix("Backward0"), **box)
    ax.plot([0] * len(chain), range(len(chain)), color="C0", label="operations")
    for name, places in uses.items():
        for steps in places:
            ax.plot([0, 1], [steps, np.mean(places)], color="C1", label=name)
        ax.text(1, np.mean(places), name, **box)
    transposes = sum(map(len, uses.values()))
    assert len(chain) == 4 + 2 * repeats
    assert len(graph_nodes(loss)) == len(chain) + transposes + 2 * len(uses)
    ax.set(title=f"{repeats} repeats", xlim=(-0.6, 1.6), ylim=(9.5, -0.5))
    ax.set_xticks([0, 1], ["operation", "layer"])
axes[0].set(ylabel="steps back from the loss")
plt.show()

# %%
# The whole loop
# --------------
#
# With zero repeats, no biases and the weights ``w1_start`` and ``w2_start``, the losses
# are the same as on the other pages. The middle layer isn't used: its gradient is None,
# not zero, so the optimizer skips it.

net = DynamicNet(D_in, H, D_out, bias=False)
with torch.no_grad():
    net.input.weight.copy_(w1_start.T)
    net.output.weight.copy_(w2_start.T)
middle_start = net.middle.weight.detach().clone()
learning_rate = 1e-6
optimizer = torch.optim.SGD(net.parameters(), lr=learning_rate)
losses = []
for t in range(500):
    y_pred = net(x, repeats=0)
    loss = loss_fn(y_pred, y)
    losses.append(loss.item())

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

for t in (0, 1, 100, 200, 300, 400, 499):
    print(f"step {t:3d}  loss {losses[t]:.3e}")
print("middle layer's gradient:", net.middle.weight.grad)
moved = (net.middle.weight.detach() - middle_start).abs().max().item()
print(f"middle layer's weights moved by at most {moved}")

# %%
# One layer, several uses
# -----------------------
#
# Each repeat calls the same object. To confirm this, register hooks on all three layers
# that record the ``id`` of each layer that runs.

torch.manual_seed(0)
net = DynamicNet(D_in, H, D_out)
used = []


def note(layer, args, output):
    used.append(id(layer))


layers = (net.input, net.middle, net.output)
handles = [layer.register_forward_hook(note) for layer in layers]
loss_fn(net(x, repeats=3), y).backward()
for handle in handles:
    handle.remove()
print(f"layers ran {len(used)} times; distinct objects: {len(set(used))}")
print(f"the middle layer among them: {used.count(id(net.middle))} times")

# %%
# To see what sharing does to the gradient, replace the middle layer with three separate
# copies. Their gradients differ, and their sum is the gradient of the shared weight. A
# recurrent network relies on this: it applies one layer at each position in a sequence,
# however long the sequence is.

shared = net.middle.weight.grad
net.zero_grad()
copies = [copy.deepcopy(net.middle) for _ in range(3)]
h_relu = net.input(x).relu()
for layer in copies:
    h_relu = layer(h_relu).relu()
loss_fn(net.output(h_relu), y).backward()
for layer in copies:
    print(f"one copy's gradient, norm {layer.weight.grad.norm().item():.2f}")
total = sum(layer.weight.grad for layer in copies)
print(f"sum of the copies,   norm {total.norm().item():.2f}")
print(f"shared layer,        norm {shared.norm().item():.2f}")
assert torch.allclose(total, shared, rtol=1e-9, atol=1e-12)

# %%
# Seeds
# -----
#
# The depth will come from Python's ``random``. ``torch.manual_seed`` affects neither
# ``random`` nor NumPy. To see this, set the same seed twice, draw one number from each
# generator each time, and count the distinct values.

draws = []
for _ in range(2):
    torch.manual_seed(0)
    draws.append((torch.rand(1).item(), random.random(), np.random.random()))
for name, first, second in zip(("torch", "random", "numpy"), *draws, strict=True):
    print(f"{name:6s} distinct values in two draws: {len({first, second})}")

# %%
# A new depth at every step
# -------------------------
#
# Because ``torch.manual_seed`` doesn't seed ``random``, the depth gets its own
# generator with its own seed. Now train the way PyTorch's original ``DynamicNet``
# example does: start from the layers' default weights, and keep the biases. Each step
# picks zero to three repeats at random. The optimizer uses a momentum of 0.9 and a
# learning rate of 1e-4.

torch.manual_seed(0)
depths = random.Random(0)
net = DynamicNet(D_in, H, D_out)
optimizer = torch.optim.SGD(net.parameters(), lr=1e-4, momentum=0.9)
drawn, history = np.empty(500, dtype=int), np.empty(500)
for t in range(500):
    drawn[t] = depths.randint(0, 3)
    loss = loss_fn(net(x, drawn[t]), y)
    history[t] = loss.item()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for repeats, marker in enumerate("os^D"):
    (steps,) = np.nonzero(drawn == repeats)
    ax.scatter(steps, history[steps], s=12, marker=marker, label=f"{repeats} repeats")
ax.set(title="The loss, coloured by depth")
ax.set(xlabel="step t", ylabel="sum of squared errors")
ax.set_yscale("log")
ax.legend()
plt.show()

# %%
# The loss jumps as it falls. Late in the fit, it changes little from one step to the
# next if the depth stays the same and a lot if the depth changes.

factors = np.exp(np.abs(np.diff(np.log(history[400:]))))
stays = drawn[401:] == drawn[400:-1]
print("median change of the loss from step to step, over the last 100 steps:")
print(f"a factor of {np.median(factors[stays]):.1f} where the depth stays the same")
print(f"a factor of {np.median(factors[~stays]):.1f} where the depth changes")

# %%
# Each depth is a different function, and one set of weights has to serve all four.
# Train four copies of the network further, each at one depth only. Each copy's loss at
# its own depth almost vanishes, and most of the losses at the other depths rise.


def four_losses(net):
    """The loss at each depth, as a row of text."""
    with torch.no_grad():
        at_depth = [loss_fn(net(x, repeats), y).item() for repeats in range(4)]
    return "".join(f"{loss:6.2f}" for loss in at_depth)


print("loss at depth          0     1     2     3")
print("now               ", four_losses(net))
for repeats in range(4):
    specialist = copy.deepcopy(net)
    optimizer = torch.optim.SGD(specialist.parameters(), lr=1e-4, momentum=0.9)
    for _ in range(50):
        optimizer.zero_grad()
        loss_fn(specialist(x, repeats), y).backward()
        optimizer.step()
    print(f"50 more at depth {repeats}", four_losses(specialist))

# %%
# Summary
# -------
#
# - The ``forward`` of a ``torch.nn.Module`` is plain Python, so a loop needs no special
#   operator.
# - A layer that is used several times is still one object with one set of weights;
#   ``torch.Tensor.backward`` adds up the gradients from all its uses.
# - ``torch.manual_seed`` seeds only torch's generators; ``random.Random`` and
#   ``numpy.random.default_rng`` need seeds of their own.
#
# Practise: ``exercises/dynamic_graph``
#
# Next: ``static_graph`` captures a graph once and runs it 500 times, without running
# your code for the forward pass again.
