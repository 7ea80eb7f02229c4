"""The record of one cotangent: the chain rule's terms, each derived, and the simplification of their sum.

Everything that is shown of a formula, checked or compiled comes from its record; the answer is `tensor`.
"""

from dataclasses import dataclass

from symback.language.expressions import Equation, Tensor, Var
from symback.language.steps import Fact, Step

__all__ = ["LocalDerivative", "Record"]


@dataclass(frozen=True, slots=True)
class LocalDerivative:
    """∂(consumer)/∂(target) of one equation: as the chain rule found it, and simplified, with the steps between."""

    consumer: Equation
    upstream: Tensor
    raw: Tensor
    tensor: Tensor
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """∂C/∂`target`, called `symbol`, equals `tensor`.

    `terms` are the equations that use the target; `past_pivot` those that use it beyond the pivot, and `pivot_factor`
    is ∂C/∂(pivot) (see `calculus.chain_rule`).  `is_named`: other formulas refer to it by `symbol`; otherwise they
    have it written out.  `steps` lead from the sum over the terms to `tensor`, and `facts` are the side facts used
    there or in what was written out.
    """

    target: Var
    symbol: Var
    tensor: Tensor
    is_named: bool
    terms: tuple[LocalDerivative, ...]
    past_pivot: tuple[LocalDerivative, ...]
    pivot_factor: Tensor | None
    steps: tuple[Step, ...]
    facts: tuple[Fact, ...] = ()
