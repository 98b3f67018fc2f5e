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

You fit the network again and again, at many learning rates and from several seeds, and draw how each fit
ends. The map has three zones: fits that learn, fits whose ReLUs die, fits that explode. ``break_it`` met
one rate of each; here you see where the borders are, and compute one of them before the first step.

What you'll learn:

- how the last loss and the share of live ReLUs depend on the learning rate, from two kinds of first weights;
- how to run many fits as one batch of matrices, and how to check that nothing changed;
- what the curvature of the loss says about a rate, what it doesn't say, and what the edge of stability is;
- what a fit can still predict when its ReLUs are dead.
"""

# %%
# One fit
# -------
#
# The first weights come in two kinds: standard normal numbers, as on the ladder's first pages, and those that
# ``torch.nn.Linear`` draws for itself, here without a bias. They differ in size: the layers' own weights are
# smaller, the more so the more inputs a layer has. The seed also draws ``x`` and ``y``, alike for both kinds.

import math
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

N, D_in, H, D_out = 64, 1000, 100, 10


def start(kind, seed):
    """The data, and the first weights: "normal", or the layers' own, "nn"."""
    rng = np.random.default_rng(seed)
    shapes = (N, D_in), (N, D_out), (D_in, H), (H, D_out)
    x, y, w1, w2 = (torch.from_numpy(rng.standard_normal(shape)) for shape in shapes)
    if kind == "nn":
        torch.manual_seed(seed)
        layers = [torch.nn.Linear(*w.shape, bias=False, dtype=w.dtype) for w in (w1, w2)]
        w1, w2 = (layer.weight.detach().T for layer in layers)
    return x, y, w1, w2


for kind in ("normal", "nn"):
    x, y, w1, w2 = start(kind, seed=0)
    loss = ((x @ w1).relu() @ w2 - y).square().sum()
    print(f"{kind:6s}  size of w1 {w1.std():.3f}, of w2 {w2.std():.3f}  first loss {loss:.1e}")
ladders_x = torch.from_numpy(np.random.default_rng(0).standard_normal((N, D_in)))
assert torch.equal(x, ladders_x)
print(f"seed 0 draws the ladder's x, from {x[0, 0]:.4f} to {x[-1, -1]:.4f}")

# %%
# This is the plain loop, one fit at one rate. It returns the loss of the last step, and the hidden layer and
# the weights that this loss was computed from. The share of live ReLUs is the share of positive numbers in
# ``h``: the others pass nothing on, and no gradient back. The first fit is the ladder's own.


def fit(x, y, w1, w2, learning_rate):
    """One fit: the last loss, and h, w1 and w2 at that step."""
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
    """How a fit ended, measured by what predicting zero everywhere would cost."""
    if not math.isfinite(loss):
        return "explodes"
    return "learns" if loss < y.square().sum().item() / 4 else "dies"


x, y, w1, w2 = start("normal", seed=0)
print(f"predicting zero costs {y.square().sum():.0f}")
for learning_rate in (1e-6, 2e-6, 5e-6):
    loss, h, *_ = fit(x, y, w1, w2, learning_rate)
    ended = zone(loss, y)
    shown = "" if ended == "explodes" else f"loss {loss:.1e}, {(h > 0).double().mean():.1%} live"
    print(f"rate {learning_rate:.0e} {ended:8s} {shown}".rstrip())

# %%
# The function ``zone`` draws the borders of the map. A fit explodes if its loss is no longer finite. It learns
# if it ends below a quarter of what predicting zero costs, which takes no network at all. In between it dies:
# it ends, but it has learned next to nothing.
#
# The same fit, sooner
# --------------------
#
# The map needs many such fits. Two changes make them faster, and neither changes a result. First, 64
# inputs span only 64 of the 1,000 directions that a column of ``w1`` could go, and every step stays among
# these: ``x.T @ grad_h`` adds up rows of ``x``. So turn the axes until 64 of them are enough. A QR
# factorisation does that, and gradient descent doesn't notice: it moves weights by the same distances along
# any perpendicular axes.


def turned(x, y, w1, w2):
    """The same data and weights on 64 axes: x of shape (N, N), w1 of shape (N, H)."""
    Q, R = torch.linalg.qr(x.T)
    return R.T, y, Q.T @ w1, w2


x_turned, _, w1_turned, _ = turned(x, y, w1, w2)
h, h_turned = x @ w1, x_turned @ w1_turned
assert torch.allclose(h, h_turned)
print(f"length of h: {h.norm():.6e}, turned: {h_turned.norm():.6e}")
print(f"numbers in w1: {w1.numel():,d}, turned: {w1_turned.numel():,d}")

# %%
# Second, all rates go through the loop together. Give ``w1`` and ``w2`` one more axis in front, an entry for
# each rate; ``@`` then multiplies batches of matrices, and ``mT`` transposes each of them. The lines are
# those of ``fit``.


def fit_all(numbers, rates, *, steps=500):
    """A fit for each rate: lists of last losses and of shares of live ReLUs."""
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
    kind: [unit * 10 ** (k / 10) for k in TENTHS] for kind, unit in (("normal", 1e-6), ("nn", 1e-3))
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
# Check before you believe. Some of these fits again, each in the plain loop on all 1,000 axes: the loss must be
# the same, up to rounding, and just as many ReLUs must be live.

for kind, seed, place in (("normal", 0, 3), ("normal", 5, 6), ("nn", 3, 7)):
    loss, h, *_ = fit(*start(kind, seed), RATES[kind][place])
    live = (h > 0).double().mean().item()
    assert math.isclose(loss, losses[kind][seed][place], rel_tol=1e-6)
    assert math.isclose(live, shares[kind][seed][place])
    print(
        f"{kind:6s} seed {seed} rate {RATES[kind][place]:.1e} {zones[kind][seed][place]:6s}", end=""
    )
    print(f" loss {losses[kind][seed][place]:.3e}, plain loop {loss:.3e}, live {live:.1%}")

# %%
# The map
# -------
#
# First in letters: a row for each rate, a column for each seed. A dot learns, an o dies, a cross explodes.

SYMBOLS = {"learns": ".", "dies": "o", "explodes": "x"}
print("normal weights        the layers' own")
for place in range(len(TENTHS)):
    for kind in RATES:
        row = "".join(SYMBOLS[zones[kind][seed][place]] for seed in SEEDS)
        print(f"{RATES[kind][place]:.1e} {row}", end="\n" if kind == "nn" else "     ")
classic = RATES["normal"].index(1e-6)
learned = [row[classic] for row in zones["normal"]].count("learns")
assert learned == len(SEEDS)
print(f"at 1e-06 learn {learned} of {len(SEEDS)}")

# %%
# Then in colour, with the last loss from dark, large, to bright, small. Where the ReLUs die there is a ring,
# where the fit explodes a cross, so that you can read the map without its colours. Below each rate stand the
# shares of ReLUs that are live at the end, a point for each seed; a fit that explodes has none.

EXPLODED = "#d0532b"
COLOURS = plt.get_cmap("cividis_r").with_extremes(bad=EXPLODED)


def draw(kind, title):
    """The map of one kind of first weights, and the live ReLUs below it."""
    rates, ended, floor = np.array(RATES[kind]), np.array(zones[kind]), 1e-6
    last = np.where(ended == "explodes", np.nan, losses[kind])
    live = np.where(ended == "explodes", np.nan, shares[kind])
    exponents = np.log10(np.maximum(last, floor))
    edges = rates[0] * 10 ** ((np.arange(len(rates) + 1) - 0.5) / 10)

    fig, (top, bottom) = plt.subplots(2, 1, figsize=(7, 5), sharex=True, layout="constrained")
    mesh = top.pcolormesh(edges, np.arange(9) - 0.5, exponents, cmap=COLOURS, vmin=-6, vmax=3)
    for symbol, name in (("o", "dies"), ("×", "explodes")):
        for seed, place in np.argwhere(ended == name):
            at = {"ha": "center", "va": "center_baseline", "color": "white", "weight": "bold"}
            top.text(rates[place], seed, symbol, **at)
    fig.colorbar(mesh, ax=top, label="log10 of the last loss")
    top.set(title=title, ylabel="seed", yticks=range(8))
    names = [f"seed {seed}" for seed in SEEDS]
    bottom.semilogx(rates, live.T, "o", color="C0", markersize=4, label=names)
    bottom.set(xlabel="learning rate", ylabel="share of live ReLUs", ylim=(-0.02, 0.55))
    bottom.set_xticks([], minor=True)
    bottom.set_xticks(rates[1::2], [f"{rate:.1e}" for rate in rates[1::2]])


draw("normal", "Standard normal weights")
plt.show()

# %%
# From left to right: the fits learn, the faster the larger the rate. Then most ReLUs die, and the loss ends near
# what predicting zero costs. Then the fits explode. With the layers' own weights the same rates, a thousand times
# as large, make another map.

draw("nn", "The layers' own weights")
plt.show()

# %%
# Here hardly anything lies between learning and exploding. ReLUs die as before, but fits learn with fewer than
# a tenth of them. Read both off the lists.

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
# Hold the first layer still and train ``w2`` alone. The loss is then a parabola in every direction, and along
# the steepest one its second derivative, the curvature, is twice the square of the largest singular value of
# ``h_relu``. A step goes ``learning_rate`` times the slope. Beyond 2 over the curvature it lands further up
# on the other side than it came from, and the next one further still. That is a bound you can compute.

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
    assert (falls == len(history) - 1) == (factor < 1)
    print(f"{factor} times that: falls at {falls} of {len(history) - 1} steps", end=", ")
    print(f"last loss over first {history[-1] / history[0]:.0e}")

# %%
# With both layers free, the curvature is the largest eigenvalue of the Hessian, the matrix of all second
# derivatives. You needn't build that matrix. The gradient of the gradient's product with a vector is the
# Hessian times that vector, and a vector that is multiplied again and again turns towards the steepest
# direction. With more directions to go the steepest can only be steeper, so the bound is lower than before.


def bound(x, y, w1, w2):
    """2 over the largest curvature of the loss at these weights."""
    weights = w1.clone().requires_grad_(), w2.clone().requires_grad_()
    loss = ((x @ weights[0]).relu() @ weights[1] - y).square().sum()
    gradients = torch.autograd.grad(loss, weights, create_graph=True)
    torch.manual_seed(0)
    direction = [torch.randn_like(w) for w in weights]
    for _ in range(60):
        length = math.sqrt(sum(part.square().sum() for part in direction))
        direction = [part / length for part in direction]
        turned = torch.autograd.grad(gradients, weights, direction, retain_graph=True)
        curvature = sum((a * b).sum() for a, b in zip(direction, turned, strict=True)).item()
        direction = turned
    return 2 / curvature


bounds = {kind: [bound(*turned(*start(kind, seed))) for seed in SEEDS] for kind in RATES}
for kind, of_seed in bounds.items():
    ended = {name: [] for name in SYMBOLS}  # each fit's rate, in bounds
    for seed in SEEDS:
        for rate, name in zip(RATES[kind], zones[kind][seed], strict=True):
            ended[name].append(rate / of_seed[seed])
    below = {name: sum(in_bounds < 1 for in_bounds in each) for name, each in ended.items()}
    assert below["learns"] == sum(below.values())
    print(f"{kind:6s} the bound is {min(of_seed):.2e} to {max(of_seed):.2e}")
    print(f"       fits below it: {sum(below.values())}, of which learn {below['learns']}")
    print(f"       largest rate that learns {max(ended['learns']):.1f} bounds", end=", ")
    print(f"smallest that explodes {min(ended['explodes']):.1f} bounds")

# %%
# So the bound, known before the first step, tells you the scale, which differs more than a thousandfold between
# the two kinds, and every fit below it learns. But it isn't the border. The classic rate lies above it for
# all seeds, and learns. The curvature is that of the place where you stand; steps that overshoot lead to other
# places.

assert max(bounds["normal"]) < 1e-6
for kind, learning_rate in (("normal", 1e-6), ("normal", 2e-6), ("nn", 2e-3), ("nn", 1e-3)):
    x, y, w1, w2 = turned(*start(kind, seed=0))
    _, h, w1_end, w2_end = fit(x, y, w1, w2, learning_rate)
    first, last = bound(x, y, w1, w2), bound(x, y, w1_end, w2_end)
    print(f"{kind:6s} rate {learning_rate:.0e}  bound at first {first:.1e}, at the end {last:.1e}")

# %%
# The first three fits begin above the bound and end below: they overshoot until they have come to a place that is
# flat enough. Such places are where weights are smaller, and where ReLUs are dead, which take their share of the
# curvature with them. A fit explodes if it doesn't get there in time. The last fit begins below the bound, and
# comes to places that are steeper. The last two end close to their bound: where the curvature comes to 2 over
# the rate and the fit goes on, it is at the edge of stability.

x, y, w1, w2 = turned(*start("normal", seed=0))
half_dead = w1.clone()
half_dead[:, : H // 2] = 0  # so that h is 0 there, where the slope of ReLU is 0
print(f"bound at first {bound(x, y, w1, w2):.1e}", end=", ")
print(f"with weights half as large {bound(x, y, w1 / 2, w2 / 2):.1e}", end=", ")
print(f"with half of the units dead {bound(x, y, half_dead, w2):.1e}")

# %%
#
# What is left
# ------------
#
# Look at a fit that died. Where no ReLU is live for an input, its prediction is exactly zero: there is no bias.
# It costs the squares of its targets, and no step will change that as long as its ReLUs stay dead. A hidden
# unit that is dead for all inputs has no gradient at all.

x, y, w1, w2 = turned(*start("normal", seed=0))
loss, h, w1_end, w2_end = fit(x, y, w1, w2, 2e-6)
dead_inputs, dead_units = (h <= 0).all(dim=1), (h <= 0).all(dim=0)
y_pred = h.relu() @ w2_end
w1_end.requires_grad_()
((x @ w1_end).relu() @ w2_end - y).square().sum().backward()
lost = y[dead_inputs].square().sum().item()
print(f"inputs without a live ReLU: {dead_inputs.sum()} of {N}; they cost {lost:.0f} of {loss:.0f}")
largest = y_pred[dead_inputs].abs().max().item(), w1_end.grad[:, dead_units].abs().max().item()
assert largest == (0, 0)
print(f"largest of their predictions: {largest[0]}")
print(f"units that no input reaches: {dead_units.sum()} of {H}; largest gradient: {largest[1]}")
print(f"all predictions zero would cost {y.square().sum():.0f}")

# %%
# The other inputs have a few live ReLUs left, but with numbers so small that the steps are small as well. In a
# fit from the layers' own weights, the living can do better: all inputs are fitted but one that no ReLU lets
# through, and what this one costs is nearly all of the loss.

x, y, w1, w2 = turned(*start("nn", seed=3))
loss, h, *_ = fit(x, y, w1, w2, RATES["nn"][7])
dead_inputs = (h <= 0).all(dim=1)
lost = y[dead_inputs].square().sum().item()
print(f"inputs without a live ReLU: {dead_inputs.sum()} of {N}; they cost {lost:.3f} of {loss:.3f}")

# %%
# How much patience?
# ------------------
#
# The border between learning and dying depends on how long you wait. Four times as many steps bring a fit with
# fewer ReLUs back to the zone that learns; where nearly all are dead, they bring nothing.

some = [RATES["normal"][place] for place in (4, 5, 6)]
numbers = turned(*start("normal", seed=0))
(short, _), (long, _) = fit_all(numbers, some), fit_all(numbers, some, steps=2000)
for rate, before, after in zip(some, short, long, strict=True):
    print(f"rate {rate:.1e}  500 steps: {before:.1e} {zone(before, numbers[1]):6s}", end="")
    print(f"  2,000 steps: {after:.1e} {zone(after, numbers[1])}")

# %%
# Summary
# -------
#
# - A rate that is too large first costs ReLUs and then the fit; how much lies between depends on the first weights.
# - Below 2 over the largest curvature every fit on this map learns, and the scale of the weights sets that bound;
#   ``torch.autograd.grad``, used twice, computes it without the Hessian.
# - An input without a live ReLU is predicted as zero, and a unit that no input reaches never changes again.
#
# Practise: ``exercises/learning_rate_map``
#
# Next: ``cheat_sheet`` puts NumPy and PyTorch side by side, to look things up.
