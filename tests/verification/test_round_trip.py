r"""What the pages say is read back by the judge and proved; what is changed in them is not."""

import importlib.util
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import chdir
from pathlib import Path

import numpy as np
import pytest

import symback
from symback.cli.arguments import parse_arguments
from symback.cli.commands import derive as derive_command
from symback.cli.commands import example as example_command
from symback.network import Dense, LayerNorm, Network, Residual
from symback.pipeline import derive
from symback.presentation import render
from symback.presentation.markdown import write_markdown
from tests.random_specs import random_network

NETWORKS = {
    "residual": Network(3, [Residual([Dense(4, "relu"), Dense(3, "identity")]), Dense(2, "identity")]),
    "absolute error": Network.from_spec("3-2-2", activation="tanh", cost="absolute_error"),
    "average over the outputs": Network.from_spec("2-3-3", activation="softmax", cost="mean_squared_error"),
    "layer norm": Network(3, [Dense(4, "identity"), LayerNorm(), Dense(2, "tanh")]),
}
FINE = {"proved", "definition", "mention"}
# Of "any layer" and of batches, other tests speak.
END = "## The average over a batch"


def page_of(name: str) -> str:
    return render(derive(NETWORKS[name]), "markdown").split(END)[0]


def judged(tmp_path, page: str) -> list:
    path = tmp_path / "page.md"
    path.write_text(page, encoding="utf-8")
    return list(symback.verify(path).formulas)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_every_formula_of_a_page_is_proved(name, tmp_path):
    assert [(each.line, each.verdict, each.reason) for each in judged(tmp_path, page_of(name)) if each.verdict not in FINE] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "right", "wrong", "word"),
    [
        (
            "layer norm",
            r"- \frac{1}{4} \sum_{k=1}^{4} \frac{\partial C}{\partial \hat{x}^{2}_{k}}",
            r"- \sum_{k=1}^{4} \frac{\partial C}{\partial \hat{x}^{2}_{k}}",
            "refuted",
        ),
        ("layer norm", r"- \frac{1}{4} \hat{x}^{2}_{j} \sum_{k=1}^{4}", r"- \frac{1}{2} \hat{x}^{2}_{j} \sum_{k=1}^{4}", "refuted"),
        ("layer norm", r"\frac{a^{1}_{j} - \mu^{2}}{4 \sqrt{0.00001", r"\frac{a^{1}_{j} - \mu^{2}}{2 \sqrt{0.00001", "undecided"),
        ("residual", r"\delta^{1} + \nabla_{a^{2}} C", r"\delta^{1} + 2 \nabla_{a^{2}} C", "refuted"),
        (
            "residual",
            r"\frac{\partial a^{2}_{j}}{\partial a^{0}_{k}} &= \delta_{jk}",
            r"\frac{\partial a^{2}_{j}}{\partial a^{0}_{k}} &= -\delta_{jk}",
            "refuted",
        ),
    ],
)
def test_a_page_with_an_error_in_it_is_not_proved(name, right, wrong, word, tmp_path):
    page = page_of(name)
    assert right in page
    changed = judged(tmp_path, page.replace(right, wrong, 1))
    where = page[: page.index(right)].count("\n") + 1
    assert [each.verdict for each in changed if each.line <= where <= each.end_line] == [word]
    assert {each.verdict for each in changed} <= {*FINE, word}


# The gallery and random networks, in every manner -----------------------------------------------------------------

MANNERS: tuple[dict[str, str], ...] = (
    {"notation": "nielsen"},
    {"notation": "lecture"},
    {"notation": "ng"},
    {"notation": "row"},
    {"notation": "jacobian"},
    {"layout": "row"},
    {"notation": "ng", "layout": "jacobian"},
)
RANDOM_SHARE = 0.96  # of the formulas that claim something: what was measured, less what chance does
GALLERY_SHARES = (
    ("nielsen", 0.99),
    ("lecture", 0.99),
    ("ng", 0.99),
    ("row", 0.99),
    ("jacobian", 0.99),
)
SEEDS_IN_A_HURRY = (1001, 1008, 1016)
SEEDS = tuple(range(2000, 2040))
SPEC = importlib.util.spec_from_file_location("regenerate", Path(__file__).parents[2] / "derivations" / "regenerate.py")
gallery = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(gallery)


def random_page(seed: int) -> str:
    """The page of a random network, in the manner of that number."""
    return render(derive(random_network(np.random.default_rng(seed))), "markdown", **MANNERS[seed % len(MANNERS)])


def gallery_page(folder: Path, notation: str) -> str:
    """A page of the gallery in another notation."""
    command = shlex.split(gallery.description(folder)["command"])
    options = parse_arguments([*command, "--notation", notation])
    with chdir(folder):
        page = example_command.page_of(options) if options.command == "example" else derive_command.page_of(options)[0]
    return write_markdown(page, "page")


def check_round_trip(tmp_path: Path, pages: Iterable[tuple[object, str]], least: float) -> None:
    """Prints what was not proved and the share of what was; nothing may be refuted or unreadable."""
    verdicts: Counter[str] = Counter()
    wrong: list[tuple] = []
    for name, page in pages:
        for found in judged(tmp_path, page):
            verdicts[found.verdict] += 1
            if found.verdict not in FINE:
                print(name, found.line, found.verdict, found.reason)
            if found.verdict in ("refuted", "unreadable"):
                wrong.append((name, found.line, found.verdict, found.reason))
    claims = verdicts.total() - verdicts["mention"]
    share = (verdicts["proved"] + verdicts["definition"]) / claims
    print(f"{share:.2%} of {claims} formulas are proved or definitions: {dict(verdicts)}")
    assert wrong == []
    assert share >= least


def of_seeds(seeds: Sequence[int]) -> Iterable[tuple[object, str]]:
    return ((f"seed {seed}", random_page(seed)) for seed in seeds)


def test_pages_of_some_random_networks_are_read_back(tmp_path):
    check_round_trip(tmp_path, of_seeds(SEEDS_IN_A_HURRY), 1.0)


@pytest.mark.slow
def test_pages_of_random_networks_are_read_back(tmp_path):
    check_round_trip(tmp_path, of_seeds(SEEDS), RANDOM_SHARE)


@pytest.mark.slow
@pytest.mark.parametrize(("notation", "least"), GALLERY_SHARES)
def test_the_gallery_is_read_back_in_every_notation(notation, least, tmp_path):
    folders = [folder for folder in gallery.folders() if notation != "jacobian" or not (folder / "graph.toml").is_file()]
    check_round_trip(tmp_path, ((folder.name, gallery_page(folder, notation)) for folder in folders), least)
