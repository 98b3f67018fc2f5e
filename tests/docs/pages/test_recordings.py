"""Recorded runs on the site: when their page is there, what it shows, and what is refused."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sphinx.errors import ExtensionError

from tests.docs import small_site
from tests.package import pretend_gpu
from twolayer import record
from twolayer.rungs import RUNGS
from twolayer_docs.pages import recordings

if TYPE_CHECKING:
    from sphinx.application import Sphinx

RECORDINGS = Path(__file__).resolve().parents[3] / "docs" / "recordings"
INDEX = "Home\n====\n\n.. toctree::\n\n   recordings/index\n"
LINKED = {
    *(rung.page for rung in RUNGS.values()),
    "gallery/tensors/cuda_device",
    "gallery/labs/index",
}
PAGES = {"index": INDEX, **dict.fromkeys(LINKED, "A page\n======\n")}

pytestmark = pytest.mark.filterwarnings("ignore:'myst_parser")  # which asks Sphinx for old names


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A GPU's recording as the command makes one, with figures that nobody measured."""
    pretend_gpu.install(monkeypatch)
    recording = record.record("cuda", quick=True) | {"quick": False}
    for row in [*recording["loops"], *recording["sweep"]]:
        rate = {"cpu": 1000.0, "cuda": 2500.0}[row["device"]]
        row["steps_per_second"] = {"median": rate, "lowest": 0.9 * rate, "highest": 1.2 * rate}
    for row in recording["transfers"]:
        row["bytes_per_second"]["median"] = 25e9
    return recording


def build(folder: Path, *made: dict[str, Any]) -> tuple[Path, str]:
    """Build a small site with the page's source and some recordings; give its HTML and the warnings."""
    (folder / "recordings").mkdir(exist_ok=True)
    shutil.copy(RECORDINGS / "index.md", folder / "recordings")
    for number, recording in enumerate(made):
        text = json.dumps(recording)
        (folder / "recordings" / f"made_up_{number}.json").write_text(text, "utf-8")

    def register(app: Sphinx) -> None:
        recordings.leave_out(app, app.config)
        app.connect("source-read", recordings.fill_in)

    return small_site.build(folder, PAGES, register, ("myst_parser",))


def tables(html: Path) -> list[list[str]]:
    """The cells of the rows of the page's tables, bold ones between asterisks."""
    page = (html / "recordings" / "index.html").read_text("utf-8")
    page = re.sub("</?strong>", "**", page)
    rows = re.findall(r"(?s)<tr class=.*?</tr>", page)
    cells = (re.findall(r"(?s)<t[hd]\b[^>]*>(.*?)</t[hd]>", row) for row in rows)
    return [[re.sub("<[^>]*>", "", cell).strip() for cell in row] for row in cells]


def test_without_a_recording_there_is_no_page(tmp_path: Path) -> None:
    """Where nothing is recorded the page isn't built, nothing leads to it, and nothing is warned of."""
    html, warnings = build(tmp_path)
    assert warnings == ""
    assert not (html / "recordings").exists()
    assert "recordings" not in (html / "index.html").read_text("utf-8")


def test_a_recording_makes_the_page(tmp_path: Path, made_up: dict[str, Any]) -> None:
    """A file that is put there later is shown, with its provenance and its tables, and is linked."""
    build(tmp_path)
    html, warnings = build(tmp_path, made_up)
    assert "WARNING" not in re.sub(r".*'py:\w+' reference.*\n", "", warnings)
    assert 'href="recordings/index.html"' in (html / "index.html").read_text("utf-8")
    page = (html / "recordings" / "index.html").read_text("utf-8")
    words = " ".join(re.sub("<[^>]+>", "", page).split())
    assert f"Recorded on {made_up['date']} on one Made-up GPU with 128 GiB of memory" in words
    assert f"by PyTorch {made_up['versions']['torch']} for CUDA 13.0" in words
    assert "takes as many steps in 0.8 s." in words
    assert "printed: cuda: there" in words
    assert not re.search("[{}]", words.partition("Recorded on")[2].partition("What is measured")[0])
    rows = tables(html)
    slow, fast = "1,000 (900 to 1,200)", "2,500 (2,250 to 3,000)"
    assert ["NumPy by hand", "CPU", "float32", slow] in rows
    assert ["Autograd", "GPU", "float64", fast] in rows
    assert ["twolayer.fastest", "GPU", "float64", fast] in rows
    assert ["4", "3", slow, fast, "**2.50**"] in rows
    assert ["pinned host", "device", "4,096", "25.00"] in rows
    assert len(rows) == 3 + len(made_up["loops"]) + 4 + len(made_up["transfers"])


def test_a_gain_within_the_spread_is_not_bold(tmp_path: Path, made_up: dict[str, Any]) -> None:
    """Where the slowest repeat on the GPU isn't faster than the fastest on the CPU, the ratio is plain."""
    for row in made_up["sweep"]:
        row["steps_per_second"]["lowest"] = 1000.0
    html, _ = build(tmp_path, made_up)
    assert ["4", "3", "1,000 (1,000 to 1,200)", "2,500 (1,000 to 3,000)", "2.50"] in tables(html)


def test_each_recording_has_a_section(tmp_path: Path, made_up: dict[str, Any]) -> None:
    """Two recordings stand one after the other, each with its headings."""
    html, _ = build(tmp_path, made_up, made_up)
    page = (html / "recordings" / "index.html").read_text("utf-8")
    assert page.count("<h2>Made-up GPU<") == 2
    anchors = re.findall(r'<section id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors)) == 1 + 2 * 5 + 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"device": {"type": "cpu"}}, "device 'cpu' with quick False given in made_up_0.json"),
        ({"quick": True}, "device 'cuda' with quick True given in made_up_0.json"),
        ({"loops": []}, "No last item, sequence was empty."),
        ({"transfers": [{}]}, "'dict object' has no attribute 'from'"),
        ({"device": {}}, "KeyError('type')"),
        ({"sweep": None}, "None has no element 0"),
    ],
    ids=["cpu", "quick", "no loops", "no ways", "no device", "no sweep"],
)
def test_what_is_no_gpus_recording_ends_the_build(
    changes: dict[str, Any], words: str, tmp_path: Path, made_up: dict[str, Any]
) -> None:
    """A recording of a CPU, one made in a hurry, and one that lacks something end the build."""
    with pytest.raises(ExtensionError, match=re.escape(words)):
        build(tmp_path, made_up | changes)


def test_a_file_that_was_cut_short_ends_the_build(tmp_path: Path) -> None:
    """What is no JSON ends the build, too."""
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "cut.json").write_text('{"date": ', "utf-8")
    with pytest.raises(ExtensionError, match="Expecting value"):
        build(tmp_path)
