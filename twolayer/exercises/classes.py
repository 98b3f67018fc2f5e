"""Exercises whose answer is a class: a ``torch.autograd.Function`` or a ``torch.nn.Module``."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twolayer.exercises import diagnoses
from twolayer.exercises.comparing import number
from twolayer.exercises.computation import Computation, Inputs
from twolayer.exercises.diagnoses import Diagnosis, DiagnosisError
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.results import nothing_given
from twolayer.exercises.values import described, is_tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, kw_only=True)
class CustomFunction(Computation):
    """A subclass of ``torch.autograd.Function``.

    It is applied to all inputs except the last, which is the gradient that arrives at ``backward``. The results,
    which ``returns`` names, are the output and then the gradient of each leaf.
    """

    tensors: bool = True
    takes: str = "class"

    def _kind(self, answer: object) -> Diagnosis | None:
        import torch  # noqa: PLC0415 - takes a second, so only checks import it

        return _class_problem(answer, torch.autograd.Function, "a subclass of autograd.Function")

    def _known(self) -> tuple[Mistake, ...]:
        """The lesson's mistakes, and a backward that ignores the gradient that arrives."""

        def alone(*inputs: Any) -> dict[str, Any]:
            *given, arriving = inputs
            results = self.wanted(*given, arriving.new_ones(arriving.shape))
            return dict(list(zip(self.returns, results, strict=True))[1:])

        return (*self.mistakes, Mistake(diagnoses.ARRIVING, alone))

    def _run(self, answer: Any, inputs: Inputs) -> Any:
        *given, arriving = inputs.values()
        try:
            output = answer.apply(*given)
            if not is_tensor(output):
                return (output, *(output for _ in self.leaves))
            leaves = [inputs[name] for name in self.leaves]
            return _with_gradients(self.returns[0], output, leaves, arriving)
        except RuntimeError as error:  # Autograd doesn't accept `...`.
            if "ellipsis" not in str(error):
                raise
            raise DiagnosisError(diagnoses.EMPTY(what="backward returns `...`")) from error


def by_backward(forward: Callable[..., Any], *leaves: str) -> Callable[..., tuple[Any, ...]]:
    """Make a function that returns an output and, by autograd, the gradients of its leaves.

    Args:
        forward: A function of tensors.
        *leaves: The arguments to differentiate with respect to.

    Returns:
        A function of the same arguments followed by the gradient that arrives at the output. It returns the
        output and the gradients.

    Examples:
        >>> import torch
        >>> x = torch.tensor([1.0, 3.0], requires_grad=True)
        >>> output, grad_x = by_backward(lambda x: x**2, "x")(x, torch.ones(2))
        >>> grad_x
        tensor([2., 6.])
    """
    parameters = tuple(inspect.signature(forward).parameters)

    def wanted(*inputs: Any) -> tuple[Any, ...]:
        import torch  # noqa: PLC0415 - as above

        *given, arriving = inputs
        named = dict(zip(parameters, given, strict=True))
        output = forward(*given)
        return (output, *torch.autograd.grad(output, [named[name] for name in leaves], arriving))

    return wanted


@dataclass(frozen=True, kw_only=True)
class CustomModule(Computation):
    """A subclass of ``torch.nn.Module``: it is built, its parameters are set, and it is called.

    The results, which ``returns`` names, are the output and, if ``arriving`` is given, the gradients of the
    parameters.

    Args:
        arguments: The names of the inputs that the class is called with.
        parameters: For each parameter, as ``named_parameters`` names it, the input that it is set to. The module
            must have exactly these parameters.
        inputs: The names of the inputs that the module is called with.
        arriving: The name of the input that is the gradient arriving at the output, or None.
        initial: For each parameter whose initial values the exercise fixes, the number that it is filled with.
    """

    tensors: bool = True
    takes: str = "class"
    arguments: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = ("x",)
    arriving: str | None = None
    initial: Mapping[str, float] = field(default_factory=dict)

    def _kind(self, answer: object) -> Diagnosis | None:
        import torch  # noqa: PLC0415 - as above

        return _class_problem(answer, torch.nn.Module, "a subclass of nn.Module")

    def _run(self, answer: Any, inputs: Inputs) -> Any:
        import torch  # noqa: PLC0415 - as above

        if self.run is not None:
            return self.run(answer, inputs)
        module = answer(*(inputs[name] for name in self.arguments)).double()
        own = dict(module.named_parameters())
        if set(own) != set(self.parameters):
            wanted, given = ", ".join(sorted(self.parameters)) or "none", ", ".join(own) or "none"
            raise DiagnosisError(diagnoses.PARAMETERS(given=given, wanted=wanted))
        for name, source in self.parameters.items():
            if own[name].shape != inputs[source].shape:
                shapes = {"given": tuple(own[name].shape), "wanted": tuple(inputs[source].shape)}
                raise DiagnosisError(diagnoses.WRONG_SHAPE(name=f"the parameter {name}", **shapes))
            first = self.initial.get(name)
            if first is not None and (wrong := own[name][own[name] != first]).numel():
                values = {"given": number(wrong[0].item()), "wanted": number(first)}
                raise DiagnosisError(
                    diagnoses.ENTRY(name=f"a new module's {name}", place="", **values)
                )
            with torch.no_grad():
                own[name].copy_(inputs[source])
        output = module(*(inputs[name] for name in self.inputs))
        if self.arriving is None or not is_tensor(output):
            return output
        leaves = [own[name] for name in self.parameters]
        return _with_gradients(self.returns[0], output, leaves, inputs[self.arriving])


def _with_gradients(name: str, output: Any, leaves: list[Any], arriving: Any) -> tuple[Any, ...]:
    """An output, and the gradients of leaves, given the gradient that arrives at the output."""
    import torch  # noqa: PLC0415 - as above

    if not output.requires_grad:
        raise DiagnosisError(diagnoses.DETACHED(name=name))
    return (output, *torch.autograd.grad(output, leaves, arriving, allow_unused=True))


def _class_problem(answer: object, base: type, wanted: str) -> Diagnosis | None:
    """Say what is wrong with an answer that should be a class."""
    if problem := nothing_given(answer):
        return problem
    if isinstance(answer, type) and issubclass(answer, base):
        return None
    wanted = f"{wanted}: the class itself, not called"
    return diagnoses.NOT_WANTED_KIND(given=described(answer), wanted=wanted)
