"""The derivatives of softmax and of its logarithm, line by line: every output depends on every input, so they are matrices."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import sympy
from sympy.matrices.expressions.diagonal import DiagMatrix
from sympy.matrices.expressions.special import OneMatrix

from symback.language.as_written import AsNegative, AsPower, AsProduct, AsQuotient, AsSum
from symback.presentation.blocks import Block, Equations, Line, Math, Prose
from symback.simplification.index_form import PartialDerivative, index_symbol

__all__ = ["JACOBIANS", "Place", "jacobian_lines"]

J, K, I = (index_symbol(letter) for letter in "jki")
Place = tuple[object, sympy.Expr]  # the layer, and how many units it has


def _entries(letter: str, layer: object) -> sympy.IndexedBase:
    return sympy.IndexedBase(f"{letter}^{layer}")


def jacobian_lines(name: str, place: Place) -> list[Line]:
    """∂a_j/∂z_i from the quotient rule, or from the slope of a logarithm, to the form that is used."""
    return _LINES[name](place)


def _softmax_lines(place: Place) -> list[Line]:
    """∂a_j/∂z_i = a_j (δ_ji - a_i)"""
    layer, size = place
    z, a = _entries("z", layer), _entries("a", layer)
    above, total = sympy.exp(z[J]), sympy.Sum(sympy.exp(z[K]), (K, 1, size))
    delta, inner = sympy.KroneckerDelta(J, I), sympy.exp(z[I])
    slopes = (AsProduct(total, PartialDerivative(above, z[I])), AsNegative(AsProduct(above, PartialDerivative(total, z[I]))))
    taken = (AsProduct(total, delta, above), AsNegative(AsProduct(above, inner)))
    shares = (AsProduct(delta, AsQuotient(above, total)), AsNegative(AsProduct(AsQuotient(above, total), AsQuotient(inner, total))))
    return [
        Line(PartialDerivative(a[J], z[I]), AsQuotient(AsSum(*slopes), AsPower(total, 2)), ("quotient rule",)),
        Line(None, AsQuotient(AsSum(*taken), AsPower(total, 2)), ("each exponential depends on one entry alone",)),
        Line(None, AsSum(*shares), ("divide term by term",)),
        Line(None, AsSum(AsProduct(delta, a[J]), AsNegative(AsProduct(a[J], a[I]))), ("by the definition of the function",)),
        Line(None, AsProduct(a[J], AsSum(delta, AsNegative(a[I]))), ("take out the common factor",)),
    ]


def _log_softmax_lines(place: Place) -> list[Line]:
    """∂a_j/∂z_i = δ_ji - p_i, p = softmax(z)"""
    layer, size = place
    z, a, p = (_entries(letter, layer) for letter in "zap")
    inner, total = sympy.exp(z[I]), sympy.Sum(sympy.exp(z[K]), (K, 1, size))
    delta = sympy.KroneckerDelta(J, I)
    return [
        Line(PartialDerivative(a[J], z[I]), AsSum(delta, AsNegative(AsQuotient(PartialDerivative(total, z[I]), total))), ("chain rule",)),
        Line(None, AsSum(delta, AsNegative(AsQuotient(inner, total))), ("one of the exponentials depends on this entry",)),
        Line(None, AsSum(delta, AsNegative(p[I])), ("by the definition of softmax",)),
    ]


def _softmax(place: Place) -> list[Block]:
    layer, size = place
    z, a = _entries("z", layer), _entries("a", layer)
    total = sympy.Sum(sympy.exp(z[K]), (K, 1, size))
    whole_a, whole_z = (sympy.MatrixSymbol(f"{letter}^{layer}", size, 1) for letter in "az")
    jacobian = sympy.MatAdd(DiagMatrix(whole_a), -whole_a * whole_a.T, evaluate=False)
    return [
        Prose(("Each output depends on every input, so the derivative is a matrix with an entry for each pair of units:",)),
        Equations((Line(a[J], sympy.exp(z[J]) / total),)),
        Equations(tuple(_softmax_lines(place))),
        Prose(("With matrices, where the first term is the diagonal:",)),
        Equations((Line(_jacobian_of(whole_a, whole_z), jacobian),)),
    ]


def _jacobian_of(above: sympy.MatrixSymbol, below: sympy.MatrixSymbol) -> sympy.Basic:
    """∂a/∂z"""
    return sympy.MatrixSymbol(f"d{above.name}/d{below.name}", above.shape[0], below.shape[0])


def _log_softmax(place: Place) -> list[Block]:
    layer, size = place
    z, a, p = (_entries(letter, layer) for letter in "zap")
    total = sympy.Sum(sympy.exp(z[K]), (K, 1, size))
    whole_a, whole_z, whole_p = (sympy.MatrixSymbol(f"{letter}^{layer}", size, 1) for letter in "azp")
    jacobian = sympy.MatAdd(sympy.Identity(size), -OneMatrix(size, 1) * whole_p.T, evaluate=False)
    logarithm = Line(a[J], sympy.log(p[J])), Line(None, AsSum(z[J], AsNegative(sympy.log(total))))
    return [
        Prose(("Each output depends on every input. With the shares ", Math((p[J],)), " of the exponentials,")),
        Equations((Line(p[J], sympy.exp(z[J]) / total), *logarithm)),
        Equations(tuple(_log_softmax_lines(place))),
        Prose(("With matrices:",)),
        Equations((Line(_jacobian_of(whole_a, whole_z), jacobian),)),
    ]


_LINES: Mapping[str, Callable[[Place], list[Line]]] = MappingProxyType({"softmax": _softmax_lines, "log_softmax": _log_softmax_lines})
JACOBIANS: Mapping[str, Callable[[Place], list[Block]]] = MappingProxyType({"softmax": _softmax, "log_softmax": _log_softmax})
