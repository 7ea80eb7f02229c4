r"""Functions: activations, named functions, functions that the document defines, softmax, and calls that are products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import sympy

from symback.language.expressions import Const, contract, delta, leaves, slot, unspecified
from symback.language.functions import scalar_function
from symback.verification.definitions import FUNCTION_HEADS, Function
from symback.verification.meaning import COL, ROW, Mismatch, Unread, Value, apply, divided, powered, summed, transposed
from symback.verification.mentions import indices_of, is_transpose, is_transposing, printed_name
from symback.verification.place import Place, read
from symback.verification.reading_derivatives import gradient_of, root_of
from symback.verification.reading_names import axes_of_indices, exponent_of, indexed, kronecker, quantity
from symback.verification.reading_pieces import is_comparison, read_indicator
from symback.verification.reading_sums import sum_along
from symback.verification.tree import Tree, operands_of, operators_of

__all__ = ["ACTIVATIONS", "check_factor", "function_of", "is_indicator", "indicator", "is_function", "of_sides_in_order", "read_function"]


def _sign(x: sympy.Expr) -> sympy.Expr:
    """1 above 0, -1 below, 0 there."""
    return sympy.Piecewise((1, x > 0), (-1, x < 0), (0, True))


SCALAR_FUNCTIONS: dict[str, Callable] = {
    r"\log": sympy.log, r"\ln": sympy.log, r"\exp": sympy.exp, r"\tanh": sympy.tanh, "tanh": sympy.tanh, r"\sinh": sympy.sinh,
    r"\cosh": sympy.cosh, r"\sin": sympy.sin, r"\cos": sympy.cos, "log": sympy.log, "ln": sympy.log, "exp": sympy.exp,
    r"\operatorname{erf}": sympy.erf, "erf": sympy.erf,
    "sgn": _sign, "sign": _sign,
}  # fmt: skip
X = slot(0)
ACTIVATIONS: dict[str, sympy.Expr | None] = {
    "unspecified": None,
    "sigmoid": 1 / (1 + sympy.exp(-X)),
    "tanh": sympy.tanh(X),
    "relu": sympy.Piecewise((X, X > 0), (0, True)),
}
NAMED_ACTIVATIONS = {"sigmoid": "sigmoid", "Sigmoid": "sigmoid", "relu": "relu", "ReLU": "relu", "Relu": "relu"}
MOST_NESTED = 8


def of_sides_in_order(value: Value) -> Value:
    """The same with ROW before COL among its axes."""
    if value.labels.index(ROW) > value.labels.index(COL) if {ROW, COL} <= set(value.labels) else False:
        labels = tuple({ROW: COL, COL: ROW}.get(label, label) for label in value.labels)
        return Value(contract(((value.tensor, value.labels),), labels, {}), labels)
    return value


def check_factor(head: Tree, argument: Tree, place: Place) -> None:
    """L_3(x) of an unknown L is no product."""
    name = printed_name(head)
    inner = argument.children[0] if argument.kind == "group" else argument
    if name is None or argument.kind != "group" or inner.kind not in ("symbol", "scripts", "call", "list", "font", "accent"):
        return
    if inner.kind == "scripts" and printed_name(inner) is None:
        return
    mention = place.world.lexicon.mention(name)
    family = mention.family
    is_matrix = family.split("_")[0] in ("W", "U", "V", r"\Theta", "A", "X", "H")
    is_entry = bool(mention.indices) and place.world.knows(family)  # y_i (δ_ij)
    if inner.kind == "list" or not (is_matrix or is_entry or place.world.defines(family) or family in place.bound):
        raise Unread(f"{name.letter}(…) of an unknown {name.letter}")


def indicator(argument: Tree, place: Place) -> Value:
    """1[i = k], 1(k == i)."""
    inner = argument.children[0] if argument.kind == "group" else argument
    if is_comparison(inner):
        return read_indicator(inner, place)
    if inner.kind != "relation" or operators_of(inner) not in (("=",), ("==",)):
        raise Unread("an indicator of what is no equality of indices")
    return kronecker(operands_of(inner), place)


def is_indicator(head: Tree, argument: Tree) -> bool:
    r"""\mathbf 1[i = k]; but \mathbf 1 (b)^T is a column of ones beside a row."""
    is_one = head.text == r"\mathbb 1" or (head.kind == "font" and head.children[0].kind == "number")
    inner = argument.children[0] if argument.kind == "group" else argument
    return is_one and (inner.kind == "relation" or is_comparison(inner))


def function_of(head: Tree, place: Place) -> Callable[[Tree], Value] | None:
    """How the head of a call is applied; None if it is a factor."""
    name = printed_name(head)
    if name is None:
        return None
    mention = place.world.lexicon.mention(name)
    world = place.world
    if head.kind == "word" and head.text == "sum" and not world.defines("sum"):
        return lambda argument: sum_along(argument, place)
    if name.letter in world.lexicon.losses and not mention.indices and mention.sample is None and not name.primes:
        if place.is_definition and not world.is_built and not world.window.is_clock:
            return lambda argument: _open_cost_of_sample(argument, place)
        return lambda argument: place.world.cost_value(root_of(Tree("call", (head, argument)), place))
    if name.letter in world.lexicon.losses and name.primes == 1 and not (mention.indices or mention.sample or name.above):
        return lambda argument: _slope_of_cost(argument, place)
    known = world.function(name.letter)
    if known is not None and not mention.indices:
        return lambda argument: _applied(known, argument, name.primes, mention.power, place)
    if name.letter in FUNCTION_HEADS and not mention.indices and not world.defines(mention.family) and name.letter not in place.bound:
        return lambda argument: _activated(name.letter, argument, name.primes, mention.power, place)
    return None


def _open_cost_of_sample(argument: Tree, place: Place) -> Value:
    """C(a_s, y_s), of which nothing is known but what it depends on; its label is the one that the arguments share."""
    inside = argument.children[0] if argument.kind == "group" else argument
    given = operands_of(inside) if inside.kind == "list" else (inside,)
    parts = [read(part, place) for part in given]
    shared = set.intersection(*({label for label in part.labels if label.isalpha() and label not in (ROW, COL)} for part in parts))
    names = [printed_name(part) for part in given]
    if len(shared) != 1 or any(name is None or not place.world.lexicon.mention(name).indices for name in names):
        raise Unread("the cost within a definition")
    label = shared.pop()
    axes = [part.axes[label] for part in parts]
    if differing := [axis for axis in axes if axis != axes[0]]:
        raise Mismatch(axes[0], differing[0])
    arguments = [
        contract(((part.tensor, part.labels),), (label, *(other for other in part.labels if other != label)), {}) for part in parts
    ]
    return Value(unspecified("C", arguments, (), shared=1), (label,))


def _slope_of_cost(argument: Tree, place: Place) -> Value:
    """C'(a^L): the derivative of the cost by what it is a function of, and by nothing that this is made of."""
    name = printed_name(argument)
    if name is None or place.is_definition:
        raise Unread("the slope of a cost at what is no single quantity")
    whole = quantity(place.world.lexicon.mention(name).whole, place).tensor
    if whole not in leaves(place.world.cost.definition):
        raise Unread(f"the slope of the cost at {name.letter}, of which it is no function here")
    return gradient_of(argument, place)


def is_function(head: Tree, place: Place) -> bool:
    """Whether the head of a call is applied, and no factor."""
    return function_of(head, place) is not None


def _split_argument(argument: Tree) -> tuple[Tree, list[Tree]]:
    """f(x)_j, f(x)^2: the bracket and the scripts at it."""
    if argument.kind == "scripts" and argument.children[0].kind == "group":
        return argument.children[0], list(argument.children[1:])
    return argument, []


def _inverse_of(scripts: Sequence[Tree]) -> Tree | None:
    r"""The -1 of \operatorname{diag}(v)^{-1}."""
    return next((script for script in scripts if script.kind == "superscript" and script.children[0].kind == "sign"), None)


def _with_scripts(value: Value, scripts: Sequence[Tree], place: Place) -> Value:
    for script in scripts:
        if script.kind == "subscript":
            value = indexed(of_sides_in_order(value), indices_of(script.children[0]), place)
        elif is_transposing(script):
            value = transposed(value)
        elif script.kind == "superscript":
            value = powered(value, exponent_of(script.children[0], place))
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
        found = powered(found, exponent_of(power, place))
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
            found = powered(found, exponent_of(power, place))
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
        until=place.until,
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


def _diagonal(value: Value, place: Place) -> Value:
    """diag(v), the matrix with the entries of v on its diagonal; diag(1) is an identity matrix; diag(M) the diagonal as a column."""
    if not value.labels and isinstance(value.tensor, Const):
        return Value(contract(((value.tensor, ()), (delta(place.world.fresh_axis()), ("i", "j"))), ("i", "j"), {}), (ROW, COL))
    if value.labels in ((ROW, COL), (COL, ROW)):
        first, second = value.tensor.axes
        if first != second:
            raise Unread("diag of what is no vector and no square matrix")
        return Value(contract(((value.tensor, ("i", "i")),), ("i",), {}), (ROW,))
    if len(value.sides) != 1:
        raise Unread("diag of what is no vector")
    side = ROW if ROW in value.labels else COL
    own = tuple("i" if label == side else label for label in value.labels)
    kept = tuple(label for label in value.labels if label != side)
    return Value(contract(((value.tensor, own), (delta(value.axes[side]), ("i", "j"))), ("i", "j", *kept), {}), (ROW, COL, *kept))


def read_function(tree: Tree, place: Place) -> Value:
    r"""A named function and what it is taken of: \log(x), \operatorname{diag}(x), \max(0, z)."""
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
        if (power := _inverse_of(scripts)) is not None:  # of a diagonal matrix, entry by entry
            value, scripts = powered(value, exponent_of(power.children[0], place)), [other for other in scripts if other is not power]
        return _with_scripts(_diagonal(value, place), scripts, place)
    if plain in NAMED_ACTIVATIONS:
        kind = scalar_function(plain.lower(), ACTIVATIONS[NAMED_ACTIVATIONS[plain]])
        expr = kind
        for _ in range(name.primes):
            expr = expr.prime()
        found = apply(expr(slot(0)), read(group, place))
        return _with_scripts(found if mention_power is None else powered(found, exponent_of(mention_power, place)), scripts, place)
    if plain == "\\max":
        return _larger(argument, place)
    function = SCALAR_FUNCTIONS.get(name.letter) or SCALAR_FUNCTIONS.get(plain)
    if function is None:
        raise Unread(f"the function {name.letter}")
    expression = function(slot(0))
    for _ in range(name.primes):
        expression = sympy.diff(expression, slot(0))
    if mention_power is not None and not is_transpose(mention_power):
        expression = expression ** exponent_of(mention_power, place)
    return _with_scripts(apply(expression, read(group, place)), scripts, place)


def _larger(argument: Tree, place: Place) -> Value:
    """max(0, z)."""
    inner = argument.children[0] if argument.kind == "group" else argument
    if inner.kind != "list" or len(operands_of(inner)) != 2:
        raise Unread("a maximum over more than two numbers")
    first, second = (read(operand, place) for operand in operands_of(inner))
    if first.is_number:
        return apply(sympy.Piecewise((slot(0), slot(0) > first.constant), (first.constant, True)), second)
    if second.is_number:
        return apply(sympy.Piecewise((slot(0), slot(0) > second.constant), (second.constant, True)), first)
    raise Unread("a maximum of two quantities")


def _activated_softmax(argument: Tree, place: Place) -> Value:
    """softmax(z), softmax(z)_j, softmax(z_j)."""
    group, scripts = _split_argument(argument)
    inner = group.children[0] if group.kind == "group" else group
    mention = place.world.lexicon.mention(name) if (name := printed_name(inner)) is not None else None
    if mention is not None and len(mention.indices) == 1 and not scripts:
        whole = softmax(quantity(replace(mention, indices=()), place), place)
        return indexed(whole, mention.indices, place)
    return _with_scripts(softmax(read(group, place), place), scripts, place)
