"""From the command line to an exit code; every error on purpose is one line on stderr."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TextIO

from symback.cli.arguments import parse_arguments
from symback.errors import SymbackError

__all__ = ["main"]

BAD_INPUT = 2
INTERRUPTED = 130
ROOM = "symback.cli.commands"
LONGEST_MESSAGE = 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    >>> main(["derive", "3-0-2"])
    2
    """
    _never_fail_on_encoding(sys.stdout)
    _never_fail_on_encoding(sys.stderr)
    try:
        options = parse_arguments(arguments)
        code: int = import_module(f"{ROOM}.{options.command}").run(options)
        sys.stdout.flush()
        return code
    except SystemExit as asked:  # argparse has answered --help or --version
        return int(asked.code or 0)
    except BrokenPipeError:
        _close_for_good(sys.stdout)
        return 0
    except SymbackError as error:
        return _refused(str(error))
    except OSError as error:
        _close_for_good(sys.stdout)
        where = "" if error.filename is None else f"{error.filename}: "
        return _refused(f"{where}{error.strerror or error}")
    except KeyboardInterrupt:
        return INTERRUPTED


def _refused(message: str) -> int:
    line = " ".join(message.split())
    shown = line if len(line) <= LONGEST_MESSAGE else f"{line[:LONGEST_MESSAGE]} …"
    print(f"symback: {shown}", file=sys.stderr)
    return BAD_INPUT


def _never_fail_on_encoding(stream: TextIO) -> None:
    """A terminal that cannot show δ gets a question mark, not a traceback."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


def _close_for_good(stream: TextIO) -> None:
    """Send what is still buffered nowhere, so that the interpreter does not try to write it again at its end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return  # a stream without a file, as in a test: nothing is written at exit
