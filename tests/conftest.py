"""The switch `--update`: write the goldens anew instead of comparing with them.  Read the diff like a proof."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write golden files anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest):
    """`golden(name, text)`: the text is that of tests/…/golden/name, or becomes it with --update."""

    def compare(name: str, text: str) -> None:
        path = Path(request.path).parent / "golden" / name
        if request.config.getoption("--update"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing; run pytest with --update once"
        assert text == path.read_text(encoding="utf-8"), "differs from the golden; if that is meant, run pytest --update and read the diff"

    return compare
