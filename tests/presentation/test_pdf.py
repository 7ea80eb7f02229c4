"""PDF: what pdflatex gives, and what is said where there is none, or where it fails or does not end."""

import os
import shutil
import stat

import pytest

from symback.cli import main
from symback.errors import UnsupportedError
from symback.language.notation import NOTATIONS
from symback.network import Network
from symback.pipeline import derive
from symback.presentation import document, worked_example
from symback.presentation.blocks import Document, Math, Prose, Written
from symback.presentation.pdf import write_pdf

needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")


def page_of(*spans) -> Document:
    return Document(("A page",), (Prose(spans),), NOTATIONS["nielsen"])


def stand_in(tmp_path, monkeypatch, script: str) -> None:
    """A program called pdflatex that does what the shell script says; the shell and its tools stay within reach."""
    program = tmp_path / "pdflatex"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


def test_without_latex_the_error_says_what_to_install_before_anything_is_computed(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    for command in ("derive", "example"):
        assert main([command, "2-3-2", "-o", str(tmp_path / "page.pdf")]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert "install TeX Live" in err and ".html" in err and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_latex_that_fails_is_quoted(tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, "echo \"! LaTeX Error: File 'lmodern.sty' not found.\"; exit 1")
    with pytest.raises(UnsupportedError, match=r"pdflatex stopped: LaTeX Error: File 'lmodern.sty' not found; .*install TeX Live"):
        write_pdf(page_of("text"))


def test_a_latex_that_does_not_end_is_given_up(tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, "exec sleep 30")
    with pytest.raises(UnsupportedError, match=r"not done in 0.2 seconds"):
        write_pdf(page_of("text"), seconds=0.2)


def test_latex_may_start_no_program_and_write_nowhere_else(tmp_path, monkeypatch):
    record = tmp_path / "record"
    stand_in(tmp_path, monkeypatch, f'echo "$@ $openout_any $openin_any $shell_escape" > {record}; echo "! done"; exit 1')
    with pytest.raises(UnsupportedError):
        write_pdf(page_of("text"))
    assert record.read_text(encoding="ascii").split() == [
        "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "page.tex", "p", "p", "f",
    ]  # fmt: skip


@pytest.mark.slow
@needs_latex
@pytest.mark.parametrize("page", ["derivation", "example"])
def test_pages_become_pdf_files(page):
    network = Network.from_spec("2-3-2")
    made = write_pdf(document(derive(network)) if page == "derivation" else worked_example(network))
    assert made.startswith(b"%PDF-") and made.rstrip().endswith(b"%%EOF")


@pytest.mark.slow
@needs_latex
def test_no_command_of_a_page_is_carried_out(tmp_path):
    mark = tmp_path / "mark"
    write_pdf(page_of(Written(rf"x\immediate\write18{{touch {mark}}}", "x"), Math((derive(Network.from_spec("1-1")).delta(1).index_form,))))
    assert not mark.exists()
    with pytest.raises(UnsupportedError, match="pdflatex stopped"):
        write_pdf(page_of(Written(rf"\newwrite\f \immediate\openout\f={mark} ", "x")))
    assert not mark.exists()
