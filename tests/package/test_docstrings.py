"""What the package's docstrings say of shapes, held against calls."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import torch

import twolayer
from tests.pages.shapes import SHAPE, fits
from twolayer import lenet, random_problem
from twolayer.rungs import RUNGS, autograd_by_hand, static_graph
from twolayer.tensors import tensors

if TYPE_CHECKING:
    from types import FrameType

FOLDER = Path(twolayer.__file__).parent


def stated(doc: object) -> dict[str, list[str]]:
    """The shapes that a docstring states, by argument; those of a function's arguments aside."""
    parts = re.findall(r"(?m)^ *([a-z]\w*): (?!A function)(.*shape.*)", str(doc))
    return {name: found for name, text in parts if (found := re.findall(f"shape ({SHAPE})", text))}


def test_arguments_have_the_shapes_that_docstrings_state() -> None:
    """Each shape that a docstring states is that of the argument, in calls whose sizes all differ."""
    files = [*FOLDER.glob("*.py"), *FOLDER.glob("rungs/*.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    kinds = (ast.FunctionDef, ast.ClassDef)
    docs = [ast.get_docstring(node) for node in nodes if isinstance(node, kinds)]
    unseen = {(doc, name) for doc in docs for name in stated(doc)}
    wrong = []
    known = {"steps": 7}

    def look(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith((str(FOLDER), "<string>")):
            made = frame.f_locals.get("self", frame.f_locals.get("_cls"))
            doc = made.__doc__ if code.co_filename == "<string>" else (*code.co_consts, 0)[0]
            sizes = known.copy()
            for name, shapes in stated(doc).items():
                value = frame.f_locals[name]
                shape = tuple(getattr(value, "data", value).shape)
                if not any(fits(one, shape, sizes) for one in shapes):
                    wrong.append((code.co_qualname, name, shapes, shape))
                unseen.discard((inspect.cleandoc(str(doc)), name))

    net, images, targets = lenet.LeNet(), torch.ones(3, 1, 32, 32), torch.tensor([1, 2, 3])
    sys.setprofile(look)
    try:
        problem = random_problem(N=3, D_in=5, H=4, D_out=6)
        known |= problem.sizes
        for name in RUNGS.keys() - {"data_parallel", "static_graph"}:  # too far away, and too slow
            RUNGS[name].fit(problem, steps=7)
        static_graph.SquaredError()(*tensors(problem, "cpu", "float64"))
        autograd_by_hand.Value(problem.x) @ autograd_by_hand.Value(problem.w1)
        lenet.training_step(net, torch.optim.SGD(net.parameters()), images, targets)
        lenet.accuracy(net, images, targets)
    finally:
        sys.setprofile(None)
    assert (wrong, unseen) == ([], set())
