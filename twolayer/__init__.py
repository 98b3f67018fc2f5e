"""One two-layer network, fitted again and again: the reference implementations of the ladder."""

from twolayer.compare import compare
from twolayer.fit import DivergedError, Fit
from twolayer.problem import Problem, random_problem

__all__ = ["DivergedError", "Fit", "Problem", "compare", "random_problem"]
