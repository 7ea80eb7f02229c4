"""Which layers and which neurons are drawn: columns, their rows, and what is left out between them.

784   →  1, 2, 3, ⋮, 784             n   →  1, 2, ⋮, n            a layer l in general   →  1, ⋮, j, ⋮, n_l
20 layers  →  0, 1, 2, ⋯, 19, 20     n_0-...-n_L  →  0, ⋯, l-1, l, ⋯, L
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import sympy

from symback.errors import SpecError
from symback.language.names import LAST_LAYER, LAYER
from symback.language.notation import Notation
from symback.network import Network, Residual
from symback.network.layers import Layer, NumberedLayer
from symback.network.sizes import Size

__all__ = ["Column", "Gap", "Plan", "Row", "Shortcut", "plan_of"]

FEWEST, MOST = 3, 40
_K, _J = sympy.symbols("k j", integer=True, positive=True)


@dataclass(frozen=True, slots=True)
class Row:
    """A neuron: the index that is shown, and its position from 0 where that is a number; without an index it is dots.

    `is_general`: it is the neuron j or k that stands for any.
    """

    index: sympy.Expr | None = None
    position: int | None = None
    is_general: bool = False

    @property
    def is_dots(self) -> bool:
        """Whether neurons are left out here."""
        return self.index is None


@dataclass(frozen=True, slots=True)
class Column:
    """One layer; `layer` is None for the input."""

    number: int | sympy.Expr
    layer: NumberedLayer | None
    size: Size
    rows: tuple[Row, ...]
    is_last: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether every neuron is drawn."""
        return not any(row.is_dots for row in self.rows)


@dataclass(frozen=True, slots=True)
class Gap:
    """Layers that are left out, by their first and last number; a symbolic depth leaves them unsaid."""

    first: int | None = None
    last: int | None = None


Place: TypeAlias = Column | Gap


@dataclass(frozen=True, slots=True)
class Shortcut:
    """The way around a residual branch, from a^start to a^end, as places in the plan."""

    start: int
    end: int
    layer: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn from left to right."""

    network: Network
    places: tuple[Place, ...]
    shortcuts: tuple[Shortcut, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The layers that are drawn."""
        return tuple(place for place in self.places if isinstance(place, Column))

    @property
    def is_chain(self) -> bool:
        """Whether every layer has a single neuron, so that none needs an index."""
        return all(column.size == 1 for column in self.columns) and all(each.outputs == 1 for each in self.network.numbered)


def plan_of(network: Network, notation: Notation, units: int, layers: int) -> Plan:
    """At most `units` neurons of a layer and at most `layers` layers, the input included, are drawn.

    >>> from symback.language.notation import NOTATIONS
    >>> plan = plan_of(Network.from_spec("784-30-10"), NOTATIONS["nielsen"], 6, 7)
    >>> [str(row.index) for row in plan.columns[0].rows]
    ['1', '2', '3', 'None', '784']
    """
    for value, what in ((units, "units"), (layers, "layers")):
        if isinstance(value, bool) or not isinstance(value, int) or not FEWEST <= value <= MOST:
            raise SpecError(f"at most {value!r} {what} are asked for; choose a number from {FEWEST} to {MOST}")
    if network.is_generic:
        return Plan(network, _generic_places(network, notation.index_base), ())
    sizes = [network.inputs, *(each.outputs for each in network.numbered)]
    kinds = [None, *(each.layer for each in network.numbered)]
    last = network.depth
    places: list[Place] = []
    before, after = _shown(last, layers)
    for number in (*before, *after):
        if after and number == after[0]:
            places.append(Gap(before[-1] + 1, number - 1))
        rows = _rows(sizes[number], units, notation.index_base)
        places.append(Column(number, kinds[number], sizes[number], rows, number == last))
    return Plan(network, tuple(places), _shortcuts(network, places))


def _shown(last: int, most: int) -> tuple[range, range]:
    """The numbers of the layers that are drawn, before and after those left out; none after if none is left out."""
    if last + 1 <= most:
        return range(last + 1), range(0)
    before = most // 2
    return range(before), range(last + 2 + before - most, last + 1)


def _rows(size: Size, most: int, base: int) -> tuple[Row, ...]:
    """The neurons of a layer from top to bottom."""
    if isinstance(size, sympy.Symbol):
        return Row(sympy.Integer(base)), Row(sympy.Integer(base + 1)), Row(), Row(size - 1 + base)
    numbers = list(range(size)) if size <= most else list(range(most // 2))
    rows = [Row(sympy.Integer(number + base), number) for number in numbers]
    return tuple(rows) if size <= most else (*rows, Row(), Row(sympy.Integer(size - 1 + base), size - 1))


def _generic_places(network: Network, base: int) -> tuple[Place, ...]:
    """The input, a layer l with the one before it, and the output layer."""
    hidden, output = network.layers
    before, here = (sympy.Symbol(f"n_{{{text}}}", integer=True, positive=True) for text in ("l-1", "l"))

    def column(number: object, layer: Layer | None, size: Size, index: sympy.Symbol | None = None, is_last: bool = False) -> Column:
        """A layer of symbolic number; with `index`, of neurons 1, ⋮, index, ⋮, last."""
        rows = (
            _rows(size, MOST, base)
            if index is None
            else (Row(sympy.Integer(base)), Row(), Row(index, is_general=True), Row(), Row(size - 1 + base))
        )
        return Column(number, layer, size, rows, is_last)  # type: ignore[arg-type]

    left, middle = column(LAYER - 1, hidden, before, _K), column(LAYER, hidden, here, _J)
    return column(0, None, network.inputs), Gap(), left, middle, Gap(), column(LAST_LAYER, output, network.outputs, None, True)


def _shortcuts(network: Network, places: Sequence[Place]) -> tuple[Shortcut, ...]:
    """Every residual that begins and ends at different places."""
    at: dict[int, int] = {}
    for place, shown in enumerate(places):
        if isinstance(shown, Column):
            at[shown.number] = place  # type: ignore[index]
        elif shown.first is not None and shown.last is not None:
            at |= dict.fromkeys(range(shown.first, shown.last + 1), place)
    spans: list[tuple[int, int]] = []
    _collect(network.layers, 0, spans)
    return tuple(Shortcut(at[start], at[end], start) for start, end in spans if at[start] != at[end])


def _collect(layers: Sequence[Layer], number: int, spans: list[tuple[int, int]]) -> int:
    """The numbers of the last layer; a pair (before, last) is added for each residual."""
    for layer in layers:
        if isinstance(layer, Residual):
            end = _collect(layer.layers, number, spans)
            spans.append((number, end))
            number = end
        else:
            number += 1
    return number
