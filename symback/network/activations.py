"""ACTIVATIONS: one row for each, and the equations a row stands for.

A row states only what cannot be derived: the formula, how it is written, where it has a kink and what is agreed upon
there.  Derivatives are never typed in; SymPy takes them from the formula.  `slope`, where a row has one, is the same
derivative in terms of the function's own value, a(1 - a) for the sigmoid; the tests prove it equal.

Kinks.  A formula with a kink is a `Piecewise`, so that its derivative at the kink is that of the branch which the
conditions choose there, and `convention` says which: ReLU'(0) = 0 because 0 > 0 does not hold.

Two rows, softmax and log_softmax, are not element-wise.  They build their tensor over the last axis; leading axes are
samples.  Both kinds are used through `activation_equations`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType

import sympy
from sympy import Piecewise, Rational, erf, exp, log, pi, sqrt, tanh

from symback.language.expressions import Equation, Tensor, Var, broadcast, elementwise, map_, slot, total, var
from symback.language.functions import ARGUMENT, ScalarFunction, scalar_function
from symback.language.names import Name
from symback.language.steps import Fact
from symback.network.options import Option, number_text, read_choice

__all__ = [
    "ACTIVATIONS", "ACTIVATION_ALIASES", "Activation", "ActivationRow", "activation_equations", "activation_facts",
    "read_activation", "slope_in_output", "softmax_of",
]  # fmt: skip

Z = sympy.Symbol("z", real=True)
A = sympy.Symbol("a", real=True)
ALPHA = sympy.Symbol("alpha", real=True)
T_LOW, ALPHA_LOW, T_HIGH, ALPHA_HIGH = sympy.symbols("t_low alpha_low t_high alpha_high", real=True)

# SELU's two constants make mean 0 and variance 1 a fixed point; decimals of Klambauer et al. (2017).
SELU_SCALE = Rational("1.0507009873554804934")
SELU_ALPHA = Rational("1.6732632423543772848")


@dataclass(frozen=True)
class ActivationRow:
    """One activation function.

    `formula`   in z, in the names of its options and of its learnable parameters; None: known by name only, or built;
    `glyph`     how it is written in LaTeX;
    `slope`     its derivative in terms of its value a, where there is such a form;
    `kinks`     the z at which the derivative jumps, and `convention`, what it is there;
    `options`   numbers that are chosen, `learnable` the letters of parameters that are trained, one per unit;
    `values`    what the outputs are: "real", "positive", "unit" (0 < a < 1), "probabilities", "log_probabilities";
    `build`     for those that are not element-wise: from z and the name of the output to its equations; the third argument is
                the name of the probabilities inside a log-softmax, None for the usual one.
    """

    name: str
    formula: sympy.Expr | None
    glyph: str
    slope: sympy.Expr | None = None
    kinks: tuple[sympy.Expr, ...] = ()
    convention: str = ""
    options: tuple[Option, ...] = ()
    learnable: tuple[str, ...] = ()
    values: str = "real"
    build: Callable[[Tensor, Var, Var | None], tuple[Equation, ...]] | None = None

    @property
    def is_elementwise(self) -> bool:
        """Whether entry j of the output depends on entry j of z alone."""
        return self.build is None


@dataclass(frozen=True)
class Activation:
    """A row with values for its options: leaky_relu with alpha = 1/5.

    >>> str(read_activation("leaky_relu(alpha=0.2)"))
    'leaky_relu(0.2)'
    """

    row: ActivationRow
    options: tuple[sympy.Rational, ...] = ()

    @property
    def name(self) -> str:
        """The name of the row."""
        return self.row.name

    @cached_property
    def formula(self) -> sympy.Expr | None:
        """The formula in z, and in the learnable parameters if there are any."""
        return None if self.row.formula is None else self.row.formula.xreplace(self._chosen)

    @cached_property
    def slope(self) -> sympy.Expr | None:
        """The derivative in terms of the value a, where there is such a form."""
        return None if self.row.slope is None else self.row.slope.xreplace(self._chosen)

    @cached_property
    def function(self) -> type[ScalarFunction] | None:
        """The element-wise function by name, so that a formula says σ'(z); None if it is not a function of z alone."""
        return None if self.row.learnable or not self.row.is_elementwise else _function_of(self)

    @property
    def _chosen(self) -> dict[sympy.Symbol, sympy.Rational]:
        return {sympy.Symbol(option.name, real=True): value for option, value in zip(self.row.options, self.options, strict=True)}

    def __str__(self) -> str:
        defaults = tuple(option.default for option in self.row.options)
        return self.name if self.options == defaults else f"{self.name}({', '.join(map(number_text, self.options))})"


def softmax_of(z: Tensor) -> Tensor:
    """exp(z_j) / Σ_k exp(z_k) over the last axis."""
    last = z.rank - 1
    normaliser = total(map_(exp(slot(0)), (z,)), keep=last)
    return map_(exp(slot(0)) / slot(1), (z, broadcast(normaliser, z.axes, range(last))))


def _softmax(z: Tensor, a: Var, _shares: Var | None) -> tuple[Equation, ...]:
    return (Equation(a, softmax_of(z), "activation"),)


def _log_softmax(z: Tensor, a: Var, shares: Var | None) -> tuple[Equation, ...]:
    """p = softmax(z), then a = log p; with p named, the derivative is δ_jk - p_k."""
    p = shares or var(Name("P" if z.rank > 1 else "p", a.name.layer), z.axes)
    return Equation(p, softmax_of(z), "auxiliary"), Equation(a, map_(log(slot(0)), (p,)), "activation")


_ROWS = (
    ActivationRow("sigmoid", 1 / (1 + exp(-Z)), r"\sigma", slope=A * (1 - A), values="unit"),
    ActivationRow("identity", Z, r"\operatorname{id}"),
    ActivationRow("tanh", tanh(Z), r"\tanh", slope=1 - A**2),
    ActivationRow(
        "relu", Piecewise((Z, Z > 0), (0, True)), r"\operatorname{ReLU}",
        slope=Piecewise((1, A > 0), (0, True)), kinks=(sympy.S.Zero,), convention="ReLU'(0) = 0",
    ),
    ActivationRow(
        "leaky_relu", Piecewise((Z, Z > 0), (ALPHA * Z, True)), r"\operatorname{LeakyReLU}",
        kinks=(sympy.S.Zero,), convention="LeakyReLU'(0) = alpha", options=(Option("alpha", Rational(1, 100)),),
    ),
    ActivationRow(
        "prelu", Piecewise((Z, Z > 0), (ALPHA * Z, True)), r"\operatorname{PReLU}",
        kinks=(sympy.S.Zero,), convention="PReLU'(0) = alpha", learnable=("alpha",),
    ),
    ActivationRow(
        "elu", Piecewise((Z, Z > 0), (ALPHA * (exp(Z) - 1), True)), r"\operatorname{ELU}",
        slope=Piecewise((1, A > 0), (A + ALPHA, True)), kinks=(sympy.S.Zero,), convention="ELU'(0) = alpha",
        options=(Option("alpha", sympy.S.One, must_be_positive=True),),
    ),
    ActivationRow(
        "selu", Piecewise((SELU_SCALE * Z, Z > 0), (SELU_SCALE * SELU_ALPHA * (exp(Z) - 1), True)), r"\operatorname{SELU}",
        slope=Piecewise((SELU_SCALE, A > 0), (A + SELU_SCALE * SELU_ALPHA, True)),
        kinks=(sympy.S.Zero,), convention="SELU'(0) = scale * alpha = 1.7581",
    ),
    ActivationRow("softplus", log(1 + exp(Z)), r"\operatorname{softplus}", slope=1 - exp(-A), values="positive"),
    ActivationRow("silu", Z / (1 + exp(-Z)), r"\operatorname{SiLU}"),
    ActivationRow("gelu", Z * (1 + erf(Z / sqrt(2))) / 2, r"\operatorname{GELU}"),
    ActivationRow(
        "gelu_tanh", Z * (1 + tanh(sqrt(2 / pi) * (Z + Rational("0.044715") * Z**3))) / 2, r"\operatorname{GELU}_{\tanh}"
    ),
    ActivationRow("mish", Z * tanh(log(1 + exp(Z))), r"\operatorname{Mish}"),
    ActivationRow(
        "hard_sigmoid", Piecewise((1, Z >= 3), (Z / 6 + Rational(1, 2), Z > -3), (0, True)), r"\operatorname{HardSigmoid}",
        slope=Piecewise((0, A >= 1), (Rational(1, 6), A > 0), (0, True)), kinks=(sympy.Integer(-3), sympy.Integer(3)),
        convention="HardSigmoid'(-3) = HardSigmoid'(3) = 0",
    ),
    ActivationRow(
        "hard_tanh", Piecewise((1, Z >= 1), (Z, Z > -1), (-1, True)), r"\operatorname{HardTanh}",
        slope=Piecewise((0, A >= 1), (1, A > -1), (0, True)), kinks=(sympy.Integer(-1), sympy.Integer(1)),
        convention="HardTanh'(-1) = HardTanh'(1) = 0",
    ),
    ActivationRow(
        "softsign", Piecewise((Z / (1 + Z), Z > 0), (Z / (1 - Z), True)), r"\operatorname{softsign}",
        slope=Piecewise(((1 - A) ** 2, A > 0), ((1 + A) ** 2, True)),
    ),
    ActivationRow("exp", exp(Z), r"\exp", slope=A, values="positive"),
    ActivationRow(
        "srelu", Piecewise((T_HIGH + ALPHA_HIGH * (Z - T_HIGH), Z >= T_HIGH), (Z, Z > T_LOW), (T_LOW + ALPHA_LOW * (Z - T_LOW), True)),
        r"\operatorname{SReLU}", kinks=(T_LOW, T_HIGH),
        convention="SReLU'(t_low) = alpha_low, SReLU'(t_high) = alpha_high, and t_low < t_high",
        learnable=("t_low", "alpha_low", "t_high", "alpha_high"),
    ),
    ActivationRow("softmax", None, r"\operatorname{softmax}", values="probabilities", build=_softmax),
    ActivationRow("log_softmax", None, r"\operatorname{logsoftmax}", values="log_probabilities", build=_log_softmax),
    ActivationRow("unspecified", None, r"\sigma"),
)  # fmt: skip
ACTIVATIONS: dict[str, ActivationRow] = {row.name: row for row in _ROWS}
ACTIVATION_ALIASES: dict[str, str] = {
    "logistic": "sigmoid", "linear": "identity", "id": "identity", "none": "identity", "swish": "silu",
    "leakyrelu": "leaky_relu", "hardsigmoid": "hard_sigmoid", "hardtanh": "hard_tanh", "gelu_approximate": "gelu_tanh",
    "logsoftmax": "log_softmax", "exponential": "exp", "sigma": "unspecified", "σ": "unspecified",
}  # fmt: skip

UNSPECIFIED_LETTER = "sigma"
_KNOWN = {row.name: Activation(row, tuple(option.default for option in row.options)) for row in _ROWS}  # those without a choice
_ACTIVATION_OF: dict[type[ScalarFunction], Activation] = {}


def read_activation(text: "str | Activation") -> Activation:
    """The activation that `text` names: "relu", "leaky_relu(0.2)", "σ"; `SpecError` with the nearest name if none."""
    if isinstance(text, str) and text in _KNOWN:
        return _KNOWN[text]
    if isinstance(text, Activation):
        return text
    name, values = read_choice(text, "activation", {row.name: row.options for row in _ROWS}, ACTIVATION_ALIASES)
    return Activation(ACTIVATIONS[name], values)


@cache
def _function_of(activation: Activation) -> type[ScalarFunction]:
    if activation.formula is None:
        return scalar_function(UNSPECIFIED_LETTER)
    function = scalar_function(activation.name, activation.formula.xreplace({Z: ARGUMENT}))
    _ACTIVATION_OF[function] = activation  # the way back, for `slope_in_output`
    return function


def slope_in_output(function: type[ScalarFunction]) -> sympy.Expr | None:
    """The derivative of an activation's function in terms of its own value, slot(0), where there is such a form.

    >>> slope_in_output(read_activation("tanh").function)
    1 - x0**2
    """
    activation = _ACTIVATION_OF.get(function)
    return None if activation is None or activation.slope is None else activation.slope.xreplace({A: slot(0)})


def activation_equations(
    activation: Activation, z: Tensor, a: Var, parameters: Mapping[str, Var] = MappingProxyType({}), shares: Var | None = None
) -> tuple[Equation, ...]:
    """The equations that lead from z to a; the last one defines a.

    `parameters` are the learnable ones by letter, `shares` the probabilities inside a log-softmax, if they are not to be p^l.
    """
    row = activation.row
    if row.build is not None:
        return row.build(z, a, shares)
    if row.name == "identity":
        return (Equation(a, z, "activation"),)
    function = activation.function
    if function is None:
        spread = {letter: broadcast(parameters[letter], z.axes, (z.rank - 1,)) for letter in row.learnable}
        return (Equation(a, elementwise(activation.formula, z=z, **spread), "activation"),)
    return (Equation(a, map_(function(slot(0)), (z,)), "activation"),)


def activation_facts(activation: Activation, equations: tuple[Equation, ...]) -> tuple[Fact, ...]:
    """Σ_k p_k = 1 where the activation makes probabilities p; it follows from their definition."""
    makes_probabilities = activation.row.values in ("probabilities", "log_probabilities")
    return (Fact(equations[0].symbol, 1, is_assumed=False),) if makes_probabilities else ()
