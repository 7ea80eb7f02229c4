"""Random networks of every kind, and random numbers for them that stay away from kinks."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import sympy

from symback.network import Dense, Gated, Highway, LayerNorm, Network, Residual, RMSNorm, Scale
from symback.network.activations import ACTIVATIONS, Activation, ActivationRow
from symback.network.costs import COSTS, Cost
from symback.network.forward import forward_equations
from symback.network.sizes import SAMPLES
from tests.laws.plain_forward import plain_cost

MOST_LAYERS = 6
WIDEST = 7
CLEARANCE = 1e-3
LARGEST = 6.0  # of a weighted input: beyond, 1 - σ(z) and exp(exp z) lose the digits that a comparison needs

# The name of each width in a network of symbolic sizes; the same name is the same size.
SIZE_NAMES = {width: sympy.Symbol(name, integer=True, positive=True) for width, name in enumerate("pmnqruv", 1)}
WIDTHS = {name: width for width, name in SIZE_NAMES.items()}


@dataclass(frozen=True)
class Problem:
    """A network with numbers: parameters by name ("W1"), inputs x (batch, inputs), targets y (batch, outputs)."""

    network: Network
    parameters: dict[str, np.ndarray]
    x: np.ndarray
    y: np.ndarray

    @property
    def sizes(self) -> dict[sympy.Symbol, int]:
        """Numbers for the names of sizes."""
        return {**WIDTHS, SAMPLES: len(self.x)}


def choice(generator: np.random.Generator, options):
    """One of `options`, as it is."""
    options = list(options)
    return options[generator.integers(len(options))]


def random_activation(generator: np.random.Generator, may_be: Callable[[ActivationRow], bool]) -> Activation:
    """Any row for which `may_be` holds, sometimes with other options than its defaults."""
    row = choice(generator, (row for row in ACTIVATIONS.values() if may_be(row)))
    return Activation(row, _options(generator, row))


def _options(generator: np.random.Generator, row) -> tuple[sympy.Rational, ...]:
    if generator.random() < 0.5:
        return tuple(option.default for option in row.options)
    return tuple(sympy.Rational(int(generator.integers(1, 30)), 10) for _ in row.options)


def random_cost(generator: np.random.Generator, is_numeric: bool = True) -> Cost:
    """Any row, sometimes with other options than its defaults; `is_numeric`: not the one that is known by name only."""
    row = choice(generator, (row for row in COSTS.values() if row.formula is not None or not is_numeric))
    return Cost(row, _options(generator, row))


@dataclass
class _Builder:
    """Layers drawn one after the other, with the weights so far for those that tie to them."""

    generator: np.random.Generator
    size_of: Callable[[int], object]
    is_numeric: bool
    has_gates: bool = False
    dense: list[tuple[int, int, int]] = field(default_factory=list)
    count: int = 0

    def activation(self) -> Activation:
        return random_activation(self.generator, lambda row: row.name != "unspecified" or not self.is_numeric)

    def width(self) -> int:
        return int(self.generator.integers(1, WIDEST + 1))

    def some(self, budget: int, width: int, nesting: int = 0) -> tuple[list, int]:
        """Up to `budget` layers from `width` units, and the width they end with."""
        layers: list = []
        end = self.count + budget
        while self.count < end:
            layer, width = self.one(end - self.count, width, nesting)
            layers.append(layer)
        return layers, width

    def one(self, budget: int, width: int, nesting: int) -> tuple[object, int]:
        if self.has_gates and self.generator.random() < 0.4:
            return self.gate_or_scale(width)
        kind = self.generator.random()
        if kind < 0.15 and nesting < 3:
            return self.residual(int(self.generator.integers(1, min(3, budget) + 1)), width, nesting), width
        if kind < 0.3 and width > 1:
            return self.layer_norm(self.activation()), width
        return self.tied_or_dense(width, self.width(), self.activation())

    def residual(self, budget: int, width: int, nesting: int) -> Residual:
        inner, reached = self.some(budget - 1, width, nesting + 1)
        if reached == width > 1 and self.generator.random() < 0.3:
            return Residual((*inner, self.layer_norm(self.activation())))
        last, _ = self.new(reached, width, self.activation())
        return Residual((*inner, last))

    def gate_or_scale(self, width: int) -> tuple[object, int]:
        """One of the layers that have a gate, or scale without shifting."""
        self.count += 1
        kind = choice(self.generator, (RMSNorm, Scale, Gated, Highway))
        bias = bool(self.generator.random() < 0.8)
        if kind is RMSNorm:
            return RMSNorm(choice(self.generator, ("1e-5", "0.1")), self.activation()), width
        if kind is Gated:
            units = self.width()
            return Gated(self.size_of(units), self.activation(), bias), units
        return (Scale(bias, self.activation()) if kind is Scale else Highway(self.activation(), bias)), width

    def layer_norm(self, activation: Activation) -> LayerNorm:
        self.count += 1
        return LayerNorm(choice(self.generator, ("1e-5", "0.1")), activation)

    def tied_or_dense(self, width: int, wanted: int, activation: Activation) -> tuple[Dense, int]:
        """A dense layer, with the weights of an earlier one where some fit and chance wills."""
        fitting = [(n, rows, False) for n, rows, columns in self.dense if columns == width]
        fitting += [(n, columns, True) for n, rows, columns in self.dense if rows == width]
        if not fitting or self.generator.random() > 0.25:
            return self.new(width, wanted, activation)
        number, units, transpose = choice(self.generator, fitting)
        self.count += 1
        bias = bool(self.generator.random() < 0.8)
        return Dense(self.size_of(units), activation, bias, tied_to=number, transpose=transpose), units

    def new(self, width: int, units: int, activation: Activation) -> tuple[Dense, int]:
        self.count += 1
        self.dense.append((self.count, units, width))
        return Dense(self.size_of(units), activation, bool(self.generator.random() < 0.8)), units


def random_network(generator: np.random.Generator, is_numeric: bool = True, has_gates: bool = False) -> Network:
    """Depth 1-6, widths 1-7 (by name for one in five), any activations, any cost with outputs that fit it, penalties,
    layers without bias, tied, normalised, and residual branches in one another.

    `is_numeric`: without the activation and the cost that are known by name only.  `has_gates`: also the layers of `norms`
    and `gates`; not by default, so that a seed stays the network that it was.
    """
    is_symbolic = generator.random() < 0.2
    builder = _Builder(generator, (lambda width: SIZE_NAMES[width]) if is_symbolic else (lambda width: width), is_numeric, has_gates)
    cost = random_cost(generator, is_numeric)
    depth = int(generator.integers(1, MOST_LAYERS + 1))
    inputs = builder.width()
    if cost.row.outputs == "real" and generator.random() < 0.3:
        layers, _ = builder.some(depth, inputs)
    else:
        layers, reached = builder.some(depth - 1, inputs)
        layers.append(_last(builder, cost, reached))
    l1, l2 = (f"0.{generator.integers(1, 5)}" if generator.random() < 0.2 else 0 for _ in range(2))
    return Network(builder.size_of(inputs), tuple(layers), cost, l1, l2)


def _last(builder: _Builder, cost: Cost, width: int) -> Dense:
    """A dense layer whose outputs are what the cost expects."""
    implied = {"probabilities": ("unit", "positive"), "unit": ("positive",)}
    wanted = cost.row.outputs

    def fits(row: ActivationRow) -> bool:
        if row.name == "unspecified":
            return not builder.is_numeric
        return wanted == "real" or wanted in (row.values, *implied.get(row.values, ()))

    units = int(builder.generator.integers(2, WIDEST + 1))  # of one unit, softmax is 1, and log(1 - a) has no value
    return builder.new(width, units, random_activation(builder.generator, fits))[0]


# Numbers ---------------------------------------------------------------------------------------------------------


class OnKink(Exception):
    """No numbers keep a network away from its kinks: log_softmax of one unit is 0 for every input, and relu of that is none."""


def random_case(
    generator: np.random.Generator,
    batch: int | None = None,
    accept: Callable[[Network], bool] = lambda network: True,
    has_gates: bool = False,
) -> Problem:
    """A random network that is accepted, with numbers."""
    while True:
        network = random_network(generator, has_gates=has_gates)
        try:
            if accept(network):
                return random_problem(network, generator, batch)
        except OnKink:
            continue


def random_problem(network: Network, generator: np.random.Generator, batch: int | None = None) -> Problem:
    """Random parameters, inputs and targets, drawn again, and smaller, until nothing is near a kink or large."""
    samples = batch or int(generator.integers(1, 7))
    forward = forward_equations(network)
    shapes = {str(p.name).replace("^", ""): [int(size.xreplace(WIDTHS)) for size in p.shape] for p in forward.parameters}
    inputs, outputs = (int(sympy.sympify(size).xreplace(WIDTHS)) for size in (network.inputs, network.outputs))
    for attempt in range(60):
        scale = 0.93**attempt
        problem = Problem(
            network,
            {name: _random_parameter(name, shape, scale, generator) for name, shape in shapes.items()},
            generator.normal(size=(samples, inputs)) * scale,
            random_targets(network.cost.row.targets, (samples, outputs), generator),
        )
        with np.errstate(all="ignore"):
            cost, run = plain_cost(network, problem.parameters, problem.x, problem.y)
        if np.isfinite(cost) and run.clearance > CLEARANCE and run.largest < LARGEST:
            return problem
    raise OnKink(f"no numbers away from kinks were found for {network}")


def _random_parameter(name: str, shape: list[int], scale: float, generator: np.random.Generator) -> np.ndarray:
    """Weights of either sign and never near 0, where |w| has its kink; thresholds of an srelu in their order."""
    if name.startswith("t_"):
        return generator.uniform(0.3, 1.0, shape) * (1 if name.startswith("t_high") else -1)
    if name.startswith(("gamma", "alpha")):
        return generator.uniform(0.2, 1.5, shape)
    size = generator.uniform(0.3, 1.6, shape) * generator.choice([-1, 1], shape)
    return size * scale / (math.sqrt(shape[-1]) if len(shape) == 2 else 1)


def random_targets(kind: str, shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
    """Targets as a cost wants them; see `CostRow.targets`."""
    match kind:
        case "unit":
            return generator.uniform(0.0, 1.0, shape)
        case "probabilities":
            if generator.random() < 0.5:
                return np.eye(shape[1])[generator.integers(shape[1], size=shape[0])]
            return generator.dirichlet(np.ones(shape[1]), size=shape[0])
        case "signs":
            return generator.choice([-1.0, 1.0], shape)
        case "counts":
            return generator.poisson(2.0, shape).astype(float)
    return generator.normal(size=shape)
