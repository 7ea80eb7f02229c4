r"""Sums, products and ranges with dots: `w_0 a_0 + w_1 a_1 + \cdots + w_{m-1} a_{m-1} + b` is `\sum_{k=0}^{m-1} w_k a_k + b`.

The result is the tree that the parser gives for the short form.  A sum without dots stays as it is.  Terms before and after
the run stay where they are, but if one of them has the form of the items and yet does not fit their run, the author meant
something that nobody can be sure of, and nothing is folded.  A product keeps its order, so only rising runs become `\prod`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symback.verification.index_runs import (
    Family,
    Run,
    attempts,
    axis_of,
    filled,
    generalise,
    index_value,
    is_dots,
    placeholder,
    run_along,
    run_step,
)
from symback.verification.mentions import letters_with_commas, with_listed_indices
from symback.verification.tree import Tree, operands_of, walk

__all__ = ["folded", "with_full_sums", "written_product", "written_range", "written_sum"]

_LETTERS = "kijlpqrsuvthg"
_PRODUCT_SIGNS = (r"\cdot", r"\times")
MAX_TERMS = 60


@dataclass(frozen=True, slots=True)
class _Term:
    """One operand of a sum or product with the sign before it."""

    sign: str
    tree: Tree


def written_sum(tree: Tree, around: Tree | None = None) -> Tree | None:
    r"""The sum with its dots folded into \sum; None if `tree` is no such sum.  The bound letter is not used in `around`.

    >>> from symback.verification.parser import parse
    >>> from symback.verification.unparse import unparse
    >>> unparse(written_sum(parse(r"C_1 + C_2 + \dots + C_n")))
    '\\sum_{k = 1}^{n} C_{k}'
    """
    if tree.kind != "sum":
        return None
    terms = _terms(tree)
    block = _block(terms)
    if block is None:
        return None
    start, end, family = block
    large = _large(r"\sum", family, around or tree, terms[start].tree.start, terms[end].tree.end)
    return None if large is None else _sum_of([*terms[:start], _Term(terms[start].sign, large), *terms[end + 1 :]], tree)


def written_product(tree: Tree, around: Tree | None = None) -> Tree | None:
    r"""A product with signs and dots (`a_1 \cdot a_2 \cdots a_n`) folded into \prod; None if `tree` is none or runs downwards."""
    signs = {child.text for child in tree.children if child.kind == "operator"} if tree.kind == "product" else set()
    if not signs.intersection(_PRODUCT_SIGNS) or signs.difference(("", *_PRODUCT_SIGNS)):
        return None  # without a sign, `a_1 a_2 \cdots a_n` may be a row or a list as well
    terms = [_Term("", operand) for operand in operands_of(tree)]
    block = _block(terms)
    if block is None or block[2].run.step < 0 or block[2].entry == placeholder(0):
        return None
    start, end, family = block
    large = _large(r"\prod", family, around or tree, terms[start].tree.start, terms[end].tree.end)
    if large is None or (start == 0 and end == len(terms) - 1):
        return large
    bracket = Tree("group", (large,), "( )", large.start, large.end)
    return replace(tree, children=(*tree.children[: 2 * start], bracket, *tree.children[2 * end + 1 :]))


def folded(tree: Tree, around: Tree | None = None) -> Tree:
    """The tree with every dotted sum and product in it folded; the very same tree if there is none."""
    if not any(node.kind == "ellipsis" for node in walk(tree)):
        return tree
    around = around or tree
    children = tuple(folded(child, around) for child in tree.children)
    if any(new is not old for new, old in zip(children, tree.children, strict=True)):
        tree = replace(tree, children=children)
    if tree.kind == "sum":
        readings = dict.fromkeys((tree, with_listed_indices(tree), with_listed_indices(tree, letters_with_commas(tree))))
        return next((found for reading in readings if (found := written_sum(reading, around)) is not None), tree)
    return written_product(tree, around) or tree


def with_full_sums(tree: Tree) -> Tree:
    r"""w_{j1} a_1 + w_{j2} a_2 + b_j as \sum_{k=1}^{2} w_{jk} a_k + b_j: all terms are printed, from 0 or 1 on."""
    children = tuple(with_full_sums(child) for child in tree.children)
    tree = replace(tree, children=children) if children != tree.children else tree
    if tree.kind != "sum" or any(is_dots(child) for child in tree.children):
        return tree
    terms = _terms(tree)
    for start in range(len(terms) - 1):
        end = start + 1
        while end < len(terms) and _goes_with(terms[start], terms[end]):
            end += 1
        family = generalise([with_listed_indices(term.tree) for term in terms[start:end]]) if end - start > 1 else None
        if family is None or family.slips or family.run.step != 1 or family.run.first is None or family.run.first.text not in ("0", "1"):
            continue
        large = _large(r"\sum", family, tree, terms[start].tree.start, terms[end - 1].tree.end)
        return tree if large is None else _sum_of([*terms[:start], _Term(terms[start].sign, large), *terms[end:]], tree)
    return tree


def written_range(tree: Tree) -> tuple[Tree, Run] | None:
    r"""The letter and the run of `i = 1, 2, \ldots, n` or `i \in \{1, \ldots, n\}`; None if `tree` is no range.

    >>> from symback.verification.parser import parse
    >>> written_range(parse(r"l = L-1, \ldots, 1"))[1].step
    -1
    """
    if tree.kind == "list" and tree.children[0].kind == "relation" and [c.text for c in tree.children[0].children[1::2]] == ["="]:
        letter, _, first = tree.children[0].children
        items = [first, *operands_of(tree)[1:]]
    elif tree.kind == "relation" and len(tree.children) == 3 and tree.children[1].text == r"\in":
        letter, _, group = tree.children
        if group.kind != "group" or group.text not in (r"\{ \}", "( )", "[ ]") or group.children[0].kind != "list":
            return None
        items = list(operands_of(group.children[0]))
    else:
        return None
    axis = axis_of([is_dots(item) for item in items])
    printed = [item for item in items if not is_dots(item)]
    values = [value for value in map(index_value, printed) if value is not None]
    if axis is None or not axis.dotted or len(values) < len(printed) or len(printed) < 2 or index_value(letter) is None:
        return None
    step = run_step(values, axis)
    return None if step is None else (letter, run_along(printed, axis, step))


# --- where the run is ---------------------------------------------------------------------------------------------------
def _terms(tree: Tree) -> list[_Term]:
    r"""Operands with their signs; dots that touch a term (`+ \cdots x_n`) are a term of their own."""
    terms: list[_Term] = []
    sign = "+"
    for child in tree.children:
        if child.kind == "operator":
            sign = child.text
            continue
        if not terms and child.kind == "sign":
            sign, child = child.text, child.children[0]
        terms += [_Term(sign, part) for part in _without_touching_dots(child)]
    return terms


def _without_touching_dots(tree: Tree) -> tuple[Tree, ...]:
    r"""`\cdots x_n` as two."""
    if tree.kind != "product" or len(tree.children) < 3:
        return (tree,)
    if is_dots(tree.children[0]) and not tree.children[1].text:
        rest = tree.children[2:]
        return (tree.children[0], rest[0] if len(rest) == 1 else replace(tree, children=rest, start=rest[0].start))
    if is_dots(tree.children[-1]) and not tree.children[-2].text:
        rest = tree.children[:-2]
        return (rest[0] if len(rest) == 1 else replace(tree, children=rest, end=rest[-1].end), tree.children[-1])
    return (tree,)


def _block(terms: Sequence[_Term]) -> tuple[int, int, Family] | None:
    """The terms around all dots that have one form, as first and last place, if they are certainly one family."""
    dots = [place for place, term in enumerate(terms) if is_dots(term.tree)]
    if not dots or not 3 <= len(terms) <= MAX_TERMS or dots[0] == 0 or dots[-1] == len(terms) - 1:
        return None
    start, end = dots[0] - 1, dots[-1] + 1
    while start > 0 and _goes_with(terms[start], terms[start - 1]):
        start -= 1
    while end < len(terms) - 1 and _goes_with(terms[end], terms[end + 1]):
        end += 1
    if len({term.sign for term in terms[start : end + 1]}) > 1:
        return None
    family = generalise([term.tree for term in terms[start : end + 1]])
    outside = [*terms[:start], *terms[end + 1 :]]
    if family is None or family.slips or any(_goes_with(terms[start], term) for term in outside):
        return None
    return start, end, family


def _goes_with(item: _Term, other: _Term) -> bool:
    """True for terms of one sign that differ by indices alone, or not at all."""
    if item.sign != other.sign or is_dots(other.tree):
        return False
    for _, differences in attempts([item.tree, other.tree]):
        if all(difference.inside or not any(value.letters for value in difference.values) for difference in differences):
            return True
    return False


# --- the short form -----------------------------------------------------------------------------------------------------
def _large(sign: str, family: Family, around: Tree, start: int, end: int) -> Tree | None:
    """The sum or product sign with its range, and what it ranges over."""
    letter = _bound_letter(family, around)
    low, high = (family.run.first, family.run.last) if family.run.step > 0 else (family.run.last, family.run.first)
    if letter is None or low is None or high is None:
        return None
    below = Tree("subscript", (Tree("relation", (letter, Tree("operator", (), "="), low)),))
    head = Tree("scripts", (Tree("symbol", (), sign), below, Tree("superscript", (high,))), "", start, end)
    return Tree("large", (head, filled(family.entry, {0: letter})), sign, start, end)


def _bound_letter(family: Family, around: Tree) -> Tree | None:
    """The letter of the general item that is printed between dots, else one that is used nowhere in the formula."""
    run = family.run
    trees = [tree for tree in (family.entry, run.first, run.last) if tree is not None]
    used = {node.text for tree in trees for node in walk(tree) if node.kind == "symbol"}
    for segment in range(1, len(run.axis.segments) - 1) if run.printed else ():
        printed = run.printed[sum(run.axis.segments[:segment])]
        if printed.kind == "symbol" and printed.text not in used:
            return printed
    used |= {node.text for node in walk(around) if node.kind == "symbol"}
    return next((Tree("symbol", (), letter) for letter in _LETTERS if letter not in used), None)


def _sum_of(terms: Sequence[_Term], tree: Tree) -> Tree:
    """The terms with their signs as one tree."""
    first = terms[0].tree
    if terms[0].sign != "+":
        first = Tree("sign", (first,), terms[0].sign, tree.start, first.end)
    line = [first]
    for term in terms[1:]:
        line += [Tree("operator", (), term.sign, term.tree.start, term.tree.start), term.tree]
    return line[0] if len(line) == 1 else replace(tree, children=tuple(line))
