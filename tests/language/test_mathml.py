"""Printed formulas as MathML: every command has a look, what comes out is well-formed, and it shows what was printed."""

import re
import xml.etree.ElementTree as ET

import pytest

from symback.errors import NotationError
from symback.language.mathml import mathml
from symback.language.mathml_signs import ACCENT_SIGNS, BRACE_SIGNS, ELLIPSIS_SIGNS, LETTERS, OPERATORS

SIGNS = sorted({*LETTERS, *OPERATORS, *ELLIPSIS_SIGNS} - {"->", "<-", "=>", ":=", "=:", "+=", "-=", "*=", "==", ".*", "...", "..", r"\?"})


def element(latex: str, **options) -> ET.Element:
    return ET.fromstring(mathml(latex, **options))


def words(latex: str, **options) -> str:
    """What a reader sees, in order."""
    return "".join(element(latex, **options).itertext())


def sign(latex: str, place: int = 0, **options) -> ET.Element:
    """The sign of that place."""
    return list(element(latex, **options).iter("mo"))[place]


@pytest.mark.parametrize("latex", SIGNS)
def test_every_sign_has_a_look(latex):
    looks = LETTERS | OPERATORS | ELLIPSIS_SIGNS
    assert words(f"a {latex} b").replace("\xa0", "") == f"a{looks[latex]}b"


@pytest.mark.parametrize("command", [*ACCENT_SIGNS, r"\bar", r"\overline", r"\underline"])
def test_every_accent_has_a_look(command):
    assert words(rf"{command}{{x}}_j").startswith("x")


@pytest.mark.parametrize(
    ("latex", "seen"),
    [
        (r"\frac{\partial C}{\partial a^{1}_{j}}", "∂C∂aj1"),
        (r"\tfrac12 x", "12x"),
        (r"\sqrt[3]{x} + \sqrt{y}", "x3+y"),
        (r"\operatorname{GELU}_{\tanh}'(z)", "GELU′tanh(z)"),
        (r"\sigma''(z)", "σ″(z)"),
        (r"\left( \frac{a}{b} \right)^{2}", "(ab)2"),
        (r"\lVert a - y \rVert^{2}", "‖a−y‖2"),
        (r"\mathbf{1}^{\mathsf T} \boldsymbol{\delta} \mathbf{W}", "𝟏𝖳𝜹𝐖"),
        (r"\mathbf{1}[z > 0]", "𝟏[z>0]"),
        (r"W_{\mathrm{new}}", "Wnew"),
        (r"\mathrm{a\_b}_{j}", "a_bj"),
        (r"\begin{pmatrix} 1 & -0.5 \\ x & \vdots \end{pmatrix}", "(1−0.5x⋮)"),
        (r"\begin{cases} z & \text{if } z > 0 \\ 0 & \text{otherwise} \end{cases}", "{zif z>00otherwise"),
        (r"\begin{aligned} a &= b \\ &= c \end{aligned}", "a=b=c"),
        (r"\underbrace{a + b}_{n} \overset{!}{=} 1", "a+b⏟n=!1"),
        (r"p \text{--} n", "p–n"),
        (r"a^{[1]}_{2} * b, \quad c", "a2[1]∗b,c"),
        (r"\hspace{1em} \tanh(z)^{2}", "tanh(z)2"),
    ],
)
def test_what_was_printed_is_seen(latex, seen):
    assert words(latex).replace("\xa0", " ") == seen


def test_the_latex_goes_with_the_formula():
    latex = 'f\'(x) < \\text{a "b" & c} > 1'
    assert element(latex).get("alttext") == latex


def test_a_sign_at_the_start_is_a_prefix_and_between_operands_an_infix():
    assert sign("- a - b", 0).get("form") == "prefix"
    assert sign("- a - b", 1).get("form") == "infix"
    assert sign("a = - b", 1).get("form") == "prefix"
    assert sign(r"\frac{1}{2} - b").get("form") == "infix"
    assert sign("(-b)", 1).get("form") == "prefix"


def test_a_line_that_goes_on_begins_with_an_infix():
    assert sign("- b", is_continued=True).get("form") == "infix"
    assert sign("= - b", 1, is_continued=True).get("form") == "prefix"


def test_brackets_are_matched_and_one_whose_partner_is_on_another_line_stands_alone():
    assert [node.tag for node in element("(a) b")[0]] == ["mrow", "mi"]
    assert words("(a + (b)") == "(a+(b)"
    assert words("b) + c") == "b)+c"
    assert words(r"\frac{(a}{b)}") == "(ab)"


def test_scripts_of_a_group_stand_at_its_closing_bracket_unless_that_grows():
    assert element(r"(W^{2})^{T}").find(".//msup[mi='T']/mo").text == ")"
    assert element(r"\left( \frac{a}{b} \right)^{2}").find("msup/mrow/mo").text == "("
    assert element(r"\left( \frac{(a)}{b} (c) \right)^{2}").find("msup/mrow/mo").text == "("
    assert words(r"((W^{2})^{T} d)_{j} + (f)'^{2}") == "((W2)Td)j+(f)′2"


def test_limits_stand_below_sums_in_displays():
    assert element(r"\sum_{j=1}^{n} a_{j}", is_display=True).find(".//munderover") is not None
    assert element(r"\sum_{j=1}^{n} a_{j}", is_display=True).get("displaystyle") == "true"


def test_a_name_of_a_function_keeps_its_distance():
    row = element(r"w \ln x")[0]
    assert [node.tag for node in row] == ["mi", "mspace", "mi", "mspace", "mi"]
    assert [node.tag for node in element(r"\ln(x)")[0]] == ["mi", "mrow"]


@pytest.mark.parametrize(
    "latex", [r"\frac{a}{b", r"\left( a", "a }", r"\begin{pmatrix} a \end{cases}", r"\href{x}{y}", r"\text{a", "a & b"]
)
def test_what_is_no_formula_of_ours_is_refused_by_name(latex):
    with pytest.raises(NotationError):
        mathml(latex)


def test_nothing_in_a_formula_becomes_markup():
    for hostile in (r"\text{<script>alert(1)</script>}", r"\mathrm{<b>\&amp;}", r"\operatorname{<i>}", r"a < b > c"):
        page = mathml(hostile)
        tags = set(re.findall(r"<([a-z]+)", page))
        assert tags <= {"math", "mrow", "mtext", "mi", "mo"}, tags
        ET.fromstring(page)


def test_every_brace_has_a_look():
    for command, look in BRACE_SIGNS.items():
        assert words(rf"{command}{{x}}") == f"x{look}"


@pytest.mark.parametrize("gap", ["[4pt]", "[-0.5em]", " [2 mm]"])
def test_a_gap_between_lines_is_no_text(gap):
    with_gap, plain = (mathml(rf"\begin{{pmatrix}} a \\{between} b \end{{pmatrix}}") for between in (gap, ""))
    assert with_gap.partition(">")[2] == plain.partition(">")[2]  # but for the alttext


def test_brackets_at_the_beginning_of_a_line_are_text():
    assert "4" in mathml(r"\begin{pmatrix} a \\ [4, x] \end{pmatrix}") and "x" in mathml(r"\begin{pmatrix} a \\ [4, x] \end{pmatrix}")
