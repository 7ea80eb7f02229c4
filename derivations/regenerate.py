"""The gallery: writes the pages of every folder, and the index, anew.

    python derivations/regenerate.py

A folder says in derivation.toml what its page is called and which command makes it; this is run with every format that the
gallery keeps.  No text of a page is written here, and what a folder holds beside its specification is replaced.
"""

import shlex
import tomllib
from contextlib import chdir
from pathlib import Path

from symback.cli.arguments import parse_arguments
from symback.cli.commands import derive, example
from symback.presentation import write_document
from symback.presentation.blocks import Document
from symback.presentation.markdown import picture_files, write_markdown

GALLERY = Path(__file__).parent
PAGE = "page"
INDEX = """# Derivations

What symback writes, one folder for each page: the Markdown, the LaTeX, and what they were made from.  Each command is run in
its folder, with `-o page.md` or `-o page.tex` at its end; `python derivations/regenerate.py` runs them all.

| page | what it shows | command |
| --- | --- | --- |
{rows}

[digits.py](digits.py) trains a network on images of handwritten digits, with the gradients that symback derived.
"""


def folders() -> list[Path]:
    """The folders of the gallery, in the order of its index."""
    table = tomllib.loads((GALLERY / "gallery.toml").read_text(encoding="utf-8"))
    return [GALLERY / name for name in table["folders"]]


def description(folder: Path) -> dict[str, str]:
    """Title, words and command of a folder."""
    return tomllib.loads((folder / "derivation.toml").read_text(encoding="utf-8"))


def page_of(folder: Path) -> Document:
    """The page that the command of a folder makes, run in that folder."""
    options = parse_arguments(shlex.split(description(folder)["command"]))
    with chdir(folder):
        return example.page_of(options) if options.command == "example" else derive.page_of(options)[0]


def files_of(folder: Path) -> dict[str, str]:
    """All that is generated for a folder, by the names of the files."""
    page = page_of(folder)
    written = {f"{PAGE}.md": write_markdown(page, PAGE), f"{PAGE}.tex": write_document(page, "latex")}
    return written | picture_files(page, PAGE)


def index() -> str:
    """The page that lists the others."""
    rows = []
    for folder in folders():
        told = description(folder)
        links = f"[{told['title']}]({folder.name}/{PAGE}.md) ([LaTeX]({folder.name}/{PAGE}.tex))"
        rows.append(f"| {links} | {told['about']} | `symback {told['command']}` |")
    return INDEX.format(rows="\n".join(rows))


def generated_in(folder: Path) -> set[str]:
    """The names of the generated files that lie in a folder now."""
    return {path.name for path in folder.glob(f"{PAGE}*")}


def main() -> None:
    """Write everything."""
    for folder in folders():
        files = files_of(folder)
        for name in generated_in(folder) - set(files):
            (folder / name).unlink()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        print(f"{folder.name}: {', '.join(sorted(files))}")
    (GALLERY / "README.md").write_text(index(), encoding="utf-8")


if __name__ == "__main__":
    main()
