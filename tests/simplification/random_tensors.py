"""Random tensors of rank at most two, with symbolic sizes, and three ways to their numbers."""

import random
from collections.abc import Mapping
from itertools import product

import sympy

from symback.language.expressions import Axis, Delta, Tensor, Var, add, const, contract, delta, map_, slot, var
from symback.language.functions import ScalarFunction, scalar_function
from symback.language.names import Name

UNITS = tuple(Axis(sympy.Symbol(f"n_{{{i}}}", integer=True, positive=True)) for i in (1, 2, 3))
SAMPLES = Axis(sympy.Symbol("N", integer=True, positive=True), "sample")
AXES = (*UNITS, SAMPLES)
SIZES = {UNITS[0].size: 2, UNITS[1].size: 3, UNITS[2].size: 1, SAMPLES.size: 2}

SIGMA = scalar_function("sigma")
X0, X1 = slot(0), slot(1)
CASES = (
    sympy.Piecewise((X0, X0 > 0), (X1, True)), sympy.Piecewise((1, X0 > X1), (0, True)), sympy.Piecewise((X0 - X1, X0 - X1 > 1), (2, True)),
)  # fmt: skip
SCALARS = (
    *CASES, X0 - X1, X0 * (1 - X0), SIGMA(X0), X0**2 / 2, 3 * X0 * X1, 1 / (1 + X0**2), X0 / (1 + X1**2), 2 - X0,
    -X1 * SIGMA(X0) - (1 - X1) * SIGMA(1 - X0),
)  # fmt: skip
LETTERS = ("W", "a", "delta", "b", "y", "Z", "A", "Delta")


def random_leaf(chooser: random.Random, axes: tuple[Axis, ...]) -> Tensor:
    """A name on these axes, sometimes a gradient, or a Kronecker delta."""
    if len(axes) == 2 and axes[0] == axes[1] and chooser.random() < 0.3:
        return delta(axes[0])
    kinds = "".join(str(AXES.index(axis)) for axis in axes)
    name = Name(f"{chooser.choice(LETTERS)}_r{kinds}", chooser.choice((1, 2)))
    return var(name.gradient if chooser.random() < 0.2 else name, axes)


def random_tensor(chooser: random.Random, axes: tuple[Axis, ...], depth: int = 3) -> Tensor:
    """A tensor with these axes."""
    kind = chooser.choice(("leaf", "contract", "contract", "add", "map")) if depth else "leaf"
    if kind == "add":
        return add(*(random_tensor(chooser, axes, depth - 1) for _ in range(2)))
    if kind == "map":
        expr = chooser.choice(SCALARS)
        return map_(expr, [random_tensor(chooser, axes, depth - 1) for _ in range(2)])
    if kind == "contract":
        return random_contraction(chooser, axes, depth)
    return random_leaf(chooser, axes)


def random_contraction(chooser: random.Random, axes: tuple[Axis, ...], depth: int) -> Tensor:
    """A product of two to four factors, with up to three bound labels."""
    axis_of = dict(enumerate(axes)) | {10 + i: chooser.choice(AXES) for i in range(chooser.randint(0, 3))}
    labels = list(axis_of)
    factors = []
    for _ in range(chooser.randint(1, 4)):
        own = [chooser.choice(labels) for _ in range(chooser.randint(0, 2))] if labels else []
        factors.append((random_tensor(chooser, tuple(axis_of[label] for label in own), depth - 1), tuple(own)))
    if chooser.random() < 0.4:
        factors.append((const(sympy.Rational(chooser.choice((-1, 2, 3)), chooser.choice((1, 2)))), ()))
    return contract(factors, tuple(range(len(axes))), axis_of)


def places(tensor: Tensor) -> list[tuple[int, ...]]:
    """All places of a tensor, counted from 1."""
    return list(product(*(range(1, SIZES[axis.size] + 1) for axis in tensor.axes)))


class Numbers(dict):
    """A number for every entry of every name, the same whenever it is asked for."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed

    def __missing__(self, key: tuple[str, tuple[int, ...]]) -> sympy.Rational:
        self[key] = sympy.Rational(random.Random(f"{self.seed}{key}").randint(-6, 6), 2)
        return self[key]


def number_of(expr: sympy.Basic, numbers: Mapping, at: Mapping[sympy.Symbol, int] = SIZES) -> sympy.Basic:
    """The number (or truth) of an expression, sums included, by plain recursion; σ(x) stands for x²/2 + x.

    SymPy's own substitution takes exponential time in nested case distinctions.
    """
    if isinstance(expr, sympy.Indexed):
        return numbers[str(expr.base), tuple(int(number_of(index, numbers, at)) for index in expr.indices)]
    if isinstance(expr, sympy.Sum):
        (letter, low, high), *outer = reversed(expr.limits)
        body = expr.func(expr.function, *reversed(outer)) if outer else expr.function
        return sum(number_of(body, numbers, {**at, letter: i}) for i in range(int(low), int(number_of(high, numbers, at)) + 1))
    if isinstance(expr, sympy.Piecewise):
        return next(number_of(value, numbers, at) for value, condition in expr.args if number_of(condition, numbers, at))
    if isinstance(expr, sympy.Symbol):
        return sympy.Integer(at[expr]) if expr in at else numbers[expr.name, ()]
    if not expr.args:
        return expr
    values = [number_of(arg, numbers, at) for arg in expr.args]
    return values[0] ** 2 / 2 + values[0] if isinstance(expr, ScalarFunction) else expr.func(*values)


def brute_force(tensor: Tensor, numbers: Mapping) -> dict[tuple[int, ...], sympy.Expr]:
    """Every entry by plain recursion on numbers, sharing no code with the views."""
    match tensor:
        case Var():
            return {spot: numbers[str(tensor.name), spot] for spot in places(tensor)}
        case Delta():
            return {spot: sympy.Integer(spot[0] == spot[1]) for spot in places(tensor)}
    kind = type(tensor).__name__
    if kind == "Const":
        return {(): tensor.value.xreplace({size: sympy.Integer(n) for size, n in SIZES.items()})}
    parts = [brute_force(arg, numbers) for arg in tensor.args]
    if kind == "Add":
        return {spot: sum(part[spot] for part in parts) for spot in places(tensor)}
    if kind == "Map":
        return {spot: _mapped(tensor.expr, [part[spot] for part in parts]) for spot in places(tensor)}
    labels = dict.fromkeys(label for own in tensor.labels for label in own if label >= tensor.rank)
    ranges = [range(1, SIZES[tensor.label_axes[label].size] + 1) for label in labels]
    found = {}
    for spot in places(tensor):
        value = sympy.S.Zero
        for bound in product(*ranges):
            at = dict(enumerate(spot)) | dict(zip(labels, bound, strict=True))
            value += sympy.Mul(*(part[tuple(at[label] for label in own)] for part, own in zip(parts, tensor.labels, strict=True)))
        found[spot] = value
    return found


def _mapped(expr: sympy.Expr, values: list[sympy.Expr]) -> sympy.Expr:
    return number_of(expr, {(f"x{i}", ()): value for i, value in enumerate(values)})
