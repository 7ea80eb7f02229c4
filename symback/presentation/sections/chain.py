"""The chain of single neurons: one weight, one bias and one path in each layer, every factor of the chain rule by itself.

    z^L = w^L a^(L-1) + b^L,   a^L = σ(z^L),   C_1 = ½ (a^L - y)²
    ∂C_1/∂w^L = ∂C_1/∂a^L ∂a^L/∂z^L ∂z^L/∂w^L = (a^L - y) σ'(z^L) a^(L-1)

The factors are the derivatives that SymPy takes of the three equations; a product of them is all that is put together here.
"""

from dataclasses import dataclass

import sympy

from symback.calculus.line_by_line import product
from symback.language.as_written import AsProduct, Dots, GradientOf, ScalarName
from symback.language.functions import ScalarFunction, scalar_function
from symback.language.names import LAST_LAYER
from symback.language.printing import to_text
from symback.network import Network
from symback.network.activations import Z
from symback.network.costs import A, Cost, Y, read_cost
from symback.network.sizes import SAMPLES
from symback.presentation.blocks import Block, Equations, Heading, Line, Math, Prose, Spans
from symback.presentation.sections.slopes import function_named
from symback.presentation.sections.subject import Subject
from symback.simplification.index_form import PartialDerivative, index_symbol

__all__ = ["Chain", "chain_of", "chain_section"]

AVERAGE, TARGET = sympy.Symbol("C", real=True), ScalarName("y", real=True)
NUMBER = ScalarName("z", real=True)


def scalar(letter: str, shift: int = 0) -> sympy.Symbol:
    """w^L, a^(L-1): one number."""
    return ScalarName(f"{letter}^L" if shift == 0 else f"{letter}^(L{shift})", real=True)


@dataclass(frozen=True, eq=False)
class Chain:
    """Layers of one unit: their function, the cost in a^L and y, and the cost of the first sample by its name."""

    function: type[ScalarFunction]
    cost: sympy.Expr | None
    is_replaced: bool
    sample: sympy.Symbol

    def activated(self, shift: int) -> sympy.Expr:
        """f(z) of layer L, or of one below."""
        return self.function(scalar("z", shift))  # type: ignore[return-value]

    def weighted(self, shift: int) -> sympy.Expr:
        """w a + b."""
        return scalar("w", shift) * scalar("a", shift - 1) + scalar("b", shift)

    def factor(self, of: str, by: str, shift: int) -> sympy.Expr:
        """The derivative of one equation of the chain, taken by SymPy: ∂z/∂w is `factor("z", "w", 0)`."""
        if of == "C":
            unknown = PartialDerivative(self.sample, scalar("a"))
            return unknown if self.cost is None else sympy.factor_terms(sympy.diff(self.cost, scalar("a")))
        inner = scalar(by, shift - 1 if by == "a" else shift)
        return sympy.diff(self.activated(shift) if of == "a" else self.weighted(shift), inner)


def chain_of(network: Network, index_base: int = 1) -> Chain:
    """One unit in each layer, all with the activation of the last layer that has one; the first sample has the first index.

    Decision: one function for the whole chain.  Two of them would say nothing new, and hide that all links are alike.
    """
    cost, last = network.cost, network.numbered[-1].layer.activation
    is_replaced = not last.row.is_elementwise or cost.row.through is not None or cost.row.targets == "probabilities"
    if is_replaced:  # softmax of one unit is 1, whatever z is; of logits, the cost has a function of its own
        cost = read_cost("quadratic")
    activations = [layer.layer.activation for layer in reversed(network.numbered)]
    known = [each for each in activations if each.row.is_elementwise and each.name != "identity"]
    function = scalar_function("sigma") if is_replaced or not known else function_named(known[0])
    return Chain(function, _cost_of(cost), is_replaced, ScalarName(f"C_{index_base}", real=True))


def _cost_of(cost: Cost) -> sympy.Expr | None:
    """The cost of one output; an average over one is the same."""
    return None if cost.formula is None else cost.formula.xreplace({A: scalar("a"), Y: TARGET})


# The section -----------------------------------------------------------------------------------------------------


def chain_section(subject: Subject) -> list[Block]:
    """Forward, factors, the three derivatives, one layer further down, the average over the samples, and the gradient."""
    chain = chain_of(subject.network, subject.notation.index_base)
    first = Math((chain.sample,))
    words: Spans = (
        "With one unit in each layer, all of one kind, nothing needs an index, and every path is a single chain. ",
        first, " is the cost of the first sample.",
    )  # fmt: skip
    if chain.is_replaced:
        words = (*words, " It ends in a function σ and half the squared error, since those of the network are for several outputs.")
    return [
        Heading(("A chain of single neurons",)),
        Prose(words),
        Equations(_forward(chain)),
        Prose(("A small change of the weight goes through ", _path(chain), ". The slope of each link, from its equation alone:")),
        Equations(_factors(chain)),
        Prose(("The chain rule multiplies the links of a path:",)),
        *(Equations(_derivative(chain, by)) for by in "wba"),
        Prose(("The last of these is where the path goes on, one layer further down:",)),
        Equations(_further_down(chain)),
        *_over_samples(chain),
    ]


def _path(chain: Chain) -> Math:
    """w, z, a, C as the links of the chain."""
    return Math((scalar("w"), scalar("z"), scalar("a"), chain.sample), "→")


def _forward(chain: Chain) -> tuple[Line, ...]:
    """z, a, C, and the function unless its formula says no more than its name."""
    lines = [Line(scalar("z"), chain.weighted(0)), Line(scalar("a"), chain.activated(0))]
    if chain.cost is not None:
        lines.append(Line(chain.sample, chain.cost))
    named, value = chain.function(Z), chain.function(Z).expanded()  # type: ignore[attr-defined]
    return tuple(lines) if to_text(named) == to_text(value) else (*lines, Line(named.xreplace({Z: NUMBER}), value.xreplace({Z: NUMBER})))


def _partial(chain: Chain, of: str, by: str, shift: int) -> sympy.Expr:
    """∂z^L/∂w^L, unevaluated."""
    above = chain.sample if of == "C" else scalar(of, shift)
    return PartialDerivative(above, scalar("a") if of == "C" else scalar(by, shift - 1 if of == "z" and by == "a" else shift))


def _factors(chain: Chain) -> tuple[Line, ...]:
    """Each link with its slope."""
    links = [("C", "a"), ("a", "z"), ("z", "w"), ("z", "b"), ("z", "a")]
    pairs = [(_partial(chain, of, by, 0), chain.factor(of, by, 0)) for of, by in links]
    return tuple(Line(left, right) for left, right in pairs if left != right)


def _links(chain: Chain, by: str) -> tuple[list[sympy.Expr], list[sympy.Expr]]:
    """The links from C to w, b or a of the layer below: as fractions, and as slopes."""
    links = (("C", "a"), ("a", "z"), ("z", by))
    return [_partial(chain, *link, 0) for link in links], [chain.factor(*link, 0) for link in links]


def _derivative(chain: Chain, by: str) -> tuple[Line, ...]:
    """∂C/∂w as a product of three links, and of their slopes."""
    fractions, slopes = _links(chain, by)
    target = scalar(by, -1 if by == "a" else 0)
    return (
        Line(PartialDerivative(chain.sample, target), AsProduct(*fractions), ("chain rule",)),
        Line(None, product(*slopes), ("put in the slopes",)),
    )


def _further_down(chain: Chain) -> tuple[Line, ...]:
    """∂C/∂w^(L-1): two more links at the end of ∂C/∂a^(L-1)."""
    target = scalar("w", -1)
    links = (("a", "z"), ("z", "w"))
    whole = PartialDerivative(chain.sample, scalar("a", -1))
    fractions = [whole, *(_partial(chain, *link, -1) for link in links)]
    slopes = [*_links(chain, "a")[1], *(chain.factor(*link, -1) for link in links)]
    return (
        Line(PartialDerivative(chain.sample, target), AsProduct(*fractions), ("chain rule",)),
        Line(None, product(*slopes), ("put in the slopes",)),
    )


def _over_samples(chain: Chain) -> list[Block]:
    """The cost of the training set is an average, so its derivatives are averages; together they are the gradient."""
    s, samples = index_symbol("s"), SAMPLES
    each = sympy.Indexed("C_s", s)

    def mean(of: sympy.Expr) -> sympy.Expr:
        return sympy.Sum(of, (s, 1, samples)) / samples

    own = {scalar("a"): sympy.Indexed("a^L", s), TARGET: sympy.Indexed("y", s)}
    averages = [] if chain.cost is None else [Line(each, chain.cost.xreplace(own))]
    averages += [Line(AVERAGE, mean(each))]
    averages += [Line(PartialDerivative(AVERAGE, scalar(by)), mean(PartialDerivative(each, scalar(by)))) for by in "wb"]
    first = [PartialDerivative(AVERAGE, ScalarName(f"{by}^1", real=True)) for by in "wb"]
    last = [PartialDerivative(AVERAGE, scalar(by)) for by in "wb"]
    column = sympy.ImmutableMatrix([*first, Dots("vertical"), *last])
    return [
        Heading(("All samples", ), 2),
        Prose(("The cost of ", Math((samples,)), " samples is the average of theirs, and so is each of its derivatives:")),
        Equations(tuple(averages)),
        Prose(("All of them together, from layer 1 to layer ", Math((LAST_LAYER,)), ", are the gradient:")),
        Equations((Line(GradientOf(AVERAGE), column),)),
    ]  # fmt: skip
