# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
How fast can it be?
===================

You work out what one training step of this series costs, measure what a machine can do,
and compare each training loop with the bound that follows. Older tutorials promise "50x
or greater" on a GPU. Here you find out when that is true, and why. The counts are the
same on every machine. Lines with "this build" show what was measured on the machine
that built this page. If you run the script, you see your own machine's times and rates.

What you'll learn:

- how to work out a step's operations and bytes from its shapes;
- how to time code so that the result means something;
- what limit a machine imposes, and how close each loop comes to it;
- what ``torch.compile`` and CUDA graphs are for, and when a GPU breaks even.
"""

# %%
# What a step computes
# --------------------
#
# The product of an (a, b) matrix and a (b, c) matrix has a times c elements, and each
# element is a sum of b products. That makes ``2 * a * b * c`` operations, a
# multiplication and an addition for each term. A training step of the two-layer network
# computes five matrix products, and their shapes give the operation counts. The two
# products with ``x`` are nearly all of the work.

import concurrent.futures
import time
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.distributed as dist
from torch.utils import benchmark
from torch.utils.flop_counter import FlopCounterMode

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

N, D_in, H, D_out = 64, 1000, 100, 10
shapes = {
    "h = x @ w1": (N, D_in, H),
    "y_pred = h_relu @ w2": (N, H, D_out),
    "grad_w2 = h_relu.T @ grad_y_pred": (H, N, D_out),
    "grad_h_relu = grad_y_pred @ w2.T": (N, D_out, H),
    "grad_w1 = x.T @ grad_h": (D_in, N, H),
}
operations = {name: 2 * a * b * c for name, (a, b, c) in shapes.items()}
total = sum(operations.values())
for name, count in operations.items():
    print(f"{name:33s} {count:10,d} operations, {count / total:6.1%}")
print(f"{'all five':33s} {total:10,d}")

# %%
# ``torch.utils.flop_counter.FlopCounterMode`` watches the products that PyTorch runs
# and counts their operations by the same rule. A step takes the same number of
# operations with gradients by hand and with autograd. (The page ``autograd`` shows what
# it costs to track ``x`` as well.)

learning_rate = 1e-6


def arrays(dtype, N=N, D_in=D_in, H=H, D_out=D_out):
    rng = np.random.default_rng(0)
    sizes = (N, D_in), (N, D_out), (D_in, H), (H, D_out)
    return [rng.standard_normal(size).astype(dtype) for size in sizes]


def tensors(dtype, device="cpu", **sizes):
    return [torch.tensor(array, device=device) for array in arrays(dtype, **sizes)]


def by_hand(x, y, w1, w2):
    h = x.mm(w1)
    h_relu = h.clamp(min=0)
    error = h_relu.mm(w2) - y
    grad_y_pred = 2 * error
    grad_w2 = h_relu.t().mm(grad_y_pred)
    grad_h = grad_y_pred.mm(w2.t())
    grad_h[h <= 0] = 0
    w1 -= learning_rate * x.t().mm(grad_h)
    w2 -= learning_rate * grad_w2
    return error.square().sum()


def squared_error(x, y, w1, w2):
    return (x.mm(w1).relu().mm(w2) - y).square().sum()


x, y, w1, w2 = tensors("float32")
tracked = w1.clone().requires_grad_(), w2.clone().requires_grad_()
for name, work in (
    ("by hand", lambda: by_hand(x, y, w1, w2)),
    ("by autograd", lambda: squared_error(x, y, *tracked).backward()),
):
    with FlopCounterMode(display=False) as counter:
        work()
    assert counter.get_total_flops() == total
    print(f"{name:11s} {counter.get_total_flops():10,d} operations")

# %%
# What a step moves
# -----------------
#
# The operands come from memory: a product reads two matrices and writes one. The number
# of operations per byte moved is called the arithmetic intensity. A float64 takes up
# twice as many bytes as a float32, so in float64 every intensity halves.
#
# How many bytes does the update of ``w1`` move? The update, as written in this series,
# calls two functions. ``mul`` reads the gradient and writes a tensor of the same size;
# ``sub_`` reads that tensor and ``w1``, and writes ``w1``. With the argument ``alpha``,
# ``sub_`` does both in one call. Either way, the update does only two arithmetic
# operations per element.

numbers = {name: a * b + b * c + a * c for name, (a, b, c) in shapes.items()}
numbers["w1 -= learning_rate * grad_w1"] = 5 * D_in * H  # mul moves 2 tensors, sub_ 3
numbers["w1.sub_(grad_w1, alpha=...)"] = 3 * D_in * H
intensity = {}
for name, count in numbers.items():
    intensity[name] = operations.get(name, 2 * D_in * H) / (4 * count)
    print(f"{name:33s} {4 * count:9,d} bytes in float32,", end=" ")
    print(f"intensity {intensity[name]:5.2f}")

# %%
# How to time code
# ----------------
#
# Four things can go wrong when you time code. First, the first call has one-time costs:
# code is loaded, caches are filled, and the system provides memory page by page. So
# make a warm-up call, and leave it out of the timing.

fresh, fills = torch.empty(2**24), []  # 64 MiB that nothing has touched yet
for _ in range(6):
    start = time.perf_counter()
    fresh.fill_(1.0)
    fills.append(1000 * (time.perf_counter() - start))
print(f"the first fill, this build: {fills[0]:.2f} ms,", end=" ")
print(f"the shortest later one {min(fills[1:]):.2f} ms")

# %%
# Second, a call can return before its work is done. On a GPU, that is the rule: the
# call only launches the work, and ``torch.cuda.synchronize`` waits for it. A thread
# shows the same effect on any machine. If you stop the clock when the call returns, you
# measure only how long it takes to launch the work.

with concurrent.futures.ThreadPoolExecutor(1) as other:
    start = time.perf_counter()
    answer = other.submit(time.sleep, 0.02)  # like 20 ms of work on a device
    asked = 1000 * (time.perf_counter() - start)
    answer.result()  # waits, as torch.cuda.synchronize does
    done = 1000 * (time.perf_counter() - start)
print(f"until the call returns, this build: {asked:.3f} ms,", end=" ")
print(f"until the work is done {done:.3f} ms")

# %%
# Third, other programs interrupt yours, which can only make a run slower. So to compare
# loops, take the fastest of many runs. Fourth, the number of threads matters.
# ``torch.utils.benchmark.Timer`` warms up, waits for a GPU, and runs your code with one
# thread unless you ask for a different number, whatever PyTorch's own setting is.


def measure(work, seconds=0.1):
    """The shortest time of a call, in microseconds."""
    timer = benchmark.Timer("work()", globals={"work": work})
    times, end = [], time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        times.append(timer.timeit(1).median)
    return 1e6 * min(times)


seen = set()
measure(lambda: seen.add(torch.get_num_threads()), seconds=0)
print("threads inside Timer:", *seen)

# %%
# The roofline
# ------------
#
# Two numbers describe what a machine can do: how many operations per second it performs
# in a large product, and how many bytes per second it moves. For a piece of work whose
# data comes from memory, divide the operations by the first rate and the bytes by the
# second: the work can't take less than the longer of these two times. This bound is
# called the roofline.
#
# The figure shows two rooflines, computed from specifications rather than measurements.
# The CPU core has two vector units, each for eight float32 values, and one channel of
# DDR4 memory. The GPU is NVIDIA's T4, with the rates from its data sheet. On the slope,
# memory is the limit; on the flat part, arithmetic is. The two parts meet at the ridge.
#
# Look at the dotted lines. Each line stands for one computation, and its length shows
# how many times as high the GPU's roof is. For an update, the GPU's advantage is only
# the ratio of the two bandwidths. The more rows ``x`` has, the more times ``x @ w1``
# uses each element of ``w1``. So with more rows, the intensity of this product rises
# and its line moves to the right. Past both ridges, the GPU's advantage is the ratio of
# the two peaks.

roofs = {  # operations per second, and bytes per second
    "a CPU core": (2 * 8 * 2 * 3e9, 8 * 3.2e9),  # multiplies and adds, at 3 GHz
    "an NVIDIA T4": (8.1e12, 320e9),
}
marks = {
    "update of w1": intensity["w1 -= learning_rate * grad_w1"],
    "x @ w1, one row": 2 * D_in * H / (4 * (D_in + D_in * H + H)),
    "small products": intensity["y_pred = h_relu @ w2"],
    "large products": intensity["h = x @ w1"],
    "x @ w1, 1024 rows": 1024 * D_in * H / (2 * (1024 * D_in + D_in * H + 1024 * H)),
}
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for name, (peak, bandwidth) in roofs.items():
    ridge = peak / bandwidth
    corners, attainable = [0.05, ridge, 200], [0.05 * bandwidth, peak, peak]
    ax.loglog(corners, attainable, label=f"{name}, ridge at {ridge:.3g}")
for (name, each), marker in zip(marks.items(), "vDso^", strict=True):
    limits = [min(peak, bandwidth * each) for peak, bandwidth in roofs.values()]
    ax.loglog([each, each], limits, "k:", marker=marker, label=name)
    print(f"{name:17s} intensity {each:5.2f}:", end=" ")
    print(f"the GPU's roof is {limits[1] / limits[0]:.1f} times as high")
ax.set(title="Two rooflines, and the operations of a step")
ax.set(xlabel="arithmetic intensity: operations per byte")
ax.set(ylabel="attainable operations per second")
ax.legend(loc="lower right", fontsize=9)
plt.show()

# %%
# Now measure your own machine's rates, and compute its ridge. A measured rate is one
# that the machine has reached; the machine may be able to do better. A float32 is half
# the size of a float64, so a processor's vector unit holds twice as many of them.


def rates(dtype):
    """Operations per microsecond in a product, and bytes per microsecond in a copy."""
    torch.manual_seed(0)
    a, b = torch.rand(2, 384, 384, dtype=dtype)
    big = torch.rand(2**22, dtype=dtype)
    copy = measure(partial(torch.empty_like(big).copy_, big))
    return 2 * 384**3 / measure(partial(torch.mm, a, b)), 2 * big.nbytes / copy


machine = {dtype: rates(getattr(torch, dtype)) for dtype in ("float32", "float64")}
for dtype, (product, copy) in machine.items():
    print(f"{dtype}, this build:", end=" ")
    print(
        f"{product / 1000:.1f} G operations per second,",
        f"{copy / 1000:.1f} GB per second,",
        f"ridge at {product / copy:.1f}",
    )

# %%
# The rungs' loops
# ----------------
#
# Each implementation of the network in this series is called a *rung*. Here are short
# versions of the rungs' training loops, each as a function that runs one step and
# returns the loss. The autograd loops differ only in the loss function passed in. Of
# the loops with a module, the first updates the weights by hand, and the others use an
# optimizer; the last one, from ``data_parallel``, also wraps the network in
# ``DistributedDataParallel``, here with one process.
#
# Three rungs are left out: the engine in ``autograd_by_hand`` computes the same
# products with NumPy as the first loop, and the networks in ``custom_module`` and
# ``dynamic_graph`` run the same operations as ``optimizers``. (In ``dynamic_graph``,
# that holds without repeats.) ``two_products`` is for comparison: it runs only the two
# large products, and writes the results into memory that is already allocated.


def numpy_by_hand(dtype):
    x, y, w1, w2 = arrays(dtype)

    def step():
        h = x @ w1
        h_relu = np.maximum(h, 0)
        error = h_relu @ w2 - y
        grad_y_pred = 2 * error
        grad_w2 = h_relu.T @ grad_y_pred
        grad_h = grad_y_pred @ w2.T
        grad_h[h <= 0] = 0
        w1[:] -= learning_rate * (x.T @ grad_h)
        w2[:] -= learning_rate * grad_w2
        return float(np.square(error).sum())

    return step


def with_item(step, *inputs):
    return lambda: step(*inputs).item()


@torch.no_grad()
def update_by_hand(weights):
    for w in weights:
        w -= learning_rate * w.grad
        w.grad = None


def by_autograd(dtype, loss_of):
    x, y, *weights = tensors(dtype)
    weights = [w.requires_grad_() for w in weights]

    def step():
        loss = loss_of(x, y, *weights)
        loss.backward()
        update_by_hand(weights)
        return loss.item()

    return step


class ReLU(torch.autograd.Function):
    @staticmethod
    def forward(x):
        return x.clamp(min=0)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return torch.where(x > 0, grad_output, 0)


def own_relu(x, y, w1, w2):
    return (ReLU.apply(x.mm(w1)).mm(w2) - y).square().sum()


def by_module(dtype, *, sgd=True, group=False):
    x, y, *weights = tensors(dtype)
    layers = [torch.nn.Linear(*w.shape, bias=False) for w in weights]
    for layer, w in zip(layers, weights, strict=True):
        layer.weight = torch.nn.Parameter(w.t().clone())
    model = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1])
    if group:
        model = torch.nn.parallel.DistributedDataParallel(model)
    loss_fn = torch.nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    update = optimizer.step if sgd else partial(update_by_hand, [*model.parameters()])

    def step():
        loss = loss_fn(model(x), y)
        model.zero_grad()
        loss.backward()
        update()
        return loss.item()

    return step


def two_products(x, y, w1, w2):
    h, grad_w1 = x @ w1, torch.empty_like(w1)
    grad_h = h.clone()

    def step():
        torch.mm(x, w1, out=h)
        torch.mm(x.t(), grad_h, out=grad_w1)

    return step


dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
traced = torch.fx.symbolic_trace(squared_error)
loops = {
    "numpy_by_hand": numpy_by_hand,
    "tensors_by_hand": lambda dtype: with_item(by_hand, *tensors(dtype)),
    "autograd": partial(by_autograd, loss_of=squared_error),
    "custom_function": partial(by_autograd, loss_of=own_relu),
    "nn_sequential": partial(by_module, sgd=False),
    "optimizers": by_module,
    "static_graph": partial(by_autograd, loss_of=traced),
    "data_parallel": partial(by_module, group=True),
}

# %%
# Now add one more loop, which does as little work as PyTorch's own operations allow.
# Every result has a buffer that is allocated once. Instead of computing the gradients
# of the weights and then subtracting them, two products update the weights directly
# (``torch.Tensor.addmm_`` adds a product to a tensor). A step allocates hardly any
# memory, and does little besides the two large products. All loops return the same
# losses.


def fused_step(x, y, w1, w2):
    """A function that runs one step in place, and returns the loss in a tensor."""
    h, error, loss = x.mm(w1), y.clone(), y.sum()
    grad_h = h.clone()
    masked = torch.ops.aten.threshold_backward  # keeps a gradient where h > 0

    def step():
        torch.mm(x, w1, out=h).relu_()
        torch.addmm(y, h, w2, beta=-1, out=error)  # y_pred - y
        torch.mm(error, w2.t(), out=grad_h)
        masked(grad_h, h, 0, grad_input=grad_h)
        w2.addmm_(h.t(), error, alpha=-2 * learning_rate)
        w1.addmm_(x.t(), grad_h, alpha=-2 * learning_rate)
        return torch.dot(error.view(-1), error.view(-1), out=loss)

    return step


loops["fused, in place"] = lambda dtype: with_item(fused_step(*tensors(dtype)))
steps = {name: loop("float64") for name, loop in loops.items()}
losses = {name: [step() for _ in range(100)] for name, step in steps.items()}
for each in losses.values():
    assert np.allclose(each, losses["numpy_by_hand"], rtol=1e-8, atol=0)
print(f"{len(losses)} loops: first loss {each[0]:.3e}, the hundredth {each[-1]:.3e}")

# %%
# Compile and capture
# -------------------
#
# ``torch.compile`` generates new code for a step: it fuses operations on the same
# elements into one pass over memory. On the CPU, its default backend needs a C++
# compiler, and the first call takes seconds; the page ``static_graph`` times that call.
# A ``torch.cuda.CUDAGraph`` reduces a different cost: launching the work. On a GPU,
# launching the kernels of such a small step usually takes longer than running them. A
# capture records the kernels once, and a replay launches them all with one call. At
# each replay, the tensors of the captured step must still be at the same addresses in
# memory. The fused step allocates its buffers only once, so you can capture it as it
# is.

has_cuda = torch.cuda.is_available()


def cuda_graph(step):
    """A function that replays one captured step, and returns its loss in a tensor."""
    for _ in range(3):
        step()  # warms up what the capture needs
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = step()

    def replay():
        graph.replay()
        return loss

    return replay


if has_cuda:
    inputs = tensors("float64", "cuda")
    four = [by_hand(*inputs).item() for _ in range(4)]
    replay = cuda_graph(fused_step(*tensors("float64", "cuda")))
    replayed = replay().item()
    assert np.isclose(replayed, four[3], rtol=1e-8)
    print(f"after three steps, the replayed loss {replayed:.3e}, by hand {four[3]:.3e}")
else:
    print("No CUDA device: skipped the captured step")

# %%
# Each loop and the bound
# -----------------------
#
# Every loop needs the two large products, so the time that these two take on their own
# is the bound to compare with. The first row predicts it from the rates that you
# measured for a larger product and for memory. Small matrices can fit in a cache, which
# is faster than memory, so a product can beat this prediction. The second row is how
# long the two products really take.
#
# The other rows show one step of each loop, with one thread. NumPy is an exception: its
# products have their own threads, which Timer doesn't control. Any extra time beyond
# the two products goes to the rest of the arithmetic, to allocating and moving memory,
# and to Python overhead. If two loops change their order of speed when you run the
# script again, the measurement can't separate them.


def show(name, single, double):
    print(f"{name:16s} this build: {single:7.1f} us in float32,", end=" ")
    print(f"{double:7.1f} us in float64")


large = ("h = x @ w1", "grad_w1 = x.T @ grad_h")
bounds = [
    sum(max(operations[n] / product, itemsize * numbers[n] / copy) for n in large)
    for itemsize, (product, copy) in zip((4, 8), machine.values(), strict=True)
]
show("roofline", *bounds)
rows = {"two products": lambda dtype: two_products(*tensors(dtype)), **loops}
if has_cuda:
    on_gpu = partial(tensors, device="cuda")
    rows["GPU, by hand"] = lambda dtype: partial(by_hand, *on_gpu(dtype))
    rows["GPU, CUDA graph"] = lambda dtype: cuda_graph(fused_step(*on_gpu(dtype)))
for name, loop in rows.items():
    single, double = (measure(loop(dtype)) for dtype in machine)
    show(name, single, double)
dist.destroy_process_group()

# %%
# When does a GPU break even?
# ---------------------------
#
# Work takes time to launch and time to run. A GPU runs the work many times as fast as a
# CPU, but launching it takes longer there. So there is no single speed-up. Take a model
# with round numbers: a CPU that launches a step in 10 microseconds and does 100 G
# operations per second, and a GPU that launches it in 50 microseconds and does a
# hundred times as many operations per second. The second row of the output is the
# training step of this series. The factor of 50 in the older tutorials comes from a
# benchmark of convolutional networks, which do much more work and belong further down
# the table.

for count in (10_000, total, 10**9, 10**12):
    cpu_model, gpu_model = 10 + count / 1e5, 50 + count / 1e7  # in microseconds
    print(f"in the model, {count:17,d} operations:", end=" ")
    print(f"{cpu_model / gpu_model:5.1f} times as fast on the GPU")

# %%
# Your machine's numbers are different, so measure them: vary the number of hidden units
# and the number of rows in the batch. From the first row of the output to the last, the
# operations in the two large products grow by a factor of more than ten thousand, but
# launching the work costs the same in each row. The break-even point is the first row
# in which the GPU is faster and stays faster in all later rows.

places = ("cpu", "cuda") if has_cuda else ("cpu",)
for n, h in sorted(((n, h) for n in (4, 64, 256) for h in (4, 100, 1000)), key=np.prod):
    inputs = [tensors("float32", place, N=n, H=h) for place in places]
    times = [f"{measure(partial(by_hand, *each)):.1f} us" for each in inputs]
    count = 4 * n * D_in * h
    print(f"N {n:3d}, H {h:4d}, operations {count:13,d}, this build: ", *times)
if not has_cuda:
    print("No CUDA device: skipped the sweep on a GPU")

# %%
# Summary
# -------
#
# - A step's shapes give its operations and its bytes. Two of the five products are
#   nearly all of the work.
# - To time code, warm up, wait for the device, set the number of threads, and repeat.
#   ``torch.utils.benchmark.Timer`` helps.
# - Compare each loop with the bound to see how much faster it could be. A GPU is worth
#   it when there is enough work to outweigh the cost of launching it.
#
# Practise: ``exercises/how_fast``
#
# Next: ``data_parallel`` runs the same training in several processes.
