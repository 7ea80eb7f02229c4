"""`symback derive --sections`: what is asked for is there, pictures stand beside a Markdown page, a wrong name is answered."""

from symback.cli import main


def test_sections_are_added_where_they_are_asked_for(capsys):
    assert main(["derive", "2-3-2", "--detail", "results", "--sections", "chain,worlds"]) == 0
    out = capsys.readouterr().out
    assert out.index("A chain of single neurons") < out.index("The network\n") < out.index("Two worlds")
    assert "Slopes of the activations" not in out


def test_the_pictures_of_a_markdown_page_stand_beside_it(tmp_path):
    page = tmp_path / "page.md"
    assert main(["derive", "2-3-2", "--detail", "results", "--sections", "slopes,vanishing", "-o", str(page)]) == 0
    pictures = sorted(file.name for file in tmp_path.glob("*.svg"))
    assert pictures == ["page-slope-sigmoid.svg", "page-vanishing.svg"]
    assert all(f"]({name})" in page.read_text(encoding="utf-8") for name in pictures)


def test_a_wrong_section_is_answered_with_the_known_ones(capsys):
    assert main(["derive", "2-3-2", "--sections", "slope"]) == 2
    assert "chain, slopes, matrices, costs, worlds, vanishing, descent, and all" in capsys.readouterr().err
