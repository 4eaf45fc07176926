"""The cache of compiled kernels: never stale, and never in the way of a run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from minigan.kernels import compiling

PROGRAM = """
import numpy as np
from minigan.kernels import ops
print(ops.fill.__name__, ops.copy(np.arange(3.0)).tolist())
"""
ANSWER = "fill [0.0, 1.0, 2.0]"


def run(environment=(), flags=("-W", "error")):
    """PROGRAM in a process of its own, with the JIT on: (output, warnings)."""
    hidden = ("NUMBA_", "MINIGAN_", "XDG_", "COV_CORE", "COVERAGE")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
    done = subprocess.run(
        [sys.executable, *flags, "-c", PROGRAM],
        env={**inherited, "MINIGAN_BACKEND": "jit", **dict(environment)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr


@pytest.fixture(scope="module")
def filled_cache(tmp_path_factory):
    """A cache folder that holds the one kernel of PROGRAM."""
    folder = tmp_path_factory.mktemp("kernels")
    assert run({"MINIGAN_CACHE_DIR": str(folder)})[0] == ANSWER
    return folder


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_a_corrupt_file_means_compile_again(filled_cache, tmp_path, suffix):
    folder = tmp_path / "cache"
    shutil.copytree(filled_cache, folder)
    files = list(folder.rglob(f"*.{suffix}"))
    assert files
    for path in files:
        path.write_bytes(path.read_bytes()[:40])
    where = {"MINIGAN_CACHE_DIR": str(folder)}
    output, warnings = run(where, flags=("-W", "always"))
    assert output == ANSWER
    assert "the cached kernel 'copy' could not be read" in warnings
    assert run(where) == (ANSWER, "")  # repaired: no warning any more


def test_no_home_and_a_folder_that_cannot_be_made(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    places = {"HOME": str(in_the_way), "MINIGAN_CACHE_DIR": str(in_the_way / "cache")}
    assert run(places) == (ANSWER, "")


def test_with_the_jit_disabled():
    assert run({"NUMBA_DISABLE_JIT": "1"}) == (ANSWER, "")


# ---- the folder --------------------------------------------------------------------


@pytest.fixture
def no_variables(monkeypatch):
    for variable in ("MINIGAN_CACHE_DIR", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    "variable, inner",
    [("MINIGAN_CACHE_DIR", ""), ("NUMBA_CACHE_DIR", ""), ("XDG_CACHE_HOME", "minigan")],
)
def test_the_environment_chooses_the_folder(no_variables, tmp_path, variable, inner):
    no_variables.setenv(variable, str(tmp_path))
    folder = compiling.cache_folder.__wrapped__()
    assert folder == tmp_path / inner / compiling.source_digest()
    assert folder.is_dir()


def test_the_folder_in_the_home_directory(no_variables, tmp_path):
    no_variables.setenv("HOME", str(tmp_path))
    assert compiling._cache_root() == tmp_path / ".cache" / "minigan"


def test_the_folder_on_windows(no_variables, tmp_path):
    no_variables.setattr(sys, "platform", "win32")
    no_variables.setenv("LOCALAPPDATA", str(tmp_path))
    assert compiling._cache_root() == tmp_path / "minigan"


@pytest.mark.parametrize("error", [OSError, PermissionError, RuntimeError])
def test_a_private_folder_where_none_can_be_written(no_variables, tmp_path, error):
    def refuse(*arguments, **keywords):
        raise error

    no_variables.setenv("MINIGAN_CACHE_DIR", str(tmp_path))
    no_variables.setattr(compiling.tempfile, "TemporaryFile", refuse)
    folder = compiling.cache_folder.__wrapped__()
    assert folder.name.startswith("minigan-kernels-")
    shutil.rmtree(folder)


# ---- the digest --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["jit.py", "reference.py", "compiling.py"])
def test_an_edited_source_changes_the_digest(monkeypatch, tmp_path, name):
    shutil.copytree(
        Path(compiling.__file__).parent,
        tmp_path / "kernels",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    monkeypatch.setattr(compiling, "__file__", str(tmp_path / "kernels/compiling.py"))
    digest = compiling.source_digest.__wrapped__
    before = digest()
    assert before == compiling.source_digest() == digest()
    with (tmp_path / "kernels" / name).open("a") as file:
        file.write("#\n")
    assert digest() != before


def test_another_numpy_changes_the_digest(monkeypatch):
    monkeypatch.setattr(compiling.np, "__version__", "0.0")
    assert compiling.source_digest.__wrapped__() != compiling.source_digest()


# ---- the guard ---------------------------------------------------------------------


class Store:
    """A cache whose reads and first writes fail."""

    def __init__(self, failing_writes):
        self.failing_writes, self.flushed, self.saved = failing_writes, 0, []

    def load_overload(self, signature, target_context):
        raise EOFError

    def save_overload(self, signature, data):
        if self.failing_writes:
            self.failing_writes -= 1
            raise ValueError
        self.saved.append((signature, data))

    def flush(self):
        self.flushed += 1


def guarded(failing_writes):
    store = Store(failing_writes)
    compiling._guard(SimpleNamespace(_cache=store, py_func=test_an_unreadable_file))
    return store


def test_an_unreadable_file():
    with pytest.warns(RuntimeWarning, match=r"'test_an_.*\(EOFError\); it is compiled"):
        assert guarded(0).load_overload("signature", None) is None


@pytest.mark.parametrize("failing, flushed, saved", [(0, 0, 1), (1, 1, 1), (2, 1, 0)])
def test_an_unwritable_file_is_dropped_then_given_up(failing, flushed, saved):
    store = guarded(failing)
    store.save_overload("signature", "data")
    assert (store.flushed, len(store.saved)) == (flushed, saved)


# ---- the decorator -----------------------------------------------------------------


def _double(x):
    return 2 * x


def test_without_the_jit_a_kernel_is_the_function(monkeypatch):
    monkeypatch.setattr(compiling, "JIT_DISABLED", True)
    assert compiling.kernel(_double) is _double
    assert compiling.kernel(parallel=True)(_double) is _double


@pytest.mark.skipif(compiling.JIT_DISABLED, reason="nothing is compiled then")
def test_a_compiled_kernel_and_the_setting_around_it():
    before = compiling.numba.config.CACHE_DIR
    compiled = compiling.kernel(_double, cached=False)
    assert compiled(21) == 42
    assert compiling.numba.config.CACHE_DIR == before
