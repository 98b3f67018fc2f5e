"""Recordings: what is written can be read, and anything else is refused by name."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.package.recorded import about, made_up
from twolayer import recording
from twolayer.cells import Cell
from twolayer.recording import (
    SCHEMA,
    LoopSpeed,
    Recording,
    RecordingError,
    Spread,
    parse,
    read,
    write,
)

CONTENT: dict[str, Any] = {
    "schema": SCHEMA,
    "recording": recording._plain(made_up("cuda")),
}
# Fields that may be null.
OPTIONAL = ("driver", "title", "printed", "gpu")
VALUES: tuple[object, ...] = (True, 3, 0.5, "text", [], {}, None)


def sealed(content: dict[str, Any]) -> str:
    """The text of a file whose digest fits its content."""
    content = {name: content[name] for name in content if name != "digest"}
    return json.dumps({"digest": recording._digest(content), **content})


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths to all fields and items below a value."""
    if isinstance(value, dict):
        below = [(*path, name) for name in value]
    elif isinstance(value, list):
        below = [(*path, n) for n in range(len(value))]
    else:
        return []
    found = [*below]
    for one in below:
        found += places(value[one[-1]], one)
    return found


def at(content: Any, path: tuple[str | int, ...]) -> Any:
    """What stands at a path."""
    for step in path:
        content = content[step]
    return content


FULL = json.loads(sealed(CONTENT))
PLACES = places(FULL)
INSIDE = [place for place in PLACES if place[0] == "recording"]
LEAVES = [place for place in PLACES if not isinstance(at(FULL, place), dict | list)]
OBJECTS = [place for place in INSIDE if isinstance(at(FULL, place), dict)]


def changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """The whole content with another value at one place."""
    content: dict[str, Any] = copy.deepcopy(FULL)
    at(content, path[:-1])[path[-1]] = value
    return content


def without(path: tuple[str | int, ...]) -> dict[str, Any]:
    """The whole content without one field or item."""
    content: dict[str, Any] = copy.deepcopy(FULL)
    del at(content, path[:-1])[path[-1]]
    return content


def named(path: tuple[str | int, ...]) -> str:
    """A field as errors name it."""
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path)[1:]


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_what_is_written_can_be_read(tmp_path: Path, device: Any) -> None:
    """A recording comes back from its file as it was, types and all."""
    path = tmp_path / "mine.json"
    write(made_up(device), path)
    back = read(path)
    assert back == made_up(device)
    assert isinstance(back, Recording)
    assert isinstance(back.loops[0], LoopSpeed)
    assert isinstance(back.loops[0].steps_per_second, Spread)
    assert isinstance(back.cells[0], Cell)
    assert back.date == dt.date(2033, 4, 5)


def test_the_file_is_one_that_people_can_read(tmp_path: Path) -> None:
    """The file says first which schema it follows, in lines, and ends with one."""
    path = tmp_path / "mine.json"
    write(made_up("cuda"), path)
    lines = path.read_text("utf-8").splitlines(keepends=True)
    assert lines[1].startswith(' "digest": "sha256:')
    assert lines[2] == f' "schema": {SCHEMA},\n'
    assert lines[-1] == "}\n"
    assert [*tmp_path.iterdir()] == [path]


def test_a_sum_of_measurements() -> None:
    """A spread has the median, the range and the number of measurements."""
    assert Spread.of([4.0, 1.0, 2.0, 9.0]) == Spread(3.0, 1.0, 9.0, 4)
    assert Spread.of([4]) == Spread(4.0, 4.0, 4.0, 1)


@given(place=st.sampled_from(PLACES), value=st.sampled_from(VALUES))
def test_any_change_is_noticed(place: tuple[str | int, ...], value: object) -> None:
    """A file in which one field is another or gone is refused, wherever it is."""
    for content in (changed(place, value), without(place)):
        if json.dumps(content) == json.dumps(FULL):
            continue
        with pytest.raises(RecordingError, match=r"^mine\.json"):
            parse(json.dumps(content), "mine.json")


@pytest.mark.parametrize("leaf", [one for one in LEAVES if one[0] == "recording"], ids=named)
def test_a_leaf_of_a_plausible_other_value_is_noticed_by_the_digest(
    leaf: tuple[str | int, ...],
) -> None:
    """A figure that somebody improved by hand is refused, as the digest no longer fits."""
    value = at(FULL, leaf)
    other: object = f"{value} more"
    if isinstance(value, bool):
        other = not value
    elif isinstance(value, int | float):
        other = type(value)(2 * value)
    with pytest.raises(RecordingError, match=r"^mine\.json: digest: 'sha256:.* it was changed"):
        parse(json.dumps(changed(leaf, other)), "mine.json")


@given(place=st.sampled_from(INSIDE), value=st.sampled_from(VALUES))
def test_a_wrong_type_is_refused_by_the_schema(place: tuple[str | int, ...], value: object) -> None:
    """With a digest that fits, a value of another type is refused, and the error names its field."""
    given_type, wanted = type(value), type(at(FULL, place))
    if given_type is wanted or (value is None and place[-1] in OPTIONAL):
        return
    if wanted is type(None) and given_type is str:
        return
    with pytest.raises(RecordingError) as caught:
        parse(sealed(changed(place, value)), "mine.json")
    if place[-1] != "gpu":
        shown = "'text'" if value == "text" else json.dumps(value)
        assert str(caught.value).startswith(f"mine.json: {named(place)}: {shown} given; want ")


@pytest.mark.parametrize("place", OBJECTS, ids=named)
def test_an_object_has_its_fields_and_no_others(place: tuple[str | int, ...]) -> None:
    """With a digest that fits, a field too many and a field too few are refused by name."""
    names = ", ".join(sorted(at(FULL, place)))
    with pytest.raises(RecordingError) as caught:
        parse(sealed(changed((*place, "colour"), "red")), "mine.json")
    assert (
        str(caught.value) == f"mine.json: {named(place)}: 'colour' given; want no field but {names}"
    )
    for name in at(FULL, place):
        with pytest.raises(RecordingError) as caught:
            parse(sealed(without((*place, name))), "mine.json")
        assert str(caught.value) == f"mine.json: {named(place)}: no {name!r}; want all of {names}"


@pytest.mark.parametrize(
    "place", [one for one in INSIDE if isinstance(at(FULL, one), list)], ids=named
)
def test_no_list_is_empty(place: tuple[str | int, ...]) -> None:
    """With a digest that fits, a list without anything in it is refused."""
    with pytest.raises(RecordingError) as caught:
        parse(sealed(changed(place, [])), "mine.json")
    assert str(caught.value) == (
        f"mine.json: {named(place)}: [] given; want a list with something in it"
    )


SPEED = ("recording", "loops", 1, "steps_per_second")
WRONG = [
    ((*SPEED, "median"), -1.0, "-1.0 given; want a finite number above 0, with a decimal point"),
    ((*SPEED, "median"), 0.0, "0.0 given; want a finite number above 0"),
    ((*SPEED, "median"), 1, "1 given; want a finite number above 0, with a decimal point"),
    ((*SPEED, "median"), 1e9, "1000000000.0 given; want one from 1350.0 (lowest) to 1800.0 (highest)"),
    ((*SPEED, "repeats"), 0, "0 given; want a whole number, 1 or more"),
    ((*SPEED, "repeats"), True, "true given; want a whole number, 1 or more"),
    (("recording", "quick"), 0, "0 given; want true or false"),
    (("recording", "device"), "tpu", "'tpu' given; want one of 'cpu', 'cuda'"),
    (("recording", "device"), ["cpu"], "[\"cpu\"] given; want one of 'cpu', 'cuda'"),
    (("recording", "loops", 0, "dtype"), "int8", "'int8' given; want one of 'float32', 'float64'"),
    (("recording", "date"), "20330405", "'20330405' given; want a day of the calendar"),
    (("recording", "date"), "2033-02-30", "'2033-02-30' given; want a day of the calendar, such as"),
    (("recording", "date"), "2033-02-03T04", "'2033-02-03T04' given; want a day of the calendar"),
    (("recording", "machine", "cpu"), "", "'' given; want a text with something in it"),
    (("recording", "machine"), "here", "'here' given; want an object with cores, cpu, system, threads"),
    (("recording", "machine", "cpu"), ["x"] * 99, '["x", "x", "x", "x", "x", "x", "x", "x", "x", "x", "x",  ... given'),
    (("recording", "gpu"), None, "null given with device 'cuda'; want the GPU's name and versions"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "value", "words"), WRONG, ids=lambda one: str(one)[:40])
def test_a_wrong_value_is_refused_in_words(
    place: tuple[str | int, ...], value: object, words: str
) -> None:
    """The error names the field, quotes the value and says what is wanted."""
    with pytest.raises(RecordingError) as caught:
        parse(sealed(changed(place, value)), "mine.json")
    assert str(caught.value).startswith(f"mine.json: {named(place)}: {words}")


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_no_number_is_infinite(number: str) -> None:
    """A number that is too large for a float is refused, also with a digest that fits."""
    content = changed((*SPEED, "median"), float(number))
    text = sealed(content).replace("Infinity", "1e999")
    with pytest.raises(RecordingError, match="Infinity given; want a finite number"):
        parse(text, "mine.json")


CPU: dict[str, Any] = {"schema": SCHEMA, "recording": recording._plain(made_up("cpu"))}


def test_a_cpu_recording_has_no_gpu() -> None:
    """A recording on the CPU can't name a GPU, nor can its device be rewritten alone."""
    content = copy.deepcopy(CPU)
    content["recording"]["gpu"] = FULL["recording"]["gpu"]
    with pytest.raises(RecordingError, match="'Made-up GPU' given with device 'cpu'; want null"):
        parse(sealed(content), "mine.json")
    content["recording"]["device"] = "cuda"
    with pytest.raises(RecordingError, match="loops: nothing given for cuda; want a row for each"):
        parse(sealed(content), "mine.json")


@pytest.mark.parametrize(
    ("part", "gone", "words"),
    [
        ("loops", 0, "loops: nothing given for numpy_by_hand, cpu, float32; want a row for each"),
        ("loops", 3, "loops: nothing given for autograd, cuda, float64; want a row for each"),
        ("transfers", 2, "transfers: nothing given for host to device, pinned, 4096; want a row"),
    ],
)
def test_a_row_too_few_is_noticed(part: str, gone: int, words: str) -> None:
    """Each loop has both precisions, and each kind of copy each size."""
    with pytest.raises(RecordingError) as caught:
        parse(sealed(without(("recording", part, gone))), "mine.json")
    assert str(caught.value).startswith(f"mine.json: recording.{words}")


def test_each_size_is_measured_on_both_devices() -> None:
    """A size of the sweep without the CPU's or the GPU's figure is refused."""
    with pytest.raises(RecordingError) as caught:
        parse(sealed(without(("recording", "sweep", "sizes", 1))), "mine.json")
    assert str(caught.value) == (
        "mine.json: recording.sweep.sizes: nothing given for 64, 1000, 100, 10, float32, cuda; "
        "want a row for each"
    )


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("loops", "a second row for numpy_by_hand, cpu, float32 given"),
        ("transfers", "a second row for device to device, device, 4096 given"),
    ],
)
def test_a_row_that_stands_twice_is_noticed(part: str, words: str) -> None:
    """A second row for one thing is refused, with its place."""
    rows = [*FULL["recording"][part], FULL["recording"][part][0]]
    with pytest.raises(RecordingError) as caught:
        parse(sealed(changed(("recording", part), rows)), "mine.json")
    assert caught.value.where == f"mine.json: recording.{part}[{len(rows) - 1}]"
    assert caught.value.problem == words


def test_a_copy_of_no_known_kind_is_noticed() -> None:
    """A copy within the device can't be said to be pinned."""
    rows = [*FULL["recording"]["transfers"]]
    rows.append({**rows[0], "memory": "pinned"})
    with pytest.raises(RecordingError) as caught:
        parse(sealed(changed(("recording", "transfers"), rows)), "mine.json")
    assert caught.value.where == "mine.json: recording.transfers"
    assert caught.value.problem == (
        "a row given for device to device, pinned, 4096; want none for it"
    )


@pytest.mark.parametrize("version", [0, SCHEMA + 1, 1.0, True, "1", None])
def test_another_schema_version_is_refused_first(version: object) -> None:
    """A recording of another version gets an error that says which one this program reads."""
    with pytest.raises(RecordingError) as caught:
        parse(json.dumps({"schema": version, "new": "fields"}), "mine.json")
    assert str(caught.value) == (
        f"mine.json: schema: {json.dumps(version) if version != '1' else repr('1')} given; want "
        f"version {SCHEMA}, which this version of twolayer reads and writes: record again"
    )


WANT = "want a file as `python -m twolayer record` wrote it"
NO_FILE = [
    ("", "mine.json: no JSON: Expecting value: line 1 column 1 (char 0)"),
    (sealed(CONTENT)[:-20], "mine.json: no JSON: "),
    ("[]", "mine.json: [] given; "),
    ("{}", "mine.json: no 'schema'; "),
    ('{"schema": 1, "schema": 1}', "mine.json: no JSON: 'schema' stands twice in one object; "),
    ('{"schema": NaN}', "mine.json: no JSON: NaN is no JSON number; "),
    ('{"schema": Infinity}', "mine.json: no JSON: Infinity is no JSON number; "),
    ("[" * 100_000, "mine.json: no JSON: "),
]


@pytest.mark.parametrize(("text", "words"), NO_FILE, ids=range(len(NO_FILE)))
def test_what_is_no_recording_is_refused(text: str, words: str) -> None:
    """An empty file, one that was cut short and other JSON get errors that say what is wanted."""
    with pytest.raises(RecordingError) as caught:
        parse(text, "mine.json")
    assert str(caught.value).startswith(words)
    assert WANT in str(caught.value)


def test_a_file_of_no_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 get an error with the file's name."""
    path = tmp_path / "mine.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(RecordingError) as caught:
        read(path)
    assert str(caught.value) == f"mine.json: no text: invalid start byte; {WANT}"


def test_a_cut_file_is_refused_wherever_it_was_cut(tmp_path: Path) -> None:
    """No beginning of a recording's text is a recording, save without its last line end."""
    path = tmp_path / "mine.json"
    write(made_up("cuda"), path)
    text = path.read_text("utf-8")
    for length in range(0, len(text) - 1, 37):
        with pytest.raises(RecordingError):
            parse(text[:length], "mine.json")
    assert parse(text[:-1], "mine.json") == made_up("cuda")


@pytest.mark.parametrize("speed", [float("nan"), float("inf"), 0.0, -1.0, 2])
def test_a_recording_that_could_not_be_read_is_not_written(tmp_path: Path, speed: float) -> None:
    """A figure that is no finite number above 0 ends the writing, and leaves nothing behind."""
    good = made_up("cuda")
    bad = good.loops[0]._replace(steps_per_second=about(1.0)._replace(median=speed))
    with pytest.raises(RecordingError, match=r"^mine\.json: "):
        write(good._replace(loops=(bad, *good.loops[1:])), tmp_path / "mine.json")
    assert [*tmp_path.iterdir()] == []


def test_equal_measurements_are_written(tmp_path: Path) -> None:
    """Where all repeats took as long, lowest, median and highest are one number."""
    good = made_up("cuda")
    same = good.loops[0]._replace(steps_per_second=Spread.of([5.0, 5.0, 5.0]))
    recording = good._replace(loops=(same, *good.loops[1:]))
    write(recording, tmp_path / "mine.json")
    assert read(tmp_path / "mine.json") == recording


def test_the_digest_is_of_the_content_in_any_order() -> None:
    """The digest is SHA-256 of the content as compact JSON, its names sorted, so order is free."""
    content = {name: FULL[name] for name in ("schema", "recording")}
    compact = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    assert FULL["digest"] == f"sha256:{hashlib.sha256(compact).hexdigest()}"
    turned = {name: FULL[name] for name in ("recording", "schema", "digest")}
    assert parse(json.dumps(turned), "mine.json") == made_up("cuda")


def test_a_name_that_stands_twice_is_refused() -> None:
    """Of an object's names the one that stands twice is named."""
    with pytest.raises(RecordingError, match="no JSON: 'b' stands twice in one object"):
        parse('{"a": 1, "b": 2, "b": 3}', "mine.json")


def test_a_file_that_is_read_is_named(tmp_path: Path) -> None:
    """An error in a file's content begins with the file's name."""
    (tmp_path / "mine.json").write_text("{}", "utf-8")
    with pytest.raises(RecordingError, match=r"^mine\.json: no 'schema'"):
        read(tmp_path / "mine.json")


@pytest.mark.parametrize(("length", "shown"), [(58, f"{'x' * 58!r}"), (59, f"'{'x' * 55} ...")])
def test_long_values_are_quoted_in_part(length: int, shown: str) -> None:
    """A value of up to 60 characters, quotes included, stands whole in an error."""
    with pytest.raises(RecordingError) as caught:
        parse(json.dumps({"schema": "x" * length}), "mine.json")
    assert caught.value.problem.startswith(f"{shown} given")


def test_the_first_error_of_a_write_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where what was begun can't be removed either, the error is still the first one."""
    full, gone = OSError("disk full"), OSError("no such disk")
    for place, name, error in ((os, "fsync", full), (Path, "unlink", gone)):
        monkeypatch.setattr(place, name, Mock(side_effect=error))
    with pytest.raises(OSError, match="disk full"):
        write(made_up("cuda"), tmp_path / "mine.json")


@pytest.mark.parametrize("failing", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, error: BaseException
) -> None:
    """Ended in the middle, the writing leaves what was there before, and nothing else."""
    path = tmp_path / "mine.json"
    path.write_text("the old one", "utf-8")

    def fail(*_: object) -> None:
        raise error

    where: dict[str, object] = {"fsync": os, "replace": Path}
    monkeypatch.setattr(where[failing], failing, fail)
    with pytest.raises(type(error)):
        write(made_up("cuda"), path)
    assert path.read_text("utf-8") == "the old one"
    assert [*tmp_path.iterdir()] == [path]
