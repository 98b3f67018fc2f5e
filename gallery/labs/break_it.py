# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
Break it
========

You make the classic mistakes on purpose, each in a training loop that works without it.
Some raise an error, and you read the message. The worse ones run to the end and print a
number, and you learn how to spot them. Then you fix each mistake, and compare the fixed
loop with a correct one, loss by loss.

What you'll learn:

- which mistakes PyTorch reports, with which messages, and which ones it can't detect;
- what to look at when a loss is wrong: the first losses, the gradients, the shapes, the
  dtypes and the live ReLUs;
- how to fix each mistake, and how to show that it is fixed.
"""

# %%
# The loop that works
# -------------------
#
# Start with the same two-layer network, data and starting weights as on every page of
# the ladder, and with the plain loop, which computes the gradients by hand. The plain
# loop doesn't use autograd, so no mistake with autograd can affect it. That makes it
# the judge on this page. A fixed loop is right if each of its losses equals the
# judge's, up to rounding.

import random
import textwrap
import warnings

import matplotlib.pyplot as plt
import numpy as np
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

rng = np.random.default_rng(0)
N, D_in, H, D_out = 64, 1000, 100, 10
x_array, y_array = rng.standard_normal((N, D_in)), rng.standard_normal((N, D_out))
x, y = torch.from_numpy(x_array), torch.from_numpy(y_array)
w1_start = torch.from_numpy(rng.standard_normal((D_in, H)))
w2_start = torch.from_numpy(rng.standard_normal((H, D_out)))


def plain(y, w2, learning_rate=1e-6):
    """The losses of 100 steps with gradients by hand."""
    w1, w2, history = w1_start.clone(), w2.clone(), []
    for t in range(100):
        h = x @ w1
        h_relu = h.relu()
        y_pred = h_relu @ w2
        loss = (y_pred - y).square().sum()
        history.append(loss.item())

        grad_y_pred = 2 * (y_pred - y)
        grad_w2 = h_relu.T @ grad_y_pred
        grad_h = grad_y_pred @ w2.T
        grad_h[h <= 0] = 0
        w1 -= learning_rate * (x.T @ grad_h)
        w2 -= learning_rate * grad_w2
    return history


losses = plain(y, w2_start)
broken, fixed, messages = {}, {}, {}  # losses with each mistake, and without it


def judge(history, expected=losses):
    """Compare all losses with those of the plain loop, and print the last of both."""
    assert len(history) == len(expected)
    assert np.allclose(history, expected, rtol=1e-8, atol=0)
    print(f"fixed: last loss {history[-1]:.3e}, the judge's {expected[-1]:.3e}")


def leaves():
    """The starting weights, tracked."""
    return w1_start.clone().requires_grad_(), w2_start.clone().requires_grad_()


def loss_of(w1, w2):
    """The loss, recorded by autograd."""
    return ((x @ w1).relu() @ w2 - y).square().sum()


def train(learning_rate=1e-6, loss_of=loss_of):
    """The loop with autograd: its finite losses, and the final share of live ReLUs."""
    w1, w2 = leaves()
    history = []
    for t in range(100):
        loss = loss_of(w1, w2)
        if not torch.isfinite(loss):
            break
        history.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w1 -= learning_rate * w1.grad
            w2 -= learning_rate * w2.grad
        w1.grad = w2.grad = None
    return history, (x @ w1 > 0).double().mean().item()


def show(message):
    """Print one of PyTorch's messages, wrapped."""
    print(textwrap.fill(message, 90))


for t in (0, 1, 50, 99):
    print(f"step {t:2d}  loss {losses[t]:.3e}")

# %%
# A learning rate that explodes
# -----------------------------
#
# Make the learning rate five times as large. There is no error: floats overflow
# silently, and the loop would carry on with inf and NaN. ``train`` stops at the first
# loss that isn't finite. It also counts the live ReLUs, which you need for the next
# mistake.

broken["explodes"], _ = train(5e-6)
print("finite losses:", len(broken["explodes"]), "of 100")
print("they are:", *(f"{loss:.0e}" for loss in broken["explodes"]))

# %%
# How to find it: look at the first losses, not only at the last one, and stop as soon
# as ``torch.isfinite`` returns False. A rising loss alone proves nothing. The fixed
# loop's loss also rises by a few per cent, at steps 2 and 3, before it falls for good.
# The broken loop's loss more than triples at every step. The fix is a smaller learning
# rate.

fixed["explodes"], live_fixed = train(1e-6)
at_5e_6, at_1e_6 = broken["explodes"], fixed["explodes"]
for t in range(1, 5):
    print(f"step {t}  loss over previous loss:", end=" ")
    print(f"{at_5e_6[t] / at_5e_6[t - 1]:.2g} at 5e-6,", end=" ")
    print(f"{at_1e_6[t] / at_1e_6[t - 1]:.2f} at 1e-6")
judge(fixed["explodes"])

# %%
# A learning rate that kills the ReLUs
# ------------------------------------
#
# Twice the plain loop's learning rate is also too large, but that is harder to notice.
# The loss falls by several powers of ten, and it stays finite.

broken["dies"], live_dead = train(2e-6)
print(f"first loss {broken['dies'][0]:.1e}, last loss {broken['dies'][-1]:.1e}")
zero_costs = y.square().sum().item()
print(f"predicting zero everywhere costs {zero_costs:.1e}")

# %%
# How to find it: compare the loss with the loss of a guess that needs no network, and
# count the live ReLUs, those with a positive input. At first about half of all ReLUs
# are live. A dead ReLU passes nothing forward and no gradient back. The fix is the same
# as before.

live = {"at first": (x @ w1_start > 0).double().mean().item()}
live |= {"after 100 steps of 2e-6": live_dead, "after 100 steps of 1e-6": live_fixed}
for name, share in live.items():
    print(f"{name}: {share:.1%} of the ReLUs are live")
fixed["dies"], _ = train(1e-6)
judge(fixed["dies"])

# %%
# Forgotten zero_grad
# -------------------
#
# ``backward`` adds to ``grad``. If you never clear ``grad``, each step applies all
# earlier gradients again.


def by_autograd(*, clear):
    """The losses, and two gradients of w1 at step 1: the one used, the right one."""
    w1, w2 = leaves()
    history = []
    for t in range(100):
        loss = loss_of(w1, w2)
        history.append(loss.item())
        loss.backward()
        if t == 1:
            used, (wanted,) = w1.grad.clone(), torch.autograd.grad(loss_of(w1, w2), w1)
        with torch.no_grad():
            w1 -= 1e-6 * w1.grad
            w2 -= 1e-6 * w2.grad
        if clear:
            w1.grad = w2.grad = None
    return history, used, wanted


broken["not cleared"], used, wanted = by_autograd(clear=False)
for t in (0, 1, 2, 99):
    loss = broken["not cleared"][t]
    print(f"step {t:2d}  loss {loss:.3e}  plain loop {losses[t]:.3e}")

# %%
# How to find it: the first two losses are right, so the forward pass and the first
# gradient are right too. So look at the second gradient next. ``torch.autograd.grad``
# computes it separately, without adding it to ``grad``.

apart = (used - wanted).norm() / wanted.norm()
fixed["not cleared"], used, wanted = by_autograd(clear=True)
assert torch.allclose(used, wanted)
print(f"the second gradient is off by {apart:.0%} of its length;", end=" ")
print(f"when cleared, by {(used - wanted).norm() / wanted.norm():.0%}")
judge(fixed["not cleared"])

# %%
# An update outside no_grad
# -------------------------
#
# An update is arithmetic on a tracked tensor. In place, it would overwrite a leaf of
# the graph, so PyTorch raises an error. The page ``tracking`` explains what a leaf is.

w1, w2 = leaves()
loss_of(w1, w2).backward()
try:
    w1 -= 1e-6 * w1.grad
except RuntimeError as error:
    messages["in place"] = str(error)
show(messages["in place"])

# %%
# So some people write the update out, as ``w1 = w1 - ...``. The first step is even
# right. But the new ``w1`` is the result of an operation and no longer a leaf, and
# ``backward`` fills in ``grad`` only for leaves. A warning says so. The error appears
# one step later, and Python raises it, not PyTorch.

w1, w2 = leaves()
messages["written out"], steps_done = [], 0
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    try:
        for t in range(100):
            loss_of(w1, w2).backward()
            w1 = w1 - 1e-6 * w1.grad
            w2 = w2 - 1e-6 * w2.grad
            steps_done += 1
    except TypeError as error:
        messages["written out"] = [str(caught[0].message).split(". ")[0], str(error)]
print("steps done:", steps_done)
for message in messages["written out"]:
    show(message)

# %%
# How to find it: check whether the weight is still a leaf. The fix is to update it in
# place under ``torch.no_grad``. After one such step, the second loss is right.

print("w1.is_leaf", w1.is_leaf, "  made by", type(w1.grad_fn).__name__)
w1, w2 = leaves()
loss_of(w1, w2).backward()
with torch.no_grad():
    w1 -= 1e-6 * w1.grad
    w2 -= 1e-6 * w2.grad
print("w1.is_leaf", w1.is_leaf)
judge([loss_of(w1_start, w2_start).item(), loss_of(w1, w2).item()], losses[:2])

# %%
# A leaf changed in place
# -----------------------
#
# You can run into the same rule before the loop starts, if you turn tracking on first
# and then shrink the starting weights or set some of them to zero. The second message
# mentions a view, because ``w1[0]`` is a view.

w1, w2 = leaves()
messages["leaf"] = []
for change in (lambda: w1.mul_(0.5), w1[0].zero_):
    try:
        change()
    except RuntimeError as error:
        messages["leaf"].append(str(error))
for message in messages["leaf"]:
    show(message)

# %%
# How to find it: the traceback shows the line. To fix it, make the change before you
# turn tracking on, or make it under ``torch.no_grad``. Here the weights are halved and
# then doubled, so the first loss stays the same.

w1, w2 = leaves()
with torch.no_grad():
    w1.mul_(0.5).mul_(2)
print("requires_grad", w1.requires_grad, " is_leaf", w1.is_leaf)
judge([loss_of(w1, w2).item()], losses[:1])

# %%
# Values changed through data
# ---------------------------
#
# You have the gradient of ``w2``, so why not update ``w2`` right away and compute the
# gradient of ``w1`` next? Because the gradient of ``w1`` depends on the old ``w2``.
# Older programs use ``data`` in updates, and PyTorch can't detect a change that is made
# through ``data``. In this section, both the broken loop and the judge use half the
# learning rate.


def one_by_one(change):
    """A loop that updates w2 before it computes the gradient of w1."""
    w1, w2 = leaves()
    history = []
    for t in range(100):
        loss = loss_of(w1, w2)
        history.append(loss.item())
        (grad_w2,) = torch.autograd.grad(loss, w2, retain_graph=True)
        change(w2, 5e-7 * grad_w2)
        (grad_w1,) = torch.autograd.grad(loss, w1)
        change(w1, 5e-7 * grad_w1)
    return history


halved = plain(y, w2_start, learning_rate=5e-7)
broken["data"] = one_by_one(lambda w, step: w.data.sub_(step))
for t in (0, 1, 50, 99):
    print(f"step {t:2d}  loss {broken['data'][t]:.3e}  plain loop {halved[t]:.3e}")

# %%
# The network even learns. Only a comparison with a correct loop shows you that these
# are not the losses of gradient descent. How to find it: replace ``data`` with
# ``detach`` everywhere. A detached tensor shares the same memory, but PyTorch counts
# the changes made through it, and raises an error when it computes a gradient that
# needs the old values.

try:
    one_by_one(lambda w, step: w.detach().sub_(step))
except RuntimeError as error:
    messages["data"] = str(error).split("; ")[0]
show(messages["data"])

# %%
# The fix is to compute all gradients first and then run all updates under
# ``torch.no_grad``, as ``train`` does.

fixed["data"], _ = train(5e-7)
judge(fixed["data"], halved)

# %%
# The mean instead of the sum
# ---------------------------
#
# ``torch.nn.MSELoss`` computes the mean unless you ask for the sum. The loss
# immediately looks better, because it is divided by the number of elements. The
# gradients are divided too, so the network hardly learns.


def with_loss(loss_fn, learning_rate=1e-6):
    """The losses with one of PyTorch's loss functions."""
    return train(learning_rate, lambda w1, w2: loss_fn((x @ w1).relu() @ w2, y))[0]


broken["mean"] = with_loss(torch.nn.MSELoss())
for name, history in (("sum", losses), ("mean", broken["mean"])):
    print(f"{name:4s}  first loss {history[0]:.1e},", end=" ")
    print(f"last over first {history[-1] / history[0]:.1e}")

# %%
# How to find it: compare the first loss with the formula; the ratio is the number of
# elements. To fix it, pass ``reduction="sum"``. You could also multiply the learning
# rate by the number of elements. Then each loss is the plain loop's loss divided by
# that number.

elements = losses[0] / broken["mean"][0]
print(f"the first loss is {elements:.0f} times too small; y has {y.numel()} elements")
fixed["mean"] = with_loss(torch.nn.MSELoss(reduction="sum"))
larger_rate = with_loss(torch.nn.MSELoss(), learning_rate=1e-6 * y.numel())
judge(fixed["mean"])
judge([loss * y.numel() for loss in larger_rate])

# %%
# A target of the wrong shape
# ---------------------------
#
# Fit only one output, so that the target is one column of ``y``. Selecting a column
# drops a dimension: the target has the shape (N,), the prediction (N, 1). If you
# subtract them, broadcasting computes all N times N differences. ``torch.nn.MSELoss``
# warns you; the formula written out doesn't.

target = y[:, 0]
y_pred = ((x @ w1_start).relu() @ w2_start[:, :1]).requires_grad_()
wrong = (y_pred - target).square().sum()
print("target", tuple(target.shape), " y_pred", tuple(y_pred.shape), end=" ")
print(" difference", tuple((y_pred - target).shape))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    same_wrong = torch.nn.MSELoss(reduction="sum")(y_pred, target)
assert torch.equal(wrong, same_wrong)
print(f"the formula returns {wrong:.3e}, MSELoss {same_wrong:.3e}")
warned = str(caught[0].message).split(". ")[0]
messages["shape"] = f"{caught[0].category.__name__}: {warned}"
show(messages["shape"])

# %%
# What does the mistake do? The gradient shows that every prediction is pulled towards
# the mean of all targets. At best, such a network learns to predict one number for all
# inputs.

(gradient,) = torch.autograd.grad(wrong, y_pred)
to_mean = 2 * N * (y_pred.detach() - target.mean())
assert torch.allclose(gradient, to_mean)
for name, each in (("gradient", gradient), ("2 * N * (y_pred - mean)", to_mean)):
    print(f"{name:23s}", *(f"{number:9.1f}" for number in each[:4, 0]), "...")

# %%
# How to find it: assert that both shapes are equal, or turn warnings into errors while
# you learn. The fix is to keep the dimension, with a slice or with
# ``torch.Tensor.unsqueeze``.

loss_fn = torch.nn.MSELoss(reduction="sum")


def loss_of_one(w1, w2):
    """The loss of the first output, with shapes that are equal."""
    return loss_fn((x @ w1).relu() @ w2[:, :1], target.unsqueeze(1))


fixed["shape"], _ = train(loss_of=loss_of_one)
print(f"first loss {fixed['shape'][0]:.2e}, with the wrong shape {wrong.item():.2e}")
judge(fixed["shape"], plain(y[:, :1], w2_start[:, :1]))

# %%
# A view of a transposed tensor
# -----------------------------
#
# ``torch.nn.Linear`` stores its weight transposed, so you often transpose matrices, and
# one day you flatten one. Transposing moves no elements in memory, so the transposed
# matrix is stored column by column. No single stride visits its elements row by row, so
# ``torch.Tensor.view`` raises an error. The message suggests ``reshape``.

w1 = w1_start.clone()
try:
    w1.T.view(-1)
except RuntimeError as error:
    messages["view"] = str(error)
show(messages["view"])
print("w1.T: contiguous", w1.T.is_contiguous(), " strides", w1.T.stride())

# %%
# Be careful with that suggestion. When ``torch.Tensor.reshape`` can't return a view, it
# returns a copy, as ``contiguous().view(-1)`` does here. If you only read the values, a
# copy is fine. An update written into the copy is lost.


def flat_updates(flat):
    """The loop with autograd, each update written into a flattened weight."""
    w1, w2 = leaves()
    history = []
    for t in range(100):
        loss = loss_of(w1, w2)
        history.append(loss.item())
        grad_w1, grad_w2 = torch.autograd.grad(loss, (w1, w2))
        with torch.no_grad():
            flat(w1).sub_(1e-6 * flat(grad_w1))
            flat(w2).sub_(1e-6 * flat(grad_w2))
    return history


broken["view"] = flat_updates(lambda w: w.T.reshape(-1))
print(f"distinct losses in 100 steps: {len(set(broken['view']))}")
for copy in (w1.T.reshape(-1), w1.T.contiguous().view(-1)):
    assert copy.data_ptr() != w1.data_ptr()

# %%
# How to find it: compare the addresses that ``torch.Tensor.data_ptr`` returns, as here.
# Or use ``view`` wherever you want to share memory, because ``view`` never copies. The
# fix is to flatten the weight itself, row by row, without transposing it.
# ``contiguous`` returns a contiguous tensor such as the weight unchanged; it copies
# only a gradient that isn't contiguous.

assert w1.view(-1).data_ptr() == w1.data_ptr()
fixed["view"] = flat_updates(lambda w: w.contiguous().view(-1))
judge(fixed["view"])

# %%
# float64 from NumPy
# ------------------
#
# NumPy's arrays are float64 by default, and the parameters of PyTorch's layers are
# float32. A matrix product needs the same dtype on both sides. In elementwise
# arithmetic, such as a sum, PyTorch silently converts to the wider dtype.

torch.manual_seed(0)
layer = torch.nn.Linear(D_in, H)
try:
    layer(x)
except RuntimeError as error:
    messages["dtype"] = str(error)
show(messages["dtype"])
print("x", x.dtype, " weight", layer.weight.dtype, end="  ")
print("x[0] + weight[0]", (x[0] + layer.weight[0]).dtype)

# %%
# How to find it: print both dtypes. The fix is to choose one. If the layers use
# float64, the losses equal the plain loop's. If you convert the data to float32, the
# losses agree up to float32's rounding errors.


def by_layers(dtype):
    """The loop with layers, with all tensors in one dtype."""
    net = torch.nn.Sequential(
        torch.nn.Linear(D_in, H, bias=False, dtype=dtype),
        torch.nn.ReLU(),
        torch.nn.Linear(H, D_out, bias=False, dtype=dtype),
    )
    with torch.no_grad():
        net[0].weight.copy_(w1_start.T)
        net[2].weight.copy_(w2_start.T)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-6)
    history = []
    for t in range(100):
        loss = torch.nn.MSELoss(reduction="sum")(net(x.to(dtype)), y.to(dtype))
        history.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return history


fixed["dtype"] = by_layers(torch.float64)
judge(fixed["dtype"])
in_float32 = by_layers(torch.float32)
assert np.allclose(in_float32, losses, rtol=1e-3, atol=0)
print(f"in float32: last loss {in_float32[-1]:.2e}")

# %%
# An unseeded generator
# ---------------------
#
# You set torch's seed, and two runs still differ. ``torch.manual_seed`` seeds only
# torch's generators; Python's ``random`` and NumPy have their own. Here ``random``
# shuffles the rows, and each step uses half of them. The losses themselves aren't
# printed, because they would differ in every run.


def shuffled():
    """Ten steps, each on half of the rows, which Python's random chooses."""
    torch.manual_seed(0)
    w1, w2 = w1_start.clone(), w2_start.clone()
    rows, history = list(range(N)), []
    for t in range(10):
        random.shuffle(rows)
        half = rows[: N // 2]
        h = x[half] @ w1
        error = h.relu() @ w2 - y[half]
        history.append(error.square().sum().item())
        grad_w1 = x[half].T @ (2 * error @ w2.T * (h > 0))
        w2 -= 1e-6 * (h.relu().T @ (2 * error))
        w1 -= 1e-6 * grad_w1
    return history


unseeded = [shuffled() for _ in range(2)]
same = sum(first == second for first, second in zip(*unseeded, strict=True))
print(f"of {len(unseeded[0])} losses, two runs have {same} in common")

# %%
# How to find it: run the program twice and compare the first losses. If they differ,
# some random number probably comes from a generator that you didn't seed. The fix is to
# seed that generator, or to use your own seeded ``random.Random``.

seeded = []
for _ in range(2):
    random.seed(0)
    seeded.append(shuffled())
assert seeded[0] == seeded[1]
print("seeded, first losses:", *(f"{history[0]:.3e}" for history in seeded))

# %%
# Six mistakes that raise no error
# --------------------------------
#
# The figure compares these mistakes with the plain loop. On their own, two of the
# curves would look like successful training: the one with a learning rate of 2e-6, and
# the one that uses ``data``. The others explode, rise again, hardly fall, or stay flat.

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.semilogy(losses, color="black", label="the plain loop")
labels = {
    "explodes": ("rate 5e-6", "o-"),
    "dies": ("rate 2e-6", "--"),
    "not cleared": ("never cleared", "-"),
    "data": ("data, half rate", "-."),
    "mean": ("mean, not sum", ":"),
    "view": ("updates a copy", (0, (1, 3))),
}
for name, (label, style) in labels.items():
    marker, line = ("o", "-") if style == "o-" else ("", style)
    shown = [loss for loss in broken[name] if loss < 1e12]
    ax.semilogy(shown, linestyle=line, marker=marker, markersize=4, label=label)
ax.set(title="Mistakes that raise no error")
ax.set(xlabel="step t", ylabel="sum of squared errors")
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))  # to the right of all curves
plt.show()

# %%
# Summary
# -------
#
# - Read an error message to the end: PyTorch says whether a leaf, the shapes, the
#   dtypes or the strides caused the error.
# - When no error is raised, compare: the first losses with the formula, a gradient with
#   ``torch.autograd.grad``, the last loss with a guess, shapes and dtypes with what you
#   expect, one run with a second run.
# - A mistake is fixed when each loss equals the same step's loss in a loop that you
#   trust.
#
# Practise: ``exercises/break_it``
#
# Next: ``learning_rate_map`` shows at which learning rates ReLUs die and losses
# explode.
