"""The HTML report: everything is on it, nothing of a document is markup, it needs no network, and a browser shows it."""

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from symback.verification import html_report as module
from symback.verification.documents import read_text
from symback.verification.html_report import Section, html_report
from symback.verification.report import VERDICTS, Report, Verdict
from symback.verification.report_style import SCRIPT, SIGNS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HOSTILE = "</script><img src=x onerror=document.title='caught'><svg/onload=alert(1)>\"'--></style></code>&lt;"
PAGE = r"""
# Errors of $\delta$
\newcommand{\err}{\delta}
$$\err^l = a - y \tag{7}$$ and $W^l$

## Weights
$$\frac{\partial C}{\partial W} = x$$
"""


class Tags(HTMLParser):
    """The elements of a page, their attributes, and the scripts."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.scripts, self.open = [], [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.open = tag

    def handle_data(self, data):
        if self.open == "script":
            self.scripts.append(data)
            self.open = ""


def judged(page=PAGE, **changes):
    """A section whose first equation is refuted and whose other formulas are mentions."""
    document = read_text(page)
    verdicts = [Verdict(f.line, f.end_line, f.latex, "gradient", "mention") for f in document.formulas]
    first = next(place for place, formula in enumerate(document.formulas) if "=" in formula.latex)
    verdicts[first] = replace(verdicts[first], verdict="refuted", **changes)
    return Section(Report("notes.md", tuple(verdicts)), document.formulas)


def hostile_page():
    """Hostile text in every field that a document can reach."""
    section = judged(
        f"# {HOSTILE} $x$\n\n$$a = \\text{{{HOSTILE}}} \\tag{{{HOSTILE}}}$$\n\n$$\\frac{{{HOSTILE}$$\n\n$\\operatorname{{<img>}} \\foo$",
        reason=HOSTILE, diagnosis=HOSTILE, correction=f"x = \\text{{{HOSTILE}}}", counterexample=f"{HOSTILE}!",
        assumptions=(HOSTILE, "\x1b[2J\u202e\ud83d"),
    )  # fmt: skip
    assert len(section.formulas) >= 2
    return html_report([replace(section, report=replace(section.report, file=f"{HOSTILE}.md")), section])


def intrusions(page):
    """What stands on a page that symback did not put there."""
    seen = Tags(page)
    foreign = {"img", "svg", "iframe", "object", "link"} & set(seen.tags)
    handlers = {name for name, value in seen.attributes if name.startswith("on") or (name in ("src", "href") and not value.startswith("#"))}
    return foreign | handlers | {script for script in seen.scripts if script != SCRIPT}


def test_nothing_of_a_document_is_markup():
    page = hostile_page()
    assert intrusions(page) == set()
    assert page.count("&lt;img src=x onerror") >= 8
    assert not set("\x1b\u202e\ud83d") & set(page)
    page.encode("utf-8")


def test_this_test_sees_markup_that_is_not_escaped(monkeypatch):
    monkeypatch.setattr(module, "_safe", lambda text: text)
    assert {"img", "svg", "onerror"} <= intrusions(hostile_page())


def test_the_page_needs_no_network():
    page = html_report([judged()])
    assert re.findall(r"https?://|@import|url\(", page) == []
    assert "default-src 'none'" in page and page.count("<script>") == 1


def test_every_formula_is_there_in_order_and_rendered():
    page = html_report([judged()])
    assert [int(line) for line in re.findall(r'<a href="#f1-\d+">line (\d+)</a></span>', page)] == [2, 4, 4, 7]
    first = page[page.index('id="f1-2"') : page.index('id="f1-3"')]
    assert "<msup><mi>δ</mi><mi>l</mi></msup>" in first, "the macro of the document is known"
    assert r"<code>\err^l = a - y" in first and "<span>(7)</span>" in first
    assert "<h3>Errors of <math><mi>δ</mi></math></h3>" in page
    assert "<h3>Errors of <math><mi>δ</mi></math> › Weights</h3>" in page


def test_what_is_to_be_said_about_a_formula_is_said():
    page = html_report(
        [judged(reason="differs", diagnosis="sign", correction=r"\frac{1}{2}", counterexample="at 3", assumptions=("a is x", "W is 2 x 3"))]
    )
    for piece in ("<p>differs</p>", "sign", "<mfrac><mn>1</mn><mn>2</mn></mfrac>", "at 3", "<li>a is x</li>", "<li>W is 2 x 3</li>"):
        assert piece in page, piece
    assert '<a href="#f1-2">line 4</a></p>' in page, "a link to what is refuted stands at the top"


def test_what_cannot_be_read_is_shown_as_written():
    section = Section(Report("x.md", (Verdict(1, 1, r"\frac{a", "mention", "unreadable", "a brace is open"),)))
    assert r'<div class="shown"><code>\frac{a</code></div>' in html_report([section])


def test_each_verdict_has_a_sign_a_button_and_a_count():
    verdicts = tuple(Verdict(n, n, "x", "identity", word) for n, word in enumerate((*VERDICTS, "proved"), 1))
    page = html_report([Section(Report("x.md", verdicts))])
    assert set(SIGNS) == set(VERDICTS) and len(set(SIGNS.values())) == len(VERDICTS)
    for word in VERDICTS:
        assert f"{SIGNS[word]} {word} {2 if word == 'proved' else 1}</button>" in page
        assert f"<b>{SIGNS[word]} {word}</b>" in page
    assert re.findall(r'data-verdict="(\w+)" aria-pressed="false"', page) == ["mention"]
    chosen = html_report([Section(Report("x.md", verdicts))], ("refuted",))
    assert re.findall(r'data-verdict="(\w+)" aria-pressed="true"', chosen) == ["refuted"]


def test_several_documents_are_on_one_page_with_places_of_their_own():
    page = html_report([judged(), judged()])
    names = re.findall(r' id="(f[^"]*)"', page)
    assert len(names) == len(set(names)) == 8 and page.count("<h2>") == 2 and "8 formulas" in page


def test_a_report_without_formulas_is_a_page():
    assert "0 formulas: none" in html_report([Section(Report("empty.md"))])


def in_browser(page, tmp_path):
    """The page's elements after its script has run in a browser."""
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
        path.as_uri(),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
def test_a_browser_runs_the_page_and_nothing_of_the_document(tmp_path):
    page = in_browser(hostile_page(), tmp_path)
    body = re.search(r"<body[^>]*>", page)[0]
    assert "hide-mention" in body and "hide-refuted" not in body, "the page's own script has run"
    assert "<title>caught" not in page and intrusions(page) == set()
    assert re.search(r'<div class="filters"[^>]*hidden', page) is None


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
def test_a_browser_refuses_a_script_that_slipped_through(tmp_path):
    with_script = html_report([judged()]).replace("</h1>", "</h1><script>document.title = 'caught'</script>")
    assert "<title>caught" not in in_browser(with_script, tmp_path)
    without_policy = re.sub("<meta http-equiv[^>]*>", "", with_script)
    assert "<title>caught" in in_browser(without_policy, tmp_path), "this test sees a script that runs"
