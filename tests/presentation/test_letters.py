"""Letters of one's own: the page is written in them, the judge reads it back, and what would be ambiguous is refused."""

import pytest

import symback as sb
from symback.errors import NotationError
from symback.language.letters import ROLES, notation_named
from symback.presentation import render

CHOICES = [
    "nielsen,W=Theta,a=h,C=J,delta=e",
    "lecture,W=V,a=h,C=J,delta=epsilon,x=x",
    "nielsen,z=v,W=U,b=c",
    "jacobian,delta=g,a=o,b=c",
]


def page_of(notation: str) -> str:
    layout = notation_named(notation).layout
    return render(sb.derive(sb.Network.from_spec("2-3-2")), "markdown", notation=notation, layout=layout)


@pytest.mark.parametrize("notation", CHOICES[:2])
def test_every_formula_in_other_letters_is_read_back_and_proved(tmp_path, notation):
    path = tmp_path / "page.md"
    path.write_text(page_of(notation), encoding="utf-8")
    found = [(one.line, one.verdict, one.reason) for one in sb.verify(path).formulas]
    assert [one for one in found if one[1] not in ("proved", "definition", "mention")] == []


@pytest.mark.slow
@pytest.mark.parametrize("notation", CHOICES[2:])
def test_every_formula_in_more_letters_is_read_back_and_proved(tmp_path, notation):
    test_every_formula_in_other_letters_is_read_back_and_proved(tmp_path, notation)


def test_an_error_in_other_letters_is_found(tmp_path):
    page = page_of("nielsen,W=Theta,a=h,C=J,delta=e,z=u")
    right = r"e^{2} &= (h^{2} - y) \odot \sigma'(u^{2})"
    assert right in page
    path = tmp_path / "page.md"
    path.write_text(page.replace(right, right.replace("h^{2} - y", "y - h^{2}"), 1), encoding="utf-8")
    assert [one.verdict for one in sb.verify(path).formulas].count("refuted") == 1


def test_what_goes_with_a_letter_follows_it():
    own = notation_named("lecture,W=Theta,a=h,delta=epsilon,C=J")
    assert own.glyph("W").latex == r"\boldsymbol{\Theta}"
    assert own.glyph("W", is_entry=True).latex == r"\theta"
    assert own.glyph("A").latex == r"\mathbf{H}"
    assert own.glyph("Delta").latex == r"\mathbf{E}"
    assert own.glyph("C_sum").latex == r"J_{\Sigma}"
    assert notation_named("ng,z=u").glyph("delta").latex == "du"


@pytest.mark.parametrize(
    ("notation", "why"),
    [
        ("nielsen,W", "says no letter"),
        ("nielsen,Q=r", "has no letter of its own"),
        ("nielsen,a=z", "cannot be that of the"),
        ("nielsen,C=L", "numbers indices"),
        ("nielsen,a=3", "is no letter"),
        ("nielsen,a=h,a=g", "two letters are set"),
        ("nielsen,C=E,delta=epsilon", "cannot be that of the"),
        ("foo,C=J", "is not a notation"),
    ],
)
def test_letters_that_would_mislead_are_refused(notation, why):
    with pytest.raises(NotationError, match=why):
        notation_named(notation)


def test_every_role_has_words():
    assert all(ROLES.values())
