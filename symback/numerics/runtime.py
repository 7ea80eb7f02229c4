"""What a compiled gradient function calls while it runs: checked arguments, and buffers of its thread.

This text goes into every stand-alone module that symback writes, so it needs NumPy alone.
"""

import contextvars
import threading
from collections.abc import Callable

import numpy as np

from symback.errors import NumericError, ShapeError
from symback.numerics.forms import Shapes, fitting, members

__all__ = ["Buffers", "checked", "prepared", "refuse_nonfinite", "written"]


class Buffers(threading.local):
    """The arrays that a function writes its intermediate results to: one set for each thread and each batch size.

    `quietly(function, *args)` calls a function with NumPy's warnings off: an exponential that overflows to infinity, or
    underflows to 0, is what the formulas count on.  It runs in a context of this thread made for the purpose, which costs
    a quarter of `np.errstate`; a call inside a call, which would spoil the buffers, is refused by Python.
    """

    most = 8

    def __init__(self, make: Callable[..., tuple]) -> None:
        self.make = make
        self.known: dict = {}
        context = contextvars.copy_context()
        context.run(np.seterr, all="ignore")
        self.quietly = context.run

    def fresh(self, sizes) -> tuple:
        """A new set, kept for the next call with the same sizes; the oldest is given up when there are too many."""
        while len(self.known) >= self.most:
            self.known.pop(next(iter(self.known)))
        made = self.known[sizes] = self.make(*sizes) if isinstance(sizes, tuple) else self.make(sizes)
        return made


def prepared(params, x, y, shapes: Shapes, pairs: list | None, dtype) -> list:
    """The arrays x, y and those of `params`, converted and checked, then the sizes that `shapes` leaves open.

    `pairs` lists the names in (W, b) pairs where parameters may come so; a dict of named arrays is understood as well.
    Where y is None, no target is wanted.
    """
    named = {"x": x, "y": y} | members("params", params, list(shapes)[2:], pairs)
    if y is not None:
        return checked(named, shapes, dtype)
    x, *rest = checked(named, {name: shape for name, shape in shapes.items() if name != "y"}, dtype)
    return [x, None, *rest]


def checked(named: dict, shapes: Shapes, dtype) -> list:
    """The arrays that `shapes` lists, converted and checked in that order, then the sizes that it leaves open."""
    arrays = [_as_array(name, named[name], dtype) for name in shapes]
    triples = ((name, array.shape, shape) for array, (name, shape) in zip(arrays, shapes.items(), strict=True))
    return [*arrays, *fitting(*triples)]


def _as_array(name: str, value, dtype) -> np.ndarray:
    """The array in the dtype of the function; complex numbers and text are refused."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ShapeError(f"{name} is not an array: {error}") from None
    if array.dtype.kind not in "fiub":
        raise ShapeError(f"{name} has dtype {array.dtype}; it should hold real numbers, of dtype {np.dtype(dtype)}")
    return array.astype(dtype, copy=False)


def refuse_nonfinite(**arrays: np.ndarray) -> None:
    """Name the first argument with a nan or an infinity in it; nothing if there is none."""
    for name, array in arrays.items():
        finite = np.isfinite(array)
        if not finite.all():
            place = tuple(int(i) for i in np.argwhere(~finite)[0])
            where = ", ".join(map(str, place))
            raise NumericError(f"{name}[{where}] is {array[place]}; all numbers should be finite")


def written(out, grads, names: list[str], pairs: list | None):
    """The gradients copied into the arrays of `out`, which has their form, or that of a dict; they may be any of the arguments."""
    targets, sources = members("out", out, names, pairs), members("grads", grads, names, pairs)
    for name in names:
        target, source = targets[name], sources[name]
        if not isinstance(target, np.ndarray) or target.shape != source.shape or not np.can_cast(source.dtype, target.dtype, "same_kind"):
            found = (
                f"has shape {target.shape} and dtype {target.dtype}" if isinstance(target, np.ndarray) else f"is a {type(target).__name__}"
            )
            raise ShapeError(f"out: {name} {found}; it should be an array of shape {source.shape} and dtype {source.dtype}")
        if not target.flags.writeable:
            raise ShapeError(f"out: {name} cannot be written to")
    for name in names:
        np.copyto(targets[name], sources[name], casting="same_kind")
    return out
