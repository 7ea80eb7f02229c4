"""What a compiled gradient function calls while it runs: checked arguments, buffers of its thread, and erf.

This text goes into every stand-alone module that symback writes, so it needs NumPy alone.
"""

import threading
from collections.abc import Callable

import numpy as np

from symback.errors import NumericError, ShapeError

__all__ = ["Buffers", "erf", "prepared", "refuse_nonfinite"]

Size = int | str
Shapes = dict[str, tuple[Size, ...]]


class Buffers(threading.local):
    """The arrays that a function writes its intermediate results to: one set for each thread and each batch size."""

    most = 8

    def __init__(self, make: Callable[..., tuple]) -> None:
        self.make = make
        self.known: dict = {}

    def fresh(self, *sizes: int) -> tuple:
        """A new set, kept for the next call with the same sizes; the oldest is given up when there are too many."""
        while len(self.known) >= self.most:
            self.known.pop(next(iter(self.known)))
        made = self.known[sizes] = self.make(*sizes)
        return made


def prepared(params, x, y, shapes: Shapes, pairs: list | None, dtype) -> list:
    """The arrays x, y and those of `params`, converted and checked, then the sizes that `shapes` leaves open.

    `pairs` lists the names in (W, b) pairs where parameters may come so; a dict of named arrays is understood as well.
    """
    named = {"x": x, "y": y} | _by_name(params, list(shapes)[2:], pairs)
    sizes: dict[str, int] = {}
    arrays = []
    for name, shape in shapes.items():
        array = _as_array(name, named[name], dtype)
        for position, size in enumerate(shape if len(shape) == array.ndim else ()):
            if isinstance(size, str):
                sizes.setdefault(size, array.shape[position])
        expected = tuple(sizes.get(size, size) for size in shape)
        if array.shape != expected:
            raise ShapeError(_wrong_shape(name, array.shape, shape, expected))
        arrays.append(array)
    if sizes["N"] == 0:
        raise ShapeError("x has no rows; a batch needs at least one sample")
    return [*arrays, *sizes.values()]


def _by_name(params, names: list[str], pairs: list | None) -> dict:
    """Parameters by name, from a dict or from a list of (W, b)."""
    if isinstance(params, dict):
        missing = [name for name in names if name not in params]
        extra = [name for name in params if name not in names]
        if missing or extra:
            found = f"{'missing' if missing else 'unknown'}: {', '.join(map(str, missing or extra))}"
            raise ShapeError(f"params has the wrong names, {found}; it should have {', '.join(names)}")
        return params
    if pairs is None:
        raise ShapeError(f"params is a {type(params).__name__}; for this network it should be a dict with {', '.join(names)}")
    found = []
    try:
        layers = list(params)
        if len(layers) == len(pairs):
            found = [array for weights, bias in layers for array in (weights, bias)]
    except (TypeError, ValueError):
        pass
    if len(found) != 2 * len(pairs):
        raise ShapeError(f"params should be a list of {len(pairs)} pairs (W, b), one for each layer; it is {_described(params)}")
    return dict(zip((name for pair in pairs for name in pair), found))


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


def _polynomial(x: np.ndarray, coefficients: tuple[float, ...]) -> np.ndarray:
    """c_0 + c_1 x + c_2 x² + …, by Horner's rule."""
    result = x * coefficients[-1]
    for coefficient in coefficients[-2:0:-1]:
        result += coefficient
        result *= x
    return result + coefficients[0]


def erf(x: np.ndarray) -> np.ndarray:
    """The error function, by the rational approximations of Sun's fdlibm (s_erf.c), to about one unit in the last place.

    Four pieces: |x| < 0.84375, |x| < 1.25, |x| < 1/0.35 and beyond.
    """
    size = np.abs(x)
    square = x * x
    near = x + x * (_polynomial(square, _NEAR_ABOVE) / _polynomial(square, _NEAR_BELOW))
    shifted = np.minimum(size, 2) - 1
    middle = _MIDDLE_VALUE + _polynomial(shifted, _MIDDLE_ABOVE) / _polynomial(shifted, _MIDDLE_BELOW)
    outside = np.clip(size, 1, 6)
    inverse = 1 / (outside * outside)
    ratio = np.where(
        outside < 1 / 0.35,
        _polynomial(inverse, _FAR_ABOVE) / _polynomial(inverse, _FAR_BELOW),
        _polynomial(inverse, _TAIL_ABOVE) / _polynomial(inverse, _TAIL_BELOW),
    )
    far = 1 - np.exp(ratio - 0.5625 - outside * outside) / outside
    result = np.where(size < 0.84375, near, np.copysign(np.where(size < 1.25, middle, far), x))
    return np.where(np.isnan(x), x, result)


_NEAR_ABOVE = (
    1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02, -5.77027029648944159157e-03,
    -2.37630166566501626084e-05,
)  # fmt: skip
_NEAR_BELOW = (
    1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03, 1.32494738004321644526e-04,
    -3.96022827877536812320e-06,
)  # fmt: skip
_MIDDLE_VALUE = 8.45062911510467529297e-01
_MIDDLE_ABOVE = (
    -2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01, 3.18346619901161753674e-01,
    -1.10894694282396677476e-01, 3.54783043256182359371e-02, -2.16637559486879084300e-03,
)  # fmt: skip
_MIDDLE_BELOW = (
    1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02, 1.26171219808761642112e-01,
    1.36370839120290507362e-02, 1.19844998467991074170e-02,
)  # fmt: skip
_FAR_ABOVE = (
    -9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e01, -6.23753324503260060396e01,
    -1.62396669462573470355e02, -1.84605092906711035994e02, -8.12874355063065934246e01, -9.81432934416914548592e00,
)  # fmt: skip
_FAR_BELOW = (
    1.0, 1.96512716674392571292e01, 1.37657754143519042600e02, 4.34565877475229228821e02, 6.45387271733267880336e02,
    4.29008140027567833386e02, 1.08635005541779435134e02, 6.57024977031928170135e00, -6.04244152148580987438e-02,
)  # fmt: skip
_TAIL_ABOVE = (
    -9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e01, -1.60636384855821916062e02,
    -6.37566443368389627722e02, -1.02509513161107724954e03, -4.83519191608651397019e02,
)  # fmt: skip
_TAIL_BELOW = (
    1.0, 3.03380607434824582924e01, 3.25792512996573918826e02, 1.53672958608443695994e03, 3.19985821950859553908e03,
    2.55305040643316442583e03, 4.74528541206955367215e02, -2.24409524465858183362e01,
)  # fmt: skip
