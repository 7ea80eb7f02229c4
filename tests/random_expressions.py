"""Random tensor expressions over a small set of names, for the laws that must hold of every expression."""

import numpy as np
import sympy

from symback.language.expressions import Axis, Tensor, add, broadcast, contract, delta, map_, scale, slot, total, var
from symback.language.functions import scalar_function
from symback.language.names import Name

M, N = (Axis(sympy.Symbol(name, integer=True, positive=True)) for name in ("m", "n"))
X0, X1 = slot(0), slot(1)
SIGMOID = scalar_function("sigmoid", 1 / (1 + sympy.exp(-X0)))

Z = {axis: var(Name("z", i), (axis,)) for i, axis in enumerate((M, N))}
SOFTMAX = {axis: var(Name("p", i), (axis,)) for i, axis in enumerate((M, N))}
OUTPUT = {axis: var(Name("a", i), (axis,)) for i, axis in enumerate((M, N))}
TARGET = {axis: var(Name("y", i), (axis,)) for i, axis in enumerate((M, N))}
W = var(Name("W"), (M, N))
SQUARE = {axis: var(Name("Q", i), (axis, axis)) for i, axis in enumerate((M, N))}


def softmax_of(z: Tensor) -> Tensor:
    """exp(z_j) / Σ_k exp(z_k)"""
    exponentials = map_(sympy.exp(X0), (z,))
    return map_(X0 / X1, (exponentials, broadcast(total(exponentials), z.axes, ())))


DEFINITIONS = {SOFTMAX[axis]: softmax_of(Z[axis]) for axis in (M, N)} | {OUTPUT[axis]: map_(SIGMOID(X0), (Z[axis],)) for axis in (M, N)}
SLOPES = {SIGMOID: X0 * (1 - X0)}


def vector(generator: np.random.Generator, axis: Axis) -> Tensor:
    """A random factor with one axis, quotients and derivatives among them."""
    z, p, a, y = Z[axis], SOFTMAX[axis], OUTPUT[axis], TARGET[axis]
    exponential = map_(sympy.exp(X0), (z,))
    norm = broadcast(total(exponential), (axis,), ())
    choices = (
        p, a, y, y, p,
        map_(1 / X0, (p,)),
        map_(-X1 / X0, (p, y)),
        map_((X0 - X1) / (X0 * (1 - X0)), (a, y)),
        map_(X0 - X1, (a, y)),
        map_(SIGMOID.prime()(X0), (z,)),
        exponential,
        map_(X0 / X1, (exponential, norm)),
        map_(-X0 / X1**2, (exponential, norm)),
        map_(1 / X0, (norm,)),
    )  # fmt: skip
    return choices[generator.integers(len(choices))]


def expression(generator: np.random.Generator, axes: tuple[Axis, ...], depth: int = 2) -> Tensor:
    """A random expression with the given axes (at most two): products over shared and fresh labels, sums, deltas."""
    if depth > 0 and generator.random() < 0.35:
        return add(*(expression(generator, axes, depth - 1) for _ in range(generator.integers(2, 4))))
    labels = list(range(len(axes)))
    axis_of = dict(enumerate(axes))
    for _ in range(generator.integers(0, 3)):
        axis_of[len(axis_of)] = (M, N)[generator.integers(2)]
    factors: list[tuple[Tensor, tuple]] = []
    for _ in range(generator.integers(1, 5)):
        label = int(generator.integers(len(axis_of))) if axis_of else None
        factors.append(_factor(generator, label, axis_of, depth))
    carried = {label for _, own in factors for label in own}
    factors += [(vector(generator, axis), (label,)) for label, axis in axis_of.items() if label not in carried and label not in labels]
    return scale(int(generator.choice([1, 1, -1, 2])), contract(factors, labels, axis_of))


def _factor(generator: np.random.Generator, label: int | None, axis_of: dict[int, Axis], depth: int) -> tuple[Tensor, tuple]:
    if label is None:
        return expression(generator, (), 0) if depth > 0 else total(vector(generator, M)), ()
    same = [other for other, axis in axis_of.items() if axis == axis_of[label] and other != label]
    other_kind = [other for other, axis in axis_of.items() if axis != axis_of[label]]
    pick = generator.random()
    if same and pick < 0.15:
        pair = contract(((vector(generator, axis_of[label]), (0,)), (vector(generator, axis_of[label]), (1,))), (0, 1), {})
        return add(delta(axis_of[label]), scale(-1, pair)), (label, same[0])
    if same and pick < 0.25:
        square = SQUARE[axis_of[label]]
        return (square, add(delta(axis_of[label]), square), add(square, square))[generator.integers(3)], (label, same[0])
    if same and pick < 0.4:
        return delta(axis_of[label]), (label, same[0])
    if other_kind and pick < 0.55:
        first, second = (label, other_kind[0]) if axis_of[label] == M else (other_kind[0], label)
        return W, (first, second)
    if depth > 0 and pick < 0.65:
        return expression(generator, (axis_of[label],), depth - 1), (label,)
    return vector(generator, axis_of[label]), (label,)
