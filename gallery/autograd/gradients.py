# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "torch>=2.9",
# ]
# ///
"""
Gradients
=========

You take one formula with four inputs and find its gradient in three ways: on paper,
with autograd, and from differences. Then you look at what ``backward`` does with a
gradient once it has computed one. The page ``autograd``, which fits a two-layer
network, calls ``loss.backward()`` and clears ``w1.grad`` at every step. Here you see
why it has to, with numbers small enough to check.

What you'll learn:

- how the chain rule yields each gradient, including the middle step that is often left
  out;
- how ``backward`` adds to ``grad``, and what clearing ``grad`` means;
- when ``backward`` needs an argument, and when it can run twice;
- how to get gradients without ``grad``, and how to keep the gradients of intermediate
  results.
"""

# %%
# On paper
# --------
#
# ``o`` is the mean of ``3 * (x + 2) ** 2`` over the four elements of ``x``. Compute it
# in three lines, with every entry of ``x`` equal to 1. ``requires_grad=True`` tells
# PyTorch to record what you compute from ``x``. That record is called the graph.

import warnings

import matplotlib.pyplot as plt
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart


def formula(x):
    """Return the mean of 3 (x + 2)^2, with its intermediate results."""
    y = x + 2
    z = 3 * y**2
    return y, z, z.mean()


x = torch.ones(2, 2, dtype=torch.float64, requires_grad=True)
y, z, o = formula(x)
print("y", y.tolist(), "  z", z.tolist(), "  o", o.item())

# %%
# Now go back from ``o``, one line at a time. The gradient of ``o`` with respect to
# ``x`` has one entry for each entry of ``x``. Each entry says how fast ``o`` changes as
# that entry of ``x`` changes.
#
# - ``o`` is a mean of four numbers, so its slope with respect to each entry of ``z`` is
#   ``1 / 4``.
# - ``z = 3 * y ** 2`` has the slope ``6 * y``. The chain rule multiplies the two:
#   ``(1 / 4) * 6 * y`` is ``1.5 * y``.
# - ``y = x + 2`` has the slope 1. So the gradient is ``1.5 * (x + 2)``.


def by_hand(x):
    """Return the gradient of o with respect to x, derived on paper."""
    return 1.5 * (x + 2)


print("gradient at ones:", by_hand(torch.ones(2, 2)).tolist())

# %%
# With autograd, and from differences
# -----------------------------------
#
# ``torch.Tensor.backward`` goes back in the same way. Central differences don't use the
# chain rule: they change one entry at a time and measure how ``o`` changes. When every
# entry of ``x`` is 1, all entries of the gradient are equal, so also try a second
# point, where they differ.


def differences(x, step=1e-3):
    """Return the gradient of o with respect to x, from two values of o per entry."""
    slopes = torch.zeros_like(x)
    for i in range(x.numel()):
        move = torch.zeros_like(x)
        move.view(-1)[i] = step
        slopes.view(-1)[i] = (formula(x + move)[2] - formula(x - move)[2]) / (2 * step)
    return slopes


for start in ([[1.0, 1.0], [1.0, 1.0]], [[0.0, 1.0], [2.0, -3.0]]):
    x = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    formula(x)[2].backward()
    point = x.detach()
    assert torch.equal(x.grad, by_hand(point))
    assert torch.allclose(x.grad, differences(point), atol=1e-9)
    print("x              ", point.flatten().tolist())
    print("by hand        ", by_hand(point).flatten().tolist())
    print("by autograd    ", x.grad.flatten().tolist())
    slopes = differences(point).flatten().tolist()
    print("by differences ", [round(slope, 6) for slope in slopes])

# %%
# Each entry of a gradient is the slope of a line that touches the curve, the tangent.
# Change one entry of ``x``, keep the other three at 1, and plot ``o`` and the tangent
# at 1. Near 1 the two hardly differ: at half the distance from 1, the gap is only a
# quarter as large.

entry = torch.linspace(-2, 4, 61, dtype=torch.float64)
ones = torch.ones(61, dtype=torch.float64)
curve = (3 * (torch.stack([entry, ones, ones, ones]) + 2) ** 2).mean(dim=0)
slope = by_hand(1.0)
tangent = o.item() + slope * (entry - 1)
for i in (38, 34, 32, 31):
    gap = curve[i] - tangent[i]
    numbers = f"o {curve[i]:7.4f}, tangent {tangent[i]:7.4f}, gap {gap:.4f}"
    print(f"x[0, 0] = {entry[i]:.1f}: {numbers}")

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(entry, curve, label="o")
ax.plot(entry, tangent, "--", label=f"tangent at 1, slope {slope}")
ax.plot(1, o.item(), "o", label="x = 1")
ax.set(title="An entry of the gradient is a slope")
ax.set(xlabel="x[0, 0], with the other entries at 1", ylabel="o")
ax.legend()
plt.show()

# %%
# The middle steps
# ----------------
#
# On its way back, ``backward`` also computed the gradients with respect to ``z`` and
# ``y``. But it stores only the gradient with respect to ``x``, because ``x`` is a leaf:
# a tensor that no recorded function made. To keep the gradient of an intermediate
# result, call ``torch.Tensor.retain_grad`` first. If you don't, the result's ``grad``
# is None, and PyTorch warns you when you read it.

x = torch.ones(2, 2, dtype=torch.float64, requires_grad=True)
y, z, o = formula(x)
z.retain_grad()
o.backward()
print("z.grad", z.grad.tolist(), "  x.grad", x.grad.tolist())
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print("y.grad", y.grad)
print(caught[0].category.__name__, "-", str(caught[0].message).split(". ")[0])

# %%
# Backward adds
# -------------
#
# If a tensor is used in two places, the slopes of both paths add up. ``backward`` also
# adds to what ``grad`` holds from an earlier call. After multiple calls, ``grad``
# stores the sum of all gradients, not their average. So you can add up the gradients of
# several batches before one step, which is called gradient accumulation. After the
# step, clear ``grad``. ``torch.optim.Optimizer.zero_grad`` does this by setting it to
# None. It writes zeros only if you ask for them.

used_twice = torch.tensor(1.0, requires_grad=True)
(3 * used_twice + 4 * used_twice).backward()
print("slope of 3 a + 4 a:     ", used_twice.grad.item())

optimizer = torch.optim.SGD([x])
totals = {"never cleared": [], "cleared before each call": []}
for label, entries in totals.items():
    x.grad = None
    for _ in range(4):
        if label != "never cleared":
            optimizer.zero_grad()
        formula(x)[2].backward()
        entries.append(x.grad[0, 0].item())
    print(f"{label:24s}", entries)
optimizer.zero_grad()
print("after zero_grad():                  x.grad is", x.grad)
formula(x)[2].backward()
optimizer.zero_grad(set_to_none=False)
print("after zero_grad(set_to_none=False): x.grad is", x.grad.tolist())

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for (label, entries), style in zip(totals.items(), ("o-", "s--"), strict=True):
    ax.plot(range(1, 5), entries, style, label=label)
ax.set(title="backward adds to grad", xlabel="calls to backward", ylabel="x.grad[0, 0]")
ax.set_xticks(range(1, 5))
ax.legend()
plt.show()

# %%
# A scalar, or a vector
# ---------------------
#
# What you take a gradient of is a single number. ``o`` is one, so ``backward`` needs no
# argument: it starts from the slope of ``o`` with respect to itself, which is 1. ``z``
# has four entries, and PyTorch won't guess how much each of them counts. You specify
# that with a tensor of the same shape as ``z``. Here every entry counts a quarter, so
# the result is the gradient of the mean again. ``vector_jacobian_product`` explains
# what this argument means in general.

x.grad = None
try:
    formula(x)[1].backward()
except RuntimeError as error:
    print("RuntimeError -", error)
z = formula(x)[1]
z.backward(gradient=torch.full_like(z, 0.25))
print("x.grad", x.grad.tolist())

# %%
# Twice through one graph
# -----------------------
#
# As ``backward`` runs, it frees what the graph saved: here ``y``, for the slope of the
# square, and the constant factor. A second call needs both again, so it raises an
# error. If you pass ``retain_graph=True``, the first call keeps both. But you usually
# want to compute the result again, as a training loop does at every step.

x.grad = None
o = formula(x)[2]
o.backward()
try:
    o.backward()
except RuntimeError as error:
    print("RuntimeError -", str(error).split(" (")[0])

x.grad = None
o = formula(x)[2]
o.backward(retain_graph=True)
o.backward()
print("with retain_graph, after two calls:", x.grad.tolist())

# %%
# Without grad
# ------------
#
# ``torch.autograd.grad`` returns gradients and leaves ``grad`` alone, so there is
# nothing to clear. You can ask for the gradient with respect to any tensor in the
# graph, not only with respect to leaves.

x.grad = None
y, z, o = formula(x)
for name, gradient in zip("xyz", torch.autograd.grad(o, (x, y, z)), strict=True):
    print(f"gradient of o with respect to {name}:", gradient.tolist())
print("x.grad", x.grad)

# %%
# Summary
# -------
#
# - ``torch.Tensor.backward`` multiplies slopes from the result back to the leaves and
#   adds the products to ``grad``.
# - Clear ``grad`` between steps. If the result has several entries, pass ``gradient=``;
#   if you call ``backward`` twice on one result, pass ``retain_graph=True`` the first
#   time.
# - ``torch.autograd.grad`` returns gradients; ``torch.Tensor.retain_grad`` keeps the
#   gradient of an intermediate result.
#
# Practise: ``exercises/gradients``
#
# Next: ``tracking`` looks at what PyTorch records while you compute.
