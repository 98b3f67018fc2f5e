"""Exercises on training anywhere: a module that moves as a whole, and one synchronisation an epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit, forgot
from twolayer.exercises.values import is_tensor
from twolayer.exercises.watching import Watching

if TYPE_CHECKING:
    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw

lesson = Lesson()


def _rows(draw: Draw) -> dict[str, Any]:
    drawn = given(x="normal N D_in", mean="normal D_in", std="normal D_in")(draw)
    return drawn | {"std": 0.5 + np.abs(drawn["std"])}


def _moved(answer: Any, inputs: Inputs) -> Any:
    """Call the module, move it, and call another that has its state dict."""
    x, mean, std = inputs.values()
    module = answer(mean, std)
    if trained := [name for name, _ in module.named_parameters()]:
        wanted = "none: mean and std as buffers"
        raise DiagnosisError(diagnoses.PARAMETERS(given=", ".join(trained), wanted=wanted))
    output = module(x)
    moved = answer(mean, std).to("meta")
    left = [name for name in ("mean", "std") if _stayed(getattr(moved, name, None))]
    try:
        device = getattr(moved(x.to("meta")), "device", torch.device("meta"))
    except RuntimeError as error:
        message = str(error).splitlines()[0].rstrip(".!")
        text = f'after to("meta") it raises: {message} ({" and ".join(left) or "nothing"} stayed behind)'
        raise DiagnosisError(diagnoses.KNOWN(name="your module", text=text)) from error
    if device.type != "meta":
        words = {"given": device, "wanted": "meta, where x and the module are"}
        raise DiagnosisError(diagnoses.WRONG_DEVICE(name="the output after a move", **words))
    state = module.state_dict()
    if set(state) != {"mean", "std"}:
        text = f"holds {', '.join(state) or 'nothing'}; want mean and std, so that a file has them"
        raise DiagnosisError(diagnoses.KNOWN(name="the state dict", text=text))
    loaded = answer(torch.zeros_like(mean), torch.ones_like(std))
    loaded.load_state_dict(state)
    return output, loaded(x)


def _stayed(value: Any) -> bool:
    return is_tensor(value) and value.device.type != "meta"


@lesson.exercise(
    "A module that moves as a whole",
    draw=_rows,
    wanted=lambda x, mean, std: (x / std - mean / std,) * 2,
    gives="output, output_after_loading",
    run=_moved,
    takes="class",
    tensors=True,
    mistakes=(
        Edit(forgot("the division by std"), (" / self.std", "")),
        Edit(forgot("the mean"), ("x - self.mean", "x")),
    ),
    hints=(
        "What does ``to`` find of a module, and is a tensor in a plain attribute among it?",
        "The lesson's ``Scaled`` has one of each kind. Both tensors want to be of the kind that moves, under their own names.",
    ),
    stub="known-mistake",
)
class Standardise(torch.nn.Module):
    """Subtracts a mean from each feature, and divides by a standard deviation."""

    def __init__(self, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, x: Any) -> Any:
        """Standardise each row."""
        return (x - self.mean) / self.std


def _epoch(draw: Draw) -> dict[str, Any]:
    batches, D_in, D_out = draw.sizes("the number of mini-batches", "D_in", "D_out")
    net = torch.nn.Linear(D_in, D_out, bias=False)
    net.weight.data = torch.from_numpy(draw.normal(D_out, D_in))
    rows = [4] * (batches - 1) + [1 + draw.case]  # the last one is shorter, or longer
    drawn = [[torch.from_numpy(draw.normal(n, size)) for size in (D_in, D_out)] for n in rows]
    return {"net": net, "loss_fn": torch.nn.MSELoss(), "batches": [(x, y) for x, y in drawn]}


def _waited(answer: Any, inputs: Inputs) -> Any:
    """Call the function, and count how often it asks for a number."""
    with Watching("_local_scalar_dense") as waits:
        mean = answer(*inputs.values())
    if (count := len(waits.given)) > 1:
        text = f"for {len(inputs['batches'])} mini-batches it asks {count} times for a number, and on a GPU waits as often; want once"
        raise DiagnosisError(diagnoses.KNOWN(name="your code", text=text))
    return mean


@lesson.exercise(
    "One number an epoch",
    draw=_epoch,
    wanted=lambda net, loss_fn, batches: float(
        np.mean([loss_fn(net(x), y).item() for x, y in batches])
    ),
    gives="mean",
    run=_waited,
    tolerance=1e-5,
    cases=5,
    on="lists of mini-batches, each wait counted",
    mistakes=(
        Edit(
            "each mini-batch is weighed by its rows; want each to count once",
            ("loss_fn(net(x), y) for", "len(x) * loss_fn(net(x), y) for"),
            ("torch.stack(losses).mean()", "(sum(losses) / sum(len(x) for x, _ in batches))"),
        ),
        Edit(
            "it is divided by the number of rows; want that of mini-batches",
            ("torch.stack(losses).mean()", "(sum(losses) / sum(len(x) for x, _ in batches))"),
        ),
        Edit("it is the last mini-batch's loss", ("torch.stack(losses).mean()", "losses[-1]")),
    ),
    hints=(
        "How often is ``item`` called here, and where could one call do for all?",
        "Tensors add up as well as numbers do. Keep the losses as tensors until the loop is over.",
    ),
    stub="known-mistake",
)
def epoch_loss(net: torch.nn.Module, loss_fn: Any, batches: Any) -> float:
    """The mean of the mini-batches' losses, as a Python number."""
    with torch.no_grad():
        losses = [loss_fn(net(x), y) for x, y in batches]
    return torch.stack(losses).mean().item()
