"""Exercises on training on any device: a module that moves as a whole, and one wait per epoch."""

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
    """Call the module, move it, and call a second one that loads its state dict."""
    x, mean, std = inputs.values()
    module = answer(mean, std)
    if trained := [name for name, _ in module.named_parameters()]:
        wanted = "none, because mean and std are buffers"
        raise DiagnosisError(diagnoses.PARAMETERS(given=", ".join(trained), wanted=wanted))
    output = module(x)
    moved = answer(mean, std).to("meta")
    left = [name for name in ("mean", "std") if _stayed(getattr(moved, name, None))]
    try:
        device = getattr(moved(x.to("meta")), "device", torch.device("meta"))
    except RuntimeError as error:
        message = str(error).splitlines()[0].rstrip(".!")
        text = f'after to("meta") it raises {message!r} ({" and ".join(left) or "nothing"} stayed behind)'
        raise DiagnosisError(diagnoses.KNOWN(name="your module", text=text)) from error
    if device.type != "meta":
        words = {"given": device, "wanted": "meta, where x and the module are"}
        raise DiagnosisError(diagnoses.WRONG_DEVICE(name="the output after a move", **words))
    state = module.state_dict()
    if set(state) != {"mean", "std"}:
        text = f"it contains {', '.join(state) or 'nothing'}; it must contain mean and std"
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
        "What does ``to`` move, and does it include a tensor in a plain attribute?",
        "The lesson's ``Scaled`` has one tensor in a plain attribute and one in a buffer. Make both tensors buffers,"
        " and keep their names.",
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
    """Call the function, and count how often it reads a number from a tensor."""
    with Watching("_local_scalar_dense") as waits:
        mean = answer(*inputs.values())
    if (count := len(waits.given)) > 1:
        text = f"it reads {count} numbers for {len(inputs['batches'])} mini-batches, and waits for the GPU each time; read one"
        raise DiagnosisError(diagnoses.KNOWN(name="your code", text=text))
    return mean


@lesson.exercise(
    "One number per epoch",
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
            "each mini-batch is weighted by its rows; count each once",
            ("loss_fn(net(x), y) for", "len(x) * loss_fn(net(x), y) for"),
            ("torch.stack(losses).mean()", "(sum(losses) / sum(len(x) for x, _ in batches))"),
        ),
        Edit(
            "it is divided by the number of rows; divide by the number of mini-batches",
            ("torch.stack(losses).mean()", "(sum(losses) / sum(len(x) for x, _ in batches))"),
        ),
        Edit(
            "it is only the last loss; take the mean", ("torch.stack(losses).mean()", "losses[-1]")
        ),
    ),
    hints=(
        "How often is ``item`` called here, and where would one call be enough?",
        "You can add tensors as well as numbers. Keep the losses as tensors until after the loop.",
    ),
    stub="known-mistake",
)
def epoch_loss(net: torch.nn.Module, loss_fn: Any, batches: Any) -> float:
    """The mean of the mini-batches' losses, as a Python number."""
    with torch.no_grad():
        losses = [loss_fn(net(x), y) for x, y in batches]
    return torch.stack(losses).mean().item()
