r"""Sums and differences of indices: X_{k, i+m, j+n} under a kernel, and W_{p-i} in its derivative.

    X_{i+m}   is   \sum_p [p = i + m] X_p            W_{p-i}   is   \sum_m [p = i + m] W_m

Both speak of the same relation between three indices, so the same tensor [p = i + m] stands in both, and a proof needs to know
nothing more of it.  Beyond the first and the last entry there is nothing: W_{p-i} is zero where p - i is no place in W.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle

import numpy as np
import sympy

from symback.language.expressions import Axis, Tensor, Var, contract, leaves, var
from symback.language.names import Name
from symback.verification.meaning import Unread, Value
from symback.verification.mentions import letters_of_stage, script_shift
from symback.verification.tree import Tree

__all__ = ["fitted_sizes", "is_relation", "letters_of_sum", "placed", "relation_values", "relations_in"]

MARK = "sum_of_indices_"


def letters_of_sum(index: Tree) -> tuple[tuple[int, str], ...]:
    """The letters of i + m or p - i, with their signs; none for an index of another kind."""
    shift = script_shift(index) if index.kind in ("sum", "group") else None
    parts = letters_of_stage(shift[0]) if shift is not None and shift[0] and not shift[1] else ()
    is_pair = len(parts) == 2 and parts[0][1] != parts[1][1] and all(len(letter) == 1 for _, letter in parts)
    return parts if is_pair and {sign for sign, _ in parts} in ({1}, {1, -1}) else ()


def placed(value: Value, label: str, parts: tuple[tuple[int, str], ...], axes: Sequence[Axis]) -> Value:
    """The value with the two letters of an index in place of a label; `axes` is what the letters run over."""
    own = value.axes[label]
    names, runs = [letter for _, letter in parts], dict(zip((letter for _, letter in parts), axes, strict=True))
    if any(sign < 0 for sign, _ in parts):
        total = next(letter for sign, letter in parts if sign > 0)
        addends = [(own, label), *((runs[name], name) for name in names if name != total)]
        whole = runs[total], total
    else:
        addends, whole = [(runs[name], name) for name in names], (own, label)
    ordered = [*sorted(addends, key=lambda pair: (str(pair[0].size), pair[1])), whole]
    text = "_".join(str(axis.size) for axis, _ in ordered)
    if not all(isinstance(axis.size, sympy.Symbol) for axis, _ in ordered):
        raise Unread("a sum of indices that run over what is no plain size")
    relation = var(Name(MARK + text), tuple(axis for axis, _ in ordered))
    kept = tuple(dict.fromkeys([*(other for other in value.labels if other != label), *names]))
    found = contract(((value.tensor, value.labels), (relation, tuple(name for _, name in ordered))), kept, {})
    return Value(found, kept)


def relations_in(tensors: Iterable[Tensor]) -> list[Var]:
    """The relations between two indices and their sum that stand in some tensors."""
    found = dict.fromkeys(leaf for tensor in tensors for leaf in leaves(tensor))
    return [leaf for leaf in found if is_relation(leaf)]


def fitted_sizes(relations: Sequence[Var], symbols: Iterable[sympy.Symbol], seed: int) -> dict[sympy.Symbol, int | float]:
    """Small sizes with which every sum of two indices is the index of an entry: p runs as far as i and m together."""
    found: dict[sympy.Symbol, int | float] = dict(zip(symbols, cycle((2, 3) if seed % 3 else (3, 2, 2)), strict=False))
    for relation in relations:
        first, second, total = (axis.size for axis in relation.axes)
        if total not in (first, second):
            found[total] = found[first] + found[second] - 1
    return found


def relation_values(shape: Sequence[int]) -> np.ndarray:
    """[p = i + m] as an array."""
    first, second, total = np.indices(tuple(shape))
    return (first + second == total).astype(float)


def is_relation(name: Var) -> bool:
    """Whether a tensor is the relation of two indices and their sum."""
    return name.name.letter.startswith(MARK)
