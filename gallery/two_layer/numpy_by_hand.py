# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
# ]
# ///
"""
NumPy by hand
=============

You fit a two-layer network with nothing but NumPy arrays: you write the forward pass,
the loss, the backward pass and the update yourself. NumPy is a library for
n-dimensional arrays; it knows nothing of networks, graphs, gradients or learning rates.
So nothing on this page is hidden. Later implementations, or *rungs* of the ladder, take
this work off your hands piece by piece.

What you'll learn:

- how two matrix products and a ReLU turn inputs into predictions;
- how to derive the gradients of both weight matrices line by line, and which shape each
  one has;
- how to check a gradient that you derived by hand;
- which learning rates work, and what goes wrong with the others.
"""

# %%
# The problem
# -----------
#
# There are sixty-four inputs with a thousand features each, and ten targets per input.
# The inputs, the targets and the starting weights of both layers are drawn from a
# standard normal distribution. A fixed seed makes every run the same. ``H`` counts
# hidden units, the columns of ``w1``, and not layers: the network has two layers, one
# per weight matrix.

import matplotlib.pyplot as plt
import numpy as np

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

rng = np.random.default_rng(0)
N, D_in, H, D_out = 64, 1000, 100, 10
x = rng.standard_normal((N, D_in))
y = rng.standard_normal((N, D_out))
w1_start = rng.standard_normal((D_in, H))
w2_start = rng.standard_normal((H, D_out))

print("x ", x.shape, "   y ", y.shape)
print("w1", w1_start.shape, " w2", w2_start.shape)
print(f"hidden units {w1_start.shape[1]}, layers {len((w1_start, w2_start))}")

# %%
# Forward pass and loss
# ---------------------
#
# The first layer multiplies the inputs by ``w1``, ReLU replaces every negative number
# with zero, and the second layer multiplies by ``w2``. The loss is the sum of squared
# errors: one number for all ``N * D_out`` predictions together.

h = x @ w1_start
h_relu = np.maximum(h, 0)
y_pred = h_relu @ w2_start
loss = np.square(y_pred - y).sum()

print("h", h.shape, " h_relu", h_relu.shape, " y_pred", y_pred.shape)
print(f"loss {loss:.4e}, and {(h > 0).mean():.0%} of the ReLUs let their input through")

# %%
# Backward pass
# -------------
#
# Now go through the same four lines in reverse. Write ``grad_a`` for the gradient of
# the loss with respect to ``a``. It has the same shape as ``a``, and each of its
# entries says how fast the loss grows with the matching entry of ``a``.
#
# - The loss is a sum of squares, so each prediction's gradient is twice its error.
# - In ``y_pred = h_relu @ w2``, each factor's gradient is a product of ``grad_y_pred``
#   and the other factor's transpose. The shapes leave only one way to write each
#   product: ``(H, N) @ (N, D_out)`` has the shape of ``w2``, and
#   ``(N, D_out) @ (D_out, H)`` has the shape of ``h_relu``. For a derivation with
#   indices, see ``backward_pass``.
# - ReLU passes the gradient on where its input was positive and stops it elsewhere. At
#   exactly 0, there is no slope, so you choose one; every page of this series chooses
#   0.
# - ``h = x @ w1`` is a product too: ``(D_in, N) @ (N, H)`` has the shape of ``w1``.


def gradients(w1, w2):
    """The loss and its gradients with respect to both weight matrices."""
    h = x @ w1  # (N, H)
    h_relu = np.maximum(h, 0)  # (N, H)
    y_pred = h_relu @ w2  # (N, D_out)
    loss = np.square(y_pred - y).sum()  # one number

    grad_y_pred = 2 * (y_pred - y)  # (N, D_out)
    grad_w2 = h_relu.T @ grad_y_pred  # (H, N) @ (N, D_out) -> (H, D_out)
    grad_h_relu = grad_y_pred @ w2.T  # (N, D_out) @ (D_out, H) -> (N, H)
    grad_h = grad_h_relu.copy()  # (N, H)
    grad_h[h <= 0] = 0
    grad_w1 = x.T @ grad_h  # (D_in, N) @ (N, H) -> (D_in, H)

    pairs = (grad_w2, w2), (grad_h_relu, h_relu), (grad_h, h), (grad_w1, w1)
    for grad, value in pairs:
        assert grad.shape == value.shape
    return loss, grad_w1, grad_w2


loss, grad_w1, grad_w2 = gradients(w1_start, w2_start)
print("grad_w1", grad_w1.shape, " grad_w2", grad_w2.shape)

# %%
# Why ``copy``? An assignment gives an array a second name; it doesn't make a second
# array. Without the copy, writing zeros into ``grad_h`` writes them into
# ``grad_h_relu`` as well. Nothing here reads the numbers in ``grad_h_relu`` again, so
# the result would still be right, but anyone who printed ``grad_h_relu`` to find a bug
# would be misled.

grad_h_relu = np.array([[1.0, 2.0]])
alias, copy = grad_h_relu, grad_h_relu.copy()
copy[0, 0] = 0
print("after writing into the copy: ", grad_h_relu)
alias[0, 0] = 0
print("after writing into the alias:", grad_h_relu)

# %%
# Check the gradients
# -------------------
#
# A gradient derived by hand deserves a second opinion. Move one weight a little up and
# a little down. The difference between the two losses, divided by the distance between
# the two positions, is close to the slope in that weight's direction. That takes two
# forward passes per weight, so check only three weights from each matrix. The table
# shows both results, and an assertion stops the script if they disagree.


def central_difference(w, index, step=1e-4):
    """The slope of the loss with respect to the weight ``w[index]``."""
    up, down = w.copy(), w.copy()
    up[index] += step
    down[index] -= step
    if w is w1_start:
        return (gradients(up, w2_start)[0] - gradients(down, w2_start)[0]) / (2 * step)
    return (gradients(w1_start, up)[0] - gradients(w1_start, down)[0]) / (2 * step)


print("weight           by hand   difference")
for name, w, grad in (("w1", w1_start, grad_w1), ("w2", w2_start, grad_w2)):
    for index in ((0, 0), (10, 5), (99, 9)):
        numerical = central_difference(w, index)
        assert abs(grad[index] - numerical) < 1e-6 * abs(grad).max()
        place = f"{name}[{index[0]:2d}, {index[1]}]"
        print(f"{place}   {grad[index]:12.1f} {numerical:12.1f}")

# %%
# The whole loop
# --------------
#
# Repeat the forward pass, the loss, the backward pass and the update five hundred
# times. Each step uses all ``N`` rows, so a step is an epoch as well, one pass over the
# training data. With mini-batches, an epoch consists of many steps. This cell needs
# only NumPy, ``x``, ``y`` and the starting weights, so you can copy it anywhere.

learning_rate = 1e-6
w1, w2 = w1_start.copy(), w2_start.copy()
losses = []
for t in range(500):
    h = x @ w1
    h_relu = np.maximum(h, 0)
    y_pred = h_relu @ w2
    loss = np.square(y_pred - y).sum()
    losses.append(loss)

    grad_y_pred = 2 * (y_pred - y)
    grad_w2 = h_relu.T @ grad_y_pred
    grad_h_relu = grad_y_pred @ w2.T
    grad_h = grad_h_relu.copy()
    grad_h[h <= 0] = 0
    grad_w1 = x.T @ grad_h

    w1 -= learning_rate * grad_w1
    w2 -= learning_rate * grad_w2

for t in (0, 1, 100, 200, 300, 400, 499):
    print(f"step {t:3d}  loss {losses[t]:.3e}")

# %%
# The loss doesn't fall at every step. At steps 2 and 3 it rises, and at step 3 it is
# higher than at step 0, because early on the slope changes so fast that a step of this
# length goes too far in some directions. After that, the loss falls at every step. So a
# loss that rises early is no proof of a mistake.

print("first losses:", *(f"{loss:.3e}" for loss in losses[:6]))
assert losses[1] < losses[2] < losses[3] > losses[0]
assert (np.diff(losses[3:]) < 0).all()

# %%
# The loss falls by a factor of more than a trillion, so the network can memorise
# these 640 numbers. But it hasn't learned anything useful: the targets are noise.

print(f"the first loss is {losses[0] / losses[-1]:.1e} times the last", end="; ")
print(f"y holds {y.size} numbers")

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.semilogy(losses, label="loss")
ax.set(title="Two layers in NumPy", xlabel="step t", ylabel="sum of squared errors")
plt.show()

# %%
# Why 1e-6?
# ---------
#
# Only a narrow range of learning rates works here. A tenth of this rate is too slow:
# 500 steps get no further than the first 52 of the loop above. At twice the rate, the
# first updates throw the weights so far off that hardly any ReLU lets an input through
# afterwards. The predictions shrink towards zero, and the loss settles near the sum of
# the squared targets, which is the loss of predicting zero. At five times the rate,
# every update overshoots further than the last, until the loss is too large for a
# float.

print(f"loss of predicting zero: {np.square(y).sum():.0f}")
last = {}
for learning_rate in (1e-7, 1e-6, 2e-6, 5e-6):
    w1, w2 = w1_start.copy(), w2_start.copy()
    with np.errstate(over="ignore"):  # this cell is about the overflow
        for t in range(500):
            loss, grad_w1, grad_w2 = gradients(w1, w2)
            if not np.isfinite(loss):
                print(f"rate {learning_rate:.0e}: the loss is not finite at step {t}")
                break
            w1 -= learning_rate * grad_w1
            w2 -= learning_rate * grad_w2
        else:
            live = (x @ w1 > 0).mean()
            print(f"rate {learning_rate:.0e}: last loss {loss:.1e}", end=", ")
            print(f"{live:.1%} of the ReLUs active")
            last[learning_rate] = loss
sooner = np.argmax(np.array(losses) < last[1e-7])
print(f"rate 1e-06 gets below the last loss of rate 1e-07 at step {sooner}")

# %%
# Summary
# -------
#
# - A fit repeats four stages: forward, loss, backward, update. ``numpy.maximum`` is the
#   whole ReLU.
# - Each gradient has the shape of the value it belongs to, and the shapes alone nearly
#   determine the formulas.
# - Central differences check a gradient without relying on the derivation.
#
# Practise: ``exercises/numpy_by_hand``
#
# Next: ``try_it`` runs this network in your browser, with settings that you choose.
