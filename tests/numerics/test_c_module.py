"""The stand-alone C file compiles as its header says, and computes what the function computes; from C and from ctypes."""

import ctypes
import re
import shlex
import subprocess
from itertools import pairwise

import numpy as np
import pytest

from symback.cli import main
from symback.errors import UnsupportedError
from symback.network import Network
from symback.numerics import lambdify, module_source
from symback.numerics.c_compile import compiler, missing_compiler

pytestmark = pytest.mark.skipif(bool(missing_compiler()), reason=missing_compiler() or "there is a compiler")

MAIN = """
#include <stdio.h>
int value_and_grad(long, int, const double *, const double *, const double *, const double *, double *, double *, double *);
int main(void) {
    const double x[] = {1, 2, 3, 4, 5, 6}, y[] = {0, 1, 1, 0, 0.5, 0.5}, W[] = {0.1, -0.2, 0.3, 0.4}, b[] = {0.5, -0.5};
    double cost, dW[4], db[2];
    int status = value_and_grad(3, 2, x, y, W, b, &cost, dW, db);
    printf("%d %.17g", status, cost);
    for (int i = 0; i < 4; i++) printf(" %.17g", dW[i]);
    for (int i = 0; i < 2; i++) printf(" %.17g", db[i]);
    return value_and_grad(0, 1, x, y, W, b, &cost, dW, db);
}
"""


def commands(text):
    """The two commands of the header."""
    found = dict(re.findall(r"(A shared library|With a program): +cc (.*)", text))
    return {kind: [*compiler(), *shlex.split(rest)] for kind, rest in found.items()}


def test_a_c_program_gets_the_same_numbers(tmp_path):
    assert main(["lambdify", "2-2", "--backend", "c", "-o", str(tmp_path / "grad.c")]) == 0
    text = (tmp_path / "grad.c").read_text()
    (tmp_path / "main.c").write_text(MAIN)
    subprocess.run(commands(text)["With a program"], cwd=tmp_path, check=True, capture_output=True)
    run = subprocess.run([str(tmp_path / "main")], capture_output=True, text=True)
    assert run.returncode == 2, "no samples"
    found = [float(word) for word in run.stdout.split()]
    params = [(np.array([[0.1, -0.2], [0.3, 0.4]]), np.array([0.5, -0.5]))]
    x, y = np.arange(1.0, 7).reshape(3, 2), np.array([[0, 1], [1, 0], [0.5, 0.5]])
    cost, ((weights, bias),) = lambdify(Network.from_spec("2-2"))(params, x, y)
    np.testing.assert_allclose(found, [0, cost, *weights.ravel(), *bias], rtol=1e-13)


def test_a_shared_library_gets_the_same_numbers_through_ctypes(tmp_path):
    sizes, network = (9, 20, 3), Network.from_spec("9-20-3", activation="tanh")
    text = module_source(network, "float32", "c")
    (tmp_path / "grad.c").write_text(text)
    subprocess.run(commands(text)["A shared library"], cwd=tmp_path, check=True, capture_output=True)
    code = ctypes.CDLL(str(tmp_path / "grad.so"))
    draw = np.random.default_rng(3)
    arrays = [draw.normal(size=shape).astype("f4") for m, n in pairwise(sizes) for shape in ((n, m), (n,))]
    x, y = draw.normal(size=(50, 9)).astype("f4"), draw.normal(size=(50, 3)).astype("f4")
    grads, cost = [np.empty_like(array) for array in arrays], ctypes.c_double()
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (x, y, *arrays)]
    outputs = [ctypes.c_void_p(array.ctypes.data) for array in grads]
    assert code.value_and_grad(ctypes.c_long(50), 2, *pointers, ctypes.byref(cost), *outputs) == 0
    right = lambdify(network)([tuple(arrays[:2]), tuple(arrays[2:])], x, y)
    np.testing.assert_allclose(cost.value, right[0], rtol=1e-5)
    for found, expected in zip(grads, [array for pair in right[1] for array in pair], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    x[3, 4] = np.nan
    assert code.value_and_grad(ctypes.c_long(50), 1, *pointers, ctypes.byref(cost), *outputs) == 1


def test_open_sizes_and_other_endings_are_refused(capsys):
    with pytest.raises(UnsupportedError, match="size"):
        module_source(Network.from_spec("p-m-n"), backend="c")
    assert main(["lambdify", "2-2", "--backend", "c", "-o", "grad.py"]) == 2
    assert ".c" in capsys.readouterr().err
