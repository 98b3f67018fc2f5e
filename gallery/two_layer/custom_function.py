# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
Custom function
===============

You teach autograd a new operation: a ReLU of your own, with the gradient that you
derived in ``numpy_by_hand``. It replaces the built-in ReLU from ``autograd`` and its
built-in gradient. Everything else stays: the matrix products, the loss and the update.

What you'll learn:

- how to write a ``torch.autograd.Function``, and what to save for its backward pass;
- why you call ``apply`` instead of making an instance;
- how ``torch.autograd.gradcheck`` compares a backward function with numerical
  differences;
- what ``clamp`` does, and which gradients ``clamp`` and ReLU have at their bounds;
- what a Function needs so that you can differentiate it twice.
"""

# %%
# The problem
# -----------
#
# These are the same data and starting weights as on every page of this series.

import warnings

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
# Three static methods
# --------------------
#
# - ``forward`` computes the result.
# - ``setup_context`` stores what ``backward`` will need: ``ctx.save_for_backward``
#   accepts only tensors and None.
# - ``backward`` receives the gradient of the loss with respect to the result and
#   returns the gradient with respect to the input. Its body is your code from
#   ``tensors_by_hand``: ``grad_h = grad_h_relu.clone()`` and ``grad_h[h <= 0] = 0``.
#
# The result of ``apply`` has a ``grad_fn`` that is named after your class.


class ReLU(torch.autograd.Function):
    """The larger of h and 0, with gradient 0 at exactly 0."""

    @staticmethod
    def forward(h):
        return h.clamp(min=0)

    @staticmethod
    def setup_context(ctx, inputs, output):
        (h,) = inputs
        ctx.save_for_backward(h)

    @staticmethod
    def backward(ctx, grad_h_relu):
        (h,) = ctx.saved_tensors
        grad_h = grad_h_relu.clone()
        grad_h[h <= 0] = 0
        return grad_h


h = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0], requires_grad=True)
h_relu = ReLU.apply(h)
h_relu.sum().backward()
print("h_relu", h_relu.tolist(), " grad_fn", h_relu.grad_fn.name())
print("h.grad", h.grad.tolist())

# %%
# You call ``apply`` on the class. Making an instance triggers a warning, and calling
# that instance raises an error: PyTorch mistakes it for the oldest kind of Function,
# whose ``forward`` was not static.

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    instance = ReLU()
message = str(caught[0].message).split("> ")[1]
print(caught[0].category.__name__, "-", message.split(".")[0])
try:
    instance(h)
except RuntimeError as error:
    print("RuntimeError -", str(error).split(".")[0])

# %%
# Check the backward
# ------------------
#
# ``torch.autograd.gradcheck`` moves every element of a tracked input a little up and
# down, as you did in ``numpy_by_hand``, and compares the measured slopes with those
# from your ``backward``. Pass float64 tensors, as here. A second function, with a wrong
# ``backward``, shows that the check can fail: at -1 the slope is 0, but this
# ``backward`` returns 1. The cell prints the slopes at -1 and at 1, measured and from
# ``backward``.


class Forgetful(ReLU):
    """A ReLU whose backward forgets the mask."""

    @staticmethod
    def backward(ctx, grad_h_relu):
        return grad_h_relu


step = 1e-6
h = torch.tensor([-1.0, 1.0], dtype=torch.float64, requires_grad=True)
for function in (ReLU, Forgetful):
    moved = (function.apply(h + step) - function.apply(h - step)) / (2 * step)
    (slope,) = torch.autograd.grad(function.apply(h).sum(), h)
    slopes = [round(number, 3) for number in moved.tolist()]
    by_backward = slope.tolist()
    print(f"{function.__name__:9s} by differences {slopes}, by backward {by_backward}")

torch.manual_seed(0)
sample = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
assert torch.autograd.gradcheck(ReLU.apply, sample)
try:
    torch.autograd.gradcheck(Forgetful.apply, sample)
except RuntimeError as error:
    print("gradcheck of Forgetful:", str(error).split(",")[0])

# %%
# At exactly 0
# ------------
#
# Left of 0 the slope is 0, and right of 0 it is 1. At 0 there is no slope, so the
# author of a ``backward`` chooses one. ``torch.relu`` chooses 0, and so do you.
# ``torch.maximum`` splits the gradient between its two equal arguments.
# ``clamp(min=0)`` returns the same values as ``relu``, but its slope at 0 is 1 in the
# PyTorch version used here. That is why the training loops use ``torch.relu`` where
# autograd computes the gradients. Many programs write ``grad_h[h < 0] = 0``, which lets
# the gradient through at exactly 0 as well.

zero = torch.zeros((), requires_grad=True)
for name, function in (
    ("ReLU.apply", ReLU.apply),
    ("torch.relu", torch.relu),
    ("torch.maximum", lambda h: torch.maximum(h, torch.zeros(()))),
    ("clamp(min=0)", lambda h: h.clamp(min=0)),
):
    (slope,) = torch.autograd.grad(function(zero), zero)
    print(f"gradient of {name:13s} at 0: {slope.item()}")
at_zero, passed = torch.zeros(1), torch.ones(1)
passed[at_zero < 0] = 0
print(f"gradient with mask h < 0  at 0: {passed.item()}")

# %%
# Here is a plot of your function and of the gradient that autograd computes for it.

h = (torch.arange(-200, 201) / 100).requires_grad_()
h_relu = ReLU.apply(h)
(slope,) = torch.autograd.grad(h_relu.sum(), h)

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(h.detach(), h_relu.detach(), label="ReLU.apply(h)")
ax.plot(h.detach(), slope, "--", label="its gradient")
at_zero = (h == 0).detach()
ax.plot(h.detach()[at_zero], slope[at_zero], "o", label="the gradient at 0")
ax.set(title="A ReLU of your own", xlabel="h", ylabel="value")
ax.legend()
plt.show()

# %%
# The whole loop
# --------------
#
# This is the loop from ``autograd``, with ``ReLU.apply`` instead of ``torch.relu``.

learning_rate = 1e-6
w1 = w1_start.clone().requires_grad_()
w2 = w2_start.clone().requires_grad_()
losses = []
for t in range(500):
    h_relu = ReLU.apply(x @ w1)
    y_pred = h_relu @ w2
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
# The older form
# --------------
#
# Many programs have no ``setup_context``: ``forward`` takes ``ctx`` as its first
# argument and does both jobs. Here is a clamp in that form. A clamp raises everything
# below ``min`` to ``min`` and lowers everything above ``max`` to ``max``. In PyTorch's
# own clamp, you can leave out either bound. The bounds are numbers, not tensors, so
# store them as attributes of ``ctx``. ``backward`` returns one value for each argument
# of ``forward`` after ``ctx``, and for the bounds it returns None. At the bounds
# themselves, this clamp has slope 0; PyTorch's own clamp has slope 1 in the version
# used here.


class Clamp(torch.autograd.Function):
    """h, limited to the range from low to high."""

    @staticmethod
    def forward(ctx, h, low, high):
        ctx.save_for_backward(h)
        ctx.low, ctx.high = low, high
        return h.clamp(min=low, max=high)

    @staticmethod
    def backward(ctx, grad_output):
        (h,) = ctx.saved_tensors
        inside = (h > ctx.low) & (h < ctx.high)
        return grad_output * inside, None, None


h = torch.tensor([-2.0, -0.5, 0.5, 2.0])
print("min and max:", h.clamp(min=-1, max=1).tolist())
print("min only:   ", h.clamp(min=-1).tolist())
print("max only:   ", h.clamp(max=1).tolist())
print("Clamp.apply:", Clamp.apply(h, -1, 1).tolist())
assert torch.autograd.gradcheck(Clamp.apply, (sample, -1, 1))

bounds = torch.tensor([-1.0, 1.0], requires_grad=True)
ours, pytorchs = Clamp.apply(bounds, -1, 1), bounds.clamp(min=-1, max=1)
for name, result in (("Clamp", ours), ("clamp", pytorchs)):
    (slope,) = torch.autograd.grad(result.sum(), bounds)
    print(f"gradient of {name} at -1 and 1: {slope.tolist()}")

# %%
# Why use the longer form, then? ``torch.func`` turns a function into one that computes
# its gradient, and it works only with Functions that have ``setup_context``.

slope = torch.func.grad(lambda h: ReLU.apply(h).sum())(h)
print("torch.func.grad through ReLU: ", slope.tolist())
try:
    torch.func.grad(lambda h: Clamp.apply(h, -1, 1).sum())(h)
except RuntimeError as error:
    print("torch.func.grad through Clamp:", str(error).split(". ")[0].split("), ")[-1])

# %%
# A second derivative
# -------------------
#
# With ``create_graph=True``, autograd also records your ``backward``, so that you can
# differentiate it in turn. That is called a double backward. Autograd records what
# ``backward`` computes, but nothing that the Function computed before that. So save the
# inputs, and compute the slope in ``backward``, with operations that autograd can
# differentiate. A slope that was computed earlier and saved has no path back to ``h``.
# ``torch.autograd.gradgradcheck`` compares second derivatives with numerical
# differences.


class Cube(torch.autograd.Function):
    """The third power; backward computes its slope."""

    @staticmethod
    def forward(h):
        return h**3

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad_output):
        (h,) = ctx.saved_tensors
        return 3 * h**2 * grad_output


class SavedSlope(Cube):
    """The same, but with a saved slope."""

    @staticmethod
    def setup_context(ctx, inputs, output):
        (h,) = inputs
        ctx.save_for_backward(3 * h**2)

    @staticmethod
    def backward(ctx, grad_output):
        (slope,) = ctx.saved_tensors
        return slope * grad_output


h = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
for function in (Cube, SavedSlope):
    (first,) = torch.autograd.grad(function.apply(h).sum(), h, create_graph=True)
    print(f"{function.__name__:10s} first {first.tolist()}", end="  ")
    try:
        (second,) = torch.autograd.grad(first.sum(), h)
        print("second", second.tolist())
    except RuntimeError as error:
        print("second:", error)
assert torch.autograd.gradgradcheck(Cube.apply, h)
try:
    torch.autograd.gradgradcheck(SavedSlope.apply, h)
except RuntimeError as error:
    print("gradgradcheck of SavedSlope:", str(error).split(",")[0])

# %%
# Summary
# -------
#
# - A ``torch.autograd.Function`` consists of ``forward``, ``setup_context`` and
#   ``backward``; you call ``apply``.
# - Pass tensors to ``save_for_backward``, and store other values as attributes of
#   ``ctx``; their gradient is None.
# - ``torch.autograd.gradcheck`` checks your ``backward`` in float64; at 0,
#   ``torch.relu`` has gradient 0.
#
# Practise: ``exercises/custom_function``
#
# Next: ``nn_sequential`` replaces the weights that you managed yourself with layers,
# and the formula for the loss with a loss function.
