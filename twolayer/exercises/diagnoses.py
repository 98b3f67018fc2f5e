"""The mistakes that a check knows by name, each with the sentence that tells a reader of it."""

from __future__ import annotations

from typing import Any, NamedTuple


class Diagnosis(NamedTuple):
    """What is wrong with an answer.

    Args:
        name: The mistake's name.
        text: What is wrong and where, in words: the cause, where it is known.
        symptom: What can be seen of it, if that isn't the same. A first try is told no more.
    """

    name: str
    text: str
    symptom: str = ""


class DiagnosisError(Exception):
    """Stops a check whose diagnosis is made.

    Args:
        diagnosis: What is wrong.
    """

    def __init__(self, diagnosis: Diagnosis) -> None:
        self.diagnosis = diagnosis
        super().__init__(diagnosis.text)


def message_of(error: BaseException) -> str:
    """Read an exception's message, which may fail or be long.

    Args:
        error: Any exception.

    Returns:
        The message in one line, at most 300 characters of it.

    Examples:
        >>> message_of(ValueError("two   words")), message_of(ValueError())
        ('two words', 'no message')
    """
    try:
        return " ".join(str(error).split())[:300] or "no message"
    except BaseException:  # noqa: BLE001 - a reader's exception may fail to say what it is
        return "no message that can be read"


class Kind(NamedTuple):
    """A kind of mistake.

    Args:
        name: Its name.
        sentence: The sentence that tells of it, with places for words in braces.
        cause: Whether it tells what the reader did, and not only what can be seen.

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
        """Tell of one such mistake.

        Args:
            **words: What stands in the sentence's places.

        Returns:
            The diagnosis.
        """
        return Diagnosis(self.name, self.sentence.format(**words))


KINDS: dict[str, Kind] = {}
"""All kinds by name.

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
NOT_WANTED_KIND = _kind("not-the-kind", "you gave {given}; want {wanted}")
ARGUMENTS = _kind(
    "wrong-arguments", "your function can't be called with the {count} arguments ({names})"
)

# The run

RAISES = _kind("raises", "your code raises {type}: {message}{where}")
TOO_LONG = _kind(
    "too-long",
    "your code runs longer than {seconds:g} s and was stopped; look for a loop without end",
)
STUCK = _kind(
    "stuck",
    "your code runs longer than {seconds:g} s and can't be stopped: it waits inside a library, and "
    "goes on until the program ends",
)
RANDOM = _kind(
    "random", "{name}: equal inputs give different results; want nothing drawn at random in here"
)
MODIFIED = _kind(
    "modified-input",
    "your code modified its input {name}: entry {index} was {before} and is {after} now",
)

FORBIDDEN = _kind("forbidden", "your code calls {function}, but the exercise asks for {instead}")
CALLS_CHECK = _kind(
    "calls-check",
    "your code calls check itself; is that line indented too far, and so in the function?",
)
NOT_COMPARABLE = _kind(
    "not-comparable", "what you give can't be compared with what is wanted: {type}: {message}"
)

# What comes back

NONE = _kind("returns-none", "{name} is None; is a return left out, or what it returns?")
ONE_NONE = Kind(NONE.name, "{name} is None")
WRONG_TYPE = _kind("wrong-type", "{name} is a {given}; want a {wanted}")
WRONG_COUNT = _kind("wrong-count", "you give {given}; want {wanted}: {names}")
WRONG_DTYPE = _kind("wrong-dtype", "{name} has dtype {given}; want {wanted}")
WRONG_DEVICE = _kind("wrong-device", "{name} is on device {given}; want {wanted}")
WRONG_LENGTH = _kind("wrong-length", "{name} holds {given} numbers; want {wanted}")
HOLDS_TENSORS = _kind("holds-tensors", "{name} holds tensors; want numbers: `.item()` gives one")
NOT_CONTIGUOUS = _kind(
    "not-contiguous",
    "{name} has the right entries, but they don't lie in one piece: strides {given}",
)
ALIASES = _kind(
    "aliases-input",
    "{name} shares memory with the input {input}: writing into one changes the other; want a copy",
)
DETACHED = _kind(
    "detached", "{name} does not require grad: autograd has no record of how it was computed"
)
TRACKED = _kind(
    "tracked", "{name} is recorded by autograd (grad_fn {grad_fn}); want it outside of any record"
)
FLAG = _kind(
    "flag",
    "your code left the input {name} with requires_grad {after}; it was {before}, and want it so",
)
UNCHANGED = _kind(
    "unchanged", "{name} is as it was: a new value under its name doesn't change it; write into it"
)

PARAMETERS = _kind("wrong-parameters", "your module has the parameters {given}; want {wanted}")

# Shapes

TRANSPOSED = _kind(
    "transposed", "{name} looks transposed: its shape is {given}, the wanted one {wanted}"
)
BROADCAST = _kind(
    "broadcast",
    "{name} has shape {given}; want {wanted}: two shapes that don't match were broadcast to all pairs",
)
KEPT_DIMS = _kind(
    "kept-dims",
    "{name} has the right entries, but shape {given}; want {wanted}, without the axis of 1",
)
NOT_SUMMED = _kind(
    "not-summed", "{name} has shape {given}; want {wanted}: it is not summed over axis {axis} yet"
)
WRONG_AXIS = _cause("wrong-axis", "{name} is summed over axis {axis}, the wrong one{shapes}")
WRONG_SHAPE = _kind("wrong-shape", "{name} has shape {given}; want {wanted}")

# Entries

NAN = _kind(
    "nan",
    "{name} contains NaN{place}; look for 0 / 0, infinity / infinity, infinity minus infinity, or the "
    "logarithm of a negative number",
)
INFINITE = _kind(
    "infinite",
    "{name} contains infinity{place}; look for a division by 0, the logarithm of 0, or an exp that overflows",
)
SIGN = _cause("sign", "{name}: its sign is flipped")
MEAN_FOR_SUM = _cause(
    "mean-for-sum", "{name} is off by the factor 1/{count}: a mean where the sum is wanted ({what})"
)
SUM_FOR_MEAN = _cause(
    "sum-for-mean", "{name} is off by the factor {count}: a sum where the mean is wanted ({what})"
)
ZEROS = _kind("zeros", "{name} is 0 everywhere; want {wanted}{place}")
FACTOR = _cause("factor", "{name} is off by the factor {factor}")
SWAPPED = _cause("swapped", "{name} and {other} are swapped")
WRONG_ORDER = _cause("wrong-order", "the results come in another order: {given}; want {wanted}")
ENTRY = _kind("entry", "{name} differs{place}: yours is {given}, the wanted value {wanted}")
FIRST_CASE_ONLY = _kind(
    "first-case-only",
    "right for the first inputs only: {value} stands in your code, and is a size or a value of theirs. With "
    "others: {rest}",
)
WRONG_VALUE = _kind("wrong-value", "{given} is not the answer")

# Updates

ADDED = _cause("added", "{name} moved the wrong way: the step is added where it is subtracted")
RATE_TWICE = _cause("rate-twice", "{name}: the learning rate is applied twice")
RATE_MISSING = _cause("rate-missing", "{name}: the learning rate is not applied")

# Known from what the mistake computes: a lesson names the variant

MASK_MISSING = _cause(
    "mask-missing", "{name}: the ReLU mask is missing; where no signal passed, no gradient passes"
)
MASK_INVERTED = _cause(
    "mask-inverted", "{name}: the ReLU mask is inverted: it stops the gradient where h > 0"
)
MASK_AFTER_CHANGE = _cause(
    "mask-after-change",
    "{name}: the mask stops nothing: it is taken from h_relu's copy, or from h, after the change, where "
    "nothing negative is left",
)
MASK_WRONG_ARRAY = _cause(
    "mask-wrong-array", "{name}: the mask is taken from the gradient's signs; want those of h"
)
MASK_INCLUDES_ZERO = _cause(
    "mask-includes-zero",
    "{name}: the mask lets the gradient through where h is exactly 0; want 0 there",
)
FORGOT_TERM = _cause("forgot-term", "{name}: right but for {term}, which is left out")
OLD_VALUE = _cause(
    "old-value", "{name}: {term} enters with its value from before this step; want the new one"
)
NEW_VALUE = _cause(
    "new-value", "{name}: {term} enters with its value after the change; want the one from before"
)
ARRIVING = _cause(
    "arriving-gradient", "{name}: it is the slope alone; want it times the gradient that arrives"
)
ACCUMULATES = _cause(
    "accumulates",
    "{name}: gradients of earlier steps are still in it; set them to zero before each",
)
KNOWN = _cause("known-mistake", "{name}: {text}")
