r"""The world of a claim: the equations that its document states, and by the chain rule every derivative in them.

    Sheet     a document's definitions, with the type of every family of names (scalar, column, matrix …) and the sizes
    Window    which stages (layers, time steps) are built, and whether the last one is the output
    World     the equations of a window, their cost, and the gradients

Types and sizes are inferred from the definitions: a body is read, and where two axes meet they become one; a letter has
the type that is usual for it unless a definition cannot be read with it.  Sizes of layers are counted from the layer:
the columns of W^l are as many as the rows of a^{l-1}, for every l.

The multilayer perceptron is not special here: `COMMON` states it in LaTeX, and stands in for what a document leaves open.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import product as combinations_of
from typing import TypeVar

import numpy as np
import sympy

from symback.calculus.chain_rule import chain_rule
from symback.calculus.jacobian import jacobian
from symback.language.expressions import (
    Add,
    Axis,
    Const,
    Contract,
    Equation,
    Map,
    Tensor,
    Unspecified,
    Var,
    add,
    const,
    contract,
    leaves,
    map_,
    slot,
    unspecified,
    var,
    walk,
)  # fmt: skip
from symback.language.functions import ScalarFunction, scalar_function
from symback.language.names import Name
from symback.language.steps import Fact
from symback.numerics.evaluate import Setting, evaluate_equations, random_setting
from symback.simplification.normal_form import prove_equal
from symback.simplification.replacing import replaced
from symback.verification.choices import Choices
from symback.verification.definitions import FUNCTION_HEADS, Definition, Function, is_repeated
from symback.verification.meaning import COL, ROW, Mismatch, Unread, Unspread, Untyped, Value
from symback.verification.mentions import Lexicon, is_any_of, letter_of, names_in, printed_name
from symback.verification.reading import ACTIVATIONS, Place, axes_of_indices, ranges_of, read
from symback.verification.recurrence import (
    copy_of,
    cost_of_sequence,
    losses_under_sums,
    share_of_next_step,
    shared_families,
    states_of,
    sum_over_steps,
    swept_from,
)  # fmt: skip
from symback.verification.shapes import declared_shapes
from symback.verification.tree import Tree, operands_of
from symback.verification.tree import walk as walk_tree

__all__ = ["Assumed", "Counted", "Edition", "Sheet", "Window", "World"]

SHAPES: dict[str, tuple[str, ...]] = {"scalar": (), "column": (ROW,), "row": (COL,), "matrix": (ROW, COL)}
ANY = Axis(sympy.Symbol("n", integer=True, positive=True), "sample")
MOST_WORLDS = 300
LATER = 80  # formulas: how far ahead what a name is may be said
MOST_RESTARTS = 200
RESTATED = 10  # formulas between an equation in indices and the same one in matrices
FACT_SEED = 10
FACT_SECONDS = 0.3
Stated = TypeVar("Stated", Definition, Function)
MOST_TRIALS = 60
SETTLING_SECONDS = 2.0
SMALL_GREEK_SCALARS = frozenset(
    [r"\eta", r"\alpha", r"\lambda", r"\epsilon", r"\varepsilon", r"\mu", r"\sigma", r"\gamma", r"\beta", r"\tau", r"\rho"]
)
NEVER_OFTEN_STAGED = frozenset(["x", "X", "y", "Y", "t", r"\hat y", r"\hat Y"])  # a layer at one of them is a slip, unless it is the rule
WEIGHTS = frozenset(["W", "U", "V", r"\Theta"])


@dataclass(frozen=True)
class Window:
    """The stages first … last; `bases` numbers the letters; `summable` what a sum over a stage letter runs through.

    `is_clock`   the stages are steps of time, with the same weights at each;
    `loss`       "last" if the last step alone has a loss;
    `is_share`   the left side is what comes through the next step alone;
    `holds_if`   what a claim that holds here, and not elsewhere, rests on;
    `twin`       a second choice of the stages, for which a claim must hold as well.
    """

    first: int = 0
    last: int = 0
    bases: tuple[tuple[str, int], ...] = ()
    own: int | None = None
    is_output: bool = True
    is_open: bool = False
    summable: tuple[tuple[str, tuple[int, ...]], ...] = ()
    is_clock: bool = False
    loss: str = ""
    is_share: bool = False
    holds_if: str = ""
    twin: Window | None = None


@dataclass(frozen=True)
class Assumed:
    """What the document leaves open and a claim may rest on."""

    activation: str = ""
    cost: str = ""
    has_unit_targets: bool = False
    is_scalar: bool = False
    turned: str = ""
    earlier_cost: bool = False
    reach: int | None = None
    is_single: bool = False

    def sentences(self) -> tuple[str, ...]:
        """In words."""
        found = []
        if self.is_single:
            found.append("one sample")
        if self.is_scalar:
            found.append("one neuron in each layer")
        if self.activation and self.activation != "unspecified":
            found.append(f"the activation is {self.activation}")
        if self.cost:
            found.append(f"C is the {self.cost.replace('_', ' ')} cost")
        if self.has_unit_targets:
            found.append("the targets of a sample sum to one")
        return tuple(found)


class Counted(Exception):
    """A letter of the equations counts the entries of an axis."""

    def __init__(self, letter: str, axis: Axis):
        super().__init__(letter)
        self.letter, self.axis = letter, axis


def is_hidden(label: str) -> bool:
    """An index letter among the sides of a whole quantity."""
    return label not in (ROW, COL, "sample") and not label.startswith("axis ")


def sides_of(shape: tuple[str, ...]) -> tuple[str, ...]:
    """The sides of what has a declared shape; a side of length one is none."""
    if len(shape) > 2:
        return tuple(f"axis {i}" for i in range(len(shape)))
    return tuple(side for side, size in zip((ROW, COL), shape, strict=False) if size != "1")


class Retyped(Exception):
    """A family turned out to have another type."""


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


@dataclass(frozen=True)
class Edition:
    """The definitions in force at one place of a document."""

    definitions: tuple[Definition, ...]
    functions: tuple[Function, ...]
    costs: tuple[Definition, ...] = ()


class Sheet:
    """A document's definitions and what they say about the types of names."""

    def __init__(
        self, lexicon: Lexicon, definitions: Sequence[Definition], functions: Sequence[Function], trees: Sequence[Tree], words: str = ""
    ):
        self.lexicon = lexicon
        self.definitions, self.functions = list(definitions), list(functions)
        self.words = words.lower()
        self.staged: set[str] = set()
        self.with_samples: set[str] = set()
        self.ranks: dict[str, int] = {}
        self.vectors: set[str] = set()
        self.squares: set[str] = set()
        self.printed_capital: set[str] = set()
        self.bare: set[str] = set()
        self.types: dict[str, tuple[str, ...]] = {}
        self.sizes = Sizes()
        self.widest = Window()
        self.sizes_of: dict[Edition, Sizes] = {}
        self.dropped: set[Definition] = set()
        self.is_scalar = False
        self.unit_sums: set[str] = set()
        self.columns: dict[int, tuple[str, int]] = {}
        self.outputs: frozenset[str] = frozenset()
        self.softmax_letters: frozenset[str] = frozenset()
        self.is_implicit = False
        self.lower_bounds = lower_bounds(trees)
        self.is_sloppy = any(_multiplies_arrays(node) for tree in trees for node in walk_tree(tree))
        self.is_array_program = any(
            node.kind == "relation" and node.children[0].text in ("dim", "axis") for tree in trees for node in walk_tree(tree)
        )
        self.editions: dict[tuple, Edition] = {}
        self.first_like: dict = {}
        self.worlds: dict[tuple, World | Exception] = {}
        self.founds: dict[tuple, tuple[Sizes, frozenset[Definition]]] = {}
        self._look_at(trees)
        self.shapes = declared_shapes(trees, lexicon)
        defined = {definition.name.family for definition in definitions if definition.role == "forward"}
        for family, shape in self.shapes.items():
            sides = sides_of(shape)
            if family not in defined | self.with_samples and self.ranks.get(family, len(sides)) == len(sides):
                self.types[family] = sides
        self.shared = shared_families(self.definitions, lexicon) if lexicon.is_recurrent else set()
        named = {d.name.family for d in self.definitions if d.name.stage is not None}
        self.stageless = named - self.staged if lexicon.is_recurrent else set()  # a_f, which is that of step t and says so nowhere
        mentions = [lexicon.mention(name) for tree in trees for _, name in names_in(tree)]
        rates = {mention.family for mention in mentions if mention.stage is None and mention.family in SMALL_GREEK_SCALARS} - named
        self.staged = (self.staged | named) - self.shared - (rates if lexicon.times else set())
        self.begins_at_one = not lexicon.times and any(self._is_of_layer_below(definition) for definition in self.definitions)
        self.losses_under_sums = losses_under_sums(self.definitions, lexicon)
        self.has_step_losses = bool(self.losses_under_sums) or any(
            mention.family in lexicon.losses and mention.stage is not None for mention in mentions
        )

    def has_own(self, letter: str) -> bool:
        r"""Whether a letter is a quantity by itself, as in \delta = ∂C/∂z: then \delta x is a product, and no name of ∂C/∂x."""
        return any(definition.name.family == letter and definition.role == "gradient" for definition in self.definitions)

    def _is_of_layer_below(self, definition: Definition) -> bool:
        """z^l = W^l a^{l-1}, or z^1 = W^1 x: the first layer is called 1, and what it is given is called a^0 or x."""
        if definition.role != "forward" or definition.name.stage is None:
            return False
        letter, shift = definition.name.stage
        stages = [mention.stage for mention in (self.lexicon.mention(name) for _, name in names_in(definition.body))]
        if any(stage is not None and stage == (letter, shift - 1) and shift >= (1 if letter == "" else 0) for stage in stages):
            return True
        return (letter, shift) == ("", 1) and ("", 1) in stages and ("", 0) not in stages

    def _look_at(self, trees: Sequence[Tree]) -> None:
        counts: dict[str, Counter[int]] = {}
        staged: Counter[str] = Counter()
        for tree in trees:
            for _, name in names_in(tree):
                mention = self.lexicon.mention(name)
                if mention.stage is not None:
                    staged[mention.family] += 1
                elif mention.family in NEVER_OFTEN_STAGED:
                    staged[mention.family] -= 1
                if mention.sample is not None:
                    self.with_samples.add(mention.family)
                if mention.indices:
                    counts.setdefault(mention.family, Counter())[len(mention.indices)] += 1
                else:
                    self.bare.add(mention.family)
                if name.letter.lstrip("\\")[:1].isupper():
                    self.printed_capital.add(mention.family)
        self.staged = {family for family, count in staged.items() if count > 0}
        self.ranks = self._ranks(counts)
        self.vectors = self._vectors(trees)
        self.ranks |= dict.fromkeys(self.vectors, 1)
        for definition in self.definitions:
            if definition.name.family.endswith("^2"):
                self.squares.add(definition.name.family.removesuffix("^2"))

    def _vectors(self, trees: Sequence[Tree]) -> set[str]:
        """The b of z^l = W^l a^{l-1} + b^l where z has one index wherever it has any, and b two in one formula alone."""
        found = set()
        for definition in self.definitions:
            if definition.role != "forward" or definition.labels or definition.body.kind != "sum":
                continue
            if self.ranks.get(definition.name.family, 1) != 1 or definition.name.family in self.printed_capital:
                continue
            for summand in operands_of(definition.body):
                name = printed_name(summand)
                mention = self.lexicon.mention(name) if name is not None else None
                if mention is None or mention.indices or self.ranks.get(mention.family) != 2:
                    continue
                formulas = [tree for tree in trees if _most_indices(tree, mention.family, self.lexicon) > 1]
                if len(formulas) == 1:
                    found.add(mention.family)
        return found

    def _ranks(self, counts: dict[str, Counter[int]]) -> dict[str, int]:
        """How many indices a name has: as many as in the equations, else as many as it mostly has (t_c of one sample, t_{ic} of all)."""
        forward = [definition for definition in self.definitions if definition.role == "forward"]
        inside = {self.lexicon.mention(name).family for definition in forward for _, name in names_in(definition.body)}
        inside |= {definition.name.family for definition in forward if len(definition.labels) != 1}
        return {
            family: max(found) if family in inside else max(found, key=lambda rank: (found[rank], rank)) for family, found in counts.items()
        }

    def edition(self, order: int, reach: int | None = None) -> Edition:
        """For each name the last definition before `order`, else the first after it; only those within `reach` formulas if given."""
        chosen: dict[tuple, Definition] = {}
        column = self.columns.get(order)
        for definition in self.definitions:
            if (
                definition in self.dropped
                or definition.order > order + LATER
                or (reach is not None and definition.order >= 0 and abs(definition.order - order) > reach)
            ):
                continue
            key = (definition.name.family, self._counted_by(definition), definition.role == "cost")
            if definition.name.stage is not None and definition.name.stage[0] == "":
                key = (*key, definition.name.stage[1])
            if key in chosen and column is not None:
                is_here = [self.columns.get(known.order) == column for known in (chosen[key], definition)]
                if is_here[0] != is_here[1]:
                    chosen[key] = definition if is_here[1] else chosen[key]
                    continue
            if key not in chosen or (definition.order <= order and definition.role != "gradient"):
                chosen[key] = definition
        functions: dict[str, Function] = {}
        for function in self.functions:
            if function.order <= order or (function.letter not in FUNCTION_HEADS and function.letter not in functions):
                functions[function.letter] = function
        costs = [definition for definition in self.definitions if definition.role == "cost" and definition not in self.dropped]
        costs.sort(key=lambda cost: (cost.order > order, -cost.order if cost.order <= order else cost.order))
        key = (
            tuple(map(self._first_like, chosen.values())),
            tuple(map(self._first_like, functions.values())),
            tuple(map(self._first_like, costs)),
        )
        return self.editions.setdefault(key, Edition(*key))

    def _first_like(self, stated: Stated) -> Stated:
        """The first definition that says the same: what a page repeats needs no world of its own."""
        return self.first_like.setdefault(replace(stated, order=0), stated)

    def _counted_by(self, definition: Definition) -> str | None:
        """What the stages of a definition count: layers by their letter, since a hidden and the last one differ; or time."""
        stage, step = definition.name.stage, definition.name.of_step
        if stage is None:
            return None
        if stage[0] and is_any_of(stage[0], self.lexicon.times | self.lexicon.clock):
            return "t" if step is None else "t of another step" if step[0] != stage[0] else "t of its own step"
        return stage[0]

    def type_of(self, family: str, count: int) -> tuple[str, ...]:
        """The sides of a family: by its indices, else by what is usual for its letter."""
        if family in self.types:
            return self.types[family]
        rank = self.ranks.get(family, count)
        if rank == 1 and not (family in self.bare & self.printed_capital and family.split("_")[0] in WEIGHTS):
            return (ROW,)
        if rank == 2:
            return (ROW, COL)
        if rank > 2:
            return tuple(f"axis {i}" for i in range(rank))
        return SHAPES[self.usual_shapes(family)[0]]

    def usual_shapes(self, family: str) -> tuple[str, ...]:
        """Shapes that a family may have by its letter, the likeliest first."""
        letter = family.split("_")[0].split(" ")[-1]
        is_in_time = family in self.staged and bool(self.lexicon.times)
        if letter in SMALL_GREEK_SCALARS:
            return ("scalar", "column", "row", "matrix")
        if letter in WEIGHTS:
            is_small = letter == "W" and family not in self.printed_capital and family not in self.staged
            return ("column", "matrix", "scalar", "row") if is_small else ("matrix", "column", "scalar", "row")
        if letter.lstrip("\\")[:1].isupper() and letter not in self.lexicon.losses and letter not in ("N", "M", "K", "D", "T", "B"):
            return ("column", "matrix", "scalar", "row") if is_in_time else ("matrix", "column", "row", "scalar")
        if letter.lstrip("\\")[:1].isupper() or letter in ("n", "m") or letter in self.lexicon.losses:
            return ("scalar", "matrix", "column", "row")
        return ("column", "scalar", "row", "matrix")

    def settle(self, window: Window) -> None:
        """Chooses types with which as many definitions as possible can be read, and finds which axes are equally long."""
        self.is_scalar = False
        edition = self.edition(1 << 30)
        types = dict(self.types)
        broken = self._broken(edition, window, types, False)
        if (
            broken
            and not any(family in self.ranks for family in self._families(edition))
            and not self._broken(edition, window, types, True)
        ):
            self.is_scalar, broken = True, []
        until = time.thread_time() + SETTLING_SECONDS
        for definition in broken:
            types = self._better(definition, edition, window, types, until)
        self.types, self.widest = types, window
        with suppress(Unread, Untyped):
            world = World(self, edition, window, Assumed(is_scalar=self.is_scalar))
            self.dropped = {definition for definition in world.broken if definition.role == "forward"}

    def _broken(self, edition: Edition, window: Window, types: dict[str, tuple[str, ...]], is_scalar: bool) -> list[Definition]:
        """The definitions that cannot be read with given types."""
        self.types = dict(types)
        try:
            world = World(self, edition, window, Assumed(is_scalar=is_scalar), is_uniform=True)
        except (Unread, Untyped):
            return [definition for definition in edition.definitions if definition.role == "forward"]
        return [definition for definition in edition.definitions if definition in world.broken and definition.role == "forward"]

    def _families(self, edition: Edition) -> set[str]:
        return {self.lexicon.mention(name).family for definition in edition.definitions for _, name in names_in(definition.body)}

    def _better(
        self, definition: Definition, edition: Edition, window: Window, types: dict[str, tuple[str, ...]], until: float
    ) -> dict[str, tuple[str, ...]]:
        """Types, changed as little as possible, with which one more definition is read."""
        before = self._broken(edition, window, types, False)
        if definition not in before:
            return types
        defined = {other.name.family for other in edition.definitions if other.role == "forward"}
        inside = [self.lexicon.mention(name).family for _, name in names_in(definition.body)]
        sure = (
            {family for family in self.printed_capital if family.split("_")[0] in WEIGHTS} | set(self.ranks) | defined | self.with_samples
        )
        families = [family for family in dict.fromkeys(inside) if family not in sure]
        options = [list(enumerate(self.usual_shapes(family))) for family in families[:4]]
        trials = sorted(combinations_of(*options), key=lambda trial: sum(cost for cost, _ in trial))[1:MOST_TRIALS]
        for trial in trials:
            if time.thread_time() > until:
                break
            changed = {**types, **{family: SHAPES[shape] for family, (_, shape) in zip(families, trial, strict=False)}}
            after = self._broken(edition, window, changed, False)
            if definition not in after and len(after) < len(before):
                return changed
        return types

    def world(self, order: int, window: Window, assumed: Assumed, about: frozenset) -> World:
        """The world of a claim, built once for all claims that share it."""
        edition = self.edition(order, assumed.reach)
        window = replace(window, own=None, twin=None, holds_if="", is_share=False)
        plain = self._kept(edition, window, assumed, frozenset())
        return plain if plain.has_one_end else self._kept(edition, window, assumed, about)

    def _sizes_of(self, edition: Edition) -> Sizes:
        """Which axes are equally long in an edition: found once, on the widest window."""
        if edition not in self.sizes_of:
            self.sizes_of[edition] = Sizes()
            with suppress(Unread, Untyped):
                world = World(self, edition, self.widest, Assumed(is_scalar=self.is_scalar))
                self.sizes_of[edition] = world.sizes.without_anchors()
        return self.sizes_of[edition]

    def _kept(self, edition: Edition, window: Window, assumed: Assumed, about: frozenset) -> World:
        key = (edition, window, assumed, about)
        if key not in self.worlds:
            if len(self.worlds) > MOST_WORLDS:
                self.worlds.clear()
            try:
                self.worlds[key] = self._built(edition, window, assumed, about)
            except (Unread, Untyped) as error:
                self.worlds[key] = error
        found = self.worlds[key]
        if not isinstance(found, World):
            raise type(found)(str(found)) if type(found) in (Unread, Untyped) else Untyped(str(found))
        return found

    def _built(self, edition: Edition, window: Window, assumed: Assumed, about: frozenset) -> World:
        """A world that begins with the sizes and the unreadable definitions which a world of the same equations found."""
        key = (edition, window, replace(assumed, activation="", has_unit_targets=False, reach=None))
        sizes = self._sizes_of(edition)
        start, broken = self.founds.get(key, (sizes, frozenset()))
        built = World(self, edition, window, assumed, about, sizes=sizes, start=start, broken=broken)
        self.founds[key] = (built.sizes, frozenset(built.broken))
        return built


class World:
    """The equations of a window of stages, their cost, and every derivative in them."""

    def __init__(
        self, sheet: Sheet, edition: Edition, window: Window, assumed: Assumed, about: frozenset = frozenset(), is_uniform: bool = False,
        sizes: Sizes | None = None, preset: dict[str, Axis] | None = None, start: Sizes | None = None,
        broken: Iterable[Definition] = (),
    ):  # fmt: skip
        self.preset = preset or {}
        self.sheet, self.edition, self.window, self.assumed, self.about = sheet, edition, window, assumed, about
        self.lexicon = sheet.lexicon
        self.summable = dict(window.summable)
        self.sizes = (start or sizes or sheet.sizes).copy()
        self.is_uniform = is_uniform
        self.broken: set[Definition] = set(broken)
        self._turned: set[str] = set()
        self._functions = {function.letter: function for function in edition.functions}
        for _ in range(MOST_RESTARTS):
            try:
                self._build()
                break
            except Mismatch as error:
                if not self.sizes.merge(error.left, error.right, may_flatten=True):
                    raise Untyped(str(error)) from error
            except Unspread as error:
                if not self.sizes.mark_samples(error.axis):
                    raise
            except Retyped:
                self.sizes = (sizes or sheet.sizes).copy()

    # Building

    def _build(self) -> None:
        self.memory: dict = {}
        if hasattr(self, "cotangents"):
            del self.cotangents
        self.values: dict[tuple[str, int | None], Value] = {}
        self.equations: list[Equation] = []
        self.counts: dict[str, Axis] = {letter: self.sizes.renewed(axis) for letter, axis in self.preset.items()}
        self.fresh = 0
        self._under_way: set[tuple[str, int | None]] = set()
        self._patterns: dict[str, list[Definition]] = {}
        for definition in self.edition.definitions:
            if definition.role == "forward" and definition not in self.broken:
                self._patterns.setdefault(definition.name.family, []).append(definition)
        for family in self._patterns:
            stages: Iterable[int | None] = range(self.window.first, self.window.last + 1) if family in self.sheet.staged else (None,)
            for stage in stages:
                if self._pattern(family, stage) is not None:
                    self.whole(family, stage, 0)
        self.forward = {equation.symbol: equation.definition for equation in self.equations}
        if self.is_uniform:
            return
        self._check_declared_sizes()
        self._link()
        self.further: list[Equation] = []
        self.unknown_states = {_letter(family) for family in states_of(self.edition.definitions, self.lexicon) - self._patterns.keys()}
        self.cost, self.facts = (cost_of_sequence(self), self._facts()) if self.window.is_clock else self._cost()
        self.equations.append(Equation(self.cost.symbol, self.cost.definition, "cost"))
        self.forward[self.cost.symbol] = self.cost.definition
        self._sweep()

    def _link(self) -> None:
        """H = σ(X W + b) goes through Z where Z = X W + b is an equation too."""
        for equation in list(self.equations):
            if isinstance(equation.definition, Var | Const):
                continue
            for place, other in enumerate(self.equations):
                if (
                    other.symbol is not equation.symbol
                    and equation.definition in walk(other.definition)
                    and other.definition is not equation.definition
                ):
                    linked = replaced(other.definition, {equation.definition: equation.symbol})
                    self.equations[place] = Equation(other.symbol, linked, other.role)
                    self.forward[other.symbol] = linked
        self.equations = self._in_order()

    def _in_order(self) -> list[Equation]:
        """The equations, each after those that it rests on."""
        waiting, found, done = list(self.equations), [], set[Var]()
        defined = set(self.forward)
        while waiting:
            ready = [equation for equation in waiting if not (set(leaves(equation.definition)) & defined) - done]
            if not ready:
                return self.equations
            found += ready
            done |= {equation.symbol for equation in ready}
            waiting = [equation for equation in waiting if equation.symbol not in done]
        return found

    def _declared(self) -> Iterator[tuple[str, Axis]]:
        """What is declared to be as long as a letter says: X ∈ ℝ^{M×N} has M rows."""
        for family, shape in self.sheet.shapes.items():
            value = self.values.get((family, None))
            sides = sides_of(shape)
            if value is not None and set(sides) == set(value.labels):
                sizes = [size for size in shape if size != "1" or len(shape) > 2]
                yield from ((size, value.axes[side]) for size, side in zip(sizes, sides, strict=True) if not size.isdigit())

    def _check_declared_sizes(self) -> None:
        """Makes axes one that are declared to be equally long."""
        seen: dict[str, Axis] = {}
        for size, axis in self._declared():
            if seen.setdefault(size, axis) != axis and self.sizes.can_merge(seen[size], axis):
                raise Mismatch(seen[size], axis)

    def _pattern(self, family: str, stage: int | None) -> tuple[Definition, dict[str, int]] | None:
        """The definition of a family that fits a stage, and what its stage letter stands for there."""
        bases = dict(self.window.bases)
        found: tuple[Definition, dict[str, int]] | None = None
        for definition in self._patterns.get(family, ()):
            if definition.name.stage is None:
                if stage is None:
                    return definition, bases
                continue
            if stage is None:
                continue
            letter, shift = definition.name.stage
            if letter == "":
                if bases.get("") is not None and shift + bases[""] == stage:
                    return definition, bases
                if found is None and bases.get("") is None:
                    found = definition, {**bases, "": stage - shift}
            elif letter.isupper() and letter != letter.lower():
                at_end = self.window.is_output and stage - shift == self.window.last
                if at_end or found is None or found[0].name.stage[0] == "":
                    found = definition, {**bases, letter: stage - shift}
                if at_end:
                    return found
            elif found is None or found[0].name.stage[0] == "" or found[0].name.stage[0].isupper():
                found = definition, {**bases, letter: stage - shift}
        return None if found is not None and self._is_input(stage, found[0]) else found

    def _is_input(self, stage: int | None, definition: Definition) -> bool:
        """Whether a rule for any layer l says nothing of a numbered stage, because a^0 is what the first layer is given."""
        is_rule = definition.name.stage is not None and definition.name.stage[0] != ""
        return is_rule and stage is not None and stage <= 0 and dict(self.window.bases).get("") == 0 and self.sheet.begins_at_one

    def whole(self, family: str, stage: int | None, count: int = 0, place: Place | None = None, step: int | None = None) -> Value:
        """A quantity with all its axes; `step` if it is a derivative of the loss of one step."""
        if step is not None:
            found = self._gradient_definition(family, stage, step, place)
            if found is None:
                raise Unread(f"what {family} of the loss of one step is, is not said")
            return found
        if family in self.sheet.shared and self.window.is_clock and not self.is_uniform:
            if stage is None and place is not None and place.is_definition:
                stage = place.own
            if stage is not None and (family, stage) not in self.values:
                return copy_of(self, family, stage, count)
        key = (family, stage)
        if key in self.values:
            return self.values[key]
        gradient = self._gradient_definition(family, stage, None, place)
        if gradient is not None:
            return gradient
        if hasattr(self, "cotangents") and ("reading", family, stage) not in self.memory and self._names_gradient(family, stage):
            raise Unread(f"the derivative that {family} stands for is not known here")
        if family in (r"\delta", r"\Delta") and (stage is not None or family in self.sheet.staged):
            for letter in ("z", "Z", "net", "s", "u"):
                if (letter, stage) in self.values:
                    return self.gradient(self.values[letter, stage])
            raise Unread(f"what {family} is the error of is not known")
        alias = self._alias(family, stage)
        if alias is not None:
            return alias
        within = stage is None or self.window.first <= stage <= self.window.last
        pattern = self._pattern(family, stage) if within and key not in self._under_way else None
        if pattern is not None:
            return self._defined(key, *pattern)
        return self._leaf(family, stage, count)

    def _alias(self, family: str, stage: int | None) -> Value | None:
        """x is a^0, ŷ is a^L, where a document names both and relates them nowhere."""
        if family == r"\hat y" and stage is not None and family not in self._patterns and "y" in self._patterns:
            return self.whole("y", stage)  # the output is called y where it is computed, and \hat y where it is compared
        if stage is not None or family in self._patterns:
            return None
        if family in ("x", "X"):
            first = 1 if dict(self.window.bases).get("") == 0 and self.sheet.begins_at_one else self.window.first
            for letter in ("a", "A", "h") if family == "x" else ("A", "a"):
                if letter in self._patterns and letter in self.sheet.staged and self._pattern(letter, first) is not None:
                    return self.whole(letter, first - 1)
        if family in (r"\hat y", r"\hat Y"):
            for letter in ("a", "A"):
                if (letter, self.window.last) in self.values:
                    return self.values[letter, self.window.last]
        return None

    def _defined(self, key: tuple[str, int | None], definition: Definition, bases: dict[str, int]) -> Value:
        """Reads the body of a definition, and makes an equation of it."""
        family, stage = key
        self._under_way.add(key)
        try:
            value = self.body_of(definition, bases, stage)
            self._check_axes(family, stage, value)
        except (Unspread, Retyped):
            raise
        except Mismatch as error:
            if self.sizes.can_merge(error.left, error.right):
                raise
            self.broken.add(definition)
            raise Retyped from None
        except (Unread, Untyped):
            self.broken.add(definition)
            raise Retyped from None
        finally:
            self._under_way.discard(key)
        sides = tuple(label for label in value.labels if label != "sample")
        if not self.assumed.is_scalar or self.sheet.is_scalar:
            self._retype(family, sides, definition)
        symbol = var(Name(_letter(family), stage), value.tensor.axes)
        self.equations.append(Equation(symbol, value.tensor, "cut"))
        self.values[key] = Value(symbol, value.labels)
        return self.values[key]

    def _check_axes(self, family: str, stage: int | None, value: Value) -> None:
        for position, axis in enumerate(value.tensor.axes):
            expected = self._axis(family, position, stage)
            if expected != axis:
                raise Mismatch(expected, axis)

    def _retype(self, family: str, sides: tuple[str, ...], definition: Definition) -> None:
        """A defined name has the type of its body, at every stage."""
        self.sheet.types.setdefault(family, sides)
        if self.sheet.types[family] == sides:
            return
        if any(known == family for known, _ in self.values):
            self.broken.add(definition)
            self.sheet.types.pop(family)
            raise Retyped
        self.sheet.types[family] = sides

    def body_of(self, definition: Definition, bases: dict[str, int], stage: int | None, around: Place | None = None) -> Value:
        """The body of a definition as a whole: its index letters become sides.  The name of a derivative may be open as the claim is."""
        if self.assumed.is_scalar and definition.labels:
            raise Unread("an indexed definition, where each layer has one neuron")
        choices = around.choices if around is not None and not around.is_definition else Choices(self._choices())
        place = Place(self, bases, choices, stage, is_definition=True)
        axes_of_indices((definition.body,), place)
        found = read(definition.body, place)
        has_sample = definition.name.sample is not None
        own = list(definition.labels)
        sides: dict[str, str] = {}
        if has_sample and own:
            label = own.pop(0)
            if not self.assumed.is_single:
                sides[label] = "sample"
        sides |= dict(zip(own, self._sides(len(own), definition.name.family), strict=True))
        if len(own) == 1 and len(found.sides) == 1 and not self.is_built:
            self._retype_entries(definition, own[0], found.sides)
        extra = [label for label in found.labels if label not in sides and label not in (ROW, COL, "sample")]
        if extra and any(is_repeated(definition.body, letter) or "@" in letter for letter in extra):
            raise Untyped(f"the index {extra[0]} is free on one side alone")
        if own and {ROW, COL} & set(found.labels) and len(own) + len({ROW, COL} & set(found.labels)) > 2:
            raise Untyped(f"the index {own[0]} is free on one side alone")
        labels = tuple(sides.get(label, label) for label in found.labels)
        if own and {ROW, COL} & set(found.labels):
            labels = tuple({**sides, ROW: COL}.get(label, label) for label in found.labels)
        if len(set(labels)) != len(labels):
            raise Untyped("an index and a side at one place")
        missing = [side for side in sides.values() if side not in labels]
        order = [label for label in ("sample", ROW, COL, *(f"axis {i}" for i in range(5)), *extra) if label in labels or label in missing]
        axes = {
            side: place.axes.get(letter) or self._axis(definition.name.family, order.index(side), stage) for letter, side in sides.items()
        }
        return Value(contract(((found.tensor, labels),), order, axes), tuple(order))

    def _retype_entries(self, definition: Definition, own: str, sides: frozenset[str]) -> None:
        """An entry is a number: in z_i = wᵀ x_i + b the x_i are rows, in z_i = x_i w the w is a number."""
        mentions = [self.lexicon.mention(name) for _, name in names_in(definition.body)]
        has_row = any(mention.is_transposed and not mention.indices for mention in mentions)
        for mention in mentions:
            family = mention.family
            if self.defines(family) or mention.stage is not None or family in self.sheet.with_samples:
                continue
            is_entry = [letter_of(index) for index in mention.indices] == [own]
            if sides == {COL} and has_row and is_entry and self.sheet.type_of(family, 1) == (ROW,):
                self.sheet.types[family] = (ROW, COL)
                raise Retyped
            if sides == {ROW} and not mention.indices and not mention.is_transposed and self.sheet.type_of(family, 0) == (ROW,):
                self.take_as_number(family)

    def _sides(self, count: int, family: str) -> tuple[str, ...]:
        del family
        return {0: (), 1: (ROW,), 2: (ROW, COL)}.get(count, tuple(f"axis {i}" for i in range(count)))

    def _choices(self) -> dict[str, str]:
        return {"the softmax of a matrix": self.assumed.turned} if self.assumed.turned else {}

    def _leaf(self, family: str, stage: int | None, count: int) -> Value:
        """A name that nothing defines here."""
        sides = self.sheet.type_of(family, count)
        if self.assumed.is_scalar:
            sides = ()
        labels = ("sample", *sides) if family in self.sheet.with_samples and not self.assumed.is_single else sides
        axes = tuple(self._axis(family, position, stage, label == "sample") for position, label in enumerate(labels))
        found = Value(var(Name(_letter(family), stage), axes), labels)
        self.values[family, stage] = found
        return found

    def _axis(self, family: str, position: int, stage: int | None, is_sample: bool = False) -> Axis:
        if self.is_uniform:
            return ANY
        is_flat = stage is None or (bool(self.lexicon.times) and not self._counts_layers(family)) or is_sample
        key = ("sample",) if is_sample else ("flat" if is_flat else "stage", family, position)
        key = ("flat", "samples") if is_sample else key
        if is_sample:
            self.sizes.samples.add(self.sizes.root(key)[0])
        return self.sizes.axis(key, None if is_flat else stage)

    def _counts_layers(self, family: str) -> bool:
        return any(pattern.name.stage and pattern.name.stage[0] in ("l", "L") for pattern in self._patterns.get(family, ()))

    @property
    def is_built(self) -> bool:
        """Whether the types of names are settled, so that a claim changes them no more."""
        return hasattr(self, "cotangents")

    def take_as_number(self, family: str) -> None:
        """A name without equations and indices turns out to be a number."""
        if self.is_built or family in self.sheet.ranks or self.defines(family):
            return
        if self.sheet.types.get(family) != ():
            self.sheet.types[family] = ()
            raise Retyped

    def is_of_weights(self, axis: Axis) -> bool:
        """Whether an axis is one of a weight matrix, and so never runs over samples."""
        if self.is_uniform:
            return False
        return any(family.split("_")[0] in WEIGHTS and axis in value.tensor.axes for (family, _), value in self.values.items())

    def turn(self, family: str) -> None:
        """A vector without equations turns out to be a row, and no column; or the other way round."""
        if not self.is_built and not self.defines(family) and family not in self._turned:
            self._turned.add(family)
            self.sheet.types[family] = (ROW,) if self.sheet.types.get(family) == (COL,) else (COL,)
            raise Retyped

    def with_count(self, letter: str, axis: Axis) -> World:
        """The same world where a letter of its equations counts an axis."""
        key = ("count", letter, axis)
        if key not in self.memory:
            counted = {**self.preset, letter: axis}
            self.memory[key] = World(
                self.sheet, self.edition, self.window, self.assumed, self.about, sizes=self.sizes, preset=counted, broken=self.broken
            )
        return self.memory[key]

    def fresh_axis(self) -> Axis:
        """An axis of whatever size fits."""
        self.fresh += 1
        if self.is_uniform:
            return ANY
        return self.sizes.axis(("flat", "any", self.fresh), None)

    # What the reader asks

    def is_staged(self, family: str) -> bool:
        """Whether a family has layers or time steps."""
        return family in self.sheet.staged

    def has_samples(self, family: str) -> bool:
        """Whether the whole quantity has an axis of samples."""
        return any(key[0] == family and "sample" in value.labels for key, value in self.values.items())

    def defines(self, family: str) -> bool:
        """Whether the document defines a name."""
        return family in self._patterns or any(d.name.family == family for d in self.edition.definitions)

    def defines_forward(self, family: str) -> bool:
        """Whether a forward equation defines a name."""
        return family in self._patterns

    def has_square(self, family: str) -> bool:
        """Whether σ² is a quantity of its own."""
        return family in self.sheet.squares

    def count(self, letter: str, axis: Axis) -> None:
        """A letter counts the entries of an axis."""
        if letter in self.counts and self.counts[letter] != axis:
            raise Mismatch(self.counts[letter], axis)
        if letter not in self.counts and hasattr(self, "cotangents") and (letter, None) in self.values and not self.defines(letter):
            raise Counted(letter, axis)
        self.counts[letter] = axis

    def counted(self, letter: str) -> sympy.Expr | None:
        """The size that a letter stands for."""
        if letter in self.counts:
            return self.counts[letter].size
        for size, axis in self._declared() if not self.is_uniform and letter not in self._patterns else ():
            if size == letter:
                return axis.size
        if letter in ("m", "N", "n", "M", "B") and not self.defines(letter):
            samples = {axis for value in self.values.values() for axis in value.tensor.axes if axis.kind == "sample"}
            if len(samples) == 1:
                return next(iter(samples)).size
        return None

    def function(self, letter: str) -> Function | None:
        """The document's definition of a function, unless it is left open what an activation is."""
        if self.assumed.activation == "unspecified" and letter in FUNCTION_HEADS:
            return None
        return self._functions.get(letter)

    def scalar_function(self, function: Function) -> type[ScalarFunction] | None:
        """The function as one of a single number, or None if it is none."""
        key = ("scalar", function)
        if key not in self.memory:
            self.memory[key] = self._as_scalar(function)
        return self.memory[key]

    def is_understood(self, function: Function) -> bool:
        """Whether the body of a function of a vector can be read at all."""
        key = ("understood", function)
        if key not in self.memory:
            self.memory[key] = any(node.kind == "large" for node in walk_tree(function.body)) and not any(
                node.kind in ("matrix", "ellipsis", "text") for node in walk_tree(function.body)
            )
        return self.memory[key]

    def _as_scalar(self, function: Function) -> type[ScalarFunction] | None:
        if any(node.kind in ("large", "matrix") for node in walk_tree(function.body)):
            return None
        parameter = self.lexicon.merged.get(function.parameter, function.parameter)
        argument = var(Name("argument"), ())
        place = Place(self, dict(self.window.bases), Choices(), None, {parameter: Value(argument)}, is_definition=True, depth=1)
        if function.label is not None:
            return None
        try:
            found = read(function.body, place)
        except (Unread, Untyped):
            return None
        if found.labels or set(leaves(found.tensor)) - {argument}:
            return None
        expr = _scalar_expression(found.tensor, argument)
        return None if expr is None else scalar_function(_letter(function.letter), expr)

    def activation(self, letter: str) -> type[ScalarFunction] | None:
        """What is assumed of σ; None for softmax."""
        if self.assumed.activation == "softmax" or letter in self.sheet.softmax_letters:
            return None
        return scalar_function(_letter(letter), ACTIVATIONS.get(self.assumed.activation or "unspecified"))

    # The cost and its derivatives

    def _cost(self) -> tuple[Equation, tuple[Fact, ...]]:
        """The cost that is assumed, the one that the document states, or an open function of what nothing else is made of."""
        self.has_one_end = len(self._ends()) <= 1
        symbol = var(Name("C"), ())
        stated = [definition for definition in self.edition.costs if definition not in self.broken]
        if self.assumed.cost:
            found = self._assumed_cost()
            if found is not None:
                return Equation(symbol, found, "cost"), self._facts()
        if self.window.is_output and not self.assumed.cost:
            for definition in stated:
                found = self._stated_cost(definition)
                if self.assumed.earlier_cost and definition is stated[0]:
                    continue
                if found is not None and self._reaches(found):
                    return Equation(symbol, found, "cost"), self._facts()
        sinks = self._sinks()
        self.has_one_end = len(sinks) <= 1 and not self.about
        if not sinks:
            return Equation(symbol, unspecified("C", tuple(self._all_leaves())), "cost"), self._facts()
        return Equation(symbol, unspecified("C", tuple(sinks)), "cost"), self._facts()

    def _stated_cost(self, definition: Definition) -> Tensor | None:
        bases = {**dict(self.window.bases)}
        for letter in ("L", "l", "K", "T"):
            bases.setdefault(letter, self.window.last)
        try:
            place = Place(self, bases, Choices(), self.window.last, is_definition=True)
            axes_of_indices((definition.body,), place)
            found = read(definition.body, place)
        except (Unspread, Retyped):
            raise
        except Mismatch as error:
            if self.sizes.can_tie(error.left, error.right):
                raise
            self.broken.add(definition)
            return None
        except (Unread, Untyped):
            self.broken.add(definition)
            return None
        if {ROW, COL} & set(found.labels):
            self._take_targets_as_numbers(definition)
        if any(leaf.name.letter.startswith("C") for leaf in leaves(found.tensor)):
            return None
        return contract(((found.tensor, found.labels),), (), {})

    def _take_targets_as_numbers(self, definition: Definition) -> None:
        """A cost whose outputs are numbers, and which has entries all the same, has targets that are numbers."""
        families = dict.fromkeys(self.lexicon.mention(name).family for _, name in names_in(definition.body))
        sides = {family: self.sheet.types.get(family, (ROW,)) for family in families if family in self._patterns}
        if sides and not any(sides.values()):
            for family in families:
                if (
                    family not in self.lexicon.losses
                    and self.counted(family) is None
                    and any(v.sides for k, v in self.values.items() if k[0] == family)
                ):
                    self.take_as_number(family)

    def _assumed_cost(self) -> Tensor | None:
        targets = [value for (family, _), value in self.values.items() if family in ("y", "Y", "t", "T")]
        outputs = [
            value for (family, stage), value in self.values.items() if family in ("a", "A", r"\hat y") and stage in (self.window.last, None)
        ]
        if not outputs:
            return None
        output = outputs[-1].tensor
        target = targets[0].tensor if targets else None
        if target is None or (len(target.axes) != len(output.axes) and not any(family in self.sheet.ranks for family in ("y", "Y"))):
            for family in ("y", "Y"):
                self.values[family, None] = Value(var(Name(family), output.axes), outputs[-1].labels)
            target = self.values["Y" if ("A", self.window.last) in self.values else "y", None].tensor
            self.values["y", None] = self.values["Y", None] = Value(target, outputs[-1].labels)
        if target.axes != output.axes:
            if len(target.axes) == len(output.axes):
                for left, right in zip(target.axes, output.axes, strict=True):
                    if left != right:
                        raise Mismatch(left, right)
            return None
        return sample_cost(self.assumed.cost, output, target)

    def _reaches(self, cost: Tensor) -> bool:
        """Whether the cost depends on what the claim is about."""
        wanted = [value.tensor for key, value in self.values.items() if key in self.about and isinstance(value.tensor, Var)]
        mentioned = self._ancestors(leaves(cost))
        return all(tensor in mentioned for tensor in wanted if tensor in self.forward or self._is_used(tensor))

    def _is_used(self, tensor: Tensor) -> bool:
        return any(tensor in leaves(definition) for definition in self.forward.values())

    def _ancestors(self, names: Iterable[Var]) -> set[Var]:
        found, pending = set(names), list(names)
        while pending:
            for leaf in leaves(self.forward.get(pending.pop(), const(0))):
                if leaf not in found:
                    found.add(leaf)
                    pending.append(leaf)
        return found

    def _ends(self) -> list[Var]:
        """What nothing else is made of."""
        used = {leaf for definition in self.forward.values() for leaf in leaves(definition)}
        return [equation.symbol for equation in self.equations if equation.symbol not in used]

    def _sinks(self) -> list[Var]:
        """What nothing else is made of, as far as the claim is about it."""
        sinks = self._ends()
        if self.window.summable:
            return sinks
        if self.window.is_open:
            states = [value.tensor for (family, stage), value in self.values.items() if stage is not None and family in self._patterns]
            sinks += [tensor for tensor in states if tensor in self.forward and tensor not in sinks and self._is_recurrent(tensor)]
        about = {key for key in self.about if key[0] != "Z" or ("z", key[1]) not in self.values}
        wanted = [value.tensor for key, value in self.values.items() if key in about and value.tensor in self.forward]
        outputs = [
            value.tensor for (family, _), value in self.values.items() if family in self.sheet.outputs and value.tensor in self.forward
        ]
        sinks = [*outputs, *(sink for sink in sinks if sink not in outputs)]
        if meant := [sink for sink in outputs if any(tensor in self._ancestors([sink]) for tensor in wanted)]:
            return meant
        relevant = [sink for sink in sinks if all(tensor in self._ancestors([sink]) for tensor in wanted)]
        return relevant or [sink for sink in sinks if any(tensor in self._ancestors([sink]) for tensor in wanted)] or sinks

    def _is_recurrent(self, tensor: Tensor) -> bool:
        return isinstance(tensor, Var) and tensor.name.letter in {_letter(family) for family in ("h", "H", "s", "S", "c", "C", "o", "y")}

    def _all_leaves(self) -> list[Var]:
        return [value.tensor for value in self.values.values() if isinstance(value.tensor, Var)] or [var(Name("nothing"), ())]

    def _facts(self) -> tuple[Fact, ...]:
        return self._unit_targets() if self.assumed.has_unit_targets else self._stated_sums()

    def _unit_targets(self) -> tuple[Fact, ...]:
        """Σ y = 1 for the names of targets."""
        targets = []
        for (family, _), value in self.values.items():
            if isinstance(value.tensor, Var) and value.tensor not in self.forward and value.tensor.rank and _is_target(family):
                targets.append(Fact(value.tensor, 1, True))
        return tuple(targets)

    def _stated_sums(self) -> tuple[Fact, ...]:
        """Σ_k y_k = 1, where the document says so."""
        stated = [value.tensor for (family, _), value in self.values.items() if family in self.sheet.unit_sums]
        return tuple(Fact(tensor, 1, True) for tensor in stated if isinstance(tensor, Var) and tensor not in self.forward and tensor.rank)

    def _sweep(self) -> None:
        inputs = [value.tensor for value in self.values.values() if isinstance(value.tensor, Var) and value.tensor not in self.forward]
        self.swept = chain_rule(self.equations, dict.fromkeys(inputs), ((self.cost.symbol, const(1)),))
        self.cotangents = {found.target: found.symbol for found in self.swept}
        self.definitions = {**self.forward, **{found.symbol: found.total for found in self.swept}}

    def cost_value(self, root: Var | None = None) -> Value:
        """C itself, or the loss `root`."""
        if root is not None:
            return Value(root)
        if not hasattr(self, "cotangents"):
            raise Unread("the cost within a definition")
        return Value(self.cost.symbol)

    def loss_of_step(self, stage: int) -> Var:
        """The loss of one step."""
        found = getattr(self, "losses", {}).get(stage)
        if found is None:
            raise Unread("the loss of a step that is not built")
        return found

    def gradient(self, of: Value, root: Var | None = None, by_steps: bool = False, is_share: bool = False) -> Value:
        """∂C/∂(of), in the shape of `of`; of the loss `root` if that is given.

        `by_steps`: as a sum over the losses of single steps;  `is_share`: what comes through the next step alone.
        """
        if not isinstance(of.tensor, Var):
            raise Unread("a derivative with respect to what is no single quantity")
        if not hasattr(self, "cotangents"):
            raise Unread("a gradient within a definition")
        if self.window.is_clock and of.tensor.name.letter in self.unknown_states and of.tensor not in self.forward:
            raise Unread(f"what {of.tensor.name.letter} is made of is not said, or was not understood")
        if self.window.is_clock and root is None and (by_steps or is_share):
            found = share_of_next_step(self, of.tensor) if is_share else sum_over_steps(self, of.tensor)
            if found is not None:
                return Value(found, of.labels)
        cotangents = self.cotangents if root is None else swept_from(self, root)
        if of.tensor not in cotangents:
            if root is None:
                raise Unread(f"the cost does not depend on {of.tensor.name} here")
            return Value(contract(((const(0), ()),), range(of.tensor.rank), dict(enumerate(of.tensor.axes))), of.labels)
        return Value(cotangents[of.tensor], of.labels)

    @property
    def has_doubtful_cost(self) -> bool:
        """Whether the cost that stands nearest could not be read."""
        return bool(self.edition.costs) and self.edition.costs[0] in self.broken and not self.has_open_cost

    @property
    def has_unread_cost(self) -> bool:
        """Whether the cost that stands nearest could not be read, whatever was taken in its place."""
        return bool(self.edition.costs) and self.edition.costs[0] in self.broken

    @property
    def has_open_cost(self) -> bool:
        """Whether nothing is known of the cost but what it depends on."""
        return isinstance(self.cost.definition, Unspecified)

    @property
    def has_hidden_indices(self) -> bool:
        """Whether the cost depends on what has an index that is not printed: c = -log s_T, of one T and not of all."""
        tensors = set(leaves(self.cost.definition))
        return any(value.tensor in tensors and any(is_hidden(label) for label in value.labels) for value in self.values.values())

    def has_gradient(self, tensor: Tensor) -> bool:
        """Whether a derivative of the cost stands in it."""
        return not set(leaves(tensor)).isdisjoint(self.cotangents.values())

    def knows(self, family: str) -> bool:
        """Whether a name has a place in the equations: defined there, mentioned there, or the name of a derivative."""
        if (
            self.defines(family)
            or self.has_square(family)
            or family in self.counts
            or family in self._functions
            or family in self.lexicon.losses
        ):
            return True
        if family in (r"\delta", r"\Delta", "I", "e", r"\nabla"):
            return True
        used = {leaf for definition in self.forward.values() for leaf in leaves(definition)}
        return any(key[0] == family and value.tensor in used for key, value in self.values.items())

    def is_parameter(self, of: Value) -> bool:
        """Whether it is the same for all samples."""
        return not any(axis.kind == "sample" for axis in of.tensor.axes)

    def _names_gradient(self, family: str, stage: int | None) -> bool:
        """Whether the document gives this name to a derivative."""
        named = [d for d in self.edition.definitions if d.role == "gradient" and d.name.family == family]
        return stage is None and any(definition.name.stage is None and definition.body.kind == "derivative" for definition in named)

    def _gradient_definition(self, family: str, stage: int | None, step: int | None, place: Place | None) -> Value | None:
        """A name that the document gives to a derivative."""
        key = ("reading", family, stage, step)
        if not hasattr(self, "cotangents") or key in self.memory:
            return None
        for definition in self.edition.definitions:
            if definition.role == "gradient" and definition.name.family == family:
                bases = self._bases_of(definition, stage, step)
                found = self._gradient_body(definition, bases, stage, key, place) if bases is not None else None
                if found is not None:
                    return found
        return None

    def _bases_of(self, definition: Definition, stage: int | None, step: int | None) -> dict[str, int] | None:
        """What the stage letters of a definition stand for at a stage, and of the loss of a step; None if that cannot be."""
        bases = dict(self.window.bases)
        fixed: dict[str, int] = {}
        for printed, number in ((definition.name.stage, stage), (definition.name.of_step, step)):
            if (printed is None) != (number is None):
                return None
            if printed is not None and number is not None:
                letter, shift = printed
                if (letter == "" and bases.get("", number - shift) + shift != number) or fixed.setdefault(
                    letter, number - shift
                ) != number - shift:
                    return None
        return {**bases, **fixed}

    def _gradient_body(
        self, definition: Definition, bases: dict[str, int], stage: int | None, key: tuple, place: Place | None
    ) -> Value | None:
        self.memory[key] = True
        try:
            return self.body_of(definition, bases, stage, place)
        except (Unread, Untyped):
            return None
        finally:
            self.memory.pop(key, None)

    def derivative(self, of: Tensor, wrt: Var, is_direct: bool = False) -> Tensor:
        """d(of)/d(wrt); axes of the one, then of the other.  Direct: everything else that `of` mentions is held."""
        key = ("derivative", of, wrt, is_direct)
        if key not in self.memory:
            found = self._chained(of, wrt, is_direct)
            axes = of.axes + wrt.axes
            if found is None and any(leaf is not wrt and self._is_cut_off(leaf) for leaf in leaves(of)):
                raise Unread("a derivative of what is defined beyond the equations at hand")
            self.memory[key] = contract(((const(0), ()),), range(len(axes)), dict(enumerate(axes))) if found is None else found
        return self.memory[key]

    def _is_cut_off(self, leaf: Var) -> bool:
        """Whether the document defines a name that stands here without its equation."""
        if leaf in self.forward:
            return False
        families = [family for (family, _), value in self.values.items() if value.tensor is leaf]
        return any(definition.name.family in families for definition in self.sheet.definitions if definition.role == "forward")

    def is_indirect(self, of: Tensor, wrt: Var) -> bool:
        """Whether `of` depends on `wrt` in two ways: by itself, and through other names."""
        tensor = self.forward.get(of, of) if isinstance(of, Var) else of
        direct = leaves(tensor)
        return wrt in direct and any(leaf is not wrt and self._depends(leaf, wrt) for leaf in direct)

    def _chained(self, of: Tensor, wrt: Var, is_direct: bool) -> Tensor | None:
        """∂u/∂w + Σ_v ∂u/∂v dv/dw over the names v between, which stay as they are printed; None where it is zero."""
        key = ("chained", of, wrt, is_direct)
        if key not in self.memory:
            self.memory[key] = None
            own = self.forward.get(of, of) if isinstance(of, Var) and of is not wrt else of
            terms = [jacobian(Equation(var(Name("chained"), of.axes), own), wrt)] if wrt in leaves(own) else []
            for between in leaves(own) if not (is_direct and terms) else ():
                if between is not wrt and between is not of and between in self.forward and self._depends(between, wrt):
                    outer = jacobian(Equation(var(Name("chained"), of.axes), own), between)
                    terms.append(_composed(outer, self._chained(between, wrt, is_direct), of.rank, between.rank))
            kept = [term for term in terms if term is not None]
            self.memory[key] = add(*kept) if kept else None
        return self.memory[key]

    def _depends(self, name: Var, wrt: Var) -> bool:
        key = ("depends", name, wrt)
        if key not in self.memory:
            self.memory[key] = wrt in self._ancestors(leaves(self.forward.get(name, const(0))))
        return self.memory[key]

    def with_equal(self, left: Axis, right: Axis) -> World:
        """The same world where two axes are equally long, if no definition says what one of them is; else `Mismatch`."""
        key = ("equal", left, right)
        if key not in self.memory:
            settled = {axis.size for equation in self.equations[:-1] for axis in _axes_in(equation)}
            if left.size in settled and right.size in settled:
                raise Untyped(f"sizes {left.size} and {right.size} stand at the same place")
            sizes = self.sizes.copy()
            if not sizes.merge(left, right):
                raise Untyped(f"sizes {left.size} and {right.size} stand at the same place")
            self.memory[key] = World(self.sheet, self.edition, self.window, self.assumed, self.about, sizes=sizes, broken=self.broken)
        return self.memory[key]

    def with_samples(self, axis: Axis) -> World:
        """The same world where an axis runs over samples, so that a vector is repeated along it."""
        key = ("samples", axis)
        if key not in self.memory:
            sizes = self.sizes.copy()
            if not sizes.mark_samples(axis):
                raise Unspread(axis)
            self.memory[key] = World(self.sheet, self.edition, self.window, self.assumed, self.about, sizes=sizes, broken=self.broken)
        return self.memory[key]

    def setting_for(self, seed: int, tensors: Sequence[Tensor]) -> Setting:
        """The setting of a seed, with values for names that stand in the claim alone."""
        setting = self.setting(seed)
        missing = [leaf for tensor in tensors for leaf in leaves(tensor) if leaf not in setting.values]
        symbols = {symbol for tensor in tensors for symbol in _symbols_in(tensor)} - set(setting.sizes)
        if not missing and not symbols:
            return setting
        generator = np.random.default_rng(seed + 1000)
        sizes = dict(setting.sizes)
        for symbol in sorted(symbols, key=str):
            sizes[symbol] = max([1, *(int(size) for size in sizes.values() if float(size).is_integer())]) + 1
        values = dict(setting.values)
        for name in dict.fromkeys(missing):
            drawn = generator.normal(size=[int(axis.size.xreplace({s: sympy.Integer(v) for s, v in sizes.items()})) for axis in name.axes])
            if name.name.letter.startswith("left_out_"):
                values[name] = np.ones(drawn.shape)
                values[name][0 if name.name.letter.endswith("first") else -1] = 0.0
                continue
            values[name] = np.abs(drawn) * 0.4 + 0.2 if seed % 2 else drawn
        return replace(setting, values=values, sizes=sizes)

    def near_definitions(self) -> dict[Var, Tensor]:
        """What a proof unfolds first: what is no open function."""
        if "near" not in self.memory:
            kept = {name: t for name, t in self.definitions.items() if not any(isinstance(node, Unspecified) for node in walk(t))}
            self.memory["near"] = {name: t for name, t in kept.items() if name.name.letter not in ("z", "Z")}
        return self.memory["near"]

    def swept_definitions(self) -> dict[Var, Tensor]:
        """What the derivatives of the cost are, and what is a function of one quantity, σ = √(v + ε): all else stays as it is named."""
        functions = {name: definition for name, definition in self.forward.items() if isinstance(definition, Map)}
        return {**functions, **{found.symbol: found.total for found in self.swept}}

    def found_facts(self) -> tuple[Fact, ...]:
        """What follows from the equations about sums over a last index: Σ p = 1 of a softmax, Σ (x - mean of x) = 0."""
        if "found facts" not in self.memory:
            setting = self.setting(FACT_SEED)
            found = []
            for name, definition in self.forward.items():
                values = np.asarray(setting.values.get(name, 1.0))
                if not name.rank or values.ndim != name.rank or values.shape[-1] < 2:
                    continue
                sums = values.sum(axis=-1)
                for total in (0, 1):
                    if np.abs(sums - total).max() < 1e-9:
                        kept = tuple(range(name.rank - 1))
                        summed = contract(((definition, tuple(range(name.rank))),), kept, {})
                        claimed = contract(((const(total), ()),), kept, dict(enumerate(name.axes[:-1])))
                        if prove_equal(summed, claimed, self.definitions, (), FACT_SECONDS) is not None:
                            found.append(Fact(name, total, False))
            self.memory["found facts"] = tuple(found)
        return self.memory["found facts"]

    def setting(self, seed: int) -> Setting:
        """Random sizes and values of everything, the derivatives included; every other seed keeps the given names positive."""
        key = ("setting", seed)
        if key not in self.memory:
            generator = np.random.default_rng(seed)
            found = random_setting(self.equations, generator, self.facts)
            if seed % 2:
                free = {name: np.abs(value) * 0.4 + 0.2 for name, value in found.values.items() if name not in self.forward}
                assumed = {fact.of for fact in self.facts}
                free |= {name: found.values[name] for name in assumed if name in found.values}
                found = random_setting(self.equations, generator, self.facts, free, found.sizes)
            swept = [*(Equation(cotangent.symbol, cotangent.total) for cotangent in self.swept), *self.further]
            self.memory[key] = found.with_values(evaluate_equations(swept, found))
        return self.memory[key]


def _composed(outer: Tensor | None, inner: Tensor | None, rank: int, between: int) -> Tensor | None:
    """Σ over the axes of the name between; its derivative by the last name follows."""
    if outer is None or inner is None:
        return None
    first = tuple(range(rank))
    bound = tuple(range(100, 100 + between))
    last = tuple(range(200, 200 + inner.rank - between))
    return contract(((outer, (*first, *bound)), (inner, (*bound, *last))), (*first, *last), {})


def _most_indices(tree: Tree, family: str, lexicon: Lexicon) -> int:
    """The most indices that a name has in a formula."""
    mentions = (lexicon.mention(name) for _, name in names_in(tree))
    return max((len(mention.indices) for mention in mentions if mention.family == family), default=0)


def _multiplies_arrays(node: Tree) -> bool:
    r"""Signs of programs, u * v and np.dot(u, v), and u \times v: there a vector may be repeated beside a matrix."""
    if node.kind == "word" and node.text in ("np", "sum"):
        return True
    return node.kind == "operator" and node.text in ("*", r"\times", r"\ast", ".*")


def _axes_in(equation: Equation) -> list[Axis]:
    return [axis for tensor in (equation.symbol, *leaves(equation.definition)) for axis in tensor.axes]


def _symbols_in(tensor: Tensor) -> set[sympy.Symbol]:
    found: set[sympy.Symbol] = set()
    for node in walk(tensor):
        for axis in node.axes:
            found |= axis.size.free_symbols
        if isinstance(node, Const):
            found |= node.value.free_symbols
    return found


def _letter(family: str) -> str:
    """A family as the letter of a `Name`: letters, digits and underscores only."""
    plain = "".join(
        sign if sign.isalnum() and sign.isascii() else f"_{ord(sign):x}_" if not sign.isspace() and sign not in "\\_{}" else "_"
        for sign in family
    )
    text = "_".join(part for part in plain.split("_") if part)
    return text if text[:1].isalpha() else f"v_{text}"


def _is_target(family: str) -> bool:
    return family.split("_")[0] in ("y", "Y", "t", "T", r"\hat a", r"\hat y", "d", r"\hat Y", "p", "q")


def _scalar_expression(tensor: Tensor, argument: Var) -> sympy.Expr | None:
    """A tensor without axes in one name, as a SymPy expression in x0."""
    known: dict[Tensor, sympy.Expr] = {}
    for node in walk(tensor):
        match node:
            case Var():
                known[node] = slot(0)
            case Const():
                known[node] = node.value
            case Add():
                known[node] = sympy.Add(*(known[arg] for arg in node.args))
            case Contract():
                known[node] = sympy.Mul(*(known[arg] for arg in node.args))
            case Map():
                known[node] = node.expr.xreplace({slot(i): known[arg] for i, arg in enumerate(node.args)})
            case _:
                return None
    return known[tensor]


def sample_cost(cost: str, a: Tensor, y: Tensor) -> Tensor:
    """The cost as a tensor in the outputs and targets, summed over all their entries."""
    first, second = slot(0), slot(1)
    formula = {
        "quadratic": (first - second) ** 2 / 2,
        "squared_error": (first - second) ** 2,
        "cross_entropy": -second * sympy.log(first),
        "binary_cross_entropy": -second * sympy.log(first) - (1 - second) * sympy.log(1 - first),
    }[cost]
    entries = map_(formula, (a, y))
    return contract(((entries, tuple(range(entries.rank))),), (), {})
