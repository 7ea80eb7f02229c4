r"""What is assumed of a document for one reading: which stages are built, and the conventions that it leaves open."""

from __future__ import annotations

from dataclasses import dataclass

from symback.language.expressions import Axis
from symback.verification.meaning import COL, ROW

__all__ = ["Assumed", "Counted", "Retyped", "Window", "is_hidden", "sides_of"]


@dataclass(frozen=True)
class Window:
    """The stages first … last; `bases` numbers the letters; `summable` what a sum over a stage letter runs through.

    `is_clock`   the stages are steps of time, with the same weights at each;
    `loss`       "last" if the last step alone has a loss;
    `is_share`   the left side is what comes through the next step alone;
    `holds_if`   what a claim that holds here, and not elsewhere, rests on;
    `twin`       a second choice of the stages, for which a claim must hold as well.
    """

    first: int = 0
    last: int = 0
    bases: tuple[tuple[str, int], ...] = ()
    own: int | None = None
    is_output: bool = True
    is_open: bool = False
    summable: tuple[tuple[str, tuple[int, ...]], ...] = ()
    is_clock: bool = False
    loss: str = ""
    is_share: bool = False
    holds_if: str = ""
    twin: Window | None = None


@dataclass(frozen=True)
class Assumed:
    """What the document leaves open and a claim may rest on."""

    activation: str = ""
    cost: str = ""
    has_unit_targets: bool = False
    is_scalar: bool = False
    turned: str = ""
    earlier_cost: bool = False
    reach: int | None = None
    is_single: bool = False
    fitting: frozenset[tuple[str, int]] = frozenset()  # (family, order) of the definitions in force, if they are chosen for the claim

    def sentences(self) -> tuple[str, ...]:
        """In words."""
        found = []
        if self.is_single:
            found.append("one sample")
        if self.is_scalar:
            found.append("one neuron in each layer")
        if self.activation and self.activation != "unspecified":
            found.append(f"the activation is {self.activation}")
        if self.cost:
            found.append(f"C is the {self.cost.replace('_', ' ')} cost")
        if self.has_unit_targets:
            found.append("the targets of a sample sum to one")
        return tuple(found)


class Counted(Exception):
    """A letter of the equations counts the entries of an axis."""

    def __init__(self, letter: str, axis: Axis):
        super().__init__(letter)
        self.letter, self.axis = letter, axis


def is_hidden(label: str) -> bool:
    """An index letter among the sides of a whole quantity."""
    return label not in (ROW, COL, "sample") and not label.startswith("axis ")


def sides_of(shape: tuple[str, ...]) -> tuple[str, ...]:
    """The sides of what has a declared shape; a side of length one is none."""
    if len(shape) > 2:
        return tuple(f"axis {i}" for i in range(len(shape)))
    return tuple(side for side, size in zip((ROW, COL), shape, strict=False) if size != "1")


class Retyped(Exception):
    """A family turned out to have another type."""
