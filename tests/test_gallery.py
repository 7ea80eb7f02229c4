"""The gallery is what symback writes today; its LaTeX compiles, and nothing overflows the page."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

GALLERY = Path(__file__).parent.parent / "derivations"
SPEC = importlib.util.spec_from_file_location("regenerate", GALLERY / "regenerate.py")
gallery = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(gallery)
FOLDERS = {folder.name: folder for folder in gallery.folders()}
AGAIN = "run python derivations/regenerate.py, and read the diff"


@pytest.fixture(params=FOLDERS)
def folder(request) -> Path:
    return FOLDERS[request.param]


def test_the_gallery_has_every_folder_once_and_no_other():
    there = {path.name for path in GALLERY.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}
    assert there == set(FOLDERS) and len(gallery.folders()) == len(FOLDERS)


def test_a_folder_holds_what_its_command_makes(folder):
    files = gallery.files_of(folder)
    assert gallery.generated_in(folder) == set(files), AGAIN
    for name, text in files.items():
        assert (folder / name).read_text(encoding="utf-8") == text, f"{folder.name}/{name}: {AGAIN}"


def test_the_index_lists_them_all_and_its_links_lead_somewhere():
    text = (GALLERY / "README.md").read_text(encoding="utf-8")
    assert text == gallery.index(), AGAIN
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert {link.split("/")[0] for link in links} >= set(FOLDERS)
    assert [link for link in links if not (GALLERY / link).is_file()] == []


def test_the_pictures_of_a_page_lie_beside_it(folder):
    text = (folder / "page.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text.replace(r"\]", ""))
    assert [name for name in pictures if not (folder / name).is_file()] == []
    assert bool(pictures) == ("--picture" in (folder / "derivation.toml").read_text(encoding="utf-8"))


def test_to_regenerate_is_to_write_the_same_files_and_to_remove_what_is_stale(tmp_path, monkeypatch):
    copy = tmp_path / "derivations"
    copy.mkdir()
    (copy / "gallery.toml").write_text('folders = ["worked-2-2-1"]', encoding="utf-8")
    shutil.copytree(FOLDERS["worked-2-2-1"], copy / "worked-2-2-1")
    stale = copy / "worked-2-2-1" / "page-old.svg"
    stale.write_text("old", encoding="utf-8")
    monkeypatch.setattr(gallery, "GALLERY", copy)
    gallery.main()
    assert not stale.exists() and (copy / "README.md").is_file()
    for path in FOLDERS["worked-2-2-1"].iterdir():
        assert (copy / "worked-2-2-1" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None and not os.environ.get("CI"), reason="no pdflatex")
def test_the_latex_compiles_and_nothing_overflows(folder, tmp_path):
    """No error, and no box more than 5 pt too wide or too high."""
    shutil.copy(folder / "page.tex", tmp_path)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    log = (tmp_path / "page.log").read_text(errors="replace")
    assert [float(width) for width in re.findall(r"Overfull \\[hv]box \(([\d.]+)pt", log) if float(width) > 5] == []
