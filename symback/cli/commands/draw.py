"""`symback draw SPEC -o net.svg`: the network as a picture, in the format that the name of the file asks for."""

import argparse
import sys

from symback.cli.commands.networks import network_of
from symback.cli.files import write_atomically
from symback.errors import SpecError
from symback.presentation import draw
from symback.presentation.drawing import load_values

__all__ = ["run"]

FORMAT_OF = {".svg": "svg", ".tex": "tikz"}


def run(options: argparse.Namespace) -> int:
    """Draw, and print or write the picture."""
    picture_format = _format_of(options.output, options.fragment)
    network = network_of(options)
    picture = draw(
        network,
        picture_format,
        notation=options.notation,
        values=None if options.values is None else load_values(options.values),
        errors=options.errors,
        units=options.units,
        layers=options.layers,
    )
    if options.output is None:
        sys.stdout.write(picture)
    else:
        write_atomically(options.output, picture)
        print(f"wrote {options.output}", file=sys.stderr)
    return 0


def _format_of(path: str | None, is_fragment: bool) -> str:
    """The format that the name of the file asks for."""
    ending = next((ending for ending in FORMAT_OF if path is not None and path.endswith(ending)), None)
    if path is not None and ending is None:
        raise SpecError(f"{path} has an ending of no known picture; name a file that ends in {' or '.join(FORMAT_OF)}")
    if is_fragment and ending != ".tex":
        raise SpecError("--fragment is for TikZ; name a file that ends in .tex with -o, or leave --fragment out")
    return "tikz-fragment" if is_fragment else FORMAT_OF[ending or ".svg"]
