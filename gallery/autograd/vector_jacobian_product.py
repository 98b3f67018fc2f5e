# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
The vector-Jacobian product
===========================

A function with several inputs and several outputs has a whole matrix of slopes, its
Jacobian. ``backward`` never builds that matrix. It only computes the product of a
vector and the matrix. You check this on a network so small that you can work out every
number on paper. You meet such products on two other pages: each gradient in the
backward pass of ``numpy_by_hand`` is one, and the ``backward`` that you write in
``custom_function`` computes one.

What you'll learn:

- what the Jacobian is, and how to write down the Jacobian of a two-layer network;
- what ``backward`` does with its argument, and why a vector result needs one;
- which PyTorch functions return the Jacobian, and which compute only the product;
- why one product takes one backward pass, and the whole Jacobian takes one per output.
"""

# %%
# A network with whole numbers
# ----------------------------
#
# The network has three inputs, three hidden units and two outputs, and its weights are
# chosen so that all results are whole numbers. The formula is the same as for the other
# two-layer networks on this site, but the input is one sample, a vector. No entry of
# ``h``, the input to ReLU, is near 0, where ReLU has its kink.

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

x = torch.tensor([1.0, 2.0, -1.0], dtype=torch.float64)
w1 = torch.tensor(
    [[1.0, -1.0, 2.0], [0.0, 3.0, 1.0], [2.0, 1.0, -1.0]],
    dtype=torch.float64,
)
w2 = torch.tensor([[4.0, -2.0], [1.0, 2.0], [-1.0, 3.0]], dtype=torch.float64)


def network(x):
    """Apply two layers with a ReLU between them."""
    return torch.relu(x @ w1) @ w2


print("h", (x @ w1).tolist(), "  y", network(x).tolist())

# %%
# The Jacobian by hand
# --------------------
#
# ``J[i, j]`` is the slope of ``y[i]`` with respect to ``x[j]``: there is one row per
# output and one column per input. The chain rule multiplies three Jacobians. The
# Jacobians of the two matrix products are the transposed weights, because the code
# writes the sample to the left of the weights. The Jacobian of ReLU is diagonal: 1
# where ``h`` is positive, 0 elsewhere.

mask = (x @ w1 > 0).double()
J = w2.T @ torch.diag(mask) @ w1.T
print("mask", mask.tolist())
print("J has shape", tuple(J.shape))
print(J.numpy())

# %%
# Why backward needs a gradient argument
# --------------------------------------
#
# ``torch.Tensor.backward`` stores its result in ``x.grad`` (below, in the ``grad`` of
# ``leaf``, a tracked copy of ``x``), which has the shape of ``x``. The two rows of
# ``J`` don't fit. So you say how much each output counts, with a vector ``v`` that has
# one entry per output. ``backward`` then computes the gradient of the sum of
# ``v[i] * y[i]``. That gradient is ``v @ J``, the vector-Jacobian product. In formulas,
# it is written as v transposed times J.

leaf = x.clone().requires_grad_()
y = network(leaf)
try:
    y.backward()
except RuntimeError as error:
    print("without v:", error)

v = torch.tensor([2.0, -1.0], dtype=torch.float64)
y.backward(v)
print("x.grad with v = [2, -1]:  ", leaf.grad.tolist())
print("v @ J:                    ", (v @ J).tolist())

leaf.grad = None
(v * network(leaf)).sum().backward()
print("gradient of the sum v * y:", leaf.grad.tolist())

# %%
# Everything in one table
# -----------------------
#
# The table compares three ways to compute the matrix (by hand, with
# ``torch.func.jacrev``, and by central differences) with two ways to compute only the
# product: ``backward``, which stores it, and ``torch.func.vjp``, which returns a
# function that computes it. Each column uses a different vector. A vector with a 1 at
# one position and a 0 at the other picks a row of ``J``. The third vector combines both
# rows.

step = 1e-3
units = torch.eye(3, dtype=torch.float64)
moves = [step * unit for unit in units]
columns = [(network(x + move) - network(x - move)) / (2 * step) for move in moves]
by_differences = torch.stack(columns, dim=1)
by_jacrev = torch.func.jacrev(network)(x)
_, pull_back = torch.func.vjp(network, x)


def by_backward(v):
    """Return what backward leaves in x.grad."""
    leaf = x.clone().requires_grad_()
    network(leaf).backward(v)
    return leaf.grad


methods = {
    "v @ J, J by hand": lambda v: v @ J,
    "v @ J, J by jacrev": lambda v: v @ by_jacrev,
    "v @ J, J by differences": lambda v: v @ by_differences,
    "x.grad after backward(v)": by_backward,
    "torch.func.vjp": lambda v: pull_back(v)[0],
}
vectors = torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]], dtype=torch.float64)
print(f"{'':26s}" + "   ".join(f"v = [{a:2.0f}, {b:2.0f}]" for a, b in vectors))
for name, method in methods.items():
    products = torch.stack([method(v) for v in vectors])
    assert torch.allclose(products, vectors @ J, rtol=0, atol=1e-9)
    rows = ["".join(f"{entry:4.0f}" for entry in row) for row in products]
    print(f"{name:26s}" + "   ".join(rows))

# %%
# The figure shows the matrix and the product. Blue entries are positive, red ones are
# negative, and darker colours mean larger absolute values.

fig, axes = plt.subplots(1, 2, figsize=(7, 3), layout="constrained")
pictures = (
    ("J", J, "output i of y"),
    ("v @ J for v = [2, -1]", (v @ J)[None], "weighted sum of rows"),
)
for ax, (title, matrix, label) in zip(axes, pictures, strict=True):
    ax.imshow(matrix.numpy(), cmap="RdBu", vmin=-12, vmax=12)
    for (i, j), entry in np.ndenumerate(matrix.numpy()):
        color = "white" if abs(entry) > 7 else "black"
        ax.text(j, i, f"{entry:.0f}", ha="center", va="center", color=color)
    ax.set(title=title, xlabel="input j of x", ylabel=label)
    ax.set_xticks(range(matrix.shape[1]))
    ax.set_yticks(range(matrix.shape[0]) if matrix.shape[0] > 1 else [])
plt.show()

# %%
# The v of a loss
# ---------------
#
# A loss is a single number, so you don't need to pass a ``v``. But there is one for the
# outputs: the slope of the loss with respect to each output, which ``numpy_by_hand``
# calls ``grad_y_pred``. If you pass that vector to the ``backward`` of the outputs
# yourself, you get the same gradient as from ``loss.backward()``.

target = torch.tensor([1.0, 20.0], dtype=torch.float64)
leaf = x.clone().requires_grad_()
loss = (network(leaf) - target).pow(2).sum()
loss.backward()
grad_y_pred = 2 * (network(x) - target)
print("grad_y_pred             ", grad_y_pred.tolist())
print("x.grad of the loss      ", leaf.grad.tolist())
print("x.grad with v as above  ", by_backward(grad_y_pred).tolist())

# %%
# Doubling
# --------
#
# The number of operations can depend on the data. Here you double three numbers until
# their norm exceeds 1000. After ``k`` doublings, each output is its input times
# ``2 ** k``. So ``J`` has that factor on its diagonal and zeros elsewhere, and
# ``v @ J`` is ``v`` times that factor.

rng = np.random.default_rng(0)
start = torch.from_numpy(rng.standard_normal(3)).requires_grad_()
y, k = start, 0
while y.norm() <= 1000:
    y = 2 * y
    k += 1
v = torch.tensor([0.1, 1.0, 0.0001], dtype=torch.float64)
y.backward(v)
before, after = start.detach().norm(), y.detach().norm()
print(f"{k} doublings bring the norm from {before:.3f} to {after:.1f}")
print("start.grad", [round(entry, 6) for entry in start.grad.tolist()])
print("2 ** k * v", [round(entry, 6) for entry in (2**k * v).tolist()])
assert torch.equal(start.grad, 2**k * v)

# %%
# How many passes?
# ----------------
#
# How many backward passes does each task need? PyTorch calls a function registered with
# ``torch.Tensor.register_hook`` each time a backward pass reaches ``h``. Here the
# function stores the gradient that arrives. Increase the number of outputs, and compare
# three tasks: the whole Jacobian (from ``torch.autograd.functional.jacobian``, which
# computes it row by row), a single product, and the gradient of a loss.

D_in, H = 6, 5
x = torch.from_numpy(rng.standard_normal(D_in)).requires_grad_()
w1 = torch.from_numpy(rng.standard_normal((D_in, H)))
arrived = []


def watched(x, w2):
    """Apply the network, with a hook on h."""
    h = x @ w1
    h.register_hook(arrived.append)
    return torch.relu(h) @ w2


sizes = [1, 2, 5, 10, 20]
passes = {"whole Jacobian": [], "one product v @ J": [], "gradient of a loss": []}
for D_out in sizes:
    w2 = torch.from_numpy(rng.standard_normal((H, D_out)))
    v = torch.ones(D_out, dtype=torch.float64)
    tasks = (
        lambda w2=w2: torch.autograd.functional.jacobian(lambda x: watched(x, w2), x),
        lambda w2=w2, v=v: watched(x, w2).backward(v),
        lambda w2=w2: watched(x, w2).pow(2).sum().backward(),
    )
    for counts, task in zip(passes.values(), tasks, strict=True):
        arrived.clear()
        task()
        counts.append(len(arrived))

print(f"{'outputs':20s}", *(f"{size:3d}" for size in sizes))
for name, counts in passes.items():
    print(f"{name:20s}", *(f"{count:3d}" for count in counts))

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for (name, counts), style in zip(passes.items(), ("o-", "s-", "x--"), strict=True):
    ax.plot(sizes, counts, style, label=name)
ax.set(title="How many backward passes each task takes")
ax.set(xlabel="outputs D_out", ylabel="backward passes")
ax.set_xticks(sizes)
ax.legend()
plt.show()

# %%
# A pass starts at the outputs with one vector and carries one vector back through each
# layer, which is called reverse mode. So a pass yields one row of the Jacobian, or one
# combination of its rows. The Jacobian of a loss has only one row. That is why
# ``loss.backward()`` is a single pass, however many weights there are.
#
# ``torch.func.jacrev`` sends all vectors through the network together, as a batch. That
# takes a single call, but no less arithmetic. PyTorch can count the operations in
# matrix products. The table below shows the counts in units of one forward pass.


def arithmetic(task):
    """Return the number of operations in the matrix products of a task."""
    with FlopCounterMode(display=False) as counter:
        task()
    return counter.get_total_flops()


sample = x.detach()[None]  # a batch of one, because only matrix products are counted
print("outputs   v @ J   jacrev    (the backward part, in units of a forward pass)")
for D_out in sizes:
    w2 = torch.from_numpy(rng.standard_normal((H, D_out)))
    v = torch.ones((1, D_out), dtype=torch.float64)
    forward = arithmetic(lambda: network(sample))
    product = arithmetic(lambda v=v: torch.func.vjp(network, sample)[1](v))
    whole = arithmetic(lambda: torch.func.jacrev(network)(sample))
    print(f"{D_out:7d} {product / forward - 1:7.1f} {whole / forward - 1:8.1f}")

# %%
# Summary
# -------
#
# - ``torch.Tensor.backward`` with an argument ``v`` computes ``v @ J``; the function
#   that ``torch.func.vjp`` returns computes the same product.
# - ``torch.func.jacrev`` returns all of ``J``, at the cost of one backward pass per
#   output.
# - A loss has one output, so its gradient takes one pass. The ``v`` for its predictions
#   is ``grad_y_pred``.
#
# Practise: ``exercises/vector_jacobian_product``
#
# Next: ``lenet`` uses all of this in a network that classifies images.
