r"""Tree to value: what an expression on the page is, in a given universe.

    read(tree, place)  ->  Value,  or `Unread` (no meaning known), or `Untyped` (understood, and it does not fit together)

Products are typed by shapes.  Where the page leaves two readings open (∂a/∂z as a Jacobian or entry by entry, u · v as
inner or element-wise product), the reader asks `Choices`; the checker goes through all answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product as all_combinations

import sympy

from symback.language.expressions import Axis, Var, contract, delta, slot
from symback.language.functions import scalar_function
from symback.verification.meaning import (
    COL,
    ROW,
    Unread,
    Untyped,
    Value,
    apply,
    combined,
    divided,
    elementwise,
    number,
    powered,
    product,
    summed,
    transposed,
)  # fmt: skip
from symback.verification.naming import (
    LETTERS,
    LOSSES,
    Printed,
    indices_of,
    integer_of,
    is_function_head,
    is_transpose,
    letter_of,
    names_in,
    printed_name,
)  # fmt: skip
from symback.verification.tree import Tree, operands_of, operators_of
from symback.verification.universe import ACTIVATIONS, Universe

__all__ = ["Choices", "Place", "all_choices", "axes_of_indices", "read"]

ELEMENTWISE_SIGNS = ("\\odot", "\\circ", ".*", "\\circledast", "*")
FUNCTIONS: dict[str, Callable] = {r"\log": sympy.log, r"\ln": sympy.log, r"\exp": sympy.exp, r"\tanh": sympy.tanh}
SAMPLE_COUNTS = frozenset(["m", "N", "n", "M", "B"])
SCALARS = frozenset([r"\lambda", r"\eta", r"\alpha", r"\epsilon", r"\varepsilon"])


@dataclass
class Choices:
    """The answers given so far to questions that the page leaves open; the first answer where none was given."""

    given: Mapping[str, str] = field(default_factory=dict)
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __call__(self, question: str, answers: Sequence[str]) -> str:
        self.asked[question] = tuple(answers)
        return self.given.get(question, answers[0])


def all_choices(asked: Mapping[str, Sequence[str]]) -> Iterator[dict[str, str]]:
    """Every combination of answers but the first, which was tried."""
    questions = list(asked)
    combinations = all_combinations(*asked.values())
    next(combinations, None)
    for answers in combinations:
        yield dict(zip(questions, answers, strict=True))


@dataclass
class Place:
    """Where an expression stands: the universe, which layer letter is its base, the axes of indices, the open questions.

    `own_layer` is taken for names that print no layer in a formula whose other names do.
    """

    universe: Universe
    base: str
    choices: Choices
    own_layer: int | None = None
    subscripts_are_layers: bool = False
    axes: dict[str, Axis] = field(default_factory=dict)
    remarks: dict[str, None] = field(default_factory=dict)


def read(tree: Tree, place: Place) -> Value:
    """The value of an expression."""
    reader = _READERS.get(tree.kind)
    if reader is None:
        raise Unread(f"no meaning is known for a {tree.kind} here")
    return reader(tree, place)


# Names


def _layer_number(name: Printed, letter: str, place: Place) -> int | None:
    """The layer's number in the universe."""
    if letter == "y":
        return None
    if letter == "x":
        return place.universe.layers.first - 1
    if name.layer is None:
        if letter == "output":
            return place.universe.layers.last
        if place.own_layer is None:
            raise Unread(f"the layer of {name.letter} is not printed")
        if place.base:
            place.remarks[f"{name.letter} without a layer is read in the layer of the left side"] = None
        return place.own_layer
    base, shift = name.layer
    if base not in ("", place.base):
        raise Unread(f"layers {base} and {place.base} in one formula")
    if base == "" and place.base:
        raise Unread(f"a layer {shift} beside the layer {place.base}")
    return shift


def _resolved(tree: Tree, place: Place) -> tuple[Value, Printed]:
    name = printed_name(tree)
    if name is None:
        raise Unread("this is no name")
    return _quantity(name, place), name


def _as_layered(name: Printed, place: Place) -> Printed:
    """W_3 with its layer below: the subscript becomes the layer."""
    if not place.subscripts_are_layers or name.layer is not None or len(name.indices) != 1 or LETTERS.get(name.letter) in (None, "y"):
        return name
    whole = integer_of(name.indices[0])
    return name if whole is None else Printed(name.letter, ("", whole), (), name.is_transposed, name.primes, name.power)


def _quantity(name: Printed, place: Place) -> Value:
    """The quantity of the universe that a name means, with its indices as labels."""
    name = _as_layered(name, place)
    letter = LETTERS.get(name.letter)
    universe = place.universe
    if name.primes or letter is None:
        raise Unread(f"{name.letter} is not a name that is known here")
    if letter == "x" and name.layer is not None:
        raise Unread("a superscript at the input: a sample, or a layer")
    layer = _layer_number(name, letter, place)
    if letter == "delta":
        if name.layer is None and len(name.indices) == 2:
            return _kronecker(name, place)
        value = universe.gradient(_found("z", layer, place))
    else:
        value = _found("a" if letter in ("x", "output") else letter, layer, place)
    if name.indices and name.is_transposed and len(value.labels) == 2:
        raise Unread("a transpose and indices at one name, in an order that is not told")
    if name.indices:
        value = _indexed(value, name.indices, place)
    return transposed(value) if name.is_transposed else value


def _found(letter: str, layer: int | None, place: Place) -> Value:
    if (letter, layer) not in place.universe.values:
        raise Unread(f"there is no {letter} in layer {layer} here")
    return place.universe.values[letter, layer]


def _index_label(index: Tree, axis: Axis) -> str:
    if integer_of(index) is not None:
        return f"{index.text}@{axis.size}"
    letter = letter_of(index)
    if letter is None or index.kind == "word":
        raise Unread("an index that is no letter")
    return letter


def _indexed(value: Value, indices: Sequence[Tree], place: Place) -> Value:
    """One entry: the printed indices become the labels."""
    if not set(value.labels) <= {ROW, COL}:
        raise Unread("an index at what has indices already")
    if len(indices) != len(value.labels):
        raise Unread(f"{len(indices)} indices stand at a quantity that has {len(value.labels)}")
    labels = tuple(_index_label(index, axis) for index, axis in zip(indices, value.tensor.axes, strict=True))
    for label, axis in zip(labels, value.tensor.axes, strict=True):
        if place.axes.setdefault(label, axis) != axis:
            raise Untyped(f"the index {label} runs over {place.axes[label].size} and over {axis.size} at once")
    distinct = tuple(dict.fromkeys(labels))
    if distinct == labels:
        return Value(value.tensor, labels)
    return Value(contract(((value.tensor, labels),), distinct, {}), distinct)


def _kronecker(name: Printed, place: Place) -> Value:
    """δ_ij with both indices known."""
    labels = [letter_of(index) for index in name.indices]
    known = [place.axes[label] for label in labels if label in place.axes]
    if None in labels or not known or labels[0] == labels[1]:
        raise Unread("a Kronecker delta whose indices are not known")
    return Value(delta(known[0]), tuple(labels))


def axes_of_indices(trees: Sequence[Tree], place: Place) -> None:
    """What each index runs over, from all names of a claim; `Untyped` where an index runs over two things."""
    for tree in trees:
        for _, name in names_in(tree):
            if name.indices and LETTERS.get(name.letter) not in (None, "delta"):
                try:
                    _quantity(Printed(name.letter, name.layer, name.indices), place)
                except Unread:
                    continue


# Expressions


def _read_name(tree: Tree, place: Place) -> Value:
    base = tree.children[0] if tree.kind == "scripts" else tree
    if base.kind == "group" and base.text != "{ }":
        return _scripted_group(tree, place)
    name = printed_name(tree)
    if name is None:
        raise Unread("scripts at what is no name")
    if name.letter == "e" and name.power is not None and not name.indices:
        return apply(sympy.exp(slot(0)), read(name.power, place))
    if name.letter in LETTERS:
        if name.power is not None or (name.layer is not None and _is_power(name, place)):
            return _with_power(name, place)
        return _quantity(name, place)
    return _scalar(name, place)


def _is_power(name: Printed, place: Place) -> bool:
    """y^2, or a^2 in a universe whose layers are not numbered."""
    base, shift = name.layer
    return base == "" and not name.is_bracketed and shift == 2 and (LETTERS[name.letter] == "y" or bool(place.base))


def _with_power(name: Printed, place: Place) -> Value:
    exponent = name.power
    plain = Printed(name.letter, None if exponent is None else name.layer, name.indices, name.is_transposed, name.primes)
    value = _quantity(plain, place)
    power = name.layer[1] if exponent is None else integer_of(exponent)
    if power is None:
        raise Unread("an exponent that is no number")
    return powered(value, sympy.Integer(power))


def _scalar(name: Printed, place: Place) -> Value:
    """1/m, λ."""
    if name.indices or name.primes or name.layer is not None or name.power is not None:
        raise Unread(f"{name.letter} is not a name that is known here")
    if name.letter in LOSSES and name.letter not in SAMPLE_COUNTS:
        return Value(place.universe.cost)
    if name.letter in SAMPLE_COUNTS and place.universe.ways.layout in ("row", "row transposed", "samples"):
        return number(sympy.Symbol("N", integer=True, positive=True))
    if name.letter in SCALARS:
        return number(sympy.Symbol("scalar_" + name.letter.strip("\\"), positive=True))
    raise Unread(f"{name.letter} is not a name that is known here")


def _scripted_group(tree: Tree, place: Place) -> Value:
    """(…)^T, (…)^2, [… ]_{ij}, ‖…‖²."""
    group, *scripts = tree.children
    is_norm = group.text in (r"\| \|", "| |")
    value = read(group.children[0], place)
    for script in scripts:
        if script.kind == "postfix" or (script.kind == "superscript" and is_transpose(script.children[0])):
            value = transposed(value)
        elif script.kind == "subscript" and is_norm and integer_of(script.children[0]) == 2:
            continue
        elif script.kind == "subscript" and not is_norm:
            value = _indexed(value, indices_of(script.children[0]), place)
        elif script.kind == "superscript" and (power := integer_of(script.children[0])) is not None:
            if is_norm and group.text == r"\| \|":
                if power != 2:
                    raise Unread("a norm that is not squared")
                squares = apply(slot(0) ** 2, value)
                return Value(contract(((squares.tensor, tuple(range(squares.tensor.rank))),), (), {}))
            value = powered(value, sympy.Integer(power))
        else:
            raise Unread("a script that has no meaning here")
    if is_norm:
        raise Unread("a norm that is not squared")
    return value


def _read_group(tree: Tree, place: Place) -> Value:
    if tree.text not in ("( )", "[ ]", "{ }", r"\{ \}"):
        raise Unread("brackets that have no meaning here")
    return read(tree.children[0], place)


def _read_number(tree: Tree, place: Place) -> Value:
    if not re.fullmatch(r"\d{1,12}(\.\d{1,12})?|\.\d{1,12}", tree.text):
        raise Unread(f"{tree.text} is no number")
    return number(sympy.Rational(tree.text))


def _read_sum(tree: Tree, place: Place) -> Value:
    operands, signs = operands_of(tree), operators_of(tree)
    value = read(operands[0], place)
    for sign, operand in zip(signs, operands[1:], strict=True):
        if sign not in ("+", "-"):
            raise Unread(f"the sign {sign}")
        value = combined(value, read(operand, place), 1 if sign == "+" else -1)
    return value


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
    function = is_function_head(head)
    if function is None:
        return _folded([read(head, place), read(argument, place)], [""], place)
    return _activated(function, argument, place)


def _activated(function: Printed, argument: Tree, place: Place) -> Value:
    """σ(z), σ'(z): the universe's activation."""
    value = read(argument, place)
    kind = place.universe.function
    if function.letter == "sigmoid":
        kind = scalar_function("sigma", ACTIVATIONS["sigmoid"])
    if place.universe.ways.activation == "softmax":
        raise Unread("σ of a network that ends in softmax")
    for _ in range(function.primes):
        kind = kind.prime()
    return apply(kind(slot(0)), value)


def _read_function(tree: Tree, place: Place) -> Value:
    head, argument = tree.children
    name = printed_name(head)
    if name is None or name.indices or name.primes or name.layer or name.power:
        raise Unread("a function with scripts")
    value = read(argument, place)
    if name.letter in FUNCTIONS:
        return apply(FUNCTIONS[name.letter](slot(0)), value)
    if name.letter.strip("{}").endswith(("diag", "Diag")) and value.sides == {ROW} and len(value.labels) == 1:
        tensor = contract(((value.tensor, ("i",)), (delta(value.tensor.axes[0]), ("i", "j"))), ("i", "j"), {})
        return Value(tensor, (ROW, COL))
    raise Unread(f"the function {name.letter}")


def _read_large(tree: Tree, place: Place) -> Value:
    sign, body = tree.children
    if letter_of(sign.children[0] if sign.kind == "scripts" else sign) != r"\sum" or sign.kind != "scripts":
        raise Unread("a large sign that is no sum over a printed index")
    labels: list[str] = []
    for script in sign.children[1:]:
        if script.kind == "subscript":
            labels += _summation_labels(script.children[0])
    value = read(body, place)
    for label in labels:
        value = summed(value, label)
    return value


def _summation_labels(tree: Tree) -> list[str]:
    """j, j=0, {j,k}: the indices that are summed."""
    if tree.kind == "relation" and operators_of(tree) == ("=",):
        return _summation_labels(operands_of(tree)[0])
    found = [letter_of(index) for index in indices_of(tree)]
    if any(label is None for label in found):
        raise Unread("a sum over what is no index")
    return found


# Products


def _read_product(tree: Tree, place: Place) -> Value:
    """Element-wise signs bind last; where that does not fit, from the left."""
    parts, signs = _factors(tree, place)
    try:
        return _folded(parts, signs, place)
    except Untyped:
        value = parts[0]
        for sign, part in zip(signs, parts[1:], strict=True):
            value = product(value, part, sign, place.choices)
        return value


def _factors(tree: Tree, place: Place) -> tuple[list[Value], list[str]]:
    operands, signs = list(operands_of(tree)), list(operators_of(tree))
    parts: list[Value] = []
    kept: list[str] = []
    skip = False
    for i, operand in enumerate(operands):
        if skip:
            skip = False
            continue
        if i and not (skip):
            kept.append(signs[i - 1])
        if operand.kind == "symbol" and operand.text == "d" and i + 1 < len(operands) and signs[i] == "":
            parts.append(_gradient_of(operands[i + 1], place))
            skip = True
            continue
        if operand.kind == "symbol" and operand.text in (r"\delta", r"\Delta") and i + 1 < len(operands) and signs[i] == "":
            raise Unread("a delta that belongs to what stands after it")
        parts.extend(_opened(operand, place, kept))
    return parts, kept


def _opened(operand: Tree, place: Place, signs: list[str]) -> list[Value]:
    """A call that is a product, a(b), is two factors of the product that it stands in."""
    if operand.kind == "call" and is_function_head(operand.children[0]) is None:
        first = _opened(operand.children[0], place, signs)
        signs.append("")
        return [*first, read(operand.children[1], place)]
    return [read(operand, place)]


def _folded(parts: Sequence[Value], signs: Sequence[str], place: Place) -> Value:
    groups: list[Value] = []
    between: list[str] = []
    value = parts[0]
    for sign, part in zip(signs, parts[1:], strict=True):
        if sign == "/":
            value = divided(value, part)
        elif sign not in ("", "\\cdot", "\\times", *ELEMENTWISE_SIGNS, "\\otimes", "@"):
            raise Unread(f"the sign {sign}")
        elif sign in ELEMENTWISE_SIGNS:
            groups.append(value)
            between.append(sign)
            value = part
        else:
            value = product(value, part, sign, place.choices)
    groups.append(value)
    value = groups[0]
    for sign, part in zip(between, groups[1:], strict=True):
        value = product(value, part, sign, place.choices)
    return value


# Derivatives


def _gradient_of(tree: Tree, place: Place) -> Value:
    """∂C/∂(tree); a transpose at it is a transpose of the whole."""
    name = printed_name(tree)
    if name is None or LETTERS.get(name.letter) in (None, "delta") or name.primes or name.power is not None:
        raise Unread("a derivative by what is no single quantity")
    name = _as_layered(name, place)
    plain = _quantity(Printed(name.letter, name.layer), place)
    value = place.universe.gradient(plain)
    if place.universe.ways.is_mean and LETTERS[name.letter] in ("W", "b"):
        value = Value(value.tensor, value.labels)
    if name.indices:
        value = _indexed(value, name.indices, place)
    return transposed(value) if name.is_transposed else value


def is_cost(tree: Tree) -> bool:
    """C, C_0, \\mathcal{L}, J(W, b)."""
    if tree.kind == "call":
        return is_cost(tree.children[0])
    try:
        name = printed_name(tree)
    except Unread:
        return False
    if name is None or name.letter not in LOSSES or name.layer is not None or name.primes or name.power is not None:
        return False
    return not name.indices or (len(name.indices) == 1 and integer_of(name.indices[0]) == 0)  # C_0, the cost of one sample


def _read_derivative(tree: Tree, place: Place) -> Value:
    sign, body, *variables = tree.children
    if sign.kind == "scripts" or len(variables) != 1:
        raise Unread("a higher derivative")
    if is_cost(body):
        return _gradient_of(variables[0], place)
    return _jacobian(body, variables[0], place)


def _jacobian(body: Tree, variable: Tree, place: Place) -> Value:
    """∂(body)/∂(variable) with both entries, or with both whole."""
    of, wrt = _plain(body, place), _plain(variable, place)
    (above, of_name), (below, wrt_name) = of, wrt
    if not isinstance(below.tensor, Var):
        raise Unread("a derivative by what is no single quantity")
    found = place.universe.derivative(above.tensor, below.tensor)
    is_entry = [bool(name.indices) or not value.labels for value, name in (of, wrt)]
    if all(is_entry):
        rows = _indexed(above, of_name.indices, place).labels if of_name.indices else ()
        columns = _indexed(below, wrt_name.indices, place).labels if wrt_name.indices else ()
        if len(rows) != above.tensor.rank or len(columns) != below.tensor.rank:
            raise Unread("a derivative by a diagonal entry")
        labels = (*rows, *columns)
        distinct = tuple(dict.fromkeys(labels))
        return Value(contract(((found, labels),), distinct, {}), distinct)
    if any(is_entry) or above.labels != (ROW,) or below.labels != (ROW,):
        raise Unread("a derivative of a vector or matrix by a matrix")
    way = place.choices("a derivative of a vector by a vector", ("Jacobian", "element-wise", "Jacobian, transposed"))
    if way == "element-wise":
        if above.tensor.axes != below.tensor.axes:
            raise Unread("an element-wise derivative between vectors of different sizes")
        return Value(contract(((found, ("i", "i")),), ("i",), {}), (ROW,))
    return Value(found, (ROW, COL) if way == "Jacobian" else (COL, ROW))


def _plain(tree: Tree, place: Place) -> tuple[Value, Printed]:
    """A quantity as a whole, and its name with the indices that were printed."""
    name = printed_name(tree)
    if name is None or name.is_transposed or name.power is not None or name.primes:
        raise Unread("a derivative of what is no single quantity")
    name = _as_layered(name, place)
    return _quantity(Printed(name.letter, name.layer), place), name


def _read_applied(tree: Tree, place: Place) -> Value:
    """∇_a C, ∇_{W^l} C; and ∇W for ∂C/∂W."""
    sign, operand = tree.children
    base = sign.children[0] if sign.kind == "scripts" else sign
    if base.text != r"\nabla":
        raise Unread("a differential by itself")
    below = [script.children[0] for script in (sign.children[1:] if sign.kind == "scripts" else ()) if script.kind == "subscript"]
    if not below:
        return _gradient_of(operand, place)
    if len(below) != 1 or not is_cost(operand):
        raise Unread("a gradient of what is no cost")
    return _gradient_of(below[0], place)


def _read_annotated(tree: Tree, place: Place) -> Value:
    """What stands over the brace."""
    return read(tree.children[0], place)


_READERS: dict[str, Callable[[Tree, Place], Value]] = {
    "symbol": _read_name, "scripts": _read_name, "font": _read_name, "accent": _read_name, "word": _read_name, "group": _read_group,
    "number": _read_number, "sum": _read_sum, "sign": _read_sign, "fraction": _read_fraction, "root": _read_root, "call": _read_call,
    "function": _read_function, "large": _read_large, "product": _read_product, "derivative": _read_derivative, "applied": _read_applied,
    "annotated": _read_annotated,
}  # fmt: skip
