"""TOML files that describe networks and graphs: read whole, bounded, never evaluated."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from symback.errors import SpecError

__all__ = ["MOST_BYTES", "named", "read_file", "read_table"]

MOST_BYTES = 1_000_000


def read_file(path: str | Path) -> str:
    """The text of a file; `SpecError` with what to do where it cannot be read."""
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise SpecError(f"{path} has {size} bytes; a network's description has at most {MOST_BYTES}")
        return path.read_bytes()[: MOST_BYTES + 1].decode("utf-8")
    except UnicodeDecodeError as error:
        raise SpecError(f"{path} is not UTF-8 text, at byte {error.start}; save it as UTF-8") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SpecError(f"cannot read {str(path)[:300]!r}: {reason}; give the path of a TOML file") from error


def read_table(text: str, source: str) -> dict[str, Any]:
    """The keys and values of TOML text; `source` names it in errors."""
    if len(text) > MOST_BYTES:
        raise SpecError(f"{source} has {len(text)} characters; a network's description has at most {MOST_BYTES}")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{source} is not valid TOML: {error}") from error
    except (RecursionError, ValueError) as error:  # brackets nested too deep, integers of thousands of digits
        raise SpecError(f"{source} is not valid TOML: it is nested too deep, or has a number that is too long") from error


@contextmanager
def named(source: str) -> Iterator[None]:
    """Errors in what is described begin with the name of the source."""
    try:
        yield
    except SpecError as error:
        if str(error).startswith(source):
            raise
        raise SpecError(f"{source}: {error}") from error
