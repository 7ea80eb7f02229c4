r"""Tree to value: what an expression on the page is, in the world that its document describes.

    read(tree, place)  ->  Value,  or `Unread` (no meaning known), or `Untyped` (understood, and it does not fit together)

Products are typed by shapes.  Where the page leaves several readings open (∂a/∂z as a Jacobian or entry by entry, u · v as
inner or element-wise product), the reader asks `Choices`; the checker goes through all answers.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import replace

import sympy

from symback.language.expressions import Axis, contract, delta, slot
from symback.verification.dotted_sums import with_full_sums
from symback.verification.grammar import BARS, NORMS
from symback.verification.index_runs import Run, filled
from symback.verification.meaning import (
    COL,
    ROW,
    OutOfRange,
    Unread,
    Value,
    apply,
    combined,
    divided,
    elementwise,
    number,
    powered,
    transposed,
)
from symback.verification.mentions import (
    Mention,
    indices_of,
    integer_of,
    is_ones,
    is_transpose,
    is_transposing,
    letter_of,
    printed_name,
    script_shift,
)
from symback.verification.place import MOST_SUMMANDS, READERS, Place, read
from symback.verification.reading_calls import check_factor, function_of, indicator, is_indicator, of_sides_in_order, read_function
from symback.verification.reading_cases import read_cases
from symback.verification.reading_derivatives import gradient_of, gradient_of_cost, is_cost, jacobian, read_derivative, root_of
from symback.verification.reading_names import (
    axes_of_indices,
    count_by_capital,
    count_name,
    exponent_of,
    indexed,
    is_kronecker,
    kronecker,
    quantity,
)
from symback.verification.reading_pieces import read_pieces
from symback.verification.reading_products import folded, read_product
from symback.verification.reading_sums import read_large
from symback.verification.tree import Tree, operands_of, operators_of
from symback.verification.unparse import unparse
from symback.verification.written_out import size_note, size_that_contradicts, written_matrix
from symback.verification.written_rules import general_entry

ROW_INDEX, COLUMN_INDEX = r"\row", r"\column"

__all__ = ["read"]


def _read_name(tree: Tree, place: Place) -> Value:
    if tree.kind == "scripts" and (exponent := _entrywise_exponent(tree.children[-1])) is not None:
        powerless = tree.children[0] if len(tree.children) == 2 else replace(tree, children=tree.children[:-1])
        return powered(read(powerless, place), exponent_of(exponent, place))
    base = tree.children[0] if tree.kind == "scripts" else tree
    if is_ones(base):
        return _ones(tree.children[1:] if tree.kind == "scripts" else (), place)
    if base.kind in ("group", "call") and (printed_name(tree) is None or base.text in (*NORMS, *BARS)):
        return _scripted_group(tree, place)
    if base.kind in ("applied", "derivative", "number", "matrix", "fraction"):
        return _scripted_group(tree, place)
    name = printed_name(tree)
    if name is None:
        raise Unread("scripts at what is no name")
    mention = place.world.lexicon.mention(name)
    count_by_capital(name, mention, place)
    is_power = len(name.above) == 1 and not name.below and mention.stage is None
    if name.letter == "e" and is_power and (place.world.is_staged("e") or not place.world.defines("e")):
        return apply(sympy.exp(slot(0)), read(name.above[0], place))
    if tree.kind == "symbol" and tree.text in place.bases and place.world.window.is_clock and tree.text not in place.bound:
        return number(place.bases[tree.text])
    if name.letter in (r"\mathbb 1", r"\mathbf 1", "I", r"\mathbb I") and not place.world.defines(name.letter):
        return _ones_or_identity(name.letter, mention, place)
    if name.letter == r"\pi" and place.world.sheet.has_circle_number:
        return number(sympy.pi)
    if is_kronecker(mention, place):
        return kronecker(mention.indices, place)
    if name.letter in place.world.lexicon.losses and not (mention.indices or mention.sample or name.primes) and not place.is_definition:
        cost = place.world.cost_value(root_of(tree, place))
        is_power = mention.power is not None and integer_of(mention.power) is not None
        return powered(cost, exponent_of(mention.power, place)) if is_power and mention.power is not None else cost
    if (count := place.world.counted(count_name(tree, place)) or place.world.counted(mention.family)) is not None and not name.above:
        return number(count)
    if mention.power is not None and mention.family not in place.bound and place.world.has_square(mention.family):
        return powered(quantity(replace(mention, family=f"{mention.family}^2", power=None), place), exponent_of(mention.power, place) / 2)
    return quantity(mention, place)


def _entrywise_exponent(script: Tree) -> Tree | None:
    r"""The -1 of a^{\odot -1}, and the 2 of A^{\circ 2}: a power entry by entry; None for another script."""
    content = script.children[0] if script.kind == "superscript" else script
    if content.kind != "product" or len(content.children) != 3 or operators_of(content)[0] not in (r"\odot", r"\circ", "*"):
        return None
    nothing, exponent = operands_of(content)
    return exponent if nothing.kind == "empty" else None


def _ones(scripts: Sequence[Tree], place: Place) -> Value:
    r"""\mathbf 1_h with an index; \mathbf 1_N with a size; \mathbf 1, a column or a matrix."""
    below = [item for script in scripts if script.kind == "subscript" for item in indices_of(script.children[0])]
    letters = [letter_of(item) or "" for item in below]
    if below and all(letter in place.world.lexicon.bound or letter in place.axes for letter in letters):
        if any(letter not in place.axes for letter in letters):
            raise Unread("ones with an index whose range is not known")
        found = Value(contract((), tuple(letters), {letter: place.axes[letter] for letter in letters}), tuple(letters))
    else:
        way = place.choices("ones without an index", ("a column", "a matrix")) if not below else "a column"
        if way == "a column":
            found = Value(contract((), (ROW,), {ROW: place.world.fresh_axis()}), (ROW,))
        else:
            axis = place.world.fresh_axis()
            found = Value(contract((), (ROW, COL), {ROW: axis, COL: axis}), (ROW, COL))
    for script in scripts:
        if is_transposing(script):
            found = transposed(found)
        elif script.kind != "subscript":
            raise Unread("a script that has no meaning at ones")
    return found


def _ones_or_identity(letter: str, mention: Mention, place: Place) -> Value:
    """I: the identity of whatever size fits."""
    if letter != "I" or mention.indices:
        raise Unread("ones whose size is not printed")
    return Value(delta(place.world.fresh_axis()), (ROW, COL))


def _scripted_group(tree: Tree, place: Place) -> Value:
    """(…)^T, (…)^2, [… ]_{ij}, ‖…‖²."""
    group, *scripts = tree.children
    is_norm = group.kind == "group" and group.text in (*NORMS, *BARS)
    has_mark = is_norm and any(script.kind == "subscript" for script in scripts)  # ‖W‖_F
    if (
        group.kind == "number"
        and group.text == "1"
        and any(script.kind == "superscript" and is_transpose(script.children[0]) for script in scripts)
    ):
        return Value(contract((), ("i",), {"i": place.world.fresh_axis()}), (COL,))
    value = read(group.children[0] if group.kind == "group" else group, place)
    for script in scripts:
        if is_transposing(script):
            value = transposed(value)
        elif script.kind == "postfix":
            raise Unread(f"{script.text} behind brackets or a derivative")
        elif script.kind == "subscript" and (is_norm or _notes_size(group, script)):
            continue
        elif script.kind == "subscript":
            items = indices_of(script.children[0])
            value = _array_of(value, items) or indexed(of_sides_in_order(value), items, place)
        elif script.kind == "superscript":
            exponent = exponent_of(script.children[0], place)
            is_length = is_norm and (group.text in NORMS or has_mark or _is_length(value, exponent, place))
            value = _squared_norm(value, exponent) if is_length else powered(value, exponent)
        else:
            raise Unread("a script that has no meaning here")
    if is_norm and not any(script.kind == "superscript" for script in scripts):
        raise Unread("a norm that is not squared")
    return value


def _notes_size(matrix: Tree, script: Tree) -> bool:
    r"""A matrix_{n \times m} with its size beneath it, which may not be another one than is printed."""
    note = size_note(Tree("scripts", (matrix, script))) if matrix.kind == "matrix" else None
    written = written_matrix(matrix) if note is not None else None
    if note is not None and written is not None and (size := size_that_contradicts(written, note)) is not None:
        printed, noted = (f"{unparse(rows)} × {unparse(columns)}" for rows, columns in (size, note))
        raise OutOfRange(f"the matrix that is printed is {printed}, and not {noted}")
    return note is not None


def _array_of(entry: Value, items: Sequence[Tree]) -> Value | None:
    r"""[u_i]_i is the vector with the entries u_i, and [u_{ij}]_{ij} the matrix; None where the entry lacks such an index."""
    letters = [letter_of(item) or "" for item in items]
    if entry.sides or not 0 < len(letters) < 3 or len(set(letters)) != len(letters) or not set(letters) <= set(entry.labels):
        return None
    sides = dict(zip(letters, (ROW, COL), strict=False))
    return Value(entry.tensor, tuple(sides.get(label, label) for label in entry.labels))


def _is_length(value: Value, exponent: sympy.Expr, place: Place) -> bool:
    """|v|² of a vector: its length squared, or the vector of its squared entries.  |z|³ is not z³, and is not read."""
    if not (exponent.is_Integer and exponent.is_even):
        raise Unread("an absolute value that is not squared")
    ways = ("the length", "entry by entry")
    return bool({ROW, COL} & set(value.labels)) and place.choices("a vector between bars", ways) == ways[0]


def _squared_norm(value: Value, exponent: sympy.Expr) -> Value:
    if exponent != 2:
        raise Unread("a norm that is not squared")
    kept = [label for label in value.labels if label not in (ROW, COL)]
    squares = apply(slot(0) ** 2, value)
    return Value(contract(((squares.tensor, squares.labels),), kept, {}), tuple(kept))


def _absolute(value: Value) -> Value:
    """|w_jk|; of a vector the bars may mean its length."""
    if {ROW, COL} & set(value.labels):
        raise Unread("a vector between bars")
    x = slot(0)
    return apply(sympy.Piecewise((x, x > 0), (-x, x < 0), (0, True)), value)


def _read_group(tree: Tree, place: Place) -> Value:
    inner = tree.children[0]
    parts = operands_of(inner) if inner.kind in ("product", "list") else ()
    if any(part.kind == "ellipsis" for part in parts) and all(part.kind == "ellipsis" or part.text == "1" for part in parts):
        return transposed(Value(contract((), (ROW,), {ROW: place.world.fresh_axis()}), (ROW,)))
    if tree.text in ("( )", "[ ]") and tree.children[0].kind == "list":
        return _read_list(tree, place)
    if tree.text == r"\{ ." and inner.kind == "matrix" and inner.text == "array":
        return _read_matrix(replace(inner, text="cases"), place)
    if tree.text in BARS:
        return _absolute(read(tree.children[0], place))
    if tree.text not in ("( )", "[ ]", "{ }", r"\{ \}", r"\left( \right)"):
        raise Unread("brackets that have no meaning here")
    return read(tree.children[0], place)


def _read_number(tree: Tree, place: Place) -> Value:
    del place
    if not re.fullmatch(r"\d{1,12}(\.\d{1,12})?|\.\d{1,12}", tree.text):
        raise Unread(f"{tree.text} is no number")
    return number(sympy.Rational(tree.text))


def _read_begun(tree: Tree, place: Place) -> Value:
    r"""1.0507009873\ldots: a number about which nothing is known but its first digits.

    The digits that follow are made from those that are printed: what is proved then rests on none of them.
    """
    del place
    digits = tree.text.rstrip(r"\dlots")
    return number(sympy.Rational(f"{digits}{zlib.crc32(digits.encode()):010d}"))


def _read_sum(tree: Tree, place: Place) -> Value:
    operands, signs = operands_of(tree), operators_of(tree)
    if len(operands) > MOST_SUMMANDS:
        raise Unread(f"a sum of more than {MOST_SUMMANDS} terms")
    if any(sign not in ("+", "-") for sign in signs):
        raise Unread(f"the sign {next(sign for sign in signs if sign not in ('+', '-'))}")
    values = [read(operand, place) for operand in operands]
    if place.is_definition and place.depth == 0:
        _check_summands(operands, values, place)
    value = values[0]
    for sign, other in zip(signs, values[1:], strict=True):
        value = combined(value, other, 1 if sign == "+" else -1)
    return value


def _check_summands(operands: Sequence[Tree], values: Sequence[Value], place: Place) -> None:
    """z = wᵀx + b: what is added to a number that was worked out is a number; Z = X W + b: b is a row, and not a column."""
    for operand, value in zip(operands, values, strict=True):
        name = printed_name(operand)
        if name is not None and not place.world.lexicon.mention(name).indices and len(value.sides) == 1:
            missing = {ROW, COL} - value.sides
            for other in values:
                if len(other.sides) != 2:
                    continue
                own, across = other.axes[next(iter(value.sides))], other.axes[next(iter(missing))]
                if place.world.is_of_weights(across) or (place.world.is_of_inputs(own) and not place.world.is_of_inputs(across)):
                    place.world.turn(place.world.lexicon.mention(name).family)
    if not any(
        not value.sides and not value.is_number and _is_worked_out(operand, value) for operand, value in zip(operands, values, strict=True)
    ):
        return
    for operand, value in zip(operands, values, strict=True):
        name = printed_name(operand)
        if (
            name is not None
            and value.sides
            and not place.world.lexicon.mention(name).indices
            and all(other.sides <= value.sides for other in values)
        ) and all(not other.sides or printed_name(member) is not None for member, other in zip(operands, values, strict=True)):
            place.world.take_as_number(place.world.lexicon.mention(name).family)


def _is_worked_out(operand: Tree, value: Value) -> bool:
    """Whether a summand without sides is no bare name: w x, Σ w_k x_k, h_i."""
    return operand.kind in ("product", "large") or bool(value.labels)


def _read_sign(tree: Tree, place: Place) -> Value:
    if tree.text not in ("+", "-"):
        raise Unread(f"the sign {tree.text}")
    value = read(tree.children[0], place)
    return value if tree.text == "+" else elementwise(number(-1), value)


def _read_fraction(tree: Tree, place: Place) -> Value:
    return divided(read(tree.children[0], place), read(tree.children[1], place))


def _read_root(tree: Tree, place: Place) -> Value:
    if len(tree.children) > 1:
        raise Unread("a root with an index")
    return apply(sympy.sqrt(slot(0)), read(tree.children[0], place))


def _read_call(tree: Tree, place: Place) -> Value:
    head, argument = tree.children
    if is_indicator(head, argument):
        return indicator(argument, place)
    name = printed_name(tree)
    if name is not None:  # U[i,k]
        return _read_name(Tree("scripts", (tree,)), place) if name.above else quantity(place.world.lexicon.mention(name), place)
    function = function_of(head, place)
    if function is not None:
        return function(argument)
    check_factor(head, argument, place)
    return folded([read(head, place), read(argument, place)], [""], place)


def _read_applied(tree: Tree, place: Place) -> Value:
    """∇_a C, ∇_{W^l} C; ∇W for ∂C/∂W; ∂/∂z (…)."""
    sign, operand = tree.children
    if sign.kind == "derivative":
        if len(sign.children) != 3:
            raise Unread("a higher derivative")
        if is_cost(operand, place):
            return gradient_of_cost(operand, sign.children[2], place, root_of(operand, place))
        return jacobian(operand, sign.children[2], place)
    base = sign.children[0] if sign.kind == "scripts" else sign
    if base.text != r"\nabla":
        raise Unread("a differential by itself")
    below = [script.children[0] for script in (sign.children[1:] if sign.kind == "scripts" else ()) if script.kind == "subscript"]
    if not below:
        return gradient_of(operand, place)
    if len(below) != 1 or not is_cost(operand, place):
        raise Unread("a gradient of what is no cost")
    return gradient_of_cost(operand, below[0], place, root_of(operand, place))


def _read_matrix(tree: Tree, place: Place) -> Value:
    r"""A matrix of entries that follow a rule, with dots or without: the entry at row i and column j."""
    if tree.text == "cases":
        try:
            return read_pieces(tree, place)
        except Unread:
            return read_cases(tree, place)
    grid = general_entry(tree)
    if grid is None:
        raise Unread("a matrix whose entries follow no rule that is known")
    if not grid.begins_and_rises:
        raise Unread("a matrix whose entries are not all of them in their order")
    indices = {0: Tree("symbol", (), ROW_INDEX), 1: Tree("symbol", (), COLUMN_INDEX)}
    entry, diagonal = with_full_sums(filled(grid.entry, indices)), None
    inside = replace(place, axes=dict(place.axes))
    if grid.diagonal is not None:
        diagonal = filled(grid.diagonal, {0: indices[0], 1: indices[0]})
        axes_of_indices((diagonal,), inside)
        value = elementwise(read(diagonal, inside), kronecker(tuple(indices.values()), inside))
        if entry.text != "0":
            raise Unread("a matrix with a diagonal of its own")
    else:
        axes_of_indices((entry,), inside)
        value = read(entry, inside)
    for index, run in ((ROW_INDEX, grid.rows), (COLUMN_INDEX, grid.columns)):
        if run is not None and index in inside.axes:
            _count_run(run, inside.axes[index], place)
    if set(value.labels) & {ROW, COL}:
        raise Unread("a matrix of vectors")
    wanted = {ROW_INDEX} if grid.rows is not None else set()
    wanted |= {COLUMN_INDEX} if grid.columns is not None else set()
    if value.is_number and entry.kind == "number" and wanted:
        sides = tuple({ROW_INDEX: ROW, COLUMN_INDEX: COL}[index] for index in sorted(wanted, key=(ROW_INDEX, COLUMN_INDEX).index))
        ones = Value(contract((), sides, {side: place.world.fresh_axis() for side in sides}), sides)
        return elementwise(value, ones)  # (1 … 1): as many as fit
    if not wanted <= set(value.labels):
        raise Unread("a matrix whose entries do not depend on their place")
    return Value(value.tensor, tuple({ROW_INDEX: ROW, COLUMN_INDEX: COL}.get(label, label) for label in value.labels))


def _count_run(run: Run, axis: Axis, place: Place) -> None:
    """0 … n-1 and 1 … n: n counts the entries."""
    first, last = integer_of(run.first) if run.first is not None else None, run.last
    number = integer_of(last) if last is not None else None
    if number is not None and first is not None and first in (0, 1):
        place.world.know_size(axis, number - first + 1)
    if last is None or number is not None:
        return
    shift = script_shift(last)
    if first == 1 and printed_name(last) is not None:
        place.world.count(count_name(last, place), axis)
    elif first == 0 and shift is not None and shift[0] and shift[1] == -1:
        place.world.count(shift[0], axis)


def _read_list(tree: Tree, place: Place) -> Value:
    """(δ_0, δ_1, …): a vector that is written out."""
    way = place.choices("a list of entries", ("a column", "a row"))
    value = _read_matrix(tree, place)
    return value if COL in value.labels and way == "a row" else transposed(value)


def _read_aligned(tree: Tree, place: Place) -> Value:
    """An expression that is set in an environment of its own."""
    return read(tree.children[0], place)


def _read_annotated(tree: Tree, place: Place) -> Value:
    """What stands over the brace."""
    return read(tree.children[0], place)


READERS.update({
    "symbol": _read_name, "scripts": _read_name, "font": _read_name, "accent": _read_name, "word": _read_name, "group": _read_group,
    "number": _read_number, "begun": _read_begun, "sum": _read_sum, "sign": _read_sign, "fraction": _read_fraction,
    "root": _read_root, "call": _read_call,
    "function": read_function, "large": read_large, "product": read_product, "derivative": read_derivative, "applied": _read_applied,
    "annotated": _read_annotated, "aligned": _read_aligned,
    "matrix": _read_matrix,
})  # fmt: skip
