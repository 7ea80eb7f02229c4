r"""Claims about shapes: a^L \in \mathbb R^{n_L \times 1},  \partial C/\partial W \in \mathbb R^{n \times m}.

The shape is compared with the one that the document's equations give.  A column for a row is a matter of layout and
`conditional`; names that no equation speaks of get their shape here; a vector where a matrix was stated may be a batch, so
other differences are left undecided.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from symback.errors import SymbackError
from symback.language.expressions import Var
from symback.verification.choices import Choices, all_choices
from symback.verification.claim_windows import windows_of
from symback.verification.comparing import Outcome
from symback.verification.definitions import Claim
from symback.verification.meaning import COL, ROW, Value
from symback.verification.mentions import integer_of, letter_of, printed_name
from symback.verification.place import Place
from symback.verification.reading import read
from symback.verification.reading_names import axes_of_indices
from symback.verification.sheet import Sheet
from symback.verification.tree import Tree, operands_of, operators_of, walk
from symback.verification.window import Assumed
from symback.verification.worlds import world_of

__all__ = ["judge_shape", "printed_size", "stated_dimensions"]

REALS = (r"\mathbb R", r"\R", r"\Reals", "R", r"\mathbf R", r"\reals")


@dataclass(frozen=True)
class _Shape:
    """Which sides there are: rows and columns, None where the page does not tell a column from a row."""

    sides: frozenset[str] | None


def stated_dimensions(tree: Tree) -> tuple[Tree, ...] | None:
    r"""The sizes in \mathbb R^{n \times m}; empty for \mathbb R; None if it is no such space.

    >>> from symback.verification.parser import parse
    >>> len(stated_dimensions(parse(r"\mathbb{R}^{n \times m}")))
    2
    """
    base, scripts = (tree.children[0], tree.children[1:]) if tree.kind == "scripts" else (tree, ())
    plain = base.children[0] if base.kind == "font" else base
    if (letter_of(base) or "") not in REALS and not (base.kind == "font" and letter_of(plain) == "R") and base.text not in REALS:
        return None
    if not scripts:
        return ()
    if len(scripts) != 1 or scripts[0].kind != "superscript":
        return None
    content = scripts[0].children[0]
    content = content.children[0] if content.kind == "group" else content
    if content.kind == "product" and set(operators_of(content)) == {r"\times"}:
        return operands_of(content)
    return (content,)


def judge_shape(claim: Claim, sheet: Sheet, order: int, alternatives: list[Assumed]) -> Outcome:
    """proved, conditional, undecided, definition; refuted where the matrix is printed and has another size."""
    dimensions = stated_dimensions(claim.members[-1])
    if dimensions is None or claim.signs[-1] != r"\in" or len(dimensions) > 2:
        return Outcome("unread", "no shape that is known")
    wanted = _shape_of(dimensions)
    words = []
    for assumed in alternatives[:1]:
        for window in windows_of(claim, sheet):
            words.append(_compared(claim.members[-2], wanted, partial(_place, sheet, order, window, assumed)))
    size = printed_size(claim.members[-2])
    if "proved" in words and size is not None and not _are(dimensions, size):
        return Outcome("refuted", f"the matrix that is printed is {size[0]} × {size[1]}", is_sure=True)
    for word in ("proved", "definition", "conditional"):
        if word in words:
            return Outcome(word, REASONS[word])
    return Outcome("undecided", "the equations give another shape, or none")


def printed_size(tree: Tree) -> tuple[int, int] | None:
    """The rows and columns of a matrix that is printed without dots; None for anything else.

    >>> from symback.verification.parser import parse
    >>> printed_size(parse(r"\\begin{bmatrix} a_1 & a_2 & a_3 \\\\ b_1 & b_2 & b_3 \\end{bmatrix}"))
    (2, 3)
    """
    if tree.kind != "matrix" or any(node.kind == "ellipsis" for node in walk(tree)):
        return None
    widths = {len(row.children) for row in tree.children}
    return (len(tree.children), widths.pop()) if len(widths) == 1 else None


def _are(dimensions: tuple[Tree, ...], size: tuple[int, int]) -> bool:
    """Whether stated sizes may be the printed ones: letters may be anything."""
    stated = [integer_of(dimension) for dimension in dimensions]
    if len(stated) != 2:
        return not stated or stated[0] in (None, max(size))
    return all(number in (None, printed) for number, printed in zip(stated, size, strict=True))


REASONS = {
    "proved": "the shape that the equations give",
    "definition": "states a shape",
    "conditional": "the shape that the equations give, transposed: a matter of layout",
}


def _place(sheet: Sheet, order: int, window, assumed: Assumed, choices: Choices) -> Place:
    return Place(world_of(sheet, order, window, assumed, frozenset()), dict(window.bases), choices, window.own)


def _shape_of(dimensions: tuple[Tree, ...]) -> _Shape:
    is_one = [dimension.text == "1" for dimension in dimensions]
    if len(dimensions) == 2:
        return _Shape(frozenset(side for side, one in zip((ROW, COL), is_one, strict=True) if not one))
    if not dimensions or is_one[0]:
        return _Shape(frozenset())
    return _Shape(None)


def _compared(member: Tree, wanted: _Shape, place_for: Callable[[Choices], Place]) -> str:
    choices = Choices()
    words = [_word(member, wanted, place_for(choices))]
    for given in list(all_choices(choices))[:8]:
        words.append(_word(member, wanted, place_for(Choices(given))))
    return next((word for word in ("proved", "definition", "conditional") if word in words), "undecided")


def _word(member: Tree, wanted: _Shape, place: Place) -> str:
    try:
        axes_of_indices((member,), place)
        value = read(member, place)
    except (SymbackError, RecursionError, ValueError, TypeError, KeyError):
        return "definition" if printed_name(member) is not None else "undecided"
    is_leaf = isinstance(value.tensor, Var) and value.tensor not in place.world.forward and value.tensor not in place.world.definitions
    if _fits(value, wanted):
        return "definition" if is_leaf else "proved"
    if is_leaf:
        return "definition"
    turned = frozenset({ROW: COL, COL: ROW}[side] for side in value.sides)
    return "conditional" if wanted.sides == turned and len(turned) == 1 else "undecided"


def _fits(value: Value, wanted: _Shape) -> bool:
    return len(value.sides) == 1 if wanted.sides is None else value.sides == wanted.sides
