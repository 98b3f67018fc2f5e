"""A problem's arrays as tensors."""

from __future__ import annotations

import pytest
import torch

from twolayer import random_problem
from twolayer.tensors import tensors


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_copies_all_four_arrays(dtype: torch.dtype) -> None:
    """Each tensor has its array's shape and the dtype asked for, and memory of its own."""
    problem = random_problem(N=2, D_in=3, H=4, D_out=5)
    copies = tensors(problem, "cpu", dtype)
    assert copies._fields == ("x", "y", "w1", "w2")
    for name, tensor in copies._asdict().items():
        array = getattr(problem, name)
        assert tuple(tensor.shape) == array.shape
        assert tensor.dtype == dtype
        assert torch.equal(tensor, torch.tensor(array, dtype=dtype))
        tensor.zero_()
        assert array.any()


def test_refuses_what_is_no_problem() -> None:
    """Arrays alone are not enough: they were not checked."""
    with pytest.raises(TypeError, match="want an instance of Problem"):
        tensors(random_problem().x, "cpu", torch.float64)  # type: ignore[arg-type]
