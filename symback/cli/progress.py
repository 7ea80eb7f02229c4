"""Work that takes long, on a terminal: nothing for three seconds, then a bar on stderr that leaves nothing behind.

    with shown_progress() as told:
        page = document(derivation, progress=told("writing the formulas"))

Whoever waits less sees nothing flicker, and a pipe or a file never gets a bar.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from symback.presentation.blocks import Block, Document

__all__ = ["PATIENCE", "Tick", "bar", "silent", "shown_progress", "with_ticks"]

PATIENCE, BETWEEN = 3.0, 0.1  # seconds before the first sight of the bar, and from one to the next
WIDTH = 20
ERASED = "\r\x1b[K"  # to the beginning of the line, and what stands there is gone
Tick = Callable[[int, int], None]


def silent(words: str) -> Tick:
    """Says nothing."""
    return lambda done, total: None


@contextmanager
def shown_progress() -> Iterator[Callable[[str], Tick]]:
    """`told(words)` gives a function of what is done and how much there is; what it is called with is shown."""
    shown = _Shown()
    try:
        yield shown.told if sys.stderr.isatty() else silent
    finally:
        if shown.is_seen:
            print(ERASED, end="", file=sys.stderr, flush=True)


class _Shown:
    """When the bar was last drawn, and whether it ever was.

    Decision: two escape codes and not a library, which would take longer to import than most pages to write.
    """

    def __init__(self) -> None:
        self.is_seen = False
        self.last = time.monotonic() + PATIENCE - BETWEEN

    def told(self, words: str) -> Tick:
        """What a kind of work calls with what is done of it."""

        def tick(done: int, total: int) -> None:
            if time.monotonic() - self.last > BETWEEN:
                print(f"{ERASED}{bar(done, total)} {words}", end="", file=sys.stderr, flush=True)
                self.is_seen, self.last = True, time.monotonic()

        return tick


def bar(done: int, total: int) -> str:
    """How much is done, as a bar and in numbers.

    >>> bar(3, 10)
    '[######··············] 3/10'
    """
    filled = WIDTH * done // max(total, 1)
    return f"[{'#' * filled}{'·' * (WIDTH - filled)}] {done}/{total}"


class _Counted(tuple[Block, ...]):
    """Blocks that tell how many of them have been passed."""

    tick: Tick

    def __iter__(self) -> Iterator[Block]:
        for number, block in enumerate(super().__iter__()):
            self.tick(number, len(self))
            yield block


def with_ticks(page: Document, tick: Tick) -> Document:
    """The page, which tells how far a writer has come with it."""
    blocks = _Counted(page.blocks)
    blocks.tick = tick
    return replace(page, blocks=blocks)
