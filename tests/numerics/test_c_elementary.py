"""The elementary functions of the C backend against 40 digits of mpmath, in units of the last place."""

import ctypes
import functools

import mpmath
import numpy as np
import pytest

from symback.numerics.c_compile import library, missing_compiler
from symback.numerics.c_elementary import elementary_text

pytestmark = pytest.mark.skipif(bool(missing_compiler()), reason=missing_compiler() or "there is a compiler")
MOST = {"exp": 2, "expm1": 2, "log": 2, "log1p": 4, "tanh": 4, "erf": 4}  # as the module states
RANGE = {"exp": (-110, 92), "expm1": (-50, 92), "tanh": (-25, 25), "erf": (-7, 7)}
SPECIAL = {
    "exp": {0.0: 1, np.inf: np.inf, -np.inf: 0, 1e30: np.inf, -1e30: 0},
    "expm1": {0.0: 0, np.inf: np.inf, -np.inf: -1, -1e30: -1},
    "log": {0.0: -np.inf, np.inf: np.inf, 1.0: 0, -1.0: np.nan},
    "log1p": {0.0: 0, np.inf: np.inf, -1.0: -np.inf, -2.0: np.nan},
    "tanh": {0.0: 0, np.inf: 1, -np.inf: -1, 1e30: 1},
    "erf": {0.0: 0, np.inf: 1, -np.inf: -1, 1e30: 1, -7.0: -1},
}


@functools.cache
def code(dtype):
    loops = "".join(
        f"void all_{name}(long n, const real *p, real *q) {{ for (long j = 0; j < n; j += LANES) store(q + j, v_{name}(load(p + j))); }}\n"
        for name in MOST
    )
    return library(elementary_text(dtype) + loops, ctypes.CDLL)


def by_c(name, x):
    padded = np.zeros((len(x) + 63) // 64 * 64, x.dtype)
    padded[: len(x)] = x
    result = np.empty_like(padded)
    getattr(code(str(x.dtype)), f"all_{name}")(
        ctypes.c_long(len(padded)), ctypes.c_void_p(padded.ctypes.data), ctypes.c_void_p(result.ctypes.data)
    )
    return result[: len(x)]


def points(name, dtype):
    draw, scale = np.random.default_rng(5), 1 if dtype == "float32" else 7
    small = 10.0 ** draw.uniform(-37 if scale == 1 else -300, 0, 400)
    if name in RANGE:
        low, high = RANGE[name]
        x = np.concatenate([draw.uniform(scale * low, scale * high, 400) if name == "exp" else draw.uniform(low, high, 400), small, -small])
    elif name == "log":
        x = np.concatenate([small, 1 / small[small > 1e-36], draw.uniform(0.5, 2, 400), [1e-40 if scale == 1 else 5e-320]])
    else:
        x = np.concatenate([small, 1 / small[small > 1e-36], -small[small < 0.9], draw.uniform(-0.5, 2, 400)])
    return x.astype(dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", MOST)
def test_elementary_functions_are_as_accurate_as_stated(name, dtype):
    x = points(name, dtype)
    found = by_c(name, x)
    kind = np.dtype(dtype).type
    worst = 0.0
    with mpmath.workdps(400 if name == "expm1" else 60):
        for at, value in zip(x, found, strict=True):
            exact = getattr(mpmath, name)(mpmath.mpf(float(at))) if name != "tanh" else mpmath.tanh(mpmath.mpf(float(at)))
            rounded = kind(float(exact)) if abs(exact) < float(np.finfo(kind).max) else kind(np.inf) * kind(mpmath.sign(exact))
            if np.isinf(rounded) or rounded == 0:
                assert value == rounded, (at, value)
                continue
            worst = max(worst, float(abs(mpmath.mpf(float(value)) - exact) / mpmath.mpf(float(np.spacing(abs(rounded))))))
    assert worst <= MOST[name], f"{worst:.2f} units in the last place"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", MOST)
def test_elementary_functions_at_special_numbers(name, dtype):
    expected = {**SPECIAL[name], np.nan: np.nan}
    np.testing.assert_array_equal(by_c(name, np.array(list(expected), dtype)), np.array(list(expected.values()), dtype))
    if name in ("expm1", "log1p", "tanh", "erf"):
        assert np.signbit(by_c(name, np.array([-0.0], dtype)))[0]
