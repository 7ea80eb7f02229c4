r"""Whether a formula that stands alone is true by numbers: it states nothing, so each network of `independent_models.py` is asked.

    truths_alone(r"\delta^l = a^l")   ->   {"different", "shape", "unknown"}

A network says nothing of a formula whose names have other axes there: `z_j` is not the z of a network of single neurons.  Two
kinds of formulas are true whatever their names mean: u = u = u, and a chain that goes on from a value with numbers, t = 1 = 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np

from symback.verification.parser import ParseError, parse
from symback.verification.tree import Tree, operands_of, walk
from tests.verification.independent import MODELS, Scene, Ways, WrongShape, equations_of, value_of, verdict_on
from tests.verification.independent_models import Model
from tests.verification.independent_names import Parts, Unknown, parts_of

__all__ = ["truths_alone"]

CONSTANTS = frozenset(["e", r"\partial", r"\nabla", r"\sum", r"\delta"])
NUMERIC = frozenset(["number", "operator", "sum", "product", "fraction", "sign", "group"])


def truths_alone(latex: str) -> set[str]:
    """What the networks say of a formula: "equal" alone if it is true in whatever way it is read.

    >>> truths_alone("L = 1 = 1")
    {'equal'}
    """
    try:
        equations = [equation for equation in equations_of(parse(latex)) if not _holds_of_all(equation)]
    except (ParseError, Unknown):
        return {"unknown"}
    return {_verdict_in(name, equations) for name in MODELS} if equations else {"equal"}


def _verdict_in(name: str, equations: list[Tree]) -> str:
    """The verdict of one network on all the equations: the worst of them, and none if it has other quantities by their names."""
    models = [_with_stages(equation, _drawn(name)) for equation in equations]
    if not all(_fits(equation, model) for equation, model in zip(equations, models, strict=True)):
        return "unknown"
    found = {
        verdict_on(equation, lambda rng, numbers=model.numbers: replace(MODELS[name](rng), numbers=numbers))
        for equation, model in zip(equations, models, strict=True)
    }
    return next((word for word in ("different", "shape", "unknown", "summed") if word in found), "equal")


@cache
def _drawn(name: str) -> Model:
    return MODELS[name](np.random.default_rng(11))


def _holds_of_all(equation: Tree) -> bool:
    """u = u, and y = 0.91 = 0.9: a name that is given a value, and numbers that agree as far as they are printed."""
    members = operands_of(equation)
    if all(member == members[0] for member in members):
        return True
    numbers = members if _is_numeric(members[0]) else [member for member in members if member != members[0]]
    if len(numbers) < 2 or not all(map(_is_numeric, numbers)) or members[0].kind not in ("symbol", "scripts", "font", "number"):
        return False
    try:
        scene = Scene(Model({}, (), {}), {}, {}, Ways({}))
        values = [(float(value_of(number, scene)), _last_digit(number)) for number in numbers]
    except (Unknown, WrongShape, ZeroDivisionError, OverflowError):
        return False
    return all(abs(left - right) <= max(one, other) / 2 * (1 + 1e-9) for (left, one), (right, other) in pairwise(values))


def _is_numeric(tree: Tree) -> bool:
    return all(node.kind in NUMERIC for node in walk(tree))


def _last_digit(tree: Tree) -> float:
    """What one unit of the last printed digit is worth; a computation has all its digits."""
    inner = tree.children[0] if tree.kind == "sign" else tree
    return 10.0 ** -len(inner.text.partition(".")[2]) if inner.kind == "number" and "." in inner.text else 0.0


def _names_in(tree: Tree, model: Model) -> Iterator[Parts]:
    """The quantities of a network in a formula."""
    for node in walk(tree):
        try:
            if (parts := parts_of(node, model.names)) is not None:
                yield parts
        except Unknown:
            continue


def _with_stages(equation: Tree, model: Model) -> Model:
    """The network, with letters that count its layers or steps: the i of z_i = W_i a_{i-1} + b_i is any of them."""
    used = {
        node.text for parts in _names_in(equation, model) if parts.stage is not None for node in walk(parts.stage) if node.kind == "symbol"
    }
    places = set(model.numbers.values()) & {2, 3}
    return replace(model, numbers={**dict.fromkeys(used, min(places)), **model.numbers}) if used and places else model


def _fits(equation: Tree, model: Model) -> bool:
    """Whether a network has all the letters, and as many axes as there are indices; how long its axes are is for no page to say."""
    ranks = {key[0]: np.ndim(value) for key, value in model.run().items()}
    ranks |= {name: ranks.get(of, 2) for name, of in model.gradients.items()}
    has_axes = all(len(parts.indices) <= ranks.get(parts.named.base, 2) for parts in _names_in(equation, model))
    known = {part for name in (*model.names, *model.functions, *model.numbers) for part in re.split("[ _^]", name)} | CONSTANTS
    return has_axes and _letters(equation) <= known and not any(map(_says_a_size, walk(equation)))


def _letters(tree: Tree) -> set[str]:
    """The letters of quantities, without what stands in scripts and without the names of functions."""
    own = {tree.text} if tree.kind == "symbol" else set()
    children = tree.children[1:] if tree.kind == "function" else tree.children
    return own.union(*(_letters(child) for child in children if child.kind not in ("subscript", "superscript")))


def _says_a_size(tree: Tree) -> bool:
    """A sum up to a number: so many entries there are on that page, and the networks have as many as they have."""
    scripts = tree.children[0].children[1:] if tree.kind == "large" else ()
    return any(script.kind == "superscript" and script.children[0].kind == "number" for script in scripts)
