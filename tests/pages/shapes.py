"""Shapes that code and text state, such as ``(N, D_in)``, held against those that values have."""

from __future__ import annotations

import ast
import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SIZE = r"(?:\d+ \* )?\w+(?: (?:\*|//) \w+)?"
SHAPE = rf"(?<!\w)\((?:|{SIZE},|{SIZE}(?:, {SIZE})+)\)"
COMMENT = re.compile(rf"\S  # ({SHAPE}(?:(?: @ | -> ){SHAPE})*)(?:$|[,.:;] )")
SHAPED = "__shaped__"
PRODUCTS = {"mm", "bmm", "matmul", "dot"}


def fits(stated: str, shape: tuple[int, ...], sizes: dict[str, int]) -> bool:
    """Whether a shape is the stated one; a size without a value takes the one that it meets."""
    parts = [part for part in re.split(", ?", stated[1:-1]) if part]
    met = {part: size for part, size in zip(parts, shape, strict=False) if part.isidentifier()}
    met |= sizes
    names = set(re.findall(r"[A-Za-z_]\w*", stated))
    if names <= met.keys() and tuple(eval(part, {}, met) for part in parts) == shape:  # noqa: S307
        sizes |= met
        return True
    return False


def whole(values: Mapping[str, Any]) -> dict[str, int]:
    """The whole numbers among variables."""
    return {name: value for name, value in values.items() if isinstance(value, int)}


def factors(node: ast.AST) -> list[ast.expr]:
    """What a product multiplies."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return [*(factors(node.left) or [node.left]), node.right]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return [node.func.value, *node.args][-2:] if node.func.attr in PRODUCTS else []
    return []


class Shapes(ast.NodeTransformer):
    """Makes code compare the shapes that comments behind its statements state.

    In one call of a function at least, they are those of the code's own variables, such as ``N``. A
    size that has no variable is the same in all of the function's comments.
    """

    def __init__(self, source: str) -> None:
        """Find the comments."""
        lines = enumerate(source.splitlines(), start=1)
        found = ((number, COMMENT.search(line)) for number, line in lines)
        self._comments = {number: f"line {number} {one[1]}" for number, one in found if one}
        self._sizes: dict[object, dict[str, int]] = {}
        self.faults = dict.fromkeys(self._comments.values(), "in no call")
        """The comments that no call has confirmed yet, and what was seen last."""

    def visit(self, node: ast.AST) -> Any:
        """Let a commented statement's value, and the factors of its product, pass through this object."""
        comment = self._comments.get(getattr(node, "end_lineno", 0))
        value = getattr(node, "value", None)
        if comment and isinstance(node, ast.stmt) and isinstance(value, ast.expr):
            product = next(filter(None, map(factors, ast.walk(value))), [])
            passed = [ast.Constant(comment), value, *product]
            call = ast.Call(ast.Name(SHAPED, ast.Load()), passed, [])
            node.value = ast.copy_location(call, value)  # type: ignore[attr-defined]
            return ast.fix_missing_locations(node)
        return self.generic_visit(node)

    def __call__(self, comment: str, value: Any, *product: Any) -> Any:
        """Compare a value's shape, and those of a product's factors, with a comment."""
        if comment in self.faults:
            frame = sys._getframe(1)
            sizes = self._sizes.setdefault(frame.f_code, {})
            known = sizes | whole(frame.f_globals) | whole(frame.f_locals)
            values = (
                [*product, value] if "->" in comment else product if "@" in comment else [value]
            )
            shapes = [tuple(each.shape) for each in values if hasattr(each, "shape")]
            stated = re.findall(SHAPE, comment)
            right = [fits(*pair, known) for pair in zip(stated, shapes, strict=False)]
            self.faults[comment] = str(shapes)
            if (all(right) and len(stated) == len(shapes)) or not (shapes or "@" in comment):
                sizes |= {name: known[name] for name in known if name in comment}
                del self.faults[comment]
        return value
