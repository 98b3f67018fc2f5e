"""Recorded runs on the site: what is shown of them, what is refused, and what is said of none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.docs import small_site
from tests.package.recorded import about, made_up
from twolayer.recording import RecordingError, SizeSpeed, write
from twolayer_docs.pages import recordings
from twolayer_docs.pages.recordings import NOTHING, amount, committed, crossover, markdown

if TYPE_CHECKING:
    from twolayer.recording import Recording

ROOT = Path(__file__).resolve().parents[3]
PAGE = "---\norphan: true\n---\n\n# Runs\n\n```{recorded-runs}\n```\n\n## End\n"
CELLS = [cell.code for cell in made_up("cuda").cells]


def test_every_committed_recording_is_whole() -> None:
    """Each file under ``docs/recordings/`` is as the command wrote it, in full and on a GPU."""
    kept = committed()
    assert len(kept) == len([*(ROOT / "docs" / "recordings").glob("*.json")])
    assert all(recording.gpu and not recording.quick for recording in kept)


def test_the_folder_holds_recordings_and_how_they_are_made() -> None:
    """Nothing but recordings and the README lies in the folder, and Sphinx makes no page of it."""
    names = {path.name for path in (ROOT / "docs" / "recordings").iterdir()}
    assert {name for name in names if not name.endswith(".json")} == {"README.md"}
    assert '\n    "recordings",\n]' not in (ROOT / "docs" / "conf.py").read_text("utf-8")
    patterns = (ROOT / "docs" / "conf.py").read_text("utf-8").partition("exclude_patterns")[2]
    assert '"recordings"' in patterns.partition("]")[0]


def test_recordings_are_found_by_the_names_of_their_files(tmp_path: Path) -> None:
    """Recordings stand in the order of their files; other files are passed over."""
    other = made_up("cuda")._replace(cells=made_up("cuda").cells[:1])
    write(made_up("cuda"), tmp_path / "b.json")
    write(other, tmp_path / "a.json")
    (tmp_path / "README.md").write_text("no recording", "utf-8")
    assert committed(tmp_path) == [other, made_up("cuda")]


@pytest.mark.parametrize(
    ("recording", "words"),
    [
        (
            made_up("cpu"),
            "mine.json: recording.device: 'cpu' given; want a recording of a GPU, 'cuda'",
        ),
        (
            made_up("cuda", quick=True),
            "mine.json: recording.quick: true given; want a whole recording, made without --quick",
        ),
    ],
    ids=["cpu", "quick"],
)
def test_what_would_pass_for_a_gpus_recording_is_refused(
    recording: Recording, words: str, tmp_path: Path
) -> None:
    """A recording of a CPU, or one made in a hurry, gets an error and no place on the site."""
    write(recording, tmp_path / "mine.json")
    with pytest.raises(RecordingError) as caught:
        committed(tmp_path)
    assert str(caught.value) == words


def test_nothing_recorded_is_said() -> None:
    """Without a recording there is one paragraph, which says so and how one is made."""
    assert markdown([], CELLS) == NOTHING
    words = " ".join(NOTHING.split())
    assert words.startswith("**No run on a GPU has been recorded yet**")
    assert "`python -m twolayer record`" in words
    assert "`docs/recordings/`" in words
    assert not re.search(r"\d", words)


def test_a_recording_becomes_a_section_with_its_provenance() -> None:
    """The section says what was recorded, on what, when and with which versions."""
    parts = markdown([made_up("cuda")], CELLS).split("\n\n")
    assert parts[0] == "## Made-up GPU"
    assert parts[1] == (
        "Recorded on 2033-04-05, on one Made-up GPU with 128 GiB of memory and compute capability 9.0, "
        "by Python 3.11.7, PyTorch 2.13.0 for CUDA 13.0, a driver of unknown version, NumPy 2.4.6 and "
        "twolayer 0.1.0. The computer around it runs Linux x86_64 on A processor, with 16 logical "
        "processors; on the CPU, PyTorch computes with 8 threads."
    )
    assert [part for part in parts if part.startswith("#")][1:] == [
        "### Steps per second of each loop",
        "### From which size on the GPU is faster",
        "### What a copy costs",
        "### What the page on CUDA printed",
    ]


def test_a_known_driver_is_named() -> None:
    """Where the driver's version was found, it stands in the provenance."""
    recording = made_up("cuda")
    assert recording.gpu is not None
    known = recording._replace(gpu=recording.gpu._replace(driver="580.1"))
    assert "CUDA 13.0, driver 580.1, NumPy" in markdown([known], CELLS)


def table(text: str, start: str) -> list[str]:
    """The lines of the table that starts with a heading."""
    lines = text.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith(start))
    end = next(n for n in range(first, len(lines)) if not lines[n].startswith("|"))
    return lines[first:end]


def test_each_loop_has_a_row() -> None:
    """A rung leads to its page; a loop that is none has its title; both precisions stand there."""
    recording = made_up("cuda")
    beside = [
        row._replace(loop="other", title="Another loop", steps_per_second=about(12345.0))
        for row in recording.loops[2:]
    ]
    text = markdown([recording._replace(loops=(*recording.loops, *beside))], CELLS)
    assert "Each fits the classic problem in 2,000 steps." in text
    slow, fast = "1,500 (1,350 to 1,800)", "4,000 (3,600 to 4,800)"
    assert table(text, "| loop |") == [
        "| loop | computes on | float32 | float64 |",
        "|---|---|--:|--:|",
        f"| [NumPy by hand](gallery/two_layer/numpy_by_hand.rst) | CPU | {slow} | {slow} |",
        f"| [Autograd](gallery/two_layer/autograd.rst) | GPU | {fast} | {fast} |",
        "| Another loop | GPU | 12,345 (11,110 to 14,814) | 12,345 (11,110 to 14,814) |",
    ]


def test_the_fastest_loop_stands_beside_the_old_notes_time() -> None:
    """The GPU's fastest loop is named with its time for 2,000 steps, and what 2.74 s are to it."""
    recording = made_up("cuda")
    beside = [
        row._replace(loop="other", title="Another loop", steps_per_second=about(rate))
        for row, rate in zip(recording.loops[2:], (20000.0, 10000.0), strict=True)
    ]
    on_cpu = [row._replace(steps_per_second=about(3e4)) for row in recording.loops[:2]]
    text = markdown([recording._replace(loops=(*on_cpu, *recording.loops[2:], *beside))], CELLS)
    assert (
        "reports 2.74 s for 2,000 steps with autograd on one GPU of 2019. The fastest loop here, "
        "Another loop in float32, makes as many in 0.1 s, 27.4 times as fast."
    ) in text


def test_the_sweep_marks_where_the_gpu_is_faster() -> None:
    """Each size has both speeds and their ratio, bold where the GPU is faster in each repeat."""
    text = markdown([made_up("cuda")], CELLS)
    assert "The loop is [Tensors by hand](gallery/two_layer/tensors_by_hand.rst)." in text
    assert table(text, "| dtype |")[2:] == [
        "| float32 | 64 | 100 | 3,000.0 | 2,000.0 | 0.67 |",
        "| float32 | 64 | 400 | 900.0 | 1,900.0 | **2.11** |",
        "| float32 | 256 | 100 | 1,000.0 | 1,950.0 | **1.95** |",
        "| float32 | 256 | 400 | 250.0 | 1,800.0 | **7.20** |",
    ]
    assert "- In float32 at N = 64 the GPU is faster from H = 400 on." in text
    assert "- In float32 at N = 256 the GPU is faster at each H of the sweep." in text


@pytest.mark.parametrize(
    ("ratios", "words"),
    [
        ([2.0, 2.0, 2.0], "faster at each H of the sweep"),
        ([0.5, 2.0, 2.0], "faster from H = 200 on"),
        ([2.0, 0.5, 2.0], "faster from H = 300 on"),
        ([2.0, 2.0, 0.5], "not faster at the largest H of the sweep"),
        # Faster by the medians, but not by the ranges.
        ([2.0, 2.0, 1.1], "not faster at the largest H of the sweep"),
    ],
)
def test_the_crossover_is_where_all_larger_sizes_pay(ratios: list[float], words: str) -> None:
    """A GPU pays from the size on above which it is faster in each repeat at every size."""

    def row(H: int, device: Any, speed: float) -> SizeSpeed:
        return SizeSpeed(64, 1000, H, 10, "float32", device, 9, about(speed))

    pairs = [
        (row(100 * n, "cpu", 10.0), row(100 * n, "cuda", 10.0 * ratio))
        for n, ratio in enumerate(ratios, start=1)
    ]
    assert crossover(pairs) == words


def test_copies_have_a_row_for_each_way() -> None:
    """Bandwidths stand in GB per second, by the way and the kind of memory, for each size."""
    recording = made_up("cuda")
    larger = [
        row._replace(size_bytes=3 * 2**20, bytes_per_second=about(4.9e12))
        for row in recording.transfers
    ]
    text = markdown([recording._replace(transfers=(*recording.transfers, *larger))], CELLS)
    assert table(text, "| from where") == [
        "| from where to where | the host's memory | 4 KiB | 3 MiB |",
        "|---|---|--:|--:|",
        "| device to device |  | 2 | 4,900 |",
        "| host to device | pageable | 5 | 4,900 |",
        "| host to device | pinned | 25 | 4,900 |",
        "| device to host | pageable | 4 | 4,900 |",
        "| device to host | pinned | 24 | 4,900 |",
    ]


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (1, "1 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (2**28, "256 MiB"),
        (150754820096, "140.4 GiB"),
        (2**42, "4096 GiB"),
    ],
)
def test_bytes_have_units(size: int, words: str) -> None:
    """A number of bytes stands with the largest binary unit that it reaches."""
    assert amount(size) == words


def test_what_cells_printed_stands_under_their_headings() -> None:
    """Where the page is the same today, only what its cells printed is shown."""
    text = markdown([made_up("cuda")], CELLS)
    assert text.endswith(
        "ran on this GPU, too. This is what they printed there.\n\n**Is there one?**\n\n"
        "```text\nTrue\n```"
    )


def test_a_changed_page_is_not_passed_off_as_todays() -> None:
    """Where the page has changed since, this is said, and the code that ran is shown."""
    text = markdown([made_up("cuda")], [*CELLS[:-1], "x = 2"])
    assert "**The page has changed since**" in text
    assert text.endswith(
        "**Is there one?**\n\n```python\nprint(has_cuda)\n```\n\n```text\nTrue\n```\n\n"
        "**Make a tensor there**\n\n```python\nx = 1\n```"
    )


def test_what_a_cell_printed_cannot_end_its_fence() -> None:
    """Backquotes in the output stay in it, and a cell above the first heading has none."""
    recording = made_up("cuda")
    cell = recording.cells[0]._replace(title=None, printed="```\n\n````x\n")
    text = markdown([recording._replace(cells=(cell,))], [cell.code])
    assert text.endswith("printed there.\n\n`````text\n```\n\n````x\n`````")


def build(folder: Path) -> tuple[str, str]:
    """Build a page with the directive; give its HTML and the warnings."""
    source = folder / "source"
    source.mkdir(exist_ok=True)
    if not (source / "runs.md").exists():
        (source / "runs.md").write_text(PAGE, "utf-8")
    html, warnings = small_site.build(
        source,
        {"index": "Home\n====\n"},
        lambda app: app.add_directive("recorded-runs", recordings.RecordedRuns),
        ("myst_parser",),
    )
    return (html / "runs.html").read_text("utf-8"), warnings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of recordings of its own."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    monkeypatch.setattr(recordings, "FOLDER", folder)
    return folder


@pytest.mark.filterwarnings("ignore:'myst_parser")  # which still asks Sphinx for its old names
def test_the_directive_shows_what_is_recorded_since(folder: Path, tmp_path: Path) -> None:
    """A page says that there is no recording, until a file is put there; then it shows it."""
    before, _ = build(tmp_path)
    assert "No run on a GPU has been recorded yet" in before
    write(made_up("cuda"), folder / "made_up.json")
    after, _ = build(tmp_path)
    assert "No run on a GPU has been recorded yet" not in after
    assert "Recorded on 2033-04-05, on one Made-up GPU" in after
    assert re.search(r"<h2>Made-up GPU<", after)
    assert after.count("<table") == 3
    assert "<strong>2.11</strong>" in after


@pytest.mark.filterwarnings("ignore:'myst_parser")  # which still asks Sphinx for its old names
def test_two_recordings_have_headings_of_their_own(folder: Path, tmp_path: Path) -> None:
    """Sections of two recordings have anchors that differ, and no warning."""
    for name in ("a", "b"):
        write(made_up("cuda"), folder / f"{name}.json")
    html, warnings = build(tmp_path)
    anchors = re.findall(r'<section id="([^"]+)"', html)
    assert len(anchors) == len(set(anchors)) == 12
    rest = [line for line in warnings.splitlines() if "xref_missing" not in line]
    assert rest == []


@pytest.mark.parametrize("fault", ["cpu", "cut", "edited"])
@pytest.mark.filterwarnings("ignore:'myst_parser")  # which still asks Sphinx for its old names
def test_a_bad_recording_ends_the_build(folder: Path, tmp_path: Path, fault: str) -> None:
    """A file that is no whole recording of a GPU gives a warning, which the strict build fails on."""
    path = folder / "bad.json"
    write(made_up("cpu" if fault == "cpu" else "cuda"), path)
    text = path.read_text("utf-8")
    texts = {"cpu": text, "cut": text[:-99], "edited": text.replace("4000.0", "4400.0")}
    path.write_text(texts[fault], "utf-8")
    _, warnings = build(tmp_path)
    words = {"cpu": "recording.device: 'cpu' given", "cut": "no JSON", "edited": "digest: 'sha256:"}
    assert "recorded-runs: bad.json: " in warnings
    assert words[fault] in warnings
