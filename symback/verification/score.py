r"""How good the judge is: its verdicts against known answers, `score(answers, sections) -> Score`.

Answers are a JSON file: `{"wrong": [{"doc", "line", "printed", "correct", "kind"}], "right": [{"doc", "line", "latex"}]}`, where
`doc` is how the file's name begins and `line` may be off by some.  The formula that an answer speaks of is the one near its
line that shares most neighbours of signs with it; the answer may spell it in other words than the page, so equality is not asked.

A correction is `equal` if it is the answer's as a tree, when fonts, spacing and the dot of a product are left aside: the answer is
one of its chains, or members of one, and it was not in what is printed.  Anything else is `other`, also where
it is equal in value: that is for a person to see.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from symback.verification.documents import DocumentError
from symback.verification.html_report import Section
from symback.verification.macros import Macro
from symback.verification.parser import ParseError, parse
from symback.verification.report import VERDICTS, Verdict
from symback.verification.tree import INFIX_KINDS, Tree, operands_of, walk

__all__ = ["Answer", "Answers", "Score", "Scored", "read_answers", "same_correction", "score"]

NEAR = 6  # lines between an answer and its formula
ENOUGH = 0.3  # of the answer's neighbours must stand in the formula
ENOUGH_AT_LINE = 0.08  # where the line is right and nothing better is near: the answer may name everything differently
REMARK = re.compile(r"\s*\([a-z ]{9,}\)$")  # words in brackets after an answer
_CAUGHT = ("refuted", "conditional")


@dataclass(frozen=True, slots=True)
class Answer:
    """One known formula of a document; `correct` is empty where it is right as printed."""

    doc: str
    line: int
    latex: str
    correct: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """What is known of some documents: formulas that are right and formulas that are wrong."""

    right: tuple[Answer, ...]
    wrong: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """An answer, the verdict on its formula (None: the formula is not found), and whether the correction is the answer's."""

    answer: Answer
    verdict: Verdict | None
    correction: str = ""

    @property
    def word(self) -> str:
        """The verdict in one word."""
        return self.verdict.verdict if self.verdict else "not found"


@dataclass(frozen=True, slots=True)
class Score:
    """The truths and the errors, each with what the judge said."""

    right: tuple[Scored, ...]
    wrong: tuple[Scored, ...]

    @property
    def is_sound(self) -> bool:
        """Nothing true is refuted, nothing false is proved."""
        return all(one.word != "refuted" for one in self.right) and all(one.word != "proved" for one in self.wrong)

    @property
    def summary(self) -> dict[str, dict[str, int]]:
        """Counts: verdicts of the truths, verdicts of the errors, corrections of the errors that were caught."""
        return {
            "right": _counts([one.word for one in self.right]),
            "wrong": _counts([one.word for one in self.wrong]),
            "corrections": _counts([one.correction for one in self.wrong if one.word in _CAUGHT]),
        }

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {"summary": self.summary, "right": [_plain(one) for one in self.right], "wrong": [_plain(one) for one in self.wrong]}

    def to_text(self) -> str:
        """A line for each answer and three lines that count."""
        lines = [f"{part} {_told(one)}" for part, all_of in (("right", self.right), ("wrong", self.wrong)) for one in all_of]
        summary = self.summary
        return "\n".join(
            [
                *lines,
                f"truths: {len(self.right)}: {_shares(summary['right'], len(self.right))}",
                f"errors: {len(self.wrong)}: {_shares(summary['wrong'], len(self.wrong))}",
                f"corrections of errors caught: {_shares(summary['corrections'], sum(summary['corrections'].values()))}",
            ]
        )


def _counts(words: Sequence[str]) -> dict[str, int]:
    """How often each word was said, in the order of the verdicts."""
    counts = Counter(words)
    return {word: counts[word] for word in (*VERDICTS, "not found", "equal", "other", "none") if counts[word]}


def _shares(counts: Mapping[str, int], total: int) -> str:
    """12 proved (75 %), 4 undecided (25 %)."""
    return ", ".join(f"{count} {word} ({100 * count / total:.0f} %)" for word, count in counts.items()) or "none"


def _plain(one: Scored) -> dict[str, object]:
    """One answer as plain data."""
    found = {} if one.verdict is None else {"found_line": one.verdict.line, "found": one.verdict.latex, "reason": one.verdict.reason}
    answer = one.answer
    return {"id": answer.name, "doc": answer.doc, "line": answer.line, "verdict": one.word, "correction": one.correction} | found


def _told(one: Scored) -> str:
    """One answer as a line."""
    answer = one.answer
    found = "" if one.verdict is None else f" | {one.verdict.line}: {' '.join(one.verdict.latex.split())[:100]} | {one.verdict.reason[:80]}"
    return f"{answer.name} {answer.doc}:{answer.line} {one.word}{f', correction {one.correction}' if one.correction else ''}{found}"


# --- reading answers ------------------------------------------------------------------------------------------------------
def read_answers(path: str | Path) -> Answers:
    """The answers in a file; raises `DocumentError` where it has another shape."""
    try:
        plain = json.loads(Path(path).read_text(encoding="utf-8"))
        return Answers(
            tuple(_answer(entry, entry["latex"], "") for entry in plain["right"]),
            tuple(_answer(entry, entry["printed"], entry["correct"]) for entry in plain["wrong"]),
        )
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}: not UTF-8, so no JSON of answers") from error
    except json.JSONDecodeError as error:
        raise DocumentError(f"{path}: line {error.lineno}: no JSON: {error.msg}") from error
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise DocumentError(f"{path}: answers are {{wrong: [{{doc, line, printed, correct}}], right: [{{doc, line, latex}}]}}") from error


def _answer(entry: Mapping[str, object], latex: object, correct: object) -> Answer:
    """One entry; `line` is a number, or words that end in one ("md 93": of the joined cells of a notebook)."""
    line = int(re.findall(r"\d+", str(entry["line"]))[-1])
    return Answer(str(entry["doc"]), line, str(latex), str(correct), str(entry.get("id", "")))


# --- finding the formula ----------------------------------------------------------------------------------------------------
def score(answers: Answers, sections: Sequence[Section]) -> Score:
    """Each answer about one of the documents, beside the verdict on its formula."""
    right = [_scored(answer, section) for answer in answers.right if (section := _about(answer, sections))]
    wrong = [_scored(answer, section) for answer in answers.wrong if (section := _about(answer, sections))]
    return Score(tuple(right), tuple(wrong))


def _about(answer: Answer, sections: Sequence[Section]) -> Section | None:
    """The document whose name begins as the answer says."""
    return next((section for section in sections if Path(section.report.file).name.startswith(answer.doc)), None)


def _scored(answer: Answer, section: Section) -> Scored:
    """The verdict on the formula of an answer, and how its correction compares."""
    verdicts = section.report.formulas
    macros = [formula.macros for formula in section.formulas] if len(section.formulas) == len(verdicts) else [None] * len(verdicts)
    wanted = _neighbours(answer.latex, None)
    found: list[tuple[float, bool, int]] = []
    for place, (verdict, known) in enumerate(zip(verdicts, macros, strict=True)):
        distance = max(0, verdict.line - answer.line, answer.line - verdict.end_line)
        if distance <= NEAR:
            found.append((_likeness(wanted, _neighbours(verdict.latex, known)) - 0.02 * distance, distance == 0, place))
    good = [one for one in found if one[0] > ENOUGH] or [one for one in found if one[1] and one[0] > ENOUGH_AT_LINE]
    best = verdicts[max(good)[2]] if good else None
    if best is None or not answer.correct:
        return Scored(answer, best)
    known = macros[verdicts.index(best)]
    is_same = bool(best.correction) and same_correction(best.correction, answer.correct, best.latex, known)
    return Scored(answer, best, "none" if not best.correction else "equal" if is_same else "other")


def _likeness(wanted: Counter[tuple[str, str]], found: Counter[tuple[str, str]]) -> float:
    """How much of what is wanted is found; what is found besides speaks a little against it."""
    return (wanted & found).total() / max(1, wanted.total()) - 0.1 * (found - wanted).total() / max(1, found.total())


def _neighbours(latex: str, macros: Mapping[str, Macro] | None) -> Counter[tuple[str, str]]:
    """Pairs of signs that follow one another, of the tree, or of the text where it cannot be read; a lone sign follows itself."""
    try:
        signs = [node.text for node in walk(_normal(parse(latex, macros))) if node.text]
    except ParseError:
        signs = re.findall(r"\\[A-Za-z]+|[^\s{}\\]", latex)
    return Counter(pairwise(signs)) if len(signs) > 1 else Counter([(sign, sign) for sign in signs])


# --- comparing corrections --------------------------------------------------------------------------------------------------
def same_correction(ours: str, answer: str, printed: str = "", macros: Mapping[str, Macro] | None = None) -> bool:
    r"""True where a correction says what the answer says, fonts and spacing aside, and what was printed does not.

    >>> same_correction(r"\mathbf{d} = 2 \cdot x", "d=2x") and same_correction(r"e = 1 \qquad d = 2x", "2x", r"e = 1 \qquad d = x")
    True
    >>> same_correction("d = 2x", "d = x")
    False
    """
    try:
        mine, known = _normal(parse(ours, macros)), _statement(_normal(parse(REMARK.sub("", answer))))
        before = _normal(parse(printed, macros)) if printed else None
    except ParseError:
        return "".join(ours.split()) == "".join(answer.split())
    return _says(mine, known) and not (before is not None and _says(before, known))


def _says(tree: Tree, known: Tree) -> bool:
    """Whether a chain of a formula is the answer, has the answer's members in their order, or has it as a member or within one."""
    if tree == known:
        return True
    if tree.kind in ("statements", "implication", "list", "given"):
        return any(_says(operand, known) for operand in operands_of(tree))
    members = operands_of(tree) if tree.kind == "relation" else (tree,)
    if known.kind == "relation":
        rest = iter(members)
        wanted = operands_of(known)
        return len(members) > 1 and all(member in rest for member in (wanted if members[0].kind != "empty" else wanted[1:]))
    if known.kind == "sum" and known.children[0].kind == "ellipsis":
        ending = known.children[1:]
        return any(node.kind == "sum" and node.children[-len(ending) :] == ending for member in members for node in walk(member))
    return known in members[1:] or (bool(known.children) and any(node == known for member in members[1:] for node in walk(member)))


def _statement(tree: Tree) -> Tree:
    """The first statement that says something, without words and conditions; of an implication what it comes to."""
    if tree.kind == "statements":
        said = [child for child in tree.children if child.kind not in ("operator", "text")]
        return _statement(said[0]) if said else tree
    return _statement(operands_of(tree)[-1]) if tree.kind == "implication" else tree


def _normal(tree: Tree) -> Tree:
    r"""The tree without fonts, invisible braces and notes; \cdot is juxtaposition; a lower script stands before an upper one."""
    if tree.kind == "font" or (tree.kind == "group" and tree.text == "{ }") or tree.kind in ("annotated", "aligned"):
        return _normal(tree.children[0])
    children = tuple(map(_normal, tree.children))
    if tree.kind == "scripts":
        marks = sorted(children[1:], key=lambda mark: ("prime", "subscript", "superscript", "postfix").index(mark.kind))
        return replace(tree, children=(children[0], *marks))
    if tree.kind == "word" and len(tree.text) == 1:
        return Tree("symbol", (), tree.text)
    if tree.kind in INFIX_KINDS:
        children = tuple(replace(child, text="") if child.kind == "operator" and child.text == r"\cdot" else child for child in children)
    return replace(tree, children=children)
