# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
The learning-rate map
=====================

You train a two-layer network at many learning rates and from several seeds, and draw a
map of how each fit ends. The map has three zones: fits that learn, fits whose ReLUs
die, and fits that explode. ``break_it`` showed you one learning rate in each zone. Here
you see where the borders between the zones are, and compute a bound on the learning
rate before the first step.

What you'll learn:

- how the final loss and the share of live ReLUs depend on the learning rate, for two
  kinds of starting weights;
- how to run many fits as one batch of matrices, and how to check that the results stay
  the same;
- what the loss's curvature does and doesn't tell you about a learning rate, and what
  the edge of stability is;
- what a network can still predict when its ReLUs are dead.
"""

# %%
# Overshooting
# ------------
#
# Begin with the simplest loss, a parabola: ``c * w ** 2 / 2``. Its slope is ``c * w``,
# and its second derivative, the curvature, is ``c``. So each step of gradient descent
# multiplies ``w`` by ``1 - rate * c``, where ``rate`` is the learning rate. If the rate
# is below ``1 / c``, this factor is positive, and ``w`` approaches the minimum from one
# side. Between ``1 / c`` and ``2 / c``, each step overshoots the minimum, but still
# lowers the loss. Above ``2 / c``, each step raises the loss.

import math
from functools import partial
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

c = 2.0
curve = np.linspace(-2, 2, 101)
times_one_over_c = {"converges": 0.4, "zigzags": 1.7, "diverges": 2.1}
fig, axes = plt.subplots(1, 3, figsize=(7, 3), layout="constrained")
for ax, (name, times) in zip(axes, times_one_over_c.items(), strict=True):
    rate = times / c
    w = np.ones(7)
    for t in range(6):
        w[t + 1] = w[t] - rate * c * w[t]
    loss = c * w**2 / 2
    lower, crossed = loss[1:] < loss[:-1], w[1:] * w[:-1] < 0
    assert set(lower) == {rate < 2 / c}
    assert set(crossed) == {rate > 1 / c}
    print(f"{times} / c {name:9s}  of 6 steps, {lower.sum()} lower the loss", end=" ")
    print(f"and {crossed.sum()} cross the minimum;  last w {w[-1]:.3f}")
    ax.plot(curve, c * curve**2 / 2, color="gray", label="loss")
    ax.plot(w, loss, "o-", label="steps")
    ax.annotate("start", (w[0], loss[0]), (5, -9), textcoords="offset points")
    ax.set_title(f"{times} / c: {name}", fontsize="medium")
    ax.set(xlabel="w", ylabel="loss", xlim=(-2.5, 2.5))
plt.show()

# %%
# One fit
# -------
#
# There are two kinds of starting weights: standard normal numbers, as on the first
# pages of the ladder (the series that trains this network), and the layers' own, that
# is, the default initial weights of ``torch.nn.Linear``, here without a bias. The two
# kinds differ in size. The layers' own weights are smaller, and the more inputs a layer
# has, the smaller they are. The seed also determines ``x`` and ``y``, which are the
# same for both kinds.

N, D_in, H, D_out = 64, 1000, 100, 10


def start(kind, seed):
    """The data and the starting weights: "normal", or the layers' own, "nn"."""
    rng = np.random.default_rng(seed)
    shapes = (N, D_in), (N, D_out), (D_in, H), (H, D_out)
    x, y, w1, w2 = (torch.from_numpy(rng.standard_normal(shape)) for shape in shapes)
    if kind == "nn":
        torch.manual_seed(seed)
        linear = partial(torch.nn.Linear, bias=False, dtype=torch.float64)
        w1, w2 = (linear(*w.shape).weight.detach().T for w in (w1, w2))
    return x, y, w1, w2


for kind in ("normal", "nn"):
    x, y, w1, w2 = start(kind, seed=0)
    loss = ((x @ w1).relu() @ w2 - y).square().sum()
    print(f"{kind:6s}  std of w1 {w1.std():.3f}, of w2 {w2.std():.3f}", end="  ")
    print(f"initial loss {loss:.1e}")
ladders_x = torch.from_numpy(np.random.default_rng(0).standard_normal((N, D_in)))
assert torch.equal(x, ladders_x)
print(f"seed 0 gives the ladder's x: first {x[0, 0]:.4f}, last {x[-1, -1]:.4f}")

# %%
# This is the plain loop for one fit at one learning rate. It returns the loss at the
# last step, and the hidden layer and the weights from which this loss was computed. The
# share of live ReLUs is the share of positive elements in ``h``. The other ReLUs pass
# nothing forward and no gradient back. The first fit below is the same as on the
# ladder.


def fit(x, y, w1, w2, learning_rate):
    """One fit: the final loss, and h, w1 and w2 at that step."""
    w1, w2 = w1.clone(), w2.clone()
    for t in range(500):
        h = x @ w1
        h_relu = h.relu()
        y_pred = h_relu @ w2
        loss = (y_pred - y).square().sum().item()
        if t == 499 or not math.isfinite(loss):
            break

        grad_y_pred = 2 * (y_pred - y)
        grad_w2 = h_relu.T @ grad_y_pred
        grad_h = grad_y_pred @ w2.T
        grad_h[h <= 0] = 0
        w1 -= learning_rate * (x.T @ grad_h)
        w2 -= learning_rate * grad_w2
    return loss, h, w1, w2


def zone(loss, y):
    """How a fit ended, compared with the loss of predicting zero everywhere."""
    if not math.isfinite(loss):
        return "explodes"
    return "learns" if loss < y.square().sum().item() / 4 else "dies"


x, y, w1, w2 = start("normal", seed=0)
print(f"loss of predicting zero: {y.square().sum():.0f}")
for learning_rate in (1e-6, 2e-6, 5e-6):
    loss, h, *_ = fit(x, y, w1, w2, learning_rate)
    ended = zone(loss, y)
    shown = f"loss {loss:.1e}, {(h > 0).double().mean():.1%} live"
    shown = "" if ended == "explodes" else shown
    print(f"rate {learning_rate:.0e} {ended:8s} {shown}".rstrip())

# %%
# The function ``zone`` defines the map's zones. A fit explodes if its loss is no longer
# finite. It learns if its final loss is below a quarter of the loss of predicting zero,
# which needs no network at all. Otherwise it dies: the loss is finite, but the network
# has learned little or nothing.
#
# The same fit, faster
# --------------------
#
# The map needs many such fits. Two changes make them faster without affecting the
# results. First, a column of ``w1`` has 1,000 elements, so it could move in 1,000
# directions. But 64 inputs span a space of only 64 dimensions, and every step stays
# within it, because each column of ``x.T @ grad_h`` is a weighted sum of rows of ``x``.
# So rotate the axes until 64 of them are enough. A QR factorisation does that. Gradient
# descent isn't affected: whichever perpendicular axes describe the weights, a step
# moves them to the same place.


def turned(x, y, w1, w2):
    """The same data and weights on 64 axes: x of shape (N, N), w1 of shape (N, H)."""
    Q, R = torch.linalg.qr(x.T)
    return R.T, y, Q.T @ w1, w2


x_turned, _, w1_turned, _ = turned(x, y, w1, w2)
h, h_turned = x @ w1, x_turned @ w1_turned
assert torch.allclose(h, h_turned)
print(f"norm of h: {h.norm():.6e}, rotated: {h_turned.norm():.6e}")
print(f"elements in w1: {w1.numel():,d}, rotated: {w1_turned.numel():,d}")

# %%
# Second, all rates go through the loop together. Give ``w1`` and ``w2`` an extra first
# dimension, with one index per rate. Then ``@`` multiplies batches of matrices, and
# ``mT`` transposes each matrix. Otherwise the computation is the same as in ``fit``,
# except that no fit stops early.


def fit_all(numbers, rates, *, steps=500):
    """One fit per rate: lists of final losses and of shares of live ReLUs."""
    x, y, w1, w2 = numbers
    w1, w2 = w1.repeat(len(rates), 1, 1), w2.repeat(len(rates), 1, 1)
    learning_rate = torch.tensor(rates, dtype=x.dtype).view(-1, 1, 1)
    for t in range(steps):
        h = x @ w1  # (rates, N, H)
        h_relu = h.relu()
        y_pred = h_relu @ w2  # (rates, N, D_out)
        if t == steps - 1:
            break

        grad_y_pred = 2 * (y_pred - y)
        grad_w2 = h_relu.mT @ grad_y_pred
        grad_h = (grad_y_pred @ w2.mT) * (h > 0)
        w1 -= learning_rate * (x.T @ grad_h)
        w2 -= learning_rate * grad_w2
    losses = (y_pred - y).square().sum(dim=(1, 2))
    return losses.tolist(), (h > 0).double().mean(dim=(1, 2)).tolist()


SEEDS = range(8)
TENTHS = range(-3, 8)  # tenths of a power of ten
RATES = {
    "normal": [1e-6 * 10 ** (k / 10) for k in TENTHS],
    "nn": [1e-3 * 10 ** (k / 10) for k in TENTHS],
}
losses = {kind: [] for kind in RATES}  # for each kind, seed and rate
shares = {kind: [] for kind in RATES}
zones = {kind: [] for kind in RATES}
for kind, rates in RATES.items():
    for seed in SEEDS:
        numbers = turned(*start(kind, seed))
        last, live = fit_all(numbers, rates)
        losses[kind].append(last)
        shares[kind].append(live)
        zones[kind].append([zone(loss, numbers[1]) for loss in last])
print("fits:", sum(len(row) for rows in zones.values() for row in rows))

# %%
# Check the faster version before you trust it. Run some of these fits again in the
# plain loop, on all 1,000 axes. The loss must be the same up to rounding, and the same
# number of ReLUs must be live.

for kind, seed, place in (("normal", 0, 3), ("normal", 5, 6), ("nn", 3, 7)):
    loss, h, *_ = fit(*start(kind, seed), RATES[kind][place])
    live = (h > 0).double().mean().item()
    assert math.isclose(loss, losses[kind][seed][place], rel_tol=1e-6)
    assert math.isclose(live, shares[kind][seed][place])
    print(f"{kind:6s} seed {seed} rate {RATES[kind][place]:.1e}", end=" ")
    name, last_loss = zones[kind][seed][place], losses[kind][seed][place]
    print(f"{name:6s} loss {last_loss:.3e},", end=" ")
    print(f"plain loop {loss:.3e}, live {live:.1%}")

# %%
# The map
# -------
#
# First print the map in letters, with one row per rate and one column per seed. A dot
# means that the fit learns, an o that it dies, and an x that it explodes.

SYMBOLS = {"learns": ".", "dies": "o", "explodes": "x"}
print("normal weights        the layers' own")
for place in range(len(TENTHS)):
    for kind in RATES:
        row = "".join(SYMBOLS[zones[kind][seed][place]] for seed in SEEDS)
        print(f"{RATES[kind][place]:.1e} {row}", end="\n" if kind == "nn" else "     ")
classic = RATES["normal"].index(1e-6)
learned = [row[classic] for row in zones["normal"]].count("learns")
assert learned == len(SEEDS)
print(f"at 1e-06, {learned} of {len(SEEDS)} learn")

# %%
# Then draw the map in colour. Bright means a small final loss, and dark a large one. A
# ring marks a fit whose ReLUs die and a cross a fit that explodes, so you can read the
# map without its colours. Below each rate are the shares of ReLUs that are live at the
# end, with one point per seed. A fit that explodes has no point.

EXPLODED = "#d0532b"
COLOURS = plt.get_cmap("cividis_r").with_extremes(bad=EXPLODED)


def draw(kind, title):
    """The map of one kind of starting weights, and the live ReLUs below it."""
    rates, ended, floor = np.array(RATES[kind]), np.array(zones[kind]), 1e-6
    last = np.where(ended == "explodes", np.nan, losses[kind])
    live = np.where(ended == "explodes", np.nan, shares[kind])
    exponents = np.log10(np.maximum(last, floor))
    edges = rates[0] * 10 ** ((np.arange(len(rates) + 1) - 0.5) / 10)

    fig = plt.figure(figsize=(7, 5), layout="constrained")
    top, bottom = fig.subplots(2, 1, sharex=True)
    colours = {"cmap": COLOURS, "vmin": -6, "vmax": 3}
    mesh = top.pcolormesh(edges, np.arange(9) - 0.5, exponents, **colours)
    for symbol, name in (("o", "dies"), ("×", "explodes")):
        for seed, place in np.argwhere(ended == name):
            at = {"ha": "center", "va": "center_baseline"}
            top.text(rates[place], seed, symbol, color="white", weight="bold", **at)
    fig.colorbar(mesh, ax=top, label="log10 of the final loss")
    top.set(title=title, ylabel="seed", yticks=range(8))
    names = [f"seed {seed}" for seed in SEEDS]
    bottom.semilogx(rates, live.T, "o", color="C0", markersize=4, label=names)
    bottom.set(xlabel="learning rate", ylabel="share of live ReLUs", ylim=(-0.02, 0.55))
    bottom.set_xticks([], minor=True)
    bottom.set_xticks(rates[1::2], [f"{rate:.1e}" for rate in rates[1::2]])


draw("normal", "Standard normal weights")
plt.show()

# %%
# Read the map from left to right. At first the fits learn and, up to 1e-6, the larger
# the rate, the faster. Then most ReLUs die, and the final loss is of the same order as
# that of predicting zero. At still larger rates the fits explode. The next map shows
# the layers' own weights, at rates that are a thousand times as large.

draw("nn", "The layers' own weights")
plt.show()

# %%
# Here there is hardly anything between learning and exploding. ReLUs die as before, but
# some fits learn with fewer than a tenth of their ReLUs live. The counts confirm both.

for kind in RATES:
    flat = [name for row in zones[kind] for name in row]
    fewest = min(
        share
        for names, row in zip(zones[kind], shares[kind], strict=True)
        for name, share in zip(names, row, strict=True)
        if name == "learns"
    )
    counts = ", ".join(f"{name} {flat.count(name)}" for name in SYMBOLS)
    print(f"{kind:6s}  {counts};  fewest live ReLUs of a fit that learns: {fewest:.0%}")

# %%
# Why it explodes
# ---------------
#
# Freeze the first layer and train only ``w2``. The loss is then a parabola along every
# direction. Along the direction of largest curvature, that curvature is twice the
# square of the largest singular value of ``h_relu``. As on the parabola above, if the
# rate is more than 2 divided by it, each step raises that direction's part of the loss,
# which sooner or later outgrows the rest. You can compute that bound.

x, y, w1, w2 = turned(*start("normal", seed=0))
h_relu = (x @ w1).relu()
curvature = 2 * torch.linalg.matrix_norm(h_relu, ord=2).item() ** 2
print(f"2 / curvature = {2 / curvature:.1e}")
for factor in (0.9, 1.1):
    w, history = w2.clone(), []
    for _ in range(200):
        history.append((h_relu @ w - y).square().sum().item())
        w -= factor * 2 / curvature * 2 * h_relu.T @ (h_relu @ w - y)
    falls = sum(after < before for before, after in pairwise(history))
    steps = len(history) - 1
    assert (falls == steps) == (factor < 1)
    print(f"{factor} times that: the loss falls at {falls} of {steps} steps,", end=" ")
    print(f"final / initial {history[-1] / history[0]:.0e}")

# %%
# If you train both layers, the largest curvature is the largest eigenvalue of the
# Hessian, the matrix of all second derivatives. You don't need to build that matrix.
# Take the gradient's dot product with a vector: its gradient is the Hessian times that
# vector. If you multiply a vector by the Hessian again and again, the vector turns
# towards the direction of largest curvature. Two layers offer more directions than one,
# so the largest curvature can't be smaller, and the bound is lower than before.


def bound(x, y, w1, w2):
    """2 divided by the largest curvature of the loss at these weights."""
    weights = w1.clone().requires_grad_(), w2.clone().requires_grad_()
    loss = ((x @ weights[0]).relu() @ weights[1] - y).square().sum()
    gradients = torch.autograd.grad(loss, weights, create_graph=True)
    torch.manual_seed(0)
    direction = [torch.randn_like(w) for w in weights]
    for _ in range(60):
        length = math.sqrt(sum(part.square().sum() for part in direction))
        direction = [part / length for part in direction]
        turned = torch.autograd.grad(gradients, weights, direction, retain_graph=True)
        products = [a * b for a, b in zip(direction, turned, strict=True)]
        curvature = sum(product.sum() for product in products).item()
        direction = turned
    return 2 / curvature


bounds = {}
for kind in RATES:
    bounds[kind] = [bound(*turned(*start(kind, seed))) for seed in SEEDS]
for kind, of_seed in bounds.items():
    ended = {name: [] for name in SYMBOLS}  # each fit's rate, in multiples of the bound
    for seed in SEEDS:
        for rate, name in zip(RATES[kind], zones[kind][seed], strict=True):
            ended[name].append(rate / of_seed[seed])
    below = {name: sum(rate < 1 for rate in each) for name, each in ended.items()}
    assert below["learns"] == sum(below.values())
    print(f"{kind:6s} the bound is {min(of_seed):.2e} to {max(of_seed):.2e}")
    print(f"       fits below it: {sum(below.values())},", end=" ")
    print(f"{below['learns']} of them learn")
    largest, smallest = max(ended["learns"]), min(ended["explodes"])
    print(f"       largest rate that learns: {largest:.1f} times the bound,", end=" ")
    print(f"smallest that explodes: {smallest:.1f} times")

# %%
# So you know this bound before the first step. It tells you the order of magnitude of a
# good rate, which differs more than a thousandfold between the two kinds of weights,
# and every fit below it learns. But it isn't the border of the zone. The ladder's rate,
# 1e-6, is above the bound for all seeds, and still learns. The bound depends on the
# curvature at the current weights, and steps that overshoot lead to weights where the
# curvature is different.

assert max(bounds["normal"]) < 1e-6
for kind, learning_rate in (
    ("normal", 1e-6),
    ("normal", 2e-6),
    ("nn", 2e-3),
    ("nn", 1e-3),
):
    x, y, w1, w2 = turned(*start(kind, seed=0))
    _, h, w1_end, w2_end = fit(x, y, w1, w2, learning_rate)
    first, last = bound(x, y, w1, w2), bound(x, y, w1_end, w2_end)
    print(f"{kind:6s} rate {learning_rate:.0e}  initial bound {first:.2e},", end=" ")
    print(f"final bound {last:.2e}")

# %%
# The rates of the first three fits are above the initial bound and below the final one.
# These fits overshoot until they reach weights where the curvature is small enough. The
# curvature is smaller where weights are smaller, and where ReLUs are dead, because a
# dead ReLU no longer contributes to it. A fit explodes if it doesn't reach such weights
# in time. The last fit's rate is below the initial bound, and the curvature grows
# during training. The last two fits end close to their bound. When the curvature
# reaches 2 divided by the rate and training continues, the fit is at the edge of
# stability.

x, y, w1, w2 = turned(*start("normal", seed=0))
half_dead = w1.clone()
half_dead[:, : H // 2] = 0  # so that h is 0 there, where the slope of ReLU is 0
print(f"initial bound {bound(x, y, w1, w2):.1e}", end=", ")
print(f"with weights half as large {bound(x, y, w1 / 2, w2 / 2):.1e}", end=", ")
print(f"with half the units dead {bound(x, y, half_dead, w2):.1e}")

# %%
#
# What is left
# ------------
#
# Look at a fit that died. If no ReLU is live for an input, its prediction is exactly
# zero, because there is no bias. Such an input contributes the sum of its squared
# targets to the loss, and no step changes that while its ReLUs remain dead. A hidden
# unit that is dead for all inputs has gradient zero.

x, y, w1, w2 = turned(*start("normal", seed=0))
loss, h, w1_end, w2_end = fit(x, y, w1, w2, 2e-6)
dead_inputs, dead_units = (h <= 0).all(dim=1), (h <= 0).all(dim=0)
y_pred = h.relu() @ w2_end
w1_end.requires_grad_()
((x @ w1_end).relu() @ w2_end - y).square().sum().backward()
lost = y[dead_inputs].square().sum().item()
print(f"inputs without a live ReLU: {dead_inputs.sum()} of {N};", end=" ")
print(f"their loss is {lost:.0f} of {loss:.0f}")
largest_prediction = y_pred[dead_inputs].abs().max().item()
largest_gradient = w1_end.grad[:, dead_units].abs().max().item()
assert largest_prediction == largest_gradient == 0
print(f"their largest prediction: {largest_prediction}")
print(f"units that no input activates: {dead_units.sum()} of {H};", end=" ")
print(f"largest gradient: {largest_gradient}")
print(f"loss of predicting zero: {y.square().sum():.0f}")

# %%
# The other inputs still have a few live ReLUs, but those ReLUs' values are so small
# that the steps are small as well. In a fit from the layers' own weights, the live
# ReLUs can do better. The network fits all inputs except one, for which no ReLU is
# live, and that input causes nearly all of the loss.

x, y, w1, w2 = turned(*start("nn", seed=3))
loss, h, *_ = fit(x, y, w1, w2, RATES["nn"][7])
dead_inputs = (h <= 0).all(dim=1)
lost = y[dead_inputs].square().sum().item()
print(f"inputs without a live ReLU: {dead_inputs.sum()} of {N};", end=" ")
print(f"their loss is {lost:.3f} of {loss:.3f}")

# %%
# How long to wait?
# -----------------
#
# The border between learning and dying depends on how long you train. With four times
# as many steps, a fit that has lost most of its ReLUs learns after all. If nearly all
# ReLUs are dead, more steps don't help.

some = [RATES["normal"][place] for place in (4, 5, 6)]
numbers = turned(*start("normal", seed=0))
(short, _), (long, _) = fit_all(numbers, some), fit_all(numbers, some, steps=2000)
for rate, before, after in zip(some, short, long, strict=True):
    zones_then = zone(before, numbers[1]), zone(after, numbers[1])
    print(f"rate {rate:.1e}  500 steps: {before:.1e} {zones_then[0]:6s}", end="  ")
    print(f"2,000 steps: {after:.1e} {zones_then[1]}")

# %%
# Summary
# -------
#
# - If the learning rate is too large, ReLUs die; if it's even larger, the fit explodes.
#   The width of the zone in between depends on the starting weights.
# - Every fit on this map learns if its rate is below 2 divided by the largest curvature
#   at its starting weights. That bound depends on the scale of the weights, and
#   products with the Hessian, which ``torch.autograd.grad`` computes, lead to it
#   without building that matrix.
# - For an input without a live ReLU, the prediction is zero, and a unit that no input
#   activates receives no gradient.
#
# Practise: ``exercises/learning_rate_map``
#
# Next: ``cheat_sheet`` puts NumPy and PyTorch side by side, to look things up.
