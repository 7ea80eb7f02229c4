"""The gradient function of the C backend: arguments checked as by NumPy's, the compiled program called."""

import ctypes
import functools
import importlib.machinery
import importlib.util
import os
import sysconfig
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import sympy

from symback.errors import UnsupportedError
from symback.numerics.c_binding import BINDING
from symback.numerics.c_compile import compiler, library
from symback.numerics.c_elementary import elementary_text
from symback.numerics.c_plan import plan_of
from symback.numerics.c_products import PRODUCTS, PRODUCTS_ENTRY
from symback.numerics.c_source import c_source
from symback.numerics.numpy_backend import size_names
from symback.numerics.program import Program
from symback.numerics.runtime import prepared, refuse_nonfinite, written

__all__ = ["c_function"]


def c_function(program: Program, dtype: str, threads: int | None, forward: Callable) -> Callable:
    """`f(params, x, y) -> (cost, grads)` by compiled C; `forward` is taken as it is.

    A program with open sizes is compiled for the sizes that it meets.
    """
    checks = _Checks(program, dtype)
    count = threads or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else threads or os.cpu_count() or 1
    open_sizes = [size for size in checks.sizes if size is not program.batch_size]
    function: Any
    if open_sizes:
        plan_of(program)  # what is not known to C is refused here
        function = _Specialised(program, dtype, count, checks)
    else:
        text = c_source(program, dtype, is_linked=True)
        function = _kernel(program, dtype, count, checks, text, {})
        function.source = text
    function.forward = forward
    return function


class _Checks:
    """The arguments of a program, checked and converted the slow way: where they do not fit as they are."""

    def __init__(self, program: Program, dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        self.sizes = size_names(program.batch_size, program.inputs, (*program.forward, *program.backward))
        self.pairs = None if program.layers is None else [list(pair) for pair in program.layers]
        self.names = [argument.name for argument in program.inputs]
        self.shapes = {a.name: tuple(self.sizes[n] if n in self.sizes else int(n) for n in a.shape) for a in program.inputs}

    def arrays(self, params, x, y) -> tuple[list[np.ndarray], list[int]]:
        """The arrays in order, each contiguous, and the open sizes."""
        found = prepared(params, x, y, self.shapes, self.pairs, self.dtype)
        count = len(self.names)
        return [np.require(array, self.dtype, ["C", "A"]) for array in found[:count]], found[count:]

    def refuse(self, params, x, y) -> None:
        """NumericError, if an argument is not finite."""
        arrays, _ = self.arrays(params, x, y)
        refuse_nonfinite(**dict(zip(self.names, arrays, strict=True)))

    def written(self, results: tuple, out) -> tuple:
        """Cost and gradients, these in `out` if it is given."""
        return results if out is None else (results[0], written(out, results[1], self.names[2:], self.pairs))

    def packed(self, params, values: list) -> list | dict:
        """Results in the form of `params`."""
        if self.pairs is None or isinstance(params, dict):
            return dict(zip(self.names[2:], values, strict=True))
        return list(zip(values[::2], values[1::2], strict=True))


def _kernel(program: Program, dtype: str, threads: int, checks: _Checks, text: str, sizes: Mapping[sympy.Symbol, int]) -> Callable:
    """The compiled function, by an extension of Python where its headers are there, else by ctypes."""
    include = [sysconfig.get_paths()["include"], np.get_include()]
    if all(os.path.exists(os.path.join(*path)) for path in ((include[0], "Python.h"), (include[1], "numpy", "arrayobject.h"))):
        code, module = _linked(text, dtype, lambda: _binding(tuple(include), tuple(compiler())))
        table, work = _table(program, sizes)
        addresses = (ctypes.cast(function, ctypes.c_void_p).value for function in (code.symback_evaluate, code.symback_room))
        kernel = module.Kernel(threads, *addresses, dtype == "float32", program.layers is not None, work, table)
        kernel.library = code
        kernel.convert = partial(_converted, kernel, checks)
        kernel.refuse = checks.refuse
        return kernel
    return _Pointers(program, checks, threads, _linked(text, dtype)[0], sizes)


def _table(program: Program, sizes: Mapping[sympy.Symbol, int]) -> tuple[tuple, float]:
    """For each argument its name, rank, two sizes (-1: the batch) and their product; and the operations for one sample."""
    rows, work = [], 0.0
    for argument in program.inputs:
        shape = [-1 if size == program.batch_size else int(size.xreplace(dict(sizes))) for size in argument.shape]
        count = abs(int(np.prod(shape)))
        rows.append((argument.name, len(shape), *[*shape, 0, 0][:2], count))
        work += count * (6 if argument in program.parameters else 1)
    return tuple(rows), work


def _linked(text: str, dtype: str, binding: Callable[[], Any] = lambda: None) -> tuple[ctypes.CDLL, Any]:
    """The library of a text, given products of matrices if it asks for them, and the binding; they are compiled at the same time."""
    with ThreadPoolExecutor(2) as pool:
        bound = pool.submit(binding)
        products = pool.submit(_products, dtype, tuple(compiler())) if "void symback_link(" in text else None
        code = library(text, ctypes.CDLL)
        if products is not None:
            code.symback_link(ctypes.cast(products.result().symback_product, ctypes.c_void_p))
        return code, bound.result()


@functools.lru_cache(maxsize=8)
def _binding(include: tuple[str, ...], command: tuple[str, ...]) -> Any:
    """The extension of Python that calls compiled programs, by this compiler."""
    return library(BINDING, _load_extension, include)


@functools.lru_cache(maxsize=8)
def _products(dtype: str, command: tuple[str, ...]) -> ctypes.CDLL:
    """The library of products of matrices, by this compiler."""
    return library(elementary_text(dtype) + PRODUCTS + PRODUCTS_ENTRY, ctypes.CDLL)


def _load_extension(path: str):
    loader = importlib.machinery.ExtensionFileLoader("symback_kernel", path)
    spec = importlib.util.spec_from_file_location("symback_kernel", path, loader=loader)
    if spec is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def _converted(kernel: Callable, checks: _Checks, params, x, y, out=None):
    """The call again with arrays that fit, results copied to `out`; errors say what is wrong with those that cannot."""
    (x, y, *parameters), _ = checks.arrays(params, x, y)
    return checks.written(kernel(checks.packed(params, parameters), x, y), out)


class _Pointers:
    """The function by ctypes."""

    def __init__(self, program: Program, checks: _Checks, threads: int, code: ctypes.CDLL, sizes: Mapping[sympy.Symbol, int]) -> None:
        self.checks, self.threads, self.code = checks, threads, code
        code.symback_room.restype = ctypes.c_long
        code.symback_room.argtypes = [ctypes.c_long, ctypes.c_int]
        self.shapes = [tuple(int(size.xreplace(dict(sizes))) for size in argument.shape) for argument in program.parameters]

    def __call__(self, params, x, y, out=None):
        """Cost and gradients."""
        arrays, _ = self.checks.arrays(params, x, y)
        grads = [np.empty(shape, self.checks.dtype) for shape in self.shapes]
        batch, cost = len(arrays[0]), ctypes.c_double()
        room = np.empty(self.code.symback_room(batch, self.threads) + 64, np.uint8)
        inputs = (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
        outputs = (ctypes.c_void_p * len(grads))(*(array.ctypes.data for array in grads))
        aligned = ctypes.c_void_p((room.ctypes.data + 63) // 64 * 64)
        is_bad = self.code.symback_evaluate(ctypes.c_long(batch), ctypes.c_int(self.threads), inputs, outputs, ctypes.byref(cost), aligned)
        if is_bad:
            self.checks.refuse(params, x, y)
        return self.checks.written((cost.value, self.checks.packed(params, grads)), out)


class _Specialised:
    """A program with open sizes: one compiled function for each set of sizes that is met."""

    most = 32

    def __init__(self, program: Program, dtype: str, threads: int, checks: _Checks) -> None:
        self.program, self.dtype_name, self.threads, self.checks = program, dtype, threads, checks
        self.known: dict[tuple[int, ...], Callable] = {}
        self.source = f"/* compiled for the sizes that are met: {', '.join(checks.sizes.values())} */\n"

    def __call__(self, params, x, y, out=None):
        """Cost and gradients."""
        arrays, found = self.checks.arrays(params, x, y)
        key = tuple(found[1:])
        kernel = self.known.get(key) or self._compiled(key)
        return kernel(self.checks.packed(params, arrays[2:]), arrays[0], arrays[1], out=out)

    def _compiled(self, key: tuple[int, ...]) -> Callable:
        if len(self.known) >= self.most:
            raise UnsupportedError(f"more than {self.most} sets of sizes were compiled for one function; give the network its sizes")
        open_sizes = [size for size in self.checks.sizes if size is not self.program.batch_size]
        sizes = dict(zip(open_sizes, key, strict=True))
        self.source = c_source(self.program, self.dtype_name, sizes, is_linked=True)
        self.known[key] = _kernel(self.program, self.dtype_name, self.threads, self.checks, self.source, sizes)
        return self.known[key]
