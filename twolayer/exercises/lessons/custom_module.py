"""Exercises on modules: what registers, a parameter of one's own, and the state."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Predicate
from twolayer.exercises.classes import CustomModule
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.values import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.draws import Draw

# 1. Layers that nobody sees


class TwoLayerNet(torch.nn.Module):
    """Two linear layers with a ReLU between them."""

    def __init__(self, D_in: int, H: int, D_out: int) -> None:
        super().__init__()
        layers = [torch.nn.Linear(D_in, H), torch.nn.Linear(H, D_out)]
        self.layers = torch.nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Any:
        """Apply both layers."""
        h_relu = self.layers[0](x).relu()
        return self.layers[1](h_relu)


def _draw_layers(draw: Draw) -> dict[str, Any]:
    N, D_in, H, D_out = draw.sizes("N", "D_in", "H", "D_out")
    return {
        "D_in": D_in,
        "H": H,
        "D_out": D_out,
        "x": draw.with_zeros(N, D_in),
        "weight1": draw.with_zeros(H, D_in),
        "bias1": draw.with_zeros(H),
        "weight2": draw.normal(D_out, H),
        "bias2": draw.normal(D_out),
    }


def _two_layers(
    *,
    between: Callable[[Tensor], Tensor] = torch.relu,
    after: Callable[[Tensor], Tensor] | None = None,
) -> Callable[..., Tensor]:
    """The network as a formula, with something else between the layers or after them."""

    def variant(*inputs: Any) -> Tensor:
        x, weight1, bias1, weight2, bias2 = inputs[3:]
        output: Tensor = between(x @ weight1.T + bias1) @ weight2.T + bias2
        return after(output) if after else output

    return variant


_LAYERS = CustomModule(
    draw=_draw_layers,
    wanted=_two_layers(),
    returns=("output",),
    arguments=("D_in", "H", "D_out"),
    parameters={
        "layers.0.weight": "weight1",
        "layers.0.bias": "bias1",
        "layers.1.weight": "weight2",
        "layers.1.bias": "bias2",
    },
    mistakes=(
        Mistake(diagnoses.FORGOT_TERM, _two_layers(between=lambda h: h), term="the ReLU"),
        Mistake(
            diagnoses.KNOWN,
            _two_layers(after=torch.relu),
            text="the ReLU is applied to the output as well; want it between the layers alone",
        ),
        Mistake(
            diagnoses.KNOWN,
            _two_layers(between=lambda h: h, after=torch.relu),
            text="the ReLU is applied to the output; want it between the layers",
        ),
    ),
)

# 2. A slope to be learned


class LearnedSlope(torch.nn.Module):
    """A ReLU that lets a part of the negative numbers through, each hidden unit its own."""

    def __init__(self, H: int) -> None:
        super().__init__()
        self.slope = torch.nn.Parameter(torch.full((H,), 0.25))

    def forward(self, h: Tensor) -> Tensor:
        """Multiply what isn't positive by the slope."""
        return torch.where(h > 0, h, self.slope * h)


def _draw_slope(draw: Draw) -> dict[str, Any]:
    N, H = draw.sizes("N", "H")
    return {
        "H": H,
        "h": draw.with_zeros(N, H),
        "slope": draw.normal(H),
        "grad_output": draw.normal(N, H),
    }


def _learned(output: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., tuple[Tensor, Tensor]]:
    """The output and the slope's gradient, by a formula of h and the slope."""

    def variant(_: int, h: Tensor, slope: Tensor, grad_output: Tensor) -> tuple[Tensor, Tensor]:
        leaf = slope.clone().requires_grad_()
        found = output(h, leaf)
        (grad_slope,) = torch.autograd.grad(found, leaf, grad_output)
        return found.detach(), grad_slope

    return variant


_SLOPE = CustomModule(
    draw=_draw_slope,
    wanted=_learned(torch.nn.functional.prelu),
    returns=("output", "grad_slope"),
    arguments=("H",),
    parameters={"slope": "slope"},
    inputs=("h",),
    arriving="grad_output",
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _learned(lambda h, slope: torch.where(h > 0, slope * h, h)),
            text="the slope multiplies the positive numbers; want it for the others",
        ),
        Mistake(
            diagnoses.KNOWN,
            _learned(lambda h, slope: slope * h),
            text="the slope multiplies every number; want the positive ones as they are",
        ),
        Mistake(
            diagnoses.KNOWN,
            _learned(lambda h, slope: torch.where(h > 0, h, slope)),
            text="the slope stands in the number's place; want the number times the slope",
        ),
        Mistake(
            diagnoses.KNOWN,
            _learned(lambda h, slope: torch.maximum(h, slope * h)),
            text="the larger of the two is no longer the right one where a slope is negative or above 1",
        ),
        Mistake(
            diagnoses.KNOWN,
            _learned(lambda h, slope: torch.where(h > 0, h, slope.detach() * h) + 0 * slope),
            text="the record of the slope is lost on the way, so nothing would train it",
        ),
    ),
)

# 3. The best weights, kept


def keep(net: torch.nn.Module) -> dict[str, Tensor]:
    """The state of a network as it is now, whatever becomes of the network."""
    return {name: value.clone() for name, value in net.state_dict().items()}


def _network() -> torch.nn.Module:
    """A network with parameters and, in its second layer, buffers, none of which is at its start."""
    net = torch.nn.Sequential(
        torch.nn.Linear(5, 3), torch.nn.BatchNorm1d(3), torch.nn.ReLU(), torch.nn.Linear(3, 2)
    )
    rng = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for tensor in (*net.parameters(), *net.buffers()):
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape, generator=rng) + 0.5)
    return net.eval()


def _no_state(kept: object, names: Mapping[str, Tensor]) -> Diagnosis | str | None:
    """Say what is wrong with something that is to be a state, before its values are looked at."""
    if kept is None:
        return diagnoses.NONE(name="what your function returns")
    if kept is Ellipsis:
        return diagnoses.EMPTY(what="your function returns `...`")
    if not isinstance(kept, Mapping):
        wanted = "dictionary from names to tensors"
        name = "what your function returns"
        return diagnoses.WRONG_TYPE(name=name, given=kind_of(kept), wanted=wanted)
    if missing := [name for name in names if name not in kept]:
        return f"{', '.join(missing)} left out; want all that the state dictionary has"
    if extra := [name for name in kept if name not in names]:
        return f"the network has no {', '.join(map(str, extra))}; want the state's own names"
    return None


def _still_the_same(answer: Callable[[torch.nn.Module], Any]) -> Diagnosis | str | None:
    """Keep a network's state, change the network, load what was kept."""
    net = _network()
    now = copy.deepcopy(net.state_dict())
    kept = answer(net)
    if problem := _no_state(kept, now):
        return problem
    if any(not torch.equal(value, now[name]) for name, value in net.state_dict().items()):
        return "your function changed the network's own weights; want them as they were"
    with torch.no_grad():
        for tensor in (*net.parameters(), *net.buffers()):
            tensor.add_(1)
    if moved := [name for name in now if not torch.equal(torch.as_tensor(kept[name]), now[name])]:
        later = all(torch.equal(torch.as_tensor(kept[name]), now[name] + 1) for name in moved)
        told = (
            "moved when the network was trained on: it shares memory with the network's own weights"
        )
        return f"{moved[0]} {told if later else 'is not what the network had'}"
    _network().load_state_dict(kept)
    return None


_KEEP = Predicate(test=_still_the_same, after="on a network that was changed afterwards")

EXERCISES = (
    Exercise(
        number=1,
        title="Layers that nobody sees",
        check=_LAYERS,
        hints=(
            "What does a module watch: its attributes, or what is in them?",
            "torch.nn has a list of its own, whose entries a module does see.",
        ),
        solution=TwoLayerNet,
        stub="wrong-parameters",
    ),
    Exercise(
        number=2,
        title="A slope to be learned",
        check=_SLOPE,
        hints=(
            "Which class tells a tensor that is to be trained from one that only stands there?",
            "Wrap the tensor in torch.nn.Parameter. In forward, choose at each entry between h and the "
            "product: broadcasting gives each column its own slope.",
        ),
        solution=LearnedSlope,
        stub="wrong-parameters",
    ),
    Exercise(
        number=3,
        title="The best weights, kept",
        check=_KEEP,
        hints=(
            "An optimizer writes into the weights in place. Whose memory are the dictionary's tensors?",
            "Each tensor of the dictionary must get memory of its own; a shallow copy of the "
            "dictionary doesn't give it that.",
        ),
        solution=keep,
        stub="known-mistake",
    ),
)
"""The exercises, in order."""
