"""One step of gradient descent as equations: W_new = W - η ∂C/∂W, and the forward pass with the new parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

import sympy

from symback.language.expressions import Equation, Tensor, Var, add, scale, var
from symback.language.names import LAYER, Name
from symback.pipeline import Derivation, Formula
from symback.simplification.replacing import replaced

__all__ = ["RATE", "Update", "equations_after", "general_updates", "updates"]

RATE = sympy.Symbol("eta")
NEW = "new"


@dataclass(frozen=True)
class Update:
    """`symbol` := `tensor`, and with the gradient written out by its formula, `in_full`."""

    symbol: Var
    tensor: Tensor
    in_full: Tensor


def after(name: Var) -> Var:
    """The name of a quantity after the step: W_new."""
    return var(Name(f"{name.name.letter}_{NEW}", name.name.layer), name.axes)


def moved(parameter: Tensor, gradient: Tensor) -> Tensor:
    """W - η ∂C/∂W"""
    return add(parameter, scale(-RATE, gradient))


def updates(derivation: Derivation) -> tuple[Update, ...]:
    """The new value of each parameter, in the order of the layers."""
    gradients: dict[Tensor, Formula] = {formula.target: formula for formula in derivation.formulas}
    found = ((parameter, gradients[parameter]) for parameter in derivation.forward.parameters)
    return tuple(Update(after(p), moved(p, gradient.symbol), moved(p, gradient.tensor)) for p, gradient in found)


def general_updates(derivation: Derivation) -> tuple[Update, ...]:
    """The same for the parameters of a layer l."""
    found: dict[str, Update] = {}
    for parameter in derivation.forward.parameters:
        name = Name(parameter.name.letter, LAYER)
        general, gradient = var(name, parameter.axes), var(name.gradient, parameter.axes)
        found.setdefault(name.letter, Update(after(general), moved(general, gradient), moved(general, gradient)))
    return tuple(found.values())


def equations_after(derivation: Derivation) -> tuple[Equation, ...]:
    """The forward pass with new parameters; what follows from them is new as well."""
    forward = derivation.forward
    names: Sequence[Var] = (*forward.parameters, *(equation.symbol for equation in forward.equations))
    new = {name: after(name) for name in names}
    return tuple(Equation(new[e.symbol], replaced(e.definition, new), e.role) for e in forward.equations)
