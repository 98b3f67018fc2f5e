"""A machine with a GPU, pretended: what is measured on it is real code, and none of the figures."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tests.rungs.agreement import NUMPY_RUNGS
from twolayer import checks, fastest, record
from twolayer.fit import Fit
from twolayer.rungs import Rung

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from twolayer.problem import Problem

GPU = torch.device("cuda")


def install(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Put it in this machine's place; return the list in which each fit is noted."""
    asked: list[tuple[Any, ...]] = []

    def fit_of(name: str) -> Callable[..., Fit]:
        def in_numpy(problem: Problem, *, steps: int, learning_rate: float = 1e-6) -> Fit:
            asked.append((name, problem.sizes, steps, learning_rate))
            return Fit(np.ones(1), np.ones((1, 1)), np.ones((1, 1)))

        def in_torch(problem: Problem, *, device: Any, dtype: str, **options: Any) -> Fit:
            assert dtype == str(problem.dtype)
            assert device in (GPU, torch.device("cpu"))
            return in_numpy(problem, **options)

        return in_numpy if name in NUMPY_RUNGS else in_torch

    ones = torch.ones
    facts = SimpleNamespace(name="Made-up GPU", major=9, minor=0, total_memory=2**37)
    monkeypatch.setattr(Rung, "fit", property(lambda rung: fit_of(rung.name)))
    monkeypatch.setattr(fastest, "fit", fit_of("fastest"))
    monkeypatch.setattr(record, "_printed", lambda: "cuda: there\n")
    monkeypatch.setattr(checks, "torch_device", torch.device)
    monkeypatch.setattr(torch, "ones", lambda size, **options: ones(size, dtype=options["dtype"]))
    monkeypatch.setattr(torch.Tensor, "pin_memory", torch.Tensor.clone)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda _: None)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: facts)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    return asked
