"""What comes from npm: installed once for each lock file, and asked for in clear words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.site import audit_tools
from twolayer_docs import npm


@pytest.mark.parametrize("lock", [npm.LOCK, audit_tools.LOCK], ids=["docs", "site"])
def test_a_lock_file_names_no_registry(lock: Path) -> None:
    """A lock file has sums of all packages and addresses of none, so any registry will do."""
    text = lock.read_text("utf-8")
    packages = json.loads(text)["packages"]
    pins = json.loads(lock.with_name("package.json").read_text("utf-8"))["dependencies"]

    assert '"resolved"' not in text
    assert all("integrity" in packages[name] for name in packages if name)
    assert pins == {name: packages[f"node_modules/{name}"]["version"] for name in pins}


def test_packages_are_installed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs for a new lock file, and not again while the lock file stays the same."""
    (tmp_path / "package.json").write_text('{"name": "none", "dependencies": {}}', "utf-8")
    lock = tmp_path / "package-lock.json"
    empty = {
        "name": "none",
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": {"name": "none"}},
    }
    lock.write_text(json.dumps(empty), "utf-8")

    assert npm.ensure(lock, tmp_path / "a folder")
    monkeypatch.setattr(npm, "_nodejs", lambda: Path("nowhere"))
    assert not npm.ensure(lock, tmp_path / "a folder")


def test_a_failure_of_npm_is_a_clear_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where npm can't install, the error names the lock file, and the next try runs npm again."""
    (tmp_path / "package.json").write_text('{"dependencies": {"temml": "0.13.5"}}', "utf-8")
    (tmp_path / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {}}', "utf-8")
    for _ in range(2):
        with pytest.raises(npm.NpmError, match=r"could not install .*package-lock\.json"):
            npm.ensure(tmp_path / "package-lock.json", tmp_path / "node")
    capfd.readouterr()


def test_a_file_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    """The error names the file and the command that installs it."""
    with pytest.raises(npm.NpmError, match=r"x/y\.js is not installed\. Run: python -m"):
        npm.module("x/y.js", tmp_path)
