"""`symback verify`: what it prints, how it ends, and what it does with files that are no documents."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import symback
from symback.cli import main
from symback.cli.verdicts import exit_code_of, one_line, verdict_table
from symback.verification.report import VERDICTS, Report, Verdict

ROOT = Path(symback.__file__).parent.parent
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"}
TRUE = r"\delta^l = ((W^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)"
FORWARD = "$$z^l = W^l a^{l-1} + b^l$$\n\n$$a^l = \\sigma(z^l)$$\n\n"


@pytest.fixture
def page(tmp_path):
    """A document with a true formula; its path."""
    path = tmp_path / "notes.md"
    path.write_text(f"# Notes\n\n$W^l$ is a matrix.\n\n{FORWARD}$${TRUE}$$\n", encoding="utf-8")
    return path


@pytest.fixture
def judged(monkeypatch):
    """`judged(words, …)`: the judge gives these verdicts to every document."""

    def give(*words, **changes):
        verdicts = tuple(Verdict(n, n, rf"a_{{{n}}} = b", "identity", word, **changes) for n, word in enumerate(words, 1))
        command = importlib.import_module("symback.cli.commands.verify")
        monkeypatch.setattr(command, "verify", lambda path, network, progress: Report(str(path), verdicts))

    return give


def run(*arguments, **options):
    """The command as a process of its own."""
    command = [sys.executable, "-m", "symback", "verify", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, env=ENVIRONMENT, check=False, timeout=120, **options)


# What it prints --------------------------------------------------------------------------------------------------


def test_a_document_is_judged(page, capsys):
    assert main(["verify", str(page)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert f"9  proved   {TRUE}" in out
    assert f"{page}: 4 formulas: " in out and "(--only definition,mention lists those too)" in out
    assert "mention" not in {row.split()[1] for row in out.splitlines()[:-1]}, "mentions are counted, not listed"


def test_only_lists_what_is_asked_for_and_changes_no_exit_code(page, judged, capsys):
    judged("proved", "refuted", "mention", reason="so")
    assert main(["verify", str(page), "--only", "mention,proved"]) == 1
    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[1] for row in rows[1:-1]] == ["proved", "mention"]
    assert rows[-1] == f"{page}: 3 formulas: 1 proved, 1 refuted, 1 mention"


def test_correction_and_diagnosis_stand_beside_the_formula(page, judged, capsys):
    judged("refuted", reason="differs at 3", correction="a = c", diagnosis="sign")
    main(["verify", str(page)])
    assert "differs at 3; what went wrong: sign; right: a = c" in capsys.readouterr().out


def test_json_is_one_object_for_a_file_with_all_its_formulas(page, capsys):
    assert main(["verify", str(page), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {"file", "formulas", "summary"} and report["file"] == str(page)
    assert [formula["latex"] for formula in report["formulas"]] == ["W^l", "z^l = W^l a^{l-1} + b^l", r"a^l = \sigma(z^l)", TRUE]
    fields = {"line", "end_line", "latex", "kind", "verdict", "reason", "correction", "diagnosis", "assumptions", "counterexample"}
    assert fields <= set(report["formulas"][0])
    assert sum(report["summary"].values()) == 4


def test_json_of_several_files_is_one_object_a_line_in_the_order_asked(page, judged, capsys):
    judged("proved")
    other = page.with_name("other.md")
    other.write_text("$x$", encoding="utf-8")
    assert main(["verify", str(other), str(page), str(other), "--json"]) == 0
    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [report["file"] for report in reports] == [str(other), str(page), str(other)]


def test_html_is_written_beside_the_table(page, capsys):
    target = page.with_name("report.html")
    assert main(["verify", str(page), "--html", str(target)]) == 0
    out, err = capsys.readouterr()
    assert "4 formulas" in out and err == f"wrote {target}\n"
    assert target.read_text(encoding="utf-8").count("<article") == 4


def test_score_counts_truths_and_errors(page, judged, capsys):
    judged("mention", "mention", "mention", "proved")
    answers = page.with_name("answers.json")
    entry = {"doc": "notes", "line": 4, "latex": "a_4 = b"}
    answers.write_text(json.dumps({"right": [entry], "wrong": []}), encoding="utf-8")
    assert main(["verify", str(page), "--score", str(answers)]) == 0
    assert "truths: 1: 1 proved (100 %)" in capsys.readouterr().out
    judged("mention", "mention", "mention", "refuted")
    assert main(["verify", str(page), "--score", str(answers), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["summary"]["right"] == {"refuted": 1}


def test_a_table_for_a_terminal_fits_it_and_one_for_a_pipe_has_a_line_for_each_formula():
    long = Verdict(12, 13, r"\frac{\partial C}{\partial W^l} = " + "x + " * 90, "gradient", "refuted", "because " * 20, "a = b", "sign")
    report = Report("x.md", (long, long))
    for width in (60, 80, 200):
        lines = verdict_table(report, (), width).splitlines()
        plain = [line for line in lines if "\x1b" not in line]
        assert plain and max(map(len, plain)) <= width
    piped = verdict_table(report, (), None).splitlines()
    assert len(piped) == 3 and "\x1b" not in "".join(piped) and piped[1].count("because") == 20


def test_nothing_of_a_document_steers_the_terminal():
    wild = "\x1b[2J\x1b]0;title\x07[bold]x[/bold]\r\u202e\x9b31m"
    report = Report(wild, (Verdict(1, 1, wild, "identity", "refuted", wild, wild, wild),))
    for width in (80, None):
        table = verdict_table(report, (), width)
        assert not set("\x07\r\u202e\x9b") & set(table) and "\x1b[2J" not in table
        assert "[bold]x[/bold]" in "".join(table.split()), "brackets of a formula are no markup of the table"


def test_a_long_line_loses_its_middle():
    assert one_line("a" * 50 + "b" * 50, 21) == "aaaaaaaaaaaaa…bbbbbbb" and one_line(" a \n b ", 9) == "a b"


# How it ends -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("proved", "mention", "definition"), 0),
        ((), 0),
        (("proved", "refuted", "undecided"), 1),
        (("proved", "undecided"), 3),
        (("unreadable",), 3),
        (("conditional", "proved"), 3),
    ],
)  # fmt: skip
def test_exit_codes(page, judged, words, code):
    judged(*words)
    assert main(["verify", str(page)]) == code
    assert main(["verify", str(page), "--json"]) == code


def test_every_verdict_has_an_exit_code():
    assert {word: exit_code_of([Report("x", (Verdict(1, 1, "x", "mention", word),))]) for word in VERDICTS} == {
        "proved": 0, "refuted": 1, "conditional": 3, "undecided": 3, "unreadable": 3, "definition": 0, "mention": 0,
    }  # fmt: skip


BAD_FILES = {
    "missing": (None, "no such file"),
    "binary": (b"\x7fELF\x00\x01", "byte 5 is zero"),
    "latin-1": ("Größe ".encode("latin-1") * 20, "line 1: byte 0xf6 is not UTF-8"),
    "no notebook": (b"{", "JSON"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_file_that_is_no_document_is_one_line_and_the_others_are_judged(page, judged, capsys, case):
    judged("refuted")
    content, named = BAD_FILES[case]
    bad = page.with_name("bad.ipynb" if case == "no notebook" else "bad.md")
    if content is not None:
        bad.write_bytes(content)
    assert main(["verify", str(bad), str(page)]) == 2
    out, err = capsys.readouterr()
    assert f"{page}: 1 formula: 1 refuted" in out
    assert err.startswith("symback: ") and err.count("\n") == 1 and str(bad) in err and named in err, err


def test_a_folder_is_no_document(page, capsys):
    assert main(["verify", str(page.parent)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and "is a folder" in err and err.count("\n") == 1


def test_a_formula_in_place_of_a_file_is_told_where_it_belongs(capsys):
    assert main(["verify", TRUE]) == 2
    out, err = capsys.readouterr()
    assert out == "" and "symback.verify(" in err and err.count("\n") == 1


def test_a_few_stray_bytes_are_remarked_and_read_over(page, judged, capsys):
    judged("proved")
    page.write_bytes("Größe\n".encode("latin-1") + page.read_bytes())
    assert main(["verify", str(page)]) == 0
    assert "not valid UTF-8" in capsys.readouterr().err


BAD_USAGE = {
    "no file": ([], "FILE"),
    "unknown verdict": (["x.md", "--only", "refutd"], "conditional"),
    "no jobs": (["x.md", "--jobs", "0"], "1 to 64"),
    "jobs in words": (["x.md", "--jobs", "many"], "many"),
    "report over a document": (["x.md", "--html", "y.md"], ".html"),
    "report nowhere": (["x.md", "--html", "nowhere/y.html"], "nowhere"),
    "bad network": (["x.md", "--network", "3-0-2"], "at least 1 unit"),
    "no answers": (["x.md", "--score", "nowhere.json"], "nowhere.json"),
}


@pytest.mark.parametrize("case", BAD_USAGE)
def test_bad_usage_is_one_line_and_nothing_is_judged(capsys, tmp_path, monkeypatch, case):
    arguments, named = BAD_USAGE[case]
    monkeypatch.chdir(tmp_path)
    assert main(["verify", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and named in err, err
    assert list(tmp_path.iterdir()) == []


# As a process --------------------------------------------------------------------------------------------------------


def test_help_waits_for_nothing_heavy():
    program = (
        "import sys; from symback.cli import main; main(['verify', '--help']);"
        "print([name for name in ('numpy', 'sympy', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=ENVIRONMENT, check=True)
    assert done.stdout.endswith("[]\n") and "--html" in done.stdout


def test_a_pipe_is_read_as_markdown_and_printed_without_colour():
    done = run("-", input=f"{FORWARD}$${TRUE}$$\n".encode())
    assert done.returncode == 0 and done.stderr == b""
    assert b"\x1b" not in done.stdout and b"5  proved   " + TRUE.encode() in done.stdout
    assert done.stdout.splitlines()[-1].startswith(b"-: 3 formulas: ")
    empty = run("-", input=b"\x00")
    assert empty.returncode == 2 and empty.stderr.startswith(b"symback: -: byte 1 is zero"), empty.stderr


@pytest.mark.slow
def test_several_processes_answer_what_one_does(page):
    paths = [page]
    for number, text in enumerate((r"$$\frac{\partial C}{\partial b^l} = \delta^l$$", "$x$ and $$\\frac{a$$", f"{FORWARD}$$a^L = -z^L$$")):
        paths.append(page.with_name(f"{number}.md"))
        paths[-1].write_text(text, encoding="utf-8")
    paths.insert(2, page.with_name("missing.md"))
    alone, together = run(*paths, "--json"), run(*paths, "--json", "--jobs", "2")
    assert (alone.returncode, alone.stdout, alone.stderr) == (together.returncode, together.stdout, together.stderr)
    assert alone.returncode == 2 and alone.stdout.count(b"\n") == 4


def test_the_verbs_are_handed_out():
    assert symback.verify(TRUE).formulas[0].verdict == "proved"
    assert (symback.Report, symback.Verdict) == (Report, Verdict)
