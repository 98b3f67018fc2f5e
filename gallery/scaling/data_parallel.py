# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "numpy>=2.1",
#     "torch>=2.9",
# ]
# ///
"""
Data parallel
=============

You fit the two-layer network in several processes, each working on its own share of the
batch. ``torch.distributed`` lets the processes talk to each other, and
``torch.nn.parallel.DistributedDataParallel`` averages their gradients during the
backward pass. No process works on the whole batch any more. The layers, the loss
function and the optimizer are the same as in ``optimizers``, and so are the losses.

On its own, the script runs in one process. If you run it as ``torchrun --local-addr
localhost --nproc-per-node 2 data_parallel.py``, two processes share the work.

What you'll learn:

- which process has which data, and what the processes exchange at each step;
- why you multiply the loss by the number of processes, and why the losses are then the
  same as in one process;
- how to communicate less while gradients accumulate;
- how to start processes on one machine and on several, and what happens when one of
  them hangs or dies.
"""

# %%
# A group of processes
# --------------------
#
# ``torchrun`` starts your script several times. It tells each process its number,
# called the rank, and how many processes there are. The processes meet in a process
# group: ``torch.distributed.init_process_group`` waits until all of them have joined,
# but no longer than ``timeout``. The backend transfers the data: nccl between GPUs,
# gloo between CPUs. Each process uses the GPU whose index is its local rank, that is,
# its rank on its own machine, and makes it the current GPU with
# ``torch.cuda.set_device``. Without ``torchrun``, the process forms a group of one.
# Only rank 0 prints; otherwise every line would appear once per process.

import json
import os
import re
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.distributed as dist
import torch.distributed.nn  # before the group exists: its defaults would keep it alive
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook
from torch.distributed.run import get_args_parser

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart

on_gpus = torch.cuda.device_count() >= int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
local_rank = int(os.environ.get("LOCAL_RANK", "0"))
device = torch.device("cuda", local_rank) if on_gpus else "cpu"
options = {"backend": "nccl" if on_gpus else "gloo", "timeout": timedelta(seconds=60)}
if on_gpus:
    torch.cuda.set_device(device)
    options["device_id"] = device
if dist.is_torchelastic_launched():
    dist.init_process_group(**options)
else:
    dist.init_process_group(**options, store=dist.HashStore(), rank=0, world_size=1)
rank, processes = dist.get_rank(), dist.get_world_size()


def say(*words):
    """Print on rank 0."""
    if rank == 0:
        print(*words)


say("processes:", processes)

# %%
# Shares
# ------
#
# Each process generates the same data and starting weights from the same seed, and
# keeps its share of the rows. For a data set on disk,
# ``torch.utils.data.distributed.DistributedSampler`` assigns the rows; the page
# ``data_loading`` shows how. ``torch.tensor_split`` works with any number of rows. When
# the rows don't divide evenly, the first shares get one more row.

torch.manual_seed(0)
rng = np.random.default_rng(0)
N, D_in, H, D_out = 64, 1000, 100, 10
x, y, w1_start, w2_start = (
    torch.from_numpy(rng.standard_normal(shape)).to(device)
    for shape in ((N, D_in), (N, D_out), (D_in, H), (H, D_out))
)
x_share = x.tensor_split(processes)[rank]
y_share = y.tensor_split(processes)[rank]
for size, count in ((64, 2), (64, 4), (65, 2), (63, 4)):
    shares = [len(rows) for rows in torch.arange(size).tensor_split(count)]
    say(f"{size} rows for {count} processes:", *shares)

# %%
# A sum, and an average
# ---------------------
#
# The loss is a sum over rows. So the whole batch's loss is the sum of the shares'
# losses, and its gradient is the sum of the shares' gradients. The processes don't need
# to exchange anything else, neither rows nor predictions. You can check this in a
# single process.


def network():
    """The two layers, with the starting weights from above."""
    net = torch.nn.Sequential(
        torch.nn.Linear(D_in, H, bias=False, dtype=torch.float64, device=device),
        torch.nn.ReLU(),
        torch.nn.Linear(H, D_out, bias=False, dtype=torch.float64, device=device),
    )
    with torch.no_grad():
        net[0].weight.copy_(w1_start.T)
        net[2].weight.copy_(w2_start.T)
    return net


loss_fn = torch.nn.MSELoss(reduction="sum")
net = network()
parts = list(zip(x.tensor_split(2), y.tensor_split(2), strict=True))
part_losses = [loss_fn(net(x_part), y_part) for x_part, y_part in parts]
part_gradients = [torch.autograd.grad(each, net[0].weight)[0] for each in part_losses]
(gradient,) = torch.autograd.grad(loss_fn(net(x), y), net[0].weight)
assert torch.allclose(sum(part_gradients), gradient)
for name, each in (
    ("gradients of two shares", part_gradients),
    ("their sum", [sum(part_gradients)]),
    ("their average", [sum(part_gradients) / 2]),
    ("whole batch's gradient", [gradient]),
):
    say(f"{name:23s}  length", *(f"{part.norm():.4e}" for part in each))

# %%
# An all-reduce computes that sum: every process contributes its tensor, and afterwards
# every process has the same result. The figure shows five elements of the two
# gradients, as two processes would have them. Look at one pair of bars. If you add the
# two bars in the first panel, you get the height of both bars in the second. The
# average is half the sum.

before = torch.stack(part_gradients)[:, 0, :5].numpy(force=True)
after, average = np.tile(before.sum(0), (2, 1)), before.mean(0)
elements = np.arange(5)
fig, axes = plt.subplots(1, 2, figsize=(7, 3), layout="constrained", sharey=True)
titles = "What each process computes", "What each has after the sum"
for ax, title, gradients in zip(axes, titles, (before, after), strict=True):
    for i, each in enumerate(gradients):
        ax.bar(elements + 0.4 * (i - 0.5), each, 0.4, label=f"process {i}")
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set(title=title, xlabel="element of the gradient", ylabel="value")
    ax.set_xticks(elements)
    ax.tick_params(labelleft=True)  # the panels may be stacked
axes[1].plot(elements, average, "kD", label="average")
axes[1].legend(loc="lower center")
if rank == 0:
    plt.show()

# %%
# ``torch.nn.parallel.DistributedDataParallel``, DDP for short, averages the gradients
# instead of adding them up. That is right when the loss is a mean over rows and all
# shares have the same size. Here the loss is a sum, so you multiply it by the number of
# processes before ``backward``. Then the average of the enlarged gradients is the sum
# that you need. With ``torch.optim.SGD``, you could multiply the learning rate instead.
# That wouldn't work for an optimizer such as Adam, whose steps hardly depend on the
# size of the gradient.
#
# The whole loop
# --------------
#
# For comparison, first write the loop for one process, without a group. Then write it
# with the group. ``torch.distributed.all_reduce`` replaces the tensor in every process
# with the sum over all processes. You call it for the loss that you record. The wrapped
# network runs its own all-reduces for the gradients while ``backward`` is still
# running.


def fit_alone():
    """The loop in one process with the whole batch."""
    net = network()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-6)
    history = []
    for _ in range(500):
        loss = loss_fn(net(x), y)
        history.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return history


def total(loss):
    """The sum of all processes' losses."""
    everyones = loss.detach().clone()
    dist.all_reduce(everyones)
    return everyones.item()


learning_rate = 1e-6
net = torch.nn.parallel.DistributedDataParallel(network())
optimizer = torch.optim.SGD(net.parameters(), lr=learning_rate)
losses = []
for t in range(500):
    y_pred = net(x_share)
    loss = loss_fn(y_pred, y_share)
    losses.append(total(loss))

    optimizer.zero_grad()
    (processes * loss).backward()
    optimizer.step()

alone = fit_alone()
assert np.allclose(losses, alone, rtol=1e-8, atol=0)
for t in (0, 1, 100, 200, 300, 400, 499):
    say(f"step {t:3d}  loss {losses[t]:.3e}  alone {alone[t]:.3e}")

# %%
# Each process updates its own copy of the weights. The weights are sent only once, when
# you wrap the network. After that, the copies stay identical, because each gets the
# same averaged gradient. To check this, compute the maximum of each weight over all
# processes: it must equal the value in every process.

for name, weight in net.module.named_parameters():
    largest = weight.detach().clone()
    dist.all_reduce(largest, dist.ReduceOp.MAX)
    apart = (largest - weight).abs().max().item()
    assert apart == 0
    say(f"{name}: largest difference between processes {apart}")

# %%
# Fewer all-reduces
# -----------------
#
# If a batch doesn't fit in memory, you can accumulate gradients over several backward
# passes: ``backward`` adds to ``grad``, and the optimizer takes a step after the last
# pass. Only then do the processes need each other's gradients. Inside
# ``torch.nn.parallel.DistributedDataParallel.no_sync``, they don't exchange any. To see
# this, register a hook, which DDP calls instead of its own all-reduce. This hook
# records how many elements are sent, and then runs the all-reduce.

sent = []


def counted(state, bucket):
    """Record how many elements are sent, and send them."""
    sent.append(bucket.buffer().numel())
    return allreduce_hook(state, bucket)


net = torch.nn.parallel.DistributedDataParallel(network())
net.register_comm_hook(None, counted)
rows = list(zip(x_share.tensor_split(4), y_share.tensor_split(4), strict=True))
for x_part, y_part in rows:
    (processes * loss_fn(net(x_part), y_part)).backward()
say(f"{len(rows)} backward passes, elements sent: {sent}")

sent.clear()
net.zero_grad()
with net.no_sync():
    for x_part, y_part in rows[:-1]:
        (processes * loss_fn(net(x_part), y_part)).backward()
(processes * loss_fn(net(rows[-1][0]), rows[-1][1])).backward()
say(f"with no_sync for all but the last pass: {sent}")
accumulated = net.module[0].weight.grad
assert torch.allclose(accumulated, gradient)
say(
    f"length of the accumulated gradient {accumulated.norm():.4e},",
    f"of the whole batch's gradient {gradient.norm():.4e}",
)
del net  # it holds the group
dist.destroy_process_group()

# %%
# Two processes
# -------------
#
# Here is the whole program once more, as short as possible. The cell writes it to a
# file and starts it in two processes with ``torchrun``;
# ``python -m torch.distributed.run`` is the same command. ``--standalone`` finds a free
# port where the processes can meet. By default, they look up this machine by its
# hostname, and time out if the lookup fails. ``--local-addr localhost`` replaces the
# hostname with one that every machine can look up. If you run this page's script in
# several processes, this cell starts nothing. The losses equal the losses in one
# process apart from rounding, because the losses and gradients of the 64 rows are added
# in a different order.
#
# The last two lines of the program belong together. The threads that transfer the data
# free their tensors a moment after the last transfer; if Python exits before that, it
# may abort. ``torch.distributed.destroy_process_group`` waits for those threads, if
# nothing else holds the group. The wrapped network holds the group until you delete the
# network. ``torch.distributed.nn``, which PyTorch imports when it wraps a network,
# holds the group too, unless you import this module before you create the group.

PROGRAM = """\
import json, pathlib, sys
import numpy as np
import torch
import torch.distributed as dist
import torch.distributed.nn  # before the group exists

dist.init_process_group("gloo")
rank, processes = dist.get_rank(), dist.get_world_size()
rng = np.random.default_rng(0)
shapes = (64, 1000), (64, 10), (1000, 100), (100, 10)
x, y, w1, w2 = (torch.from_numpy(rng.standard_normal(shape)) for shape in shapes)
x, y = x.tensor_split(processes)[rank], y.tensor_split(processes)[rank]

layers = [torch.nn.Linear(*w.shape, bias=False, dtype=w.dtype) for w in (w1, w2)]
with torch.no_grad():
    for layer, w in zip(layers, (w1, w2)):
        layer.weight.copy_(w.T)
net = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1])
net = torch.nn.parallel.DistributedDataParallel(net)
optimizer = torch.optim.SGD(net.parameters(), lr=1e-6)
losses, first = [], None
for t in range(500):
    loss = (net(x) - y).square().sum()
    first = loss.item() if t == 0 else first
    everyones = loss.detach().clone()
    dist.all_reduce(everyones)
    losses.append(everyones.item())
    optimizer.zero_grad()
    (processes * loss).backward()
    optimizer.step()

shares = [None] * processes
dist.all_gather_object(shares, (rank, len(x), first))
if rank == 0:
    for share in shares:
        print("rank %d has %d rows and a first loss of %.3e" % share)
    for t in (0, 1, 100, 200, 300, 400, 499):
        print(f"step {t:3d}  loss {losses[t]:.3e}")
    pathlib.Path(sys.argv[1]).write_text(json.dumps(losses))
del net
dist.destroy_process_group()
"""


def torchrun(program, folder):
    """Run a program in two processes, and wait for both."""
    script = Path(folder, "program.py")
    script.write_text(program, encoding="utf-8")
    options = ["--standalone", "--local-addr=localhost", "--nproc-per-node=2"]
    command = [sys.executable, "-m", "torch.distributed.run", *options, script]
    return subprocess.run(
        [*command, Path(folder, "noted")],
        env={**os.environ, "OMP_NUM_THREADS": "1"},  # one thread per process
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


two_losses = losses
if processes == 1:
    with tempfile.TemporaryDirectory() as folder:
        done = torchrun(PROGRAM, folder)
        assert done.returncode == 0, done.stderr
        two_losses = json.loads(Path(folder, "noted").read_text(encoding="utf-8"))
    print(done.stdout, end="")
assert np.allclose(two_losses, alone, rtol=1e-8, atol=0)

# %%
# When one hangs or dies
# ----------------------
#
# When one process stops, the others still need its part of a sum. If the process
# *hangs*, the others wait until the group's timeout. With gloo,
# ``torch.distributed.monitored_barrier`` makes the processes wait for each other, with
# a timeout of its own, and reports which process is missing. If a process *dies*, its
# connections close, and with gloo, an all-reduce that needs it raises an error
# immediately. In the program below, rank 1 hangs until rank 0 has noticed, and then
# exits with code 3.
#
# ``torchrun`` watches the processes too: when one exits with an error, ``torchrun``
# stops the others and reports which one failed. In the program below, rank 0 ignores
# the signal to stop, so that it has time to print what it sees.

FAILS = """\
import os, pathlib, re, signal, sys, time
from datetime import timedelta
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
watched = dist.new_group()
noticed = pathlib.Path(sys.argv[1])
if dist.get_rank() == 1:
    while not noticed.exists():
        time.sleep(0.01)
    os._exit(3)

signal.signal(signal.SIGTERM, signal.SIG_IGN)
try:
    dist.monitored_barrier(watched, timeout=timedelta(seconds=1))
except RuntimeError as error:
    print(str(error).splitlines()[0])
noticed.touch()
try:
    dist.all_reduce(torch.ones(1))
except RuntimeError as error:
    (how,) = re.findall("Connection (?:closed|reset) by peer", str(error))
    print("[Rank 0]:", re.sub("closed|reset", "closed or reset", how))
del watched
dist.destroy_process_group()
"""

if processes == 1:
    with tempfile.TemporaryDirectory() as folder:
        done = torchrun(FAILS, folder)
    print(done.stdout, end="")
    cause = done.stderr.partition("Root Cause")[2]
    failed, code = re.search(r"rank +: (\d+) .*\n +exitcode +: (-?\d+)", cause).groups()
    print(f"rank {failed} ended with exit code {code}, torchrun with {done.returncode}")

# %%
# On several hosts
# ----------------
#
# Start the same command on each host. All hosts must name the same job id and the same
# meeting point, that is, a host and a port that the others can reach. The ranks are
# assigned there. Two hosts with two processes each make a group of four.

MEETING_POINT = "--rdzv-backend c10d --rdzv-endpoint host1:29400 --rdzv-id 7"
COMMAND = f"--nnodes 2 --nproc-per-node 2 {MEETING_POINT}"
options = get_args_parser().parse_args([*COMMAND.split(), "data_parallel.py"])
hosts, each = int(options.nnodes), int(options.nproc_per_node)
say("torchrun", COMMAND, "data_parallel.py")
say("meeting point", options.rdzv_endpoint, " processes:", hosts * each)

# %%
# Summary
# -------
#
# - Each process has its own rows and its own copy of the weights, and
#   ``torch.distributed.all_reduce`` adds up the processes' results.
# - ``torch.nn.parallel.DistributedDataParallel`` averages the gradients. If the loss is
#   a sum, you multiply it by the number of processes, so that the losses are the same
#   as in one process.
# - ``torchrun`` starts the processes of the host on which you run it, and stops all of
#   them when one fails.
#
# Practise: ``exercises/data_parallel``
#
# Next: in ``break_it``, you make the classic mistakes on purpose.
