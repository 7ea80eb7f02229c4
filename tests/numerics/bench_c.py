"""How fast the C backend is, relative to the bare matrix products by `np.matmul(out=)` of the same shapes.  Run it as a script:

    OPENBLAS_NUM_THREADS=1 python tests/numerics/bench_c.py [ROUNDS] [NAME ...]

OPENBLAS_NUM_THREADS is the number of threads of both.  Calls are interleaved; the table has the ratio of the medians and
of the shortest times, since the machine is not quiet.
"""

import os
import statistics
import sys
import time
from itertools import pairwise

import numpy as np

from symback.network import Dense, Network
from symback.numerics import lambdify

CONFIGURATIONS = {
    "tiny b1": ([2, 3, 2], 1, "float64"),
    "tiny b32": ([2, 3, 2], 32, "float64"),
    "small f64": ([784, 30, 10], 10, "float64"),
    "small f32": ([784, 30, 10], 10, "float32"),
    "medium": ([784, 512, 512, 10], 128, "float32"),
    "large": ([1024, 1024, 1024, 1024, 10], 256, "float32"),
    "deep": ([64] * 51 + [10], 32, "float64"),
    "relu-ce": ([784, 256, 128, 10], 64, "float32"),
}


def products(sizes, batch, dtype):
    """The matrix products alone: forward, backward, and every ∇W."""
    rng = np.random.default_rng(0)
    calls = []
    for layer, (m, n) in enumerate(pairwise(sizes)):
        a, w, d = (rng.normal(size=shape).astype(dtype) for shape in ((batch, m), (n, m), (batch, n)))
        calls.append((a, w.T, np.empty((batch, n), dtype)))
        calls.append((d.T, a, np.empty((n, m), dtype)))
        if layer:
            calls.append((d, w, np.empty((batch, m), dtype)))

    def run():
        for left, right, out in calls:
            np.matmul(left, right, out=out)

    return run


def network_of(name, sizes):
    """Sigmoid and quadratic, but for relu-ce."""
    if name != "relu-ce":
        return Network.from_spec("-".join(map(str, sizes)))
    return Network(sizes[0], [*(Dense(n, "relu") for n in sizes[1:-1]), Dense(sizes[-1], "softmax")], "cross_entropy")


def measure(name, rounds, threads):
    """Times of the products, of NumPy's function, of C's, and of C's writing to arrays that are there, in seconds."""
    sizes, batch, dtype = CONFIGURATIONS[name]
    rng = np.random.default_rng(1)
    params = [((rng.normal(size=(n, m)) / np.sqrt(m)).astype(dtype), rng.normal(size=n).astype(dtype)) for m, n in pairwise(sizes)]
    x = rng.normal(size=(batch, sizes[0])).astype(dtype)
    y = np.eye(sizes[-1], dtype=dtype)[rng.integers(sizes[-1], size=batch)]
    network = network_of(name, sizes)
    compiled, numpy_function = lambdify(network, dtype, "c", threads), lambdify(network, dtype)
    assert compiled.backend == "c", compiled.reason
    bare = products(sizes, batch, dtype)
    grads = compiled(params, x, y)[1]
    calls = [bare, lambda: numpy_function(params, x, y), lambda: compiled(params, x, y), lambda: compiled(params, x, y, out=grads)]
    once = min(_time(bare, 1) for _ in range(5))
    repeats = max(1, int(2e-4 / once))
    times = [[_time(call, repeats, threads > 1) for call in calls] for _ in range(rounds)]
    return [[row[i] for row in times] for i in range(len(calls))]


def _time(call, repeats, is_alone=False):
    """Seconds for one call; `is_alone`: the threads of whoever was before have gone to sleep, and our own are awake."""
    if is_alone:
        time.sleep(0.12)
        for _ in range(repeats):
            call()
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def main(arguments):
    """The table."""
    threads = int(os.environ.get("OPENBLAS_NUM_THREADS", "1"))
    rounds = int(arguments[0]) if arguments else 200 if threads == 1 else 40
    print(f"{threads} thread(s); ratios to the bare products: median (shortest)")
    for name in arguments[1:] or CONFIGURATIONS:
        count = max(15, rounds // 10) if name in ("medium", "large") else rounds
        bare, *others = measure(name, count, threads)
        ratios = [f"{statistics.median(t) / statistics.median(bare):6.3f} ({min(t) / min(bare):6.3f})" for t in others]
        print(f"{name:10} products {min(bare) * 1e6:9.1f} µs   numpy {ratios[0]}   c {ratios[1]}   c, out= {ratios[2]}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
