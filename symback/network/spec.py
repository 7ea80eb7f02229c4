"""What network is meant: `Network`, from Python objects, from one line, from a dictionary or a TOML file.

One line is the sizes, input first: "784-30-10", or with names, "p-m-n".  A network of symbolic depth leaves its inside
open: "n_0-...-n_L"; its formulas are those of a layer l, for every l.

A file has the same in TOML; unknown keys are errors.  In short:

    spec = "784-30-10"
    activation = "relu, softmax"     # one for all layers, or one for each; default "sigmoid"
    cost = "cross_entropy"           # default "quadratic"
    bias = true

or layer by layer:

    inputs = 784
    cost = "cross_entropy"
    l2 = 0.01                        # C + (l2/2) Σ w², and l1: C + l1 Σ |w|; a number, or "lambda" to keep it a symbol

    [[layers]]
    type = "dense"                   # the default; or "layer_norm", "residual"
    units = 30
    activation = "leaky_relu(0.2)"   # bias = true, tied_to = 1, transpose = true as in `Dense`

    [[layers]]
    type = "residual"
    layers = [{ units = 30, activation = "relu" }, { units = 30, activation = "identity" }]

    [[layers]]
    units = 10
    activation = "softmax"

Nothing in a specification is evaluated, and its size is bounded before it is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from inspect import signature
from pathlib import Path
from typing import Any, TypeAlias

import sympy

from symback.errors import SpecError
from symback.network.activations import Activation, read_activation
from symback.network.costs import Cost, read_cost
from symback.network.files import MOST_BYTES, named, read_file, read_table
from symback.network.layers import LAYERS, Dense, Layer, Residual, as_layers, number_layers, row_of
from symback.network.options import exact_number, number_text, shorten, split_list, suggestion
from symback.network.place import Numbered, set_fields
from symback.network.sizes import MOST_WEIGHTS, Size, read_size

__all__ = ["Network"]

MOST_LAYERS = 100_000
ELLIPSES = ("...", "…")
OUTPUT_SIZE = sympy.Symbol("n_{L}", integer=True, positive=True)
HIDDEN_SIZE = sympy.Symbol("n_{l}", integer=True, positive=True)

Penalty: TypeAlias = sympy.Expr | float | str

# What outputs of one kind are as well, and how a remark names the kind that a cost expects.
_IMPLIED = {
    "real": ("real",),
    "positive": ("real", "positive"),
    "unit": ("real", "positive", "unit"),
    "probabilities": ("real", "positive", "unit", "probabilities"),
    "log_probabilities": ("real", "log_probabilities"),
}
_EXPECTED = {
    "positive": "positive outputs",
    "unit": "outputs between 0 and 1, as sigmoid gives",
    "probabilities": "probabilities, as softmax gives",
    "log_probabilities": "log-probabilities, as log_softmax gives",
}


@dataclass(frozen=True, init=False)
class Network:
    """Inputs, layers, a cost, and penalties on the weights.

    >>> network = Network(inputs=784, layers=[Dense(30, "relu"), Dense(10, "softmax")], cost="cross_entropy")
    >>> network.depth, network.outputs
    (2, 10)

    `is_generic`: the depth is symbolic; `layers` then holds the hidden layer l and the output layer L.
    """

    inputs: Size
    layers: tuple[Layer, ...]
    cost: Cost
    l1: sympy.Expr
    l2: sympy.Expr
    is_generic: bool

    def __init__(
        self,
        inputs: Size | str,
        layers: Sequence[Layer],
        cost: Cost | str = "quadratic",
        l1: Penalty = 0,
        l2: Penalty = 0,
        *,
        is_generic: bool = False,
    ) -> None:
        set_fields(
            self,
            inputs=read_size(inputs, "inputs"),
            layers=as_layers(layers, "the layers"),
            cost=read_cost(cost),
            l1=_read_penalty(l1, "l1"),
            l2=_read_penalty(l2, "l2"),
            is_generic=is_generic,
        )
        if not is_generic:
            _check_limits(self.numbered)

    @cached_property
    def numbered(self) -> tuple[Numbered, ...]:
        """Every layer with its number and its sizes, those inside residual branches included."""
        return number_layers(self.layers, self.inputs)

    @property
    def depth(self) -> int:
        """The number of the last layer, L."""
        return len(self.numbered)

    @property
    def outputs(self) -> Size:
        """The number of outputs, n_L."""
        return self.numbered[-1].outputs

    @property
    def has_penalty(self) -> bool:
        """Whether the cost has a penalty on the weights."""
        return self.l1 != 0 or self.l2 != 0

    @property
    def is_plain(self) -> bool:
        """Whether all layers are dense, each with weights of its own, and none has parameters beyond W and b."""
        return all(isinstance(x, Dense) and x.tied_to is None and not x.activation.row.learnable for x in self.layers)

    @cached_property
    def remarks(self) -> tuple[str, ...]:
        """What is legal but probably not meant, such as a cross-entropy of outputs that are no probabilities."""
        given, wanted = self.numbered[-1].layer.activation, self.cost.row.outputs
        if given.name == "unspecified" or wanted in _IMPLIED[given.row.values]:
            return ()
        return (f"the cost {self.cost.name} expects {_EXPECTED[wanted]}, but the last activation is {given.name}",)

    @classmethod
    def from_spec(
        cls,
        spec: str,
        activation: "str | Activation | Sequence[str | Activation]" = "sigmoid",
        cost: Cost | str = "quadratic",
        l1: Penalty = 0,
        l2: Penalty = 0,
        bias: bool = True,
    ) -> "Network":
        """A dense network from one line of sizes; `activation` is one for all layers, a comma list, or one for each.

        >>> Network.from_spec("p-m-n", activation="relu,softmax", cost="cross_entropy").outputs
        n
        """
        sizes = _read_sizes(spec)
        is_generic = None in sizes
        if is_generic:
            sizes = (sizes[0], HIDDEN_SIZE, sizes[-1])
        activations = _read_activations(activation, len(sizes) - 1, is_generic)
        layers = tuple(Dense(size, each, bias) for size, each in zip(sizes[1:], activations, strict=True))
        return cls(sizes[0], layers, cost, l1, l2, is_generic=is_generic)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> "Network":
        """A network from the keys that a TOML file has; see the head of this module."""
        if not isinstance(table, Mapping):
            raise SpecError(f"a network is described by a table of keys, not by {shorten(table)}")
        if "nodes" in table:
            raise SpecError("this describes a graph of nodes, which derive and lambdify understand; in Python it is Graph.load")
        keys = _SPEC_KEYS if "spec" in table else _LAYERS_KEYS
        _check_keys(table, keys, "the network")
        if "spec" in table:
            return cls.from_spec(**table)
        for key in ("inputs", "layers"):
            if key not in table:
                raise SpecError(f'the network has no {key!r}; give inputs and layers, or a spec such as spec = "784-30-10"')
        layers = _layers_from(table["layers"], "layers", 0)
        return cls(**{**table, "layers": layers})

    @classmethod
    def from_toml(cls, text: str, source: str = "the TOML text") -> "Network":
        """A network from TOML text; `source` names it in errors."""
        with named(source):
            return cls.from_dict(read_table(text, source))

    @classmethod
    def load(cls, path: str | Path) -> "Network":
        """A network from a TOML file."""
        return cls.from_toml(read_file(path), str(path))

    def to_dict(self) -> dict[str, Any]:
        """The keys and values that `from_dict` reads back as an equal network."""
        penalties = {"l1": self.l1, "l2": self.l2}
        end = {"cost": str(self.cost), **{key: _plain(value) for key, value in penalties.items() if value != 0}}
        if self.is_generic:
            hidden, output = (layer for layer in self.layers if isinstance(layer, Dense))
            last = "n_L" if output.units == OUTPUT_SIZE else output.units
            activations = f"{hidden.activation}, {output.activation}"
            return {"spec": f"{self.inputs}-...-{last}", "activation": activations, **end, "bias": hidden.bias}
        return {"inputs": _plain(self.inputs), **end, "layers": [_layer_table(layer) for layer in self.layers]}

    def to_toml(self) -> str:
        """TOML text that `from_toml` reads back as an equal network."""
        table = self.to_dict()
        layers = table.pop("layers", ())
        lines = [f"{key} = {_toml(value)}" for key, value in table.items()]
        for layer in layers:
            lines += ["", "[[layers]]", *(f"{key} = {_toml(value)}" for key, value in layer.items())]
        return "\n".join(lines) + "\n"


# One line --------------------------------------------------------------------------------------------------------


def _read_sizes(spec: object) -> tuple[Size | None, ...]:
    """The sizes in a line such as "784-30-10"; None stands for the dots of a symbolic depth."""
    if not isinstance(spec, str):
        raise SpecError(f"the spec is {shorten(spec)}; it should be text such as '784-30-10'")
    if len(spec) > MOST_BYTES:
        raise SpecError(f"the spec has {len(spec)} characters; a network's description has at most {MOST_BYTES}")
    parts = [part.strip() for part in spec.split("-")]
    if len(parts) > MOST_LAYERS + 1:
        raise SpecError(f"the spec has {len(parts) - 1} layers; at most {MOST_LAYERS} are allowed")
    if not spec.strip():
        raise SpecError("the spec is empty; write the sizes of the layers, input first, such as '784-30-10'")
    if len(parts) == 1:
        raise SpecError(f"the spec {shorten(spec)} is one size only; a network has inputs and at least one layer, such as '784-10'")
    if any(part in ELLIPSES for part in parts):
        return _read_open_sizes(parts, spec)
    return tuple(_read_part(part, i, spec) for i, part in enumerate(parts, 1))


def _read_part(part: str, position: int, spec: str) -> Size:
    if not part:
        remedy = "sizes are positive and stand between single dashes, as in '784-30-10'"
        raise SpecError(f"the spec {shorten(spec)} has nothing at position {position}; {remedy}")
    return read_size(part, f"size {position} of the spec {shorten(spec)}")


def _read_open_sizes(parts: list[str], spec: str) -> tuple[Size | None, ...]:
    if len(parts) != 3 or parts[1] not in ELLIPSES or parts[0] in ELLIPSES or parts[2] in ELLIPSES:
        raise SpecError(f"the spec {shorten(spec)} has dots in a place where they mean nothing; a symbolic depth is written 'n_0-...-n_L'")
    last = OUTPUT_SIZE if parts[2] == "n_L" else _read_part(parts[2], 3, spec)
    return _read_part(parts[0], 1, spec), None, last


def _read_activations(given: object, count: int, is_generic: bool) -> tuple[Activation, ...]:
    """One activation for each of `count` layers."""
    names = split_list(given) if isinstance(given, str) else (given,) if isinstance(given, Activation) else given
    if not isinstance(names, Sequence):
        raise SpecError(f"the activation is {shorten(given)}; it should be a name, such as 'sigmoid', or a list with one for each layer")
    read = tuple(read_activation(name) for name in names)
    if len(read) == 1:
        return read * count
    if len(read) != count:
        layers = "the hidden layers and the output" if is_generic else f"{count} layer{'s' if count > 1 else ''}"
        raise SpecError(f"{len(read)} activations are given for {layers}; give one for all, or one for each")
    return read


# Penalties and limits --------------------------------------------------------------------------------------------


def _read_penalty(value: object, key: str) -> sympy.Expr:
    """λ: a number that is not negative, or the symbol lambda_1 or lambda_2."""
    symbol = sympy.Symbol(f"lambda_{key[1]}", positive=True)
    if str(value) in ("lambda", "λ", symbol.name):
        return symbol
    number = exact_number(value, key)
    if number < 0:
        raise SpecError(f"{key} is {shorten(value)}; a penalty is 0 or positive, or 'lambda' to keep it a symbol")
    return number


def _check_limits(numbered: tuple[Numbered, ...]) -> None:
    if len(numbered) > MOST_LAYERS:
        raise SpecError(f"the network has {len(numbered)} layers; at most {MOST_LAYERS} are allowed")
    shapes = [layer.weight_shape for layer in numbered]
    count = sum(shape[0] * shape[1] for shape in shapes if shape and all(isinstance(size, int) for size in shape))
    if count > MOST_WEIGHTS:
        remedy = "give sizes by name, such as 'p-m-n', for formulas without a limit"
        raise SpecError(f"the network has {count} weights; at most {MOST_WEIGHTS} are allowed; {remedy}")


# Dictionaries and TOML -------------------------------------------------------------------------------------------

_LAYERS_KEYS = ("inputs", "layers", "cost", "l1", "l2")
_SPEC_KEYS = ("spec", "activation", "cost", "l1", "l2", "bias")


def _check_keys(table: Mapping[str, Any], keys: Sequence[str], what: str) -> None:
    for key in table:
        if key not in keys:
            raise SpecError(f"{what} has an unknown key {shorten(key)}; {suggestion(str(key), keys)}")


def _layers_from(tables: object, where: str, nesting: int) -> tuple[Layer, ...]:
    if not isinstance(tables, Sequence) or isinstance(tables, str):
        raise SpecError(f"{where} is {shorten(tables)}; it should be a list of tables, each headed [[layers]]")
    if nesting > 50:
        raise SpecError(f"{where[:40]}... is nested too deep; write residuals one after the other")
    return tuple(_layer_from(table, f"{where}[{i}]", nesting) for i, table in enumerate(tables, 1))


def _layer_from(table: object, where: str, nesting: int) -> Layer:
    """One layer from its table; `type` chooses the row of LAYERS, the other keys are the fields of its dataclass."""
    if not isinstance(table, Mapping):
        raise SpecError(f'{where} is {shorten(table)}; it should be a table such as {{ units = 30, activation = "relu" }}')
    name = table.get("type", "dense")
    if not isinstance(name, str) or name not in LAYERS:
        raise SpecError(f"{where} has the unknown type {shorten(name)}; {suggestion(str(name), LAYERS)}")
    kind = LAYERS[name].kind
    given = {key: value for key, value in table.items() if key != "type"}
    _check_keys(given, [each.name for each in fields(kind)], where)
    if kind is Dense and "units" not in given:
        raise SpecError(f"{where} has no 'units'; say how many units the layer has, such as units = 30")
    if kind is Residual:
        given["layers"] = _layers_from(given.get("layers", ()), f"{where}.layers", nesting + 1)
    try:
        return kind(**given)
    except SpecError as error:
        raise SpecError(f"{where}: {error}") from error


def _layer_table(layer: Layer) -> dict[str, Any]:
    """The keys of a layer that differ from their defaults, with `type` first unless it is dense."""
    row = row_of(layer)
    table: dict[str, Any] = {} if row.name == "dense" else {"type": row.name}
    for name, parameter in signature(row.kind).parameters.items():
        value = getattr(layer, name)
        if isinstance(layer, Residual):
            table[name] = [_layer_table(inner) for inner in value]
        elif value is not parameter.default:
            table[name] = _plain(value)
    return table


def _plain(value: object) -> object:
    """A value as a TOML file has it: numbers where they are exact, everything else as text."""
    if isinstance(value, bool | int):
        return value
    if not isinstance(value, sympy.Rational):
        return str(value)
    text = number_text(value)
    return text if "/" in text else int(text) if value.is_Integer else float(text)


def _toml(value: object) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return f'"{value}"'
    return repr(value)
