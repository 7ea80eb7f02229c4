"""Sections that a page has on demand, beside the derivation itself: what a lecture says before and after it.

    chain      one neuron in each layer: every factor of the chain rule, the average over the samples, the gradient
    costs      the factor of the cost: ½, 1 or 1/n, each with its derivatives; of other costs the derivative line by line
    slopes     the slope of each activation, line by line, with a plot
    matrices   what stands in W a + b, Wᵀ δ and δ aᵀ, written out; the last layer beside a hidden one
    worlds     Jacobians and rows against products entry by entry and columns; the table of all shapes
    vanishing  the error of the first layer as a product of layers, its bound, and a measured plot
    descent    the step of gradient descent, and mini-batches

Decision: none of them stands on a page unless it is asked for.  Who derives a network wants its gradients; the sections
would double the length of the page, and four of the seven say the same for every network.

The chain stands first, before the letters mean vectors: its a and z are numbers.

A new section is one function, and one row of SECTIONS; `place` says before which part of the page it stands.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from symback.errors import SpecError
from symback.presentation.blocks import Block
from symback.presentation.sections.chain import chain_section
from symback.presentation.sections.costs import costs_section
from symback.presentation.sections.descent import descent_section
from symback.presentation.sections.matrices import matrices_section
from symback.presentation.sections.slopes import slopes_section
from symback.presentation.sections.subject import Subject
from symback.presentation.sections.vanishing import vanishing_section
from symback.presentation.sections.worlds import worlds_section

__all__ = ["PLACES", "SECTIONS", "Section", "Subject", "chosen_sections", "section_blocks"]


PLACES = ("first", "before", "after", "end")


@dataclass(frozen=True, slots=True)
class Section:
    """`place` is "first" on the page, "before" the forward pass, "after" the formulas of every layer, or at the "end"."""

    write: Callable[[Subject], list[Block]]
    place: str


SECTIONS: Mapping[str, Section] = MappingProxyType({
    "chain": Section(chain_section, "first"),
    "slopes": Section(slopes_section, "before"),
    "matrices": Section(matrices_section, "after"),
    "costs": Section(costs_section, "after"),
    "worlds": Section(worlds_section, "after"),
    "vanishing": Section(vanishing_section, "after"),
    "descent": Section(descent_section, "end"),
})  # fmt: skip


def chosen_sections(names: str | Iterable[str]) -> tuple[str, ...]:
    """The names of sections in the order of the page: from "worlds,slopes", a list of names, or "all".

    >>> chosen_sections("worlds,slopes")
    ('slopes', 'worlds')
    """
    asked = [name.strip() for name in (names.split(",") if isinstance(names, str) else names)]
    for name in asked:
        if name and name != "all" and name not in SECTIONS:
            raise SpecError(f"{name[:40]!r} is not a section; there are {', '.join(SECTIONS)}, and all")
    return tuple(name for name in SECTIONS if name in asked or "all" in asked)


def section_blocks(subject: Subject, names: Iterable[str], place: str) -> list[Block]:
    """The chosen sections of one place."""
    return [block for name in names if SECTIONS[name].place == place for block in SECTIONS[name].write(subject)]
