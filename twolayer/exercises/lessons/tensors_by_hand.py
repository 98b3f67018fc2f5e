"""Exercises on the network in tensors, the gradients still derived by hand."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.computation import Computation
from twolayer.exercises.draws import Draw
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.running import call

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.values import Array

# 1. Arrays behind your back


def step(
    x_array: Array, y_array: Array, w1_array: Array, w2_array: Array, learning_rate: float
) -> tuple[Array, Array]:
    """The weights after one step, as new arrays."""
    x, y = torch.from_numpy(x_array), torch.from_numpy(y_array)
    w1, w2 = torch.from_numpy(w1_array).clone(), torch.from_numpy(w2_array).clone()
    h = x.mm(w1)
    h_relu = h.clamp(min=0)
    grad_y_pred = 2 * (h_relu.mm(w2) - y)
    grad_w2 = h_relu.t().mm(grad_y_pred)
    grad_h = grad_y_pred.mm(w2.t())
    grad_h[h <= 0] = 0
    grad_w1 = x.t().mm(grad_h)
    w1 -= learning_rate * grad_w1
    w2 -= learning_rate * grad_w2
    return w1.numpy(), w2.numpy()


def _draw_step(draw: Draw) -> dict[str, Any]:
    N, D_in, H, D_out = draw.sizes("N", "D_in", "H", "D_out")
    return {
        "x_array": draw.with_zeros(N, D_in),
        "y_array": draw.normal(N, D_out),
        "w1_array": draw.with_zeros(D_in, H),
        "w2_array": draw.normal(H, D_out),
        "learning_rate": draw.number(0.001, 0.01),
    }


def _stepped(
    x_array: Array, y_array: Array, w1_array: Array, w2_array: Array, learning_rate: float
) -> tuple[Array, Array]:
    x, y = torch.from_numpy(x_array), torch.from_numpy(y_array)
    weights = [torch.from_numpy(w).requires_grad_() for w in (w1_array, w2_array)]
    loss = (torch.relu(x @ weights[0]) @ weights[1] - y).pow(2).sum()
    first, second = torch.autograd.grad(loss, weights)
    return w1_array - learning_rate * first.numpy(), w2_array - learning_rate * second.numpy()


_STEP = Computation(
    draw=_draw_step,
    wanted=_stepped,
    returns=("w1", "w2"),
    starts={"w1": "w1_array", "w2": "w2_array"},
    copy=True,
)

# 2. The same kind, in the same place


def one_hot(scores: Tensor, labels: Tensor) -> Tensor:
    """Ones at the labels, zeros elsewhere, of the scores' dtype and on their device."""
    table = torch.zeros_like(scores)
    table[torch.arange(len(labels)), labels] = 1
    return table


def _draw_labels(draw: Draw) -> dict[str, Any]:
    N, C = draw.sizes("N", "C")
    return {"scores": draw.normal(N, C), "labels": draw.labels(N, C)}


class _KindAndPlace(Computation):
    """A function whose result has to be of its first input's dtype and on its device."""

    def diagnose(self, answer: Any, *, seconds: float) -> Diagnosis | None:
        """Try other dtypes and, since it is on every machine, the device meta as well."""
        if problem := super().diagnose(answer, seconds=seconds):
            return problem
        (name,) = self.returns
        first, *others = (torch.from_numpy(array) for array in self.draw(Draw(0)).values())
        for dtype in (torch.float32, torch.bfloat16):
            called = call(partial(answer, first.to(dtype), *others), seconds=seconds, quiet=True)
            if called.problem:
                return called.problem
            if called.result.dtype != dtype:
                return diagnoses.WRONG_DTYPE(name=name, given=called.result.dtype, wanted=dtype)
        moved = [tensor.to("meta") for tensor in (first, *others)]
        called = call(lambda: answer(*moved), seconds=seconds, quiet=True)
        # Some right answers look at values, which tensors on meta haven't.
        lost = called.problem and "device" in called.problem.text
        if lost or (not called.problem and called.result.device.type != "meta"):
            return diagnoses.WRONG_DEVICE(
                name=name, given="cpu", wanted="meta, where the inputs are"
            )
        return None


def _hot(scores: Tensor, labels: Tensor) -> Tensor:
    return torch.nn.functional.one_hot(labels, scores.shape[1]).to(scores)


_ONE_HOT = _KindAndPlace(
    draw=_draw_labels,
    wanted=_hot,
    returns=("table",),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda scores, labels: torch.zeros_like(scores).index_fill(1, labels, 1),
            text="whole columns are 1: a label picks one entry, in its own row; give the row as well",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda scores, labels: torch.ones_like(scores) - _hot(scores, labels),
            text="ones and zeros are exchanged",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda scores, labels: scores * _hot(scores, labels),
            text="it holds the scores at the labels; want ones there",
        ),
    ),
)

# 3. Softmax through the dictionary


def loss_and_probabilities(scores: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The mean cross-entropy, and the probabilities that softmax gives."""
    shifted = scores - scores.amax(dim=1, keepdim=True)
    exps = shifted.exp()
    probabilities = exps / exps.sum(dim=1, keepdim=True)
    loss = -probabilities[torch.arange(len(labels)), labels].log().mean()
    return loss, probabilities


def _draw_scores(draw: Draw) -> dict[str, Any]:
    drawn = _draw_labels(draw)
    # Rows so large and so small that exp overflows, or gives zeros alone.
    for row, scores in enumerate(drawn["scores"]):
        scores += 1000 * (-1) ** row
    return drawn


def _softmax(scores: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    loss = torch.nn.functional.cross_entropy(scores, labels)
    return loss, torch.nn.functional.softmax(scores, dim=1)


def _picked(scores: Tensor, labels: Tensor) -> Tensor:
    probabilities = scores.softmax(dim=1)
    return probabilities.gather(1, labels[:, None])


_SOFTMAX = Computation(
    draw=_draw_scores,
    wanted=_softmax,
    returns=("loss", "probabilities"),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda scores, labels: {"probabilities": scores.softmax(dim=0)},
            text="they add up to 1 in each column; want that in each row",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda scores, labels: {"loss": -scores.log_softmax(dim=1).mean()},
            text="it is a mean over all classes; want each row's label alone",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda scores, labels: {"loss": -_picked(scores, labels).mean()},
            text="the logarithm is left out",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda scores, labels: {"loss": -_picked(scores, labels).mean().log()},
            text="it is the logarithm of a mean; want the mean of the logarithms",
        ),
    ),
)

# 4. Back through mean and spread


def normalised_backward(x: Tensor, grad_z: Tensor, eps: float) -> Tensor:
    """The gradient of x, from that of the normalised rows."""
    centred = x - x.mean(dim=1, keepdim=True)
    spread = (centred.pow(2).mean(dim=1, keepdim=True) + eps).sqrt()
    z = centred / spread
    along_ones = grad_z.mean(dim=1, keepdim=True)
    along_z = z * (grad_z * z).mean(dim=1, keepdim=True)
    return (grad_z - along_ones - along_z) / spread


def _draw_rows(draw: Draw) -> dict[str, Any]:
    N, _ = draw.sizes("N", "D_in")
    # More than any N, and enough for a mean and a spread to leave something of a row.
    draw.named["D_in"] = D_in = 11 + draw.case
    return {
        "x": 2 * draw.normal(N, D_in) + 1,
        "grad_z": draw.normal(N, D_in),
        "eps": draw.number(0.1, 0.5),
    }


def _layer_norm(x: Tensor, grad_z: Tensor, eps: float) -> Tensor:
    leaf = x.detach().requires_grad_()
    z = torch.nn.functional.layer_norm(leaf, leaf.shape[1:], eps=eps)
    (gradient,) = torch.autograd.grad(z, leaf, grad_z)
    return gradient


def _normalised(
    formula: Callable[[Tensor, Tensor, Tensor, Callable[[Tensor], Tensor]], Tensor],
    *,
    dim: int = 1,
    unbiased: bool = False,
    keep_eps: bool = True,
) -> Callable[[Tensor, Tensor, float], Tensor]:
    """A gradient from grad_z, z, the spread, and the function that takes a row's mean."""

    def variant(x: Tensor, grad_z: Tensor, eps: float) -> Tensor:
        centred = x - x.mean(dim=dim, keepdim=True)
        var = centred.var(dim=dim, keepdim=True, unbiased=unbiased)
        spread = (var + eps * keep_eps).sqrt()
        mean = partial(torch.mean, dim=dim, keepdim=True)
        return formula(grad_z, centred / spread, spread, mean)

    return variant


def _whole(g: Tensor, z: Tensor, spread: Tensor, mean: Callable[[Tensor], Tensor]) -> Tensor:
    return (g - mean(g) - z * mean(g * z)) / spread


_NORMALISED = Computation(
    draw=_draw_rows,
    wanted=_layer_norm,
    returns=("grad_x",),
    tensors=True,
    tracked=False,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _normalised(lambda g, z, spread, mean: g / spread),
            text="mean and spread are taken for fixed numbers; both move with every entry of the row",
        ),
        Mistake(
            diagnoses.FORGOT_TERM,
            _normalised(lambda g, z, spread, mean: (g - z * mean(g * z)) / spread),
            term="the way through the mean",
        ),
        Mistake(
            diagnoses.FORGOT_TERM,
            _normalised(lambda g, z, spread, mean: (g - mean(g)) / spread),
            term="the way through the spread",
        ),
        Mistake(
            diagnoses.KNOWN,
            _normalised(lambda g, z, spread, mean: (g - mean(g) - mean(g * z)) / spread),
            text="the way through the spread is the same for all of a row's entries; it grows with "
            "how far an entry is from the mean",
        ),
        Mistake(
            diagnoses.KNOWN,
            _normalised(
                lambda g, z, spread, mean: (g - mean(g) - z * mean(g * z)) / spread.square()
            ),
            text="it is divided by the variance; want the spread, its root",
        ),
        Mistake(
            diagnoses.KNOWN,
            _normalised(
                lambda g, z, spread, mean: (g - z.shape[1] * (mean(g) + z * mean(g * z))) / spread
            ),
            text="both ways count D_in times: the mean divides by D_in, and so do its slopes",
        ),
        Mistake(
            diagnoses.KNOWN,
            _normalised(_whole, dim=0),
            text="mean and spread run down the columns; one sample is a row",
        ),
        Mistake(
            diagnoses.KNOWN,
            _normalised(_whole, unbiased=True),
            text="the variance is divided by D_in - 1, as Tensor.var does unless you say otherwise; "
            "here it is a mean",
        ),
        Mistake(
            diagnoses.FORGOT_TERM, _normalised(_whole, keep_eps=False), term="eps under the root"
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="Arrays behind your back",
        check=_STEP,
        hints=(
            "Which array does the tensor w1 share its memory with, and which line writes into it?",
            "torch.from_numpy copies nothing. Before the loop, the lesson makes a copy of each weight by a "
            "method that is named for it.",
        ),
        solution=step,
        stub="modified-input",
    ),
    Exercise(
        number=2,
        title="The same kind, in the same place",
        check=_ONE_HOT,
        hints=(
            "Which dtype does torch.zeros choose, and which device, if you name none?",
            "You may name both after the shape, as scores has them. Or look for the relative of torch.zeros "
            "that takes a tensor in place of a shape.",
        ),
        solution=one_hot,
        stub="wrong-dtype",
    ),
    Exercise(
        number=3,
        title="Softmax through the dictionary",
        check=_SOFTMAX,
        hints=(
            "Which words for axis and keepdims do tensors use, and what does max give besides the values?",
            "max along a dim returns two tensors, the values and where they stand; amax returns the values "
            "alone. exp and log are methods, and indexing works as it does on arrays.",
        ),
        solution=loss_and_probabilities,
        stub="empty",
    ),
    Exercise(
        number=4,
        title="Back through mean and spread",
        check=_NORMALISED,
        hints=(
            "On how many ways does one entry of x reach an entry of z in its row? Write z as centred "
            "divided by spread, and ask what x moves in each.",
            "Three parts, all divided by the spread. An entry moves its own place, which gives grad_z. "
            "It moves the mean, which takes off the row's mean of grad_z. And it moves the spread, "
            "which takes off z times a mean over the row: that of which product?",
        ),
        solution=normalised_backward,
        stub="empty",
    ),
)
"""The exercises, in order."""
