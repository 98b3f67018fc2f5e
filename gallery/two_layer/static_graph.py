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

You capture the network once as a graph, an object of its own, and run that graph 500 times. From
``custom_function`` this rung removes your ReLU with its backward, and your forward lines from the loop: they
are read once and not run again. Autograd and the update stay.

What you'll learn:

- how define-by-run differs from define-then-run;
- how ``torch.fx``, ``torch.export`` and ``torch.compile`` each capture a graph;
- what a graph that is known beforehand buys, and what it costs;
- what becomes of an ``if`` or a loop that looks at a tensor's value, and what to write in its place.
"""

# %%
# The problem
# -----------
#
# The same numbers as before. Forward pass and loss now stand in a function, so that it can be captured.

import contextlib
import io
import logging
import time

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
print(f"loss {loss.item():.3e}")
print("each run makes a graph of its own:", loss.grad_fn is not again.grad_fn)

# %%
# Define by run, define then run
# ------------------------------
#
# So far, running the lines made the graph, a new one each time: define-by-run. In define-then-run the graph
# comes first and the numbers later. TensorFlow 1 worked like that by default; TensorFlow 2, like PyTorch,
# runs line by line and captures on request.
#
# ``torch.fx.symbolic_trace`` calls your function with stand-ins that hold no numbers and notes what is done
# to them. What comes back is a list of operations that runs like the function.

start = time.perf_counter()
traced = torch.fx.symbolic_trace(network_loss)
seconds = {"torch.fx": time.perf_counter() - start}

for node in traced.graph.nodes:
    print(f"{node.op:13s} {node.name} {node.args or ''}".rstrip())
print("same loss:", torch.equal(traced(x, y, w1, w2), loss))

# %%
# ``torch.export.export`` takes a module and example inputs and gives a whole program that can run elsewhere.
# Its operations are those of ATen, the library underneath, and each result's shape is known before any
# number is: memory and devices can be planned from that.


class Network(torch.nn.Module):
    forward = staticmethod(network_loss)


start = time.perf_counter()
exported = torch.export.export(Network(), (x, y, w1, w2))
seconds["torch.export"] = time.perf_counter() - start

for node in exported.graph.nodes:
    if node.op == "call_function":
        print(f"{node.target!s:23s} {tuple(node.meta['val'].shape)}")
print("same loss:", torch.equal(exported.module()(x, y, w1, w2), loss))

# %%
# ``torch.compile`` captures at the first call and hands the graph to a backend, which returns what is to be
# run from then on. The default backend writes new code for the graph and needs a compiler for that. The one
# below keeps the graph and runs it as it is, which shows the capture and gains no speed.

captured = []


def backend(graph_module, example_inputs):
    captured.append(graph_module.graph)
    return graph_module.forward


compiled_loss = torch.compile(network_loss, backend=backend)
calls = []
for _ in range(6):
    start = time.perf_counter()
    compiled_loss(x, y, w1, w2)
    calls.append(time.perf_counter() - start)
seconds["torch.compile"] = calls[0]
print("a later call is faster than the first:", min(calls) < calls[0])
print("graphs captured:", len(captured))
print(*(node.name for node in captured[0].nodes if node.op.startswith("call")))

# %%
# The whole loop
# --------------
#
# Autograd goes through the captured graph as it went through the function, and still records a graph of its
# own at each run; what is captured once is the forward pass. After 500 steps there is still one captured graph.

learning_rate = 1e-6
w1 = w1_start.clone().requires_grad_()
w2 = w2_start.clone().requires_grad_()
losses = []
for t in range(500):
    loss = compiled_loss(x, y, w1, w2)
    losses.append(loss.item())

    loss.backward()
    with torch.no_grad():
        w1 -= learning_rate * w1.grad
        w2 -= learning_rate * w2.grad
    w1.grad = None
    w2.grad = None

for t in (0, 1, 100, 200, 300, 400, 499):
    print(f"step {t:3d}  loss {losses[t]:.3e}")
print("graphs captured:", len(captured))

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.semilogy(losses, label="loss")
ax.set(title="One captured graph, 500 runs", xlabel="step t", ylabel="sum of squared errors")
plt.show()

# %%
# What a graph buys
# -----------------
#
# Whoever knows all operations beforehand can place each on a device, and can rewrite them. Fusion makes one
# operation out of several and spares passes over memory: here the second product and the subtraction
# become a single ``torch.addmm``.

fused = torch.fx.symbolic_trace(network_loss)
torch.fx.replace_pattern(
    fused,
    lambda a, b, c: a @ b - c,
    lambda a, b, c: torch.addmm(c, a, b, beta=-1),
)
for name, graph in (("captured", traced.graph), ("fused", fused.graph)):
    print(f"{name:8s}", *(node.name for node in graph.nodes if node.op.startswith("call")))
print("same loss:", torch.allclose(fused(x, y, w1, w2), traced(x, y, w1, w2)))

# %%
# The price in time is paid once and shared by all runs. In steps of the loop, tracing costs little, the other two
# more; over 500 steps it is a small share of each. The bounds are wide, since machines differ; print
# ``seconds`` to see your own.

start = time.perf_counter()
for _ in range(20):
    network_loss(x, y, w1, w2).backward()
step = (time.perf_counter() - start) / 20
w1.grad = w2.grad = None
for name, bound in (("torch.fx", 1_000), ("torch.export", 100_000), ("torch.compile", 100_000)):
    print(f"{name:13s} costs less than {bound:7,d} steps: {seconds[name] < bound * step}")
print("torch.fx costs less than torch.export:", seconds["torch.fx"] < seconds["torch.export"])

# %%
# What it costs
# -------------
#
# The exported graph holds the shapes of its example inputs and refuses others. A size that you name with
# ``torch.export.Dim`` stays open, and is the same in all inputs that share the name.

half = (x[:32], y[:32], w1_start, w2_start)
try:
    exported.module()(*half)
except (AssertionError, RuntimeError, ValueError) as error:  # which of them depends on the version
    print("32 rows are refused, for a graph of 64:", "64" in str(error))

rows = {0: torch.export.Dim("N")}
open_size = torch.export.export(
    Network(), (x, y, w1, w2), dynamic_shapes={"x": rows, "y": rows, "w1": None, "w2": None}
)
print("32 rows, same loss:", torch.equal(open_size.module()(*half), network_loss(*half)))

# %%
# An ``if`` on a tensor's value has no answer while there are no numbers. Run line by line, it works.
# ``torch.fx`` and ``torch.export`` refuse it, and so does ``torch.compile`` if you demand one graph for the
# whole function with ``fullgraph=True``.


def with_if(x, w1):
    h = x @ w1
    if h.sum() > 0:
        return torch.relu(h)
    return -h


class WithIf(torch.nn.Module):
    forward = staticmethod(with_if)


def first_line(capture, *inputs):
    """The first line of the error that a capture raises; what it logs besides is dropped."""
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
print("compile ", first_line(torch.compile(with_if, backend=backend, fullgraph=True), x, w1_start))
logging.disable(logging.NOTSET)

# %%
# Without that demand, ``torch.compile`` breaks the graph at the ``if``: one graph up to it, Python for the
# decision, and one graph for each branch, captured when it is first taken. The backend never sees a graph
# that crosses the break.

captured.clear()
broken = torch.compile(with_if, backend=backend)
for name, inputs in (("x", x), ("-x", -x)):
    same = torch.equal(broken(inputs, w1_start), with_if(inputs, w1_start))
    print(f"{name:2s} same result: {same}, graphs so far: {len(captured)}")

# %%
# To stay in one graph, the decision must be an operation of the graph. ``torch.cond`` takes the condition,
# both branches as functions, and their arguments.


class WithCond(torch.nn.Module):
    def forward(self, x, w1):
        h = x @ w1
        return torch.cond(h.sum() > 0, torch.relu, torch.neg, (h,))


exported = torch.export.export(WithCond(), (x, w1_start))
print(*(node.name for node in exported.graph.nodes if node.op == "call_function"))
for name, inputs in (("x", x), ("-x", -x)):
    same = torch.equal(exported.module()(inputs, w1_start), with_if(inputs, w1_start))
    print(f"{name:2s} same result: {same}")

# %%
# A loop that runs on values needs an operation too: ``torch.while_loop`` takes the condition, the body, and
# what goes from turn to turn. TensorFlow 1 had ``tf.cond``, ``tf.while_loop`` and ``tf.scan``. PyTorch still
# calls its own prototypes, and its ``scan`` has no public name yet.


class Shrink(torch.nn.Module):
    def forward(self, h):
        return torch.while_loop(lambda h: h.norm() > 1, lambda h: (h / 2,), (h,))


exported = torch.export.export(Shrink(), (x,))
print(*(node.name for node in exported.graph.nodes if node.op == "call_function"))
for factor in (1, 1000):
    (h,) = exported.module()(factor * x)
    print(f"{factor:4d} x: halved {torch.log2(factor * x[0, 0] / h[0, 0]):2.0f} times")
print("public:", *(name for name in ("cond", "while_loop", "scan") if hasattr(torch, name)))

# %%
# Summary
# -------
#
# - ``torch.fx.symbolic_trace``, ``torch.export.export`` and ``torch.compile`` turn a function into a graph.
# - A known graph can be fused, placed and reused; capturing it costs time once.
# - Decisions and loops on values stay in it only as operations: ``torch.cond``, ``torch.while_loop``.
#
# Practise: ``exercises/static_graph``
#
# Next: ``all_rungs`` runs all rungs from one problem, and their losses fall on one another.
