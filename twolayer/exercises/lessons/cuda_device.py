"""Exercises on devices: what lies elsewhere, batches to move, and bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson
from twolayer.exercises.mistakes import Edit
from twolayer.exercises.values import is_tensor

if TYPE_CHECKING:
    import torch

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw

lesson = Lesson()


def draw_found(draw: Draw) -> Inputs:
    """Modules and dictionaries, with some of their tensors on meta."""
    import torch  # noqa: PLC0415 - takes a second, which only those who check need wait

    nn = torch.nn
    model: Any = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 2)))
    model.register_buffer("scale", torch.ones(1, device="meta"), persistent=False)
    model.register_buffer("shift", torch.zeros(1), persistent=False)
    model[1][draw.case % 2].to("meta")
    tensors = {"x": torch.ones(2, 3), "y": torch.ones(2, device="meta"), "w": torch.ones(3)}
    return {"found": (model, tensors, model, model[1])[draw.case]}


def elsewhere_by_walk(found: Any) -> tuple[set[str], set[str]]:
    """The names of what is not on the CPU, and of what is not on meta."""
    named = found
    if not isinstance(found, dict):
        named = {
            f"{prefix}.{name}".removeprefix("."): getattr(module, name)
            for prefix, module in found.named_modules()
            for name in (*module._parameters, *module._buffers)  # noqa: SLF001 - not by PyTorch's own walk
        }
    meta = {name for name, tensor in named.items() if tensor.is_meta}
    return meta, set(named) - meta


@lesson.exercise(
    "Which tensors are elsewhere?",
    draw=draw_found,
    wanted=elsewhere_by_walk,
    run=lambda answer, inputs: tuple(answer(inputs["found"], name) for name in ("cpu", "meta")),
    gives="the set for 'cpu', the set for 'meta'",
    mistakes=(
        Edit(
            "a module's buffers are left out; operations use them like any other tensor",
            (" | dict(found.named_buffers())", ""),
        ),
        Edit("a module's parameters are left out", ("dict(found.named_parameters()) | ", "")),
        Edit(
            "a buffer that isn't saved is left out; the state dict doesn't hold all buffers",
            ("dict(found.named_parameters()) | dict(found.named_buffers())", "found.state_dict()"),
        ),
        Edit(
            "the tensors of inner modules are left out",
            ("named_parameters()", "named_parameters(recurse=False)"),
            ("named_buffers()", "named_buffers(recurse=False)"),
        ),
        Edit(
            "all names are in it, since a tensor's device never equals a string; compare two devices",
            ("torch.device(device)", "device"),
        ),
        Edit("these are the tensors on the device; return the others", ("!=", "==")),
    ),
    hints=(
        "Of what type is a tensor's attribute device, and of what type is the argument? Can the two be equal?",
        "Collect a module's two kinds of tensors in one dictionary; for each kind, a module has a method that lists "
        "names and tensors. Then both forms of found work alike, and ``torch.device`` turns a name into a device.",
    ),
)
def elsewhere(found: Any, device: str) -> set[str]:
    """The names of the tensors that are not on a device."""
    import torch  # noqa: PLC0415 - as above

    named = found
    if isinstance(found, torch.nn.Module):
        named = dict(found.named_parameters()) | dict(found.named_buffers())
    wanted = torch.device(device)
    return {name for name, tensor in named.items() if tensor.device != wanted}


def draw_batch(draw: Draw) -> Inputs:
    """Batches of many forms, each with the device that it is to move to."""
    import torch  # noqa: PLC0415 - as above

    x, labels = torch.tensor([0.5, 2.0]), torch.tensor([1, 0])
    batches: tuple[Any, ...] = (
        [{"x": x.bfloat16()}, {"pair": (x, labels), "n": 2}],
        {"x": x, "name": "batch 3", "weights": None},
        {"xs": [x, [labels]], "empty": []},
        (x.double(), [labels], {"x": [], "y": {"deep": x}}),
        x,
        [],
    )
    device = "cpu" if draw.case % 3 == 2 else "meta"
    return {"batch": batches[draw.case], "device": torch.device(device)}


def written(batch: Any, device: Any = None) -> str:
    """A batch in words; on a device, if one is given."""
    if is_tensor(batch):
        there = device or batch.device
        numbers = "" if there.type == "meta" else f" {batch.tolist()}"
        return f"{batch.dtype}{numbers} on {there}".removeprefix("torch.")
    if isinstance(batch, dict):
        entries = (f"{name!r}: {written(entry, device)}" for name, entry in batch.items())
        return f"{{{', '.join(entries)}}}"
    if isinstance(batch, list | tuple):
        inside = ", ".join(written(entry, device) for entry in batch)
        return f"[{inside}]" if isinstance(batch, list) else f"({inside},)"
    return repr(batch)


def spoilt(batch: Any) -> None:
    """Write over all entries of a batch and of what lies in it."""
    if isinstance(batch, dict | list | tuple):
        for entry in batch.values() if isinstance(batch, dict) else batch:
            spoilt(entry)
    if isinstance(batch, dict):
        batch["spoilt"] = True
    if isinstance(batch, list):
        batch[:] = [Ellipsis]


def moved_batch(answer: Any, inputs: Inputs) -> Any:
    """What comes back, in words, if the batch stays as it is and shares nothing with it."""
    batch, device = inputs.values()
    before = written(batch)
    moved = answer(batch, device)
    if moved is None or moved is Ellipsis:
        return moved
    if written(batch) != before:
        text = f"it is {written(batch):.100} now; leave it as it was"
        raise DiagnosisError(diagnoses.KNOWN(name="the batch that you got", text=text))
    found, wanted = written(moved), written(batch, device)
    spoilt(batch)
    if found == wanted != written(moved):
        text = "a dictionary or a list in it belongs to the batch; make new ones"
        raise DiagnosisError(diagnoses.KNOWN(name="moved", text=text))
    return found


@lesson.exercise(
    "A batch of many tensors",
    draw=draw_batch,
    wanted=written,
    run=moved_batch,
    gives="moved",
    cases=6,
    mistakes=(
        Edit(
            "tensors deeper down haven't moved; move each tensor, at any depth",
            ("to_device(value, device)", "value.to(device) if torch.is_tensor(value) else value"),
        ),
        Edit("a tuple has become a list; keep its type", ("type(batch)(", "list(")),
        Edit("a tuple's tensors haven't moved", ("list | tuple", "list")),
        Edit("tensors become float32; keep their dtype", ("(device)", "(device, torch.float32)")),
        Edit(
            "what isn't a tensor is left out of the dictionaries; keep it",
            (
                "batch.items()",
                "batch.items() if isinstance(value, torch.Tensor | dict | list | tuple)",
            ),
        ),
    ),
    hints=(
        "What does the function do with a tensor? And with a list, if it could already move each of its elements?",
        "Let the function call itself. It needs one case for a tensor, one for a dictionary, and one for lists and "
        "tuples, which builds a new one of the same type. Anything else is returned as it is.",
    ),
)
def to_device(batch: Any, device: torch.device | str) -> Any:
    """The batch with each of its tensors on a device."""
    import torch  # noqa: PLC0415 - as above

    if isinstance(batch, torch.Tensor):
        return batch.to(device)
    if isinstance(batch, dict):
        return {name: to_device(value, device) for name, value in batch.items()}
    if isinstance(batch, list | tuple):
        return type(batch)(to_device(value, device) for value in batch)
    return batch


DTYPES = (("float64", "float32"), ("uint8", "float32"), ("int64", "float16"), ("bool", "float64"))


def draw_move(draw: Draw) -> Inputs:
    """A shape and two dtypes, of which the first is larger in every other case."""
    import torch  # noqa: PLC0415 - as above

    shape = draw.sizes("N", "rows", "columns")[: 2 + draw.case % 2]
    dtype, wanted = (getattr(torch, name) for name in DTYPES[draw.case])
    return {"shape": shape, "dtype": dtype, "wanted": wanted}


def fewest(shape: tuple[int, ...], dtype: torch.dtype, wanted: torch.dtype) -> int:
    """Ask two tensors without numbers."""
    import torch  # noqa: PLC0415 - as above

    return min(torch.empty(shape, dtype=one, device="meta").nbytes for one in (dtype, wanted))


@lesson.exercise(
    "The fewest bytes",
    draw=draw_move,
    wanted=fewest,
    gives="total",
    mistakes=tuple(
        Edit(text, (" * min(dtype.itemsize, wanted.itemsize)", factor))
        for factor, text in {
            " * max(dtype.itemsize, wanted.itemsize)": "this is the worse order; choose the one that moves less",
            " * wanted.itemsize": "this always casts before the move, even where that makes the tensor larger",
            " * dtype.itemsize": "this always casts after the move, even where casting first makes the tensor smaller",
            " * (dtype.itemsize + wanted.itemsize)": "this adds both sizes, but the tensor moves in one dtype only",
            "": "this counts elements; multiply by the bytes of each",
        }.items()
    ),
    hints=(
        "Which dtype does the tensor have on its way if you cast first, and which if you cast last?",
        "Count the elements of the shape. Each takes the ``itemsize`` of the dtype that it travels in, and you "
        "choose the smaller one.",
    ),
)
def bytes_to_move(shape: tuple[int, ...], dtype: torch.dtype, wanted: torch.dtype) -> int:
    """The bytes that have to move, with the cast at the better time."""
    import math  # noqa: PLC0415 - shown with the solution

    return math.prod(shape) * min(dtype.itemsize, wanted.itemsize)
