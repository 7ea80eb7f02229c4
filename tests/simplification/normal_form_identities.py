"""The identities of backpropagation as pairs of tensors with symbolic sizes: one function each, one row of IDENTITIES."""

from collections.abc import Callable
from dataclasses import dataclass, field

import sympy

from symback.language.expressions import (
    Axis,
    Tensor,
    Var,
    add,
    broadcast,
    const,
    contract,
    delta,
    einsum,
    map_,
    partial_derivative,
    scale,
    slot,
    total,
    unspecified,
    var,
)
from symback.language.functions import ARGUMENT, scalar_function
from symback.language.names import Name
from symback.language.steps import Fact
from tests.simplification.normal_form_values import size

N, M = Axis(size("n")), Axis(size("m"))
S = Axis(size("N"), "sample")
EPSILON = sympy.Symbol("epsilon", positive=True)
x, y, u, v, w = (slot(i) for i in range(5))
SIGMA = scalar_function("sigma")
SIGMOID = scalar_function("sigmoid", 1 / (1 + sympy.exp(-ARGUMENT)))
TANH = scalar_function("tanh", sympy.tanh(ARGUMENT))
SOFTPLUS = scalar_function("softplus", sympy.log(1 + sympy.exp(ARGUMENT)))
RELU = scalar_function("relu", sympy.Piecewise((ARGUMENT, ARGUMENT > 0), (0, True)))


def vector(letter: str, axis: Axis = N, layer=None) -> Var:
    """A named vector."""
    return var(Name(letter, layer), (axis,))


def matrix(letter: str, rows: Axis, columns: Axis, layer=None) -> Var:
    """A named matrix."""
    return var(Name(letter, layer), (rows, columns))


def repeated(scalar: Tensor, axis: Axis = N) -> Tensor:
    """A scalar as a vector of equal entries."""
    return broadcast(scalar, (axis,), ())


def mean(tensor: Tensor) -> Tensor:
    """The mean of a vector."""
    return scale(1 / tensor.axes[0].size, total(tensor))


def slope(function, z: Tensor) -> Tensor:
    """σ'(z)."""
    return map_(function(x).diff(x), (z,))


def softmax(z: Tensor) -> Tensor:
    """exp(z_j) / Σ_k exp(z_k), over the last axis."""
    exponentials = map_(sympy.exp(x), (z,))
    norm = total(exponentials, keep=z.rank - 1)
    return map_(x / y, (exponentials, broadcast(norm, z.axes, tuple(range(z.rank - 1)))))


def softmax_jacobian(p: Tensor) -> Tensor:
    """δ_jk p_j - p_j p_k."""
    return add(einsum("jk,j->jk", delta(p.axes[0]), p), scale(-1, einsum("j,k->jk", p, p)))


@dataclass(frozen=True)
class Identity:
    """Two tensors that are equal, by the definitions and facts given; `uses` are the facts that the proof needs."""

    left: Tensor
    right: Tensor
    definitions: dict = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    seconds: float = 0.5


def delta_recursion() -> Identity:
    """δ^l = (Wᵀ δ^{l+1}) ⊙ σ'(z), the sum written in another order and bracketed in another way."""
    weights, error, z = matrix("W", M, N, 2), vector("delta", M, 2), vector("z", N, 1)
    bracketed = einsum("jk,k->j", einsum("jk,j->jk", delta(N), slope(SIGMA, z)), einsum("ij,i->j", weights, error))
    return Identity(einsum("i,j,ij->j", error, slope(SIGMA, z), weights), bracketed, seconds=0.02)


def weighted_input() -> Identity:
    """Σ_j δ_j z_j = Σ_jk δ_j W_jk a_k + Σ_j δ_j b_j, for z defined as W a + b."""
    weights, a, b, z, error = matrix("W", N, M, 1), vector("a", M, 0), vector("b", N, 1), vector("z", N, 1), vector("delta", N, 1)
    right = add(einsum("j,j->", b, error), einsum("k,jk,j->", a, weights, error))
    return Identity(einsum("j,j->", error, z), right, {z: add(einsum("jk,k->j", weights, a), b)}, seconds=0.02)


def softmax_vjp(unfold: bool) -> Identity:
    """p ⊙ (G - Σ G p) = J G."""
    p, gradient, z = vector("p"), vector("G"), vector("z")
    short = einsum("j,j->j", p, add(gradient, scale(-1, repeated(einsum("k,k->", gradient, p)))))
    long = einsum("jk,k->j", softmax_jacobian(softmax(z) if unfold else p), gradient)
    return Identity(short, long, {p: softmax(z)} if unfold else {})


def softmax_vjp_of_a_batch() -> Identity:
    """The same for every row, summed against a matrix: denominators stand under the sum over samples."""
    z, gradient, inputs = matrix("Z", S, N), matrix("G", S, N), matrix("A", S, M)
    p = softmax(z)
    rows = map_(x * (y - u), (p, gradient, broadcast(total(einsum("sk,sk->sk", gradient, p), keep=1), (S, N), (0,))))
    direct = einsum("sj,sj,sm->jm", p, gradient, inputs)
    crossed = einsum("sj,sk,sk,sm->jm", p, p, gradient, inputs)
    return Identity(einsum("sj,sm->jm", rows, inputs), add(direct, scale(-1, crossed)))


def probabilities_sum_to_one() -> Identity:
    """Σ_s Σ_k P_sk x_s = Σ_s x_s: a sum inside cancels its denominator."""
    z, weights = matrix("Z", S, N), vector("x", S)
    return Identity(einsum("sk,s->", softmax(z), weights), total(weights))


def cross_entropy(p: Tensor, target: Tensor) -> Tensor:
    """-Σ_k y_k / p_k ∂p_k/∂z_j."""
    return scale(-1, einsum("k,jk->j", map_(x / y, (target, p)), softmax_jacobian(p)))


def softmax_cross_entropy() -> Identity:
    """p Σ y - y, without any fact about y."""
    p, target = vector("p"), vector("y")
    return Identity(cross_entropy(p, target), add(einsum("j,k->j", p, target), scale(-1, target)))


def softmax_cross_entropy_with_the_fact() -> Identity:
    """p - y, using Σ_k y_k = 1, p defined as the softmax of z."""
    z, p, target = vector("z"), vector("p"), vector("y")
    return Identity(cross_entropy(softmax(z), target), add(p, scale(-1, target)), {p: softmax(z)}, (Fact(target, 1, True),))


def log_of_softmax() -> Identity:
    """log p_j = z_j - log Σ_k exp z_k."""
    z = vector("z")
    norm = map_(sympy.log(x), (total(map_(sympy.exp(x), (z,))),))
    return Identity(map_(sympy.log(x), (softmax(z),)), add(z, scale(-1, repeated(norm))))


def shifted_softmax() -> Identity:
    """softmax(z - c) = softmax(z): the stable form."""
    z, c = vector("z"), var(Name("c"), ())
    return Identity(softmax(add(z, scale(-1, repeated(c)))), softmax(z))


def log_softmax_vjp() -> Identity:
    """Σ_k G_k ∂(log p_k)/∂z_j = G - p Σ G."""
    z, gradient, p = vector("z"), vector("G"), vector("p")
    jacobian = add(delta(N), scale(-1, einsum("j,k->jk", p, repeated(const(1)))))
    right = add(gradient, scale(-1, einsum("j,k->j", softmax(z), gradient)))
    return Identity(einsum("jk,k->j", jacobian, gradient), right, {p: softmax(z)})


def slope_by_output(function, in_output: sympy.Expr) -> Identity:
    """σ'(z) in terms of a = σ(z), by unfolding a."""
    z, a = vector("z", N, 1), vector("a", N, 1)
    return Identity(slope(function, z), map_(in_output, (a,)), {a: map_(function(x), (z,))})


def sigmoid_cross_entropy() -> Identity:
    """(a - y)/(a (1 - a)) σ'(z) = a - y."""
    z, a, target = vector("z"), vector("a"), vector("y")
    gradient = map_((x - y) / (x * (1 - x)), (a, target))
    return Identity(einsum("j,j->j", gradient, slope(SIGMOID, z)), add(a, scale(-1, target)), {a: map_(SIGMOID(x), (z,))})


def sigmoid_cross_entropy_of_logits() -> Identity:
    """-y log σ(z) - (1 - y) log(1 - σ(z)) = softplus(z) - y z."""
    z, target = vector("z"), vector("y")
    left = map_(-y * sympy.log(SIGMOID(x)) - (1 - y) * sympy.log(1 - SIGMOID(x)), (z, target))
    return Identity(total(left), total(map_(SOFTPLUS(x) - y * x, (z, target))))


def silu_slope() -> Identity:
    """(x σ(x))' = σ(x) (1 + x (1 - σ(x)))."""
    z = vector("z")
    return Identity(map_((x * SIGMOID(x)).diff(x), (z,)), map_(SIGMOID(x) * (1 + x * (1 - SIGMOID(x))), (z,)))


def relu_slope() -> Identity:
    """ReLU'(z) = [a > 0] for a = ReLU(z), and ReLU(z) = max(0, z) = (z + |z|)/2."""
    z, a, g = vector("z"), vector("a"), vector("G")
    step = sympy.Piecewise((1, x > 0), (0, True))
    left = add(einsum("j,j->j", slope(RELU, z), g), map_(sympy.Max(x, 0), (z,)))
    right = add(map_(step * y, (z, g)), map_((x + sympy.Abs(x)) / 2, (z,)))
    return Identity(left, right, {a: map_(RELU(x), (z,))})


def normalised(samples: Axis, features: Axis | None):
    """x, its mean, its deviation s with ε under the root and x̂, over `samples`, for every feature or for one."""
    axes = (samples,) if features is None else (samples, features)
    names = axes[1:]
    inputs, gradient = var(Name("x"), axes), var(Name("G"), axes)
    mu, s, hat = var(Name("mu"), names), var(Name("s"), names), var(Name("xhat"), axes)
    spread = tuple(range(1, len(axes)))

    def repeat(t: Tensor) -> Tensor:
        return broadcast(t, axes, spread)

    def average(t: Tensor) -> Tensor:
        return contract([(const(1 / samples.size), ()), (t, (0, *spread))], spread, {})

    definitions = {
        mu: average(inputs),
        s: map_(sympy.sqrt(x + EPSILON), (average(map_((x - y) ** 2, (inputs, repeat(mu)))),)),
        hat: map_((x - y) / u, (inputs, repeat(mu), repeat(s))),
    }
    return inputs, gradient, mu, s, hat, definitions, repeat, average


def norm_backward(samples: Axis, features: Axis | None) -> Identity:
    """(G - mean G - x̂ mean(G x̂)) / s, and the chain through the variance and the mean of Ioffe & Szegedy."""
    inputs, gradient, mu, s, hat, definitions, repeat, average = normalised(samples, features)
    n = samples.size
    means = repeat(average(gradient)), repeat(average(map_(x * y, (gradient, hat))))
    short = map_((x - y - u * v) / w, (gradient, means[0], hat, means[1], repeat(s)))
    centred = map_(x - y, (inputs, repeat(mu)))
    to_variance = scale(n, average(map_(-x * y / (2 * u**3), (gradient, centred, repeat(s)))))
    through_variance = scale(n, average(map_(-2 * x, (centred,))))
    to_mean = add(scale(n, average(map_(-x / y, (gradient, repeat(s))))), map_(x * y / n, (to_variance, through_variance)))
    long = map_(x / y + 2 * u * v / n + w / n, (gradient, repeat(s), repeat(to_variance), centred, repeat(to_mean)))
    return Identity(short, long, definitions)


def norm_backward_unfolded(samples: Axis, features: Axis | None) -> Identity:
    """Σ x̂² = n (1 - ε / s²): everything unfolded down to x, a root with its own equation."""
    _, _, _, s, hat, definitions, _, average = normalised(samples, features)
    return Identity(average(map_(x**2, (hat,))), map_(1 - EPSILON / x**2, (s,)), definitions)


def extra_term() -> Identity:
    """The term of the batch-norm paper that is always 0: Σ_s (x_s - μ)."""
    inputs, _, mu, _, _, definitions, repeat, average = normalised(S, N)
    return Identity(average(map_(x - y, (inputs, repeat(mu)))), map_(0 * x, (mu,)), definitions)


def norm_sums_to_zero() -> Identity:
    """Σ_k (∂C/∂x)_k = 0 behind a layer norm, as x̂ sums to 0."""
    _, gradient, _, s, hat, _, repeat, average = normalised(N, None)
    short = map_((x - y - u * v) / w, (gradient, repeat(average(gradient)), hat, repeat(average(map_(x * y, (gradient, hat)))), repeat(s)))
    return Identity(total(short), const(0), facts=(Fact(hat, 0, False),))


def attention_lemma() -> Identity:
    """rowsum(P ⊙ dP) = rowsum(dO ⊙ O) for O = P V and dP = dO Vᵀ."""
    p, values, out, gradient = matrix("P", N, N), matrix("V", N, M), matrix("O", N, M), matrix("dO", N, M)
    left = einsum("ij,ij->i", p, einsum("id,jd->ij", gradient, values))
    return Identity(left, einsum("id,id->i", gradient, out), {out: einsum("ij,jd->id", p, values)})


def attention_backward() -> Identity:
    """dS = P ⊙ (dP - rowsum(dO ⊙ O)) K, with P the softmax of Q Kᵀ, against the Jacobian of every row."""
    queries, keys, values, gradient = (matrix(letter, N, M) for letter in ("Q", "K", "V", "dO"))
    p, out = matrix("P", N, N), matrix("O", N, M)
    definitions = {p: softmax(einsum("id,jd->ij", queries, keys)), out: einsum("ij,jd->id", p, values)}
    inner = add(einsum("id,jd->ij", gradient, values), scale(-1, broadcast(einsum("id,id->i", gradient, out), (N, N), (0,))))
    short = einsum("ij,ij,jd->id", p, inner, keys)
    jacobian = add(einsum("ij,jk->ijk", p, delta(N)), scale(-1, einsum("ij,ik->ijk", p, p)))
    long = einsum("ijk,ie,ke,jd->id", jacobian, gradient, values, keys)
    return Identity(short, long, definitions)


def batch_gradient() -> Identity:
    """(1/N) Δᵀ A as the mean over samples of δ aᵀ, with Δ = (Δ' W') ⊙ σ'(Z) written out."""
    later, weights, z, a = matrix("Delta", S, M, 2), matrix("W", M, N, 2), matrix("Z", S, N, 1), matrix("A", S, M, 0)
    error = matrix("Delta", S, N, 1)
    sums = einsum("si,ij,sj,sk->jk", later, weights, slope(SIGMA, z), a)
    definitions = {error: einsum("sj,sj->sj", einsum("si,ij->sj", later, weights), slope(SIGMA, z))}
    return Identity(scale(1 / S.size, einsum("sj,sk->jk", error, a)), scale(1 / S.size, sums), definitions, seconds=0.02)


def logistic_regression() -> Identity:
    """∂C/∂w = Xᵀ(σ(X w) - y) from Σ (a - y)/(a (1 - a)) σ'(z) x."""
    inputs, weights, target, z, a = matrix("X", S, N), vector("w"), vector("y", S), vector("z", S), vector("a", S)
    definitions = {z: einsum("sk,k->s", inputs, weights), a: map_(SIGMOID(x), (z,))}
    chain = einsum("s,s,sk->k", map_((x - y) / (x * (1 - x)), (a, target)), slope(SIGMOID, z), inputs)
    residual = add(map_(SIGMOID(x), (einsum("sk,k->s", inputs, weights),)), scale(-1, target))
    return Identity(chain, einsum("sk,s->k", inputs, residual), definitions)


def logistic_hessian() -> Identity:
    """H u = Xᵀ (a (1 - a) ⊙ X u)."""
    inputs, direction, z, a = matrix("X", S, N), vector("u"), vector("z", S), vector("a", S)
    left = einsum("s,sj,sk,k->j", slope(SIGMOID, z), inputs, inputs, direction)
    right = einsum("sj,s->j", inputs, einsum("s,s->s", map_(x * (1 - x), (a,)), einsum("sk,k->s", inputs, direction)))
    return Identity(left, right, {a: map_(SIGMOID(x), (z,))})


def unspecified_cost() -> Identity:
    """∇_a C ⊙ σ'(z), the output written as a or as σ(z)."""
    z, a, target = vector("z"), vector("a"), vector("y")
    left = einsum("j,j->j", unspecified("C", (a, target), (0,)), slope(SIGMA, z))
    output = map_(SIGMA(x), (z,))
    return Identity(left, einsum("j,jk,k->j", slope(SIGMA, z), delta(N), unspecified("C", (output, target), (0,))), {a: output})


def partials() -> Identity:
    """Σ_i ∂C/∂z_i ∂z_i/∂a_j, factors exchanged."""
    cost, z, a = var(Name("C"), ()), vector("z", N, 2), vector("a", M, 1)
    total_derivative, local = partial_derivative(cost, z, True), partial_derivative(z, a)
    return Identity(einsum("i,ij->j", total_derivative, local), einsum("kj,k->j", local, total_derivative), seconds=0.02)


def rms_norm() -> Identity:
    """(g - x̂ mean(g x̂)) / r against the Jacobian δ/r - x xᵀ/(n r³), for r = √(mean x² + ε)."""
    inputs, gradient, r = vector("x"), vector("g"), var(Name("r"), ())
    hat = map_(x / y, (inputs, repeated(r)))
    short = map_((x - y * u) / v, (gradient, hat, repeated(mean(einsum("j,j->j", gradient, hat))), repeated(r)))
    root = map_(sympy.sqrt(x + EPSILON), (mean(map_(x**2, (inputs,))),))
    inverse, cube = map_(1 / x, (root,)), map_(x**-3, (root,))
    jacobian = add(einsum("jk,->jk", delta(N), inverse), scale(-1 / N.size, einsum("j,k,->jk", inputs, inputs, cube)))
    return Identity(short, einsum("jk,j->k", jacobian, gradient), {r: root})


def softmax_hessian() -> Identity:
    """Σ_k (diag p - p pᵀ)_jk = 0, and the trace is 1 - Σ p²."""
    z = vector("z")
    jacobian = softmax_jacobian(softmax(z))
    left = add(einsum("jk->j", jacobian), repeated(einsum("kk->", jacobian)))
    return Identity(left, repeated(add(const(1), scale(-1, total(map_(x**2, (softmax(z),)))))))


IDENTITIES: dict[str, Callable[[], Identity]] = {
    "the delta recursion": delta_recursion,
    "the weighted input": weighted_input,
    "softmax VJP": lambda: softmax_vjp(unfold=False),
    "softmax VJP unfolded": lambda: softmax_vjp(unfold=True),
    "softmax VJP of a batch": softmax_vjp_of_a_batch,
    "probabilities sum to one": probabilities_sum_to_one,
    "softmax cross-entropy": softmax_cross_entropy,
    "softmax cross-entropy with the fact": softmax_cross_entropy_with_the_fact,
    "log-softmax": log_of_softmax,
    "shifted softmax": shifted_softmax,
    "log-softmax VJP": log_softmax_vjp,
    "sigmoid slope": lambda: slope_by_output(SIGMOID, x * (1 - x)),
    "tanh slope": lambda: slope_by_output(TANH, 1 - x**2),
    "softplus slope": lambda: slope_by_output(SOFTPLUS, 1 - sympy.exp(-x)),
    "relu slope": lambda: slope_by_output(RELU, sympy.Piecewise((1, x > 0), (0, True))),
    "sigmoid cross-entropy": sigmoid_cross_entropy,
    "sigmoid cross-entropy of logits": sigmoid_cross_entropy_of_logits,
    "silu slope": silu_slope,
    "relu in three ways": relu_slope,
    "layer norm": lambda: norm_backward(N, None),
    "batch norm": lambda: norm_backward(S, N),
    "layer norm unfolded": lambda: norm_backward_unfolded(N, None),
    "batch norm unfolded": lambda: norm_backward_unfolded(S, N),
    "the extra term of batch norm": extra_term,
    "layer norm sums to zero": norm_sums_to_zero,
    "RMS norm": rms_norm,
    "attention lemma": attention_lemma,
    "attention": attention_backward,
    "gradient of a batch": batch_gradient,
    "logistic regression": logistic_regression,
    "logistic Hessian": logistic_hessian,
    "unspecified cost": unspecified_cost,
    "partial derivatives": partials,
    "softmax Hessian": softmax_hessian,
}
