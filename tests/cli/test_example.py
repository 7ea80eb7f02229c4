"""`symback example`: what it prints, what it writes, and how it says no."""

from pathlib import Path

import pytest

import symback
from symback.cli import main

GALLERY = Path(symback.__file__).parent.parent / "derivations"


def test_the_lectures_examples_are_printed(capsys):
    for name, lines in {
        "worked-2-2-1": (
            "= 0.7 · 0.5866 - 1.2 · 0.5744 + 0.05 ≈ -0.2287",
            "With this step the cost falls from 0.0637 to 0.0564, by 0.0073.",
        ),
        "worked-2-3-2": ("⎣0.6 · 0.5572 + 0.1 · 0.5275 - 0.5 · 0.6548 - 0.05⎦   ⎣ 0.0097⎦", "from 0.2539 to 0.2220, by 0.0319."),
    }.items():
        assert main(["example", str(GALLERY / name / "spec.toml"), "--values", str(GALLERY / name / "values.toml")]) == 0
        out, err = capsys.readouterr()
        assert [line for line in lines if line not in out] == []
        assert err == ""


def test_without_values_short_numbers_are_chosen_the_same_every_time(capsys):
    assert main(["example", "2-3-2"]) == 0
    first = capsys.readouterr().out
    assert main(["example", "2-3-2"]) == 0
    assert capsys.readouterr().out == first
    assert "-0.6   0.1" in first


def test_options_reach_the_page(capsys):
    arguments = ["--activation", "relu,softmax", "--cost", "cross_entropy", "--notation", "lecture", "--digits", "6", "--rate", "0.1"]
    assert main(["example", "2-3-2", *arguments]) == 0
    out = capsys.readouterr().out
    for text in ("ReLU(z⁽¹⁾)", "η = 0.1", "rounded to 6 decimals", "δ⁽²⁾ = a⁽²⁾ - y"):
        assert text in out, text


@pytest.mark.parametrize(
    ("ending", "opening"),
    [(".tex", "\\documentclass"), (".md", "# Worked example"), (".html", "<!DOCTYPE html>"), (".txt", "Worked example: the network 2-1")],
)
def test_the_ending_of_the_file_chooses_the_format(tmp_path, capsys, ending, opening):
    path = tmp_path / f"page{ending}"
    assert main(["example", "2-1", "-o", str(path)]) == 0
    assert path.read_text(encoding="utf-8").startswith(opening)
    out, err = capsys.readouterr()
    assert out == "" and err == f"wrote {path}\n"


def test_what_is_probably_not_meant_is_remarked(capsys):
    assert main(["example", "2-2", "--activation", "softmax", "--cost", "nll"]) == 0
    assert "expects log-probabilities" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["784-30-10"], "prints every number"),
        (["p-m-n"], "every size is a number"),
        (["2-1", "--values", "missing.toml"], "missing.toml: it cannot be read"),
        (["2-1", "--digits", "99"], "1 to 12 digits"),
        (["2-1", "--digits", "four"], "'four' is not a whole number"),
        (["2-1", "--rate", "fast"], "the learning rate is 'fast'"),
        (["2-1", "--notation", "mine"], "not a notation"),
        (["2-1", "-o", "page.docx"], "no known format"),
        (["2-3-2", "--values", str(GALLERY / "worked-2-2-1" / "values.toml")], "y has shape 1; it should be 2"),
    ],
    ids=lambda value: value[-1][-20:] if isinstance(value, list) else "",
)
def test_a_wrong_input_is_one_line_and_exit_code_2(arguments, message, capsys):
    assert main(["example", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and message in err
