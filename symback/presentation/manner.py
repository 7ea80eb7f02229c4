"""How a page shows its formulas, and the views of a tensor in that manner."""

from dataclasses import dataclass
from functools import lru_cache

import sympy

from symback.errors import SpecError, UnsupportedError
from symback.language.expressions import Tensor, Var, contract
from symback.language.letters import ROLES
from symback.language.notation import Notation
from symback.language.steps import Fact
from symback.network import Network
from symback.presentation.blocks import Math, Size
from symback.simplification.index_form import index_form, index_symbol
from symback.simplification.matrix_form import is_derivative, matrix_form

__all__ = ["DETAILS", "FORMS", "LAYOUTS", "SLOPES", "Manner", "entry", "fact_math", "matrix_or_index", "shape_of", "size_letters"]

FORMS = ("all", "matrix", "index", "scalar")
LAYOUTS = ("column", "row", "jacobian")
SLOPES = ("function", "output")
DETAILS = ("results", "steps", "full")


@dataclass(frozen=True, slots=True)
class Manner:
    """How formulas are shown.

    `form`    "matrix", "index", "scalar" (every entry written out), or "all": matrices and indices;
    `layout`  "column", "row" or "jacobian";
    `slopes`  "function" writes σ'(z), "output" writes a ⊙ (1 - a) where there is such a form;
    `detail`  "results" leaves the steps out; "steps" shows them, layers that are alike once; "full" every layer.

    `reserved` are letters that no index may have, because they are sizes on this page.
    """

    form: str = "all"
    layout: str = "column"
    slopes: str = "function"
    detail: str = "steps"
    reserved: frozenset[sympy.Expr] = frozenset()

    def __post_init__(self) -> None:
        known = {"form": FORMS, "layout": LAYOUTS, "slopes": SLOPES, "detail": DETAILS}
        for name, values in known.items():
            if getattr(self, name) not in values:
                raise SpecError(f"{name} is {getattr(self, name)!r}; it should be one of {', '.join(values)}")

    @property
    def shows_matrices(self) -> bool:
        """Whether formulas are written with matrices."""
        return self.form in ("all", "matrix")

    @property
    def shows_indices(self) -> bool:
        """Whether formulas are written entry by entry, with indices."""
        return self.form in ("all", "index")

    @property
    def shows_steps(self) -> bool:
        """Whether the steps are told; they are told with indices."""
        return self.shows_indices and self.detail != "results"


def matrix_or_index(symbol: Tensor, tensor: Tensor, manner: Manner) -> tuple[sympy.Expr, sympy.Expr]:
    """Left and right side with matrices; with indices where the right side has more axes on the way than a matrix has."""
    try:
        return matrix_form(symbol, manner.layout), matrix_form(tensor, manner.layout, is_cotangent=is_derivative(symbol))
    except UnsupportedError:
        return entry(symbol, manner), entry(tensor, manner)


def entry(tensor: Tensor, manner: Manner) -> sympy.Expr:
    """One entry, with indices."""
    return _entry(tensor, manner.reserved)


@lru_cache(maxsize=1024)  # a line of a chain is the start of the next
def _entry(tensor: Tensor, reserved: frozenset[sympy.Expr]) -> sympy.Expr:
    return index_form(tensor, reserved=reserved)


def size_letters(network: Network, notation: Notation) -> frozenset[sympy.Expr]:
    """The letters that no index is to have: in p-m-n it is not called m, and where activations are called h, not h."""
    sizes = (network.inputs, *(size for layer in network.numbered for size in (layer.inputs, layer.outputs)))
    own = (glyph.text for table in (notation.letters, notation.entries) for letter, glyph in table.items() if letter in ROLES)
    return frozenset(index_symbol(name) for name in (*(size.name for size in sizes if isinstance(size, sympy.Symbol)), *own))


def shape_of(symbol: Var, manner: Manner) -> Size:
    """Rows and columns of a quantity as the layout shows it; a scalar has none."""
    return Size(tuple(matrix_form(symbol, manner.layout).shape)) if symbol.rank else Size(())


def fact_math(fact: Fact, manner: Manner) -> Math:
    """Σ_k y_k = 1."""
    labels = tuple(range(fact.of.rank))
    bound = fact.axis % fact.of.rank
    total_along = contract(((fact.of, labels),), tuple(label for label in labels if label != bound), {})
    return Math((entry(total_along, manner), sympy.Integer(fact.value)))
