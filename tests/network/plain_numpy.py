"""The value of equations, by the shortest road: NumPy's einsum, and SymPy's own lambdify for the scalars of our tables."""

import math

import numpy as np
import sympy

from symback.language.expressions import Add, Const, Contract, Map, Tensor, Var, slot
from symback.language.functions import expand_functions

ERF = {"erf": np.vectorize(math.erf)}


def value(tensor: Tensor, values: dict[Var, np.ndarray], sizes: dict[sympy.Symbol, int]) -> np.ndarray:
    """The array that `tensor` stands for."""
    match tensor:
        case Var():
            return values[tensor]
        case Const():
            return np.asarray(float(tensor.value.subs(sizes)))
        case Add():
            return sum(value(arg, values, sizes) for arg in tensor.args)
        case Map():
            function = sympy.lambdify([slot(i) for i in range(len(tensor.args))], expand_functions(tensor.expr), [ERF, "numpy"])
            with np.errstate(all="ignore"):
                return np.asarray(function(*(value(arg, values, sizes) for arg in tensor.args)), dtype=float)
        case Contract():
            shape = tuple(int(axis.size.subs(sizes)) for axis in tensor.axes)
            carried = [label for labels in tensor.labels for label in labels]
            spread = [(np.ones(shape[i]), [i]) for i in range(tensor.rank) if i not in carried]
            pairs = [(value(arg, values, sizes), list(labels)) for arg, labels in tensor.factors] + spread
            return np.einsum(*(each for pair in pairs for each in pair), list(range(tensor.rank)))
    raise AssertionError(f"no value for {type(tensor)}")


def run(equations, values, sizes=None):
    """The values of all symbols that the equations define one after the other, and those given."""
    values = dict(values)
    for equation in equations:
        values[equation.symbol] = value(equation.definition, values, sizes or {})
        shape = tuple(int(axis.size.subs(sizes or {})) for axis in equation.symbol.axes)
        assert values[equation.symbol].shape == shape, f"{equation.symbol.name} has shape {values[equation.symbol].shape}, not {shape}"
    return values


def by_text(values):
    """The same values by the text of their names."""
    return {str(symbol.name): array for symbol, array in values.items()}
