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

You write the forward pass and the loss, and PyTorch computes the gradients. From ``tensors_by_hand`` this
rung removes the backward pass: the lines for ``grad_y_pred``, ``grad_w2``, ``grad_h_relu``, ``grad_h`` and
``grad_w1`` are gone, and one call takes their place. The forward pass and the update stay.

What you'll learn:

- how ``requires_grad`` makes PyTorch record a graph, and how to look at that graph;
- what ``backward`` computes, and that it equals what you derived;
- why the update runs under ``no_grad``, and why gradients are cleared after each step.
"""

# %%
# The problem
# -----------
#
# The same numbers as before. New is ``torch.Tensor.requires_grad_``, which takes no argument to switch
# tracking on: from here on, PyTorch records what is computed from ``w1`` and ``w2``. A tensor that you make
# from numbers can ask for it at once, as ``torch.tensor(3.0, requires_grad=True)`` does further down.

import time

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

w1 = w1_start.clone().requires_grad_()
w2 = w2_start.clone().requires_grad_()
for name, tensor in (("x", x), ("y", y), ("w1", w1), ("w2", w2)):
    print(f"{name:2s} {tuple(tensor.shape)!s:12s} requires_grad {tensor.requires_grad}")

# %%
# The graph
# ---------
#
# Think of tensors as the nodes of a graph and of functions as the edges that lead from one tensor to the
# next. Each result keeps the function that made it in ``grad_fn``, and that function's ``next_functions``
# lead back to the ones before it. Walk back from the loss. The walk ends at two functions called
# ``AccumulateGrad``: these write into the ``grad`` of ``w1`` and of ``w2``. No path leads to ``x`` and ``y``,
# which nobody asked to track. PyTorch stores the graph the other way round: there each function is a node,
# and ``next_functions`` are its edges. Later pages count those.

h = x @ w1
h_relu = torch.relu(h)
y_pred = h_relu @ w2
loss = (y_pred - y).pow(2).sum()

leaves = {w1: "w1", w2: "w2"}


def print_graph(result):
    """Print the functions behind a result, those that follow one further to the right."""

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
# ``torch.Tensor.backward`` walks that graph from the loss and leaves the gradient of the loss with respect to
# ``w1`` in ``w1.grad``, and likewise for ``w2``. Hold both against the lines of the last two pages (without
# the copy: nothing else uses that array here).

loss.backward()

with torch.no_grad():
    grad_y_pred = 2 * (y_pred - y)
    grad_w2 = h_relu.t() @ grad_y_pred
    grad_h = grad_y_pred @ w2.t()
    grad_h[h <= 0] = 0
    grad_w1 = x.t() @ grad_h

for name, grad, by_hand in (("w1", w1.grad, grad_w1), ("w2", w2.grad, grad_w2)):
    assert torch.allclose(grad, by_hand, rtol=1e-12, atol=1e-12 * by_hand.abs().max().item())
    print(f"{name}.grad", tuple(grad.shape), " equals the gradient derived by hand")

# %%
# The update without no_grad
# --------------------------
#
# An update is arithmetic on ``w1``, so PyTorch would record it as well. In place it refuses, since that would
# overwrite a tensor at which the graph starts, a leaf. Not in place, it records the update: the new ``w1`` is
# no leaf but a result with a ``grad_fn``, and the graph would grow from step to step. Under
# ``torch.no_grad`` nothing is recorded, so the result isn't tracked either. The loop updates in place there,
# which keeps ``w1`` the tracked leaf.

try:
    w1 -= 1e-6 * w1.grad
except RuntimeError as error:
    print(error)

recorded = w1 - 1e-6 * w1.grad
with torch.no_grad():
    unrecorded = w1 - 1e-6 * w1.grad
print("recorded:      is_leaf", recorded.is_leaf, " grad_fn", type(recorded.grad_fn).__name__)
print("under no_grad: is_leaf", unrecorded.is_leaf, " grad_fn", unrecorded.grad_fn)
print("under no_grad: requires_grad", unrecorded.requires_grad)

# %%
# Older programs update ``w.data``. That goes unrecorded too, and where it changes a number that ``backward``
# still needs, the gradient is silently wrong. The gradient of ``w ** 2`` at 3 is 6. Under ``torch.no_grad``
# PyTorch notices the same change, and ``backward`` refuses. To take a value out, use ``torch.Tensor.detach``.

w = torch.tensor(3.0, requires_grad=True)
square = w**2
print(f"gradient of w ** 2 at {w.item():.0f}: {2 * w.item():.0f}")
w.data *= 10
square.backward()
print(f"after a change through data: {w.grad.item():.0f}")

w = torch.tensor(3.0, requires_grad=True)
square = w**2
with torch.no_grad():
    w *= 10
try:
    square.backward()
except RuntimeError as error:
    print("after a change under no_grad:", str(error).split(": ")[0])
print("w.detach() requires_grad:", w.detach().requires_grad)

# %%
# Why gradients are cleared
# -------------------------
#
# ``backward`` adds to ``grad``. That is what a tensor needs that is used in several places; between two steps
# of a fit it means that the old gradient has to go. Setting ``grad`` to None does it, and is what the
# ``zero_grad`` of the later rungs does too: by default it writes no zeros.

once = w1.grad.clone()
(torch.relu(x @ w1) @ w2 - y).pow(2).sum().backward()
print("after a second backward, grad is twice what it was:", torch.allclose(w1.grad, 2 * once))

torch.optim.SGD([w1]).zero_grad()
print("after zero_grad, grad is", w1.grad)

# %%
# The whole loop
# --------------
#
# Forward, loss, ``backward``, update, clear.

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
# If gradients aren't cleared, each update repeats all earlier ones. The fit gathers speed like a ball without
# friction and overshoots again and again. Go on for long enough, and it blows up.


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
print("first two losses alike:", np.allclose(kept[:2], losses[:2]))
print("loss at step 99 more than a hundred times as large:", kept[99] > 100 * losses[99])
print("still finite after 500 steps:", len(fit(500, clear=False)) == 500)

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.semilogy(losses[:100], label="cleared after each step")
ax.semilogy(kept, "--", label="never cleared")
ax.set(title="Gradients that pile up", xlabel="step t", ylabel="sum of squared errors")
ax.legend()
plt.show()

# %%
# Two thousand steps
# ------------------
#
# The same fit for longer. The loss falls fast until rounding slows it to a crawl, as it did to float32 on the
# last page, but far lower this time since float64 rounds more finely. Running times differ from machine to machine, so
# this page prints a wide bound; print ``seconds`` to see your own.

began = time.perf_counter()
long_losses = fit(2000)
seconds = time.perf_counter() - began
print("2,000 steps in under 1,000 s:", seconds < 1000)
print(f"from step 500 to 1,000 the loss falls to {long_losses[1000] / long_losses[500]:.0e} of it")
print(
    "from step 1,500 on by less than a factor of 1,000:", long_losses[-1] > 1e-3 * long_losses[1500]
)
print("final loss under 1e-18:", long_losses[-1] < 1e-18)

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.semilogy(long_losses, label="loss")
ax.set(title="Autograd: 2,000 steps", xlabel="step t", ylabel="sum of squared errors")
plt.show()

# %%
# Summary
# -------
#
# - ``torch.Tensor.requires_grad_`` switches recording on; ``torch.Tensor.backward`` fills ``grad``.
# - The update runs under ``torch.no_grad``, which keeps it out of the graph.
# - ``backward`` adds, so clear: ``w.grad = None``, or ``torch.optim.Optimizer.zero_grad``.
#
# Practise: ``exercises/autograd``
#
# Next: ``is_it_learning`` asks what this network learns, and fits a curve that you can see.
