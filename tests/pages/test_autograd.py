"""The autograd pages: what they print, held against a second computation."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from twolayer_docs.course import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pages.expectations import Run

FOLDER = Path(__file__).parents[2] / "gallery" / "autograd"
NAMES = SECTIONS["autograd"]

every_page = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def pages(runs: Callable[[Path], Run]) -> dict[str, Run]:
    """What each page prints, and its variables."""
    found = {}
    for name in NAMES:
        run = runs(FOLDER / f"{name}.py")
        assert (run.done.returncode, run.done.stderr) == (0, "")
        found[name] = run
    return found


def numbers(text: str) -> list[float]:
    """The numbers in a text, in order."""
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", text)]


def tracked(*values: float) -> torch.Tensor:
    """A leaf that requires a gradient."""
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def tracked_matrix(rows: int, columns: int) -> torch.Tensor:
    """A matrix of ones that requires a gradient."""
    return torch.ones(rows, columns, requires_grad=True)


def formula(x: torch.Tensor) -> torch.Tensor:
    """The worked example's ``o``."""
    return (3 * (x + 2) ** 2).mean()


# The graph


def functions(result: torch.Tensor) -> list[Any]:
    """The functions behind a result, each once."""
    found: list[Any] = [result.grad_fn]
    for function in found:
        found += [f for f, _ in function.next_functions if f is not None and f not in found]
    return found


def ladder_loss(x: torch.Tensor, w1: torch.Tensor, w2: torch.Tensor) -> torch.Tensor:
    """The ladder's loss against targets of zero."""
    return (torch.relu(x @ w1) @ w2).pow(2).sum()


def test_functions_keep_what_their_gradient_needs(pages: dict[str, Run]) -> None:
    """A product keeps the factor that it needs, and a second one where both need a gradient."""
    x, w1, w2 = torch.ones(8, 5), tracked_matrix(5, 4), tracked_matrix(4, 2)
    *_, first, leaf = functions(ladder_loss(x, w1, w2))
    assert leaf.variable is w1
    assert first._saved_self is x
    assert first._saved_mat2 is None
    both = functions(ladder_loss(x.clone().requires_grad_(), w1, w2))
    assert sum(getattr(f, "_saved_mat2", None) is w1 for f in both) == 1

    page = pages["graph"]
    assert page.after("from x @ w1 to x:") == "None"
    assert page.after("from x @ w1 to w1:") == "AccumulateGrad"
    assert page.after("loss from x        :") == "8 functions keep 5 tensors"
    assert page.after("loss from tracked_x:") == "9 functions keep 6 tensors"


def test_the_memory_kept_grows_with_the_batch(pages: dict[str, Run]) -> None:
    """The bytes kept are those of x, h_relu and the differences, and of w2 whatever the batch."""
    page = pages["graph"]
    assert page.values["sizes"] == [8, 16, 32, 64]
    assert page.values["totals"] == [4 * (N * (5 + 4 + 2) + 4 * 2) for N in (8, 16, 32, 64)]
    assert page.after("under no_grad the loss has grad_fn") == "None"


def test_each_run_has_a_graph_of_its_own(pages: dict[str, Run]) -> None:
    """A loop leaves as many functions as it made turns, and a leaf's only once."""
    page = pages["graph"]
    x, w1, w2 = torch.ones(8, 5), tracked_matrix(5, 4), tracked_matrix(4, 2)
    h = torch.relu(x @ w1)
    counts: Counter[str] = Counter()
    for repeats, count in enumerate((4, 9, 13)):
        names = Counter(type(function).__name__ for function in functions(h.sum()))
        assert names.total() == count
        line = page.after(f"{repeats} repeats:")
        assert line.startswith(f"{count} functions, new: ")
        printed = re.findall(r"(\d) (\w+)", line.partition("new: ")[2])
        assert {name: int(number) for number, name in printed} == dict(names - counts)
        assert (names - counts)["ReluBackward0"] == 1
        assert (names - counts)["AccumulateGrad"] == (0 if repeats == 2 else 1)
        counts = names
        h = torch.relu(h @ (w2 @ w2.t()))


def test_functions_called_in_order_are_the_backward_pass(pages: dict[str, Run]) -> None:
    """Calling a graph's functions by hand gives autograd's gradients."""
    w = tracked(1.0, -2.0, 3.0)
    loss = (w * w).sum()
    ((product, _),) = loss.grad_fn.next_functions  # type: ignore[union-attr]
    assert product is not None
    one = torch.ones((), dtype=torch.float64)
    first, second = product(loss.grad_fn(one))  # type: ignore[operator, misc]
    loss.backward()
    assert w.grad is not None
    assert torch.equal(first + second, w.grad)

    page = pages["graph"]
    norms = re.findall(r"(?m)^(\w+) +gradient norm: by hand (\S+), (w\d)\.grad (\S+)$", page.output)
    forwards = ("compute_loss", "penalized_loss")
    assert [line[::2] for line in norms] == [(f, w) for f in forwards for w in ("w1", "w2")]
    assert all(by_hand == by_autograd for _, by_hand, _, by_autograd in norms)


# Gradients


def test_half_the_distance_leaves_a_quarter_of_the_gap(pages: dict[str, Run]) -> None:
    """Beside the curve, its tangent is off by the distance squared times three quarters."""
    rows = re.findall(r"(?m)^x\[0, 0\] = (\S+): .* gap (\S+)$", pages["gradients"].output)
    assert [float(gap) for _, gap in rows] == pytest.approx(
        [0.75 * (float(entry) - 1) ** 2 for entry, _ in rows]
    )
    distances = [float(entry) - 1 for entry, _ in rows]
    assert distances == pytest.approx([0.8, 0.4, 0.2, 0.1])


def test_the_worked_example(pages: dict[str, Run]) -> None:
    """At ones the gradient is 4.5, at the second point 1.5 (x + 2), in each of three ways."""
    x = torch.ones(2, 2, dtype=torch.float64, requires_grad=True)
    formula(x).backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[4.5, 4.5], [4.5, 4.5]]

    output = pages["gradients"].output
    assert "y [[3.0, 3.0], [3.0, 3.0]]   z [[27.0, 27.0], [27.0, 27.0]]   o 27.0\n" in output
    for way in ("by hand", "by autograd", "by differences"):
        first, second = re.findall(rf"(?m)^{way} +(\[.*\])$", output)
        assert json.loads(first) == [4.5, 4.5, 4.5, 4.5]
        assert json.loads(second) == [3.0, 4.5, 6.0, -1.5]


def test_backward_adds(pages: dict[str, Run]) -> None:
    """Gradients of two paths and of several calls add up, unless cleared between calls."""
    both = tracked(1.0)
    (3 * both + 4 * both).sum().backward()
    assert both.grad is not None
    assert both.grad.tolist() == [7.0]
    assert pages["gradients"].after("slope of 3 a + 4 a:") == "7.0"

    x = tracked(1.0, 1.0, 1.0, 1.0)
    for calls in (1, 2, 3):
        formula(x).backward()
        assert x.grad is not None
        assert x.grad.tolist() == [4.5 * calls] * 4
    assert pages["gradients"].values["totals"] == {
        "never cleared": [4.5, 9.0, 13.5, 18.0],
        "cleared before each call": [4.5, 4.5, 4.5, 4.5],
    }


@every_page
def test_gradients_are_of_a_result_with_respect_to_a_tensor(name: str) -> None:
    """No page speaks of a gradient with respect to the loss."""
    text = " ".join((FOLDER / f"{name}.py").read_text(encoding="utf-8").split())
    assert not re.search(r"with respect to (?:# )?(?:the )?(?:loss|``?o``?)\b", text)


# The vector-Jacobian product

W1 = torch.tensor([[1.0, -1.0, 2.0], [0.0, 3.0, 1.0], [2.0, 1.0, -1.0]], dtype=torch.float64)
W2 = torch.tensor([[4.0, -2.0], [1.0, 2.0], [-1.0, 3.0]], dtype=torch.float64)


def network(x: torch.Tensor) -> torch.Tensor:
    """The page's network of whole numbers."""
    return torch.relu(x @ W1) @ W2


def test_the_jacobian_by_hand(pages: dict[str, Run]) -> None:
    """The page's J is the one computed on paper, rows for outputs, columns for inputs."""
    page = pages["vector_jacobian_product"]
    assert page.after("h [") == "-1.0, 4.0, 5.0]   y [-1.0, 23.0]"
    assert page.after("mask") == "[0.0, 1.0, 1.0]"
    assert "J has shape (2, 3)\n[[-3.  2.  2.]\n [ 4.  9. -1.]]\n" in page.output
    x = torch.tensor([1.0, 2.0, -1.0], dtype=torch.float64)
    assert torch.func.jacrev(network)(x).tolist() == [[-3.0, 2.0, 2.0], [4.0, 9.0, -1.0]]


def test_all_ways_stand_in_one_table(pages: dict[str, Run]) -> None:
    """Five ways give the same product for each of three vectors."""
    page = pages["vector_jacobian_product"]
    for way in (
        "v @ J, J by hand",
        "v @ J, J by jacrev",
        "v @ J, J by differences",
        "x.grad after backward(v)",
        "torch.func.vjp",
    ):
        assert numbers(page.after(way)) == [-3, 2, 2, 4, 9, -1, -10, -5, 5]
    product = [-10.0, -5.0, 5.0]
    for way in ("x.grad with v = [2, -1]:", "v @ J: ", "gradient of the sum v * y:"):
        assert json.loads(page.after(way)) == product


def test_backward_multiplies_from_the_left() -> None:
    """``backward(v)`` leaves ``v @ J`` in ``grad``, and ``torch.func.vjp`` returns it."""
    x = tracked(1.0, 2.0, -1.0)
    v = torch.tensor([2.0, -1.0], dtype=torch.float64)
    network(x).backward(v)
    pull_back = torch.func.vjp(network, x.detach())[1]
    assert x.grad is not None
    assert x.grad.tolist() == pull_back(v)[0].tolist() == [-10.0, -5.0, 5.0]


def test_a_losss_vector_is_grad_y_pred(pages: dict[str, Run]) -> None:
    """Backward from the loss is backward from the outputs with ``grad_y_pred``."""
    page = pages["vector_jacobian_product"]
    assert page.after("grad_y_pred") == "[-4.0, 6.0]"
    assert page.after("x.grad of the loss") == "[36.0, 46.0, -14.0]"
    assert page.after("x.grad with v as above") == "[36.0, 46.0, -14.0]"


def test_doubling(pages: dict[str, Run]) -> None:
    """The norm passes 1000 in the last doubling, not before, and the gradient is ``2 ** k * v``."""
    page = pages["vector_jacobian_product"]
    k = page.values["k"]
    words = r"(?m)^(\d+) doublings bring the norm from ([\d.]+) to ([\d.]+)$"
    match = re.search(words, page.output)
    assert match is not None
    count, before, after = match.groups()
    assert int(count) == k
    assert float(after) / 2 <= 1000 < float(after)
    assert float(before) * 2**k == pytest.approx(float(after), rel=1e-3)
    ((gradient, product),) = re.findall(
        r"(?m)^start\.grad (\[.*\])\n2 \*\* k \* v (\[.*\])$", page.output
    )
    expected = [round(2**k * entry, 6) for entry in (0.1, 1.0, 0.0001)]
    assert json.loads(gradient) == expected
    assert json.loads(product) == expected


def test_the_whole_jacobian_costs_a_pass_an_output(pages: dict[str, Run]) -> None:
    """``jacrev`` costs as much as the forward pass, and as much again for each output."""
    *_, table = pages["vector_jacobian_product"].output.partition("outputs   v @ J   jacrev")
    rows = [numbers(line) for line in table.splitlines()[1:]]
    assert rows == [[size, 1.0, float(size)] for size in (1, 2, 5, 10, 20)]

    x = torch.ones((1, 3), dtype=torch.float64)
    flops = []
    for task in (lambda: network(x), lambda: torch.func.jacrev(network)(x)):
        with FlopCounterMode(display=False) as counter:
            task()
        flops.append(counter.get_total_flops())
    assert flops[1] == 3 * flops[0]
