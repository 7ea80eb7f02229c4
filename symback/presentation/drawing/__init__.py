"""`draw(network)`: a network as a picture, in SVG or TikZ, with the values of an example and the errors flowing back if wanted.

plan      which layers and neurons are drawn, and which are left out
layout    where they stand, with `neurons`, `edges` and `placement`; the picture is a `Drawing` of `shapes`
svg, tikz write the same picture in two media, in the colours of `palette`
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from symback.errors import SpecError
from symback.language.letters import notation_named
from symback.language.notation import Notation
from symback.network import Network
from symback.presentation.drawing.layout import drawing_of
from symback.presentation.drawing.neurons import Pen
from symback.presentation.drawing.plan import plan_of
from symback.presentation.drawing.shapes import Drawing
from symback.presentation.drawing.svg import write_svg
from symback.presentation.drawing.tikz import write_tikz, write_tikz_fragment
from symback.presentation.drawing.values import load_values, numbers_of

__all__ = ["DRAWING_FORMATS", "draw", "drawing", "load_values"]

# A new format is one writer, and one row here.
DRAWING_FORMATS: Mapping[str, Callable[[Drawing], str]] = MappingProxyType({
    "svg": write_svg,
    "tikz": write_tikz,
    "tikz-fragment": write_tikz_fragment,
})  # fmt: skip


def draw(
    network: Network,
    format: str = "svg",
    *,
    notation: Notation | str = "nielsen",
    values: Mapping[str, object] | None = None,
    errors: bool = False,
    units: int = 6,
    layers: int = 6,
) -> str:
    """A network as a picture in one of the DRAWING_FORMATS.

    `values` are x, y, W1, b1, … of an example, as `load_values` reads them; `errors` draws δ and its way back; of a layer
    at most `units` neurons are drawn, and of the network at most `layers` layers, the input included.

    >>> draw(Network.from_spec("2-3-2")).startswith("<svg ")
    True
    """
    if format not in DRAWING_FORMATS:
        raise SpecError(f"{format!r} is not a format of pictures; there are {', '.join(DRAWING_FORMATS)}")
    picture = drawing(network, notation=notation, values=values, errors=errors, units=units, layers=layers)
    return DRAWING_FORMATS[format](picture)


def drawing(
    network: Network,
    *,
    notation: Notation | str = "nielsen",
    values: Mapping[str, object] | None = None,
    errors: bool = False,
    units: int = 6,
    layers: int = 6,
) -> Drawing:
    """The picture as shapes at positions, before it is written in any format; the arguments are those of `draw`."""
    chosen = notation_named(notation)
    plan = plan_of(network, chosen, units, layers)  # which neurons
    numbers = None if values is None else numbers_of(network, values, errors)  # what they hold
    return drawing_of(Pen(plan, chosen, numbers, errors))  # where they stand
