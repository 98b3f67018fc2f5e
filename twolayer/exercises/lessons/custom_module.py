"""Exercises on modules: buffers, a parameter of one's own, and the state."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.classes import CustomModule, by_backward
from twolayer.exercises.diagnoses import DiagnosisError, Kind
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit, forgot

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.computation import Inputs

lesson = Lesson()
BUFFERS = Kind(
    "wrong-buffers", "your module's saved buffers are {given}; register mean and spread as such"
)


def run_standardize(answer: Any, inputs: Inputs) -> Any:
    """Use a module before, in and after training, and load what it saves into a new one."""
    first, x, new = inputs.values()
    module = answer(x.shape[1]).double()
    if trained := ", ".join(name for name, _ in module.named_parameters()):
        raise DiagnosisError(
            diagnoses.PARAMETERS(given=trained, wanted="none, since nothing is learned")
        )
    if not {"mean", "spread"} <= set(module.state_dict()):
        raise DiagnosisError(BUFFERS(given=", ".join(module.state_dict()) or "none"))
    results = [module.eval()(new)]
    module.train()(first)
    results += [module(x), module.mean.clone(), module.spread.clone()]
    results += [module.eval()(new), module.mean.clone(), module.spread.clone()]
    another = answer(x.shape[1]).double()
    another.load_state_dict(module.state_dict())
    return (*results, another.eval()(new))


def standardized(first: Tensor, x: Tensor, new: Tensor) -> tuple[Tensor, ...]:
    """What a module gives that is trained on two batches."""
    del first
    spread, mean = torch.std_mean(x, dim=0, correction=0)
    later = (new - mean) / spread
    return new, (x - mean) / spread, mean, spread, later, mean, spread, later


@lesson.exercise(
    "Columns on the same scale",
    kind=CustomModule,
    draw=given(first="normal M D", x="normal rows D", new="normal K D"),
    wanted=standardized,
    gives="the output before any training, the output in train mode, mean, spread, "
    "the output in eval mode, mean after eval mode, spread after eval mode, "
    "the output of a new module with the state loaded",
    run=run_standardize,
    mistakes=(
        Edit(
            "eval mode takes mean and spread from the batch too; use those from training",
            ("if self.training", "if True"),
        ),
        Edit("the two modes are swapped", ("if self.training", "if not self.training")),
        Edit(
            "the batch's mean and spread are used but not stored",
            ("self.mean = x", "return (x"),
            (".mean(dim=0)", " - x.mean(dim=0)) / x.std(dim=0, correction=0)"),
        ),
        Edit("train mode stores nothing from the batch", ("if self.training", "if False")),
        Edit(
            "it divides by one less than the rows; divide by their number", (", correction=0", "")
        ),
        Edit("the spread is the variance; take its square root", ("x.std", "x.var")),
        Edit(forgot("the mean"), ("(x - self.mean)", "x")),
        Edit("it is multiplied by the spread; divide by it", ("/ self", "* self")),
    ),
    hints=(
        "What does a state dictionary hold besides parameters, and how does a module get such a tensor? And which "
        "attribute do train and eval set?",
        "register_buffer takes a name and the first value; later you can assign to the attribute as usual. Check "
        "self.training before you compute a mean.",
    ),
    stub="wrong-buffers",
)
class Standardize(torch.nn.Module):
    """Columns of mean 0 and spread 1, as measured on the last batch in train mode."""

    def __init__(self, D: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(D))
        self.register_buffer("spread", torch.ones(D))

    def forward(self, x: Tensor) -> Tensor:
        """Take the batch's mean and spread in train mode, and apply them."""
        if self.training:
            self.mean = x.mean(dim=0)
            self.spread = x.std(dim=0, correction=0)
        return (x - self.mean) / self.spread


def learned(h: Tensor, slope: Tensor) -> Tensor:
    """PyTorch's own function."""
    return torch.nn.functional.prelu(h, slope)


def sloped(_: int, h: Tensor, slope: Tensor, grad_output: Tensor) -> tuple[Any, ...]:
    """The output and the slope's gradient."""
    return by_backward(learned, "slope")(h, slope.clone().requires_grad_(), grad_output)


CHOICE = "torch.where(h > 0, h, self.slope * h)"


@lesson.exercise(
    "A learned slope",
    kind=CustomModule,
    draw=given(H="size", h="with_zeros N H", slope="normal H", grad_output="normal N H"),
    wanted=sloped,
    gives="output, grad_slope",
    arguments=("H",),
    parameters={"slope": "slope"},
    initial={"slope": 0.25},
    inputs=("h",),
    arriving="grad_output",
    mistakes=tuple(
        Edit(text, (CHOICE, choice))
        for choice, text in {
            "torch.where(h > 0, self.slope * h, h)": "the slope multiplies the positive numbers; multiply the others",
            "self.slope * h": "every number is multiplied; leave the positive ones as they are",
            "torch.where(h > 0, h, self.slope)": "the slope replaces the number; multiply the two",
            "torch.maximum(h, self.slope * h)": "where a slope is negative or above 1, the larger of the two is the wrong one",
            f"{CHOICE.replace('slope', 'slope.detach()')} + 0 * self.slope": "autograd loses track of the slope on the way, so nothing would train it",
        }.items()
    ),
    hints=(
        "Which class marks a tensor as one to train?",
        "Wrap the tensor in torch.nn.Parameter. In forward, choose between h and the product at each element; "
        "broadcasting applies each column's own slope.",
    ),
    stub="wrong-parameters",
)
class LearnedSlope(torch.nn.Module):
    """A ReLU that multiplies negative numbers by learned slopes, one per hidden unit."""

    def __init__(self, H: int) -> None:
        super().__init__()
        self.slope = torch.nn.Parameter(torch.full((H,), 0.25))

    def forward(self, h: Tensor) -> Tensor:
        """Multiply what isn't positive by the slope."""
        return torch.where(h > 0, h, self.slope * h)


NAN = float("nan")
RUNS: tuple[tuple[list[float], int], ...] = (
    # The losses after each epoch, lower yet after the last that is wanted, and the patience.
    ([5, 4, 4.5, 4, 3, 3.5, 3, 3.2, 2], 3),
    ([*range(30, 4, -1), 5.5, 2], 1),
    ([5, NAN, 4, NAN, 4.5, 2], 2),
    ([3, 4, 3, 3.5, 3, 2], 4),
)


def network(epochs: int) -> torch.nn.Module:
    """A network with parameters and buffers, in whose first bias the epochs can be counted."""
    net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).double()  # exact sums
    rng = torch.Generator().manual_seed(7)
    for value in net.state_dict().values():
        drawn = torch.rand(value.shape, generator=rng)
        value.copy_(drawn if value.is_floating_point() else 5 * drawn).add_(epochs)
    net.state_dict()["0.bias"].fill_(epochs)
    return net


def entries(tensors: Any) -> Tensor:
    """All their entries in a row."""
    return torch.cat([tensor.detach().double().flatten() for tensor in tensors])


def run_fit(answer: Any, inputs: Inputs) -> tuple[Any, ...]:
    """Train a network whose numbers all grow by 1 in an epoch."""
    losses, patience = inputs.values()
    losses = [9.0, *losses, *30 * [9.0]]
    net = network(0)

    def epochs() -> int:
        return int(net.state_dict()["0.bias"][0].item())

    def step() -> None:
        if epochs() == len(losses) - 1:
            text = f"it goes on after {epochs()} epochs; its patience of {patience} ran out before that"
            raise DiagnosisError(diagnoses.KNOWN(name="your loop", text=text))
        for value in net.state_dict().values():
            value.add_(1)

    ran = answer(net, step, lambda: losses[epochs()], patience)
    return ran, entries(net.parameters()), entries(net.buffers())


def stopped(losses: list[float], patience: int) -> tuple[int, Tensor, Tensor]:
    """Look back from each epoch over the last ones, whether all the better losses lie before."""
    for ran in count(patience + 1):
        best = np.nanmin(losses[: ran - patience])
        if not any(loss < best for loss in losses[:ran][-patience:]):
            net = network(1 + losses.index(best))
            return ran, entries(net.parameters()), entries(net.buffers())
    raise AssertionError


@lesson.exercise(
    "Stop early, and restore the best",
    draw=lambda draw: dict(zip(("losses", "patience"), RUNS[draw.case], strict=True)),
    wanted=stopped,
    gives="epochs, the parameters at the end, the buffers at the end",
    run=run_fit,
    tensors=True,
    dtype=False,
    mistakes=(
        Edit(
            "they are those of the last epoch; keep and restore the whole state",
            ("net.state_dict().items()", "net.named_parameters()"),
            ("(kept)", "(kept, strict=False)"),
        ),
        Edit(
            "they are those of the last epoch; a state dictionary holds the network's own tensors, so keep copies, "
            "and load them at the end",
            (".clone()", ""),
        ),
        Edit(
            "epochs without a better loss are counted over the whole run; count those in a row",
            ("best, waited = loss, 0", "best = loss"),
        ),
        Edit(
            "it stops one epoch late; stop as soon as patience has run out",
            ("waited < patience", "waited <= patience"),
        ),
        Edit(
            "it stops one epoch early, before patience has run out",
            ("waited < patience", "waited < patience - 1 or not epochs"),
        ),
        Edit("an equal loss counts as better; it must be lower", ("loss < best", "loss <= best")),
        Edit("NaN counts as better; the loss must be lower", ("< best", "< best or loss != loss")),
        Edit(
            "each loss is compared with the one before; compare it with the best so far",
            ("waited += 1", "best, waited = loss, waited + 1"),
        ),
        Edit(
            "this is the best epoch; count all that ran",
            ("return epochs", "return epochs - waited"),
        ),
    ),
    hints=(
        "An optimizer writes into the weights in place. Whose memory do the dictionary's tensors use? And what do "
        "you have to count to know when to stop?",
        "Give each tensor of the dictionary its own memory. Count the epochs since the best loss, start again at 0 "
        "whenever there is a better one, and go on while the count is below patience.",
    ),
    stub="entry",
)
def fit(
    net: torch.nn.Module,
    step: Callable[[], None],
    val_loss: Callable[[], float],
    patience: int,
) -> int:
    """Train until the loss stops improving, and restore the best state."""
    best, waited, epochs = float("inf"), 0, 0
    while waited < patience:
        step()
        epochs += 1
        loss = val_loss()
        if loss < best:
            best, waited = loss, 0
            kept = {name: value.clone() for name, value in net.state_dict().items()}
        else:
            waited += 1
    net.load_state_dict(kept)
    return epochs
