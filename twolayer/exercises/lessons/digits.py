"""Exercises on counting right guesses: the accuracy, the loop around it, the confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Predicate
from twolayer.exercises.computation import Computation
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.values import as_array

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.draws import Draw

# 1. The share of right guesses


def accuracy(scores: Tensor, classes: Tensor) -> float:
    """The share of right guesses."""
    right = scores.argmax(dim=1) == classes
    return right.double().mean().item()


def _draw_scores(draw: Draw) -> dict[str, Any]:
    N, C = draw.sizes("N", "classes")
    N += 20 * (draw.case < 3)  # so many that two mistakes hardly give one number
    C += 2
    draw.named |= {"N": N, "classes": C}
    scores, classes = draw.normal(N, C), draw.labels(N, C)
    scores[range(N), classes] += 1.0  # so that many guesses are right
    scores[-1, classes[-1]] = scores.min() - 1.0  # this one is wrong
    scores[0, classes[0]] = scores.max() + 1.0  # argmax without dim gives the class of row 0
    return {"scores": scores, "classes": classes}


def _share(scores: Tensor, classes: Tensor) -> float:
    pairs = zip(scores.tolist(), classes.tolist(), strict=True)
    return float(sum(row.index(max(row)) == k for row, k in pairs) / len(scores))


_ACCURACY = Computation(
    draw=_draw_scores,
    wanted=_share,
    returns=("accuracy",),
    tensors=True,
    tolerance=1e-6,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda scores, classes: float((scores.argmax() == classes).double().mean()),
            text="argmax without dim gives one place in the whole table, and that one number is "
            "compared with every class; want a guess for each row",
        ),
        Mistake(
            diagnoses.SUM_FOR_MEAN,
            lambda scores, classes: len(scores) * _share(scores, classes),
            count="N",
            what="it is the number of right guesses; want their share of N",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda scores, classes: 1 - _share(scores, classes),
            text="it is the share of wrong guesses",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda scores, classes: 100 * _share(scores, classes),
            text="it is in per cent; want a share between 0 and 1",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda scores, classes: _share(-scores, classes),
            text="the guess is the class of the lowest score; want the highest",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda scores, classes: _share(scores, classes) * len(scores) / scores.numel(),
            text="it is divided by the number of scores; want that of samples",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda scores, classes: float(_share(scores, classes) == 1),
            text="it is rounded down; want a share between 0 and 1",
        ),
    ),
)

# 2. The loop

Part: TypeAlias = "tuple[Tensor, Tensor]"
Update: TypeAlias = "Callable[[torch.nn.Module, Tensor, Tensor], None]"


def history(
    net: torch.nn.Module, update: Update, batches: list[Part], held_out: Part, epochs: int
) -> list[float]:
    """Train for some epochs; the accuracy on what was held out, after each."""
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


class _Watched(torch.nn.Module):
    """A net of one layer that notes how it is called outside updates, and is wrong while it trains."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(classes, features, dtype=torch.float64))
        self.updating = False
        self.seen: list[tuple[Tensor, bool, bool]] = []

    def forward(self, x: Tensor) -> Tensor:
        """Give the scores; in training mode those of another class."""
        if not self.updating:
            self.seen.append((x, self.training, torch.is_grad_enabled()))
        scores = torch.nn.functional.linear(x, self.weight)
        return scores.roll(1, dims=-1) if self.training and not self.updating else scores


def _data(seed: int, rows: int) -> Part:
    """Vectors whose largest entry is their class, as often as chance will have it."""
    generator = torch.Generator().manual_seed(seed)
    classes = torch.randint(0, 3, (rows,), generator=generator)
    noise = torch.randn(rows, 5, generator=generator, dtype=torch.float64)
    return noise + 1.5 * torch.nn.functional.one_hot(classes, 5), classes


def _history_problem(answer: Callable[..., Any]) -> Diagnosis | str | None:
    batches, held_out, epochs = [_data(seed, 2) for seed in range(3)], _data(9, 30), 4
    net = _Watched(5, 3)
    modes: list[bool] = []
    wanted: list[float] = []

    def update(net: torch.nn.Module, images: Tensor, classes: Tensor) -> None:
        assert isinstance(net, _Watched)
        modes.append(net.training)
        net.updating = True
        with torch.enable_grad():
            loss = torch.nn.functional.cross_entropy(net(images), classes)
            (gradient,) = torch.autograd.grad(loss, net.weight)
            net.weight.data -= 0.3 * gradient
        net.updating = False
        if len(modes) % len(batches) == 0:
            wanted.append(_share(held_out[0] @ net.weight.detach().T, held_out[1]))

    given = answer(net, update, batches, held_out, epochs)
    if given is None:
        return diagnoses.NONE(name="what your function returns")
    return (
        _calls_problem(net, modes, held_out[0], epochs * len(batches))
        or _accuracies_problem(given, wanted)
        or None
    )


def _calls_problem(net: _Watched, modes: list[bool], images: Tensor, updates: int) -> str | None:
    """Look at how the net was called."""
    if len(modes) != updates:
        return f"update is called {len(modes)} times; want {updates}: each batch once an epoch"
    if not net.seen:
        return "the net is never called to evaluate it"
    if problem := _evaluation_problem(net, images):
        return problem
    if not modes[0]:
        return "the net is not in training mode during the first epoch's updates"
    if not all(modes):
        return "after the first evaluation, updates are made in evaluation mode; switch back"
    return None


def _evaluation_problem(net: _Watched, images: Tensor) -> str | None:
    """Look at the calls outside updates."""
    for x, training, recording in net.seen:
        if x.shape != images.shape or not torch.equal(x, images):
            return "it evaluates on images that it trains with; want those held out, and no others"
        if training:
            return (
                "the net is in training mode while it is evaluated; some layers act otherwise then"
            )
        if recording:
            return "the evaluation is recorded by autograd; nobody needs that graph"
    return None


def _accuracies_problem(given: Any, wanted: list[float]) -> Diagnosis | str | None:
    """Compare the accuracies."""
    try:
        found = [float(as_array(entry)) for entry in given]
    except TypeError:
        return "the result is no list of numbers"
    if len(found) != len(wanted):
        names = "the accuracy after each epoch"
        return diagnoses.WRONG_COUNT(given=f"{len(found)} results", wanted=len(wanted), names=names)
    for epoch, (one, other) in enumerate(zip(found, wanted, strict=True), start=1):
        if abs(one - other) > 1e-6:
            raise DiagnosisError(
                diagnoses.ENTRY(
                    name="the accuracy",
                    place=f", first at epoch {epoch}",
                    given=f"{one:.6g}",
                    wanted=other,
                )
            )
    return None


_LOOP = Predicate(test=_history_problem, after="on a small network, for 4 epochs")

# 3. The confusion matrix


def confusion(classes: Tensor, guesses: Tensor, C: int) -> Tensor:
    """How often each class, by row, was read as each other, by column."""
    return torch.bincount(C * classes + guesses, minlength=C * C).view(C, C)


def _draw_guesses(draw: Draw) -> dict[str, Any]:
    N, C = draw.sizes("N", "classes")
    C += 1
    N *= 5
    classes, guesses = draw.labels(N, C), draw.labels(N, C)
    guesses[classes == C - 1] = 0  # so that the last pair never occurs
    guesses[0], classes[0] = C - 2, 0  # and the matrix is not symmetric
    return {"classes": classes, "guesses": guesses, "C": C}


def _pairs(classes: Tensor, guesses: Tensor, C: int) -> Tensor:
    counts = torch.zeros(C, C, dtype=torch.int64)
    for row, column in zip(classes.tolist(), guesses.tolist(), strict=True):
        counts[row, column] += 1
    return counts


_CONFUSION = Computation(
    draw=_draw_guesses,
    wanted=_pairs,
    returns=("counts",),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda classes, guesses, C: _pairs(guesses, classes, C),
            text="rows and columns are swapped; want a row for each true class",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda classes, guesses, C: torch.bincount(C * classes + guesses, minlength=C * C),
            text="it is one row of all pairs; want a row for each true class",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda classes, guesses, C: torch.bincount(C * classes + guesses),
            text="it is one row of pairs, and it ends at the last pair that occurs; want all pairs",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda classes, guesses, C: torch.bincount(classes + guesses, minlength=C * C).view(
                C, C
            ),
            text="different pairs get the same number, since both count from 0 to C - 1; make room "
            "for C guesses between one class and the next",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda classes, guesses, C: (_pairs(classes, guesses, C) > 0).long(),
            text="no count is above 1: an assignment with indices meets a pair that occurs twice "
            "only once",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda classes, guesses, C: (
                _pairs(classes, guesses, C) / _pairs(classes, guesses, C).sum(1, keepdim=True)
            ),
            text="these are shares of a row; want counts",
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="The share of right guesses",
        check=_ACCURACY,
        hints=(
            "Print what argmax gives here. How many guesses are that, for how many samples?",
            "A guess is the place of the largest score in its row, so argmax has to know which "
            "dimension runs along a row.",
        ),
        solution=accuracy,
        stub="known-mistake",
    ),
    Exercise(
        number=2,
        title="A loop that flatters itself",
        check=_LOOP,
        hints=(
            "Which images does the name mean after the inner loop has ended? In which mode is the net "
            "then, and again at the next epoch's first update?",
            "Four things are missing: the part held out, the mode to evaluate in, a way to tell "
            "autograd to look away, and the mode to train in, before each epoch's updates.",
        ),
        solution=history,
        stub="known-mistake",
    ),
    Exercise(
        number=3,
        title="Which class is read as which",
        check=_CONFUSION,
        hints=(
            "How do you make one number of a pair of numbers, so that no two pairs get the same?",
            "In a table with C columns, the place at row i and column j comes after i whole rows and j "
            "more. Count these places, all of them, those too that never occur, and make a table of "
            "the counts.",
        ),
        solution=confusion,
        stub="empty",
    ),
)
"""The exercises, in order."""
