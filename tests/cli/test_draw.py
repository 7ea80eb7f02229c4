"""`symback draw`: the ending of the file chooses the format, and every wrong input is one line and exit code 2."""

import xml.etree.ElementTree as ElementTree

import pytest

from symback.cli import main

VALUES = "x = [2]\ny = [1]\nW1 = [[3]]\nb1 = [0.5]\n"


def test_a_picture_goes_to_stdout_as_svg(capsys):
    assert main(["draw", "2-3-2"]) == 0
    out, err = capsys.readouterr()
    assert ElementTree.fromstring(out).tag.endswith("svg") and err == ""


@pytest.mark.parametrize(
    ("name", "more", "opening"),
    [("net.svg", [], "<svg "), ("net.tex", [], r"\documentclass"), ("net.tex", ["--fragment"], "% Neural network 784-30-10")],
)
def test_the_ending_of_the_file_chooses_the_format(tmp_path, capsys, name, more, opening):
    path = tmp_path / name
    assert main(["draw", "784-30-10", "-o", str(path), *more]) == 0
    assert path.read_text(encoding="utf-8").startswith(opening)
    assert capsys.readouterr().err == f"wrote {path}\n"


def test_values_errors_notation_and_limits_reach_the_picture(tmp_path, capsys):
    (tmp_path / "values.toml").write_text(VALUES, encoding="utf-8")
    options = ["--activation", "identity", "--values", str(tmp_path / "values.toml"), "--errors", "--notation", "lecture"]
    assert main(["draw", "1-1", *options]) == 0
    out = capsys.readouterr().out
    assert "6.5000" in out and "15.125" in out and "(1)" in out and "error-arrow" in out
    assert main(["draw", "9-9-9-9-9", "--units", "9", "--layers", "4"]) == 0
    out = capsys.readouterr().out
    assert out.count('class="sb-hidden" cx') == 9 and "layers 2 to 3" in out


def test_networks_from_files_are_drawn(tmp_path, capsys):
    (tmp_path / "net.toml").write_text('inputs = 2\n[[layers]]\ntype = "residual"\nlayers = [{ units = 2 }]\n', encoding="utf-8")
    assert main(["draw", str(tmp_path / "net.toml")]) == 0
    assert "shortcut" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["2-3-2", "-o", "net.png"], "net.png has an ending of no known picture; name a file that ends in .svg or .tex"),
        (["2-3-2", "--fragment"], "name a file that ends in .tex"),
        (["2-3-2", "--notation", "nobody"], "is not a notation; there are nielsen"),
        (["2-3-2", "--values", "none.toml"], "cannot read 'none.toml'"),
        (["1-1-1", "--values", "values.toml"], "the values have no W2 and 1 more; add W2 = … with 1 row of 1 entry"),
        (["1-2", "--values", "values.toml"], "y has the shape 1; it should have 2 entries"),
        (["1-m", "--values", "values.toml"], "give every size as a number"),
        (["1-1", "--values", "broken.toml"], "broken.toml is not valid TOML"),
        (["2-3-2", "--units", "1"], "choose a number from 3 to 40"),
        (["2-0-2"], "a layer has at least 1 unit"),
        (["missing.toml"], "cannot read"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(options, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "values.toml").write_text(VALUES, encoding="utf-8")
    (tmp_path / "broken.toml").write_text("x = [", encoding="utf-8")
    assert main(["draw", *options]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and message in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.toml", "values.toml"]
