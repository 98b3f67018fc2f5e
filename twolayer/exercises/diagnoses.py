"""The mistakes that a check can name, each with the sentence that describes it to a reader."""

from __future__ import annotations

from typing import Any, NamedTuple

from twolayer.exercises.values import with_article


class Diagnosis(NamedTuple):
    """What is wrong with an answer.

    Args:
        name: The mistake's name.
        text: What is wrong and where, in words: the cause, if it is known.
        symptom: What a reader can see of it, if that differs. The first try is told only this.
    """

    name: str
    text: str
    symptom: str = ""


class DiagnosisError(Exception):
    """Stops a check once the diagnosis is known.

    Args:
        diagnosis: What is wrong.
    """

    def __init__(self, diagnosis: Diagnosis) -> None:
        self.diagnosis = diagnosis
        super().__init__(diagnosis.text)


def message_of(error: BaseException) -> str:
    """Read an exception's message, which may be long or impossible to read.

    Args:
        error: Any exception.

    Returns:
        The message on one line, cut after 300 characters.

    Examples:
        >>> message_of(ValueError("two   words")), message_of(ValueError())
        ('two words', 'no message')
    """
    try:
        return " ".join(str(error).split())[:300] or "no message"
    except BaseException:  # noqa: BLE001 - str() of a reader's exception may fail
        return "no message that can be read"


class Kind(NamedTuple):
    """A kind of mistake.

    Args:
        name: Its name.
        sentence: The sentence that describes it, with placeholders in braces. ``{a_given}`` is the word
            ``given`` with its article.
        cause: Whether it says what the reader did, and not only what can be seen.

    Examples:
        >>> SIGN(name="grad_w1").text
        'grad_w1: its sign is flipped'
        >>> sorted(name for name in KINDS if name.startswith("mask"))[:3]
        ['mask-after-change', 'mask-includes-zero', 'mask-inverted']
    """

    name: str
    sentence: str
    cause: bool = False

    def __call__(self, **words: Any) -> Diagnosis:
        """Describe one such mistake.

        Args:
            **words: What replaces the placeholders.

        Returns:
            The diagnosis.
        """
        articles = {f"a_{name}": with_article(f"{word}") for name, word in words.items()}
        return Diagnosis(self.name, self.sentence.format(**words, **articles))


KINDS: dict[str, Kind] = {}
"""All kinds, by name.

:meta hide-value:
"""


def _kind(name: str, sentence: str) -> Kind:
    KINDS[name] = Kind(name, sentence)
    return KINDS[name]


def _cause(name: str, sentence: str) -> Kind:
    KINDS[name] = Kind(name, sentence, cause=True)
    return KINDS[name]


# The answer as a whole

EMPTY = _kind("empty", "nothing filled in yet: {what}")
NOT_WANTED_KIND = _kind("not-the-kind", "you passed {given}; pass {wanted}")
ARGUMENTS = _kind("wrong-arguments", "your function can't be called with the arguments ({names})")

# The run

RAISES = _kind("raises", "your code raises {type}: {message}{where}")
TOO_LONG = _kind(
    "too-long",
    "your code ran longer than {seconds:g} s and was stopped; look for a loop that never ends",
)
STUCK = _kind(
    "stuck",
    "your code has run longer than {seconds:g} s and can't be stopped: it is waiting inside a library, "
    "and keeps running until the program ends",
)
RANDOM = _kind("random", "{name}: equal inputs give different results; nothing here may be random")
MODIFIED = _kind(
    "modified-input",
    "your code modified its input {name}: element {index} was {before} and is now {after}",
)

FORBIDDEN = _kind("forbidden", "your code calls {function}, but the exercise asks for {instead}")
CALLS_CHECK = _kind(
    "calls-check",
    "your code calls check itself; is that line indented too far, and so inside the function?",
)
NOT_COMPARABLE = _kind(
    "not-comparable", "comparing your answer with the expected one raises {type}: {message}"
)

# What comes back

NONE = _kind("returns-none", "{name} is None; is a return missing, or the value after it?")
ONE_NONE = Kind(NONE.name, "{name} is None")
WRONG_TYPE = _kind("wrong-type", "{name} is {a_given}; expected {a_wanted}")
WRONG_COUNT = _kind("wrong-count", "got {given}; expected {wanted}")
WRONG_DTYPE = _kind("wrong-dtype", "{name} has dtype {given}; expected {wanted}")
WRONG_DEVICE = _kind("wrong-device", "{name} is on device {given}; expected {wanted}")
WRONG_LENGTH = _kind("wrong-length", "{name} has {given} numbers; expected {wanted}")
HOLDS_TENSORS = _kind(
    "holds-tensors", "{name} contains tensors; convert each to a number with `.item()`"
)
NOT_CONTIGUOUS = _kind(
    "not-contiguous",
    "{name} has the right elements, but they aren't contiguous in memory: its strides are {given}",
)
ALIASES = _kind(
    "aliases-input",
    "{name} shares memory with the input {input}, so writing to one changes the other; make a copy",
)
DETACHED = _kind(
    "detached", "{name} doesn't require grad: autograd has no record of how it was computed"
)
TRACKED = _kind(
    "tracked", "{name} is recorded by autograd (grad_fn {grad_fn}); compute it without a record"
)
FLAG = _kind(
    "flag",
    "your code changed requires_grad of the input {name} from {before} to {after}; leave it as it was",
)
UNCHANGED = _kind(
    "unchanged",
    "{name} hasn't changed: assigning to its name only makes the name refer to a new value; change it in "
    "place",
)

PARAMETERS = _kind(
    "wrong-parameters", "your module has the wrong parameters: expected {wanted}; found {given}"
)

# Shapes

TRANSPOSED = _kind("transposed", "{name} looks transposed: its shape is {given}; expected {wanted}")
BROADCAST = _kind(
    "broadcast",
    "{name} has shape {given}; expected {wanted}: two shapes that don't match were broadcast to all pairs",
)
KEPT_DIMS = _kind(
    "kept-dims",
    "{name} has the right elements, but shape {given}; expected {wanted}, without the axis of size 1",
)
NOT_SUMMED = _kind(
    "not-summed", "{name} has shape {given}; expected {wanted}: sum over axis {axis}"
)
WRONG_AXIS = _cause("wrong-axis", "{name} is summed over the wrong axis, {axis}{shapes}")
WRONG_SHAPE = _kind("wrong-shape", "{name} has shape {given}; expected {wanted}")

# Entries

NAN = _kind(
    "nan",
    "{name} contains NaN{place}; look for 0 / 0, inf / inf, inf - inf or the logarithm of a negative number",
)
INFINITE = _kind(
    "infinite",
    "{name} contains infinity{place}; look for a division by 0, the logarithm of 0 or an exp that overflows",
)
SIGN = _cause("sign", "{name}: its sign is flipped")
MEAN_FOR_SUM = _cause(
    "mean-for-sum", "{name} is off by a factor of 1/{count}: it is a mean, not a sum ({what})"
)
SUM_FOR_MEAN = _cause(
    "sum-for-mean", "{name} is off by a factor of {count}: it is a sum, not a mean ({what})"
)
ZEROS = _kind("zeros", "{name} is 0 everywhere; expected {wanted}{place}")
FACTOR = _cause("factor", "{name} is off by a factor of {factor}")
SWAPPED = _cause("swapped", "{name} and {other} are swapped")
WRONG_ORDER = _cause(
    "wrong-order", "your results are in the wrong order: {given}; expected {wanted}"
)
ENTRY = _kind("entry", "{name} differs{place}: got {given}, expected {wanted}")
FIRST_CASE_ONLY = _kind(
    "first-case-only",
    "right for the first inputs only: your code contains {value}, one of their sizes or values. With other "
    "inputs: {rest}",
)
WRONG_VALUE = _kind("wrong-value", "{given} is not the answer")

# Updates

ADDED = _cause("added", "{name} moved the wrong way: the step is added; subtract it")
RATE_TWICE = _cause("rate-twice", "{name}: the learning rate is applied twice")
RATE_MISSING = _cause("rate-missing", "{name}: the learning rate is not applied")

# Known from what the mistake computes: a lesson names the variant

MASK_MISSING = _cause(
    "mask-missing", "{name}: the ReLU mask is missing; the gradient must be 0 where h <= 0"
)
MASK_INVERTED = _cause(
    "mask-inverted", "{name}: the ReLU mask is inverted; it stops the gradient where h > 0"
)
MASK_AFTER_CHANGE = _cause(
    "mask-after-change",
    "{name}: the mask stops nothing, because it is taken after ReLU, when no element is negative any more",
)
MASK_WRONG_ARRAY = _cause(
    "mask-wrong-array",
    "{name}: the mask is taken from the gradient's signs; take it from those of h",
)
MASK_INCLUDES_ZERO = _cause(
    "mask-includes-zero",
    "{name}: the mask lets the gradient through where h is exactly 0; it must be 0 there too",
)
FORGOT_TERM = _cause("forgot-term", "{name} leaves out {term}; the rest is right")
OLD_VALUE = _cause("old-value", "{name} uses {term} from before this step; use the new value")
NEW_VALUE = _cause(
    "new-value", "{name} uses {term} from after the change; use the value from before it"
)
ARRIVING = _cause(
    "arriving-gradient", "{name} is only the slope; multiply it by the gradient that arrives"
)
ACCUMULATES = _cause(
    "accumulates",
    "{name} still contains the gradients of earlier steps; set them to zero before each step",
)
KNOWN = _cause("known-mistake", "{name}: {text}")
