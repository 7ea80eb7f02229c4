"""The table of backends: what turns a program into a function of numbers, and which one is taken.

A row says whether the backend can be used here, and how it builds.  `auto` takes the first row that is there; a backend
that is asked for by name and is not there gives way to `numpy`, and the function says why: `f.backend`, `f.reason`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from symback.errors import UnsupportedError

__all__ = ["Backend", "build"]


@dataclass(frozen=True)
class Backend:
    """`missing()` is the reason why it cannot be used, "" if it can; `build(program, dtype, threads)` makes the function.

    `gives_way`: where it cannot be used, the function of `numpy` will do.  One that takes arrays of its own kind does not:
    then `auto` never takes it, and what is missing is an error.
    """

    missing: Callable[[], str]
    build: Callable[[Any, str, int | None], Any]
    gives_way: bool = True


def build(table: Mapping[str, Backend], name: str, program, dtype: str, threads: int | None):
    """The function of `program` by the backend `name`, or by `numpy` where that one is not there or does not know an operation.

    The rows of `table` stand in the order in which `auto` prefers them; `numpy` is always there.
    """
    if name != "auto" and name not in table:
        raise UnsupportedError(f"backend {name!r} is not built; there are {', '.join(['auto', *table])}")
    if threads is not None and threads < 1:
        raise UnsupportedError(f"threads is {threads}; give 1 or more, or None for as many as there are processors")
    chosen = name if name != "auto" else next(iter(table))
    reason = table[chosen].missing()
    if reason and not table[chosen].gives_way:
        raise UnsupportedError(reason)
    function = None
    if not reason:
        try:
            function = table[chosen].build(program, dtype, threads)
        except UnsupportedError as error:
            if chosen == "numpy" or not table[chosen].gives_way:
                raise
            reason = str(error)
    if function is None:
        chosen, function = "numpy", table["numpy"].build(program, dtype, threads)
    function.backend, function.reason = chosen, reason
    return function
