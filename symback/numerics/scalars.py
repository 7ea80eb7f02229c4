"""The value of a SymPy scalar at NumPy arrays, by walking the expression; no text is made and none is run.

It is the plain road: every function means what its definition says, without rewriting for speed or for extreme
arguments (the compiled road does that, and is tested against this one).  Complex arguments stand for a real point
and an infinitesimal step, so comparisons, |x| and sign look at the real part alone.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np
import sympy

from symback.errors import UnsupportedError
from symback.language.functions import ScalarFunction

__all__ = ["ScalarFunctions", "default_function", "evaluate_scalar"]

ScalarFunctions = Mapping[str, Callable | tuple[Callable, ...]]


def evaluate_scalar(expr: sympy.Expr, values: Mapping[sympy.Symbol, np.ndarray], functions: ScalarFunctions | None = None) -> np.ndarray:
    """The value of `expr` where its symbols have `values`; `functions` gives (f, f', f'', …) for unspecified letters.

    >>> x = sympy.Symbol("x", real=True)
    >>> evaluate_scalar(sympy.Piecewise((x, x > 0), (0, True)), {x: np.array([-1.0, 2.0])}).tolist()
    [0.0, 2.0]
    """
    known: dict[sympy.Basic, np.ndarray] = dict(values)
    with np.errstate(all="ignore"):  # a branch that is not taken may overflow
        return _value(expr, known, functions or {})


def _value(expr: sympy.Basic, known: dict[sympy.Basic, np.ndarray], functions: ScalarFunctions) -> np.ndarray:
    if expr in known:
        return known[expr]
    result: np.ndarray
    if expr.is_Number or expr.is_NumberSymbol:
        result = np.asarray(float(expr))
    elif expr in (sympy.true, sympy.false):
        result = np.asarray(expr is sympy.true)
    elif isinstance(expr, sympy.Piecewise):
        result = _piecewise(expr, known, functions)
    elif isinstance(expr, sympy.log) and expr.args[0].is_Add and sympy.S.One in expr.args[0].args:
        result = np.log1p(_value(expr.args[0] - 1, known, functions))  # log(1 + u) for small u, where 1 + u has no digits of u
    elif isinstance(expr, ScalarFunction):
        result = _scalar_function(expr, known, functions)
    else:
        rule = _OPERATIONS.get(expr.func)
        if rule is None:
            what = f"the symbol {expr}, which has no value" if expr.is_Symbol else f"{expr.func.__name__}"
            raise UnsupportedError(f"cannot evaluate {what}; known are {', '.join(sorted(f.__name__ for f in _OPERATIONS))}")
        result = rule(*(_value(arg, known, functions) for arg in expr.args))
    known[expr] = result
    return result


def _scalar_function(call: ScalarFunction, known: dict[sympy.Basic, np.ndarray], functions: ScalarFunctions) -> np.ndarray:
    if call.formula is not None:
        return _value(call.expanded(), known, functions)
    argument = _value(call.args[0], known, functions)
    given = functions.get(call.letter)
    if given is None:
        return default_function(call.letter, call.order)(argument)
    orders = given if isinstance(given, tuple | list) else (given,)
    if call.order >= len(orders):
        raise UnsupportedError(f"{call.letter} is wanted {call.order} times differentiated; give functions={{{call.letter!r}: (f, f', …)}}")
    return orders[call.order](argument)


def default_function(letter: str, order: int = 0) -> Callable[[np.ndarray], np.ndarray]:
    """A smooth function with values in (0.1, 0.9) that stands for an unspecified one, differentiated `order` times.

    0.5 + 0.3 sin(z + c) + 0.1 sin(√2 z + 1): two incommensurable waves, so that no formula holds by accident.
    """
    shift = 0.4 + 0.37 * (sum(map(ord, letter)) % 17)
    turn = order * math.pi / 2

    def function(z: np.ndarray) -> np.ndarray:
        waves = 0.3 * np.sin(z + shift + turn) + 0.1 * math.sqrt(2) ** order * np.sin(math.sqrt(2) * z + 1 + turn)
        return waves + (0.5 if order == 0 else 0.0)

    return function


def _piecewise(expr: sympy.Piecewise, known: dict[sympy.Basic, np.ndarray], functions: ScalarFunctions) -> np.ndarray:
    """The first branch whose condition holds; nan where none does."""
    result = np.asarray(np.nan)
    for branch, condition in reversed(expr.args):
        result = np.where(_value(condition, known, functions), _value(branch, known, functions), result)
    return result


def _sum(*terms: np.ndarray) -> np.ndarray:
    return sum(terms[1:], start=terms[0])


def _product(*factors: np.ndarray) -> np.ndarray:
    return math.prod(factors[1:], start=factors[0])


def _power(base: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """base**exponent, by the algebraic road where the exponent is -1, 1/2, 2 or 3."""
    match float(exponent) if np.ndim(exponent) == 0 and np.isreal(exponent) else None:
        case 2.0:
            return base * base
        case 3.0:
            return base * base * base
        case -1.0:
            return 1 / np.asarray(base)
        case 0.5:
            return np.sqrt(base)
    return np.asarray(base) ** exponent


def _absolute(x: np.ndarray) -> np.ndarray:
    return np.where(np.real(x) < 0, -x, x)


def _erf(x: np.ndarray) -> np.ndarray:
    """erf by the C library; of a complex step x + iε, erf(x) + iε·2/√π·exp(-x²)."""
    real = np.real(x)
    values = np.vectorize(math.erf, otypes=[float])(real) if np.size(real) else np.zeros(np.shape(real))
    if not np.iscomplexobj(x):
        return values
    if np.any(np.abs(np.imag(x)) > 1e-8):
        raise UnsupportedError("erf is evaluated on the real line and at infinitesimal steps off it; use a step of at most 1e-8")
    return values + 1j * np.imag(x) * (2 / math.sqrt(math.pi)) * np.exp(-real * real)


def _by_real_part(compare: Callable) -> Callable:
    return lambda left, right: compare(np.real(left), np.real(right))


def _extreme(is_better: Callable) -> Callable:
    def choose(*args: np.ndarray) -> np.ndarray:
        best = args[0]
        for other in args[1:]:
            best = np.where(is_better(np.real(other), np.real(best)), other, best)
        return best

    return choose


_OPERATIONS: dict[type, Callable] = {
    sympy.Add: _sum,
    sympy.Mul: _product,
    sympy.Pow: _power,
    sympy.exp: np.exp,
    sympy.log: np.log,
    sympy.sin: np.sin,
    sympy.cos: np.cos,
    sympy.tan: np.tan,
    sympy.atan: np.arctan,
    sympy.sinh: np.sinh,
    sympy.cosh: np.cosh,
    sympy.tanh: np.tanh,
    sympy.erf: _erf,
    sympy.Abs: _absolute,
    sympy.sign: lambda x: np.sign(np.real(x)),
    sympy.Heaviside: lambda x, at_zero: np.heaviside(np.real(x), at_zero),
    sympy.DiracDelta: lambda x: np.zeros(np.shape(x)),  # away from the kink
    sympy.Max: _extreme(np.greater),
    sympy.Min: _extreme(np.less),
    sympy.StrictGreaterThan: _by_real_part(np.greater),
    sympy.GreaterThan: _by_real_part(np.greater_equal),
    sympy.StrictLessThan: _by_real_part(np.less),
    sympy.LessThan: _by_real_part(np.less_equal),
    sympy.Equality: _by_real_part(np.equal),
    sympy.Unequality: _by_real_part(np.not_equal),
    sympy.And: lambda *args: np.logical_and.reduce(np.broadcast_arrays(*args)),
    sympy.Or: lambda *args: np.logical_or.reduce(np.broadcast_arrays(*args)),
    sympy.Not: np.logical_not,
}
