"""RULES: each shortens a product or a sum, is true by itself, and says why it stops.

A product rule takes a `Product` and returns an equal tensor, or None where it does not apply; a sum rule does the same
for an `Add`.  The engine decides where and how often; a rule never calls another.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import sympy

from symback.language.expressions import Add, Contract, Delta, Map, Tensor, Var, add, is_zero, map_, slot
from symback.language.functions import ScalarFunction
from symback.language.steps import Fact
from symback.simplification.products import Factor, Product, factor_signatures, product_of

__all__ = ["RULES", "Knowledge", "Monomial", "Rule", "slope_of"]


@dataclass(frozen=True)
class Monomial:
    """symbol = coefficient · base**exponent · Π inverse**-1: a definition, solved for `base`."""

    symbol: Var
    coefficient: sympy.Expr
    exponent: sympy.Expr
    inverse: tuple[tuple[Factor, sympy.Expr], ...]


@dataclass(frozen=True)
class Knowledge:
    """What rules may use: the defining equations in force, the facts, and σ' in terms of σ for the functions that have it.

    `slopes` maps a scalar function such as sigmoid to its derivative written in its own value, slot(0): x0*(1 - x0).
    """

    definitions: Mapping[Var, Tensor] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    slopes: Mapping[type[ScalarFunction], sympy.Expr] = field(default_factory=dict)

    @cached_property
    def monomials(self) -> dict[Tensor, list[Monomial]]:
        """The definitions that can be solved for an element-wise function of a name, by that function."""
        found: dict[Tensor, list[Monomial]] = {}
        for symbol, definition in self.definitions.items():
            product = product_of(definition)
            own = tuple(range(symbol.rank))
            for (base, labels), exponent in product.powers if not product.bound else ():
                is_root = isinstance(base, Contract) and exponent == sympy.S.Half  # s = √Σ x²
                if (is_root or (isinstance(base, Map) and exponent in (1, sympy.S.Half))) and labels == own:
                    others = tuple((factor, -e) for factor, e in product.powers if factor != (base, own))
                    found.setdefault(base, []).append(Monomial(symbol, product.coefficient, exponent, others))
        return found

    @cached_property
    def names(self) -> dict[Tensor, Var]:
        """The name that stands for an expression, by the expression."""
        return {definition: symbol for symbol, definition in self.definitions.items()}

    @cached_property
    def slopes_by_derivative(self) -> dict[type[ScalarFunction], tuple[type[ScalarFunction], sympy.Expr]]:
        """For σ', the function σ and σ' in terms of it."""
        return {function.prime(): (function, slope) for function, slope in self.slopes.items()}


@dataclass(frozen=True)
class Rule:
    """`statement` is the equality, `apply` does it; `is_product_rule` tells what it takes."""

    name: str
    statement: str
    apply: Callable[..., tuple[Tensor, tuple[Fact, ...]] | None]
    is_product_rule: bool = True


Result = tuple[Tensor, tuple[Fact, ...]] | None


def collapse_delta(product: Product, knowledge: Knowledge) -> Result:
    """Σ_k δ_jk x_k  →  x_j,  for j in the range of k.  Terminates: each use removes one Kronecker delta."""
    rank = len(product.axes)
    for (base, labels), _ in product.powers:
        if not isinstance(base, Delta):
            continue
        first, second = labels
        gone, stays = (second, first) if second >= rank else (first, second)
        if gone < rank and gone != stays:
            continue
        powers: dict[Factor, sympy.Expr] = {}
        for (other, other_labels), exponent in product.powers:
            if (other, other_labels) == (base, labels):
                continue
            renamed = (other, tuple(stays if label == gone else label for label in other_labels))
            powers[renamed] = powers.get(renamed, sympy.S.Zero) + exponent
        bound = tuple(pair for pair in product.bound if pair[0] != gone or gone == stays)
        return Product(product.coefficient, tuple(powers.items()), product.axes, bound).to_tensor(), ()
    return None


def distribute_over_delta(product: Product, knowledge: Knowledge) -> Result:
    """Σ_k x_k (δ_jk + u_k)  →  Σ_k x_k δ_jk + Σ_k x_k u_k.  Only where a delta with a bound index waits in the sum.

    Terminates: each use takes one sum out of a product; no rule puts a sum with a bound delta into one.
    """
    rank = len(product.axes)
    for (base, labels), exponent in product.powers:
        if not isinstance(base, Add) or exponent != 1 or not _has_bound_delta(base, labels, rank):
            continue
        rest = product.without((base, labels))
        terms = [rest.times((term, labels), sympy.S.One).to_tensor() for term in base.args]
        return add(*terms), ()
    return None


def _has_bound_delta(base: Add, labels: tuple[int, ...], rank: int) -> bool:
    for term in base.args:
        for arg, own in term.factors if isinstance(term, Contract) else ((term, tuple(range(term.rank))),):
            if isinstance(arg, Delta) and any(k >= term.rank or labels[k] >= rank for k in own):
                return True
    return False


def cancel(product: Product, knowledge: Knowledge) -> Result:
    """x_k / x_k  →  1 and x_k · x_k^-2  →  1/x_k.  Terminates: the product has fewer factors afterwards.

    Where x is 0 the left side is not defined and the right side is its continuous extension; formulas of a derivation
    hold where their chain rule does.
    """
    return (product.to_tensor(), ()) if len(product.powers) < product.written else None


def fold_definition(product: Product, knowledge: Knowledge) -> Result:
    """exp(z_j) / Σ_k exp(z_k)  →  a_j,  where a is defined so.  Terminates: used only where the product gets shorter.

    At several indices at once if need be: exp(z_j) exp(z_k) / (Σ exp)²  →  a_j a_k  gets shorter in one move only.
    """
    for base in dict.fromkeys(base for (base, _), _ in product.powers):
        places = [(factor, exponent) for factor, exponent in product.powers if factor[0] is base]
        for known in knowledge.monomials.get(base, ()):
            for chosen in (*([place] for place in places), places):
                folded = _folded(product, known, chosen)
                if folded.size < product.size:
                    return folded.to_tensor(), ()
    return None


def _folded(product: Product, known: Monomial, chosen: list[tuple[Factor, sympy.Expr]]) -> Product:
    """The product with the base of `known` at the chosen places written in terms of the name that it defines."""
    own_axes = tuple(range(known.symbol.rank))
    for (base, labels), exponent in chosen:
        power = exponent / known.exponent
        product = product.without((base, labels))
        for (other, own), e in (((known.symbol, own_axes), sympy.S.One), *known.inverse):
            product = product.times((other, tuple(labels[i] for i in own)), e * power)
        product = replace(product, coefficient=product.coefficient * known.coefficient**-power)
    return product


def slope_in_output(product: Product, knowledge: Knowledge) -> Result:
    """σ'(z_j)  →  a_j (1 - a_j)  where a = σ(z), if something cancels.  Terminates: used only where the product gets shorter."""
    for (base, labels), exponent in product.powers:
        slope = slope_of(base, knowledge)
        if slope is None:
            continue
        written = product_of(slope)
        shorter = product.without((base, labels))
        for (other, own), e in written.powers:
            shorter = shorter.times((other, tuple(labels[i] for i in own)), e * exponent)
        shorter = replace(shorter, coefficient=shorter.coefficient * written.coefficient**exponent)
        if shorter.size < product.size:
            return shorter.to_tensor(), ()
    return None


def slope_of(base: Tensor, knowledge: Knowledge) -> Tensor | None:
    """σ'(z) in terms of the name a that is defined as σ(z), if the function has such a form and the name exists."""
    if not (isinstance(base, Map) and isinstance(base.expr, ScalarFunction) and base.expr.order == 1):
        return None
    function, slope = knowledge.slopes_by_derivative.get(type(base.expr), (None, None))
    if function is None:
        return None
    output = knowledge.names.get(map_(function(slot(0)), base.args))
    return None if output is None else map_(slope, (output,))


def use_fact(product: Product, knowledge: Knowledge) -> Result:
    """x_j Σ_k y_k  →  x_j,  using Σ_k y_k = 1.  Terminates: each use removes one summation sign."""
    rank = len(product.axes)
    for fact in knowledge.facts:
        for (base, labels), exponent in product.powers:
            if base is not fact.of or exponent != 1 or labels[fact.axis] < rank:
                continue
            label = labels[fact.axis]
            if sum(label in other for (_, other), _ in product.powers) > 1 or labels.count(label) > 1:
                continue
            powers = dict(product.powers)
            del powers[base, labels]
            bound = tuple(pair for pair in product.bound if pair[0] != label)
            shorter = Product(product.coefficient * fact.value, tuple(powers.items()), product.axes, bound)
            return shorter.to_tensor(), (fact,)
    return None


def combine_like_terms(total: Add, knowledge: Knowledge) -> Result:
    """2 x_j - x_j  →  x_j.  Terminates: the sum has fewer terms afterwards."""
    coefficients: dict[object, sympy.Expr] = {}
    first: dict[object, Product] = {}
    for term in total.args:
        product = product_of(term)
        key = factor_signatures(product)
        first.setdefault(key, product)
        coefficients[key] = coefficients.get(key, sympy.S.Zero) + product.coefficient
    if len(first) == len(total.args):
        return None
    return add(*(first[key].replaced(dict(first[key].powers), c).to_tensor() for key, c in coefficients.items())), ()


def factor_common(total: Add, knowledge: Knowledge) -> Result:
    """a_j g_j - a_j Σ_k a_k g_k  →  a_j (g_j - Σ_k a_k g_k).  Terminates: fewer factors are written afterwards."""
    products = [product_of(term) for term in total.args]
    common: dict[Factor, sympy.Expr] = {}
    for factor, _ in products[0].powers:
        if any(label >= total.rank for label in factor[1]) or isinstance(factor[0], Delta):
            continue
        shared = [dict(product.powers).get(factor, sympy.S.Zero) for product in products]
        if all(e > 0 for e in shared) or all(e < 0 for e in shared):
            common[factor] = min(shared, key=abs)
    if not common:
        return None
    rest = [product.replaced({f: e - common.get(f, 0) for f, e in product.powers}).to_tensor() for product in products]
    inner = add(*rest)
    own = tuple(range(total.rank))
    outer = Product(sympy.S.One, (*common.items(), ((inner, own), sympy.S.One)), total.axes, ())
    return None if is_zero(inner) else (outer.to_tensor(), ())


RULES: tuple[Rule, ...] = (
    Rule("collapse the Kronecker delta", "Σ_k δ_jk x_k = x_j", collapse_delta),
    Rule("distribute over the Kronecker delta", "Σ_k x_k (δ_jk + u_k) = Σ_k δ_jk x_k + Σ_k x_k u_k", distribute_over_delta),
    Rule("cancel", "x_k / x_k = 1", cancel),
    Rule("use the definition", "exp(z_j) / Σ_k exp(z_k) = a_j", fold_definition),
    Rule("slope in terms of the output", "σ'(z) = a (1 - a)", slope_in_output),
    Rule("use the side fact", "x_j Σ_k y_k = x_j where Σ_k y_k = 1", use_fact),
    Rule("combine like terms", "2 x_j - x_j = x_j", combine_like_terms, is_product_rule=False),
    Rule("factor out what is common", "a_j g_j - a_j h = a_j (g_j - h)", factor_common, is_product_rule=False),
)
