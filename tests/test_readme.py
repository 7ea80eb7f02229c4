"""The README says what is so: its Python runs, its commands exist, its lists are the tables."""

import re
from pathlib import Path

import pytest

from symback.cli import main
from symback.network.activations import ACTIVATIONS
from symback.network.costs import COSTS

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
COMMANDS = [line.split("#")[0].strip() for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]


BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
PRINTED = (
    ("a^2 - y", "use the side fact", "def value_and_grad"),
    (r"dQ = \tau dS K", "dV = P^{T} dO"),
    ("refuted", "transpose"),
)


@pytest.mark.parametrize(("block", "printed"), list(zip(BLOCKS, PRINTED, strict=True)))
def test_python_blocks_run_and_print_what_their_comments_say(block, printed, capsys):
    exec(compile(block, "README.md", "exec"), {})  # our own page, run as a reader would
    found = capsys.readouterr().out
    assert [text for text in printed if text not in found] == []


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("symback ")])
def test_commands_run(command, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = command.replace("'", "").split()[1:]
    if words[0] == "textbook":
        words += ["--trials", "5"]
    assert main(words) == 0
    output = words[words.index("-o") + 1] if "-o" in words else None
    assert (tmp_path / output).stat().st_size > 1000 if output else len(capsys.readouterr().out) > 1000


def test_lists_are_the_tables():
    def listed(title):
        return re.findall(r"`(\w+)`", re.search(rf"- \*\*{title}\*\*:(.*?)(?=\n- \*\*)", README, re.DOTALL)[1])

    assert listed("Activations") == [*(name for name in ACTIVATIONS if name != "unspecified"), "sigma"]
    assert listed("Costs") == [*(name for name in COSTS if name != "unspecified"), "C"]


def test_exactly_two_commands_install():
    assert len(re.findall("<!-- command: ", README)) == 2
    assert sum("pip install" in line for line in COMMANDS) == 2
