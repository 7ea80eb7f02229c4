"""C text to a loaded library: compiled once by the system's compiler, kept in the user's cache.

A library is known by a digest of its text, the compiler's version and flags, the processor and Python; so a changed
compiler, processor or NumPy makes another one.  It is written beside its name and renamed, so that two processes at
once do no harm; its own digest stands at its end, so that a spoilt file is seen and made again.  Where the cache cannot
be written to, or is not the user's own, the library is made for this process alone.
"""

import contextlib
import functools
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from symback.errors import UnsupportedError

__all__ = ["cache_directory", "compiler", "library", "missing_compiler"]

FLAGS = ("-O2", "-std=gnu11", "-fPIC", "-shared", "-pthread", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math", "-w")
LIMIT = 300.0  # seconds for one compilation
_Loaded = TypeVar("_Loaded")


def compiler() -> list[str]:
    """The command of the C compiler: $CC, cc, gcc or clang; empty if there is none."""
    asked = shlex.split(os.environ.get("CC", ""))
    if asked:
        return asked if shutil.which(asked[0]) else []
    return next(([name] for name in ("cc", "gcc", "clang") if shutil.which(name)), [])


def missing_compiler() -> str:
    """Why there is no C backend here; "" if there is one."""
    if os.name != "posix":
        return "the C backend is built for POSIX systems"
    return "" if compiler() else "no C compiler was found (looked for $CC, cc, gcc, clang)"


def cache_directory() -> Path:
    """$SYMBACK_CACHE, else symback/ in the user's cache directory."""
    if os.environ.get("SYMBACK_CACHE"):
        return Path(os.environ["SYMBACK_CACHE"])
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "symback"


@functools.lru_cache(maxsize=8)
def _version(command: tuple[str, ...]) -> str:
    """What the compiler says of itself, and when it was installed."""
    path = shutil.which(command[0]) or command[0]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        run = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=30)
        return f"{run.stdout} {path} {os.stat(path).st_mtime_ns}"
    return path


@functools.lru_cache(maxsize=1)
def _processor() -> str:
    """What tells this processor from others: the code is made for it alone."""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n", 1)[0].splitlines()
        wanted = ("flags", "Features", "model", "cpu family", "vendor_id", "CPU part")
        return "\n".join(line for line in lines if line.startswith(wanted))
    return f"{platform.machine()} {platform.processor()} {platform.node()}"


def library(text: str, load: Callable[[str], _Loaded], include: Sequence[str] = ()) -> _Loaded:
    """The library of a C text, given to `load` by its path; compiled if the cache has none, or a spoilt one."""
    command = compiler()
    if not command:
        raise UnsupportedError(missing_compiler())
    identity = [
        text,
        *command,
        _version(tuple(command)),
        *FLAGS,
        *include,
        _processor(),
        str(sysconfig.get_config_var("SOABI")),
        np.__version__,
    ]
    name = hashlib.sha256("\0".join(identity).encode()).hexdigest() + ".so"
    directory = cache_directory()
    path = directory / name
    if _is_ours(directory) and _is_whole(path):
        with contextlib.suppress(OSError, ImportError):
            return load(str(path))
    with tempfile.TemporaryDirectory(prefix="symback-", ignore_cleanup_errors=True) as scratch:
        made = _compiled(text, command, include, Path(scratch))
        if _stored(made, directory, path):
            with contextlib.suppress(OSError, ImportError):
                return load(str(path))
        try:
            return load(str(made))
        except (OSError, ImportError) as error:
            raise UnsupportedError(f"the compiled library cannot be loaded: {error}") from None


def _is_ours(directory: Path) -> bool:
    """Whether nobody else can have put a file there."""
    try:
        state = directory.stat()
    except OSError:
        return False
    return state.st_uid == os.getuid() and not state.st_mode & 0o022


def _is_whole(path: Path) -> bool:
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return len(content) > 32 and hashlib.sha256(content[:-32]).digest() == content[-32:]


def _compiled(text: str, command: list[str], include: Sequence[str], scratch: Path) -> Path:
    """The library in a directory of its own, with its digest at the end."""
    source, target = scratch / "program.c", scratch / "program.so"
    try:
        source.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UnsupportedError(f"there is no room to compile in: {error.strerror}") from None
    problem = ""
    for processor in (["-march=native"], ["-mcpu=native"], []):
        arguments = [*command, *FLAGS, *processor, *(f"-I{path}" for path in include), str(source), "-o", str(target), "-lm"]
        try:
            run = subprocess.run(arguments, capture_output=True, text=True, timeout=LIMIT, cwd=scratch, stdin=subprocess.DEVNULL)
        except (OSError, subprocess.SubprocessError) as error:
            raise UnsupportedError(f"the C compiler does not run: {type(error).__name__}") from None
        if run.returncode == 0 and target.exists():
            content = target.read_bytes()
            target.write_bytes(content + hashlib.sha256(content).digest())
            return target
        problem = next((line for line in run.stderr.splitlines() if "error" in line), run.stderr.strip().split("\n")[0])
    raise UnsupportedError(f"the C compiler fails: {problem[:200]}")


def _stored(made: Path, directory: Path, path: Path) -> bool:
    """Whether a copy now stands in the cache."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _is_ours(directory):
            return False
        handle, temporary = tempfile.mkstemp(dir=directory, suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(made.read_bytes())
            os.replace(temporary, path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            return False
    except OSError:
        return False
    return True
