"""Errors are planted in the package, one at a time, and the tests have to notice each of them.

A copy of the package and of its tests gets the error of one row of MUTATIONS; then the tests named there are run in the
copy.  They must fail: not at import, which any typing mistake would do, but in a test.  A row that survives is a hole in
the tests, and is mended there.

As a script it prints the figures:  python -m tests.planted.test_planted_errors [part of a name]
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.planted.mutations import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
COPIED = ("symback", "tests", "pyproject.toml")
SOME_TEST_FAILED = 1  # pytest's exit status; 0 is that all passed, 2 and above that they could not be run
RUN = """
import sys, time, pytest, symback
assert symback.__file__.startswith(sys.argv[1]), symback.__file__
status = pytest.main(sys.argv[2:])
print(f"{time.process_time():.1f} s")
sys.exit(status)
"""


def copy_of_package(folder: Path) -> None:
    """The package, its tests and their configuration."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)


def plant(mutation: Mutation, folder: Path) -> None:
    path = folder / "symback" / mutation.file
    text = path.read_text(encoding="utf-8")
    assert text.count(mutation.old) == 1, f"{mutation.file} has the text of {mutation.name!r} {text.count(mutation.old)} times, not once"
    path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")


def run_tests(folder: Path, tests: tuple[str, ...]) -> subprocess.CompletedProcess:
    """The tests in the copy, with the package of the copy, one thread each; until the first that fails."""
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not slow", "--no-header", "--tb=line"]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", RUN, str(folder), *options, *tests]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False)


def outcome(mutation: Mutation) -> tuple[bool, str]:
    """Whether the tests noticed, and their last lines."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        copy_of_package(folder)
        plant(mutation, folder)
        found = run_tests(folder, mutation.tests)
    return found.returncode == SOME_TEST_FAILED, "\n".join((found.stdout + found.stderr).splitlines()[-3:])


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name.replace(" ", "-"))
def test_a_planted_error_is_noticed(mutation):
    is_noticed, lines = outcome(mutation)
    assert is_noticed, f"{mutation.name} ({mutation.file}) was not noticed by {', '.join(mutation.tests)}:\n{lines}"


@pytest.mark.slow
@pytest.mark.parametrize("tests", sorted({test for mutation in MUTATIONS for test in mutation.tests}), ids=lambda test: Path(test).name)
def test_without_an_error_the_same_tests_pass(tests, tmp_path):
    """In a copy as well: otherwise they would notice anything."""
    copy_of_package(tmp_path)
    found = run_tests(tmp_path, (tests,))
    assert found.returncode == 0, found.stdout


def test_each_error_changes_something_in_a_way_of_its_own():
    assert len({mutation.name for mutation in MUTATIONS}) == len({(m.file, m.old, m.new) for m in MUTATIONS}) == len(MUTATIONS) >= 45
    assert all(mutation.old != mutation.new for mutation in MUTATIONS)


def main() -> None:
    wanted = [mutation for mutation in MUTATIONS if any(part in mutation.name for part in sys.argv[1:] or [""])]
    caught = 0
    with ThreadPoolExecutor(2) as pool:
        for mutation, (is_noticed, lines) in zip(wanted, pool.map(outcome, wanted), strict=True):
            caught += is_noticed
            seconds = lines.splitlines()[-1]
            print(f"{'caught  ' if is_noticed else 'SURVIVED'} {seconds:>7}  {mutation.file:<34} {mutation.name}", flush=True)
            if not is_noticed:
                print(lines, flush=True)
    print(f"{caught} of {len(wanted)} planted errors were noticed")
    raise SystemExit(caught < len(wanted))


if __name__ == "__main__":
    main()
