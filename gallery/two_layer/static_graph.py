# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
Static graph
============

You capture the network once as a graph, an object in its own right, and run that graph
500 times. In ``dynamic_graph``, your code ran at each call and recorded a new graph,
which could differ from call to call. Here the graph is captured once and stays the
same, whatever values run through it. The loop no longer runs your code for the forward
pass. Autograd and the optimizer stay. The network is the plain two-layer network again,
written as a function of its two weight matrices.

What you'll learn:

- how define-by-run differs from define-then-run;
- how ``torch.fx``, ``torch.export`` and ``torch.compile`` each capture a graph;
- what you gain from a graph that is known in advance, and how many steps' time its
  capture takes;
- what happens to an ``if`` or a loop that depends on a tensor's value, and what to
  write instead.
"""

# %%
# The problem
# -----------
#
# These are the same data and starting weights as on every page of this series. The
# forward pass and the loss are in a function, so that you can capture it.

import contextlib
import io
import logging
import os
import re
import tempfile
import time
import warnings
from pathlib import Path
from unittest import mock

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


def network_loss(x, y, w1, w2):
    h_relu = torch.relu(x @ w1)
    y_pred = h_relu @ w2
    return (y_pred - y).pow(2).sum()


w1 = w1_start.clone().requires_grad_()
w2 = w2_start.clone().requires_grad_()
loss, again = network_loss(x, y, w1, w2), network_loss(x, y, w1, w2)
assert loss.grad_fn is not again.grad_fn
print(f"loss {loss.item():.3e}, and {again.item():.3e}")
print(f"two runs, {len({loss.grad_fn, again.grad_fn})} graphs")

# %%
# Define by run, define then run
# ------------------------------
#
# On every page since ``autograd_by_hand``, running the code built the graph, a new one
# each time. That is called define-by-run. With define-then-run, you describe the whole
# computation first. TensorFlow 1 worked like that by default; TensorFlow 2, like
# PyTorch, runs line by line and captures a graph on request.
#
# ``torch.fx.symbolic_trace`` calls your function with stand-ins that hold no numbers,
# and records what the function does with them. It returns a graph of operations,
# together with Python code that was generated from the graph and runs it.

times = []
for _ in range(5):
    start = time.perf_counter()
    traced = torch.fx.symbolic_trace(network_loss)
    times.append(time.perf_counter() - start)
seconds = {"torch.fx": min(times)}

print(traced.code.strip())
assert torch.equal(traced(x, y, w1, w2), loss)
print(f"loss {traced(x, y, w1, w2).item():.3e}")

# %%
# ``torch.export.export`` takes a module and example inputs and returns a complete
# program that can run elsewhere. Its operations come from ATen, the library on which
# PyTorch is built, and each result's shape and dtype are known before its values are.
# They are enough to plan memory and devices.


class Network(torch.nn.Module):
    forward = staticmethod(network_loss)


start = time.perf_counter()
exported = torch.export.export(Network(), (x, y, w1, w2))
seconds["torch.export"] = time.perf_counter() - start

for node in exported.graph.nodes:
    if node.op == "call_function":
        print(f"{node.target!s:23s} {tuple(node.meta['val'].shape)}")
assert torch.equal(exported.module()(x, y, w1, w2), loss)
print(f"loss {exported.module()(x, y, w1, w2).item():.3e}")

# %%
# ``torch.compile`` captures the graph at the first call and passes it to a backend,
# which returns the function to run. The backend below returns the graph's ``forward``,
# which is generated Python code again, so this backend shows the capture but gains no
# speed. Your function no longer runs, but Python code still does.

captured = []


def backend(graph_module, example_inputs):
    captured.append(graph_module)
    return graph_module.forward


compiled_loss = torch.compile(network_loss, backend=backend)
calls = []
for _ in range(20):
    start = time.perf_counter()
    compiled_loss(x, y, w1, w2)
    calls.append(time.perf_counter() - start)
seconds["torch.compile"] = calls[0]
print(f"the first call, this build: {1000 * calls[0]:.2f} ms")
print(f"the fastest later call, this build: {1000 * min(calls[1:]):.2f} ms")
assert "def forward(self" in captured[0].code
print("graphs captured:", len(captured))
print(*(node.name for node in captured[0].graph.nodes if node.op.startswith("call")))

# %%
# The whole loop
# --------------
#
# Autograd works with the captured graph as it did with the function, and still records
# its own graph at each run. Only the forward pass is captured, and only once: after 500
# steps, there is still one captured graph.

learning_rate = 1e-6
w1 = w1_start.clone().requires_grad_()
w2 = w2_start.clone().requires_grad_()
optimizer = torch.optim.SGD([w1, w2], lr=learning_rate)
losses = []
for t in range(500):
    loss = compiled_loss(x, y, w1, w2)
    losses.append(loss.item())

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

for t in (0, 1, 100, 200, 300, 400, 499):
    print(f"step {t:3d}  loss {losses[t]:.3e}")
print("graphs captured:", len(captured))

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.semilogy(losses, label="loss")
ax.set(title="One captured graph, 500 runs")
ax.set(xlabel="step t", ylabel="sum of squared errors")
plt.show()

# %%
# What a graph buys
# -----------------
#
# When all operations are known in advance, each can be assigned to a device, and the
# graph can be rewritten. Fusion combines several operations into one, which saves
# passes over memory. Here the second matrix product and the subtraction become a single
# ``torch.addmm``.

fused = torch.fx.symbolic_trace(network_loss)
torch.fx.replace_pattern(
    fused,
    lambda a, b, c: a @ b - c,
    lambda a, b, c: torch.addmm(c, a, b, beta=-1),
)
inputs = (x, y, w1_start, w2_start)
assert torch.allclose(fused(*inputs), network_loss(*inputs))
for name, module in (("captured", traced), ("fused", fused)):
    print(f"{name}: loss {module(*inputs).item():.3e}, operations", end=" ")
    print(*(node.name for node in module.graph.nodes if node.op.startswith("call")))

# %%
# The default backend of ``torch.compile``, inductor, fuses operations automatically. It
# generates new code (on a CPU, in C++), in which the operations around the matrix
# products become a few passes over memory. That code is compiled at the first step;
# without a C++ compiler, that step fails. The matrix products stay as they are, and
# they account for nearly all of this network's arithmetic, so there is little to gain
# here. PyTorch would store the new code on disk for later programs, so this cell
# redirects it to a temporary folder.


def step_time(loss_of):
    """Milliseconds for a forward and a backward pass, the fastest of 20."""
    times = []
    for _ in range(20):
        start = time.perf_counter()
        loss_of(x, y, w1, w2).backward()
        times.append(1000 * (time.perf_counter() - start))
    return min(times)


step = step_time(network_loss)
with (
    tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
    mock.patch.dict(os.environ, TORCHINDUCTOR_CACHE_DIR=folder),
    warnings.catch_warnings(),
):
    warnings.simplefilter("ignore")  # the compiler itself uses deprecated functions
    fast_loss = torch.compile(network_loss)
    try:
        start = time.perf_counter()
        fast_loss(x, y, w1, w2).backward()
        first = time.perf_counter() - start
        code = "".join(file.read_text() for file in Path(folder).rglob("*.py"))
        operations = {*re.findall(r"cpp_fused_[a-z_]+", code)}
        measured = f"{len(operations)} fused operations, "
        measured += f"first step {first:.1f} s, later {step_time(fast_loss):.2f} ms"
    except RuntimeError as error:
        measured = f"not measured. {str(error).strip().splitlines()[0]}"
print(f"line by line, this build: {step:.2f} ms")
print("default backend, this build:", measured)
print(f"multiplications in the products: {N * D_in * H + N * H * D_out:,}", end=", ")
print(f"elements that the rest works on: {N * H + 3 * N * D_out:,}")

# %%
# You pay for the capture once, however many times the graph runs, so compare its time
# with the 500 steps of this fit. ``torch.fx`` runs your code once, which takes less
# time than those steps. ``torch.export`` and ``torch.compile`` also analyse your code,
# with machinery that is loaded at its first use. For a fit as short as this one, that
# can take longer than the steps. Use these two for graphs that run many times, and
# ``torch.export`` also for graphs that run elsewhere.

for name, cost in seconds.items():
    cost *= 1000
    print(f"{name:13s} this build: {cost:,.2f} ms, {cost / step:,.1f} steps")
assert 1000 * seconds["torch.fx"] < 500 * step

# %%
# What it costs
# -------------
#
# The exported graph is tied to the shapes of its example inputs and raises an error for
# others. A size that you name with ``torch.export.Dim`` can vary, but it must be the
# same in all inputs that share the name.

half = (x[:32], y[:32], w1_start, w2_start)
try:
    exported.module()(*half)
except (AssertionError, RuntimeError, ValueError) as error:  # depends on the version
    wanted = re.findall(r"\b64\b", str(error))[:1]
    print("32 rows are refused; the error names", *wanted)

rows = {0: torch.export.Dim("N")}
shapes = {"x": rows, "y": rows, "w1": None, "w2": None}
open_size = torch.export.export(Network(), (x, y, w1, w2), dynamic_shapes=shapes)
assert torch.equal(open_size.module()(*half), network_loss(*half))
print(f"32 rows: loss {open_size.module()(*half).item():.3e}")

# %%
# An ``if`` that depends on a tensor's value can't be decided before there is a value.
# If the function runs line by line, the ``if`` works. ``torch.fx`` and ``torch.export``
# raise an error, and so does ``torch.compile`` if you pass ``fullgraph=True``, which
# demands one graph for the whole function.


def with_if(x, w1):
    h = x @ w1
    if h.sum() > 0:
        return torch.relu(h)
    return -h


class WithIf(torch.nn.Module):
    forward = staticmethod(with_if)


def first_line(capture, *inputs):
    """The first line of the error that a capture raises, without what it logs."""
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            capture(*inputs)
        except (RuntimeError, ValueError) as error:
            return str(error).splitlines()[0]
    return "captured"


logging.disable(logging.WARNING)
print("by line ", tuple(with_if(x, w1_start).shape))
print("fx      ", first_line(torch.fx.symbolic_trace, with_if))
print("export  ", first_line(torch.export.export, WithIf(), (x, w1_start)))
whole = torch.compile(with_if, backend=backend, fullgraph=True)
print("compile ", first_line(whole, x, w1_start))
logging.disable(logging.NOTSET)

# %%
# A graph break
# -------------
#
# Without ``fullgraph=True``, ``torch.compile`` breaks the graph at the ``if``. At a
# graph break, the code before the break becomes one graph, Python makes the decision,
# and each branch becomes a graph of its own, captured when that branch is first taken.
# The backend never sees a graph that crosses the break.

captured.clear()
broken = torch.compile(with_if, backend=backend)
for name, inputs in (("x", x), ("-x", -x)):
    result = broken(inputs, w1_start)
    assert torch.equal(result, with_if(inputs, w1_start))
    print(f"{name:2s} sum {result.sum().item():.4e}, graphs so far: {len(captured)}")

# %%
# To keep the function in one graph, make the decision an operation of the graph.
# ``torch.cond`` takes the condition, both branches as functions, and their arguments.


class WithCond(torch.nn.Module):
    def forward(self, x, w1):
        h = x @ w1
        return torch.cond(h.sum() > 0, torch.relu, torch.neg, (h,))


exported = torch.export.export(WithCond(), (x, w1_start))
print(*(node.name for node in exported.graph.nodes if node.op == "call_function"))
for name, inputs in (("x", x), ("-x", -x)):
    result = exported.module()(inputs, w1_start)
    assert torch.equal(result, with_if(inputs, w1_start))
    print(f"{name:2s} sum {result.sum().item():.4e}")

# %%
# A loop that depends on values needs an operation too: ``torch.while_loop`` takes the
# condition, the body, and the starting values of what each iteration passes to the
# next. TensorFlow 1 had ``tf.cond``, ``tf.while_loop`` and ``tf.scan``. PyTorch still
# labels its ``cond`` and ``while_loop`` as prototypes, and its ``scan`` has no public
# name yet.


class Shrink(torch.nn.Module):
    def forward(self, h):
        return torch.while_loop(lambda h: h.norm() > 1, lambda h: (h / 2,), (h,))


exported = torch.export.export(Shrink(), (x,))
print(*(node.name for node in exported.graph.nodes if node.op == "call_function"))
for factor in (1, 1000):
    (h,) = exported.module()(factor * x)
    print(f"{factor:4d} x: halved {torch.log2(factor * x[0, 0] / h[0, 0]):2.0f} times")
names = ("cond", "while_loop", "scan")
print("public:", *(name for name in names if hasattr(torch, name)))

# %%
# Summary
# -------
#
# - ``torch.fx.symbolic_trace``, ``torch.export.export`` and ``torch.compile`` turn a
#   function or a module into a graph.
# - A captured graph can be fused, assigned to devices and reused; the capture takes
#   time once, often as much as many steps.
# - Decisions and loops that depend on values stay in the graph only as operations:
#   ``torch.cond``, ``torch.while_loop``.
#
# Practise: ``exercises/static_graph``
#
# Next: ``all_rungs`` runs the implementations from all of these pages on one problem
# and compares their losses.
