"""Everybody takes turns in one process, after all have given the same numbers.

In each round every contestant is called once to warm up and then in three bursts of some milliseconds, of which the best
counts, since other programs can only slow it down; that time is divided by the yardstick's of the same round.  What is
reported is the median of these ratios and the quartiles around it.  With several threads there is a pause before each
turn: a thread of OpenBLAS spins for a tenth of a second after its last product, and would take the processor from the
next one.
"""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from symback.errors import SymbackError
from symback.numerics.bench.configurations import Configuration
from symback.numerics.bench.contestants import CONTESTANTS, YARDSTICK, Contestant
from symback.numerics.bench.hand_written import textbook
from symback.numerics.functions import lambdify

__all__ = ["BenchReport", "Measured", "measure"]

TOLERANCE = {"float64": 1e-10, "float32": 2e-4}  # sums of a thousand float32 products differ by their order
PAUSE = 0.12
BURST = 0.004
BURSTS = 3
PACKAGES = ("numpy", "torch", "jax", "autograd", "numba")


@dataclass(frozen=True, slots=True)
class Measured:
    """One contestant in one configuration: seconds of one call, the ratio to the yardstick with its quartiles.

    `deviation` is how far its numbers are from those of the textbook's equations in double precision, relative to the
    largest entry; `prepared` the seconds until its first result.  `missing` is why it did not take part.
    """

    configuration: str
    contestant: str
    seconds: float = 0.0
    ratio: float = 0.0
    low: float = 0.0
    high: float = 0.0
    deviation: float = 0.0
    prepared: float = 0.0
    missing: str = ""


@dataclass(frozen=True)
class BenchReport:
    """All results of a run, and the machine that they belong to."""

    rows: tuple[Measured, ...]
    threads: int
    rounds: int

    @property
    def disagreeing(self) -> tuple[Measured, ...]:
        """Those whose numbers are wrong; they are not measured."""
        return tuple(row for row in self.rows if row.missing.startswith("disagrees"))

    def to_json(self) -> str:
        """Everything, with the machine and the releases of the packages."""
        machine = {"processor": processor(), "processors": os.cpu_count(), "python": platform.python_version(), "packages": releases()}
        return json.dumps(
            {"machine": machine, "threads": self.threads, "rounds": self.rounds, "rows": [asdict(row) for row in self.rows]}, indent=1
        )


def processor() -> str:
    """The name of the processor, as far as the system tells."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    except OSError:
        return platform.processor() or platform.machine()


def releases() -> dict[str, str]:
    """The packages that took part, as far as they are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def measure(
    configurations: Sequence[Configuration],
    names: Iterable[str] | None = None,
    threads: int = 1,
    rounds: int = 21,
    progress: Callable[[str], None] = lambda text: None,
) -> BenchReport:
    """The report over all configurations; `names` are those of contestants, by default all that are ready in some
    seconds; the yardstick is always there.

    >>> from symback.numerics.bench.configurations import CONFIGURATIONS
    >>> report = measure([CONFIGURATIONS["tiny b1"]], ["symback numpy"], rounds=3)
    >>> [row.contestant for row in report.rows], report.rows[0].ratio, report.disagreeing
    (['bare products', 'symback numpy'], 1.0, ())
    """
    chosen = [row for row in CONTESTANTS.values() if (not row.is_slow if names is None else row.name in {*names, YARDSTICK})]
    rows = [row for configuration in configurations for row in _in_turns(configuration, chosen, threads, rounds, progress)]
    return BenchReport(tuple(rows), threads, rounds)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A contestant whose numbers are right: its function, how far they are off, and the seconds until its first result."""

    function: Callable
    deviation: float
    prepared: float


def _in_turns(
    configuration: Configuration, contestants: Sequence[Contestant], threads: int, rounds: int, progress: Callable[[str], None]
) -> Iterator[Measured]:
    """Everybody prepared and compared, then measured."""
    right = _in_double_precision(configuration)
    entries: dict[str, _Ready | str] = {}
    for contestant in contestants:
        progress(f"{configuration.name}: preparing {contestant.name}")
        entries[contestant.name] = _entry(contestant, configuration, right, threads)
    functions = {name: entry.function for name, entry in entries.items() if isinstance(entry, _Ready)}
    times = _times(functions, threads, rounds, lambda i: progress(f"{configuration.name}: round {i} of {rounds}"))
    for name, entry in entries.items():
        if isinstance(entry, str):
            yield Measured(configuration.name, name, missing=entry)
            continue
        yardstick = times.get(YARDSTICK, times[name])
        ratios = [own / bare for own, bare in zip(times[name], yardstick, strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        yield Measured(configuration.name, name, statistics.median(times[name]), middle, low, high, entry.deviation, entry.prepared)


def _entry(contestant: Contestant, configuration: Configuration, right: Sequence, threads: int) -> _Ready | str:
    """The contestant, prepared; or why it does not take part."""
    reason = contestant.missing(configuration)
    if reason:
        return reason
    began = time.perf_counter()
    try:
        function, listed = contestant.prepare(configuration, threads)
        found = listed(function())
    except (SymbackError, RuntimeError, ImportError, OSError) as error:  # one that fails does not stop the others
        return f"fails: {' '.join(str(error).split())[:120]}"
    prepared = time.perf_counter() - began
    worst = 0.0 if contestant.name == YARDSTICK else _deviation(found, right)
    return _Ready(function, worst, prepared) if worst <= TOLERANCE[configuration.dtype] else f"disagrees by {worst:.1e}"


def _in_double_precision(configuration: Configuration) -> list:
    """Cost and gradients of the same numbers in float64: by the textbook's lines, or for other networks by our function."""
    named, x, y = configuration.arguments
    params, x, y = {name: array.astype("float64") for name, array in named.items()}, x.astype("float64"), y.astype("float64")
    if configuration.chain is not None:
        cost, grads = textbook(configuration.chain, [*params.values()], x, y)
        return [cost, *grads]
    cost, found = lambdify(configuration.network)(params, x, y)
    assert isinstance(found, dict)
    return [cost, *found.values()]


def _deviation(found: Sequence, right: Sequence) -> float:
    """The largest difference of all arrays, each relative to its largest entry."""
    if len(found) != len(right):
        return float("inf")
    pairs = [(np.asarray(a, "float64"), np.asarray(b, "float64")) for a, b in zip(found, right, strict=True)]
    if any(a.shape != b.shape for a, b in pairs):
        return float("inf")
    return float(max(np.abs(a - b).max() / max(np.abs(b).max(), 1e-30) for a, b in pairs))


def _times(functions: dict[str, Callable], threads: int, rounds: int, progress: Callable[[int], None]) -> dict[str, list[float]]:
    """Seconds of one call in each round; the order is turned by one from round to round."""
    names = list(functions)
    repeats = {name: _repeats(function) for name, function in functions.items()}
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        progress(turn + 1)
        first = turn % len(names)
        for name in (*names[first:], *names[:first]):
            function, count = functions[name], repeats[name]
            if threads > 1:
                time.sleep(PAUSE)
            function()
            times[name].append(min(_burst(function, count) for _ in range(BURSTS)))
    return times


def _burst(function: Callable, count: int) -> float:
    """Seconds of one call, of so many in a row."""
    start = time.perf_counter()
    for _ in range(count):
        function()
    return (time.perf_counter() - start) / count


def _repeats(function: Callable) -> int:
    """How many calls fill one burst."""
    function()
    return max(1, int(BURST / (min(_burst(function, 1) for _ in range(3)) + 1e-9)))
