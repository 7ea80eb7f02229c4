"""The gradients of a derivation in numbers, by evaluating its formulas one after the other, with no compiler between."""

from collections.abc import Mapping

import numpy as np

from symback.language.expressions import Var
from symback.numerics.evaluate import Setting, evaluate, evaluate_equations
from symback.pipeline import Derivation
from tests.random_specs import Problem

__all__ = ["evaluated", "gradients_of", "plain_name"]


def plain_name(symbol: Var) -> str:
    """W^2  →  W2."""
    return str(symbol.name).replace("^", "")


def evaluated(derivation: Derivation, problem: Problem, sample: int | None = None) -> Setting:
    """Every quantity of a derivation with its value; of one sample, or of the batch."""
    forward = derivation.forward
    x, y = (problem.x, problem.y) if sample is None else (problem.x[sample], problem.y[sample])
    given: Mapping[Var, np.ndarray] = {p: problem.parameters[plain_name(p)] for p in forward.parameters}
    given = {**given, forward.inputs: x, forward.target: y}
    setting = Setting(given, problem.sizes, {}, forward.equations)
    setting = setting.with_values(evaluate_equations(forward.equations, setting))
    for record in derivation.records:
        setting = setting.with_values({record.symbol: evaluate(record.tensor, setting)})
    return setting


def gradients_of(derivation: Derivation, setting: Setting) -> dict[str, np.ndarray]:
    """The gradient of each parameter by name; zeros for one that the cost does not depend on."""
    symbol_of = {record.target: record.symbol for record in derivation.records}
    found = {}
    for parameter in derivation.forward.parameters:
        symbol = symbol_of.get(parameter)
        found[plain_name(parameter)] = np.zeros_like(setting.values[parameter]) if symbol is None else setting.values[symbol]
    return found
