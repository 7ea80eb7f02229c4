r"""Matrices written out: what stands in W a + b, in Wᵀ δ and in δ aᵀ, entry by entry, with dots where a layer is large.

    z^1 = ⎡w_11  w_12⎤ ⎡a_1⎤ + ⎡b_1⎤ = ⎡w_11 a_1 + w_12 a_2 + b_1⎤
          ⎣w_21  w_22⎦ ⎣a_2⎦   ⎣b_2⎦   ⎣w_21 a_1 + w_22 a_2 + b_2⎦

The entries are those of the index form with numbers for its letters, and its sums with their terms: nothing is derived here.
"""

from collections.abc import Callable, Sequence
from itertools import product as pairs_of
from typing import TypeAlias

import sympy

from symback.errors import SpecError
from symback.language.as_written import AsProduct, AsSum, Dots
from symback.language.expressions import Contract, Tensor, Var, leaves, walk
from symback.language.names import LAST_LAYER, LAYER
from symback.language.reading_order import ordered_factors
from symback.network.layers import Dense
from symback.pipeline import Derivation, derive_generic
from symback.presentation.blocks import Block, Equations, Heading, Line, Math, Prose, Size, Spans, Table
from symback.presentation.manner import entry
from symback.presentation.sections.subject import Subject
from symback.simplification.index_form import PartialDerivative, default_indices
from symback.simplification.matrix_form import matrix_form

__all__ = ["matrices_section"]

MOST_WRITTEN_OUT = 3  # rows or columns; of more, the first and the last
Place: TypeAlias = sympy.Expr | None  # which entry; None where dots stand


def matrices_section(subject: Subject) -> list[Block]:
    """The weighted inputs of a layer, the error and the weights' gradient of the last one, and of a hidden one."""
    layers = _layers_of(subject)
    if subject.derivations[0].forward.is_batch or subject.manner.layout != "column" or not layers:
        return []
    words = "A line with matrices says as much as all its entries."
    if any(None in _places(axis.size, subject) for axis in _axes(layers)):
        words += " Dots stand for the entries between."
    blocks: list[Block] = [Heading(("The matrices written out",)), Prose((words,))]
    derivation, layer = layers[-1]
    blocks += _forward(subject, derivation, layer)
    for derivation, layer in layers:
        blocks += _backward(subject, derivation, layer)
    return [*blocks, *_side_by_side(subject)]


def _layers_of(subject: Subject) -> list[tuple[Derivation, object]]:
    """The last dense layer, and a hidden one: the derivation and the number of each."""
    if len(subject.derivations) > 1:
        return [(subject.derivations[0], LAST_LAYER), (subject.derivations[1], LAYER)]
    derivation = subject.derivations[0]
    own = [n for n in subject.network.numbered if isinstance(n.layer, Dense) and n.layer.tied_to is None]
    dense = [n.number for n in own if 1 not in (n.inputs, n.outputs)]  # of a single number there is nothing to write out
    return [(derivation, number) for number in dict.fromkeys([*dense[-1:], *dense[:1]])]


def _axes(layers: Sequence[tuple[Derivation, object]]) -> list:
    return [axis for derivation, layer in layers if (weights := _parameter(derivation, "W", layer)) is not None for axis in weights.axes]


def _parameter(derivation: Derivation, letter: str, layer: object) -> Var | None:
    found = (one for one in derivation.forward.parameters if one.name.letter == letter and one.name.layer == layer)
    return next(found, None)


# Entries ---------------------------------------------------------------------------------------------------------


def _places(size: sympy.Expr, subject: Subject) -> list[Place]:
    """Which entries of so many are written: all of a few; else the first, dots, and the last."""
    if size.is_Integer and size <= MOST_WRITTEN_OUT:
        return [sympy.Integer(number) for number in range(1, int(size) + 1)]
    last = size if size.is_Integer else size - 1 + subject.notation.index_base  # a printed number counts from the base by itself
    return [sympy.Integer(1), None, last]


def _ordered(expr: sympy.Expr) -> sympy.Expr:
    """Products in the order that they have with letters for indices, which numbers and sizes in their place do not change."""
    if isinstance(expr, sympy.Sum):
        return expr.func(_ordered(expr.function), *expr.limits)
    if isinstance(expr, sympy.Add):
        return expr.func(*map(_ordered, expr.args))
    is_plain = isinstance(expr, sympy.Mul) and not any(factor.is_Pow or factor.is_Number for factor in expr.args)
    return AsProduct(*map(_ordered, ordered_factors(list(expr.args)))) if is_plain else expr


def _expanded(expr: sympy.Expr, subject: Subject) -> sympy.Expr:
    """Σ_k w_jk a_k + b_j as w_j1 a_1 + w_j2 a_2 + b_j, in this order."""
    terms = sorted(sympy.Add.make_args(expr), key=lambda term: not term.has(sympy.Sum))
    written = [each for term in terms for each in _terms(term, subject)]
    return written[0] if len(written) == 1 else AsSum(*written)


def _terms(term: sympy.Expr, subject: Subject) -> list[sympy.Expr]:
    """The terms of a sum; of a product with a sum the product with all of them."""
    if isinstance(term, sympy.Sum):
        return _sum(term, subject)
    factors = term.args if isinstance(term, AsProduct) else sympy.Mul.make_args(term)
    if not any(isinstance(factor, sympy.Sum) for factor in factors):
        return [term]
    written = [_sum(factor, subject) if isinstance(factor, sympy.Sum) else [factor] for factor in factors]
    return [AsProduct(*(AsSum(*each) if len(each) > 1 else each[0] for each in written))]


def _sum(expr: sympy.Sum, subject: Subject) -> list[sympy.Expr]:
    (index, _, size), *more = expr.limits
    body = expr.func(expr.function, *more) if more else expr.function
    return [Dots("horizontal") if place is None else _expanded(body.xreplace({index: place}), subject) for place in _places(size, subject)]


def _column(expr: sympy.Expr, index: sympy.Symbol, size: sympy.Expr, subject: Subject) -> sympy.ImmutableMatrix:
    """The entries of a vector below each other."""
    expr = _ordered(expr)
    cells = [Dots("vertical") if at is None else _expanded(expr.xreplace({index: at}), subject) for at in _places(size, subject)]
    return sympy.ImmutableMatrix(cells)


def _matrix(cell: Callable[[sympy.Expr, sympy.Expr], sympy.Expr], sizes: Sequence[sympy.Expr], subject: Subject) -> sympy.ImmutableMatrix:
    """A matrix from what stands at (j, k)."""
    rows, columns = (_places(size, subject) for size in sizes)
    kinds = {(True, True): "diagonal", (True, False): "vertical", (False, True): "horizontal"}
    cells = [cell(j, k) if j is not None and k is not None else Dots(kinds[j is None, k is None]) for j, k in pairs_of(rows, columns)]
    return sympy.ImmutableMatrix(len(rows), len(columns), cells)


def _of(symbol: Var, subject: Subject) -> sympy.ImmutableMatrix:
    """A vector or a matrix of the network by its entries."""
    expr = entry(symbol, subject.manner)
    if symbol.rank == 1:
        return _column(expr, expr.indices[0], symbol.axes[0].size, subject)
    first, second = expr.indices
    return _matrix(lambda j, k: expr.xreplace({first: j, second: k}), [axis.size for axis in symbol.axes], subject)


def _transposed(symbol: Var, subject: Subject) -> sympy.ImmutableMatrix:
    """The same with rows for columns: a vector as a row."""
    expr = entry(symbol, subject.manner)
    if symbol.rank == 1:
        (index,) = expr.indices
        return _matrix(lambda _, k: expr.xreplace({index: k}), [sympy.S.One, symbol.axes[0].size], subject)
    first, second = expr.indices
    return _matrix(lambda j, k: expr.xreplace({second: j, first: k}), [axis.size for axis in reversed(symbol.axes)], subject)


# The passes ------------------------------------------------------------------------------------------------------


def _titled(layer: object) -> Spans:
    return ("layer ", Math((layer,))) if isinstance(layer, sympy.Expr) else (f"layer {layer}",)


def _factors(definition: Tensor, weights: Var) -> tuple[Var | None, list[Var]]:
    """What W is multiplied with, and what is added."""
    inside = next((node for node in walk(definition) if isinstance(node, Contract) and weights in node.args), None)
    given = None if inside is None else next((arg for arg in inside.args if isinstance(arg, Var) and arg is not weights), None)
    return given, [leaf for leaf in leaves(definition) if leaf is not weights and leaf is not given]


def _forward(subject: Subject, derivation: Derivation, layer: object) -> list[Block]:
    """z = W a + b."""
    weights = _parameter(derivation, "W", layer)
    equation = next((e for e in derivation.forward.equations if weights is not None and weights in leaves(e.definition)), None)
    if weights is None or equation is None:
        return []
    given, added = _factors(equation.definition, weights)
    if given is None or given.rank != 1 or len(added) > 1:
        return []
    product = AsProduct(_of(weights, subject), _of(given, subject))
    own = entry(equation.symbol, subject.manner)
    whole = _column(entry(equation.definition, subject.manner), own.indices[0], equation.symbol.axes[0].size, subject)
    n, m = (axis.size for axis in weights.axes)
    lines = (
        Line(matrix_form(equation.symbol), matrix_form(equation.definition)),
        Line(None, AsSum(product, *(_of(each, subject) for each in added)) if added else product),
        Line(None, whole),
    )
    words: Spans = ("The weighted inputs of ", *_titled(layer), ", ", Size((n, m)), " times ", Size((m, sympy.S.One)), ":")
    return [Prose(words), Equations(lines)]


def _backward(subject: Subject, derivation: Derivation, layer: object) -> list[Block]:
    """δ and ∂C/∂W of a layer, and where the error comes from."""
    weights = _parameter(derivation, "W", layer)
    records = {record.target: record for record in derivation.records}
    equation = next((e for e in derivation.forward.equations if weights is not None and weights in leaves(e.definition)), None)
    if weights is None or equation is None or equation.symbol not in records:
        return []
    size = equation.symbol.axes[0].size
    lines = [*_from_above(subject, derivation, equation.symbol), *_error(subject, derivation, layer, size)]
    gradient = _gradient(subject, derivation, layer, weights)
    (n, m), one = (axis.size for axis in weights.axes), sympy.S.One
    blocks: list[Block] = [Prose(("The error of ", *_titled(layer), ", ", Size((n, one)), ":"))]
    blocks += [Equations(tuple(group)) for group in lines]
    if gradient:
        shapes: Spans = (Size((n, m)), " as the product of ", Size((n, one)), " and ", Size((one, m)))
        blocks += [Prose(("The gradient of its weights, ", *shapes, ":")), Equations(tuple(gradient))]
    return blocks


def _from_above(subject: Subject, derivation: Derivation, z: Var) -> list[list[Line]]:
    """∂C/∂a = Wᵀ δ of the layer above, where that is all."""
    activation = _activation(derivation, z)
    above = [equation for equation in derivation.forward.equations if activation in leaves(equation.definition)]
    record = next((r for r in derivation.records if r.target is activation), None)
    if activation is None or record is None or len(above) != 1 or not isinstance(record.tensor, Contract) or len(record.tensor.args) != 2:
        return []
    weights = next((leaf for leaf in record.tensor.args if isinstance(leaf, Var) and leaf.name.letter == "W"), None)
    error = next((leaf for leaf in record.tensor.args if isinstance(leaf, Var) and leaf.rank == 1), None)
    if weights is None or error is None or matrix_form(record.tensor) != matrix_form(weights).T * matrix_form(error):
        return []
    index = default_indices(activation.axes, subject.manner.reserved)[0]
    whole = _column(entry(record.tensor, subject.manner), index, activation.axes[0].size, subject)
    lines = [
        Line(matrix_form(record.symbol), matrix_form(record.tensor)),
        Line(None, AsProduct(_transposed(weights, subject), _of(error, subject))),
        Line(None, whole),
    ]
    return [lines]


def _activation(derivation: Derivation, z: Var) -> Var | None:
    """The a of a = σ(z)."""
    found = [e.symbol for e in derivation.forward.equations if z in leaves(e.definition) and e.role != "cost"]
    return found[0] if len(found) == 1 else None


def _error(subject: Subject, derivation: Derivation, layer: object, size: sympy.Expr) -> list[list[Line]]:
    """δ with its entries."""
    formula = derivation.delta(layer)
    tensor = formula.in_outputs.tensor if subject.manner.slopes == "output" else formula.tensor
    index = default_indices(formula.symbol.axes, subject.manner.reserved)[0]
    expr = entry(tensor, subject.manner)
    whole = Line(matrix_form(formula.symbol), matrix_form(tensor))
    return [[whole] if expr.has(sympy.Piecewise) else [whole, Line(None, _column(expr, index, size, subject))]]  # cases fill no matrix


def _gradient(subject: Subject, derivation: Derivation, layer: object, weights: Var) -> list[Line]:
    """∂C/∂W: the derivatives by all weights, the product of a column and a row, and its entries."""
    formula = derivation.grad_W(layer)
    tensor, cost = formula.tensor, derivation.forward.cost
    if cost is None or not isinstance(tensor, Contract):
        return []
    own, expr = entry(weights, subject.manner), _ordered(entry(tensor, subject.manner))
    first, second = own.indices
    sizes = [axis.size for axis in weights.axes]
    of = entry(derivation.forward.pivot or cost, subject.manner)
    derivatives = _matrix(lambda j, k: PartialDerivative(of, own.xreplace({first: j, second: k})), sizes, subject)
    factors = [arg for arg in tensor.args if isinstance(arg, Var)]
    lines = [Line(matrix_form(formula.symbol), derivatives)]
    if len(factors) == len(tensor.args) == 2 and all(factor.rank == 1 for factor in factors):
        left, right = sorted(factors, key=lambda factor: factor is not derivation.delta(layer).symbol)
        lines.append(Line(None, AsProduct(_of(left, subject), _transposed(right, subject))))
    return [*lines, Line(None, _matrix(lambda j, k: expr.xreplace({first: j, second: k}), sizes, subject))]


# The last layer beside a hidden one ------------------------------------------------------------------------------


def _side_by_side(subject: Subject) -> list[Block]:
    """A table of the formulas of layer L beside those of a layer l."""
    pieces = subject.derivations if len(subject.derivations) > 1 else derive_generic(subject.network)
    if pieces is None:
        return []
    output, hidden = pieces
    rows: list[tuple[Spans, ...]] = []
    for words, asked in (("error", "delta"), ("weights", "grad_W"), ("biases", "grad_b")):
        cells = [_math_of(derivation, asked, layer) for derivation, layer in ((output, LAST_LAYER), (hidden, LAYER))]
        if None not in cells:
            rows.append(((words,), *((cell,) for cell in cells if cell is not None)))
    below = Math((LAYER, LAST_LAYER), "<")
    header: tuple[Spans, ...] = (("",), ("output layer ", Math((LAST_LAYER,))), ("hidden layer ", below))
    words = (
        "Side by side, the layers differ in their errors alone: the last takes its error from the cost, a hidden one from the layer above."
    )
    return [Heading(("Output layer and hidden layer",), 2), Prose((words,)), Table(header, tuple(rows))]


def _math_of(derivation: Derivation, asked: str, layer: object) -> Math | None:
    try:
        formula = getattr(derivation, asked)(layer)
    except SpecError:  # a layer without biases
        return None
    return Math((matrix_form(formula.symbol), matrix_form(formula.tensor)))
