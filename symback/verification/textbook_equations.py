r"""The equations of backpropagation as a person derives them, stated by hand: the other side of every comparison.

    (1)  δ^L = 2(a^L - y) ⊙ σ'(z^L)        for C = Σ(a - y)²;  without the 2 for C = ½Σ(a - y)²;  ∇_a C ⊙ σ'(z^L) for any C
    (2)  ∂C/∂b^L = δ^L                     (5)  ∂C/∂b^l = δ^l
    (3)  ∂C/∂W^L = δ^L (a^{L-1})ᵀ          (6)  ∂C/∂W^l = δ^l (a^{l-1})ᵀ
    (4)  δ^l = ((W^{l+1})ᵀ δ^{l+1}) ⊙ σ'(z^l)
         ∂C/∂a^{L-1} = (W^L)ᵀ δ^L

then those of a chain of single neurons, and the average over the samples of a batch.  Each is a function of a `Page`, the
named quantities of a network, and of a layer, and says what it says in index notation: "jk,j,k->k" is
Σ_j w_jk δ_j σ'_k.  No rule of calculus or simplification is used here, and none is imported.

Decision: the equations are stated for one sample, as a lecture states them.  A batch holds them row by row, and averages
(2), (3), (5) and (6): `for_every_sample` writes an equation with a leading sample axis, `average` is (1/n) Σ_k.  A second
set of equations for batches would be one more thing to get wrong.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import sympy

from symback.errors import UnsupportedError
from symback.language.expressions import (
    Add,
    Axis,
    Contract,
    Map,
    Tensor,
    Unspecified,
    Var,
    add,
    broadcast,
    const,
    contract,
    einsum,
    leaves,
    map_,
    scale,
    slot,
    unspecified,
    var,
)
from symback.language.names import Name

__all__ = [
    "COST_GRADIENTS", "SHORT_ERRORS", "STATEMENTS", "CostGradient", "Layer", "Page", "Statement", "average", "for_every_sample", "written",
]  # fmt: skip

Layer: TypeAlias = int | sympy.Expr


@dataclass(frozen=True)
class Page:
    """The quantities of one sample that the equations speak of, by letter and layer, as on the blackboard.

    `named` holds column vectors z^l, a^l, b^l, y and matrices W^l; `definitions` says which function a^l is of z^l.
    """

    named: Mapping[Name, Var]
    definitions: Mapping[Var, Tensor]

    def __call__(self, letter: str, layer: Layer | None = None) -> Var:
        """The quantity with that name; δ^l has the shape of z^l."""
        if letter == "delta":
            return var(Name("delta", layer), self("z", layer).axes)
        name = Name(letter, layer)
        if name not in self.named:
            raise UnsupportedError(f"the network has no {name}; it has {', '.join(map(str, self.named))}")
        return self.named[name]

    def is_elementwise(self, layer: Layer) -> bool:
        """Whether a^l is an element-wise function of z^l."""
        definition, z = self.definitions.get(self("a", layer)), self("z", layer)
        return definition is z or (isinstance(definition, Map) and definition.args.count(z) == 1)

    def slope(self, layer: Layer) -> Tensor:
        """σ'(z^l), the entry-by-entry derivative of a^l = σ(z^l); one for the identity."""
        definition, z = self.definitions.get(self("a", layer)), self("z", layer)
        if isinstance(definition, Map) and self.is_elementwise(layer):
            return map_(_derivative(definition.expr, definition.args.index(z)), definition.args)
        if definition is z:
            return broadcast(const(1), z.axes, ())
        raise UnsupportedError(f"there is no σ'(z^{layer}): a^{layer} is not an element-wise function of z^{layer}")


@lru_cache
def _derivative(expr: sympy.Expr, index: int) -> sympy.Expr:
    return sympy.diff(expr, slot(index))


def _error(page: Page, layer: Layer, cost_slope: Tensor) -> Tensor:
    return einsum("j,j->j", cost_slope, page.slope(layer))


def _squared(page: Page, layer: Layer) -> Tensor:
    return scale(2, _halved(page, layer))


def _halved(page: Page, layer: Layer) -> Tensor:
    return map_(slot(0) - slot(1), (page("a", layer), page("y")))


def _mean(page: Page, layer: Layer) -> Tensor:
    return scale(sympy.Integer(2) / page("y").axes[-1].size, _halved(page, layer))


def _binary(page: Page, layer: Layer) -> Tensor:
    return map_((slot(0) - slot(1)) / (slot(0) * (1 - slot(0))), (page("a", layer), page("y")))


def _log_likelihood(page: Page, layer: Layer) -> Tensor:
    return map_(-slot(1) / slot(0), (page("a", layer), page("y")))


def _negative_target(page: Page, layer: Layer) -> Tensor:
    return map_(-slot(0), (page("y"),))


def _logits(page: Page, layer: Layer) -> Tensor:
    return map_(slot(0) - slot(1), (page("q" if Name("q") in page.named else "p"), page("y")))


def _poisson(page: Page, layer: Layer) -> Tensor:
    return map_(1 - slot(1) / slot(0), (page("a", layer), page("y")))


@dataclass(frozen=True)
class CostGradient:
    """∇_a C of one cost, by hand, with the left factor of (1) as it is written."""

    state: Callable[[Page, Layer], Tensor]
    latex: str
    text: str


COST_GRADIENTS: Mapping[str, CostGradient] = {
    "squared_error": CostGradient(_squared, r"2(a^{<l>} - y)", "2(a<l> - y)"),
    "quadratic": CostGradient(_halved, r"(a^{<l>} - y)", "(a<l> - y)"),
    "mean_squared_error": CostGradient(_mean, r"\frac{2}{n}(a^{<l>} - y)", "(2/n)(a<l> - y)"),
    "binary_cross_entropy": CostGradient(_binary, r"\frac{a^{<l>} - y}{a^{<l>} (1 - a^{<l>})}", "((a<l> - y) / (a<l>(1 - a<l>)))"),
    "cross_entropy": CostGradient(_log_likelihood, r"\left(-\frac{y}{a^{<l>}}\right)", "(-y / a<l>)"),
    "nll": CostGradient(_negative_target, r"(-y)", "(-y)"),
    "binary_cross_entropy_from_logits": CostGradient(_logits, r"(p - y)", "(p - y)"),
    "cross_entropy_from_logits": CostGradient(_logits, r"(p - y)", "(p - y)"),
    "poisson": CostGradient(_poisson, r"\left(1 - \frac{y}{a^{<l>}}\right)", "(1 - y / a<l>)"),
}


def output_error(page: Page, layer: Layer) -> Tensor:
    """(1) for C = Σ(a - y)²:  δ_j = 2 (a_j - y_j) σ'(z_j)."""
    return _error(page, layer, _squared(page, layer))


def output_error_halved(page: Page, layer: Layer) -> Tensor:
    """(1) for C = ½Σ(a - y)²:  δ_j = (a_j - y_j) σ'(z_j)."""
    return _error(page, layer, _halved(page, layer))


def output_error_of_any_cost(page: Page, layer: Layer) -> Tensor:
    """(1) for a cost C(a, y) of which only the name is known:  δ_j = (∇_a C)_j σ'(z_j)."""
    return _error(page, layer, unspecified("C", (page("a", layer), page("y")), (0,)))


def difference(page: Page, layer: Layer) -> Tensor:
    """δ_j = a_j - y_j, for sigmoid with binary cross-entropy and for softmax with cross-entropy."""
    return _halved(page, layer)


def difference_of_probabilities(page: Page, layer: Layer) -> Tensor:
    """δ_j = p_j - y_j, where p = softmax(z) and a = log p, with the negative log-likelihood."""
    return map_(slot(0) - slot(1), (page("p", layer), page("y")))


def bias_gradient(page: Page, layer: Layer) -> Tensor:
    """(2) and (5):  ∂C/∂b_j = δ_j."""
    return page("delta", layer)


def weight_gradient(page: Page, layer: Layer) -> Tensor:
    """(3) and (6):  ∂C/∂w_jk = δ_j a_k."""
    return einsum("j,k->jk", page("delta", layer), page("a", layer - 1))


def hidden_error(page: Page, layer: Layer) -> Tensor:
    """(4):  δ_k = Σ_j w_jk δ_j σ'(z_k), with w and δ of the layer above."""
    return einsum("jk,j,k->k", page("W", layer + 1), page("delta", layer + 1), page.slope(layer))


def activation_gradient(page: Page, layer: Layer) -> Tensor:
    """∂C/∂a_k of the layer below:  Σ_j w_jk δ_j."""
    return einsum("jk,j->k", page("W", layer), page("delta", layer))


def chain_weight(page: Page, layer: Layer) -> Tensor:
    """∂C₀/∂w = 2(a - y) σ'(z) a of the layer below, in a layer of one neuron."""
    return einsum("j,j,k->jk", _squared(page, layer), page.slope(layer), page("a", layer - 1))


def chain_activation(page: Page, layer: Layer) -> Tensor:
    """∂C₀/∂a of the layer below = 2(a - y) σ'(z) w, in a layer of one neuron."""
    return einsum("j,j,jk->k", _squared(page, layer), page.slope(layer), page("W", layer))


def chain_bias_before(page: Page, layer: Layer) -> Tensor:
    """∂C₀/∂b one layer further down = 2(a - y) σ'(z) w σ'(z)."""
    return einsum("k,k->k", chain_activation(page, layer), page.slope(layer - 1))


def chain_weight_before(page: Page, layer: Layer) -> Tensor:
    """∂C₀/∂w one layer further down = 2(a - y) σ'(z) w σ'(z) a."""
    return einsum("k,i->ki", chain_bias_before(page, layer), page("a", layer - 2))


def chain_activation_before(page: Page, layer: Layer) -> Tensor:
    """∂C₀/∂a two layers down = 2(a - y) σ'(z) w σ'(z) w."""
    return einsum("k,ki->i", chain_bias_before(page, layer), page("W", layer - 1))


@dataclass(frozen=True)
class Statement:
    """One equation: its number, its words, how it is written, and the right side as a tensor expression.

    `target` and `below` name the left side: ∂C/∂(target), `below` layers under the layer it is stated for.
    In `latex` and `text`, <l>, <l+1> … stand for that layer and its neighbours.
    """

    number: str
    title: str
    latex: str
    text: str
    target: str
    state: Callable[[Page, Layer], Tensor]
    below: int = 0


SHORT_ERRORS: Mapping[tuple[str, str], Statement] = {  # by activation and cost
    ("sigmoid", "binary_cross_entropy"): Statement(
        "(1)", "error of the output layer, sigmoid with binary cross-entropy",
        r"\delta^{<l>} = a^{<l>} - y", "δ<l> = a<l> - y", "z", difference),
    ("softmax", "cross_entropy"): Statement(
        "(1)", "error of the output layer, softmax with cross-entropy",
        r"\delta^{<l>} = a^{<l>} - y", "δ<l> = a<l> - y", "z", difference),
    ("log_softmax", "nll"): Statement(
        "(1)", "error of the output layer, log-softmax with its likelihood",
        r"\delta^{<l>} = p^{<l>} - y", "δ<l> = p<l> - y", "z", difference_of_probabilities),
}  # fmt: skip

_BY_BIAS = r"\frac{\partial C}{\partial b^{<l>}}"
_BY_WEIGHTS = r"\frac{\partial C}{\partial W^{<l>}}"
_OUTER = r"\delta^{<l>} (a^{<l-1>})^{\mathsf{T}}"
_AVERAGE = r"\frac{1}{n} \sum_{k=1}^{n}"
_CHAIN = r"2(a^{<l>} - y)\, \sigma'(z^{<l>})"
_CHAIN_TEXT = "2(a<l> - y) σ'(z<l>)"
_BEFORE = r"\, w^{<l>}\, \sigma'(z^{<l-1>})"

STATEMENTS: Mapping[str, Statement] = {
    row.number: row
    for row in (
        Statement("(1)", "error of the output layer, C = Σ(a - y)²",
            r"\delta^{<l>} = 2(a^{<l>} - y) \odot \sigma'(z^{<l>})", "δ<l> = 2(a<l> - y) ⊙ σ'(z<l>)", "z", output_error),
        Statement("(1) ½", "error of the output layer, C = ½Σ(a - y)²",
            r"\delta^{<l>} = (a^{<l>} - y) \odot \sigma'(z^{<l>})", "δ<l> = (a<l> - y) ⊙ σ'(z<l>)", "z", output_error_halved),
        Statement("(1) C", "error of the output layer, any cost C",
            r"\delta^{<l>} = \nabla_{a} C \odot \sigma'(z^{<l>})", "δ<l> = ∇ₐC ⊙ σ'(z<l>)", "z", output_error_of_any_cost),
        Statement("(2)", "bias of the output layer",
            rf"{_BY_BIAS} = \delta^{{<l>}}", "∂C/∂b<l> = δ<l>", "b", bias_gradient),
        Statement("(3)", "weights of the output layer",
            rf"{_BY_WEIGHTS} = {_OUTER}", "∂C/∂W<l> = δ<l> (a<l-1>)ᵀ", "W", weight_gradient),
        Statement("(4)", "error of a hidden layer",
            r"\delta^{<l>} = ((W^{<l+1>})^{\mathsf{T}} \delta^{<l+1>}) \odot \sigma'(z^{<l>})",
            "δ<l> = ((W<l+1>)ᵀ δ<l+1>) ⊙ σ'(z<l>)", "z", hidden_error),
        Statement("(5)", "bias of a hidden layer",
            rf"{_BY_BIAS} = \delta^{{<l>}}", "∂C/∂b<l> = δ<l>", "b", bias_gradient),
        Statement("(6)", "weights of a hidden layer",
            rf"{_BY_WEIGHTS} = {_OUTER}", "∂C/∂W<l> = δ<l> (a<l-1>)ᵀ", "W", weight_gradient),
        Statement("∂a", "activation below a layer",
            r"\frac{\partial C}{\partial a^{<l-1>}} = (W^{<l>})^{\mathsf{T}} \delta^{<l>}",
            "∂C/∂a<l-1> = (W<l>)ᵀ δ<l>", "a", activation_gradient, 1),
        Statement("chain w", "one neuron a layer, C = (a - y)²: weight",
            rf"\frac{{\partial C_0}}{{\partial w^{{<l>}}}} = {_CHAIN}\, a^{{<l-1>}}",
            f"∂C₀/∂w<l> = {_CHAIN_TEXT} a<l-1>", "W", chain_weight),
        Statement("chain b", "one neuron a layer: bias",
            rf"\frac{{\partial C_0}}{{\partial b^{{<l>}}}} = {_CHAIN}", f"∂C₀/∂b<l> = {_CHAIN_TEXT}", "b", output_error),
        Statement("chain a", "one neuron a layer: activation below",
            rf"\frac{{\partial C_0}}{{\partial a^{{<l-1>}}}} = {_CHAIN}\, w^{{<l>}}",
            f"∂C₀/∂a<l-1> = {_CHAIN_TEXT} w<l>", "a", chain_activation, 1),
        Statement("chain w before", "one neuron a layer: weight of the layer before",
            rf"\frac{{\partial C_0}}{{\partial w^{{<l-1>}}}} = {_CHAIN}{_BEFORE}\, a^{{<l-2>}}",
            f"∂C₀/∂w<l-1> = {_CHAIN_TEXT} w<l> σ'(z<l-1>) a<l-2>", "W", chain_weight_before, 1),
        Statement("chain b before", "one neuron a layer: bias of the layer before",
            rf"\frac{{\partial C_0}}{{\partial b^{{<l-1>}}}} = {_CHAIN}{_BEFORE}",
            f"∂C₀/∂b<l-1> = {_CHAIN_TEXT} w<l> σ'(z<l-1>)", "b", chain_bias_before, 1),
        Statement("chain a before", "one neuron a layer: activation two layers below",
            rf"\frac{{\partial C_0}}{{\partial a^{{<l-2>}}}} = {_CHAIN}{_BEFORE}\, w^{{<l-1>}}",
            f"∂C₀/∂a<l-2> = {_CHAIN_TEXT} w<l> σ'(z<l-1>) w<l-1>", "a", chain_activation_before, 2),
        Statement("mean W", "average over the samples of a batch: weights",
            rf"{_BY_WEIGHTS} = {_AVERAGE} \frac{{\partial C_k}}{{\partial W^{{<l>}}}}",
            "∂C/∂W<l> = (1/n) Σₖ ∂Cₖ/∂W<l>", "W", weight_gradient),
        Statement("mean b", "average over the samples of a batch: bias",
            rf"{_BY_BIAS} = {_AVERAGE} \frac{{\partial C_k}}{{\partial b^{{<l>}}}}",
            "∂C/∂b<l> = (1/n) Σₖ ∂Cₖ/∂b<l>", "b", bias_gradient),
    )
}  # fmt: skip


def for_every_sample(tensor: Tensor, rows: Mapping[Var, Var], samples: Axis) -> Tensor:
    """The expression for sample s, for all s at once: a leading axis, and row s of `rows[v]` in place of each v it names.

    δ_j a_k  →  Δ_sj A_sk.  Names without an entry in `rows`, the parameters, are the same for every sample.
    """
    if not any(name in rows for name in leaves(tensor)):
        return broadcast(tensor, (samples, *tensor.axes), range(1, tensor.rank + 1))
    match tensor:
        case Var():
            return rows[tensor]
        case Add():
            return add(*(for_every_sample(term, rows, samples) for term in tensor.args))
        case Map():
            return map_(tensor.expr, [for_every_sample(arg, rows, samples) for arg in tensor.args])
        case Unspecified():
            args = [for_every_sample(arg, rows, samples) for arg in tensor.args]
            return unspecified(tensor.letter, args, tensor.wrt, tensor.shared + 1)
        case Contract():
            return _product_for_every_sample(tensor, rows, samples)
    raise UnsupportedError(f"an equation of one sample cannot be read for every sample through a {type(tensor).__name__}")


def _product_for_every_sample(product: Contract, rows: Mapping[Var, Var], samples: Axis) -> Tensor:
    factors: list[tuple[Tensor, tuple]] = []
    for arg, labels in product.factors:
        if any(name in rows for name in leaves(arg)):
            factors.append((for_every_sample(arg, rows, samples), ("sample", *labels)))
        else:
            factors.append((arg, labels))
    axes: dict[object, Axis] = {"sample": samples, **dict(product.label_axes.items())}
    return contract(factors, ("sample", *range(product.rank)), axes)


def average(of_samples: Tensor) -> Tensor:
    """(1/n) Σ_k over the leading axis, whose size is n."""
    labels = tuple(range(of_samples.rank))
    return contract(((const(1 / of_samples.axes[0].size), ()), (of_samples, labels)), labels[1:], {})


_SUPERSCRIPTS = str.maketrans("0123456789+-lL", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ˡᴸ")


def written(template: str, layer: Layer, is_latex: bool = False) -> str:
    r"""A template with its layers filled in.

    >>> written("∂C/∂W<l> = δ<l> (a<l-1>)ᵀ", 2)
    '∂C/∂W² = δ² (a¹)ᵀ'
    >>> written(r"\delta^{<l+1>}", sympy.Symbol("l"), is_latex=True)
    '\\delta^{l+1}'
    """
    for mark, shift in (("<l+1>", 1), ("<l>", 0), ("<l-1>", -1), ("<l-2>", -2)):
        if mark in template:
            text = str(layer + shift).replace(" ", "")
            template = template.replace(mark, text if is_latex else text.translate(_SUPERSCRIPTS))
    return template
