"""Tensor expressions and their SymPy scalars read into normal form: `entry(work, tensor, labels)` is one entry as a polynomial.

SymPy's own simplification is not used: a scalar is walked once, and every node of it becomes an operation on polynomials.
What is not known here (an undefined function, erf) becomes an atom that is equal to itself at equal arguments.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction

import sympy
from sympy.core.relational import Relational

from symback.language.expressions import Add, Const, Contract, Delta, Map, Partial, Tensor, Unspecified, Var, slot
from symback.language.functions import ARGUMENT, ScalarFunction
from symback.simplification.normal_form_algebra import Terms, constant, monomial_of, multiply, negated, product, summed
from symback.simplification.normal_form_atoms import (
    ONE,
    ONLY,
    Frozen,
    NoNormalForm,
    Polynomial,
    Work,
    accumulate,
    atom,
    bound_labels,
    frozen,
    relabelled_polynomial,
    symbol_atom,
)
from symback.simplification.normal_form_functions import absolute, apply, exponential, logarithm, power, step, symbolic_power

__all__ = ["entry", "scalar"]

MOST_BITS = 20_000

Labels = tuple[int, ...]
Environment = Mapping[sympy.Symbol, Polynomial]


# -- tensors ---------------------------------------------------------------------------------------------------------


def entry(work: Work, tensor: Tensor, labels: Labels) -> Polynomial:
    """The entry of `tensor` at the index `labels`."""
    work.tick()
    match tensor:
        case Var():
            return _named(work, tensor, labels)
        case Const():
            return scalar(work, tensor.value, {})
        case Delta():
            return constant(1) if labels[0] == labels[1] else monomial_of((atom("delta", labels=tuple(sorted(labels))), 1))
        case Add():
            total: Polynomial = {}
            for term in tensor.args:
                accumulate(total, entry(work, term, labels))
            return total
        case Map():
            return scalar(work, tensor.expr, {slot(i): entry(work, arg, labels) for i, arg in enumerate(tensor.args)})
        case Contract():
            return _contraction(work, tensor, labels)
        case Unspecified():
            return _unspecified(work, tensor, labels)
        case Partial():
            return monomial_of((atom("partial", tensor, labels), 1))
    raise NoNormalForm(f"a node of kind {type(tensor).__name__}")


def _named(work: Work, symbol: Var, labels: Labels) -> Polynomial:
    """W_jk, or its definition where that is unfolded."""
    if symbol not in work.unfolded:
        return monomial_of((atom("var", symbol, labels), 1))
    if symbol in work.pending:
        raise NoNormalForm(f"{symbol.name} is defined by itself")
    definition = work.definitions[symbol]
    if definition.shape != symbol.shape:
        raise NoNormalForm(f"{symbol.name} and its definition have different shapes")
    work.used[symbol] = None
    work.pending.append(symbol)
    value = entry(work, definition, labels)
    work.pending.pop()
    return value


def _contraction(work: Work, tensor: Contract, labels: Labels) -> Polynomial:
    """Σ over the bound labels of the product of the arguments."""
    here = dict(enumerate(labels))
    for label, axis in tensor.label_axes.items():
        if label not in here:
            here[label] = work.label(axis)
    bound = frozenset(label for own, label in here.items() if own >= tensor.rank and label != ONLY)
    factors = (entry(work, arg, tuple(here[label] for label in own)) for arg, own in tensor.factors)
    return summed(work, product(work, factors), bound)


def _unspecified(work: Work, tensor: Unspecified, labels: Labels) -> Polynomial:
    """C(a, y) or an entry of ∇_a C: an atom that holds its arguments, with the axes that the function consumes bound inside."""
    shared = labels[: tensor.shared]
    inner: list[int] = []
    values = []
    for arg in tensor.args:
        own = tuple(work.label(axis) for axis in arg.axes[tensor.shared :])
        inner += [label for label in own if label != ONLY]
        values.append(entry(work, arg, (*shared, *own)))
    height = 1 + max((factor.height for value in values for monomial in value for factor, _ in monomial), default=0)
    canonical = dict(zip(inner, bound_labels(height, len(inner)), strict=True))
    parts: tuple[Frozen, ...] = tuple(frozen(relabelled_polynomial(value, canonical)) for value in values)
    axes = tuple(arg.axes for arg in tensor.args)
    head = (tensor.letter, len(parts), tensor.shared, *tensor.wrt, axes)
    return monomial_of((atom("unspecified", head, labels, parts, tuple(work.axis_of[label] for label in inner)), 1))


# -- scalars ---------------------------------------------------------------------------------------------------------


def scalar(work: Work, expr: sympy.Expr, environment: Environment) -> Polynomial:
    """A SymPy scalar, its symbols replaced by the polynomials of the environment where they stand there."""
    work.tick()
    if expr.is_Rational:
        return constant(Fraction(int(expr.p), int(expr.q)))
    if expr.is_Symbol:
        return environment[expr] if expr in environment else _symbol(expr)
    if isinstance(expr, ScalarFunction):
        return _scalar_function(work, expr, environment)
    reader = _READERS.get(expr.func)
    if reader is not None:
        return reader(work, expr, environment)
    rewritten = _REWRITTEN.get(expr.func)
    if rewritten is not None and (expr.func is not sympy.Heaviside or expr.args[1:] == (sympy.S.Half,)):
        return scalar(work, rewritten, {ARGUMENT: scalar(work, expr.args[0], environment)})
    if expr is sympy.E:
        return exponential(work, constant(1))
    if expr.is_NumberSymbol and expr.is_real:
        return monomial_of((atom("number", expr), 1))
    if isinstance(expr, sympy.Function) and expr.args and all(isinstance(arg, sympy.Expr) for arg in expr.args):
        return apply(work, expr.func, *(scalar(work, arg, environment) for arg in expr.args))
    if expr.is_Float and expr.is_finite:
        return constant(_decimal(expr))
    raise NoNormalForm(f"{expr.func.__name__} has no normal form")


def _decimal(number: sympy.Float) -> Fraction:
    """A floating-point number as the shortest decimal that stands for it: 0.3 is 3/10, and no two of them are the same."""
    _, mantissa, exponent, bits = number._mpf_
    if bits <= 53 and abs(exponent) < 900:
        return Fraction(repr(float(number)))
    if abs(exponent) > MOST_BITS:
        raise NoNormalForm("a number of extreme size")
    exact = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return -exact if number.is_negative else exact


def _symbol(symbol: sympy.Symbol) -> Polynomial:
    """A scalar symbol as an atom."""
    if not symbol.is_commutative or symbol.is_extended_real is False:
        raise NoNormalForm(f"{symbol} is not a real number")
    return {} if symbol.is_zero else monomial_of((symbol_atom(symbol), 1))


def _scalar_function(work: Work, expr: ScalarFunction, environment: Environment) -> Polynomial:
    """σ(z): by its formula where it has one and formulas are wanted, else an atom."""
    argument = scalar(work, expr.args[0], environment)
    if work.expand and expr.formula is not None:
        work.used[type(expr)] = None
        return scalar(work, expr.formula, {ARGUMENT: argument})
    return apply(work, type(expr), argument)


def _read_add(work: Work, expr: sympy.Expr, environment: Environment) -> Polynomial:
    """p + q."""
    total: Polynomial = {}
    for term in expr.args:
        accumulate(total, scalar(work, term, environment))
    return total


def _read_mul(work: Work, expr: sympy.Expr, environment: Environment) -> Polynomial:
    """p q."""
    return product(work, (scalar(work, factor, environment) for factor in expr.args))


def _read_pow(work: Work, expr: sympy.Expr, environment: Environment) -> Polynomial:
    """p**q."""
    base, exponent = scalar(work, expr.base, environment), scalar(work, expr.exp, environment)
    if exponent.keys() <= {ONE}:
        return power(work, base, exponent.get(ONE, 0))
    return symbolic_power(work, base, exponent)


def _read_abs(work: Work, expr: sympy.Expr, environment: Environment) -> Polynomial:
    """|x|."""
    return absolute(work, scalar(work, expr.args[0], environment))


def _read_sign(work: Work, expr: sympy.Expr, environment: Environment) -> Polynomial:
    """sign(x) = [x > 0] - [-x > 0]."""
    inside = scalar(work, expr.args[0], environment)
    result = step(work, inside)
    accumulate(result, step(work, negated(inside)), -1)
    return result


def _read_max(work: Work, expr: sympy.Expr, environment: Environment) -> Polynomial:
    """max(p, q, …)."""
    return _extreme(work, expr, environment, 1)


def _read_min(work: Work, expr: sympy.Expr, environment: Environment) -> Polynomial:
    """min(p, q, …)."""
    return _extreme(work, expr, environment, -1)


def _extreme(work: Work, expr: sympy.Expr, environment: Environment, sign: int) -> Polynomial:
    """max(x, y) = x + (y - x) [y - x > 0], and min the other way."""
    first, *others = (scalar(work, arg, environment) for arg in expr.args)
    for other in others:
        excess: Polynomial = {}
        accumulate(excess, other, sign)
        accumulate(excess, first, -sign)
        accumulate(first := dict(first), multiply(work, excess, step(work, excess)), sign)
    return first


def _read_piecewise(work: Work, expr: sympy.Piecewise, environment: Environment) -> Polynomial:
    """Σ_i value_i · [condition_i and none before it]; the last condition must be always true."""
    total: Polynomial = {}
    remaining = constant(1)
    for value, condition in expr.args:
        chosen = multiply(work, remaining, truth(work, condition, environment))
        if chosen:
            accumulate(total, multiply(work, chosen, scalar(work, value, environment)))
        accumulate(remaining := dict(remaining), chosen, -1)
    if remaining:
        raise NoNormalForm("a piecewise function that is not defined everywhere")
    return total


def truth(work: Work, condition: sympy.Basic, environment: Environment) -> Polynomial:
    """1 where the condition holds and 0 elsewhere, in steps [p > 0]."""
    if condition == sympy.true or condition == sympy.false:
        return constant(int(bool(condition)))
    if isinstance(condition, sympy.And):
        return product(work, (truth(work, part, environment) for part in condition.args))
    if isinstance(condition, sympy.Or):
        return _not(product(work, (_not(truth(work, part, environment)) for part in condition.args)))
    if isinstance(condition, sympy.Not):
        return _not(truth(work, condition.args[0], environment))
    if isinstance(condition, sympy.ITE):
        chosen, first, second = (truth(work, part, environment) for part in condition.args)
        result = dict(multiply(work, chosen, first))
        accumulate(result, multiply(work, _not(chosen), second))
        return result
    if not isinstance(condition, Relational):
        raise NoNormalForm(f"the condition {type(condition).__name__}")
    difference = scalar(work, condition.lhs, environment)
    accumulate(difference := dict(difference), scalar(work, condition.rhs, environment), -1)
    above, below = step(work, difference), step(work, negated(difference))
    match condition:
        case sympy.StrictGreaterThan():
            return above
        case sympy.StrictLessThan():
            return below
        case sympy.GreaterThan():
            return _not(below)
        case sympy.LessThan():
            return _not(above)
    differ = dict(above)
    accumulate(differ, below)
    return differ if isinstance(condition, sympy.Ne) else _not(differ)


def _not(polynomial: Terms) -> Polynomial:
    """1 - p."""
    result = constant(1)
    accumulate(result, polynomial, -1)
    return result


Reader = Callable[[Work, sympy.Expr, Environment], Polynomial]

_READERS: dict[type, Reader] = {
    sympy.Add: _read_add,
    sympy.Mul: _read_mul,
    sympy.Pow: _read_pow,
    sympy.exp: lambda work, expr, environment: exponential(work, scalar(work, expr.args[0], environment)),
    sympy.log: lambda work, expr, environment: logarithm(work, scalar(work, expr.args[0], environment)),
    sympy.Abs: _read_abs,
    sympy.sign: _read_sign,
    sympy.Max: _read_max,
    sympy.Min: _read_min,
    sympy.Piecewise: _read_piecewise,
}

_GROWN = sympy.exp(2 * ARGUMENT)
_REWRITTEN: dict[type, sympy.Expr] = {
    sympy.tanh: (_GROWN - 1) / (_GROWN + 1),
    sympy.coth: (_GROWN + 1) / (_GROWN - 1),
    sympy.sinh: (sympy.exp(ARGUMENT) - sympy.exp(-ARGUMENT)) / 2,
    sympy.cosh: (sympy.exp(ARGUMENT) + sympy.exp(-ARGUMENT)) / 2,
    sympy.sech: 2 / (sympy.exp(ARGUMENT) + sympy.exp(-ARGUMENT)),
    sympy.csch: 2 / (sympy.exp(ARGUMENT) - sympy.exp(-ARGUMENT)),
    sympy.Heaviside: sympy.Piecewise((1, ARGUMENT > 0), (sympy.Rational(1, 2), sympy.Eq(ARGUMENT, 0)), (0, True)),
}
