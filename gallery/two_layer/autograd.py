# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
Autograd
========

You write the forward pass and the loss, and PyTorch computes the gradients. The engine
that you wrote in ``autograd_by_hand`` can differentiate five operations on arrays;
PyTorch's engine can differentiate hundreds of operations on tensors. One call replaces
the lines that computed ``grad_y_pred``, ``grad_w2``, ``grad_h_relu``, ``grad_h`` and
``grad_w1`` in ``tensors_by_hand``. The forward pass and the update compute the same as
before. What is new is ``no_grad`` around the update, and the lines after it, which
clear the gradients.

What you'll learn:

- how ``requires_grad`` makes PyTorch record a graph, and how to look at that graph;
- what ``backward`` computes, and how it compares with the gradients that you derived;
- why the update runs under ``no_grad``, and why gradients are cleared after each step;
- what it costs to track tensors that need no gradient, and to keep a loss together with
  its graph.
"""

# %%
# The problem
# -----------
#
# These are the same data and starting weights as on every page of this series.
# ``torch.Tensor.requires_grad_`` is new: called without an argument, it turns tracking
# on. From here on, PyTorch records what is computed from ``w1`` and ``w2``. A tensor
# that you make from numbers can be tracked from the start, as in
# ``torch.tensor(2.0, requires_grad=True)`` further down.

import time
import weakref

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

rng = np.random.default_rng(0)
N, D_in, H, D_out = 64, 1000, 100, 10
x = torch.from_numpy(rng.standard_normal((N, D_in)))
y = torch.from_numpy(rng.standard_normal((N, D_out)))
w1_start = torch.from_numpy(rng.standard_normal((D_in, H)))
w2_start = torch.from_numpy(rng.standard_normal((H, D_out)))

w1 = w1_start.clone().requires_grad_()
w2 = w2_start.clone().requires_grad_()
for name, tensor in (("x", x), ("y", y), ("w1", w1), ("w2", w2)):
    print(f"{name:2s} {tuple(tensor.shape)!s:12s} requires_grad {tensor.requires_grad}")

# %%
# The graph
# ---------
#
# PyTorch records the functions that you call on tracked tensors as a graph. Each
# function has a node, and the node's ``next_functions`` are the edges that lead back to
# the nodes before it. Each result's ``grad_fn`` is the node of the function that
# produced it, so you can walk back from the loss. The walk ends at two nodes called
# ``AccumulateGrad``, which add to the ``grad`` of ``w1`` and of ``w2``. No path leads
# to ``x`` or ``y``, because they aren't tracked. (Older tutorials describe the graph
# the other way round, with tensors as nodes and functions as edges. For more about the
# nodes, see ``graph``.)

h = x @ w1
h_relu = torch.relu(h)
y_pred = h_relu @ w2
loss = (y_pred - y).pow(2).sum()

leaves = {w1: "w1", w2: "w2"}


def print_graph(result):
    """Print the functions behind a result, with each one's next functions indented."""

    def print_from(function, depth):
        leaf = f" {leaves[function.variable]}" if hasattr(function, "variable") else ""
        print("    " * depth + type(function).__name__ + leaf)
        for next_function, _ in function.next_functions:
            if next_function is not None:
                print_from(next_function, depth + 1)

    print_from(result.grad_fn, 0)


print_graph(loss)

# %%
# Backward
# --------
#
# ``torch.Tensor.backward`` walks that graph from the loss and stores the gradient of
# the loss with respect to ``w1`` in ``w1.grad``, and likewise for ``w2``. Compare both
# with the formulas from ``tensors_by_hand``. (The line ``grad_h = grad_h_relu.clone()``
# is left out, because nothing here needs ``grad_h_relu`` unchanged.)

loss.backward()

with torch.no_grad():
    grad_y_pred = 2 * (y_pred - y)
    grad_w2 = h_relu.t() @ grad_y_pred
    grad_h = grad_y_pred @ w2.t()
    grad_h[h <= 0] = 0
    grad_w1 = x.t() @ grad_h

for name, grad, by_hand in (("w1", w1.grad, grad_w1), ("w2", w2.grad, grad_w2)):
    largest = by_hand.abs().max().item()
    assert torch.allclose(grad, by_hand, rtol=1e-12, atol=1e-12 * largest)
    first, derived = grad[0, 0].item(), by_hand[0, 0].item()
    entry = f"first entry {first:.3f}, by hand {derived:.3f}"
    print(f"{name}.grad {tuple(grad.shape)}: {entry}")

# %%
# What not to track
# -----------------
#
# Nothing updates ``x`` and ``y``, so their gradients aren't needed. If you track them
# anyway, PyTorch doesn't warn you, and the loss is the same. But the backward pass then
# computes a gradient for each, and the gradient of ``x`` takes a matrix product as
# large as the first one in the forward pass. Count the additions and multiplications in
# all matrix products, and the bytes of all gradients that are stored in ``grad``.

for track in (False, True):
    inputs, targets = x.clone().requires_grad_(track), y.clone().requires_grad_(track)
    weights = w1.detach().clone().requires_grad_(), w2.detach().clone().requires_grad_()
    with FlopCounterMode(display=False) as counter:
        loss = (torch.relu(inputs @ weights[0]) @ weights[1] - targets).pow(2).sum()
        loss.backward()
    grads = [tensor.grad for tensor in (inputs, targets, *weights)]
    size = sum(grad.nbytes for grad in grads if grad is not None)
    print(f"x and y tracked: {track}, loss {loss.item():.3e}")
    print(f"    {counter.get_total_flops():,} operations, {size:,} bytes of gradients")

# %%
# The update without no_grad
# --------------------------
#
# An update is arithmetic on ``w1``, so PyTorch would record it as well. An in-place
# update raises an error, because it would overwrite a tracked leaf. A leaf is a tensor
# that isn't the result of a recorded function. If the update isn't in place, PyTorch
# records it: the new ``w1`` is not a leaf but a result with a ``grad_fn``, and the
# graph would grow from step to step. Under ``torch.no_grad``, nothing is recorded, and
# results aren't tracked. There the loop can update ``w1`` in place, so ``w1`` stays a
# tracked leaf. (Older programs update ``w1.data``, which can make gradients silently
# wrong. To find out how, see ``tracking``.)

try:
    w1 -= 1e-6 * w1.grad
except RuntimeError as error:
    print(error)

recorded = w1 - 1e-6 * w1.grad
with torch.no_grad():
    unrecorded = w1 - 1e-6 * w1.grad
function = type(recorded.grad_fn).__name__
print("recorded:      is_leaf", recorded.is_leaf, " grad_fn", function)
print("under no_grad: is_leaf", unrecorded.is_leaf, " grad_fn", unrecorded.grad_fn)
print("under no_grad: requires_grad", unrecorded.requires_grad)

# %%
# Why gradients are cleared
# -------------------------
#
# Within one backward pass, the engine first adds up all contributions to a tensor's
# gradient, along all paths. Only then does it write to ``grad``, once per leaf, no
# matter how many times the leaf was used. That write doesn't replace what ``grad`` held
# before; it adds to it. That is useful for gradient accumulation, where you run a batch
# in parts and add up the gradients of the parts. Below, a hook records each write to a
# leaf that is used three times.

w = torch.tensor(2.0, requires_grad=True)
written = []
w.register_post_accumulate_grad_hook(lambda leaf: written.append(leaf.grad.item()))
for _ in range(2):
    (w * w + 3 * w).backward()  # the slope at 2 is 2 * 2 + 3
    print("writes so far:", written)
assert written == [7.0, 14.0]

# %%
# So you must clear the old gradient between two steps of a fit. You can set ``grad`` to
# None. Later pages call ``zero_grad``, which, despite its name, also sets ``grad`` to
# None by default.

once = w1.grad.clone()
(torch.relu(x @ w1) @ w2 - y).pow(2).sum().backward()
assert torch.allclose(w1.grad, 2 * once)
first, second = once[0, 0].item(), w1.grad[0, 0].item()
print(f"first entry of w1.grad: {first:.3f}, after a second backward {second:.3f}")

torch.optim.SGD([w1]).zero_grad()
print("after zero_grad, grad is", w1.grad)

# %%
# The whole loop
# --------------
#
# Each step runs the forward pass, computes the loss, calls ``backward``, updates the
# weights and clears their gradients.

learning_rate = 1e-6
w1 = w1_start.clone().requires_grad_()
w2 = w2_start.clone().requires_grad_()
losses = []
for t in range(500):
    y_pred = torch.relu(x @ w1) @ w2
    loss = (y_pred - y).pow(2).sum()
    losses.append(loss.item())

    loss.backward()
    with torch.no_grad():
        w1 -= learning_rate * w1.grad
        w2 -= learning_rate * w2.grad
    w1.grad = None
    w2.grad = None

for t in (0, 1, 100, 200, 300, 400, 499):
    print(f"step {t:3d}  loss {losses[t]:.3e}")

# %%
# If you don't clear the gradients, each update uses the sum of all gradients so far.
# The fit gathers speed like a ball that rolls without friction, and it overshoots again
# and again. In the end it blows up.


def fit(steps, *, clear=True):
    """The losses of the loop above, with or without clearing the gradients."""
    w1 = w1_start.clone().requires_grad_()
    w2 = w2_start.clone().requires_grad_()
    history = []
    for _ in range(steps):
        loss = (torch.relu(x @ w1) @ w2 - y).pow(2).sum()
        if not torch.isfinite(loss):
            break
        history.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w1 -= learning_rate * w1.grad
            w2 -= learning_rate * w2.grad
        if clear:
            w1.grad = w2.grad = None
    return history


kept = fit(100, clear=False)
for t in (0, 1, 2, 99):
    print(f"step {t:2d}  cleared {losses[t]:.3e}  never cleared {kept[t]:.3e}")
print("never cleared, the loss is finite for", len(fit(500, clear=False)), "steps")
assert np.allclose(kept[:2], losses[:2])
assert kept[99] > 100 * losses[99]

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.semilogy(losses[:100], label="cleared after each step")
ax.semilogy(kept, "--", label="never cleared")
ax.set(title="Gradients that pile up", xlabel="step t", ylabel="sum of squared errors")
ax.legend()
plt.show()

# %%
# Keep numbers, not tensors
# -------------------------
#
# The loop keeps ``loss.item()``. A loss that you keep as a tensor, in a list or in a
# running total, keeps its graph, and the graph keeps the tensors that it saved for
# ``backward``. When ``backward`` runs, it frees these tensors. If you never call it,
# for example because you only measure a loss on other data, they stay in memory. Hooks
# see each tensor that a graph saves, and a weak reference shows whether the tensor
# still exists. Count the bytes that are still in memory after ten losses, leaving out
# ``x`` and the weights.

saved = []


def pack(tensor):
    """Save a tensor for the backward pass."""
    held = tensor.detach()  # the same memory, without the graph
    saved.append(weakref.ref(held))
    return held


def bytes_kept():
    """The bytes of all saved tensors, with each buffer counted once."""
    there = [held for reference in saved if (held := reference()) is not None]
    sizes = {tensor.data_ptr(): tensor.nbytes for tensor in there}
    given = {tensor.data_ptr() for tensor in (x, w1, w2)}
    return sum(size for place, size in sizes.items() if place not in given)


for words in ("as tensors", "as tensors, after backward", "as numbers"):
    kept_losses = []
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda held: held):
        for _ in range(10):
            loss = (torch.relu(x @ w1) @ w2 - y).pow(2).sum()
            if words.endswith("backward"):
                loss.backward()
            kept_losses.append(loss.item() if words == "as numbers" else loss)
    del loss  # otherwise this name keeps the last graph in memory
    print(f"ten losses {words}: {bytes_kept():,} bytes")

# %%
# Two thousand steps
# ------------------
#
# This is the same fit, run for longer. The loss falls fast until rounding slows it to a
# crawl. The same happened with float32 in ``tensors_by_hand``, but here it happens at a
# far lower loss, because float64 is more precise.

began = time.perf_counter()
long_losses = fit(2000)
seconds = time.perf_counter() - began
print(f"2,000 steps, this build: {seconds:.2f} s")
for t in (500, 1000, 1500, 1999):
    print(f"step {t:4d}  loss {long_losses[t]:.0e}")
assert long_losses[1000] < 1e-8 * long_losses[500]
assert long_losses[-1] > 1e-3 * long_losses[1500]

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.semilogy(long_losses, label="loss")
ax.set(title="Autograd: 2,000 steps", xlabel="step t", ylabel="sum of squared errors")
plt.show()

# %%
# Summary
# -------
#
# - ``torch.Tensor.requires_grad_`` turns recording on; ``torch.Tensor.backward`` fills
#   ``grad``.
# - The update runs under ``torch.no_grad``, which keeps it out of the graph.
# - ``backward`` adds to ``grad``, so clear it: ``w.grad = None``, or
#   ``torch.optim.Optimizer.zero_grad``.
#
# Practise: ``exercises/autograd``
#
# Next: in ``is_it_learning``, you find out what this network learns, and fit a curve
# that you can see.
