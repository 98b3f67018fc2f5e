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

You fit the same two-layer network with PyTorch's tensors instead of NumPy's arrays. From
``numpy_by_hand`` this rung removes the library and nothing else: every line stays, the gradients that
you derived included. What you gain for now is a choice of device and of precision.

What you'll learn:

- which tensor line stands for which NumPy line, each pair checked;
- what ``dtype`` and ``device`` are, and which of them moves work to a GPU;
- when an array and a tensor share memory, and what ``clone`` is for;
- why the late losses of a fit depend on the precision of its numbers.
"""

# %%
# The problem
# -----------
#
# The same draws in the same order as on the last page. ``torch.from_numpy`` turns each array into a tensor of
# the same shape and the same kind of number.

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
# Kind of number, and place
# -------------------------
#
# ``dtype`` says what kind of number a tensor holds, ``device`` where it lies. ``torch.Tensor.to`` changes
# the one that you name and leaves the other alone, or both if you name both. So it is the device, not the dtype, that sends work to a GPU:
# ``x.to("cuda")`` where there is one. The device ``meta`` is on every machine; it keeps shapes, no numbers.

for name, tensor in (("x", x), ("to float32", x.to(torch.float32)), ("to meta", x.to("meta"))):
    print(f"{name:11s} dtype {tensor.dtype}   device {tensor.device}")

# %%
# Shared memory
# -------------
#
# ``torch.from_numpy`` copies nothing: array and tensor are two views of one piece of memory, and a change in
# place through one shows in the other. ``torch.Tensor.numpy`` goes the other way and shares memory too.
# ``torch.Tensor.clone`` makes a copy. The update at the end of each
# step works in place, so clone the starting weights first, or your arrays change behind your back.

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
# The dictionary
# --------------
#
# One whole step in both languages. The cell runs the left column on arrays and the right column on tensors,
# and asserts after each row that both leave the same values in the name that the row assigns to.
# ``mm`` is the product of two matrices, ``t`` the transpose; ``clone`` is needed for the reason ``copy`` was.

dictionary = [
    ("h = x @ w1", "h = x.mm(w1)"),
    ("h_relu = np.maximum(h, 0)", "h_relu = h.clamp(min=0)"),
    ("y_pred = h_relu @ w2", "y_pred = h_relu.mm(w2)"),
    ("loss = np.square(y_pred - y).sum()", "loss = (y_pred - y).pow(2).sum()"),
    ("grad_y_pred = 2 * (y_pred - y)", "grad_y_pred = 2 * (y_pred - y)"),
    ("grad_w2 = h_relu.T @ grad_y_pred", "grad_w2 = h_relu.t().mm(grad_y_pred)"),
    ("grad_h_relu = grad_y_pred @ w2.T", "grad_h_relu = grad_y_pred.mm(w2.t())"),
    ("grad_h = grad_h_relu.copy()", "grad_h = grad_h_relu.clone()"),
    ("grad_h[h <= 0] = 0", "grad_h[h <= 0] = 0"),
    ("grad_w1 = x.T @ grad_h", "grad_w1 = x.t().mm(grad_h)"),
    ("w1 -= 1e-6 * grad_w1", "w1 -= 1e-6 * grad_w1"),
    ("w2 -= 1e-6 * grad_w2", "w2 -= 1e-6 * grad_w2"),
]
arrays = {"np": np, "x": x_array, "y": y_array, "w1": w1_array.copy(), "w2": w2_array.copy()}
tensors = {"x": x, "y": y, "w1": w1_start.clone(), "w2": w2_start.clone()}
for numpy_line, torch_line in dictionary:
    exec(numpy_line, arrays)
    exec(torch_line, tensors)
    name = torch_line.split()[0].split("[")[0]
    np.testing.assert_allclose(tensors[name].numpy(), arrays[name], rtol=1e-9, atol=1e-6)
    print(f"{numpy_line:36s} {torch_line}")

# %%
# ``@`` and ``T`` work on tensors too, and ``torch.relu`` gives the values of ``clamp(min=0)``. Forward, the
# two can't be told apart; from the next rung on, where PyTorch finds the gradients, these pages write
# ``relu``, whose gradient at exactly 0 is 0, as in the line ``grad_h[h <= 0] = 0``.
#
# The loss is a tensor without any axis: its shape is ``()``, not ``(1,)`` as that of a vector with one entry.
# ``torch.Tensor.item`` takes the number out as a Python float.

h, loss = x.mm(w1_start), tensors["loss"]
print("x.mm(w1) and x @ w1:        ", torch.equal(h, x @ w1_start))
print("w2.t() and w2.T:            ", torch.equal(w2_start.t(), w2_start.T))
print("h.clamp(min=0) and h.relu():", torch.equal(h.clamp(min=0), h.relu()))
print("shapes: loss", tuple(loss.shape), "  vector with one entry", tuple(torch.ones(1).shape))
print(f"loss.item() is a {type(loss.item()).__name__}: {loss.item():.3e}")

# %%
# The whole loop
# --------------
#
# The last page's loop, word for word through the dictionary. Afterwards the arrays are what they were:
# the loop worked on clones.

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
for array in (x_array, y_array, w1_array, w2_array):
    print("array as it was drawn:", np.array_equal(array, again.standard_normal(array.shape)))

# %%
# Half the bits
# -------------
#
# A tensor made with ``torch.zeros`` holds float32 unless you ask for something else, and so do random ones. So
# run the loop once more, on float32 copies. The right column of the dictionary is the program.

step = compile("\n".join(torch_line for _, torch_line in dictionary), "step", "exec")
starts = {"x": x, "y": y, "w1": w1_start, "w2": w2_start}
single = {name: start.to(torch.zeros(1).dtype) for name, start in starts.items()}
losses32 = []
for _ in range(500):
    exec(step, single)
    losses32.append(single["loss"].item())

apart = [abs(a - b) / b for a, b in zip(losses32, losses, strict=True)]
print("w1 is", single["w1"].dtype)
print("losses within 1 part in 10,000 of float64's up to step 99:", max(apart[:100]) < 1e-4)
print("more than ten times float64's at step 499:", losses32[-1] > 10 * losses[-1])

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.semilogy(losses32, label="float32")
ax.semilogy(losses, "--", label="float64")
ax.set(title="The same loop in two precisions", xlabel="step t", ylabel="sum of squared errors")
ax.legend()
plt.show()

# %%
# Why do the curves part? Numbers of a dtype lie ``eps`` apart near 1, and a step of less than half that is
# rounded away. As the fit closes in, the gradients shrink until most updates no longer move their weight: the
# float32 fit slows to a crawl while the float64 fit goes on. So compare early losses, or compare in float64;
# late float32 losses say more about rounding than about your program.

for weight, grad in ((single["w1"], single["grad_w1"]), (w1, grad_w1)):
    lost = (weight - learning_rate * grad == weight).double().mean().item()
    eps = torch.finfo(weight.dtype).eps
    print(f"{weight.dtype}: eps {eps:.1e}, most of the last updates of w1 are lost: {lost > 0.5}")

# %%
# Summary
# -------
#
# - ``torch.mm``, ``torch.clamp``, ``torch.t`` and ``torch.clone`` carry the NumPy program over line by line.
# - ``torch.from_numpy`` shares memory; ``torch.Tensor.to`` changes dtype or device.
# - Early losses agree between float32 and float64; late ones show where rounding slows the fit.
#
# Practise: ``exercises/tensors_by_hand``
#
# Next: ``autograd_by_hand`` removes the backward pass written for this one network.
