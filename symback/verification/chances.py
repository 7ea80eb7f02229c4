r"""Probabilities under a bar, and gradients whose cost is not printed: signs that are names of quantities.

p(y = k \mid x_i)        ->   P_{ik}         the entry k of what is predicted for sample i, where the page calls the predictions P
p(y_i \mid x_i; W, b)    ->   P_{i y_i}      that of its own class
p(y = k \mid x)          ->   p_k            of one sample
\nabla_W = …             ->   \nabla W       the derivative of the cost, and no quantity that the line would define
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symback.verification.mentions import is_label, letter_of, names_in, printed_name
from symback.verification.tree import Tree, operands_of, operators_of, walk

__all__ = ["named_predictions", "with_bare_gradients", "with_entries_of_predictions"]


def with_bare_gradients(tree: Tree) -> Tree:
    r"""\nabla_W without a cost behind it is the derivative of the cost by W."""
    if tree.kind == "scripts" and tree.children[0].text == r"\nabla" and len(tree.children) == 2 and tree.children[1].kind == "subscript":
        variable = tree.children[1].children[0]
        is_name = (name := printed_name(variable)) is not None and not name.primes and not name.is_transposed
        return replace(tree, kind="applied", children=(tree.children[0], variable)) if is_name else tree
    first, *others = tree.children or (None,)
    if first is not None:
        kept = first if tree.kind == "applied" else with_bare_gradients(first)
        children = (kept, *(with_bare_gradients(child) for child in others))
        tree = tree if children == tree.children else replace(tree, children=children)
    return tree


def named_predictions(trees: Sequence[Tree]) -> frozenset[str]:
    """The letters of probabilities given a sample whose capital is the matrix of all of them: p beside a P without indices."""
    bare = {name.letter for tree in trees for _, name in names_in(tree) if not name.below and not name.above}
    given = {letter_of(node.children[0]) for tree in trees for node in walk(tree) if node.kind == "call" and _given_in(node) is not None}
    return frozenset(letter for letter in given if letter is not None and len(letter) == 1 and letter.islower() and letter.upper() in bare)


def with_entries_of_predictions(tree: Tree, letters: frozenset[str]) -> Tree:
    r"""p(y = k \mid x_i) as P_{ik}, p(y_i \mid x_i) as P_{i y_i}, and p(y = k \mid x) as p_k."""
    children = tuple(with_entries_of_predictions(child, letters) for child in tree.children)
    tree = tree if children == tree.children else replace(tree, children=children)
    given = _given_in(tree) if tree.kind == "call" and letter_of(tree.children[0]) in letters else None
    if given is None or operators_of(given) != (r"\mid",):
        return tree
    event, beside = operands_of(given)
    sample = printed_name(operands_of(beside)[0] if beside.kind == "list" else beside)
    entry = _entry_of(event)
    if entry is None or sample is None or sample.above or len(sample.below) > 1:
        return tree
    outside = tree.children[1].children[1:] if tree.children[1].kind == "scripts" else ()
    if not sample.below:
        return replace(tree, kind="scripts", children=(tree.children[0], Tree("subscript", (entry,)), *outside))
    items = Tree("list", (sample.below[0], Tree("operator", (), ","), entry))
    capital = Tree("symbol", (), (letter_of(tree.children[0]) or "").upper(), tree.start, tree.start)
    if is_label(entry):  # P[i, y_i]: an index that has an index
        return replace(tree, children=(capital, Tree("group", (items,), "[ ]")))
    return replace(tree, kind="scripts", children=(capital, Tree("subscript", (items,)), *outside))


def _given_in(call: Tree) -> Tree | None:
    """What stands in p(… | …), also where a power is printed at it, or parameters after a semicolon."""
    group = call.children[1].children[0] if call.children[1].kind == "scripts" else call.children[1]
    if group.kind != "group":
        return None
    inner = group.children[0].children[0] if group.children[0].kind == "statements" else group.children[0]
    return inner if inner.kind == "given" and len(operands_of(inner)) == 2 else None


def _entry_of(event: Tree) -> Tree | None:
    """The k of y = k, and the y_i of y_i."""
    if is_label(event):
        return event
    if event.kind != "relation" or operators_of(event) != ("=",) or printed_name(operands_of(event)[0]) is None:
        return None
    entry = operands_of(event)[1]
    return entry if letter_of(entry) is not None or is_label(entry) else None
