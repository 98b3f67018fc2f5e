"""Odd answers to the exercises on devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.cuda_device import elsewhere, to_device

if TYPE_CHECKING:
    from collections.abc import Iterator


def by_type(found: Any, device: str) -> set[str]:
    """Chain the names, and compare the types of devices."""

    def named() -> Iterator[tuple[str, Any]]:
        if isinstance(found, dict):
            yield from found.items()
        else:
            yield from found.named_parameters()
            yield from found.named_buffers()

    return {name for name, tensor in named() if tensor.device.type != device}


def by_tree(batch: Any, device: torch.device) -> Any:
    """PyTorch's own walk through nested containers."""
    return torch.utils._pytree.tree_map_only(torch.Tensor, lambda t: t.to(device), batch)


def in_place(batch: Any, device: torch.device) -> Any:
    """Write the moved tensors into the batch."""
    if isinstance(batch, dict):
        for name, value in batch.items():
            batch[name] = in_place(value, device)
        return batch
    return to_device(batch, device)


def lazy(batch: Any, device: torch.device) -> Any:
    """Give the batch itself where nothing has to move."""
    return batch if device.type == "cpu" else to_device(batch, device)


ANSWERS: list[tuple[str, Any, str]] = [
    ("cuda_device.1", by_type, "right"),
    ("cuda_device.1", lambda found, device: sorted(elsewhere(found, device)), "list; want a set"),
    ("cuda_device.2", by_tree, "right"),
    ("cuda_device.2", lambda batch, device: to_device(batch, str(device)), "right"),
    ("cuda_device.2", in_place, "The batch that you got"),
    ("cuda_device.2", lazy, "want new ones"),
    ("cuda_device.3", lambda s, d, w: int(np.prod(s)) * min(d.itemsize, w.itemsize), "right"),
]


@pytest.mark.parametrize(("id_", "answer", "said"), ANSWERS, ids=range(len(ANSWERS)))
def test_an_odd_answer_gets_its_verdict(id_: str, answer: Any, said: str) -> None:
    """Right answers in other styles are right, and what breaks a condition is told."""
    assert said in check(id_, answer, seconds=60, why=True).text
