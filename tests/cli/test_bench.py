"""`symback bench`: what it measures is right before it is fast, and what it says can be read by people and programs."""

import json
import subprocess
import sys

import numpy as np
import pytest

from symback.cli import main
from symback.cli.commands.bench import INSIDE
from symback.network import Network
from symback.numerics import lambdify
from symback.numerics.bench import CONFIGURATIONS, CONTESTANTS, Configuration, measure
from symback.numerics.bench.hand_written import hand_tuned, textbook

COMMAND = [sys.executable, "-m", "symback", "bench"]


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)


def chains() -> list[Configuration]:
    """Each activation and both costs that are written by hand."""
    specs = [(f"{name},{name}", "quadratic") for name in ("sigmoid", "tanh", "relu", "identity")] + [("relu,softmax", "cross_entropy")]
    return [Configuration(a, Network.from_spec("4-5-3", activation=a, cost=cost), 6, "float64") for a, cost in specs]


@pytest.mark.parametrize("configuration", chains(), ids=lambda c: c.name)
def test_the_functions_by_hand_are_those_that_are_derived(configuration):
    params, x, y = configuration.arguments
    cost, grads = lambdify(configuration.network)(params, x, y)
    for found, values in (textbook(configuration.chain, [*params.values()], x, y), hand_tuned(configuration)([*params.values()], x, y)):
        assert abs(found - cost) < 1e-14
        assert all(np.allclose(a, b, rtol=1e-12, atol=1e-15) for a, b in zip(values, grads.values(), strict=True))


def test_the_configurations_of_the_table_can_be_written_by_hand():
    assert all(configuration.chain is not None for configuration in CONFIGURATIONS.values())


def test_a_network_that_others_cannot_write_is_measured_by_our_functions_alone():
    configuration = Configuration("gelu", Network.from_spec("3-4-2", activation="gelu"), 5, "float64")
    rows = {row.contestant: row for row in measure([configuration], rounds=2).rows}
    assert rows["symback numpy"].ratio == 1 and rows["symback numpy"].seconds > 0
    assert rows["hand-tuned NumPy"].missing == "written for plain dense networks only"


def test_whoever_is_wrong_is_named_and_not_measured(monkeypatch):
    row = CONTESTANTS["textbook NumPy"]

    def wrong(configuration, threads):
        function, listed = row.prepare(configuration, threads)
        return function, lambda result: [1.001 * value for value in listed(result)]

    monkeypatch.setitem(CONTESTANTS, "textbook NumPy", type(row)(row.name, row.missing, wrong))
    report = measure([CONFIGURATIONS["tiny b1"]], ["textbook NumPy", "symback numpy"], rounds=2)
    assert [found.contestant for found in report.disagreeing] == ["textbook NumPy"]
    assert report.disagreeing[0].missing == "disagrees by 1.0e-03" and report.disagreeing[0].seconds == 0


@pytest.fixture
def inside(monkeypatch):
    """As if this process were the one that measures, with all processors left to it."""
    monkeypatch.setenv(INSIDE, "1")
    monkeypatch.setattr("os.sched_setaffinity", lambda process, processors: None, raising=False)


def test_the_table_and_the_data(inside, capsys):
    options = ("--configurations=tiny b1,small f32", "--only=symback numpy,textbook NumPy", "--rounds=2")
    assert main(["bench", *options]) == 0
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("bare products", "symback numpy", "textbook NumPy", "tiny b1", "small f32", "1 thread"))
    assert main(["bench", *options, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["threads"] == 1 and data["machine"]["packages"]["numpy"] == np.__version__
    assert [row["contestant"] for row in data["rows"]] == ["bare products", "symback numpy", "textbook NumPy"] * 2
    assert all(row["low"] <= row["ratio"] <= row["high"] and row["deviation"] < 1e-5 for row in data["rows"])


def test_a_network_of_ones_own():
    data = json.loads(
        run("5-4-3", "--activation=tanh", "--batch=7", "--dtype=float32", "--only=symback numpy", "--rounds=2", "--json").stdout
    )
    assert [row["configuration"] for row in data["rows"]] == ["5-4-3", "5-4-3"] and not data["rows"][1]["missing"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "matlab"], "there is no contestant called 'matlab'; there are bare products"),
        (["--configurations", "huge"], "there is no configuration called 'huge'"),
        (["p-m-n"], "a network is measured with numbers for its sizes"),
        (["2-3-2", "--threads", "0"], "threads, rounds and batch are at least 1"),
        (["2-3-2", "--plot", "x.pdf"], "a plot is written as SVG or PNG"),
        (["2-3-2", "--configurations", "deep"], "one of the two"),
        (["--cost", "huber"], "belong to a SPEC"),
    ],
)
def test_wrong_questions_are_one_line_and_exit_2(arguments, message, capsys):
    assert main(["bench", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_the_picture(inside, tmp_path):
    pytest.importorskip("matplotlib")
    assert main(["bench", "--configurations=tiny b1", "--only=symback numpy", "--rounds=2", f"--plot={tmp_path / 'plot.svg'}"]) == 0
    assert "<svg" in (tmp_path / "plot.svg").read_text()
