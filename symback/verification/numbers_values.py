r"""Trees to values: `evaluate(tree, reader)` computes a formula whose names and numbers are known, as an interval.

Nothing is guessed: a name without a value, a shape that does not fit, dots or prose raise `NotUnderstoodError`.  What had to be
assumed (σ is the sigmoid, a value from an earlier example) is left in `reader.doubts`; with a doubt a formula may be proved,
never refuted.  The work is bounded: by steps, by array sizes, by the depth of definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from symback.verification.grammar import BARS, NORMS
from symback.verification.numbers_activations import ACTIVATIONS, activation_named, sigmoid, softmax
from symback.verification.numbers_book import Entry, NumberBook, is_transpose, literal_value, name_of
from symback.verification.numbers_intervals import (
    Interval,
    NotUnderstoodError,
    absolute,
    add,
    diagonal,
    divide,
    elementwise,
    exactly,
    exponential,
    hull,
    increasing,
    is_finite,
    is_scalar,
    is_vector,
    logarithm,
    maximum,
    negative,
    one_of,
    power,
    product_by_shape,
    root,
    stacked,
    subtract,
    transposed,
)
from symback.verification.numbers_literals import cells_of, inner, literal_of
from symback.verification.tree import Tree, base_of, operands_of, operators_of, scripts_of, spelling, walk

__all__ = ["STATED", "Reader", "evaluate"]

MAX_STEPS = 4_000
MAX_DEPTH = 40
MAX_RANGE = 200
STATED = "a function of the document"  # in `reached`: its value is what the document says, not arithmetic alone
_ENTRYWISE = (r"\odot", r"\circ", "⊙", "∘")
_TIMES = ("", r"\cdot", r"\times", "*", r"\ast", "·", "×", "⋅")
_OVER = ("/", r"\div", "÷", ":")


@dataclass(frozen=True, slots=True)
class Reader:
    """How a tree is evaluated: with which book, in which `mode` (digits, wide, exact), with which names bound.

    `entries`, `doubts` and `steps` are filled while reading.  `is_fresh` computes every name from its definition, for derivatives.
    """

    book: NumberBook
    mode: str = "wide"
    bound: Mapping[str, Interval] = field(default_factory=dict)
    resolving: frozenset[str] = frozenset()
    is_fresh: bool = False
    entries: list[Entry] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    steps: list[int] = field(default_factory=lambda: [0])
    reached: set[str] = field(default_factory=set)


def evaluate(tree: Tree, reader: Reader) -> Interval:
    """The value of a tree; `NotUnderstoodError` where it has none that is certain."""
    with np.errstate(all="ignore"):
        value = _value(tree, reader)
    if not is_finite(value):
        raise NotUnderstoodError("no finite value")
    return value


def _value(tree: Tree, reader: Reader) -> Interval:
    """One node."""
    reader.steps[0] += 1
    if reader.steps[0] > MAX_STEPS:
        raise NotUnderstoodError("too long to compute")
    literal = literal_of(tree)
    if literal is not None:
        return literal_value(literal, reader.book, reader.mode)
    found = _VALUES.get(tree.kind)
    if found is None:
        raise NotUnderstoodError(f"{tree.kind} has no value")
    return found(tree, reader)


def _looked_up(name: str, reader: Reader) -> Interval | None:
    """The value of a name: bound, printed, or computed from its definition."""
    if name in reader.bound:
        reader.reached.add(name)
        return reader.bound[name]
    entry = reader.book.entries.get(name)
    if entry is not None and not (reader.is_fresh and not entry.is_given and name in reader.book.definitions):
        return _of_entry(entry, reader)
    if name in reader.resolving or len(reader.resolving) > MAX_DEPTH:
        return None
    within = replace(reader, resolving=reader.resolving | {name})
    for definition in reader.book.definitions.get(name, ()):
        try:
            return _value(definition, within)
        except NotUnderstoodError:
            continue
    return None


def _of_entry(entry: Entry, reader: Reader) -> Interval:
    """A printed value as the mode wants it."""
    reader.entries.append(entry)
    if reader.is_fresh and not entry.is_given:
        raise NotUnderstoodError(f"{entry.name} is a number, and what it depends on is not known")
    if entry.example < reader.book.example:
        reader.doubts.append(f"{entry.name} belongs to an earlier example (line {entry.line})")
    elif not entry.is_given and entry.generation < reader.book.generation:
        reader.doubts.append(f"{entry.name} may have another value since line {entry.line}")
    if reader.mode == "digits":
        return entry.digits
    if reader.mode == "exact":
        return entry.digits if entry.exact is None else entry.exact
    return entry.printed if entry.exact is None or entry.is_wrong or entry.is_carried else hull(entry.printed, entry.exact)


def _name(tree: Tree, reader: Reader) -> Interval:
    """A symbol, word, accent, derivative: what the book says."""
    name = name_of(tree)
    value = None if name is None else _looked_up(name, reader)
    if value is not None:
        return value
    if tree.kind == "derivative":
        return _slope_of_definitions(tree, reader)
    if tree.kind == "symbol" and tree.text == r"\pi":
        return exactly(np.pi)
    if tree.kind == "font" and tree.children[0].kind == "number":
        raise NotUnderstoodError(f"a vector of {tree.children[0].text} in each place")
    if tree.kind == "font":
        return _value(tree.children[0], reader)
    raise NotUnderstoodError(f"{name or tree.kind} is not known")


def _slope_of_definitions(tree: Tree, reader: Reader) -> Interval:
    """∂f/∂v for numbers f and v, by a central difference through the definitions that the document states."""
    body, *variables = (name_of(child) for child in tree.children[1:])
    if reader.is_fresh or body is None or len(variables) != 1 or variables[0] is None:
        raise NotUnderstoodError("a derivative")
    at = _looked_up(variables[0], replace(reader, mode="exact"))
    if at is None or not is_scalar(at) or body not in reader.book.definitions:
        raise NotUnderstoodError("a derivative of something not defined")
    middle = float(at.middle.reshape(()))
    width = 1e-5 * max(1.0, abs(middle))
    ends = []
    for place in (middle - width, middle + width):
        within = replace(reader, mode="exact", is_fresh=True, bound={variables[0]: exactly(place)}, resolving=frozenset(), reached=set())
        value = _looked_up(body, within)
        if value is None or not is_scalar(value) or variables[0] not in within.reached:
            raise NotUnderstoodError("a derivative of something not defined")
        ends.append(float(value.middle.reshape(())))
    slope = (ends[1] - ends[0]) / (2 * width)
    slack = 1e-7 * max(abs(slope), *map(abs, ends), 1e-3)
    return one_of(slope - slack, slope + slack)


def _scripts(tree: Tree, reader: Reader) -> Interval:
    """A transpose, a name, e^x, an entry of a vector, or a power; in this order."""
    last = scripts_of(tree)[-1]
    rest = replace(tree, children=tree.children[:-1]) if len(tree.children) > 2 else base_of(tree)
    if is_transpose(last):
        return transposed(_value(rest, reader))
    name = name_of(tree)
    value = None if name is None else _looked_up(name, reader)
    if value is not None:
        return value
    if name in ("a^0", "h^0", "x^0") and (value := _looked_up("x", reader)) is not None:
        reader.doubts.append(f"{name} is taken for the input x")
        return value
    subscript = next((script for script in scripts_of(tree) if script.kind == "subscript"), None)
    if subscript is not None:
        return _entry_of_array(tree, subscript, reader)
    if last.kind != "superscript":
        raise NotUnderstoodError(f"{name} is not known")
    if len(tree.children) == 2 and name_of(base_of(tree)) == "e" and "e" not in reader.book.entries:
        return exponential(_value(last.children[0], reader))
    return _power(rest, last.children[0], reader)


def _power(base: Tree, exponent: Tree, reader: Reader) -> Interval:
    """x^2, where the superscript is no layer: brackets, numbers and functions have powers, a letter only if it has no layers."""
    name = name_of(base)
    if name is not None and base.kind != "group" and name not in reader.bound:
        has_layers = any(known.startswith(f"{name}^") for known in (*reader.book.entries, *reader.book.definitions))
        if has_layers or exponent.kind == "group" or literal_of(exponent) is None:
            raise NotUnderstoodError(f"a superscript of {name} that is a layer or a power")
    return power(_value(base, reader), _value(exponent, reader))


def _entry_of_array(tree: Tree, subscript: Tree, reader: Reader) -> Interval:
    """z_1 of a vector z, w_{12} of a matrix w; counted from 1, which remains a doubt where an index 0 is printed."""
    whole = replace(tree, children=tuple(child for child in tree.children if child is not subscript))
    name = name_of(whole if len(whole.children) > 1 else base_of(whole))
    digits = "".join(node.text for node in walk(subscript.children[0]) if not node.children).replace(",", "")
    array = _looked_up(name, reader) if name and digits.isdigit() else None
    if name is None or array is None or not digits.isdigit():
        raise NotUnderstoodError(f"{name_of(tree)} is not known")
    if f"{name}_0" in reader.book.entries or "0" in digits:
        raise NotUnderstoodError("indices that begin with 0")
    places = [int(digit) - 1 for digit in digits]
    if is_vector(array) and len(places) == 1 and places[0] < array.low.size:
        return Interval(array.low.reshape(-1)[places[0]], array.high.reshape(-1)[places[0]])
    if len(array.shape) == 2 and len(places) == 2 and places[0] < array.shape[0] and places[1] < array.shape[1]:
        reader.doubts.append("the order of the indices of a weight")
        return Interval(array.low[places[0], places[1]], array.high[places[0], places[1]])
    raise NotUnderstoodError("an index outside of the array")


def _sum(tree: Tree, reader: Reader) -> Interval:
    """Terms with their signs."""
    first, *rest = operands_of(tree)
    value = _value(first, reader)
    for sign, term in zip(operators_of(tree), rest, strict=True):
        if sign not in ("+", "-", "−"):
            raise NotUnderstoodError(f"the sign {sign}")
        value = (add if sign == "+" else subtract)(value, _value(term, reader))
    return value


def _product(tree: Tree, reader: Reader) -> Interval:
    """Matrix products first, then entry by entry."""
    segments: list[tuple[list[Tree], list[str]]] = [([operands_of(tree)[0]], [])]
    for sign, operand in zip(operators_of(tree), operands_of(tree)[1:], strict=True):
        if sign in _ENTRYWISE:
            segments.append(([operand], []))
        else:
            segments[-1][0].append(operand)
            segments[-1][1].append(sign)
    values = [_segment(operands, signs, reader) for operands, signs in segments]
    result = values[0]
    for value in values[1:]:
        result = elementwise(result, value)
    return result


def _segment(operands: Sequence[Tree], signs: Sequence[str], reader: Reader) -> Interval:
    """Factors from left to right."""
    result = _value(operands[0], reader)
    for place, sign in enumerate(signs):
        after_division = any(earlier in _OVER for earlier in signs[:place])
        if sign == "" and (after_division or operands[place].kind == operands[place + 1].kind == "number"):
            raise NotUnderstoodError("numbers side by side")
        factor = _value(operands[place + 1], reader)
        if sign in _OVER:
            result = divide(result, factor)
        elif sign in ("*", r"\ast"):
            result = _starred(result, factor)
        elif sign in _TIMES:
            result = _multiplied(result, factor, reader)
        else:
            raise NotUnderstoodError(f"the sign {sign}")
    return result


def _multiplied(left: Interval, right: Interval, reader: Reader) -> Interval:
    """The product that the shapes ask for; two columns side by side can only be meant entry by entry."""
    try:
        return product_by_shape(left, right)
    except NotUnderstoodError:
        if left.shape != right.shape:
            raise
    reader.doubts.append("two vectors side by side are multiplied entry by entry")
    return elementwise(left, right)


def _starred(left: Interval, right: Interval) -> Interval:
    """`*` between arrays: whichever product fits, if only one does."""
    values = []
    for product in (elementwise, product_by_shape):
        try:
            values.append(product(left, right))
        except NotUnderstoodError:
            continue
    if len(values) != 1 and not (is_scalar(left) or is_scalar(right)):
        raise NotUnderstoodError("a product of either kind")
    return values[0]


def _group(tree: Tree, reader: Reader) -> Interval:
    """Brackets, a list in brackets, |x|, ‖x‖."""
    cells = cells_of(tree)
    if cells is not None and literal_of(tree) is None:
        return stacked([_value(cell, reader) for cell in cells[0]], cells[1])
    content = tree.children[0]
    if content.kind == "list":
        raise NotUnderstoodError("a list")
    value = _value(content, reader)
    if tree.text in ("( )", "[ ]", r"\{ \}", "{ }", ". ."):
        return value
    if tree.text in BARS and is_scalar(value):
        return absolute(value)
    if tree.text in NORMS and (is_vector(value) or is_scalar(value)):
        squares = elementwise(absolute(value), absolute(value))
        total = exactly(0.0)
        for low, high in zip(squares.low.reshape(-1), squares.high.reshape(-1), strict=True):
            total = add(total, one_of(low, high))
        return root(total)
    raise NotUnderstoodError(f"the brackets {tree.text}")


def _matrix(tree: Tree, reader: Reader) -> Interval:
    """A matrix written out, each entry computed."""
    cells = cells_of(tree)
    if cells is None:
        raise NotUnderstoodError("a matrix that is not rectangular")
    return stacked([_value(cell, reader) for cell in cells[0]], cells[1])


def _fraction(tree: Tree, reader: Reader) -> Interval:
    """Numerator over denominator; a fraction of differentials is a name."""
    return divide(_value(tree.children[0], reader), _value(tree.children[1], reader))


def _sign(tree: Tree, reader: Reader) -> Interval:
    """-x and +x."""
    if tree.text not in ("+", "-", "−"):
        raise NotUnderstoodError(f"the sign {tree.text}")
    value = _value(tree.children[0], reader)
    return value if tree.text == "+" else negative(value)


def _root(tree: Tree, reader: Reader) -> Interval:
    """A square root."""
    if len(tree.children) > 1:
        raise NotUnderstoodError("a root of higher order")
    return root(_value(tree.children[0], reader))


def _call(tree: Tree, reader: Reader) -> Interval:
    """f(x) for a known function; a known value before brackets is a factor."""
    head, group = tree.children
    key = name_of(head)
    arguments = operands_of(group.children[0]) if group.children[0].kind == "list" else (group.children[0],)
    function = None if key is None else _function_named(key, reader)
    if function is not None:
        return function([_value(argument, reader) for argument in arguments])
    if key is not None and len(arguments) == 1 and _looked_up(key, reader) is None:
        raise NotUnderstoodError(f"{key} is not known")
    factor = _value(head, reader)
    if key is not None and len(arguments) > 1 and is_scalar(factor):
        raise NotUnderstoodError(f"{key} is a function of several arguments")  # L(1.5, 0.56), whatever L was before
    return product_by_shape(factor, _value(group, reader))


Applied = Callable[[list[Interval]], Interval]


def _function_named(key: str, reader: Reader) -> Applied | None:
    """The function of a name: stated by the document, an activation by its word, or σ."""
    base, primes = key.rstrip("'"), len(key) - len(key.rstrip("'"))
    if primes > 1:
        return None
    stated = reader.book.functions.get(key)
    if stated is not None:
        if not stated.activation:
            reader.reached.add(STATED)
        return lambda values: _applied(stated.parameters, stated.body, values, reader)
    origin = reader.book.functions.get(base)
    word = origin.activation if origin is not None else activation_named(base)
    if not word and base in (r"\sigma", r"\varphi", r"\phi", "g", "f", "S") and origin is None and base not in reader.book.entries:
        word = reader.book.activation or ("sigmoid" if base == r"\sigma" else "")
        if word and not reader.book.activation:
            reader.doubts.append("σ is taken for the sigmoid")
    if word == "softmax":
        return None if primes else lambda values: softmax(_only(values))
    if not word:
        return None
    row = ACTIVATIONS[word]
    return lambda values: (row.slope if primes else row.value)(_only(values))


def _only(values: list[Interval]) -> Interval:
    """The one argument."""
    if len(values) != 1:
        raise NotUnderstoodError("several arguments")
    return values[0]


def _applied(parameters: tuple[str, ...], body: Tree, values: list[Interval], reader: Reader) -> Interval:
    """A stated function at some values; arrays entry by entry."""
    if len(values) != len(parameters) or len(reader.resolving) > MAX_DEPTH:
        raise NotUnderstoodError("another number of arguments")
    within = replace(reader, resolving=reader.resolving | {f"{len(reader.resolving)}()"})
    if len(values) == 1 and not is_scalar(values[0]):
        low, high = values[0].low.reshape(-1), values[0].high.reshape(-1)
        cells = [_value(body, replace(within, bound={parameters[0]: one_of(*ends)})) for ends in zip(low, high, strict=True)]
        return stacked(cells, values[0].shape)
    return _value(body, replace(within, bound=dict(zip(parameters, values, strict=True))))


def _function(tree: Tree, reader: Reader) -> Interval:
    r"""\exp, \ln, \tanh, \max and their like."""
    head, argument = tree.children
    key = spelling(head) or (head.text.lstrip("\\") if head.kind == "symbol" else "")
    content = inner(argument)
    if key in ("max", "min"):
        list_of = content.children[0] if content.kind == "group" else content
        if len(operands_of(list_of)) != 2 or list_of.kind != "list":
            raise NotUnderstoodError(f"{key} of other than two")
        left, right = (_value(operand, reader) for operand in operands_of(list_of))
        return maximum(left, right) if key == "max" else negative(maximum(negative(left), negative(right)))
    if key in _FUNCTIONS:
        if key == "log":
            reader.doubts.append("the base of the logarithm is taken for e")
        return _FUNCTIONS[key](_value(argument, reader))
    known = _function_named(key, reader) if key else None
    if known is None:
        raise NotUnderstoodError(f"{key or 'a function'} is not known")
    return known([_value(argument, reader)])


def _large(tree: Tree, reader: Reader) -> Interval:
    """Σ over a printed range of whole numbers."""
    head, body = tree.children
    if base_of(head).text != r"\sum":
        raise NotUnderstoodError("a sign that is no sum")
    below = next((script.children[0] for script in scripts_of(head) if script.kind == "subscript"), None)
    above = next((script.children[0] for script in scripts_of(head) if script.kind == "superscript"), None)
    if below is None or above is None or below.kind != "relation" or operators_of(below) != ("=",):
        raise NotUnderstoodError("a sum without a range")
    letter, first = operands_of(below)
    ends = [literal_of(first), literal_of(above)]
    if letter.kind != "symbol" or any(end is None or not end.is_whole for end in ends):
        raise NotUnderstoodError("a sum without a range of numbers")
    start, stop = (int(end.value) for end in ends if end is not None)
    if stop - start >= MAX_RANGE:
        raise NotUnderstoodError("a long sum")
    total = exactly(0.0)
    for number in range(start, stop + 1):
        total = add(total, _value(_substituted(body, letter.text, str(number)), reader))
    return total


def _substituted(tree: Tree, letter: str, digits: str) -> Tree:
    """A summation letter replaced by its number."""
    if tree.kind == "symbol" and tree.text == letter:
        return Tree("number", (), digits, tree.start, tree.end)
    return replace(tree, children=tuple(_substituted(child, letter, digits) for child in tree.children)) if tree.children else tree


def _annotated(tree: Tree, reader: Reader) -> Interval:
    """What a brace is put under."""
    return _value(tree.children[0], reader)


_FUNCTIONS: dict[str, Callable[[Interval], Interval]] = {
    "exp": exponential,
    "ln": logarithm,
    "log": logarithm,
    "tanh": lambda value: increasing(np.tanh, value),
    "sqrt": root,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "diag": diagonal,
}
_VALUES: dict[str, Callable[[Tree, Reader], Interval]] = {
    **dict.fromkeys(("symbol", "word", "text", "accent", "font", "derivative", "applied"), _name),
    "scripts": _scripts,
    "sum": _sum,
    "product": _product,
    "group": _group,
    "matrix": _matrix,
    "fraction": _fraction,
    "sign": _sign,
    "root": _root,
    "call": _call,
    "function": _function,
    "large": _large,
    "annotated": _annotated,
}
