"""Exercises on the network in tensors, with gradients still derived by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.computation import by_autograd
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit, forgot

if TYPE_CHECKING:
    from torch import Tensor

    from twolayer.exercises.draws import Draw
    from twolayer.exercises.values import Array

lesson = Lesson()
PICKED = "[torch.arange(len(labels)), labels]"
_gradients = by_autograd(
    lambda x, y, w1, w2: ((torch.relu(x @ w1) @ w2 - y) ** 2).sum(), "w1", "w2"
)


def moved(x: Array, y: Array, w1: Array, w2: Array, learning_rate: float) -> tuple[Array, Array]:
    """The weights after one step, by autograd."""
    first, second = _gradients(x, y, w1, w2)
    return w1 - learning_rate * first, w2 - learning_rate * second


@lesson.exercise(
    "Changes behind your back",
    draw=given(
        x_array="with_zeros N D_in",
        y_array="normal N D_out",
        w1_array="with_zeros D_in H",
        w2_array="normal H D_out",
        learning_rate="number 0.001 0.01",
    ),
    wanted=moved,
    gives="w1, w2",
    starts={"w1": "w1_array", "w2": "w2_array"},
    copy=True,
    hints=(
        "Which array does the tensor w1 share memory with, and which line writes into it?",
        "torch.from_numpy copies nothing. Before its loop, the lesson copies each weight with a tensor's method.",
    ),
    stub="modified-input",
)
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


def scores_of_a_kind(draw: Draw) -> dict[str, Any]:
    """Scores of a different dtype in each case, and labels."""
    drawn = given(scores="normal N C", labels="labels N C")(draw)
    kinds = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
    tensors = {name: torch.from_numpy(array) for name, array in drawn.items()}
    return tensors | {"scores": tensors["scores"].to(kinds[draw.case])}


def hot(scores: Tensor, labels: Tensor) -> Tensor:
    """The table, by PyTorch's own function."""
    return torch.nn.functional.one_hot(labels, scores.shape[1]).to(scores)


def table_in_its_place(answer: Any, inputs: dict[str, Any]) -> Any:
    """The table, if it comes back on the inputs' device, whichever that is."""
    table, wanted = answer(*inputs.values()), hot(**inputs)
    right = torch.is_tensor(table) and table.dtype == wanted.dtype and table.equal(wanted)
    if right and leaves_device(answer, tuple(inputs.values())):
        there = {"given": "cpu", "wanted": "meta, where the inputs are"}
        raise DiagnosisError(diagnoses.WRONG_DEVICE(name="table", **there))
    return table


def leaves_device(answer: Any, inputs: tuple[Tensor, ...]) -> bool:
    """Whether the result of inputs on meta, a device that every machine has, is elsewhere.

    Tensors on meta have no values. Code that reads values gets inputs on the CPU instead, and meta as the
    default for new tensors and for tensors made from an array.
    """
    try:
        return bool(answer(*(tensor.to("meta") for tensor in inputs)).device.type != "meta")
    except Exception as error:  # noqa: BLE001 - a reader's code may raise anything without values
        if "device" in f"{error}":
            return True
    try:
        with torch.device("meta"), mock.patch.object(torch, "from_numpy", torch.as_tensor):
            return bool(answer(*inputs).device.type == "meta")
    except Exception:  # noqa: BLE001 - as above
        return False


@lesson.exercise(
    "The same dtype, on the same device",
    draw=scores_of_a_kind,
    wanted=hot,
    run=table_in_its_place,
    gives="table",
    tensors=True,
    mistakes=(
        Edit("whole columns are 1; index with the row as well", (PICKED, "[:, labels]")),
        Edit("ones and zeros are swapped", ("return table", "return 1 - table")),
        Edit("it has scores at the labels; put 1 there", ("return table", "return table * scores")),
    ),
    hints=(
        "Which dtype and which device does torch.zeros choose by default?",
        "Pass the dtype and the device of scores after the shape, or use the relative of torch.zeros that takes a "
        "tensor instead of a shape.",
    ),
    stub="wrong-dtype",
)
def one_hot(scores: Tensor, labels: Tensor) -> Tensor:
    """Ones at the labels, zeros elsewhere, of the scores' dtype and on their device."""
    table = torch.zeros_like(scores)
    table[torch.arange(len(labels)), labels] = 1
    return table


COLUMNS = "the probabilities sum to 1 in each column; they must in each row"


def far_scores(draw: Draw) -> dict[str, Any]:
    """Labels, and rows so large or so small that exp overflows or returns only zeros."""
    drawn = given(scores="normal N C", labels="labels N C")(draw)
    drawn["scores"] += 1000 * (-1.0) ** np.arange(len(drawn["scores"]))[:, None]
    return drawn


@lesson.exercise(
    "Softmax from NumPy to tensors",
    draw=far_scores,
    wanted=lambda scores, labels: (
        torch.nn.functional.cross_entropy(scores, labels),
        torch.nn.functional.softmax(scores, dim=1),
    ),
    gives="loss, probabilities",
    tensors=True,
    dtype=False,
    tolerance=1e-5,
    mistakes=(
        Edit(
            "exp overflows; subtract each row's maximum",
            (" - scores.amax(dim=1, keepdim=True)", ""),
        ),
        Edit(COLUMNS, ("exps.sum(dim=1", "exps.sum(dim=0")),
        Edit(COLUMNS, ("dim=1", "dim=0")),
        Edit("it is a mean over all classes; use only each row's label", (PICKED, "")),
        Edit("each row uses the labels of all rows; use its own", (PICKED, "[:, labels]")),
        Edit(
            "softmax is applied twice; pass scores to cross_entropy, which includes softmax",
            (
                "-probabilities[torch.arange(len(labels)), labels].log().mean()",
                "torch.nn.functional.cross_entropy(probabilities, labels)",
            ),
        ),
        Edit("the logarithm is missing", (".log()", "")),
        Edit("it is the logarithm of the mean; swap the two", (".log().mean()", ".mean().log()")),
    ),
    hints=(
        "What do tensors call axis and keepdims, and what does max return besides the values?",
        "max along a dim returns two tensors, the values and their indices. amax returns only the values. exp and log "
        "are methods, and indexing works as it does on arrays.",
    ),
)
def loss_and_probabilities(scores: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The mean cross-entropy, and the probabilities from softmax."""
    shifted = scores - scores.amax(dim=1, keepdim=True)
    exps = shifted.exp()
    probabilities = exps / exps.sum(dim=1, keepdim=True)
    loss = -probabilities[torch.arange(len(labels)), labels].log().mean()
    return loss, probabilities


def through_layer_norm(x: Tensor, grad_z: Tensor, eps: float) -> Tensor:
    """The gradient of x, by autograd."""
    leaf = x.detach().requires_grad_()
    z = torch.nn.functional.layer_norm(leaf, leaf.shape[1:], eps=eps)
    return torch.autograd.grad(z, leaf, grad_z)[0]


@lesson.exercise(
    "Back through mean and spread",
    draw=given(x="normal N D_in", grad_z="normal N D_in", eps="number 0.1 0.5"),
    wanted=through_layer_norm,
    gives="grad_x",
    tensors=True,
    dtype=False,
    tolerance=1e-5,
    forbids=dict.fromkeys(("backward", "grad", "jvp", "make_dual"), "a derivation, not autograd"),
    mistakes=(
        Edit(
            "mean and spread are treated as constants; both depend on every element of the row",
            (" - along_ones - along_z", ""),
        ),
        Edit(forgot("the path through the mean"), (" - along_ones", "")),
        Edit(forgot("the path through the spread"), (" - along_z", "")),
        Edit("the part through the spread lacks the factor z", ("along_z = z * ", "along_z = ")),
        Edit(
            "it is divided by the variance; use its root",
            ("along_z) / spread", "along_z) / spread**2"),
        ),
        Edit(
            "both paths count D_in times; divide by D_in, as the mean does",
            ("grad_z.mean(", "grad_z.sum("),
            ("(grad_z * z).mean(", "(grad_z * z).sum("),
        ),
        Edit("mean and spread are those of columns; use those of rows", ("dim=1", "dim=0")),
        Edit(
            "the variance is divided by D_in - 1, the default of Tensor.var; divide by D_in",
            ("centred.pow(2).mean(dim=1, keepdim=True)", "x.var(dim=1, keepdim=True)"),
        ),
        Edit("eps is added to the root; add it inside", (" + eps).sqrt()", ").sqrt() + eps")),
        Edit(forgot("eps under the root"), (" + eps", "")),
    ),
    hints=(
        "By how many paths does an element of x affect an element of z in its row? Write z as centred divided by "
        "spread, and ask how x affects each.",
        "There are three parts, all divided by the spread. An element moves its own element of z directly, which "
        "contributes grad_z. It moves the mean, which subtracts the row's mean of grad_z. And it moves the spread, "
        "which subtracts z times the row's mean of a product. Which product?",
    ),
)
def normalised_backward(x: Tensor, grad_z: Tensor, eps: float) -> Tensor:
    """The gradient of x, from that of the normalised rows."""
    centred = x - x.mean(dim=1, keepdim=True)
    spread = (centred.pow(2).mean(dim=1, keepdim=True) + eps).sqrt()
    z = centred / spread
    along_ones = grad_z.mean(dim=1, keepdim=True)
    along_z = z * (grad_z * z).mean(dim=1, keepdim=True)
    return (grad_z - along_ones - along_z) / spread
