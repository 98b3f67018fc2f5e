# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
Layers in a row
===============

You build the network from layers: objects that compute a step of the forward pass, and
store its weights if it has any. The layers replace two things that every page so far
has spelled out: the weights as variables of your own, and the matrix products of the
forward pass. A loss function replaces the formula for the loss, and PyTorch's ReLU
replaces the one from ``custom_function``. Autograd still computes the gradients, and
you still write the update yourself.

What you'll learn:

- where a layer stores its weights, and in which shape;
- what ``torch.nn.Sequential`` does with a row of layers, and what ``parameters``
  returns;
- how ``reduction="sum"`` and ``reduction="mean"`` differ, and how that affects the
  learning rate;
- why a network made of layers usually starts with a much lower loss than one with
  standard normal weights.
"""

# %%
# The problem
# -----------
#
# These are the same data and starting weights as on every page of this series. NumPy
# draws them, and the tensors share the arrays' memory.

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
torch.manual_seed(0)  # new layers draw their initial weights from torch's generator

print("x ", tuple(x.shape), "   y ", tuple(y.shape))
print("w1", tuple(w1_start.shape), " w2", tuple(w2_start.shape))

# %%
# A layer is an object with parameters
# ------------------------------------
#
# Libraries of layers are one level above tensors. Keras is one such library; PyTorch
# has its own, ``torch.nn``. A ``torch.nn.Linear`` stores a weight and, unless you pass
# ``bias=False``, a bias. Its weight has the shape (out, in), the reverse of ``w1``'s
# shape, so the layer multiplies by the weight's transpose.

layer = torch.nn.Linear(D_in, H, dtype=torch.float64)
for name, param in layer.named_parameters():
    print(f"{name:6s} {tuple(param.shape)}  requires_grad={param.requires_grad}")
h, by_hand = layer(x), x @ layer.weight.T + layer.bias
assert torch.allclose(h, by_hand)
norms = [round(result.norm().item(), 4) for result in (h, by_hand)]
print(f"norms: layer(x) {norms[0]}, x @ weight.T + bias {norms[1]}")

# %%
# Put them in a row
# -----------------
#
# ``torch.nn.Sequential`` is a layer made of layers: it passes each layer's output to
# the next. To get the same losses as on the other pages, leave out the biases and copy
# ``w1_start`` and ``w2_start``, called the problem's weights below, into the layers,
# transposed. The copy runs under ``torch.no_grad`` because it writes into tensors that
# autograd tracks.


def network(*, bias):
    """Two layers with the weights that they draw by default."""
    return torch.nn.Sequential(
        torch.nn.Linear(D_in, H, bias=bias, dtype=torch.float64),
        torch.nn.ReLU(),
        torch.nn.Linear(H, D_out, bias=bias, dtype=torch.float64),
    )


def problem_network():
    """The same layers without biases, starting from the problem's weights."""
    net = network(bias=False)
    with torch.no_grad():
        net[0].weight.copy_(w1_start.T)
        net[2].weight.copy_(w2_start.T)
    return net


net = problem_network()
print(net)
y_pred, by_hand = net(x), (x @ w1_start).relu() @ w2_start
assert torch.allclose(y_pred, by_hand)
norms = [round(result.norm().item(), 2) for result in (y_pred, by_hand)]
print(f"norms: net(x) {norms[0]}, relu(x @ w1) @ w2 {norms[1]}")

# %%
# The whole loop
# --------------
#
# You call the network like a function, and the loss as well. A single ``zero_grad``
# clears the gradients of all parameters, and the update loops over the parameters
# without naming any. With more layers, the loop would look the same.

net = problem_network()
loss_fn = torch.nn.MSELoss(reduction="sum")
learning_rate = 1e-6
losses = []
for t in range(500):
    y_pred = net(x)
    loss = loss_fn(y_pred, y)
    losses.append(loss.item())

    net.zero_grad()
    loss.backward()
    with torch.no_grad():
        for param in net.parameters():
            param -= learning_rate * param.grad

for t in (0, 1, 100, 200, 300, 400, 499):
    print(f"step {t:3d}  loss {losses[t]:.3e}")

# %%
# Despite its name, ``torch.nn.Module.zero_grad`` writes no zeros by default. It sets
# each ``.grad`` to None. Code that reads ``.grad`` before the next backward pass must
# be prepared for None.

print("before zero_grad:", [tuple(param.grad.shape) for param in net.parameters()])
net.zero_grad()
print("after zero_grad: ", [param.grad for param in net.parameters()])

# %%
# Sum or mean?
# ------------
#
# ``torch.nn.MSELoss`` has three reductions, and "mean" is the default. The mean divides
# by the number of elements, ``N * D_out``, not by the batch size ``N``.

y_pred = problem_network()(x)
for reduction in ("none", "mean", "sum"):
    loss = torch.nn.MSELoss(reduction=reduction)(y_pred, y)
    print(f"{reduction:4s} returns shape {tuple(loss.shape)}")
ratio = loss_fn(y_pred, y) / torch.nn.MSELoss()(y_pred, y)
print(f"sum / mean = {ratio.item():.0f}   N * D_out = {N * D_out}   N = {N}")

# %%
# With the mean, the gradients are smaller by the same factor, so a learning rate that
# was tuned for the sum makes hardly any progress. Train again with only the reduction
# changed, and then also multiply the learning rate by the number of elements. All rows
# show the sum of squared errors, so that you can compare them.


def fit(net, learning_rate, reduction="sum"):
    """Run the loop above on any network; return the sums of squared errors."""
    history = []
    for _ in range(500):
        y_pred = net(x)
        history.append((y_pred - y).square().sum().item())
        net.zero_grad()
        torch.nn.MSELoss(reduction=reduction)(y_pred, y).backward()
        with torch.no_grad():
            for param in net.parameters():
                param -= learning_rate * param.grad
    return history


losses_mean = fit(problem_network(), 1e-6, reduction="mean")
losses_scaled = fit(problem_network(), 1e-6 * N * D_out, reduction="mean")
histories = {"sum": losses, "mean": losses_mean, "mean, rate scaled": losses_scaled}
for name, history in histories.items():
    print(f"{history[0]:.2e} at first, {history[-1]:.1e} at the end: {name}")

# %%
# Two things the loss lets pass
# -----------------------------
#
# Older programs use ``size_average`` or ``elementwise_mean``. Both still work, with a
# warning that says what to write instead. A name that was never valid raises an error.

words = {"reduction": "elementwise_mean"}, {"reduction": "average"}
for old in ({"size_average": False}, *words):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            torch.nn.MSELoss(**old)(y_pred, y)
            print(old, "warns:", caught[0].message)
        except ValueError as error:
            print(old, "raises:", error)

# %%
# If the target has a different shape, the prediction and the target are broadcast where
# the shapes allow it, and all you get is a warning. Below, every prediction equals its
# target. With one sample, the broadcast does no harm, and the loss is zero. With one
# column, every prediction is compared with every target. If you turn warnings into
# errors, this mistake can't slip through.

for prediction, target in ((y[:1], y[0]), (y[:, :1], y[:, 0])):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shapes = f"{tuple(prediction.shape)} against {tuple(target.shape)}"
        print(f"{shapes}: loss {loss_fn(prediction, target).item():.1f}")
        warnings.simplefilter("error")
        try:
            loss_fn(prediction, target)
        except UserWarning as warning:
            print("   as an error:", str(warning).split(". ")[0])

# %%
# Where the loss starts
# ---------------------
#
# With the weights that the layers draw by default, the loss starts several orders of
# magnitude lower, with or without biases. Without biases, only the initialisation
# differs: the problem's weights are standard normal, while a linear layer with ``n``
# inputs draws its weights uniformly between ``-1 / sqrt(n)`` and ``1 / sqrt(n)``. He
# initialisation, also called Kaiming initialisation, draws normal weights with a
# standard deviation of ``sqrt(2 / n)``. A ReLU roughly halves the mean square of its
# input, and the factor 2 makes up for that, so ``h_relu`` is about as large as ``x``.

he = network(bias=False)
for layer in (he[0], he[2]):
    torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
net = network(bias=True)
starts = {
    "default, no bias": network(bias=False),
    "default, bias": net,
    "He initialisation": he,
    "problem's weights": problem_network(),
}
print(f"mean square of x: {x.square().mean().item():.2f}")
for name, start in starts.items():
    loss, square = loss_fn(start(x), y).item(), start[:2](x).square().mean().item()
    print(f"{name:18s} first loss {loss:.1e}, mean square of h_relu {square:.2f}")
weight, bound = net[0].weight, D_in**-0.5
print(f"largest default weight {weight.abs().max().item():.4f}, bound {bound:.4f}")
deviation, expected = weight.std().item(), bound / 3**0.5
print(f"standard deviation {deviation:.4f}, expected {expected:.4f}", end="; ")
print(f"of the problem's weights {w1_start.std().item():.4f}")

# %%
# So a network with its layers' default weights needs a higher learning rate: the
# smaller the weights and ``h_relu`` are, the flatter the loss is, and the larger the
# rate can be before the fit diverges. (For a bound on the rate, see
# ``learning_rate_map``.) From the layers' default weights, 1e-6 is slow, and a rate a
# hundred times larger works well. From the problem's weights, the fit diverges at that
# larger rate. The nearly flat line at the top is the fit with the mean, at the rate
# that suits the sum.

ax = plt.figure(figsize=(7, 4), layout="constrained").subplots()
ax.semilogy(losses_mean, label="problem's weights, mean, 1e-6")
ax.semilogy(losses, label="problem's weights, sum, 1e-6")
for rate in ("1e-6", "1e-4"):
    torch.manual_seed(0)
    history = fit(network(bias=True), float(rate))
    from_problem = fit(problem_network(), float(rate))
    ax.semilogy(history, label=f"default weights, sum, {rate}")
    print(f"rate {rate}: from default weights, last loss {history[-1]:.1e}", end="; ")
    finite = np.isfinite(from_problem).sum()
    finite_losses = f"{finite} of {len(from_problem)} losses are finite"
    print(f"from the problem's weights, {finite_losses}")
assert finite < 10
ax.set_title("Initial weights and reduction decide which rate works")
ax.set(xlabel="step t", ylabel="sum of squared errors")
ax.legend()
plt.show()

# %%
# Summary
# -------
#
# - ``torch.nn.Linear`` stores a weight of shape (out, in) and a bias;
#   ``torch.nn.Sequential`` chains layers.
# - ``torch.nn.MSELoss`` sums or averages over all elements; the learning rate must suit
#   the reduction that you choose.
# - ``torch.nn.Module.parameters`` and ``torch.nn.Module.zero_grad`` work on all
#   weights, so the loop names none of them.
#
# Practise: ``exercises/nn_sequential``
#
# Next: ``optimizers`` removes the update, the last formula that you still write by
# hand.
