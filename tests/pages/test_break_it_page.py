"""The break-it lab: its judge is the first rung, and each mistake does what the page says."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from tests.pages.expectations import ROOT
from twolayer import DivergedError, Problem, random_problem
from twolayer.rungs import RUNGS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.pages.expectations import Run

PAGE = ROOT / "gallery" / "labs" / "break_it.py"
PROBLEM = random_problem(seed=0)


@pytest.fixture(scope="module")
def page(runs: Callable[[Path], Run]) -> Run:
    """The page's run."""
    ran = runs(PAGE)
    assert (ran.done.returncode, ran.done.stderr) == (0, "")
    return ran


@pytest.fixture(scope="module")
def values(page: Run) -> dict[str, Any]:
    """What the page leaves in its variables."""
    return page.values


def reference(learning_rate: float = 1e-6, problem: Problem = PROBLEM) -> list[float]:
    """100 losses of the first rung."""
    fitted = RUNGS["numpy_by_hand"].fit(problem, steps=100, learning_rate=learning_rate)
    return list(fitted.losses)


def test_the_judge_is_the_first_rung(values: dict[str, Any]) -> None:
    """The loop that mended loops are held against has the losses of the first rung."""
    assert values["losses"] == pytest.approx(reference(), rel=1e-8)


def test_no_mistake_is_left_unmended(page: Run, values: dict[str, Any]) -> None:
    """Each loop that is broken has its mend, which the page's judge has let pass."""
    assert set(values["broken"]) <= set(values["fixed"])
    assert page.output.count("\nfixed: ") == 11


def test_a_rate_that_explodes_overflows_at_the_step_that_the_package_names(
    values: dict[str, Any],
) -> None:
    """At 5e-6 each loss is a multiple of the last, and the last finite one is that of the package's error."""
    broken = values["broken"]["explodes"]
    with pytest.raises(DivergedError) as caught:
        reference(5e-6)
    assert all(after > 3 * before for before, after in pairwise(broken))
    assert len(broken) == caught.value.step
    assert broken[-1] == pytest.approx(caught.value.last_finite_loss, rel=1e-6)


def test_a_rate_that_kills_leaves_a_finite_loss_near_that_of_zero(values: dict[str, Any]) -> None:
    """At 2e-6 hardly a ReLU is live after 100 steps, and the loss is near what zero costs."""
    broken = values["broken"]["dies"]
    assert broken == pytest.approx(reference(2e-6), rel=1e-8)
    assert values["zero_costs"] == pytest.approx(np.square(PROBLEM.y).sum())
    assert 0.9 < broken[-1] / values["zero_costs"] < 1.1
    at_first, dead, mended = values["live"].values()
    assert (PROBLEM.x @ PROBLEM.w1 > 0).mean() == at_first
    assert dead < 0.02
    assert 0.4 < mended < at_first


def test_gradients_that_pile_up_are_momentum_without_friction(values: dict[str, Any]) -> None:
    """Never cleared, the loop is SGD with momentum 1: two right losses, then others."""
    x, y = torch.from_numpy(PROBLEM.x.copy()), torch.from_numpy(PROBLEM.y.copy())
    weights = [torch.from_numpy(w.copy()).requires_grad_() for w in (PROBLEM.w1, PROBLEM.w2)]
    optimizer = torch.optim.SGD(weights, lr=1e-6, momentum=1)
    history = []
    for _ in range(30):
        loss = ((x @ weights[0]).relu() @ weights[1] - y).square().sum()
        history.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    broken = values["broken"]["not cleared"]
    assert broken[:30] == pytest.approx(history, rel=1e-8)
    assert broken[:2] == pytest.approx(reference()[:2], rel=1e-8)
    assert broken[2] < 0.5 * reference()[2]
    assert broken[-1] > 1000 * reference()[-1]


def test_an_update_in_place_outside_no_grad_raises(values: dict[str, Any]) -> None:
    """PyTorch refuses to change a tracked leaf, with the words that the page shows."""
    w = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError) as caught:
        w -= 1
    assert values["messages"]["in place"] == str(caught.value)
    assert "leaf Variable that requires grad" in values["messages"]["in place"]


def test_an_update_written_out_loses_the_gradient(values: dict[str, Any]) -> None:
    """The new weight is no leaf: one step works, then grad is None, and arithmetic fails."""
    warned, raised = values["messages"]["written out"]
    assert values["steps_done"] == 1
    assert warned.startswith("The .grad attribute of a Tensor that is not a leaf")
    assert raised.endswith("'float' and 'NoneType'")


def test_a_leaf_and_a_part_of_it_stay_as_they_are(values: dict[str, Any]) -> None:
    """Changing a tracked leaf, or a view of one, raises, and the page shows both messages."""
    whole, part = values["messages"]["leaf"]
    assert whole.startswith("a leaf Variable that requires grad")
    assert part.startswith("a view of a leaf Variable that requires grad")
    w = torch.ones(2, 2, requires_grad=True)
    for changed in (w, w[0]):
        with pytest.raises(RuntimeError, match="leaf Variable"):
            changed.mul_(2)
    assert torch.equal(w, torch.ones(2, 2))


def test_data_gives_other_losses_where_detach_raises(values: dict[str, Any]) -> None:
    """Through data the second loss is wrong already, without a word; through detach it raises."""
    right, broken = reference(5e-7), values["broken"]["data"]
    assert broken[0] == pytest.approx(right[0], rel=1e-8)
    assert abs(broken[1] / right[1] - 1) > 1e-3
    assert broken[-1] < 1e-3 * broken[0]
    assert "modified by an inplace operation" in values["messages"]["data"]


def test_the_mean_divides_the_rate(values: dict[str, Any]) -> None:
    """With the mean, the losses are those of a rate 640 times smaller, divided by 640."""
    slow = [loss / 640 for loss in reference(1e-6 / 640)]
    assert values["broken"]["mean"] == pytest.approx(slow, rel=1e-8)
    assert values["larger_rate"] == pytest.approx([loss / 640 for loss in reference()], rel=1e-8)


def test_a_target_without_its_axis_is_compared_with_every_prediction(
    page: Run, values: dict[str, Any]
) -> None:
    """The wrong loss sums over all pairs of a prediction and a target; the mend over 64 pairs."""
    y_pred = np.maximum(PROBLEM.x @ PROBLEM.w1, 0) @ PROBLEM.w2[:, 0]
    target = PROBLEM.y[:, 0]
    pairs = math.fsum((p - q) ** 2 for p in y_pred for q in target)
    assert float(page.output.split("with the wrong shape ")[1].split()[0]) == pytest.approx(
        pairs, rel=0.01
    )
    one = Problem(PROBLEM.x, PROBLEM.y[:, :1], PROBLEM.w1, PROBLEM.w2[:, :1])
    assert values["fixed"]["shape"] == pytest.approx(reference(problem=one), rel=1e-8)
    assert values["messages"]["shape"] == (
        "UserWarning: Using a target size (torch.Size([64])) "
        "that is different to the input size (torch.Size([64, 1]))"
    )


def test_reshape_of_a_transposed_weight_updates_a_copy(values: dict[str, Any]) -> None:
    """A view of it raises; reshape copies, so the weights and the loss stay as they were."""
    assert values["messages"]["view"].startswith("view size is not compatible")
    assert values["messages"]["view"].endswith("Use .reshape(...) instead.")
    assert values["broken"]["view"] == pytest.approx([reference()[0]] * 100, rel=1e-12)
    assert len(set(values["broken"]["view"])) == 1


def test_float64_does_not_multiply_float32(values: dict[str, Any]) -> None:
    """A layer refuses NumPy's dtype, and the message names both."""
    with pytest.raises(RuntimeError) as caught:
        torch.nn.Linear(2, 1)(torch.from_numpy(np.ones((1, 2))))
    assert values["messages"]["dtype"] == str(caught.value)
    assert "Double and Float" in values["messages"]["dtype"]


def test_torchs_seed_leaves_random_alone(values: dict[str, Any]) -> None:
    """Two runs with torch's seed differ from the first loss on."""
    first, second = values["unseeded"]
    assert first[0] != second[0]
    assert len(first) == 10


def test_the_figure_shows_the_loops_that_raise_nothing(page: Run, values: dict[str, Any]) -> None:
    """Beside the plain loop stand all that are broken in silence, each up to where it left."""
    (figure,) = page.figures
    lines = figure["axes"][0]["things"]
    assert len(lines) == 1 + len(values["broken"])
    for line, history in zip(lines[1:], values["broken"].values(), strict=False):
        drawn = line["data"]["y"]
        assert drawn == history[: len(drawn)]
        assert len(drawn) in {3, 100}
