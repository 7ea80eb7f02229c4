"""The textbook in numbers: what symback computes, against three roads of plain NumPy, on random networks.

    symback             ∂C/∂W and ∂C/∂b by the lambdified functions, averaged over a batch;  δ and ∂C/∂a, which a gradient
                        function keeps to itself, by evaluating the derived formulas with the samples as rows
    NumPy by hand       equations (1)-(6) typed in, sample by sample
    complex step        of the cost typed in: nudge an entry of W, b, z or a, and look at what the cost does
    central difference  the same with a finite step

A trial draws depth, widths, batch size, one activation a layer, a cost, and all numbers.  A deviation is the largest
difference of two arrays relative to their largest entry, so it does not depend on the units of the cost.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from symback.language.expressions import Var
from symback.language.names import Name
from symback.network import Dense, Network
from symback.numerics import lambdify
from symback.numerics.evaluate import Setting, evaluate, evaluate_equations
from symback.pipeline import Derivation, derive
from symback.verification import textbook_numpy as by_hand

__all__ = ["LEAST", "ROADS", "TOLERANCES", "Measured", "Trial", "measure", "random_trial"]

ROADS = ("NumPy by hand", "complex step", "central difference")
TOLERANCES: Mapping[str, float] = {
    "NumPy by hand": 1e-10,  # the same sums in another order; up to six layers of cancelling products lose a few digits of sixteen
    "complex step": 1e-10,  # nothing is subtracted, so it is as exact as the hand-written gradient
    "central difference": 1e-6,  # h⁴ of truncation and 1e-16/h of rounding at h = 1e-3, divided by a gradient that may be small
}
DEEPEST, WIDEST, LARGEST_BATCH = 5, 5, 4
CHAIN = (1, 1, 1, 1)
LEAST = 5


@dataclass(frozen=True)
class Trial:
    """A network with numbers: parameters, a batch of inputs and of targets."""

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    cost: str
    parameters: tuple[tuple[np.ndarray, np.ndarray], ...]
    x: np.ndarray
    y: np.ndarray

    @property
    def network(self) -> Network:
        """The network of this trial, as symback is given it."""
        layers = [Dense(size, activation) for size, activation in zip(self.sizes[1:], self.activations, strict=True)]
        return Network(self.sizes[0], layers, self.cost)


@dataclass(frozen=True)
class Measured:
    """The largest deviation of symback from each road, and in how many trials the equation occurred."""

    deviations: Mapping[str, float]
    trials: int


@dataclass(frozen=True)
class Compared:
    """One quantity of one trial: which equation gives it, its value by symback and by hand, and the cost as a function of it."""

    number: str
    derived: np.ndarray
    hand: np.ndarray
    cost: Callable[[np.ndarray], np.ndarray]
    at: np.ndarray


def measure(trials: int, seed: int) -> dict[str, Measured]:
    """The deviations by the number of the equation; LEAST trials, one of each kind, are enough to meet them all."""
    worst: dict[str, dict[str, float]] = {}
    counts: dict[str, int] = {}
    for index in range(trials):
        occurred = set()
        for compared in quantities_of(random_trial(index, seed)):
            deviations = _deviations(compared)
            known = worst.setdefault(compared.number, dict.fromkeys(ROADS, 0.0))
            known.update({road: max(known[road], deviations[road]) for road in ROADS})
            occurred.add(compared.number)
        counts.update({number: counts.get(number, 0) + 1 for number in occurred})
    return {number: Measured(worst[number], counts[number]) for number in worst}


@dataclass(frozen=True)
class Kind:
    """What is not left to chance in a trial: the cost, and the least depth and batch."""

    cost: str
    depth: int
    batch: int


KINDS = (Kind("squared_error", 2, 2), Kind("quadratic", 2, 2), Kind("squared_error", 1, 1), Kind("quadratic", 1, 1))


def random_trial(index: int, seed: int) -> Trial:
    """The trial of that number: every fifth is a chain of single neurons with one sample, the others are of four kinds."""
    generator = np.random.default_rng([seed, index])
    is_chain = index % 5 == 4
    kind = KINDS[0] if is_chain else KINDS[index % 5]
    depth = len(CHAIN) - 1 if is_chain else int(generator.integers(kind.depth, DEEPEST + 1))
    batch = 1 if is_chain else int(generator.integers(kind.batch, LARGEST_BATCH + 1))
    sizes = CHAIN if is_chain else tuple(int(size) for size in generator.integers(1, WIDEST + 1, depth + 1))
    activations = tuple(str(name) for name in generator.choice(list(by_hand.ACTIVATIONS), depth))
    parameters = tuple(
        (generator.normal(size=(n, m)) / np.sqrt(m), generator.normal(size=n) / 2) for m, n in zip(sizes[:-1], sizes[1:], strict=True)
    )
    return Trial(sizes, activations, kind.cost, parameters, generator.normal(size=(batch, sizes[0])), generator.normal(size=(batch, sizes[-1])))


def quantities_of(trial: Trial) -> Iterator[Compared]:
    """Everything that the equations give in a trial: each δ, ∂C/∂a, ∂C/∂W and ∂C/∂b of each layer."""
    derivation = derive(trial.network, batch=True)
    cost, gradients = lambdify(derivation)([*trial.parameters], trial.x, trial.y)
    pages = [by_hand.backpropagate(trial.parameters, trial.activations, trial.cost, x, y) for x, y in zip(trial.x, trial.y, strict=True)]
    rows = _values_of_formulas(derivation, trial)
    depth = len(trial.parameters)
    for layer in range(depth, 0, -1):
        is_output = layer == depth
        numbers = (_ERRORS[trial.cost], "(2)", "(3)") if is_output else ("(4)", "(5)", "(6)")
        yield _of_rows(numbers[0], rows[Name("Delta", layer)], [page.delta[layer] for page in pages], trial, "z", layer)
        yield _of_rows("∂a", rows[Name("A", layer - 1).gradient], [page.grad_a[layer - 1] for page in pages], trial, "a", layer - 1)
        grad_W, grad_b = gradients[layer - 1]
        for number, derived, kind in ((numbers[1], grad_b, "b"), (numbers[2], grad_W, "W")):
            averaged = by_hand.average([getattr(page, f"grad_{kind}")[layer] for page in pages])
            yield _of_parameter(number, derived, averaged, trial, kind, layer)
            if len(pages) > 1:
                yield _of_parameter(f"mean {kind}", derived, averaged, trial, kind, layer)
    if trial.sizes == CHAIN and trial.cost == "squared_error" and len(trial.x) == 1:
        yield from _of_chain(trial, rows, gradients)


_ERRORS = {"squared_error": "(1)", "quadratic": "(1) ½"}


def _values_of_formulas(derivation: Derivation, trial: Trial) -> dict[Name, np.ndarray]:
    """The value of every derived formula, in the order in which each uses those before it."""
    forward = derivation.forward
    arrays = [array for pair in trial.parameters for array in pair]
    values: dict[Var, np.ndarray] = dict(zip(forward.parameters, arrays, strict=True))
    values |= {forward.inputs: trial.x, forward.target: trial.y}
    sizes = {forward.inputs.axes[0].size: len(trial.x)}
    values = evaluate_equations(forward.equations, Setting(values, sizes))
    for record in derivation.records:
        values[record.symbol] = evaluate(record.tensor, values, sizes)
    return {record.symbol.name: values[record.symbol] for record in derivation.records}


def _of_rows(number: str, derived: np.ndarray, hand: Sequence[np.ndarray], trial: Trial, kind: str, layer: int) -> Compared:
    """δ^l or ∂C/∂a^l of each sample: a row each; the sum over the samples is what all rows together are a gradient of."""

    def cost(nudges: np.ndarray) -> np.ndarray:
        each = zip(trial.x, trial.y, nudges, strict=True)
        return sum(by_hand.sample_cost(trial.parameters, trial.activations, trial.cost, x, y, {(kind, layer): row}) for x, y, row in each)

    return Compared(number, derived, np.array(hand), cost, np.zeros(derived.shape))


def _of_parameter(number: str, derived: np.ndarray, hand: np.ndarray, trial: Trial, kind: str, layer: int) -> Compared:
    """∂C/∂W^l or ∂C/∂b^l of the averaged cost."""
    place = "Wb".index(kind)

    def cost(value: np.ndarray) -> np.ndarray:
        parameters = [list(pair) for pair in trial.parameters]
        parameters[layer - 1][place] = value
        pairs = [(W, b) for W, b in parameters]
        return by_hand.average([by_hand.sample_cost(pairs, trial.activations, trial.cost, x, y) for x, y in zip(trial.x, trial.y, strict=True)])

    return Compared(number, derived, hand, cost, trial.parameters[layer - 1][place])


def _of_chain(trial: Trial, rows: Mapping[Name, np.ndarray], gradients: Sequence[tuple[np.ndarray, np.ndarray]]) -> Iterator[Compared]:
    """The scalar formulas of the chain, for its last layer and the one before."""
    w, b = ([float(pair[i].item()) for pair in trial.parameters] for i in (0, 1))
    hand = by_hand.chain_gradients(w, b, trial.activations, trial.x.item(), trial.y.item())
    for suffix, layer in (("", 3), (" before", 2)):
        for kind, derived in (("W", gradients[layer - 1][0]), ("b", gradients[layer - 1][1])):
            number = f"chain {kind.lower()}{suffix}"
            yield _of_parameter(number, derived, np.reshape(hand[number], derived.shape), trial, kind, layer)
        yield _of_rows(f"chain a{suffix}", rows[Name("A", layer - 1).gradient], [np.array([hand[f"chain a{suffix}"]])], trial, "a", layer - 1)


def _deviations(compared: Compared) -> dict[str, float]:
    references = (compared.hand, by_hand.complex_step(compared.cost, compared.at), by_hand.central_difference(compared.cost, compared.at))
    return {road: relative_deviation(compared.derived, reference) for road, reference in zip(ROADS, references, strict=True)}


def relative_deviation(one: np.ndarray, other: np.ndarray) -> float:
    """max |x - y| / max(|x|, |y|) over the entries; infinite where the shapes differ or a number is none.

    >>> relative_deviation(np.array([1.0, 100.0]), np.array([2.0, 100.0]))
    0.01
    """
    if np.shape(one) != np.shape(other) or not (np.all(np.isfinite(one)) and np.all(np.isfinite(other))):
        return float("inf")
    size = max(np.max(np.abs(one)), np.max(np.abs(other)))
    return 0.0 if size == 0 else float(np.max(np.abs(one - other)) / size)
