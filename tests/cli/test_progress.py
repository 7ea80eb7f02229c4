"""The bar of a long page: on a terminal only, after three seconds only, and gone at the end."""

import sys

import pytest

from symback.cli import main, progress
from symback.network import Network
from symback.pipeline import derive
from symback.presentation import document, write_document


@pytest.fixture
def terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "BETWEEN", 0.0)


def test_a_quick_page_shows_no_bar(terminal, capsys):
    assert main(["derive", "2-2"]) == 0
    assert capsys.readouterr().err == ""


def test_a_long_page_shows_how_far_it_has_come(terminal, impatient, capsys):
    assert main(["derive", "2-2-2-2"]) == 0
    shown = capsys.readouterr()
    assert "telling the steps" in shown.err and "writing the page" in shown.err
    assert shown.err.endswith(progress.ERASED) and "telling the steps" not in shown.out


def test_no_bar_goes_into_a_pipe(impatient, capsys):
    assert main(["derive", "2-2-2-2"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("format", ["html", "latex", "markdown", "text"])
def test_to_count_the_blocks_changes_no_page(format):
    page = document(derive(Network.from_spec("2-2-1")))
    seen = []
    assert write_document(progress.with_ticks(page, lambda done, total: seen.append((done, total))), format) == write_document(page, format)
    assert seen[-1] == (len(page.blocks) - 1, len(page.blocks))
