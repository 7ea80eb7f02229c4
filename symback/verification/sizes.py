r"""The sizes of axes: which are equal, which run over samples, and which are spoken of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sympy

from symback.language.expressions import Axis
from symback.verification.reading_names import ranges_of
from symback.verification.tree import Tree
from symback.verification.tree import walk as walk_tree

__all__ = ["Sizes", "lower_bounds"]


@dataclass
class Sizes:
    """Which axes are equally long: a union-find over (family, position), with the distance in stages between them."""

    parent: dict[tuple, tuple[tuple, int]] = field(default_factory=dict)
    is_free: set[tuple] = field(default_factory=set)
    samples: set[tuple] = field(default_factory=set)
    spoken: dict[sympy.Symbol, tuple[tuple, int]] = field(default_factory=dict)
    version: int = 0

    def copy(self) -> Sizes:
        """A world's own, to which it adds what its claim alone says."""
        return Sizes(dict(self.parent), set(self.is_free), set(self.samples), dict(self.spoken), self.version)

    def most_fresh(self) -> int:
        """The highest number of an axis without a name that stands in it."""
        keys = [key for pair in self.parent.items() for key in (pair[0], pair[1][0])] + list(self.samples)
        return max((key[2] for key in keys if key[:2] == ("flat", "any") and len(key) > 2), default=0)

    def without_anchors(self) -> Sizes:
        """Without what ties a size to one stage: the targets are as many as the outputs of whatever layer is the last."""
        kept = {key: (to, step) for key, (to, step) in self.parent.items() if not (key[0] == "flat" and to[0] == "stage")}
        return Sizes(
            kept, set(self.is_free), {root for root in self.samples if root not in self.parent or root in kept}, {}, self.version + 1
        )

    def root(self, key: tuple) -> tuple[tuple, int]:
        """The representative, and how many stages it is away."""
        shift = 0
        while key in self.parent:
            key, step = self.parent[key]
            shift += step
        return key, shift

    def axis(self, key: tuple, stage: int | None) -> Axis:
        """The axis at a stage; `stage` None for what is the same at all stages."""
        root, shift = self.root(key)
        at = None if root[0] == "flat" or (stage is None and root == key) else (stage or 0) + shift
        text = (
            "n_"
            + "_".join(str(part).strip("\\").replace(" ", "") for part in root[1:])
            + ("" if at is None else f"_{at}".replace("-", "m"))
        )
        symbol = sympy.Symbol(text, integer=True, positive=True)
        self.spoken[symbol] = (root, at if at is not None else 0)
        return Axis(symbol, "sample" if root in self.samples else "unit")

    def merge(self, left: Axis, right: Axis, may_flatten: bool = False) -> bool:
        """Makes two axes one; False where that cannot be.  Flatten: what is as long as itself one layer on is so in all."""
        if left.size not in self.spoken or right.size not in self.spoken:
            return False
        (one, at), (other, there) = self.spoken[left.size], self.spoken[right.size]
        if one == other:
            if not may_flatten or at == there or one[0] == "flat":
                return False
            flat = ("flat", *one[1:])
            self.parent[one] = (flat, 0)
            if one in self.samples:
                self.samples.add(flat)
            self.version += 1
            return True
        if one[0] == "flat" and other[0] != "flat":
            one, at, other, there = other, there, one, at
        self.parent[other] = (one, at - there if other[0] != "flat" else at)
        if other in self.samples:
            self.samples.add(one)
        self.version += 1
        return True

    def renewed(self, axis: Axis) -> Axis:
        """An axis after further axes were made one with it."""
        if axis.size not in self.spoken:
            return axis
        root, at = self.spoken[axis.size]
        return self.axis(root, None if root[0] == "flat" else at)

    def can_merge(self, left: Axis, right: Axis) -> bool:
        """Whether `merge` would make them one."""
        if left.size not in self.spoken or right.size not in self.spoken:
            return False
        (one, at), (other, there) = self.spoken[left.size], self.spoken[right.size]
        return one != other or (at != there and one[0] != "flat")

    def can_tie(self, left: Axis, right: Axis) -> bool:
        """Whether they are of different families, so that a cost may tie them."""
        return left.size in self.spoken and right.size in self.spoken and self.spoken[left.size][0] != self.spoken[right.size][0]

    def mark_samples(self, axis: Axis) -> bool:
        """An axis runs over samples."""
        if axis.size not in self.spoken:
            return False
        root = self.spoken[axis.size][0]
        if root in self.samples:
            return False
        self.samples.add(root)
        self.version += 1
        return True


def lower_bounds(trees: Sequence[Tree]) -> dict[tuple[str, str], set[int]]:
    """Where the sums of a document begin that end at the same number: {("i", "5"): {0, 1}}."""
    found: dict[tuple[str, str], set[int]] = {}
    for tree in trees:
        for node in walk_tree(tree):
            if node.kind == "large" and node.children[0].kind == "scripts":
                for letter, lower, upper in ranges_of(node.children[0]):
                    if lower is not None and upper is not None:
                        found.setdefault((letter, upper.text), set()).add(lower)
    return found
