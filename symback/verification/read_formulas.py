"""The formulas of a document as parsed: their trees and the claims in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symback.verification.chances import with_bare_gradients, with_entries_of_predictions
from symback.verification.claim_forms import with_fonts_at_letters
from symback.verification.definitions import Claim, chains_of
from symback.verification.documents import PrintedFormula
from symback.verification.dotted_sums import folded
from symback.verification.implied import with_braces_applied
from symback.verification.lexer import ParseError
from symback.verification.macros import Macro
from symback.verification.parameters import with_powers_of_parameters
from symback.verification.parser import parse
from symback.verification.sum_letters import with_letters_of_sums
from symback.verification.tree import Tree, operands_of, walk
from symback.verification.values import NamedValues

__all__ = ["Page", "changes_between", "page_of", "with_named_values"]

MAX_LATEX = 20_000


@dataclass(frozen=True)
class Page:
    """A parsed formula of a document."""

    latex: str
    tree: Tree | None
    error: str = ""
    printed: PrintedFormula | None = None
    claims: tuple[Claim, ...] = ()


def page_of(latex: str, macros: Mapping[str, Macro] | None, printed: PrintedFormula | None) -> Page:
    """The formula of a text: its tree and claims, or why it cannot be read."""
    if len(latex) > MAX_LATEX:
        return Page(latex, None, f"longer than {MAX_LATEX} characters", printed)
    try:
        printed_tree = with_fonts_at_letters(parse(latex, macros))
        tree = with_powers_of_parameters(with_letters_of_sums(with_bare_gradients(folded(with_braces_applied(printed_tree)))))
    except ParseError as error:
        return Page(latex, None, str(error), printed)
    return Page(latex, tree, "", printed, tuple(chains_of(tree)))


def with_named_values(pages: Sequence[Page], named: NamedValues, predictions: frozenset[str]) -> list[Page]:
    """The formulas with names in place of functions that the document treats as quantities."""
    if not named.heads and not predictions:
        return list(pages)
    found = []
    for page in pages:
        tree = None if page.tree is None else with_entries_of_predictions(page.tree, predictions)
        tree = named.plain(tree) if tree is not None and named.heads else tree
        found.append(page if tree == page.tree or tree is None else replace(page, tree=tree, claims=tuple(chains_of(tree))))
    return found


def changes_between(page: Page, printed: Claim, claim: Claim, corrected: Claim) -> list[tuple[Tree, Tree]]:
    """(printed, corrected) for every member that differs; of a chain with a member less, the whole chains."""
    if len(corrected.members) == len(claim.members):
        triples = zip(printed.members, claim.members, corrected.members, strict=False)
        return [(own, new) for own, read, new in triples if read != new]
    relations = (node for node in walk(page.tree) if node.kind == "relation") if page.tree is not None else ()
    for node in relations:
        if operands_of(node) == printed.members == claim.members:
            signs = [Tree("operator", (), sign) for sign in corrected.signs]
            rest = [part for pair in zip(signs, corrected.members[1:], strict=True) for part in pair]
            return [(node, replace(node, children=(corrected.members[0], *rest)))]
    return []
