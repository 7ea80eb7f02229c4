"""From a SymPy scalar to NumPy functions of arrays, one table row for each function.

Sums begin with a term that is added and products with what is not a number, so that a - y is one subtraction and a
sign or a coefficient stays outside, where it can be merged with others.
"""

from collections.abc import Mapping

import sympy

from symback.errors import UnsupportedError
from symback.numerics.operations import Graph, Value
from symback.numerics.stable import clamp_bounds, expm1, logistic, softplus

__all__ = ["lower_scalar"]

_UNARY = {
    sympy.exp: "exp", sympy.log: "log", sympy.tanh: "tanh", sympy.erf: "erf", sympy.Abs: "absolute", sympy.sign: "sign",
    sympy.sin: "sin", sympy.cos: "cos", sympy.sinh: "sinh", sympy.cosh: "cosh", sympy.atan: "arctan", expm1: "expm1",
}  # fmt: skip
_COMPARISONS = {
    sympy.StrictGreaterThan: "greater", sympy.GreaterThan: "greater_equal", sympy.StrictLessThan: "less",
    sympy.LessThan: "less_equal", sympy.Equality: "equal", sympy.Unequality: "not_equal",
    sympy.And: "logical_and", sympy.Or: "logical_or", sympy.Max: "maximum", sympy.Min: "minimum",
}  # fmt: skip


def lower_scalar(expr: sympy.Basic, values: Mapping[sympy.Symbol, Value], graph: Graph) -> Value:
    """The array of `expr`, taken entry by entry at the arrays of its symbols."""
    if expr in values:
        return values[expr]
    if isinstance(expr, sympy.Expr) and not expr.free_symbols.intersection(values):
        return graph.number(expr)
    if expr.func in _COMPARISONS:
        return _folded(_COMPARISONS[expr.func], expr, values, graph)
    args = [lower_scalar(arg, values, graph) for arg in expr.args] if expr.func in _UNARY else []
    match expr:
        case sympy.Add():
            return _sum(expr, values, graph)
        case sympy.Mul():
            return _product(expr, values, graph)
        case sympy.Pow():
            return _power(expr, values, graph)
        case sympy.Piecewise():
            return _piecewise(expr, values, graph)
        case logistic():
            return _logistic(expr.args[0], values, graph)
        case softplus():
            return _softplus(expr.args[0], values, graph)
    if args:
        return graph.unary(_UNARY[expr.func], args[0])
    raise UnsupportedError(f"{expr.func.__name__} has no NumPy form here; known are {', '.join(sorted(f.__name__ for f in _UNARY))}")


def _folded(operation: str, expr: sympy.Basic, values: Mapping[sympy.Symbol, Value], graph: Graph) -> Value:
    args = [lower_scalar(arg, values, graph) for arg in expr.args]
    result = args[0]
    for arg in args[1:]:
        result = graph.binary(operation, result, arg)
    return result


def _sum(expr: sympy.Add, values: Mapping[sympy.Symbol, Value], graph: Graph) -> Value:
    """Terms with a plus first, numbers last: 1 - a, and a + 1."""

    def place(term: sympy.Expr) -> tuple:
        names = sorted(symbol.name for symbol in term.free_symbols)
        return term.could_extract_minus_sign(), not term.free_symbols.intersection(values), names

    terms = [lower_scalar(term, values, graph) for term in sorted(expr.args, key=place)]
    result = terms[0]
    for term in terms[1:]:
        result = graph.add(result, term)
    return result


def _product(expr: sympy.Mul, values: Mapping[sympy.Symbol, Value], graph: Graph) -> Value:
    """Numerator over denominator; the coefficient of both comes last."""
    inside = set(values)
    number = sympy.Mul(*(factor for factor in expr.args if not factor.free_symbols & inside))
    factors = [factor for factor in expr.args if factor.free_symbols & inside]
    above = [f for f in factors if not (f.is_Pow and f.exp.is_number and f.exp.is_negative)]
    below = [1 / f for f in factors if f.is_Pow and f.exp.is_number and f.exp.is_negative]
    above.sort(key=lambda f: (isinstance(f, sympy.Piecewise), not f.is_Symbol, str(f)))
    result = _chain(above, values, graph) if above else graph.number(1)
    if below:
        result = graph.divide(result, _chain(below, values, graph))
    return graph.multiply(graph.number(number), result)


def _chain(factors: list[sympy.Expr], values: Mapping[sympy.Symbol, Value], graph: Graph) -> Value:
    result = lower_scalar(factors[0], values, graph)
    for factor in factors[1:]:
        result = graph.multiply(result, lower_scalar(factor, values, graph))
    return result


def _power(expr: sympy.Pow, values: Mapping[sympy.Symbol, Value], graph: Graph) -> Value:
    base, exponent = lower_scalar(expr.base, values, graph), expr.exp
    if exponent.is_number and exponent.is_negative:
        return graph.divide(graph.number(1), _power_of(base, -exponent, graph))
    if exponent.is_number:
        return _power_of(base, exponent, graph)
    return graph.binary("power", base, lower_scalar(exponent, values, graph))


def _power_of(base: Value, exponent: sympy.Expr, graph: Graph) -> Value:
    """base**exponent by squares and roots where that is exact and quick."""
    if exponent == 1:
        return base
    if exponent == sympy.S.Half:
        return graph.unary("sqrt", base)
    if exponent.is_Integer and exponent <= 4:
        square = graph.multiply(base, base)
        return {2: square, 3: graph.multiply(square, base), 4: graph.multiply(square, square)}[int(exponent)]
    if exponent.is_Rational and exponent.q == 2:
        return graph.multiply(_power_of(base, exponent - sympy.S.Half, graph), graph.unary("sqrt", base))
    return graph.binary("power", base, graph.number(exponent))


def _logistic(argument: sympy.Expr, values: Mapping[sympy.Symbol, Value], graph: Graph) -> Value:
    """1 / (1 + exp(-u)): an exponential that overflows gives 0, as it should."""
    one = graph.number(1)
    exponential = graph.unary("exp", graph.unary("negative", lower_scalar(argument, values, graph)))
    return graph.divide(one, graph.add(one, exponential))


def _softplus(argument: sympy.Expr, values: Mapping[sympy.Symbol, Value], graph: Graph) -> Value:
    """log(1 + exp u)  =  max(u, 0) + log1p(exp(-|u|))."""
    u = lower_scalar(argument, values, graph)
    small = graph.unary("log1p", graph.unary("exp", graph.unary("negative", graph.unary("absolute", u))))
    return graph.add(graph.binary("maximum", u, graph.number(0)), small)


def _piecewise(expr: sympy.Piecewise, values: Mapping[sympy.Symbol, Value], graph: Graph) -> Value:
    """A clamp where it is one (which hands a nan on), else a choice by condition."""
    bounds = clamp_bounds(expr)
    if bounds is not None:
        low, line, high = bounds
        result = lower_scalar(line, values, graph)
        if low is not None:
            result = graph.binary("maximum", result, graph.number(low))
        return result if high is None else graph.binary("minimum", result, graph.number(high))
    *branches, (last, condition) = expr.args
    if condition != sympy.true:
        raise UnsupportedError(f"{expr} does not say what holds where none of its conditions does; end it with a branch for the rest")
    result = lower_scalar(last, values, graph)
    for branch, condition in reversed(branches):
        if branch == 1 and result.is_number and result.number == 0 and condition.func in _COMPARISONS:
            result = graph.unary("indicator", lower_scalar(condition, values, graph))
        else:
            result = graph.where(lower_scalar(condition, values, graph), lower_scalar(branch, values, graph), result)
    return result
