"""The hosted runs: they call the sessions that there are, and may do no more than they need."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from twolayer_docs.pages.head import NOTEBOOKS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.iterdir())
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINNED = re.compile(r"uses: (?P<action>actions/[\w-]+)@(?P<pin>[0-9a-f]{40} # v\d+\.\d+\.\d+)")
# What a person calls too, in a workflow's step or in a command of Read the Docs.
NOX = re.compile(r"python -m nox -s (?P<sessions>[a-z_]+(?: [a-z_]+)*)")
INSTALL = "python -m pip install --require-hashes --requirement .ci/nox.txt"

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def read(path: Path) -> dict[Any, Any]:
    """A file in YAML, in which the key ``on`` reads as ``True``."""
    loaded: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    """A workflow's jobs by name."""
    found: dict[str, dict[str, Any]] = read(path)["jobs"]
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    """The steps of all of a workflow's jobs."""
    return [step for job in jobs(path).values() for step in job["steps"]]


def called(text: str) -> set[str]:
    """The nox sessions that a text calls."""
    return {name for match in NOX.finditer(text) for name in match["sessions"].split()}


def declared() -> list[str]:
    """The versions of Python that pyproject.toml declares, the lowest first."""
    declarations = "\n".join(PYPROJECT["project"]["classifiers"])
    return re.findall(r"Python :: (3\.\d+)", declarations)


def test_there_are_three_workflows() -> None:
    """Tests and docs run for every change, and the weekly run for changes elsewhere."""
    triggers = {path.name: read(path)[True] for path in WORKFLOWS}
    (schedule,) = triggers["weekly.yml"].pop("schedule")
    assert re.fullmatch(r"\d+ \d+ \* \* \d", schedule["cron"])
    change = {"push": {"branches": ["main"]}, "pull_request": None}
    by_hand = {"workflow_dispatch": None}
    assert triggers == {"docs.yml": change | by_hand, "tests.yml": change, "weekly.yml": by_hand}


def test_the_workflows_call_each_session_that_looks_at_a_change() -> None:
    """Each job installs nox and calls these sessions, and no step but those of main may fail or be left out."""
    ran: dict[str, list[str]] = {}
    for path in WORKFLOWS:
        for name, job in jobs(path).items():
            first, *others = [step["run"] for step in job["steps"] if "run" in step] or [INSTALL]
            assert first == INSTALL or "git push" in first
            ran[f"{path.stem} {name}"] = [text.removeprefix("python -m nox -s ") for text in others]
    assert {job: commands for job, commands in ran.items() if commands} == {
        "tests checks": ["lint typing"],
        "tests tests": ["tests"],
        "tests lowest": ['tests_lowest -- --torch "$TORCH"'],
        "docs build": ["docs", "site", "downloads"],
        "weekly latest": ['tests_latest -- --torch "$TORCH"'],
        "weekly everything": ["tests -- --all"],
        "weekly site": ["docs", "site -- --all", "bench -- --all -k a_page_is_fast"],
        "weekly downloads": ["docs", "downloads -- --all"],
        "weekly checks": ["reproducible", "break_it", "mutants"],
        "weekly links": ["links"],
    }
    for path in WORKFLOWS:
        conditions = re.findall(r"(?m)^[ -]*(if|continue-on-error|shell):", path.read_text("utf-8"))
        assert conditions == ["if"] * 4 * (path.stem == "docs")
    matrices = [jobs(FOLDER / "tests.yml")["lowest"], jobs(FOLDER / "weekly.yml")["latest"]]
    torches = [job["strategy"]["matrix"] for job in matrices]
    assert torches == [{"torch": ["lowest", "pinned"]}, {"torch": ["latest", "pinned"]}]


def test_the_tests_run_on_every_declared_python() -> None:
    """The matrix has the declared versions on Linux, and the newest on two other systems."""
    matrix = jobs(FOLDER / "tests.yml")["tests"]["strategy"]["matrix"]
    lowest, *_, newest = declared()
    assert matrix["python"] == declared()
    assert [system.partition("-")[0] for system in matrix["system"]] == ["ubuntu"]
    others = [(job["system"].partition("-")[0], job["python"]) for job in matrix["include"]]
    assert others == [("macos", newest), ("windows", newest)]
    assert PYPROJECT["project"]["requires-python"] == f">={lowest}"


@every_workflow
def test_a_job_names_a_declared_python(path: Path) -> None:
    """The lowest versions are tested on the lowest Python, the latest on the newest."""
    lowest, *_, newest = declared()
    expected = {"tests": "${{ matrix.python }}", "latest": newest}
    for name, job in jobs(path).items():
        for step in job["steps"]:
            if "actions/setup-python@" in step.get("uses", ""):
                assert step["with"]["python-version"] == expected.get(name, lowest)


@every_workflow
def test_every_action_is_pinned_by_hash(path: Path) -> None:
    """An action is one of GitHub's own, named by a full hash, with its version beside it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    used = [line.strip(" -") for line in lines if re.match(r"[ -]*uses:", line)]
    assert used
    assert [line for line in used if not PINNED.fullmatch(line)] == []


def test_newer_versions_are_proposed_for_all_that_is_pinned() -> None:
    """Dependabot looks at the actions, and at each folder with hashes for pip or a lock file for npm."""
    updates = read(ROOT / ".github" / "dependabot.yml")["updates"]
    watched = {
        (update["package-ecosystem"], folder)
        for update in updates
        for folder in update.get("directories") or [update["directory"]]
    }
    pinned = {("pip", "/"), ("pip", "/.ci"), ("npm", "/docs"), ("npm", "/tests/site")}
    assert watched == {("github-actions", "/"), *pinned}


def test_an_action_has_one_pin() -> None:
    """All workflows use one version of an action."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    pins = {(match["action"], match["pin"]) for match in PINNED.finditer(text)}
    assert len({action for action, _ in pins}) == len(pins)


@every_workflow
def test_a_workflow_may_only_read(path: Path) -> None:
    """Only two jobs may write, and run no code from here: one deploys what another built, one pushes notebooks."""
    assert read(path)["permissions"] == {"contents": "read"}
    rights = {name: job["permissions"] for name, job in jobs(path).items() if "permissions" in job}
    writing = {
        "deploy": {"pages": "write", "id-token": "write"},
        "notebooks": {"contents": "write"},
    }
    assert rights == (writing if path.stem == "docs" else {})
    for name in rights:
        text = str(jobs(path)[name]["steps"])
        assert re.findall(r"\b(?:checkout|pip|python|nox|npm|bash)\b", text) == [], name
    assert "secrets" not in path.read_text(encoding="utf-8")


@every_workflow
def test_no_credentials_stay_behind(path: Path) -> None:
    """A checkout leaves no token that a later step could read."""
    checkouts = [step for step in steps(path) if "actions/checkout@" in step.get("uses", "")]
    assert checkouts
    assert {step["with"]["persist-credentials"] for step in checkouts} == {False}


@every_workflow
def test_nothing_runs_for_ever_or_twice(path: Path) -> None:
    """Each job ends within an hour, and a newer run takes an older one's place."""
    assert read(path)["concurrency"].keys() == {"group", "cancel-in-progress"}
    assert all(0 < job["timeout-minutes"] <= 60 for job in jobs(path).values())


def test_only_main_is_deployed() -> None:
    """The site goes to Pages from main, after the run that built and checked it."""
    docs = jobs(FOLDER / "docs.yml")
    *_, last, pages, notebooks = docs["build"]["steps"]
    assert last["run"] == "python -m nox -s downloads"
    assert pages["with"] == {"path": "_site"}
    assert notebooks["with"]["path"] == "docs/gallery/**/*.ipynb"
    assert docs["deploy"]["needs"] == "build"
    for guarded in (docs["deploy"], pages, notebooks, docs["notebooks"]):
        assert guarded["if"] == "github.ref == 'refs/heads/main'"


def test_only_the_last_step_sees_the_token() -> None:
    """The token that may push is handed to the one step that pushes, after the deployment."""
    job = jobs(FOLDER / "docs.yml")["notebooks"]
    assert job["needs"] == "deploy"
    *others, last = job["steps"]
    assert "env" not in others[0]
    assert ("GITHUB_TOKEN", "${{ github.token }}") in last["env"].items()


def test_the_notebooks_go_where_colab_looks(tmp_path: Path) -> None:
    """The step that pushes puts ``gallery/<folder>/<name>.ipynb`` on the branch, as one commit without a past."""
    *_, last = jobs(FOLDER / "docs.yml")["notebooks"]["steps"]
    notebook = tmp_path / "work" / "gallery" / "tensors" / "creating.ipynb"
    notebook.parent.mkdir(parents=True)
    notebook.touch()
    subprocess.run(["git", "init", "--quiet", "--bare", "hub"], cwd=tmp_path, check=True)  # noqa: S607
    remote = "https://x-access-token:$GITHUB_TOKEN@github.com/$GITHUB_REPOSITORY"
    assert remote in last["run"]
    for _ in range(2):
        subprocess.run(
            ["bash", "-e", "-c", last["run"].replace(remote, str(tmp_path / "hub"))],  # noqa: S607
            cwd=tmp_path / "work",
            env={**os.environ, "AUTHOR": "someone", "GITHUB_SHA": "0"},
            check=True,
        )
        shutil.rmtree(tmp_path / "work" / ".git")
    shown = ["git", "--git-dir=hub", "log", "--format=%s", "--name-only", NOTEBOOKS]
    done = subprocess.run(shown, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["Notebooks", "of", "0", "gallery/tensors/creating.ipynb"]


@every_workflow
def test_pytorchs_build_is_chosen_by_a_variable(path: Path) -> None:
    """No file names where packages come from; a variable of the repository may."""
    variable = "${{ vars.PIP_EXTRA_INDEX_URL }}"
    known = read(path)["env"]
    assert known.pop("PIP_EXTRA_INDEX_URL") == variable
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "PIP_EXTRA_INDEX_URL" in contributing
    # What the site says of itself comes from the repository too.
    addresses = {
        "TWOLAYER_SITE_URL": "${{ vars.TWOLAYER_SITE_URL }}",
        "TWOLAYER_REPOSITORY": "${{ github.server_url }}/${{ github.repository }}",
    }
    assert known == (addresses if path.stem == "docs" else {})
    assert all(name in contributing for name in known)


def test_read_the_docs_builds_with_the_same_session() -> None:
    """Read the Docs calls ``nox -s docs`` and takes what it wrote."""
    settings = read(ROOT / ".readthedocs.yaml")
    first, last = settings["build"]["commands"]
    assert first == INSTALL
    assert settings["version"] == 2
    assert settings["build"]["tools"]["python"] == declared()[0]
    assert called(last) == {"docs"}
    assert last.endswith('-- --output "$READTHEDOCS_OUTPUT/html"')
