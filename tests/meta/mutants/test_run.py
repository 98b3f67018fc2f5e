"""What becomes of mutants that survive."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.meta.mutants import run
from tests.meta.mutants.run import (
    LEFT_OUT,
    ROOT,
    Change,
    Outcome,
    change,
    equivalents,
    faults,
    main,
    modules,
    own_tests,
)
from twolayer.rungs import RUNGS

CHANGE = Change("fit.py", "Fit.end", "return 1\nreturn 2", 'return "3"')
OTHER = Change("fit.py", "start", "a", "b")
ELSEWHERE = Change("graph.py", "start", "a", "b")


def outcome(*survivors: Change) -> Outcome:
    """An outcome for fit.py."""
    return Outcome("fit.py", Counter(killed=9, survived=len(survivors)), survivors)


def test_listed_survivors_are_no_fault() -> None:
    """A survivor that is listed is one that is known, whatever is listed of other modules."""
    assert faults(outcome(CHANGE), [CHANGE, ELSEWHERE]) == []


def test_a_survivor_that_is_not_listed_is_a_fault() -> None:
    """The fault is written as the list wants it, but for the reason."""
    (fault,) = faults(outcome(CHANGE, OTHER), [OTHER])
    assert fault.startswith("survived")
    assert fault.endswith(f"{CHANGE}")
    assert str(CHANGE) == (
        '[[equivalent]]\nmodule = "fit.py"\nfunction = "Fit.end"\n'
        "before = '''return 1\nreturn 2'''\nafter = '''return \"3\"'''\nreason = \"\""
    )


def test_a_listed_mutant_that_did_not_survive_is_a_fault() -> None:
    """A line that is gone, and a mutant that a test now notices, leave the list."""
    (fault,) = faults(outcome(CHANGE), [CHANGE, OTHER])
    assert fault.startswith("listed")
    assert fault.endswith(f"{OTHER}")


def test_reads_what_mutmut_shows() -> None:
    """Of a diff the lines that differ count, without their indentation."""
    shown = (
        "twolayer.fit.xǁFitǁend__mutmut_12: no tests\n--- twolayer/fit.py\n+++ twolayer/fit.py\n"
        '@@ -1,4 +1,3 @@\n def end(self):\n-    return 1\n-    return 2\n+    return "3"\n'
    )
    assert change("fit.py", shown) == CHANGE


@pytest.mark.parametrize(
    ("statuses", "survivors", "error"),
    [
        ({"killed": 19, "survived": 1}, (CHANGE,), None),
        ({"killed": 18, "timeout": 1, "survived": 1}, (CHANGE,), None),
        ({"killed": 19, "survived": 1}, (OTHER,), "2 mutants are not as equivalent.toml says"),
        ({"killed": 18, "survived": 1}, (CHANGE,), "94.74% of the mutants were noticed; want 95%"),
    ],
)
def test_a_run_may_fail(
    statuses: dict[str, int],
    survivors: tuple[Change, ...],
    error: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Surprises and a score below 95 % end the run with an error."""
    ran = Outcome("fit.py", Counter(statuses), survivors)
    monkeypatch.setattr(run, "mutate", {"fit.py": ran}.__getitem__)
    monkeypatch.setattr(run, "equivalents", lambda: {CHANGE: "Nothing changes."})
    if error is None:
        main(["fit.py"])
    else:
        with pytest.raises(SystemExit, match=error):
            main(["fit.py"])


def test_what_is_left_out_is_there() -> None:
    """Each module or folder that is left out is in the package, with a reason."""
    for name, reason in LEFT_OUT.items():
        assert (ROOT / "twolayer" / name).exists()
        assert reason
        assert name not in modules()


@pytest.mark.parametrize("module", modules())
def test_every_module_has_own_tests_its_own(module: str) -> None:
    """The tests that are run on a module's mutants are there."""
    path, *choice = own_tests(module)
    assert (ROOT / path).exists()
    if choice:
        name = choice[-1]  # of a rung, whose tests may stand with every rung's
        assert name in RUNGS or (ROOT / path / f"test_{name}.py").exists()


def test_equivalent_mutants_have_a_line_and_a_reason() -> None:
    """Each listed mutant changes lines that stand in its module, and says why that is nothing."""
    for listed, reason in equivalents().items():
        source = (ROOT / "twolayer" / listed.module).read_text(encoding="utf-8")
        lines = {line.strip() for line in source.splitlines()}
        assert set(listed.before.splitlines()) <= lines, listed
        assert reason.endswith(".")
