r"""What a notebook shows of a derivation: formulas between dollar signs, which notebooks typeset by themselves.

Decision: `_repr_latex_` of the objects themselves, made of the views and the printer, which lie on floors below.  No page
is written for it, so nothing has to be known here of `presentation`; a whole page is `render`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy

from symback.errors import UnsupportedError
from symback.language.expressions import Tensor
from symback.language.notation import NOTATIONS, Notation
from symback.language.printing import to_latex
from symback.language.steps import Step
from symback.simplification.index_form import index_form
from symback.simplification.matrix_form import matrix_form

__all__ = ["MOST_ROWS", "ShownStep", "aligned", "equation_latex"]

MOST_ROWS = 24


@dataclass(frozen=True, slots=True, eq=False)
class ShownStep(Step):
    """A step of a formula, which knows the indices that are called like a size: no index may be, and no step alone can tell."""

    reserved: frozenset[sympy.Expr] = frozenset()
    layout: str = "column"

    def _repr_latex_(self) -> str:
        """before = after, and the rule; the lift to matrices leads from one entry to the whole."""
        notation = _notation(self.layout)
        before, after = (to_latex(index_form(side, reserved=self.reserved), notation) for side in (self.before, self.after))
        whole = (_matrix_latex(self.after, notation) if self.form == "matrix" else None) or after
        shown = rf"{before} \;\longrightarrow\; {whole}" if self.form == "matrix" else f"{before} = {after}"
        return rf"$\displaystyle {shown} \qquad \text{{{_words(self.rule)}}}$"


def _notation(layout: str) -> Notation:
    return replace(NOTATIONS["nielsen"], layout=layout)


def _matrix_latex(tensor: Tensor, notation: Notation) -> str | None:
    """A quantity with matrices; None where it has more axes than a matrix."""
    try:
        return to_latex(matrix_form(tensor, notation.layout, is_cotangent=True), notation)
    except UnsupportedError:
        return None


def equation_latex(symbol: Tensor, tensor: Tensor, reserved: frozenset[sympy.Expr], layout: str = "column") -> tuple[str, str]:
    """Left and right side with matrices; with indices where there is no matrix form."""
    notation = _notation(layout)
    left, right = _matrix_latex(symbol, notation), _matrix_latex(tensor, notation)
    if left is None or right is None:
        return to_latex(index_form(symbol, reserved=reserved), notation), to_latex(index_form(tensor, reserved=reserved), notation)
    return left, right


def aligned(equations: Sequence[tuple[str, str]], total: int) -> str:
    r"""Equations one below the other, of which there are `total`.

    >>> aligned([("a", "b")], 1)
    '$$\\begin{aligned}\na &= b\n\\end{aligned}$$'
    """
    rows = [f"{left} &= {right}" for left, right in equations]
    if total > len(rows):
        rows.append(rf"&\;\;\vdots \quad \text{{and {total - len(rows)} more}}")
    text = " \\\\\n".join(rows)
    return f"$$\\begin{{aligned}}\n{text}\n\\end{{aligned}}$$"


def _words(text: str) -> str:
    r"""Words inside \text: signs that are commands of LaTeX after a backslash, or left out.

    >>> _words("use Σ_k y_k = 1")
    'use Σ\\_k y\\_k = 1'
    """
    return "".join(f"\\{sign}" if sign in "_#%&{}" else " " if sign in "\\^~$" else sign for sign in text)
