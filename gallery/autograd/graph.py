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

While you compute, PyTorch records which function made each result and what that
function needs in the backward pass. You follow this record yourself, look at what it
keeps, and finally write the loop that ``backward`` runs. Two pages that fit the
two-layer network look at such records too: ``autograd`` prints the record of its loss,
and ``dynamic_graph`` counts the nodes of the record for each number of repeats.

What you'll learn:

- how ``grad_fn`` and ``next_functions`` link functions into a graph, and where the
  graph ends;
- which tensors the functions keep, how many bytes they occupy, and when they are freed;
- what the graph looks like when a tensor is used twice;
- how to run a backward pass function by function.
"""

# %%
# Functions and their arrows
# --------------------------
#
# Compute the loss of a two-layer network with small matrices. ``loss.grad_fn`` is the
# node of the operation that made the loss. The node is named after that operation's
# backward formula, and calling the node applies the formula, so this page calls such
# nodes functions. ``torch.autograd.graph.Node.next_functions`` lists a function for
# each of this operation's inputs: that of the operation that made it or, for a tracked
# leaf, ``AccumulateGrad``. Each is paired with an index that says which output of that
# operation the input was. Follow them all and print each function. If an input needs no
# gradient, there is None instead of a function, and the code skips it.

from collections import Counter

import matplotlib.pyplot as plt
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

torch.manual_seed(0)
N, D_in, H, D_out = 8, 5, 4, 2
x, y = torch.randn(N, D_in), torch.randn(N, D_out)
w1 = torch.randn(D_in, H, requires_grad=True)
w2 = torch.randn(H, D_out, requires_grad=True)


def compute_loss(x, y):
    """Run the forward pass of the two-layer network."""
    return (torch.relu(x @ w1) @ w2 - y).pow(2).sum()


leaves = {w1: "w1", w2: "w2"}


def print_graph(result):
    """Print the functions behind a result, each step indented further."""

    def print_from(function, depth):
        leaf = f" {leaves[function.variable]}" if hasattr(function, "variable") else ""
        print("    " * depth + type(function).__name__ + leaf)
        for next_function, _ in function.next_functions:
            if next_function is not None:
                print_from(next_function, depth + 1)

    print_from(result.grad_fn, 0)


loss = compute_loss(x, y)
print_graph(loss)

# %%
# Wherever a page calls ``print_graph``, the site also draws the graph, from the same
# objects. The arrows point the way that ``backward`` goes, from the result to the
# leaves.
#
# The walk ends at functions called ``AccumulateGrad``. Each belongs to a tracked leaf
# and adds to that leaf's ``grad``. No arrow leads to ``x`` or ``y``, because they
# aren't tracked. No operation computes ``w1``, so it has no ``grad_fn``, but arrows
# from results lead to its ``AccumulateGrad``.
# ``torch.autograd.graph.get_gradient_edge`` finds the same function.

first_product = loss.grad_fn
while type(first_product).__name__ != "ReluBackward0":
    first_product = first_product.next_functions[0][0]
first_product = first_product.next_functions[0][0]
to_x, to_w1 = first_product.next_functions
print("from x @ w1 to x: ", to_x[0])
print("from x @ w1 to w1:", type(to_w1[0]).__name__)
print("w1.grad_fn:       ", w1.grad_fn)
edge = torch.autograd.graph.get_gradient_edge(w1)
print("get_gradient_edge:", type(edge.node).__name__)
assert edge.node is to_w1[0]
assert edge.node.variable is w1

# %%
# What a function keeps
# ---------------------
#
# To compute the gradient of a product with respect to one factor, you need the other
# factor. So a product keeps the factors that it will need, ReLU keeps its result, a
# square keeps its input, and a sum keeps nothing but a shape. PyTorch shows these
# tensors as attributes whose names begin with ``_saved``. The first product keeps
# ``x``, for the gradient with respect to ``w1``. It doesn't keep ``w1``, because no
# gradient with respect to ``x`` is needed.


def functions_of(result):
    """Return all functions behind a result, each once."""
    found = []
    waiting = [result.grad_fn]
    while waiting:
        function = waiting.pop(0)
        if function is not None and function not in found:
            found.append(function)
            waiting += [next_function for next_function, _ in function.next_functions]
    return found


def kept_by(function):
    """Return the tensors that a function keeps, by attribute name."""
    kept = {}
    for name in dir(function):
        if name.startswith("_saved") and torch.is_tensor(getattr(function, name)):
            kept[name] = getattr(function, name)
    return kept


for function in functions_of(loss):
    for name, tensor in kept_by(function).items():
        print(f"{type(function).__name__:15s} {name:15s} {tuple(tensor.shape)}")
assert kept_by(first_product)["_saved_self"] is x

# %%
# If you also track ``x``, the graph gets one more function, and an arrow to it, and the
# first product keeps ``w1`` as well.

tracked_x = x.clone().requires_grad_()
longer = compute_loss(tracked_x, y)
for name, result in (("x", loss), ("tracked_x", longer)):
    functions = functions_of(result)
    count = sum(len(kept_by(function)) for function in functions)
    print(f"loss from {name:9s}: {len(functions)} functions keep {count} tensors")

# %%
# How much memory
# ---------------
#
# What the graph keeps grows with the batch, because each of these tensors except ``w2``
# has one row per input. Keeping them is one reason why training needs more memory than
# prediction, and why a small batch needs less than a large one. Add up the bytes over
# the graph. ReLU's result is also a factor of the next product, at the same address, so
# count each address once. PyTorch can also show you what is kept:
# ``torch.autograd.graph.saved_tensors_hooks`` takes two functions. PyTorch calls the
# first with each tensor that it saves, and the second when it needs that tensor again.


def total_bytes(tensors):
    """Return the size of some tensors in bytes, counting each address once."""
    return sum({tensor.data_ptr(): tensor.nbytes for tensor in tensors}.values())


def pack(tensor):
    """Note a tensor that the graph is about to save, and let the graph save it."""
    noted.append(tensor)
    return tensor


def unpack(tensor):
    """Return a saved tensor to the backward pass."""
    return tensor


sizes = [8, 16, 32, 64]
totals = []
for N in sizes:
    noted = []
    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        result = compute_loss(torch.randn(N, D_in), torch.randn(N, D_out))
    kept = []
    for function in functions_of(result):
        kept += kept_by(function).values()
    totals.append(total_bytes(kept))
    assert total_bytes(noted) == totals[-1]
    print(f"N = {N:2d}: {totals[-1]:4d} bytes kept")

with torch.no_grad():
    print("under no_grad the loss has grad_fn", compute_loss(x, y).grad_fn)

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(sizes, totals, "o-", label="kept by the graph")
ax.axhline(w2.nbytes, linestyle="--", color="black", label="only w2")
ax.set(title="What the graph keeps", xlabel="inputs N", ylabel="bytes", ylim=(0, None))
ax.legend()
plt.show()

# %%
# Freed after use
# ---------------
#
# ``torch.Tensor.backward`` frees the tensors that a function kept as soon as that
# function has run. The functions themselves live as long as the result does.

loss = compute_loss(x, y)
square = loss.grad_fn.next_functions[0][0]
print("before backward:", square.name(), "keeps", *kept_by(square))
loss.backward()
try:
    kept_by(square)
except RuntimeError as error:
    print("after backward: ", square.name(), "-", str(error).split(" (or")[0])

# %%
# So a second call to ``backward`` fails if a function kept tensors, unless the first
# call had ``retain_graph=True``. ``gradients`` shows both cases. The sum of a leaf
# keeps no tensors, so a second call works.

w1.grad = None
total = w1.sum()
print("tensors that the sum keeps:", len(kept_by(total.grad_fn)))
total.backward()
total.backward()
print("each entry of w1.grad after two calls:", w1.grad.unique().tolist())

# %%
# Used twice
# ----------
#
# A graph isn't always a tree. If you use ``w2`` twice, two arrows lead to the same
# ``AccumulateGrad``. Both deliver a gradient, and the sum of the two is added to
# ``w2.grad``. So weights shared between layers need no special treatment.
# ``print_graph`` prints a tree anyway, so a function that two arrows lead to appears
# twice. The picture shows it once.


def penalized_loss(x, y):
    """Return the loss plus a term that keeps w2 small."""
    return compute_loss(x, y) + w2.pow(2).sum()


penalized = penalized_loss(x, y)
print_graph(penalized)
reached = []
for function in functions_of(penalized):
    for next_function, _ in function.next_functions:
        if hasattr(next_function, "variable") and next_function.variable is w2:
            reached.append(next_function)
print(f"{len(reached)} arrows to w2, to {len(set(reached))} function")

# %%
# A graph for each run
# --------------------
#
# The graph contains the operations that ran on tracked tensors, but nothing of the code
# around them. A loop adds the operations of all its passes; a branch adds only those of
# the side that was taken. The graph of the next step can be different. Below, the first
# repeat adds the leaf ``w2``, its transpose, two products and a ReLU. The second repeat
# adds the same, except for the leaf, which is already there.


def repeated(x, repeats):
    """Pass through the first layer, then repeatedly through one square layer."""
    h = torch.relu(x @ w1)
    for _ in range(repeats):
        h = torch.relu(h @ (w2 @ w2.t()))
    return h.sum()


before = Counter()
for repeats in range(3):
    functions = functions_of(repeated(x, repeats))
    counts = Counter(type(function).__name__ for function in functions)
    new = [f"{count} {name}" for name, count in (counts - before).items()]
    print(f"{repeats} repeats: {counts.total()} functions, new: {', '.join(new)}")
    before = counts

# %%
# Backward, function by function
# ------------------------------
#
# You can call each function yourself. It takes the gradient with respect to its
# operation's output and returns the gradients with respect to the inputs, one per entry
# of ``next_functions``. That is all you need for a backward pass. Start with a gradient
# of 1 at the loss. Call a function once all arrows to it have delivered a gradient,
# pass its results on, and add up the gradients that arrive at the same function. (Each
# operation here has one output. For an operation with several outputs, you would have
# to keep the gradients apart by the index that comes with each arrow.)


def backward(result):
    """Return the gradients of a result with respect to its leaves."""
    functions = functions_of(result)
    arrived = dict.fromkeys(functions, 0)
    missing = dict.fromkeys(functions, 0)
    for function in functions:
        for next_function, _ in function.next_functions:
            if next_function is not None:
                missing[next_function] += 1

    arrived[result.grad_fn] = torch.ones(())
    ready = [result.grad_fn]
    grads = {}
    while ready:
        function = ready.pop()
        if hasattr(function, "variable"):
            grads[function.variable] = arrived[function]
            continue
        given = function(arrived[function])
        if not isinstance(given, tuple):
            given = (given,)
        following = function.next_functions
        for (next_function, _), grad in zip(following, given, strict=True):
            if next_function is not None:
                arrived[next_function] = arrived[next_function] + grad
                missing[next_function] -= 1
                if missing[next_function] == 0:
                    ready.append(next_function)
    return grads


for forward in (compute_loss, penalized_loss):
    w1.grad = w2.grad = None
    forward(x, y).backward()
    grads = backward(forward(x, y))
    for name, w in (("w1", w1), ("w2", w2)):
        assert torch.allclose(grads[w], w.grad)
        norms = f"by hand {grads[w].norm():.3f}, {name}.grad {w.grad.norm():.3f}"
        print(f"{forward.__name__:14s} gradient norm: {norms}")

# %%
# Summary
# -------
#
# - ``torch.autograd.graph.Node.next_functions`` leads from a result's ``grad_fn`` to
#   the leaves' ``AccumulateGrad``.
# - Functions keep the tensors that their gradients need; ``torch.Tensor.backward``
#   frees them, and under ``torch.no_grad`` nothing is kept.
# - Gradients that arrive at the same function add up; a backward pass only calls the
#   functions in order.
#
# Practise: ``exercises/graph``
#
# Next: ``vector_jacobian_product`` explains what ``backward`` computes when the result is a vector.
