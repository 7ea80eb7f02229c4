"""Hostile pages: no exception, no hang, and never `proved` on nonsense.

`python -m tests.verification.test_fuzz_judge --formulas 100000 --documents 500 --seed 1 [--jobs J]` prints the figures.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from symback.verification.judge import PAGE_SECONDS, verify
from symback.verification.pages import DocumentError
from symback.verification.report import VERDICTS, Report
from tests.verification.fuzz_material import Mangled, mangled_document, mangled_formula, nonsense
from tests.verification.independent import WrongShape, verdict_of
from tests.verification.independent_alone import truths_alone
from tests.verification.true_formulas import SETTINGS, TRUE_FORMULAS, page_with

SECONDS = PAGE_SECONDS + 1  # of processor time for one formula: what the judge allows itself, and one step that began before
PATIENCE = 20.0  # after these a formula is stopped and counts as a hang; a document may take as many for each ten formulas
NONSENSE_SHARE = 0.1


class Hang(BaseException):
    """Raised by the clock, so that no `except Exception` swallows it."""


@dataclass(frozen=True)
class Found:
    """What became of one mangled thing: a verdict or several, or `fault` if something is wrong."""

    text: str
    verdicts: tuple[str, ...]
    seconds: float
    fault: str = ""
    is_unsettled: bool = False  # proved, and the numbers cannot say, or it holds with a sum that is not printed


@contextmanager
def stopped_after(seconds: float) -> Iterator[None]:
    """Raises `Hang` when the process has computed for so long."""

    def ring(number: int, frame: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def attempt(call: Callable[[], Report], text: str, limit: float) -> tuple[Report | None, Found]:
    """The report, or what went wrong; `limit` is the processor time that is allowed."""
    began = time.process_time()
    fault, report = "", None
    try:
        with stopped_after(max(PATIENCE, 2 * limit)):
            report = call()
    except DocumentError:
        pass  # a document that cannot be read says so
    except Hang:
        fault = "hang: " + "".join(traceback.format_exc(limit=-6))
    except Exception:  # noqa: BLE001 - any exception at all is what is looked for
        fault = "exception: " + "".join(traceback.format_exc(limit=-4))
    seconds = time.process_time() - began
    verdicts = tuple(one.verdict for one in report.formulas) if report is not None else ()
    if not fault and seconds > limit:
        fault = f"slow: {seconds:.1f} s"
    if not fault and not set(verdicts) <= set(VERDICTS):
        fault = f"no verdict: {verdicts}"
    return report, Found(text, verdicts, seconds, fault)


def _verified_page(text: str | bytes, suffix: str = ".md") -> Report:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / f"page{suffix}"
        page.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", errors="replace"))
        return verify(page)


COST_OF_SAMPLE = re.compile(r"[Cc]_(?:0|\{0\})")  # C_0 of sample 0: the numbers know one sample, and call its cost C


# --- one thing of each kind -----------------------------------------------------------------------------------------------------
def try_formula(mangled: Mangled) -> Found:
    """A mangled formula alone, or at the end of a document; if it is proved, numbers must not show it false."""
    if mangled.setting is None:
        report, found = attempt(lambda: verify(mangled.latex), mangled.latex, SECONDS)
    else:
        page = page_with(mangled.setting, mangled.latex)
        report, found = attempt(lambda: _verified_page(page), mangled.latex, SECONDS * (1 + len(SETTINGS[mangled.setting].preamble)))
    if found.fault or report is None or not report.formulas or report.formulas[-1].verdict != "proved":
        return found
    if any("without a layer" in assumption for assumption in report.formulas[-1].assumptions):
        return found  # δ for δ^l, and the verdict says so: the numbers do not know that reading
    last = COST_OF_SAMPLE.sub("C ", report.formulas[-1].latex)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            truths = truths_alone(last) if mangled.setting is None else {verdict_of(last, SETTINGS[mangled.setting].model)}
        except (WrongShape, ValueError, IndexError, KeyError, TypeError, AttributeError, ArithmeticError):  # beyond the numbers: to be read
            truths = {"unknown"}
    if "equal" in truths:
        return found
    if truths == {"unknown"} or "summed" in truths:
        return Found(found.text, found.verdicts, found.seconds, is_unsettled=True)
    return Found(found.text, found.verdicts, found.seconds, f"proved, though numbers show it false ({mangled.setting}; {mangled.how})")


def try_nonsense(rng: random.Random) -> Found:
    """A false equation at the end of a document that states its setting."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        false = nonsense(rng)
    page = page_with(false.setting, false.latex)
    report, found = attempt(lambda: _verified_page(page), false.latex, SECONDS * (1 + len(SETTINGS[false.setting].preamble)))
    is_proved = report is not None and bool(report.formulas) and report.formulas[-1].verdict == "proved"
    if is_proved and any("without a layer" in assumption for assumption in report.formulas[-1].assumptions):
        return found  # z for z^l, and the verdict says so: the numbers do not know that reading
    if is_proved and not found.fault:
        return Found(found.text, found.verdicts, found.seconds, f"nonsense is proved in {false.setting}")
    return found


def try_document(suffix: str, raw: bytes) -> Found:
    """A mangled document: it has as many seconds as its formulas have together."""
    report, found = attempt(lambda: _verified_page(raw, suffix), raw.decode("utf-8", errors="replace"), PATIENCE * 6)
    if found.fault or report is None:
        return found
    if found.seconds > SECONDS * (1 + len(report.formulas)):
        return Found(found.text, found.verdicts, found.seconds, f"slow: {found.seconds:.1f} s for {len(report.formulas)} formulas")
    lines = [one.line for one in report.formulas]
    fault = "" if lines == sorted(lines) else "the formulas are not in order"
    return Found(found.text, found.verdicts, found.seconds, fault)


def fuzz_formulas(seed: int, count: int) -> list[Found]:
    """So many formulas, every tenth of them certain nonsense."""
    rng = random.Random(seed)
    return [try_nonsense(rng) if rng.random() < NONSENSE_SHARE else try_formula(mangled_formula(rng)) for _ in range(count)]


def fuzz_documents(seed: int, count: int) -> list[Found]:
    """So many documents."""
    rng = random.Random(seed)
    return [try_document(*mangled_document(rng)) for _ in range(count)]


def _faults(found: Sequence[Found]) -> list[str]:
    return [f"{one.fault}\n    {one.text[:300]!r}" for one in found if one.fault]


def _seed(given: int | None) -> int:
    """The seed given, or another one each time; it is drawn inside the test, so that all workers collect the same tests."""
    seed = random.randrange(10**6) if given is None else given
    print(f"seed {seed}")
    return seed


# --- tests ----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [7, 1, 2])
def test_mangled_formulas_neither_break_nor_hang_nor_prove_nonsense(seed):
    seed = _seed(seed)
    assert _faults(fuzz_formulas(seed, 50)) == []


@pytest.mark.parametrize("seed", [5, 3])
def test_mangled_documents_neither_break_nor_hang(seed):
    seed = _seed(seed)
    assert _faults(fuzz_documents(seed, 5)) == []


@pytest.mark.parametrize(
    "text", ["", " ", "=", "x" * 300, "/" * 300, "\u0000", "$", "\\", "{", "}", "a=", "=a", "." * 400, "~", r"\def\x{\x}\x", "1" * 499]
)
def test_texts_that_are_hardly_formulas_get_a_verdict(text):
    _, found = attempt(lambda: verify(text), text, SECONDS)
    assert found.fault == "" and len(found.verdicts) >= 1


def test_the_fuzzer_notices_what_it_looks_for():
    def endless() -> Report:
        while True:
            pass

    def broken() -> Report:
        raise RecursionError

    assert attempt(broken, "", 1.0)[1].fault.startswith("exception")
    assert attempt(lambda: Report(str(sum(range(3 * 10**6)))), "", 0.001)[1].fault.startswith("slow")
    patient = PATIENCE
    try:
        globals()["PATIENCE"] = 0.2
        assert attempt(endless, "", 0.1)[1].fault.startswith("hang")
    finally:
        globals()["PATIENCE"] = patient


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_hundreds_of_mangled_formulas_and_documents(seed):
    """Seeds that are given: a run of many others is for `python -m tests.verification.test_fuzz_judge`, and its finds become tests."""
    assert _faults(fuzz_formulas(seed, 250)) == []
    assert _faults(fuzz_documents(seed, 5)) == []


@pytest.mark.parametrize(
    ("latex", "truths"),
    [
        ("u = u = u", {"equal"}),
        ("L = 1 = 1", {"equal"}),
        (r"\beta_1 = 0.91 = 0.9", {"equal"}),
        (r"w = 0.2 - 0.1 \cdot (-0.103) = 0.2103", {"equal"}),
    ],
)  # fmt: skip
def test_what_is_true_of_all_names_is_true_alone(latex, truths):
    assert truths_alone(latex) == truths


@pytest.mark.parametrize("latex", [r"z_i = W_i a_{i-1}", r"\delta^l = a^l", r"\delta^l = (W^{l+1})^T \delta^l \odot \sigma'(z^l)"])
def test_what_is_false_of_every_network_is_false_alone(latex):
    assert "equal" not in truths_alone(latex)
    assert truths_alone(latex) & {"different", "shape"}


@pytest.mark.parametrize("latex", [r"\beta_1 = 0.91 = 0.8", r"w = 0.2 - 0.1 \cdot (-0.103) = 0.2104"])
def test_numbers_that_do_not_agree_are_not_true_alone(latex):
    assert "equal" not in truths_alone(latex)


def test_a_true_formula_of_the_table_is_true_alone_in_some_network():
    assert [formula for formula in TRUE_FORMULAS[::20] if "equal" not in truths_alone(formula.latex)] == []


def test_a_layer_may_be_called_by_any_letter_and_neurons_have_no_entries():
    assert "equal" in truths_alone(r"z_i = W_i a_{i-1} + b_i, \quad a_i = \sigma(z_i)")
    assert truths_alone(r"O_2[i, y_i] + \lambda = O_2[i, y_i]") == {"unknown"}


# --- the figures ------------------------------------------------------------------------------------------------------------------
def main(formulas: int, documents: int, seed: int, jobs: int) -> None:
    """Fuzz in batches, each with a seed of its own, and print the figures and every fault."""
    print(f"seed {seed}")
    for title, fuzz, count, batch in (("formulas", fuzz_formulas, formulas, 200), ("documents", fuzz_documents, documents, 5)):
        batches = [min(batch, count - start) for start in range(0, count, batch)]
        seeds = [seed * 1_000_000 + number for number in range(len(batches))]
        found: list[Found] = []
        with ProcessPoolExecutor(jobs) as pool:
            for number, some in enumerate(pool.map(fuzz, seeds, batches)):
                found += some
                if len(found) % 5000 < len(some):
                    print(f"{len(found)} {title}, {sum(bool(one.fault) for one in found)} faults", file=sys.stderr, flush=True)
                for fault in _faults(some):
                    print(f"[batch seed {seeds[number]}] {fault}", flush=True)
        _print_figures(title, found)


def _print_figures(title: str, found: Sequence[Found]) -> None:
    faults = Counter(one.fault.split(":")[0].split("(")[0] for one in found if one.fault)
    verdicts = Counter(verdict for one in found for verdict in one.verdicts)
    print(f"{len(found)} {title}: faults {dict(faults) or 'none'}; verdicts {dict(verdicts)}")
    seconds = sorted(one.seconds for one in found)
    if seconds:
        almost = seconds[int(len(seconds) * 0.99)]
        print(f"  seconds: median {seconds[len(seconds) // 2]:.4f}, 99 % below {almost:.3f}, most {seconds[-1]:.2f}")
    unsettled = [one.text for one in found if one.is_unsettled]
    print(f"  proved, and the numbers cannot say (read these): {len(unsettled)}")
    for text in unsettled[:100]:
        print(f"    {text[:300]!r}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    for name, default in (("formulas", 1000), ("documents", 10), ("seed", 1), ("jobs", 1)):
        arguments.add_argument(f"--{name}", type=int, default=default)
    given = arguments.parse_args()
    main(given.formulas, given.documents, given.seed, given.jobs)
