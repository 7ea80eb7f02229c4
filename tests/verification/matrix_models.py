"""Layers of matrices written by hand in numpy: attention and the like, for the evaluator of `independent.py`, with their pages.

The closed forms that papers print for them are true formulas like any others: they are proved, and their mutants are refuted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

from tests.verification.independent_models import Equation, Model, Named, Values, softmax, some_cost

__all__ = ["MATRIX_FORMULAS", "MATRIX_MODELS", "MATRIX_PAGES"]

N, M, D, V, R = 4, 5, 3, 2, 6  # all different, so that a transpose shows
TAU = 0.7


def model_of(leaves: Mapping[str, tuple[int, ...]], *equations: tuple[str, Callable], end: str) -> Callable[[np.random.Generator], Model]:
    """Leaves with their sizes, equations by the printed letter, and a cost of no special form of the last one."""

    def build(rng: np.random.Generator) -> Model:
        values: Values = {(letter, None): rng.normal(size=size) for letter, size in leaves.items()}
        values[r"\tau", None] = np.asarray(TAU)
        values["tau", None] = np.asarray(TAU)
        steps: list[Equation] = [((letter, None), lambda v, f=f: f(lambda name: v[name, None])) for letter, f in equations]
        steps.append((("C", None), lambda v: some_cost(v[end, None])))
        names = {letter: Named(letter) for letter in (*leaves, *(letter for letter, _ in equations))}
        names |= {"C": Named("C"), "L": Named("C"), r"\tau": Named("tau")}
        return Model(values, tuple(steps), names, {"n": N, "m": M, "d": D})

    return build


def _normal_columns(x: np.ndarray) -> np.ndarray:
    return np.sqrt(((x - x.mean(axis=0)) ** 2).mean(axis=0) + 0.01)


MATRIX_MODELS: dict[str, Callable[[np.random.Generator], Model]] = {
    "attention": model_of(
        {"Q": (N, D), "K": (M, D), "V": (M, V)},
        ("S", lambda v: TAU * v("Q") @ v("K").T), ("P", lambda v: softmax(v("S"))), ("O", lambda v: v("P") @ v("V")), end="O",
    ),
    "graph convolution": model_of(
        {"A": (N, N), "X": (N, D), "W": (D, V)}, ("Y", lambda v: v("A") @ v("X") @ v("W")), end="Y",
    ),
    "low rank": model_of(
        {"X": (N, D), "W": (D, V), "A": (D, R), "B": (R, V)}, ("Y", lambda v: v("X") @ v("W") + TAU * v("X") @ v("A") @ v("B")), end="Y",
    ),
    "masked weights": model_of(
        {"X": (N, D), "W": (V, D), "R": (V, D)}, ("Y", lambda v: v("X") @ (v("W") * v("R")).T), end="Y",
    ),
    "softmax of rows": model_of({"Z": (N, D)}, ("Y", lambda v: softmax(v("Z"))), end="Y"),
    "log-softmax of rows": model_of({"Z": (N, D)}, ("P", lambda v: softmax(v("Z"))), ("Y", lambda v: np.log(v("P"))), end="Y"),
    "affine": model_of(
        {"X": (N, D), r"\gamma": (D,), r"\beta": (D,)}, ("Y", lambda v: v("X") * v(r"\gamma") + v(r"\beta")), end="Y",
    ),
    "gated": model_of(
        {"X": (N, D), "W": (D, V), "U": (D, V)},
        ("G", lambda v: v("X") @ v("W")), ("H", lambda v: v("X") @ v("U")), ("Y", lambda v: np.tanh(v("G")) * v("H")), end="Y",
    ),
}  # fmt: skip

_SOFTMAX = r"<Y>_{ij} = \frac{e^{<Z>_{ij}}}{\sum_k e^{<Z>_{ik}}}"


def _sizes(**shapes: str) -> tuple[str, ...]:
    return tuple(rf"{letter} \in \mathbb{{R}}^{{{shape}}}" for letter, shape in shapes.items())


MATRIX_PAGES: dict[str, tuple[str, ...]] = {
    "attention": (
        *_sizes(Q=r"n \times d", K=r"m \times d", V=r"m \times v"),
        r"S = \tau Q K^T", _SOFTMAX.replace("<Y>", "P").replace("<Z>", "S"), "O = P V",
    ),
    "graph convolution": (*_sizes(A=r"n \times n", X=r"n \times d", W=r"d \times v"), "Y = A X W"),
    "low rank": (*_sizes(X=r"n \times d", W=r"d \times v", A=r"d \times r", B=r"r \times v"), r"Y = X W + \tau X A B"),
    "masked weights": (*_sizes(X=r"n \times d", W=r"v \times d", R=r"v \times d"), r"Y = X (W \odot R)^T"),
    "softmax of rows": (*_sizes(Z=r"n \times d"), _SOFTMAX.replace("<Y>", "Y").replace("<Z>", "Z")),
    "log-softmax of rows": (*_sizes(Z=r"n \times d"), _SOFTMAX.replace("<Y>", "P").replace("<Z>", "Z"), r"Y = \log P"),
    "affine": (
        *_sizes(X=r"n \times d"), r"\gamma \in \mathbb{R}^{d}", r"\beta \in \mathbb{R}^{d}", r"Y_{ij} = \gamma_j X_{ij} + \beta_j",
    ),
    "gated": (*_sizes(X=r"n \times d", W=r"d \times v", U=r"d \times v"), "G = X W", "H = X U", r"Y = \tanh(G) \odot H"),
}  # fmt: skip


def _derivatives(*templates: str) -> tuple[str, ...]:
    """<X> is the derivative of L by X."""
    return tuple(re.sub("<([^>]+)>", r"\\frac{\\partial L}{\\partial \1}", template) for template in templates)


MATRIX_FORMULAS: dict[str, tuple[str, ...]] = {
    "attention": _derivatives(
        r"<V> = P^T <O>",
        r"<P> = <O> V^T",
        r"<S_{ij}> = P_{ij} \left( <P_{ij}> - \sum_k P_{ik} <P_{ik}> \right)",
        r"<S_{ij}> = P_{ij} \left( <P_{ij}> - \sum_k O_{ik} <O_{ik}> \right)",
        r"\sum_k P_{ik} <P_{ik}> = \sum_k O_{ik} <O_{ik}>",
        r"<Q> = \tau <S> K",
        r"<K> = \tau \left( <S> \right)^T Q",
    ),
    "graph convolution": _derivatives("<W> = X^T A^T <Y>", "<X> = A^T <Y> W^T", "<A> = <Y> W^T X^T"),
    "low rank": _derivatives(r"<A> = \tau X^T <Y> B^T", r"<B> = \tau A^T X^T <Y>", "<W> = X^T <Y>", r"<X> = <Y> W^T + \tau <Y> B^T A^T"),
    "masked weights": _derivatives(r"<W> = \left( \left( <Y> \right)^T X \right) \odot R", r"<X> = <Y> (W \odot R)"),
    "softmax of rows": _derivatives(r"<Z_{ij}> = Y_{ij} \left( <Y_{ij}> - \sum_k <Y_{ik}> Y_{ik} \right)"),
    "log-softmax of rows": _derivatives(r"<Z_{ij}> = <Y_{ij}> - P_{ij} \sum_k <Y_{ik}>"),
    "affine": _derivatives(r"<X_{ij}> = \gamma_j <Y_{ij}>", r"<\gamma_j> = \sum_i X_{ij} <Y_{ij}>", r"<\beta_j> = \sum_i <Y_{ij}>"),
    "gated": _derivatives(r"<H> = <Y> \odot \tanh(G)", r"<G> = <Y> \odot H \odot (1 - \tanh^2(G))", r"<X> = <G> W^T + <H> U^T"),
}
