"""How the functions of JAX and PyTorch are called, and whether these libraries are there; both are optional extras."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from symback.errors import UnsupportedError

__all__ = ["as_called", "missing_library"]


def missing_library(name: str) -> str:
    """Why the library cannot be used, "" if it can."""
    return "" if find_spec(name) is not None else f"{name} is not installed; pip install 'symback[{name}]' installs it"


def as_called(name: str, function: Callable, dtype: str) -> Any:
    """The function as it is handed over: for JAX compiled, once for each batch size; for PyTorch as it is.

    JAX computes in single precision until it is told otherwise, and would take float64 for float32 without a word.
    """
    if name != "jax":
        return function
    import jax  # an optional extra, and half a second

    if dtype == "float64" and not jax.config.jax_enable_x64:
        raise UnsupportedError('jax has no float64 until jax.config.update("jax_enable_x64", True); or give dtype="float32"')
    return jax.jit(function)
