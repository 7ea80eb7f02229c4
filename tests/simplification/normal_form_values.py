"""A second road for the prover's tests: numbers.  Tensors are evaluated entry by entry, and normal forms likewise, with no shared code.

Also random tensor expressions, ways to write one differently with the same value, and ways to plant an error.
"""

import math
import random
from dataclasses import dataclass, field
from itertools import product

import sympy

from symback.language.expressions import (
    Add,
    Axis,
    Const,
    Contract,
    Delta,
    Map,
    Partial,
    Tensor,
    Unspecified,
    Var,
    add,
    broadcast,
    const,
    contract,
    delta,
    map_,
    scale,
    slot,
    total,
    unspecified,
    var,
)
from symback.language.functions import ARGUMENT, ScalarFunction, scalar_function
from symback.language.names import Name


def size(name: str) -> sympy.Symbol:
    """A symbolic size."""
    return sympy.Symbol(name, integer=True, positive=True)


UNITS, FEATURES, SAMPLES = Axis(size("n")), Axis(size("m")), Axis(size("N"), "sample")
TAU = sympy.Symbol("tau", positive=True)
RATE = sympy.Symbol("lambda", real=True)
SIGMA = scalar_function("sigma")
SIGMOID = scalar_function("sigmoid", 1 / (1 + sympy.exp(-ARGUMENT)))
RELU = scalar_function("relu", sympy.Piecewise((ARGUMENT, ARGUMENT > 0), (0, True)))
PARTIAL_OF = (Name("z", 1), Name("a", 0))


@dataclass
class World:
    """Numbers for everything that a tensor can mention: sizes, symbols, entries; drawn from a seed when first asked for.

    A name with a definition has the value of its definition, and the entries of a name with a fact sum to its value.
    """

    seed: int
    definitions: dict = field(default_factory=dict)
    facts: tuple = ()
    values: dict = field(default_factory=dict)

    def size(self, expr: sympy.Expr) -> int:
        """The number of entries along an axis: 2, 3 and 4 for the three symbolic sizes, in an order drawn from the seed."""
        if expr.is_Integer:
            return int(expr)
        sizes = random.Random(self.seed).sample((2, 3, 4), 3)
        return sizes[("n", "m", "N").index(expr.name)]

    def number(self, *key: object) -> float:
        """The value of an entry, the same whenever it is asked for."""
        text = "/".join(map(str, key))
        if text not in self.values:
            draw = random.Random(f"{self.seed} {text}")
            self.values[text] = draw.uniform(0.3, 1.7) * draw.choice((1, -1))
        return self.values[text]

    def entry(self, symbol: Var, index: tuple[int, ...]) -> float:
        """An entry of a named tensor."""
        if symbol in self.definitions:
            return value(self.definitions[symbol], index, self)
        fact = next((fact for fact in self.facts if fact.of is symbol), None)
        last = self.size(symbol.axes[-1].size) - 1 if symbol.axes else 0
        if fact is None or index[-1] != last:
            return self.number("var", symbol.name, index)
        return fact.value - sum(self.entry(symbol, (*index[:-1], i)) for i in range(last))

    def symbol(self, symbol: sympy.Symbol) -> float:
        """The value of a scalar symbol; sizes are sizes."""
        if symbol.is_integer:
            return float(self.size(symbol))
        return abs(self.number(symbol)) if symbol.is_positive else self.number(symbol)


# -- tensors as numbers ----------------------------------------------------------------------------------------------


def value(tensor: Tensor, index: tuple[int, ...], world: World) -> float:
    """One entry of a tensor."""
    match tensor:
        case Var():
            return world.entry(tensor, index)
        case Partial():
            return world.number("partial", tensor.of.name, tensor.wrt.name, tensor.is_total, index)
        case Const():
            return scalar_value(tensor.value, {}, world)
        case Delta():
            return float(index[0] == index[1])
        case Add():
            return sum(value(arg, index, world) for arg in tensor.args)
        case Map():
            return scalar_value(tensor.expr, {slot(i): value(arg, index, world) for i, arg in enumerate(tensor.args)}, world)
        case Contract():
            return contraction_value(tensor, index, world)
        case Unspecified():
            return unspecified_value(tensor, index, world)
    raise TypeError(tensor)


def contraction_value(tensor: Contract, index: tuple[int, ...], world: World) -> float:
    """Σ over the bound labels, one index after the other."""
    axes = tensor.label_axes
    bound = sorted(label for label in axes if label >= tensor.rank)
    here = dict(enumerate(index))
    result = 0.0
    for choice in product(*(range(world.size(axes[label].size)) for label in bound)):
        here.update(zip(bound, choice, strict=True))
        result += math.prod(value(arg, tuple(here[label] for label in labels), world) for arg, labels in tensor.factors)
    return result


def unspecified_value(tensor: Unspecified, index: tuple[int, ...], world: World) -> float:
    """A function of all entries of its arguments that treats no two of them alike."""
    shared, result = index[: tensor.shared], 0.0
    for i, arg in enumerate(tensor.args):
        for inner in product(*(range(world.size(axis.size)) for axis in arg.axes[tensor.shared :])):
            result += value(arg, (*shared, *inner), world) * world.number("weight", tensor.letter, i, inner)
    return math.sin(result + world.number("shift", tensor.letter, tensor.wrt, index[tensor.shared :]))


def scalar_value(expr: sympy.Expr, environment: dict, world: World) -> float:
    """A SymPy scalar as a float."""
    if expr.is_Symbol:
        return environment[expr] if expr in environment else world.symbol(expr)
    if expr.is_number:
        return float(expr)
    if isinstance(expr, ScalarFunction):
        argument = scalar_value(expr.args[0], environment, world)
        if expr.formula is not None:
            return scalar_value(expr.formula, {ARGUMENT: argument}, world)
        return math.sin(argument * (1.3 + expr.order) + 0.4)
    if isinstance(expr, sympy.Piecewise):
        chosen = next(branch for branch, condition in expr.args if holds(condition, environment, world))
        return scalar_value(chosen, environment, world)
    arguments = [scalar_value(arg, environment, world) for arg in expr.args]
    return OPERATIONS[expr.func](*arguments)


def holds(condition: sympy.Basic, environment: dict, world: World) -> bool:
    """Whether a condition of a Piecewise is true."""
    if condition in (sympy.true, sympy.false):
        return bool(condition)
    if isinstance(condition, sympy.And):
        return all(holds(part, environment, world) for part in condition.args)
    if isinstance(condition, sympy.Or):
        return any(holds(part, environment, world) for part in condition.args)
    if isinstance(condition, sympy.Not):
        return not holds(condition.args[0], environment, world)
    if isinstance(condition, sympy.ITE):
        return holds(condition.args[1 if holds(condition.args[0], environment, world) else 2], environment, world)
    left, right = (scalar_value(side, environment, world) for side in condition.args)
    return {">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right, "==": left == right}[condition.rel_op]


OPERATIONS = {
    sympy.Add: lambda *xs: sum(xs),
    sympy.Mul: lambda *xs: math.prod(xs),
    sympy.Pow: lambda x, y: x**y,
    sympy.exp: math.exp,
    sympy.log: math.log,
    sympy.tanh: math.tanh,
    sympy.sinh: math.sinh,
    sympy.cosh: math.cosh,
    sympy.erf: math.erf,
    sympy.Abs: abs,
    sympy.sign: lambda x: float((x > 0) - (x < 0)),
    sympy.Max: max,
    sympy.Min: min,
}


# -- normal forms as numbers -----------------------------------------------------------------------------------------


def polynomial_value(polynomial, here: dict[int, int], world: World) -> float:
    """A polynomial in atoms, its labels at these indices."""
    return sum(float(c) * math.prod(atom_value(atom, here, world) ** float(e) for atom, e in monomial) for monomial, c in polynomial)


def atom_value(atom, here: dict[int, int], world: World) -> float:
    """One atom, by what its kind says it means."""
    index = tuple(here.get(label, 0) for label in atom.labels)
    match atom.kind:
        case "var":
            return world.entry(atom.head, index)
        case "partial":
            return world.number("partial", atom.head.of.name, atom.head.wrt.name, atom.head.is_total, index)
        case "symbol":
            return world.symbol(atom.head)
        case "number" | "prime":
            return float(atom.head)
        case "delta":
            return float(index[0] == index[1])
        case "sum":
            ranges = [range(world.size(axis.size)) for axis in atom.bound]
            choices = (dict(zip(atom.own_labels, choice, strict=True)) for choice in product(*ranges))
            return sum(polynomial_value(atom.parts[0], here | choice, world) for choice in choices)
        case "unspecified":
            return unspecified_atom_value(atom, index, here, world)
    arguments = [polynomial_value(part, here, world) for part in atom.parts]
    if atom.kind == "apply" and issubclass(atom.head, ScalarFunction):
        return scalar_value(atom.head(ARGUMENT), {ARGUMENT: arguments[0]}, world)
    if atom.kind == "apply":
        return OPERATIONS[atom.head](*arguments)
    return MEANINGS[atom.kind](*arguments)


def unspecified_atom_value(atom, index: tuple[int, ...], here: dict[int, int], world: World) -> float:
    """The same function as `unspecified_value`, from the atom's own bound labels."""
    letter, _, shared, *wrt, axes = atom.head
    own, result = iter(atom.own_labels), 0.0
    for i, (arg_axes, part) in enumerate(zip(axes, atom.parts, strict=True)):
        labels = [next(own) if axis.size != 1 else -1 for axis in arg_axes[shared:]]
        for inner in product(*(range(world.size(axis.size)) for axis in arg_axes[shared:])):
            entry = polynomial_value(part, here | dict(zip(labels, inner, strict=True)), world)
            result += entry * world.number("weight", letter, i, inner)
    return math.sin(result + world.number("shift", letter, tuple(wrt), index[shared:]))


MEANINGS = {
    "exp": math.exp,
    "log": math.log,
    "root": lambda x: x,  # the exponent is on the atom
    "inverse": lambda x: 1 / x,
    "step": lambda x: float(x > 0),
    "power": lambda x, y: x**y,
}


# -- random tensors --------------------------------------------------------------------------------------------------

x, y = slot(0), slot(1)
SCALARS_OF_ONE = (
    x**2, 1 - x, x**3 - x / 2, sympy.exp(x), sympy.exp(-2 * x), 1 / (1 + sympy.exp(-x)), 1 / (1 + x**2), sympy.sqrt(1 + x**2),
    1 / sympy.sqrt(TAU + x**2), sympy.log(1 + sympy.exp(x)), SIGMA(x), SIGMA(x).diff(x), SIGMOID(x), RELU(x), sympy.tanh(x),
    sympy.Abs(x), sympy.sign(x), sympy.Piecewise((x, x > 0), (0, True)), sympy.Piecewise((x, x > 0), (sympy.exp(x) - 1, True)),
    sympy.Max(0, 1 - x), sympy.Piecewise((0, x < -1), (1, x > 1), (x / 2 + 1, True)), TAU * x, RATE * x + 1, sympy.erf(x),
    sympy.sqrt(2 * sympy.exp(x)), x / (1 - x**2), sympy.exp(sympy.log(TAU) * 2 + x), sympy.log(TAU * sympy.exp(x) / 6),
    x / sympy.cosh(x) ** 2, (1 + x**2) ** RATE, sympy.Integer(2) ** x, sympy.Float(0.3) * x, sympy.Abs(x) ** sympy.Rational(3, 2),
    sympy.cbrt(1 + x**2) * x, sympy.log(x**2), sympy.sqrt(TAU * x**2 / 8), sympy.log(sympy.Abs(x) / 3), 1 / (x**2 + x),
    sympy.sqrt(1 + x**2) ** 3 / (TAU + sympy.sqrt(1 + x**2)), sympy.pi / x**2,
)  # fmt: skip
SCALARS_OF_TWO = (
    x * y, x - y, x / y, (x - y) ** 2 / 2, -y * sympy.log(1 / (1 + sympy.exp(-x))), y * SIGMA(x), sympy.Max(x, y), sympy.Abs(x - y),
    x * SIGMA(y).diff(y), sympy.exp(x + y), sympy.exp(x - y) / (1 + sympy.exp(y)), (x - y) / (x * (1 - x)), x / sympy.sqrt(1 + y**2),
    sympy.Piecewise((x, x > y), (y, True)), x / (1 + y**2 + sympy.exp(x)), 1 / ((1 + sympy.exp(x)) * (2 + sympy.exp(x))),
)  # fmt: skip
CONSTANTS = (1, 2, sympy.Rational(1, 3), TAU, 1 / UNITS.size, sympy.sqrt(2))
AXES = (UNITS, FEATURES)


def random_tensor(draw: random.Random, axes: tuple[Axis, ...], depth: int) -> Tensor:
    """A tensor with these axes."""
    if depth == 0:
        return random_leaf(draw, axes)
    kind = draw.choice(("sum", "map", "contract", "contract", "pair", "leaf", "total"))
    if kind == "sum":
        return add(*(random_tensor(draw, axes, depth - 1) for _ in range(draw.choice((2, 2, 3)))))
    if kind == "map":
        return map_(draw.choice(SCALARS_OF_ONE), (random_tensor(draw, axes, depth - 1),))
    if kind == "pair":
        return map_(draw.choice(SCALARS_OF_TWO), (random_tensor(draw, axes, depth - 1), random_tensor(draw, axes, depth - 1)))
    if kind == "total" and len(axes) < 2:
        return broadcast(total(random_tensor(draw, (draw.choice(AXES),), depth - 1)), axes, ())
    if kind == "contract":
        return random_contraction(draw, axes, depth)
    return random_leaf(draw, axes)


def random_leaf(draw: random.Random, axes: tuple[Axis, ...]) -> Tensor:
    """A name, a constant, a Kronecker delta, an unspecified function or its gradient."""
    kind = draw.randrange(12)
    own = tuple(range(len(axes)))
    if kind == 0:
        return contract(((const(draw.choice(CONSTANTS)), ()),), own, dict(enumerate(axes)))
    if kind == 1 and len(axes) == 2 and axes[0] == axes[1]:
        return delta(axes[0])
    if kind == 2 and len(axes) < 2:
        arguments = [var(Name(letter), (UNITS,)) for letter in "ay"]
        return unspecified("C", arguments, (0,)) if axes == (UNITS,) else broadcast(unspecified("C", arguments), axes, ())
    letters = {0: "stc", 1: "xyza", 2: "WVU"}[len(axes)]
    return var(Name(draw.choice(letters) + "".join(str(axis.size) for axis in axes)), axes)


def random_contraction(draw: random.Random, axes: tuple[Axis, ...], depth: int) -> Tensor:
    """A product of two or three tensors, some labels of the result and up to two bound ones among theirs."""
    axis_of: dict[int, Axis] = dict(enumerate(axes))
    for label in range(draw.choice((0, 1, 1, 2))):
        axis_of[len(axes) + label] = draw.choice(AXES)
    factors = []
    for _ in range(draw.choice((2, 2, 3))):
        labels = tuple(draw.choice(list(axis_of)) for _ in range(draw.choice((1, 1, 2)))) if axis_of else ()
        factors.append((random_tensor(draw, tuple(axis_of[label] for label in labels), draw.randrange(depth)), labels))
    carried = {label for _, labels in factors for label in labels}
    factors += [(const(axis_of[label].size), ()) for label in axis_of if label >= len(axes) and label not in carried]
    return contract(factors, tuple(range(len(axes))), axis_of)


# -- the same value in other words, and planted errors ---------------------------------------------------------------


def rewritten(draw: random.Random, tensor: Tensor) -> Tensor:
    """A tensor of the same value, written differently at every level."""
    match tensor:
        case Add():
            terms = [rewritten(draw, arg) for arg in tensor.args]
            draw.shuffle(terms)
            return add(*terms)
        case Map():
            return rewritten_map(draw, tensor)
        case Contract():
            return rewritten_contraction(draw, tensor)
        case Unspecified():
            return unspecified(tensor.letter, [rewritten(draw, arg) for arg in tensor.args], tensor.wrt, tensor.shared)
    return tensor


def rewritten_map(draw: random.Random, tensor: Map) -> Tensor:
    """The scalar expanded, factored or brought to one denominator; a product or a difference moved out of it."""
    args = [rewritten(draw, arg) for arg in tensor.args]
    own = tuple(range(tensor.rank))
    if tensor.expr == x * y:
        return contract([(args[1], own), (args[0], own)], own, {})
    if tensor.expr == x - y:
        return add(scale(-1, args[1]), args[0])
    manner = draw.choice((sympy.expand, sympy.factor, sympy.together, sympy.expand_power_base, lambda e: e))
    return map_(tensor.expr if tensor.expr.has(sympy.Piecewise, sympy.Max, sympy.Abs) else manner(tensor.expr), args)


def rewritten_contraction(draw: random.Random, tensor: Contract) -> Tensor:
    """Factors reordered, a sum among them distributed, a label routed through a Kronecker delta."""
    factors: list[tuple[Tensor, tuple]] = [(rewritten(draw, arg), labels) for arg, labels in tensor.factors]
    draw.shuffle(factors)
    own, axis_of = tuple(range(tensor.rank)), tensor.label_axes
    position = draw.randrange(len(factors))
    arg, labels = factors[position]
    if isinstance(arg, Add) and draw.random() < 0.5:
        return add(*(contract([*factors[:position], (term, labels), *factors[position + 1 :]], own, axis_of) for term in arg.args))
    if labels and draw.random() < 0.3:
        routed = (arg, ("new", *labels[1:]))
        factors[position : position + 1] = [routed, (delta(arg.axes[0]), ("new", labels[0]))]
    return contract(factors, own, axis_of)


def mutated(draw: random.Random, tensor: Tensor) -> Tensor:
    """A tensor with one planted error: a sign, a factor, an index, a name, a missing factor, another function."""
    match tensor:
        case Add() if draw.random() < 0.6:
            terms = list(tensor.args)
            position = draw.randrange(len(terms))
            terms[position] = mutated(draw, terms[position])
            return add(*terms)
        case Add():
            return add(scale(-1, tensor.args[0]), *tensor.args[1:])
        case Map() if draw.random() < 0.5:
            args = list(tensor.args)
            position = draw.randrange(len(args))
            args[position] = mutated(draw, args[position])
            return map_(tensor.expr, args)
        case Map():
            return map_(draw.choice(SCALARS_OF_ONE if len(tensor.args) == 1 else SCALARS_OF_TWO), tensor.args)
        case Contract() if tensor.args:
            return mutated_contraction(draw, tensor)
        case Var() if draw.random() < 0.5:
            return var(Name(tensor.name.letter + "q"), tensor.axes)
        case Delta():
            return contract([(const(1), ())], (0, 1), dict(enumerate(tensor.axes)))
    return scale(draw.choice((-1, 2, sympy.Rational(1, 2), TAU, UNITS.size, (UNITS.size - 1) / UNITS.size)), tensor)


def mutated_contraction(draw: random.Random, tensor: Contract) -> Tensor:
    """One error in a product: a factor dropped, its indices exchanged or moved, or an error inside it."""
    factors, axis_of, own = list(tensor.factors), tensor.label_axes, tuple(range(tensor.rank))
    position = draw.randrange(len(factors))
    arg, labels = factors[position]
    kind = draw.choice(("drop", "swap", "move", "inside"))
    if kind == "drop" and len(factors) > 1:
        del factors[position]
        carried = {label for _, inner in factors for label in inner}
        factors += [(const(axis.size), ()) for label, axis in axis_of.items() if label not in carried and label >= tensor.rank]
    elif kind == "swap" and arg.rank == 2 and arg.axes[0] == arg.axes[1]:
        factors[position] = arg, labels[::-1]
    elif kind == "move" and labels:
        same = [label for label, axis in axis_of.items() if axis == arg.axes[0]]
        factors[position] = arg, (draw.choice(same), *labels[1:])
        carried = {label for _, inner in factors for label in inner}
        factors += [(const(axis.size), ()) for label, axis in axis_of.items() if label not in carried and label >= tensor.rank]
    else:
        factors[position] = mutated(draw, arg), labels
    return contract(factors, own, axis_of)
