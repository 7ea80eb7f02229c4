"""What can be typed: the commands and their options.

Choices that are tables of the rooms below (activations, costs, notations) are not repeated here; the rooms check them
and name the known ones.
"""

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from symback.errors import SpecError
from symback.verification.report import VERDICTS

__all__ = ["COMMANDS", "parse_arguments"]

COMMANDS = {
    "bench": "measure the gradient functions on this machine, beside NumPy by hand and the libraries that are installed",
    "derive": "derive every gradient of a network, with the steps that lead there",
    "draw": "draw the network as SVG or TikZ, with the values of an example and the errors flowing back if wanted",
    "example": "work an example with numbers: forward, backward, one step of gradient descent",
    "lambdify": "write a Python module that computes cost and gradients with NumPy alone",
    "textbook": "prove and measure the hand-derived equations (1)-(6)",
    "verify": "judge the formulas of documents: Markdown, LaTeX, Jupyter notebooks, reStructuredText",
}
SECTIONS_HELP = (
    "further sections: chain (one neuron in each layer), slopes (of the activations, line by line, with plots), matrices (written "
    "out), costs (with ½, without, averaged), worlds (Jacobians and rows against columns, all shapes), vanishing (bounds and a "
    "measured plot), descent, or all"
)
SPEC_HELP = "2-3-2, p-m-n, n_0-...-n_L, or a file net.toml"


class _Parser(argparse.ArgumentParser):
    """argparse that reports a wrong option like every other wrong input: one line, exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise SpecError(f"{message}; see {self.prog} --help")


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of a command line, checked as far as argparse can."""
    parser = _Parser(prog="symback", description="symback derives backpropagation.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"symback {import_module('symback').__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    options_of = {
        "bench": _add_bench,
        "derive": _add_derive,
        "draw": _add_draw,
        "example": _add_example,
        "lambdify": _add_lambdify,
        "textbook": _add_textbook,
        "verify": _add_verify,
    }
    for name, add_options in options_of.items():
        add_options(commands.add_parser(name, help=COMMANDS[name], description=COMMANDS[name], allow_abbrev=False))
    return parser.parse_args(arguments)


def _add_bench(parser: argparse.ArgumentParser) -> None:
    _add_network(parser, is_optional=True)
    parser.add_argument("--configurations", metavar="C[,C…]", help="some of those that are measured without SPEC (default: all)")
    parser.add_argument("--batch", type=_count, default=32, metavar="N", help="rows of x, with SPEC (default: 32)")
    parser.add_argument("--dtype", choices=("float64", "float32"), default="float64", help="with SPEC (default: float64)")
    parser.add_argument("--threads", type=_count, default=1, metavar="N", help="of everybody alike (default: 1)")
    parser.add_argument("--rounds", type=_count, default=21, metavar="N", help="in which all take turns (default: 21)")
    parser.add_argument("--only", metavar="WHO[,WHO…]", help="some contestants only (default: all but torch.compile, which takes minutes)")
    parser.add_argument("--json", action="store_true", help="the results as data")
    parser.add_argument("--plot", metavar="FILE", help="a picture of the ratios, FILE.svg or FILE.png; needs matplotlib")


def _add_network(parser: argparse.ArgumentParser, is_optional: bool = False) -> None:
    if is_optional:
        parser.add_argument("spec", metavar="SPEC", nargs="?", help=SPEC_HELP)
    else:
        parser.add_argument("spec", metavar="SPEC", help=SPEC_HELP)
    parser.add_argument("--activation", metavar="A[,A…]", help="one for all layers or one for each, e.g. relu,softmax (default: sigmoid)")
    parser.add_argument("--cost", metavar="C", help="e.g. quadratic, cross_entropy (default: quadratic)")


def _add_derive(parser: argparse.ArgumentParser) -> None:
    _add_network(parser)
    parser.add_argument("--layout", choices=("column", "row", "jacobian"), help="how matrices stand (default: column; row implies --batch)")
    parser.add_argument("--form", choices=("all", "matrix", "index", "scalar"), default="all", help="all: matrices and indices (default)")
    parser.add_argument("--notation", default="nielsen", metavar="N", help="nielsen (default), lecture, ng, …")
    parser.add_argument("--slopes", choices=("function", "output"), default="function", help="σ'(z), or a ⊙ (1 - a) where that exists")
    parser.add_argument("--detail", choices=("results", "steps", "full"), default="steps", help="full: also layers that are alike")
    parser.add_argument("--sections", default="", metavar="S[,S…]", help=SECTIONS_HELP)
    parser.add_argument("--batch", action="store_true", help="N samples at once, the cost averaged")
    _add_looks(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="write to FILE.tex, .md, .html, .txt or, with a LaTeX, .pdf")


def _add_looks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--picture", action="store_true", help="a picture of the network at the head of the page")
    parser.add_argument("--numbered", action="store_true", help="number the displayed equations")


def _add_draw(parser: argparse.ArgumentParser) -> None:
    _add_network(parser)
    parser.add_argument("--notation", default="nielsen", metavar="N", help="nielsen (default), lecture, ng, …")
    parser.add_argument("--values", metavar="FILE.toml", help="numbers of an example: x, y, W1, b1, …; activations and weights show them")
    parser.add_argument("--errors", action="store_true", help="the error δ of each neuron, and arrows for its way back")
    parser.add_argument("--units", type=_count, default=6, metavar="N", help="draw at most N neurons of a layer (default: 6)")
    parser.add_argument("--layers", type=_count, default=6, metavar="N", help="draw at most N layers, the input included (default: 6)")
    parser.add_argument("--fragment", action="store_true", help="of a .tex file the tikzpicture alone, for \\input")
    parser.add_argument("-o", "--output", metavar="FILE", help="write to FILE.svg or FILE.tex (default: SVG to stdout)")


def _add_example(parser: argparse.ArgumentParser) -> None:
    _add_network(parser)
    parser.add_argument("--values", metavar="FILE", help="TOML with x, y, W1, b1, W2, … (default: short numbers by a fixed rule)")
    parser.add_argument("--digits", type=_count, default=4, metavar="D", help="decimals of every result (default: 4)")
    parser.add_argument("--rate", default="0.5", metavar="ETA", help="learning rate of the step (default: 0.5)")
    parser.add_argument("--notation", default="nielsen", metavar="N", help="nielsen (default), lecture, ng, …")
    _add_looks(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="write to FILE.tex, .md, .html, .txt or, with a LaTeX, .pdf")


def _add_lambdify(parser: argparse.ArgumentParser) -> None:
    _add_network(parser)
    parser.add_argument("--dtype", choices=("float64", "float32"), default="float64")
    parser.add_argument(
        "--backend", choices=("numpy", "c", "jax", "torch"), default="numpy", help="what it needs (default: numpy); c is a C file"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write to FILE.py, or FILE.c, instead of stdout")


def _add_textbook(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="the report as data")
    parser.add_argument("--trials", type=_count, default=None, metavar="N", help="random networks to measure on")
    parser.add_argument("--seed", type=_count, default=None, metavar="S", help="seed of the random networks")


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "exit code: 0 all claims hold, 1 something is refuted, 2 bad input, 3 something is left open (undecided, unreadable, conditional)"
    )
    parser.add_argument("files", metavar="FILE", nargs="+", help="a document, or - for Markdown on stdin")
    parser.add_argument("--json", action="store_true", help="the report as data: one object, or one a line for several files")
    parser.add_argument("--html", metavar="REPORT", help="also write a page with the formulas rendered, usable without network")
    parser.add_argument("--network", metavar="SPEC", help=f"the network that the documents speak of: {SPEC_HELP}")
    parser.add_argument("--only", metavar="VERDICT[,…]", type=_verdicts, default=(), help=f"show these only: {', '.join(VERDICTS)}")
    parser.add_argument("--jobs", metavar="N", type=_jobs, default=1, help="judge N files at a time (default: 1)")
    parser.add_argument("--score", metavar="ANSWERS.json", help="compare the verdicts with known answers instead of listing them")


def _verdicts(text: str) -> tuple[str, ...]:
    """Names of verdicts with commas between."""
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in VERDICTS:
            raise argparse.ArgumentTypeError(f"{name[:40]!r} is no verdict; these are: {', '.join(VERDICTS)}")
    return names


def _jobs(text: str) -> int:
    """How many processes: 1 to 64."""
    if not 1 <= _count(text) <= 64:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} processes; 1 to 64 can work at a time")
    return int(text)


def _count(text: str) -> int:
    """A whole number, 0 or more."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a whole number from 0 to 999999999")
    return int(text)
