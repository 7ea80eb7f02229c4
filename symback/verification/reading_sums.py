r"""Large signs: sums and products over indices, samples, layers and steps, with their bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symback.language.expressions import contract, var
from symback.language.names import Name
from symback.verification.clock import bounds_of, is_over_stages, whole_number
from symback.verification.meaning import COL, ROW, Mismatch, OutOfRange, Unread, Value, combined, elementwise, number, product, summed
from symback.verification.mentions import SAMPLE_COUNTS, integer_of, letter_of, names_in, script_shift
from symback.verification.place import MOST_SUMMANDS, Place, read
from symback.verification.reading_names import axes_of_indices, bind, count_name, kronecker, ranges_of
from symback.verification.tree import Tree, operands_of
from symback.verification.unparse import unparse

__all__ = ["read_large", "sum_along"]


def read_large(tree: Tree, place: Place) -> Value:
    """A sum or a product over an index, over samples, or over layers and steps."""
    sign, body = tree.children
    head = letter_of(sign.children[0] if sign.kind == "scripts" else sign)
    bounds = bounds_of(sign) if sign.kind == "scripts" and head in (r"\sum", r"\prod") and place.world.window.is_clock else []
    if bounds and all(is_over_stages(letter, body, place.world.lexicon) for letter, _, _ in bounds):
        return _over_stages(body, bounds, head == r"\prod", place)
    if head != r"\sum":
        raise Unread("a large sign that is no sum")
    if sign.kind == "scripts" and place.is_definition and (every := _every_layer(sign, body, place)) is not None:
        return every
    if sign.kind != "scripts" or not any(script.kind == "subscript" for script in sign.children[1:]):
        return _sum_of_all(read(body, place), place)
    labels: list[str] = []
    exceptions: list[tuple[Tree, ...]] = []
    single: list[tuple[str, Tree]] = []
    for script in sign.children[1:]:
        if script.kind == "subscript":
            for part in operands_of(script.children[0]) if script.children[0].kind == "list" else (script.children[0],):
                bind(part, labels, exceptions, single)
    if len(labels) != len(set(labels)):
        raise Unread("one index twice under a sum")
    hidden = {label: place.axes.pop(label) for label in labels if label in place.axes and place.is_definition}
    axes_of_indices((body,), place)
    value = read(body, place)
    for pair in exceptions:
        value = elementwise(value, combined(number(1), kronecker(pair, place), -1))
    for label, other in single:
        if letter_of(other) in SAMPLE_COUNTS and letter_of(other) not in place.axes:
            raise Unread(f"a sum over {label} = {unparse(other)}, where {unparse(other)} is no index")
        value = elementwise(value, kronecker((Tree("symbol", (), label), other), place))
    for label, lower, upper in ranges_of(sign):
        if label in labels and label in value.labels:
            value = _within_bounds(value, label, lower, upper, place)
    for label in labels:
        axis = place.axes.get(label)
        if label not in value.labels and axis is None and not place.is_definition and any(found.isalpha() for found in value.labels):
            axis = place.world.fresh_axis()
            place.vacuous[label] = None
        value = summed(value, label, axis)
    place.axes.update(hidden)
    return value


def _within_bounds(value: Value, label: str, lower: int | None, upper: Tree | None, place: Place) -> Value:
    """The terms that the printed bounds let through; usually all of them."""
    axis = value.axes[label]
    if upper is None or (last := integer_of(upper)) is not None:
        if upper is not None and last is not None:
            place.world.know_size(axis, last - (1 if lower is None else lower) + 1)
        if (
            upper is not None
            and lower == 0
            and not place.is_definition
            and 1 in place.world.sheet.lower_bounds.get((label, upper.text), ())
        ):
            raise OutOfRange(f"the sum over {label} begins at 0, and has one term more than elsewhere")
        if lower is not None and lower > 1:
            raise Unread(f"a sum that begins at {lower}")
        return value
    shift = script_shift(upper)
    name, below = (shift[0], shift[1]) if shift is not None and shift[0] else (count_name(upper, place), 0)
    size = place.world.counted(name) if below else place.world.counted(count_name(upper, place))
    terms = below - (1 if lower is None else lower) + 1 if lower is not None else (0 if below in (0, -1) else below)
    if name in place.axes or (size is None and name in ("i", "j", "k", "p", "q", "r")):
        raise Unread(f"a sum up to the index {name}")
    if terms == 0 or (size is None and terms in (0, 1)):
        if size is not None and size != axis.size:
            raise Mismatch(axis, next(found for found in place.world.counts.values() if found.size == size))
        return value
    is_without_first = size is None and lower == 2 and below == 0  # Σ from 2 to m, where Σ from 1 to m would be over all
    if size != axis.size and not is_without_first:
        raise Unread("a sum over a part of the indices")
    if terms == 1 and place.is_definition:
        return value
    if terms == 1:
        raise OutOfRange(f"the sum over {label} has one term more than there are entries")
    if terms != -1:
        raise Unread("a sum over a part of the indices")
    way = (
        "first" if (lower or 0) > 1 else place.choices(f"the sum over {label} lacks a term", ("the last", "the first")).removeprefix("the ")
    )
    mask = Value(var(Name(f"left_out_{way}"), (axis,)), (label,))
    return elementwise(value, mask)


def _sum_of_all(value: Value, place: Place) -> Value:
    """Σ (a - y)²: over everything that is no sample; of a matrix of samples perhaps over the samples."""
    sides = [label for label in value.labels if label in (ROW, COL)]
    if not sides:
        raise Unread("a sum without an index")
    samples = [label for label in sides if value.axes[label].kind == "sample"]
    if samples and len(sides) == 2:
        way = place.choices("a sum without an index, of a matrix", ("over the samples", "over everything"))
        sides = samples if way == "over the samples" else sides
    for label in sides:
        value = summed(value, label)
    return value


def sum_along(argument: Tree, place: Place) -> Value:
    """sum(A, dim=0), sum(A, dim=-1, keepdim=True) as in array programs: over the rows, over the columns and repeated along them."""
    parts = operands_of(argument.children[0]) if argument.kind == "group" and argument.children[0].kind == "list" else ()
    options = {letter_of(part.children[0]): part.children[2] for part in parts[1:] if part.kind == "relation" and len(part.children) == 3}
    dimension = options.get("dim") or options.get("axis")
    text = "" if dimension is None else unparse(dimension).replace(" ", "")
    value = read(parts[0], place) if parts else None
    if value is None or text not in ("0", "1", "-1") or not {ROW, COL} <= set(value.labels):
        raise Unread("a sum along what is not known")
    side = ROW if text == "0" else COL
    kept = COL if side == ROW else ROW
    found = summed(value, side)
    if "keepdim" in options or "keepdims" in options:
        return Value(contract(((found.tensor, found.labels),), value.labels, {side: value.axes[side]}), value.labels)
    return Value(found.tensor, tuple(ROW if label == kept else label for label in found.labels))


def _every_layer(sign: Tree, body: Tree, place: Place) -> Value | None:
    r"""Σ_{l=1}^{L} of what belongs to layer l alone: one term for each layer of the world, since the others are constants in it."""
    bounds = bounds_of(sign)
    if len(bounds) != 1 or place.world.window.is_clock:
        return None
    letter, lower, upper = bounds[0]
    terms, axes = body, dict(place.axes)
    while terms.kind == "large":
        for inner, _, _ in bounds_of(terms.children[0]):  # has other sizes in every layer
            axes.pop(inner, None)
        terms = terms.children[1]
    stages = {place.world.lexicon.mention(name).stage for _, name in names_in(terms)} - {None}
    is_whole = lower is not None and integer_of(lower) == 1 and upper is not None and letter_of(upper) in place.bases
    if stages != {(letter, 0)} or not is_whole:
        return None
    window = place.world.window
    total: Value | None = None
    for number_of_layer in range(window.first, window.last + 1):
        term = read(body, replace(place, bases={**place.bases, letter: number_of_layer}, own=number_of_layer, axes=dict(axes)))
        total = term if total is None else combined(total, term, 1)
    return total


def _over_stages(body: Tree, bounds: Sequence[tuple[str, Tree | None, Tree | None]], is_product: bool, place: Place) -> Value:
    """Σ_t, Π_k of one term for each step between the bounds; without bounds, for each step of the world."""
    (letter, lower, upper), *others = bounds
    window = place.world.window
    first = window.first if lower is None else whole_number(lower, place.bases)
    last = window.last if upper is None else whole_number(upper, place.bases)
    if first is None or last is None:
        raise Unread(f"the bounds of the steps {letter}")
    steps = (
        list(range(first, last + 1)) if first <= last or not is_product else list(range(first, last - 1, -1)) if first > last + 1 else []
    )
    if len(steps) > MOST_SUMMANDS:
        raise Unread("a sum over many steps")
    if (
        is_product
        and len(steps) > 1
        and place.choices("a product over time", ("in the order of the steps", "the last step first")) == "the last step first"
    ):
        steps = steps[::-1]
    total: Value | None = None
    for step in steps:
        is_sum = place.is_in_sum or not is_product
        inside = replace(
            place, bases={**place.bases, letter: step}, own=step if is_sum else place.own, axes=dict(place.axes), is_in_sum=is_sum
        )
        value = _over_stages(body, others, is_product, inside) if others else read(body, inside)
        total = value if total is None else product(total, value, "", place.choices) if is_product else combined(total, value, 1)
    if total is None:
        return number(1 if is_product else 0)
    return total
