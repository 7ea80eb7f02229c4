r"""Functions by pieces: z if z > 0 and 0 otherwise, and 1[z > 0], which is 1 where the condition holds and 0 elsewhere.

The pieces and conditions must be functions of the same entries; they become one SymPy `Piecewise` of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import sympy

from symback.language.expressions import Add, Axis, Const, Contract, Delta, Map, Tensor, contract, map_, slot
from symback.verification.meaning import Mismatch, Unread, Value
from symback.verification.mentions import letter_of
from symback.verification.place import Place, read
from symback.verification.tree import Tree, operands_of, operators_of
from symback.verification.window import is_hidden

__all__ = ["is_comparison", "read_indicator", "read_pieces"]

RELATIONS = {
    ">": sympy.Gt, "<": sympy.Lt, r"\ge": sympy.Ge, r"\le": sympy.Le, "=": sympy.Eq, r"\neq": sympy.Ne, "==": sympy.Eq,
}  # fmt: skip
WORDS = ("if", "for", "when", "where", "and", "")
OTHERWISE = ("otherwise", "else", "elsewhere")


def read_pieces(tree: Tree, place: Place) -> Value:
    r"""\begin{cases} z & \text{if } z > 0 \\ 0 & \text{otherwise} \end{cases}"""
    rows = [row.children for row in tree.children]
    if not rows or any(len(row) != 2 for row in rows):
        raise Unread("cases that are no pairs of a value and its condition")
    conditions = [_condition_trees(condition) for _, condition in rows]
    if any(all(letter_of(side) in place.axes for side in operands_of(tree)) for trees, _ in conditions for tree in trees):
        raise Unread("cases that are told apart by indices")
    values = [read(value, place) for value, _ in rows]
    sides = [[[read(side, place) for side in operands_of(tree)] for tree in trees] for trees, _ in conditions]
    whole = iter(_with_all_indices([*values, *(side for found in sides for each in found for side in each)]))
    values = [next(whole) for _ in values]
    sides = [[[next(whole) for _ in each] for each in found] for found in sides]
    of = _arguments([*values, *(side for found in sides for each in found for side in each)])
    pieces = []
    for value, (trees, joined), found in zip(values, conditions, sides, strict=True):
        holds = (
            _holds(operators_of(tree), [_expression(side.tensor, of) for side in each]) for tree, each in zip(trees, found, strict=True)
        )
        pieces.append((_expression(value.tensor, of), joined(*holds)))
    return _applied(_with_last(pieces), of)


def read_indicator(condition: Tree, place: Place) -> Value:
    """1[z > 0]."""
    inner = condition.children[0] if condition.kind == "group" else condition
    if not is_comparison(inner):
        raise Unread("an indicator of what is no comparison")
    sides = [read(side, place) for side in operands_of(inner)]
    of = _arguments(sides)
    holds = _holds(operators_of(inner), [_expression(side.tensor, of) for side in sides])
    return _applied([(sympy.S.One, holds), (sympy.S.Zero, sympy.true)], of)


def is_comparison(tree: Tree) -> bool:
    """z > 0, -1 < z < 1: what holds of a number or does not, and no equality of indices k == i."""
    return tree.kind == "relation" and all(sign in RELATIONS for sign in operators_of(tree)) and operators_of(tree) not in (("=",), ("==",))


def _condition_trees(tree: Tree) -> tuple[list[Tree], type]:
    """The comparisons in a row, of which all hold or one at least: z < 0, or z > 1; for `otherwise` there are none."""
    parts = operands_of(tree) if tree.kind in ("statements", "list") else (tree,)
    found = [part for part in parts if part.kind not in ("text", "word")]
    words = [part.text.strip().rstrip(".,").lower() for part in parts if part.kind in ("text", "word")]
    if not found and len(words) == 1 and words[0] in OTHERWISE:
        return [], sympy.And
    is_or = words.count("or") == len(found) - 1 > 0
    are_comparisons = all(part.kind == "relation" and not set(operators_of(part)) - RELATIONS.keys() for part in found)
    if not found or not are_comparisons or set(words) - {*WORDS, *(("or",) if is_or else ())} or (len(found) > 1 and not is_or):
        raise Unread("a condition that is no comparison")
    return found, sympy.Or if is_or else sympy.And


def _with_all_indices(values: Sequence[Value]) -> list[Value]:
    """t_k beside X_jk is repeated for every j; whole vectors and matrices are left as they are."""
    axes: dict[str, Axis] = {}
    for value in values:
        for label, axis in value.axes.items():
            if axes.setdefault(label, axis) != axis:
                raise Mismatch(axes[label], axis)
    labels = tuple(axes)
    if not all(map(is_hidden, labels)):
        return list(values)

    def whole(value: Value) -> Value:
        return value if value.labels in ((), labels) else Value(contract(((value.tensor, value.labels),), labels, axes), labels)

    return [whole(value) for value in values]


def _arguments(values: Sequence[Value]) -> list[Value]:
    """The quantities of which all are functions, entry by entry."""
    known = list(dict.fromkeys(atom for value in values for atom in _atoms(value.tensor)))
    found = next((value for value in values if value.labels), None)
    labels = found.labels if found is not None else ()
    if not known or any(value.labels not in ((), labels) for value in values) or any(atom.rank not in (0, len(labels)) for atom in known):
        raise Unread("pieces that are no functions of the same entries")
    for left, right in itertools.pairwise(atom for atom in known if atom.rank):
        for one, other in zip(left.axes, right.axes, strict=True):
            if one != other:
                raise Mismatch(one, other)
    return [Value(atom, labels if atom.rank else ()) for atom in known]


def _atoms(tensor: Tensor) -> Iterator[Tensor]:
    """The tensors of whose entries an entry of this one is a function: Z and α 1ᵀ of Z ⊙ (α 1ᵀ)."""
    match tensor:
        case Const():
            pass
        case Add() | Map():
            for arg in tensor.args:
                yield from _atoms(arg)
        case Contract():
            for _, atom in _factors(tensor):
                if atom is not None:
                    yield from (atom,) if isinstance(atom, Contract) else _atoms(atom)
        case _:
            yield tensor


def _factors(tensor: Contract) -> list[tuple[Tensor, Tensor | None]]:
    """Each factor with what it is in all entries: itself, or repeated along the axes that it lacks; None for δ_jj."""
    whole = tuple(range(tensor.rank))
    found: list[tuple[Tensor, Tensor | None]] = []
    if not tensor.args:
        return []
    for factor, labels in tensor.factors:
        if _is_diagonal(factor, labels):
            found.append((factor, None))
        elif labels in ((), whole):
            found.append((factor, factor))
        elif set(labels) < set(whole) and len(set(labels)) == len(labels):
            found.append((factor, contract(((factor, labels),), whole, dict(enumerate(tensor.axes)))))
        else:
            return [(tensor, tensor)]
    return found


def _expression(tensor: Tensor, of: Sequence[Value]) -> sympy.Expr:
    """An entry of the tensor as a function of the same entries of the quantities."""
    for place, value in enumerate(of):
        if tensor == value.tensor:
            return slot(place)
    match tensor:
        case Const():
            return tensor.value
        case Add():
            return sympy.Add(*(_expression(arg, of) for arg in tensor.args))
        case Map():
            return tensor.expr.xreplace({slot(i): _expression(arg, of) for i, arg in enumerate(tensor.args)})
        case Contract():
            factors = [atom for _, atom in _factors(tensor) if atom is not None]
            if tensor not in factors:
                return sympy.Mul(*(_expression(atom, of) for atom in factors))
    raise Unread("a piece that is not taken entry by entry")


def _is_diagonal(factor: Tensor, labels: tuple[int, ...]) -> bool:
    """δ_jj, which is 1 in every entry: the slope dz_j/dz_j."""
    return isinstance(factor, Delta) and labels[0] == labels[1]


def _holds(signs: Sequence[str], sides: Sequence[sympy.Expr]) -> sympy.Basic:
    return sympy.And(*(RELATIONS[sign](left, right) for sign, left, right in zip(signs, sides, sides[1:], strict=False)))


def _with_last(pieces: list[tuple[sympy.Expr, sympy.Basic]]) -> list[tuple[sympy.Expr, sympy.Basic]]:
    """The last condition is `otherwise` where it says no more than that those before it do not hold."""
    before = sympy.Or(*(holds for _, holds in pieces[:-1]))
    value, last = pieces[-1]
    return [*pieces[:-1], (value, sympy.true)] if sympy.simplify_logic(sympy.Or(before, last)) is sympy.true else pieces


def _applied(pieces: list[tuple[sympy.Expr, sympy.Basic]], of: Sequence[Value]) -> Value:
    if pieces[-1][1] is not sympy.true:
        raise Unread("cases that leave something out")
    whole = max(of, key=lambda value: len(value.labels))
    rank = len(whole.labels)
    axes = dict(enumerate(whole.tensor.axes))
    spread = tuple(value.tensor if value.tensor.rank == rank else contract(((value.tensor, ()),), tuple(range(rank)), axes) for value in of)
    return Value(map_(sympy.Piecewise(*pieces), spread), whole.labels)
