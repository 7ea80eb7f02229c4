"""How fast the compiled NumPy functions are, against hand-tuned and textbook NumPy.  Run it as a script:

    OPENBLAS_NUM_THREADS=1 python tests/numerics/bench_numpy.py [ROUNDS]

All three compute the cost and all gradients of a sigmoid network with the quadratic cost, averaged over the batch.
`hand_tuned` is for one network and one batch size: buffers and constants are made beforehand, everything is written in
place, nothing is checked, nothing is handed over but fresh gradients; `hand_tuned_in_place` keeps even the gradients in
arrays of its own.  Calls are interleaved and medians compared, since the machine is not quiet.
"""

import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from symback.network import Network
from symback.numerics import lambdify

CONFIGURATIONS: dict[str, tuple[list[int], int, str]] = {
    "tiny batch 1": ([2, 3, 2], 1, "float64"),
    "tiny batch 32": ([2, 3, 2], 32, "float64"),
    "small f64": ([784, 30, 10], 10, "float64"),
    "small f32": ([784, 30, 10], 10, "float32"),
    "medium": ([784, 512, 512, 10], 128, "float32"),
    "large": ([1024, 1024, 1024, 1024, 10], 256, "float32"),
    "deep": ([64] * 51 + [10], 32, "float64"),
}


def textbook(params: list, x: np.ndarray, y: np.ndarray) -> tuple:
    """Equations (1)-(6) as they are printed, over the rows of a batch."""
    a, activations = x, [x]
    for w, b in params:
        z = a @ w.T + b
        a = 1 / (1 + np.exp(-z))
        activations.append(a)
    cost = np.sum((a - y) ** 2) / (2 * len(x))
    delta = (a - y) * a * (1 - a)
    grads = []
    for layer in reversed(range(len(params))):
        below = activations[layer]
        grads.append((delta.T @ below / len(x), delta.mean(axis=0)))
        if layer:
            delta = (delta @ params[layer][0]) * below * (1 - below)
    return cost, grads[::-1]


def hand_tuned(sizes: list[int], batch: int, dtype: str, *, keeps_gradients: bool = False) -> Callable:
    """As few and as cheap NumPy calls as a careful programmer would write."""
    empty = [np.empty((batch, n), dtype) for n in sizes[1:]]
    spare = [np.empty((batch, n), dtype) for n in sizes[1:]]
    deltas = [np.empty((batch, n), dtype) for n in sizes[1:]]
    own = [(np.empty((n, m), dtype), np.empty(n, dtype)) for m, n in pairwise(sizes)]
    ones, one, average = np.ones(batch, dtype), np.array(1, dtype), np.array(1 / batch, dtype)
    add, divide, exp, multiply, negative, subtract = np.add, np.divide, np.exp, np.multiply, np.negative, np.subtract
    last, halved = len(sizes) - 2, 0.5 / batch
    flat = deltas[last].reshape(-1)

    def function(params: list, x: np.ndarray, y: np.ndarray) -> tuple:
        below = x
        for (w, b), a in zip(params, empty, strict=True):
            below.dot(w.T, a)
            add(a, b, a)
            negative(a, a)
            exp(a, a)
            add(a, one, a)
            divide(one, a, a)
            below = a
        delta = subtract(below, y, deltas[last])
        cost = float(flat.dot(flat)) * halved
        slope = subtract(one, below, spare[last])
        multiply(slope, below, slope)
        multiply(delta, slope, delta)
        multiply(delta, average, delta)
        grads: list = [None] * (last + 1)
        for layer in range(last, -1, -1):
            below = empty[layer - 1] if layer else x
            if keeps_gradients:
                grads[layer] = (delta.T.dot(below, own[layer][0]), ones.dot(delta, own[layer][1]))
            else:
                grads[layer] = (delta.T.dot(below), ones.dot(delta))
            if layer:
                delta = delta.dot(params[layer][0], deltas[layer - 1])
                slope = subtract(one, below, spare[layer - 1])
                multiply(slope, below, slope)
                multiply(delta, slope, delta)
        return cost, grads

    return function


def arguments(sizes: list[int], batch: int, dtype: str) -> tuple:
    """Random parameters, inputs and targets."""
    draw = np.random.default_rng(0)
    params = [((draw.normal(size=(n, m)) / np.sqrt(m)).astype(dtype), draw.normal(size=n).astype(dtype)) for m, n in pairwise(sizes)]
    return params, draw.normal(size=(batch, sizes[0])).astype(dtype), draw.uniform(size=(batch, sizes[-1])).astype(dtype)


def interleaved_medians(functions: list[Callable], args: tuple, rounds: int) -> list[float]:
    """Median seconds of one call of each; within a round the functions take turns, each warmed by the call before."""
    began = time.perf_counter()
    functions[0](*args)
    repeats = max(1, int(0.002 / (time.perf_counter() - began + 1e-9)))
    times: list[list[float]] = [[] for _ in functions]
    for turn in range(rounds):
        for i in np.roll(np.arange(len(functions)), turn):
            function = functions[i]
            function(*args)
            start = time.perf_counter()
            for _ in range(repeats):
                function(*args)
            times[i].append((time.perf_counter() - start) / repeats)
    return [statistics.median(t) for t in times]


def ratios(name: str, rounds: int) -> tuple[float, ...]:
    """Microseconds of the compiled function; its time relative to hand-tuned, hand-tuned in place, and textbook NumPy."""
    sizes, batch, dtype = CONFIGURATIONS[name]
    compiled = lambdify(Network.from_spec("-".join(map(str, sizes)), activation="sigmoid", cost="quadratic"), dtype=dtype)
    functions = [
        compiled, hand_tuned(sizes, batch, dtype), hand_tuned(sizes, batch, dtype, keeps_gradients=True), textbook,
    ]  # fmt: skip
    own, tuned, kept, plain = interleaved_medians(functions, arguments(sizes, batch, dtype), rounds)
    return own * 1e6, own / tuned, own / kept, own / plain


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 101
    sys.stdout.write(f"{'configuration':14} {'µs':>10} {'hand-tuned':>11} {'in place':>9} {'textbook':>9}\n")
    for name in CONFIGURATIONS:
        micro, tuned, kept, plain = ratios(name, min(rounds, 31) if name == "large" else rounds)
        sys.stdout.write(f"{name:14} {micro:10.1f} {tuned:11.3f} {kept:9.3f} {plain:9.3f}\n")


if __name__ == "__main__":
    main()
