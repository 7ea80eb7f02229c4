"""The textbook test: equations (1)-(6), stated by hand, against the engine, by proof and by numbers.

    proof     what the engine derives for a generic layer, for p-m-n, for a batch and for a chain of single neurons, with
              symbolic sizes, an unspecified σ and an unspecified C, is proved equal to the hand-derived equation
    numbers   what symback computes on random networks agrees with the equations typed in as NumPy, with complex steps
              and with central differences of a cost typed in as NumPy

Either half would do to find a wrong sign; they share no code, so a mistake in one is found by the other.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from symback.errors import SpecError
from symback.language.names import LAST_LAYER, LAYER
from symback.network import Network
from symback.pipeline import Derivation, derive, derive_generic
from symback.verification.textbook_equations import STATEMENTS, Statement, average, written
from symback.verification.textbook_numbers import LEAST, TOLERANCES, Measured, measure
from symback.verification.textbook_proofs import (
    NOT_PROVED,
    PROVED,
    REFUTED,
    CheckedFormula,
    Judgement,
    check_against_textbook,
    judge,
    right_side,
    subject_of,
)

__all__ = ["CheckedFormula", "TextbookReport", "TextbookRow", "check_against_textbook", "run_textbook"]

COSTS = ("squared_error", "quadratic", "C")
WITHOUT_NUMBERS = ("(1) C",)  # an unspecified cost has none
HIDDEN = ("(4)", "(5)", "(6)")
_VERDICTS = (REFUTED, NOT_PROVED, PROVED)  # the worst first


@dataclass(frozen=True)
class TextbookRow:
    """One equation: what it says, whether it is proved and for what, and how far the numbers are from it.

    `deviations` are the largest of all trials, by road; `trials` counts those in which the equation occurred.
    """

    number: str
    title: str
    latex: str
    text: str
    proof: str
    proved_for: tuple[str, ...]
    facts: tuple[str, ...]
    reason: str
    deviations: Mapping[str, float]
    trials: int

    @property
    def ok(self) -> bool:
        """Proved, met in a trial if it has numbers at all, and within every tolerance."""
        has_numbers = self.number in WITHOUT_NUMBERS or self.trials > 0
        return self.proof == PROVED and has_numbers and all(self.deviations[road] <= TOLERANCES[road] for road in self.deviations)

    def to_dict(self) -> dict[str, object]:
        """The row as plain data; a deviation that is no number is None."""
        deviations = {road: value if math.isfinite(value) else None for road, value in self.deviations.items()}
        return {
            "number": self.number, "title": self.title, "latex": self.latex, "text": self.text,
            "proof": self.proof, "proved_for": list(self.proved_for), "facts": list(self.facts), "reason": self.reason,
            "deviations": deviations, "trials": self.trials, "ok": self.ok,
        }  # fmt: skip


@dataclass(frozen=True)
class TextbookReport:
    """All rows, and what the numbers were drawn from."""

    rows: tuple[TextbookRow, ...]
    trials: int
    seed: int

    @property
    def ok(self) -> bool:
        """Whether every equation is proved and every number agrees."""
        return all(row.ok for row in self.rows)

    def to_dict(self) -> dict[str, object]:
        """The report as plain data."""
        rows = [row.to_dict() for row in self.rows]
        return {"ok": self.ok, "trials": self.trials, "seed": self.seed, "tolerances": dict(TOLERANCES), "equations": rows}

    def to_json(self) -> str:
        """The report as JSON text."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)


def run_textbook(trials: int = 100, seed: int = 0, track: Callable[[range], Iterable[int]] = iter) -> TextbookReport:
    """Every hand-derived equation, proved and measured on `trials` random networks; `track` may watch the trials go by.

    >>> report = run_textbook(trials=5)
    >>> report.ok, [row.number for row in report.rows][:3]
    (True, ['(1)', '(1) ½', '(1) C'])
    """
    if trials < LEAST:
        raise SpecError(f"trials is {trials}; it should be at least {LEAST}, so that every equation occurs in one")
    found: dict[str, list[tuple[str, Judgement]]] = {number: [] for number in STATEMENTS}
    for number, where, judgement in proofs():
        found[number].append((where, judgement))
    measured = measure(trials, seed, track)
    rows = tuple(_row(statement, found[number], measured.get(number)) for number, statement in STATEMENTS.items())
    return TextbookReport(rows, trials, seed)


def _row(statement: Statement, judgements: list[tuple[str, Judgement]], measured: Measured | None) -> TextbookRow:
    """The worst verdict of all the places where the equation was looked for; none found is none proved."""
    verdicts = [judgement.verdict for _, judgement in judgements]
    worst = min(verdicts, key=_VERDICTS.index, default=NOT_PROVED)
    places = tuple(dict.fromkeys(where for where, judgement in judgements if judgement.verdict == PROVED))
    facts = tuple(dict.fromkeys(fact for _, judgement in judgements for fact in judgement.facts))
    reasons = dict.fromkeys(f"{where}: {judgement.reason}" for where, judgement in judgements if judgement.verdict != PROVED)
    reason = "; ".join(reasons) if judgements else "the engine derives nothing that this equation speaks of"
    layer = LAYER if statement.number in HIDDEN else LAST_LAYER
    return TextbookRow(
        statement.number, statement.title, written(statement.latex, layer, is_latex=True), written(statement.text, layer),
        worst, places, facts, reason, measured.deviations if measured else {}, measured.trials if measured else 0,
    )  # fmt: skip


# The proofs


def proofs() -> Iterator[tuple[str, str, Judgement]]:
    """Each proof that is asked for: the number of the equation, the network it is about, and the verdict."""
    for cost in COSTS:
        for is_batch, suffix in ((False, ""), (True, ", in a batch")):
            generic = derive_generic(Network.from_spec("n_0-...-n_L", "sigma", cost), batch=is_batch) or ()
            yield from _checked(generic, f"layers l and L{suffix}")
            yield from _checked([derive(Network.from_spec("p-m-n", "sigma", cost), batch=is_batch)], f"p-m-n{suffix}")
    yield from of_chain(derive(Network.from_spec("1-1-1-1", "sigma", "squared_error")))
    network = Network.from_spec("p-m-n", "sigma", "squared_error")
    yield from of_average(derive(network), derive(network, batch=True))


def _checked(derivations: Iterable[Derivation], where: str) -> Iterator[tuple[str, str, Judgement]]:
    for derivation in derivations:
        for row in check_against_textbook(derivation):
            if row.number:
                yield row.number, where, Judgement(row.verdict, row.reason, row.facts)


def of_chain(derivation: Derivation) -> Iterator[tuple[str, str, Judgement]]:
    """The scalar formulas, which are written out to the cost: the engine's errors are replaced by what it derives for them."""
    subject = subject_of(derivation)
    subject = replace(subject, inner={None: {record.symbol: record.tensor for record in derivation.records}})
    depth = derivation.network.depth
    for number, statement in STATEMENTS.items():
        if number.startswith("chain"):
            left = derivation.grad(statement.target, depth - statement.below).tensor
            yield number, "1-1-1-1", judge(left, right_side(statement, depth, subject), subject, depth)


def of_average(single: Derivation, batch: Derivation) -> Iterator[tuple[str, str, Judgement]]:
    """What the engine derives for a batch, against the average over k of what it derives for one sample."""
    subject = subject_of(batch)
    for layer in range(1, batch.network.depth + 1):
        for number in ("mean W", "mean b"):
            letter = STATEMENTS[number].target
            each = subject.whole(single.grad(letter, layer).tensor)
            yield number, "p-m-n", judge(batch.grad(letter, layer).tensor, average(each), subject, layer)
