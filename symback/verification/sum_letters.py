r"""A sum whose letter is bound already, and which begins at the letter that is meant.

\sum_{i=1}^n \sum_{i=c}^{C} t_{ic} \log y_{ic}     ->     \sum_{i=1}^n \sum_{c=1}^{C} t_{ic} \log y_{ic}

The outer sum runs over i, so the inner one cannot; c is an index of what is summed, nothing binds it, and it stands where the
bound stands.  A sum over the one case j = i has no upper bound, and is left as it is.
"""

from __future__ import annotations

from dataclasses import replace

from symback.verification.lexicon import bound_in
from symback.verification.mentions import letter_of, names_in
from symback.verification.tree import Tree, operands_of, operators_of, walk

__all__ = ["with_letters_of_sums"]


def with_letters_of_sums(tree: Tree, bound: frozenset[str] = frozenset()) -> Tree:
    """The formula with the letter that is meant under each sum whose own letter an outer sum has bound."""
    if tree.kind == "large" and tree.children[0].kind == "scripts":
        tree = replace(tree, children=(_with_own_letter(tree.children[0], tree.children[1], bound), tree.children[1]))
        lower = [script.children[0] for script in tree.children[0].children[1:] if script.kind == "subscript"]
        bound = bound | {letter for content in lower for letter in bound_in(content)}
    children = tuple(with_letters_of_sums(child, bound) for child in tree.children)
    return tree if children == tree.children else replace(tree, children=children)


def _with_own_letter(sign: Tree, body: Tree, bound: frozenset[str]) -> Tree:
    """i = c below the sign is c = 1, if i is bound, c is not and is an index of the body, and there is an upper bound."""
    lower = next((script for script in sign.children if script.kind == "subscript"), None)
    content = lower.children[0] if lower is not None else None
    has_upper = any(script.kind == "superscript" for script in sign.children)
    if lower is None or content is None or not has_upper or content.kind != "relation" or operators_of(content) != ("=",):
        return sign
    taken, meant = operands_of(content)
    letter = letter_of(meant)
    if letter_of(taken) not in bound or letter is None or letter in bound or letter not in _indices_in(body):
        return sign
    relation = replace(content, children=(meant, content.children[1], replace(meant, kind="number", text="1", children=())))
    return replace(sign, children=tuple(replace(lower, children=(relation,)) if part is lower else part for part in sign.children))


def _indices_in(body: Tree) -> set[str]:
    """The letters below the names of a formula."""
    items = [item for _, name in names_in(body) for item in name.below]
    return {node.text for item in items for node in walk(item) if node.kind == "symbol"}
