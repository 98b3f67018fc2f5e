"""The page that trains LeNet on digits: its split, its fit and its accuracy, computed again."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
import torch

from tests.pages.expectations import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pages.expectations import Run

PAGE = Path(__file__).parents[2] / "gallery" / "networks" / "digits.py"
SOURCE = PAGE.read_text(encoding="utf-8")
# Appended to the page up to its pictures.
KEEP = """
net.eval()
with torch.no_grad():
    guesses = net(images).argmax(dim=1).tolist()
"""


class Fit(NamedTuple):
    """What the page's first fit leaves."""

    train: list[int]
    held_out: list[int]
    guesses: list[int]
    train_accuracies: list[float]
    held_out_accuracies: list[float]


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Fit:
    """The page's first fit, run once more in a process that stops there."""
    folder = tmp_path_factory.mktemp("fit")
    first, found, _ = SOURCE.partition("# %%\n# What it reads\n")
    assert found
    script = folder / "digits_fit.py"
    script.write_text(first + KEEP, encoding="utf-8")
    fit = run(script, folder)
    assert (fit.done.returncode, fit.done.stderr) == (0, "")
    return Fit(**{name: fit.values[name] for name in Fit._fields})


@pytest.fixture(scope="module")
def page(runs: Callable[[Path], Run]) -> Run:
    """The page's run."""
    ran = runs(PAGE)
    assert (ran.done.returncode, ran.done.stderr) == (0, "")
    return ran


@pytest.fixture(scope="module")
def digits() -> Any:
    """The data set, loaded apart from the page."""
    return importlib.import_module("sklearn.datasets").load_digits()


def test_nothing_is_downloaded() -> None:
    """The page takes its data from an installed package and names nothing that fetches."""
    assert re.search(r"(?m)^digits = load_digits\(\)$", SOURCE)
    assert not re.search(r"fetch_|urlopen|urlretrieve|https?:|requests|torchvision|\.hub", SOURCE)


def test_sizes(page: Run, digits: Any) -> None:
    """The page shows the sizes that the data set and the network have."""
    assert digits.images.shape == (1797, 8, 8)
    lines = page.done.stdout.splitlines()
    assert lines[0] == "images (1797, 8, 8)  values 0.0 to 16.0"
    assert "images (1797, 1, 32, 32)  values -1.0 to 1.0" in lines
    five = (6 * 25 + 6, 16 * 6 * 25 + 16, 120 * 400 + 120, 84 * 120 + 84, 10 * 84 + 10)
    two = 1024 * 100 + 100 + 100 * 10 + 10
    assert page.after("elements in its parameters:") == str(sum(five))
    assert page.after("elements in the two-layer network's parameters:") == str(two)
    assert two > sum(five)


def test_the_quoted_lines_are_the_data_sets_own(page: Run, digits: Any) -> None:
    """What the page quotes stands in the description: a copy of the 13 other writers' images."""
    description = " ".join(digits.DESCR.split())
    quoted = [line[2:] for line in page.done.stdout.splitlines() if line.startswith("- ")]
    assert len(quoted) == 3
    assert all(line in description for line in quoted)
    assert "a copy of the test set" in quoted[0]
    assert quoted[1].endswith("and different 13 to the test set.")


def test_the_split_is_that_of_the_seed(fitted: Fit, digits: Any) -> None:
    """Each digit's images, shuffled from seed 0, give their first fifth to the held-out part."""
    rng = np.random.default_rng(0)
    held_out: list[int] = []
    for digit in range(10):
        (places,) = np.nonzero(digits.target == digit)
        held_out += rng.permutation(places)[: places.size // 5].tolist()
    assert fitted.held_out == held_out
    assert sorted(fitted.train + fitted.held_out) == list(range(1797))


def test_the_split_is_disjoint_and_stratified(fitted: Fit, page: Run, digits: Any) -> None:
    """No image is in both parts, and a fifth of each digit is held out, to less than one image."""
    assert set(fitted.train).isdisjoint(fitted.held_out)
    whole = np.bincount(digits.target)
    held_out = np.bincount(digits.target[fitted.held_out])
    assert np.all(np.abs(held_out - whole / 5) < 1)
    assert page.after("for training:") == "1442   held out: 355   in both: 0"
    assert page.after("held out by digit:") == str(held_out.tolist())
    assert page.after("train by digit:") == str((whole - held_out).tolist())


def test_cross_entropy_takes_raw_scores_and_class_numbers(page: Run) -> None:
    """The loss is the mean of -log softmax at the true class; probabilities give another number."""
    scores = np.array([[2.0, 0.5, -1.0], [0.0, 3.0, 1.0]])
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    right = -np.log(shares[[0, 1], [0, 2]]).mean()
    again = np.exp(shares) / np.exp(shares).sum(axis=1, keepdims=True)
    wrong = -np.log(again[[0, 1], [0, 2]]).mean()
    loss = torch.nn.CrossEntropyLoss()(torch.from_numpy(scores), torch.tensor([0, 2]))
    assert loss.item() == pytest.approx(right)
    expected = f"{right:.3f}  CrossEntropyLoss {right:.3f}  from probabilities {wrong:.3f}"
    assert page.after("by hand") == expected
    assert page.after("ten equal scores:") == f"{np.log(10):.3f}, the log of 10"


def test_squared_errors_punish_a_sure_right_answer(page: Run) -> None:
    """Squared errors of scores are least for an even guess, cross-entropy for the right answer."""
    printed = {}
    for answer, row in (
        ("sure and right", [4, 0, 0]),
        ("even", [0, 0, 0]),
        ("sure and wrong", [0, 4, 0]),
    ):
        squared = ((row[0] - 1) ** 2 + row[1] ** 2 + row[2] ** 2) / 3
        entropy = -np.log(np.exp(row[0]) / np.exp(row).sum())
        assert page.after(answer) == f"MSELoss {squared:.3f}  CrossEntropyLoss {entropy:.3f}"
        printed[answer] = squared, entropy
    assert min(printed, key=lambda answer: printed[answer][0]) == "even"
    assert sorted(printed, key=lambda answer: printed[answer][1]) == list(printed)


def test_modes(page: Run) -> None:
    """Dropout differs between the modes; LeNet, which has none, doesn't."""
    layer = torch.nn.Dropout()
    ones = torch.ones(1000)
    assert torch.equal(layer.eval()(ones), ones)
    assert (layer.train()(ones) == 0).any()
    twice = layer.train()(ones)
    assert set(twice.tolist()) == {0.0, 2.0}
    assert page.after("Dropout:") == "100% of the elements differ between the modes"
    assert page.after("LeNet:") == "0% of the elements differ between the modes"


def test_held_out_accuracy(fitted: Fit, page: Run, digits: Any) -> None:
    """Guesses compared with the data set's digits are right for over 97 % of images held out."""
    guesses = np.array(fitted.guesses)
    for part, accuracies in (
        (fitted.held_out, fitted.held_out_accuracies),
        (fitted.train, fitted.train_accuracies),
    ):
        accuracy = np.count_nonzero(guesses[part] == digits.target[part]) / len(part)
        assert accuracy > 0.97
        assert accuracies[-1] == pytest.approx(accuracy)
        assert (
            page.after("held-out accuracy, this build:") == f"{fitted.held_out_accuracies[-1]:.1%}"
        )


def test_training_improves_both_parts(fitted: Fit, page: Run) -> None:
    """The loss falls from the log of 10 to a small part of it, and both accuracies rise."""
    losses = page.values["losses"]
    assert losses[0] == pytest.approx(np.log(10), rel=0.02)
    assert losses[-1] < 0.1
    assert np.mean(losses[-3:]) < np.mean(losses[1:4]) / 3
    for accuracies in (fitted.train_accuracies, fitted.held_out_accuracies):
        assert len(accuracies) == len(losses)
        assert accuracies[0] < 0.3
        assert accuracies[-1] > accuracies[1]


def test_what_a_share_is_worth(page: Run) -> None:
    """The standard error is the spread of a share over many draws of as many images."""
    rng = np.random.default_rng(0)
    for share in (0.9, 0.95, 0.98):
        drawn = rng.binomial(355, share, size=20_000) / 355
        shown = float(page.after(f"p = {share:.2f}, n = 355: standard error"))
        assert shown == pytest.approx(drawn.std(), rel=0.03)


def test_what_a_difference_is_worth(page: Run) -> None:
    """A difference spreads over many draws as its paired standard error says, and less than the separate one."""
    rng = np.random.default_rng(0)
    both, first, second, neither = 0.9, 0.07, 0.01, 0.02
    counts = rng.multinomial(355, [both, first, second, neither], size=20_000)
    spread = ((counts[:, 1] - counts[:, 2]) / 355).std()
    pairs = np.repeat([0.0, 1.0, -1.0], [920, 70, 10])
    assert pairs.std() / 355**0.5 == pytest.approx(spread, rel=0.03)
    shares = both + first, both + second
    assert spread < 0.9 * (sum(p * (1 - p) for p in shares) / 355) ** 0.5

    shown = page.after("last fifth, LeNet and two layers, this build:")
    lenet, other, paired = map(float, re.findall(r"[\d.]+(?=%)", shown))
    separate = page.after("the last one for separate images, this build:")
    assert lenet - other > 2 * paired
    assert paired < float(separate.rstrip("%"))
    expected = (sum(p * (100 - p) for p in (lenet, other)) / 355) ** 0.5
    assert float(separate.rstrip("%")) == pytest.approx(expected, abs=0.1)


def test_the_softmax_is_no_calibrated_certainty(page: Run) -> None:
    """Upside down, over half of the guesses are wrong, with a mean softmax over 70 %; as they are, it fits better."""
    for split in ("random fifth", "last fifth"):
        sure, right = map(
            float, re.findall(r"[\d.]+(?=%)", page.after(f"{split}, upside down, this build:"))
        )
        assert right < 50
        assert sure > 70
        sure, right = map(
            float, re.findall(r"[\d.]+(?=%)", page.after(f"{split}, as they are, this build:"))
        )
        assert abs(sure - right) < 5


def test_what_enters_a_distorted_image_is_background(page: Run) -> None:
    """``grid_sample`` fills with 0, so the page shifts values up by 1 before and down after."""
    grid = torch.nn.functional.affine_grid(
        3 * torch.eye(2, 3)[None], [1, 1, 4, 4], align_corners=False
    )
    ones = torch.nn.functional.grid_sample(torch.ones(1, 1, 4, 4), grid, align_corners=False)
    assert ones[0, 0, 0, 0] == 0
    assert page.after("smallest value after the distortion:") == "-1.0"


@pytest.mark.parametrize("split", ["random fifth", "last fifth"])
def test_nearest_neighbour(split: str, fitted: Fit, page: Run, digits: Any) -> None:
    """The page's accuracy of nearest neighbour is that of distances computed one by one."""
    held_out = fitted.held_out if split == "random fifth" else list(range(1442, 1797))
    train = sorted(set(range(1797)) - set(held_out))
    right = 0
    for place in held_out:
        distances = ((digits.data[train] - digits.data[place]) ** 2).sum(axis=1)
        right += digits.target[train][distances.argmin()] == digits.target[place]
    shown = float(page.after(f"nearest neighbour, {split} held out:"))
    assert shown == pytest.approx(right / len(held_out), abs=0.004)


def test_rows_of_the_confusion_matrix(fitted: Fit, page: Run, digits: Any) -> None:
    """Each matrix holds every held-out image once, in the row of its true digit."""
    for split, part in (("random fifth", fitted.held_out), ("last fifth", range(1442, 1797))):
        rows = np.bincount(digits.target[list(part)], minlength=10).tolist()
        assert page.after(f"{split}:") == f"355 guesses, by row {rows}"
