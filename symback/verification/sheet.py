r"""A document's definitions, and what they say about the types of names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from symback.verification.definitions import FUNCTION_HEADS, Definition, Function, arguments_of_activations
from symback.verification.differentials import begins_with_differential
from symback.verification.meaning import COL, ROW
from symback.verification.mentions import Lexicon, is_any_of, letter_of, names_in, printed_name
from symback.verification.recurrence import losses_under_sums, shared_families
from symback.verification.shapes import declared_shapes
from symback.verification.sizes import Sizes, lower_bounds
from symback.verification.tree import Tree, operands_of
from symback.verification.tree import walk as walk_tree
from symback.verification.window import Window, sides_of

if TYPE_CHECKING:
    from symback.verification.world import World

__all__ = ["Edition", "SHAPES", "Sheet", "WEIGHTS", "letter_without_hat"]

SHAPES: dict[str, tuple[str, ...]] = {"scalar": (), "column": (ROW,), "row": (COL,), "matrix": (ROW, COL)}
LATER = 80  # formulas: how far ahead what a name is may be said
Stated = TypeVar("Stated", Definition, Function)
SMALL_GREEK_SCALARS = frozenset(
    [r"\eta", r"\alpha", r"\lambda", r"\epsilon", r"\varepsilon", r"\mu", r"\sigma", r"\gamma", r"\beta", r"\tau", r"\rho"]
)
NEVER_OFTEN_STAGED = frozenset(["x", "X", "y", "Y", "t", r"\hat y", r"\hat Y"])  # a layer at one of them is a slip, unless it is the rule
WEIGHTS = frozenset(["W", "U", "V", r"\Theta"])
OFTEN = 0.7  # of the places of a name: so often one index is no matter of leaving out another


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
        self.transposed: set[str] = set()
        self.multiplied: set[str] = set()  # letters in capitals beside others: the B of A B counts nothing
        self.under_roots: set[str] = set()
        self.types: dict[str, tuple[str, ...]] = {}
        self.sizes = Sizes()
        self.widest = Window()
        self.sizes_of: dict[tuple[Edition, bool], Sizes] = {}
        self.samples_of: dict[tuple[Edition, bool], dict[str, tuple]] = {}
        self.dropped: set[Definition] = set()
        self.is_scalar = False
        self.unit_sums: set[str] = set()
        self.differentials: dict[str, str] = {}
        self.columns: dict[int, tuple[str, int]] = {}
        self.outputs: frozenset[str] = frozenset()
        self.softmax_letters: frozenset[str] = frozenset()
        self.is_implicit = False
        self.constants = _constants([*self.definitions, *self.functions])
        self.has_circle_number = _has_circle_number(trees, self.definitions)
        self.has_begun_numbers = any(node.kind == "begun" for tree in trees for node in walk_tree(tree))
        self.first_matrix = 0  # the first formula in which layers have more than one neuron
        self.holds_the_others = False  # in the factors of chain rules
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
        self.counts_with_d = any("d" in shape for shape in self.shapes.values()) and not any(
            node.kind == "relation" and begins_with_differential(node.children[0]) for tree in trees for node in walk_tree(tree)
        )
        self.shared = shared_families(self.definitions, lexicon) if lexicon.is_recurrent else set()
        named = {d.name.family for d in self.definitions if d.name.stage is not None}
        self.stageless = named - self.staged if lexicon.is_recurrent else set()  # a_f, which is that of step t and says so nowhere
        mentions = [lexicon.mention(name) for tree in trees for _, name in names_in(tree)]
        rates = {mention.family for mention in mentions if mention.stage is None and mention.family in SMALL_GREEK_SCALARS} - named
        self.staged = (self.staged | named) - self.shared - (rates if lexicon.times else set())
        self.begins_at_one = not lexicon.times and any(self._is_of_layer_below(definition) for definition in self.definitions)
        self.weighted_inputs = self._weighted_inputs()
        self.losses_under_sums = losses_under_sums(self.definitions, lexicon)
        self.has_step_losses = bool(self.losses_under_sums) or any(
            mention.family in lexicon.losses and mention.stage is not None for mention in mentions
        )

    def _weighted_inputs(self) -> tuple[str, ...]:
        r"""Letters of what the activations are taken of, which errors are derivatives by: z and Z, and the u of a = \sigma(u)."""
        own = arguments_of_activations(self.definitions, self.lexicon)
        return tuple(dict.fromkeys(("z", "Z", *sorted(own & self.staged, key=lambda family: (family[:1].isupper(), family)))))

    def is_numbered(self, window: Window, edition: Edition) -> bool:
        """Whether every layer has its own equations and its own size: z^1 = …, z^2 = …, and none for any layer l."""
        stages = [definition.name.stage for definition in edition.definitions if definition.role == "forward"]
        is_counted = dict(window.bases).get("") == 0 and not self.lexicon.times
        return is_counted and any(stages) and all(stage is None or stage[0] == "" for stage in stages)

    def has_own(self, letter: str) -> bool:
        r"""Whether a letter is a quantity by itself, as in \delta = ∂C/∂z: then \delta x is a product, and no name of ∂C/∂x.

        So is the d of X \in \mathbb R^{n \times d} on a page of which no line begins with a dX.
        """
        if letter == "d" and self.counts_with_d:
            return True
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
            self.multiplied |= self._multiplied(tree)
            for _, name in names_in(tree):
                mention = self.lexicon.mention(name)
                if mention.stage is not None:
                    staged[mention.family] += 1
                elif mention.family in NEVER_OFTEN_STAGED:
                    staged[mention.family] -= 1
                if mention.sample is not None:
                    self.with_samples.add(mention.family)
                is_kronecker = mention.family == r"\delta" and mention.stage is None and len(mention.indices) == 2
                if mention.indices and not is_kronecker:
                    counts.setdefault(mention.family, Counter())[len(mention.indices)] += 1
                else:
                    self.bare.add(mention.family)
                if mention.is_transposed:
                    self.transposed.add(mention.family)
                if name.letter.lstrip("\\")[:1].isupper():
                    self.printed_capital.add(mention.family)
        self.staged = {family for family, count in staged.items() if count > 0}
        self.under_roots = self._under_roots(trees)
        self.ranks = self._ranks(counts)
        self.vectors = self._vectors(trees)
        self.ranks |= dict.fromkeys(self.vectors, 1)
        for definition in self.definitions:
            if definition.name.family.endswith("^2"):
                self.squares.add(definition.name.family.removesuffix("^2"))

    def _multiplied(self, tree: Tree) -> set[str]:
        """Letters in capitals that stand beside others, not below a line, where N K counts the entries of an array."""
        if tree.kind in ("derivative", "root", "large"):
            return set()
        inside = tree.children[:1] if tree.kind == "fraction" else tree.children
        found = {family for child in inside for family in self._multiplied(child)}
        if tree.kind == "product":
            names = [name for part in operands_of(tree) if (name := printed_name(part)) is not None and name.letter[:1].isupper()]
            families = {self.lexicon.mention(name).family for name in names if name.letter not in self.lexicon.losses}
            found |= families if len(families) > 1 else set()
        return found

    def _under_roots(self, trees: Sequence[Tree]) -> set[str]:
        r"""The d of Q K^T / \sqrt{d}, which stands under roots and nowhere else: a size, and no vector."""
        roots = [node.children[0] for tree in trees for node in walk_tree(tree) if node.kind == "root" and len(node.children) == 1]
        inside = Counter(self.lexicon.mention(name).family for root in roots if (name := printed_name(root)) is not None)
        everywhere = Counter(self.lexicon.mention(name).family for tree in trees for _, name in names_in(tree))
        return {family for family, count in inside.items() if count == everywhere[family]}

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
        """How many indices a name has: those of the equations or of its entries, else of most places (t_c of one sample, t_{ic} of all)."""
        forward = [definition for definition in self.definitions if definition.role == "forward"]
        inside = {self.lexicon.mention(name).family for definition in forward for _, name in names_in(definition.body)}
        inside |= {definition.name.family for definition in forward if len(definition.labels) != 1}
        inside |= set(self.lexicon.merged.values()) - WEIGHTS  # T_i is a row of T, whose entries are the t_{ik}
        of_entries = {definition.name.family for definition in forward if len(definition.labels) == 1}
        inside -= {family for family in of_entries & counts.keys() if counts[family][1] >= OFTEN * sum(counts[family].values())}
        return {
            family: max(found) if family in inside else max(found, key=lambda rank: (found[rank], rank)) for family, found in counts.items()
        }

    def edition(self, order: int, reach: int | None = None, fitting: frozenset[tuple[str, int]] = frozenset()) -> Edition:
        """For each name the last definition before `order`, else the first after it; only those within `reach` formulas if given.

        Of the equations only those that are `fitting`, if any are: they were chosen for the claim.
        """
        chosen: dict[tuple, Definition] = {}
        column = self.columns.get(order)
        for definition in self.definitions:
            is_left_out = bool(fitting) and definition.role == "forward" and (definition.name.family, definition.order) not in fitting
            if (
                is_left_out
                or self._is_of_single_neurons(definition, order)
                or definition in self.dropped
                or definition.order > order + LATER
                or (reach is not None and definition.order >= 0 and abs(definition.order - order) > reach)
            ):
                continue
            key: tuple = (definition.name.family, self._counted_by(definition), definition.role == "cost")
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
        parts = (
            tuple(map(self._first_like, chosen.values())),
            tuple(map(self._first_like, functions.values())),
            tuple(map(self._first_like, costs)),
        )
        return self.editions.setdefault(parts, Edition(*parts))

    def _is_of_single_neurons(self, definition: Definition, order: int) -> bool:
        """z = w a + b before any matrix, of which a formula after the first one does not speak if z or Z is stated anew there."""
        if not definition.order < self.first_matrix <= order or definition.role != "forward" or definition.order < 0:
            return False
        families = {definition.name.family, definition.name.family.swapcase()}
        later = (other for other in self.definitions if other.role == "forward" and other.order >= self.first_matrix)
        return any(other.name.family in families for other in later)

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
        if letter in SMALL_GREEK_SCALARS or family in self.under_roots:
            return ("scalar", "column", "row", "matrix")
        if letter in WEIGHTS:
            is_small = letter == "W" and family not in self.printed_capital and family not in self.staged
            return ("column", "matrix", "scalar", "row") if is_small else ("matrix", "column", "scalar", "row")
        is_matrix = family in self.transposed or family in self.multiplied  # the K of Q K^T counts nothing
        is_number = letter in ("N", "M", "K", "D", "T", "B") and not is_matrix
        if letter.lstrip("\\")[:1].isupper() and letter not in self.lexicon.losses and not is_number:
            return ("column", "matrix", "scalar", "row") if is_in_time else ("matrix", "column", "row", "scalar")
        if letter.lstrip("\\")[:1].isupper() or letter in ("n", "m") or letter in self.lexicon.losses:
            return ("scalar", "matrix", "column", "row")
        return ("column", "scalar", "row", "matrix")


def _has_circle_number(trees: Sequence[Tree], definitions: Sequence[Definition]) -> bool:
    r"""Whether \pi is 3.14…: it stands bare wherever it stands, is defined nowhere, applied to nothing and derived by nowhere."""
    nodes = [node for tree in trees for node in walk_tree(tree)]
    heads = [child for node in nodes if node.kind == "call" for child in node.children[:1]]
    below = [inner for node in nodes if node.kind == "derivative" for child in node.children[2:] for inner in walk_tree(child)]
    scripted = [node.children[0] for node in nodes if node.kind == "scripts"]
    is_other = any(letter_of(node) == r"\pi" for node in (*heads, *below, *scripted))
    is_used = any(letter_of(node) == r"\pi" for node in nodes)
    return is_used and not is_other and not any(definition.name.family == r"\pi" for definition in definitions)


def _constants(stated: Iterable[Definition | Function]) -> frozenset[str]:
    """The decimals of which equations and functions are made, beside their names."""
    bodies = [found.body for found in stated if any(True for _ in names_in(found.body))]
    return frozenset(node.text for body in bodies for node in walk_tree(body) if node.kind == "number" and "." in node.text)


def _most_indices(tree: Tree, family: str, lexicon: Lexicon) -> int:
    """The most indices that a name has in a formula."""
    mentions = (lexicon.mention(name) for _, name in names_in(tree))
    return max((len(mention.indices) for mention in mentions if mention.family == family), default=0)


def _multiplies_arrays(node: Tree) -> bool:
    r"""Signs of programs, u * v and np.dot(u, v), and u \times v: there a vector may be repeated beside a matrix."""
    if node.kind == "word" and node.text in ("np", "sum"):
        return True
    return node.kind == "operator" and node.text in ("*", r"\times", r"\ast", ".*")


def letter_without_hat(family: str) -> str:
    """A family as the letter of a `Name`: letters, digits and underscores only."""
    plain = "".join(
        sign if sign.isalnum() and sign.isascii() else f"_{ord(sign):x}_" if not sign.isspace() and sign not in "\\_{}" else "_"
        for sign in family
    )
    text = "_".join(part for part in plain.split("_") if part)
    return text if text[:1].isalpha() else f"v_{text}"
