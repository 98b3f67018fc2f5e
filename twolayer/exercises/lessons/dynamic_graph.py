"""Exercises on a graph that changes: shared weights, and depths that are drawn."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Predicate
from twolayer.exercises.classes import CustomModule
from twolayer.exercises.computation import Computation
from twolayer.exercises.diagnoses import Kind
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.values import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.draws import Draw

# 1. One layer for all


class DynamicNet(torch.nn.Module):
    """Input layer, a shared middle layer applied any number of times, output layer."""

    def __init__(self, D_in: int, H: int, D_out: int) -> None:
        super().__init__()
        self.input = torch.nn.Linear(D_in, H)
        self.middle = torch.nn.Linear(H, H)
        self.output = torch.nn.Linear(H, D_out)

    def forward(self, x: Tensor, repeats: int) -> Any:
        """Apply the middle layer as often as asked."""
        h_relu = self.input(x).relu()
        for _ in range(repeats):
            h_relu = self.middle(h_relu).relu()
        return self.output(h_relu)


def _draw_net(draw: Draw) -> dict[str, Any]:
    N, D_in, H, D_out = draw.sizes("N", "D_in", "H", "D_out")
    return {
        "D_in": D_in,
        "H": H,
        "D_out": D_out,
        "x": draw.with_zeros(N, D_in),
        "repeats": (2, 3, 0, 1)[draw.case],
        "weight1": draw.normal(H, D_in),
        "bias1": draw.normal(H),
        "weight2": draw.normal(H, H),
        "bias2": draw.normal(H),
        "weight3": draw.normal(D_out, H),
        "bias3": draw.normal(D_out),
    }


def _net(
    times: Callable[[int], int] = lambda repeats: repeats,
    *,
    between: Callable[[Tensor], Tensor] = torch.relu,
) -> Callable[..., Tensor]:
    """The network by its formula, with another number of repeats or something else in its loop."""

    def variant(*inputs: Any) -> Tensor:
        x, repeats, weight1, bias1, weight2, bias2, weight3, bias3 = inputs[3:]
        h_relu = (x @ weight1.T + bias1).relu()
        for _ in range(times(repeats)):
            h_relu = between(h_relu @ weight2.T + bias2)
        output: Tensor = h_relu @ weight3.T + bias3
        return output

    return variant


_ONCE = "once, or each time on the input layer's output"

_SHARED = CustomModule(
    draw=_draw_net,
    wanted=_net(),
    returns=("output",),
    arguments=("D_in", "H", "D_out"),
    parameters={
        "input.weight": "weight1",
        "input.bias": "bias1",
        "middle.weight": "weight2",
        "middle.bias": "bias2",
        "output.weight": "weight3",
        "output.bias": "bias3",
    },
    inputs=("x", "repeats"),
    mistakes=(
        Mistake(
            diagnoses.FORGOT_TERM,
            _net(between=lambda h: h),
            term="the ReLU after the middle layer",
        ),
        *(
            Mistake(
                diagnoses.KNOWN,
                _net(lambda _, fixed=times: fixed),  # type: ignore[misc]
                text=f"the middle layer runs {said}, which isn't what repeats says",
            )
            for times, said in enumerate(("never", _ONCE, "twice", "three times", "four times"))
        ),
    ),
)

# 2. A use that was forgotten


def backward(x: Tensor, y: Tensor, w: Tensor) -> Tensor:
    """The gradient of a weight that is used twice."""
    h1 = x @ w
    h1_relu = h1.relu()
    h2 = h1_relu @ w
    grad_h2 = 2 * (h2 - y)
    grad_h1 = (grad_h2 @ w.T) * (h1 > 0)
    return h1_relu.T @ grad_h2 + x.T @ grad_h1


def _draw_shared(draw: Draw) -> dict[str, Any]:
    N, H = draw.sizes("N", "H")
    return {"x": draw.with_zeros(N, H), "y": draw.normal(N, H), "w": draw.with_zeros(H, H)}


def _gradient(output: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The gradient of w, by autograd."""

    def wanted(x: Tensor, y: Tensor, w: Tensor, *more: Any) -> Tensor:
        leaf = w.clone().requires_grad_()
        loss = (output(x, leaf, *more) - y).square().sum()
        return torch.autograd.grad(loss, leaf)[0]

    return wanted


def _two_uses(
    *,
    first: float = 1.0,
    second: float = 1.0,
    mask: Callable[[Tensor, Tensor], Tensor] = lambda h, _: h > 0,
    transposes: bool = True,
) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Both uses' parts, each times a number, with another mask or without the transpose of w."""

    def variant(x: Tensor, y: Tensor, w: Tensor) -> Tensor:
        h1 = x @ w
        grad_h2 = 2 * (h1.relu() @ w - y)
        grad_h1_relu = grad_h2 @ (w.T if transposes else w)
        grad_h1 = grad_h1_relu * mask(h1, grad_h1_relu)
        return second * h1.relu().T @ grad_h2 + first * x.T @ grad_h1

    return variant


_TWICE = Computation(
    draw=_draw_shared,
    wanted=_gradient(lambda x, w: (x @ w).relu() @ w),
    returns=("grad_w",),
    tensors=True,
    mistakes=(
        Mistake(diagnoses.FORGOT_TERM, _two_uses(first=0), term="the first use's part"),
        Mistake(diagnoses.FORGOT_TERM, _two_uses(second=0), term="the second use's part"),
        Mistake(
            diagnoses.KNOWN,
            _two_uses(first=0.5, second=0.5),
            text="it is the mean of both uses' parts; want their sum",
        ),
        Mistake(
            diagnoses.KNOWN,
            _two_uses(second=-1),
            text="the second use's part is subtracted; want the sum",
        ),
        Mistake(
            diagnoses.KNOWN,
            _two_uses(first=-1),
            text="the first use's part is subtracted; want the sum",
        ),
        Mistake(diagnoses.MASK_MISSING, _two_uses(mask=lambda h, _: torch.ones_like(h))),
        Mistake(diagnoses.MASK_INVERTED, _two_uses(mask=lambda h, _: h <= 0)),
        Mistake(diagnoses.MASK_INVERTED, _two_uses(mask=lambda h, _: h < 0)),
        Mistake(diagnoses.MASK_INCLUDES_ZERO, _two_uses(mask=lambda h, _: h >= 0)),
        Mistake(diagnoses.MASK_WRONG_ARRAY, _two_uses(mask=lambda _, grad: grad > 0)),
        Mistake(
            diagnoses.KNOWN,
            _two_uses(transposes=False),
            text="grad_h2 goes back through w itself; want its transpose",
        ),
    ),
)

# 3. Back through a loop


def backward_through_loop(x: Tensor, y: Tensor, w: Tensor, repeats: int) -> Tensor:
    """The gradient of a weight that is used any number of times."""
    steps = [x]
    for _ in range(repeats):
        steps.append((steps[-1] @ w).relu())
    grad_h_relu = 2 * (steps[-1] - y)
    grad_w = torch.zeros_like(w)
    for before, after in zip(steps[-2::-1], steps[:0:-1], strict=True):
        grad_h = grad_h_relu * (after > 0)
        grad_w += before.T @ grad_h
        grad_h_relu = grad_h @ w.T
    return grad_w


def _draw_loop(draw: Draw) -> dict[str, Any]:
    repeats = (3, 2, 4, 1)[draw.case]
    drawn = _draw_shared(draw)
    drawn["x"] = draw.with_zeros(*drawn["x"].shape) + 1
    # Where the last output is all zeros, every gradient is 0 and no mistake shows.
    for _ in range(200):
        output = _output(torch.from_numpy(drawn["x"]), torch.from_numpy(drawn["w"]), repeats)
        if (output > 0).double().mean() > 0.2:
            break
        drawn["w"] = draw.with_zeros(*drawn["w"].shape)
    return {**drawn, "repeats": repeats}


def _output(x: Tensor, w: Tensor, repeats: int) -> Tensor:
    for _ in range(repeats):
        x = (x @ w).relu()
    return x


def _loop(
    *,
    last: Callable[[Tensor], Tensor] = lambda h: h > 0,
    inner: Callable[[Tensor], Tensor] = lambda h: h > 0,
    uses: slice = slice(None),
    transposes: bool = True,
    same: int | None = None,
) -> Callable[..., Tensor]:
    """The parts of some uses, in the order of the way back, with other masks or inputs."""

    def variant(x: Tensor, y: Tensor, w: Tensor, repeats: int) -> Tensor:
        inputs = [x]
        for _ in range(repeats):
            inputs.append((inputs[-1] @ w).relu())
        grad = 2 * (inputs.pop() - y)
        parts = []
        for use, before in enumerate(reversed(inputs)):
            grad = grad * (inner if use else last)(before @ w)
            parts.append((before if same is None else inputs[same]).T @ grad)
            grad = grad @ (w.T if transposes else w)
        return sum(parts[uses], torch.zeros_like(w))

    return variant


def _with_mask(kind: Kind, mask: Callable[[Tensor], Tensor]) -> tuple[Mistake, ...]:
    return Mistake(kind, _loop(last=mask, inner=mask)), Mistake(kind, _loop(last=mask))


_LOOP = Computation(
    draw=_draw_loop,
    wanted=_gradient(_output),
    returns=("grad_w",),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _loop(uses=slice(1)),
            text="it is the last use's part alone; want the sum over all uses",
        ),
        Mistake(
            diagnoses.KNOWN,
            _loop(uses=slice(-1, None)),
            text="it is the first use's part alone; each repeat overwrites what is to be added up",
        ),
        Mistake(diagnoses.FORGOT_TERM, _loop(uses=slice(-1)), term="the first use's part"),
        Mistake(diagnoses.FORGOT_TERM, _loop(uses=slice(1, None)), term="the last use's part"),
        *(
            Mistake(
                diagnoses.KNOWN,
                _loop(same=same),
                text="each use's part is made with one and the same input; want the one that this use had",
            )
            for same in (0, -1)
        ),
        *_with_mask(diagnoses.MASK_MISSING, torch.ones_like),
        *_with_mask(diagnoses.MASK_INCLUDES_ZERO, lambda h: h >= 0),
        *_with_mask(diagnoses.MASK_INVERTED, lambda h: h <= 0),
        Mistake(
            diagnoses.KNOWN,
            _loop(transposes=False),
            text="the gradient goes back through w itself; want its transpose",
        ),
    ),
)

# 4. Depths that repeat themselves


_UNSEEDED = Kind(
    diagnoses.RANDOM.name,
    "{name}: equal seeds give different ones; the seed doesn't reach the generator that is drawn from",
)


def draw_depths(seed: int, steps: int) -> list[int]:
    """The depth of each step, from 0 to 3."""
    depths = torch.Generator().manual_seed(seed)
    return torch.randint(0, 4, (steps,), generator=depths).tolist()


def _generators() -> dict[str, Any]:
    """The state of each generator that others draw from."""
    return {
        "random": random.getstate(),
        "torch": torch.get_rng_state().tolist(),
        "NumPy": [np.asarray(part).tolist() for part in np.random.get_state()],  # noqa: NPY002 - its state is looked at
    }


def _no_list(drawn: object, steps: int) -> Diagnosis | str | None:
    """Say what is wrong with something that is to be a list of depths."""
    if drawn is None:
        return diagnoses.NONE(name="what your function returns")
    if drawn is Ellipsis:
        return diagnoses.EMPTY(what="your function returns `...`")
    if not isinstance(drawn, list):
        return diagnoses.WRONG_TYPE(name="depths", given=kind_of(drawn), wanted="list")
    return _no_depths(drawn, steps)


def _no_depths(drawn: list[Any], steps: int) -> str | None:
    """Say what is wrong with the entries of a list of depths."""
    if len(drawn) != steps:
        return f"depths has {len(drawn)} entries for {steps} steps"
    if others := [depth for depth in drawn if isinstance(depth, bool) or not _whole(depth)]:
        return f"depths holds {others[0]!r}, a {kind_of(others[0])}; want whole numbers"
    if outside := [depth for depth in drawn if not 0 <= depth <= 3]:
        return f"depths holds {outside[0]}; want 0 to 3"
    if missing := {0, 1, 2, 3} - set(drawn):
        return f"depths never holds {min(missing)} in {steps} steps; want each depth from 0 to 3"
    return None


def _whole(depth: object) -> bool:
    return isinstance(depth, int | np.integer)


def _repeatable(answer: Callable[[int, int], Any]) -> Diagnosis | str | None:
    """Draw with equal seeds and with others, and look at what other draws see of it."""
    steps = 400
    before = _generators()
    drawn = answer(1, steps)
    after = _generators()
    if problem := _no_list(drawn, steps):
        return problem
    if drawn != answer(1, steps):
        return _UNSEEDED(name="depths")
    if drawn == answer(2, steps):
        return "another seed gives the same depths; want the seed to decide"
    if len(few := answer(1, 3)) != 3:
        return f"depths has {len(few)} entries for 3 steps"
    if touched := [name for name, state in before.items() if state != after[name]]:
        whose = " and ".join(touched)
        return f"the draws of {whose} go on from another state afterwards; want a generator of your own"
    return None


_DEPTHS = Predicate(test=_repeatable, after="with equal seeds and with others")

EXERCISES = (
    Exercise(
        number=1,
        title="One layer for all",
        check=_SHARED,
        hints=(
            "How many weights from H to H are there to train, and does that depend on repeats?",
            "Make one layer in __init__. In forward, the loop's body is the line that two lines of the "
            "stub have in common, and it hands its result on to its next run.",
        ),
        solution=DynamicNet,
        stub="wrong-parameters",
    ),
    Exercise(
        number=2,
        title="A use that was forgotten",
        check=_TWICE,
        hints=(
            "Suppose the two uses had weights of their own. What would the gradient of each be?",
            "Take grad_h2 back through w and through the ReLU to h1; x is the input of the first use. "
            "The parts of both uses add up.",
        ),
        solution=backward,
        stub="forgot-term",
    ),
    Exercise(
        number=3,
        title="Back through a loop",
        check=_LOOP,
        hints=(
            "Which arrays of the way forward did the exercise before need, for each use of the weight?",
            "Keep the input of every use in a list and go through it backwards. At each use: the mask of "
            "its ReLU, its part added to grad_w, then back through w to the use before.",
        ),
        solution=backward_through_loop,
    ),
    Exercise(
        number=4,
        title="Depths that repeat themselves",
        check=_DEPTHS,
        hints=(
            "Which generator does randint draw from here, and which one gets the seed?",
            "Python's random has a class whose objects are generators of their own; so has NumPy, and so has "
            "torch. Make one in the function, from the seed.",
        ),
        solution=draw_depths,
        stub="random",
    ),
)
"""The exercises, in order."""
