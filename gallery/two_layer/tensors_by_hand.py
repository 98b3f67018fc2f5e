# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
Tensors by hand
===============

You fit the same two-layer network with PyTorch tensors instead of NumPy arrays.
Compared with ``numpy_by_hand``, only the library changes: every line stays, including
the gradients that you derived. What you gain is a choice of device. (NumPy offers a
choice of precision as well.)

What you'll learn:

- which line of PyTorch replaces each line of NumPy, and how closely their results
  agree;
- what ``dtype`` and ``device`` are, and which of them moves work to a GPU;
- when an array and a tensor share memory, and what ``clone`` is for;
- why the late losses of a fit depend on floating-point precision.
"""

# %%
# The problem
# -----------
#
# NumPy draws the same data and starting weights as in ``numpy_by_hand``.
# ``torch.from_numpy`` turns each array into a tensor with the same shape and the same
# kind of number.

import warnings

import matplotlib.pyplot as plt
import numpy as np
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

rng = np.random.default_rng(0)
N, D_in, H, D_out = 64, 1000, 100, 10
x_array = rng.standard_normal((N, D_in))
y_array = rng.standard_normal((N, D_out))
w1_array = rng.standard_normal((D_in, H))
w2_array = rng.standard_normal((H, D_out))

x, y = torch.from_numpy(x_array), torch.from_numpy(y_array)
w1_start, w2_start = torch.from_numpy(w1_array), torch.from_numpy(w2_array)
print("x ", tuple(x.shape), "   y ", tuple(y.shape))
print("w1", tuple(w1_start.shape), " w2", tuple(w2_start.shape))

# %%
# dtype and device
# ----------------
#
# ``dtype`` says what kind of number a tensor holds, and ``device`` says where the
# numbers are stored. ``torch.Tensor.to`` returns a tensor with whichever of the two you
# name, or both, changed; the original stays as it is. So it is the device, not the
# dtype, that sends work to a GPU: write ``x = x.to("cuda")`` on a machine that has a
# CUDA GPU. Every machine has the device ``meta``, which stores shapes but no numbers.

x32, x_meta = x.to(torch.float32), x.to("meta")
for name, tensor in (("x", x), ("to float32", x32), ("to meta", x_meta)):
    print(f"{name:11s} dtype {tensor.dtype}   device {tensor.device}")

# %%
# Shared memory
# -------------
#
# ``torch.from_numpy`` copies nothing: the array and the tensor are two views of the
# same memory, and an in-place change to one shows in the other. ``torch.Tensor.numpy``
# goes the other way and shares memory too. ``torch.Tensor.clone`` makes a copy. The
# update at the end of each step works in place, so clone the starting weights first.
# Otherwise your arrays change behind your back.

array = np.zeros(3)
shared = torch.from_numpy(array)
cloned = torch.from_numpy(array).clone()
cloned += 5
print("after adding 5 to the clone:        ", array)
shared += 1
print("after adding 1 to the shared tensor:", array)
back = shared.numpy()
back += 1
print("after adding 1 to shared.numpy():   ", array)

# %%
# Don't mix arrays and tensors
# ----------------------------
#
# A product of an array and a tensor works in one order only. With the tensor on the
# left, NumPy computes the product, and you get a tensor and a warning. With the array
# on the left, you get an error. ``mm``, a tensor method that accepts only tensors,
# raises an error too. So convert all arrays at the start, as the first cell does.

for words, product in (
    ("tensor @ array", lambda: x @ w1_array),
    ("array @ tensor", lambda: x_array @ w1_start),
    ("tensor.mm(array)", lambda: x.mm(w1_array)),
):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            kind, warning = type(product()), caught[0].category
            print(f"{words}: a {kind.__name__}, and a {warning.__name__}")
        except TypeError as error:
            print(f"{words}: TypeError, {error}")

# %%
# The dictionary
# --------------
#
# Here is one complete step in both libraries, starting with the NumPy lines.
# ``locals()`` returns all of the function's variables by name, so that you can compare
# them later.


def numpy_step(x, y, w1, w2):
    """One step on arrays; returns everything it computes, by name."""
    h = x @ w1
    h_relu = np.maximum(h, 0)
    y_pred = h_relu @ w2
    loss = np.square(y_pred - y).sum()
    grad_y_pred = 2 * (y_pred - y)
    grad_w2 = h_relu.T @ grad_y_pred
    grad_h_relu = grad_y_pred @ w2.T
    grad_h = grad_h_relu.copy()
    grad_h[h <= 0] = 0
    grad_w1 = x.T @ grad_h
    w1 -= 1e-6 * grad_w1
    w2 -= 1e-6 * grad_w2
    return locals()


arrays = numpy_step(x_array, y_array, w1_array.copy(), w2_array.copy())
print("computed:", *arrays)

# %%
# Now write the same lines with tensors. ``mm`` is the product of two matrices, and
# ``t`` is the transpose. You need ``clone`` for the same reason that you needed
# ``copy``. Each variable ends up with the same values as above, up to rounding, because
# each library adds up products in its own order. The table shows the largest absolute
# value in each variable. For all the lines side by side, see ``cheat_sheet``.


def tensor_step(x, y, w1, w2):
    """One step on tensors; returns everything it computes, by name."""
    h = x.mm(w1)
    h_relu = h.clamp(min=0)
    y_pred = h_relu.mm(w2)
    loss = (y_pred - y).pow(2).sum()
    grad_y_pred = 2 * (y_pred - y)
    grad_w2 = h_relu.t().mm(grad_y_pred)
    grad_h_relu = grad_y_pred.mm(w2.t())
    grad_h = grad_h_relu.clone()
    grad_h[h <= 0] = 0
    grad_w1 = x.t().mm(grad_h)
    w1 -= 1e-6 * grad_w1
    w2 -= 1e-6 * grad_w2
    return locals()


tensors = tensor_step(x, y, w1_start.clone(), w2_start.clone())
apart = {}
print("name          shape          in NumPy    in PyTorch")
for name, array in arrays.items():
    tensor, largest = tensors[name].numpy(), np.abs(array).max()
    in_torch = np.abs(tensor).max()
    apart[name] = np.abs(tensor - array).max() / largest
    assert tensor.shape == array.shape
    assert apart[name] < 1e-12
    print(f"{name:12s}  {array.shape!s:12s} {largest:11.4e}   {in_torch:11.4e}")
print(f"largest difference, relative to the largest entry: {max(apart.values()):.0e}")

# %%
# ``@`` and ``T`` work on tensors too, and ``torch.relu`` returns the same values as
# ``clamp(min=0)``, so you can use either in the forward pass. From ``autograd`` on,
# where PyTorch computes the gradients, these pages use ``relu``, because its gradient
# at exactly 0 is 0, as in the line ``grad_h[h <= 0] = 0``.
#
# The loss is a tensor with no dimensions: its shape is ``()``, not ``(1,)``, which is
# the shape of a vector with one element. ``torch.Tensor.item`` takes the number out as
# a Python float.

h, loss = x.mm(w1_start), tensors["loss"]
for words, one, other in (
    ("x.mm(w1) and x @ w1", h, x @ w1_start),
    ("w2.t() and w2.T", w2_start.t(), w2_start.T),
    ("h.clamp(min=0) and h.relu()", h.clamp(min=0), h.relu()),
):
    difference = (one - other).abs().max().item()
    assert difference == 0
    shape = tuple(one.shape)
    print(f"{words + ':':28s} shape {shape}, largest difference {difference}")
vector = torch.ones(1)
print("shapes: loss", tuple(loss.shape), "  one-element vector", tuple(vector.shape))
print(f"loss.item() is a {type(loss.item()).__name__}: {loss.item():.3e}")

# %%
# The whole loop
# --------------
#
# This is the loop from ``numpy_by_hand``, translated line by line. The arrays don't
# change, because the loop works on clones.

learning_rate = 1e-6
w1, w2 = w1_start.clone(), w2_start.clone()
losses = []
for t in range(500):
    h = x.mm(w1)
    h_relu = h.clamp(min=0)
    y_pred = h_relu.mm(w2)
    loss = (y_pred - y).pow(2).sum()
    losses.append(loss.item())

    grad_y_pred = 2 * (y_pred - y)
    grad_w2 = h_relu.t().mm(grad_y_pred)
    grad_h_relu = grad_y_pred.mm(w2.t())
    grad_h = grad_h_relu.clone()
    grad_h[h <= 0] = 0
    grad_w1 = x.t().mm(grad_h)

    w1 -= learning_rate * grad_w1
    w2 -= learning_rate * grad_w2

for t in (0, 1, 100, 200, 300, 400, 499):
    print(f"step {t:3d}  loss {losses[t]:.3e}")

again = np.random.default_rng(0)
for name, array, tensor in (
    ("x", x_array, x),
    ("y", y_array, y),
    ("w1", w1_array, w1),
    ("w2", w2_array, w2),
):
    drawn = again.standard_normal(array.shape)
    changes = [np.abs(now - drawn).max() for now in (array, tensor.numpy())]
    assert changes[0] == 0
    print(f"{name:2s} largest change: array {changes[0]}, tensor {changes[1]:.2f}")

# %%
# Half the bits
# -------------
#
# A tensor made with ``torch.zeros`` is float32 unless you specify a different dtype,
# and so is a tensor made with ``torch.randn``. Run the loop once more, on float32
# copies. ``tensor_step`` changes the weights that you pass to it, so each call
# continues where the last one stopped.

single = [start.to(torch.zeros(1).dtype) for start in (x, y, w1_start, w2_start)]
losses32 = []
for _ in range(500):
    step = tensor_step(*single)
    losses32.append(step["loss"].item())

print("w1 is", step["w1"].dtype)
for t in (0, 99, 300, 499):
    print(f"step {t:3d}  float32 {losses32[t]:.3e}  float64 {losses[t]:.3e}")
assert np.allclose(losses32[:100], losses[:100], rtol=1e-4, atol=0)
assert losses32[-1] > 10 * losses[-1]

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.semilogy(losses32, label="float32")
ax.semilogy(losses, "--", label="float64")
ax.set(title="The same loop in two precisions")
ax.set(xlabel="step t", ylabel="sum of squared errors")
ax.legend()
plt.show()

# %%
# Why do the curves separate? Each floating-point dtype has an ``eps``, the distance
# between neighbouring numbers in the range from 1 to 2. The distance is smaller between
# smaller numbers and larger between larger ones. A change smaller than half of the
# distance is rounded away. As the fit converges, the gradients shrink until most
# updates no longer change their weights. The float32 fit slows to a crawl while the
# float64 fit continues. So compare early losses, or compare in float64. Late float32
# losses say more about rounding than about your program.

shares = []
for weight, grad in ((step["w1"], step["grad_w1"]), (w1, grad_w1)):
    shares.append((weight - learning_rate * grad == weight).double().mean().item())
    eps = torch.finfo(weight.dtype).eps
    lost = f"share of w1 that the last update leaves unchanged: {shares[-1]:.3f}"
    print(f"{weight.dtype}: eps {eps:.1e}, {lost}")
assert shares[0] > 0.5 > shares[1]

# %%
# Summary
# -------
#
# - ``torch.mm``, ``torch.clamp``, ``torch.t`` and ``torch.clone`` translate the NumPy
#   program line by line.
# - ``torch.from_numpy`` shares memory; ``torch.Tensor.to`` returns a tensor with
#   another dtype or device.
# - Early losses agree between float32 and float64; late losses show where rounding
#   slows the fit.
#
# Practise: ``exercises/tensors_by_hand``
#
# Next: ``autograd_by_hand`` removes the backward pass that you wrote for this one
# network.
