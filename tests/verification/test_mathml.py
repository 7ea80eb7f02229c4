"""MathML of formulas: every sign of the grammar has a look, what comes out is well-formed, and it shows what was printed."""

import random
import re
import shutil
import subprocess
import unicodedata
import xml.etree.ElementTree as ET
from collections import Counter

import pytest

from symback.language.mathml_signs import ACCENT_SIGNS, ALPHABETS, BRACE_SIGNS, BRACKETS, ELLIPSIS_SIGNS, LETTERS, OPERATORS, styled
from symback.verification import grammar
from symback.verification.mathml import MATHML_STYLE, mathml
from symback.verification.parser import ParseError, parse
from symback.verification.tree import KINDS, walk

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SAMPLES = (
    r"\delta^{(l)} = ((W^{(l+1)})^T \delta^{(l+1)}) \odot \sigma'(z^{(l)}) \quad \text{if } l < L",
    r"\begin{bmatrix} a & b \\ \vdots & \frac{1}{2} \end{bmatrix}^\top \Rightarrow f(x) = 1",
    r"\sigma'(x) = \begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}",
    r"\begin{aligned} a &= b + c \\ &= d \end{aligned}",
    r"\underbrace{\mathbf{W}}_{n \times m} \hat{y} \bar{x} \sqrt[3]{x} \binom{n}{k}",
    r"\lim_{h \to 0} \frac{d}{dx} \log x, \nabla_a C! | p \mid q",
    r"\sum_{i=1}^n -x_i \ldots \text{net} 3.14 x \stackrel{(1)}{=} y; {}^a b",
)


def words(markup: str) -> str:
    """What a reader sees, in order."""
    return "".join(ET.fromstring(markup).itertext())


def shown(latex: str) -> str:
    return mathml(parse(latex), latex, is_display=False).removeprefix("<math>").removesuffix("</math>")


def test_every_sign_of_the_grammar_has_a_look():
    assert set(grammar.LEVEL_OF) - set(grammar.LEVELS["statements"]) <= set(OPERATORS)
    assert set(grammar.LETTER_LIKE) | set(grammar.LARGE) - {r"\lim", r"\limsup", r"\liminf"} <= set(LETTERS)
    assert set(grammar.ACCENTS) - {r"\bar", r"\overline", r"\underline", r"\underbar"} <= set(ACCENT_SIGNS)
    assert set(grammar.ELLIPSES) <= set(ELLIPSIS_SIGNS) and set(grammar.BRACES) <= set(BRACE_SIGNS)
    assert set(grammar.OPENING) | grammar.CLOSING <= set(BRACKETS)
    upright = {r"\mathrm", r"\mathnormal", r"\symup"}
    assert set(grammar.FONTS) - upright <= set(ALPHABETS)


def test_the_samples_have_every_kind_of_node_and_every_node_is_well_formed():
    kinds = set()
    for latex in SAMPLES:
        tree = parse(latex)
        kinds |= {node.kind for node in walk(tree)}
        ET.fromstring(mathml(tree, latex))
    assert set(KINDS) == kinds


def test_no_letter_is_lost():
    for latex in SAMPLES:
        tree = parse(latex)
        letters = Counter(node.text for node in walk(tree) if node.kind == "symbol" and len(node.text) == 1 and node.text.isalpha())
        assert letters <= Counter(unicodedata.normalize("NFKC", words(mathml(tree, latex)))), latex


def test_mangled_formulas_never_break_the_markup():
    seed = 20260
    print("seed", seed)
    chance = random.Random(seed)
    pieces = [*SAMPLES, "<", "&amp;", "</math>", "<script>", "\x07", r"\text{</mtext>}", r"\operatorname{<b>}", r"\foo", '"', "'", "\ud83d"]
    read = 0
    for _ in range(400):
        text = "".join(chance.sample(pieces, 3))
        cut = chance.randrange(len(text))
        latex = text[cut:] + text[: chance.randrange(len(text))]
        try:
            tree = parse(latex)
        except ParseError:
            continue
        read += 1
        markup = mathml(tree, latex)
        assert {node.tag for node in ET.fromstring(re.sub("[\x00-\x08\x0b-\x1f\ud800-\udfff]", "?", markup)).iter()} <= ELEMENTS
    assert read > 40


ELEMENTS = frozenset(
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd".split()  # noqa: SIM905
)


@pytest.mark.parametrize(
    ("latex", "markup"),
    [
        (r"W^{l}_{jk}", "<msubsup><mi>W</mi><mrow><mi>j</mi><mi>k</mi></mrow><mi>l</mi></msubsup>"),
        (r"W_{jk}^{l}", "<msubsup><mi>W</mi><mrow><mi>j</mi><mi>k</mi></mrow><mi>l</mi></msubsup>"),
        (r"\mathbf{W}", "<mi>𝐖</mi>"),
        (r"\mathbb{R}", "<mi>ℝ</mi>"),
        (r"\mathcal{L}", "<mi>ℒ</mi>"),
        (r"\boldsymbol{\delta}", "<mi>𝜹</mi>"),
        (r"\mathrm{d}", '<mi mathvariant="normal">d</mi>'),
        (r"\Delta", '<mi mathvariant="normal">Δ</mi>'),
        (r"\frac{\partial C}{\partial w}", "<mfrac><mrow><mi>∂</mi><mi>C</mi></mrow><mrow><mi>∂</mi><mi>w</mi></mrow></mfrac>"),
        (r"\sum_{i}^{n} x", "<mrow><munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><mi>x</mi></mrow>"),
        (r"\int_0^1 x", "<mrow><msubsup><mo>∫</mo><mn>0</mn><mn>1</mn></msubsup><mi>x</mi></mrow>"),
        (r"\hat{y}", '<mover accent="true"><mi>y</mi><mo stretchy="false">ˆ</mo></mover>'),
        (r"\sqrt[3]{x}", "<mroot><mi>x</mi><mn>3</mn></mroot>"),
        (r"f''", '<mrow><mi>f</mi><mo lspace="0" rspace="0">″</mo></mrow>'),
        ("a<b", "<mrow><mi>a</mi><mo>&lt;</mo><mi>b</mi></mrow>"),
        ("ab", "<mrow><mi>a</mi><mi>b</mi></mrow>"),
        (r"\begin{matrix} a \end{matrix}", '<mtable><mtr><mtd class="center"><mi>a</mi></mtd></mtr></mtable>'),
    ],
)  # fmt: skip
def test_a_formula_looks_as_it_was_written(latex, markup):
    assert shown(latex) == markup


def test_brackets_grow_around_what_is_tall_only():
    assert 'stretchy="true"' in shown(r"(\frac{a}{b})") and 'stretchy="true"' not in shown("(W^{l+1})")


def test_rows_break_where_the_author_broke_them():
    latex = r"\begin{aligned} a &= b = c \\ &= d \\ & + e \end{aligned}"
    rows = [words(ET.tostring(row, encoding="unicode")) for row in ET.fromstring(mathml(parse(latex), latex)).iter("mtr")]
    assert rows == ["a=b=c", "=d", "+e"]
    unknown = [words(ET.tostring(row, encoding="unicode")) for row in ET.fromstring(mathml(parse(latex))).iter("mtr")]
    assert unknown == ["a=b", "=c", "=d+e"]


def test_no_letter_of_an_alphabet_is_an_empty_place_of_unicode():
    for font in ALPHABETS:
        for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789αβγδσω∂∇":
            assert styled(sign, font).isprintable(), (sign, font)


def measured(body: str, script: str, tmp_path) -> dict[str, float]:
    """Numbers that a browser measures on a page."""
    page = tmp_path / "page.html"
    page.write_text(
        f"<!doctype html><meta charset='utf-8'><style>{MATHML_STYLE}</style><body>{body}<p id='told'></p><script>const box = s =>"
        f" document.querySelector(s).getBoundingClientRect(); const told = {{}}; {script};"
        "document.getElementById('told').textContent = Object.entries(told).map(e => e.join('=')).join(' ');</script>",
        encoding="utf-8",
    )
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    told = re.search(r'id="told">([^<]*)<', done.stdout)
    return {name: float(number) for name, number in (pair.split("=") for pair in told[1].split())}


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
def test_a_browser_sets_what_the_markup_means(tmp_path):
    body = "".join(
        f"<p id='{name}'>{mathml(parse(latex), latex)}</p>"
        for name, latex in {
            "fraction": r"\frac{a}{b}", "power": "x^{2}", "plain": "x2", "matrix": r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}",
            "rows": r"\begin{aligned} a + b &= c \\ &= d \end{aligned}", "limits": r"\sum_{i=1}^{n} x",
        }.items()
    )  # fmt: skip
    told = measured(
        body,
        """told.over = box('#fraction mi:last-child').top - box('#fraction mi').bottom;
        told.raised = box('#power mi').bottom - box('#power mn').bottom; told.level = box('#plain mi').bottom - box('#plain mn').bottom;
        const cells = [...document.querySelectorAll('#matrix mtd')].map(c => c.getBoundingClientRect());
        told.right = cells[1].left - cells[0].left; told.below = cells[2].top - cells[0].top; told.aligned = cells[2].left - cells[0].left;
        told.bracket = box('#matrix mo').height - box('#matrix mtable').height;
        const equal = [...document.querySelectorAll('#rows mo')].filter(m => m.textContent === '=');
        const marks = equal.map(m => m.getBoundingClientRect().left);
        told.meet = marks[0] - marks[1]; told.under = box('#limits munderover mrow').top - box('#limits mo').bottom;""",
        tmp_path,
    )
    assert told["over"] >= 0 and told["raised"] > 2 and abs(told["level"]) < 1
    assert told["right"] > 5 and told["below"] > 5 and abs(told["aligned"]) < 1
    assert told["bracket"] > -4, "the bracket is as high as the matrix"
    assert abs(told["meet"]) < 1, "the equals signs stand below one another"
    assert told["under"] > -4
