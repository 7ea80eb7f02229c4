"""The value of a tensor expression by brute force: einsum over all labels, scalars entry by entry.

This is the independent road.  It knows nothing of matrices, of stable forms or of reuse; a derivative that a step
leaves to be worked out is found by a complex step through the defining equations, with no calculus at all.  Every
step of a derivation is checked against it, and so is every compiled function.

    ∂E_i/∂X_q  ≈  Im E_i(X + iε e_q) / ε          ε = 1e-30: exact to rounding, nothing cancels
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import sympy

from symback.errors import ShapeError, UnsupportedError
from symback.language.expressions import (
    Add,
    Axis,
    Const,
    Contract,
    Delta,
    Equation,
    Map,
    Partial,
    Tensor,
    Unspecified,
    Var,
    leaves,
    slot,
    walk,
)
from symback.language.steps import Fact, Step
from symback.numerics.scalars import ScalarFunctions, evaluate_scalar

__all__ = [
    "Setting", "evaluate", "evaluate_equations", "evaluate_step", "random_setting", "random_sizes", "size_symbols", "total_derivative",
]  # fmt: skip

STEP = 1e-30
CENTRAL_STEP = 1e-3


@dataclass(frozen=True)
class Setting:
    """Numbers for everything an expression may mention.

    `values`     arrays for names;
    `sizes`      numbers for SymPy symbols: axis sizes, the batch size N, a penalty λ;
    `functions`  for an unspecified scalar function (f, f', f'', …); for an unspecified cost one callable of its
                 arguments, without the shared axes.  A letter not given gets a smooth stand-in.
    `equations`  what `Partial` nodes are worked out through;
    `seeds`      pairs (name, its cotangent) where the cost itself lies beyond the equations.
    """

    values: Mapping[Var, np.ndarray]
    sizes: Mapping[sympy.Symbol, int | float] = field(default_factory=dict)
    functions: ScalarFunctions = field(default_factory=dict)
    equations: Sequence[Equation] = ()
    seeds: Sequence[tuple[Var, Tensor]] = ()

    def with_values(self, values: Mapping[Var, np.ndarray]) -> "Setting":
        """The same setting with other or further values."""
        return replace(self, values={**self.values, **values})


def evaluate(
    tensor: Tensor,
    values: Mapping[Var, np.ndarray] | Setting,
    sizes: Mapping[sympy.Symbol, int | float] | None = None,
    functions: ScalarFunctions | None = None,
    equations: Sequence[Equation] = (),
    seeds: Sequence[tuple[Var, Tensor]] = (),
) -> np.ndarray:
    """The array that `tensor` stands for; takes a `Setting`, or its parts.

    >>> from symback.language.expressions import einsum, var
    >>> from symback.language.names import Name
    >>> W, a = var(Name("W", 1), (Axis(2), Axis(3))), var(Name("a", 0), (Axis(3),))
    >>> evaluate(einsum("jk,k->j", W, a), {W: np.ones((2, 3)), a: np.arange(3.0)}).tolist()
    [3.0, 3.0]
    """
    setting = values if isinstance(values, Setting) else Setting(values, sizes or {}, functions or {}, equations, seeds)
    known: dict[Tensor, np.ndarray] = {}
    for node in walk(tensor):
        known[node] = _node_value(node, known, setting)
    return known[tensor]


def _node_value(node: Tensor, known: Mapping[Tensor, np.ndarray], setting: Setting) -> np.ndarray:
    match node:
        case Var():
            return _named(node, setting)
        case Const():
            return np.asarray(_scalar(node.value, setting))
        case Delta():
            return np.eye(_size(node.axes[0], setting))
        case Add():
            return sum((known[arg] for arg in node.args[1:]), start=known[node.args[0]])
        case Map():
            return _map_value(node, [known[arg] for arg in node.args], setting)
        case Contract():
            return _contract_value(node, [known[arg] for arg in node.args], setting)
        case Unspecified():
            return _unspecified_value(node, [known[arg] for arg in node.args], setting)
        case Partial():
            return _partial_value(node, setting)
    raise UnsupportedError(f"no value is known for a node of kind {type(node).__name__}")


def _named(name: Var, setting: Setting) -> np.ndarray:
    if name not in setting.values:
        known = ", ".join(sorted(str(other.name) for other in setting.values))
        raise UnsupportedError(f"{name.name} has no value; values are given for {known or 'nothing'}")
    value = np.asarray(setting.values[name])
    expected = tuple(_size(axis, setting) for axis in name.axes)
    if value.shape != expected:
        raise ShapeError(f"the value of {name.name} has shape {value.shape}; it should be {expected}")
    return value


def _size(axis: Axis, setting: Setting) -> int:
    size = axis.size.xreplace(_numbers(setting)) if axis.size.free_symbols else axis.size
    if not size.is_Integer:
        raise ShapeError(f"the size {axis.size} is not known; give sizes={{{axis.size}: …}}")
    return int(size)


def _numbers(setting: Setting) -> dict[sympy.Symbol, sympy.Number]:
    return {symbol: sympy.Integer(value) if float(value).is_integer() else sympy.Float(value) for symbol, value in setting.sizes.items()}


def _scalar(expr: sympy.Expr, setting: Setting) -> np.ndarray:
    return evaluate_scalar(expr, {symbol: np.asarray(float(value)) for symbol, value in setting.sizes.items()}, setting.functions)


def _map_value(node: Map, args: list[np.ndarray], setting: Setting) -> np.ndarray:
    """The scalar expression, entry by entry; a symbol in it that is no slot is a size or a penalty."""
    values: dict[sympy.Symbol, np.ndarray] = {symbol: np.asarray(float(value)) for symbol, value in setting.sizes.items()}
    values |= {slot(i): arg for i, arg in enumerate(args)}
    return np.broadcast_to(evaluate_scalar(node.expr, values, setting.functions), np.shape(args[0]))  # a slope may be constant


def _contract_value(node: Contract, args: list[np.ndarray], setting: Setting) -> np.ndarray:
    """One einsum; a label of the result that no argument carries is a row of ones."""
    operands: list = []
    for arg, labels in zip(args, node.labels, strict=True):
        operands += [arg, list(labels)]
    carried = {label for labels in node.labels for label in labels}
    for label, axis in enumerate(node.axes):
        if label not in carried:
            operands += [np.ones(_size(axis, setting)), [label]]
    return np.einsum(*operands, list(range(node.rank)))


def _unspecified_value(node: Unspecified, args: list[np.ndarray], setting: Setting) -> np.ndarray:
    """The function sample by sample (over the shared axes), differentiated to each argument in `wrt`."""
    function = setting.functions.get(node.letter, stand_in_cost)
    assert callable(function)
    shared = args[0].shape[: node.shared]
    results = [_derivative_of(function, [arg[index] for arg in args], node.wrt) for index in np.ndindex(*shared)]
    return np.stack(results).reshape(shared + results[0].shape) if results else np.zeros(shared)


def stand_in_cost(*args: np.ndarray) -> np.ndarray:
    """A smooth scalar function of any arrays, without symmetries, that stands for an unspecified cost."""
    flat = np.concatenate([np.ravel(arg) for arg in args])
    weights = np.cos(1.0 + 2.3 * np.arange(len(flat)))
    with np.errstate(all="ignore"):  # values out of all bounds, infinite ones among them, are no point to compare at
        return np.sin(weights @ flat + 0.3) + np.sum(np.sin(flat * (1.2 + weights))) + 0.1 * (weights @ flat) ** 3


def _derivative_of(function: Callable, args: list[np.ndarray], wrt: tuple[int, ...]) -> np.ndarray:
    """∂^n f/∂(args of wrt): the last by a complex step where all is real, the others by a five-point difference."""
    if not wrt:
        return np.asarray(function(*args))
    *rest, last = wrt
    inner = tuple(rest)

    def along(index: tuple[int, ...], step: complex) -> np.ndarray:
        moved = [np.asarray(arg, dtype=complex if isinstance(step, complex) else None) for arg in args]
        moved[last] = moved[last].copy()
        moved[last][index] += step
        return _derivative_of(function, moved, inner)

    def slope(index: tuple[int, ...]) -> np.ndarray:
        if not any(np.iscomplexobj(arg) for arg in args):
            return np.imag(along(index, 1j * STEP)) / STEP
        h = CENTRAL_STEP
        return (8 * (along(index, h) - along(index, -h)) - (along(index, 2 * h) - along(index, -2 * h))) / (12 * h)

    slopes = [slope(index) for index in np.ndindex(*args[last].shape)]
    return np.stack(slopes, axis=-1).reshape((*slopes[0].shape, *args[last].shape))


def _partial_value(node: Partial, setting: Setting) -> np.ndarray:
    """∂(of)/∂(wrt) by complex steps through the equations, see `Partial` for the two meanings."""
    equations = {equation.symbol: equation for equation in setting.equations}
    if node.of is node.wrt:
        size = int(np.prod([_size(axis, setting) for axis in node.wrt.axes], dtype=int))
        return np.eye(size).reshape([_size(axis, setting) for axis in node.axes])
    if node.of in equations:
        chosen = setting.equations if node.is_total else (equations[node.of],)
        return total_derivative(node.of, node.wrt, setting, chosen)
    if not setting.seeds:
        raise UnsupportedError(f"∂{node.of.name}/∂{node.wrt.name} needs the equation that defines {node.of.name}; give equations=")
    parts = []
    for symbol, cotangent in setting.seeds:  # the cost lies beyond: ∂C/∂X = Σ over the seeds (∂C/∂E) (∂E/∂X)
        inner = total_derivative(symbol, node.wrt, setting, setting.equations)
        parts.append(np.tensordot(evaluate(cotangent, setting), inner, axes=symbol.rank))
    return sum(parts[1:], start=parts[0])


def total_derivative(of: Var, wrt: Var, setting: Setting, equations: Sequence[Equation]) -> np.ndarray:
    """∂(of)/∂(wrt) with everything between recomputed through `equations`; all else is held."""
    base = np.asarray(_named(wrt, setting))
    needed = _between(of, wrt, equations)
    columns = []
    for index in np.ndindex(*base.shape):
        moved = base.astype(complex)
        moved[index] += 1j * STEP
        values = evaluate_equations(needed, setting.with_values({wrt: moved}))
        columns.append(np.imag(values[of]) / STEP)
    return np.stack(columns, axis=-1).reshape((*columns[0].shape, *base.shape))


def _between(of: Var, wrt: Var, equations: Sequence[Equation]) -> list[Equation]:
    """The equations on some path from `wrt` to `of`, in order, and the one that defines `of` in any case."""
    moved = {wrt}
    forward = []
    for equation in equations:
        if equation.symbol is not wrt and (equation.symbol is of or moved.intersection(leaves(equation.definition))):
            moved.add(equation.symbol)
            forward.append(equation)
        if equation.symbol is of:
            break
    return forward


def evaluate_equations(equations: Iterable[Equation], setting: Setting) -> dict[Var, np.ndarray]:
    """The values of a setting, and those of the symbols that `equations` define one after the other."""
    values = dict(setting.values)
    here = replace(setting, values=values)
    for equation in equations:
        values[equation.symbol] = evaluate(equation.definition, here)
    return values


def evaluate_step(step: Step, setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """Both sides of a step; they should agree to rounding."""
    return evaluate(step.before, setting), evaluate(step.after, setting)


def size_symbols(tensors: Iterable[Tensor]) -> tuple[sympy.Symbol, ...]:
    """Every symbol in the axis sizes of the names in `tensors`, in order of appearance."""
    found: dict[sympy.Symbol, None] = {}
    for tensor in tensors:
        for name in leaves(tensor):
            for axis in name.axes:
                found.update(dict.fromkeys(sorted(axis.size.free_symbols, key=str)))
    return tuple(found)


def random_sizes(symbols: Iterable[sympy.Symbol], generator: np.random.Generator) -> dict[sympy.Symbol, int]:
    """A size of at least 2 for each symbol, all different, so that no transposed formula holds by accident."""
    symbols = list(symbols)
    return dict(zip(symbols, (2 + generator.permutation(max(3, len(symbols)))[: len(symbols)]).tolist(), strict=True))


def random_setting(
    equations: Sequence[Equation],
    generator: np.random.Generator,
    facts: Iterable[Fact] = (),
    given: Mapping[Var, np.ndarray] | None = None,
    sizes: Mapping[sympy.Symbol, int | float] | None = None,
    functions: ScalarFunctions | None = None,
    seeds: Sequence[tuple[Var, Tensor]] = (),
) -> Setting:
    """Random sizes, random values of every name that no equation defines, and the values of those that one does.

    Targets (letters y, Y) lie in (0.1, 0.9), and sum to one over the axis where a fact assumes it.  A scalar symbol
    in a constant that is no size, such as λ, gets a value in (0.1, 0.9) as well.
    """
    tensors = [t for e in equations for t in (e.symbol, e.definition)] + [t for pair in seeds for t in pair]
    numbers: dict[sympy.Symbol, int | float] = dict(sizes or {})
    numbers |= random_sizes([symbol for symbol in size_symbols(tensors) if symbol not in numbers], generator)
    for symbol in _scalar_symbols(tensors):
        numbers.setdefault(symbol, float(generator.uniform(0.1, 0.9)))
    setting = Setting({}, numbers, functions or {}, equations, seeds)
    defined = {equation.symbol for equation in equations}
    assumed = {fact.of: fact for fact in facts if fact.is_assumed}
    values = dict(given or {})
    for name in (name for tensor in tensors for name in leaves(tensor)):
        if name not in defined and name not in values:
            values[name] = _random_value(name, [_size(axis, setting) for axis in name.axes], assumed, generator)
    return setting.with_values(evaluate_equations(equations, setting.with_values(values)))


def _scalar_symbols(tensors: Iterable[Tensor]) -> list[sympy.Symbol]:
    found: dict[sympy.Symbol, None] = {}
    for tensor in tensors:
        for node in walk(tensor):
            if isinstance(node, Const):
                found.update(dict.fromkeys(sorted(node.value.free_symbols, key=str)))
            elif isinstance(node, Map):
                free = node.expr.free_symbols - {slot(i) for i in range(len(node.args))}
                found.update(dict.fromkeys(sorted(free, key=str)))
    return list(found)


def _random_value(name: Var, shape: list[int], assumed: Mapping[Var, Fact], generator: np.random.Generator) -> np.ndarray:
    if name in assumed or name.name.letter in ("y", "Y"):
        value = generator.uniform(0.1, 0.9, shape)
        fact = assumed.get(name)
        return value if fact is None else value * (fact.value / value.sum(axis=fact.axis, keepdims=True))
    return generator.normal(size=shape)
