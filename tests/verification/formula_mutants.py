r"""Mutants of true formulas: made at the tree by the changes that a writer's slip makes, kept if they parse to another tree.

They come from the same table of slips that the diagnosis searches, so they test the checker and not the table; whether a
mutant differs in value is not established here.
"""

from collections.abc import Iterator

from symback.verification.diagnosis import variants
from symback.verification.parser import ParseError, parse
from symback.verification.unparse import unparse

__all__ = ["mutants_of"]


def mutants_of(latex: str) -> Iterator[tuple[str, str]]:
    """(mutant, what was changed) for every single change of the right side."""
    tree = parse(latex)
    *left, right = tree.children
    seen = {unparse(tree)}
    for changed, what in variants(right):
        text = " ".join([*(unparse(child) for child in left), unparse(changed)])
        if text in seen:
            continue
        seen.add(text)
        try:
            parse(text)
        except ParseError:
            continue
        yield text, what
