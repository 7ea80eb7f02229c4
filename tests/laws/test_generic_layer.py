"""The formulas of layer l, for symbolic l, are those of every hidden layer of a deep network; those of layer L are its last ones."""

from collections.abc import Callable

import pytest
import sympy

from symback.language.expressions import (
    Add,
    Axis,
    Const,
    Contract,
    Delta,
    Map,
    Tensor,
    Unspecified,
    Var,
    add,
    const,
    contract,
    delta,
    map_,
    unspecified,
    var,
)  # fmt: skip
from symback.language.names import LAST_LAYER, LAYER, Name
from symback.network import Dense, Network
from symback.pipeline import derive, derive_generic

DEPTH = 5
SIZES = "n_0-n_1-n_2-n_3-n_4-n_5"


def network(hidden: str, output: str, cost: str, **others) -> Network:
    return Network.from_spec(SIZES, activation=[hidden] * (DEPTH - 1) + [output], cost=cost, **others)


CASES = {
    "unspecified": network("sigma", "sigma", "C"),
    "sigmoid, quadratic": network("sigmoid", "sigmoid", "quadratic"),
    "relu, softmax, cross-entropy": network("relu", "softmax", "cross_entropy"),
    "prelu, absolute error": network("prelu", "tanh", "absolute_error"),
    "softmax inside": network("softmax", "sigmoid", "binary_cross_entropy"),
    "log_softmax inside": network("log_softmax", "exp", "poisson"),
    "no bias": network("tanh", "tanh", "mse", bias=False),
    "l1 and l2": network("tanh", "tanh", "mse", l1="lambda", l2=0.1),
}


def at_layer(symbolic: sympy.Symbol, number: int) -> Callable[[Tensor], Tensor]:
    """The function that puts `number` for the symbolic layer l or L in names and sizes."""

    def size(expr: sympy.Expr) -> sympy.Expr:
        shifts = {f"n_{{{_shifted(symbolic, k)}}}": sympy.Symbol(f"n_{number + k}", integer=True, positive=True) for k in (-1, 0, 1)}
        return expr.xreplace({symbol: shifts[symbol.name] for symbol in expr.free_symbols if symbol.name in shifts})

    def axis(old: Axis) -> Axis:
        return Axis(size(old.size), old.kind)

    def name(old: Name) -> Name:
        layer = old.layer.xreplace({symbolic: sympy.Integer(number)}) if isinstance(old.layer, sympy.Expr) else old.layer
        return Name(old.letter, int(layer) if layer is not None else None, old.is_gradient)

    def instance(tensor: Tensor) -> Tensor:
        match tensor:
            case Var():
                return var(name(tensor.name), map(axis, tensor.axes))
            case Const():
                return const(size(tensor.value))
            case Delta():
                return delta(axis(tensor.axes[0]))
            case Add():
                return add(*map(instance, tensor.args))
            case Map():
                return map_(size(tensor.expr), tuple(map(instance, tensor.args)))
            case Unspecified():
                return unspecified(tensor.letter, tuple(map(instance, tensor.args)), tensor.wrt, tensor.shared)
            case Contract():
                axes = {label: axis(old) for label, old in tensor.label_axes.items()}
                return contract([(instance(arg), labels) for arg, labels in tensor.factors], tuple(range(tensor.rank)), axes)
        raise AssertionError(f"no instance of {type(tensor)}")

    return instance


def _shifted(symbolic: sympy.Symbol, shift: int) -> str:
    return f"{symbolic}{shift:+d}" if shift else str(symbolic)


@pytest.mark.parametrize("is_batch", [False, True], ids=["one sample", "a batch"])
@pytest.mark.parametrize("network", CASES.values(), ids=CASES)
def test_the_generic_layer_is_every_layer(network, is_batch):
    deep = derive(network, batch=is_batch)
    output, hidden = derive_generic(network, batch=is_batch)
    formula_of = {str(formula.name): formula.tensor for formula in deep}
    for generic, symbolic, numbers in ((hidden, LAYER, range(1, DEPTH)), (output, LAST_LAYER, (DEPTH,))):
        compared = 0
        for number in numbers:
            instance = at_layer(symbolic, number)
            for formula in generic:
                if formula.target is generic.forward.inputs:
                    continue  # a deep network writes ∂C/∂a^{l-1} out in the formula that uses it
                name = str(instance(formula.symbol).name)
                assert instance(formula.tensor) is formula_of[name], f"{name}: {instance(formula.tensor)} is not {formula_of[name]}"
                compared += 1
        assert compared >= 2 * len(numbers)


def test_layers_that_differ_have_no_generic_formula():
    assert derive_generic(Network(inputs=2, layers=[Dense(3, "tanh"), Dense(3, "relu"), Dense(1)])) is None
