"""`symback verify FILE…`: the formulas of documents, judged; as a table, as data, as a page, or against known answers."""

import argparse
import json
import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from symback.cli.files import write_atomically
from symback.cli.verdicts import exit_code_of, one_line, summary_line, verdict_table
from symback.errors import SpecError, SymbackError
from symback.network import Network
from symback.verification.documents import DocumentError, read_document
from symback.verification.html_report import Section, html_report
from symback.verification.judge import verify
from symback.verification.score import Answers, read_answers, score

__all__ = ["run"]

BAD_INPUT = 2
STDIN = "-"
MOST_UNREADABLE = 0.02  # of the characters: more that are not UTF-8, and the text is in another encoding
READ = "verify reads text: Markdown, LaTeX, Jupyter notebooks, reStructuredText"
Tick = Callable[[int, int], None]


@dataclass(frozen=True)
class Judged:
    """What came of one file: a section, or why there is none; and what else is to be said about it."""

    section: Section | None
    error: str = ""
    remarks: tuple[str, ...] = ()


def run(options: argparse.Namespace) -> int:
    """Judge the files and print what was asked for; a file that cannot be read does not stop the others."""
    _expect_page(options.html)
    network = _network(options.network)
    answers = read_answers(options.score) if options.score else None
    sections: list[Section] = []
    with ExitStack() as stack:
        places = _places(options.files, stack)
        judged = _in_processes(places, network, options.jobs) if min(options.jobs, len(places)) > 1 else _one_by_one(places, network)
        for name, place, found in zip(options.files, places, judged, strict=True):
            _remark(name, replace(found, error=found.error.replace(place, name)))
            if found.section is None:
                continue
            section = replace(found.section, report=replace(found.section.report, file=name))
            sections.append(section)
            if answers is None:
                _print_report(section, options, is_alone=len(options.files) == 1)
    if options.html is not None and sections:
        write_atomically(options.html, html_report(sections, options.only))
        print(f"wrote {options.html}", file=sys.stderr)
    reports = [section.report for section in sections]
    code = exit_code_of(reports) if answers is None else _print_score(answers, sections, options.json)
    return code if len(sections) == len(options.files) else BAD_INPUT


def _expect_page(path: str | None) -> None:
    """Raises before anything is judged where the report could not be written, or would replace a document."""
    if path is None:
        return
    if not path.endswith((".html", ".htm")):
        raise SpecError(f"--html writes a page, not {path}; name a file that ends in .html")
    if not Path(path).absolute().parent.is_dir():
        raise SpecError(f"{path}: there is no folder {Path(path).parent}; make it first")


def _network(spec: str | None) -> Network | None:
    """The network of --network, if one is given."""
    if spec is None:
        return None
    return Network.load(spec) if spec.endswith(".toml") else Network.from_spec(spec)


def _places(names: Sequence[str], stack: ExitStack) -> list[str]:
    """Where the files are; what comes from stdin is laid into a folder that lasts as long as `stack`."""
    if STDIN not in names:
        return list(names)
    page = Path(stack.enter_context(TemporaryDirectory(prefix="symback-"))) / "stdin.md"
    page.write_bytes(sys.stdin.buffer.read())
    return [str(page) if name == STDIN else name for name in names]


# --- judging ------------------------------------------------------------------------------------------------------------
def _one_by_one(places: Sequence[str], network: Network | None) -> Iterator[Judged]:
    """Each file in turn, with a bar on stderr that counts its formulas."""
    for place in places:
        with _bar() as bar:
            task = bar.add_task(one_line(Path(place).name, 40), total=None)
            found = _judge(place, network, lambda done, total, bar=bar, task=task: bar.update(task, completed=done, total=total))  # type: ignore[misc]
        yield found


def _in_processes(places: Sequence[str], network: Network | None, jobs: int) -> Iterator[Judged]:
    """The files on several processes, in the order of the command line, with a bar that counts files.

    The processes are spawned, not forked: the bar has a thread, and a fork would copy its locks.
    """
    found: list[Judged] = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(places)), context) as pool, _bar() as bar:
        task = bar.add_task("judging files", total=len(places))
        waiting = [pool.submit(partial(_judge, place, network)) for place in places]
        for place, answer in zip(places, waiting, strict=True):
            try:
                found.append(answer.result())
            except BrokenProcessPool:
                found.append(Judged(None, f"{place}: the process that judged it was ended from outside; try fewer --jobs"))
            bar.advance(task)
    yield from found


def _bar() -> Progress:
    """A bar that is seen in a terminal only and leaves nothing behind."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty())


def _judge(place: str, network: Network | None, tick: Tick | None = None) -> Judged:
    """One file: read and judged, or the reason why not."""
    try:
        _expect_text(place)
        document = read_document(place)
        report = verify(Path(place), network, tick)
    except (SymbackError, OSError) as error:
        return Judged(None, str(error))
    return Judged(Section(report, document.formulas), "", document.remarks)


def _expect_text(place: str) -> None:
    """Raises where a file is no text: what is there, and what would be right."""
    if "\\" in place and not Path(place).exists():
        raise DocumentError(f"{place}: no such file; a single formula is judged in Python: symback.verify(r'…')")
    if not Path(place).is_file():
        return  # reading it says what is wrong
    raw = Path(place).read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return  # UTF-16 with its mark
    if b"\x00" in raw:
        raise DocumentError(f"{place}: byte {raw.index(0) + 1} is zero, so this is no UTF-8 text; {READ}")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if raw.decode("utf-8", errors="replace").count("\ufffd") > MOST_UNREADABLE * len(raw):
            where = f"line {raw.count(10, 0, error.start) + 1}"
            raise DocumentError(f"{place}: {where}: byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8; {READ}") from error


# --- printing -----------------------------------------------------------------------------------------------------------
def _remark(name: str, found: Judged) -> None:
    """What is to be said about a file, on stderr, one line each."""
    for words in (found.error, *(f"{name}: {words}" for words in found.remarks)):
        if words:
            print(f"symback: {one_line(words, 1000)}", file=sys.stderr, flush=True)


def _print_report(section: Section, options: argparse.Namespace, is_alone: bool) -> None:
    """A table and a summary, or an object: indented if it is the only one, else on a line of its own."""
    if not options.json:
        width = Console().width if sys.stdout.isatty() else None
        table = verdict_table(section.report, options.only, width)
        sys.stdout.write(f"{table}{summary_line(section.report, options.only)}\n" + ("" if is_alone else "\n"))
        return
    plain = section.report.to_dict()
    if options.only:
        plain["formulas"] = [verdict.to_dict() for verdict in section.report.formulas if verdict.verdict in options.only]
    print(json.dumps(plain, indent=2 if is_alone else None))


def _print_score(answers: Answers, sections: Sequence[Section], as_json: bool) -> int:
    """How the verdicts compare with the answers; 1 if something true was refuted or something false proved."""
    found = score(answers, sections)
    print(json.dumps(found.to_dict(), indent=2) if as_json else found.to_text())
    return 0 if found.is_sound else 1
