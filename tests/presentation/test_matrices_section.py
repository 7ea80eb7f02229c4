r"""The matrices that a page writes out: the judge reads every entry and proves it, and finds the entry that was changed."""

from pathlib import Path

import pytest

import symback as sb
from symback.presentation import render


def page_of(spec: str, notation: str, **network) -> str:
    """The page with results alone, and the section."""
    asked = sb.Network.from_spec(spec, **network)
    derivation = sb.derive_generic(asked) if asked.is_generic else sb.derive(asked)
    return render(derivation, "markdown", notation=notation, detail="results", sections="matrices")


def verdicts_below(folder: Path, page: str, title: str = "## The matrices written out") -> list[tuple[int, str, str]]:
    """Line, verdict and reason of what stands below the title."""
    path = folder / "page.md"
    path.write_text(page, encoding="utf-8")
    first = page[: page.index(title)].count("\n")
    return [(one.line, one.verdict, one.reason) for one in sb.verify(path).formulas if one.line > first and one.verdict != "mention"]


@pytest.mark.parametrize(
    ("spec", "notation"),
    [("2-3-2", "nielsen"), ("p-m-n", "lecture"), ("784-30-10", "ng"), ("4-10-12", "lecture"), ("n_0-...-n_L", "nielsen")],
)
def test_every_matrix_is_proved(tmp_path, spec, notation):
    found = verdicts_below(tmp_path, page_of(spec, notation))
    assert len(found) > 5
    assert [one for one in found if one[1] != "proved"] == []


@pytest.mark.parametrize(
    ("spec", "right", "wrong"),
    [
        ("2-3-2", r"w^{2}_{12} \delta^{2}_{1} + w^{2}_{22} \delta^{2}_{2}", r"w^{2}_{12} \delta^{2}_{1} + w^{2}_{22} \delta^{2}_{1}"),
        ("2-3-2", r"\delta^{2}_{1} a^{1}_{2}", r"\delta^{2}_{1} a^{1}_{3}"),
        ("2-3-2", r"w^{1}_{11} a^{0}_{1} + w^{1}_{12} a^{0}_{2} + b^{1}_{1}", r"w^{1}_{11} a^{0}_{1} - w^{1}_{12} a^{0}_{2} + b^{1}_{1}"),
        ("p-m-n", r"\delta^{2}_{1} a^{1}_{m}", r"\delta^{2}_{1} a^{1}_{1}"),
    ],
)
def test_no_matrix_with_a_changed_entry_is_proved(tmp_path, spec, right, wrong):
    page = page_of(spec, "nielsen")
    assert right in page
    place = page.index(right)
    changed = page[:place] + wrong + page[place + len(right) :]
    line = page[:place].count("\n")
    judged = [one for one in verdicts_below(tmp_path, changed) if one[0] <= line]
    assert judged[-1][1] in ("refuted", "undecided")


@pytest.mark.parametrize("spec", ["1-1", "4-1-2"])
def test_single_numbers_are_not_written_out(spec):
    assert "begin{pmatrix}" not in page_of(spec, "nielsen")


def test_sums_with_all_their_terms_are_sums_to_the_judge(tmp_path):
    page = tmp_path / "page.md"
    stated = "$$z^1 = W^1 a^0 + b^1, \\qquad W^1 \\in \\mathbb{R}^{2 \\times 3}$$\n\n$$z^1_j = \\sum_{k=1}^{3} w^1_{jk} a^0_k + b^1_j$$\n\n"
    for third, is_true in (("3", True), ("2", False)):
        rows = r" \\ ".join(rf"w^1_{{{j}1}} a^0_1 + w^1_{{{j}2}} a^0_2 + w^1_{{{j}3}} a^0_{third} + b^1_{j}" for j in (1, 2))
        page.write_text(f"{stated}$$z^1 = \\begin{{pmatrix}} {rows} \\end{{pmatrix}}$$\n", encoding="utf-8")
        found = sb.verify(page).formulas[-1]
        assert (found.verdict == "proved") == is_true
