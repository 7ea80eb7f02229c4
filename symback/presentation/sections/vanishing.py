"""Vanishing and exploding gradients: δ^1 as a product of layers, the bound of its length, and what is measured.

    ‖δ^l‖ ≤ max_j |σ'(z^l_j)| ‖W^(l+1)‖ ‖δ^(l+1)‖

The curves are measured when the page is made, by `numerics.depth`, with a fixed seed; so the same page is always the same.
"""

from functools import cache

import sympy
from sympy.matrices.expressions.diagonal import DiagMatrix

from symback.language.as_written import AsPower, AsProduct, Largest, Norm
from symback.language.expressions import Axis, map_, slot, var
from symback.language.functions import ScalarFunction, scalar_function
from symback.language.names import LAST_LAYER, LAYER, Name
from symback.network.activations import Z, read_activation
from symback.network.layers import Dense
from symback.numerics.depth import Measurement, measure_depth
from symback.presentation.blocks import Block, Equations, Figure, Heading, Line, Math, Prose, Spans, Table, Written
from symback.presentation.drawing.plot import Axis as PlotAxis
from symback.presentation.drawing.plot import Curve, plot
from symback.presentation.drawing.shapes import Words
from symback.presentation.opening import activations_of
from symback.presentation.sections.slope_plots import largest_slope
from symback.presentation.sections.subject import Subject
from symback.presentation.spoken import spoken_name
from symback.simplification.index_form import index_symbol
from symback.simplification.matrix_form import matrix_form

__all__ = ["MEASURED", "measurements", "vanishing_section"]

LAYERS, WIDTH, NETWORKS = 20, 50, 5
MEASURED = (
    ("sigmoid", "Glorot"), ("tanh", "half of Glorot's deviation"), ("tanh", "Glorot"), ("relu", "Glorot"), ("relu", "He"),
    ("relu", "twice Glorot's deviation"),
)  # fmt: skip
SHORT = {"half of Glorot's deviation": "half of Glorot", "twice Glorot's deviation": "twice Glorot"}
COMMON = ("sigmoid", "tanh", "relu")
DEPTHS = (2, 5, 10, 20)
LOWEST, HIGHEST = 1e-14, 1e6
MOST_TOLD = 4  # layers of a network whose product is written out


def vanishing_section(subject: Subject) -> list[Block]:
    """The product, the bound, what it means in numbers for the activations of the network, and the measurement."""
    if subject.derivations[0].forward.is_batch:
        return []
    functions = _hidden_functions(subject)
    is_one = len(set(functions.values())) == 1
    function = next(iter(functions.values())) if is_one else scalar_function("phi")
    words: Spans = ("Every layer on the way back multiplies the error by its transposed weights and by the slopes below.",)
    below = Math((LAYER, LAST_LAYER), "<")
    general = [Prose((*words, " For ", below, ":")), Equations((_one_layer(function),))] if is_one else [Prose(words)]
    return [
        Heading(("Vanishing and exploding gradients",)),
        *general,
        *_product(subject, functions),
        *_bound(function),
        _table(subject),
        Prose(_reading()),
        _figure(),
    ]  # fmt: skip


def _hidden_functions(subject: Subject) -> dict[int, type[ScalarFunction]]:
    """The function of each layer below the last; none at all if one of them is not element-wise, or nothing is activated."""
    found: dict[int, type[ScalarFunction]] = {}
    for number in subject.network.numbered[:-1]:
        function = number.layer.activation.function
        if function is None or number.layer.activation.name == "identity" or not isinstance(number.layer, Dense):
            return {}
        found[number.number] = function
    return found


def _size(layer: object) -> sympy.Symbol:
    return sympy.Symbol(f"n_{{{layer}}}".replace(" ", ""), integer=True, positive=True)


def _backward(function: type[ScalarFunction], layer) -> tuple[sympy.Expr, sympy.Expr]:
    """diag(σ'(z^l)) and (W^(l+1))ᵀ."""
    here, above = Axis(_size(layer)), Axis(_size(layer + 1))
    slopes = matrix_form(map_(function.prime()(slot(0)), (var(Name("z", layer), (here,)),)))
    return DiagMatrix(slopes), matrix_form(var(Name("W", layer + 1), (above, here))).T


def _error(layer) -> sympy.MatrixSymbol:
    return matrix_form(var(Name("delta", layer), (Axis(_size(layer)),)))


def _one_layer(function: type[ScalarFunction]) -> Line:
    return Line(_error(LAYER), AsProduct(*_backward(function, LAYER), _error(LAYER + 1)))


def _product(subject: Subject, functions: dict[int, type[ScalarFunction]]) -> list[Block]:
    """δ^1 = D^1 (W^2)ᵀ D^2 (W^3)ᵀ … δ^L, written out for the network of the page."""
    network = subject.network
    if network.is_generic or not functions or not 2 <= network.depth <= MOST_TOLD or len(functions) != network.depth - 1:
        return []
    factors = [factor for layer in range(1, network.depth) for factor in _backward(functions[layer], layer)]
    words: Spans = ("From the last layer, ", Math((sympy.Integer(network.depth),)), ", to the first one:")
    return [Prose(words), Equations((Line(_error(1), AsProduct(*factors, _error(network.depth))),))]


def _bound(function: type[ScalarFunction]) -> list[Block]:
    """No factor lengthens a vector by more than its norm; from layer L to layer 1, L - 1 times."""
    j = index_symbol("j")
    steepest = Largest(function.prime()(sympy.Indexed(f"z^{LAYER}", j)), j)
    weights, length = Norm(_backward(function, LAYER)[1].arg), Norm(_error(LAYER + 1))
    each = Line(Norm(_error(LAYER)), AsProduct(steepest, weights, length), relation="≤")
    steep, heavy = sympy.Symbol("s", positive=True), sympy.Symbol("w", positive=True)
    powers = AsProduct(AsPower(AsProduct(steep, heavy), LAST_LAYER - 1), Norm(_error(LAST_LAYER)))
    return [
        Prose((_norm_words(), "so that in every layer ", Math((LAYER,)), ", activated by ", Math((function(Z),)), ",")),
        Equations((each,)),
        Prose(("If no slope is above ", Math((steep,)), " and no matrix lengthens a vector more than ", Math((heavy,)), " times, then")),
        Equations((Line(Norm(_error(1)), powers, relation="≤"),)),
    ]


def _norm_words() -> str:
    """What the norms mean."""
    return "A matrix lengthens a vector at most by its norm, its largest singular value; that of a diagonal matrix is its largest entry, "


# Numbers ---------------------------------------------------------------------------------------------------------


def _table(subject: Subject) -> Table:
    """The power of the largest slope for several depths, for the activations of the page and for the common ones."""
    own = [activation for activation in activations_of(subject.network) if activation.formula is not None and activation.row.is_elementwise]
    shown = list(dict.fromkeys([*own, *map(read_activation, COMMON)]))
    header: tuple[Spans, ...] = (("activation",), ("largest slope",), *((Math((LAST_LAYER, sympy.Integer(depth))),) for depth in DEPTHS))
    rows: list[tuple[Spans, ...]] = []
    for activation in shown:
        most = largest_slope(activation)
        powers = tuple((_short(most ** (depth - 1)),) for depth in DEPTHS)
        rows.append(((spoken_name(activation),), (f"{most:.4g}",), *powers))
    return Table(header, tuple(rows))


def _short(value: float) -> Written:
    """0.0039, and 3.8 · 10^-6 of what is smaller than a thousandth."""
    if 1e-3 <= value < 1e4:
        return Written(f"{value:.2g}", f"{value:.2g}")
    mantissa, exponent = f"{value:.1e}".split("e")
    return Written(rf"{mantissa} \cdot 10^{{{int(exponent)}}}", f"{mantissa}e{int(exponent)}")


def _reading() -> Spans:
    words = "The columns show the largest slope to the power of the layers between the first and the last, which is the bound where no "
    words += (
        "matrix lengthens a vector. With a largest slope of a quarter the first layers of a deep network learn next to nothing, unless "
    )
    words += "their weights are large; where the slope reaches 1, the weights decide alone, and may as well make the error explode."
    return (words,)


@cache
def measurements() -> tuple[Measurement, ...]:
    """The curves of the figure, with a fixed seed."""
    return tuple(measure_depth(*which, layers=LAYERS, width=WIDTH, networks=NETWORKS) for which in MEASURED)


def _figure() -> Figure:
    """The ratio of the lengths against the layers that the error has gone back, on a scale of powers of ten."""
    measured = measurements()
    points = (tuple((float(i), ratio) for i, ratio in enumerate(reversed(each.ratios))) for each in measured)
    curves = [Curve((Words(_label(each)),), (piece,)) for each, piece in zip(measured, points, strict=True)]
    x = PlotAxis(0.0, LAYERS - 1.0, (0.0, 5.0, 10.0, 15.0), (Words("layers that the error has gone back"),))
    y = PlotAxis(LOWEST, HIGHEST, tuple(10.0**power for power in range(-12, 5, 4)), is_log=True)
    ends = "; ".join(f"{_label(each)}: {each.ratios[0]:.1e}" for each in measured)
    description = f"Length of the error in layer 1, relative to that in the last layer. {ends}."
    picture = plot("Length of the error against depth", description, curves, x, y)
    caption = (
        f"Measured: the length of the error after it has gone back through layers, relative to that in the last layer, for networks "
        f"of {LAYERS} layers of {WIDTH} units without biases. Inputs and the last error are normal, weights are normal with deviation "
        f"one over the root of {WIDTH} (Glorot), root two times that (He), half or twice it. Each point is the median of "
        f"{NETWORKS} networks."
    )
    return Figure("vanishing", picture, (caption,))


def _label(measured: Measurement) -> str:
    name = {"relu": "ReLU"}.get(measured.activation, measured.activation)
    return f"{name}, {SHORT.get(measured.scale, measured.scale)}"
