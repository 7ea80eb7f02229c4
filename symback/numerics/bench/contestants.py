"""CONTESTANTS: one row for everybody who computes the cost and the gradients; the first row is the yardstick.

A row says what is missing for it here, and prepares a function without arguments for a configuration, so that nothing but
the evaluation is measured.  The rows of symback's own backends come from their table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from symback.numerics.bench import peers
from symback.numerics.bench.configurations import Configuration
from symback.numerics.bench.hand_written import bare_products, hand_tuned, textbook
from symback.numerics.functions import BACKENDS, GradientFunction, lambdify

__all__ = ["CONTESTANTS", "YARDSTICK", "Contestant", "Prepared"]

Prepared = tuple[Callable[[], Any], Callable[[Any], list]]
YARDSTICK = "bare products"


@dataclass(frozen=True)
class Contestant:
    """`missing(configuration)` is why it cannot take part, "" if it can; `prepare(configuration, threads)` gives the function
    that is measured, and what turns its result into the list cost, dW1, db1, …  `is_slow`: it takes minutes to be ready.
    """

    name: str
    missing: Callable[[Configuration], str]
    prepare: Callable[[Configuration, int], Prepared]
    is_slow: bool = False


def _installed(packages: tuple[str, ...], configuration: Configuration) -> str:
    """Whether the packages are there, and the network is one that is written for them."""
    absent = [name for name in packages if find_spec(name) is None]
    if absent:
        return f"{' and '.join(absent)} not installed"
    return "" if configuration.chain is not None else "written for plain dense networks only"


def _products(configuration: Configuration, threads: int) -> Prepared:
    function = bare_products(configuration)
    return partial(function, None, None, None), lambda result: []


def _tuned(configuration: Configuration, threads: int) -> Prepared:
    function = hand_tuned(configuration)
    named, x, y = configuration.arguments
    return partial(function, [*named.values()], x, y), _listed


def _textbook(configuration: Configuration, threads: int) -> Prepared:
    named, x, y = configuration.arguments
    assert configuration.chain is not None
    return partial(textbook, configuration.chain, [*named.values()], x, y), _listed


def _listed(result) -> list:
    """cost, then the gradients in their order, from what symback and the hand-written functions give."""
    cost, grads = result
    values = grads.values() if isinstance(grads, dict) else grads
    flat = [array for part in values for array in (part if isinstance(part, tuple) else (part,))]
    return [float(cost), *(np.asarray(array) for array in flat)]


def _own(backend: str, configuration: Configuration, threads: int) -> Prepared:
    """A function of symback; JAX and PyTorch are given arrays of their own, and waited for."""
    if backend == "torch":
        return _own_torch(configuration, threads)
    named, x, y = configuration.arguments
    if backend == "jax":
        return _own_jax(configuration)
    function = lambdify(configuration.network, configuration.dtype, backend, threads=threads)
    return partial(function, _form(named, function), x, y), _listed


def _form(named: dict, function: GradientFunction) -> list | dict:
    """Parameters as a list of (W, b) where the function takes one, which is the quicker form."""
    values = [*named.values()]
    return named if function.program.layers is None else list(zip(values[::2], values[1::2], strict=True))


def _own_jax(configuration: Configuration) -> Prepared:
    import jax  # an optional extra, and half a second

    jax.config.update("jax_enable_x64", True)
    function = lambdify(configuration.network, configuration.dtype, "jax")
    named, x, y = configuration.arguments
    arguments = jax.device_put((_form(named, function), x, y))

    def listed(result) -> list:
        cost, grads = result
        return _listed((cost, {name: grads[name] for name in named} if isinstance(grads, dict) else grads))  # JAX sorts dicts

    return lambda: jax.block_until_ready(function(*arguments)), listed


def _own_torch(configuration: Configuration, threads: int) -> Prepared:
    import torch  # an optional extra, and two seconds

    torch.set_num_threads(threads)
    function = lambdify(configuration.network, configuration.dtype, "torch")
    named, x, y = configuration.arguments
    tensors = {name: torch.as_tensor(array) for name, array in named.items()}
    return partial(function, _form(tensors, function), torch.as_tensor(x), torch.as_tensor(y)), _listed


def _own_missing(backend: str, configuration: Configuration) -> str:
    return BACKENDS[backend].missing()


CONTESTANTS: dict[str, Contestant] = {
    row.name: row
    for row in (
        Contestant(YARDSTICK, partial(_installed, ()), _products),
        *(Contestant(f"symback {name}", partial(_own_missing, name), partial(_own, name)) for name in BACKENDS),
        Contestant("hand-tuned NumPy", partial(_installed, ()), _tuned),
        Contestant("textbook NumPy", partial(_installed, ()), _textbook),
        Contestant("PyTorch", partial(_installed, ("torch",)), peers.torch_eager),
        Contestant("torch.compile", partial(_installed, ("torch",)), peers.torch_compiled, is_slow=True),
        Contestant("JAX", partial(_installed, ("jax",)), peers.jax_function),
        Contestant("autograd", partial(_installed, ("autograd",)), peers.autograd_function),
        Contestant("numba", partial(_installed, ("numba", "scipy")), peers.numba_function),
    )
}
