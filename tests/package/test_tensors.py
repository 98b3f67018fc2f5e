"""A problem's arrays as tensors."""

from __future__ import annotations

import pytest
import torch

from twolayer import checks, random_problem
from twolayer.tensors import descend, tensors


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
    with pytest.raises(TypeError) as caught:
        tensors(3, "cpu", torch.float64)  # type: ignore[arg-type]
    assert str(caught.value) == "problem: 3 (int) given; want an instance of Problem"


def test_hands_the_device_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The device asked for is checked, and is where all four tensors are made."""
    monkeypatch.setattr(checks, "torch_device", lambda name: torch.device({"cuda": "meta"}[name]))
    assert {tensor.device.type for tensor in tensors(random_problem(), "cuda", "float32")} == {
        "meta"
    }


def test_descend_follows_each_gradient_once() -> None:
    """Each leaf moves against its gradient in place, which is cleared; one without stays."""
    leaves = [torch.tensor([3.0, 5.0], requires_grad=True) for _ in range(3)]
    leaves[0].grad, leaves[2].grad = torch.tensor([2.0, -4.0]), torch.tensor([8.0, 16.0])
    places = [leaf.data_ptr() for leaf in leaves]
    descend(leaves, 0.25)
    assert [leaf.tolist() for leaf in leaves] == [[2.5, 6.0], [3.0, 5.0], [1.0, 1.0]]
    assert [leaf.data_ptr() for leaf in leaves] == places
    assert [leaf.grad for leaf in leaves] == [None, None, None]
    assert all(leaf.requires_grad for leaf in leaves)
