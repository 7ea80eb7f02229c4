"""`symback lambdify SPEC -o grad.py`: a module that needs NumPy (JAX, PyTorch) alone; with --backend c, a C file that needs nothing."""

import argparse
import sys

from symback.cli.commands.networks import graph_of, network_of
from symback.cli.files import write_atomically
from symback.errors import SpecError
from symback.numerics import module_source

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Write the module to the file that was asked for, or to stdout."""
    language, ending = ("C", ".c") if options.backend == "c" else ("Python", ".py")
    if options.output is not None and not options.output.endswith(ending):
        raise SpecError(f"lambdify --backend {options.backend} writes {language}, not {options.output}; name a file that ends in {ending}")
    source = module_source(graph_of(options) or network_of(options), dtype=options.dtype, backend=options.backend)
    if options.output is None:
        sys.stdout.write(source)
        return 0
    write_atomically(options.output, source)
    print(f"wrote {options.output}", file=sys.stderr)
    return 0
