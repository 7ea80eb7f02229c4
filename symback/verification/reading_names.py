r"""Names: quantities with their indices, samples, layers and powers; counts, means, ones, and groups with scripts.

w_{jk}^{(L)}     an entry of the weights of the last layer
a^{[l](i)}       the activations of sample i in layer l
n_l              how many neurons layer l has
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import sympy

from symback.language.expressions import Axis, Const, Var, const, contract, delta, leaves
from symback.verification.index_sums import letters_of_sum, placed
from symback.verification.meaning import COL, ROW, Mismatch, Unread, Untyped, Value, number, powered, transposed
from symback.verification.mentions import (
    Mention,
    Printed,
    index_name,
    indices_of,
    integer_of,
    letter_of,
    names_in,
    printed_name,
    script_shift,
)
from symback.verification.place import Place, read, stage_number, stage_of
from symback.verification.tree import Tree, operands_of, operators_of, walk
from symback.verification.unparse import unparse

if TYPE_CHECKING:
    from symback.verification.world import World

__all__ = [
    "axes_of_indices", "bind", "count_by_capital", "count_name", "counted_name", "exponent_of", "indexed", "is_kronecker",
    "is_loss_of_step", "kronecker", "merged_labels", "quantity", "ranges_of", "sampled",
]  # fmt: skip


def quantity(mention: Mention, place: Place) -> Value:
    """The quantity that a name means, with its indices as labels."""
    if mention.family == r"\infty":
        raise Unread("infinity, which is no number")
    if mention.family in place.bound:
        value = place.bound[mention.family]
    elif is_loss_of_step(mention, place.world):
        return Value(place.world.loss_of_step(stage_of(mention, place) or 0))
    elif _is_cost_of_sample(mention, place):
        raise Unread("the cost of one sample, which is not defined here")
    else:
        step = stage_number(mention.of_step, place) if mention.of_step is not None else None
        value = place.world.whole(mention.family, stage_of(mention, place), len(mention.indices), place, step)
        _check_hidden(value, place)
    if mention.sample is not None and place.world.has_samples(mention.family):
        value = sampled(value, mention.sample, place)
    if mention.indices:
        if mention.is_transposed and len(value.labels) == 2 and len(mention.indices) == 2:
            value = indexed(transposed_axes(value), mention.indices, place)
            return _raised(value, mention, place)
        value = indexed(value, mention.indices, place, mention.family)
    if mention.primes:
        raise Unread(f"a prime at {mention.family}")
    value = transposed(value) if mention.is_transposed else value
    return _raised(value, mention, place)


def _is_cost_of_sample(mention: Mention, place: Place) -> bool:
    """L_i where the document does not say what it is."""
    if place.world.defines_forward(mention.family):
        return False
    return mention.family.endswith(" each") or (mention.family in place.world.lexicon.losses and not place.is_definition)


def _check_hidden(value: Value, place: Place) -> None:
    """s = log a_i has an index that is not printed at s: everywhere it is the same i."""
    for label, axis in value.axes.items():
        if label not in (ROW, COL, "sample") and not label.startswith("axis ") and place.axes.setdefault(label, axis) != axis:
            raise Mismatch(place.axes[label], axis)


def is_loss_of_step(mention: Mention, world: World) -> bool:
    """L_t, J^{(t)}."""
    is_loss = mention.family in world.lexicon.losses and not world.defines_forward(mention.family)
    return is_loss and world.window.is_clock and mention.stage is not None and not mention.indices


def transposed_axes(value: Value) -> Value:
    """The transpose as a tensor: its axes in the other order, so that (Wᵀ)_{jk} is W_{kj}."""
    return Value(contract(((value.tensor, (0, 1)),), (1, 0), {}), value.labels)


def _raised(value: Value, mention: Mention, place: Place) -> Value:
    if mention.power is None:
        return value
    return powered(value, exponent_of(mention.power, place))


def exponent_of(tree: Tree, place: Place) -> sympy.Expr:
    """2, -1/2, N-1: a number, or a size."""
    found = read(tree, place)
    if not isinstance(found.tensor, Const):
        raise Unread("an exponent that is no number")
    if found.tensor.value.is_number and abs(found.tensor.value) > 64:
        raise Unread("a huge exponent")
    return found.tensor.value


def sampled(value: Value, sample: Tree, place: Place) -> Value:
    """One sample: the label of the samples' axis is what is printed."""
    label = _index_label(sample, value.axes["sample"], place)
    return Value(value.tensor, tuple(label if own == "sample" else own for own in value.labels))


def _index_label(index: Tree, axis: Axis, place: Place) -> str:
    shift = script_shift(index)
    if shift is not None and shift[0] == "":
        return f"{shift[1]}@{axis.size}"
    letter = index_name(index)
    if letter is None or index.kind == "word":
        raise Unread("an index that is no letter")
    if place.axes.setdefault(letter, axis) != axis:
        raise Mismatch(place.axes[letter], axis, f"the index {letter} runs over {place.axes[letter].size} and over {axis.size} at once")
    return letter


def indexed(value: Value, indices: Sequence[Tree], place: Place, family: str = "") -> Value:
    """One entry: the printed indices become the labels of the sides, in their order."""
    sides = [label for label in value.labels if label in (ROW, COL) or label.startswith("axis ")]
    if len(indices) == 1 and len(sides) == 2:
        return _row_of(value, indices[0], place, family)
    if len(indices) > len(sides) and family in place.world.sheet.vectors:
        raise Untyped(f"{len(indices)} indices stand at {family}, which is a vector")
    if len(indices) != len(sides):
        raise Unread(f"{len(indices)} indices stand at a quantity that has {len(sides)}")
    names = dict(zip(sides, indices, strict=True))
    for label, index in list(names.items()):
        if parts := letters_of_sum(index):
            value = placed(value, label, parts, [_axis_of_letter(letter, place) for _, letter in parts])
            del names[label]
    labels = tuple(
        _index_label(names[label], axis, place) if label in names else label
        for label, axis in zip(value.labels, value.tensor.axes, strict=True)
    )
    return merged_labels(value, labels)


def _axis_of_letter(letter: str, place: Place) -> Axis:
    """What an index letter runs over; of whatever size fits, if nothing says it."""
    if letter not in place.axes:
        place.axes[letter] = place.world.fresh_axis()
    return place.axes[letter]


def _row_of(value: Value, index: Tree, place: Place, family: str) -> Value:
    """x_i of a matrix X: its row or its column, as a column."""
    ways: tuple[str, ...] = ("its row, as a column", "its row, as a row", "its column", "an entry in any row")
    if place.is_definition and _numbers_columns(index, value, family, place):
        ways = ("its column",)
    way = place.choices("a matrix with one index", ways if index.kind == "symbol" else ways[:3])
    if way == "an entry in any row":
        return Value(
            value.tensor,
            tuple(
                f"any {index.text}" if label == ROW else _index_label(index, axis, place) if label == COL else label
                for label, axis in value.axes.items()
            ),
        )
    first, second = (ROW, COL) if way != "its column" else (COL, ROW)
    labels = tuple(
        _index_label(index, axis, place) if label == first else (COL if way == "its row, as a row" else ROW) if label == second else label
        for label, axis in zip(value.labels, value.tensor.axes, strict=True)
    )
    return merged_labels(value, labels)


def _numbers_columns(index: Tree, value: Value, family: str, place: Place) -> bool:
    """Whether A_s is a column: A_{js} = σ(Z_{js}) says so, or that A^l = σ(W^l A^{l-1}) has its columns from A^{l-1}."""
    letter, world = index_name(index), place.world
    stated = [one.labels for one in world.edition.definitions if one.name.family == family and letter in one.labels]
    if stated:
        return all(len(labels) == 2 and labels[1] == letter for labels in stated)
    if not isinstance(value.tensor, Var):
        return False
    forward = {equation.symbol: equation.definition for equation in world.equations}
    pending, seen = [value.tensor], {value.tensor}
    while pending:
        new = set(leaves(forward.get(pending.pop(), const(0)))) - seen
        pending += new
        seen |= new
    below = [leaf for leaf in seen - {value.tensor} if leaf.name.letter in (value.tensor.name.letter, "X")]
    through = {label for label, axis in value.axes.items() if any(axis in leaf.axes for leaf in below)}
    return through == {COL}


def merged_labels(value: Value, labels: Sequence[str]) -> Value:
    """The value under other labels; equal labels are a diagonal."""
    distinct = tuple(dict.fromkeys(labels))
    if distinct == tuple(labels):
        return Value(value.tensor, distinct)
    seen: dict[str, Axis] = {}
    for label, axis in zip(labels, value.tensor.axes, strict=True):
        if seen.setdefault(label, axis) != axis:
            raise Mismatch(seen[label], axis)
    return Value(contract(((value.tensor, tuple(labels)),), distinct, {}), distinct)


def kronecker(indices: Sequence[Tree], place: Place) -> Value:
    """δ_ij with an index whose range is known."""
    labels = [index_name(index) or (f"{integer_of(index)}" if integer_of(index) is not None else None) for index in indices]
    known = [place.axes[label] for label in labels if label in place.axes]
    if None in labels or not known:
        raise Unread("a Kronecker delta whose indices are not known")
    if labels[0] == labels[1]:
        return number(1)
    if len(known) == 2 and known[0] != known[1]:
        raise Mismatch(known[0], known[1])
    labels = [f"{label}@{known[0].size}" if label is not None and label.isdigit() else label for label in labels]
    for label in labels:
        place.axes.setdefault(str(label), known[0])
    return Value(delta(known[0]), tuple(str(label) for label in labels))


def axes_of_indices(trees: Sequence[Tree], place: Place) -> None:
    """What each index runs over, from all names of a claim, and which letters count what a sum runs over."""
    lexicon = place.world.lexicon
    for tree in map(_without_dotted_matrices, trees):
        for name in sorted((name for _, name in names_in(tree)), key=_has_sum_of_indices):
            mention = lexicon.mention(name)
            if (mention.indices or mention.sample is not None) and not is_kronecker(mention, place):
                try:
                    quantity(replace(mention, power=None, primes=0), place)
                except Mismatch:
                    raise
                except (Unread, Untyped):
                    continue
        for node in walk(tree):
            if node.kind == "large":
                _count_of(node.children[0], place)
            if node.kind == "product":
                _mean_over(node, place)


def _without_dotted_matrices(tree: Tree) -> Tree:
    """Their entries are read by the rule that they follow: the p of the last one, w_{1p}, is no index."""
    if tree.kind == "matrix" and any(node.kind == "ellipsis" for node in walk(tree)):
        return Tree("empty", (), "", tree.start, tree.end)
    children = tuple(_without_dotted_matrices(child) for child in tree.children)
    return tree if children == tree.children else replace(tree, children=children)


def _has_sum_of_indices(name: Printed) -> bool:
    """X_{i+m}, which says least of what i and m run over."""
    return any(letters_of_sum(item) for item in name.below)


def _count_of(sign: Tree, place: Place) -> None:
    """Σ_{i=1}^{N}: N counts what i runs over."""
    if sign.kind != "scripts":
        return
    for label, lower, upper in ranges_of(sign):
        if upper is not None and label in place.axes and lower in (0, 1):
            shift = script_shift(upper)
            letter = printed_name(upper)
            if lower == 1 and letter is not None and integer_of(upper) is None:
                place.world.count(count_name(upper, place), place.axes[label])
            elif lower == 0 and shift is not None and shift[0] and shift[1] == -1:
                place.world.count(shift[0], place.axes[label])


def count_name(tree: Tree, place: Place) -> str:
    """n, n_L, n_{l-1}: the letter, with stage letters as the numbers that they stand for."""
    name = printed_name(tree)
    if name is None:
        return ""
    text = name.letter
    for item in (*name.above, *name.below):
        shift = script_shift(item)
        if shift is not None and shift[0] in place.bases and shift[0]:
            text += f"_{place.bases[shift[0]] + shift[1]}"
        else:
            text += f"_{letter_of(item) or item.text}"
    return text


def counted_name(tree: Tree, place: Place) -> bool:
    """Whether a name counts the entries of an axis."""
    return place.world.counted(count_name(tree, place)) is not None


def _mean_over(tree: Tree, place: Place) -> None:
    r"""\frac1N \sum_i: N counts what i runs over."""
    parts = operands_of(tree)
    for left, right in itertools.pairwise(parts):
        if left.kind == "fraction" and left.children[0].kind == "number" and right.kind == "large" and right.children[0].kind == "scripts":
            below = left.children[1]
            letter = letter_of(below)
            for label, _, upper in ranges_of(right.children[0]):
                if letter is not None and upper is None and label in place.axes and letter.isalpha():
                    place.world.count(letter, place.axes[label])


def is_kronecker(mention: Mention, place: Place) -> bool:
    """Whether δ_{ij} is one or zero here, and no error: also beside errors that have one index and a layer wherever they stand."""
    if mention.family not in (r"\delta", r"\Delta") or mention.stage is not None or len(mention.indices) != 2:
        return False
    sheet = place.world.sheet
    stated = [definition for definition in sheet.definitions if definition.name.family == mention.family]
    is_of_layers = (
        bool(stated)
        and sheet.ranks.get(mention.family) == 1
        and all(definition.name.stage is not None and definition.name.sample is None for definition in stated)
    )
    return is_of_layers or not place.world.defines(mention.family)


def count_by_capital(name: Printed, mention: Mention, place: Place) -> None:
    """H counts what h runs over, in a document that prints no Σ with bounds."""
    letter = name.letter.lower()
    is_free = place.world.sheet.is_implicit and name.letter != letter and not name.above and not name.below
    if is_free and letter in place.axes and not place.world.defines(mention.family) and mention.family not in place.world.sheet.ranks:
        place.world.count(name.letter, place.axes[letter])


def ranges_of(sign: Tree) -> list[tuple[str, int | None, Tree | None]]:
    """(letter, lower bound, upper bound) of each bound index of a large sign."""
    lower: list[tuple[str, int | None]] = []
    upper: Tree | None = None
    for script in sign.children[1:]:
        if script.kind == "superscript":
            upper = script.children[0]
        elif script.kind == "subscript":
            content = script.children[0]
            for part in operands_of(content) if content.kind == "list" else (content,):
                if part.kind == "relation" and operators_of(part) == ("=",):
                    letter = letter_of(operands_of(part)[0])
                    if letter is not None:
                        lower.append((letter, integer_of(operands_of(part)[1])))
                elif part.kind != "relation":
                    lower += [(letter, None) for index in indices_of(part) if (letter := letter_of(index)) is not None]
                else:
                    letter = letter_of(operands_of(part)[0])
                    lower += [(letter, None)] if letter is not None else []
    return [(letter, low, upper) for letter, low in lower]


def bind(part: Tree, labels: list[str], exceptions: list, single: list) -> None:
    """Adds what a part of a subscript binds: a letter, a letter with an exception (j ≠ i), or a single case (j = i)."""
    if part.kind == "relation":
        left, right = operands_of(part)[0], operands_of(part)[-1]
        letter = letter_of(left)
        if letter is None or len(operands_of(part)) != 2:
            raise Unread("a sum over what is no index")
        sign = operators_of(part)[0]
        if letter not in labels or sign != r"\neq":
            labels.append(letter)  # j = 1, j ≠ i binds one j
        if sign == r"\neq":
            exceptions.append((left, right))
        elif sign == "=" and letter_of(right) is not None and letter_of(right) != letter and len(letter_of(right) or "") == 1:
            single.append((letter, right))
        elif sign not in ("=", r"\in"):
            raise Unread("a sum over part of the indices")
        elif sign == "=" and integer_of(right) is None and letter_of(right) is None:
            raise Unread(f"a sum that begins at {unparse(right)}")
        return
    found = [letter_of(index) for index in indices_of(part)]
    if any(label is None for label in found):
        raise Unread("a sum over what is no index")
    labels += [label for label in found if label is not None]
