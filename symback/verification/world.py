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

from collections.abc import Iterable

import sympy

from symback.calculus.chain_rule import chain_rule
from symback.language.expressions import (
    Axis,
    Equation,
    Tensor,
    Unspecified,
    Var,
    const,
    contract,
    leaves,
    var,
)
from symback.language.functions import ScalarFunction, scalar_function
from symback.language.names import Name
from symback.verification.choices import Choices
from symback.verification.definitions import FUNCTION_HEADS, Definition, Function, is_repeated
from symback.verification.meaning import COL, ROW, Mismatch, Unread, Unspread, Untyped, Value, scalar_expression
from symback.verification.mentions import SAMPLE_COUNTS, Mention, letter_of, names_in
from symback.verification.place import Place, read
from symback.verification.reading_calls import ACTIVATIONS
from symback.verification.reading_names import axes_of_indices
from symback.verification.recurrence import copy_of, cost_of_sequence, states_of
from symback.verification.sheet import WEIGHTS, Edition, Sheet, letter_without_hat
from symback.verification.sizes import Sizes
from symback.verification.tree import walk as walk_tree
from symback.verification.window import Assumed, Counted, Retyped, Window, is_hidden
from symback.verification.world_costs import cost_of, facts_of, last_number
from symback.verification.world_gradients import axes_in, error_of, gradient_definition, names_gradient
from symback.verification.world_links import check_declared_sizes, declared_sizes, linked

__all__ = ["World"]

ANY = Axis(sympy.Symbol("n", integer=True, positive=True), "sample")
MOST_RESTARTS = 200
RESTATED = 10  # formulas between an equation in indices and the same one in matrices


class World:
    """The equations of a window of stages, their cost, and every derivative in them."""

    cost_family: str
    has_one_end: bool
    losses: dict[int, Var]
    total: Var

    def __init__(
        self, sheet: Sheet, edition: Edition, window: Window, assumed: Assumed, about: frozenset = frozenset(), is_uniform: bool = False,
        sizes: Sizes | None = None, preset: dict[str, Axis] | None = None, start: Sizes | None = None,
        broken: Iterable[Definition] = (), first_fresh: int | None = None, is_numbered: bool = False,
    ):  # fmt: skip
        self.preset = preset or {}
        self.sheet, self.edition, self.window, self.assumed, self.about = sheet, edition, window, assumed, about
        self.lexicon = sheet.lexicon
        self.sizes = (start or sizes or sheet.sizes).copy()
        # another world's axes without a name are not those of this one, but those of the world that this one refines are
        self.first_fresh = self.sizes.most_fresh() if first_fresh is None else first_fresh
        self.is_uniform, self.is_numbered = is_uniform, is_numbered
        self.broken, self._turned = set(broken), set[str]()
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
            except Counted as found:
                self.preset = {**self.preset, found.letter: found.axis}

    # Building

    def _build(self) -> None:
        self.memory: dict = {}
        self.cost_family = ""
        self.is_built = False  # the types of names are not settled, so that a claim may change them
        self.values: dict[tuple[str, int | None], Value] = {}
        self.equations: list[Equation] = []
        self.counts: dict[str, Axis] = {letter: self.sizes.renewed(axis) for letter, axis in self.preset.items()}
        self.fresh = self.first_fresh
        self.known_sizes: dict[sympy.Symbol, tuple[int, ...]] = {}
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
        check_declared_sizes(self)
        self.equations = linked(self)
        self.further: list[Equation] = []
        self.unknown_states = {
            letter_without_hat(family) for family in states_of(self.edition.definitions, self.lexicon) - self._patterns.keys()
        }
        self.cost, self.facts = (cost_of_sequence(self), facts_of(self)) if self.window.is_clock else cost_of(self)
        self.equations.append(Equation(self.cost.symbol, self.cost.definition, "cost"))
        self.forward[self.cost.symbol] = self.cost.definition
        self._sweep()

    def _pattern(self, family: str, stage: int | None) -> tuple[Definition, dict[str, int]] | None:
        """The definition of a family that fits a stage, and what its stage letter stands for there."""
        bases = dict(self.window.bases)
        found: tuple[Definition, dict[str, int]] | None = None
        of: str | None = None  # the stage letter of what was found: "" of a numbered layer
        likely = self._likely_number(family, stage) if stage is not None and "" not in bases else None
        for definition in self._patterns.get(family, ()):
            if definition.name.stage is None:
                if stage is None:
                    return definition, self._with_number_of_end(bases, definition)
                continue
            if stage is None:
                continue
            letter, shift = definition.name.stage
            if letter == "":
                if bases.get("") is not None and shift + bases[""] == stage:
                    return definition, bases
                if bases.get("") is None and (found is None or (of == "" and shift == likely)):
                    found, of = (definition, {**bases, "": stage - shift}), letter
            elif letter.isupper() and letter != letter.lower():
                at_end = self.window.is_output and stage - shift == self.window.last
                if at_end or not of:
                    found, of = (definition, {**bases, letter: stage - shift}), letter
                if at_end:
                    return found
            elif not of or of.isupper():
                found, of = (definition, {**bases, letter: stage - shift}), letter
        return None if found is not None and self._is_input(stage, found[0]) else found

    def _likely_number(self, family: str, stage: int) -> int | None:
        """Which of the numbered layers of a page speaks for a stage: counted from the last, or a hidden one.

        Of Z^1 = X W^1 and Z^2 = A^1 W^2 it is the second that speaks for layers of any number: it stands on a layer.
        """
        definitions = [d for d in self._patterns.get(family, ()) if d.name.stage is not None and d.name.stage[0] == ""]
        numbers = sorted({d.name.stage[1] for d in definitions if d.name.stage is not None})
        if not numbers:
            return None
        standing = sorted(d.name.stage[1] for d in definitions if d.name.stage is not None and self._stands_on_layer(d))
        counted = numbers[-1] - (self.window.last - stage)
        return counted if self.window.is_output and counted >= numbers[0] else (standing or numbers)[0]

    def _stands_on_layer(self, definition: Definition) -> bool:
        """Whether a numbered equation is made of the layer before."""
        own = definition.name.stage[1] if definition.name.stage is not None else 0
        return any(self.lexicon.mention(name).stage == ("", own - 1) for _, name in names_in(definition.body))

    def _with_number_of_end(self, bases: dict[str, int], definition: Definition) -> dict[str, int]:
        """C_s = ½ Σ (A^2_{sj} - Y_{sj})²: what speaks of no layer beyond a numbered one tells which number L is."""
        is_cost = definition.name.family.removesuffix(" each") in self.lexicon.losses
        last = last_number(self, definition) if is_cost and self.window.is_output and "" not in bases and bases else None
        return bases if last is None else {**bases, "": self.window.last - last}

    def _is_input(self, stage: int | None, definition: Definition) -> bool:
        """Whether a rule for any layer l says nothing of a numbered stage, because a^0 is what the first layer is given."""
        is_rule = definition.name.stage is not None and definition.name.stage[0] != ""
        return is_rule and stage is not None and stage <= 0 and dict(self.window.bases).get("") == 0 and self.sheet.begins_at_one

    def whole(self, family: str, stage: int | None, count: int = 0, place: Place | None = None, step: int | None = None) -> Value:
        """A quantity with all its axes; `step` if it is a derivative of the loss of one step."""
        if step is not None:
            found = gradient_definition(self, family, stage, step, place)
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
        gradient = gradient_definition(self, family, stage, None, place)
        if gradient is not None:
            return gradient
        if self.is_built and ("reading", family, stage) not in self.memory and names_gradient(self, family, stage):
            raise Unread(f"the derivative that {family} stands for is not known here")
        if family in (r"\delta", r"\Delta") and (stage is not None or family in self.sheet.staged):
            for letter in dict.fromkeys((*self.sheet.weighted_inputs, "net", "s", "u")):
                if (letter, stage) in self.values:
                    return error_of(self, family, self.values[letter, stage])
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
        symbol = var(Name(letter_without_hat(family), stage), value.tensor.axes)
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
        if definition.role == "forward" and any(label.startswith("axis ") for label in found.labels):
            raise Untyped("an array of several axes without its indices")
        extra = [label for label in found.labels if label not in sides and is_hidden(label)]
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
        found = Value(var(Name(letter_without_hat(family), stage), axes), labels)
        self.values[family, stage] = found
        return found

    def _axis(self, family: str, position: int, stage: int | None, is_sample: bool = False) -> Axis:
        if self.is_uniform:
            return ANY
        if is_sample:
            self.sizes.samples.add(self.sizes.root(("flat", "samples"))[0])
            return self.sizes.axis(("flat", "samples"), None)
        is_flat = stage is None or (bool(self.lexicon.times) and not self._counts_layers(family))
        if self.is_numbered and not is_flat:
            return self.sizes.axis(("flat", family, position, stage), None)
        return self.sizes.axis(("flat" if is_flat else "stage", family, position), None if is_flat else stage)

    def _counts_layers(self, family: str) -> bool:
        return any(pattern.name.stage and pattern.name.stage[0] in ("l", "L") for pattern in self._patterns.get(family, ()))

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
        weights = [value for (family, _), value in self.values.items() if family.split("_")[0] in WEIGHTS and family not in self._patterns]
        return any(axis in value.tensor.axes for value in weights)

    def is_of_inputs(self, axis: Axis) -> bool:
        """Whether an axis is one of the inputs X: in X M + b the rows of X are samples, whatever the letter of M is."""
        return not self.is_uniform and any(family == "X" and axis in value.tensor.axes for (family, _), value in self.values.items())

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
            self.memory[key] = self._refined(self.sizes, counted)
        return self.memory[key]

    def _refined(self, sizes: Sizes, preset: dict[str, Axis]) -> World:
        """The same world with more known of its sizes; its axes without names keep their numbers."""
        return World(
            self.sheet, self.edition, self.window, self.assumed, self.about, sizes=sizes, preset=preset, broken=self.broken,
            first_fresh=self.first_fresh, is_numbered=self.is_numbered,
        )  # fmt: skip

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
        if letter not in self.counts and self.is_built and (letter, None) in self.values and not self.defines(letter):
            raise Counted(letter, axis)
        self.counts[letter] = axis

    def know_size(self, axis: Axis, terms: int) -> None:
        """The page writes out how many there are, \\sum_{k=1}^{3}; where layers have letters, that is an example."""
        if terms < 1 or (self.sheet.staged and "" not in dict(self.window.bases)) or not axis.size.is_Symbol:
            return
        known = self.known_sizes.get(axis.size, ())
        self.known_sizes[axis.size] = known if terms in known else (*known, terms)

    def counted(self, letter: str) -> sympy.Expr | None:
        """The size that a letter stands for."""
        if letter in self.counts:
            return self.counts[letter].size
        for size, axis in declared_sizes(self) if not self.is_uniform and letter not in self._patterns else ():
            if size == letter:
                return axis.size
        if letter in SAMPLE_COUNTS and not self.defines(letter):
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
        if any(node.kind == "large" or (node.kind == "matrix" and node.text != "cases") for node in walk_tree(function.body)):
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
        expr = scalar_expression(found.tensor, argument)
        return None if expr is None else scalar_function(letter_without_hat(function.letter), expr)

    def activation(self, letter: str) -> type[ScalarFunction] | None:
        """What is assumed of σ; None for softmax."""
        if self.assumed.activation == "softmax" or letter in self.sheet.softmax_letters:
            return None
        return scalar_function(letter_without_hat(letter), ACTIVATIONS.get(self.assumed.activation or "unspecified"))

    # The cost and its derivatives

    def _sweep(self) -> None:
        inputs = [value.tensor for value in self.values.values() if isinstance(value.tensor, Var) and value.tensor not in self.forward]
        self.swept = chain_rule(self.equations, dict.fromkeys(inputs), ((self.cost.symbol, const(1)),))
        self.cotangents: dict[Var, Var] = {found.target: found.symbol for found in self.swept}
        self.is_built = True
        self.definitions = {**self.forward, **{found.symbol: found.total for found in self.swept}}

    def cost_value(self, root: Var | None = None) -> Value:
        """C itself, or the loss `root`."""
        if root is not None:
            return Value(root)
        if not self.is_built:
            raise Unread("the cost within a definition")
        return Value(self.cost.symbol)

    def loss_of_step(self, stage: int) -> Var:
        """The loss of one step."""
        found = getattr(self, "losses", {}).get(stage)
        if found is None:
            raise Unread("the loss of a step that is not built")
        return found

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

    def has_alias(self, mention: Mention) -> bool:
        """X without a layer, where it is what the first layer is given."""
        is_plain = mention.stage is None and mention.sample is None and mention.power is None
        return is_plain and mention.family in ("X", "x") and self._alias(mention.family, None) is not None

    def is_parameter(self, of: Value) -> bool:
        """Whether it is the same for all samples."""
        return not any(axis.kind == "sample" for axis in of.tensor.axes)

    def with_equal(self, left: Axis, right: Axis) -> World:
        """The same world where two axes are equally long, if no definition says what one of them is; else `Mismatch`."""
        key = ("equal", left, right)
        if key not in self.memory:
            settled = {axis.size for equation in self.equations[:-1] for axis in axes_in(equation)}
            if left.size in settled and right.size in settled:
                raise Untyped(f"sizes {left.size} and {right.size} stand at the same place")
            sizes = self.sizes.copy()
            if not sizes.merge(left, right):
                raise Untyped(f"sizes {left.size} and {right.size} stand at the same place")
            self.memory[key] = self._refined(sizes, self.preset)
        return self.memory[key]

    def with_samples(self, axis: Axis) -> World:
        """The same world where an axis runs over samples, so that a vector is repeated along it."""
        key = ("samples", axis)
        if key not in self.memory:
            sizes = self.sizes.copy()
            if not sizes.mark_samples(axis):
                raise Unspread(axis)
            self.memory[key] = self._refined(sizes, self.preset)
        return self.memory[key]
