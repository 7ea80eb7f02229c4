"""A document as PDF, where a LaTeX installation is found: `pdflatex` run on the article, in a folder of its own.

The run is fenced in: no command of the page can start a program, no file outside the folder is written, nothing is asked
on the terminal, and a page that is not done in time is given up.

Decision: pdflatex and not a writer of PDF.  Whoever wants paper wants LaTeX's; without it, the HTML page prints well.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from symback.errors import UnsupportedError
from symback.presentation.blocks import Document
from symback.presentation.latex import write_article

__all__ = ["find_pdflatex", "write_pdf"]

SECONDS = 120.0  # for all runs together; a page takes two, one of a hundred layers ten
MOST_RUNS = 3  # until references are right
REMEDY = "or name a file that ends in .html or .tex"
INSTALL = "install TeX Live (on Debian: texlive-latex-recommended, texlive-pictures and lmodern)"
FENCES = {"openin_any": "p", "openout_any": "p", "shell_escape": "f"}


def write_pdf(document: Document, seconds: float = SECONDS) -> bytes:
    """The page as the bytes of a PDF file.  Raises `UnsupportedError` where there is no LaTeX, or one that lacks packages."""
    program = find_pdflatex()
    with tempfile.TemporaryDirectory(prefix="symback-") as folder:
        path = Path(folder, "page.tex")
        path.write_text(write_article(document), encoding="utf-8")
        for _ in range(MOST_RUNS):
            log = _run(program, path, seconds)
            if "Rerun to get" not in log:
                break
        return path.with_suffix(".pdf").read_bytes()


def find_pdflatex() -> str:
    """Where pdflatex is.  Raises `UnsupportedError` with what to install where there is none."""
    program = shutil.which("pdflatex")
    if program is None:
        raise UnsupportedError(f"a PDF needs pdflatex, and none is found here; {INSTALL}, {REMEDY}")
    return program


def _run(program: str, path: Path, seconds: float) -> str:
    """Run pdflatex once and return its log."""
    command = [program, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", path.name]
    try:
        done = subprocess.run(
            command, cwd=path.parent, env=os.environ | FENCES, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise UnsupportedError(f"pdflatex was not done in {seconds:g} seconds; take a smaller network, {REMEDY}") from None
    log = done.stdout.decode("utf-8", errors="replace")
    if done.returncode != 0:
        raise UnsupportedError(f"pdflatex stopped: {_complaint(log)}; if a package is missing, {INSTALL}, {REMEDY}")
    return log


def _complaint(log: str) -> str:
    """The first error of a log.

    >>> _complaint("This is pdfTeX\\n! LaTeX Error: File `lmodern.sty' not found.\\n")
    "LaTeX Error: File `lmodern.sty' not found"
    """
    lines = (line.removeprefix("! ").rstrip(". ") for line in log.splitlines() if line.startswith("! "))
    return next(lines, "it said no reason")
