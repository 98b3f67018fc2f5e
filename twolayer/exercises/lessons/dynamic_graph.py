"""Exercises on a graph that changes: shared weights, and depths that are drawn."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Predicate
from twolayer.exercises.classes import CustomModule
from twolayer.exercises.diagnoses import Kind
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit, forgot, masks
from twolayer.exercises.values import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.draws import Draw

lesson = Lesson()
PARAMETERS = {
    "input.weight": "H D_in",
    "input.bias": "H",
    "middle.weight": "H H",
    "middle.bias": "H",
    "output.weight": "D_out H",
    "output.bias": "D_out",
}
WEIGHTS = {name.replace(".", "_"): f"normal {shape}" for name, shape in PARAMETERS.items()}


def draw_net(draw: Draw) -> dict[str, Any]:
    """Sizes, weights, and from none to four repeats."""
    sizes = dict.fromkeys(("D_in", "H", "D_out"), "size")
    drawn = given(**sizes, x="with_zeros N D_in", **WEIGHTS)(draw)
    return {**drawn, "repeats": (2, 4, 0, 1)[draw.case]}


def run_net(*inputs: Any) -> Tensor:
    """The network by its formula."""
    x, w1, b1, w2, b2, w3, b3, repeats = inputs[3:]
    h_relu = torch.addmm(b1, x, w1.T).relu()
    for _ in range(repeats):
        h_relu = torch.addmm(b2, h_relu, w2.T).relu()
    return torch.addmm(b3, h_relu, w3.T)


@lesson.exercise(
    "One shared layer",
    kind=CustomModule,
    draw=draw_net,
    wanted=run_net,
    gives="output",
    arguments=("D_in", "H", "D_out"),
    parameters=dict(zip(PARAMETERS, WEIGHTS, strict=True)),
    inputs=("x", "repeats"),
    mistakes=(
        Edit(forgot("ReLU after the middle layer"), ("middle(h_relu).relu()", "middle(h_relu)")),
        Edit(forgot("ReLU after the input layer"), ("input(x).relu()", "input(x)")),
        Edit(
            "the middle layer always gets the input layer's output; give it its own previous output",
            ("h_relu = self.input", "first = h_relu = self.input"),
            ("middle(h_relu)", "middle(first)"),
        ),
        Edit(
            "ReLU is applied once, after the loop; apply it after each repeat",
            ("middle(h_relu).relu()", "middle(h_relu)"),
            ("output(h_relu)", "output(h_relu.relu())"),
        ),
        *(
            Edit(f"the middle layer {said}; run it repeats times", ("(repeats)", f"({times})"))
            for times, said in (
                ("repeats + 1", "runs once more than it should"),
                ("repeats - 1", "runs once less than it should"),
                ("max(repeats, 1)", "runs even if repeats is 0"),
                ("0", "never runs"),
                ("1", "runs once"),
                ("2", "runs twice"),
            )
        ),
    ),
    hints=(
        "How many weights from H to H does the network train, and does that depend on repeats?",
        "Make one layer in __init__. In forward, the loop's body is the line that the given class has twice, with "
        "one layer instead of two.",
    ),
    stub="wrong-parameters",
)
class DynamicNet(torch.nn.Module):
    """Input layer, a shared middle layer applied any number of times, output layer."""

    def __init__(self, D_in: int, H: int, D_out: int) -> None:
        super().__init__()
        self.input = torch.nn.Linear(D_in, H)
        self.middle = torch.nn.Linear(H, H)
        self.output = torch.nn.Linear(H, D_out)

    def forward(self, x: Tensor, repeats: int) -> Any:
        """Apply the middle layer that many times."""
        h_relu = self.input(x).relu()
        for _ in range(repeats):
            h_relu = self.middle(h_relu).relu()
        return self.output(h_relu)


def gradient(output: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The gradient of w, by autograd."""

    def wanted(x: Tensor, y: Tensor, w: Tensor, *more: Any) -> Tensor:
        leaf = w.clone().requires_grad_()
        loss = (output(x, leaf, *more) - y).square().sum()
        return torch.autograd.grad(loss, leaf)[0]

    return wanted


@lesson.exercise(
    "A forgotten use",
    draw=given(x="with_zeros N H", y="normal N H", w="with_zeros H H"),
    wanted=gradient(lambda x, w: (x @ w).relu() @ w),
    gives="grad_w",
    tensors=True,
    mistakes=(
        Edit(forgot("the first use's part"), (" + x.T @ grad_h1", "")),
        Edit(forgot("the second use's part"), ("h1_relu.T @ grad_h2 + ", "")),
        Edit(
            "this is the mean of both uses' parts; return their sum",
            ("return h1", "return 0.5 * h1"),
            ("+ x.T", "+ 0.5 * x.T"),
        ),
        Edit("the second use's part is subtracted; add it", ("return h1", "return -h1")),
        Edit("the first use's part is subtracted; add it", ("+ x.T", "- x.T")),
        *masks("grad_h1_relu * (h1 > 0)"),
        Edit("grad_h2 is multiplied by w; multiply it by the transpose", ("@ w.T", "@ w")),
        Edit("the second use's part contains h1, but its input is h1_relu", ("h1_relu.T", "h1.T")),
    ),
    hints=(
        "Suppose that each use had its own weight. What would the gradient of each be?",
        "Take grad_h2 back through w and through the ReLU to h1. The input of the first use is x. Add the "
        "parts of both uses.",
    ),
    stub="forgot-term",
)
def backward(x: Tensor, y: Tensor, w: Tensor) -> Tensor:
    """The gradient of a weight that is used twice."""
    h1 = x @ w
    h1_relu = h1.relu()
    h2 = h1_relu @ w
    grad_h2 = 2 * (h2 - y)
    grad_h1_relu = grad_h2 @ w.T
    grad_h1 = grad_h1_relu * (h1 > 0)
    return h1_relu.T @ grad_h2 + x.T @ grad_h1


def repeated(x: Tensor, w: Tensor, repeats: int) -> Tensor:
    """The output after as many uses."""
    for _ in range(repeats):
        x = (x @ w).relu()
    return x


def draw_loop(draw: Draw) -> dict[str, Any]:
    """A weight with which the last output isn't all zeros, so that gradients aren't."""
    repeats = (3, 2, 4, 1)[draw.case]
    N, H = draw.sizes("N", "H")
    x, y, w = draw.with_zeros(N, H) + 1, draw.normal(N, H), draw.with_zeros(H, H)
    while repeated(torch.from_numpy(x), torch.from_numpy(w), repeats).sign().mean() < 0.2:
        w = draw.with_zeros(H, H)
    return {"x": x, "y": y, "w": w, "repeats": repeats}


MASK = "grad_h_relu * (h > 0)"


@lesson.exercise(
    "Back through a loop",
    draw=draw_loop,
    wanted=gradient(repeated),
    gives="grad_w",
    tensors=True,
    forbids=dict.fromkeys(("backward", "grad", "jvp"), "a derivation, not autograd"),
    mistakes=(
        Edit("this is only the last use's part; want the sum", ("reversed(inputs)", "inputs[-1:]")),
        Edit("each repeat overwrites grad_w; add to it instead", ("grad_w +=", "grad_w =")),
        Edit(forgot("the first use's part"), ("(inputs)", "(inputs[1:])")),
        Edit(forgot("the last use's part"), ("+= ", "+= (before is not inputs[-1]) * ")),
        *(
            Edit("all uses' parts contain the same input; take each use's own", ("before.T", one))
            for one in ("x.T", "inputs[-1].T")
        ),
        *masks(MASK),
        *(
            Edit(
                "some uses lack the ReLU mask; apply it at each", (MASK, f"{MASK[:-1]} | ({one}))")
            )
            for one in ("before is inputs[-1]", "before is not inputs[-1]")
        ),
        Edit("the gradient is multiplied by w; multiply by the transpose", ("@ w.T", "@ w")),
    ),
    hints=(
        "Which arrays of the forward pass did the previous exercise need, for each use of the weight?",
        "Keep the input of every use in a list, and go through the list backwards. At each use, apply the "
        "mask of its ReLU, add its part to grad_w, and go back through w to the use before.",
    ),
)
def backward_through_loop(x: Tensor, y: Tensor, w: Tensor, repeats: int) -> Tensor:
    """The gradient of a weight that is used any number of times."""
    inputs, h_relu = [], x
    for _ in range(repeats):
        inputs.append(h_relu)
        h_relu = (h_relu @ w).relu()
    grad_h_relu = 2 * (h_relu - y)
    grad_w = torch.zeros_like(w)
    for before in reversed(inputs):
        h = before @ w
        grad_h = grad_h_relu * (h > 0)
        grad_w += before.T @ grad_h
        grad_h_relu = grad_h @ w.T
    return grad_w


UNSEEDED = Kind(
    diagnoses.RANDOM.name,
    "{name}: equal seeds give different depths; give the seed to the generator that draws them",
)
STEPS = 400


def generators() -> dict[str, Any]:
    """The state of each generator that others draw from."""
    return {
        "random": random.getstate(),
        "torch": torch.get_rng_state().tolist(),
        "NumPy": [np.asarray(part).tolist() for part in np.random.get_state()],  # noqa: NPY002 - its state is looked at
    }


def no_depths(drawn: Any) -> Diagnosis | str | None:
    """Say what is wrong with something that is to be a list of depths."""
    if drawn is None:
        return diagnoses.NONE(name="what your function returns")
    if not isinstance(drawn, list):
        return diagnoses.WRONG_TYPE(name="depths", given=kind_of(drawn), wanted="list")
    if len(drawn) != STEPS:
        return f"depths has {len(drawn)} elements for {STEPS} steps"
    whole = [isinstance(d, int | np.integer) and not isinstance(d, bool) for d in drawn]
    others = [d for d, fits in zip(drawn, whole, strict=True) if not fits or not 0 <= d <= 3]
    if others:
        return (
            f"depths contains {others[0]!r} ({kind_of(others[0])}); want whole numbers from 0 to 3"
        )
    if missing := {0, 1, 2, 3} - set(drawn):
        return (
            f"depths doesn't contain {min(missing)} in {STEPS} steps; want every depth from 0 to 3"
        )
    return None


def repeatable(answer: Callable[[int, int], Any]) -> Diagnosis | str | None:
    """Draw with equal and different seeds, and look at what other draws see of it."""
    before = generators()
    drawn = [answer(seed, STEPS) for seed in (0, 1, 2)]
    after = generators()
    for depths in drawn:
        if problem := no_depths(depths):
            return problem
    if [answer(seed, STEPS) for seed in (0, 1, 2)] != drawn:
        return UNSEEDED(name="depths")
    if any(drawn[a] == drawn[b] for a, b in ((0, 1), (0, 2), (1, 2))):
        return "different seeds give the same depths; make them depend on the seed"
    if len(few := answer(1, 3)) != 3:
        return f"depths has {len(few)} elements for 3 steps"
    if touched := " and ".join(name for name, state in before.items() if state != after[name]):
        return f"the function changes the state of {touched}, which others draw from; use a generator of its own"
    return None


@lesson.checked(
    "Reproducible depths",
    Predicate(test=repeatable, after="with equal and different seeds"),
    hints=(
        "Which generator does randint draw from here, and which one gets the seed?",
        "Python's random module has a class of independent generators, and so have NumPy and torch. Make one "
        "inside the function, with the seed.",
    ),
    stub="random",
)
def draw_depths(seed: int, steps: int) -> list[int]:
    """The depth of each step, from 0 to 3."""
    depths = torch.Generator().manual_seed(seed)
    return torch.randint(0, 4, (steps,), generator=depths).tolist()
