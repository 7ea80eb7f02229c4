"""The factor of the cost: with ½, without it, averaged; and how the derivative of any other cost comes about.

The squared error has three customs that differ by a number.  Each stands here with its own derivative and its own error of
the last layer, and with what it is in terms of the cost of this page, so that no factor is lost between two books.
"""

import sympy

from symback.calculus.line_by_line import slope_lines
from symback.language.as_written import PartialOf, value_of
from symback.language.printing import to_text
from symback.network.costs import A, Y
from symback.presentation.blocks import Block, Equations, Heading, Items, Line, Math, Prose, Spans
from symback.presentation.manner import entry
from symback.presentation.opening import kinks_of_cost
from symback.presentation.scalars import of_numbers
from symback.presentation.sections.subject import Subject
from symback.simplification.index_form import PartialDerivative, index_symbol

__all__ = ["FACTORS", "costs_section"]

C = sympy.Symbol("C", real=True)
# The customs of the squared error: the number before the sum of squares, of which n is the number of outputs.
N_OUTPUTS = sympy.Symbol("n", integer=True, positive=True)
FACTORS = {"quadratic": sympy.S.Half, "squared_error": sympy.S.One, "mean_squared_error": 1 / N_OUTPUTS}
NAMES = {"quadratic": "half the squared error", "squared_error": "the squared error", "mean_squared_error": "the mean squared error"}


def costs_section(subject: Subject) -> list[Block]:
    """The customs of the squared error, or the derivative of the page's own cost, line by line."""
    derivation = next((d for d in subject.derivations if any(e.role == "cost" for e in d.forward.equations)), None)
    cost = subject.network.cost
    if derivation is None or cost.formula is None:
        return []
    heading = Heading(("The cost and its factor",))
    if cost.name in FACTORS and not derivation.forward.is_batch:
        return [heading, *_customs(subject, cost.name)]
    return [heading, *map(of_numbers, _one_entry(cost.formula, kinks_of_cost(cost.row)))]


def _customs(subject: Subject, own: str) -> list[Block]:
    """C of this page, and the two others by letters of their own."""
    derivation = subject.derivations[0]
    forward = derivation.forward
    equation = next(e for e in forward.equations if e.role == "cost")
    output = next(e.symbol for e in reversed(forward.equations) if e.role == "activation")
    assert forward.target is not None
    size = output.axes[-1].size
    a, y = entry(output, subject.manner), entry(forward.target, subject.manner)
    squares = entry(equation.definition, subject.manner) / _factor(own, size)
    over_all = _renamed(squares, a.indices[-1])  # the index of the sum is not the one of the entry
    blocks: list[Block] = [Prose(("Books agree on the squares and differ in the number before them, which goes through all derivatives.",))]
    for name in FACTORS:
        factor = _factor(name, size)
        slope = sympy.Mul(2 * factor, a - y)
        if name == own:
            lines = [Line(C, factor * squares), Line(PartialDerivative(C, a), slope)]
        else:
            ratio = factor / _factor(own, size) * PartialDerivative(C, a)
            lines = [Line(PartialOf(factor * over_all, a), slope), Line(None, ratio)]
        words: Spans = (NAMES[name].capitalize(), ", the cost of this page" if name == own else "")
        outputs: Spans = (", an average over ", Math((size,)), " outputs") if name == "mean_squared_error" else ()
        blocks += [Prose((*words, *outputs, ":")), Equations(tuple(lines))]
    return [*blocks, _consequences()]


def _renamed(total: sympy.Expr, taken: sympy.Symbol) -> sympy.Expr:
    """The same sum over another letter."""
    other = next(index for letter in "ikm" if (index := index_symbol(letter)) != taken)
    return total.replace(lambda e: isinstance(e, sympy.Sum), lambda e: _over(e, taken, other))


def _over(total: sympy.Sum, letter: sympy.Symbol, other: sympy.Symbol) -> sympy.Sum:
    return sympy.Sum(total.function.xreplace({letter: other}), *(bound.xreplace({letter: other}) for bound in total.limits))


def _consequences() -> Block:
    """What the number changes, and what it leaves as it is."""
    items: tuple[Spans, ...] = (
        ("All three are smallest for the same weights: a positive number before the cost moves no minimum.",),
        ("Every error δ and every gradient carries the number of its cost; a result of one custom is wrong in another.",),
        ("A step of gradient descent with one of them is a step with another at another learning rate.",),
    )  # fmt: skip
    return Items(items)


def _factor(name: str, size: sympy.Expr) -> sympy.Expr:
    return FACTORS[name].subs(N_OUTPUTS, size)


def _one_entry(formula: sympy.Expr, kinks: list[Spans]) -> list[Block]:
    """The cost of one output a with target y, differentiated by a."""
    lines = slope_lines(formula, A)
    chain = [Line(lines[0].expr, lines[1].expr, (lines[1].reason,)), *(Line(None, line.expr, (line.reason,)) for line in lines[2:])]
    tidy = value_of(lines[-1].expr)
    if to_text(tidy) != to_text(lines[-1].expr) and not isinstance(tidy, sympy.Piecewise):
        chain.append(Line(None, tidy, ("put together",)))
    words: Spans = ("Of one output ", Math((A,)), " with its target ", Math((Y,)), ", without a number in front:")
    return [Prose(words), Equations(tuple(chain)), *map(Prose, kinks)]
