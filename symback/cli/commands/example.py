"""`symback example SPEC`: the network worked with numbers, on the terminal or as a file."""

import argparse
import sys

from symback.cli.commands.networks import network_of
from symback.cli.pages import check_ending, looking_as_wanted, write_page
from symback.language.letters import notation_named
from symback.presentation import read_values, worked_example
from symback.presentation.blocks import Document
from symback.presentation.text import write_text

__all__ = ["page_of", "run"]


def run(options: argparse.Namespace) -> int:
    """Work the example and print or write its page; always 0, for a page that is printed is right."""
    check_ending(options.output)
    page = page_of(options)
    if options.output is None:
        sys.stdout.write(write_text(page, is_styled=sys.stdout.isatty()))
    else:
        write_page(page, options.output)
    return 0


def page_of(options: argparse.Namespace) -> Document:
    """The page that the options describe."""
    notation = notation_named(options.notation)
    network = network_of(options)
    for remark in network.remarks:
        print(f"remark: {remark}", file=sys.stderr)
    values = None if options.values is None else read_values(options.values, network)
    page = worked_example(network, values, digits=options.digits, rate=options.rate, notation=notation)
    return looking_as_wanted(page, network, options)
