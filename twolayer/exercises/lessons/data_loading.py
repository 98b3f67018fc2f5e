"""Exercises on data sets and mini-batches: windows of a series, and a mean over mini-batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import DataLoader, Dataset

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Predicate
from twolayer.exercises.computation import Computation
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.values import is_tensor, kind_of

if TYPE_CHECKING:
    from torch import Tensor

    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.draws import Draw

# 1. Windows of a series


class Windows(Dataset):  # type: ignore[type-arg]
    """Pieces of a series, each with the number that follows it."""

    def __init__(self, series: Tensor, width: int) -> None:
        self.series, self.width = series, width

    def __len__(self) -> int:
        """Leave out the places whose piece nothing follows."""
        return len(self.series) - self.width

    def __getitem__(self, place: int) -> tuple[Tensor, Tensor]:
        """Give a piece, and the number that follows it."""
        end = place + self.width
        return self.series[place:end], self.series[end]


def _windows_problem(answer: Any) -> Diagnosis | str | None:
    for length, width in ((7, 3), (12, 5), (4, 1)):
        series = (torch.arange(length) ** 2).double()
        named = f"a series of {length} numbers and width {width}"
        windows = answer(series.clone(), width)
        if len(windows) != length - width:
            return (
                f"len() gives {len(windows)} for {named}; the last piece has to leave a number that "
                "follows it"
            )
        for place in range(length - width):
            if problem := _item_problem(windows[place], series, place, width):
                return f"for {named}, {problem}"
        pieces, following = next(iter(DataLoader(windows, batch_size=2)))
        if pieces.shape != (2, width) or following.shape != (2,):
            return f"for {named}, a mini-batch of 2 has shapes {pieces.shape} and {following.shape}"
    return None


def _item_problem(item: Any, series: Tensor, place: int, width: int) -> str | None:
    """Say what is wrong with an item."""
    if not isinstance(item, tuple | list) or len(item) != 2:
        return (
            f"item {place} is a {kind_of(item)}; want a pair: the piece, and the number behind it"
        )
    piece, following = item
    if not is_tensor(piece) or not is_tensor(following):
        return f"item {place} holds a {kind_of(piece)} and a {kind_of(following)}; want two tensors"
    if piece.tolist() != series[place : place + width].tolist():
        return f"the piece of item {place} is {piece.tolist()}; want {width} numbers from place {place} on"
    if following.tolist() != series[place + width].item():
        return f"behind the piece of item {place} stands another number than {following.tolist()}"
    return None


# 2. The mean of all images


def mean_loss(losses: Tensor, sizes: Tensor) -> Tensor:
    """The mean loss of all images, from the mean of each mini-batch."""
    return (losses * sizes).sum() / sizes.sum()


def _draw_losses(draw: Draw) -> dict[str, Any]:
    batches, size, rest = draw.sizes("batches", "size", "rest")
    sizes = draw.labels(batches, 1) + max(size, rest)
    sizes[-1] = min(size, rest)
    return {"losses": draw.normal(batches) ** 2 + 0.1, "sizes": sizes}


def _of_all(losses: Tensor, sizes: Tensor) -> float:
    """The mean over images, each with its mini-batch's mean for its loss."""
    return float(losses.repeat_interleave(sizes).mean())


_MEAN = Computation(
    draw=_draw_losses,
    wanted=_of_all,
    returns=("mean",),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda losses, sizes: float(losses.mean()),
            text="it is the mean over mini-batches, so each image of the small last one counts more than any other",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda losses, sizes: float((losses * sizes).sum() / len(losses)),
            text="the sum over images is divided by the number of mini-batches",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda losses, sizes: float((losses * sizes).sum()),
            text="it is the sum over all images; want their mean",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda losses, sizes: float((losses / sizes).sum()),
            text="the losses are means already, and are divided by the sizes once more",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda losses, sizes: float(losses[:-1].mean()),
            text="the last mini-batch is left out",
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="Windows of a series",
        check=Predicate(
            test=_windows_problem, wanted="a class", after="on three series, and in a data loader"
        ),
        hints=(
            "Write the pieces of a series of 7 numbers with width 3 down, each with the number behind it. How many "
            "are there?",
            "Where does the piece of a place end, and what stands there? The last piece ends one number before the series "
            "does.",
        ),
        solution=Windows,
        stub="known-mistake",
    ),
    Exercise(
        number=2,
        title="The mean of all images",
        check=_MEAN,
        hints=(
            "A last mini-batch of 1 image, and 9 of 32: for how much does that one image count here?",
            "A mean times the number that it was taken over is a sum again. Sums add up, and so do the sizes.",
        ),
        solution=mean_loss,
        stub="known-mistake",
    ),
)
"""The exercises, in order."""
