r"""Arithmetic with what printed digits leave open: arrays of intervals, rounded outwards.

`0.4431` printed as a result says that a value lies in [0.44305, 0.44315].  Every operation here returns an interval that holds
all values that its operands can have, so a number outside of it is wrong under every rounding of the operands.  Bounds are
float64, moved outwards by one unit after each exact operation and by four after a transcendental one.

A value is a scalar (0 axes), a matrix (2 axes), or a list of numbers whose orientation is not printed (1 axis: row or column,
whichever fits).  Midpoint and radius were the road not taken: they are wider after a product, and σ of an end point is simpler.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ARRAY_LIMIT", "Interval", "NotUnderstoodError", "absolute", "add", "diagonal", "divide", "elementwise", "exactly", "exponential",
    "hull", "increasing", "is_finite", "is_scalar", "is_vector", "logarithm", "maximum", "meets", "negative", "one_of",
    "power", "product_by_shape", "root", "same_form", "stacked", "subtract", "transposed", "where_apart",
]  # fmt: skip

ARRAY_LIMIT = 4_096
_PRODUCT_LIMIT = 200_000
SMALLEST = 1e-300
Array = NDArray[np.float64]


class NotUnderstoodError(ValueError):
    """What is printed is not arithmetic that this reader knows; never a reason to call it false."""


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """All values from `low` to `high`, entry by entry."""

    low: Array
    high: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """(), (n,) for a list without orientation, or (rows, columns)."""
        return self.low.shape

    @property
    def middle(self) -> Array:
        """The values in the middle."""
        return self.low + (self.high - self.low) / 2


def exactly(value: float) -> Interval:
    """A number that a float may not hold exactly: 0.1 lies between the neighbours of the float."""
    return _outward(np.asarray(float(value)), np.asarray(float(value)))


def one_of(low: float, high: float) -> Interval:
    """A number between two bounds."""
    return _outward(np.asarray(float(low)), np.asarray(float(high)))


def stacked(values: list[Interval], shape: tuple[int, ...]) -> Interval:
    """Scalars put into an array, row by row."""
    if any(value.low.size != 1 for value in values) or len(values) > ARRAY_LIMIT:
        raise NotUnderstoodError("blocks inside a matrix")
    low = np.array([float(value.low.reshape(())) for value in values]).reshape(shape)
    return Interval(low, np.array([float(value.high.reshape(())) for value in values]).reshape(shape))


def _outward(low: Array, high: Array, steps: int = 1) -> Interval:
    """Moved outwards by a few units in the last place."""
    if steps == 1:
        return Interval(np.nextafter(low, -np.inf), np.nextafter(high, np.inf))
    return Interval(low - steps * np.spacing(np.abs(low)), high + steps * np.spacing(np.abs(high)))


def is_finite(value: Interval) -> bool:
    """False after an overflow, a division by zero, or a logarithm of nothing."""
    return bool(np.isfinite(value.low).all() and np.isfinite(value.high).all())


def is_scalar(value: Interval) -> bool:
    """One number, in brackets or not."""
    return value.low.size == 1


def is_vector(value: Interval) -> bool:
    """One row, one column, or a list."""
    return len(value.shape) >= 1 and value.low.size == max(value.shape)


def _scalar(value: Interval) -> Interval:
    """One number without its brackets."""
    return Interval(value.low.reshape(()), value.high.reshape(()))


def same_form(left: Interval, right: Interval) -> tuple[Interval, Interval]:
    """Two values of one shape: the orientation of vectors and the brackets of single numbers are forgiven."""
    if is_scalar(left) and is_scalar(right):
        return _scalar(left), _scalar(right)
    if is_vector(left) and is_vector(right) and left.low.size == right.low.size:
        return tuple(Interval(one.low.reshape(-1), one.high.reshape(-1)) for one in (left, right))  # type: ignore[return-value]
    if left.shape != right.shape:
        raise NotUnderstoodError(f"shapes {left.shape} and {right.shape}")
    return left, right


def where_apart(left: Interval, right: Interval) -> Array:
    """True for each entry whose two intervals have no common value; a last unit of slack."""
    left, right = same_form(left, right)
    return np.asarray((left.low > right.high) | (right.low > left.high))


def meets(left: Interval, right: Interval) -> bool:
    """Whether both can be the same value."""
    return not where_apart(left, right).any()


def hull(left: Interval, right: Interval) -> Interval:
    """The smallest interval that holds both; the form of the left one."""
    form = left.shape
    left, right = same_form(left, right)
    return Interval(np.minimum(left.low, right.low).reshape(form), np.maximum(left.high, right.high).reshape(form))


def negative(value: Interval) -> Interval:
    """-x."""
    return Interval(-value.high, -value.low)


def transposed(value: Interval) -> Interval:
    """xᵀ; a list without orientation stays one."""
    return Interval(value.low.T, value.high.T)


def diagonal(value: Interval) -> Interval:
    """The diagonal matrix of a vector; a single number is its own."""
    if is_scalar(value):
        return value
    if not is_vector(value) or value.low.size**2 > ARRAY_LIMIT:
        raise NotUnderstoodError("the diagonal of what is no vector")
    return Interval(np.diag(value.low.reshape(-1)), np.diag(value.high.reshape(-1)))


def _fitted(left: Interval, right: Interval) -> tuple[Interval, Interval]:
    """Operands of an entry-wise operation; a vector may be added to every column or row of a matrix if only one of both fits."""
    if is_scalar(left) or is_scalar(right):
        return (_scalar(left) if is_scalar(left) else left), (_scalar(right) if is_scalar(right) else right)
    if left.shape == right.shape:
        return left, right
    if len(left.shape) == 1 and is_vector(right) and left.low.size == right.low.size:
        return Interval(left.low.reshape(right.shape), left.high.reshape(right.shape)), right
    if len(right.shape) == 1 and is_vector(left) and left.low.size == right.low.size:
        return left, Interval(right.low.reshape(left.shape), right.high.reshape(left.shape))
    raise NotUnderstoodError(f"shapes {left.shape} and {right.shape}")


def _broadcast(left: Interval, right: Interval) -> tuple[Interval, Interval]:
    """For sums: also a column added to every column of a matrix, or a row to every row."""
    try:
        return _fitted(left, right)
    except NotUnderstoodError:
        for one, other in ((left, right), (right, left)):
            fits = len(one.shape) == len(other.shape) == 2 and one.shape in ((other.shape[0], 1), (1, other.shape[1]))
            if fits and not is_vector(other):
                return left, right
        raise


def add(left: Interval, right: Interval) -> Interval:
    """x + y."""
    left, right = _broadcast(left, right)
    return _outward(left.low + right.low, left.high + right.high)


def subtract(left: Interval, right: Interval) -> Interval:
    """x - y."""
    return add(left, negative(right))


def elementwise(left: Interval, right: Interval) -> Interval:
    """x ⊙ y, or a number times an array."""
    left, right = _fitted(left, right)
    corners = np.stack(np.broadcast_arrays(left.low * right.low, left.low * right.high, left.high * right.low, left.high * right.high))
    return _outward(corners.min(axis=0), corners.max(axis=0))


def product_by_shape(left: Interval, right: Interval) -> Interval:
    """The matrix product where shapes ask for it; two columns side by side are no product that is understood."""
    if is_scalar(left) or is_scalar(right):
        return elementwise(left, right)
    if len(left.shape) == len(right.shape) == 1 and left.shape == right.shape:
        return _matrix_product(Interval(left.low[None, :], left.high[None, :]), Interval(right.low[:, None], right.high[:, None]))
    if len(left.shape) == 1:
        left = _oriented(left, (1, left.shape[0]) if right.shape[0] == left.shape[0] else (left.shape[0], 1))
    if len(right.shape) == 1:
        right = _oriented(right, (right.shape[0], 1) if left.shape[1] == right.shape[0] else (1, right.shape[0]))
    if left.shape[1] != right.shape[0]:
        raise NotUnderstoodError(f"shapes {left.shape} and {right.shape}")
    return _matrix_product(left, right)


def _oriented(value: Interval, shape: tuple[int, int]) -> Interval:
    """A list as a row or as a column."""
    return Interval(value.low.reshape(shape), value.high.reshape(shape))


def _matrix_product(left: Interval, right: Interval) -> Interval:
    """Rows times columns, each sum widened by what its additions can lose."""
    (rows, inner), columns = left.shape, right.shape[1]
    if rows * inner * columns > _PRODUCT_LIMIT:
        raise NotUnderstoodError("a matrix product of that size")
    spread = [one[:, :, None] * other[None, :, :] for one in (left.low, left.high) for other in (right.low, right.high)]
    corners = np.stack(spread)
    low, high = corners.min(axis=0), corners.max(axis=0)
    lost = (inner + 1) * np.finfo(float).eps * np.abs(corners).max(axis=0).sum(axis=1)
    return Interval(low.sum(axis=1) - lost, high.sum(axis=1) + lost)


def divide(left: Interval, right: Interval) -> Interval:
    """x / y by a number, or entry by entry."""
    if (right.low <= 0).any() and (right.high >= 0).any() and ((right.low <= 0) & (right.high >= 0)).any():
        raise NotUnderstoodError("a division by zero")
    return elementwise(left, _outward(1 / right.high, 1 / right.low))


def increasing(function: Callable[[Array], Array], value: Interval) -> Interval:
    """f(x) for an increasing f."""
    return _outward(np.asarray(function(value.low)), np.asarray(function(value.high)), steps=4)


def exponential(value: Interval) -> Interval:
    """eˣ; what is too small for a float is not zero."""
    found = increasing(np.exp, value)
    if (found.high < SMALLEST).any():
        raise NotUnderstoodError("a power that a float cannot tell from zero")
    return found


def logarithm(value: Interval) -> Interval:
    """The natural logarithm of a positive number."""
    if (value.low <= 0).any():
        raise NotUnderstoodError("a logarithm of a number that is not positive")
    return increasing(np.log, value)


def root(value: Interval) -> Interval:
    """√x of what is not negative."""
    if (value.low < -1e-12).any():
        raise NotUnderstoodError("a root of a negative number")
    return increasing(np.sqrt, Interval(np.maximum(value.low, 0.0), np.maximum(value.high, 0.0)))


def maximum(left: Interval, right: Interval) -> Interval:
    """The larger one, entry by entry."""
    left, right = _fitted(left, right)
    return Interval(np.maximum(left.low, right.low), np.maximum(left.high, right.high))


def absolute(value: Interval) -> Interval:
    """|x|."""
    low = np.where((value.low <= 0) & (value.high >= 0), 0.0, np.minimum(np.abs(value.low), np.abs(value.high)))
    return Interval(np.asarray(low), np.maximum(np.abs(value.low), np.abs(value.high)))


def power(base: Interval, exponent: Interval) -> Interval:
    """xⁿ for a whole n, entry by entry; any exponent where the base is positive."""
    if not is_scalar(exponent):
        raise NotUnderstoodError("an exponent that is no number")
    whole = round(float(exponent.middle.reshape(()))) if abs(float(exponent.middle.reshape(()))) < 100 else None
    if whole is not None and meets(exponent, exactly(whole)) and float(exponent.high.reshape(()) - exponent.low.reshape(())) < 1e-9:
        return _whole_power(base, whole)
    return exponential(elementwise(logarithm(base), exponent))


def _whole_power(base: Interval, exponent: int) -> Interval:
    """xⁿ; an even power of an interval around zero starts at zero."""
    if exponent < 0:
        return divide(exactly(1.0), _whole_power(base, -exponent))
    if exponent % 2 == 0:
        base = absolute(base)
    return _outward(base.low**exponent, base.high**exponent, steps=4)
