"""The same cost and gradients in other libraries, as their users would write them; each is an optional extra.

Every function takes a configuration and the number of threads, and gives a function of (params, x, y) as NumPy arrays are
laid out there: parameters and data are converted once, before anything is measured, and no result is converted back
while it is.  `settle` waits for results that are computed in the background.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from symback.numerics.bench.configurations import Chain, Configuration

__all__ = ["autograd_function", "jax_function", "numba_function", "torch_compiled", "torch_eager"]

Prepared = tuple[Callable[[], Any], Callable[[Any], list]]


def torch_eager(configuration: Configuration, threads: int) -> Prepared:
    """PyTorch as it is: the cost, then autograd."""
    return _torch(configuration, threads, lambda function: function)


def torch_compiled(configuration: Configuration, threads: int) -> Prepared:
    """PyTorch with the cost compiled by `torch.compile`, and with it its derivative."""
    import torch  # an optional extra, and two seconds

    return _torch(configuration, threads, torch.compile)


def _torch(configuration: Configuration, threads: int, compiled: Callable) -> Prepared:
    import torch  # an optional extra, and two seconds

    chain = _chain(configuration)
    torch.set_num_threads(threads)
    functions = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "identity": lambda z: z}
    named, x, y = configuration.arguments
    params = [torch.tensor(array, requires_grad=True) for array in named.values()]
    inputs, targets = torch.tensor(x), torch.tensor(y)

    @compiled
    def cost_of(params, x, y):
        a = x
        for weights, bias, name in zip(params[::2], params[1::2], chain.activations, strict=True):
            z = torch.nn.functional.linear(a, weights, bias)
            a = z if name == "softmax" else functions[name](z)
        if chain.is_cross_entropy:
            return -(y * torch.log_softmax(a, dim=1)).sum() / len(x)
        return 0.5 * ((a - y) ** 2).sum() / len(x)

    def function():
        cost = cost_of(params, inputs, targets)
        return cost, torch.autograd.grad(cost, params)

    return function, lambda result: [result[0].item(), *(grad.numpy() for grad in result[1])]


def jax_function(configuration: Configuration, threads: int) -> Prepared:
    """JAX: jit of value_and_grad.  Its threads are those of the processors that this process may use."""
    import jax  # an optional extra, and half a second

    jax.config.update("jax_enable_x64", True)
    chain = _chain(configuration)
    named, x, y = configuration.arguments
    cost_of = _cost_in(jax.numpy, chain, jax.nn.sigmoid, jax.nn.log_softmax)
    compiled = jax.jit(jax.value_and_grad(cost_of))
    arguments = jax.device_put(([*named.values()], x, y))

    def function():
        return jax.block_until_ready(compiled(*arguments))

    return function, lambda result: [float(result[0]), *result[1]]


def autograd_function(configuration: Configuration, threads: int) -> Prepared:
    """HIPS autograd: value_and_grad of the cost in its NumPy."""
    import autograd  # an optional extra
    import autograd.numpy

    def log_softmax(z, axis):
        shifted = z - autograd.numpy.max(z, axis=axis, keepdims=True)
        return shifted - autograd.numpy.log(autograd.numpy.sum(autograd.numpy.exp(shifted), axis=axis, keepdims=True))

    chain = _chain(configuration)
    named, x, y = configuration.arguments
    params = [*named.values()]
    derived = autograd.value_and_grad(_cost_in(autograd.numpy, chain, lambda z: 1 / (1 + autograd.numpy.exp(-z)), log_softmax))
    return lambda: derived(params, x, y), lambda result: [float(result[0]), *result[1]]


def _cost_in(library: Any, chain: Chain, sigmoid: Callable, log_softmax: Callable) -> Callable:
    """The averaged cost in a library that is written like NumPy."""
    functions = {"sigmoid": sigmoid, "tanh": library.tanh, "relu": lambda z: library.maximum(z, 0), "identity": lambda z: z}

    def cost_of(params, x, y):
        a = x
        for weights, bias, name in zip(params[::2], params[1::2], chain.activations, strict=True):
            z = library.dot(a, weights.T) + bias
            a = z if name == "softmax" else functions[name](z)
        if chain.is_cross_entropy:
            return -library.sum(y * log_softmax(a, axis=1)) / len(x)
        return 0.5 * library.sum((a - y) ** 2) / len(x)

    return cost_of


def numba_function(configuration: Configuration, threads: int) -> Prepared:
    """numba: equations (1)-(6) as one compiled function, loops over entries fused, products by BLAS."""
    import numba  # an optional extra, and half a second

    chain = _chain(configuration)
    evaluate = _numba_source(numba.njit(fastmath=True), numba.njit(fastmath=True))
    named, x, y = configuration.arguments
    arrays = [*named.values()]
    codes = tuple(("identity", "sigmoid", "tanh", "relu", "softmax").index(name) for name in chain.activations)
    weights, biases, is_cross_entropy = tuple(arrays[::2]), tuple(arrays[1::2]), chain.is_cross_entropy

    def function():
        return evaluate(weights, biases, codes, is_cross_entropy, x, y)

    return function, lambda result: [result[0], *(array for pair in zip(result[1], result[2], strict=True) for array in pair)]


def _numba_source(compile_small: Callable, compile_large: Callable) -> Callable:
    """The function before it is specialised to a dtype and a number of layers."""

    @compile_small
    def activate(z, bias, code):
        for s in range(z.shape[0]):
            greatest = z[s, 0] + bias[0]
            for j in range(z.shape[1]):
                v = z[s, j] + bias[j]
                greatest = max(greatest, v)
                z[s, j] = 1 / (1 + np.exp(-v)) if code == 1 else np.tanh(v) if code == 2 else max(v, 0) if code == 3 else v
            if code == 4:
                total = z[s, 0] * 0
                for j in range(z.shape[1]):
                    z[s, j] = np.exp(z[s, j] - greatest)
                    total += z[s, j]
                for j in range(z.shape[1]):
                    z[s, j] /= total

    @compile_small
    def times_slope(delta, a, code, scale):
        for s in range(a.shape[0]):
            for j in range(a.shape[1]):
                v = a[s, j]
                slope = v * (1 - v) if code == 1 else 1 - v * v if code == 2 else (v * 0 + (1 if v > 0 else 0)) if code == 3 else v * 0 + 1
                delta[s, j] *= slope * scale

    @compile_large
    def evaluate(weights, biases, codes, is_cross_entropy, x, y):
        outputs = [x]
        for layer in range(len(weights)):
            z = np.dot(outputs[layer], weights[layer].T)
            activate(z, biases[layer], codes[layer])
            outputs.append(z)
        a = outputs[-1]
        delta = a - y
        cost = -np.sum(y * np.log(a)) / x.shape[0] if is_cross_entropy else 0.5 * np.sum(delta * delta) / x.shape[0]
        times_slope(delta, a, codes[-1], x.dtype.type(1 / x.shape[0]))
        grad_weights, grad_biases = [], []
        for layer in range(len(weights) - 1, -1, -1):
            grad_weights.append(np.dot(delta.T, outputs[layer]))
            grad_biases.append(np.sum(delta, axis=0))
            if layer > 0:
                delta = np.dot(delta, weights[layer])
                times_slope(delta, outputs[layer], codes[layer - 1], x.dtype.type(1))
        return cost, grad_weights[::-1], grad_biases[::-1]

    return evaluate


def _chain(configuration: Configuration) -> Chain:
    assert configuration.chain is not None
    return configuration.chain
