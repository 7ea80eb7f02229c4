"""Graphs' NumPy functions beside hand-written NumPy, interleaved:  OPENBLAS_NUM_THREADS=1 python -m tests.numerics.bench_graphs

Each row: the median over rounds of the ratio of the two times, and the greatest deviation of their gradients.
"""

import sys
import time
from collections.abc import Callable

import numpy as np

from symback.network import EndCost, Graph, Node
from symback.numerics import lambdify

Arrays = dict[str, np.ndarray]


def attention(v: Arrays) -> tuple[float, Arrays]:
    """O = softmax(τ Q Kᵀ) V and ½ ‖O - T‖² / n, with every gradient."""
    n = len(v["Q"])
    scores = v["Q"] @ v["K"].T
    scores *= 0.125
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    error = scores @ v["V"] - v["T"]
    cost = 0.5 * float(np.vdot(error, error)) / n
    d_out = error / n
    d_values = scores.T @ d_out
    d_shares = d_out @ v["V"].T
    d_shares -= np.einsum("ij,ij->i", d_shares, scores)[:, None]
    d_shares *= scores
    d_shares *= 0.125
    return cost, {"K": d_shares.T @ v["Q"], "V": d_values, "Q": d_shares @ v["K"]}


def normalised(v: Arrays, axis: int) -> tuple[float, Arrays]:
    """γ x̂ + β along an axis and ½ ‖Y - T‖² / n."""
    n = len(v["X"])
    centred = v["X"] - v["X"].mean(axis=axis, keepdims=True)
    root = np.sqrt((centred * centred).mean(axis=axis, keepdims=True) + 1e-5)
    centred /= root
    error = centred * v["gamma"]
    error += v["beta"]
    error -= v["T"]
    cost = 0.5 * float(np.vdot(error, error)) / n
    error /= n
    d_gamma, d_beta = np.einsum("ij,ij->j", error, centred), error.sum(axis=0)
    error *= v["gamma"]
    along = (error * centred).mean(axis=axis, keepdims=True)
    error -= error.mean(axis=axis, keepdims=True)
    error -= centred * along
    error /= root
    return cost, {"gamma": d_gamma, "beta": d_beta, "X": error}


def graph(kind: str) -> Graph:
    """The same as a graph."""
    if kind == "attention":
        nodes = [Node("O", "attention", ("Q", "K", "V"), scale=0.125)]
        return Graph({"Q": ("n", "h"), "K": ("m", "h"), "V": ("m", "v")}, nodes, [EndCost("quadratic", "O", "T")])
    return Graph({"X": ("n", "h")}, [Node("Y", kind, "X", epsilon=1e-5)], [EndCost("quadratic", "Y", "T")])


CASES: dict[str, tuple[str, Callable[[Arrays], tuple[float, Arrays]], dict[str, tuple[int, ...]]]] = {
    "attention": ("attention", attention, {"Q": (512, 64), "K": (512, 64), "V": (512, 64), "T": (512, 64)}),
    "layer norm": ("layer_norm", lambda v: normalised(v, 1), {"X": (1024, 512), "gamma": (512,), "beta": (512,), "T": (1024, 512)}),
    "batch norm": ("batch_norm", lambda v: normalised(v, 0), {"X": (1024, 512), "gamma": (512,), "beta": (512,), "T": (1024, 512)}),
}


def main(rounds: int) -> None:
    """Measure and print."""
    for name, (kind, by_hand, shapes) in CASES.items():
        draw = np.random.default_rng(0)
        values = {letter: draw.normal(size=shape) for letter, shape in shapes.items()}
        f = lambdify(graph(kind), wrt=None)
        first = next(iter(shapes))
        params = {letter: values[letter] for letter in f.parameter_names}
        with_input = lambdify(graph(kind), wrt=[*f.parameter_names, "x"])

        def ours(g=with_input, p=params, x=values[first], t=values["T"]):
            return g(p, x, t)

        def theirs(h=by_hand, v=values):
            return h(v)

        found, expected = ours()[1], theirs()[1]
        deviation = max(np.abs(found["x" if letter == first else letter] - grad).max() for letter, grad in expected.items())
        ratios = []
        for _ in range(rounds):
            began = time.perf_counter()
            theirs()
            between = time.perf_counter()
            ours()
            ratios.append((time.perf_counter() - between) / (between - began))
        print(f"{name:12} {np.median(ratios):.2f} ({np.min(ratios):.2f} to {np.max(ratios):.2f})   deviation {deviation:.1e}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 31)
