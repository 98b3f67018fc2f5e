"""The fastest loop: the ladder's numbers by other operations."""

from __future__ import annotations

import contextlib
import inspect
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from tests.rungs.agreement import assert_same_fit, largest_relative_difference, reference_fit
from tests.rungs.strategies import problems
from twolayer import DivergedError, Problem, fastest, random_problem
from twolayer.fastest import BLOCK, fit
from twolayer.rungs import RUNGS
from twolayer.tensors import tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

plain = RUNGS["tensors_by_hand"].fit
reference = RUNGS["numpy_by_hand"].fit


def test_agrees_with_numpy_over_all_500_steps() -> None:
    """In float64 losses at each of 500 steps and the last weights equal NumPy's to 1e-8."""
    result = fit(random_problem())
    assert len(result.losses) == 500
    assert_same_fit(result, reference_fit())


@pytest.mark.parametrize("steps", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 7])
def test_makes_as_many_steps_as_asked_for(steps: int) -> None:
    """Steps that don't fill a block, and those that do, each give a loss and the right weights."""
    problem = random_problem(N=5, D_in=4, H=3, D_out=2)
    result = fit(problem, steps=steps, learning_rate=1e-3)
    assert result.losses.shape == (steps,)
    assert_same_fit(result, reference(problem, steps=steps, learning_rate=1e-3))


@given(problem=problems(), steps=st.integers(1, BLOCK + 5))
@settings(max_examples=30)
def test_agrees_with_the_plain_rung_on_any_shape(problem: Problem, steps: int) -> None:
    """From any sizes of 1 to 50 the fit gives the plain rung's losses and weights."""
    options: Any = {"steps": steps, "learning_rate": 1e-9}
    assert_same_fit(fit(problem, **options), plain(problem, **options))


@given(problem=problems(np.float32))
@settings(max_examples=30)
def test_agrees_with_float64_on_any_shape_in_float32(problem: Problem) -> None:
    """In float32 two steps from any sizes of 1 to 50 stay close to NumPy's in float64."""
    exact = problem.astype("float64")
    result = fit(problem, steps=2, learning_rate=1e-7, dtype=torch.float32)
    wanted = reference(exact, steps=2, learning_rate=1e-7)
    # A loss may be a small remainder of large sums, so its error is measured beside those.
    scale = wanted.losses + np.square(exact.y).sum()
    assert np.all(np.abs(result.losses - wanted.losses) <= 1e-4 * scale)
    for name in ("w1", "w2"):
        value, weight = getattr(result, name), getattr(wanted, name)
        assert value.dtype == np.float32
        assert np.abs(value - weight).max() <= 1e-4 * np.abs(weight).max()


def test_first_100_losses_agree_in_float32() -> None:
    """In float32 the first 100 losses equal those of NumPy in float64 to 1e-4."""
    result = fit(random_problem(), steps=100, dtype="float32")
    assert largest_relative_difference(result.losses, reference_fit().losses[:100]) <= 1e-4


def test_takes_the_gradient_of_relu_at_zero_as_zero() -> None:
    """With every ReLU at exactly 0 the first layer's weights don't move."""
    problem = Problem(
        x=np.ones((2, 2)), y=np.ones((2, 1)), w1=np.array([[1.0], [-1.0]]), w2=np.ones((1, 1))
    )
    assert fit(problem, steps=1, learning_rate=0.1).w1.tolist() == [[1.0], [-1.0]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_changes_nothing_of_the_callers(dtype: str) -> None:
    """A fit leaves the caller's arrays as they were, bit for bit, and gives read-only ones."""
    problem = random_problem(N=6, D_in=5, H=4, D_out=2, dtype=dtype)
    names = ("x", "y", "w1", "w2")
    before = {name: getattr(problem, name).tobytes() for name in names}
    generator = torch.get_rng_state()

    result = fit(problem, steps=BLOCK + 1, learning_rate=1e-3, dtype=dtype)

    assert {name: getattr(problem, name).tobytes() for name in names} == before
    assert torch.equal(torch.get_rng_state(), generator)
    assert not np.shares_memory(result.w1, problem.w1)
    assert result.w1.tobytes() != before["w1"]
    assert (result.w1.shape, result.w2.shape) == ((5, 4), (4, 2))
    assert not any(a.flags.writeable for a in (result.losses, result.w1, result.w2))


def test_a_block_allocates_nothing() -> None:
    """Every operation of a block writes to memory that the loop holds from the start."""
    loop = fastest._Loop(tensors(random_problem(), "cpu", "float64"), 1e-6)
    held = {
        tensor.untyped_storage().data_ptr()
        for tensor in vars(loop).values()
        if isinstance(tensor, torch.Tensor)
    }
    with _Notes(run=True) as notes:
        loop.run(BLOCK)
    written = [_written(call).untyped_storage().data_ptr() for call in notes.calls]
    assert len(written) > 7 * BLOCK
    assert set(written) <= held


def test_diverging_says_when_and_what_to_do() -> None:
    """A learning rate that is too high raises with the step, the last finite loss and advice."""
    with pytest.raises(
        DivergedError, match="learning_rate: 1e-05 given; want a lower one"
    ) as caught:
        fit(random_problem(), learning_rate=1e-5)
    assert caught.value.step == 6
    assert caught.value.last_finite_loss == pytest.approx(1.96517e165, rel=1e-5)


def test_diverging_ends_the_fit_at_its_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """No further block runs once a loss is not finite, however many steps are left."""
    blocks = []
    run = fastest._Loop.run

    def noted(loop: fastest._Loop, steps: int) -> None:
        blocks.append(steps)
        run(loop, steps)

    monkeypatch.setattr(fastest._Loop, "run", noted)
    with pytest.raises(DivergedError):
        fit(random_problem(), steps=1_000_000, learning_rate=1e-5)
    assert blocks == [BLOCK]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_never_returns_weights_that_are_not_finite(steps: int) -> None:
    """Where the last update overflows after a finite loss, the fit raises all the same."""
    with pytest.raises(DivergedError) as caught:
        fit(random_problem(N=2, D_in=3, H=4, D_out=1), steps=steps, learning_rate=1e308)
    assert caught.value.step == 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"steps": 0}, ValueError, "steps: 0 given; want a whole number, 1 or more"),
        ({"steps": 1.5}, TypeError, "steps: 1.5 (float) given; want a whole number"),
        ({"learning_rate": 0}, ValueError, "learning_rate: 0 given; want a finite number above 0"),
        ({"learning_rate": "1e-6"}, TypeError, "learning_rate: '1e-6' (str) given"),
        ({"problem": None}, TypeError, "problem: None (NoneType) given; want an instance of Prob"),
        ({"device": "gpu"}, ValueError, "device: 'gpu' given; want 'cpu' or 'cuda'"),
        ({"device": "cuda:99"}, ValueError, "device: 'cuda:99' given, but this machine has"),
        ({"dtype": "float16"}, ValueError, "dtype: 'float16' given; want torch.float32 or"),
        ({"dtype": float}, TypeError, "dtype: <class 'float'> (type) given"),
    ],
)
def test_rejects_bad_arguments(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    """A bad argument gets the error that it gets on a rung."""
    with pytest.raises(error) as caught:
        fit(**({"problem": random_problem()} | options))
    assert str(caught.value).startswith(message)


def test_has_the_arguments_of_a_rung() -> None:
    """Whatever calls a torch rung can call the fastest loop in its place."""
    assert inspect.signature(fit) == inspect.signature(plain)


# On a CUDA device


@pytest.mark.skipif(torch.cuda.is_available(), reason="asks what happens without CUDA")
def test_asking_for_cuda_without_one_says_so() -> None:
    """On a machine without CUDA, asking for it names the device that there is."""
    with pytest.raises(ValueError, match="has no CUDA device; want 'cpu'"):
        fit(random_problem(), device="cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("steps", [BLOCK, 2 * BLOCK, 500, 507])
def test_the_captured_graph_agrees_with_the_plain_rung(steps: int) -> None:
    """On a CUDA device float64 gives the plain rung's losses and weights, graph or not."""
    result = fit(random_problem(), steps=steps, device="cuda")
    assert_same_fit(result, plain(random_problem(), steps=steps, device="cuda"))
    assert_same_fit(result, reference(random_problem(), steps=steps))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_two_captured_graphs_do_not_meet() -> None:
    """A fit between two others, of another size and dtype, changes neither."""
    first = fit(random_problem(), steps=120, device="cuda")
    small = random_problem(1, N=7, D_in=5, H=3, D_out=2)
    fit(small, steps=120, device="cuda", dtype="float32")
    again = fit(random_problem(), steps=120, device="cuda")
    assert_same_fit(again, first)


@pytest.mark.parametrize("steps", [BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 7])
def test_what_is_captured_is_a_whole_block(steps: int, stand_in: list[_Notes]) -> None:
    """With a stand-in for CUDA that notes operations without running them, one capture, replayed
    for each further block, gives the plain rung's losses and weights.
    """
    problem = random_problem(N=5, D_in=4, H=3, D_out=2)
    loop = fastest._Loop(tensors(problem, "cpu", "float64"), 1e-3)
    loop.on_cuda = True
    losses = [loss for block in fastest._blocks(loop, steps) for loss in block.tolist()]
    wanted = plain(problem, steps=steps, learning_rate=1e-3)
    assert len(stand_in) == 1
    assert largest_relative_difference(losses, wanted.losses) <= 1e-8
    assert np.abs(loop.w1.numpy() - wanted.w1).max() <= 1e-8 * np.abs(wanted.w1).max()
    assert np.abs(loop.w2_t.t().numpy() - wanted.w2).max() <= 1e-8 * np.abs(wanted.w2).max()


def test_one_block_is_not_captured(stand_in: list[_Notes]) -> None:
    """Steps that fit in one block run line by line: a capture would not pay."""
    loop = fastest._Loop(tensors(random_problem(N=2, D_in=2, H=2, D_out=1), "cpu", "float64"), 1e-3)
    loop.on_cuda = True
    assert [len(losses) for losses in fastest._blocks(loop, BLOCK)] == [BLOCK]
    assert stand_in == []


class _Notes(TorchDispatchMode):
    """Notes each operation, and runs it now or when it is replayed."""

    def __init__(self, *, run: bool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = []
        self._run = run

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func.is_view:
            return func(*args, **kwargs)
        self.calls.append((func, args, kwargs))
        return func(*args, **kwargs) if self._run else _written(self.calls[-1])

    def replay(self) -> None:
        """Run what was noted."""
        for func, args, kwargs in self.calls:
            func(*args, **kwargs)


def _written(call: tuple[Any, tuple[Any, ...], dict[str, Any]]) -> torch.Tensor:
    """The tensor that an operation writes to; one that makes a new tensor fails here."""
    func, args, kwargs = call
    names = [argument.name for argument in func._schema.arguments if argument.is_write]
    assert len(names) == 1, f"{func} makes a new tensor"
    places = [argument.name for argument in func._schema.arguments]
    written = kwargs[names[0]] if names[0] in kwargs else args[places.index(names[0])]
    assert isinstance(written, torch.Tensor)
    return written


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> list[_Notes]:
    """Puts something that only takes notes in the place of CUDA, and gives all captures."""
    captures: list[_Notes] = []

    @contextlib.contextmanager
    def capture(graph: _Notes, **_: object) -> Iterator[None]:
        captures.append(graph)
        with graph:
            yield

    def ignored(*_: object) -> Any:
        return contextlib.nullcontext()

    names: dict[str, Callable[..., Any]] = {
        "CUDAGraph": lambda: _Notes(run=False),
        "graph": capture,
        "device": ignored,
        "Stream": ignored,
    }
    for name, function in names.items():
        monkeypatch.setattr(torch.cuda, name, function)
    return captures
