"""The autograd pages: what they print, and what they say of the installed torch."""

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


def test_there_are_four_pages() -> None:
    """The folder holds the four autograd pages and nothing else."""
    assert {path.stem for path in FOLDER.glob("*.py")} == set(NAMES)


@every_page
def test_no_page_prints_what_changes_or_is_no_number(name: str, pages: dict[str, Run]) -> None:
    """A page prints no address, no NaN and no infinity."""
    assert not re.search(r"(?i)\b(?:nan|inf(?:inity)?|0x[0-9a-f]+)\b", pages[name].output)


# Tracking


def test_tracking_shows_flags_leaves_and_functions(pages: dict[str, Run]) -> None:
    """The first table has each tensor's flag, whether it is a leaf, and what made it."""
    page = pages["tracking"]
    assert page.after("x     ").split() == ["False", "True", "none"]
    assert page.after("x + 1 ").split() == ["False", "True", "none"]
    assert page.after("product ").split() == ["True", "False", "MulBackward0"]
    assert page.after("loss ").split() == ["True", "False", "SumBackward0"]
    assert "w              True           True     none" in page.output.splitlines()
    assert page.after("x.grad") == "None"


def test_requires_grad_defaults_to_true(pages: dict[str, Run]) -> None:
    """``requires_grad_()`` switches tracking on, in effect and by its signature."""
    tensor = torch.ones(2)
    assert tensor.requires_grad_() is tensor
    assert tensor.requires_grad
    page = pages["tracking"]
    assert page.after("as created:") == "False"
    assert page.after("after requires_grad_():") == "True"
    assert page.after("its signature:") == "requires_grad_(requires_grad=True) -> Tensor"


@pytest.mark.parametrize("dtype", [torch.int64, torch.int8, torch.bool])
def test_whole_numbers_have_no_gradient(dtype: torch.dtype, pages: dict[str, Run]) -> None:
    """A tensor of integers or booleans refuses to be tracked."""
    message = "only Tensors of floating point dtype can require gradients"
    with pytest.raises(RuntimeError, match=message):
        torch.zeros(2, dtype=dtype).requires_grad_()
    if dtype != torch.int8:
        assert pages["tracking"].after(str(dtype)) == message


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.complex64])
def test_floating_and_complex_numbers_have_one(dtype: torch.dtype, pages: dict[str, Run]) -> None:
    """Floating-point and complex tensors can be tracked."""
    assert torch.zeros(2, dtype=dtype).requires_grad_().requires_grad
    assert pages["tracking"].after(str(dtype)) == "True"


def test_tracking_stops_with_false(pages: dict[str, Run]) -> None:
    """Set to False, not True, the flag stops tracking: a frozen leaf gets no gradient."""
    frozen, free = tracked(1.0), tracked(2.0)
    frozen.requires_grad_(False)  # noqa: FBT003 - torch's stub names no argument
    (frozen * free).sum().backward()
    assert frozen.grad is None
    assert free.grad is not None
    assert pages["tracking"].after("w1.grad") == "None"
    # x @ w1 is [7, 10], both positive.
    assert pages["tracking"].after("w2.grad") == "[7.0, 10.0]"


def test_a_results_flag_cannot_be_cleared(pages: dict[str, Run]) -> None:
    """On a result, setting False raises, and the error names ``detach``."""
    result = tracked(1.0) * 2
    message = "you can only change requires_grad flags of leaf variables"
    with pytest.raises(RuntimeError, match=message) as caught:
        result.requires_grad_(False)  # noqa: FBT003 - torch's stub names no argument
    assert "detach()" in str(caught.value)
    shown = " ".join(pages["tracking"].output.split())
    assert str(caught.value) in shown


def test_no_grad_results_are_untracked(pages: dict[str, Run]) -> None:
    """Under ``no_grad``, also as a decorator, results are untracked; tracking goes on afterwards."""
    w = tracked(3.0)
    with torch.no_grad():
        inside = w * 2
    assert (inside.requires_grad, inside.is_leaf, w.requires_grad) == (False, True, True)
    assert (w * 2).requires_grad
    flags = dict(re.findall(r"(?m)^(\S+) +requires_grad (True|False)$", pages["tracking"].output))
    expected = {"inside": "False", "predict(w)": "False", "afterwards": "True", "w": "True"}
    assert flags == expected


def test_inference_results_cannot_be_saved(pages: dict[str, Run]) -> None:
    """A product with what inference mode made can't be tracked, one with no_grad's result can."""
    w = tracked(3.0)
    with torch.inference_mode():
        inferred = w * 2
    with pytest.raises(RuntimeError, match="Inference tensors cannot be saved for backward"):
        inferred * w
    page = pages["tracking"]
    assert "\nInference tensors cannot be saved for backward\n" in page.output
    assert page.after("with the tensor made under no_grad:") == "MulBackward0"


def test_detach_shares_storage_and_prevents_nothing(pages: dict[str, Run]) -> None:
    """What ``detach`` returns is new, lies on the same storage, and can be tracked again."""
    w = tracked(3.0, -1.0)
    detached = w.detach()
    assert detached is not w
    assert detached.untyped_storage().data_ptr() == w.untyped_storage().data_ptr()
    assert not detached.requires_grad
    (detached.requires_grad_() ** 2).sum().backward()
    assert detached.grad is not None
    assert detached.grad.tolist() == [6.0, -2.0]
    assert w.grad is None

    page = pages["tracking"]
    assert page.after("w [") == "7.0, -1.0]   detached [7.0, -1.0]   copied [3.0, -1.0]"
    assert page.after("detached.grad") == "[14.0, -2.0]   w.grad None"


def through_no_grad(w: torch.Tensor) -> None:
    """Change a tensor in place under ``no_grad``."""
    with torch.no_grad():
        w.mul_(10)


def test_data_is_silently_wrong(pages: dict[str, Run]) -> None:
    """After a change through ``data``, the gradient of ``w ** 2`` at 3 is 60 without an error."""
    w = tracked(3.0)
    square = (w**2).sum()
    w.data.mul_(10)
    square.backward()
    assert w.grad is not None
    assert w.grad.tolist() == [60.0]
    assert pages["tracking"].after("no change") == "gradient 6"
    assert pages["tracking"].after("through data") == "gradient 60"


@pytest.mark.parametrize(
    ("change", "label"),
    [(lambda w: w.detach().mul_(10), "through detach"), (through_no_grad, "under no_grad")],
)
def test_detach_and_no_grad_are_noticed(
    change: Callable[[torch.Tensor], object], label: str, pages: dict[str, Run]
) -> None:
    """After the same change through ``detach`` or under ``no_grad``, backward refuses."""
    w = tracked(3.0)
    square = (w**2).sum()
    change(w)
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0 instead"):
        square.backward()
    page = pages["tracking"]
    assert page.after(label) == "RuntimeError"
    assert "is at version 1; expected version 0 instead" in " ".join(page.output.split())


def test_the_picture_of_tracking(pages: dict[str, Run]) -> None:
    """The picture's yes and no: flag, leaf, function, memory of w, for each of seven tensors."""
    page = pages["tracking"]
    rows = re.findall(r"(?m)^(w.*?) +((?: *\b(?:yes|no)\b){4})$", page.output)
    found = {name: "".join(word[0] for word in answers.split()) for name, answers in rows}
    assert [*found.values()] == [
        "".join("ny"[answer] for answer in row) for row in page.values["answers"]
    ]
    assert found == {
        "w": "yyny",
        "w * x": "ynyn",
        "w * x, under no_grad": "nynn",
        "w.detach()": "nyny",
        "w.detach().requires_grad_()": "yyny",
        "w.clone()": "ynyn",
        "w.detach().clone()": "nynn",
    }


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


def test_a_leafs_function_is_found_without_a_result(pages: dict[str, Run]) -> None:
    """``get_gradient_edge`` gives the function of a leaf to which results lead."""
    w = tracked(1.0)
    ((reached, _),) = (2 * w).sum().grad_fn.next_functions[0][0].next_functions[:1]  # type: ignore[union-attr]
    assert torch.autograd.graph.get_gradient_edge(w).node is reached
    page = pages["graph"]
    assert page.after("w1.grad_fn:") == "None"
    assert page.after("get_gradient_edge:") == "AccumulateGrad"


def test_the_memory_kept_grows_with_the_batch(pages: dict[str, Run]) -> None:
    """The bytes kept are those of x, h_relu and the differences, and of w2 whatever the batch."""
    page = pages["graph"]
    assert page.values["sizes"] == [8, 16, 32, 64]
    assert page.values["totals"] == [4 * (N * (5 + 4 + 2) + 4 * 2) for N in (8, 16, 32, 64)]
    assert page.after("under no_grad the loss has grad_fn") == "None"


def test_backward_frees_what_functions_keep(pages: dict[str, Run]) -> None:
    """After backward, what a function kept is gone and the function is not."""
    w = tracked(1.0)
    square = w**2
    square.sum().backward()
    assert square.grad_fn is not None
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        _ = square.grad_fn._saved_self  # type: ignore[attr-defined]
    page = pages["graph"]
    assert page.after("before backward:") == "PowBackward0 keeps _saved_self"
    assert page.after("after backward:").startswith("PowBackward0 - Trying to backward")


def test_a_second_call_fails_where_tensors_were_kept(pages: dict[str, Run]) -> None:
    """A sum of a leaf keeps none, so it takes any number of calls; a square takes one more."""
    w = tracked(2.0, 3.0)
    total = w.sum()
    total.backward()
    total.backward()
    square = w.pow(2).sum()
    square.backward(retain_graph=True)
    square.backward()
    assert w.grad is not None
    assert torch.equal(w.grad, 2 + 4 * w)
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        square.backward()
    page = pages["graph"]
    assert page.after("tensors that the sum keeps:") == "0"
    assert page.after("each entry of w1.grad after two calls:") == "[2.0]"


def test_two_uses_are_two_arrows_to_one_function(pages: dict[str, Run]) -> None:
    """A leaf has one function, however often it is used; printed as a tree, it stands twice."""
    page = pages["graph"]
    assert page.after("2 arrows to w2, to") == "1 function"
    tree = page.output.partition("AddBackward0\n")[2].partition("2 arrows")[0]
    assert tree.count("AccumulateGrad w2") == 2
    assert tree.count("AccumulateGrad w1") == 1


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


def test_results_in_the_middle(pages: dict[str, Run]) -> None:
    """A result keeps its gradient only if asked before; reading a missing one warns."""
    x = tracked(1.0)
    kept, left = x * 2, x * 3
    kept.retain_grad()
    (kept + left).sum().backward()
    assert kept.grad is not None
    assert kept.grad.tolist() == [1.0]
    with pytest.warns(UserWarning, match="not a leaf Tensor is being accessed"):
        assert left.grad is None

    page = pages["gradients"]
    assert page.after("z.grad") == "[[0.25, 0.25], [0.25, 0.25]]   x.grad [[4.5, 4.5], [4.5, 4.5]]"
    assert page.after("y.grad") == "None"
    assert page.after("UserWarning - ").endswith("not a leaf Tensor is being accessed")


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


def test_zero_grad_sets_none(pages: dict[str, Run]) -> None:
    """``zero_grad`` sets ``grad`` to None, and writes zeros only if asked."""
    x = tracked(1.0)
    optimizer = torch.optim.SGD([x])
    formula(x).backward()
    optimizer.zero_grad(set_to_none=False)
    assert x.grad is not None
    assert x.grad.tolist() == [0.0]
    optimizer.zero_grad()
    assert x.grad is None
    page = pages["gradients"]
    assert page.after("after zero_grad():") == "x.grad is None"
    zeros = "x.grad is [[0.0, 0.0], [0.0, 0.0]]"
    assert page.after("after zero_grad(set_to_none=False):") == zeros


@pytest.mark.parametrize("name", ["gradients", "vector_jacobian_product"])
def test_a_vector_needs_an_argument(name: str, pages: dict[str, Run]) -> None:
    """Without an argument, ``backward`` of a vector raises."""
    message = "grad can be implicitly created only for scalar outputs"
    with pytest.raises(RuntimeError, match=message):
        (tracked(1.0, 2.0) * 2).backward()
    assert message in pages[name].output


def test_quarters_make_the_mean(pages: dict[str, Run]) -> None:
    """Backward from ``z`` with quarters is backward from the mean of ``z``."""
    assert "scalar outputs\nx.grad [[4.5, 4.5], [4.5, 4.5]]\n" in pages["gradients"].output


def test_a_second_walk_needs_the_graph_retained(pages: dict[str, Run]) -> None:
    """A second backward through one graph raises unless the first retained the graph."""
    message = "Trying to backward through the graph a second time"
    o = formula(tracked(1.0))
    o.backward()
    with pytest.raises(RuntimeError, match=message):
        o.backward()
    x = tracked(1.0)
    o = formula(x)
    o.backward(retain_graph=True)
    o.backward()
    assert x.grad is not None
    assert x.grad.tolist() == [36.0]

    page = pages["gradients"]
    assert f"RuntimeError - {message}\n" in page.output
    assert page.after("with retain_graph, after two calls:") == "[[9.0, 9.0], [9.0, 9.0]]"


def test_autograd_grad_returns(pages: dict[str, Run]) -> None:
    """``torch.autograd.grad`` returns gradients, also those of results, and fills none."""
    x = tracked(1.0)
    y = x + 2
    grad_y, grad_x = torch.autograd.grad((3 * y**2).sum(), (y, x))
    assert (grad_y.tolist(), grad_x.tolist(), x.grad) == ([18.0], [18.0], None)
    page = pages["gradients"]
    for name, entry in (("x", 4.5), ("y", 4.5), ("z", 0.25)):
        assert numbers(page.after(f"gradient of o with respect to {name}:")) == [entry] * 4
    assert page.output.endswith("x.grad None\n")


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


def test_one_product_is_one_pass(pages: dict[str, Run]) -> None:
    """The whole Jacobian takes a pass for each output, a product and a loss's gradient one."""
    sizes = [1, 2, 5, 10, 20]
    page = pages["vector_jacobian_product"]
    assert page.values["passes"] == {
        "whole Jacobian": sizes,
        "one product v @ J": [1] * 5,
        "gradient of a loss": [1] * 5,
    }


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
