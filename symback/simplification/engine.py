"""Order and repetition: the rules are tried in their order, everywhere in the expression, until none applies.

The engine records one `Step` per rule application, and asserts what no rule may change: the axes.
"""

from symback.errors import ShapeError
from symback.language.expressions import Add, Contract, Map, Tensor, add, contract
from symback.language.steps import Fact, Step
from symback.simplification.products import Product, product_of
from symback.simplification.rules import RULES, Knowledge, Rule, slope_of

__all__ = ["simplify", "slopes_in_outputs"]

MOST_STEPS = 400  # every rule terminates on its own; this bound turns a wrong rule into an error instead of a hang


def simplify(tensor: Tensor, knowledge: Knowledge) -> tuple[Tensor, tuple[Step, ...]]:
    """The tensor after all rules, and the steps that lead there; no step at all if nothing applies."""
    steps: list[Step] = []
    for _ in range(MOST_STEPS):
        found = _first_change(tensor, knowledge)
        if found is None:
            return tensor, tuple(steps)
        rule, after, facts = found
        if after.axes != tensor.axes:
            raise ShapeError(f"rule {rule.name!r} changed the shape from {tensor.shape} to {after.shape}")
        if steps and steps[-1].rule == rule.name:
            steps[-1] = Step(rule.name, steps[-1].before, after, tuple(dict.fromkeys((*steps[-1].facts, *facts))))
        else:
            steps.append(Step(rule.name, tensor, after, facts))
        tensor = after
    raise RecursionError(f"simplification did not settle within {MOST_STEPS} steps; the last rule was {steps[-1].rule!r}")


def _first_change(tensor: Tensor, knowledge: Knowledge) -> tuple[Rule, Tensor, tuple[Fact, ...]] | None:
    for rule in RULES:
        found = _apply(rule, tensor, knowledge)
        if found is not None:
            return rule, *found
    return None


def _apply(rule: Rule, tensor: Tensor, knowledge: Knowledge) -> tuple[Tensor, tuple[Fact, ...]] | None:
    """The rule at every place of one level of the expression where it applies, or None if it does nowhere."""
    if isinstance(tensor, Add):
        return _apply_to_sum(rule, tensor, knowledge)
    if not isinstance(tensor, Contract | Map):
        return None
    product = product_of(tensor)
    if rule.is_product_rule:
        found = rule.apply(product, knowledge)
        if found is not None and found[0] is not tensor:
            return found
    return _apply_inside(rule, product, knowledge)


def _apply_to_sum(rule: Rule, total: Add, knowledge: Knowledge) -> tuple[Tensor, tuple[Fact, ...]] | None:
    if not rule.is_product_rule:
        found = rule.apply(total, knowledge)
        if found is not None:
            return found
    results = [_apply(rule, term, knowledge) for term in total.args]
    if all(result is None for result in results):
        return None
    terms = [term if result is None else result[0] for term, result in zip(total.args, results, strict=True)]
    facts = dict.fromkeys(fact for result in results if result is not None for fact in result[1])
    return add(*terms), tuple(facts)


def _apply_inside(rule: Rule, product: Product, knowledge: Knowledge) -> tuple[Tensor, tuple[Fact, ...]] | None:
    """The rule inside the sums that are factors of a product."""
    for (base, labels), exponent in product.powers:
        if not isinstance(base, Add):
            continue
        found = _apply(rule, base, knowledge)
        if found is not None:
            return product.without((base, labels)).times((found[0], labels), exponent).to_tensor(), found[1]
    return None


def slopes_in_outputs(tensor: Tensor, knowledge: Knowledge) -> Tensor:
    """Every σ'(z) written in terms of a = σ(z) where the function has such a form:  σ'(z^l)  →  a^l ⊙ (1 - a^l)."""
    if isinstance(tensor, Add):
        return add(*(slopes_in_outputs(term, knowledge) for term in tensor.args))
    if isinstance(tensor, Map):
        slope = slope_of(tensor, knowledge)
        return tensor if slope is None else slope
    if isinstance(tensor, Contract):
        factors = [(slopes_in_outputs(arg, knowledge), labels) for arg, labels in tensor.factors]
        return contract(factors, tuple(range(tensor.rank)), tensor.label_axes)
    return tensor
