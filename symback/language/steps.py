"""The record of a derivation: steps, each an equality with the name of its rule, and the facts they may use."""

from dataclasses import dataclass

from symback.language.expressions import Tensor, Var

__all__ = ["Fact", "Step"]


@dataclass(frozen=True, slots=True)
class Fact:
    """Σ over one axis of `of` (the last, where nothing else is said) equals `value`.

    `is_assumed` true: the cost supposes it of its data (Σ_k y_k = 1); false: it follows from a definition.
    """

    of: Var
    value: int
    is_assumed: bool
    axis: int = -1

    def __str__(self) -> str:
        return f"Σ {self.of.name} = {self.value}"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a derivation: `before` and `after` have the same axes and are equal in value, because of `rule`.

    `facts` lists the side facts the rule relied on.  `form` says how the line after is to be shown, "index" or "matrix":
    the lift to matrices changes the view and not the tensor.
    """

    rule: str
    before: Tensor
    after: Tensor
    facts: tuple[Fact, ...] = ()
    form: str = "index"
