"""The learning-rate map: its zones, its batches, the bound that it computes, and its colours."""

from __future__ import annotations

import ast
import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from tests.pages.expectations import ROOT
from twolayer import DivergedError, Problem, random_problem
from twolayer.rungs import RUNGS
from twolayer_docs.figures.pairs import contrast

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.pages.expectations import Run

PAGE = ROOT / "gallery" / "labs" / "learning_rate_map.py"
KINDS = ("normal", "nn")
# How red, green and blue of linear light look without the red, the green or the blue cones:
# Machado, Oliveira and Fernandes (2009), the full strength of each.
CONES = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
WHITE = (1.0, 1.0, 1.0)


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


@pytest.fixture(scope="module")
def functions() -> dict[str, Any]:
    """The page's functions, its sizes and its colours, without its fits."""
    wanted = {"N, D_in, H, D_out", "EXPLODED", "COLOURS"}
    kept: list[ast.stmt] = [
        node
        for node in ast.parse(PAGE.read_text("utf-8")).body
        if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef)
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).strip("()") in wanted)
    ]
    found: dict[str, Any] = {}
    exec(compile(ast.Module(kept, []), str(PAGE), "exec"), found)  # noqa: S102 - the page's own
    return found


def last_loss(numbers: tuple[torch.Tensor, ...], learning_rate: float) -> float:
    """The last loss of the first rung's fit, infinite where it diverges."""
    problem = Problem(*(part.numpy() for part in numbers))
    try:
        fitted = RUNGS["numpy_by_hand"].fit(problem, steps=500, learning_rate=learning_rate)
    except DivergedError:
        return math.inf
    return float(fitted.losses[-1])


def test_the_map_has_every_fit(values: dict[str, Any]) -> None:
    """For both kinds of weights there are eight seeds and eleven rates, over a power of ten."""
    for kind, unit in zip(KINDS, (1e-6, 1e-3), strict=True):
        rates = values["RATES"][kind]
        assert [len(rates), rates[-1] / rates[0]] == [11, pytest.approx(10)]
        assert unit in rates
        for table in ("losses", "shares", "zones"):
            assert np.shape(values[table][kind]) == (8, 11)


def test_a_seed_draws_the_package_s_problem(functions: dict[str, Any]) -> None:
    """Standard normal weights are those of the problem of that seed; nn's differ in w1 and w2."""
    for seed in (0, 5):
        problem = random_problem(seed=seed)
        drawn = functions["start"]("normal", seed)
        for part, name in zip(drawn, ("x", "y", "w1", "w2"), strict=True):
            assert np.array_equal(part.numpy(), getattr(problem, name))
        *same, w1, w2 = functions["start"]("nn", seed)
        assert all(torch.equal(a, b) for a, b in zip(same, drawn, strict=False))
        for weight in (w1, w2):
            largest = 1 / math.sqrt(len(weight))
            assert 0.99 * largest < weight.abs().max() <= largest


@pytest.mark.parametrize("kind", KINDS)
def test_fits_drawn_at_random_are_those_of_the_first_rung(
    kind: str, values: dict[str, Any], functions: dict[str, Any]
) -> None:
    """A batched fit on turned axes ends with the loss of the plain loop on the problem itself."""
    drawn = np.random.default_rng(7).choice(88, size=4, replace=False)
    places = [divmod(int(place), 11) for place in drawn]
    for seed, place in places:
        loss = last_loss(functions["start"](kind, seed), values["RATES"][kind][place])
        found = values["losses"][kind][seed][place]
        assert math.isfinite(found) == math.isfinite(loss)
        if loss > 1e-15 and math.isfinite(loss):  # below, rounding is all that is left
            assert found == pytest.approx(loss, rel=1e-5)


def test_turned_axes_change_no_step(functions: dict[str, Any]) -> None:
    """On any data the fit on turned axes has the hidden layer of the fit on the given ones."""
    torch.manual_seed(0)
    x, y, w1, w2 = (torch.randn(s, dtype=torch.float64) for s in ((6, 20), (6, 2), (20, 5), (5, 2)))
    loss, h, *_ = functions["fit"](x, y, w1, w2, 1e-3)
    turned = functions["turned"](x, y, w1, w2)
    turned_loss, turned_h, *_ = functions["fit"](*turned, 1e-3)
    (batched, _), (shares, _) = functions["fit_all"](turned, [1e-3, 2e-3])
    assert turned[0].shape == (6, 6)
    assert turned_loss == pytest.approx(loss, rel=1e-9)
    assert batched == pytest.approx(loss, rel=1e-9)
    assert shares == (h > 0).double().mean()
    assert torch.allclose(turned_h, h)


def test_zones_are_what_their_function_says(
    values: dict[str, Any], functions: dict[str, Any]
) -> None:
    """A fit explodes if its loss isn't finite, and learns below a quarter of what zero costs."""
    y = torch.ones(2, 2)
    ends = {math.inf: "explodes", math.nan: "explodes", 0.99: "learns", 1.0: "dies", 9e9: "dies"}
    assert {functions["zone"](loss, y) for loss in ends} == set(ends.values())
    assert [functions["zone"](loss, y) for loss in ends] == [*ends.values()]
    for kind in KINDS:
        for seed in range(8):
            costs = np.square(random_problem(seed=seed).y).sum()
            for loss, name in zip(
                values["losses"][kind][seed], values["zones"][kind][seed], strict=True
            ):
                assert (name == "explodes") == (not math.isfinite(loss))
                assert (name == "learns") == (loss < costs / 4)


def test_zones_follow_one_another(values: dict[str, Any]) -> None:
    """For each seed a larger rate never leads back to a zone that was left."""
    order = ["learns", "dies", "explodes"]
    for kind in KINDS:
        for row in values["zones"][kind]:
            places = [order.index(name) for name in row]
            assert places == sorted(places)
            assert {places[0], places[-1]} == {0, 2}


def test_the_classic_rates_end_as_the_ladder_says(values: dict[str, Any]) -> None:
    """From all seeds 1e-6 learns, 2e-6 leaves few ReLUs live and hardly learns, 5e-6 explodes."""
    for rate, name in ((1e-6, "learns"), (2e-6, "dies"), (5e-6, "explodes")):
        place = int(np.argmin(np.abs(np.log(np.array(values["RATES"]["normal"]) / rate))))
        assert {row[place] for row in values["zones"]["normal"]} == {name}
        if name == "dies":
            assert max(row[place] for row in values["shares"]["normal"]) < 0.02


def test_no_fit_from_nns_weights_dies(values: dict[str, Any]) -> None:
    """From the layers' own weights fits learn or explode, the last with a few live ReLUs."""
    names = {name for row in values["zones"]["nn"] for name in row}
    assert names == {"learns", "explodes"}
    assert min(row[7] for row in values["shares"]["nn"] if row[7]) < 0.1


def test_the_bound_is_two_over_the_hessians_largest_eigenvalue(functions: dict[str, Any]) -> None:
    """On a network small enough to build the whole Hessian, its eigenvalue gives the bound."""
    torch.manual_seed(1)
    x, y, w1, w2 = (torch.randn(s, dtype=torch.float64) for s in ((5, 5), (5, 2), (5, 4), (4, 2)))

    def loss(weights: torch.Tensor) -> torch.Tensor:
        a, b = weights.split([w1.numel(), w2.numel()])
        total: torch.Tensor = ((x @ a.view_as(w1)).relu() @ b.view_as(w2) - y).square().sum()
        return total

    hessian = torch.autograd.functional.hessian(loss, torch.cat([w1.flatten(), w2.flatten()]))
    largest = torch.linalg.eigvalsh(torch.as_tensor(hessian))[-1].item()
    assert functions["bound"](x, y, w1, w2) == pytest.approx(2 / largest, rel=1e-3)


def test_symbols_stand_on_the_fits_that_they_are_of(page: Run, values: dict[str, Any]) -> None:
    """Each map has a ring for each fit that dies, a cross for each that explodes, and no more."""
    for figure, kind in zip(page.figures[1:], KINDS, strict=True):
        symbols = figure["axes"][0]["texts"]
        names = [name for row in values["zones"][kind] for name in row]
        assert symbols.count("o") == names.count("dies")
        assert symbols.count("×") == names.count("explodes")
        assert len(symbols) == len(names) - names.count("learns")


def lab(rgb: tuple[float, float, float], seen: list[list[float]] | None = None) -> NDArray[Any]:
    """A colour in CIELAB, as somebody sees it whose cones give that matrix."""
    part = np.array(rgb)
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    if seen is not None:
        linear = np.clip(np.array(seen) @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    f = np.array(to_xyz) @ linear / [0.9505, 1, 1.089]
    f = np.where(f > (6 / 29) ** 3, np.cbrt(f), f / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_zones_differ_in_grey_and_to_colour_blind_readers(functions: dict[str, Any]) -> None:
    """Bright, dark and exploded differ by 25 in lightness, and by 40 in colour to all cones."""
    colours = functions["COLOURS"]
    ends = [to_rgb(colours(1.0)), to_rgb(colours(0.0)), to_rgb(functions["EXPLODED"])]
    assert to_rgb(colours.get_bad()) == ends[2]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert abs(lab(ends[first])[0] - lab(ends[second])[0]) > 25
        for seen in CONES.values():
            assert np.linalg.norm(lab(ends[first], seen) - lab(ends[second], seen)) > 40


def test_symbols_stand_out(values: dict[str, Any], functions: dict[str, Any]) -> None:
    """The white symbols have contrast 3 or more, which WCAG asks of graphics, on what they mark."""
    lowest = min(
        loss
        for names, row in zip(values["zones"]["normal"], values["losses"]["normal"], strict=True)
        for name, loss in zip(names, row, strict=True)
        if name == "dies"
    )
    ground = functions["COLOURS"]((math.log10(lowest) + 6) / 9)
    assert contrast(WHITE, to_rgb(ground)) >= 3
    assert contrast(WHITE, to_rgb(functions["EXPLODED"])) >= 3


@pytest.mark.weekly  # as it looks at the clock
def test_a_batched_fit_takes_less_than_half_of_a_plain_one(
    functions: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    """The map stays affordable: in a batch on turned axes, a fit costs a fraction of its time."""
    numbers = functions["start"]("nn", 0)
    began = time.process_time()
    functions["fit"](*numbers, 1e-4)
    plain = time.process_time() - began
    began = time.process_time()
    functions["fit_all"](functions["turned"](*numbers), [1e-4] * 11)
    batched = (time.process_time() - began) / 11
    record_property("seconds of a plain fit", plain)
    record_property("seconds of a batched fit", batched)
    assert batched < plain / 2
