r"""The network that a claim speaks of: its forward equations, and by the chain rule every derivative of its cost.

    x = a^0,  z^k = W^k a^{k-1} + b^k,  a^k = σ(z^k),  C = C(a^K, y)          a network that ends in its cost
    the same, with C an open function of the last z                           a piece of a deeper network

The equations are those of the document (layout, index of the weights, cost, activation), otherwise the common ones; the
derivatives are always the engine's, by one road: `chain_rule` over the equations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import sympy

from symback.calculus.chain_rule import chain_rule
from symback.calculus.jacobian import jacobian
from symback.language.expressions import (
    Add,
    Axis,
    Contract,
    Equation,
    Map,
    Tensor,
    Unspecified,
    Var,
    add,
    broadcast,
    const,
    contract,
    einsum,
    leaves,
    map_,
    slot,
    unspecified,
    var,
    walk,
)  # fmt: skip
from symback.language.functions import scalar_function
from symback.language.names import Name
from symback.numerics.evaluate import Setting, evaluate_equations, random_setting
from symback.verification.meaning import COL, ROW, Untyped, Value

__all__ = ["ACTIVATIONS", "Layers", "Ways", "Universe", "build_universe"]

X = slot(0)
ACTIVATIONS: dict[str, sympy.Expr | None] = {
    "unspecified": None,
    "sigmoid": 1 / (1 + sympy.exp(-X)),
    "tanh": sympy.tanh(X),
    "relu": sympy.Piecewise((X, X > 0), (0, True)),
}


@dataclass(frozen=True)
class Ways:
    """How the document writes a network: what is in force where a claim stands.

    `layout`      "column" z = W a + b, "transposed" z = Wᵀ a + b, "row" Z = A W + b, "row transposed" Z = A Wᵀ + b,
                  "samples" Z = W A + b, "scalar" one neuron in each layer;
    `shift`       1 where W^l leads from layer l to layer l + 1;
    `cost`        "unspecified", "quadratic" ½Σ(a-y)², "squared_error" Σ(a-y)², "binary_cross_entropy", "cross_entropy";
    `activation`  a row of `ACTIVATIONS`, or "softmax" for the last layer;
    `is_mean`     whether δ belongs to one sample and the gradients of parameters are averaged over the samples.
    """

    layout: str = "column"
    shift: int = 0
    cost: str = "unspecified"
    activation: str = "unspecified"
    is_mean: bool = False

    def sentences(self) -> tuple[str, ...]:
        """The choices in words."""
        forward = {
            "column": "z = W a + b", "transposed": "z = Wᵀ a + b", "row": "Z = A W + b, a row for each sample",
            "row transposed": "Z = A Wᵀ + b, a row for each sample", "samples": "Z = W A + b, a column for each sample",
            "scalar": "one neuron in each layer",
        }[self.layout]  # fmt: skip
        found = [forward]
        if self.shift:
            found.append("W^l leads from layer l to layer l+1")
        if self.cost != "unspecified":
            found.append(f"C is the {self.cost.replace('_', ' ')} cost")
        if self.activation != "unspecified":
            found.append(f"the activation is {self.activation}")
        return tuple(found)


@dataclass(frozen=True)
class Layers:
    """Which layers a universe has: z of `first` … `last`, and whether the cost is taken of the last one's activation."""

    first: int
    last: int
    base: sympy.Expr = sympy.S.Zero
    is_output: bool = False

    def layer(self, number: int) -> int | sympy.Expr:
        """The layer's name: l + 1, or 2."""
        shifted = self.base + number
        return int(shifted) if shifted.is_Integer else shifted


@dataclass(frozen=True, eq=False)
class Universe:
    """The equations, and the quantities they speak of by canonical letter and layer number, each a `Value`."""

    ways: Ways
    layers: Layers
    equations: tuple[Equation, ...]
    parameters: tuple[Var, ...]
    values: Mapping[tuple[str, int | None], Value]
    function: type
    cost: Var
    pivot: Var
    memory: dict = field(default_factory=dict, repr=False)

    @cached_property
    def forward(self) -> dict[Var, Tensor]:
        """What each name is defined by."""
        return {equation.symbol: equation.definition for equation in self.equations}

    @cached_property
    def cotangents(self) -> dict[Var, Var]:
        """For each quantity, the name of the derivative of the cost with respect to it."""
        return {found.target: found.symbol for found in self._swept}

    @cached_property
    def _swept(self):
        inputs = [value.tensor for value in self.values.values() if value.tensor not in self.forward and isinstance(value.tensor, Var)]
        return chain_rule(self.equations, (*self.parameters, *inputs), ((self.cost, const(1)),), self.pivot)

    @cached_property
    def definitions(self) -> dict[Var, Tensor]:
        """Every name: the forward equations, and the derivatives by the chain rule."""
        return {**self.forward, **{found.symbol: found.total for found in self._swept}}

    @cached_property
    def near_definitions(self) -> dict[Var, Tensor]:
        """What a proof about one layer unfolds: activations and derivatives, but neither z nor what lies beyond the last layer."""
        kept = {name: tensor for name, tensor in self.definitions.items() if name.name.letter != "z"}
        return {name: tensor for name, tensor in kept.items() if not any(isinstance(node, Unspecified) for node in walk(tensor))}

    def gradient(self, of: Value) -> Value:
        """∂C/∂(of), in the shape of `of`."""
        if not isinstance(of.tensor, Var):
            raise Untyped("a derivative with respect to what is no single quantity")
        if of.tensor not in self.cotangents:
            return Value(contract(((const(0), ()),), range(of.tensor.rank), dict(enumerate(of.tensor.axes))), of.labels)
        return Value(self.cotangents[of.tensor], of.labels)

    def derivative(self, of: Var | Tensor, wrt: Var) -> Tensor:
        """d(of)/d(wrt) through every path; axes of the one, then of the other."""
        key = (of, wrt)
        if key not in self.memory:
            unfolded = self._unfolded(of, wrt)
            symbol = var(Name("unfolded"), of.axes)
            found = jacobian(Equation(symbol, unfolded), wrt)
            axes = of.axes + wrt.axes
            zero = contract(((const(0), ()),), range(len(axes)), dict(enumerate(axes)))
            self.memory[key] = zero if found is None else found
        return self.memory[key]

    def _unfolded(self, tensor: Tensor, wrt: Var) -> Tensor:
        """Names that depend on `wrt` replaced by what they are, until `wrt` itself is mentioned."""
        for _ in range(24):
            inner = {
                leaf: self.forward[leaf] for leaf in leaves(tensor) if leaf is not wrt and leaf in self.forward and self._depends(leaf, wrt)
            }
            if not inner:
                return tensor
            tensor = replaced(tensor, inner)
        raise Untyped("a derivative through too many layers")

    def _depends(self, name: Var, wrt: Var) -> bool:
        pending, seen = [name], set()
        while pending:
            for leaf in leaves(self.forward.get(pending.pop(), const(0))):
                if leaf is wrt:
                    return True
                if leaf not in seen:
                    seen.add(leaf)
                    pending.append(leaf)
        return False

    def setting(self, seed: int) -> Setting:
        """Random sizes and values of everything, the derivatives included."""
        if seed not in self.memory:
            found = random_setting(self.equations, np.random.default_rng(seed))
            swept = [Equation(cotangent.symbol, cotangent.total) for cotangent in self._swept]
            self.memory[seed] = found.with_values(evaluate_equations(swept, found))
        return self.memory[seed]


def replaced(tensor: Tensor, by: Mapping[Var, Tensor]) -> Tensor:
    """`tensor` with names replaced by tensors of the same axes."""
    known: dict[Tensor, Tensor] = {}
    for node in walk(tensor):
        match node:
            case Var():
                known[node] = by.get(node, node)
            case Add():
                known[node] = add(*(known[arg] for arg in node.args))
            case Map():
                known[node] = map_(node.expr, [known[arg] for arg in node.args])
            case Contract():
                factors = [(known[arg], labels) for arg, labels in node.factors]
                known[node] = contract(factors, tuple(range(node.rank)), dict(enumerate(node.axes)))
            case Unspecified():
                known[node] = unspecified(node.letter, [known[arg] for arg in node.args], node.wrt, node.shared)
            case _:
                known[node] = node
    return known[tensor]


@lru_cache(maxsize=256)
def build_universe(ways: Ways, layers: Layers) -> Universe:
    """The universe of a claim; built once for all claims that share it."""
    return _Builder(ways, layers).universe()


class _Builder:
    """Collects equations, quantities and parameters, layer by layer."""

    def __init__(self, ways: Ways, layers: Layers):
        self.ways, self.layers = ways, layers
        self.equations: list[Equation] = []
        self.parameters: list[Var] = []
        self.values: dict[tuple[str, int | None], Value] = {}
        self.samples = (
            (Axis(sympy.Symbol("N", integer=True, positive=True), "sample"),) if ways.layout in ("row", "row transposed", "samples") else ()
        )
        self.function = scalar_function("sigma", ACTIVATIONS.get(ways.activation))

    def size(self, number: int) -> Axis:
        """The width of a layer."""
        text = str(self.layers.layer(number)).replace(" ", "")
        return Axis(sympy.Symbol(f"n_{{{text}}}", integer=True, positive=True))

    def quantity(self, letter: str, number: int | None) -> Var:
        """A quantity of a layer over samples and units, and how the page holds it."""
        width = self.layers.last if number is None else number
        name = Name(letter, None if number is None else self.layers.layer(number))
        if self.ways.layout == "scalar":
            return self._kept(letter, number, var(name, ()), ())
        if not self.samples:
            return self._kept(letter, number, var(name, (self.size(width),)), (ROW,))
        if self.ways.layout == "samples":
            return self._kept(letter, number, var(name, (self.size(width), *self.samples)), (ROW, COL))
        return self._kept(letter, number, var(name, (*self.samples, self.size(width))), (ROW, COL))

    def parameter(self, letter: str, number: int) -> Var:
        """W or b of a layer; W in the order of axes that the page has."""
        named = number - self.ways.shift
        name = Name(letter, self.layers.layer(named))
        if self.ways.layout == "scalar":
            found = self._kept(letter, named, var(name, ()), ())
        elif letter == "b":
            found = self._kept(letter, named, var(name, (self.size(number),)), (COL,) if self.ways.layout.startswith("row") else (ROW,))
        else:
            axes = (self.size(number), self.size(number - 1))
            axes = axes[::-1] if self.ways.layout in ("transposed", "row") else axes
            found = self._kept(letter, named, var(name, axes), (ROW, COL))
        self.parameters.append(found)
        return found

    def _kept(self, letter: str, number: int | None, tensor: Var, labels: tuple[str, ...]) -> Var:
        self.values[letter, number] = Value(tensor, labels)
        return tensor

    def universe(self) -> Universe:
        """All of it, with the cost."""
        first, last = self.layers.first, self.layers.last
        inputs = self.quantity("a", first - 1)
        for number in range(first, last + 1):
            z = self.quantity("z", number)
            weights, bias = self.parameter("W", number), self.parameter("b", number)
            self.equations.append(Equation(z, self._weighted(weights, inputs, bias, z), "cut"))
            if number < last or self.layers.is_output:
                inputs = self.quantity("a", number)
                self.equations.append(Equation(inputs, self._activated(z, number), "activation"))
        cost, pivot = self._cost(inputs if self.layers.is_output else z)
        return Universe(self.ways, self.layers, tuple(self.equations), tuple(self.parameters), self.values, self.function, cost, pivot)

    def _weighted(self, weights: Var, inputs: Var, bias: Var, z: Var) -> Tensor:
        patterns = {
            "scalar": ",->", "column": "jk,k->j", "transposed": "kj,k->j", "row": "kj,sk->sj", "row transposed": "jk,sk->sj",
            "samples": "jk,ks->js",
        }  # fmt: skip
        unit = 0 if self.ways.layout in ("column", "transposed", "samples") else 1
        spread = bias if self.ways.layout == "scalar" else broadcast(bias, z.axes, (unit,))
        return add(einsum(patterns[self.ways.layout], weights, inputs), spread)

    def _activated(self, z: Var, number: int) -> Tensor:
        if self.ways.activation == "softmax" and number == self.layers.last and z.rank == 1:
            return einsum("j,->j", map_(sympy.exp(X), (z,)), map_(1 / X, (einsum("j->", map_(sympy.exp(X), (z,))),)))
        return map_(self.function(X), (z,))

    def _cost(self, outputs: Var) -> tuple[Var, Var]:
        cost = var(Name("C"), ())
        if not self.layers.is_output:
            inner = unspecified("C", (outputs,))
        else:
            target = self.quantity("y", None)
            inner = sample_cost(self.ways.cost, outputs, target)
        if not self.samples or not self.ways.is_mean:
            self.equations.append(Equation(cost, inner, "cost"))
            return cost, cost
        pivot = var(Name("C_sum"), ())
        self.equations += [
            Equation(pivot, inner, "cost"),
            Equation(cost, contract(((const(1 / self.samples[0].size), ()), (pivot, ())), (), {}), "cost"),
        ]
        return cost, pivot


def sample_cost(cost: str, a: Tensor, y: Tensor) -> Tensor:
    """The cost as a tensor in the outputs and targets, summed over all their entries."""
    if cost == "unspecified":
        return unspecified("C", (a, y))
    first, second = slot(0), slot(1)
    formula = {
        "quadratic": (first - second) ** 2 / 2,
        "squared_error": (first - second) ** 2,
        "cross_entropy": -second * sympy.log(first),
        "binary_cross_entropy": -second * sympy.log(first) - (1 - second) * sympy.log(1 - first),
    }[cost]
    entries = map_(formula, (a, y))
    return contract(((entries, tuple(range(entries.rank))),), (), {})
