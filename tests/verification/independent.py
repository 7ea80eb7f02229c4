r"""Whether a formula is true, by a road that shares nothing with the judge but the parser: numbers only.

    verdict_of(r"\delta^l = a^l", "layers")   ->   "different"

The tree is evaluated entry by entry for all values of its free indices, on a network of `independent_models.py` with
random numbers; every derivative is the difference of two runs (a step of 1e-30 i, so without rounding).  There is no
algebra, no chain rule and no symbol.  Where a page can be read in more than one way (the layout of a Jacobian, which
product binds first, a dot between two columns) all ways are tried, and a formula is "different" only if no way makes it true.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from symback.verification.parser import ParseError, parse
from symback.verification.tree import Tree, operands_of, operators_of
from tests.verification.independent_models import MODELS as LAYER_MODELS
from tests.verification.independent_models import Key, Model
from tests.verification.independent_names import TURNS, Parts, Unknown, kronecker_indices, letter_of, parts_of
from tests.verification.matrix_models import MATRIX_MODELS

__all__ = ["MODELS", "Scene", "Unknown", "Ways", "WrongShape", "equations_of", "value_of", "verdict_of", "verdict_on"]

MODELS = LAYER_MODELS | MATRIX_MODELS
STEP = 1e-30
TOLERANCE = 1e-8  # values are exact to 1e-13 or so; true formulas with cancelling sums lose a few digits more
SEEDS = (11, 12)
_SMOOTH: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    r"\log": np.log, r"\ln": np.log, r"\exp": np.exp, r"\tanh": np.tanh, r"\sin": np.sin, r"\cos": np.cos,
}  # fmt: skip


class WrongShape(Exception):
    """The shapes or the ranges of indices do not fit together."""


@dataclass
class Ways:
    """The way chosen for each question, and the questions that were asked."""

    chosen: dict[str, str]
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def choose(self, question: str, answers: tuple[str, ...]) -> str:
        """The answer in force, the first one where none is."""
        self.asked[question] = answers
        return self.chosen.get(question, answers[0])


@dataclass(frozen=True)
class Scene:
    """A model with its values, the numbers that letters stand for, and the ways of reading."""

    model: Model
    values: dict[Key, np.ndarray]
    numbers: dict[str, int]
    ways: Ways
    is_stepped: bool = False  # a step of a derivative is under way
    memory: dict[object, np.ndarray] = field(default_factory=dict)

    def with_number(self, letter: str, value: int) -> Scene:
        """The same, with one letter bound."""
        return replace(self, numbers={**self.numbers, letter: value})


# --- verdicts -------------------------------------------------------------------------------------------------------------
def verdict_of(latex: str, model: str) -> str:
    """ "equal", "different", "shape" (it cannot be evaluated, for its shapes) or "unknown" (for other reasons).

    >>> verdict_of(r"\\frac{\\partial C}{\\partial b^l} = \\delta^l", "layers")
    'equal'
    """
    try:
        equations = list(equations_of(parse(latex)))
    except (ParseError, Unknown):
        return "unknown"
    found = {verdict_on(equation, MODELS[model]) for equation in equations}
    return next((word for word in ("different", "shape", "unknown", "summed") if word in found), "equal")


def equations_of(tree: Tree) -> Iterator[Tree]:
    """The equations that are printed side by side or below each other."""
    if tree.kind in ("list", "statements", "implication"):
        for operand in operands_of(tree):
            yield from equations_of(operand)
    elif tree.kind == "aligned":
        yield from equations_of(tree.children[0])
    elif tree.kind == "relation" and set(operators_of(tree)) == {"="}:
        yield tree
    else:
        raise Unknown("no equation")


def verdict_on(equation: Tree, build: Callable[[np.random.Generator], Model]) -> str:
    """The verdict on one equation: false if it is false for any numbers."""
    try:
        found = [_verdict_with(equation, build, seed) for seed in SEEDS]
    except Unknown:
        return "unknown"
    return next((word for word in ("different", "shape", "summed") if word in found), "equal")


def _verdict_with(tree: Tree, build: Callable[[np.random.Generator], Model], seed: int) -> str:
    """The verdict on one draw of numbers, over all ways of reading."""
    model = build(np.random.default_rng(seed))
    values = model.run()
    memory: dict[object, np.ndarray] = {}
    tried: set[tuple] = set()
    waiting: list[dict[str, str]] = [{}]
    outcomes = set()
    while waiting:
        chosen = waiting.pop()
        ways = Ways(chosen)
        outcome = _outcome(tree, Scene(model, values, dict(model.numbers), ways, memory=memory))
        if outcome == "equal":
            return "equal"
        outcomes.add(outcome)
        for question, answers in ways.asked.items():
            for answer in answers:
                other = {**{name: chosen.get(name, options[0]) for name, options in ways.asked.items()}, question: answer}
                if (key := tuple(sorted(other.items()))) not in tried:
                    tried.add(key)
                    waiting.append(other)
    if "different" in outcomes:
        try:
            holds = _holds_when_summed(tree, Scene(model, values, dict(model.numbers), Ways({}), memory=memory))
        except WrongShape:
            holds = False
        return "summed" if holds else "different"
    return "shape"


def _holds_when_summed(tree: Tree, scene: Scene) -> bool:
    """Whether left = right holds if the indices that only the right has, and at two factors at least, are summed without a sign."""
    left, right = operands_of(tree)[0], operands_of(tree)[-1]
    if len(operands_of(tree)) != 2 or right.kind != "product":
        return False
    ranges = {letter: _only_size(letter, sizes) for letter, sizes in ranges_of(tree, scene, frozenset()).items()}
    kept = ranges_of(left, scene, frozenset())
    silent = [letter for letter in ranges if letter not in kept]
    factors = [ranges_of(factor, scene, frozenset()) for factor in operands_of(right)]
    if not silent or any(sum(letter in factor for factor in factors) < 2 for letter in silent):
        return False
    for numbers in _assignments(kept, ranges):
        here = replace(scene, numbers={**scene.numbers, **numbers})
        terms = [value_of(right, replace(here, numbers={**here.numbers, **more})) for more in _assignments(silent, ranges)]
        if not _agree(value_of(left, here), np.asarray(sum(terms[1:], terms[0]))):
            return False
    return True


def _assignments(letters: Iterable[str], ranges: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Every way of giving the letters numbers of their ranges."""
    names = list(letters)
    for numbers in itertools.product(*(range(1, ranges[name] + 1) for name in names)):
        yield dict(zip(names, numbers, strict=True))


def _outcome(tree: Tree, scene: Scene) -> str:
    """The verdict in one way of reading."""
    members = operands_of(tree)
    try:
        ranges = {letter: _only_size(letter, sizes) for letter, sizes in ranges_of(tree, scene, frozenset()).items()}
        for numbers in _assignments(ranges, ranges):
            here = replace(scene, numbers={**scene.numbers, **numbers})
            first, *others = [value_of(member, here) for member in members]
            if not all(_agree(first, other) for other in others):
                return "different"
    except WrongShape:
        return "shape"
    return "equal"


def _only_size(letter: str, sizes: set[int]) -> int:
    if len(sizes) > 1:
        raise WrongShape(f"the index {letter} runs over ranges of {sorted(sizes)}")
    if not sizes:
        raise Unknown(f"nothing says how far {letter} runs")
    return next(iter(sizes))


def _agree(left: np.ndarray, right: np.ndarray) -> bool:
    """Equal in value; a number may stand for an array of it."""
    if left.ndim and right.ndim and left.shape != right.shape:
        raise WrongShape(f"{left.shape} and {right.shape} are compared")
    scale = max(float(np.max(np.abs(left))), float(np.max(np.abs(right))), 1e-3)
    difference = float(np.max(np.abs(left - right)))
    if not np.isfinite(scale + difference):
        raise Unknown("a number that is not finite")
    return difference <= TOLERANCE * scale


# --- ranges of indices ------------------------------------------------------------------------------------------------------
def ranges_of(tree: Tree, scene: Scene, bound: frozenset[str]) -> dict[str, set[int]]:
    """The free index letters of a formula, each with the sizes of the axes that it runs over."""
    found: dict[str, set[int]] = {}
    parts = kronecker_indices(tree) or parts_of(tree, scene.model.names)
    if isinstance(parts, tuple):
        pairs: list[tuple[Tree, int | None]] = [(index, None) for index in parts]
    elif parts is not None:
        shape = quantity_of(parts, scene).shape if parts.indices else ()
        if len(parts.indices) > len(shape):
            raise WrongShape("more indices than axes")
        pairs = list(zip(parts.indices, shape, strict=False))
    else:
        inner = bound | ({_sum_letter(tree)} if tree.kind == "large" else frozenset())
        children = tree.children[1:] if tree.kind == "large" else tree.children
        for child in children:
            for letter, sizes in ranges_of(child, scene, inner).items():
                found.setdefault(letter, set()).update(sizes)
        return found
    for index, size in pairs:
        if index.kind == "symbol" and index.text not in scene.numbers and index.text not in bound:
            found.setdefault(index.text, set()).update(() if size is None else (size,))
    return found


def _sum_letter(tree: Tree) -> str:
    """The letter under a sum sign."""
    sign = tree.children[0]
    below = next((script.children[0] for script in sign.children[1:] if script.kind == "subscript"), None)
    if below is None or tree.text != r"\sum":
        raise Unknown("a large sign that is no plain sum")
    letter = below.children[0] if below.kind == "relation" else below
    if letter.kind != "symbol":
        raise Unknown("a sum over no letter")
    return letter.text


# --- names --------------------------------------------------------------------------------------------------------------------
def key_of(parts: Parts, scene: Scene) -> Key:
    """Which quantity of the model it is."""
    key: Key = (parts.named.base, None if parts.stage is None else whole(parts.stage, scene))
    is_known = key in scene.values or (scene.model.gradients.get(key[0], ""), key[1]) in scene.values
    if not is_known:
        raise Unknown(f"the model has no {key}")
    return key


def whole(tree: Tree, scene: Scene) -> int:
    """The whole number that an index, a layer or a bound is."""
    if tree.kind == "number" and tree.text.isdigit():
        return int(tree.text)
    if tree.kind == "symbol" and tree.text in scene.numbers:
        return scene.numbers[tree.text]
    if tree.kind == "group":
        return whole(tree.children[0], scene)
    if tree.kind == "sum":
        total, sign = 0, 1
        for child in tree.children:
            if child.kind == "operator":
                sign = -1 if child.text == "-" else 1
            else:
                total += sign * whole(child, scene)
        return total
    raise Unknown("no whole number")


def quantity_of(parts: Parts, scene: Scene) -> np.ndarray:
    """The array of a name, without its indices."""
    key = key_of(parts, scene)
    if key in scene.values:
        return scene.values[key]
    target = (scene.model.gradients[key[0]], key[1])
    return _gradient(scene, lambda here: here.values[scene.model.cost, None], target, (), ("gradient", target))


def _position(parts: Parts, scene: Scene) -> tuple[int, ...]:
    shape = quantity_of(parts, scene).shape
    position = tuple(whole(index, scene) - 1 for index in parts.indices)
    if len(position) > len(shape) or any(not 0 <= place < size for place, size in zip(position, shape, strict=False)):
        raise WrongShape("an index out of its range")
    return position


def _name(parts: Parts, scene: Scene) -> np.ndarray:
    """The value of a name: an entry, a column, or a matrix, turned and raised as printed."""
    array = quantity_of(parts, scene)[_position(parts, scene)]
    if np.ndim(array) == 1 and len(parts.indices) == 1 and quantity_of(parts, scene).ndim == 2 and parts.named.above != "sample":
        raise WrongShape("a matrix with one index")
    value = _as_matrix(array)
    if parts.turns % 2:
        value = value.T
    return value if parts.power is None else _powered(value, parts.power, scene)


def _as_matrix(array: np.ndarray) -> np.ndarray:
    """A list of numbers is a column."""
    array = np.asarray(array)
    return array[:, None] if array.ndim == 1 else array


# --- values -------------------------------------------------------------------------------------------------------------------
def value_of(tree: Tree, scene: Scene) -> np.ndarray:
    """The value of an expression: a number (no axes) or a matrix (two axes), a column being n × 1."""
    if (indices := kronecker_indices(tree)) is not None:
        return np.asarray(float(whole(indices[0], scene) == whole(indices[1], scene)))
    parts = parts_of(tree, scene.model.names)
    if parts is not None:
        return _name(parts, scene)
    evaluate = _EVALUATORS.get(tree.kind)
    if evaluate is None:
        raise Unknown(f"a {tree.kind}")
    return evaluate(tree, scene)


def _symbol(tree: Tree, scene: Scene) -> np.ndarray:
    if tree.text in scene.numbers:
        return np.asarray(float(scene.numbers[tree.text]))
    raise Unknown(f"the letter {tree.text}")


def _group(tree: Tree, scene: Scene) -> np.ndarray:
    inside = value_of(tree.children[0], scene)
    if tree.text == r"\| \|":
        return np.sqrt(np.sum(inside * inside))
    if tree.text in ("( )", "[ ]", "{ }", r"\{ \}"):
        return inside
    raise Unknown(f"brackets {tree.text}")


def _scripts(tree: Tree, scene: Scene) -> np.ndarray:
    """A power of e, or a bracket that is turned, raised or indexed."""
    base = tree.children[0]
    if base.kind == "symbol" and base.text == "e" and tree.children[1].kind == "superscript" and len(tree.children) == 2:
        return np.exp(value_of(tree.children[1].children[0], scene))
    if base.kind not in ("group", "number", "call", "scripts"):
        raise Unknown("scripts at what is no bracket")
    value = value_of(base, scene)
    for script in tree.children[1:]:
        if script.kind == "superscript" and script.children[0].kind == "symbol" and script.children[0].text in TURNS:
            value = value.T
        elif script.kind == "superscript":
            value = _powered(value, script.children[0], scene)
        else:
            raise Unknown("an index at a bracket")
    return value


def _powered(value: np.ndarray, exponent: Tree, scene: Scene) -> np.ndarray:
    power = value_of(exponent, scene)
    if power.ndim:
        raise WrongShape("an exponent with entries")
    real = float(power.real)
    return value ** int(real) if real.is_integer() and not np.iscomplexobj(power) else np.power(value, power)


def _sum(tree: Tree, scene: Scene) -> np.ndarray:
    total, sign = None, "+"
    for child in tree.children:
        if child.kind == "operator":
            sign = child.text
            continue
        term = value_of(child, scene)
        if sign not in ("+", "-"):
            raise Unknown(f"the sign {sign}")
        if total is None:
            total = term if sign == "+" else -term
        else:
            _check_fit(total, term)
            total = total + term if sign == "+" else total - term
    assert total is not None
    return np.asarray(total)


def _check_fit(left: np.ndarray, right: np.ndarray) -> None:
    """Equal shapes, or one of them a number."""
    if left.ndim and right.ndim and left.shape != right.shape:
        raise WrongShape(f"{left.shape} and {right.shape} side by side")


def _sign(tree: Tree, scene: Scene) -> np.ndarray:
    value = value_of(tree.children[0], scene)
    if tree.text not in ("+", "-"):
        raise Unknown(f"the sign {tree.text}")
    return -value if tree.text == "-" else value


def _fraction(tree: Tree, scene: Scene) -> np.ndarray:
    above, below = (value_of(child, scene) for child in tree.children)
    _check_fit(above, below)
    return np.asarray(above / below)


def _root(tree: Tree, scene: Scene) -> np.ndarray:
    if len(tree.children) > 1:
        raise Unknown("a root with an index")
    return np.sqrt(value_of(tree.children[0], scene))


# --- products -----------------------------------------------------------------------------------------------------------------
def _product(tree: Tree, scene: Scene) -> np.ndarray:
    """Factors from left to right; where signs are mixed, which kind binds first is asked."""
    factors = [value_of(operand, scene) for operand in operands_of(tree)]
    signs = [_kind_of_product(sign) for sign in operators_of(tree)]
    orders: tuple[tuple[str, ...], ...] = (("dot", "entries", "over"),)
    if "dot" in signs and "entries" in signs:
        orders = (("dot", "entries", "over"), ("entries", "dot", "over"), ("all",))
    names = tuple(" ".join(order) for order in orders)
    order = scene.ways.choose("which product binds first", names).split() if len(orders) > 1 else list(orders[0])
    for level in order:
        place = 0
        while place < len(signs):
            if level in ("all", signs[place]):
                factors[place : place + 2] = [_multiplied(factors[place], factors[place + 1], signs.pop(place), scene)]
            else:
                place += 1
    return factors[0]


def _kind_of_product(sign: str) -> str:
    kinds = {"": "dot", r"\cdot": "dot", r"\times": "dot", r"\odot": "entries", "*": "entries", r"\circ": "entries", "/": "over"}
    if sign not in kinds:
        raise Unknown(f"the product {sign}")
    return kinds[sign]


def _multiplied(left: np.ndarray, right: np.ndarray, kind: str, scene: Scene) -> np.ndarray:
    """Matrix product if that fits, entry by entry if only that fits; between two columns it may be the inner product."""
    if not left.ndim or not right.ndim or kind != "dot":
        _check_fit(left, right)
        return np.asarray(left / right if kind == "over" else left * right)
    if left.shape == right.shape and left.shape[1] == 1:
        is_inner = scene.ways.choose("a dot between two columns", ("entries", "inner")) == "inner"
        return np.asarray((left.T @ right)[0, 0]) if is_inner else left * right
    if left.shape[1] == right.shape[0]:
        found = left @ right
        return np.asarray(found[0, 0]) if found.shape == (1, 1) else found
    if left.shape == right.shape:
        return left * right
    raise WrongShape(f"{left.shape} times {right.shape}")


# --- functions ----------------------------------------------------------------------------------------------------------------
def _call(tree: Tree, scene: Scene) -> np.ndarray:
    """σ(z), σ'(z), or a product with a bracket."""
    head, argument = tree.children
    base, scripts = (head.children[0], head.children[1:]) if head.kind == "scripts" else (head, ())
    function = scene.model.functions.get(letter_of(base) or "")
    if function is None:
        return _multiplied(value_of(head, scene), value_of(argument, scene), "dot", scene)
    primes = sum(len(script.text) for script in scripts if script.kind == "prime")
    if primes > 1 or any(script.kind != "prime" for script in scripts):
        raise Unknown("scripts at a function")
    return _applied(function, primes, value_of(argument, scene))


def _applied(function: Callable[[np.ndarray], np.ndarray], primes: int, value: np.ndarray) -> np.ndarray:
    if not primes:
        return np.asarray(function(value))
    if np.iscomplexobj(value):
        raise Unknown("the derivative of a derivative")
    return np.asarray(np.imag(function(value + 1j * STEP)) / STEP)


def _function(tree: Tree, scene: Scene) -> np.ndarray:
    r"""\log x, \tanh^2(x), diag(x)."""
    head, argument = tree.children
    base, scripts = (head.children[0], head.children[1:]) if head.kind == "scripts" else (head, ())
    value = value_of(argument, scene)
    if base.text == r"\operatorname{diag}" and not scripts:
        if value.ndim != 2 or 1 not in value.shape:
            raise WrongShape("diag of what is no row and no column")
        return np.diag(value.ravel())
    if base.text not in _SMOOTH:
        raise Unknown(f"the function {base.text}")
    found = _applied(_SMOOTH[base.text], sum(len(script.text) for script in scripts if script.kind == "prime"), value)
    for script in scripts:
        if script.kind == "superscript":
            found = _powered(found, script.children[0], scene)
    return found


def _large(tree: Tree, scene: Scene) -> np.ndarray:
    r"""\sum over an index, a sample or a time step, as far as is printed, or as far as its axis goes."""
    letter = _sum_letter(tree)
    body = tree.children[1]
    free = {name: size for name, size in scene.numbers.items() if name != letter}
    sizes = ranges_of(body, replace(scene, numbers=free | _stage_default(letter, scene)), frozenset()).get(letter, set())
    start, stop = 1, None
    for script in tree.children[0].children[1:]:
        content = script.children[0]
        if script.kind == "superscript":
            stop = whole(content, scene)
        elif content.kind == "relation" and content.children[1].text == "=" and len(content.children) == 3:
            start = whole(content.children[2], scene)
        elif content.kind == "relation":
            raise Unknown("a condition under a sum")
    if len(sizes) > 1 or (stop is not None and any(size < stop for size in sizes)):
        raise WrongShape(f"the sum over {letter} runs over ranges of {sorted(sizes)}")
    steps = scene.model.numbers.get("T", 3) if letter in scene.model.numbers else 3  # a time step runs as far as there are steps
    last = stop if stop is not None else next(iter(sizes), steps)  # no range at all: three terms of one kind
    terms = [value_of(body, scene.with_number(letter, number)) for number in range(start, last + 1)]
    if len({term.shape for term in terms} - {(), (1, 1)}) > 1:
        raise WrongShape(f"the terms of the sum over {letter} are of different shapes")  # of W^l, a letter of layers
    return np.asarray(sum(terms[1:], terms[0])) if terms else np.asarray(0.0)


def _stage_default(letter: str, scene: Scene) -> dict[str, int]:
    """A time step keeps its value while ranges are looked for; an index has none."""
    return {letter: scene.model.numbers[letter]} if letter in scene.model.numbers else {}


# --- derivatives ----------------------------------------------------------------------------------------------------------------
def _gradient(scene: Scene, body: Callable[[Scene], np.ndarray], key: Key, position: tuple[int, ...], name: object) -> np.ndarray:
    """∂ body / ∂ (each entry of what stands at `position`): the axes of the target first, then those of the body."""
    if scene.is_stepped:
        raise Unknown("the derivative of a derivative")
    memory_key = (name, key, position, tuple(sorted(scene.numbers.items())))
    if memory_key in scene.memory:
        return scene.memory[memory_key]
    if key not in scene.values:
        raise Unknown("a derivative by a gradient")
    target = scene.values[key]
    entries = []
    for place in np.ndindex(target[position].shape):
        moved = target.astype(complex)
        moved[position + place] += 1j * STEP
        here = replace(scene, values=scene.model.run(key, moved), is_stepped=True, memory={})
        entries.append(np.imag(body(here)) / STEP)
    found = np.array(entries).reshape(target[position].shape + np.shape(entries[0]))
    scene.memory[memory_key] = found
    return found


def _derived(body: Tree, by: Tree, scene: Scene) -> np.ndarray:
    """The derivative as it is printed: in the shape of the variable, or a Jacobian."""
    parts = parts_of(by, scene.model.names)
    if parts is None or parts.turns or parts.power is not None:
        raise Unknown("a derivative by what is no name")
    if body.kind == "empty":
        raise Unknown("a derivative of nothing")
    position = _position(parts, scene)
    rank = quantity_of(parts, scene).ndim - len(position)
    found = _gradient(scene, lambda here: value_of(body, here), key_of(parts, scene), position, (body, tuple(scene.ways.chosen.items())))
    if found.ndim == rank:  # the derivative of a number
        return _as_matrix(found)
    if rank == 0:
        return found
    if rank == 1 and found.shape[2] == 1:
        is_numerator = scene.ways.choose("the layout of a Jacobian", ("numerator", "denominator")) == "numerator"
        return found[:, :, 0].T if is_numerator else found[:, :, 0]
    raise Unknown("a derivative with more than two axes")


def _derivative(tree: Tree, scene: Scene) -> np.ndarray:
    if len(tree.children) != 3 or tree.children[0].kind != "symbol":
        raise Unknown("a higher derivative")
    return _derived(tree.children[1], tree.children[2], scene)


def _nabla(tree: Tree, scene: Scene) -> np.ndarray:
    r"""\nabla_W C and \frac{\partial}{\partial x} (...)."""
    operator, body = tree.children
    if tree.text == "derivative" and operator.kind == "derivative" and len(operator.children) == 3:
        return _derived(body, operator.children[2], scene)
    if tree.text == r"\nabla" and operator.kind == "scripts" and operator.children[1].kind == "subscript":
        return _derived(body, operator.children[1].children[0], scene)
    raise Unknown(f"the operator {tree.text}")


_EVALUATORS: dict[str, Callable[[Tree, Scene], np.ndarray]] = {
    "symbol": _symbol,
    "number": lambda tree, scene: np.asarray(float(tree.text)),
    "group": _group,
    "scripts": _scripts,
    "sum": _sum,
    "sign": _sign,
    "fraction": _fraction,
    "root": _root,
    "product": _product,
    "call": _call,
    "function": _function,
    "large": _large,
    "derivative": _derivative,
    "applied": _nabla,
}
