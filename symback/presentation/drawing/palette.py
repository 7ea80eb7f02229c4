"""How each role looks: fill and stroke on a light and on a dark page, the width of lines, dashes.

Decision: text has a contrast of at least 4.5 to 1 with what is behind it, lines and outlines of at least 3 to 1, on both
pages; a test measures it.  A new role is one row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["PAGE", "ROLES", "TEXT_ROLES", "Ink"]


@dataclass(frozen=True, slots=True)
class Ink:
    """Colours as (light page, dark page); None where nothing is painted."""

    fill: tuple[str, str] | None = None
    stroke: tuple[str, str] | None = None
    width: float = 1.5
    dash: tuple[float, float] | None = None


PAGE = ("#ffffff", "#12161c")

ROLES: Mapping[str, Ink] = MappingProxyType({
    "edge": Ink(stroke=("#7e8895", "#75818f"), width=1.1),
    "stub": Ink(stroke=("#7e8895", "#75818f"), width=1.1, dash=(3, 4)),
    "flow": Ink(stroke=("#4a5460", "#b3bdc8"), width=1.4),
    "shortcut": Ink(stroke=("#2f7d43", "#7cc993"), width=1.8),
    "error-flow": Ink(stroke=("#c2183c", "#ff8095"), width=1.4, dash=(5, 3)),
    "error-arrow": Ink(stroke=("#c2183c", "#ff8095"), width=2.0),
    "input": Ink(fill=("#eef1f4", "#222a33"), stroke=("#5b6673", "#9aa7b5")),
    "hidden": Ink(fill=("#dfebfb", "#17304c"), stroke=("#2b6cb0", "#7fb2ea")),
    "output": Ink(fill=("#fdecd6", "#45300f"), stroke=("#a85f08", "#e9ac5c")),
    "norm": Ink(fill=("#e6f3e8", "#1c3524"), stroke=("#2f7d43", "#7cc993")),
    "cost": Ink(fill=("#f3e8fb", "#35204a"), stroke=("#7b3fa0", "#c79be8")),
    "dot": Ink(fill=("#4a5460", "#b3bdc8")),
    "axis": Ink(stroke=("#5b6673", "#9aa7b5"), width=1.2),
    "curve-1": Ink(stroke=("#2b6cb0", "#7fb2ea"), width=2.4),
    "curve-2": Ink(stroke=("#a85f08", "#e9ac5c"), width=2.4, dash=(8, 4)),
    "curve-3": Ink(stroke=("#2f7d43", "#7cc993"), width=2.4),
    "curve-4": Ink(stroke=("#7b3fa0", "#c79be8"), width=2.4, dash=(8, 4)),
    "curve-5": Ink(stroke=("#c2183c", "#ff8095"), width=2.4),
    "curve-6": Ink(stroke=("#4a5460", "#b3bdc8"), width=2.4, dash=(3, 3)),
    "error-dot": Ink(fill=("#c2183c", "#ff8095")),
})  # fmt: skip

# Roles of labels; all are filled only.
TEXT_ROLES: Mapping[str, tuple[str, str]] = MappingProxyType({
    "text": ("#1b1f24", "#e8ecf1"),
    "weight": ("#1b1f24", "#e8ecf1"),
    "bias": ("#1b1f24", "#e8ecf1"),
    "neuron": ("#1b1f24", "#f1f4f8"),
    "caption": ("#1b1f24", "#e8ecf1"),
    "detail": ("#4a5460", "#b3bdc8"),
    "shortcut-text": ("#256636", "#7cc993"),
    "curve-1-text": ("#2b6cb0", "#7fb2ea"),
    "curve-2-text": ("#a85f08", "#e9ac5c"),
    "curve-3-text": ("#2f7d43", "#7cc993"),
    "curve-4-text": ("#7b3fa0", "#c79be8"),
    "curve-5-text": ("#c2183c", "#ff8095"),
    "curve-6-text": ("#4a5460", "#b3bdc8"),
    "error": ("#b5123a", "#ff8f9f"),
})  # fmt: skip
