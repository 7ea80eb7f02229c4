"""The slope of each activation of the network, derived line by line, with a plot of function and slope.

The lines up to the first one without a d/dz come from the rules of `calculus.line_by_line`; those that bring the slope into
the form that a textbook prints, σ(1 - σ), are rows of ENDINGS, and the tests hold every line to the derivative that SymPy
takes.  What is not element-wise, softmax and its logarithm, has a Jacobian and a derivation of its own.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import sympy
from sympy import exp

from symback.calculus.line_by_line import SlopeLine, slope_lines
from symback.language.as_written import AsCases, AsNegative, AsPower, AsProduct, AsQuotient, AsSum
from symback.language.functions import ScalarFunction, scalar_function
from symback.network.activations import A, Activation, Z, read_activation
from symback.presentation.blocks import Block, Equations, Heading, Line, Math, Prose, Spans
from symback.presentation.opening import activations_of
from symback.presentation.scalars import of_numbers
from symback.presentation.sections.jacobians import JACOBIANS
from symback.presentation.sections.slope_plots import slope_figure
from symback.presentation.sections.subject import Subject
from symback.presentation.spoken import spoken_name

__all__ = ["BEGINNINGS", "ENDINGS", "function_named", "lines_of", "slopes_section"]

GROWN, SHRUNK = exp(Z), exp(-Z)
ABOVE, BELOW = GROWN - SHRUNK, GROWN + SHRUNK
LOGISTIC = read_activation("sigmoid").function

# What the derivation starts from, where that is not the formula of the activation.
BEGINNINGS: Mapping[str, sympy.Expr] = MappingProxyType({"tanh": ABOVE / BELOW, "silu": Z * LOGISTIC(Z)})  # type: ignore[misc]


def _of_sigmoid(f: sympy.Expr) -> tuple[SlopeLine, ...]:
    below = 1 + SHRUNK
    return (
        SlopeLine(AsProduct(1 / below, AsQuotient(SHRUNK, below)), "as a product of two fractions"),
        SlopeLine(AsProduct(1 / below, AsQuotient(AsSum(1, SHRUNK, -1), below)), "add and subtract 1"),
        SlopeLine(AsProduct(1 / below, AsSum(1, AsNegative(1 / below))), "divide term by term"),
        SlopeLine(AsProduct(f, AsSum(1, AsNegative(f))), "by the definition of the function"),
    )


def _of_tanh(f: sympy.Expr) -> tuple[SlopeLine, ...]:
    squares = (AsPower(side, 2) for side in (BELOW, ABOVE))
    first, second = squares
    return (
        SlopeLine(AsQuotient(AsSum(first, AsNegative(second)), AsPower(BELOW, 2)), "as squares"),
        SlopeLine(AsSum(1, AsNegative(AsPower(AsQuotient(ABOVE, BELOW), 2))), "divide term by term"),
        SlopeLine(AsSum(1, AsNegative(AsPower(f, 2))), "by the definition of the function"),
    )


def _of_softplus(f: sympy.Expr) -> tuple[SlopeLine, ...]:
    return (
        SlopeLine(AsQuotient(sympy.S.One, AsSum(SHRUNK, 1)), "divide both by the numerator: this is the sigmoid"),
        SlopeLine(AsSum(1, AsNegative(exp(-f))), "since the function is the logarithm of the denominator above"),
    )


def _of_silu(f: sympy.Expr) -> tuple[SlopeLine, ...]:
    logistic = LOGISTIC(Z)  # type: ignore[misc]
    return (
        SlopeLine(AsSum(logistic, AsProduct(Z, logistic, AsSum(1, AsNegative(logistic)))), "the slope of the sigmoid"),
        SlopeLine(AsProduct(logistic, AsSum(1, AsProduct(Z, AsSum(1, AsNegative(logistic))))), "take out the common factor"),
    )


def _of_softsign(f: sympy.Expr) -> tuple[SlopeLine, ...]:
    pieces = AsCases((1 / (1 + Z) ** 2, Z > 0), (1 / (1 - Z) ** 2, True))
    return (
        SlopeLine(pieces, "the numerators are 1"),
        SlopeLine(1 / (1 + sympy.Abs(Z)) ** 2, "in one formula"),
    )


# The lines after the last d/dz, from f(z), the activation by its name.
ENDINGS: Mapping[str, Callable[[sympy.Expr], tuple[SlopeLine, ...]]] = MappingProxyType({
    "sigmoid": _of_sigmoid, "tanh": _of_tanh, "softplus": _of_softplus, "silu": _of_silu, "softsign": _of_softsign,
})  # fmt: skip


def function_named(activation: Activation) -> type[ScalarFunction]:
    """The function by its name, also of one with parameters that are learned."""
    known = activation.function
    return scalar_function(activation.name, activation.formula) if known is None else known


def lines_of(activation: Activation) -> tuple[SlopeLine, ...]:
    """Every line of the derivative of an element-wise activation, each with its reason.

    >>> [line.reason for line in lines_of(read_activation("relu"))]
    ['piece by piece', 'the slope of a line, a constant has slope 0']
    """
    formula = BEGINNINGS.get(activation.name, activation.formula)
    assert formula is not None
    lines = list(slope_lines(formula, Z))
    if activation.name in ENDINGS:
        lines += ENDINGS[activation.name](function_named(activation)(Z))
    else:
        lines += _tidied(activation)
    return tuple(lines)


def _tidied(activation: Activation) -> list[SlopeLine]:
    """The slope as SymPy orders it, and in terms of the value where there is such a form."""
    formula, slope = activation.formula, activation.slope
    assert formula is not None
    if isinstance(formula, sympy.Piecewise):
        if not isinstance(slope, sympy.Piecewise) or not slope.has(A) or len(slope.args) != len(formula.args):
            return []
        f = function_named(activation)(Z)
        values = [value.xreplace({A: f}) for value, _ in slope.args]
        is_constant = not any(value.has(f) for value in values)
        pairs = zip(values, (condition for _, condition in formula.args), strict=True)
        return [] if is_constant else [SlopeLine(AsCases(*pairs), "in terms of the function itself")]
    if activation.name in ("identity", "exp"):
        return []
    return [SlopeLine(sympy.expand_mul(sympy.diff(formula, Z), deep=False), "multiply out")]


# The section -----------------------------------------------------------------------------------------------------


def slopes_section(subject: Subject) -> list[Block]:
    """Each activation of the network: its slope line by line, what happens at kinks, and the plot."""
    blocks: list[Block] = [Heading(("Slopes of the activations",))]
    told = [_told(activation, subject) for activation in activations_of(subject.network) if activation.name != "unspecified"]
    if not told:
        return []
    return [*blocks, *(block for part in told for block in part)]


def _told(activation: Activation, subject: Subject) -> list[Block]:
    heading = Heading((f"The slope of {spoken_name(activation)}",), 2)
    if not activation.row.is_elementwise:
        return [heading, *JACOBIANS[activation.name](_place(activation, subject))]
    assert activation.formula is not None
    f = function_named(activation)
    lines = lines_of(activation)
    chain = [Line(f.prime()(Z), lines[0].expr), *(Line(None, line.expr, (line.reason,)) for line in lines[1:])]
    blocks: list[Block] = [heading, *_beginning(activation, f), Equations(tuple(chain)), *_kinks(activation, f)]
    blocks = [of_numbers(block) for block in blocks]
    figure = slope_figure(activation, f)
    return blocks if figure is None else [*blocks, figure]


def _place(activation: Activation, subject: Subject) -> tuple[object, sympy.Expr]:
    """The last layer that has this activation, and its size."""
    derivation = next(d for d in subject.derivations if any(layer.layer.activation == activation for layer in d.network.numbered))
    activated = [e.symbol for e in derivation.forward.equations if e.role == "activation" and e.symbol.name.letter in ("a", "A")]
    numbers = {layer.number for layer in derivation.network.numbered if layer.layer.activation == activation}
    symbol = next((s for s in reversed(activated) if s.name.layer in numbers), activated[-1])
    return symbol.name.layer, symbol.axes[-1].size


def _beginning(activation: Activation, f: type[ScalarFunction]) -> list[Block]:
    """The function itself."""
    start = BEGINNINGS.get(activation.name, activation.formula)
    assert start is not None
    lines = [Line(f(Z), start)]
    if start.has(LOGISTIC):
        lines.append(Line(LOGISTIC(Z), LOGISTIC(Z).expanded()))  # type: ignore[misc]
    return [Equations(tuple(lines))]


def _kinks(activation: Activation, f: type[ScalarFunction]) -> list[Block]:
    """The slopes from both sides where two pieces meet."""
    sentences: list[Spans] = []
    for place, left, right in one_sided_slopes(activation):
        at = Math((Z, place))
        if sympy.simplify(left - right) == 0:
            sentences.append(("At ", at, " both pieces have the slope ", Math((left,)), ": there is no kink."))
        else:
            given = Math((f.prime()(place), sympy.diff(activation.formula, Z).subs(Z, place)))
            words = ("At ", at, " the slope is ", Math((left,)), " from the left and ", Math((right,)), " from the right: there is a kink")
            sentences.append((*words, ", and it is agreed that ", given, "."))
    return [Prose(sentence) for sentence in sentences]


def one_sided_slopes(activation: Activation) -> list[tuple[sympy.Expr, sympy.Expr, sympy.Expr]]:
    """The z at which two pieces meet, with the slopes of the piece at the left and of that at the right."""
    formula = activation.formula
    if not isinstance(formula, sympy.Piecewise):
        return []
    places = sorted({side for _, condition in formula.args for side in condition.args if side.is_number}, key=float)
    near = sympy.Rational(1, 1000)
    found = []
    for place in places:
        sides = (next(value for value, condition in formula.args if condition.subs(Z, place + step)) for step in (-near, near))
        left, right = (sympy.diff(value, Z).subs(Z, place) for value in sides)
        found.append((place, left, right))
    return found
