"""The porch: the command `symback`.  Results go to stdout, remarks to stderr.

    symback derive SPEC      every gradient formula of a network, with its steps
    symback draw SPEC        the network as a picture, SVG or TikZ
    symback example SPEC     the network worked with numbers, forward and backward
    symback lambdify SPEC    a Python module that computes them with NumPy alone
    symback textbook         the hand-derived equations (1)-(6), proved and measured
    symback verify FILE…     the formulas of other people's documents, judged

Exit codes: 0 fine, 1 something was refuted or failed, 2 usage or bad input, 3 undecided.

Decision: argparse.  Libraries for command lines need a tenth of a second to say `--version`; argparse is there, and its
messages are put into one line here.  Each command is a module of this package, imported when it is called by name.
"""

from symback.cli.main import main

__all__ = ["main"]
