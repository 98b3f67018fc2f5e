"""What the site offers for download is what the gallery holds, and reads well outside the site.

Nothing runs here: `nox -s downloads` runs each file, in an environment that holds what its header names.
"""

from __future__ import annotations

import re
import tomllib
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.site.offers import (
    EXERCISES,
    KINDS,
    NAMES,
    SCRIPTS,
    cells,
    code,
    download,
    members,
    offered,
    prose,
    raw_markup,
)
from twolayer_docs.course import read_header
from twolayer_docs.forms import wheel
from twolayer_docs.gallery.downloads import TAG, needs, with_wheel
from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

every_name = pytest.mark.parametrize("name", NAMES)
every_script = pytest.mark.parametrize("script", SCRIPTS, ids=NAMES)


@pytest.fixture(scope="module")
def address(site: Path) -> str | None:
    """The address that the site was built for, as its home page names it, if it was."""
    found = re.search(r'rel="canonical" href="([^"]+)"', (site / "index.html").read_text("utf-8"))
    return found and found[1]


def file_of(name: str) -> str:
    """The name of a page's files, without their endings."""
    return name.rpartition("/")[2]


def test_each_page_offers_a_script_a_notebook_and_a_zip(site: Path) -> None:
    """The site holds these three of each gallery page, and no other such file."""
    expected = sorted(f"{script.stem}{kind}" for script in SCRIPTS for kind in KINDS)
    assert sorted(path.name for path in offered(site)) == expected


@every_script
def test_a_downloaded_script_is_the_gallerys(site: Path, address: str | None, script: Path) -> None:
    """A downloaded script is the one that the gallery's tests run, byte for byte, but for an exercise's wheel."""
    name = NAMES[SCRIPTS.index(script)]
    expected = with_wheel(script.read_text("utf-8"), address).encode()
    assert download(site, f"{name}.py").read_bytes() == expected


@every_name
def test_a_downloads_header_agrees_with_pyproject(
    site: Path, address: str | None, name: str
) -> None:
    """Each requirement in a downloaded header has the bounds of pyproject.toml; an exercise names the wheel by the
    site's address, where the site has one, and never by its name alone.
    """
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    bounds = {*pyproject["project"]["dependencies"], *pyproject["dependency-groups"]["gallery"]}

    for script in (
        download(site, f"{name}.py").read_bytes(),
        members(download(site, f"{name}.zip"))[f"{file_of(name)}.py"],
    ):
        header = read_header(script.decode())
        assert header["requires-python"] == pyproject["project"]["requires-python"]
        package = {wheel.requirement(address)} if address and name.startswith(EXERCISES) else set()
        assert set(header["dependencies"]) - bounds == package


@every_name
def test_a_downloaded_script_has_no_raw_markup(site: Path, name: str) -> None:
    """What a script says holds no roles or directives, which only the site understands."""
    script = download(site, f"{name}.py").read_text("utf-8")
    assert [raw for text in prose(script) for raw in raw_markup(text, script=True)] == []


@every_name
def test_a_downloaded_notebook_has_no_raw_markup(site: Path, name: str) -> None:
    """A notebook's Markdown holds none of reStructuredText's markup."""
    notebook = download(site, f"{name}.ipynb").read_bytes()
    texts = [cell["source"] for cell in cells(notebook, "markdown")]
    assert [raw for text in texts for raw in raw_markup(text, script=False)] == []


@every_name
def test_a_notebook_says_what_it_needs(site: Path, address: str | None, name: str) -> None:
    """After its opening and before any code a notebook says what its script's header says."""
    notebook = download(site, f"{name}.ipynb").read_bytes()
    script = download(site, f"{name}.py").read_text("utf-8")

    opening, said, *_ = cells(notebook, "markdown")
    assert opening["source"].lstrip().startswith("# ")
    assert said["metadata"]["tags"] == [TAG]
    assert said["source"] == needs(script, address)
    assert b"%pip" not in notebook.partition(b'"code"')[2]


@every_name
def test_a_notebook_is_its_script(site: Path, name: str) -> None:
    """A notebook's cells hold the script's code, all of it, in its order."""
    notebook = download(site, f"{name}.ipynb").read_bytes()
    script = download(site, f"{name}.py").read_text("utf-8")
    assert code("\n".join(cell["source"] for cell in cells(notebook, "code"))) == code(script)


@every_name
def test_a_zip_holds_the_script_and_the_notebook(site: Path, name: str) -> None:
    """A zip holds a page's script and notebook as they are offered singly, and nothing else."""
    kinds = (".ipynb", ".py")
    expected = {
        f"{file_of(name)}{kind}": download(site, f"{name}{kind}").read_bytes() for kind in kinds
    }
    assert members(download(site, f"{name}.zip")) == expected


@every_name
def test_a_zip_is_the_same_in_every_build(site: Path, name: str) -> None:
    """A zip's files are sorted, have one fixed time, and are not compressed by this machine."""
    with zipfile.ZipFile(download(site, f"{name}.zip")) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == [
        f"{file_of(name)}.ipynb",
        f"{file_of(name)}.py",
    ]
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert {(entry.create_system, entry.external_attr) for entry in entries} == {
        (3, 0o100644 << 16)
    }


@pytest.mark.parametrize("place", ["README.md", "docs/index.md"])
def test_the_line_that_installs_names_what_its_script_needs(site: Path, place: str) -> None:
    """The line before ``python autograd.py``, in README and on the home page, installs what that script's header names."""
    text = (ROOT / place).read_text("utf-8")
    (packages,) = re.findall(r"(?m)^\$ python -m pip install (.+)\n\$ python autograd\.py$", text)
    header = read_header(download(site, "autograd.py").read_text("utf-8"))
    assert packages.split() == [re.split("[<>=]", r)[0] for r in header["dependencies"]]


def test_the_wheel_holds_the_package(site: Path) -> None:
    """The site offers the package as a wheel, each module as it is here, with fixed times."""
    offered = site / wheel.name()
    held = {name: data for name, data in members(offered).items() if name.endswith(".py")}
    assert held == {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for path in (ROOT / "twolayer").rglob("*.py")
    }
    with zipfile.ZipFile(offered) as archive:
        assert len({entry.date_time for entry in archive.infolist()}) == 1
