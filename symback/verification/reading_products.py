r"""Products, typed by the shapes of their factors, and never by the sign alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symback.verification.definitions import condition_of
from symback.verification.meaning import Mismatch, Unread, Untyped, Value, broadcast, divided, is_turned, product
from symback.verification.mentions import names_in, printed_name
from symback.verification.place import MOST_SUMMANDS, Place, read, stage_number
from symback.verification.reading_calls import check_factor, indicator, is_function, is_indicator
from symback.verification.reading_derivatives import composed, gradient_of, is_cost, linked
from symback.verification.tree import Tree, operands_of, operators_of

__all__ = ["folded", "read_product"]

ELEMENTWISE_SIGNS = ("\\odot", "\\oslash", "\\circ", ".*", "\\circledast", "*")
PLAIN_SIGNS = ("", "\\cdot", "\\times", ".", "\\otimes", "@", "\\cdotp")


def read_product(tree: Tree, place: Place) -> Value:
    """Element-wise signs bind last; where that does not fit, from the left."""
    chained = _as_chain(tree, place)
    if chained is not None:
        return chained
    if len(operands_of(tree)) > MOST_SUMMANDS:
        raise Unread(f"a product of more than {MOST_SUMMANDS} factors")
    derivatives = [operand for operand in operands_of(tree) if operand.kind == "derivative"]
    is_inside, place.is_link = place.is_link, place.is_link or (len(derivatives) > 1 and not place.world.lexicon.times)
    parts, signs = _factors(tree, place)
    place.is_link = is_inside
    try:
        return folded(parts, signs, place)
    except Mismatch:
        raise
    except Untyped:
        value = parts[0]
        for sign, part in zip(signs, parts[1:], strict=True):
            if sign in ELEMENTWISE_SIGNS and is_turned(value, part):
                raise
            value = _divided_or_times(value, part, sign, place)
        return value


def _divided_or_times(value: Value, part: Value, sign: str, place: Place) -> Value:
    if sign == "." and place.world.sheet.is_array_program and value.sides and part.sides:
        return broadcast(value, part)
    return divided(value, part) if sign == "/" else product(value, part, "" if sign in (".", r"\cdotp") else sign, place.choices)


def _factors(tree: Tree, place: Place) -> tuple[list[Value], list[str]]:
    operands, signs = list(operands_of(tree)), list(operators_of(tree))
    parts: list[Value] = []
    kept: list[str] = []
    skip = False
    for i, operand in enumerate(operands):
        if skip:
            skip = False
            continue
        if operand.kind == "ellipsis" and 0 < i < len(operands) - 1:
            between = _between(operands[i - 1], operands[i + 1], place)
            skip = between is None  # both are the same factor
            kept += [signs[i - 1]] * len(between or ())
            parts += between or ()
            continue
        if i:
            kept.append(signs[i - 1])
        follows = operands[i + 1] if i + 1 < len(operands) and signs[i] == "" else None
        if follows is not None and follows.kind == "annotated" and follows.text == r"\text":
            follows = follows.children[0]  # the reason for a whole line stands at its last factor
        if follows is not None and operand.kind == "number" and operand.text == "1" and _is_condition(follows):
            parts.append(indicator(follows, place))
            skip = True
        elif (
            follows is not None
            and operand.kind == "symbol"
            and operand.text in ("d", r"\delta", r"\Delta")
            and _names_quantity(follows, place)
            and not place.world.sheet.has_own(operand.text)
        ):
            head, *argument = follows.children if follows.kind == "call" and printed_name(follows) is None else (follows,)
            parts.append(gradient_of(head, place, is_name=True))
            for factor in argument:  # dZ (A)^T: a product, as Z is no function
                kept.append("")
                parts.append(read(factor, place))
            skip = True
        else:
            parts.extend(_opened(operand, place, kept))
    return parts, kept


def _between(first: Tree, last: Tree, place: Place) -> list[Value] | None:
    r"""The factors at the dots of ∂s_k/∂s_{k-1} ⋯ ∂s_{k-m+1}/∂s_{k-m}, each a step from the one before; None if first and last are one."""
    names = [[place.world.lexicon.mention(name) for _, name in names_in(tree)] for tree in (first, last)]
    stages = [[mention.stage for mention in found if mention.stage is not None] for found in names]
    letters = {stage[0] for stage in stages[0]}
    plain = [[replace(mention, stage=None) for mention in found] for found in names]
    if (
        plain[0] != plain[1]
        or len(letters) != 1
        or len(stages[0]) != len(names[0])
        or first.kind != last.kind
        or len(stages[1]) != len(stages[0])
    ):
        raise Unread("dots between factors that are not built alike")
    numbers = [[stage_number(stage, place) for stage in found] for found in stages]
    steps = {before - after for before, after in zip(*numbers, strict=True)}
    letter, step = letters.pop(), steps.pop()
    if steps or letter not in place.bases or first.kind not in ("derivative", "scripts"):
        raise Unread("dots between factors that do not follow each other")
    if step == 0:
        return None
    way = 1 if step > 0 else -1
    shifted = [{**place.bases, letter: place.bases[letter] - way * passed} for passed in range(1, abs(step))]
    return [read(first, replace(place, bases=bases)) for bases in shifted]


def _is_condition(tree: Tree) -> bool:
    return tree.kind == "group" and condition_of(tree) is not None


def _names_quantity(tree: Tree, place: Place) -> bool:
    if tree.kind == "call":
        is_product = printed_name(tree) is None and tree.children[0].kind == "scripts" and not is_function(tree.children[0], place)
        return is_product and _names_quantity(tree.children[0], place)
    name = printed_name(tree)
    return name is not None and not name.primes and name.letter not in place.world.lexicon.losses


def _opened(operand: Tree, place: Place, signs: list[str]) -> list[Value]:
    """A call that is a product, a(b), is two factors of the product that it stands in."""
    if operand.kind == "call" and printed_name(operand) is None and not is_function(operand.children[0], place):
        if is_indicator(*operand.children):
            return [read(operand, place)]
        check_factor(operand.children[0], operand.children[1], place)
        first = _opened(operand.children[0], place, signs)
        signs.append("")
        return [*first, read(operand.children[1], place)]
    return [read(operand, place)]


def folded(parts: Sequence[Value], signs: Sequence[str], place: Place) -> Value:
    """The product of all factors, from the side on which the shapes fit."""
    groups: list[Value] = []
    between: list[str] = []
    value = parts[0]
    for sign, part in zip(signs, parts[1:], strict=True):
        if sign not in ("/", *PLAIN_SIGNS, *ELEMENTWISE_SIGNS):
            raise Unread(f"the sign {sign}")
        if sign in ELEMENTWISE_SIGNS:
            groups.append(value)
            between.append(sign)
            value = part
        else:
            value = _divided_or_times(value, part, sign, place)
    groups.append(value)
    value = groups[0]
    for sign, part in zip(between, groups[1:], strict=True):
        value = product(value, part, sign, place.choices)
    return value


def _as_chain(tree: Tree, place: Place) -> Value | None:
    """∂C/∂a · ∂a/∂z of whole vectors, when it is asked for as a composition of linear maps and not as a product of arrays."""
    operands, signs = operands_of(tree), operators_of(tree)
    plain = [operand.children[0] if operand.kind == "annotated" else operand for operand in operands]
    if len(plain) < 2 or any(sign not in PLAIN_SIGNS for sign in signs) or any(part.kind != "derivative" for part in plain):
        return None
    if any(_has_indices(side, place) for part in plain for side in part.children[1:] if not is_cost(side, place)):
        return None
    links = linked([(part.children[1], part.children[2]) for part in plain if len(part.children) == 3], place)
    if links is None or len(links) != len(plain):
        return None
    way = place.choices("a chain of derivatives", ("a product of arrays", "a composition of linear maps"))
    if way == "a product of arrays":
        return None
    return composed(links, place)


def _has_indices(tree: Tree, place: Place) -> bool:
    name = printed_name(tree)
    return name is not None and bool(place.world.lexicon.mention(name).indices)
