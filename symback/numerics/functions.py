"""`lambdify`: a derivation as a fast function of numbers, and as a module that needs NumPy alone."""

import ast
import inspect
import linecache
import weakref
from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import count
from types import ModuleType
from typing import Protocol, cast

import numpy as np

from symback.errors import UnsupportedError
from symback.network import Graph, Network
from symback.numerics import error_function, forms, runtime
from symback.numerics.array_calls import as_called, missing_library
from symback.numerics.array_source import LIBRARIES, array_source
from symback.numerics.backends import Backend, build
from symback.numerics.c_compile import missing_compiler
from symback.numerics.c_function import c_function
from symback.numerics.c_module import c_module_source
from symback.numerics.flat import flat_function, flat_layout
from symback.numerics.numpy_backend import numpy_source
from symback.numerics.numpy_routine import routine_source
from symback.numerics.program import Program, program_of
from symback.numerics.routine import Routine, routine_of
from symback.pipeline import Derivation, derive

__all__ = ["GradientFunction", "lambdify", "module_source"]

DTYPES = ("float32", "float64")
_serial = count(1)


class GradientFunction(Protocol):
    """What `lambdify` returns: `f(params, x, y) -> (cost, grads)`, with its source and its program.

    The program names its results: `f.program.results`.  Functions of other kinds take and give what their kind says, and
    have no `forward`; flat ones have `flatten(params)` and `unflatten(theta)` besides.
    """

    source: str
    program: Program | Routine
    parameter_names: tuple[str, ...]
    dtype: np.dtype
    forward: Callable
    flatten: Callable
    unflatten: Callable
    backend: str
    reason: str

    def __call__(self, params, x, y, out=None) -> tuple[float, list | dict]: ...


def lambdify(
    network: Network | Graph | Derivation,
    dtype: str = "float64",
    backend: str = "numpy",
    threads: int | None = None,
    *,
    kind: str = "gradient",
    wrt: Sequence[str] | None = None,
    per_sample: bool = False,
    flat: bool = False,
) -> GradientFunction:
    """A function `f(params, x, y) -> (cost, grads)`; cost and gradients are averaged over the rows of x.

    With `backend` "jax" or "torch" it is a pure function of their arrays; see `array_source` for many devices.

    `params` is a list of (W, b), one pair for each layer, or a dict of named arrays (W1, b1, gamma2, …) for networks
    with other parameters; grads have the form of params.  x is (batch, inputs), y is (batch, outputs), W is
    (n_l, n_{l-1}).  `f.source` is the text that runs, `f.forward(params, x)` gives the output alone, `f.backend` says
    what computes it and `f.reason` why that is not what was asked for.  f(params, x, y, out=grads) writes the gradients to
    arrays that are there, those of an earlier call say, and gives them back; not so for jax and torch, whose arrays are
    never written to.

    `wrt`         names of parameters, or "x": grads is a dict with these, in their order, and nothing else is computed
    `per_sample`  f(params, x, y) -> (costs, grads), the samples along the first axis; their means are the averages
    `kind`        "vjp": f(params, x, v) -> (output, grads), the gradients of Σ v * output;
                  "jvp": f(params, direction, x) -> (output, output_dot), the derivative of the output along a direction;
                  "hvp": f(params, direction, x, y) -> products, the Hessian of the cost times the direction;
                  a direction has the form of params, or with `wrt` that of a dict with these names
    `flat`        parameters, gradients and directions are one vector each, in the order of `f.parameter_names`: what
                  scipy.optimize.minimize(f, theta, (x, y), jac=True, hessp=g) takes, g of kind "hvp"

    >>> f = lambdify(Network.from_spec("2-3-2"))
    >>> params = [(np.zeros((3, 2)), np.zeros(3)), (np.zeros((2, 3)), np.zeros(2))]
    >>> cost, grads = f(params, np.ones((4, 2)), np.zeros((4, 2)))
    >>> cost, grads[1][1].tolist()
    (0.25, [0.125, 0.125])
    """
    if flat and wrt is not None:
        raise UnsupportedError("flat vectors hold all parameters; leave out wrt, or flat")
    if flat and backend in LIBRARIES:
        raise UnsupportedError(
            f"flat vectors are NumPy's; {backend} has functions of its own for that, such as jax.flatten_util.ravel_pytree"
        )
    derivation = _batch_derivation(network)
    program: Program | Routine
    if kind == "gradient" and wrt is None and not per_sample:
        program = program_of(derivation.forward, derivation.formulas)
        function = build(BACKENDS, backend, program, _checked_dtype(dtype), threads)
    else:
        program = routine_of(derivation, kind, wrt, per_sample)
        function = build(ROUTINE_BACKENDS, backend, program, _checked_dtype(dtype), threads)
    if flat:
        function = _flattened(function, program, dtype)
    function.program = program
    function.parameter_names = tuple(argument.name for argument in program.parameters)
    function.dtype = np.dtype(dtype)
    return function


def _gradient_function(program: Program, dtype: str, threads: int | None) -> GradientFunction:
    """The whole gradient and the output, from one module; NumPy has threads of its own."""
    source = _source(program, dtype, is_standalone=False)
    namespace, file_name = _run(source)
    function = cast(GradientFunction, namespace["value_and_grad"])
    weakref.finalize(function, linecache.cache.pop, file_name, None)
    function.source = source
    function.forward = cast(Callable, namespace["forward"])
    return function


def _routine_function(routine: Routine, dtype: str, threads: int | None) -> GradientFunction:
    """A function of another kind."""
    text = routine_source(routine, _checked_dtype(dtype))
    imports, rest = text.split("\n\ndtype = ", 1)
    calls = "from symback.numerics.forms import members, packed\nfrom symback.numerics.runtime import Buffers, checked, refuse_nonfinite"
    source = f"{imports}\n\n{_ERF_IMPORT if 'erf(' in rest else ''}{calls}\n\ndtype = {rest}"
    namespace, file_name = _run(source)
    function = cast(GradientFunction, namespace[routine.name])
    weakref.finalize(function, linecache.cache.pop, file_name, None)
    function.source = source
    return function


def _array_function(library: str) -> Callable:
    """What builds a pure function of the arrays of `library`."""

    def build_it(program: Program | Routine, dtype: str, threads: int | None) -> GradientFunction:
        source = array_source(program, dtype, library)
        namespace, file_name = _run(source)
        function = cast(GradientFunction, as_called(library, cast(Callable, namespace[program.name]), dtype))
        weakref.finalize(namespace[program.name], linecache.cache.pop, file_name, None)
        function.source = source
        if "forward" in namespace:
            function.forward = as_called(library, cast(Callable, namespace["forward"]), dtype)
        return function

    return build_it


_LIBRARIES = {name: Backend(partial(missing_library, name), _array_function(name), gives_way=False) for name in LIBRARIES}


def _compiled_function(program: Program, dtype: str, threads: int | None) -> GradientFunction:
    """Cost and gradients by C, the output by NumPy, whose function is made when it is wanted."""
    by_numpy = cache(partial(_gradient_function, program, dtype, None))

    def forward(params, x):
        """The output of the network for each row of x."""
        return by_numpy().forward(params, x)

    return cast(GradientFunction, c_function(program, dtype, threads, forward))


BACKENDS = {
    "c": Backend(missing=missing_compiler, build=_compiled_function),
    "numpy": Backend(missing=lambda: "", build=_gradient_function),
    **_LIBRARIES,
}
ROUTINE_BACKENDS = {
    "numpy": Backend(missing=lambda: "", build=_routine_function),
    "c": Backend(missing=lambda: "the C backend has whole gradients alone", build=_routine_function),
    **_LIBRARIES,
}


def _flattened(function: GradientFunction, program: Program | Routine, dtype: str) -> GradientFunction:
    """The same function of one vector."""
    layout = flat_layout(program.parameters, dtype)
    flat = cast(GradientFunction, flat_function(function, program.takes, program.gives, layout))
    flat.backend, flat.reason = function.backend, function.reason
    flat.source, flat.flatten, flat.unflatten = function.source, layout.flatten, layout.unflatten
    if hasattr(function, "forward"):
        flat.forward = lambda theta, x: function.forward(layout.unflatten(theta), x)
    return flat


def module_source(network: Network | Graph | Derivation, dtype: str = "float64", backend: str = "numpy") -> str:
    """The text of a module with `value_and_grad(params, x, y)` and `forward(params, x)` that needs NumPy alone.

    With backend="c" it is a C file with `value_and_grad`, whose first comment says how to compile and call it; with "jax"
    or "torch" a module of pure functions that needs that library alone.
    """
    if backend == "c":
        return c_module_source(_program(network), _checked_dtype(dtype))
    if backend in LIBRARIES:
        return _array_module(_program(network), _checked_dtype(dtype), backend)
    if backend != "numpy":
        raise UnsupportedError(f"modules are written for numpy, c, {' and '.join(LIBRARIES)}, not for {backend!r}")
    return _source(_program(network), dtype, is_standalone=True)


def _array_module(program: Program, dtype: str, library: str) -> str:
    """The functions for one library, with what they call written in place of its import."""
    imports, _, functions = array_source(program, dtype, library).split("\n\n", 2)
    documentation = _documentation(program, dtype).replace("NumPy", {"jax": "JAX", "torch": "PyTorch"}[library])
    return "\n\n\n".join([f"{documentation}\n\n{imports}", _error_classes()[0], _body_of(forms), functions])


def _error_classes() -> list[str]:
    return [f'class {name}({parent}):\n    """{meaning}"""' for name, parent, meaning in _ERRORS]


def _program(network: Network | Graph | Derivation) -> Program:
    """The program of the batch derivation, whatever is given."""
    derivation = _batch_derivation(network)
    return program_of(derivation.forward, derivation.formulas)


def _batch_derivation(network: Network | Graph | Derivation) -> Derivation:
    if isinstance(network, Derivation):
        return network if network.forward.is_batch else derive(network.network, batch=True)
    return derive(network, batch=True)


def _checked_dtype(dtype: str) -> str:
    if str(dtype) not in DTYPES:
        raise UnsupportedError(f"dtype {dtype!r} is not built; there are {' and '.join(DTYPES)}")
    return str(dtype)


def _source(program: Program, dtype: str, is_standalone: bool) -> str:
    """Documentation, what it calls, and the functions."""
    text = numpy_source(program, _checked_dtype(dtype))
    uses_erf = "erf(" in text
    if is_standalone:
        pieces = [*_error_classes(), _body_of(forms), _body_of(runtime), *([_body_of(error_function)] if uses_erf else [])]
        _, imports, functions = text.split("\n\n", 2)
        head = "\n".join([_documentation(program, dtype), "", *_STANDARD, "", "import numpy as np", imports])
        return "\n\n\n".join([head, *pieces, functions])
    calls = "from symback.numerics.runtime import Buffers, prepared, refuse_nonfinite, written"
    erf = _ERF_IMPORT if uses_erf else ""
    imports, rest = text.split("\n\ndtype = ", 1)
    return f"{imports}\n\n{erf}{calls}\n\ndtype = {rest}"


_ERF_IMPORT = "from symback.numerics.error_function import erf\n"
_STANDARD = ("import contextvars", "import threading", "from collections.abc import Callable", "from math import isfinite")
_ERRORS = (
    ("ShapeError", "ValueError", "An argument of the wrong shape."),
    ("NumericError", "ArithmeticError", "A nan or an infinity in an argument."),
)


def _documentation(program: Program, dtype: str) -> str:
    def shape(argument) -> str:
        return f"{argument.name} ({', '.join(map(str, argument.shape))}{',' if len(argument.shape) == 1 else ''})"

    form = "a list of (W, b), one pair for each layer (or a dict of the names below)" if program.layers else "a dict of named arrays"
    return "\n".join([
        '"""Cost and gradients of a network, derived and written by symback.  Needs NumPy alone.',
        "",
        "    cost, grads = value_and_grad(params, x, y)",
        "    output = forward(params, x)",
        "",
        f"params is {form}; grads have the same form.",
        "Cost and gradients are averaged over the batch, the rows of x.  All arrays are " + dtype + ":",
        "",
        *(f"    {shape(argument)}" for argument in program.inputs),
        '"""',
    ])  # fmt: skip


def _body_of(module: ModuleType) -> str:
    """The source of a module below its documentation, its imports and `__all__`."""
    text = inspect.getsource(module)
    skipped = (ast.Import, ast.ImportFrom, ast.Expr)
    for statement in ast.parse(text).body:
        is_all = isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", "") == "__all__"
        if not isinstance(statement, skipped) and not is_all:
            return "\n".join(text.splitlines()[statement.lineno - 1 :]).strip()
    raise UnsupportedError(f"the module {module.__name__} has no body to copy")


def _run(source: str) -> tuple[dict[str, object], str]:
    """The namespace of the generated text, and the name under which tracebacks and debuggers find its lines."""
    name = f"<symback function {next(_serial)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    namespace: dict[str, object] = {"__name__": "symback.generated"}
    exec(compile(source, name, "exec"), namespace)  # our own text, made of names from our tables; no text from outside
    return namespace, name
