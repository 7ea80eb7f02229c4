r"""Steps of gradient descent: the name that is changed, the name it is changed from, and the name that is derived by are one.

    W_{new} = W_{old} - \eta \frac{\partial C}{\partial W}                                  proved
    w^{(2)}_{1,new} = w^{(1)}_1 - \alpha \frac{\partial L}{\partial w^{(2)}_1}             refuted: w^{(1)}_1 is meant to be w^{(2)}_1
    b_{1,new} = b - \alpha \frac{\partial L}{\partial b_1}                                  holds if b stands for b_1

An assignment is no equation, so nothing here is computed: what can be wrong in it is a name or its sign.  Marks that
tell the new value from the old one (new, old, t+1 and t, a star, a prime) are no part of the name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from symback.verification.definitions import Claim
from symback.verification.mentions import integer_of, letter_of, printed_name, script_shift
from symback.verification.tree import Tree, operands_of, operators_of, spelling, walk
from symback.verification.unparse import unparse

__all__ = ["JudgedUpdate", "judge_update"]

ARROWS = frozenset(["=", ":=", r"\leftarrow", r"\gets", r"\coloneqq"])
MARKS = frozenset(
    [
        "new",
        "old",
        "initial",
        "init",
        "next",
        "prev",
        "previous",
        "updated",
        "update",
        "current",
        "cur",
        "now",
        "before",
        "after",
        "neu",
        "alt",
        "k",
        "n",
    ]
)
WORD_MARKS = MARKS - {"k", "n"}


@dataclass(frozen=True)
class JudgedUpdate:
    """What was found, why, and what is right."""

    word: str
    reason: str
    correction: str = ""
    diagnosis: str = ""


@dataclass(frozen=True)
class _Name:
    """A letter with its scripts, without the marks of new and old."""

    letter: str
    scripts: tuple[str, ...]

    def is_shorter(self, other: _Name) -> bool:
        """The same, with scripts left out."""
        return self.letter == other.letter and set(self.scripts) < set(other.scripts)


def judge_update(claim: Claim) -> JudgedUpdate | None:
    """The judgement on a step of gradient descent; None for anything else."""
    if len(claim.members) != 2 or claim.signs[0] not in ARROWS:
        return None
    left, right = claim.members
    if right.kind != "sum" or len(right.children) != 3:
        return None
    start, change = operands_of(right)
    variable = _variable(change)
    trees = (left, start, variable)
    names = [_name(tree) if tree is not None else None for tree in trees]
    if None in names or variable is None:
        return None
    new, old, by = (name for name in names if name is not None)
    if operators_of(right) == ("+",):
        return None  # a step up, or a gradient that is called by its opposite
    if new == old == by:
        return JudgedUpdate("proved", "a step against the gradient: the name that is changed is the one that is derived by")
    return _with_one_name_changed(claim, (new, old, by), (left, start, variable))


def _with_one_name_changed(claim: Claim, names: tuple[_Name, _Name, _Name], trees: tuple[Tree, Tree, Tree]) -> JudgedUpdate | None:
    """Two names agree, and the third does not."""
    for odd, (one, other) in enumerate(((1, 2), (0, 2), (0, 1))):
        if names[one] == names[other]:
            right = _unmarked(trees[2]) if odd != 2 else _unmarked(trees[1])
            right = _marked_like(right, trees[odd]) if odd != 2 else right
            members = [unparse(_replaced(member, trees[odd], right)) for member in claim.members[:2]]
            correction = f"{members[0]} {claim.signs[0]} {members[1]}"
            if names[odd].is_shorter(names[one]) or names[one].is_shorter(names[odd]):
                return JudgedUpdate("conditional", f"holds if {unparse(trees[odd])} stands for {unparse(right)}", correction, "index")
            if odd == 2 or (names[odd].letter == names[one].letter and len(names[odd].scripts) == len(names[one].scripts)):
                reason = f"{unparse(trees[odd])} is changed or derived by where {unparse(right)} is"
                return JudgedUpdate("refuted", reason, correction, "wrong symbol" if names[odd].letter != names[one].letter else "index")
    return None


def _variable(change: Tree) -> Tree | None:
    """What is derived by in η ∂C/∂W, η ∇_W C, η dW."""
    factors = operands_of(change) if change.kind == "product" else (change,)
    if change.kind == "product" and any(sign not in ("", r"\cdot", r"\times", "*", "/") for sign in operators_of(change)):
        return None
    if len(factors) > 1 and factors[-2].text == "d" and printed_name(factors[-1]) is not None:
        return factors[-1] if not any(_has_derivative(factor) for factor in factors) else None
    found = [tree for factor in factors if (tree := _derived_by(factor)) is not None]
    others = [factor for factor in factors if _derived_by(factor) is None]
    if len(found) != 1 or any(_has_derivative(factor) for factor in others):
        return None
    return found[0]


def _has_derivative(tree: Tree) -> bool:
    return any(node.kind in ("derivative", "applied") for node in walk(tree))


def _derived_by(tree: Tree) -> Tree | None:
    """The W of ∂C/∂W, ∇_W C, ∇W, ∇f(W), f'(W), of means of these, and of the same evaluated somewhere."""
    if tree.kind == "large":
        return _variable(tree.children[1]) if _is_over_all(tree.children[0]) else None
    if tree.kind == "call":
        head = printed_name(tree.children[0])
        return _argument(tree) if head is not None and head.primes else None
    if tree.kind == "scripts" and tree.children[0].kind in ("derivative", "group") and tree.children[1].kind == "subscript":
        return _derived_by(tree.children[0])
    if tree.kind == "group":
        return _derived_by(tree.children[0])
    if tree.kind == "derivative":
        is_of_one = not any(node.kind in ("list", "empty") for node in walk(tree.children[1])) or tree.children[1].kind == "call"
        return tree.children[2] if len(tree.children) == 3 and tree.children[0].kind != "scripts" and is_of_one else None
    if tree.kind != "applied":
        return None
    sign, operand = tree.children
    if sign.kind == "derivative":
        return sign.children[2] if len(sign.children) == 3 else None
    if sign.kind == "scripts":
        below = [script.children[0] for script in sign.children[1:] if script.kind == "subscript"]
        return below[0] if len(below) == 1 else None
    return _argument(operand) if operand.kind == "call" else operand.children[0] if operand.kind == "group" else operand


def _is_over_all(sign: Tree) -> bool:
    """Whether a sum begins with the first term: a mean from the eleventh sample on is no mean of all."""
    scripts = [script.children[0] for script in sign.children[1:] if script.kind == "subscript"] if sign.kind == "scripts" else []
    parts = [part for content in scripts for part in (operands_of(content) if content.kind == "list" else (content,))]
    starts = [operands_of(part)[1] for part in parts if part.kind == "relation" and operators_of(part) == ("=",)]
    return all(integer_of(start) in (0, 1) or letter_of(start) is not None for start in starts)


def _argument(call: Tree) -> Tree | None:
    """The x of f(x)."""
    group = call.children[1]
    return group.children[0] if group.kind == "group" and printed_name(group.children[0]) is not None else None


def _name(tree: Tree) -> _Name | None:
    """The name without its marks, and without a bracket for the step: W(i+1) is W."""
    if tree.kind == "call" and tree.children[1].kind == "group" and script_shift(tree.children[1]) is not None:
        tree = tree.children[0]
    printed = printed_name(_unmarked(tree))
    if printed is None or printed.is_transposed:
        return None
    above = tuple(f"^{unparse(script)}" for script in printed.above)
    return _Name(printed.letter, (*above, *(f"_{unparse(item)}" for item in printed.below)))


def _unmarked(tree: Tree) -> Tree:
    """The name without what tells its new value from its old one."""
    if tree.kind != "scripts":
        return tree
    scripts = []
    for script in tree.children[1:]:
        kept = _without_marks(script.children[0]) if script.kind in ("subscript", "superscript") else None
        if kept is not None:
            scripts.append(replace(script, children=(kept,)))
    return replace(tree, children=(tree.children[0], *scripts)) if scripts else tree.children[0]


def _without_marks(content: Tree) -> Tree | None:
    """1,new -> 1;  new, t, (t+1), * -> nothing."""
    if _is_mark(content):
        return None
    if content.kind == "scripts":
        return _unmarked(content)
    if content.kind == "group" and _is_mark(content.children[0]):
        return None
    if content.kind in ("list", "product"):
        kept = [operand for operand in operands_of(content) if not _is_mark(operand)]
        words = _ending_word(kept) if content.kind == "product" else 0
        kept = kept[: len(kept) - words]
        if len(kept) == len(operands_of(content)):
            return content
        return kept[0] if len(kept) == 1 else None if not kept else replace(content, children=_joined(kept, content))
    return content


def _ending_word(operands: list[Tree]) -> int:
    """How many letters at the end of j n e w spell a mark."""
    letters = "".join(operand.text if operand.kind == "symbol" else " " for operand in operands)
    return max((len(mark) for mark in WORD_MARKS if letters.endswith(mark) and len(mark) < len(letters)), default=0)


def _joined(operands: list[Tree], content: Tree) -> tuple[Tree, ...]:
    sign = content.children[1]
    found: list[Tree] = []
    for operand in operands:
        found += [sign, operand] if found else [operand]
    return tuple(found)


def _is_mark(tree: Tree) -> bool:
    word = spelling(tree)
    if word is not None and word.lower() in WORD_MARKS:
        return True
    if tree.text in ("*", "+", r"\ast", r"\prime", "'"):
        return True
    shift = script_shift(tree)
    return shift is not None and integer_of(tree) is None and (shift[0] in ("t", r"\tau") or (shift[0] in MARKS and shift[1] == 1))


def _marked_like(tree: Tree, other: Tree) -> Tree:
    """The name with the marks that stood at the wrong one, where these are whole scripts or the last item of one."""
    if other.kind != "scripts":
        return tree
    marks = [
        script
        for script in other.children[1:]
        if script.kind in ("subscript", "superscript") and _without_marks(script.children[0]) is None
    ]
    listed = [s for s in other.children[1:] if s.kind == "subscript" and s not in marks and _without_marks(s.children[0]) != s.children[0]]
    base, scripts = (tree.children[0], list(tree.children[1:])) if tree.kind == "scripts" else (tree, [])
    for script in listed:
        mark = [operand for operand in operands_of(script.children[0]) if _is_mark(operand)]
        place = next((i for i, own in enumerate(scripts) if own.kind == "subscript"), None)
        if mark and place is not None:
            comma = Tree("operator", (), ",")
            scripts[place] = replace(scripts[place], children=(Tree("list", (scripts[place].children[0], comma, mark[0])),))
    scripts += marks
    return Tree("scripts", (base, *scripts)) if scripts else base


def _replaced(tree: Tree, old: Tree, new: Tree) -> Tree:
    """One node of a tree exchanged, by identity."""
    if tree is old:
        return new
    children = tuple(_replaced(child, old, new) for child in tree.children)
    return replace(tree, children=children) if any(a is not b for a, b in zip(children, tree.children, strict=True)) else tree
