"""Answers to the exercises on devices: right ones in other styles, typical mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.cuda_device import itself, to_device

if TYPE_CHECKING:
    from torch import Tensor


def in_new_memory(x: Tensor) -> Tensor:
    """Write x beside ones."""
    result = torch.ones_like(x[:, :1]).repeat(1, x.shape[1] + 1)
    result[:, :-1] = x
    return result


def by_tree(batch: Any, device: torch.device) -> Any:
    """PyTorch's own walk through nested containers."""
    return torch.utils._pytree.tree_map_only(torch.Tensor, lambda t: t.to(device), batch)


RIGHT: list[tuple[str, Any]] = [
    ("cuda_device.1", lambda x: torch.cat((x, x.new_ones(len(x), 1)), -1)),
    ("cuda_device.1", lambda x: torch.nn.functional.pad(x, (0, 1), value=1)),
    ("cuda_device.1", in_new_memory),
    ("cuda_device.2", {**itself(), "x.half()": False}),
    ("cuda_device.2", {code: np.bool_(value) for code, value in itself().items()}),
    ("cuda_device.3", by_tree),
    (
        "cuda_device.3",
        lambda batch, device: to_device(batch, str(device)),
    ),
    ("cuda_device.4", lambda s, d, w: int(np.prod(s)) * min(d.itemsize, w.itemsize)),
    (
        "cuda_device.4",
        lambda s, d, w: min(torch.ones(s).to(d).nbytes, torch.ones(s).to(w).nbytes),
    ),
]


@pytest.mark.parametrize(("id_", "answer"), RIGHT, ids=range(len(RIGHT)))
def test_other_right_answers_pass(id_: str, answer: object) -> None:
    """Answers in other styles are right."""
    verdict = check(id_, answer, why=True)
    assert verdict.right, verdict.text


def flat(batch: Any, device: torch.device) -> Any:
    """Move what lies at the top only."""
    if isinstance(batch, dict):
        return {k: v.to(device) if torch.is_tensor(v) else v for k, v in batch.items()}
    if isinstance(batch, list | tuple):
        return type(batch)(v.to(device) if torch.is_tensor(v) else v for v in batch)
    return batch.to(device)


def in_place(batch: Any, device: torch.device) -> Any:
    """Write the moved tensors into the batch."""
    if isinstance(batch, dict):
        for name, value in batch.items():
            batch[name] = in_place(value, device)
        return batch
    return to_device(batch, device)


def lists_only(batch: Any, device: torch.device) -> Any:
    """Make a list of each tuple."""
    if isinstance(batch, list | tuple):
        return [lists_only(value, device) for value in batch]
    return to_device(batch, device)


def all_float(batch: Any, device: torch.device) -> Any:
    """Cast whatever moves."""
    if torch.is_tensor(batch):
        return batch.to(device, torch.float32)
    if isinstance(batch, dict):
        return {name: all_float(value, device) for name, value in batch.items()}
    return to_device(batch, device)


def tensors_only(batch: Any, device: torch.device) -> Any:
    """Leave out what is no tensor."""
    if isinstance(batch, dict):
        return {k: v.to(device) for k, v in batch.items() if torch.is_tensor(v)}
    return to_device(batch, device)


def moved_ones(x: Tensor) -> Tensor:
    """Move x to the CPU."""
    return torch.cat([x.cpu(), torch.ones(x.shape[0], 1, dtype=x.dtype)], dim=1)


def dtype_only(x: Tensor) -> Tensor:
    """Forget the device."""
    return torch.cat([x, torch.ones(x.shape[0], 1, dtype=x.dtype)], dim=1)


def on_the_cpu(x: Tensor) -> Tensor:
    """Make the result where nobody asked for it."""
    return torch.ones(x.shape[0], x.shape[1] + 1, dtype=x.dtype) if x.is_meta else dtype_only(x)


WRONG: list[tuple[str, Any, str, str]] = [
    ("cuda_device.1", dtype_only, "known-mistake", "not with an x on meta"),
    ("cuda_device.1", moved_ones, "known-mistake", "not with an x on meta"),
    ("cuda_device.1", on_the_cpu, "wrong-device", "want meta"),
    ("cuda_device.1", lambda x: torch.cat([x.new_ones(len(x), 1), x], 1), "known-mistake", "left"),
    ("cuda_device.1", lambda x: torch.cat([x, x[:, :1]], 1), "known-mistake", "last column"),
    ("cuda_device.1", lambda x: x + 1, "wrong-shape", "(4, 4)"),
    ("cuda_device.1", lambda x: x.tolist(), "wrong-type", "list"),
    ("cuda_device.2", {**itself(), "x.to('cpu')": False}, "known-mistake", "Where does x lie?"),
    ("cuda_device.2", {**itself(), "x.double().float()": True}, "known-mistake", "1 of 9"),
    ("cuda_device.3", flat, "known-mistake", "[0]['x']"),
    ("cuda_device.3", in_place, "known-mistake", "changed the batch that it got"),
    ("cuda_device.3", lists_only, "known-mistake", "there is a list; want a tuple"),
    ("cuda_device.3", all_float, "known-mistake", "as before the move"),
    ("cuda_device.3", tensors_only, "known-mistake", "1 entries"),
    ("cuda_device.3", lambda batch, device: batch.to(device), "raises", "AttributeError"),
    ("cuda_device.4", lambda s, d, _: int(np.prod(s)) * d.itemsize, "known-mistake", "worse"),
    ("cuda_device.4", lambda s, _, w: int(np.prod(s)) * w.itemsize, "known-mistake", "worse"),
    (
        "cuda_device.4",
        lambda s, d, w: int(np.prod(s)) + 0 * d.itemsize * w.itemsize,
        "known-mistake",
        "not bytes",
    ),
    (
        "cuda_device.4",
        lambda s, d, w: int(np.prod(s)) * (d.itemsize + w.itemsize),
        "known-mistake",
        "only one of the two",
    ),
]


@pytest.mark.parametrize(("id_", "answer", "diagnosis", "said"), WRONG, ids=range(len(WRONG)))
def test_mistakes_are_named(id_: str, answer: object, diagnosis: str, said: str) -> None:
    """Each typical mistake gets its own diagnosis."""
    verdict = check(id_, answer, why=True)
    assert verdict.diagnosis == diagnosis, verdict.text
    assert said in verdict.text
