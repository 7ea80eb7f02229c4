"""The plot of an activation and of its slope, each in pieces between its kinks."""

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import sympy

from symback.language.functions import ScalarFunction
from symback.language.printing import to_latex, to_text
from symback.network.activations import Activation, Z
from symback.numerics.scalars import evaluate_scalar
from symback.presentation.blocks import Figure, Math, Spans
from symback.presentation.drawing.plot import Axis, Curve, plot
from symback.presentation.drawing.shapes import Point, Sign
from symback.presentation.spoken import spoken_name

__all__ = ["largest_slope", "slope_figure"]

REACH = 5  # z from -5 to 5
POINTS = 121
LOWEST, HIGHEST = -2.0, 3.0  # of what is shown of functions that grow without end
STEPS = (0.25, 0.5, 1.0)
# Values of parameters that are learned, for a picture.
SHOWN_WITH: Mapping[str, sympy.Rational] = MappingProxyType({
    "alpha": sympy.Rational(1, 4), "t_low": sympy.Integer(-1), "alpha_low": sympy.Rational(1, 5),
    "t_high": sympy.Integer(1), "alpha_high": sympy.Rational(2, 5),
})  # fmt: skip


def slope_figure(activation: Activation, f: type[ScalarFunction]) -> Figure | None:
    """The function and its slope for z from -5 to 5; none for the identity, of which there is nothing to see."""
    if activation.name == "identity" or activation.formula is None:
        return None
    chosen = {sympy.Symbol(letter, real=True): SHOWN_WITH[letter] for letter in activation.row.learnable}
    value = activation.formula.xreplace(chosen)
    slope = sympy.diff(activation.formula, Z).xreplace(chosen)
    kinks = [float(kink.xreplace(chosen)) for kink in activation.row.kinks]
    curves = [_curve(f(Z), value, []), _curve(f.prime()(Z), slope, kinks)]
    x = Axis(-REACH, REACH, tuple(map(float, range(-4, 5, 2))), (_sign(Z),))
    name = spoken_name(activation)
    most = largest_slope(activation)
    description = f"The function rises from {_rounded(value, -REACH)} at z = -{REACH} to {_rounded(value, REACH)} at z = {REACH}. "
    description += f"Its slope is {_rounded(slope, -REACH)} and {_rounded(slope, REACH)} there."
    picture = plot(f"{name} and its slope", description, curves, x, _fitting(curves))
    return Figure(f"slope-{activation.name.replace('_', '-')}", picture, _caption(activation, f, chosen, most))


def _caption(activation: Activation, f: type[ScalarFunction], chosen: Mapping[sympy.Symbol, sympy.Rational], most: float) -> Spans:
    """What is drawn, and how steep it gets."""
    name = spoken_name(activation)
    words: Spans = (
        f"{name[:1].upper()}{name[1:]}: ",
        Math((f(Z),)),
        " (solid) and its slope ",
        Math((f.prime()(Z),)),
        " (dashed)",
    )
    for symbol, value in chosen.items():
        words = (*words, ", ", Math((symbol, value)))
    return (*words, f". The slope is at most {most:.4g}.")


def _curve(label: sympy.Expr, expr: sympy.Expr, kinks: list[float]) -> Curve:
    """Points of an expression in z, in pieces between kinks; the value at a kink is marked."""
    ends = [-REACH, *kinks, REACH]
    pieces = []
    for low, high in pairwise(ends):
        near = 1e-9 * (high - low)
        grid = np.linspace(low + near * (low in kinks), high - near * (high in kinks), POINTS)
        pieces.append(tuple(zip(grid.tolist(), _values(expr, grid).tolist(), strict=True)))
    marks: tuple[Point, ...] = tuple((kink, float(_values(expr, np.array([kink]))[0])) for kink in kinks)
    return Curve((_sign(label),), tuple(pieces), marks)


def _values(expr: sympy.Expr, grid: np.ndarray) -> np.ndarray:
    return np.broadcast_to(evaluate_scalar(expr, {Z: grid}), grid.shape).astype(float)


def _rounded(expr: sympy.Expr, at: int) -> str:
    return f"{float(_values(expr, np.array([float(at)]))[0]) + 0.0:.3g}"  # no -0


def _sign(expr: sympy.Expr) -> Sign:
    return Sign(to_latex(expr), to_text(expr), style="italic" if expr.is_Symbol else "upright")


def _fitting(curves: list[Curve]) -> Axis:
    """An axis that holds the curves, as far as they stay within what is shown, from tick to tick."""
    values = [y for curve in curves for piece in curve.pieces for _, y in piece]
    low, high = max(LOWEST, min(values)), min(HIGHEST, max(values))
    step = next((step for step in STEPS if (high - low) / step <= 6), STEPS[-1])
    first, last = int(np.floor(low / step + 1e-9)), int(np.ceil(high / step - 1e-9))
    return Axis(first * step, last * step, tuple(i * step for i in range(first, last + 1)))


def largest_slope(activation: Activation) -> float:
    """max |f'(z)|, found on a fine grid that holds z = 0 and every kink from both sides; learned parameters as in SHOWN_WITH.

    >>> from symback.network.activations import read_activation
    >>> largest_slope(read_activation("sigmoid")), largest_slope(read_activation("relu"))
    (0.25, 1.0)
    """
    assert activation.formula is not None
    chosen = {sympy.Symbol(letter, real=True): SHOWN_WITH[letter] for letter in activation.row.learnable}
    slope = sympy.diff(activation.formula, Z).xreplace(chosen)
    return float(np.max(np.abs(_values(slope, np.linspace(-8.0, 8.0, 16001)))))
