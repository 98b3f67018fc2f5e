"""Imports run one way: who may know whom in the package."""

from __future__ import annotations

import ast
from importlib import import_module
from operator import attrgetter
from pathlib import Path

import pytest

import twolayer
from twolayer.exercises.registry import lesson_names
from twolayer.rungs import RUNGS

PACKAGE = Path(twolayer.__file__).parent

# A module may import those named here, and no other module of the package.
MAY_KNOW = {
    "checks": set(),
    "fit": set(),
    "problem": {"checks"},
    "tensors": {"checks", "problem"},
    "layers": {"checks", "tensors"},
    "gradients": {"checks", "problem"},
    "graph": {"checks"},
    "fastest": {"checks", "fit", "problem", "tensors"},
    "lenet": {"checks"},
    "rungs": {"fit"},
    "record": {"__version__", "checks", "fastest", "fit", "problem", "rungs"},
    "compare": {"checks", "fit", "problem", "rungs"},
    "__init__": {"fit", "problem"},
    "workers": set(),
    "__main__": {
        "__version__",
        "checks",
        "compare",
        "exercises",
        "fit",
        "problem",
        "record",
        "rungs",
    },
    "exercises": {
        "checks",
        "exercises",
        *(
            f"exercises.{name}"
            for name in ("diagnoses", "exercise", "registry", "state", "verdict", "words")
        ),
    },
    "exercises.state": set(),
    "exercises.watching": set(),
    "exercises.verdict": set(),
    "exercises.diagnoses": {"exercises.values"},
    "exercises.values": set(),
    "exercises.draws": set(),
    "exercises.exercise": {"exercises.diagnoses"},
    "exercises.registry": {"exercises", "exercises.exercise"},
    "exercises.running": {"exercises", "exercises.diagnoses", "exercises.words"},
    "exercises.mistakes": {"exercises", "exercises.diagnoses"},
    "exercises.comparing": {
        "exercises",
        *(f"exercises.{name}" for name in ("diagnoses", "mistakes", "values")),
    },
    "exercises.results": {
        "exercises",
        *(f"exercises.{name}" for name in ("comparing", "diagnoses", "values")),
    },
    "exercises.program": {"exercises.verdict", "exercises.words"},
    "exercises.words": set(),
    "exercises.lessons": set(),
    **{f"rungs.{rung}": {"checks", "fit", "layers", "problem", "tensors"} for rung in RUNGS},
}
_CHECKING = {
    "exercises",
    *(
        f"exercises.{name}"
        for name in (
            "comparing",
            "diagnoses",
            "draws",
            "mistakes",
            "results",
            "running",
            "values",
        )
    ),
}
MAY_KNOW["exercises.computation"] = _CHECKING
MAY_KNOW["exercises.answers"] = MAY_KNOW["exercises.classes"] = {
    *_CHECKING,
    "exercises.computation",
}
MAY_KNOW["exercises.lesson"] = {
    *(f"exercises.{name}" for name in ("computation", "draws", "exercise", "mistakes")),
}
# No lesson's exercises know another's.
for _lesson in lesson_names():
    MAY_KNOW[f"exercises.lessons.{_lesson}"] = {
        *MAY_KNOW["exercises.answers"],
        "exercises.answers",
        "exercises.classes",
        "exercises.lesson",
        "exercises.watching",
    }
MAY_KNOW["exercises.lessons.autograd_by_hand"].add("rungs.autograd_by_hand")
MAY_KNOW["rungs.data_parallel"] = MAY_KNOW["rungs.autograd"] | {"workers"}


def modules() -> dict[str, Path]:
    """The package's modules by their name within it."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if len(parts) > 1 and parts[-1] == "__init__":
            parts = parts[:-1]
        found[".".join(parts)] = path
    return found


def known_to(path: Path) -> set[str]:
    """The package's modules that a module imports, for types or at run time."""
    known = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("twolayer"):
            inner = node.module.removeprefix("twolayer").removeprefix(".")
            known |= {inner} if inner else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            known |= {
                alias.name.removeprefix("twolayer.")
                for alias in node.names
                if alias.name.startswith("twolayer")
            }
    return known


def test_every_module_has_its_place() -> None:
    """The table of who may know whom names each module of the package."""
    assert set(modules()) == set(MAY_KNOW)


@pytest.mark.parametrize("module", MAY_KNOW)
def test_knows_only_what_it_may(module: str) -> None:
    """A module imports only what stands below it; no rung knows another rung."""
    assert known_to(modules()[module]) <= MAY_KNOW[module]


def test_public_names_are_the_promised_ones() -> None:
    """What the package offers at its face is what the documentation names."""
    assert sorted(twolayer.__all__) == ["DivergedError", "Fit", "Problem", "random_problem"]
    assert all(hasattr(twolayer, name) for name in twolayer.__all__)


@pytest.mark.parametrize("module", MAY_KNOW)
def test_a_name_with_dots_gives_the_module(module: str) -> None:
    """``import twolayer.compare as m`` gives the module: nothing of the same name hides it."""
    if module not in {"__init__", "__main__"}:
        imported = import_module(f"twolayer.{module}")
        assert attrgetter(module)(twolayer) is imported
