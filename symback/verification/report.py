"""What the judge returns: a `Verdict` for each formula, and the `Report` of a document."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from importlib import import_module

__all__ = ["KINDS_OF_CLAIM", "VERDICTS", "Report", "Verdict"]

VERDICTS = ("proved", "refuted", "conditional", "undecided", "unreadable", "definition", "mention")
KINDS_OF_CLAIM = ("definition", "forward", "gradient", "identity", "number", "shape", "mention")


@dataclass(frozen=True)
class Verdict:
    """One formula: what it is, whether it holds, why, and what would be right."""

    line: int
    end_line: int
    latex: str
    kind: str
    verdict: str
    reason: str = ""
    correction: str = ""
    diagnosis: str = ""
    assumptions: tuple[str, ...] = ()
    counterexample: str = ""

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Report:
    """All formulas of a document in order."""

    file: str
    formulas: tuple[Verdict, ...] = field(default=())

    @property
    def summary(self) -> dict[str, int]:
        """How often each verdict was given.

        >>> Report("x", (Verdict(1, 1, "a", "mention", "mention"),)).summary
        {'mention': 1}
        """
        counts = Counter(verdict.verdict for verdict in self.formulas)
        return {name: counts[name] for name in VERDICTS if counts[name]}

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {"file": self.file, "formulas": [verdict.to_dict() for verdict in self.formulas], "summary": self.summary}

    def _repr_html_(self) -> str:
        """The verdicts as a table, for a notebook; its writer is imported here, for reports that are counted need no parser."""
        written: str = import_module("symback.verification.report_cells").report_cells(self)
        return written
