"""COSTS: one row for each, and the equations a row stands for.

A row states the cost of one entry in the output a and the target y, and whether entries are summed or averaged:

    C = Σ_j f(a_j, y_j)      or      C = (1/n) Σ_j f(a_j, y_j)

A cost "from logits" passes the outputs through an activation of its own first, p = softmax(a) or p = σ(a), and is the
plain cost of p.  Decision: p is an equation with a name, so that the gradient comes out as p - y, the line that a
textbook prints; the closed form Σ log(1 + exp a) - y a has the same value, and is how numbers are computed.

Where a cost has a kink, `convention` says what its derivative is there.
"""

from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property

import sympy
from sympy import Piecewise, log

from symback.language.expressions import Equation, Tensor, Var, elementwise, scale, total, unspecified, var
from symback.language.names import Name
from symback.language.steps import Fact
from symback.network.activations import activation_equations, activation_facts, read_activation
from symback.network.options import Option, number_text, read_choice

__all__ = ["COSTS", "COST_ALIASES", "Cost", "CostRow", "cost_equations", "cost_facts", "read_cost"]

A = sympy.Symbol("a", real=True)
Y = sympy.Symbol("y", real=True)
DELTA = sympy.Symbol("delta", real=True)


@dataclass(frozen=True)
class CostRow:
    """One cost function of a single sample.

    `formula`       of one entry, in a, y and the names of its options; None: known by name only;
    `is_mean`       averaged over the entries instead of summed;
    `through`       the activation that the outputs pass first, for costs that take logits;
    `kinks`         expressions that are zero where the derivative jumps, and `convention`, what it is there;
    `outputs`       what a may be: "real", "positive", "unit", "probabilities", "log_probabilities";
    `targets`       what y may be: "real", "unit", "probabilities", "signs" (-1 or 1), "counts";
                    targets that are "probabilities" sum to one, and that is a fact the derivation may use.
    """

    name: str
    formula: sympy.Expr | None
    is_mean: bool = False
    through: str | None = None
    kinks: tuple[sympy.Expr, ...] = ()
    convention: str = ""
    options: tuple[Option, ...] = ()
    outputs: str = "real"
    targets: str = "real"


@dataclass(frozen=True)
class Cost:
    """A row with values for its options: huber with delta = 3/2.

    >>> str(read_cost("huber(1.5)"))
    'huber(1.5)'
    """

    row: CostRow
    options: tuple[sympy.Rational, ...] = ()

    @property
    def name(self) -> str:
        """The name of the row."""
        return self.row.name

    @cached_property
    def formula(self) -> sympy.Expr | None:
        """The cost of one entry, in a and y."""
        chosen = {sympy.Symbol(option.name, real=True): value for option, value in zip(self.row.options, self.options, strict=True)}
        return None if self.row.formula is None else self.row.formula.xreplace(chosen)

    def __str__(self) -> str:
        defaults = tuple(option.default for option in self.row.options)
        return self.name if self.options == defaults else f"{self.name}({', '.join(map(number_text, self.options))})"


_ABSOLUTE = Piecewise((A - Y, A > Y), (Y - A, A < Y), (0, True))
_CROSS_ENTROPY = -Y * log(A)
_BINARY = -Y * log(A) - (1 - Y) * log(1 - A)

_ROWS = (
    CostRow("quadratic", (A - Y) ** 2 / 2),
    CostRow("squared_error", (A - Y) ** 2),
    CostRow("mean_squared_error", (A - Y) ** 2, is_mean=True),
    CostRow("absolute_error", _ABSOLUTE, kinks=(A - Y,), convention="the derivative of |a - y| is 0 at a = y"),
    CostRow("mean_absolute_error", _ABSOLUTE, is_mean=True, kinks=(A - Y,), convention="the derivative of |a - y| is 0 at a = y"),
    CostRow(
        "huber",
        Piecewise(
            (DELTA * (A - Y) - DELTA**2 / 2, A - Y > DELTA), (DELTA * (Y - A) - DELTA**2 / 2, A - Y < -DELTA), ((A - Y) ** 2 / 2, True)
        ),
        options=(Option("delta", sympy.S.One, must_be_positive=True),),
    ),
    CostRow(
        "hinge", Piecewise((1 - Y * A, Y * A < 1), (0, True)), kinks=(1 - Y * A,),
        convention="the derivative of max(0, 1 - y a) is 0 at y a = 1", targets="signs",
    ),
    CostRow("binary_cross_entropy", _BINARY, outputs="unit", targets="unit"),
    CostRow("binary_cross_entropy_from_logits", _BINARY, through="sigmoid", targets="unit"),
    CostRow("cross_entropy", _CROSS_ENTROPY, outputs="probabilities", targets="probabilities"),
    CostRow("cross_entropy_from_logits", _CROSS_ENTROPY, through="softmax", targets="probabilities"),
    CostRow("nll", -Y * A, outputs="log_probabilities", targets="probabilities"),
    CostRow("poisson", A - Y * log(A), outputs="positive", targets="counts"),
    CostRow("unspecified", None),
)  # fmt: skip
COSTS: dict[str, CostRow] = {row.name: row for row in _ROWS}
PASSED = ("p", "q", "h", "u", "r")  # letters for what logits pass through on their way into a cost
COST_ALIASES: dict[str, str] = {
    "mse": "mean_squared_error", "mae": "mean_absolute_error", "half_squared_error": "quadratic", "l1_loss": "absolute_error",
    "bce": "binary_cross_entropy", "bce_from_logits": "binary_cross_entropy_from_logits", "log_loss": "binary_cross_entropy",
    "bce_with_logits": "binary_cross_entropy_from_logits", "ce": "cross_entropy", "categorical_cross_entropy": "cross_entropy",
    "ce_from_logits": "cross_entropy_from_logits", "softmax_cross_entropy": "cross_entropy_from_logits",
    "negative_log_likelihood": "nll", "c": "unspecified",
}  # fmt: skip


def read_cost(text: "str | Cost") -> Cost:
    """The cost that `text` names: "quadratic", "huber(1.5)", "C"; `SpecError` with the nearest name if none."""
    if isinstance(text, Cost):
        return text
    name, values = read_choice(text, "cost", {row.name: row.options for row in _ROWS}, COST_ALIASES)
    return Cost(COSTS[name], values)


def cost_equations(cost: Cost, a: Var, y: Var, symbol: Var, taken: Container[str] = ()) -> tuple[Equation, ...]:
    """The equations that lead from the outputs a to the cost `symbol` of each sample; the last one defines it.

    What logits pass through is p, or the first of PASSED that is not `taken`: a log-softmax layer has its own p^l.
    """
    keep = a.rank - 1
    if cost.row.formula is None:
        return (Equation(symbol, unspecified("C", (a, y), (), shared=keep), "cost"),)
    before: tuple[Equation, ...] = ()
    outputs: Var = a
    if cost.row.through is not None:
        letter = next((letter for letter in PASSED if letter not in taken), PASSED[0])
        outputs = var(Name(letter.upper() if keep else letter), a.axes)
        (passed,) = activation_equations(read_activation(cost.row.through), a, outputs)
        before = (Equation(outputs, passed.definition, "auxiliary"),)
    value: Tensor = total(elementwise(cost.formula, a=outputs, y=y), keep)
    if cost.row.is_mean:
        value = scale(1 / a.axes[-1].size, value)
    return *before, Equation(symbol, value, "cost")


def cost_facts(cost: Cost, y: Var, equations: tuple[Equation, ...]) -> tuple[Fact, ...]:
    """Σ_k y_k = 1 where the cost supposes it of its targets, and Σ_k p_k = 1 of its own softmax."""
    assumed = (Fact(y, 1, is_assumed=True),) if cost.row.targets == "probabilities" else ()
    return assumed if cost.row.through is None else (*assumed, *activation_facts(read_activation(cost.row.through), equations))
