r"""A printed name taken apart for the evaluator of `independent.py`: which quantity it is, its layer or time step, its indices.

W^{(l+1)T}, w^l_{jk}, h_{t-1}, x_j^{(i)}, \hat x_i, \sigma^2   ->   Parts
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from symback.verification.tree import Tree, operands_of, operators_of, spelling
from tests.verification.independent_models import Named

__all__ = ["TURNS", "Parts", "Unknown", "kronecker_indices", "letter_of", "parts_of"]

TURNS = frozenset(["T", r"\top"])


class Unknown(Exception):
    """The formula has something that the evaluator does not know."""


@dataclass(frozen=True)
class Parts:
    """A printed name taken apart: the quantity, its stage, the trees of its indices in order, and what is done to it."""

    named: Named
    stage: Tree | None = None
    indices: tuple[Tree, ...] = ()
    turns: int = 0
    power: Tree | None = None


def parts_of(tree: Tree, names: Mapping[str, Named]) -> Parts | None:
    """A name of the model taken apart; None where the tree is no name."""
    base, scripts = (tree.children[0], tree.children[1:]) if tree.kind == "scripts" else (tree, ())
    letter = letter_of(base)
    if letter is None:
        return None
    for script in scripts:
        tag = spelling(script.children[0]) or script.children[0].text if script.children else ""
        tagged = f"{letter}{'_' if script.kind == 'subscript' else '^'}{tag}"
        if tag and tagged in names:
            letter, scripts = tagged, tuple(other for other in scripts if other is not script)
            break
    if letter not in names:
        return None
    found = Parts(names[letter])
    for script in scripts:
        found = _with_script(found, script)
    return found


def letter_of(tree: Tree) -> str | None:
    """The sign, fonts aside."""
    if tree.kind == "font":
        return letter_of(tree.children[0])
    if tree.kind == "accent":
        return f"{tree.text} {letter_of(tree.children[0])}"
    return tree.text if tree.kind in ("symbol", "word") else None


def _with_script(parts: Parts, script: Tree) -> Parts:
    if script.kind not in ("superscript", "subscript"):
        raise Unknown(f"a {script.kind} at a quantity")
    content = script.children[0]
    if script.kind == "subscript":
        items = _items(content)
        if parts.named.below == "stage" and parts.stage is None:
            parts, items = replace(parts, stage=items[0]), items[1:]
        return replace(parts, indices=parts.indices + items)
    for item in _items(content):
        inner = item.children[0] if item.kind == "group" else item
        if item.kind == "symbol" and item.text in TURNS:
            parts = replace(parts, turns=parts.turns + 1)
        elif parts.named.above == "stage" and parts.stage is None:
            parts = replace(parts, stage=inner)
        elif parts.named.above == "sample" and item.kind == "group":
            parts = replace(parts, indices=(inner, *parts.indices))
        elif parts.power is None and item.kind != "group":
            parts = replace(parts, power=item)
        else:
            raise Unknown("a superscript that is no layer, sample or power")
    return parts


def _items(content: Tree) -> tuple[Tree, ...]:
    """jk, {j,k} -> j, k."""
    if content.kind in ("product", "list") and set(operators_of(content)) <= {"", ","}:
        return operands_of(content)
    return (content,)


def kronecker_indices(tree: Tree) -> tuple[Tree, ...] | None:
    r"""The two indices of \delta_{ij} where no error of a layer is meant."""
    if tree.kind != "scripts" or len(tree.children) != 2 or letter_of(tree.children[0]) != r"\delta":
        return None
    script = tree.children[1]
    items = _items(script.children[0]) if script.kind == "subscript" else ()
    return items if len(items) == 2 else None
