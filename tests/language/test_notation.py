"""A notation is data: every row is complete, distinct and cannot be mistaken."""

import pytest
import sympy

from symback.errors import NotationError
from symback.language.letters import notation_named
from symback.language.names import Name
from symback.language.notation import FUNCTIONS, LETTERS, NOTATIONS, Glyph
from symback.language.printing import to_latex, to_text
from symback.simplification.matrix_form import LAYOUTS

LAYERED = [Name(letter, 2) for letter in ["W", "b", "z", "a", "delta", "Z", "A", "Delta", "gamma", "beta", "mu", "xhat", "s", "alpha", "p"]]
GRADIENTS = [name.gradient for name in LAYERED if name.letter not in ("delta", "Delta")]
QUANTITIES = [*LAYERED, *GRADIENTS, Name("y"), Name("C"), Name("C_0"), Name("C_sum")]


@pytest.mark.parametrize("notation", NOTATIONS.values(), ids=str)
def test_a_notation_uses_only_values_that_the_printer_knows(notation):
    assert notation.layer.count("{}") == 1
    assert notation.index_base in (0, 1)
    assert notation.gradient in ("partial", "nabla", "prefix")
    assert notation.layout in LAYOUTS
    assert NOTATIONS[notation.name] is notation


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("write", [to_latex, to_text])
def test_two_quantities_never_look_the_same(notation, write):
    wholes = {name: write(sympy.MatrixSymbol(str(name), 2, 3), notation) for name in QUANTITIES}
    entries = {name: write(sympy.Indexed(str(name), sympy.Symbol("j"), sympy.Symbol("k")), notation) for name in QUANTITIES}
    expected = len(QUANTITIES) if notation != "ng" else len(QUANTITIES) - 2  # dz is δ: ∂C/∂z is written the same, being the same
    assert len(set(wholes.values())) == expected, wholes
    assert len(set(entries.values())) == expected, entries


def test_layers_and_indices_are_told_apart_in_every_notation():
    spots = ((1, 1), (1, 2), (2, 1), (1, 11), (11, 1))
    for notation in NOTATIONS:
        looks = {to_latex(sympy.Indexed(f"W^{layer}", *spot), notation) for layer in (1, 2, 12) for spot in spots}
        assert len(looks) == 15, notation


def test_every_glyph_can_be_written_in_both_media():
    for glyph in (*LETTERS.values(), *FUNCTIONS.values()):
        assert isinstance(glyph, Glyph) and glyph.latex and glyph.text and glyph.latex.count("{") == glyph.latex.count("}")


def test_an_unknown_notation_is_named_with_those_that_there_are():
    with pytest.raises(NotationError, match="'bourbaki' is not a notation; there are nielsen, lecture, ng, row, jacobian"):
        notation_named("bourbaki")


def test_a_text_that_is_no_name_is_written_as_it_stands_and_escaped():
    assert to_latex(sympy.Symbol("n_{l-1}")) == "n_{l-1}"
    assert to_latex(sympy.Symbol(r"50%_of #1\evil{}")) == r"\mathrm{50\%\_of \#1\ evil\{\}}"
