"""What a compiled gradient function calls while it runs: checked arguments, and buffers of its thread.

This text goes into every stand-alone module that symback writes, so it needs NumPy alone.
"""

import contextvars
import threading
from collections.abc import Callable

import numpy as np

from symback.errors import NumericError, ShapeError

__all__ = ["Buffers", "checked", "fitting", "members", "packed", "prepared", "refuse_nonfinite"]

Size = int | str
Shapes = dict[str, tuple[Size, ...]]


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


def fitting(*shapes: tuple[str, tuple, tuple]) -> list[int]:
    """The sizes that are left open, in order, from triples (name, shape found, shape wanted); refused if they do not agree."""
    sizes: dict[str, int] = {}
    for name, found, wanted in shapes:
        for position, size in enumerate(wanted if len(wanted) == len(found) else ()):
            if isinstance(size, str):
                sizes.setdefault(size, found[position])
        expected = tuple(sizes[size] if isinstance(size, str) and size in sizes else size for size in wanted)
        if tuple(found) != expected:
            raise ShapeError(_wrong_shape(name, tuple(found), wanted, expected))
    if sizes["N"] == 0:
        raise ShapeError("x has no rows; a batch needs at least one sample")
    return list(sizes.values())


def members(title: str, params, names: list[str], pairs: list | None) -> dict:
    """The arrays of a group, called `title`, by name, from a dict or from a list of (W, b)."""
    if isinstance(params, dict):
        missing = [name for name in names if name not in params]
        extra = [name for name in params if name not in names]
        if missing or extra:
            wrong = f"{'missing' if missing else 'unknown'}: {', '.join(map(str, missing or extra))}"
            raise ShapeError(f"{title} has the wrong names, {wrong}; it should have {', '.join(names)}")
        return params
    if pairs is None:
        raise ShapeError(f"{title} is a {type(params).__name__}; for this network it should be a dict with {', '.join(names)}")
    found: list = []
    try:
        layers = list(params)
        if len(layers) == len(pairs):
            found = [array for weights, bias in layers for array in (weights, bias)]
    except (TypeError, ValueError):
        pass
    if len(found) != 2 * len(pairs):
        raise ShapeError(f"{title} should be a list of {len(pairs)} pairs (W, b), one for each layer; it is {_described(params)}")
    return dict(zip([name for pair in pairs for name in pair], found, strict=True))


def packed(arrays: list, names: list[str], like=None) -> list | dict:
    """Arrays in the form of `like`: a dict by name if it is one, or is not there, else a list of (W, b)."""
    if like is None or isinstance(like, dict):
        return dict(zip(names, arrays, strict=True))
    return list(zip(arrays[::2], arrays[1::2], strict=True))


def _described(value) -> str:
    length = f" of length {len(value)}" if hasattr(value, "__len__") else ""
    return f"a {type(value).__name__}{length}"


def _as_array(name: str, value, dtype) -> np.ndarray:
    """The array in the dtype of the function; complex numbers and text are refused."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ShapeError(f"{name} is not an array: {error}") from None
    if array.dtype.kind not in "fiub":
        raise ShapeError(f"{name} has dtype {array.dtype}; it should hold real numbers, of dtype {np.dtype(dtype)}")
    return array.astype(dtype, copy=False)


def _wrong_shape(name: str, found: tuple, shape: tuple, expected: tuple) -> str:
    """What the shape is, what it should be, and what would mend it."""
    should = f"({', '.join(map(str, expected))}{',' if len(expected) == 1 else ''})"
    meaning = {"x": " = (batch, inputs)", "y": " = (batch, outputs)"}.get(name, "")
    message = f"{name} has shape {found}; it should be {should}{meaning}"
    if name in ("x", "y") and len(found) == 1:
        return f"{message}; for a single sample give {name}[None, :]"
    if found == expected[::-1] and len(found) == 2:
        return f"{message}; it looks transposed"
    if name == "y" and len(found) == 2 and found[1:] == expected[1:]:
        return f"{message}; x and y should have as many samples"
    return message


def refuse_nonfinite(**arrays: np.ndarray) -> None:
    """Name the first argument with a nan or an infinity in it; nothing if there is none."""
    for name, array in arrays.items():
        finite = np.isfinite(array)
        if not finite.all():
            place = tuple(int(i) for i in np.argwhere(~finite)[0])
            where = ", ".join(map(str, place))
            raise NumericError(f"{name}[{where}] is {array[place]}; all numbers should be finite")
