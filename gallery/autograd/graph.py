# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "torch>=2.9",
# ]
# ///
"""
The graph that backward walks
=============================

While you compute, PyTorch writes down which function made each result and what that function needs for its
part of the backward pass. You walk this record yourself, look at what it keeps, and at the end write the loop
that ``backward`` runs. On the ladder, the rung ``autograd`` prints the record of its loss, and
``dynamic_graph`` counts a new one in each step.

What you'll learn:

- how ``grad_fn`` and ``next_functions`` link functions to a graph, and where it ends;
- which tensors the functions keep, how many bytes that takes, and when they are freed;
- how a tensor that is used twice shows in the graph;
- how to run a backward pass function by function.
"""

# %%
# Functions and their arrows
# --------------------------
#
# Compute the ladder's loss on small matrices. ``loss.grad_fn`` is the function that made the loss, and its
# ``torch.autograd.graph.Node.next_functions`` are those that made its inputs. Each comes with a number that
# says which of that function's outputs it was. Follow them all and print what you meet. An input that needs
# no gradient stands there as None: the walk leaves it out.

import matplotlib.pyplot as plt
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

torch.manual_seed(0)
N, D_in, H, D_out = 8, 5, 4, 2
x, y = torch.randn(N, D_in), torch.randn(N, D_out)
w1 = torch.randn(D_in, H, requires_grad=True)
w2 = torch.randn(H, D_out, requires_grad=True)


def compute_loss(x):
    """The ladder's forward pass."""
    return (torch.relu(x @ w1) @ w2 - y).pow(2).sum()


def print_graph(result):
    """Print the functions behind a result, each further to the right than the one it serves."""
    leaves = {w1: " w1", w2: " w2"}
    waiting = [(result.grad_fn, 0)]
    while waiting:
        function, depth = waiting.pop()
        name = type(function).__name__
        print("    " * depth + name + leaves.get(getattr(function, "variable", None), ""))
        for before, _ in reversed(function.next_functions):
            if before is not None:
                waiting.append((before, depth + 1))


loss = compute_loss(x)
print_graph(loss)

# %%
# Where a page calls ``print_graph``, the site also draws what it walks, from the same objects: arrows go the
# way of ``backward``, from the result to the leaves.
#
# The walk ends at functions called ``AccumulateGrad``. Each belongs to a tracked leaf and adds to that leaf's
# ``grad``. No arrow leads to ``x`` or ``y``. Nothing computes ``w1``, so it has no ``grad_fn``; you reach its
# function only from a result.

first_product = loss.grad_fn
while type(first_product).__name__ != "ReluBackward0":
    first_product = first_product.next_functions[0][0]
first_product = first_product.next_functions[0][0]
to_x, to_w1 = first_product.next_functions
print("from x @ w1 to x: ", to_x[0])
print("from x @ w1 to w1:", type(to_w1[0]).__name__, " belongs to w1:", to_w1[0].variable is w1)
print("w1.grad_fn:", w1.grad_fn)

# %%
# What a function keeps
# ---------------------
#
# The gradient of a product with respect to one factor needs the other factor. So a product keeps the factors
# that it will need, ReLU its result, a square its input, and a sum nothing but a shape. PyTorch shows kept
# tensors as attributes that begin with ``_saved``. The first product keeps ``x``, for the gradient with
# respect to ``w1``. It doesn't keep ``w1``: nobody wants a gradient with respect to ``x``.


def functions_of(result):
    """All functions behind a result, each once."""
    found = [result.grad_fn]
    for function in found:
        befores = [before for before, _ in function.next_functions]
        found += [before for before in befores if before is not None and before not in found]
    return found


def kept_by(function):
    """The tensors that a function keeps, by the names that it has for them."""
    attributes = [name for name in dir(function) if name.startswith("_saved")]
    values = {name: getattr(function, name) for name in attributes}
    return {name: value for name, value in values.items() if torch.is_tensor(value)}


for function in functions_of(loss):
    for name, tensor in kept_by(function).items():
        print(f"{type(function).__name__:15s} {name:15s} {tuple(tensor.shape)}")
print("the first product keeps x itself:", kept_by(first_product)["_saved_self"] is x)

# %%
# Ask for the gradient with respect to ``x`` too, and the graph grows an arrow: the first product now keeps
# ``w1`` as well.

tracked_x = x.clone().requires_grad_()
longer = compute_loss(tracked_x)
for name, result in (("x", loss), ("tracked_x", longer)):
    functions = functions_of(result)
    count = sum(len(kept_by(function)) for function in functions)
    print(f"loss from {name:9s}: {len(functions)} functions keep {count} tensors")

# %%
# How much memory
# ---------------
#
# What is kept grows with the batch: each of these tensors but ``w2`` has a row for each input. That is why
# training takes more memory than predicting, and a small batch less than a large one. Add up the bytes over
# the graph. ReLU's result is also the factor of the next product, at the same place in memory, so count a
# place once. PyTorch can tell you as well: a function given to ``torch.autograd.graph.saved_tensors_hooks``
# sees each tensor that is put aside.


def total_bytes(tensors):
    """The bytes of some tensors, those that lie in the same place counted once."""
    return sum({tensor.data_ptr(): tensor.nbytes for tensor in tensors}.values())


y_all = torch.randn(64, D_out)
sizes = [8, 16, 32, 64]
totals, put_aside = [], []
for N in sizes:
    y = y_all[:N]
    put_aside.clear()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: put_aside.append(t) or t, lambda t: t):
        result = compute_loss(torch.randn(N, D_in))
    kept = [tensor for function in functions_of(result) for tensor in kept_by(function).values()]
    totals.append(total_bytes(kept))
    assert total_bytes(put_aside) == totals[-1]
    print(f"N = {N:2d}: {totals[-1]:4d} bytes kept")

with torch.no_grad():
    print("under no_grad the loss has grad_fn", compute_loss(torch.randn(N, D_in)).grad_fn)

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(sizes, totals, "o-", label="kept by the graph")
ax.axhline(w2.nbytes, linestyle="--", color="black", label="w2 alone")
ax.set(title="What the graph keeps", xlabel="inputs N", ylabel="bytes", ylim=(0, None))
ax.legend()
plt.show()

# %%
# Freed after use
# ---------------
#
# ``torch.Tensor.backward`` frees what the functions kept as soon as it has passed them. The functions
# themselves stay as long as the result does. That is why a second call fails, unless the first was told to
# retain the graph.

y = y_all[:8]
loss = compute_loss(x)
square = loss.grad_fn.next_functions[0][0]
print("before backward:", square.name(), "keeps", *kept_by(square))
loss.backward()
try:
    kept_by(square)
except RuntimeError as error:
    print("after backward: ", square.name(), "-", str(error).split(" (or")[0])

# %%
# Used twice
# ----------
#
# A graph is no tree. Put ``w2`` to use twice, and two arrows lead to the one ``AccumulateGrad`` that belongs
# to it. Both hand over a gradient, and the sum of both ends in ``w2.grad``. So weights shared between layers
# need nothing special.


def penalized_loss(x):
    """The loss, and a term that keeps w2 small."""
    return compute_loss(x) + w2.pow(2).sum()


penalized = penalized_loss(x)
arrows = [
    before
    for function in functions_of(penalized)
    for before, _ in function.next_functions
    if getattr(before, "variable", None) is w2
]
print(f"{len(arrows)} arrows to w2, to {len(set(arrows))} function")
print_graph(penalized)

# %%
# A graph of this run
# -------------------
#
# The graph holds what ran, and nothing of the code around it. A loop leaves its passes, a branch the side that
# was taken. In the next step it may be another graph.


def repeated(x, repeats):
    """Pass through the first layer, then as often as asked through one square layer."""
    h = torch.relu(x @ w1)
    for _ in range(repeats):
        h = torch.relu(h @ (w2 @ w2.T))
    return h.sum()


for repeats in range(3):
    names = [type(function).__name__ for function in functions_of(repeated(x, repeats))]
    print(f"{repeats} repeats: {len(names):2d} functions, {names.count('ReluBackward0')} ReLUs")

# %%
# Backward, function by function
# ------------------------------
#
# Each function can be called: it takes the gradient with respect to its output and gives those with respect
# to its inputs, one for each arrow. That is all you need for a backward pass. Start with a 1 at the loss.
# Call a function once all arrows to it have delivered, hand its gradients on, and add up what arrives at the
# same place. (Each function here has one output. One with several would have to sort what arrives by the
# number beside the arrow.)


def backward(result):
    """Give the gradients of a result with respect to its leaves, by walking its graph."""
    functions = functions_of(result)
    missing = dict.fromkeys(functions, 0)
    for function in functions:
        for before, _ in function.next_functions:
            if before is not None:
                missing[before] += 1
    arrived, grads = {result.grad_fn: torch.ones(())}, {}
    ready = [result.grad_fn]
    for function in ready:
        grad = arrived.pop(function)
        if hasattr(function, "variable"):
            grads[function.variable] = grad
            continue
        given = function(grad)
        given = given if isinstance(given, tuple) else (given,)
        for (before, _), grad in zip(function.next_functions, given, strict=True):
            if before is not None:
                arrived[before] = arrived[before] + grad if before in arrived else grad
                missing[before] -= 1
                if missing[before] == 0:
                    ready.append(before)
    return grads


for forward in (compute_loss, penalized_loss):
    w1.grad = w2.grad = None
    forward(x).backward()
    grads = backward(forward(x))
    for name, w in (("w1", w1), ("w2", w2)):
        assert torch.allclose(grads[w], w.grad)
        print(f"{forward.__name__:14s} by hand, with respect to {name}: equals {name}.grad")

# %%
# Summary
# -------
#
# - ``torch.autograd.graph.Node.next_functions`` leads from a result's ``grad_fn`` to ``AccumulateGrad``.
# - Functions keep what their gradient needs; ``torch.Tensor.backward`` frees it, ``torch.no_grad`` keeps none.
# - Gradients that meet at one function add up; called in order, the functions are the whole backward pass.
#
# Next: ``gradients`` computes one gradient in three ways and shows what ``backward`` does with it.
