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

You count what one step of the ladder costs, measure what your machine can do at best, and put every rung's
loop beside that bound. Old texts promise "50x or greater on a GPU". Here you find out when, and why, from
counts that hold anywhere and from times that hold for your machine.

What you'll learn:

- how many operations and bytes a step takes, by its shapes alone;
- how to take a time that means something;
- which bound a machine sets, and how near each loop comes to it;
- how ``torch.compile`` and CUDA graphs help, and from which size on a GPU pays.
"""

# %%
# What a step computes
# --------------------
#
# A product of an (a, b) matrix and a (b, c) matrix has a times c results, and each is a sum of b products:
# ``2 * a * b * c`` operations, a multiplication and an addition for each term. A step has five products, and
# their shapes say the rest. The two with ``x`` do nearly all of the work.

import concurrent.futures
import statistics
import sys
import time
import warnings
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
# ``torch.utils.flop_counter.FlopCounterMode`` watches the products that PyTorch runs and counts their
# operations by the same rule. The step by hand and the step by autograd cost the same. Track ``x`` as well, and
# ``backward`` also computes its gradient: a third large product, for a result that nobody reads.

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


def counted(work, *inputs):
    with FlopCounterMode(display=False) as counter:
        work(*inputs)
    return counter.get_total_flops()


def backward(*inputs):
    squared_error(*inputs).backward()


x, y, w1, w2 = tensors("float32")
print("by hand, as counted from shapes:", counted(by_hand, x, y, w1, w2) == total)
w1, w2 = w1.requires_grad_(), w2.requires_grad_()
print("by autograd, the same:          ", counted(backward, x, y, w1, w2) == total)
extra = counted(backward, x.requires_grad_(), y, w1, w2) - total
print(f"with x tracked:                  {extra:,d} more, {extra / total:.0%}")

# %%
# What a step moves
# -----------------
#
# An operation needs its numbers, and they come from memory. A product reads two matrices and writes one. The
# update of ``w1`` reads two and writes one, for two operations a number. Operations for each byte moved is
# called the arithmetic intensity: high, and the arithmetic takes the time; low, and memory does. In float64
# a number has twice the bytes, so every intensity halves.

numbers = {name: a * b + b * c + a * c for name, (a, b, c) in shapes.items()}
work = {**operations, "w1 -= learning_rate * grad_w1": 2 * D_in * H}
numbers["w1 -= learning_rate * grad_w1"] = 3 * D_in * H
intensity = {name: work[name] / (4 * numbers[name]) for name in work}
for name, count in numbers.items():
    print(f"{name:33s} {4 * count:9,d} bytes in float32, intensity {intensity[name]:5.2f}")

with torch.no_grad():
    moved = sum(tensor.nbytes for tensor in (x, w1, x @ w1))
print("the first product's own tensors have as many bytes:", moved == 4 * numbers["h = x @ w1"])

# %%
# Both grow with the sizes, but not alike. With more rows in the batch, or more hidden units, each number
# of ``x`` and ``w1`` serves more operations, until the other size limits it. An update stays where it is.
# The lines below are counts, so they hold on every machine. A machine has a number to compare them with: the
# operations that it can do while it moves a byte.

widths = 2 ** np.arange(0, 15)
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for n, style in ((1, ":"), (64, "-"), (1024, "--")):
    large = 2 * n * D_in * widths / (4 * (n * D_in + D_in * widths + n * widths))
    ax.loglog(widths, large, style, label=f"x @ w1, N = {n}")
update = intensity["w1 -= learning_rate * grad_w1"]
ax.axhline(update, color="black", linestyle="-.", label="update of w1")
ax.set(title="Operations for each byte moved, float32", xlabel="hidden units H")
ax.set(ylabel="arithmetic intensity")
ax.legend()
plt.show()

# %%
# A time that means something
# ---------------------------
#
# Four things go wrong with clocks. First, the first call pays for what later calls find ready: code is
# loaded, caches are filled, memory is handed out page by page. So warm up, and don't count it.


def fill(memory):
    start = time.perf_counter()
    memory.fill_(1.0)
    return time.perf_counter() - start


fresh = torch.empty(2**24)  # 64 MiB that nobody has touched
first, *later = [fill(fresh) for _ in range(6)]
print("the first fill takes longer than a later one:", first > min(later))

# %%
# Second, a call may return before its work is done. A GPU works like that always: a call hands the work over,
# and ``torch.cuda.synchronize`` waits for it. A thread shows the same on any machine. Stop the clock when
# the call returns, and you have measured how long it takes to ask.

with concurrent.futures.ThreadPoolExecutor(1) as other:
    other.submit(sum, ()).result()  # warm-up
    start = time.perf_counter()
    answer = other.submit(time.sleep, 0.2)  # stands for 0.2 s of a device's work
    asked = time.perf_counter() - start
    answer.result()  # waits, as torch.cuda.synchronize does
    done = time.perf_counter() - start
print("done in 0.2 s or more:", done >= 0.2, "  asked in less:", asked < 0.2)

# %%
# Third, other programs interrupt. One interruption moves the mean of all times, and leaves the median, the
# time in the middle, where it is. So repeat, take the median, and say how far the middle half spreads.

times = [0.001] * 24 + [0.1]  # in seconds: 25 runs, one of them interrupted
print(f"mean {statistics.mean(times):.4f} s, median {statistics.median(times):.4f} s")

# %%
# Fourth, threads. ``torch.utils.benchmark.Timer`` does all that was said here: it warms up, waits for a GPU,
# repeats for as long as you ask, and gives median and spread. It also computes with one thread unless
# you name another number, whatever PyTorch would take otherwise.


def measure(work, threads=1, seconds=0.05):
    timer = benchmark.Timer("work()", globals={"work": work}, num_threads=threads)
    return timer.blocked_autorange(min_run_time=seconds)


seen = set()
measured = measure(lambda: seen.add(torch.get_num_threads()), seconds=0.001)
print("threads inside Timer:", *seen, "  a median:", measured.median > 0)

# %%
# The bound
# ---------
#
# Two numbers say what a machine can do: how many operations a second it does in a large product, and how many
# bytes a second it copies. Work takes at least as long as its operations take at the one rate, and as its
# bytes take at the other: the roofline. Measured times differ from machine to machine and from run to run,
# so this page prints what holds on all; further down, ``report`` prints yours.


def rates(dtype, device="cpu", threads=1):
    """Operations a second in a product, bytes a second in a copy."""
    torch.manual_seed(0)
    a, b = torch.rand(2, 768, 768, dtype=dtype, device=device)
    product = measure(partial(torch.mm, a, b), threads, seconds=0.25)
    big = torch.rand(2**23, dtype=dtype, device=device)
    copy = measure(partial(torch.empty_like(big).copy_, big), threads, seconds=0.25)
    return 2 * 768**3 / min(product.times), 2 * big.nbytes / min(copy.times)


machine = {dtype: rates(dtype) for dtype in (torch.float32, torch.float64)}
for dtype, (product, copy) in machine.items():
    print(f"{dtype}: more operations than bytes a second: {product > copy}")
products, copies = zip(*machine.values(), strict=True)
print("products are faster in float32 than in float64:", products[0] > products[1])
print("copies, in bytes a second, differ little:", 1 / 4 < copies[0] / copies[1] < 4)

# %%
# A loop can leave out neither of the two large products. Their own time is the bound to beat: run just
# these two, into memory that is there already. The roofline, which knows only counts and rates, puts it at the
# right order of magnitude.


def two_products(x, y, w1, w2):
    h, grad_w1 = x @ w1, torch.empty_like(w1)
    grad_h = h.clone()

    def step():
        torch.mm(x, w1, out=h)
        torch.mm(x.t(), grad_h, out=grad_w1)

    return step


large = ("h = x @ w1", "grad_w1 = x.T @ grad_h")
for dtype, (product, copy) in machine.items():
    own = min(measure(two_products(*tensors(str(dtype)[6:]))).times)
    least = sum(
        max(operations[name] / product, numbers[name] * dtype.itemsize / copy) for name in large
    )
    print(f"{dtype}: roofline and time within a factor of 10: {0.1 < own / least < 10}")

# %%
# Every rung's loop
# -----------------
#
# Here are the rungs' loops in short, each as a function that makes one step and gives the loss. The rungs that
# differentiate a function differ in what that function is; the rungs with a module in what makes the update.
# The last is the next page's, here a group of one process. The engine of ``autograd_by_hand`` is left out: it asks NumPy
# for the same operations.


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


def tensors_by_hand(dtype, step=by_hand):
    inputs = tensors(dtype)
    return lambda: step(*inputs).item()


def by_autograd(dtype, loss_of):
    x, y, w1, w2 = tensors(dtype)
    w1, w2 = w1.requires_grad_(), w2.requires_grad_()

    def step():
        loss = loss_of(x, y, w1, w2)
        loss.backward()
        with torch.no_grad():
            for w in (w1, w2):
                w -= learning_rate * w.grad
                w.grad = None
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


class Net(torch.nn.Module):
    def __init__(self, w1, w2, middle):
        super().__init__()
        self.linear1 = torch.nn.Linear(*w1.shape, bias=False)
        self.linear2 = torch.nn.Linear(*w2.shape, bias=False)
        if middle:
            self.middle = torch.nn.Linear(len(w2), len(w2), bias=False)
        self.depth = 0  # how often dynamic_graph goes through the middle layer
        for layer, w in ((self.linear1, w1), (self.linear2, w2)):
            layer.weight = torch.nn.Parameter(w.t().clone())

    def forward(self, x):
        h = self.linear1(x).relu()
        for _ in range(self.depth):
            h = self.middle(h).relu()
        return self.linear2(h)


def by_module(dtype, *, sgd=True, row=False, middle=False, group=False):
    x, y, w1, w2 = tensors(dtype)
    torch.manual_seed(0)
    model = Net(w1, w2, middle)
    if row:
        model = torch.nn.Sequential(model.linear1, torch.nn.ReLU(), model.linear2)
    if group:
        if not dist.is_initialized():
            dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
        model = torch.nn.parallel.DistributedDataParallel(model)
    loss_fn = torch.nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)

    @torch.no_grad()
    def by_hand():
        for param in model.parameters():
            param -= learning_rate * param.grad

    update = optimizer.step if sgd else by_hand

    def step():
        loss = loss_fn(model(x), y)
        model.zero_grad()
        loss.backward()
        update()
        return loss.item()

    return step


loops = {
    "numpy_by_hand": numpy_by_hand,
    "tensors_by_hand": tensors_by_hand,
    "autograd": partial(by_autograd, loss_of=squared_error),
    "custom_function": partial(by_autograd, loss_of=own_relu),
    "static_graph": partial(by_autograd, loss_of=torch.fx.symbolic_trace(squared_error)),
    "nn_sequential": partial(by_module, sgd=False, row=True),
    "optimizers": partial(by_module, row=True),
    "custom_module": by_module,
    "dynamic_graph": partial(by_module, middle=True),
    "data_parallel": partial(by_module, row=True, group=True),
}

# %%
# One loop more: the least that PyTorch's own operations allow. Every result has a place that is made once.
# The update of a weight is part of its product (``torch.Tensor.addmm_`` adds a product to a tensor), so no
# gradient of a weight is ever written down. What is 10 columns wide above is 10 rows high here, which goes
# faster. Then no step allocates memory, and little is left beside the two large products.


def fused_step(x, y, w1, w2):
    """A function that makes one step in place; the loss stays in a tensor."""
    w2_t, y_t = w2.t().contiguous(), y.t().contiguous()
    h, error, loss = x.mm(w1), y_t.clone(), y.sum()
    grad_h = h.clone()

    def step():
        torch.mm(x, w1, out=h).relu_()
        torch.addmm(y_t, w2_t, h.t(), beta=-1, out=error)  # y_pred - y, transposed
        torch.mm(error.t(), w2_t, out=grad_h)
        torch.ops.aten.threshold_backward(grad_h, h, 0, grad_input=grad_h)  # where h > 0
        w2_t.addmm_(error, h, alpha=-2 * learning_rate)
        w1.addmm_(x.t(), grad_h, alpha=-2 * learning_rate)
        return torch.dot(error.view(-1), error.view(-1), out=loss)

    return step


def fused(dtype):
    step = fused_step(*tensors(dtype))
    return lambda: step().item()


loops["fused, in place"] = fused
wanted_step = numpy_by_hand("float64")
wanted = [wanted_step() for _ in range(100)]
for name, loop in loops.items():
    step = loop("float64")
    same = np.allclose([step() for _ in range(100)], wanted, rtol=1e-8, atol=0)
    print(f"{name:16s} the same 100 losses: {same}")

# %%
# Now each beside the bound, with one thread. NumPy alone may take more: its products have threads of their own,
# which Timer doesn't reach. The page states a wide bound, since machines differ, and computes with the shortest
# times, which other programs disturb least.

results = {}
for dtype in ("float32", "float64"):
    bound = min(measure(two_products(*tensors(dtype))).times)
    for name, loop in loops.items():
        results[name, dtype] = min(measure(loop(dtype)).times) / bound
    slowest = max(results[name, dtype] for name in loops)
    print(f"{dtype}: every loop takes less than 1,000 times it: {slowest < 1000}")
print("loops measured:", len(results))
dist.destroy_process_group()

# %%
# Compile, capture
# ----------------
#
# ``torch.compile`` writes new code for a step: operations on the same numbers become one pass over memory.
# Its default backend needs a C++ compiler on the CPU, and takes seconds at the first call. A ``torch.cuda.CUDAGraph``
# is for the other cost, that of asking: on a GPU, starting the kernels of so small a step takes longer than
# running them. A capture notes the kernels once, and a replay starts them all with one call. What is captured has to
# stay where it is in memory, so the fused step, with its fixed places, is made for it.

has_cuda = torch.cuda.is_available()


def cuda_graph(step):
    """A function that replays one captured step, and gives the tensor that has its loss."""
    for _ in range(3):
        step()  # starts up what a capture needs
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = step()

    def replay():
        graph.replay()
        return loss

    return replay


def skipped(what):
    """Say what this machine can't run."""
    print(f"Skipped, as torch.cuda.is_available() is {has_cuda}: {what}")


if has_cuda:
    inputs = tensors("float64", "cuda")
    four = [by_hand(*inputs).item() for _ in range(4)]
    replay = cuda_graph(fused_step(*tensors("float64", "cuda")))
    print("after three steps, the replayed loss:", np.isclose(replay().item(), four[3], rtol=1e-8))
else:
    skipped("a captured step")

# %%
# From which size on does a GPU pay?
# ----------------------------------
#
# Work takes time to ask for and time to do. A GPU does it many times as fast, and asking takes longer. So what
# it gains is no one factor. Take a model with round numbers: a CPU that starts a step in 10 microseconds and
# does 100 G operations a second, a GPU that starts it in 50 and does a hundred times as many. The factor of 50
# comes from a benchmark of convolutions, far to the right in this picture; the ladder's step is where the line
# stands.

counts = np.logspace(4, 13, 50)
cpu_model, gpu_model = 10e-6 + counts / 1e11, 50e-6 + counts / 1e13
ladder = operations["h = x @ w1"] + operations["grad_w1 = x.T @ grad_h"]
gain = np.interp(ladder, counts, cpu_model / gpu_model)
print(f"in the model, the GPU's gain: {gain:.1f} at the ladder's sizes,", end=" ")
print(f"from {(cpu_model / gpu_model).min():.1f} to {(cpu_model / gpu_model).max():.0f} elsewhere")

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.loglog(counts, cpu_model, label="CPU of the model")
ax.loglog(counts, gpu_model, "--", label="GPU of the model")
ax.axvline(ladder, color="black", linestyle=":", label="the ladder's step")
ax.set(title="A step in a model, not measured", xlabel="operations", ylabel="seconds")
ax.legend()
plt.show()

# %%
# Your machine has numbers of its own, so let a sweep find them: more hidden units, more rows in the batch. A GPU
# pays from the least work on from which it is faster at every size.

sweep_sizes = sorted(((n, h) for n in (4, 64, 256) for h in (4, 100, 1000)), key=np.prod)
sweep_counts = [4 * n * D_in * h for n, h in sweep_sizes]


def sweep(device, threads=1):
    """The shortest time of a step by hand, at each size."""
    inputs = (tensors("float32", device, N=n, H=h) for n, h in sweep_sizes)
    return [min(measure(partial(by_hand, *each), threads).times) for each in inputs]


def pays_from(cpu, gpu):
    """The least count of operations from which on the GPU is always faster, or None."""
    least = None
    for count, on_cpu, on_gpu in reversed([*zip(sweep_counts, cpu, gpu, strict=True)]):
        if on_gpu >= on_cpu:
            break
        least = count
    return least


on_cpu = sweep("cpu")
print(f"{len(on_cpu)} sizes, from {sweep_counts[0]:,d} to {sweep_counts[-1]:,d} operations")
print("on the CPU the largest takes longest:", on_cpu[-1] == max(on_cpu))
grown = on_cpu[-1] / on_cpu[0]
print("but its time grows less than its work:", grown < sweep_counts[-1] / sweep_counts[0])
if has_cuda:
    print("a GPU pays at some size:", pays_from(on_cpu, sweep("cuda")) is not None)
else:
    skipped("the sweep on a GPU, and from which size on it pays")

# %%
# Your machine
# ------------
#
# ``report`` prints what this page keeps to itself: your rates, every loop with one thread and with all, in both
# precisions, ``torch.compile``, CUDA graphs, and the sweep. Start the downloaded script as
# ``python how_fast.py report``, or write ``report()`` in a cell of the notebook. It takes under a minute.


def compiled(dtype):
    """The step by hand, compiled, or None where there is no compiler."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the compiler's own modules use what PyTorch deprecates
        step = tensors_by_hand(dtype, torch.compile(by_hand))
        try:
            step()
        except RuntimeError as error:
            print(f"Skipped torch.compile: {str(error).strip().splitlines()[0]}")
            return None
    return step


def steps_of(dtype, threads):
    """All that is measured beside the bound."""
    steps = {"two products": two_products(*tensors(dtype))}
    steps |= {name: loop(dtype) for name, loop in loops.items()}
    if threads == 1:
        steps["torch.compile"] = compiled(dtype)
        if has_cuda:
            steps["GPU, by hand"] = partial(by_hand, *tensors(dtype, "cuda"))
            steps["GPU, CUDA graph"] = cuda_graph(fused_step(*tensors(dtype, "cuda")))
    return {name: step for name, step in steps.items() if step}


def report_steps():
    """Print the rates, and each loop's time with its spread and its share of the bound."""
    for threads in sorted({1, torch.get_num_threads()}):
        for dtype in ("float32", "float64"):
            product, copy = rates(getattr(torch, dtype), threads=threads)
            print(f"\n{dtype}, threads: {threads}", end="   ")
            print(f"{product / 1e9:.1f} G operations a second, {copy / 1e9:.1f} GB a second")
            print(f"{'':18s}{'microseconds':>14s}{'middle half':>14s}{'of the bound':>14s}")
            steps = steps_of(dtype, threads)
            times = {name: measure(step, threads, 0.2) for name, step in steps.items()}
            bound = times["two products"].median
            for name, each in times.items():
                print(f"{name:18s}{1e6 * each.median:14.1f}", end="")
                print(f"{each.iqr / each.median:14.1%}{bound / each.median:14.2f}")


def report_sweep():
    """Print the sweep, and from which size on a GPU pays."""
    places = {"CPU": sweep("cpu", torch.get_num_threads())}
    if has_cuda:
        places["GPU"] = sweep("cuda")
        print("\na GPU pays from this many operations on:", pays_from(*places.values()))
    for place, times in places.items():
        print(f"\n{place}, microseconds a step")
        for (n, h), each in zip(sweep_sizes, times, strict=True):
            print(f"N = {n:3d}, H = {h:4d}{1e6 * each:14.1f}")


def report():
    """Print what this machine does."""
    report_steps()
    report_sweep()


if "report" in sys.argv[1:]:
    report()
else:
    print("Your own figures: python how_fast.py report")

# %%
# Summary
# -------
#
# - Shapes give operations and bytes; two of the five products do nearly all of the work.
# - Warm up, wait for the device, name the threads, take the median: ``torch.utils.benchmark.Timer`` does.
# - A loop is as good as its share of the bound; a GPU pays where the products outweigh asking for them.
#
# Practise: ``exercises/how_fast``
#
# Next: ``data_parallel`` spreads the same fit over several processes.
