"""Sections that a page has on demand, beside the derivation itself."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from symback.presentation.blocks import Block
from symback.presentation.sections.slopes import slopes_section
from symback.presentation.sections.subject import Subject

__all__ = ["SECTIONS", "Subject"]

SECTIONS: Mapping[str, Callable[[Subject], list[Block]]] = MappingProxyType({"slopes": slopes_section})
