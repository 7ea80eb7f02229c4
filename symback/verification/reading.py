r"""Tree to value: what an expression on the page is, in the world that its document describes.

    read(tree, place)  ->  Value,  or `Unread` (no meaning known), or `Untyped` (understood, and it does not fit together)

Products are typed by shapes.  Where the page leaves several readings open (∂a/∂z as a Jacobian or entry by entry, u · v as
inner or element-wise product), the reader asks `Choices`; the checker goes through all answers.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import sympy

from symback.language.expressions import Axis, Const, Var, contract, delta, slot, var
from symback.language.functions import scalar_function
from symback.language.names import Name
from symback.verification.choices import Choices
from symback.verification.clock import bounds_of, is_over_stages, whole_number
from symback.verification.definitions import FUNCTION_HEADS, Function, condition_of
from symback.verification.index_runs import Run, filled
from symback.verification.meaning import (
    COL,
    ROW,
    Mismatch,
    OutOfRange,
    Unread,
    Untyped,
    Value,
    apply,
    broadcast,
    combined,
    divided,
    elementwise,
    is_turned,
    number,
    powered,
    product,
    summed,
    transposed,
)  # fmt: skip
from symback.verification.mentions import (
    Mention,
    Printed,
    index_name,
    indices_of,
    integer_of,
    is_ones,
    is_transpose,
    letter_of,
    names_in,
    number_of_stage,
    printed_name,
    script_shift,
)  # fmt: skip
from symback.verification.tree import Tree, operands_of, operators_of, walk
from symback.verification.unparse import unparse
from symback.verification.written_rules import general_entry

if TYPE_CHECKING:
    from symback.verification.world import World

__all__ = ["Place", "axes_of_indices", "counted_name", "is_loss_of_step", "ranges_of", "read"]

ELEMENTWISE_SIGNS = ("\\odot", "\\circ", ".*", "\\circledast", "*")
PLAIN_SIGNS = ("", "\\cdot", "\\times", ".", "\\otimes", "@", "\\cdotp")
SCALAR_FUNCTIONS: dict[str, Callable] = {
    r"\log": sympy.log, r"\ln": sympy.log, r"\exp": sympy.exp, r"\tanh": sympy.tanh, "tanh": sympy.tanh, r"\sinh": sympy.sinh,
    r"\cosh": sympy.cosh, r"\sin": sympy.sin, r"\cos": sympy.cos, "log": sympy.log, "ln": sympy.log, "exp": sympy.exp,
}  # fmt: skip
X = slot(0)
ACTIVATIONS: dict[str, sympy.Expr | None] = {
    "unspecified": None,
    "sigmoid": 1 / (1 + sympy.exp(-X)),
    "tanh": sympy.tanh(X),
    "relu": sympy.Piecewise((X, X > 0), (0, True)),
}
NAMED_ACTIVATIONS = {"sigmoid": "sigmoid", "Sigmoid": "sigmoid", "relu": "relu", "ReLU": "relu", "Relu": "relu"}
ROW_INDEX, COLUMN_INDEX = r"\row", r"\column"
SAMPLE_COUNTS = frozenset(["m", "N", "n", "M", "B"])
DIRECT_LINK = "the direct dependence alone: the chain has a link for each of the others"
MOST_SUMMANDS = 40
MOST_NESTED = 8


@dataclass
class Place:
    """Where an expression stands.

    `bases`    the number of each stage letter in the world: {"l": 0};
    `bound`    what the parameters of functions stand for;
    `axes`     what each index letter runs over;
    `own`      the stage of names that print none;
    `is_link`  whether it is a factor beside other derivatives;
    `remarks`  readings that are charitable: what holds by them alone is conditional;
    `doubts`   readings that are less than certain: nothing is refuted by them;
    `is_in_sum`  whether a sum over time stands around it;
    `has_step_losses`  whether the formula speaks of losses of single steps;
    `takes_share`  whether a derivative by a state is meant as its share that comes through the next step;
    `summands`   which trees are whole terms of a sum, `held` which of them are what the formula is about as well.
    """

    world: World
    bases: dict[str, int]
    choices: Choices
    own: int | None = None
    bound: dict[str, Value] = field(default_factory=dict)
    axes: dict[str, Axis] = field(default_factory=dict)
    remarks: dict[str, None] = field(default_factory=dict)
    is_definition: bool = False
    depth: int = 0
    is_link: bool = False
    until: float = float("inf")
    is_in_sum: bool = False
    has_step_losses: bool = False
    takes_share: bool = False
    summands: frozenset[int] = frozenset()
    held: frozenset[int] = frozenset()
    vacuous: dict[str, None] = field(default_factory=dict)
    doubts: dict[str, None] = field(default_factory=dict)
    has_stages: bool = False


def read(tree: Tree, place: Place) -> Value:
    """The value of an expression; `Unread` when the time of its formula is over."""
    if time.thread_time() > place.until:
        raise Unread("the time for one formula is over")
    reader = _READERS.get(tree.kind)
    if reader is None:
        raise Unread(f"no meaning is known for a {tree.kind} here")
    return reader(tree, place)


# Names


def stage_of(mention: Mention, place: Place) -> int | None:
    """The stage's number in the world; None for what has no stages."""
    if mention.stage is None:
        if not place.world.is_staged(mention.family):
            return None
        if place.own is None and place.world.window.is_output and mention.indices:
            return place.world.window.last  # what is nobody's layer, p_j = softmax(z)_j, stands at the end
        if place.own is None:
            raise Unread(f"the layer of {mention.family} is not printed")
        if place.has_stages and not place.is_definition and mention.family not in place.world.sheet.stageless:
            place.doubts[f"{mention.family} without a layer is read in the layer of the left side"] = None
        return place.own
    return stage_number(mention.stage, place)


def stage_number(stage: tuple[str, int], place: Place) -> int:
    """The number that t-1 stands for."""
    number = number_of_stage(stage[0], place.bases)
    if number is None:
        known = " and ".join(sorted(filter(None, place.bases))) or "numbers"
        raise Unread(f"the stage {stage[0] or stage[1]} beside {known}")
    return number + stage[1]


def quantity(mention: Mention, place: Place) -> Value:
    """The quantity that a name means, with its indices as labels."""
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
        value = _sampled(value, mention.sample, place)
    if mention.indices:
        if mention.is_transposed and len(value.labels) == 2 and len(mention.indices) == 2:
            value = _indexed(transposed_axes(value), mention.indices, place)
            return _raised(value, mention, place)
        value = _indexed(value, mention.indices, place, mention.family)
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
    return powered(value, _exponent(mention.power, place))


def _exponent(tree: Tree, place: Place) -> sympy.Expr:
    """2, -1/2, N-1: a number, or a size."""
    found = read(tree, place)
    if not isinstance(found.tensor, Const):
        raise Unread("an exponent that is no number")
    if found.tensor.value.is_number and abs(found.tensor.value) > 64:
        raise Unread("a huge exponent")
    return found.tensor.value


def _sampled(value: Value, sample: Tree, place: Place) -> Value:
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


def _indexed(value: Value, indices: Sequence[Tree], place: Place, family: str = "") -> Value:
    """One entry: the printed indices become the labels of the sides, in their order."""
    sides = [label for label in value.labels if label in (ROW, COL)]
    if len(indices) == 1 and len(sides) == 2:
        return _row_of(value, indices[0], place)
    if len(indices) > len(sides) and family in place.world.sheet.vectors:
        raise Untyped(f"{len(indices)} indices stand at {family}, which is a vector")
    if len(indices) != len(sides):
        raise Unread(f"{len(indices)} indices stand at a quantity that has {len(sides)}")
    names = dict(zip(sides, indices, strict=True))
    labels = tuple(
        _index_label(names[label], axis, place) if label in names else label
        for label, axis in zip(value.labels, value.tensor.axes, strict=True)
    )
    return merged_labels(value, labels)


def _row_of(value: Value, index: Tree, place: Place) -> Value:
    """x_i of a matrix X: its row or its column, as a column."""
    ways = ("its row, as a column", "its row, as a row", "its column", "an entry in any row")
    way = place.choices("a matrix with one index", ways if index.kind == "symbol" else ways[:3])
    if way == ways[3]:
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
    for tree in trees:
        for _, name in names_in(tree):
            mention = lexicon.mention(name)
            if (mention.indices or mention.sample is not None) and not _is_kronecker(mention, place):
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


def _count_of(sign: Tree, place: Place) -> None:
    """Σ_{i=1}^{N}: N counts what i runs over."""
    if sign.kind != "scripts":
        return
    for label, lower, upper in ranges_of(sign):
        if upper is not None and label in place.axes and lower in (0, 1):
            shift = script_shift(upper)
            letter = printed_name(upper)
            if lower == 1 and letter is not None and integer_of(upper) is None:
                place.world.count(_count_name(upper, place), place.axes[label])
            elif lower == 0 and shift is not None and shift[0] and shift[1] == -1:
                place.world.count(shift[0], place.axes[label])


def _count_name(tree: Tree, place: Place) -> str:
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
    return place.world.counted(_count_name(tree, place)) is not None


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


def _is_kronecker(mention: Mention, place: Place) -> bool:
    return (
        mention.family in (r"\delta", r"\Delta")
        and mention.stage is None
        and len(mention.indices) == 2
        and not place.world.defines(mention.family)
    )


def _read_name(tree: Tree, place: Place) -> Value:
    base = tree.children[0] if tree.kind == "scripts" else tree
    if is_ones(base):
        return _ones(tree.children[1:] if tree.kind == "scripts" else (), place)
    if base.kind in ("group", "call") and (printed_name(tree) is None or base.text in (r"\| \|", "| |")):
        return _scripted_group(tree, place)
    if base.kind in ("applied", "derivative", "number", "matrix", "fraction"):
        return _scripted_group(tree, place)
    name = printed_name(tree)
    if name is None:
        raise Unread("scripts at what is no name")
    mention = place.world.lexicon.mention(name)
    _count_by_capital(name, mention, place)
    is_power = len(name.above) == 1 and not name.below and mention.stage is None
    if name.letter == "e" and is_power and (place.world.is_staged("e") or not place.world.defines("e")):
        return apply(sympy.exp(slot(0)), read(name.above[0], place))
    if tree.kind == "symbol" and tree.text in place.bases and place.world.window.is_clock and tree.text not in place.bound:
        return number(place.bases[tree.text])
    if name.letter in (r"\mathbb 1", r"\mathbf 1", "I", r"\mathbb I") and not place.world.defines(name.letter):
        return _ones_or_identity(name.letter, mention, place)
    if _is_kronecker(mention, place):
        return kronecker(mention.indices, place)
    if name.letter in place.world.lexicon.losses and not (mention.indices or mention.sample or name.primes) and not place.is_definition:
        return place.world.cost_value(root_of(tree, place))
    if (count := place.world.counted(_count_name(tree, place)) or place.world.counted(mention.family)) is not None and not name.above:
        return number(count)
    if mention.power is not None and mention.family not in place.bound and place.world.has_square(mention.family):
        return powered(quantity(replace(mention, family=f"{mention.family}^2", power=None), place), _exponent(mention.power, place) / 2)
    return quantity(mention, place)


def _count_by_capital(name: Printed, mention: Mention, place: Place) -> None:
    """H counts what h runs over, in a document that prints no Σ with bounds."""
    letter = name.letter.lower()
    is_free = place.world.sheet.is_implicit and name.letter != letter and not name.above and not name.below
    if is_free and letter in place.axes and not place.world.defines(mention.family) and mention.family not in place.world.sheet.ranks:
        place.world.count(name.letter, place.axes[letter])


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
        if script.kind == "postfix" or (script.kind == "superscript" and is_transpose(script.children[0])):
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
    is_norm = group.kind == "group" and group.text in (r"\| \|", "| |")
    if (
        group.kind == "number"
        and group.text == "1"
        and any(script.kind == "superscript" and is_transpose(script.children[0]) for script in scripts)
    ):
        return Value(contract((), ("i",), {"i": place.world.fresh_axis()}), (COL,))
    value = read(group.children[0] if group.kind == "group" else group, place)
    for script in scripts:
        if script.kind == "postfix" or (script.kind == "superscript" and is_transpose(script.children[0])):
            value = transposed(value)
        elif script.kind == "subscript" and is_norm:
            continue
        elif script.kind == "subscript":
            items = indices_of(script.children[0])
            value = _indexed(_of_sides_in_order(value), items, place)
        elif script.kind == "superscript":
            exponent = _exponent(script.children[0], place)
            value = _squared_norm(value, exponent) if is_norm and group.text == r"\| \|" else powered(value, exponent)
        else:
            raise Unread("a script that has no meaning here")
    if is_norm and not any(script.kind == "superscript" for script in scripts):
        raise Unread("a norm that is not squared")
    return value


def _of_sides_in_order(value: Value) -> Value:
    """The same with ROW before COL among its axes."""
    if value.labels.index(ROW) > value.labels.index(COL) if {ROW, COL} <= set(value.labels) else False:
        labels = tuple({ROW: COL, COL: ROW}.get(label, label) for label in value.labels)
        return Value(contract(((value.tensor, value.labels),), labels, {}), labels)
    return value


def _squared_norm(value: Value, exponent: sympy.Expr) -> Value:
    if exponent != 2:
        raise Unread("a norm that is not squared")
    kept = [label for label in value.labels if label not in (ROW, COL)]
    squares = apply(slot(0) ** 2, value)
    return Value(contract(((squares.tensor, squares.labels),), kept, {}), tuple(kept))


def _read_group(tree: Tree, place: Place) -> Value:
    inner = tree.children[0]
    parts = operands_of(inner) if inner.kind in ("product", "list") else ()
    if any(part.kind == "ellipsis" for part in parts) and all(part.kind == "ellipsis" or part.text == "1" for part in parts):
        return transposed(Value(contract((), (ROW,), {ROW: place.world.fresh_axis()}), (ROW,)))
    if tree.text in ("( )", "[ ]") and tree.children[0].kind == "list":
        return _read_list(tree, place)
    if tree.text not in ("( )", "[ ]", "{ }", r"\{ \}", r"\left( \right)"):
        raise Unread("brackets that have no meaning here")
    return read(tree.children[0], place)


def _read_number(tree: Tree, place: Place) -> Value:
    del place
    if not re.fullmatch(r"\d{1,12}(\.\d{1,12})?|\.\d{1,12}", tree.text):
        raise Unread(f"{tree.text} is no number")
    return number(sympy.Rational(tree.text))


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
                if len(other.sides) == 2 and place.world.is_of_weights(other.axes[next(iter(missing))]):
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


# Functions


def _read_call(tree: Tree, place: Place) -> Value:
    head, argument = tree.children
    if (head.kind == "font" and head.children[0].kind == "number") or (head.kind == "symbol" and head.text in (r"\mathbb 1",)):
        return _indicator(argument, place)
    name = printed_name(tree)
    if name is not None:  # U[i,k]
        return _read_name(Tree("scripts", (tree,)), place) if name.above else quantity(place.world.lexicon.mention(name), place)
    function = _function_of(head, place)
    if function is not None:
        return function(argument)
    _check_factor(head, argument, place)
    return _folded([read(head, place), read(argument, place)], [""], place)


def _check_factor(head: Tree, argument: Tree, place: Place) -> None:
    """L_3(x) of an unknown L is no product."""
    name = printed_name(head)
    inner = argument.children[0] if argument.kind == "group" else argument
    if name is None or argument.kind != "group" or inner.kind not in ("symbol", "scripts", "call", "list", "font", "accent"):
        return
    if inner.kind == "scripts" and printed_name(inner) is None:
        return
    family = place.world.lexicon.mention(name).family
    is_matrix = family.split("_")[0] in ("W", "U", "V", r"\Theta", "A", "X", "H")
    if inner.kind == "list" or not (is_matrix or place.world.defines(family) or family in place.bound):
        raise Unread(f"{name.letter}(…) of an unknown {name.letter}")


def _indicator(argument: Tree, place: Place) -> Value:
    """1[i = k], 1(k == i)."""
    inner = argument.children[0] if argument.kind == "group" else argument
    if inner.kind != "relation" or operators_of(inner) not in (("=",), ("==",)):
        raise Unread("an indicator of what is no equality of indices")
    return kronecker(operands_of(inner), place)


def _function_of(head: Tree, place: Place) -> Callable[[Tree], Value] | None:
    """How the head of a call is applied; None if it is a factor."""
    name = printed_name(head)
    if name is None:
        return None
    mention = place.world.lexicon.mention(name)
    world = place.world
    if head.kind == "word" and head.text == "sum" and not world.defines("sum"):
        return lambda argument: _sum_along(argument, place)
    if name.letter in world.lexicon.losses and not mention.indices and mention.sample is None and not name.primes:
        return lambda argument: place.world.cost_value(root_of(Tree("call", (head, argument)), place))
    known = world.function(name.letter)
    if known is not None and not mention.indices:
        return lambda argument: _applied(known, argument, name.primes, mention.power, place)
    if name.letter in FUNCTION_HEADS and not mention.indices and not world.defines(mention.family) and name.letter not in place.bound:
        return lambda argument: _activated(name.letter, argument, name.primes, mention.power, place)
    return None


def is_function(head: Tree, place: Place) -> bool:
    """Whether the head of a call is applied, and no factor."""
    return _function_of(head, place) is not None


def _split_argument(argument: Tree) -> tuple[Tree, list[Tree]]:
    """f(x)_j, f(x)^2: the bracket and the scripts at it."""
    if argument.kind == "scripts" and argument.children[0].kind == "group":
        return argument.children[0], list(argument.children[1:])
    return argument, []


def _with_scripts(value: Value, scripts: Sequence[Tree], place: Place) -> Value:
    for script in scripts:
        if script.kind == "subscript":
            value = _indexed(_of_sides_in_order(value), indices_of(script.children[0]), place)
        elif script.kind == "superscript" and is_transpose(script.children[0]):
            value = transposed(value)
        elif script.kind == "superscript":
            value = powered(value, _exponent(script.children[0], place))
        elif script.kind == "postfix":
            value = transposed(value)
        else:
            raise Unread("a script that has no meaning here")
    return value


def _activated(letter: str, argument: Tree, primes: int, power: Tree | None, place: Place) -> Value:
    """σ(z), σ'(z): the activation of the world, element by element."""
    group, scripts = _split_argument(argument)
    kind = place.world.activation(letter)
    if kind is None:
        if primes or power is not None:
            raise Unread("a derivative of softmax written as σ'")
        return _activated_softmax(argument, place)
    value = read(group, place)
    for _ in range(primes):
        kind = kind.prime()
    found = apply(kind(slot(0)), value)
    if power is not None:
        found = powered(found, _exponent(power, place))
    return _with_scripts(found, scripts, place)


def softmax(value: Value, place: Place) -> Value:
    """exp(z) / Σ exp(z), over the units."""
    sides = [label for label in value.labels if label in (ROW, COL)]
    if len(sides) == 2:
        way = place.choices("the softmax of a matrix", ("in each row", "in each column"))
        sides = [COL if way == "in each row" else ROW]
    if len(sides) != 1:
        raise Unread("the softmax of what is no vector")
    powers = apply(sympy.exp(slot(0)), value)
    return divided(powers, summed(powers, sides[0]))


def _applied(function: Function, argument: Tree, primes: int, power: Tree | None, place: Place) -> Value:
    """A function that the document defines."""
    if place.depth > 6:
        raise Unread("functions within functions")
    group, scripts = _split_argument(argument)
    inner = group.children[0] if group.kind == "group" else group
    name = printed_name(inner)
    kind = place.world.scalar_function(function)
    if kind is not None:
        for _ in range(primes):
            kind = kind.prime()
        found = apply(kind(slot(0)), read(group, place))
        if power is not None:
            found = powered(found, _exponent(power, place))
        return _with_scripts(found, scripts, place)
    if function.letter in FUNCTION_HEADS and (primes or not place.world.is_understood(function)):
        return _activated(function.letter, argument, primes, power, place)
    if primes or power is not None:
        raise Unread(f"the derivative of {function.letter}, which is no function of one number")
    own_index: list[Tree] = []
    if name is not None and function.label is not None:
        mention = place.world.lexicon.mention(name)
        if mention.indices and not scripts:
            own_index = [mention.indices[-1]]
            value = quantity(replace(mention, indices=mention.indices[:-1]), place) if len(mention.indices) == 1 else read(inner, place)
        else:
            value = read(group, place)
    else:
        value = read(group, place)
    if function.letter in FUNCTION_HEADS and len(value.sides) > 1:
        return _activated(function.letter, argument, primes, power, place)
    parameter = place.world.lexicon.merged.get(function.parameter, function.parameter)
    inside = Place(
        place.world,
        place.bases,
        place.choices,
        place.own,
        {**place.bound, parameter: value},
        {},
        place.remarks,
        True,
        place.depth + 1,
        place.until,
    )
    found = _body_value(function, inside)
    if own_index:
        scripts = [Tree("subscript", (own_index[0],)), *scripts]
    return _with_scripts(found, scripts, place)


def _body_value(function: Function, inside: Place) -> Value:
    axes_of_indices((function.body,), inside)
    found = read(function.body, inside)
    if function.label is not None and function.label in found.labels:
        found = Value(found.tensor, tuple(ROW if label == function.label else label for label in found.labels))
    return found


@lru_cache(maxsize=1 << 12)
def _nesting(tree: Tree) -> int:
    """How many functions stand one inside the other."""
    return max((_nesting(child) for child in tree.children), default=0) + (tree.kind in ("function", "call"))


def _read_function(tree: Tree, place: Place) -> Value:
    head, argument = tree.children
    if _nesting(argument) > MOST_NESTED:
        raise Unread("functions are nested too deeply")  # SymPy asks for the sign of each through all the others
    name = printed_name(head)
    if name is None or name.below:
        raise Unread("a function with scripts")
    mention_power = name.above[0] if len(name.above) == 1 else None
    if len(name.above) > 1:
        raise Unread("a function with several superscripts")
    known = place.world.function(name.letter)
    if known is not None:
        return _applied(known, argument, name.primes, mention_power, place)
    plain = name.letter.removeprefix("\\operatorname").strip("{}")
    if plain == "softmax":
        return _activated_softmax(argument, place)
    group, scripts = _split_argument(argument)
    if plain.lower() == "diag":
        value = read(group, place)
        if len(value.sides) == 1:
            side = ROW if ROW in value.labels else COL
            axis = value.axes[side]
            own = tuple("i" if label == side else label for label in value.labels)
            kept = tuple(label for label in value.labels if label != side)
            tensor = contract(((value.tensor, own), (delta(axis), ("i", "j"))), ("i", "j", *kept), {})
            return _with_scripts(Value(tensor, (ROW, COL, *kept)), scripts, place)
        raise Unread("diag of what is no vector")
    if plain in NAMED_ACTIVATIONS:
        kind = scalar_function(plain.lower(), ACTIVATIONS[NAMED_ACTIVATIONS[plain]])
        expr = kind
        for _ in range(name.primes):
            expr = expr.prime()
        found = apply(expr(slot(0)), read(group, place))
        return _with_scripts(found if mention_power is None else powered(found, _exponent(mention_power, place)), scripts, place)
    if plain == "\\max":
        return _larger(argument, place)
    function = SCALAR_FUNCTIONS.get(name.letter) or SCALAR_FUNCTIONS.get(plain)
    if function is None:
        raise Unread(f"the function {name.letter}")
    expression = function(slot(0))
    for _ in range(name.primes):
        expression = sympy.diff(expression, slot(0))
    if mention_power is not None and not is_transpose(mention_power):
        expression = expression ** _exponent(mention_power, place)
    return _with_scripts(apply(expression, read(group, place)), scripts, place)


def _larger(argument: Tree, place: Place) -> Value:
    """max(0, z)."""
    inner = argument.children[0] if argument.kind == "group" else argument
    if inner.kind != "list" or len(operands_of(inner)) != 2:
        raise Unread("a maximum over more than two numbers")
    first, second = (read(operand, place) for operand in operands_of(inner))
    if first.is_number:
        return apply(sympy.Piecewise((slot(0), slot(0) > first.tensor.value), (first.tensor.value, True)), second)
    if second.is_number:
        return apply(sympy.Piecewise((slot(0), slot(0) > second.tensor.value), (second.tensor.value, True)), first)
    raise Unread("a maximum of two quantities")


def _activated_softmax(argument: Tree, place: Place) -> Value:
    """softmax(z), softmax(z)_j, softmax(z_j)."""
    group, scripts = _split_argument(argument)
    inner = group.children[0] if group.kind == "group" else group
    mention = place.world.lexicon.mention(name) if (name := printed_name(inner)) is not None else None
    if mention is not None and len(mention.indices) == 1 and not scripts:
        whole = softmax(quantity(replace(mention, indices=()), place), place)
        return _indexed(whole, mention.indices, place)
    return _with_scripts(softmax(read(group, place), place), scripts, place)


# Sums


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


def _read_large(tree: Tree, place: Place) -> Value:
    sign, body = tree.children
    head = letter_of(sign.children[0] if sign.kind == "scripts" else sign)
    bounds = bounds_of(sign) if sign.kind == "scripts" and head in (r"\sum", r"\prod") and place.world.window.is_clock else []
    if bounds and all(is_over_stages(letter, body, place.world.lexicon) for letter, _, _ in bounds):
        return _over_stages(body, bounds, head == r"\prod", place)
    if head != r"\sum":
        raise Unread("a large sign that is no sum")
    if sign.kind != "scripts" or not any(script.kind == "subscript" for script in sign.children[1:]):
        return _sum_of_all(read(body, place), place)
    labels: list[str] = []
    exceptions: list[tuple[Tree, ...]] = []
    single: list[tuple[str, Tree]] = []
    for script in sign.children[1:]:
        if script.kind == "subscript":
            for part in operands_of(script.children[0]) if script.children[0].kind == "list" else (script.children[0],):
                _bind(part, labels, exceptions, single)
    if len(labels) != len(set(labels)):
        raise Unread("one index twice under a sum")
    hidden = {label: place.axes.pop(label) for label in labels if label in place.axes and place.is_definition}
    axes_of_indices((body,), place)
    value = read(body, place)
    for pair in exceptions:
        value = elementwise(value, combined(number(1), kronecker(pair, place), -1))
    for label, other in single:
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
    if upper is None or integer_of(upper) is not None:
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
    name, below = (shift[0], shift[1]) if shift is not None and shift[0] else (_count_name(upper, place), 0)
    size = place.world.counted(name) if below else place.world.counted(_count_name(upper, place))
    terms = below - (1 if lower is None else lower) + 1 if lower is not None else (0 if below in (0, -1) else below)
    if name in place.axes or (size is None and name in ("i", "j", "k", "p", "q", "r")):
        raise Unread(f"a sum up to the index {name}")
    if terms == 0 or (size is None and terms in (0, 1)):
        if size is not None and size != axis.size:
            raise Mismatch(axis, next(found for found in place.world.counts.values() if found.size == size))
        return value
    if size != axis.size:
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


def _bind(part: Tree, labels: list[str], exceptions: list, single: list) -> None:
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
        return
    found = [letter_of(index) for index in indices_of(part)]
    if any(label is None for label in found):
        raise Unread("a sum over what is no index")
    labels += [label for label in found if label is not None]


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


def _sum_along(argument: Tree, place: Place) -> Value:
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


# Products


def _read_product(tree: Tree, place: Place) -> Value:
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
        return _folded(parts, signs, place)
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
        if i:
            kept.append(signs[i - 1])
        follows = operands[i + 1] if i + 1 < len(operands) and signs[i] == "" else None
        if follows is not None and operand.kind == "number" and operand.text == "1" and _is_condition(follows):
            parts.append(_indicator(follows, place))
            skip = True
        elif (
            follows is not None
            and operand.kind == "symbol"
            and operand.text in ("d", r"\delta", r"\Delta")
            and _names_quantity(follows, place)
            and not place.world.sheet.has_own(operand.text)
        ):
            parts.append(_gradient_of(follows, place, is_name=True))
            skip = True
        else:
            parts.extend(_opened(operand, place, kept))
    return parts, kept


def _is_condition(tree: Tree) -> bool:
    return tree.kind == "group" and condition_of(tree) is not None


def _names_quantity(tree: Tree, place: Place) -> bool:
    if tree.kind == "call":
        return False
    name = printed_name(tree)
    return name is not None and not name.primes and name.letter not in place.world.lexicon.losses


def _opened(operand: Tree, place: Place, signs: list[str]) -> list[Value]:
    """A call that is a product, a(b), is two factors of the product that it stands in."""
    if operand.kind == "call" and printed_name(operand) is None and not is_function(operand.children[0], place):
        if operand.children[0].kind == "font" and operand.children[0].children[0].kind == "number":
            return [read(operand, place)]
        _check_factor(operand.children[0], operand.children[1], place)
        first = _opened(operand.children[0], place, signs)
        signs.append("")
        return [*first, read(operand.children[1], place)]
    return [read(operand, place)]


def _folded(parts: Sequence[Value], signs: Sequence[str], place: Place) -> Value:
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
    links = _linked([(part.children[1], part.children[2]) for part in plain if len(part.children) == 3], place)
    if links is None or len(links) != len(plain):
        return None
    way = place.choices("a chain of derivatives", ("a product of arrays", "a composition of linear maps"))
    if way == "a product of arrays":
        return None
    return _composed(links, place)


def _has_indices(tree: Tree, place: Place) -> bool:
    name = printed_name(tree)
    return name is not None and bool(place.world.lexicon.mention(name).indices)


def _linked(pairs: list[tuple[Tree, Tree]], place: Place) -> list[tuple[Tree, Tree]] | None:
    """The pairs in an order in which each denominator is the next numerator."""
    for order in (pairs, pairs[::-1]):
        if all(_same(left[1], right[0], place) for left, right in itertools.pairwise(order)):
            return order
    return None


def _same(left: Tree, right: Tree, place: Place) -> bool:
    first, second = printed_name(left), printed_name(right)
    return first is not None and second is not None and place.world.lexicon.mention(first) == place.world.lexicon.mention(second)


def _composed(links: Sequence[tuple[Tree, Tree]], place: Place) -> Value:
    """Σ over everything between: ∂u/∂v ∂v/∂w, as the derivative of the first by the last."""
    above = links[0][0]
    if not is_cost(above, place):
        raise Unread("a chain that does not begin at the cost")
    target = _plain(links[0][1], place)
    found = place.world.gradient(target, root_of(above, place)).tensor
    for of, wrt in links[1:]:
        upper, target = _plain(of, place), _plain(wrt, place, _stage_of_tree(of, place))
        if not isinstance(target.tensor, Var):
            raise Unread("a derivative by what is no single quantity")
        jacobian = place.world.derivative(upper.tensor, target.tensor, is_direct=_is_direct_link(upper, target, place))
        bound = tuple(range(100, 100 + upper.tensor.rank))
        kept = tuple(range(target.tensor.rank))
        found = contract(((found, bound), (jacobian, (*bound, *kept))), kept, {})
    return _entry_of(Value(found, target.labels), links[-1][1], place)


def _is_direct_link(upper: Value, lower: Value, place: Place) -> bool:
    """Σ_u ∂L/∂u ∂u/∂v: each ∂u/∂v holds what else stands in the sum."""
    if not place.world.is_indirect(upper.tensor, lower.tensor):
        return False
    ways = ("of the direct dependence", "through everything between")
    return place.choices("a partial derivative in a chain", ways) == ways[0]


def _entry_of(value: Value, tree: Tree, place: Place) -> Value:
    name = printed_name(tree)
    mention = place.world.lexicon.mention(name) if name is not None else None
    if mention is None:
        return value
    if mention.sample is not None and "sample" in value.labels:
        value = _sampled(value, mention.sample, place)
    return _indexed(value, mention.indices, place) if mention.indices else value


# Derivatives


def _gradient_of(tree: Tree, place: Place, is_name: bool = False, root: Var | None = None) -> Value:
    """∂C/∂(tree); a transpose at it is a transpose of the whole.  Of the loss `root` if that is given."""
    name = printed_name(tree)
    if name is None or name.primes:
        raise Unread("a derivative by what is no single quantity")
    mention = _of_square(place.world.lexicon.mention(name), place)
    if mention.power is not None:
        raise Unread("a derivative by a power")
    plain = _variable(mention, place)
    value = place.world.gradient(plain, root, place.has_step_losses, place.takes_share)
    sample_axes = [axis for axis in value.tensor.axes if axis.kind == "sample"]
    if is_name and sample_axes and not place.world.is_parameter(plain):
        way = place.choices("dZ in a batch", ("the derivative of the cost", "the derivative of the sum of the samples' costs"))
        if way != "the derivative of the cost":
            value = elementwise(value, number(sample_axes[0].size))
    if mention.sample is not None and "sample" in value.labels:
        value = _sampled(value, mention.sample, place)
    if mention.indices:
        value = _indexed(value, mention.indices, place)
    return transposed(value) if mention.is_transposed else value


def _of_square(mention: Mention, place: Place) -> Mention:
    """∂/∂σ²: the square has a name of its own."""
    if mention.power is not None and integer_of(mention.power) == 2 and place.world.has_square(mention.family):
        return replace(mention, family=f"{mention.family}^2", power=None)
    return mention


def _variable(mention: Mention, place: Place, at: int | None = None) -> Value:
    """What is derived by: a quantity as a whole; of a weight that all steps share, all its uses or that at one step."""
    own = place.own if at is None else at
    if mention.stage is None and mention.family in place.world.sheet.shared and place.world.window.is_clock and own is not None:
        inside = " under a sum over time" if place.is_in_sum else ""
        ways = ("at one step", "at all steps") if place.is_in_sum or at is not None else ("at all steps", "at one step")
        if place.choices(f"the use of a weight{' by a state' if at is not None else ''}{inside}", ways) == "at one step":
            return place.world.whole(mention.family, own, len(mention.indices))
    return quantity(mention.whole, place)


def root_of(tree: Tree, place: Place) -> Var | None:
    """The loss that is meant, where it is not the whole one: L_t, \\ell(y_t, \\hat y_t), and \\ell beside L = Σ_t \\ell(…)."""
    world = place.world
    if not world.window.is_clock:
        return None
    head = tree.children[0] if tree.kind == "call" else tree
    name = printed_name(head)
    if name is None:
        return None
    mention = world.lexicon.mention(name)
    if mention.stage is not None:
        return world.loss_of_step(stage_of(mention, place) or 0)
    stages = (
        [found.stage for _, inner in names_in(tree.children[1]) if (found := world.lexicon.mention(inner)).stage]
        if tree.kind == "call"
        else []
    )
    if stages and stages[0] is not None:
        return world.loss_of_step(stage_number(stages[0], place))
    if mention.family not in world.sheet.losses_under_sums:
        return None
    ways = ("of one step", "of all steps") if place.is_in_sum else ("of all steps", "of one step")
    way = place.choices(f"the loss {mention.family}{' under a sum over time' if place.is_in_sum else ''}", ways)
    return world.total if way == "of all steps" else world.loss_of_step(place.own if place.own is not None else world.window.last)


def is_cost(tree: Tree, place: Place) -> bool:
    """C, C_0, \\mathcal{L}, J(W, b)."""
    if tree.kind == "call" and printed_name(tree) is None:
        return is_cost(tree.children[0], place)
    name = printed_name(tree)
    if name is None or name.letter not in place.world.lexicon.losses or name.primes:
        return False
    mention = place.world.lexicon.mention(name)
    if is_loss_of_step(mention, place.world):
        return mention.sample is None
    return (
        mention.sample is None
        and not name.above
        and (not mention.indices or (len(mention.indices) == 1 and integer_of(mention.indices[0]) is not None))
    )


def _read_derivative(tree: Tree, place: Place) -> Value:
    sign, body, *variables = tree.children
    if sign.kind == "scripts" or len(variables) != 1:
        raise Unread("a higher derivative")
    if is_cost(body, place):
        return _gradient_of(variables[0], place, root=_root_for(tree, body, variables[0], place))
    return _jacobian(body, variables[0], place)


def _root_for(tree: Tree, body: Tree, variable: Tree, place: Place) -> Var | None:
    """The loss that is derived; of a state that moves later losses as well, perhaps the loss of its own step alone."""
    root = root_of(body, place)
    name = printed_name(variable)
    mention = place.world.lexicon.mention(name) if name is not None else None
    if not place.world.window.is_clock or mention is None or mention.stage is None or mention.family in place.world.sheet.shared:
        return root
    if place.is_definition and root is not None and root is place.world.losses.get(stage_number(mention.stage, place)):
        way = place.choices("the loss in the name of a derivative", ("as printed", "the whole loss"))
        return root if way == "as printed" else None
    if id(tree) not in place.summands or root not in (None, place.world.total):
        return root
    ways = ("the whole derivative", "of its own step alone")
    way = place.choices("a loss by a state, as a term of a sum", ways[::-1] if id(tree) in place.held else ways)
    return root if way == "the whole derivative" else place.world.loss_of_step(stage_number(mention.stage, place))


def _jacobian(body: Tree, variable: Tree, place: Place) -> Value:
    """∂(body)/∂(variable) with the indices that are printed; of whole vectors, a matrix or the entries of its diagonal."""
    below = _plain(variable, place, _stage_of_tree(body, place))
    if (head := letter_of(body)) in FUNCTION_HEADS and not place.world.defines(head) and place.world.function(head) is None:
        kind = place.world.activation(head)  # ∂σ/∂z is σ'(z)
        if kind is None:
            raise Unread("a derivative of softmax without its argument")
        return apply(kind.prime()(slot(0)), _entry_of(below, variable, place))
    above = read(body, place)
    if not isinstance(below.tensor, Var):
        raise Unread("a derivative by what is no single quantity")
    way = "through everything between"
    if place.world.is_indirect(above.tensor, below.tensor):
        direct = ("a link of a chain", DIRECT_LINK) if place.is_link else ("a partial derivative", "of the direct dependence alone")
        way = place.choices(direct[0], ("through everything between", direct[1]))
    found = place.world.derivative(above.tensor, below.tensor, is_direct=way != "through everything between")
    target = _entry_of(below, variable, place)
    if target.tensor is not below.tensor:
        raise Unread("a derivative by a diagonal entry")
    inner, outer = above.labels, target.labels
    if not {ROW, COL} & set(inner) or not {ROW, COL} & set(outer):
        return merged_labels(
            Value(found, (*(f"·{i}" for i in range(len(inner))), *(f"·{i + 9}" for i in range(len(outer))))), (*inner, *outer)
        )
    return _whole_jacobian(found, above, target, place)


def _whole_jacobian(found, above: Value, below: Value, place: Place) -> Value:
    """Of a vector by a vector."""
    rest = tuple(label for label in (*above.labels, *below.labels) if label not in (ROW, COL))
    if len(above.sides) != 1 or len(below.sides) != 1 or rest:
        if above.labels == below.labels and above.tensor.axes == below.tensor.axes:
            own = tuple(range(above.tensor.rank))
            return Value(contract(((found, own + own),), own, {}), above.labels)
        raise Unread("a derivative of a vector or matrix by a matrix")
    way = place.choices("a derivative of a vector by a vector", ("Jacobian", "element-wise", "Jacobian, transposed"))
    if way == "element-wise":
        if above.tensor.axes != below.tensor.axes:
            raise Unread("an element-wise derivative between vectors of different sizes")
        return Value(contract(((found, ("i", "i")),), ("i",), {}), above.labels)
    return Value(found, (ROW, COL) if way == "Jacobian" else (COL, ROW))


def _stage_of_tree(tree: Tree, place: Place) -> int | None:
    """The step of a name with one."""
    name = printed_name(tree)
    mention = place.world.lexicon.mention(name) if name is not None else None
    return stage_of(mention, place) if mention is not None and mention.stage is not None else None


def _plain(tree: Tree, place: Place, at: int | None = None) -> Value:
    """A quantity as a whole; of a weight by which a state of step `at` is derived, perhaps its use at that step."""
    name = printed_name(tree)
    if name is None or name.primes:
        raise Unread("a derivative of what is no single quantity")
    mention = _of_square(place.world.lexicon.mention(name), place)
    if mention.power is not None or mention.is_transposed:
        raise Unread("a derivative of what is no single quantity")
    return quantity(mention.whole, place) if at is None else _variable(mention, place, at)


def _read_applied(tree: Tree, place: Place) -> Value:
    """∇_a C, ∇_{W^l} C; ∇W for ∂C/∂W; ∂/∂z (…)."""
    sign, operand = tree.children
    if sign.kind == "derivative":
        if len(sign.children) != 3:
            raise Unread("a higher derivative")
        if is_cost(operand, place):
            return _gradient_of(sign.children[2], place, root=root_of(operand, place))
        return _jacobian(operand, sign.children[2], place)
    base = sign.children[0] if sign.kind == "scripts" else sign
    if base.text != r"\nabla":
        raise Unread("a differential by itself")
    below = [script.children[0] for script in (sign.children[1:] if sign.kind == "scripts" else ()) if script.kind == "subscript"]
    if not below:
        return _gradient_of(operand, place)
    if len(below) != 1 or not is_cost(operand, place):
        raise Unread("a gradient of what is no cost")
    return _gradient_of(below[0], place, root=root_of(operand, place))


def _read_matrix(tree: Tree, place: Place) -> Value:
    r"""A matrix of entries that follow a rule, with dots or without: the entry at row i and column j."""
    grid = general_entry(tree)
    if grid is None:
        raise Unread("a matrix whose entries follow no rule that is known")
    indices = {0: Tree("symbol", (), ROW_INDEX), 1: Tree("symbol", (), COLUMN_INDEX)}
    entry, diagonal = filled(grid.entry, indices), None
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
    if not wanted <= set(value.labels):
        raise Unread("a matrix whose entries do not depend on their place")
    return Value(value.tensor, tuple({ROW_INDEX: ROW, COLUMN_INDEX: COL}.get(label, label) for label in value.labels))


def _count_run(run: Run, axis: Axis, place: Place) -> None:
    """0 … n-1 and 1 … n: n counts the entries."""
    first, last = integer_of(run.first) if run.first is not None else None, run.last
    if last is None or integer_of(last) is not None:
        return
    shift = script_shift(last)
    if first == 1 and printed_name(last) is not None:
        place.world.count(_count_name(last, place), axis)
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


_READERS: dict[str, Callable[[Tree, Place], Value]] = {
    "symbol": _read_name, "scripts": _read_name, "font": _read_name, "accent": _read_name, "word": _read_name, "group": _read_group,
    "number": _read_number, "sum": _read_sum, "sign": _read_sign, "fraction": _read_fraction, "root": _read_root, "call": _read_call,
    "function": _read_function, "large": _read_large, "product": _read_product, "derivative": _read_derivative, "applied": _read_applied,
    "annotated": _read_annotated, "aligned": _read_aligned,
    "matrix": _read_matrix,
}  # fmt: skip
