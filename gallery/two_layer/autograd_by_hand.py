# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
Autograd by hand
================

You write an autograd engine from scratch, in about forty lines of NumPy. It replaces
the backward pass that you wrote for one network in ``tensors_by_hand``. In the engine,
each operation has its own backward function, and a walk back through the computation
combines these functions. This method is called reverse-mode differentiation. This page
goes back to NumPy, so that nothing in the engine is hidden. At the end you compare the
engine with PyTorch's.

What you'll learn:

- how a forward pass becomes a graph when each value records how it was computed;
- why contributions to a value's gradient add up, and in which order to visit the
  values;
- how to write a backward function for each of the network's five operations;
- how your engine's graph compares with PyTorch's.
"""

# %%
# The problem
# -----------
#
# These arrays hold the same data and starting weights as on every page of this series.

from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

rng = np.random.default_rng(0)
N, D_in, H, D_out = 64, 1000, 100, 10
x_array = rng.standard_normal((N, D_in))
y_array = rng.standard_normal((N, D_out))
w1_start = rng.standard_normal((D_in, H))
w2_start = rng.standard_normal((H, D_out))
print("x ", x_array.shape, "   y ", y_array.shape)
print("w1", w1_start.shape, " w2", w2_start.shape)

# %%
# A value that is used twice
# --------------------------
#
# Start with plain numbers: ``a`` is computed from ``w``, ``b`` from ``a``, and the
# result is ``a - b``. For each value, note which values it was computed from, and the
# slope of each step. The chain rule then becomes a walk back from the result: each
# value multiplies its gradient by the slope and passes the product on to the value that
# it was computed from. ``a`` is used twice, so two contributions reach it, and they add
# up: if you change ``a`` a little, the result changes for two reasons. A central
# difference confirms this. If the second contribution replaced the first, the gradient
# of ``w`` would be wrong.


def result_of(w):
    return w**2 - w**4


w = 3.0
a = w**2
b = a**2
made_of = {
    "result": [("a", 1.0), ("b", -1.0)],
    "b": [("a", 2 * a)],
    "a": [("w", 2 * w)],
    "w": [],
}


def walk_back(order, *, add=True):
    """Each value's gradient, passed on in the given order."""
    grads = {"result": 1.0}
    for name in order:
        for other, slope in made_of[name]:
            part = grads[name] * slope
            grads[other] = grads.get(other, 0.0) + part if add else part
    return grads


order = ["result", "b", "a", "w"]
added, replaced = walk_back(order), walk_back(order, add=False)
step = 1e-4
slope = (result_of(w + step) - result_of(w - step)) / (2 * step)
assert abs(added["w"] - slope) < 1e-6 < abs(replaced["w"] - slope)
print("gradient                       of w  of a")
print(f"central difference:     {slope:8.3f}")
print(f"contributions added:    {added['w']:8.3f}   {added['a']:.0f}")
print(f"contributions replaced: {replaced['w']:8.3f}   {replaced['a']:.0f}")

# %%
# In which order?
# ---------------
#
# If you order the values by distance from the result, ``a`` and ``b`` are equally far,
# and ``w`` is last. If ``a`` comes before ``b``, it passes on its gradient before the
# contribution from ``b`` has arrived, so that contribution never reaches ``w``. A value
# therefore has to wait until every value computed from it has passed its gradient on.
# An order in which every value waits like this is a topological order of the graph. The
# order in the cell above is topological.

by_distance = ["result", "a", "b", "w"]
early = walk_back(by_distance)
assert early["a"] == added["a"]
assert early["w"] != added["w"]
print("gradient           of w  of a")
print(f"topological order: {added['w']:4.0f}   {added['a']:.0f}")
print(f"by distance:       {early['w']:4.0f}   {early['a']:.0f}, but too late")

# %%
# The engine
# ----------
#
# Now move on to arrays, and to a graph that is recorded as you compute. (micrograd is
# an engine of this kind for single numbers.) A ``Value`` holds an array. Each operation
# makes a new ``Value``, with edges to its inputs. An edge consists of the input itself
# and a function that turns the result's gradient into the input's share. These
# functions contain all the calculus that the engine needs. For the derivation of the
# matrix product's two functions, see ``backward_pass``.
#
# - As on every page of this series, ReLU's slope at exactly 0 is 0.
# - Both sides of a subtraction must have the same shape: this engine doesn't broadcast.
# - An input that requires no gradient gets no edge, so no gradient is computed for
#   ``x`` and ``y``.
# - ``order`` counts how many shares each value is waiting for, and adds the value to
#   the list once no share is missing.
# - ``backward`` discards the gradients of computed values as it walks. Only leaves, the
#   values that weren't computed from others, store theirs.


class Value:
    """An array that records how it was computed."""

    def __init__(self, data, operation=None, edges=(), *, requires_grad=False):
        self.data, self.operation, self.grad = data, operation, None
        self.edges = [(value, share) for value, share in edges if value.requires_grad]
        self.requires_grad = requires_grad or bool(self.edges)

    def __matmul__(self, other):
        left, right = self.data, other.data
        edges = (self, lambda grad: grad @ right.T), (other, lambda grad: left.T @ grad)
        return Value(left @ right, "matmul", edges)

    def __sub__(self, other):
        assert self.data.shape == other.data.shape
        edges = (self, lambda grad: grad), (other, lambda grad: -grad)
        return Value(self.data - other.data, "subtract", edges)

    def relu(self):
        edges = [(self, lambda grad: grad * (self.data > 0))]
        return Value(np.maximum(self.data, 0), "relu", edges)

    def square(self):
        edges = [(self, lambda grad: 2 * self.data * grad)]
        return Value(np.square(self.data), "square", edges)

    def sum(self):
        edges = [(self, lambda grad: np.full_like(self.data, grad))]
        return Value(self.data.sum(), "sum", edges)

    def order(self):
        """This value and those behind it, in topological order."""
        waiting, found, ordered = Counter(), [self], [self]
        for value in found:  # the list grows while the loop runs
            for other, _ in value.edges:
                if other not in waiting:
                    found.append(other)
                waiting[other] += 1
        for value in ordered:
            for other, _ in value.edges:
                waiting[other] -= 1
                if waiting[other] == 0:
                    ordered.append(other)
        return ordered

    def backward(self):
        """Add the gradient of this value to ``grad`` of each leaf behind it."""
        grads = {self: np.ones_like(self.data)}
        for value in self.order():
            grad = grads.pop(value)
            if not value.edges:
                value.grad = grad if value.grad is None else value.grad + grad
            for other, share in value.edges:
                grads[other] = grads.get(other, 0) + share(grad)


w = Value(np.array(3.0), requires_grad=True)
a = w.square()
result = a - a.square()
result.backward()
assert w.grad == added["w"]
print("result", result.data, "  gradient of w", w.grad)
print("order:", [value.operation for value in result.order()])

# %%
# Gradients add up here in two different ways. Within one walk, the contributions to one
# value add up: that is the chain rule. From one call to the next, each new gradient is
# added to a leaf's ``grad`` until you set ``grad`` to None. The loop below does that
# after each update.

result.backward()
print("after a second backward:", w.grad)

# %%
# The network's gradients
# -----------------------
#
# The forward pass takes two lines, and the backward pass takes one call. Compare the
# gradients with the formulas from ``numpy_by_hand``. You derived those formulas for
# this one network; the engine contains nothing specific to it.

x, y = Value(x_array), Value(y_array)
w1 = Value(w1_start.copy(), requires_grad=True)
w2 = Value(w2_start.copy(), requires_grad=True)
y_pred = (x @ w1).relu() @ w2
loss = (y_pred - y).square().sum()
loss.backward()

h = x_array @ w1_start
grad_y_pred = 2 * (np.maximum(h, 0) @ w2_start - y_array)
grad_w2 = np.maximum(h, 0).T @ grad_y_pred
grad_h = grad_y_pred @ w2_start.T
grad_h[h <= 0] = 0
grad_w1 = x_array.T @ grad_h

print("weight        engine        by hand")
for name, leaf, by_hand in (("w1", w1, grad_w1), ("w2", w2, grad_w2)):
    assert np.abs(leaf.grad - by_hand).max() <= 1e-12 * np.abs(by_hand).max()
    print(f"{name}[10, 5]  {leaf.grad[10, 5]:10.3f}     {by_hand[10, 5]:10.3f}")

# %%
# The whole loop
# --------------
#
# Each step runs the forward pass, computes the loss, calls ``backward``, updates the
# weights and clears their gradients. The update changes ``data`` directly, so no graph
# records it. Each step builds a new graph from the leaves, and Python frees the
# previous graph together with its loss.

learning_rate = 1e-6
w1 = Value(w1_start.copy(), requires_grad=True)
w2 = Value(w2_start.copy(), requires_grad=True)
losses = []
for t in range(500):
    y_pred = (x @ w1).relu() @ w2
    loss = (y_pred - y).square().sum()
    losses.append(loss.data)

    loss.backward()
    w1.data -= learning_rate * w1.grad
    w2.data -= learning_rate * w2.grad
    w1.grad = None
    w2.grad = None

for t in (0, 1, 100, 200, 300, 400, 499):
    print(f"step {t:3d}  loss {losses[t]:.3e}")

# %%
# Compare it with PyTorch's graph
# -------------------------------
#
# PyTorch records the same step. The loss's ``grad_fn`` is the node of the function that
# made it, and each node's ``next_functions`` lead to the nodes before it. Each path
# ends at an ``AccumulateGrad``, which adds to a leaf's ``grad``. Walk back from both
# losses, along your edges and along PyTorch's.

w1 = Value(w1_start, requires_grad=True)
w2 = Value(w2_start, requires_grad=True)
loss = ((x @ w1).relu() @ w2 - y).square().sum()

x_tensor, y_tensor = torch.from_numpy(x_array), torch.from_numpy(y_array)
w1_tensor = torch.from_numpy(w1_start).requires_grad_()
w2_tensor = torch.from_numpy(w2_start).requires_grad_()
torch_loss = (torch.relu(x_tensor @ w1_tensor) @ w2_tensor - y_tensor).pow(2).sum()
leaves = {w1: "w1", w2: "w2", w1_tensor: "w1", w2_tensor: "w2"}


def ours(value):
    """A value's name, and the values that it was computed from."""
    return value.operation or leaves[value], [other for other, _ in value.edges]


def pytorchs(function):
    """A function's name, and the functions that made its inputs."""
    leaf = f" {leaves[function.variable]}" if hasattr(function, "variable") else ""
    behind = [other for other, _ in function.next_functions if other is not None]
    return type(function).__name__ + leaf, behind


def walk(start, look):
    """The name and position of each node, and where its arrow comes from."""
    nodes, waiting = [], [(start, 0, 0, None)]
    for node, column, depth, came_from in waiting:
        name, behind = look(node)
        nodes.append((name, (column, -depth), came_from))
        for shift, other in enumerate(behind):
            waiting.append((other, column + shift, depth + 1, (column, -depth)))
    return nodes


our_nodes, torch_nodes = walk(loss, ours), walk(torch_loss.grad_fn, pytorchs)
assert [node[1:] for node in our_nodes] == [node[1:] for node in torch_nodes]
for (our_name, *_), (torch_name, *_) in zip(our_nodes, torch_nodes, strict=True):
    print(f"{our_name:10s}{torch_name}")
print("nodes:", len(our_nodes), "and", len(torch_nodes))

# %%
# Node for node, the two graphs match. The figure shows the nodes that each walk found.
# The nodes of PyTorch's graph are functions and those of yours are values, but the
# arrows are the same, and so are the resulting gradients, up to rounding.

fig, axes = plt.subplots(1, 2, figsize=(7, 5.5), layout="constrained")
titles = ("The graph of this page's engine", "PyTorch's graph of the same step")
for ax, title, nodes in zip(axes, titles, (our_nodes, torch_nodes), strict=True):
    for name, place, came_from in nodes:
        box = {"boxstyle": "round", "facecolor": "none", "edgecolor": "C0"}
        middle = {"ha": "center", "va": "center", "size": 9}
        ax.text(*place, name.replace(" ", "\n"), bbox=box, **middle)
        if came_from is not None:
            shrink = 15 if place[0] == came_from[0] else 38
            arrow = {"arrowstyle": "->", "color": "C1"}
            arrow |= {"shrinkA": 15, "shrinkB": shrink}
            ax.annotate("", xy=place, xytext=came_from, arrowprops=arrow)
    ax.set(title=title, xlim=(-0.5, 1.5), ylim=(-6.4, 0.4))
    ax.axis("off")
plt.show()

loss.backward()
torch_loss.backward()
print("weight        engine        PyTorch")
for name, leaf, tensor in (("w1", w1, w1_tensor), ("w2", w2, w2_tensor)):
    largest = np.abs(leaf.grad).max()
    np.testing.assert_allclose(tensor.grad, leaf.grad, rtol=0, atol=1e-12 * largest)
    mine, theirs = leaf.grad[10, 5], tensor.grad[10, 5].item()
    print(f"{name}[10, 5]  {mine:10.3f}     {theirs:10.3f}")

# %%
# Summary
# -------
#
# - Each operation has its own backward function; a graph that records how each value
#   was computed does the rest.
# - Contributions to a value's gradient add up, and a topological order makes the value
#   wait for all of them.
# - PyTorch's graph of a step matches the one that you built, node for node and arrow
#   for arrow.
#
# Practise: ``exercises/autograd_by_hand``
#
# Next: ``autograd`` hands this work over to PyTorch.
