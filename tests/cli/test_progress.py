"""The bar of a long page: on a terminal only, after three seconds only, and gone at the end."""

import io
import sys

import pytest

from symback.cli import main, progress
from symback.network import Network
from symback.pipeline import derive
from symback.presentation import document, write_document


class Terminal(io.StringIO):
    """A stream that is read by a person."""

    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch, *arguments: str) -> str:
    """What a person sees on stderr while a command runs."""
    stream = Terminal()
    with monkeypatch.context() as changed:
        changed.setattr(sys, "stderr", stream)
        assert main(arguments) == 0
    return stream.getvalue()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "BETWEEN", 0.0)


def test_a_quick_page_shows_no_bar(monkeypatch):
    assert on_terminal(monkeypatch, "derive", "2-2") == ""


def test_a_long_page_shows_how_far_it_has_come(impatient, monkeypatch, capsys):
    shown = on_terminal(monkeypatch, "derive", "2-2-2-2")
    assert "telling the steps" in shown and "writing the page" in shown
    assert shown.endswith(progress.ERASED) and "telling the steps" not in capsys.readouterr().out


def test_no_bar_goes_into_a_pipe(impatient, capsys):
    assert main(["derive", "2-2-2-2"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("format", ["html", "latex", "markdown", "text"])
def test_to_count_the_blocks_changes_no_page(format):
    page = document(derive(Network.from_spec("2-2-1")))
    seen = []
    assert write_document(progress.with_ticks(page, lambda done, total: seen.append((done, total))), format) == write_document(page, format)
    assert seen[-1] == (len(page.blocks) - 1, len(page.blocks))
