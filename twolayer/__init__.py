"""Reference implementations of one two-layer network, fitted in many ways: the rungs of the ladder."""

from importlib.metadata import PackageNotFoundError, version

from twolayer.fit import DivergedError, Fit
from twolayer.problem import Problem, random_problem

__all__ = ["DivergedError", "Fit", "Problem", "random_problem"]

try:
    __version__ = version("twolayer")
except PackageNotFoundError:  # a clone from which nothing is installed
    __version__ = "unknown"
