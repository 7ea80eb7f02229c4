"""The command line: what it answers, its exit codes, and what it never does: a traceback, half a file."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import symback
from symback.cli import main
from symback.cli.arguments import COMMANDS
from symback.cli.files import write_atomically

ROOT = Path(symback.__file__).parent.parent
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


def run(*arguments: str, **options) -> subprocess.CompletedProcess:
    """The command as a process of its own."""
    environment = ENVIRONMENT | options.pop("env", {})
    return subprocess.run([sys.executable, "-m", "symback", *arguments], capture_output=True, env=environment, check=False, **options)


# What it answers -------------------------------------------------------------------------------------------------


def test_derive_prints_the_forward_pass_the_steps_the_results_and_the_check(capsys):
    assert main(["derive", "2-3-2"]) == 0
    out, err = capsys.readouterr()
    for line in (
        "z¹ = W¹ a⁰ + b¹",
        "z¹ⱼ = Σₖ w¹ⱼₖ a⁰ₖ + b¹ⱼ",
        "C = (1/2) Σⱼ (a²ⱼ - yⱼ)²",
        "δ¹ = ((W²)ᵀ δ²) ⊙ σ'(z¹)",
        "∂C/∂W² = δ² (a¹)ᵀ",
        "collapse the Kronecker delta",
        "7 of 7 formulas that the equations speak of are proved equal to them.",
    ):
        assert line in out, line
    assert err == ""


def test_derive_of_symbolic_sizes_and_of_any_depth(capsys):
    assert main(["derive", "p-m-n"]) == 0
    assert "m × p" in capsys.readouterr().out
    assert main(["derive", "n_0-...-n_L", "--activation", "σ"]) == 0
    out = capsys.readouterr().out
    assert "δˡ = ((Wˡ⁺¹)ᵀ δˡ⁺¹) ⊙ σ'(zˡ)" in out
    assert "δ¹" not in out


def test_the_row_layout_is_that_of_a_batch(capsys):
    assert main(["derive", "p-m-n", "--layout", "row", "--form", "matrix"]) == 0
    assert "∂C/∂W² = (1/N) (Δ²)ᵀ A¹" in capsys.readouterr().out
    assert main(["derive", "p-m-n", "--batch", "--form", "matrix"]) == 0
    assert "∂C/∂W² = (1/N) Δ² (A¹)ᵀ" in capsys.readouterr().out


def test_slopes_in_terms_of_the_output(capsys):
    assert main(["derive", "p-m-n", "--slopes", "output", "--form", "matrix"]) == 0
    assert "δ¹ = ((W²)ᵀ δ²) ⊙ a¹ ⊙ (1 - a¹)" in capsys.readouterr().out


def test_what_the_equations_do_not_speak_of_is_said_and_is_no_failure(capsys):
    assert main(["derive", "3-2", "--activation", "prelu"]) == 0
    assert "does not apply" in capsys.readouterr().out


def test_a_cost_that_does_not_suit_the_output_is_remarked_on_stderr(capsys):
    assert main(["derive", "3-2", "--activation", "relu", "--cost", "cross_entropy", "--detail", "results"]) == 0
    assert "expects probabilities" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("ending", "opening"),
    [(".tex", "\\documentclass"), (".md", "# Backpropagation"), (".html", "<!DOCTYPE html>"), (".txt", "Backpropagation")],
)
def test_the_ending_of_the_file_chooses_the_format(tmp_path, capsys, ending, opening):
    path = tmp_path / f"page{ending}"
    assert main(["derive", "2-1", "-o", str(path)]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"wrote {path}\n")
    assert path.read_text(encoding="utf-8").startswith(opening)
    assert "Check against the hand-derived equations" in path.read_text(encoding="utf-8")


def test_a_toml_file_is_a_spec(tmp_path, capsys):
    path = tmp_path / "net.toml"
    path.write_text('spec = "p-m-n"\nactivation = "tanh"\n', encoding="utf-8")
    assert main(["derive", str(path), "--detail", "results"]) == 0
    assert "tanh'(z²)" in capsys.readouterr().out


def test_lambdify_writes_a_module_that_computes(tmp_path, capsys):
    path = tmp_path / "grad.py"
    assert main(["lambdify", "2-3-1", "-o", str(path), "--dtype", "float32"]) == 0
    assert capsys.readouterr().out == ""
    program = (
        "import numpy as np, grad\n"
        "p = [(np.ones((3, 2)), np.zeros(3)), (np.ones((1, 3)), np.zeros(1))]\n"
        "cost, grads = grad.value_and_grad(p, np.ones((4, 2)), np.ones((4, 1)))\n"
        "print(float(cost) > 0, grads[0][0].shape, grads[0][0].dtype)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "True (3, 2) float32"


def test_lambdify_without_a_file_prints_the_module(capsys):
    assert main(["lambdify", "2-1"]) == 0
    compile(capsys.readouterr().out, "grad.py", "exec")


def test_textbook_reports_as_a_table_and_as_data(capsys):
    assert main(["textbook", "--trials", "5", "--seed", "3"]) == 0
    assert "Every equation is proved, and every number agrees." in capsys.readouterr().out
    assert main(["textbook", "--trials", "5", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True and report["trials"] == 5


def test_version_and_help(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"symback {symback.__version__}\n"
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(command in out for command in COMMANDS)


def test_every_command_that_is_listed_exists():
    for command in COMMANDS:
        assert callable(importlib.import_module(f"symback.cli.commands.{command}").run)


# Exit codes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("verdict", "code"), [("refuted", 1), ("not proved", 3)])
def test_a_failed_check_is_shown_and_sets_the_exit_code(monkeypatch, capsys, verdict, code):
    command = importlib.import_module("symback.cli.commands.derive")
    proofs = importlib.import_module("symback.verification.textbook_proofs")
    row = proofs.CheckedFormula("delta^1", "(4)", "error", "x", "δ¹ = wrong", verdict, "they differ at a^1")
    monkeypatch.setattr(command, "check_against_textbook", lambda derivation: (row,))
    assert main(["derive", "2-1"]) == code
    out = capsys.readouterr().out
    assert f"{verdict}: they differ at a¹" in out
    assert "0 of 1" in out


def test_a_textbook_that_fails_sets_the_exit_code(monkeypatch, capsys):
    command = importlib.import_module("symback.cli.commands.textbook")
    book = importlib.import_module("symback.verification.textbook")
    row = book.TextbookRow("(4)", "error", "x", "x", "refuted", (), (), "a sign", {"complex step": 1.0}, 5)
    monkeypatch.setattr(command, "run_textbook", lambda **_: book.TextbookReport((row,), 5, 0))
    assert main(["textbook"]) == 1
    out = capsys.readouterr().out
    assert "1 of 1 equations fail" in out and "(4): a sign" in out and "FAILS" in out


BAD_INPUT = {
    "nothing": ([], "COMMAND"),
    "unknown command": (["derrive", "2-1"], "derrive"),
    "unknown option": (["derive", "2-1", "--activatoin", "relu"], "--activatoin"),
    "no spec": (["derive"], "SPEC"),
    "unknown layout": (["derive", "2-1", "--layout", "rows"], "column"),
    "unknown form": (["derive", "2-1", "--form", "matrices"], "matrix"),
    "unknown notation": (["derive", "2-1", "--notation", "nilsen"], "nielsen"),
    "unknown activation": (["derive", "2-1", "--activation", "rleu"], "relu"),
    "unknown cost": (["derive", "2-1", "--cost", "quadratc"], "quadratic"),
    "too many activations": (["derive", "2-1", "--activation", "relu,relu"], "one for each"),
    "zero units": (["derive", "3-0-2"], "at least 1 unit"),
    "no size": (["derive", "2-x y-3"], "no size"),
    "one size": (["derive", "3"], "one size only"),
    "empty spec": (["derive", ""], "empty"),
    "a billion units": (["derive", "2-1000000000-1"], "10000000"),
    "missing file": (["derive", "nowhere/net.toml"], "nowhere/net.toml"),
    "a directory": (["derive", "2-1", "-o", "nowhere/page.tex"], "nowhere/page.tex"),
    "unknown ending": (["derive", "2-1", "-o", "page.doc"], ".tex, .md, .html, .pdf, .txt"),
    "module with wrong ending": (["lambdify", "2-1", "-o", "grad.tex"], ".py"),
    "unknown dtype": (["lambdify", "2-1", "--dtype", "float16"], "float64"),
    "unspecified activation": (["lambdify", "2-1", "--activation", "sigma"], "activation"),
    "unspecified cost": (["lambdify", "2-1", "--cost", "C"], "cost"),
    "module of any depth": (["lambdify", "n_0-...-n_L"], "every size"),
    "trials in words": (["textbook", "--trials", "many"], "many"),
    "too few trials": (["textbook", "--trials", "0"], "at least"),
    "too many entries": (["derive", "30-30", "--form", "scalar"], "smaller sizes"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_answered_by_one_line_and_exit_code_2(capsys, tmp_path, monkeypatch, case):
    arguments, named = BAD_INPUT[case]
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("symback: ") and err.endswith("\n") and err.count("\n") == 1, err
    assert named in err, err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b'spec = "2-1"\nactivaton = "relu"\n', "activation"),
        (b"spec = 2-1\n", "TOML"),
        (b"\xff\xfe", "UTF-8"),
        (b"x = " + b"[" * 5000, "TOML"),
        (b"#" * 5_000_000, "5000000"),
    ],
    ids=["typo", "no TOML", "no UTF-8", "nested", "5 MB"],
)
def test_a_bad_file_is_answered_by_one_line_and_exit_code_2(capsys, tmp_path, content, named):
    path = tmp_path / "net.toml"
    path.write_bytes(content)
    assert main(["derive", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert named in err and "net.toml" in err, err


def test_a_file_says_its_activations_itself(capsys, tmp_path):
    path = tmp_path / "net.toml"
    path.write_text('spec = "2-1"\n', encoding="utf-8")
    assert main(["derive", str(path), "--cost", "huber"]) == 2
    assert "leave out --cost" in capsys.readouterr().err


def test_an_interruption_is_130(monkeypatch):
    command = importlib.import_module("symback.cli.commands.derive")

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "derive", interrupted)
    assert main(["derive", "2-1"]) == 130


# Files -----------------------------------------------------------------------------------------------------------


def test_a_file_is_written_whole_or_not_at_all(monkeypatch, tmp_path):
    path = tmp_path / "page.tex"
    path.write_text("before", encoding="utf-8")

    def failing(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, "after")
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_keeps_its_permissions_and_a_link_its_target(tmp_path):
    path, link = tmp_path / "page.tex", tmp_path / "link.tex"
    path.write_text("before", encoding="utf-8")
    path.chmod(0o640)
    link.symlink_to(path)
    write_atomically(link, "after")
    assert link.is_symlink()
    assert path.read_text(encoding="utf-8") == "after"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_file_gets_the_permissions_that_files_get(tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("", encoding="utf-8")
    write_atomically(tmp_path / "page.tex", "x")
    assert (tmp_path / "page.tex").stat().st_mode == plain.stat().st_mode


def test_a_device_is_written_to_and_not_replaced():
    write_atomically(os.devnull, "x")
    assert not Path(os.devnull).is_file()


# As a process ----------------------------------------------------------------------------------------------------


def test_the_package_runs_as_a_module():
    done = run("--version")
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, f"symback {symback.__version__}\n", b"")


def test_a_refusal_of_the_process_has_no_traceback():
    done = run("derive", "3-0-2")
    assert done.returncode == 2
    assert done.stdout == b"" and done.stderr.count(b"\n") == 1


def test_a_terminal_without_unicode_is_served():
    done = run("derive", "2-1", "--detail", "results", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 0, done.stderr
    assert b"Forward pass" in done.stdout


def test_a_reader_that_leaves_early_is_not_complained_about():
    command = f"{sys.executable} -m symback derive 2-3-2 | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, env=ENVIRONMENT, check=False)
    assert done.stdout == b"Backpropagation for the network 2-3-2\n"
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_line():
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "symback", "derive", "2-1"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1 and b"No space left" in done.stderr


def test_importing_symback_does_not_import_sympy():
    program = "import sys, symback; symback.__version__; dir(symback); print('sympy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=ENVIRONMENT, check=True)
    assert done.stdout == "False\n"


def test_every_public_name_is_there():
    for name in symback.__all__:
        assert getattr(symback, name) is not None
        assert name in dir(symback)
    with pytest.raises(AttributeError, match="lambdify"):
        symback.lamdify  # noqa: B018


def test_the_public_verbs_work_together():
    network = symback.Network(inputs=2, layers=[symback.Dense(3, "relu"), symback.Dense(2, "softmax")], cost="cross_entropy")
    derivation = symback.derive(network)
    assert isinstance(derivation, symback.Derivation)
    assert isinstance(derivation.delta(2), symback.Formula)
    assert derivation.delta(2).latex() == r"\delta^{2} = a^{2} - y"
    assert r"\delta^{2} &= a^{2} - y" in symback.render(derivation, format="latex")
    assert callable(symback.lambdify(derivation, dtype="float32"))


# The check at the end of a page ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "equation"),
    [
        (["2-3-2", "--activation", "relu,tanh"], "δ¹ = ((W²)ᵀ δ²) ⊙ ReLU'(z¹)"),
        (["2-3-2", "--activation", "relu,tanh"], "δ² = (a² - y) ⊙ tanh'(z²)"),
        (["2-3-2", "--batch", "--notation", "lecture"], "Δ⁽¹⁾ = ((W⁽²⁾)ᵀ Δ⁽²⁾) ⊙ σ'(Z⁽¹⁾)"),
        (["2-3-2", "--layout", "row"], "∂C/∂W¹ = (1/N) (Δ¹)ᵀ A⁰"),
        (["3-2", "--layout", "jacobian", "--cost", "squared_error"], "δ¹ = 2 (a¹ - y)ᵀ diag(σ'(z¹))"),
    ],
)
def test_the_hand_derived_equation_reads_as_on_the_page(arguments, equation, capsys):
    assert main(["derive", *arguments]) == 0
    table = capsys.readouterr().out.partition("Check against the hand-derived equations")[2]
    assert f"  {equation}  " in table


def test_the_hand_derived_equations_of_a_page_are_read_back_and_proved(tmp_path):
    path = tmp_path / "page.md"
    assert main(["derive", "2-3-2", "--activation", "relu,softmax", "--cost", "cross_entropy", "-o", str(path)]) == 0
    text = path.read_text(encoding="utf-8")
    begin = text[: text.index("Check against the hand-derived")].count("\n")
    checked = [verdict for verdict in symback.verify(path).formulas if verdict.line > begin and "=" in verdict.latex]
    assert len(checked) >= 7
    assert {verdict.verdict for verdict in checked} == {"proved"}, [(v.latex, v.verdict, v.reason) for v in checked]
