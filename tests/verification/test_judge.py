"""The judge of single formulas: what is true is proved, and what differs in value is not."""

import pytest

from symback.verification.judge import verify
from symback.verification.parser import parse
from symback.verification.unparse import unparse
from tests.verification.formula_mutants import mutants_of
from tests.verification.true_formulas import TRUE_FORMULAS

SURE = ("sign", "missing factor", "extra factor", "prime at the activation", "layer")  # these always change the value


def test_true_formulas_in_every_spelling_are_proved():
    wrong = [(latex, found.verdict) for latex, ways in TRUE_FORMULAS if (found := verify(latex, ways).formulas[0]).verdict != "proved"]
    assert len(TRUE_FORMULAS) >= 150 and wrong == []


@pytest.mark.parametrize("start", range(4))
def test_no_mutant_that_differs_in_value_is_proved(start):
    """Every sixteenth formula, each with all its mutants."""
    proved = [
        (mutant, what)
        for latex, ways in TRUE_FORMULAS[start::16]
        for mutant, what in mutants_of(latex)
        if what in SURE and verify(mutant, ways).formulas[0].verdict not in ("refuted", "undecided")
    ]
    assert proved == []


def test_a_correction_is_in_the_notation_of_the_author():
    found = verify(r"\delta^{(l)} = -(W^{(l+1)})^T \delta^{(l+1)} \odot \sigma'(z^{(l)})").formulas[0]
    assert found.verdict == "refuted" and found.diagnosis == "sign"
    assert found.correction == unparse(parse(r"\delta^{(l)} = (W^{(l+1)})^T \delta^{(l+1)} \odot \sigma'(z^{(l)})"))
