# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "torch>=2.9",
# ]
# ///
"""
What autograd tracks
====================

PyTorch computes gradients from a record of your operations. You look at which tensors
it tracks, how to start and stop tracking, and what happens to a tensor that leaves the
record. The page ``autograd``, which fits a two-layer network, calls ``requires_grad_``,
updates its weights under ``no_grad`` and avoids ``data``. By the end of this page you
can say why.

What you'll learn:

- how ``requires_grad``, ``is_leaf`` and ``grad_fn`` describe a tensor's role in the
  record;
- how to stop tracking in three ways, and where each of them works;
- what the result of ``detach`` shares with the original tensor, and what ``detach``
  doesn't prevent;
- why a change through ``data`` can make a gradient silently wrong, where the same
  change through ``detach`` raises an error.
"""

# %%
# Three attributes
# ----------------
#
# Take an input and a weight, each with two elements. ``torch.Tensor.requires_grad``
# says whether PyTorch tracks a tensor. The result of arithmetic is tracked if any of
# its inputs is tracked. ``torch.Tensor.grad_fn`` stands for the function that made a
# tracked result. A tensor that no recorded function made is a leaf, and its
# ``torch.Tensor.is_leaf`` is True. So every tensor that you create directly is a leaf,
# tracked or not.

import textwrap

import matplotlib.pyplot as plt
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

x = torch.tensor([1.0, 2.0])
w = torch.tensor([3.0, -1.0], requires_grad=True)
product = w * x
loss = product.pow(2).sum()


def describe(name, tensor):
    """Print a tensor's role in the record."""
    made_by = "none" if tensor.grad_fn is None else tensor.grad_fn.name()
    print(f"{name:14s} {tensor.requires_grad!s:14s} {tensor.is_leaf!s:8s} {made_by}")


print("tensor         requires_grad  is_leaf  grad_fn")
tensors = {"x": x, "x + 1": x + 1, "w": w, "product": product, "loss": loss}
for name, tensor in tensors.items():
    describe(name, tensor)

# %%
# By default, ``torch.Tensor.backward`` fills ``grad`` only for tracked leaves: here for
# ``w``, but not for ``x``.

loss.backward()
print("w.grad", w.grad.tolist(), "  2 * product * x", (2 * product * x).tolist())
print("x.grad", x.grad)

# %%
# Start tracking
# --------------
#
# ``torch.Tensor.requires_grad_`` changes the flag of an existing tensor. Its argument
# defaults to True, so a call without an argument turns tracking on. The trailing
# underscore means that the method works in place: it returns the same tensor.

late = torch.tensor([1.0, 2.0])
print("as created:             ", late.requires_grad)
returned = late.requires_grad_()
print("after requires_grad_(): ", late.requires_grad)
assert returned is late
print("its signature:          ", torch.Tensor.requires_grad_.__doc__.split("\n")[1])

# %%
# A derivative describes how a result changes when a number changes slightly.
# Floating-point and complex numbers can change slightly; integers and booleans can't.

for dtype in (torch.float64, torch.bfloat16, torch.complex64, torch.int64, torch.bool):
    try:
        tracked = torch.zeros(2, dtype=dtype).requires_grad_()
        print(f"{dtype!s:15s}", tracked.requires_grad)
    except RuntimeError as error:
        print(f"{dtype!s:15s}", error)

# %%
# Stop tracking: three ways
# -------------------------
#
# The first way is to set the flag of a leaf to False (True would start tracking). After
# that, PyTorch treats this tensor as a constant in everything you compute. That is how
# you freeze a layer. Here only the second layer gets a gradient.

w1 = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
w2 = torch.tensor([[5.0], [6.0]], requires_grad=True)
w1.requires_grad_(requires_grad=False)
(torch.relu(x @ w1) @ w2).sum().backward()
print("w1.grad", w1.grad)
print("w2.grad", w2.grad.flatten().tolist())

# %%
# This works only for leaves, because the flag of a result depends on how the result was
# made. The error message suggests ``detach`` instead.

try:
    product.requires_grad_(requires_grad=False)
except RuntimeError as error:
    print(textwrap.fill(str(error), 90))

# %%
# The second way is ``torch.no_grad``. Inside its block, what you compute from other
# tensors isn't tracked. ``w`` keeps its flag, so tracking resumes after the block.
# ``no_grad`` also works as a decorator, and then the whole function runs untracked.


@torch.no_grad()
def predict(w):
    """Return a prediction that isn't tracked."""
    return w * x


with torch.no_grad():
    inside = w * x
results = {"inside": inside, "predict(w)": predict(w), "afterwards": w * x, "w": w}
for name, tensor in results.items():
    print(f"{name:11s} requires_grad {tensor.requires_grad}")

# %%
# ``torch.inference_mode`` goes further. A tensor made inside it can't be used in a
# tracked product even later, because PyTorch refuses to save that tensor for
# ``backward``. Use ``inference_mode`` only where you are sure that you won't need a
# gradient.

with torch.inference_mode():
    inferred = w * x
try:
    inferred * w
except RuntimeError as error:
    print(str(error).split(". ")[0])
print("with the tensor made under no_grad:", (inside * w).grad_fn.name())

# %%
# Detach
# ------
#
# The third way is ``torch.Tensor.detach``. It returns a new tensor on the same storage:
# the same elements at the same address, without the record. So if you change one of the
# two in place, the other changes too. Add ``torch.Tensor.clone`` if you want an
# independent copy.

w = torch.tensor([3.0, -1.0], requires_grad=True)
detached, copied = w.detach(), w.detach().clone()
detached[0] = 7
print("w", w.tolist(), "  detached", detached.tolist(), "  copied", copied.tolist())
assert detached is not w
assert detached.data_ptr() == w.data_ptr() != copied.data_ptr()

# %%
# Detaching doesn't rule out tracking later. The new tensor is a leaf like any other. If
# you call ``requires_grad_`` on it, a new record starts there. ``backward`` also stops
# there, so ``w`` gets no gradient.

detached.requires_grad_()
(detached**2).sum().backward()
print("detached.grad", detached.grad.tolist(), "  w.grad", w.grad)

# %%
# Why not data?
# -------------
#
# Older programs write ``w.data`` for the same purpose, and it also returns a tensor on
# the same storage. The difference shows when you change elements in place that
# ``backward`` still needs. Every tensor counts its in-place changes. A change through
# ``detach`` or under ``torch.no_grad`` counts as a change of ``w``, so ``backward``
# detects it and raises an error. The tensor that ``data`` returns has its own count, so
# ``backward`` detects nothing and computes a wrong gradient. The correct gradient of
# ``w ** 2`` at 3 is 6.


def under_no_grad(w):
    """Change w itself, without recording the change."""
    with torch.no_grad():
        w.mul_(10)


changes = {
    "no change": lambda w: None,
    "through data": lambda w: w.data.mul_(10),
    "through detach": lambda w: w.detach().mul_(10),
    "under no_grad": under_no_grad,
}
for name, change in changes.items():
    w = torch.tensor(3.0, requires_grad=True)
    square = w**2
    change(w)
    try:
        square.backward()
        print(f"{name:15s} gradient {w.grad.item():.0f}")
    except RuntimeError as error:
        print(f"{name:15s} {type(error).__name__}")
        message = str(error).split(". Hint")[0]
print(textwrap.fill(message, 90))

# %%
# So use ``detach`` to read values, and ``torch.no_grad`` for updates.
#
# All in one picture
# ------------------
#
# Here are seven tensors, ``w`` and six made from it, and four questions about each.
# Every answer is read from the tensor itself.

w = torch.tensor([3.0, -1.0], requires_grad=True)
with torch.no_grad():
    untracked = w * x
made = {
    "w": w,
    "w * x": w * x,
    "w * x, under no_grad": untracked,
    "w.detach()": w.detach(),
    "w.detach().requires_grad_()": w.detach().requires_grad_(),
    "w.clone()": w.clone(),
    "w.detach().clone()": w.detach().clone(),
}
questions = ["requires_grad", "is_leaf", "has a grad_fn", "w's memory"]
answers = [
    [t.requires_grad, t.is_leaf, t.grad_fn is not None, t.data_ptr() == w.data_ptr()]
    for t in made.values()
]
for name, row in zip(made, answers, strict=True):
    print(f"{name:28s}", *(f"{'yes' if answer else 'no':>4s}" for answer in row))

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.imshow(answers, cmap="Blues", vmin=0, vmax=2.5, aspect="auto")
for i, row in enumerate(answers):
    for j, answer in enumerate(row):
        word = "yes" if answer else "no"
        ax.text(j, i, word, ha="center", va="center", color="black")
ax.set_xticks(range(len(questions)), questions)
ax.set_yticks(range(len(made)), made)
ax.set(title="What autograd knows about each tensor")
ax.set(xlabel="question", ylabel="tensor")
plt.show()

# %%
# Summary
# -------
#
# - ``torch.Tensor.requires_grad_`` starts tracking; with False, it stops tracking a
#   leaf.
# - ``torch.no_grad`` keeps results untracked; ``torch.Tensor.detach`` returns an
#   untracked tensor on the same storage.
# - Never change elements through ``data``: ``backward`` can't detect the change, and
#   the gradient may be wrong.
#
# Practise: ``exercises/tracking``
#
# Next: ``graph`` follows the record from a result to its leaves, function by function.
