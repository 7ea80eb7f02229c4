"""The judge's score against known answers: `python tests/verification/score.py CORPUS_FOLDER [ANSWERS.json]`.

Each answer is looked for among the formulas of its document near its line, by the letters that it shares with them.
"""

import json
import re
import sys
import time
from collections import Counter
from pathlib import Path

from symback.verification.judge import verify
from symback.verification.report import Report, Verdict

NEAR = 6  # lines; the answers' own lines can be off by some


def _letters(latex: str) -> str:
    return re.sub(
        r"\\(?:left|right|mathbf|boldsymbol|bm|cdot|times|,|;|!|quad|tfrac|dfrac)|[\s{}$&]", "", latex.replace("\\dfrac", "\\frac")
    )


def _nearest(report: Report, line: int, latex: str) -> Verdict | None:
    """The formula near the line that shares the longest run of letters with the answer."""
    wanted = _letters(latex)

    def shared(verdict: Verdict) -> float:
        text = _letters(verdict.latex)
        pieces = {wanted[i : i + 6] for i in range(max(1, len(wanted) - 5))}
        return sum(piece in text for piece in pieces) / len(pieces) - 0.01 * abs(verdict.line - line)

    close = [verdict for verdict in report.formulas if verdict.line - NEAR <= line <= verdict.end_line + NEAR]
    best = max(close, key=shared, default=None)
    return best if best is not None and shared(best) > 0.3 else None


def main(folder: Path, answers: Path) -> None:
    """Print the tables."""
    known = json.loads(answers.read_text())
    reports: dict[str, Report] = {}
    began = time.perf_counter()
    for path in sorted(folder.glob("[0-9]*")):
        one = time.perf_counter()
        reports[path.name[:3]] = verify(path)
        sys.stdout.write(f"{path.name:32s} {time.perf_counter() - one:6.1f} s  {reports[path.name[:3]].summary}\n")
    sys.stdout.write(f"{time.perf_counter() - began:.1f} s\n")
    for part in ("right", "wrong"):
        counts: Counter[str] = Counter()
        for entry in known[part]:
            found = _nearest(reports[entry["doc"]], int(re.findall(r"\d+", str(entry["line"]))[-1]), entry.get("latex") or entry["printed"])
            word = "not found" if found is None else found.verdict
            counts[word] += 1
            reason = "" if found is None else f"{found.line} {found.reason[:60]} | {' '.join(found.latex.split())[:110]}"
            sys.stdout.write(f"  {part} {entry['id']} {entry['doc']}:{entry['line']} {word} | {reason}\n")
        sys.stdout.write(f"{part}: {dict(counts)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path(sys.argv[1]) / "answers.json")
