"""Exercises on counting right guesses: over batches, in a loop, by pairs of class and guess, by class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson
from twolayer.exercises.mistakes import Edit
from twolayer.exercises.values import as_array

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw

lesson = Lesson()
Part: TypeAlias = "tuple[Tensor, Tensor]"


def draw_batches(draw: Draw) -> dict[str, Any]:
    """Batches of different sizes, the last one small, with more than ten classes."""
    *sizes, N, C = draw.sizes("first", "second", "N", "classes")
    batches = []
    for size in (sizes[0] + 10, sizes[1] + 20, N):
        scores, classes = draw.normal(size, C + 8), draw.labels(size, C + 8)
        scores[range(size), classes] += 1.5  # so that many guesses are right
        scores[-1, classes[-1]] = scores.min() - 1.0  # this one is wrong
        scores[0, classes[0]] = scores.max() + 1.0  # argmax without dim gives the class of row 0
        batches.append((torch.from_numpy(scores), torch.from_numpy(classes)))
    return {"batches": batches}


def share(batches: list[Part]) -> float:
    """The share of right guesses, sample by sample."""
    rows = [(row.tolist(), k) for part in batches for row, k in zip(*part, strict=True)]
    return float(sum(row.index(max(row)) == k for row, k in rows) / len(rows))


@lesson.exercise(
    "Accuracy over batches",
    draw=draw_batches,
    wanted=share,
    gives="accuracy",
    tensors=True,
    tolerance=1e-6,
    mistakes=(
        Edit(
            "this is the mean of the batches' accuracies, which gives a small batch too much weight",
            (".sum()", ".double().mean()"),
            ("len(classes)", "1"),
        ),
        Edit("argmax without dim returns one guess for all rows", ("argmax(dim=1)", "argmax()")),
        Edit("this is the number of right guesses; return their share", ("right / count", "right")),
        Edit("divided by the number of batches, not of samples", ("len(classes)", "1")),
        Edit("this is the share of wrong guesses", ("== classes", "!= classes")),
        Edit("this is a percentage; return a share", ("right / count", "100 * right / count")),
        Edit("the guess has the lowest score; take the highest", ("argmax", "argmin")),
        Edit("only the last batch counts", ("+=", "=")),
        Edit("the last batch is left out", ("in batches", "in batches[:-1]")),
    ),
    hints=(
        "Take a batch of 30 samples with 15 right guesses, and a batch of 1 that is right. How many of all 31 "
        "are right?",
        "You can't add the shares of the batches, but you can add counts: the right guesses, and all guesses.",
    ),
    stub="known-mistake",
)
def accuracy(batches: list[Part]) -> float:
    """The share of right guesses in all batches."""
    right: float = 0
    count = 0
    for scores, classes in batches:
        right += (scores.argmax(dim=1) == classes).sum().item()
        count += len(classes)
    return right / count


class Watched(torch.nn.Module):
    """A net of one layer that says how it must not be called."""

    def __init__(self, held_out: Tensor) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(3, 5, dtype=torch.float64))
        self.held_out, self.updating, self.updates, self.evaluations = held_out, False, 0, 0

    def refuse(self, wrong: Any, text: str) -> None:
        """Stop where something is wrong."""
        if wrong:
            raise DiagnosisError(diagnoses.KNOWN(name="the loop", text=text))

    def forward(self, x: Tensor) -> Tensor:
        """Give the scores."""
        if not self.updating:
            same = (x.reshape(-1, 1, 5) == self.held_out).all(-1).any(1).all()
            self.refuse(not same, "it evaluates on training images; use the held-out ones")
            self.refuse(self.training, "the net is evaluated in training mode; switch the mode")
            grad = torch.is_grad_enabled()
            self.refuse(grad, "autograd records the evaluation; switch that off")
            self.evaluations += 1
        return torch.nn.functional.linear(x, self.weight)

    def update(self, images: Tensor, classes: Tensor) -> None:
        """Take a step down the gradient."""
        text = "an update is made in evaluation mode; switch to training mode before each epoch"
        self.refuse(not self.training, text)
        grad = torch.is_grad_enabled()
        self.refuse(not grad, "autograd is off during an update, which needs gradients")
        self.updating = True
        loss = torch.nn.functional.cross_entropy(self(images), classes)
        (gradient,) = torch.autograd.grad(loss, self.weight)
        self.weight.data -= 0.3 * gradient
        self.updating, self.updates = False, self.updates + 1


def draw_loop(draw: Draw) -> dict[str, Any]:
    """A net that comes in evaluation mode, and then in training mode, and what it trains on."""

    def part(rows: int) -> Part:
        classes = draw.labels(rows, 3)
        images = draw.normal(rows, 5)
        images[range(rows), classes] += 1.5
        return torch.from_numpy(images), torch.from_numpy(classes)

    batches, held_out = [part(2) for _ in range(3)], part(30)
    return {
        "net": Watched(held_out[0]).train(mode=draw.case == 1),
        "update": Watched.update,
        "batches": batches,
        "held_out": held_out,
        "epochs": 4,
    }


def by_weight(net: Any, update: Any, batches: list[Part], held_out: Part, epochs: int) -> Any:
    """The accuracies, without a call of the net."""
    net.train()
    found = []
    for _ in range(epochs):
        for batch in batches:
            update(net, *batch)
        found.append(share([(held_out[0] @ net.weight.detach().T, held_out[1])]))
    return found


def watched(answer: Callable[..., Any], inputs: Inputs) -> list[float]:
    """Let an answer train, and count its calls."""
    net, updates = inputs["net"], inputs["epochs"] * len(inputs["batches"])
    given = answer(*inputs.values())
    if given is None:
        raise DiagnosisError(diagnoses.NONE(name="what your function returns"))
    text = f"update is called {net.updates} times; want {updates}, one for each batch in each epoch"
    net.refuse(net.updates != updates, text)
    net.refuse(not net.evaluations, "it never evaluates the net")
    return [float(as_array(entry)) for entry in given]


@lesson.exercise(
    "A loop that flatters the network",
    draw=draw_loop,
    wanted=by_weight,
    run=watched,
    gives="the list of accuracies",
    cases=2,
    tolerance=1e-6,
    mistakes=(Edit("this is the share of wrong guesses", ("guesses == ", "guesses != ")),),
    hints=(
        "Which images does the name ``images`` refer to after the inner loop? In which mode is the net then, and at "
        "the next epoch's first update?",
        "Four things are missing: the held-out data, the mode for evaluation, a way to stop autograd from "
        "recording, and the mode for training, before each epoch's updates.",
    ),
    stub="known-mistake",
)
def history(net: Any, update: Any, batches: list[Part], held_out: Part, epochs: int) -> list[float]:
    """Train for some epochs, and list the accuracy on held-out data after each."""
    accuracies = []
    for _ in range(epochs):
        net.train()
        for images, classes in batches:
            update(net, images, classes)
        net.eval()
        images, classes = held_out
        with torch.no_grad():
            guesses = net(images).argmax(dim=1)
        accuracies.append((guesses == classes).double().mean().item())
    return accuracies


def draw_guesses(draw: Draw) -> dict[str, Any]:
    """Classes and guesses, more than ten; the last class never occurs in the second case."""
    N, C = draw.sizes("N", "classes")
    C += 8
    seen = C - 1 if draw.case == 1 else C
    classes, guesses = draw.labels(5 * N, seen), draw.labels(5 * N, seen)
    guesses[classes == C - 1] = 0  # so that the last pair never occurs
    classes[:3], guesses[:3] = 0, C - 2  # a pair that occurs often, in a table that isn't symmetric
    return {"classes": classes, "guesses": guesses, "C": C}


def pairs(classes: Tensor, guesses: Tensor, C: int) -> Tensor:
    """Count one by one."""
    counts = torch.zeros(C, C, dtype=torch.int64)
    for row, column in zip(classes.tolist(), guesses.tolist(), strict=True):
        counts[row, column] += 1
    return counts


@lesson.exercise(
    "The confusion matrix",
    draw=draw_guesses,
    wanted=pairs,
    gives="counts",
    tensors=True,
    mistakes=(
        Edit("this is one row of all pairs; return a row for each true class", (".view(C, C)", "")),
        Edit(
            "this is one row of pairs, and it ends at the last pair that occurs; return a table of all pairs",
            (", minlength=C * C).view(C, C)", ")"),
        ),
        Edit(
            "different pairs get the same number, because class and guess both run from 0 to C - 1; leave "
            "room for C guesses between one class and the next",
            ("C * classes", "classes"),
        ),
        Edit(
            "no count is above 1, because an indexed += counts a repeated pair only once",
            ("(C, C)", "(C, C).clamp(max=1)"),
        ),
        Edit(
            "it has only the classes that occur; the number of classes is C",
            ("return torch", "C = int(max(classes.max(), guesses.max())) + 1\n    return torch"),
        ),
    ),
    hints=(
        "How can you turn a pair of numbers into one number, so that no two pairs get the same one?",
        "In a table with C columns, the element at row i and column j comes after i whole rows and j more "
        "elements. Count these positions, including those that never occur, and reshape the counts into a "
        "table.",
    ),
)
def confusion(classes: Tensor, guesses: Tensor, C: int) -> Tensor:
    """How often each class, by row, was read as each class, by column."""
    return torch.bincount(C * classes + guesses, minlength=C * C).view(C, C)


def draw_counts(draw: Draw) -> dict[str, Any]:
    """A table in which a class is without examples, and one is recognised least of all."""
    (C,) = draw.sizes("classes")
    counts = draw.rng.integers(1, 9, (C, C))
    counts.flat[:: C + 1] += 40
    without, worst, best = draw.rng.permutation(C)[:3]
    counts[worst, worst], counts[best, best], counts[without] = 2, 400, 0
    return {"counts": counts}


def one_by_one(counts: Tensor) -> tuple[Tensor, int]:
    """Divide class by class."""
    rows = counts.tolist()
    recall = [row[k] / sum(row) if any(row) else float("nan") for k, row in enumerate(rows)]
    return torch.tensor(recall), min((r, k) for k, r in enumerate(recall) if r == r)[1]  # noqa: PLR0124 - NaN


@lesson.exercise(
    "The recall of each class",
    draw=draw_counts,
    wanted=one_by_one,
    gives="recall, worst",
    tensors=True,
    dtype=False,
    tolerance=1e-6,
    mistakes=(
        Edit("argmin treats nan as the smallest; leave that class out", (".nan_to_num(2.0)", "")),
        Edit("this is the class with the highest recall", ("(2.0).argmin", "(0.0).argmax")),
        Edit("this is the precision; want a share of a class's examples", ("dim=1", "dim=0")),
        Edit("this is a share of all examples, not of the class's", ("sum(dim=1)", "sum()")),
        Edit("a class without examples has 0; want nan", ("sum(dim=1)", "sum(dim=1).clamp(min=1)")),
        Edit("this is the share of each class that was missed", ("recall =", "recall = 1 -")),
    ),
    hints=(
        "Which row or column holds all examples of a class, and which of its elements counts the right "
        "guesses?",
        "The right guesses are on the diagonal. Before you look for the smallest recall, replace each nan by "
        "a value that is never the smallest.",
    ),
)
def recalls(counts: Tensor) -> tuple[Tensor, int]:
    """The recall of each class, and the class with the smallest."""
    recall = counts.diagonal() / counts.sum(dim=1)
    worst = int(recall.nan_to_num(2.0).argmin())
    return recall, worst
