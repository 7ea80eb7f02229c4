"""Formulas that stay as they were written: a sum in its order, a product that is not multiplied out, d/dz of something.

SymPy puts 1 + e - 1 together before anybody has seen it.  A derivation shows such lines on purpose, so they are made of
the nodes here, which have a value, `value_of`, and are printed as they stand.

    AsSum(1, e, -1)          1 + e - 1
    AsProduct(u, v)          u v
    AsQuotient(u, v)         u / v, with a bar
    AsNegative(u)            -u
    AsPower(u, 2)            u²
    AsCases((u, c), (v, w))  u if c; v otherwise
    DerivativeOf(u, z)       d/dz u
    PartialOf(u, z_j)        ∂/∂z_j u
    Norm(u)                  ‖u‖
    Largest(u_j, j)          max_j |u_j|
    GradientOf(c)            ∇c
    Dots("vertical")         ⋮, also "horizontal" and "diagonal": the entries of a matrix that are left out
"""

import sympy
from sympy.core.containers import Tuple
from sympy.core.symbol import Str

__all__ = [
    "AsCases", "AsNegative", "AsPower", "AsProduct", "AsQuotient", "AsSum", "DerivativeOf", "Dots", "GradientOf", "Largest", "Norm",
    "PartialOf", "ScalarName", "value_of",
]  # fmt: skip


def _sympified(arg: object) -> sympy.Basic:
    """Pairs and whole numbers as SymPy has them."""
    return (
        Tuple(*map(_sympified, arg))
        if isinstance(arg, tuple)
        else sympy.Integer(arg)
        if isinstance(arg, int) and not isinstance(arg, bool)
        else arg
    )  # type: ignore[return-value]


class _AsWritten(sympy.Expr):
    """Base of the nodes: their arguments as they are given."""

    is_commutative = True

    def __new__(cls, *args):
        return sympy.Expr.__new__(cls, *map(_sympified, args))


class AsSum(_AsWritten):
    """Terms in their order."""


class AsProduct(_AsWritten):
    """Factors in their order."""


class AsQuotient(_AsWritten):
    """Numerator and denominator."""


class AsNegative(_AsWritten):
    """What stands behind a minus."""


class AsPower(_AsWritten):
    """Base and exponent."""


class AsCases(_AsWritten):
    """Pairs of a value and a condition."""


class DerivativeOf(_AsWritten):
    """What is to be differentiated, and by what."""


class PartialOf(_AsWritten):
    """What is to be differentiated by one of several numbers, and by which."""


class Norm(_AsWritten):
    """The length of a vector, or the largest factor by which a matrix lengthens one."""


class Largest(_AsWritten):
    """The largest of the absolute values of an entry, over an index."""


class GradientOf(_AsWritten):
    """All derivatives of a number by all parameters, in one column."""


class ScalarName(sympy.Symbol):
    """A number with a layer, a^L of a layer of one unit: written like an entry, not like a vector."""


class Dots(_AsWritten):
    """What is left out in a matrix: "horizontal", "vertical" or "diagonal"."""

    def __new__(cls, kind):
        return sympy.Expr.__new__(cls, Str(str(kind)))


def value_of(expr: sympy.Basic) -> sympy.Basic:
    """What SymPy makes of it: sums added up, derivatives taken.

    >>> z = sympy.Symbol("z")
    >>> value_of(AsSum(sympy.Integer(1), DerivativeOf(z**2, z), sympy.Integer(-1)))
    2*z
    """
    if not expr.args or not expr.has(_AsWritten):
        return expr
    values = [value_of(arg) for arg in expr.args]
    match expr:
        case AsSum():
            return sympy.Add(*values)
        case AsProduct():
            return sympy.Mul(*values)
        case AsQuotient():
            return values[0] / values[1]
        case AsNegative():
            return -values[0]
        case AsPower():
            return values[0] ** values[1]
        case AsCases():
            return sympy.Piecewise(*(tuple(pair) for pair in values))
        case DerivativeOf() | PartialOf():
            return sympy.diff(values[0], values[1])
    return expr.func(*values)
