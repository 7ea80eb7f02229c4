"""The C backend on processors with fewer instructions, as the compiler is told: the same numbers, by the other branches."""

import ctypes
import shlex

import numpy as np
import pytest

from symback.errors import UnsupportedError
from symback.network import Dense, Network
from symback.numerics import lambdify
from symback.numerics.c_compile import compiler, library, missing_compiler
from symback.numerics.c_elementary import elementary_text

pytestmark = pytest.mark.skipif(bool(missing_compiler()), reason=missing_compiler() or "there is a compiler")
PROCESSORS = {"-mno-avx512f": 32, "-mno-avx2": 32, "-mno-avx": 16, "-O0": 0}  # option -> most bytes of a vector
NETWORKS = {
    "small": Network(3, [Dense(4, "tanh"), Dense(2, "sigmoid")], "quadratic"),
    "loops": Network(37, [Dense(41, "relu"), Dense(23, "gelu"), Dense(19, "selu"), Dense(5, "softmax")], "cross_entropy"),
}


@pytest.fixture(params=PROCESSORS)
def option(request, monkeypatch):
    command = shlex.join([*compiler(), request.param])
    monkeypatch.setenv("CC", command)
    try:
        library("int nothing;", ctypes.CDLL)
    except UnsupportedError:
        pytest.skip(f"this compiler does not know {request.param}")
    return request.param


def test_the_vectors_are_as_short_as_the_processor_has_them(option):
    code = library(elementary_text("float64") + "long bytes(void) { return BYTES; }", ctypes.CDLL)
    if PROCESSORS[option]:
        assert code.bytes() <= PROCESSORS[option]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_processor_gives_the_same_numbers(name, dtype, option):
    f, exact = lambdify(NETWORKS[name], dtype, "c", threads=2), lambdify(NETWORKS[name])
    assert (f.backend, f.reason) == ("c", "")
    draw = np.random.default_rng(8)
    for samples in (1, 5, 14, 67):
        params = [
            (draw.normal(size=w) / np.sqrt(w[1]), draw.normal(size=w[0]))
            for w in (tuple(map(int, p.shape)) for p in f.program.parameters[::2])
        ]
        params = [(w.astype(dtype), b.astype(dtype)) for w, b in params]
        x = draw.normal(size=(samples, int(f.program.x.shape[1]))).astype(dtype)
        y = np.eye(int(f.program.y.shape[1]), dtype=dtype)[draw.integers(int(f.program.y.shape[1]), size=samples)]
        (cost, grads), (right_cost, right) = (
            f(params, x, y),
            exact([(w.astype(float), b.astype(float)) for w, b in params], x.astype(float), y.astype(float)),
        )
        tolerance = 1e-12 if dtype == "float64" else 2e-5
        assert abs(cost - right_cost) <= tolerance * abs(right_cost)
        for one, other in zip((a for pair in grads for a in pair), (a for pair in right for a in pair), strict=True):
            assert np.abs(one - other).max() <= tolerance * np.abs(other).max()
