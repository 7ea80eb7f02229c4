r"""Shapes that a page declares: X ∈ ℝ^{M×N} makes X a matrix, and M and N the numbers of its rows and columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symback.verification.mentions import Lexicon, letter_of, printed_name
from symback.verification.tree import Tree, operands_of, operators_of, walk
from symback.verification.unparse import unparse

__all__ = ["declared_shapes"]

REALS = frozenset(["R", r"\R", r"\mathbb R", r"\Re", r"\reals", r"\mathcal R"])


def declared_shapes(trees: Sequence[Tree], lexicon: Lexicon) -> dict[str, tuple[str, ...]]:
    r"""The sides of each name that is said to lie in some ℝ^{…}: {"X": ("M", "N")}; a name with two different shapes is left out."""
    found: dict[str, tuple[str, ...]] = {}
    disputed: set[str] = set()
    for tree in trees:
        for family, shape in _declarations(tree, lexicon):
            if found.setdefault(family, shape) != shape:
                disputed.add(family)
    return {family: shape for family, shape in found.items() if family not in disputed}


def _declarations(tree: Tree, lexicon: Lexicon) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in walk(tree):
        if node.kind not in ("relation", "list", "statements"):
            continue
        waiting: list[Tree] = []
        for part in operands_of(node) if node.kind != "relation" else (node,):
            if part.kind == "relation" and r"\in" in operators_of(part):
                members, signs = operands_of(part), operators_of(part)
                at = signs.index(r"\in")
                shape = _shape_of(members[at + 1])
                for named in (
                    *waiting,
                    *(item for member in members[: at + 1] for item in operands_of(member) if member.kind != "product"),
                ):
                    name = printed_name(named)
                    if shape is not None and name is not None and not name.is_transposed:
                        mention = lexicon.mention(name)
                        is_plain = not mention.indices and (not name.below or (mention.stage is None and mention.of_step is None))
                        if mention.power is None and mention.sample is None and is_plain:
                            yield mention.family, shape
                waiting = []
            else:
                waiting.append(part)


def _shape_of(tree: Tree) -> tuple[str, ...] | None:
    if letter_of(tree) in REALS:
        return ()
    if (
        tree.kind != "scripts"
        or letter_of(tree.children[0]) not in REALS
        or len(tree.children) != 2
        or tree.children[1].kind != "superscript"
    ):
        return None
    content = tree.children[1].children[0]
    if content.kind == "product" and r"\times" in operators_of(content):
        parts = _parts(content)
        return tuple(parts)
    return (unparse(content),)


def _parts(product: Tree) -> list[str]:
    """M × outfs: what stands between the signs ×."""
    groups: list[list[Tree]] = [[]]
    for child in product.children:
        if child.kind == "operator" and child.text == r"\times":
            groups.append([])
        else:
            groups[-1].append(child)
    return ["".join(unparse(child) for child in group).replace(" ", "") for group in groups]
