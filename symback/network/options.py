"""Numbers and names as they stand in a specification: `leaky_relu(0.2)`, `huber(delta=1.5)`, `l2 = 0.01`.

Text is taken apart by patterns of its own and never evaluated.  Numbers are kept exact: 0.2 means 1/5, because a
derivation is exact and its proofs are.
"""

import difflib
import math
import numbers
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sympy

from symback.errors import SpecError

__all__ = ["Option", "exact_number", "number_text", "read_choice", "shorten", "split_list", "suggestion"]

_CALL = re.compile(r"\s*(?P<name>[^\s(),]+)\s*(?:\((?P<options>[^()]*)\))?\s*")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_FRACTION = re.compile(r"(?P<above>[+-]?[0-9]{1,15})/(?P<below>[0-9]{1,15})")
_MOST_DIGITS = 40


@dataclass(frozen=True, slots=True)
class Option:
    """A number that a row of a table leaves open: its name, its default, and whether it must be positive."""

    name: str
    default: sympy.Rational
    must_be_positive: bool = False


def exact_number(value: object, what: str) -> sympy.Rational:
    """The number that `value` writes, exactly; `SpecError` naming `what` if it is none.

    >>> exact_number(0.2, "alpha"), exact_number("1/3", "alpha")
    (1/5, 1/3)
    """
    if isinstance(value, sympy.Rational):
        return value
    text = value.strip() if isinstance(value, str) else _decimal(value)
    fraction = _FRACTION.fullmatch(text)
    if fraction is not None and int(fraction["below"]) != 0:
        return sympy.Rational(int(fraction["above"]), int(fraction["below"]))
    if len(text) > _MOST_DIGITS or _NUMBER.fullmatch(text) is None or not math.isfinite(float(text)):
        raise SpecError(f"{what} is {shorten(value)}; it should be a finite number, such as 0.01")
    return sympy.Rational(text)


def _decimal(value: object) -> str:
    """The digits of a Python or NumPy number; nothing for what is none."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return ""
    try:
        return repr(float(value))
    except OverflowError:  # an integer of more than 308 digits
        return ""


def number_text(value: sympy.Rational) -> str:
    """The shortest text that `exact_number` reads back as the same number.

    >>> number_text(sympy.Rational(1, 100)), number_text(sympy.Rational(1, 3))
    ('0.01', '1/3')
    """
    if value.is_Integer:
        return str(value)
    decimal = repr(float(value))
    return decimal if sympy.Rational(decimal) == value else f"{value.p}/{value.q}"


def shorten(value: object) -> str:
    """`repr` for a message: at most some sixty characters."""
    if isinstance(value, int) and value.bit_length() > 200:
        return f"an integer of about {int(value.bit_length() * 0.301)} digits"
    text = repr(value[:80] if isinstance(value, str) else value)
    return text if len(text) <= 60 else text[:57] + "..."


def suggestion(word: str, known: Iterable[str]) -> str:
    """What to say after "unknown …": the nearest known name, or all of them."""
    names = list(known)
    near = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.6) if len(word) <= 60 else []
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"


def split_list(text: str) -> tuple[str, ...]:
    """The entries of a comma list; commas within parentheses do not part.

    >>> split_list("leaky_relu(0.2), softmax")
    ('leaky_relu(0.2)', 'softmax')
    """
    return tuple(part.strip() for part in re.split(r",(?![^()]*\))", text))


def read_choice(
    text: object, kind: str, options_of: Mapping[str, tuple[Option, ...]], aliases: Mapping[str, str]
) -> tuple[str, tuple[sympy.Rational, ...]]:
    """The row's name and the values of its options, from text such as "leaky_relu(0.2)" or "huber(delta=1.5)"."""
    if not isinstance(text, str):
        raise SpecError(f"the {kind} is {shorten(text)}; it should be a name, such as {next(iter(options_of))!r}")
    match = _CALL.fullmatch(text) if len(text) <= 200 else None
    if match is None:
        raise SpecError(f"{kind} {shorten(text)} cannot be read; write a name, or a name with a number, as in {_example(options_of)}")
    name = match["name"].lower().replace("-", "_")
    name = aliases.get(name, name)
    if name not in options_of:
        raise SpecError(f"unknown {kind} {shorten(match['name'])}; {suggestion(name, (*options_of, *aliases))}")
    given = () if match["options"] is None else split_list(match["options"])
    return name, _values(name, kind, options_of[name], given)


def _example(options_of: Mapping[str, tuple[Option, ...]]) -> str:
    return next(f"{name}({options[0].default})" for name, options in options_of.items() if options)


def _values(name: str, kind: str, options: tuple[Option, ...], given: tuple[str, ...]) -> tuple[sympy.Rational, ...]:
    """The value of each option: as given, by position or by name, or its default."""
    accepted = " and ".join(option.name for option in options)
    if len(given) > len(options):
        takes = f"takes {accepted} alone" if options else f"takes no number; write {name!r}"
        raise SpecError(f"{kind} {name!r} was given {shorten(', '.join(given))}, but {takes}")
    values = {option.name: option.default for option in options}
    for option, text in zip(options, given, strict=False):
        key, equals, number = text.rpartition("=")
        key = key.strip() if equals else option.name
        if key not in values:
            raise SpecError(f"{kind} {name!r} has no option {shorten(key)}; it takes {accepted}")
        values[key] = exact_number(number, f"{key} of {name}")
    for option in options:
        if option.must_be_positive and values[option.name] <= 0:
            raise SpecError(f"{option.name} of {name} is {values[option.name]}; it should be a positive number")
    return tuple(values.values())
