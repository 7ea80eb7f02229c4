"""The textbook in numbers: what symback computes, against three roads of plain NumPy, on random networks.

    symback             ∂C/∂W and ∂C/∂b by the lambdified functions, averaged over a batch;  δ and ∂C/∂a, which a gradient
                        function keeps to itself, by evaluating the derived formulas with the samples as rows
    NumPy by hand       equations (1)-(6) typed in, sample by sample
    complex step        of the cost typed in: nudge an entry of W, b, z or a, and look at what the cost does
    central difference  the same with a finite step

A trial draws depth, widths, batch size, one activation a layer, a cost, and all numbers.  A deviation is the largest
difference of two arrays relative to their largest entry, or to `SMALLEST`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from symback.language.expressions import Axis, Var, var
from symback.language.names import Name
from symback.network import Dense, Network
from symback.numerics import lambdify
from symback.numerics.evaluate import Setting, evaluate, evaluate_equations
from symback.pipeline import Derivation, derive
from symback.verification import textbook_numpy as by_hand

__all__ = ["LEAST", "ROADS", "TOLERANCES", "Measured", "Trial", "measure", "random_trial"]

ROADS = ("NumPy by hand", "complex step", "central difference")
TOLERANCES: Mapping[str, float] = {
    "NumPy by hand": 1e-10,  # the same sums in another order: 1e-16 times the size of terms that cancel, over `SMALLEST`
    "complex step": 1e-10,  # nothing is subtracted, so it is as exact as the gradient by hand
    "central difference": 1e-6,  # truncation of order h⁴ and rounding of order 1e-16/h, at h = 1e-3, over `SMALLEST`
}
SMALLEST = 1e-3  # smaller gradients count as of this size: σ' = 1 - a² of a saturated unit is known to 1e-16, not to 16 digits
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
    def samples(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The pairs (x, y), one by one."""
        return list(zip(self.x, self.y, strict=True))

    def cost_of(self, x: np.ndarray, y: np.ndarray, parameters: by_hand.Parameters, nudges: by_hand.Nudges) -> np.ndarray:
        """The cost of one sample, typed in by hand."""
        return by_hand.sample_cost(parameters, self.activations, self.cost, x, y, nudges)

    @property
    def network(self) -> Network:
        """The network of this trial, as symback is given it."""
        layers = [Dense(size, activation) for size, activation in zip(self.sizes[1:], self.activations, strict=True)]
        return Network(self.sizes[0], tuple(layers), self.cost)


@dataclass(frozen=True)
class Measured:
    """The largest deviation of symback from each road, and in how many trials the equation occurred."""

    deviations: Mapping[str, float]
    trials: int


Differentiate = Callable[[Callable[[np.ndarray], np.ndarray], np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Compared:
    """One quantity of one trial: which equations give it, its value by symback and by hand, and by a way to differentiate the cost."""

    numbers: tuple[str, ...]
    derived: np.ndarray
    hand: np.ndarray
    by_differences: Callable[[Differentiate], np.ndarray]


def measure(trials: int, seed: int, track: Callable[[range], Iterable[int]] = iter) -> dict[str, Measured]:
    """The deviations by the number of the equation; the `LEAST`, one of each kind, are enough to meet them all."""
    worst: dict[str, dict[str, float]] = {}
    counts: dict[str, int] = {}
    for index in track(range(trials)):
        occurred: set[str] = set()
        for compared in quantities_of(random_trial(index, seed)):
            deviations = _deviations(compared)
            for number in compared.numbers:
                known = worst.setdefault(number, dict.fromkeys(ROADS, 0.0))
                known.update({road: max(known[road], deviations[road]) for road in ROADS})
            occurred.update(compared.numbers)
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
    parameters = tuple((generator.normal(size=(n, m)) / np.sqrt(m), generator.normal(size=n) / 2) for m, n in pairwise(sizes))
    x, y = generator.normal(size=(batch, sizes[0])), generator.normal(size=(batch, sizes[-1]))
    return Trial(sizes, activations, kind.cost, parameters, x, y)


def quantities_of(trial: Trial) -> Iterator[Compared]:
    """Everything that the equations give in a trial: each δ, ∂C/∂a, ∂C/∂W and ∂C/∂b of each layer."""
    derivation = derive(trial.network, batch=True)
    _, gradients = lambdify(derivation)(list(trial.parameters), trial.x, trial.y)
    pages = [by_hand.backpropagate(trial.parameters, trial.activations, trial.cost, x, y) for x, y in trial.samples]
    rows = _values_of_formulas(derivation, trial)
    depth = len(trial.parameters)
    for layer in range(depth, 0, -1):
        of_delta, of_b, of_W = (_ERRORS[trial.cost], "(2)", "(3)") if layer == depth else ("(4)", "(5)", "(6)")
        yield _of_rows(of_delta, rows[Name("Delta", layer)], [page.delta[layer] for page in pages], trial, "z", layer)
        yield _of_rows("∂a", rows[Name("A", layer - 1).gradient], [page.grad_a[layer - 1] for page in pages], trial, "a", layer - 1)
        grad_W, grad_b = gradients[layer - 1]
        yield _of_parameter((of_W, "mean W"), grad_W, [page.grad_W[layer] for page in pages], trial, 0, layer)
        yield _of_parameter((of_b, "mean b"), grad_b, [page.grad_b[layer] for page in pages], trial, 1, layer)
    if trial.sizes == CHAIN and trial.cost == "squared_error" and len(trial.x) == 1:
        yield from _of_chain(trial, rows, list(gradients))


_ERRORS = {"squared_error": "(1)", "quadratic": "(1) ½"}


def _values_of_formulas(derivation: Derivation, trial: Trial) -> dict[Name, np.ndarray]:
    """The value of every derived formula, in the order in which each uses those before it.

    Where a formula is of the averaged cost, as that of the inputs is, n times it are the rows of the samples.
    """
    forward = derivation.forward
    given = [array for pair in trial.parameters for array in pair]
    names = [*forward.parameters, forward.inputs, var(Name("Y"), (forward.inputs.axes[0], Axis(trial.sizes[-1])))]
    values: dict[Var, np.ndarray] = dict(zip(names, [*given, trial.x, trial.y], strict=True))
    sizes = {forward.inputs.axes[0].size: len(trial.x)}
    values = evaluate_equations(forward.equations, Setting(values, sizes))
    for record in derivation.records:
        values[record.symbol] = evaluate(record.tensor, values, sizes)
    times = {record.symbol: 1 if record.pivot_factor is None else len(trial.x) for record in derivation.records}
    return {symbol.name: values[symbol] * factor for symbol, factor in times.items()}


def _of_rows(number: str, derived: np.ndarray, hand: Sequence[np.ndarray], trial: Trial, kind: str, layer: int) -> Compared:
    """δ^l or ∂C/∂a^l, a row for each sample: what the sample's cost does when z^l or a^l is nudged."""

    def by_differences(differentiate: Differentiate) -> np.ndarray:
        def of_sample(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            return differentiate(lambda nudge: trial.cost_of(x, y, trial.parameters, {(kind, layer): nudge}), np.zeros(derived.shape[1:]))

        return np.array([of_sample(x, y) for x, y in trial.samples])

    return Compared((number,), derived, np.array(hand), by_differences)


def _of_parameter(numbers: tuple[str, ...], derived: np.ndarray, hand: list[np.ndarray], trial: Trial, kind: int, layer: int) -> Compared:
    """∂C/∂W^l (kind 0) or ∂C/∂b^l (kind 1) of the averaged cost; one sample is an average of nothing, and not counted as one."""

    def cost(value: np.ndarray) -> np.ndarray:
        changed = list(trial.parameters)
        W, b = changed[layer - 1]
        changed[layer - 1] = (value, b) if kind == 0 else (W, value)
        return by_hand.average([trial.cost_of(x, y, changed, {}) for x, y in trial.samples])

    at = trial.parameters[layer - 1][kind]
    return Compared(numbers[: len(hand)], derived, by_hand.average(hand), lambda differentiate: differentiate(cost, at))


def _of_chain(trial: Trial, rows: Mapping[Name, np.ndarray], gradients: Sequence[tuple[np.ndarray, np.ndarray]]) -> Iterator[Compared]:
    """The scalar formulas of the chain, for its last layer and the one before."""
    w, b = (np.array([pair[kind].item() for pair in trial.parameters]) for kind in (0, 1))
    hand = by_hand.chain_gradients(w, b, trial.activations, trial.x[0, 0], trial.y[0, 0])
    for suffix, layer in (("", 3), (" before", 2)):
        for kind, letter in enumerate("wb"):
            derived, number = gradients[layer - 1][kind], f"chain {letter}{suffix}"
            yield _of_parameter((number,), derived, [np.reshape(hand[number], trial.parameters[layer - 1][kind].shape)], trial, kind, layer)
        number = f"chain a{suffix}"
        yield _of_rows(number, rows[Name("A", layer - 1).gradient], [np.array([hand[number]])], trial, "a", layer - 1)


def _deviations(compared: Compared) -> dict[str, float]:
    references = (compared.hand, compared.by_differences(by_hand.complex_step), compared.by_differences(by_hand.central_difference))
    return {road: relative_deviation(compared.derived, reference) for road, reference in zip(ROADS, references, strict=True)}


def relative_deviation(one: np.ndarray, other: np.ndarray) -> float:
    """max |x - y| / max(|x|, |y|, SMALLEST) over the entries; infinite where the shapes differ or a number is none.

    >>> relative_deviation(np.array([1.0, 100.0]), np.array([2.0, 100.0]))
    0.01
    """
    if np.shape(one) != np.shape(other) or not (np.all(np.isfinite(one)) and np.all(np.isfinite(other))):
        return float("inf")
    size = max(np.max(np.abs(one)), np.max(np.abs(other)), SMALLEST)
    return float(np.max(np.abs(one - other)) / size)
