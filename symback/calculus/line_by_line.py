"""A function of one variable differentiated by hand: one rule at a time, each line with its reason.

    d/dz (1 / (1 + e^-z))                        definition
    = -(d/dz (1 + e^-z)) / (1 + e^-z)²           chain rule
    = -(d/dz 1 + d/dz e^-z) / (1 + e^-z)²        sum rule
    = -(e^-z d/dz (-z)) / (1 + e^-z)²            the slope of a constant is 0, chain rule
    = e^-z / (1 + e^-z)²                         the slope of -z is -1

Each rule takes d/dz off the outermost operation and leaves it on what is inside, so that a formula with n operations has
at most n lines.  The last line, and every other, has the value that SymPy's `diff` gives; the tests hold it to that.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sympy

from symback.errors import UnsupportedError
from symback.language.as_written import AsCases, AsNegative, AsPower, AsProduct, AsQuotient, AsSum, DerivativeOf
from symback.language.functions import ScalarFunction
from symback.language.reading_order import ordered_terms

__all__ = ["SlopeLine", "negative", "product", "quotient", "slope_lines", "total_of"]

CONSTANT, CHAIN, SUM_RULE = "a constant has slope 0", "chain rule", "sum rule"
PRODUCT_RULE, QUOTIENT_RULE, FACTOR = "product rule", "quotient rule", "a constant factor stays"
POWER_RULE, LINE, PIECES = "power rule", "the slope of a line", "piece by piece"
LARGEST_BELOW = 100  # a number with a larger denominator is a decimal, such as 0.044715
Derived = tuple[sympy.Expr, str]


@dataclass(frozen=True, slots=True)
class SlopeLine:
    """One line: an expression equal to the derivative, and why it equals the line above."""

    expr: sympy.Expr
    reason: str


def slope_lines(formula: sympy.Expr, variable: sympy.Symbol) -> tuple[SlopeLine, ...]:
    """The derivative of `formula`, from d/dz of it to a line without any d/dz.

    >>> z = sympy.Symbol("z", real=True)
    >>> [line.reason for line in slope_lines(z**2 + 1, z)]
    ['definition', 'sum rule', 'a constant has slope 0, power rule']
    """
    expr: sympy.Expr = _opened(formula, variable)
    lines = [SlopeLine(expr, PIECES if isinstance(expr, AsCases) else "definition")]
    while expr.has(DerivativeOf):
        reasons: dict[str, None] = {}  # in order, each once
        expr = _stepped(expr, reasons)
        lines.append(SlopeLine(expr, ", ".join(reasons)))
    return tuple(lines)


def _opened(formula: sympy.Expr, variable: sympy.Symbol) -> sympy.Expr:
    """d/dz of the formula; of one with cases, of each of its pieces."""
    if isinstance(formula, sympy.Piecewise):
        return AsCases(*((DerivativeOf(value, variable), condition) for value, condition in formula.args))
    return DerivativeOf(formula, variable)


def _stepped(expr: sympy.Expr, reasons: dict[str, None]) -> sympy.Expr:
    """The expression with one rule used at each d/dz in it."""
    if isinstance(expr, DerivativeOf):
        result, reason = _derived(*expr.args)
        reasons[reason] = None
        return result
    if not expr.has(DerivativeOf):
        return expr
    if isinstance(expr, AsCases):
        return AsCases(*((_stepped(value, reasons), condition) for value, condition in expr.args))
    parts = [_stepped(arg, reasons) for arg in expr.args]
    match expr:
        case AsSum():
            return total_of(parts)
        case AsProduct():
            return product(*parts)
        case AsQuotient():
            return quotient(*parts)
        case AsNegative():
            return negative(parts[0])
    raise UnsupportedError(f"a derivative inside of {type(expr).__name__}")


# The rules -------------------------------------------------------------------------------------------------------


def _derived(inside: sympy.Expr, z: sympy.Symbol) -> Derived:
    """One rule for d/dz of the outermost operation."""
    if not inside.has(z):
        return sympy.S.Zero, CONSTANT
    if inside == z or (not sympy.diff(inside, z).has(z) and not inside.is_Add):
        return sympy.diff(inside, z), LINE
    if inside.is_Add:
        return total_of(DerivativeOf(term, z) for term in _in_order(inside)), SUM_RULE
    if inside.is_Mul:
        return _of_product(inside, z)
    if inside.is_Pow and not inside.exp.has(z):
        return _of_power(inside.base, inside.exp, z)
    return _of_function(inside, z)


def _in_order(terms: sympy.Expr) -> list[sympy.Expr]:
    """The terms of a sum as they are printed."""
    return ordered_terms(list(terms.args))


def _of_product(inside: sympy.Expr, z: sympy.Symbol) -> Derived:
    """c u, u/v and u v."""
    constant, rest = inside.as_independent(z, as_Add=False)
    if constant != 1:
        size = -constant if constant.could_extract_minus_sign() else constant
        derived = product(size, DerivativeOf(rest, z))
        return derived if size == constant else negative(derived), FACTOR
    above, below = _parted(inside)
    if below != 1:
        slopes = total_of((product(below, DerivativeOf(above, z)), negative(product(above, DerivativeOf(below, z)))))
        return quotient(slopes, AsPower(below, 2)), QUOTIENT_RULE
    first, *others = inside.args if inside.args[0] == z else sorted(inside.args, key=lambda factor: factor.count_ops())
    second = sympy.Mul(*others)
    return total_of((product(second, DerivativeOf(first, z)), product(first, DerivativeOf(second, z)))), PRODUCT_RULE


def _parted(inside: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """Numerator and denominator as they are printed; e^-z stays above."""
    below = [factor for factor in inside.args if factor.is_Pow and not isinstance(factor, sympy.exp) and factor.exp.is_negative]
    return sympy.Mul(*(factor for factor in inside.args if factor not in below)), sympy.Mul(*(1 / factor for factor in below))


def _of_power(base: sympy.Expr, exponent: sympy.Expr, z: sympy.Symbol) -> Derived:
    """u^n: n u^(n-1) du/dz; with a negative exponent as a fraction."""
    inner = sympy.S.One if base == z else DerivativeOf(base, z)
    reason = POWER_RULE if base == z else CHAIN
    if exponent.is_negative:
        return negative(quotient(product(-exponent, inner), AsPower(base, 1 - exponent))), reason
    return product(exponent, base ** (exponent - 1), inner), reason


def _of_function(inside: sympy.Expr, z: sympy.Symbol) -> Derived:
    """f(u): f'(u) du/dz."""
    (argument,) = inside.args if not isinstance(inside, sympy.exp) else (inside.exp,)
    inner = sympy.S.One if argument == z else DerivativeOf(argument, z)
    if isinstance(inside, sympy.log):
        return quotient(inner, argument), CHAIN if argument != z else "the slope of the logarithm"
    if isinstance(inside, sympy.exp | sympy.tanh | sympy.erf | ScalarFunction):
        held = sympy.Dummy("held", real=True)
        outer = inside if isinstance(inside, sympy.exp) else sympy.diff(inside.func(held), held).xreplace({held: argument})
        return product(outer, inner), CHAIN if argument != z else f"the slope of {_word(inside)}"
    raise UnsupportedError(f"no rule for the derivative of {type(inside).__name__}")


def _word(inside: sympy.Expr) -> str:
    """A function by its name."""
    return getattr(inside, "letter", "") or type(inside).__name__


# Tidy constructors: what is 0 or 1 is not written, and a minus stands in front -----------------------------------


def total_of(terms: Iterable[sympy.Expr]) -> sympy.Expr:
    """A sum in its order, flat and without zeros."""
    kept: list[sympy.Expr] = []
    for term in terms:
        kept.extend(term.args if isinstance(term, AsSum) else _in_order(term) if term.is_Add else () if term == 0 else (term,))
    return AsSum(*kept) if len(kept) > 1 else kept[0] if kept else sympy.S.Zero


def negative(expr: sympy.Expr) -> sympy.Expr:
    """-u, and u for -(-u)."""
    if isinstance(expr, AsNegative):
        return expr.args[0]
    return -expr if expr.is_Number else AsNegative(expr)


def product(*factors: sympy.Expr) -> sympy.Expr:
    """u v …, flat, its numbers multiplied, a minus in front, a small denominator below a bar."""
    number: sympy.Expr = sympy.S.One
    flat: list[sympy.Expr] = []
    for factor in factors:
        plain = factor
        if isinstance(factor, AsNegative):
            number, plain = -number, factor.args[0]
        parts = plain.args if isinstance(plain, AsProduct) else (plain,)
        number *= sympy.Mul(*(part for part in parts if part.is_Number))
        flat.extend(part for part in parts if not part.is_Number)
    if number == 0:
        return sympy.S.Zero
    size = abs(number)
    below = sympy.Integer(size.q) if size.is_Rational and size.q <= LARGEST_BELOW else sympy.S.One
    above = [factor for factor in (size * below, *flat) if factor != 1]
    whole = quotient(AsProduct(*above) if len(above) > 1 else above[0] if above else sympy.S.One, below)
    return negative(whole) if number.is_negative else whole


def quotient(above: sympy.Expr, below: sympy.Expr) -> sympy.Expr:
    """u / v, its minus in front; u where v is 1."""
    if above == 0 or below == 1:
        return above
    return negative(quotient(above.args[0], below)) if isinstance(above, AsNegative) else AsQuotient(above, below)
