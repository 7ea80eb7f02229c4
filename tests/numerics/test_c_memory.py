"""What a call needs at its peak, against the textbook program in NumPy: the memory of a process of its own for each."""

import os
import subprocess
import sys

import pytest

from symback.numerics.c_compile import missing_compiler

MOST = 1.3
MEASURED = r"""
import resource, sys
import numpy as np
from symback.network import Network
from symback.numerics import lambdify

def textbook(params, x, y):
    activations = [x]
    for w, b in params:
        z = activations[-1] @ w.T + b
        activations.append(1 / (1 + np.exp(-z)))
    delta, grads = (activations[-1] - y) * activations[-1] * (1 - activations[-1]), []
    cost = 0.5 * np.sum((activations[-1] - y) ** 2) / len(x)
    for i in reversed(range(len(params))):
        grads.append((delta.T @ activations[i] / len(x), delta.mean(axis=0)))
        if i:
            delta = (delta @ params[i][0]) * activations[i] * (1 - activations[i])
    return cost, grads[::-1]

sizes, name = [100, 300, 300, 300, 10], sys.argv[1]
f = textbook if name == "textbook" else lambdify(Network.from_spec("-".join(map(str, sizes))), backend=name, threads=2)
rng = np.random.default_rng(0)
params = [(rng.normal(size=(n, m)) / m**0.5, np.zeros(n)) for m, n in zip(sizes, sizes[1:])]
x, y = rng.normal(size=(20000, 100)), np.zeros((20000, 10))
f(params, x[:64], y[:64])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
f(params, x, y)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def peak(name):
    """Kilobytes that one call adds."""
    run = subprocess.run(
        [sys.executable, "-c", MEASURED, name], capture_output=True, text=True, check=True, env={**os.environ}, timeout=300
    )
    return int(run.stdout)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="kilobytes are Linux's")
@pytest.mark.parametrize("backend", ["c", "numpy"])
def test_a_call_needs_no_more_memory_than_the_textbook_program(backend):
    if backend == "c" and missing_compiler():
        pytest.skip(missing_compiler())
    own, right = peak(backend), peak("textbook")
    assert own <= MOST * right, f"{own / 1024:.0f} MB, textbook {right / 1024:.0f} MB"
