"""Index form, matrix form in each layout, scalar form and brute force give the same entries, for every formula of random networks."""

import numpy as np
import pytest
import sympy

from symback.errors import UnsupportedError
from symback.language.expressions import Tensor, Unspecified, Var, leaves, walk
from symback.network import Network
from symback.network.activations import ACTIVATIONS
from symback.network.sizes import SAMPLES
from symback.numerics.evaluate import Setting, evaluate, random_setting
from symback.numerics.scalars import evaluate_scalar
from symback.pipeline import Derivation, derive
from symback.simplification.index_form import default_indices, index_form
from symback.simplification.matrix_form import LAYOUTS, is_shown_transposed, matrix_form
from symback.simplification.scalar_form import expand_sums, matrix_entries, scalar_form
from tests.random_specs import SIZE_NAMES, WIDTHS, random_network

SAMPLE_COUNT = 2


def setting_of(derivation: Derivation, seed: int) -> Setting:
    """Random numbers for every name, cotangents included; sizes by name as in `random_specs`."""
    forward = derivation.forward
    sizes = {**WIDTHS, SAMPLES: SAMPLE_COUNT}
    setting = random_setting(forward.equations, np.random.default_rng(seed), facts=forward.facts, sizes=sizes)
    generator = np.random.default_rng(seed + 1)
    return setting.with_values({record.symbol: generator.normal(size=shape_of(record.symbol)) for record in derivation.records})


def shape_of(tensor: Tensor) -> tuple[int, ...]:
    return tuple(int(size.xreplace({**WIDTHS, SAMPLES: sympy.Integer(SAMPLE_COUNT)})) for size in tensor.shape)


def entries_of(tensors: list[Tensor], setting: Setting) -> dict[sympy.Expr, float]:
    """The number of each entry a[j, k], a[j] or c that the views may mention; the gradients of an unspecified cost among them."""
    numbers: dict[sympy.Expr, float] = {symbol: np.float64(value) for symbol, value in setting.sizes.items()}
    for tensor in tensors:
        for name in leaves(tensor):
            numbers |= _entries(str(name.name), np.asarray(setting.values[name]))
        for node in walk(tensor):
            if isinstance(node, Unspecified) and len(node.wrt) == 1:
                numbers |= _entries(str(node.args[node.wrt[0]].name.gradient), evaluate(node, setting))
    return numbers


def _entries(text: str, array: np.ndarray) -> dict[sympy.Expr, float]:
    if array.ndim == 0:
        return {sympy.Symbol(text): np.float64(array)}
    base = sympy.IndexedBase(text)
    return {sympy.Indexed(base, *(i + 1 for i in spot)): array[spot] for spot in np.ndindex(*array.shape)}


def number(expr: sympy.Expr, numbers: dict[sympy.Expr, float]) -> float:
    return float(np.real(evaluate_scalar(expr, numbers)))


def by_index_form(tensor: Tensor, numbers: dict[sympy.Expr, float], sizes: dict[sympy.Symbol, int]) -> np.ndarray:
    letters = default_indices(tensor.axes)
    form = index_form(tensor, letters)
    found = np.empty(shape_of(tensor))
    for spot in np.ndindex(*found.shape):
        at = {letter: i + 1 for letter, i in zip(letters, spot, strict=True)}
        found[spot] = number(expand_sums(form, {**sizes, **at}), numbers)
    return found


def by_scalar_form(tensor: Tensor, numbers: dict[sympy.Expr, float], sizes: dict[sympy.Symbol, int]) -> np.ndarray:
    form = scalar_form(tensor, sizes)
    values = [number(entry, numbers) for entry in form] if tensor.rank else [number(form, numbers)]
    return np.reshape(values, shape_of(tensor))


def by_matrix_form(
    form: sympy.Expr, symbol: Var, layout: str, names: dict[str, Tensor], numbers: dict[sympy.Expr, float], sizes: dict[sympy.Symbol, int]
) -> np.ndarray:
    """The matrix worked out, read back in the orientation in which the layout shows `symbol`."""

    def entry(text: str, row: int, column: int) -> sympy.Expr:
        name = names[text]
        spot = (column, row) if is_shown_transposed(name, layout) else (row, column)
        return sympy.Indexed(sympy.IndexedBase(text), *spot[: name.rank])

    worked = matrix_entries(form, sizes, entry)
    if symbol.rank == 0:
        return np.asarray(number(worked, numbers))
    found = np.array([[number(worked[i, j], numbers) for j in range(worked.cols)] for i in range(worked.rows)])
    is_turned = stands_turned(symbol, layout)
    shape = (*shape_of(symbol), 1)[:2]
    assert found.shape == (shape[::-1] if is_turned else shape), f"{symbol.name} in layout {layout}"
    return (found.T if is_turned else found).reshape(shape_of(symbol))


def stands_turned(symbol: Var, layout: str) -> bool:
    """Where the layouts are said to show a gradient other than stored, a vector as a column and a batch as (sample, unit)."""
    kinds = tuple(axis.kind for axis in symbol.axes)
    if layout == "row":
        return kinds == ("unit", "sample")
    return (kinds[:1] == ("sample",)) ^ (layout == "jacobian")


def leaves_by_text(tensors: list[Tensor]) -> dict[str, Tensor]:
    """Every name, and the gradients of an unspecified cost, by the text under which matrix forms show them."""
    found: dict[str, Tensor] = {}
    for tensor in tensors:
        found |= {str(name.name): name for name in leaves(tensor)}
        for node in walk(tensor):
            if isinstance(node, Unspecified) and len(node.wrt) == 1:
                found[f"dC/d{node.args[node.wrt[0]].name}"] = node
    return found


def close(found: np.ndarray, expected: np.ndarray, message: str) -> None:
    """Rounding alone may lie between: the same few operations in another order."""
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10 * (1 + np.abs(expected).max()), err_msg=message)


def check_views(derivation: Derivation, seed: int) -> int:
    """All views of all formulas; the number of matrix forms there were."""
    setting = setting_of(derivation, seed)
    sizes = {symbol: value for symbol, value in setting.sizes.items() if symbol in (*SIZE_NAMES.values(), SAMPLES)}
    seen = 0
    for formula in derivation:
        numbers, names = entries_of([formula.tensor], setting), leaves_by_text([formula.tensor])
        expected = evaluate(formula.tensor, setting)
        message = f"{formula.name} of seed {seed}\n{derivation.network.to_toml()}"
        close(by_index_form(formula.tensor, numbers, sizes), expected, f"index form, {message}")
        close(by_scalar_form(formula.tensor, numbers, sizes), expected, f"scalar form, {message}")
        for layout in LAYOUTS:
            try:
                form = formula.matrix(layout)
            except UnsupportedError:
                continue
            close(by_matrix_form(form, formula.symbol, layout, names, numbers, sizes), expected, f"{layout} layout, {message}")
            assert form.shape == matrix_form(formula.symbol, layout).shape, f"{layout} layout, {message}"
            seen += 1
    return seen


def small(seed: int):
    """Networks whose formulas are short enough to write out: up to three layers are told apart by their names alone."""
    generator = np.random.default_rng([77, seed])
    while True:
        network = random_network(generator, is_numeric=False)
        if network.depth <= 3 and all(_units(numbered) <= 5 for numbered in network.numbered):
            return network


def _units(numbered) -> int:
    return max(WIDTHS.get(size, size) for size in (numbered.inputs, numbered.outputs))


@pytest.mark.parametrize("is_batch", [False, True], ids=["one sample", "a batch"])
@pytest.mark.parametrize("seed", range(8))
def test_all_views_of_every_formula_have_the_same_entries(seed, is_batch):
    assert check_views(derive(small(seed), batch=is_batch), seed) > 0


@pytest.mark.slow
@pytest.mark.parametrize("start", range(100, 300, 25))
def test_all_views_of_two_hundred_random_networks_have_the_same_entries(start):
    for seed in range(start, start + 25):
        for is_batch in (False, True):
            check_views(derive(small(seed), batch=is_batch), seed)


@pytest.mark.parametrize("activation", [row.name for row in ACTIVATIONS.values() if row.slope is not None])
def test_a_slope_in_terms_of_the_output_keeps_the_value(activation):
    """σ'(z) and its form in a = σ(z), for both layers of a network of that activation."""
    derivation = derive(Network.from_spec("3-4-2", activation=activation))
    setting = setting_of(derivation, seed=8)
    for layer in (1, 2):
        formula = derivation.delta(layer)
        assert "_prime" not in str(formula.in_outputs.index_form)
        close(evaluate(formula.in_outputs.tensor, setting), evaluate(formula.tensor, setting), f"{formula.name} of {activation}")
