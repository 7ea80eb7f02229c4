"""How a formula is written: the letters, where the layer and the indices go, and the signs for transpose and ⊙.

A `Notation` is data and nothing else, so that a reader of documents can use the same table as the printer.

    nielsen    w^{l}_{jk}, layers as plain superscripts, ∇ for gradients of vectors and matrices
    lecture    w_{jk}^{(l)}, layers in parentheses, indices from 0, bold matrices
    ng         w^{[l]}_{jk}, layers in brackets, dz for δ, dW, db
    row        samples are rows, X for the inputs of a batch
    jacobian   numerator layout: what is a derivative of the cost is a row

A new notation is one row of `NOTATIONS`; a new quantity or function one row of `LETTERS` or `FUNCTIONS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

__all__ = ["FUNCTIONS", "LETTERS", "NOTATIONS", "Glyph", "Notation"]


@dataclass(frozen=True, slots=True)
class Glyph:
    """How one letter looks in LaTeX and in plain text."""

    latex: str
    text: str


def _glyphs(rows: Mapping[str, tuple[str, str]]) -> Mapping[str, Glyph]:
    """A table of glyphs that nobody can change."""
    return MappingProxyType({letter: Glyph(*row) for letter, row in rows.items()})


# What is not listed is written as it stands, a part after "_" as a subscript.
LETTERS = _glyphs(
    {
        "alpha": (r"\alpha", "α"),
        "beta": (r"\beta", "β"),
        "gamma": (r"\gamma", "γ"),
        "delta": (r"\delta", "δ"),
        "Delta": (r"\Delta", "Δ"),
        "epsilon": (r"\epsilon", "ε"),
        "eta": (r"\eta", "η"),
        "kappa": (r"\kappa", "κ"),
        "lambda": (r"\lambda", "λ"),
        "mu": (r"\mu", "μ"),
        "Mu": (r"\mu", "μ"),
        "Dev": ("s", "s"),
        "rho": (r"\rho", "ρ"),
        "sigma": (r"\sigma", "σ"),
        "tau": (r"\tau", "τ"),
        "theta": (r"\theta", "θ"),
        "xhat": (r"\hat{x}", "x̂"),
        "Xhat": (r"\hat{X}", "X̂"),
        "yhat": (r"\hat{y}", "ŷ"),
        "C_s": (r"\mathbf{c}", "c"),
        "C_s_new": (r"\mathbf{c}_{\mathrm{new}}", "c_new"),
        "C_sum": (r"C_{\Sigma}", "C_Σ"),
        "C_sum_new": (r"C_{\Sigma, \mathrm{new}}", "C_Σ,new"),
    }
)

# The letter of one entry, where it is not that of the whole.
ENTRY_LETTERS = _glyphs({"W": ("w", "w"), "C_s": ("C", "C"), "C_s_new": (r"C^{\mathrm{new}}", "Cⁿᵉʷ")})

# Scalar functions; what is not listed is \operatorname{its name}.  Derivatives add primes.
FUNCTIONS = _glyphs(
    {
        "sigma": (r"\sigma", "σ"),
        "sigmoid": (r"\sigma", "σ"),
        "phi": (r"\varphi", "φ"),
        "identity": (r"\operatorname{id}", "id"),
        "tanh": (r"\tanh", "tanh"),
        "exp": (r"\exp", "exp"),
        "relu": (r"\operatorname{ReLU}", "ReLU"),
        "leaky_relu": (r"\operatorname{LeakyReLU}", "LeakyReLU"),
        "prelu": (r"\operatorname{PReLU}", "PReLU"),
        "elu": (r"\operatorname{ELU}", "ELU"),
        "selu": (r"\operatorname{SELU}", "SELU"),
        "silu": (r"\operatorname{SiLU}", "SiLU"),
        "gelu": (r"\operatorname{GELU}", "GELU"),
        "gelu_tanh": (r"\operatorname{GELUtanh}", "GELUtanh"),
        "softplus": (r"\operatorname{softplus}", "softplus"),
        "mish": (r"\operatorname{Mish}", "Mish"),
        "hard_sigmoid": (r"\operatorname{HardSigmoid}", "HardSigmoid"),
        "hard_tanh": (r"\operatorname{HardTanh}", "HardTanh"),
        "srelu": (r"\operatorname{SReLU}", "SReLU"),
        "sign": (r"\operatorname{sgn}", "sgn"),
        "Abs": (r"\operatorname{abs}", "abs"),
        "sqrt": (r"\operatorname{sqrt}", "sqrt"),
        **{name: (f"\\{name}", name) for name in ("sin", "cos", "tan", "sinh", "cosh")},
        "Max": (r"\max", "max"),
        "Min": (r"\min", "min"),
    }
)


@dataclass(frozen=True)
class Notation:
    """One way of writing formulas.

    `layer`            how a layer is shown, "{}" or "({})" or "[{}]"
    `is_layer_first`   w^{l}_{jk} rather than w_{jk}^{(l)}
    `index_base`       the first value of an index, 0 or 1
    `gradient`         ∂C/∂W of whole vectors and matrices: "partial" a fraction, "nabla" ∇_W C, "prefix" dW
    `layout`           the layout of matrices that goes with it
    `letters`          letters of whole quantities that differ from `LETTERS`, `entries` those of one entry
    `inputs`           the letters for a^0 and A^0, where they have their own
    """

    name: str
    layer: str = "{}"
    is_layer_first: bool = True
    index_base: int = 1
    index_separator: str = ""
    gradient: str = "nabla"
    layout: str = "column"
    transpose: str = r"\mathsf T"
    elementwise: str = r"\odot"
    logarithm: str = r"\ln"
    letters: Mapping[str, Glyph] = field(default_factory=dict, hash=False)
    entries: Mapping[str, Glyph] = field(default_factory=dict, hash=False)
    inputs: Mapping[str, Glyph] = field(default_factory=dict, hash=False)

    def glyph(self, letter: str, is_entry: bool = False) -> Glyph | None:
        """The sign for a letter, of the whole quantity or of one entry; None if it is written as it stands."""
        own, common = (self.entries, ENTRY_LETTERS) if is_entry else (self.letters, LETTERS)
        return own.get(letter) or common.get(letter) or LETTERS.get(letter)


_NG_ERRORS = _glyphs({"delta": ("dz", "dz"), "Delta": ("dZ", "dZ")})
_BOLD = {letter: (rf"\mathbf{{{letter}}}", letter) for letter in ("W", "a", "b", "y", "z", "A", "Y", "Z")}

NOTATIONS: Mapping[str, Notation] = MappingProxyType(
    {
        row.name: row
        for row in (
            Notation("nielsen"),
            Notation(
                "lecture",
                layer="({})",
                is_layer_first=False,
                index_base=0,
                gradient="partial",
                transpose=r"\top",
                logarithm=r"\log",
                letters=_glyphs(_BOLD | {"delta": (r"\boldsymbol{\delta}", "δ"), "Delta": (r"\boldsymbol{\Delta}", "Δ")}),
            ),
            Notation(
                "ng",
                layer="[{}]",
                gradient="prefix",
                transpose="T",
                elementwise="*",
                logarithm=r"\log",
                letters=_NG_ERRORS,
                entries=_NG_ERRORS,
            ),
            Notation("row", layout="row", logarithm=r"\log", inputs=_glyphs({"a": ("x", "x"), "A": ("X", "X")})),
            Notation("jacobian", gradient="partial", layout="jacobian"),
        )
    }
)
