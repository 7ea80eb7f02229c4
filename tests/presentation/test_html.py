"""The HTML page: well-formed, whole, without script or network; every formula of the document is there as MathML."""

import re
import xml.etree.ElementTree as ET
from collections import Counter

import numpy as np
import pytest

from symback.language.mathml import mathml
from symback.language.notation import NOTATIONS
from symback.language.printing import to_latex
from symback.network import Dense, LayerNorm, Network, Residual
from symback.pipeline import derive, derive_generic
from symback.presentation import document, worked_example
from symback.presentation.blocks import Document, Equations, Figure, Heading, Items, Math, Note, Prose, Table, Written
from symback.presentation.drawing import drawing
from symback.presentation.html import write_html
from symback.presentation.latex import RELATIONS, latex_span
from symback.verification.mathml import mathml as mathml_of_tree
from symback.verification.parser import parse
from tests.random_specs import random_network

HOSTILE = "<script>alert('1')</script> & \"x\" \x00\u202e"
CORE = frozenset((
    "math", "mi", "mn", "mo", "mtext", "mspace", "mrow", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover",
    "munderover", "mtable", "mtr", "mtd",
))  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"


def deep_network() -> Network:
    branch = Residual([Dense("d_1", "prelu"), Dense("d_1", "gelu_tanh")])
    return Network(
        "d_0", [Dense("d_1", "relu"), LayerNorm("epsilon"), branch, Dense("d_2", "softmax")], "cross_entropy", l1=0.5, l2="lambda"
    )


PAGES = {
    **{f"2-3-2 in {name}": (lambda name=name: document(derive(Network.from_spec("2-3-2")), notation=name)) for name in NOTATIONS},
    "rows": lambda: document(derive(Network.from_spec("p-m-n", activation="srelu,selu"), batch=True), layout="row", notation="row"),
    "deep": lambda: document(derive(deep_network(), batch=True)),
    "scalar": lambda: document(derive(Network.from_spec("2-2-1")), form="scalar"),
    "generic": lambda: document(derive_generic(Network.from_spec("n_0-...-n_L", activation="sigma", cost="C"))),
    "example": lambda: worked_example(Network.from_spec("4-5-3", activation="tanh,softmax", cost="cross_entropy")),
}


@pytest.fixture(scope="module", params=PAGES)
def page(request) -> Document:
    return PAGES[request.param]()


def tree_of(page: Document) -> ET.Element:
    """The page as a strict parser sees it."""
    text = write_html(page)
    assert text.startswith("<!DOCTYPE html>\n")
    return ET.fromstring(text)


def page_of(*blocks, title: str = "A page") -> Document:
    return Document((title,), blocks, NOTATIONS["nielsen"])


def spans_of(page: Document) -> list:
    """Every span of words that holds mathematics."""
    found = list(page.title)
    for block in page.blocks:
        match block:
            case Heading():
                found.extend(block.title)
            case Prose():
                found.extend(block.spans)
            case Items() | Note():
                found.extend(span for item in block.items for span in item)
            case Equations():
                found.extend(span for line in block.lines for span in line.reason)
            case Table():
                found.extend(span for row in (block.header, *block.rows) for cell in row for span in cell)
            case Figure():
                found.extend(block.caption)
    return [span for span in found if not isinstance(span, str)]


def squeezed(text: str) -> str:
    return re.sub(r"\s|\\quad", "", text)


def test_a_page_is_well_formed_and_of_mathml_core_alone(page):
    tree = tree_of(page)
    for formula in tree.iter("math"):
        assert {node.tag for node in formula.iter()} <= CORE
        assert formula.get("alttext")
    names = [node.get("id") for node in tree.iter() if node.get("id")]
    assert len(names) == len(set(names))


def test_a_page_loads_nothing_and_runs_nothing(page):
    tree = tree_of(page)
    assert {node.tag for node in tree.iter()} & {"script", "link", "img", "iframe", "object", "embed", "base", "form"} == set()
    for node in tree.iter():
        assert not [name for name in node.attrib if name.startswith("on") or name in ("src", "srcset", "action")]
        assert node.get("href", "#").startswith("#")
    assert re.findall(r"url\(|@import|https?://(?!www\.w3\.org/)", write_html(page)) == []


def test_every_equation_of_the_document_is_on_the_page_in_its_order(page):
    lines = [line for block in page.blocks if isinstance(block, Equations) for line in block.lines]
    shown = [node for node in tree_of(page).iter("div") if node.get("data-latex")]
    assert len(lines) == len(shown)
    for line, node in zip(lines, shown, strict=True):
        left = "" if line.left is None else to_latex(line.left, page.notation)
        whole = f"{left} {RELATIONS[line.relation].strip()} {to_latex(line.right, page.notation)}".strip()
        assert node.get("data-latex") == whole
        sides = [side for side in node if side.get("class") != "reason"]
        assert squeezed("".join(formula.get("alttext") for side in sides for formula in side.iter("math"))) == squeezed(whole)


def test_every_formula_among_the_words_is_on_the_page(page):
    there = squeezed("".join(formula.get("alttext") for formula in tree_of(page).iter("math")))
    for span in spans_of(page):
        assert squeezed(latex_span(span, page.notation)) in there


def test_formulas_show_what_the_judge_shows_of_the_same_latex(page):
    """Two roads: atoms side by side as TeX reads them, and the syntax tree of the reader of documents."""
    for latex in {node.get("data-latex") for node in tree_of(page).iter("div") if node.get("data-latex")}:
        ours = "".join(ET.fromstring(mathml(latex, is_continued=True)).itertext())
        theirs = "".join(ET.fromstring(mathml_of_tree(parse(latex), latex)).itertext())
        without = str.maketrans("", "", "\xa0,")  # the judge parts statements by space alone
        assert Counter(ours.translate(without)) == Counter(theirs.translate(without)), latex


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 40))])
def test_the_page_of_a_random_network_in_a_random_notation_is_well_formed(seed):
    generator = np.random.default_rng(seed)
    network, notation = random_network(generator), list(NOTATIONS)[generator.integers(len(NOTATIONS))]
    print(f"seed {seed}, notation {notation}: {network}")
    tree = tree_of(document(derive(network), notation=notation))
    assert len(list(tree.iter("math"))) > 20


def test_the_contents_name_every_section_and_lead_there(page):
    tree = tree_of(page)
    links = [link.get("href") for link in tree.find(".//nav").iter("a")]
    headings = [f"#{node.get('id')}" for node in tree.find(".//main").iter() if node.tag in ("h2", "h3")]
    assert links == headings
    depth_of = {link.get("href"): 1 for link in tree.findall(".//nav/ol/li/a")} | {
        a.get("href"): 2 for a in tree.findall(".//nav/ol/li/ol/li/a")
    }
    assert depth_of == {f"#{node.get('id')}": int(node.tag[1]) - 1 for node in tree.find(".//main").iter() if node.tag in ("h2", "h3")}


def test_headings_of_one_name_have_links_of_their_own():
    headings = [Heading((title,)) for title in ("Layer", "Layer", "Layer 2", "…", "δ")]
    tree = tree_of(page_of(*headings))
    assert [node.get("id") for node in tree.iter("h2")] == ["layer", "layer-2", "layer-2-2", "section", "δ"]


def test_a_page_of_few_sections_has_no_contents_and_leaves_no_room_for_them():
    tree = tree_of(page_of(Heading(("One",)), Heading(("Another",))))
    assert tree.find(".//nav") is None
    assert tree.find("body/div").get("class") == "page"


def test_words_of_a_spec_stay_words():
    blocks = (
        Heading((HOSTILE,)), Prose((HOSTILE,)), Items(((HOSTILE,),)), Note(HOSTILE, ((HOSTILE,),)), Table(((HOSTILE,),), (((HOSTILE,),),)),
        Figure("net", drawing(Network.from_spec("1-1")), (HOSTILE,)), Heading((HOSTILE, Written(r"\text{<i>}", "<i>"))),
    )  # fmt: skip
    tree = tree_of(page_of(*blocks, title=HOSTILE))
    seen = HOSTILE.replace("\x00", "\ufffd").replace("\u202e", "\ufffd")
    assert "script" not in {node.tag for node in tree.iter()}
    assert tree.find(".//title").text == seen
    for path in ("h1", "h2", "p", "li", "th", "td", "figcaption"):
        assert any(seen in "".join(node.itertext()) for node in tree.iter(path)), path
    assert tree.find(".//aside").get("aria-label") == seen


def test_long_formulas_are_broken_between_terms_and_short_ones_are_whole():
    tree = tree_of(PAGES["example"]())
    lines = [node for node in tree.iter("div") if node.get("data-latex")]
    assert any(len(list(line.iter("math"))) > 3 for line in lines)
    (short,) = [line for line in lines if line.get("data-latex") == r"\tanh'(z) = 1 - \tanh(z)^{2}"]
    assert len(list(short.iter("math"))) == 2


def test_a_figure_is_drawn_inside_the_page_with_its_caption():
    tree = tree_of(
        page_of(
            Figure("net", drawing(Network.from_spec("2-1")), ("Units of ", Math((derive(Network.from_spec("2-1")).delta(1).index_form,))))
        )
    )
    figure = tree.find(".//figure")
    assert figure[0].tag == f"{SVG}svg"
    assert figure.find("figcaption/math") is not None


def test_the_style_knows_dark_narrow_and_paper():
    style = tree_of(page_of()).find(".//style").text
    for query in ("(prefers-color-scheme: dark)", "(max-width: 45rem)", "@media print"):
        assert query in style
    assert style.count("{") == style.count("}")
