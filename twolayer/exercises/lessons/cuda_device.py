"""Exercises on devices: functions at home on each, what ``to`` returns, batches and bytes."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Predicate, each_entry
from twolayer.exercises.computation import Computation
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.values import is_tensor, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch
    from torch import Tensor

    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.draws import Draw

# 1. At home on every device


def with_ones(x: Tensor) -> Tensor:
    """The tensor with a column of ones at its right."""
    import torch  # noqa: PLC0415 - takes a second, which only those who check need wait

    ones = torch.ones(x.shape[0], 1, dtype=x.dtype, device=x.device)
    return torch.cat([x, ones], dim=1)


def _inputs() -> Iterator[Tensor]:
    """Tensors of several dtypes, then some on each device that there is."""
    import torch  # noqa: PLC0415 - as above

    yield torch.arange(12.0).view(4, 3)
    for dtype in (torch.float64, torch.bfloat16, torch.int64):
        yield torch.arange(10).view(2, 5).to(dtype)
    yield torch.ones(3, 2, device="meta")
    yield torch.ones(1, 4, dtype=torch.float64, device="meta")
    if torch.cuda.is_available():
        yield torch.arange(8.0, device="cuda").view(2, 4)


def _ones_problem(answer: Callable[[Tensor], Any]) -> Diagnosis | str | None:
    for x in _inputs():
        shown = f"the result for x of shape {tuple(x.shape)}, {x.dtype}, on {x.device},"
        try:
            given = answer(x.clone())
        except (RuntimeError, NotImplementedError) as error:
            if x.device.type == "cpu":
                raise
            message = str(error).splitlines()[0].rstrip(".")
            return (
                f"your code works on the CPU, but not with an x on {x.device} ({message}); look for a "
                "tensor that is made without saying where"
            )
        if problem := _unlike_ones(given, x, shown):
            return problem
    return None


def _unlike_ones(given: Any, x: Tensor, shown: str) -> Diagnosis | str | None:
    """Say how a result differs from x with a column of ones."""
    import torch  # noqa: PLC0415 - as above

    problem: Diagnosis | str | None = None
    shape = (x.shape[0], x.shape[1] + 1)
    if given is None:
        problem = diagnoses.NONE(name="what your function returns")
    elif not is_tensor(given):
        problem = diagnoses.WRONG_TYPE(name=shown, given=kind_of(given), wanted="tensor")
    elif tuple(given.shape) != shape:
        problem = diagnoses.WRONG_SHAPE(name=shown, given=tuple(given.shape), wanted=shape)
    elif given.device != x.device:
        problem = diagnoses.WRONG_DEVICE(name=shown, given=given.device, wanted=x.device)
    elif given.dtype != x.dtype:
        text = f"{shown} has dtype {given.dtype}; want that of x; look at the dtype of the ones"
        problem = diagnoses.Diagnosis(diagnoses.WRONG_DTYPE.name, text)
    elif x.device.type == "meta":
        pass  # There are no numbers to look at.
    elif torch.equal(given[:, 1:], x) and bool((given[:, 0] == 1).all()):
        problem = f"{shown} has its ones at the left; want them at the right"
    elif not torch.equal(given[:, :-1], x):
        problem = f"{shown} does not begin with the numbers of x"
    elif not bool((given[:, -1] == 1).all()):
        problem = f"{shown} has another last column than ones"
    return problem


# 2. The same tensor or another?


def itself() -> dict[str, bool]:
    """Whether each line's result is x itself."""
    return {
        "x.to('cpu')": True,
        "x.to('meta')": False,
        "x.to(torch.float32)": True,
        "x.to('cpu', torch.float64)": False,  # the device is right, the dtype isn't
        "x.to('cpu', copy=True)": False,  # asked for
        "x.double().float()": False,  # back in the dtype of x, in other memory
        "x.cpu().contiguous()": True,  # neither has anything to do
        "x.to(torch.zeros(5))": True,  # device and dtype of the other tensor are those of x
        "x.to('meta').to('meta').new_ones(2, 3)": False,
    }


def _is_itself(code: str) -> bool:
    import torch  # noqa: PLC0415 - as above

    x = torch.ones(2, 3)
    return eval(code, {"torch": torch, "x": x}) is x  # noqa: S307 - lines of this file


_LINES = {
    "x.to('cpu')": "Where does x lie?",
    "x.to('meta')": "Where does x lie? Can one tensor be in two places?",
    "x.to(torch.float32)": "Which dtype has x? Is there anything to do?",
    "x.to('cpu', torch.float64)": "Device and dtype are both asked for; are both there?",
    "x.to('cpu', copy=True)": "What does the second argument ask for?",
    "x.double().float()": "What did the first of the two calls make?",
    "x.cpu().contiguous()": "What would each of these calls have to do?",
    "x.to(torch.zeros(5))": (
        "Given a tensor, to takes that one's device and dtype, and no more. Which are they?"
    ),
    "x.to('meta').to('meta').new_ones(2, 3)": "On which device is the result, and what does a method that begins with new do?",
}

_ITSELF = each_entry(_LINES, _is_itself)

# 3. A batch of many tensors


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


def _batches() -> Iterator[tuple[str, Any]]:
    import torch  # noqa: PLC0415 - as above

    x = torch.arange(6.0).view(2, 3)
    labels = torch.tensor([1, 0])
    yield "a single tensor", x
    yield "a dictionary of two tensors", {"x": x, "labels": labels}
    yield "a list of two tensors", [x, labels]
    yield "a tuple of two tensors", (x.double(), labels)
    yield "a dictionary with a name and None", {"x": x, "name": "batch 3", "weights": None}
    yield (
        "a list of dictionaries, one with a tuple",
        [{"x": x.bfloat16()}, {"pair": (x, labels), "n": 2}],
    )
    yield "an empty list in a dictionary", {"x": [], "y": labels}


def _batch_problem(answer: Callable[[Any, Any], Any]) -> Diagnosis | str | None:
    import torch  # noqa: PLC0415 - as above

    devices = ["meta", "cpu", *(["cuda:0"] if torch.cuda.is_available() else [])]
    for device in map(torch.device, devices):
        for described, batch in _batches():
            given = answer(batch, device)
            if given is Ellipsis:
                return diagnoses.EMPTY(what="moved is still `...`")
            fresh = dict(_batches())[described]
            if found := _unlike_batch(given, fresh, device):
                return f"the result for {described}, moved to {device}: {found}"
            if found := _unlike_batch(batch, fresh, torch.device("cpu")):
                return f"your code changed the batch that it got, {described}; want a new one"
    return None


def _unlike_batch(given: Any, batch: Any, device: torch.device, at: str = "") -> str | None:
    """Say how a moved batch differs from the wanted one, and where."""
    place = f"at {at} " if at else ""
    if is_tensor(batch):
        return _unlike_tensor(given, batch, device, place)
    if type(given) is not type(batch):
        return f"{place}there is a {kind_of(given)}; want a {kind_of(batch)}"
    if not isinstance(batch, dict | list | tuple):
        return None if given == batch else f"{place}there is {given!r}; want {batch!r}"
    keys = list(batch) if isinstance(batch, dict) else list(range(len(batch)))
    if (list(given) if isinstance(batch, dict) else list(range(len(given)))) != keys:
        return (
            f"{place}there are {len(given)} entries, or others; want the {len(keys)} of the batch"
        )
    found = (_unlike_batch(given[k], batch[k], device, f"{at}[{k!r}]") for k in keys)
    return next(filter(None, found), None)


def _unlike_tensor(given: Any, tensor: Tensor, device: torch.device, place: str) -> str | None:
    """Say how a moved tensor differs from the wanted one."""
    import torch  # noqa: PLC0415 - as above

    if not is_tensor(given):
        return f"{place}there is a {kind_of(given)}; want a tensor"
    if given.device != device:
        return f"{place}the tensor is on {given.device}; what lies deeper has to move too"
    if given.dtype != tensor.dtype:
        return f"{place}the tensor has dtype {given.dtype}; want {tensor.dtype}, as before the move"
    equal = given.shape == tensor.shape
    if equal and device.type != "meta":
        equal = torch.equal(given.cpu(), tensor)
    return None if equal else f"{place}the tensor is another than that of the batch"


# 4. The fewest bytes


def bytes_to_move(shape: tuple[int, ...], dtype: torch.dtype, wanted: torch.dtype) -> int:
    """The bytes that a move and a cast have to move, in the better order."""
    count = 1
    for size in shape:
        count *= size
    return count * min(dtype.itemsize, wanted.itemsize)


_DTYPES = (("float64", "float32"), ("uint8", "float32"), ("int64", "float16"), ("bool", "float64"))


def _draw_move(draw: Draw) -> dict[str, Any]:
    import torch  # noqa: PLC0415 - as above

    shape = draw.sizes("N", "rows", "columns")
    dtype, wanted = (getattr(torch, name) for name in _DTYPES[draw.case])
    return {"shape": shape[: 2 + draw.case % 2], "dtype": dtype, "wanted": wanted}


def _bytes_of(which: Callable[[int, int], int]) -> Callable[..., int]:
    """Count the bytes with a choice between the two dtypes' sizes."""

    def variant(shape: tuple[int, ...], dtype: torch.dtype, wanted: torch.dtype) -> int:
        import torch  # noqa: PLC0415 - as above

        numbers = torch.empty(shape, device="meta")
        sizes = (numbers.to(dtype).nbytes, numbers.to(wanted).nbytes)
        return which(*sizes)

    return variant


_BYTES = Computation(
    draw=_draw_move,
    wanted=_bytes_of(min),
    returns=("total",),
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _bytes_of(max),
            text="that is the worse order; the other one moves less",
        ),
        Mistake(
            diagnoses.KNOWN,
            _bytes_of(lambda before, after: after),
            text="that casts before the move, always; here the cast makes the tensor larger",
        ),
        Mistake(
            diagnoses.KNOWN,
            _bytes_of(lambda before, after: before),
            text="that casts after the move, always; here a cast before it would make the tensor smaller",
        ),
        Mistake(
            diagnoses.KNOWN,
            _bytes_of(lambda before, after: before + after),
            text="only one of the two moves, the one that is there when the move comes",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda shape, dtype, wanted: prod(shape),
            text="these are numbers, not bytes",
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="At home on every device",
        check=Predicate(
            test=_ones_problem, after="on several dtypes, and on each device of this machine"
        ),
        hints=(
            "On which device are the ones made, and in which dtype? Who says so?",
            "A function that makes tensors takes ``dtype`` and ``device`` as arguments, and ``x`` knows both of its own. Or "
            "look for a method of ``x`` that makes ones like itself.",
        ),
        solution=with_ones,
        stub="wrong-dtype",
    ),
    Exercise(
        number=2,
        title="The same tensor or another?",
        check=_ITSELF,
        hints=(
            "For each line: which device and which dtype are asked for, and which has ``x`` already?",
            "If both are there, there is nothing to do, and you get the tensor itself, unless you ask for a copy. "
            "A tensor that was cast to and fro lies in new memory.",
        ),
        solution=itself,
    ),
    Exercise(
        number=3,
        title="A batch of many tensors",
        check=Predicate(test=_batch_problem, wanted="a function", after="on batches of many forms"),
        hints=(
            "What does the function do with a tensor? And what with a list, if it could already move each entry of it?",
            "Let the function call itself: one case for a tensor, one for a dictionary, one for lists and tuples, which "
            "build a new one of the same type, and what is left comes back as it is.",
        ),
        solution=to_device,
    ),
    Exercise(
        number=4,
        title="The fewest bytes",
        check=_BYTES,
        hints=(
            "Which dtype has the tensor on its way, if you cast first, and which if you cast last?",
            "Count the numbers of the shape. Each takes as many bytes as the ``itemsize`` of the dtype that it "
            "travels in, and you choose the smaller one.",
        ),
        solution=bytes_to_move,
    ),
)
"""The exercises, in order."""
