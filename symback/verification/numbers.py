r"""Number claims of worked examples: `judge_numbers` recomputes a chain such as `σ'(z) = 0.4431 · (1 - 0.4431) ≈ 0.2467`.

    members -> values (numbers_values) -> neighbours compared (numbers_chain) -> outcome, correction (numbers_repair), the next book

* proved: every member has a value and every neighbour follows, from the printed digits or from the exact values; a first member
  that is a plain name is thereby defined.
* refuted: a printed result that no rounding of its printed operands gives; or numbers that differ from what the names beside
  them have, where those values belong to the same example beyond doubt.
* conditional: right from its printed operands, but one of them was refuted on an earlier line ("carried from line N"); the line
  itself has no slip, so it is not called refuted.  Also where digits differ from a given input: either of the two may be meant.
* undecided: everything else, in particular what only an unprinted digit could make true, and digits beyond those of a float.

A result may be rounded or cut off; authors print `=` for `≈`, so the sign makes no difference except for whole numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from symback.verification.numbers_book import Entry, NumberBook, letter_is_given, name_of, with_entry, with_source
from symback.verification.numbers_chain import (
    Chain,
    Clash,
    Member,
    chain_of,
    digits_evaluator,
    foreign_literals,
    has_names,
    is_understood,
    member_of,
)
from symback.verification.numbers_definitions import learned
from symback.verification.numbers_intervals import Interval, NotUnderstoodError, meets, same_form, where_apart
from symback.verification.numbers_literals import (
    Literal,
    LiteralForm,
    allowed,
    digits_of,
    is_literal_form,
    literal_form,
    literals_in,
    printed_like,
    with_values,
)
from symback.verification.numbers_repair import aligned, corrected_form, entry_names, is_slip, leaf_repairs, values_of
from symback.verification.tree import Tree, operands_of
from symback.verification.unparse import unparse

__all__ = ["NumberOutcome", "Use", "judge_numbers"]

EQUAL_SIGNS = frozenset(["=", ":=", r"\equiv", r"\triangleq", r"\approx", r"\simeq", r"\doteq", r"\cong", "≈"])
EXACT_SIGNS = frozenset(["=", ":=", r"\equiv"])
MAX_MEMBERS = 60
_FORMULA = re.compile(r"\$\$[^$]*(?:\$\$|$)|\$[^$]*(?:\$|$)|\\\[.*?\\\]|\\\(.*?\\\)", re.DOTALL)
_DECIMAL = re.compile(r"\d+\.\d+")
_ELSEWHERE = re.compile(
    r"\b(iterations?|epochs?|repeat\w*|converge\w*|updat(ed|ing) (the )?(weights?|bias\w*|parameters?|values?)|after (the|this|one|\d)"
    r"|(second|third|next|another|new) (training )?(sample|example|pass|input|step|round|point|row|time|image))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Use:
    """Digits that stand where a given name stands: `agrees` if they are its value."""

    name: str
    line: int
    digits: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class NumberOutcome:
    """What was found about a chain with numbers.

    `unread` are the members that could not be computed, `defined` the plain names that only get their value here: nothing is
    said about either, and whether their symbols are right is for others to judge.
    """

    word: str
    reason: str = ""
    correction: str = ""
    counterexample: str = ""
    assumptions: tuple[str, ...] = ()
    remark: str = ""
    unread: tuple[int, ...] = ()
    defined: tuple[int, ...] = ()
    uses: tuple[Use, ...] = ()


def judge_numbers(
    members: Sequence[Tree], signs: Sequence[str], book: NumberBook, line: int = 1, words: str = "", stands_alone: bool = True
) -> tuple[NumberOutcome | None, NumberBook]:
    """The outcome of a chain, None if it is no claim about numbers, and the book after it.

    `words` are those before and after the formula, and `stands_alone` says that it is no part of a sentence: prose changes values
    without a formula ("let a grow to 2.001"), so what the book says is held against numbers only where prose cannot have.
    """
    usable = 2 <= len(members) <= MAX_MEMBERS and all(sign in EQUAL_SIGNS for sign in signs) and all(map(is_understood, members))
    if not usable:
        return None, book
    if not any(_is_number_member(member) for member in members):
        return None, learned(members, book)
    if (stated := _stated(members, signs, book, line)) is not None:
        return stated
    name = name_of(members[0]) if not is_literal_form(members[0]) else None
    judged = _first_member(members, name, book)
    chain = _without_doubtful(chain_of(judged, [False, *(sign in EXACT_SIGNS for sign in signs)]), signs)
    if chain.compared == 0 and (doubts := [doubt for member in judged if member.has_names for doubt in member.doubts]):
        return NumberOutcome("undecided", f"the numbers may differ, but {doubts[0]}"), _booked(chain, name, members, book, line, False)
    outcome = _outcome(chain, members, signs, name, book, _said_otherwise(words, stands_alone, book))
    after = _booked(chain, name, members, book, line, outcome.word == "refuted")
    is_open = any(member.wide is None and name_of(member.tree) is None for member in chain.members)
    has_decimals = any(not literal.is_whole for tree in members for literal in literals_in(tree))
    if (chain.compared == 0 and not chain.clashes) or (is_open and not has_decimals and not chain.clashes):
        return None, after
    return outcome, after


def _said_otherwise(words: str, stands_alone: bool, book: NumberBook) -> str:
    """Why the names may have other values here than the book knows; '' if nothing speaks for it."""
    prose = _FORMULA.sub(" ", words)
    if not stands_alone:
        return "a formula inside a sentence, where the names may have other values than before"
    if _ELSEWHERE.search(prose):
        return "the names may have other values here than before"
    foreign = [digits for digits in _DECIMAL.findall(prose) if digits_of(Decimal(digits)) not in book.sources]
    return f"the text beside it speaks of {foreign[0]}, which no formula before has" if foreign else ""


def _is_number_member(tree: Tree) -> bool:
    """A result, or a computation of numbers alone."""
    return is_literal_form(tree) or (not has_names(tree) and bool(literals_in(tree)))


def _stated(members: Sequence[Tree], signs: Sequence[str], book: NumberBook, line: int) -> tuple[NumberOutcome | None, NumberBook] | None:
    """`x = 0.5`, `w_1 = w_2 = 1` and `(x_1, x_2) = (0.05, 0.10)`: inputs that are given."""
    form = literal_form(members[-1])
    if form is None or any(sign not in EXACT_SIGNS for sign in signs) or any(cell.digits > 3 and not cell.is_whole for cell in form.cells):
        return None
    after = book
    for member in members[:-1]:
        names = _names_given(member, form)
        if names is None:
            return None
        parts = [form] if len(names) == 1 else [LiteralForm((cell,), ()) for cell in form.cells]
        for name, part in zip(names, parts, strict=True):
            after = with_entry(after, name, part, None, line, True, frozenset())
    return NumberOutcome("definition", "a given value"), with_source(after, form, None, line, True, frozenset())


def _names_given(tree: Tree, form: LiteralForm) -> list[str] | None:
    """The names of inputs on a left side."""
    name = name_of(tree)
    if name is not None:
        return [name] if letter_is_given(name) else None
    content = tree.children[0] if tree.kind == "group" else tree
    names = [name_of(operand) for operand in operands_of(content)] if content.kind == "list" else []
    found = [name for name in names if name is not None and letter_is_given(name)]
    return found if found and len(found) == len(names) == len(form.cells) else None


def _first_member(members: Sequence[Tree], name: str | None, book: NumberBook) -> list[Member]:
    """The members with their values; a name in front has the value of its definition, if no other member says how it is computed."""
    if name is None:
        return [member_of(tree, book) for tree in members]
    rest = [member_of(tree, book) for tree in members[1:]]
    entries = _by_entries(name, rest, book)
    if entries is not None:
        return [member_of(entries, book), *rest]
    without = replace(book, entries={key: entry for key, entry in book.entries.items() if key != name})
    is_given = name in book.entries and book.entries[name].is_given
    first = member_of(members[0], book if is_given else without)
    is_computed = any(member.wide is not None and member.form is None for member in rest)
    if is_computed or (name in book.entries and book.entries[name].example == book.example and not book.entries[name].is_given):
        first = replace(first, wide=None, form=None)
    return [first, *rest]


def _by_entries(name: str, rest: Sequence[Member], book: NumberBook) -> Tree | None:
    """The vector of z_1, z_2 … where a chain prints z at once after its entries."""
    form = rest[0].form
    if len(rest) != 1 or form is None or not form.shape or len(form.cells) != max(form.shape) or f"{name}_0" in book.entries:
        return None
    names = [f"{name}_{place}" for place in range(1, len(form.cells) + 1)]
    if any(part not in book.entries or book.entries[part].example != book.example for part in names):
        return None
    cells = [Tree("symbol", (), part) for part in names]
    is_row = len(form.shape) == 2 and form.shape[0] == 1
    rows = (Tree("row", tuple(cells)),) if is_row else tuple(Tree("row", (cell,)) for cell in cells)
    return Tree("matrix", rows, "bmatrix")


def _without_doubtful(chain: Chain, signs: Sequence[str]) -> Chain:
    """Names whose values are in doubt are not held against the numbers: such members are left out and the chain is read again."""
    members = list(chain.members)
    doubtful = {
        place for clash in chain.clashes for place in (clash.left, clash.right) if members[place].has_names and members[place].doubts
    }
    if not doubtful:
        return chain
    members = [replace(member, wide=None, form=None) if place in doubtful else member for place, member in enumerate(members)]
    return chain_of(members, [False, *(sign in EXACT_SIGNS for sign in signs)])


def _outcome(chain: Chain, trees: Sequence[Tree], signs: Sequence[str], name: str | None, book: NumberBook, doubt: str) -> NumberOutcome:
    """Clashes first, then what was carried, then what is open."""
    uses = _uses(chain, book)
    silent = [place for place, member in enumerate(chain.members) if member.wide is None]
    unread = tuple(place for place in silent if name_of(trees[place]) is None and not (place == 0 and trees[0].kind == "call"))
    defined = tuple(place for place in silent if place not in unread)
    base = NumberOutcome("proved", uses=uses, unread=unread, defined=defined, assumptions=_assumptions(chain))
    if chain.clashes:
        return _clashing(chain, trees, signs, name, book, doubt, base)
    if chain.loose:
        place = chain.loose[0]
        reason = f"{unparse(trees[place])} follows only if more digits were carried than are printed"
        return replace(base, word="undecided", reason=reason)
    if chain.misfits:
        return replace(base, word="undecided", reason=f"{unparse(trees[chain.misfits[0]])} has another shape than what stands before it")
    if chain.blurred:
        return replace(base, word="undecided", reason=f"whether {unparse(trees[chain.blurred[0]])} follows is beyond the digits recomputed")
    carried = _carried(chain, trees, signs, book) or _carried_by_definition(chain, trees, name, book)
    if carried is not None:
        return replace(base, word=carried.word, reason=carried.reason, correction=carried.correction, counterexample=carried.counterexample)
    stale = _stale_operand(chain, book)
    if stale:
        return replace(base, word="undecided", reason=stale)
    remark = ""
    if chain.remarked:
        member = chain.members[chain.remarked[0]]
        remark = f"follows from the printed digits; the exact value differs in the last digit of {unparse(member.tree)}"
    if unread:
        shown = unparse(trees[unread[0]])
        return replace(
            base, word="undecided", reason=f"the numbers agree with each other; the value of {shown} is not known", remark=remark
        )
    return replace(base, reason="recomputed to the printed precision", remark=remark)


def _assumptions(chain: Chain) -> tuple[str, ...]:
    """What had to be assumed for the members that have a value."""
    return tuple(dict.fromkeys(doubt for member in chain.members if member.wide is not None for doubt in member.doubts))


def _uses(chain: Chain, book: NumberBook) -> tuple[Use, ...]:
    """Which given names have digits in their place, in neighbouring members that are built alike."""
    found = []
    for symbols in chain.members:
        for numbers in chain.members:
            if not symbols.has_names or not numbers.is_numeric or numbers.form is not None:
                continue
            for pair in aligned(symbols.tree, numbers.tree):
                entry, form = book.entries.get(pair.name), literal_form(pair.number)
                if entry is not None and entry.is_given and form is not None and len(form.cells) == 1 and entry.digits.low.size == 1:
                    agrees = float(entry.digits.low.reshape(())) <= float(form.cells[0].value) <= float(entry.digits.high.reshape(()))
                    found.append(Use(pair.name, entry.line, str(form.cells[0].value), agrees))
    return tuple(found)


def _clashing(
    chain: Chain, trees: Sequence[Tree], signs: Sequence[str], name: str | None, book: NumberBook, doubt: str, base: NumberOutcome
) -> NumberOutcome:
    """Refuted where the arithmetic or the book leaves no way out; the first clash that does decides."""
    weaker: NumberOutcome | None = None
    for clash in chain.clashes:
        left, right = chain.members[clash.left], chain.members[clash.right]
        if _is_first_group(left, right):
            weaker = weaker or replace(base, word="undecided", reason=f"{unparse(right.tree)} may be the first digits of a longer number")
            continue
        if any(member.doubts for member in (left, right)):
            weaker = weaker or replace(base, word="undecided", reason=f"the numbers differ, but {(left.doubts + right.doubts)[0]}")
            continue
        shown = _counterexample(left, right)
        if left.is_numeric and right.is_numeric:
            correction = _correction(chain, clash, trees, signs, book)
            return replace(base, word="refuted", reason=_told(left, right), correction=correction, counterexample=shown)
        reason = _way_out(left, right, name, book, doubt)
        if not reason:
            correction = _correction(chain, clash, trees, signs, book)
            return replace(base, word="refuted", reason=_told(left, right), correction=correction, counterexample=shown)
        word = "conditional" if reason.startswith("holds if") else "undecided"
        weaker = weaker or replace(base, word=word, reason=reason, counterexample=shown)
    assert weaker is not None
    return weaker


def _is_first_group(left: Member, right: Member) -> bool:
    """12 where 12288 is recomputed: `12,288` may be one number."""
    if right.form is None or right.form.shape or not right.form.cells[0].is_whole or left.digits is None or left.digits.low.size != 1:
        return False
    value, printed = str(round(abs(float(left.digits.middle.reshape(()))))), str(abs(right.form.cells[0].value))
    return len(value) > len(printed) and value.startswith(printed) and (len(value) - len(printed)) % 3 == 0


def _stale_operand(chain: Chain, book: NumberBook) -> str:
    """An operand of three digits or more that was never printed, but is one digit away from a result that was; '' if there is none."""
    for member in chain.members:
        if member.form is not None or not member.is_numeric:
            continue
        for literal in literals_in(member.tree):
            if literal.is_whole or literal.digits < 3 or literal.key in book.sources:
                continue
            for key, sources in book.sources.items():
                if not sources[-1].is_given and len(key) == len(literal.key) >= 5 and is_slip(literal, float(key)):
                    return f"{literal.value} was not printed before; {key} was, on line {sources[-1].line}"
    return ""


def _told(left: Member, right: Member) -> str:
    """Why two members differ, with the lines of the names that were used."""
    lines = sorted({entry.line for member in (left, right) for entry in member.entries})
    source = f" with the values of line{'s' * (len(lines) > 1)} {', '.join(map(str, lines))}" if lines else ""
    return f"{unparse(right.tree)} does not follow from {unparse(left.tree)}{source}"


def _counterexample(left: Member, right: Member) -> str:
    """Recomputed and printed values."""
    assert left.digits is not None
    if right.form is not None:
        rows = entry_names(right.form, left.digits)
        return "; ".join(f"{label + ': ' if label else ''}recomputed {value:.6g}, printed {cell.value}" for label, cell, value in rows[:6])
    assert right.digits is not None
    left_value, right_value = same_form(left.digits, right.digits)
    apart = where_apart(left_value, right_value).reshape(-1)
    both = zip(left_value.middle.reshape(-1), right_value.middle.reshape(-1), apart, strict=True)
    return "; ".join(f"{one:.6g} against {other:.6g}" for one, other, differs in list(both)[:6] if differs)


def _way_out(left: Member, right: Member, name: str | None, book: NumberBook, doubt: str) -> str:
    """Why a difference between names and numbers may be no error; '' if there is no way out."""
    used = [entry for member in (left, right) for entry in member.entries]
    if doubt:
        return doubt
    if name is not None and name in book.entries and book.entries[name].example == book.example and name not in _given_names(book):
        return f"{name} was given another value before (line {book.entries[name].line})"
    wrong = next((entry for entry in used if entry.is_wrong or entry.is_carried), None)
    if wrong is not None and not _is_apart_in_any_case(left, right):
        return f"holds if {wrong.name} has another value than on line {wrong.line}, which is wrong or carried, and than the recomputed one"
    if left.has_names and right.has_names:
        return ""
    symbols, numbers = (left, right) if left.has_names else (right, left)
    if numbers.form is not None:
        plain = book.entries.get(name_of(symbols.tree) or "")
        is_given = plain is not None and plain.is_given and plain.digits.low.size == 1
        return (
            f"holds if {plain.name} is {unparse(numbers.tree)}; line {plain.line} says otherwise" if plain is not None and is_given else ""
        )
    known = {digits_of_float(value) for value in values_of(symbols.entries)}
    foreign = foreign_literals(numbers, known)
    if not foreign:
        return ""
    for pair in aligned(symbols.tree, numbers.tree):
        entry, form = book.entries.get(pair.name), literal_form(pair.number)
        if entry is not None and entry.is_given and form is not None and len(form.cells) == 1 and not meets_digits(entry, form):
            return f"holds if {pair.name} is {unparse(pair.number)}; line {entry.line} says otherwise"
    if len(foreign) == 1 and _is_slip_of(foreign[0], symbols, numbers, book):
        return ""
    return f"the names may have other values here: {foreign[0].value} is none of those printed before"


def _is_apart_in_any_case(left: Member, right: Member) -> bool:
    """Whether some entry is wrong with the refuted value that was printed, and wrong with the recomputed one."""
    if right.form is None or left.digits is None or left.exact is None or left.wide is None:
        return False
    target = allowed(right.form)
    return bool(np.logical_and(where_apart(left.wide, target), where_apart(left.exact, target)).any())


def _given_names(book: NumberBook) -> set[str]:
    """The names of inputs."""
    return {name for name, entry in book.entries.items() if entry.is_given}


def digits_of_float(value: float) -> str:
    """The digits of a printed value, without zeros behind."""
    from_text = format(abs(value), ".12f").rstrip("0").rstrip(".")
    return from_text or "0"


def meets_digits(entry: Entry, form: LiteralForm) -> bool:
    """Whether printed digits are the value of a name."""
    try:
        return meets(entry.printed, allowed(form))
    except NotUnderstoodError:
        return False


def _is_slip_of(literal: Literal, symbols: Member, numbers: Member, book: NumberBook) -> bool:
    """A number that is one slip away from an earlier result, or from an entry of an array, and right with it.

    A single input is left out: `f(a) = 2.001^3` after `a = 2` looks like a slip and is none.
    """
    assert symbols.wide is not None
    sure = [entry for entry in symbols.entries if not entry.is_given or entry.digits.low.size > 1]
    known = values_of(sure)
    repairs = leaf_repairs(numbers.tree, symbols.wide, digits_evaluator(book, "wide"), known)
    fitting = [float(value) for _, printed, value in repairs if printed.key == literal.key and is_slip(printed, float(value))]
    return any(abs(abs(value) - abs(one)) < 1e-9 for value in fitting for one in known)


def _correction(chain: Chain, clash: Clash, trees: Sequence[Tree], signs: Sequence[str], book: NumberBook) -> str:
    """The chain with the digits that are right; members that one number does not repair are left out."""
    start = chain.members[clash.left]
    value, wide = start.digits, start.wide
    assert value is not None and wide is not None
    kept: list[tuple[str, Tree]] = []
    for place, (tree, member) in enumerate(zip(trees, chain.members, strict=True)):
        sign = signs[place - 1] if place else ""
        if place <= clash.left:
            kept.append((sign, tree))
        if place <= clash.left or member.wide is None:
            continue
        try:
            changed = _corrected_member(member, value, wide, start, book, sign)
        except NotUnderstoodError:
            changed = None
        if changed is None:
            continue
        kept.append((sign, changed))
        if member.form is None:
            value = digits_evaluator(book)(changed) or value
    return " ".join(part for sign, tree in kept for part in (sign, unparse(tree)) if part)


def _corrected_member(member: Member, value: Interval, wide: Interval, start: Member, book: NumberBook, sign: str) -> Tree | None:
    """One member made right: kept, recomputed, or with one other number."""
    if member.form is not None:
        return corrected_form(member.tree, member.form, value, sign in EXACT_SIGNS and start.is_numeric)
    if member.wide is not None and meets(member.wide, wide):
        return member.tree
    if member.has_names:
        return None
    repairs = leaf_repairs(member.tree, wide, digits_evaluator(book), values_of(start.entries))
    trees = list(dict.fromkeys(changed for changed, _, _ in repairs))
    return trees[0] if len(trees) == 1 else None


def _carried(chain: Chain, trees: Sequence[Tree], signs: Sequence[str], book: NumberBook) -> NumberOutcome | None:
    """A result from operands that were refuted before: what it would be with the right ones; None if it stays the same."""
    for place, member in enumerate(chain.members):
        if member.form is None or place == 0:
            continue
        before = next((chain.members[left] for left in range(place - 1, -1, -1) if chain.members[left].wide is not None), None)
        if before is None or before.form is not None:
            continue
        lines = _wrong_lines(before, book)
        exact = before.exact
        if not lines or exact is None or meets(exact, allowed(member.form)):
            continue
        result = corrected_form(member.tree, member.form, exact, False)
        changed = {place: result}
        if trees[place - 1] == before.tree:
            changed[place - 1] = _with_right_operands(before.tree, book)
        parts = [unparse(changed.get(at, tree)) for at, tree in enumerate(trees)]
        correction = " ".join(part for at, text in enumerate(parts) for part in (signs[at - 1] if at else "", text) if part)
        shown = "; ".join(f"exact {value:.6g}, printed {cell.value}" for _, cell, value in entry_names(member.form, exact)[:6])
        reason = f"follows from its printed operands, but carried from line {', '.join(map(str, lines))}, which is refuted"
        return NumberOutcome("conditional", reason, correction, shown)
    return None


def _carried_by_definition(chain: Chain, trees: Sequence[Tree], name: str | None, book: NumberBook) -> NumberOutcome | None:
    """Right in itself, but it computes what the name stands for with a value that was refuted before."""
    first = next((member for member in chain.members[1:] if member.is_numeric), None)
    if (
        name is None
        or first is None
        or chain.members[0].wide is not None
        or any(member.has_names and member.wide for member in chain.members)
    ):
        return None
    others = {key: entry for key, entry in book.entries.items() if key != name}
    meant = member_of(trees[0], replace(book, entries=others))
    wrong = next((entry for entry in meant.entries if entry.is_wrong), None)
    if wrong is None or meant.digits is None or meant.exact is None or first.wide is None:
        return None
    try:
        if not meets(meant.digits, first.target) or meets(meant.exact, first.target):
            return None
    except NotUnderstoodError:
        return None
    reason = f"follows from its printed operands, but {wrong.name} is carried from line {wrong.line}, which is refuted"
    value = float(meant.exact.middle.reshape(-1)[0])
    shown = f"with the right {wrong.name}: {value:.6g}" if meant.exact.low.size == 1 else ""
    return NumberOutcome("conditional", reason, f"{unparse(trees[0])} \\approx {value:.4g}" if shown else "", shown)


def _wrong_lines(member: Member, book: NumberBook) -> list[int]:
    """The refuted lines that the numbers of a computation come from, where they come from nowhere else."""
    lines = {entry.line for entry in member.entries if entry.is_wrong}
    for literal in literals_in(member.tree):
        sources = book.sources.get(literal.key, ())
        if sources and literal.digits > 1 and all(source.is_wrong for source in sources):
            lines.add(sources[-1].line)
    return sorted(lines)


def _with_right_operands(tree: Tree, book: NumberBook) -> Tree:
    """Numbers that were refuted, replaced by their exact values."""
    tree_form = literal_form(tree) if tree.kind == "number" else None
    if tree_form is None:
        return replace(tree, children=tuple(_with_right_operands(child, book) for child in tree.children)) if tree.children else tree
    literal = tree_form.cells[0]
    sources = book.sources.get(literal.key, ())
    if (
        not sources
        or literal.digits < 2
        or not all(source.is_wrong and source.exact is not None and source.exact > 0 for source in sources)
    ):
        return tree
    exact = sources[-1].exact
    return with_values(tree, [printed_like(exact, literal, False)]) if exact is not None else tree


def _booked(chain: Chain, name: str | None, trees: Sequence[Tree], book: NumberBook, line: int, is_refuted: bool) -> NumberBook:
    """The book after the chain: its results, the value of the name in front, and what the chain defines."""
    computed = [member.exact for member in chain.members if member.form is None and member.exact is not None and member.wide is not None]
    exact = None if not computed else computed[-1] if chain.clashes and not is_refuted else computed[0]
    after, last, wrong_last = book, None, frozenset[int]()
    for place, member in enumerate(chain.members):
        if member.form is None or (place == 0 and name is not None):
            continue
        wrong = _wrong_entries(member, exact) if is_refuted and place >= chain.clashes[0].right else frozenset[int]()
        after = with_source(after, member.form, exact, line, False, wrong)
        last, wrong_last = member.form, wrong
    if last is not None:
        for place, (tree, member) in enumerate(zip(trees, chain.members, strict=True)):
            known = name if place == 0 else name_of(tree) if member.wide is None else None
            if known is not None:
                after = with_entry(after, known, last, exact, line, False, wrong_last)
    return after if chain.clashes else learned(trees, after)


def _wrong_entries(member: Member, exact: Interval | None) -> frozenset[int]:
    """Which entries of a refuted result are wrong."""
    assert member.form is not None
    try:
        if exact is None:
            raise NotUnderstoodError("no value")
        apart = where_apart(exact, allowed(member.form)).reshape(-1)
    except NotUnderstoodError:
        return frozenset(range(len(member.form.cells)))
    return frozenset(int(place) for place in apart.nonzero()[0])
