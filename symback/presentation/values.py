"""Values for a network: its parameters and its samples, from a TOML file, from a mapping, or by a fixed rule.

    x  = [1.0, 0.5]                   # one sample; [[1.0, 0.5], [0.2, 0.4]] are two
    y  = [0.8]
    W1 = [[0.1, 0.3], [0.2, 0.4]]     # as many rows as layer 1 has units, as many columns as it has inputs
    b1 = [0.1, -0.1]
    W2 = [[0.7, -1.2]]
    b2 = [0.05]

Every parameter that the network has is a key, its letter and the number of its layer: gamma2, beta2 of a layer
normalisation, alpha1 of a PReLU.  Numbers are kept as the decimals that were written, never as binary fractions.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import sympy

from symback.errors import ShapeError, SpecError, UnsupportedError
from symback.language.expressions import Var
from symback.network import Network
from symback.network.forward import Forward, forward_equations
from symback.network.options import shorten, suggestion

__all__ = ["Values", "check_counted", "default_values", "read_values"]

MOST_BYTES = 1_000_000
MOST_SAMPLES = 1000
LARGEST = Decimal("1e9")
MOST_DECIMALS = 30
ROUNDING = Decimal("1e-9")  # of shares such as 1/3 that are written as decimals


@dataclass(frozen=True, eq=False)
class Values:
    """Exact numbers: `inputs` (samples, n_0), `targets` (samples, n_L), `parameters` by name; arrays of `Decimal`."""

    inputs: np.ndarray
    targets: np.ndarray
    parameters: Mapping[Var, np.ndarray]

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return len(self.inputs)


def read_values(source: str | Path | Mapping[str, Any] | Values, network: Network) -> Values:
    """The values in a TOML file, or in a mapping with the same keys; arrays of NumPy may stand in a mapping.

    >>> given = {"x": [1, 0.5], "y": [0.8], "W1": [[0.7, -1.2]], "b1": [0.05]}
    >>> read_values(given, Network.from_spec("2-1")).parameters[forward_equations(Network.from_spec("2-1")).parameters[1]]
    array([Decimal('0.05')], dtype=object)
    """
    if isinstance(source, Values):
        return source
    if isinstance(source, Mapping):
        return _from_table(source, network)
    path = Path(source)
    try:
        return _from_table(_load(path), network)
    except (SpecError, ShapeError) as error:
        raise type(error)(f"{path}: {error}") from error


def _load(path: Path) -> dict[str, Any]:
    """The keys of a TOML file, its numbers as decimals."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise SpecError(f"it has more than {MOST_BYTES} bytes, which is too long for a file of values")
        return tomllib.loads(content.decode("utf-8"), parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise SpecError(f"it is not UTF-8 text, at byte {error.start}; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"it is not valid TOML: {error}") from error
    except (RecursionError, ArithmeticError, ValueError) as error:  # nested too deep, an integer of thousands of digits
        if isinstance(error, SpecError):
            raise
        raise SpecError("it is not valid TOML: it is nested too deep, or has a number that is too long") from error
    except OSError as error:
        raise SpecError(f"it cannot be read: {error.strerror or error}; give the path of a TOML file") from error


def _from_table(table: Mapping[str, Any], network: Network) -> Values:
    forward = _counted(network)
    shapes = {_key(parameter): _shape(parameter) for parameter in forward.parameters}
    known = ("x", "y", *shapes)
    for key in table:
        if key not in known:
            raise SpecError(f"unknown key {shorten(key)}; this network has {', '.join(known)} ({suggestion(str(key), known)})")
    missing = [key for key in known if key not in table]
    if missing:
        raise SpecError(f"there is no {missing[0]!r}; this network has {', '.join(known)}")
    inputs = _samples(table["x"], "x", int(forward.inputs.shape[-1]))
    targets = _samples(table["y"], "y", _outputs(forward))
    if len(inputs) != len(targets):
        raise ShapeError(f"x has {len(inputs)} samples and y has {len(targets)}; each sample needs its input and its target")
    parameters = {parameter: _array(table[_key(parameter)], _key(parameter), shapes[_key(parameter)]) for parameter in forward.parameters}
    values = Values(inputs, targets, parameters)
    _check_facts(values, forward)
    return values


def check_counted(network: Network) -> None:
    """All sizes of the network are numbers; `UnsupportedError` otherwise."""
    sizes = [] if network.is_generic else [network.inputs, *(size for layer in network.numbered for size in (layer.inputs, layer.outputs))]
    symbol = next((size for size in sizes if isinstance(size, sympy.Symbol)), None)
    if network.is_generic or symbol is not None:
        what = "its depth is" if symbol is None else f"the size {symbol} is"
        raise UnsupportedError(f"a network has values where every size is a number, and {what} not; write numbers, such as 2-3-2")


def _counted(network: Network) -> Forward:
    """The equations of a network all whose sizes are numbers."""
    check_counted(network)
    return forward_equations(network)


def _key(parameter: Var) -> str:
    """The key of a parameter in a file: W1."""
    return f"{parameter.name.letter}{parameter.name.layer}"


def _shape(parameter: Var) -> tuple[int, ...]:
    return tuple(int(size) for size in parameter.shape)


def _outputs(forward: Forward) -> int:
    assert forward.target is not None  # only a hidden layer that stands by itself has none
    return int(forward.target.shape[-1])


def _samples(given: object, key: str, width: int) -> np.ndarray:
    """One sample, or a list of samples, as (samples, width)."""
    found = _plain(given)
    is_single = not isinstance(found, list) or not (found and isinstance(found[0], list))
    rows = [found] if is_single else found
    if len(rows) > MOST_SAMPLES:
        raise SpecError(f"{key} has {len(rows)} samples; at most {MOST_SAMPLES} are read")
    names = [key if is_single else f"sample {number} of {key}" for number in range(1, len(rows) + 1)]
    arrays = [_array(row, name, (width,)) for row, name in zip(rows, names, strict=True)]
    return np.array(arrays, dtype=object)


def _array(given: object, key: str, wanted: tuple[int, ...]) -> np.ndarray:
    """Nested lists of numbers of the shape that is wanted."""
    found = _plain(given)
    if not isinstance(found, list) and wanted == (1,):
        found = [found]
    shape = _shape_of(found)
    if shape != wanted:
        numbers = " × ".join(map(str, wanted))
        said = "is a single number" if shape == () else "has rows of different lengths" if shape is None else f"has shape {_times(shape)}"
        raise ShapeError(f"{key} {said}; it should be {numbers}: {_pattern(wanted)}")
    array = np.empty(wanted, dtype=object)
    for place in product(*map(range, wanted)):
        entry = found
        for index in place:
            entry = entry[index]
        array[place] = _number(entry, f"{key}{[i + 1 for i in place]}")
    return array


def _plain(given: object) -> Any:
    """NumPy's arrays, and tuples, as lists."""
    if isinstance(given, np.ndarray | np.generic):
        return given.tolist()
    return [_plain(entry) for entry in given] if isinstance(given, Sequence) and not isinstance(given, str) else given


def _shape_of(found: object) -> tuple[int, ...] | None:
    """The shape of nested lists; None where lists of different lengths stand side by side."""
    if not isinstance(found, list):
        return ()
    inner = {_shape_of(entry) for entry in found}
    if len(inner) > 1 or None in inner:
        return None
    return (len(found), *(inner.pop() or () if inner else ()))


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _pattern(shape: tuple[int, ...]) -> str:
    """How a list of that shape is written."""
    row = "[" + ", ".join(["…"] * min(shape[-1], 3)) + (", …]" if shape[-1] > 3 else "]")
    return row if len(shape) == 1 else "[" + ", ".join([row] * min(shape[0], 3)) + (", …]" if shape[0] > 3 else "]")


def _number(value: object, where: str) -> Decimal:
    """A finite number as the decimal that was written; of a binary float, the shortest that means it."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise SpecError(f"{where} is {shorten(value)}; it should be a number, such as 0.25")
    if isinstance(value, int) and value.bit_length() > 40:
        raise SpecError(f"{where} is {shorten(value)}; numbers up to {LARGEST:.0E} are read")
    number = value if isinstance(value, Decimal) else Decimal(repr(value) if isinstance(value, float) else value)
    if not number.is_finite() or (isinstance(value, float) and not math.isfinite(value)):
        raise SpecError(f"{where} is {value}; it should be a finite number")
    if abs(number) > LARGEST or int(number.as_tuple().exponent) < -MOST_DECIMALS:
        raise SpecError(f"{where} is {shorten(str(value))}; numbers up to {LARGEST:.0E} with at most {MOST_DECIMALS} decimals are read")
    return number


def _check_facts(values: Values, forward: Forward) -> None:
    """What the derivation assumes of the targets, Σ_k y_k = 1 of a cross-entropy, holds of each sample."""
    for fact in forward.facts:
        if not fact.is_assumed or fact.of is not forward.target:
            continue
        for number, target in enumerate(values.targets, 1):
            if abs(sum(target) - fact.value) > ROUNDING:
                remedy = "give shares that do, such as 1 for the right class and 0 for the others"
                raise SpecError(
                    f"this cost assumes that targets sum to {fact.value}, but y of sample {number} sums to {sum(target)}; {remedy}"
                )


# By a fixed rule -------------------------------------------------------------------------------------------------

_CHOSEN = {
    "gamma": ("1.2", "0.8", "1.1"),
    "alpha": ("0.2",),
    "t_low": ("-0.4",),
    "alpha_low": ("0.1",),
    "t_high": ("0.5",),
    "alpha_high": ("0.3",),
}


def default_values(network: Network) -> Values:
    """Short decimals, the same ones every time: inputs and weights between -1 and 1, and targets that suit the cost.

    >>> default_values(Network.from_spec("2-1")).inputs.tolist()
    [[Decimal('0.5'), Decimal('0.8')]]
    """
    forward = _counted(network)
    inputs = [_tenths(3 * i + 4, 9) for i in range(int(forward.inputs.shape[-1]))]
    parameters: dict[Var, np.ndarray] = {}
    for number, parameter in enumerate(forward.parameters):
        shape = _shape(parameter)
        entries = [_default(parameter, number, place) for place in product(*map(range, shape))]
        array = np.empty(len(entries), dtype=object)
        array[:] = entries
        parameters[parameter] = array.reshape(shape)
    return Values(_row(inputs), _row(_default_targets(network, _outputs(forward))), parameters)


def _row(entries: list[Decimal]) -> np.ndarray:
    return np.array([entries], dtype=object)


def _tenths(number: int, count: int) -> Decimal:
    """0.1, 0.2, … up to `count` tenths, over and over."""
    return Decimal(number % count + 1).scaleb(-1)


def _default(parameter: Var, number: int, place: tuple[int, ...]) -> Decimal:
    """Weights of both signs, up to 0.9 and smaller where many are added up; biases up to 0.2."""
    if parameter.name.letter in _CHOSEN:
        choices = _CHOSEN[parameter.name.letter]
        return Decimal(choices[place[-1] % len(choices)])
    if len(place) < 2:
        return (Decimal(-1) ** place[0]) * _tenths(number // 2 + place[0], 2)
    rows_before, column = place
    step = 5 * number + 7 * rows_before + 4 * column
    size = _tenths(step, 9 if parameter.shape[-1] <= 4 else 5)
    return -size if (rows_before + 2 * column + number) % 3 == 2 else size


def _default_targets(network: Network, count: int) -> list[Decimal]:
    """Of the kind that the cost wants: the first class, ±1, whole numbers; else 1, 0, 1, …"""
    kind = network.cost.row.targets
    is_class = kind == "probabilities" or network.numbered[-1].layer.activation.row.values == "probabilities"
    if is_class:
        return [Decimal(int(place == 0)) for place in range(count)]
    if kind == "signs":
        return [Decimal(-1) ** place for place in range(count)]
    if kind == "counts":
        return [Decimal(place % 3 + 1) for place in range(count)]
    return [Decimal((place + 1) % 2) for place in range(count)]
