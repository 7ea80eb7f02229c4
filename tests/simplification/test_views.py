"""The three views of a tensor have the same entries, whatever the tensor and the layout."""

import random

import pytest
import sympy

from symback.errors import UnsupportedError
from symback.language.expressions import contract, leaves
from symback.simplification.index_form import default_indices, index_form
from symback.simplification.matrix_form import LAYOUTS, is_shown_transposed, matrix_form
from symback.simplification.scalar_form import expand_sums, matrix_entries, scalar_form
from tests.simplification.random_tensors import AXES, SIZES, UNITS, Numbers, brute_force, number_of, places, random_leaf, random_tensor

TRIALS = 320
ORIENTATIONS = [*((layout, False) for layout in LAYOUTS), ("jacobian", True)]  # (layout, the result is a cotangent)


def sample(seed: int):
    """A random tensor of rank 0, 1 or 2; its brute-force entries."""
    chooser = random.Random(seed)
    axes = tuple(chooser.choice(AXES) for _ in range(chooser.randint(0, 2)))
    tensor = random_tensor(chooser, axes)
    return tensor, Numbers(seed)


def index_entries(tensor, numbers):
    view, indices = index_form(tensor), default_indices(tensor.axes)
    return {spot: number_of(view, numbers, SIZES | dict(zip(indices, spot, strict=True))) for spot in places(tensor)}


def expanded_entries(tensor, numbers):
    view, indices = index_form(tensor), default_indices(tensor.axes)
    expanded = {spot: expand_sums(view, SIZES | dict(zip(indices, spot, strict=True))) for spot in places(tensor)}
    assert not any(entry.has(sympy.Sum) for entry in expanded.values())
    return {spot: number_of(entry, numbers) for spot, entry in expanded.items()}


def scalar_entries(tensor, numbers):
    worked = scalar_form(tensor, SIZES)
    return {spot: number_of(worked[spot[0] - 1, (*spot, 1)[1] - 1] if tensor.rank else worked, numbers) for spot in places(tensor)}


def matrix_view_entries(tensor, numbers, layout, is_cotangent):
    """Entries of the matrix form, with the names' entries read in the orientation in which the layout shows them."""
    named = {str(leaf.name): leaf for leaf in leaves(tensor)}

    def entry(name, row, col):
        spot = (col, row) if is_shown_transposed(named[name], layout) else (row, col)
        return numbers[name, spot[: named[name].rank]]

    view = matrix_form(tensor, layout, is_cotangent)
    worked = matrix_entries(view, SIZES, entry)
    if tensor.rank == 0:
        return {(): number_of(worked, numbers)}
    is_turned = worked.shape != tuple((*(SIZES[axis.size] for axis in tensor.axes), 1)[:2])
    if worked.shape[0] == worked.shape[1]:
        is_turned = is_turned_view(tensor, layout, is_cotangent)
    worked = worked.T if is_turned else worked
    return {spot: number_of(worked[spot[0] - 1, (*spot, 1)[1] - 1], numbers) for spot in places(tensor)}


def is_turned_view(tensor, layout, is_cotangent):
    """The orientation asked for, from the documented convention: samples across in "column", cotangents turned in "jacobian"."""
    kinds = tuple(axis.kind for axis in tensor.axes)
    turned = kinds == ("unit", "sample") if layout == "row" else kinds in (("sample",), ("sample", "unit"))
    return turned ^ (layout == "jacobian" and is_cotangent)


def agree(left, right):
    return all(left[spot] == right[spot] for spot in right)


@pytest.mark.parametrize("block", range(8))
def test_index_form_matrix_form_and_scalar_form_have_the_entries_of_brute_force(block):
    refused = 0
    for seed in range(block * TRIALS // 8, (block + 1) * TRIALS // 8):
        tensor, numbers = sample(seed)
        expected = brute_force(tensor, numbers)
        if any(value.has(sympy.zoo, sympy.nan) for value in expected.values()):
            continue
        assert agree(index_entries(tensor, numbers), expected), f"index form, seed {seed}: {index_form(tensor)}"
        if not index_form(tensor).has(sympy.Piecewise):  # written out, nested cases take SymPy exponential time
            assert agree(expanded_entries(tensor, numbers), expected), f"sums of the index form, seed {seed}"
            assert agree(scalar_entries(tensor, numbers), expected), f"scalar form, seed {seed}"
        try:
            matrix_form(tensor)
        except UnsupportedError:
            refused += 1
            continue
        for layout, is_cotangent in ORIENTATIONS:
            found = matrix_view_entries(tensor, numbers, layout, is_cotangent)
            assert agree(found, expected), f"{layout}, seed {seed}: {matrix_form(tensor, layout, is_cotangent)}"
    assert refused < 10


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_sum_between_two_matrices_keeps_the_weights_of_its_index(layout):
    """Σ_i M_ji v_i B_ki  =  M diag(v) Bᵀ."""
    chooser, (n, m, _) = random.Random(4), UNITS
    labels = ((0, 2), (2,), (1, 2))
    factors = [(random_leaf(chooser, tuple({0: n, 1: n, 2: m}[label] for label in own)), own) for own in labels]
    tensor, numbers = contract(factors, (0, 1), {}), Numbers(4)
    assert agree(matrix_view_entries(tensor, numbers, layout, False), brute_force(tensor, numbers))
