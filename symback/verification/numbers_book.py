r"""The book that a worked example keeps: which name has which value, which printed digits come from where.

A value is kept three times: as printed with its rounding, as the digits stand, and as recomputed from the given inputs.  A
number that stands in a computation is exact where the document gives it as an input, and rounded where it is the result of an
earlier line; so every printed result leaves its digits in `sources`.

An example begins anew where an input that was given gets another value: what belongs to the example before is then doubtful, it
may prove but not refute.  A generation begins anew where a result gets another value (a second network, a second step): older
results are then doubtful, inputs are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from symback.verification.numbers_intervals import Interval, NotUnderstoodError, exactly, hull, is_finite, meets, stacked
from symback.verification.numbers_literals import Literal, LiteralForm, inner, rounding
from symback.verification.tree import Tree, base_of, scripts_of, spelling, walk
from symback.verification.unparse import unparse

__all__ = [
    "Entry",
    "Function",
    "NumberBook",
    "Source",
    "is_transpose",
    "letter_is_given",
    "literal_value",
    "name_of",
    "with_entry",
    "with_source",
]

GIVEN_LETTERS = frozenset(["x", "X", "w", "W", "b", "B", "y", "Y", "t", "T", "d", "i", "u", "v", "V", "U", "r"]) | {
    r"\alpha", r"\beta", r"\eta", r"\lambda", r"\gamma", r"\epsilon", r"\varepsilon", r"\theta", r"\Theta", r"\mu", "lr", "target", "input",
}  # fmt: skip
UPDATE_MARKS = ("new", "+", "'", "next", "updated", "neu", "nuevo", "*")
_TRANSPOSES = ("T", r"\top", r"\intercal", r"\mathsf{T}", r"\mathrm{T}", r"\text{T}")
_NEAR = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """What a name was last printed to be."""

    name: str
    printed: Interval
    digits: Interval
    exact: Interval | None
    line: int
    is_given: bool
    is_wrong: bool
    example: int
    generation: int = 1

    @property
    def is_carried(self) -> bool:
        """Whether the recomputed value is far from the printed one: an earlier line was wrong."""
        if self.exact is None or self.exact.low.size != self.digits.low.size:
            return False
        reach = _NEAR * np.maximum(self.printed.high - self.printed.low, 1e-9)
        off = np.abs(self.exact.middle.reshape(-1) - self.digits.middle.reshape(-1))
        return bool((off > reach.reshape(-1)).any())


@dataclass(frozen=True, slots=True)
class Source:
    """Where printed digits come from; `exact` is the recomputed value for a positive printed number."""

    line: int
    exact: float | None
    is_given: bool
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class Function:
    """A function that the document states: its parameters, its right side, and the activation that it is, if it is one."""

    parameters: tuple[str, ...]
    body: Tree
    activation: str = ""


@dataclass(frozen=True, slots=True)
class NumberBook:
    """Everything that the numbers of a document have said so far; `is_alone` takes unknown digits as they stand."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    sources: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    definitions: Mapping[str, tuple[Tree, ...]] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    example: int = 1
    generation: int = 1
    is_alone: bool = False
    activation: str = ""


def is_transpose(script: Tree) -> bool:
    r"""^T, ^\top, and the bare mark behind a symbol."""
    if script.kind == "postfix":
        return script.text in _TRANSPOSES
    if script.kind != "superscript":
        return False
    content = inner(script.children[0])
    return content.text in _TRANSPOSES or unparse(content) in _TRANSPOSES


def name_of(tree: Tree) -> str | None:
    r"""The name that a tree is, spelled so that `a^{(1)}`, `a^1` and `\mathbf a^1` are one; None if it is no plain name.

    >>> name_of(Tree("font", (Tree("symbol", (), "W"),), r"\mathbf"))
    'W'
    """
    tree = inner(tree)
    if tree.kind == "symbol":
        return tree.text
    if tree.kind in ("word", "text"):
        return tree.text.strip() if tree.text.strip().isalnum() else None
    if tree.kind == "font" and tree.text != r"\mathbb":
        return name_of(tree.children[0]) or spelling(tree)
    if tree.kind == "accent":
        inside = name_of(tree.children[0])
        return f"{tree.text} {inside}" if inside else None
    if tree.kind == "scripts":
        return _name_with_scripts(tree)
    if tree.kind == "derivative":
        parts = [name_of(child) for child in tree.children[1:]]
        return None if None in parts or scripts_of(tree.children[0]) else f"d {parts[0]} / {' '.join(part or '' for part in parts[1:])}"
    if tree.kind == "applied" and tree.children[0].kind in ("symbol", "scripts"):
        inside = name_of(tree.children[1])
        return f"{unparse(tree.children[0])} {inside}" if inside else None
    return spelling(tree)


def _name_with_scripts(tree: Tree) -> str | None:
    """Base, superscripts, subscripts, primes."""
    base = name_of(base_of(tree))
    if base is None or any(is_transpose(script) for script in scripts_of(tree)):
        return None
    parts = []
    for kind, sign in (("superscript", "^"), ("subscript", "_"), ("prime", "")):
        parts += [sign + (_content(script) if script.children else script.text) for script in scripts_of(tree) if script.kind == kind]
    return base + "".join(parts) if len(parts) == len(scripts_of(tree)) else None


def _content(script: Tree) -> str:
    """What a script says, without brackets, fonts and blanks."""
    content = script.children[0]
    if content.kind == "group" and len(content.children) == 1:
        content = content.children[0]
    return spelling(content) or "".join(_leaves(content))


def _leaves(tree: Tree) -> list[str]:
    """The printed leaves in order."""
    return [node.text for node in walk(tree) if not node.children]


def letter_is_given(name: str) -> bool:
    """Whether names like this one are inputs, weights, targets or rates, and not marked as an updated value."""
    letter = name.split("^")[0].split("_")[0].split(" ")[-1]
    scripts = name[len(letter) :]
    is_plain = not name.startswith(("d ", r"\nabla", r"\Delta", r"\partial", r"\hat", r"\tilde"))
    return is_plain and letter in GIVEN_LETTERS and not any(mark in scripts for mark in UPDATE_MARKS)


def literal_value(literal: Literal, book: NumberBook, mode: str) -> Interval:
    """What printed digits stand for: `digits` as they stand, `wide` with their rounding, `exact` as recomputed."""
    value = float(literal.value)
    sources = book.sources.get(literal.key, ())
    rounded = [source for source in sources if not source.is_given and not _is_the_number(source, literal)]
    if mode == "digits" or literal.is_whole or (sources and not rounded):
        return exactly(value)
    if not sources:
        return exactly(value) if mode == "exact" or book.is_alone or literal.digits == 1 else rounding(literal)
    found = None if mode == "exact" else rounding(literal)
    for source in sources:
        if source.exact is None or (source.is_wrong and mode != "exact"):
            continue
        exact = exactly(source.exact if value >= 0 else -source.exact)
        is_near = abs(source.exact - abs(value)) <= _NEAR * float(literal.unit)
        if is_near or (source.is_wrong and all(other.is_wrong for other in sources)):
            found = exact if found is None else hull(found, exact)
    return exactly(value) if found is None else found


def _is_the_number(source: Source, literal: Literal) -> bool:
    """Whether the printed digits are all there is: 0.35 was computed, and is 0.35."""
    value = abs(float(literal.value))
    return not source.is_wrong and source.exact is not None and abs(source.exact - value) <= 1e-9 * max(1.0, value)


def with_source(
    book: NumberBook, form: LiteralForm, exact: Interval | None, line: int, is_given: bool, wrong: frozenset[int]
) -> NumberBook:
    """The book after digits were printed; `wrong` are the entries that were refuted."""
    sources = dict(book.sources)
    values = None if exact is None or not is_finite(exact) or exact.low.size != len(form.cells) else exact.middle.reshape(-1)
    for place, cell in enumerate(form.cells):
        if cell.is_whole:
            continue
        known = float(cell.value) if is_given else None if values is None else float(values[place])
        signed = known if known is None or cell.value >= 0 else -known
        source = Source(line, signed, is_given, place in wrong)
        earlier = sources.get(cell.key, ())
        if source not in earlier and len(earlier) < 50:
            sources[cell.key] = (*earlier, source)
    return replace(book, sources=sources)


def with_entry(
    book: NumberBook, name: str, form: LiteralForm, exact: Interval | None, line: int, is_given: bool, wrong: frozenset[int]
) -> NumberBook:
    """The book after a name got a printed value; an input with another value begins a new example."""
    digits = stacked([exactly(float(cell.value)) for cell in form.cells], form.shape)
    printed = digits if is_given else stacked(_with_rounding(form, exact, wrong), form.shape)
    earlier = book.entries.get(name)
    is_new = is_given and earlier is not None and earlier.is_given and not _same(earlier.digits, digits)
    example = book.example + 1 if is_new and earlier is not None and earlier.example == book.example else book.example
    fitting = None if exact is None or exact.low.size != digits.low.size else exact
    is_restated = earlier is not None and not earlier.is_given and not is_given and not _meet(earlier.printed, printed)
    is_current = earlier is not None and (earlier.example, earlier.generation) == (book.example, book.generation)
    generation = book.generation + 1 if is_restated and is_current else book.generation
    entry = Entry(name, printed, digits, digits if is_given else fitting, line, is_given, bool(wrong), example, generation)
    return replace(book, entries={**book.entries, name: entry}, example=example, generation=generation)


def _with_rounding(form: LiteralForm, exact: Interval | None, wrong: frozenset[int]) -> list[Interval]:
    """What printed results can stand for; a result whose digits are all there are stands for itself."""
    values = None if exact is None or exact.low.size != len(form.cells) else exact.middle.reshape(-1)
    found = []
    for place, cell in enumerate(form.cells):
        value = float(cell.value)
        is_whole = values is not None and place not in wrong and abs(float(values[place]) - value) <= 1e-9 * max(1.0, abs(value))
        found.append(exactly(value) if is_whole else rounding(cell))
    return found


def _meet(left: Interval, right: Interval) -> bool:
    """Whether two printed values can be one."""
    try:
        return meets(left, right)
    except NotUnderstoodError:
        return False


def _same(left: Interval, right: Interval) -> bool:
    """Whether two values have the same digits."""
    return left.low.size == right.low.size and bool((left.low.reshape(-1) == right.low.reshape(-1)).all())
