"""One flat vector in place of the parameters: what the optimisers of SciPy work with.

θ = (W1 row by row, b1, W2 row by row, b2, …)        f(θ, x, y) -> (cost, gradient), both vectors of the same length

scipy.optimize.minimize(f, f.flatten(params), args=(x, y), jac=True, method="L-BFGS-B")
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from symback.errors import ShapeError, UnsupportedError
from symback.numerics.program import Argument, Group

__all__ = ["Flat", "flat_function", "flat_layout"]


@dataclass(frozen=True)
class Flat:
    """Where each parameter lies in the vector.

    >>> layout = Flat({"W1": (3, 2), "b1": (3,)}, np.dtype("float64"))
    >>> layout.size, layout.unflatten(np.arange(9.0))["b1"]
    (9, array([6., 7., 8.]))
    """

    shapes: dict[str, tuple[int, ...]]
    dtype: np.dtype

    @property
    def size(self) -> int:
        """The number of parameters."""
        return sum(prod(shape) for shape in self.shapes.values())

    def flatten(self, params) -> np.ndarray:
        """The vector of parameters given as a dict, or as a list of (W, b)."""
        arrays = [params[name] for name in self.shapes] if isinstance(params, dict) else [array for pair in params for array in pair]
        wrong = [
            f"{name} has shape {np.shape(a)}, not {s}"
            for (name, s), a in zip(self.shapes.items(), arrays, strict=False)
            if np.shape(a) != s
        ]
        if wrong or len(arrays) != len(self.shapes):
            raise ShapeError(wrong[0] if wrong else f"{len(arrays)} arrays are given; there are {len(self.shapes)} parameters")
        return np.concatenate([np.ravel(array) for array in arrays]).astype(self.dtype, copy=False)

    def unflatten(self, theta) -> dict[str, np.ndarray]:
        """The parameters by name, as views of the vector."""
        vector = np.asarray(theta, self.dtype)
        if vector.shape != (self.size,):
            raise ShapeError(f"theta has shape {vector.shape}; it should be ({self.size},), all parameters one after the other")
        found, start = {}, 0
        for name, shape in self.shapes.items():
            found[name] = vector[start : start + prod(shape)].reshape(shape)
            start += prod(shape)
        return found

    def joined(self, grads: dict[str, np.ndarray]) -> np.ndarray:
        """Gradients as one vector; those of single samples, with an axis more, as the rows of a matrix."""
        arrays = [grads[name] for name in self.shapes]
        lead = arrays[0].shape[: arrays[0].ndim - len(next(iter(self.shapes.values())))]
        return np.concatenate([array.reshape(*lead, -1) for array in arrays], axis=-1)


def flat_layout(parameters: Sequence[Argument], dtype: str) -> Flat:
    """The layout of a program's parameters, whose sizes must be numbers."""
    for parameter in parameters:
        if not all(size.is_Integer for size in parameter.shape):
            shape = ", ".join(map(str, parameter.shape))
            raise UnsupportedError(f"{parameter.name} has shape ({shape}); a flat vector needs sizes that are numbers, as in 784-30-10")
    return Flat({p.name: tuple(int(size) for size in p.shape) for p in parameters}, np.dtype(dtype))


def flat_function(function: Callable, takes: Sequence[str | Group], gives: Sequence[str | Group], layout: Flat) -> Callable:
    """`function` with a vector in place of every group of arrays that it takes or gives."""
    given_flat = [isinstance(part, Group) for part in takes]
    made_flat = [isinstance(part, Group) for part in gives]

    def flat(*arguments):
        named = [layout.unflatten(a) if is_flat else a for a, is_flat in zip(arguments, given_flat, strict=True)]
        results = function(*named)
        parts = results if len(made_flat) > 1 else (results,)
        vectors = tuple(layout.joined(part) if is_flat else part for part, is_flat in zip(parts, made_flat, strict=True))
        return vectors if len(made_flat) > 1 else vectors[0]

    flat.__doc__ = f"{function.__doc__}\n\n    Parameters, gradients and directions are flat vectors here."
    return flat
