"""Scalar formulas in forms that neither overflow nor cancel, found by rewriting; derivatives are SymPy's, of those forms.

    1 / (1 + exp(-u))   →  logistic(u)            log(1 + exp u)    →  softplus(u)
    exp(u) logistic(-u) →  logistic(u)            log logistic(u)   →  -softplus(-u)
    1 - logistic(u)     →  logistic(-u)  (under a logarithm)        exp(u) - 1  →  expm1(u)

The derivative of z·logistic(z) is then logistic(z) + z·logistic(z)(1 - logistic(z)): right for every z, where the
derivative of z/(1 + exp(-z)) is 0/0 or ∞/∞ far from the origin.
"""

from functools import lru_cache
from itertools import pairwise

import sympy
from sympy.core.relational import Relational

from symback.language.functions import ARGUMENT, ScalarFunction

__all__ = ["clamp_bounds", "expm1", "logistic", "softplus", "stable_form"]


class logistic(sympy.Function):
    """1 / (1 + exp(-u)), whose derivative is logistic(u) (1 - logistic(u))."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """By the rule f' = f (1 - f)."""
        return self * (1 - self)

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_extended_real


class softplus(sympy.Function):
    """log(1 + exp u), whose derivative is logistic(u)."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """The logistic function."""
        return logistic(self.args[0])

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_extended_real


class expm1(sympy.Function):
    """exp(u) - 1, without cancellation near 0."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """The exponential."""
        return sympy.exp(self.args[0])

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_extended_real


def stable_form(expr: sympy.Expr, bases: dict[type[ScalarFunction], type[ScalarFunction]] | None = None) -> sympy.Expr:
    """`expr` with named functions written out in stable terms.

    `bases` tells of a derivative σ' which function σ it is the derivative of; it is then taken of σ's stable form.

    >>> x = sympy.Symbol("x", real=True)
    >>> stable_form(sympy.log(1 + sympy.exp(x))), stable_form(x / (1 + sympy.exp(-x)))
    (softplus(x), x*logistic(x))
    """
    known = bases or {}

    def write_out(call: ScalarFunction) -> sympy.Expr:
        return _written_out(type(call), known).xreplace({ARGUMENT: call.args[0]})

    return _rewritten(expr.replace(lambda e: isinstance(e, ScalarFunction), write_out))


def _written_out(function: type[ScalarFunction], bases: dict[type[ScalarFunction], type[ScalarFunction]]) -> sympy.Expr:
    base = bases.get(function)
    if base is not None:
        return _shortened(sympy.diff(_written_out(base, bases), ARGUMENT))
    return function(ARGUMENT) if function.formula is None else _rewritten(function.formula)


def _shortened(expr: sympy.Expr) -> sympy.Expr:
    """1/(1 + x) - x/(1 + x)²  →  1/(1 + x)²: rational branches in factored form, where the terms do not cancel."""
    if expr.is_Piecewise:
        return sympy.Piecewise(*((_shortened(branch), condition) for branch, condition in expr.args))
    if not expr.is_Add or expr.is_polynomial(ARGUMENT) or not expr.is_rational_function(ARGUMENT):
        return expr
    return min((expr, sympy.factor(expr)), key=sympy.count_ops)


@lru_cache(maxsize=4096)
def _rewritten(expr: sympy.Expr) -> sympy.Expr:
    """All rewriting rules, from the leaves up."""
    if not expr.args or expr.is_Boolean:
        return expr
    expr = expr.func(*(_rewritten(arg) for arg in expr.args)) if not expr.is_Piecewise else _branches(expr)
    if expr.is_Pow:
        exponential = _one_plus_exp(expr.base)
        return expr if exponential is None or not expr.exp.is_negative else logistic(-exponential) ** (-expr.exp)
    if expr.is_Mul:
        return _exp_times_logistic(expr)
    if expr.is_Add:
        return _minus_one(expr)
    if isinstance(expr, sympy.log):
        return _logarithm(expr)
    return expr


def _branches(expr: sympy.Piecewise) -> sympy.Expr:
    """The branches rewritten; the three cases u > 0, u < 0, u = 0 as |u| or sign(u) where they say so."""
    match [tuple(pair) for pair in expr.args]:
        case ((above, sympy.StrictGreaterThan() as more), (below, sympy.StrictLessThan() as less), (zero, sympy.true)) if zero == 0:
            difference = more.lhs - more.rhs
            if less.args == more.args and (above, below) == (1, -1):
                return sympy.sign(difference)
            if less.args == more.args and above == difference and below == -difference:
                return sympy.Abs(difference)
    return sympy.Piecewise(*((_rewritten(branch), condition) for branch, condition in expr.args))


def _one_plus_exp(expr: sympy.Expr) -> sympy.Expr | None:
    """u of 1 + exp(u)."""
    if expr.is_Add and len(expr.args) == 2 and sympy.S.One in expr.args:
        other = next(arg for arg in expr.args if arg != 1)
        if isinstance(other, sympy.exp):
            return other.args[0]
    return None


def _exp_times_logistic(product: sympy.Mul) -> sympy.Expr:
    """exp(u) logistic(-u)  →  logistic(u)."""
    for exponential in (factor for factor in product.args if isinstance(factor, sympy.exp)):
        mirrored = logistic(-exponential.args[0])
        if product.as_powers_dict().get(mirrored, 0) >= 1:
            return product / exponential / mirrored * logistic(exponential.args[0])
    return product


def _minus_one(total: sympy.Add) -> sympy.Expr:
    """c exp(u) - c  →  c expm1(u)."""
    if len(total.args) == 2 and any(arg.is_Number for arg in total.args):
        constant, other = sorted(total.args, key=lambda arg: not arg.is_Number)
        coefficient, rest = other.as_coeff_Mul()
        if isinstance(rest, sympy.exp) and coefficient == -constant:
            return coefficient * expm1(rest.args[0])
    return total


def _logarithm(call: sympy.log) -> sympy.Expr:
    """Logarithms of what is built from exponentials, without the exponentials."""
    argument = call.args[0]
    exponent = _one_plus_exp(argument)
    if exponent is not None:
        return softplus(exponent)
    if isinstance(argument, logistic):
        return -softplus(-argument.args[0])
    if isinstance(argument, sympy.exp):
        return argument.args[0]
    if argument.is_Add and len(argument.args) == 2 and sympy.S.One in argument.args:
        other = next(arg for arg in argument.args if arg != 1)
        if isinstance(-other, logistic):  # log(1 - logistic(u))
            return -softplus((-other).args[0])
    return call


@lru_cache(maxsize=1024)
def clamp_bounds(expr: sympy.Piecewise) -> tuple[sympy.Expr | None, sympy.Expr, sympy.Expr | None] | None:
    """(low, line, high) if the piecewise linear `expr` is the line cut off below and above; None if it is not.

    Between neighbouring thresholds both sides are linear, so two points of each piece decide it.

    >>> x = sympy.Symbol("x", real=True)
    >>> clamp_bounds(sympy.Piecewise((1, x >= 1), (x, x > -1), (-1, True)))
    (-1, x, 1)
    """
    symbols = sorted(expr.free_symbols, key=str)
    lines = [branch for branch, _ in expr.args if branch.free_symbols]
    if len(symbols) != 1 or len(set(lines)) != 1 or not lines[0].is_polynomial(*symbols) or sympy.degree(lines[0]) != 1:
        return None
    variable, line = symbols[0], lines[0]
    constants = [branch for branch, _ in expr.args if branch.is_Rational]
    if len(constants) + 1 != len(expr.args) or not all(_is_threshold(condition, variable) for _, condition in expr.args):
        return None
    thresholds = {side for _, condition in expr.args if condition != sympy.true for side in condition.args if side.is_Rational}
    crossings = {sympy.solve(line - constant, variable)[0] for constant in constants}  # where the clamp has its own kinks
    points = _two_points_of_each_piece(sorted({*thresholds, *crossings}))
    for low, high in _candidates(sorted(constants)):
        cut = [min(max(line.subs(variable, p), low), high) for p in points]
        if cut == [expr.subs(variable, p) for p in points]:
            return (low if low.is_finite else None), line, (high if high.is_finite else None)
    return None


def _is_threshold(condition: sympy.Basic, variable: sympy.Symbol) -> bool:
    if condition == sympy.true:
        return True
    is_comparison = isinstance(condition, Relational) and len(condition.args) == 2
    return is_comparison and variable in condition.args and any(side.is_Rational for side in condition.args)


def _two_points_of_each_piece(thresholds: list[sympy.Rational]) -> list[sympy.Rational]:
    edges = [thresholds[0] - 3, *thresholds, thresholds[-1] + 3]
    inner = [low + (high - low) * part / 3 for low, high in pairwise(edges) for part in (1, 2)]
    return [*inner, *thresholds]


def _candidates(constants: list[sympy.Rational]) -> list[tuple[sympy.Expr, sympy.Expr]]:
    if len(constants) == 2:
        return [(constants[0], constants[1])]
    return [(constants[0], sympy.oo), (-sympy.oo, constants[0])]
