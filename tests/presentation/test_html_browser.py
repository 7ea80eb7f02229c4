"""The HTML page in a real browser: every formula takes room, and nothing is wider than the page, at 360 and 1200 pixels."""

import html
import json
import os
import re
import shutil
import subprocess
from unicodedata import normalize

import pytest

from symback.language.notation import NOTATIONS
from symback.network import Dense, LayerNorm, Network, Residual
from symback.pipeline import derive, derive_generic
from symback.presentation import document, worked_example
from symback.presentation.blocks import Document, Figure, Heading
from symback.presentation.drawing import drawing
from symback.presentation.html import write_html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None and not os.environ.get("CI"), reason="no browser here")]

# Measures pages in frames of a given width, for a window has a least one.  The pages themselves have no script.
MEASURE = """<script>
function measure(frame) {
  const page = frame.contentDocument, width = page.documentElement.clientWidth;
  const right = node => node.getBoundingClientRect().right;
  const boxes = [...page.querySelectorAll(".equations, .scroll")];
  const kept = node => boxes.includes(node) || !node.closest(".equations, .scroll");
  const formulas = [...page.querySelectorAll("math")];
  const isFlat = box => box.width < 1 || box.height < 3;
  page.getSelection().selectAllChildren(page.querySelector("main"));
  return {
    width, whole: page.documentElement.scrollWidth, formulas: formulas.length,
    ground: page.defaultView.getComputedStyle(page.body).backgroundColor,
    flat: formulas.filter(node => !node.closest("nav") && isFlat(node.getBoundingClientRect())).length,
    wide: [...page.querySelectorAll("body *")].filter(node => right(node) > width + 1 && kept(node)).map(node => node.outerHTML),
    scrolled: boxes.filter(node => node.scrollWidth > node.clientWidth + 1).map(node => node.textContent.slice(0, 60)),
    selected: page.getSelection().toString(),
  };
}
addEventListener("load", () => {
  const out = document.createElement("pre");
  out.id = "seen";
  out.textContent = JSON.stringify([...document.querySelectorAll("iframe")].map(measure));
  document.body.append(out);
});
</script>"""
WIDTHS = (360, 1200)


def deep_network() -> Network:
    branch = Residual([Dense("d_1", "prelu"), Dense("d_1", "identity")])
    return Network(
        "d_0", [Dense("d_1", "relu"), LayerNorm("epsilon"), branch, Dense("d_2", "softmax")], "cross_entropy", l1=0.5, l2="lambda"
    )


PAGES = {
    "2-3-2": lambda: document(derive(Network.from_spec("2-3-2"))),
    "lecture": lambda: document(derive(Network.from_spec("2-3-2", activation="relu,softmax", cost="cross_entropy")), notation="lecture"),
    "rows": lambda: document(derive(Network.from_spec("p-m-n", activation="gelu,srelu"), batch=True), layout="row", notation="row"),
    "deep": lambda: document(derive(deep_network(), batch=True)),
    "scalar": lambda: document(derive(Network.from_spec("2-2-1")), form="scalar"),
    "generic": lambda: document(derive_generic(Network.from_spec("n_0-...-n_L", activation="sigma", cost="C"))),
    "example": lambda: worked_example(Network.from_spec("2-3-2")),
    "wide example": lambda: worked_example(Network.from_spec("4-5-3", activation="tanh,softmax", cost="cross_entropy")),
    "figure": lambda: Document(
        ("A picture",), (Heading(("It",)), Figure("net", drawing(Network.from_spec("4-5-3")), ("A network.",))), NOTATIONS["nielsen"]
    ),
}


def chromium(folder, *arguments: str) -> str:
    """What a browser without a window writes to stdout."""
    assert CHROMIUM is not None, "this test needs chromium"
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={folder}/profile",
        *arguments,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def measured(pages: dict[tuple[str, int], str], folder, *arguments: str) -> dict[tuple[str, int], dict]:
    """What the script finds in each page at its width."""
    frames = "".join(
        f'<iframe style="border:0;width:{width}px;height:900px" srcdoc="{html.escape(text)}"></iframe>'
        for (_, width), text in pages.items()
    )
    (folder / "frames.html").write_text(f"<!DOCTYPE html>{frames}{MEASURE}", encoding="utf-8")
    shown = chromium(folder, "--window-size=1300,1000", *arguments, "--dump-dom", f"file://{folder}/frames.html")
    found = json.loads(html.unescape(re.search(r'<pre id="seen">(.*?)</pre>', shown, re.DOTALL)[1]))
    return dict(zip(pages, found, strict=True))


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict[tuple[str, int], dict]:
    """All pages at all widths, in one browser."""
    texts = {name: write_html(make()) for name, make in PAGES.items()}
    return measured({(name, width): texts[name] for name in PAGES for width in WIDTHS}, tmp_path_factory.mktemp("browser"))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_every_formula_is_there_and_nothing_is_wider_than_the_page(name, width, seen):
    found = seen[name, width]
    assert found["width"] == width
    assert found["whole"] <= width
    assert found["wide"] == []
    assert found["formulas"] == write_html(PAGES[name]()).count("<math")
    assert found["flat"] == 0
    if width == max(WIDTHS):  # on a phone a matrix of numbers is scrolled in its box; on a screen nothing is
        assert found["scrolled"] == []


def test_formulas_can_be_selected_as_text(seen):
    selected = re.sub(r"\s", "", normalize("NFKC", seen["2-3-2", 1200]["selected"]))  # the browser sets letters in italics
    assert "z1=W1a0+b1" in selected


def test_light_and_dark_follow_the_reader(seen, tmp_path):
    assert seen["2-3-2", 1200]["ground"] == "rgb(255, 255, 255)"
    pages = {("2-3-2", 1200): write_html(PAGES["2-3-2"]())}
    dark = measured(pages, tmp_path, "--blink-settings=preferredColorScheme=0")["2-3-2", 1200]["ground"]
    assert max(map(int, re.findall(r"\d+", dark))) < 50


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext here")
def test_it_prints_on_paper_without_its_contents(tmp_path):
    (tmp_path / "page.html").write_text(write_html(PAGES["2-3-2"]()), encoding="utf-8")
    chromium(tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={tmp_path}/page.pdf", f"file://{tmp_path}/page.html")
    text = subprocess.run(["pdftotext", f"{tmp_path}/page.pdf", "-"], capture_output=True, text=True, check=True).stdout
    assert "Backward pass" in text
    assert "Contents" not in text
