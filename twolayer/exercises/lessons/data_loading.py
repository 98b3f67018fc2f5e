"""Exercises on data sets and mini-batches: windows of a series, and a mean over mini-batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.utils.data import Dataset, default_collate

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson
from twolayer.exercises.mistakes import Edit
from twolayer.exercises.values import is_tensor, kind_of

if TYPE_CHECKING:
    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw

lesson = Lesson()


def draw_series(draw: Draw) -> dict[str, Any]:
    """A series that is longer than its windows, whose width is 1 in the last case."""
    more, N = draw.sizes("more", "N")
    return {"series": draw.normal(more + N), "width": N}


def unfolded(series: Tensor, width: int) -> tuple[Any, ...]:
    """All windows at once, with what follows as their last number."""
    windows = series.unfold(0, width + 1, 1)
    return len(windows), windows[:, :-1], windows[:, -1], [0.0, 0.0]


def windows_of(answer: Any, inputs: Inputs) -> tuple[Any, ...]:
    """Look at each item, and at the length where there is none."""
    series, width = inputs.values()
    windows = answer(series, width)
    length, items = len(windows), [windows[place] for place in range(len(series) - width)]
    for place, item in enumerate(items):
        if not isinstance(item, tuple | list) or len(item) != 2:
            text = f"it is a {kind_of(item)}; want a pair: the window, and the number after it"
        elif not is_tensor(item[0]):
            text = f"its window is a {kind_of(item[0])}; want a tensor"
        elif item[0].shape != (width,):
            text = f"its window has shape {tuple(item[0].shape)}; want ({width},), the width"
        else:
            continue
        raise DiagnosisError(diagnoses.KNOWN(name=f"item {place}", text=text))
    short = [len(answer(series[:size].clone(), width)) for size in (width, width - 1)]
    return length, *default_collate(items), short


@lesson.exercise(
    "Windows of a series",
    draw=draw_series,
    wanted=unfolded,
    run=windows_of,
    takes="class",
    gives="its length, the windows, the numbers that follow, the lengths for series of width and width - 1",
    tensors=True,
    dtype=False,
    mistakes=(
        Edit(
            "it counts every position; the last window needs a number after it",
            ("max(len(self.series) - self.width, 0)", "len(self.series)"),
        ),
        Edit("it counts a window that no number follows", ("width, 0", "width + 1, 0")),
        Edit(
            "it is one too small; the last number may follow a window", ("width, 0", "width - 1, 0")
        ),
        Edit("each is the window's last number; return the next one", ("[end]", "[end - 1]")),
        Edit("the windows start one position too late", ("[place:end]", "[place + 1 : end + 1]")),
    ),
    hints=(
        "Write down the windows of a series of 7 numbers with width 3, each with the number after it. How many are "
        "there?",
        "Where does a window end, and what is at that position? The last window ends one number before the series "
        "does. And no length is below 0.",
    ),
    stub="known-mistake",
)
class Windows(Dataset):  # type: ignore[type-arg]
    """Windows of a series, each with the number that follows it."""

    def __init__(self, series: Tensor, width: int) -> None:
        self.series, self.width = series, width

    def __len__(self) -> int:
        """Count only the windows that a number follows."""
        return max(len(self.series) - self.width, 0)

    def __getitem__(self, place: int) -> tuple[Tensor, Tensor]:
        """Return a window, and the number that follows it."""
        end = place + self.width
        return self.series[place:end], self.series[end]


def draw_losses(draw: Draw) -> dict[str, Any]:
    """Losses of mini-batches of one size, and of a smaller one."""
    batches, size, rest = draw.sizes("batches", "size", "rest")
    sizes = draw.labels(batches, 1) + max(size, rest)
    sizes[-1] = min(size, rest)
    return {"losses": draw.normal(batches) ** 2 + 0.1, "sizes": sizes}


@lesson.exercise(
    "The mean over all images",
    draw=draw_losses,
    wanted=lambda losses, sizes: float(losses.repeat_interleave(sizes).mean()),
    gives="mean",
    tensors=True,
    tolerance=1e-5,
    mistakes=tuple(
        Edit(text, ("(losses * sizes).sum() / sizes.sum()", mean))
        for mean, text in {
            "losses.mean()": "this is the mean over mini-batches, so an image of the small last one counts more",
            "(losses * sizes).sum() / len(sizes)": "the sum is divided by the mini-batches; divide by the images",
            "(losses * sizes).sum()": "this is the sum over all images; take their mean",
            "(losses / sizes).sum()": "the losses are means already; multiply by the sizes instead of dividing",
            "losses[:-1].mean()": "the last mini-batch is left out",
            "losses.sum() * sizes.max() / sizes.sum()": "each mini-batch counts as much as the largest; use its size",
        }.items()
    ),
    hints=(
        "Take 9 mini-batches of 32 images and a last one of 1 image. As how many images does that one count here?",
        "A mean times the number of its values is their sum. Sums add up, and so do the sizes.",
    ),
    stub="known-mistake",
)
def mean_loss(losses: Tensor, sizes: Tensor) -> Tensor:
    """The mean loss over all images, from the mean of each mini-batch."""
    return (losses * sizes).sum() / sizes.sum()
