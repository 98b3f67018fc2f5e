"""Words that name an outcome, each with a judge: what must be so of code and its result for it to be true."""

from __future__ import annotations

import ast
import contextlib
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Array = np.ndarray[Any, Any]
    Judge = Callable[["Effect", re.Match[str]], bool | None]

QUOTED = re.compile(r"`([^`]*)`")
_NAMED = re.compile(
    r"(?<!except )\b(?:[a-z]+\d+|three|four|five|six|\w+(?:Error|Warning)|(?<=\s)(?:warn|raise))(?=s?\b)"
    r"|(?<!PyTorch )(?<!NumPy )(?<!since )(?<!until )(?<![\w.-])-?\d[\d.]*\b(?!-\w)"
)
_SPELLED = {"three": "3", "four": "4", "five": "5", "six": "6"}
_CALLS = r"(NumPy's )?((?:`+[\w.]+`+(?:,| and|, and) )*`+[\w.]+`+)(?:, which)?(?: always)? "
_SHARES = r"(shares? (?:an array's |the |its )?memory|copy no data|copies nothing|never copies)"
_COPIES = r"(?:copies(?= the data|[.,;])|copy(?=[.;])|makes a copy)"
_MEMORY = re.compile(f"{_CALLS}(?:{_SHARES}|{_COPIES})")
_PARTS = {"column": r"\[:, ", "transposed": r"\.m?T|\.t\(|transpose", "reversed": "-1|flip"}
_ROUND = {"down": np.floor, "up": np.ceil, "towards zero": np.trunc}
_REDUCE: dict[str, Callable[..., Any]]
_REDUCE = {"sum": np.sum, "mean": np.mean, "product": np.prod, "maximum": np.max, "minimum": np.min}


def arrays(*values: object) -> list[Array]:
    """Those of some values that are arrays, and the memory of tensors as arrays."""
    tensors = [v for v in values if isinstance(v, torch.Tensor) and v.device.type == "cpu"]
    shown = [v.detach().numpy() for v in tensors if v.dtype != torch.bfloat16]
    return [v for v in values if isinstance(v, np.ndarray)] + shown


class Effect:
    """What a cell's code did to the arrays and tensors that it found under some names."""

    def __init__(self, code: str, names: dict[str, Any]) -> None:
        """Look at the names before the code runs."""
        self.code, self.names, self._found = code, names, dict(names)
        self._old = [(array, array.copy()) for array in arrays(*names.values())]

    def ends(self, value: Any = None, *, bad: bool) -> None:
        """Look again: at the code's value, if any, at what it wrote, and at the memory of what it made."""
        self.value, self.bad = value, bad
        self.changed = not all(np.array_equal(now, was, equal_nan=True) for now, was in self._old)
        new = (made for name, made in self.names.items() if self._found.get(name) is not made)
        self.made = arrays(*new) or arrays(value)
        self.shares = self.changed or any(
            np.shares_memory(made, old) for made in self.made for old, _ in self._old
        )

    def compute(self, code: str) -> Array | None:
        """Compute an expression of the names, if it gives numbers."""
        with contextlib.suppress(Exception):
            value = np.asarray(eval(code, dict(self.names)))  # noqa: S307 - a part of the cell
            return value if value.dtype.kind in "biuf" else None
        return None

    def given(self) -> Array | None:
        """What the code's first call works on: what stands before its dot, or its first argument."""
        call = next((n for n in ast.walk(ast.parse(self.code)) if isinstance(n, ast.Call)), None)
        parts = [getattr(call.func, "value", call.func), *call.args] if call else []
        values = (self.compute(ast.unparse(part)) for part in parts)
        return next((value for value in values if value is not None), None)


def _on_numbers(test: Callable[[Array, Array, re.Match[str]], Any]) -> Judge:
    def judge(effect: Effect, match: re.Match[str]) -> bool | None:
        given, value = effect.given(), np.asarray(effect.value)
        with contextlib.suppress(ValueError):
            return None if given is None else bool(np.all(test(given, value.ravel(), match)))
        return False

    return judge


def _reduces(given: Array, value: Array, match: re.Match[str]) -> Any:
    return np.isclose(value, _REDUCE[match[1]](given, axis={"column": 0, "row": 1}.get(match[2])))


def _divides(given: Array, value: Array, match: re.Match[str]) -> Any:
    n = bool(match[1])
    return np.isclose(value[0], [given.std(ddof=n), given.var(ddof=n)]).any()


def _on_exact(effect: Effect, match: re.Match[str]) -> bool | None:
    exact = effect.compute(effect.code.replace("//", "/"))
    return None if exact is None else np.array_equal(_ROUND[match[1]](exact), effect.value)


WORDS: dict[str, Judge] = {
    r"\bshar(?:es?|ing) (?:one )?(?:memory|storage)|without copying": lambda e, _: e.shares if e.made else None,
    r"(?<!would |thout )\bcop(?:y|ies)\b(?!.* into)": lambda e, _: not e.shares if e.made else None,
    r"\bin place|^assign|^overwrite|^updated": lambda e, _: e.changed,
    r"still works": lambda e, _: not e.bad,
    r"a Python number": lambda e, _: type(e.value) in {bool, int, float},
    r"to a list": lambda e, _: type(e.value) is list,
    r"values and indices|indices and values": lambda e, m: e.value[m[0][0] == "v"].dtype == torch.int64,
    r"argument defaults to (\w+)": lambda e, m: e.compute(e.code.replace("()", f"({m[1]})")) == e.value,
    r"(stops|keeps) tracking": lambda e, m: e.value == (m[1] == "keeps"),
    r"it's (?:still )?(un)?tracked": lambda e, m: e.value == (not m[1]),
    r"(?<=[nyto] a )column|transposed|reversed": lambda e, m: bool(re.search(_PARTS[m[0]], e.code)),
    r"round(?:s|ing) (down|up|towards zero)": _on_exact,
    r"^sort.*(a|de)scending": _on_numbers(
        lambda i, v, m: v == (np.sort(i) if m[1] == "a" else -np.sort(-i))
    ),
    r"two (largest|smallest)": _on_numbers(
        lambda i, v, m: np.sort(v) == (np.sort(i)[-2:] if m[1] == "largest" else np.sort(i)[:2])
    ),
    r"the (lower|upper) one": _on_numbers(lambda i, v, m: (v < np.median(i)) == (m[1] == "lower")),
    r"^(sum|mean|product|maximum|minimum)(?: of (?:all elements|integers|each (column|row)))?(?:, keep.*)?$": _on_numbers(_reduces),
    r"(?:divisor |^)n( - 1)?$": _on_numbers(_divides),
}  # fmt: skip


def verdicts(words: str, effect: Effect) -> dict[str, bool]:
    """Whether each of some words that name an outcome is true of what a cell's code did."""
    text = QUOTED.sub("`", words)
    found = ((match, judge) for word, judge in WORDS.items() if (match := re.search(word, text)))
    judged = ((match[0], judge(effect, match)) for match, judge in found)
    return {word: bool(true) for word, true in judged if true is not None}


def note_of(cell: str) -> str:
    """The words behind the dash of a cell."""
    return cell.partition(" \N{EN DASH} ")[2]


def without_source(cells: Sequence[str], names: Mapping[str, Any], blocks: str) -> list[str]:
    """The names, dtypes, numbers and so on that a row's words have, and neither its code nor its arrays."""
    told = [cells[0], *map(note_of, cells[1:])]
    code = " ".join(cell.removesuffix(note_of(cell)) for cell in cells[1:])
    used = arrays(*(names[name] for name in names if re.search(rf"\b{name}\b", code)))
    code += "".join(f" {array.dtype} {array.shape} {array.size}" for array in used)
    said = [(word, code) for cell in told for word in _NAMED.findall(QUOTED.sub(" ", cell))]
    quoted = " ".join(QUOTED.findall(" ".join(told)))
    said += [(name, code + blocks) for name in re.findall(r"[A-Za-z_]\w*", quoted)]
    said += [(number, code) for number in re.findall(r"\b\d+", quoted)]
    return [
        word
        for word, source in said
        if word.strip("-") not in {"0", "1", "1.0"}
        and not re.search(rf"(?<![^\W_])(?<!\d\.){_SPELLED.get(word, word)}s?(?!\w)", source)
    ]


def _shares(name: str, *, numpy: bool) -> bool | None:
    """Whether what a method or function of torch, or NumPy's, returns is the memory it works on."""
    data = np.ones((2, 2))
    scope = {"torch": torch, "data": data, "it": data if numpy else torch.from_numpy(data)}
    for call in (f"it.{name}()", f"it.{name}(-1)", f"torch.{name}(data)"):
        with contextlib.suppress(Exception):
            (made,) = arrays(eval(call, scope))  # noqa: S307 - a name of an API
            return np.shares_memory(data, made)
    return None


def untrue_of_memory(text: str) -> list[str]:
    """The clauses that say wrongly that functions share memory, or that they copy."""
    return [
        match[0]
        for match in _MEMORY.finditer(text)
        if (not match[3])
        in {_shares(name, numpy=bool(match[1])) for name in re.findall(r"\w+(?=`)", match[2])}
    ]
