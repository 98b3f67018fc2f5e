"""Exercises on training anywhere: a module that moves as a whole, and one synchronisation an epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Predicate
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.values import is_tensor, kind_of

if TYPE_CHECKING:
    from torch import Tensor

    from twolayer.exercises.diagnoses import Diagnosis

# 1. A module that moves as a whole


class Standardise(torch.nn.Module):
    """Subtracts a mean from each feature, and divides by a standard deviation."""

    def __init__(self, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, x: Any) -> Any:
        """Standardise each row."""
        return (x - self.mean) / self.std


def _module_problem(answer: Any) -> Diagnosis | str | None:
    mean, std = torch.tensor([1.0, -2.0, 4.0]), torch.tensor([2.0, 0.5, 4.0])
    x = torch.arange(12.0).view(4, 3)
    module = answer(mean.clone(), std.clone())
    given = module(x.clone())
    if given is None:
        return diagnoses.NONE(name="what forward returns")
    if not is_tensor(given) or given.shape != x.shape:
        return f"forward gives a {kind_of(given)}; want a tensor of shape (4, 3)"
    if not torch.allclose(given, (x - mean) / std):
        return "on the CPU, the output differs from (x - mean) / std"
    if list(module.parameters()):
        return "mean or std is a parameter, which an optimizer would change; want what moves and is not trained"
    return _moved_problem(answer, mean, std, x)


def _moved_problem(answer: Any, mean: Tensor, std: Tensor, x: Tensor) -> Diagnosis | str | None:
    """Say what is wrong after a move."""
    devices = ["meta", *(["cuda"] if torch.cuda.is_available() else [])]
    for device in map(torch.device, devices):
        moved = answer(mean.clone(), std.clone()).to(device)
        left = [name for name in ("mean", "std") if _device(moved, name) not in {None, device.type}]
        try:
            given = moved(x.to(device))
        except RuntimeError as error:
            named = f" ({' and '.join(left)} stayed behind)" if left else ""
            message = str(error).splitlines()[0].rstrip(".!")
            return f"after to({str(device)!r}), your module raises: {message}{named}"
        if given.device.type != device.type:
            return diagnoses.WRONG_DEVICE(
                name="the output",
                given=given.device,
                wanted=f"{device.type}, where x and the module are",
            )
    kept = set(answer(mean.clone(), std.clone()).state_dict())
    if kept != {"mean", "std"}:
        return f"the state dict holds {sorted(kept) or 'nothing'}; want mean and std, so that a file has them"
    return None


def _device(module: Any, name: str) -> str | None:
    """Give the type of the device of an attribute that is a tensor."""
    value: Any = getattr(module, name, None)
    return value.device.type if is_tensor(value) else None


# 2. One number an epoch


def epoch_loss(net: torch.nn.Module, loss_fn: Any, batches: Any) -> float:
    """The mean of the mini-batches' losses, as a Python number."""
    total = torch.zeros(())
    with torch.no_grad():
        for x, y in batches:
            total = total.to(x.device) + loss_fn(net(x), y)
    return total.item() / len(batches)


class _Waits(TorchDispatchMode):
    """Counts how often a tensor's number is asked for."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Note an operation that gives a number, and run it."""
        del types
        self.count += func is torch.ops.aten._local_scalar_dense.default  # noqa: SLF001 - its name
        return func(*args, **(kwargs or {}))


def _epoch_problem(answer: Any) -> Diagnosis | str | None:
    generator = torch.Generator().manual_seed(0)
    net = torch.nn.Linear(3, 2)
    with torch.no_grad():
        for param in net.parameters():
            param.copy_(torch.randn(param.shape, generator=generator))
    loss_fn = torch.nn.MSELoss()
    batches = [
        (torch.randn(4, 3, generator=generator), torch.randn(4, 2, generator=generator))
        for _ in range(6)
    ]
    with torch.no_grad():
        wanted = sum(loss_fn(net(x), y).item() for x, y in batches) / len(batches)
    with _Waits() as waits:
        given = answer(net, loss_fn, batches)
    if given is None:
        return diagnoses.NONE(name="what your function returns")
    if is_tensor(given):
        return "the result is a tensor; want a Python number, asked for once, at the end"
    if not isinstance(given, float):
        return f"the result is a {kind_of(given)}; want a Python number"
    if waits.count > 1:
        return f"for 6 mini-batches your code asks {waits.count} times for a number, and on a GPU waits as often; want once"
    if abs(given - wanted) > 1e-5 * wanted:
        return diagnoses.ENTRY(name="the mean", place="", given=f"{given:.6g}", wanted=wanted)
    return None


EXERCISES = (
    Exercise(
        number=1,
        title="A module that moves as a whole",
        check=Predicate(
            test=_module_problem, wanted="a class", after="on the CPU and after a move to meta"
        ),
        hints=(
            "What does ``to`` find of a module, and is a tensor in a plain attribute among it?",
            "The lesson's ``Scaled`` has one of each kind. Both tensors want to be of the kind that moves, under their own names.",
        ),
        solution=Standardise,
        stub="known-mistake",
    ),
    Exercise(
        number=2,
        title="One number an epoch",
        check=Predicate(test=_epoch_problem, after="on 6 mini-batches, each wait counted"),
        hints=(
            "How often is ``item`` called here, and where could one call do for all?",
            "Tensors add up as well as numbers do. Let the sum be a tensor on the losses' device until the loop is over.",
        ),
        solution=epoch_loss,
        stub="known-mistake",
    ),
)
"""The exercises, in order."""
