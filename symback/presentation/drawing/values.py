"""The values of an example: read from TOML, checked against the network, and carried through it by the engine.

    x = [0.9, 0.1]                       # the input
    y = [1, 0]                           # the target; may be left out where no error is asked for
    W1 = [[0.1, 0.4], [0.2, 0.3], [0.5, -0.1]]
    b1 = [0.1, -0.1, 0.2]
    W2 = [[0.3, -0.7, 0.2], [0.6, 0.1, -0.5]]
    b2 = [0.05, -0.05]

Parameters are called as `lambdify` calls them: W and b with the number of their layer; gamma2, beta2 of a normalisation.
Where x and y are lists of samples, the first sample is drawn.  A single number may stand for a list of one.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import sympy

from symback.errors import NumericError, ShapeError, SpecError
from symback.language.expressions import Var
from symback.network import Network
from symback.network.forward import Forward
from symback.network.options import shorten, suggestion
from symback.numerics.evaluate import Setting, evaluate, evaluate_equations
from symback.pipeline import derive

__all__ = ["Numbers", "load_values", "numbers_of"]

MOST_BYTES = 50_000_000
ROUNDING = 1e-9  # of shares such as 1/3 that are written as decimals


@dataclass(frozen=True)
class Numbers:
    """Every number that a picture may show, by the text of its name: "a^1", "W^2", "b^2", "delta^1", "y", "C"."""

    arrays: Mapping[str, np.ndarray]
    given: frozenset[str]

    def entry(self, name: str, *positions: int) -> float | None:
        """One entry, counted from 0; None where there is no such quantity."""
        return float(self.arrays[name][positions]) if name in self.arrays else None


def load_values(path: str | Path) -> dict[str, object]:
    """The tables of a TOML file of values, not yet compared with a network."""
    try:
        size = Path(path).stat().st_size
        if size > MOST_BYTES:
            raise SpecError(f"{path} has {size} bytes; a file of values has at most {MOST_BYTES}")
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise SpecError(f"{path} is not UTF-8 text, at byte {error.start}; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{path} is not valid TOML: {error}") from error
    except (RecursionError, ValueError) as error:  # brackets nested too deep, integers of thousands of digits
        raise SpecError(f"{path} is not valid TOML: it is nested too deep, or has a number that is too long") from error
    except OSError as error:
        reason = error.strerror or error
        raise SpecError(f"cannot read {str(path)[:300]!r}: {reason}; give the path of a TOML file such as values.toml") from error


def numbers_of(network: Network, values: Mapping[str, object], with_errors: bool) -> Numbers:
    """The values given, all activations, and, where a target is given, the cost; with errors every δ as well.

    >>> network = Network.from_spec("1-1", activation="identity")
    >>> numbers = numbers_of(network, {"x": [2], "y": [1], "W1": [[3]], "b1": [0.5]}, with_errors=True)
    >>> numbers.entry("a^1", 0), numbers.entry("C"), numbers.entry("delta^1", 0)
    (6.5, 15.125, 5.5)
    """
    _check_has_numbers(network)
    if with_errors and "y" not in values:
        raise SpecError(f"the values have no y, so no error is known; add y with its {network.outputs} entries")
    derivation = derive(network)
    forward = derivation.forward
    known = _by_variable(forward, values)
    _check_facts(forward, known)
    has_target = forward.target in known
    equations = forward.equations if has_target else [each for each in forward.equations if each.symbol.name.layer is not None]
    with np.errstate(all="ignore"):
        computed = evaluate_equations(equations, Setting(known, equations=equations))
        setting = Setting(computed, equations=equations)
        for record in derivation.records if with_errors else ():
            setting = setting.with_values({record.symbol: evaluate(record.tensor, setting)})
    arrays = {str(symbol.name): np.asarray(array, dtype=float) for symbol, array in setting.values.items()}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise NumericError(f"{name} is not finite at these values; choose values at which the network and its cost have numbers")
    return Numbers(arrays, frozenset(str(symbol.name) for symbol in known))


def _check_has_numbers(network: Network) -> None:
    """Every size, constant and function is known."""
    symbols = [size for layer in network.numbered for size in (layer.inputs, layer.outputs) if isinstance(size, sympy.Symbol)]
    if network.is_generic or symbols:
        names = "of symbolic depth" if network.is_generic else f"with the size {symbols[0]}"
        raise SpecError(f"values are given for a network {names}; give every size as a number, such as 2-3-2")
    constants = {"l1": network.l1, "l2": network.l2}
    with_epsilon = [each for each in network.numbered if hasattr(each.layer, "epsilon")]
    constants |= {f"epsilon of layer {each.number}": each.layer.epsilon for each in with_epsilon}
    for what, constant in constants.items():
        if constant.free_symbols:
            raise SpecError(f"values are given for a network whose {what} is the symbol {constant}; give it as a number, such as 0.01")
    for each in network.numbered:
        if each.layer.activation.name == "unspecified":
            raise SpecError(
                f"the activation of layer {each.number} is known by name only, so it has no values; choose one, such as sigmoid"
            )
    if network.cost.row.formula is None:
        raise SpecError("the cost is known by name only, so it has no value; choose one, such as quadratic")


def _by_variable(forward: Forward, values: Mapping[str, object]) -> dict[Var, np.ndarray]:
    """The given arrays under the variables they belong to; `SpecError` where one is missing or unknown."""
    named = {"x": forward.inputs, **{f"{each.name.letter}{each.name.layer}": each for each in forward.parameters}}
    known = named | ({"y": forward.target} if forward.target is not None else {})
    for key in values:
        if key not in known:
            raise SpecError(f"the values have an unknown key {shorten(key)}; {suggestion(str(key), _some(known))}")
    missing = [name for name in named if name not in values]
    if missing:
        name = missing[0]
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise SpecError(f"the values have no {name}{more}; add {name} = … with {_shape_words(named[name])}")
    return {known[key]: _array(key, _first_sample(value) if key in ("x", "y") else value, known[key]) for key, value in values.items()}


def _first_sample(value: object) -> object:
    """The first of a list of samples; one sample as it is."""
    is_list = isinstance(value, list | tuple | np.ndarray) and len(value) > 0 and isinstance(value[0], list | tuple | np.ndarray)
    return value[0] if is_list else value  # type: ignore[index]


def _check_facts(forward: Forward, known: Mapping[Var, np.ndarray]) -> None:
    """What the derivation assumes of the targets, Σ_k y_k = 1 of a cross-entropy; otherwise its δ would not hold."""
    for fact in forward.facts:
        if fact.is_assumed and fact.of in known and abs(known[fact.of].sum() - fact.value) > ROUNDING:
            found = f"y sums to {known[fact.of].sum():.6g}, but this cost assumes targets that sum to {fact.value}"
            raise SpecError(f"{found}; give shares that do, such as 1 for the right class and 0 for the others")


def _some(names: Mapping[str, Var]) -> list[str]:
    """Names to suggest; of a deep network not all."""
    return list(names)[:1000]


def _array(key: str, value: object, symbol: Var) -> np.ndarray:
    """Finite numbers in the shape of the variable."""
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of different lengths
        raise ShapeError(f"{key} has rows of different lengths; it should have {_shape_words(symbol)}") from error
    if array.dtype.kind == "O" and all(isinstance(entry, Decimal) for entry in array.flat):
        array = array.astype(float)
    if array.shape == () and _shape(symbol) == (1,):
        array = array.reshape(1)
    if array.dtype.kind not in "iuf" or _has_flag(value):
        raise SpecError(f"{key} is {shorten(value)}; it should have {_shape_words(symbol)}, all of them numbers")
    if array.shape != _shape(symbol):
        found = " x ".join(map(str, array.shape)) or "a single number"
        raise ShapeError(f"{key} has the shape {found}; it should have {_shape_words(symbol)}")
    if not np.isfinite(array).all():
        raise NumericError(f"{key} has an entry that is not finite; all should be numbers such as 0.5")
    return array.astype(float)


def _has_flag(value: object) -> bool:
    """Whether true or false stands among the entries; NumPy would take them for 1 and 0."""
    return any(map(_has_flag, value)) if isinstance(value, list | tuple) else isinstance(value, bool)


def _shape(symbol: Var) -> tuple[int, ...]:
    """The sizes of a variable, as numbers."""
    return tuple(int(axis.size) for axis in symbol.axes)


def _shape_words(symbol: Var) -> str:
    """What a variable should have: 3 entries, or 2 rows of 3 entries."""
    shape = _shape(symbol)
    entries = f"{shape[-1]} entr{'y' if shape[-1] == 1 else 'ies'}"
    return entries if len(shape) == 1 else f"{shape[0]} row{'' if shape[0] == 1 else 's'} of {entries}"
