# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
Optimizers
==========

You hand the update over to an optimizer, an object that holds the parameters and a rule
for updating them. It replaces the last formula that you wrote by hand, the update of
every parameter under ``torch.no_grad``. To switch from plain gradient descent to Adam,
you change a name and the learning rate. The layers, the loss and the backward pass from
``nn_sequential`` stay.

What you'll learn:

- what ``zero_grad`` and ``step`` do, in which order to call them, and how gradients
  accumulate;
- how far each optimizer moves a weight, and why the same learning rate means something
  different to each;
- why Adam makes hardly any progress at 1e-6 but works at 1e-4, and why the learning
  rate doesn't limit its steps;
- what AdamW's weight decay does.
"""

# %%
# The problem
# -----------
#
# These are the same data and starting weights as on every page of this series. The
# network is the one from ``nn_sequential``. It starts either from those weights, called
# the problem's weights below, or from the weights that the layers draw by default.

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


def network(*, bias):
    """Two layers, with the same initial weights at every call with the same bias."""
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(D_in, H, bias=bias, dtype=torch.float64),
        torch.nn.ReLU(),
        torch.nn.Linear(H, D_out, bias=bias, dtype=torch.float64),
    )


loss_fn = torch.nn.MSELoss(reduction="sum")
net = network(bias=False)
print(f"the default weights:   loss {loss_fn(net(x), y).item():.2e}")
with torch.no_grad():
    net[0].weight.copy_(w1_start.T)
    net[2].weight.copy_(w2_start.T)
print(f"the problem's weights: loss {loss_fn(net(x), y).item():.2e}")

# %%
# The whole loop
# --------------
#
# You pass the parameters to ``torch.optim.SGD`` once, before the loop. Inside the loop,
# ``zero_grad`` clears the old gradients, ``backward`` computes new ones, and ``step``
# updates every parameter.

learning_rate = 1e-6
optimizer = torch.optim.SGD(net.parameters(), lr=learning_rate)
losses = []
for t in range(500):
    y_pred = net(x)
    loss = loss_fn(y_pred, y)
    losses.append(loss.item())

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

for t in (0, 1, 100, 200, 300, 400, 499):
    print(f"step {t:3d}  loss {losses[t]:.3e}")

# %%
# This optimizer does nothing more than the update that you know. Compare one of its
# steps with the formula.

net = network(bias=True)
optimizer = torch.optim.SGD(net.parameters(), lr=1e-4)
loss_fn(net(x), y).backward()
by_hand = [(param - 1e-4 * param.grad).detach() for param in net.parameters()]
optimizer.step()
for (name, param), expected in zip(net.named_parameters(), by_hand, strict=True):
    assert torch.allclose(param, expected, rtol=0, atol=1e-15)
    norm, norm_by_hand = param.norm().item(), expected.norm().item()
    print(f"{name:8s} norm {norm:.6f}, by hand {norm_by_hand:.6f}")

# %%
# The order of the three calls
# ----------------------------
#
# ``step`` reads the gradients that ``backward`` stored in ``.grad``, so don't call
# ``zero_grad`` between these two. You can call it anywhere else in the loop. Without
# ``zero_grad``, each backward pass adds its gradients to all earlier ones.


def first_losses(*order):
    """Five losses, with the calls in the given order."""
    net = network(bias=True)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-4)
    history = []
    for _ in range(5):
        loss = loss_fn(net(x), y)
        history.append(f"{loss.item():.1f}")
        for call in order:
            owner = loss if call == "backward" else optimizer
            getattr(owner, call)()
    return history


for order in (
    ("zero_grad", "backward", "step"),
    ("backward", "step", "zero_grad"),
    ("backward", "zero_grad", "step"),
    ("backward", "step"),
):
    print(f"{', '.join(order):27s}", *first_losses(*order))

# %%
# Gradient accumulation
# ---------------------
#
# Adding gradients up can be useful. If a batch is too large for memory, run it in
# parts, with one backward pass per part, and take a single step at the end. If the loss
# is a sum, the parts' gradients add up to the gradient of the whole batch. If it is a
# mean and the parts have one size, divide each part's loss by the number of parts, also
# called accumulation steps.

norms = {}
for reduction, parts in (("sum", 1), ("sum", 4), ("mean", 1), ("mean", 4)):
    net, criterion = network(bias=True), torch.nn.MSELoss(reduction=reduction)
    for rows in torch.arange(N).chunk(parts):
        loss = criterion(net(x[rows]), y[rows])
        (loss if reduction == "sum" else loss / parts).backward()
    norm = net[0].weight.grad.norm().item()
    assert abs(norm / norms.setdefault(reduction, norm) - 1) < 1e-12
    print(f"{reduction:4s} backward passes: {parts}  norm of the gradient {norm:.9f}")

# %%
# How far does a step go?
# -----------------------
#
# Here are six rules, each with the learning rate that it uses below; Adam is listed
# with two rates. To see how each rule turns a gradient into a step, compute the
# gradient of the untrained network.

rules = {  # name, optimizer, options, learning rate
    "SGD": (torch.optim.SGD, {}, 1e-4),
    "SGD, momentum 0.9": (torch.optim.SGD, {"momentum": 0.9}, 3e-5),
    "Adagrad": (torch.optim.Adagrad, {}, 1e-3),
    "RMSprop": (torch.optim.RMSprop, {}, 1e-4),
    "Adam": (torch.optim.Adam, {}, 1e-4),
    "AdamW": (torch.optim.AdamW, {}, 1e-4),
    "Adam, far too slow": (torch.optim.Adam, {}, 1e-6),
}
net = network(bias=True)
loss_fn(net(x), y).backward()
gradient, weight_start = net[0].weight.grad.clone(), net[0].weight.detach().clone()
print("median size of the first layer's", end=" ")
print(f"gradient {gradient.abs().median().item():.1f}", end=", ")
print(f"of its weights {weight_start.abs().median().item():.1e}")

# %%
# Pass the first layer's gradient to each optimizer again and again. The table shows the
# median distance that a weight moves, in multiples of the learning rate: at the first
# step, at the first step with a gradient a thousand times larger, and at the hundredth
# step.


def step_size(rule, options, rate, *, scale=1, steps=1):
    """The median distance that the last step moves a weight, in learning rates."""
    weight = weight_start.clone().requires_grad_()
    optimizer = rule([weight], lr=rate, **options)
    weight.grad = gradient * scale
    for _ in range(steps):
        before = weight.detach().clone()
        optimizer.step()
    return (weight.detach() - before).abs().median().item() / rate


nesterov = (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}, 3e-5)
print("                    first  gradient x 1000  hundredth")
for name, rule in {**rules, "SGD, Nesterov": nesterov}.items():
    sizes = step_size(*rule), step_size(*rule, scale=1000), step_size(*rule, steps=100)
    print(f"{name:18s} {sizes[0]:6.1f} {sizes[1]:16.1f} {sizes[2]:10.1f}")

# %%
# In the rows for SGD, the steps are proportional to the gradient. Momentum adds nine
# tenths of the previous step, so with a constant gradient the steps grow to ten times
# those of plain SGD. Nesterov momentum looks one such addition ahead. The other rules
# divide by the size of the gradients so far, so the gradient's scale cancels out.
# Adagrad divides by the square root of a sum of squares that keeps growing, RMSprop by
# that of an average that starts from zero, and Adam by that of an average that is
# corrected for that start. So with a constant gradient, Adam's step is about as large
# as the learning rate, no matter how large the gradient is.
#
# The rate is not a bound, though. Adam's average of gradients follows a change within
# tens of steps. Its average of squared gradients, by whose square root it divides,
# takes thousands of steps. The ``betas`` set both speeds. Below, four weights receive
# 5,000 gradients each, and the gradients of each weight are of a different kind. The
# table shows how far the last step moves each weight.

t = torch.arange(5000, dtype=torch.float64)
kinds = {
    "steady": torch.ones_like(t),
    "alternating in sign": (-1) ** t,
    "zero until a final 1": (t == t[-1]).double(),
    "growing by a tenth": 1.1 ** (t - t[-1]),
}
weights = torch.zeros(len(kinds), dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.Adam([weights], lr=1e-4)
for gradients in torch.stack(list(kinds.values()), dim=1):
    before = weights.detach().clone()
    weights.grad = gradients
    optimizer.step()
steps = (weights.detach() - before).abs() / 1e-4
assert steps[0] < 1.001
assert min(steps[2:]) > 3
print("betas:", optimizer.defaults["betas"])
for name, step in zip(kinds, steps.tolist(), strict=True):
    print(f"gradients {name:20s} last step {step:5.2f} learning rates")

# %%
# One start, six rules
# --------------------
#
# Now each rule trains the network from the layers' default weights, at a rate that
# works for it. Adam also trains it a second time, at 1e-6. The results depend on the
# rates as much as on the rules. In the figure, AdamW's dashed line coincides with
# Adam's.


def fit(rule, options, rate):
    """Run the loop above for 300 steps; return the losses and the median distance."""
    net = network(bias=True)
    optimizer = rule(net.parameters(), lr=rate, **options)
    history = []
    for _ in range(300):
        loss = loss_fn(net(x), y)
        history.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    distances = (net[0].weight.detach() - weight_start).abs()
    return history, distances.median().item()


ax = plt.figure(figsize=(7, 4), layout="constrained").subplots()
print("                     rate  first loss  last loss  median distance")
for name, rule in rules.items():
    history, distance = fit(*rule)
    rate, style = f"{rule[2]:.0e}", "--" if name == "AdamW" else "-"
    ax.semilogy(history, style, label=f"{name}: {rate}")
    columns = f"{history[0]:10.1f}  {history[-1]:9.1e}  {distance:15.1e}"
    print(f"{name:18s} {rate}  {columns}")
ax.set(title="One start, six rules", xlabel="step t", ylabel="sum of squared errors")
ax.legend(fontsize="small")
plt.show()

# %%
# That is why Adam makes hardly any progress at 1e-6: 300 steps of about one learning
# rate each add up to a distance that is small compared with the weights, and only a
# fraction of what the other runs cover. A learning rate means nothing without its rule.
# It needn't stay constant, either: a scheduler lowers it during training, sometimes
# after raising it first. The page ``digits`` uses a scheduler.

size = weight_start.abs().median().item()
for rate in (1e-6, 1e-4):
    share = 300 * rate / size
    print(f"300 steps of {rate:.0e} are {share:.0%} of the median weight's size")

# %%
# Weight decay
# ------------
#
# At each step, AdamW shrinks every weight by the fraction ``lr * weight_decay``,
# separately from the gradient, and it does so by default. Adam's option of the same
# name adds the decay to the gradient instead, so Adam divides the decay too. Set the
# gradient to zero, so that only the decay changes the weights: then Adam's division
# cancels out the weight's size.

adam, adamw = torch.optim.Adam, torch.optim.AdamW
for rule, options in ((adam, {}), (adam, {"weight_decay": 0.01}), (adamw, {})):
    weight = torch.tensor([1.0, 100.0], dtype=torch.float64, requires_grad=True)
    optimizer = rule([weight], lr=1e-4, **options)
    weight.grad = torch.zeros_like(weight)
    optimizer.step()
    moved = (torch.tensor([1.0, 100.0]) - weight.detach()).tolist()
    decay = optimizer.param_groups[0]["weight_decay"]
    setting = f"{rule.__name__} weight_decay={decay}"
    print(f"{setting:24s}  1 loses {moved[0]:.0e}, 100 loses {moved[1]:.0e}")

# %%
# Summary
# -------
#
# - ``torch.optim.Optimizer.zero_grad``, ``torch.Tensor.backward`` and
#   ``torch.optim.Optimizer.step`` all belong to a training step; don't clear the
#   gradients between the last two.
# - Without momentum, ``torch.optim.SGD`` moves a weight by the rate times its gradient.
#   ``torch.optim.Adam`` moves it by about the rate while gradients are constant, and
#   perhaps by several times the rate when they grow.
# - ``torch.optim.AdamW`` shrinks all weights a little at each step, unless ``weight_decay`` is zero.
#
# Practise: ``exercises/optimizers``
#
# Next: ``custom_module`` removes the row of layers, the only structure that
# ``torch.nn.Sequential`` supports.
