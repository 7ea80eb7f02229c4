"""The cache of compiled libraries: whatever stands in it, or cannot, the answer is right."""

import os
import subprocess
import sys

import numpy as np
import pytest

from symback.network import Network
from symback.numerics import c_compile, lambdify
from symback.numerics.c_compile import missing_compiler

needs_compiler = pytest.mark.skipif(bool(missing_compiler()), reason=missing_compiler() or "there is a compiler")
NETWORK = Network.from_spec("2-1")
GIVEN = ([(np.array([[0.5, -0.25]]), np.array([0.1]))], np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0], [0.0]]))
RIGHT = lambdify(NETWORK)(*GIVEN)


def assert_right(function, backend="c"):
    assert function.backend == backend, function.reason
    cost, ((weights, bias),) = function(*GIVEN)
    np.testing.assert_allclose([cost, *weights.ravel(), *bias], [RIGHT[0], *RIGHT[1][0][0].ravel(), *RIGHT[1][0][1]], rtol=1e-13)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A cache with the library in it."""
    directory = tmp_path_factory.mktemp("cache")
    os.environ["SYMBACK_CACHE"], before = str(directory), os.environ.get("SYMBACK_CACHE")
    try:
        assert_right(lambdify(NETWORK, backend="c", threads=1))
        yield directory
    finally:
        del os.environ["SYMBACK_CACHE"]
        if before is not None:
            os.environ["SYMBACK_CACHE"] = before


def library_in(directory):
    (path,) = (path for path in directory.glob("*.so") if b"symback_evaluate" in path.read_bytes())
    return path


@needs_compiler
def test_the_second_time_nothing_is_compiled(filled, monkeypatch):
    monkeypatch.setattr(c_compile, "_compiled", None)
    assert_right(lambdify(NETWORK, backend="c", threads=1))
    assert {path.suffix for path in filled.iterdir()} == {".so"}


@needs_compiler
@pytest.mark.parametrize("content", [b"", b"no library", None], ids=["empty", "text", "cut"])
def test_a_spoilt_file_is_made_again(filled, tmp_path, monkeypatch, content):
    monkeypatch.setenv("SYMBACK_CACHE", str(tmp_path))
    path = tmp_path / library_in(filled).name
    whole = library_in(filled).read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    os.chmod(tmp_path, 0o700)
    assert_right(lambdify(NETWORK, backend="c", threads=1))
    assert len(path.read_bytes()) > len(whole) // 2


@needs_compiler
def test_a_cache_that_cannot_be_written_to_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SYMBACK_CACHE", str(tmp_path / "file" / "cache"))
    assert_right(lambdify(NETWORK, backend="c", threads=1))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("SYMBACK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(c_compile.os, "replace", full)
    assert_right(lambdify(NETWORK, backend="c", threads=1))
    assert list((tmp_path / "cache").iterdir()) == []


@needs_compiler
def test_a_cache_that_others_may_write_to_is_not_trusted(filled, tmp_path, monkeypatch):
    (tmp_path / library_in(filled).name).write_bytes(library_in(filled).read_bytes())
    os.chmod(tmp_path, 0o777)
    monkeypatch.setenv("SYMBACK_CACHE", str(tmp_path))
    loaded = []
    whole = c_compile._is_whole
    monkeypatch.setattr(c_compile, "_is_whole", lambda path: loaded.append(path) or whole(path))
    assert_right(lambdify(NETWORK, backend="c", threads=1))
    assert loaded == []


@needs_compiler
def test_another_compiler_or_processor_has_a_library_of_its_own(filled, tmp_path, monkeypatch):
    monkeypatch.setenv("SYMBACK_CACHE", str(tmp_path))
    os.chmod(tmp_path, 0o700)
    monkeypatch.setattr(c_compile, "_processor", lambda: "another")
    assert_right(lambdify(NETWORK, backend="c", threads=1))
    assert library_in(tmp_path).name != library_in(filled).name


def test_without_a_compiler_numpy_does_it_and_says_why(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    for backend in ("c", "auto"):
        function = lambdify(NETWORK, backend=backend)
        assert_right(function, "numpy")
        assert "no C compiler" in function.reason and "\n" not in function.reason


def test_a_compiler_that_fails_gives_way_to_numpy(monkeypatch, tmp_path):
    monkeypatch.setenv("SYMBACK_CACHE", str(tmp_path))
    monkeypatch.setenv("CC", "false")
    function = lambdify(NETWORK, backend="c")
    assert_right(function, "numpy")
    assert "compiler fails" in function.reason


@needs_compiler
@pytest.mark.slow
def test_processes_at_once_do_no_harm(tmp_path):
    code = "import sys; sys.path.insert(0, sys.argv[1]); from test_c_compile import *; assert_right(lambdify(NETWORK, 'float64', 'c', 1))"
    environment = {**os.environ, "SYMBACK_CACHE": str(tmp_path / "cache")}
    here = os.path.dirname(__file__)
    runs = [subprocess.Popen([sys.executable, "-c", code, here], env=environment) for _ in range(3)]
    assert [run.wait(timeout=120) for run in runs] == [0, 0, 0]
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".so", ".so"]  # the program and what calls it
