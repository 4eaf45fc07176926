"""The cache of compiled kernels: never stale, and never in the way of a run."""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from minigan.jit import compiling

PROGRAM = """
import numpy as np
from minigan import primitives
print(primitives.fill.__name__, primitives.copy(np.arange(3.0)).tolist())
"""
ANSWER = "fill [0.0, 1.0, 2.0]"
# Processes with a JIT of their own do the same in whatever form the tests run.
in_one_form = pytest.mark.skipif(
    compiling.JIT_DISABLED or os.environ.get("MINIGAN_BACKEND") == "numpy",
    reason="run where kernels are compiled",
)


def start(environment=(), flags=("-W", "error"), program=PROGRAM, cwd=None):
    """A program in a process of its own, with the JIT on."""
    hidden = ("NUMBA_", "MINIGAN_", "XDG_", "COV_CORE", "COVERAGE")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
    return subprocess.Popen(
        [sys.executable, *flags, "-c", program],
        env={**inherited, "MINIGAN_BACKEND": "jit", **dict(environment)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
    )


def end(process):
    """What it printed, and its warnings."""
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    return output.strip(), errors


def run(*arguments, **keywords):
    """`start`, then `end`."""
    return end(start(*arguments, **keywords))


@pytest.fixture(scope="module")
def filled_cache(tmp_path_factory):
    """A cache folder that holds the one kernel of PROGRAM."""
    folder = tmp_path_factory.mktemp("kernels")
    assert run({"MINIGAN_CACHE_DIR": str(folder)})[0] == ANSWER
    return folder


def flip(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGE = {
    "truncated": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "zeroed": lambda content: bytes(len(content)),
    "zeroed from the middle on": lambda c: (
        c[: len(c) // 2] + bytes(len(c) - len(c) // 2)
    ),
    "one bit flipped": flip,
}


@in_one_form
@pytest.mark.parametrize("damage", ["one bit flipped"])
def test_a_corrupt_file_means_compile_again(filled_cache, tmp_path, damage):
    folder = tmp_path / "cache"
    shutil.copytree(filled_cache, folder)
    files = list(folder.rglob("*.nbc"))
    assert files
    for path in files:
        path.write_bytes(DAMAGE[damage](path.read_bytes()))
    where = {"MINIGAN_CACHE_DIR": str(folder)}
    output, warnings = run(where, flags=("-W", "always"))
    assert output == ANSWER
    assert warnings.count("cached kernels, 'copy' first, could not be read") == 1
    assert run(where) == (ANSWER, "")  # repaired: no warning any more


@in_one_form
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
    assert folder == tmp_path / inner / compiling.environment_digest()
    assert folder.is_dir()


def test_the_folder_in_the_home_directory(no_variables, tmp_path):
    no_variables.setenv("HOME", str(tmp_path))
    assert compiling.cache_root() == tmp_path / ".cache" / "minigan"


@pytest.mark.parametrize("error", [OSError, PermissionError, RuntimeError])
def test_a_private_folder_where_none_can_be_written(no_variables, tmp_path, error):
    def refuse(*arguments, **keywords):
        raise error

    no_variables.setenv("MINIGAN_CACHE_DIR", str(tmp_path))
    no_variables.setattr(compiling.tempfile, "TemporaryFile", refuse)
    folder = compiling.cache_folder.__wrapped__()
    assert folder.name.startswith("minigan-kernels-")
    shutil.rmtree(folder)


def test_no_folder_where_nothing_at_all_can_be_written(no_variables, tmp_path):
    def refuse(*arguments, **keywords):
        raise OSError

    for name in ("TemporaryFile", "mkdtemp"):
        no_variables.setattr(compiling.tempfile, name, refuse)
    assert compiling.cache_folder.__wrapped__() is None
    no_variables.setattr(compiling, "cache_folder", lambda: None)
    assert not compiling.is_shared()
    if not compiling.JIT_DISABLED:
        assert compiling.kernel(_double)(21) == 42


# ---- the digest --------------------------------------------------------------------


KERNELS = "gemm/product.py"


@pytest.fixture
def copied(tmp_path):
    """The package once more, elsewhere."""
    unneeded = shutil.ignore_patterns("__pycache__")
    shutil.copytree(compiling.PACKAGE, tmp_path / "minigan", ignore=unneeded)
    return tmp_path / "minigan"


def digest_in(package, name=KERNELS):
    file = os.path.normpath(package / name)
    return compiling.source_digest(file, package)


def test_the_place_of_the_sources_does_not_change_the_digest(copied):
    assert digest_in(copied) == digest_in(compiling.PACKAGE)


@pytest.mark.parametrize(
    "name, edited, changes",
    [
        (KERNELS, KERNELS, True),
        (KERNELS, "gemm/rectangle.py", True),
        (KERNELS, "jit/team.py", True),  # by way of tasks
        (KERNELS, "gemm/tiles.py", False),
        (KERNELS, "compiled/losses.py", False),
        ("compiled/dense.py", "gemm/tiles.py", True),
        ("compiled/optimizers.py", "compiled/metrics.py", True),
        ("capture/player.py", "capture/rows.py", True),
        ("capture/player.py", "gemm/product.py", False),
        ("../user.py", "jit/mathfun.py", True),
        ("../user.py", "gan/game.py", False),
        ("not/there.py", "jit/mathfun.py", True),
    ],
)
def test_an_edited_source_changes_the_digest_of_what_is_made_of_it(
    copied, name, edited, changes
):
    before = digest_in(copied, name)
    with (copied / edited).open("a") as file:
        file.write("#\n")
    compiling._read.cache_clear()
    assert (digest_in(copied, name) != before) == changes


def test_another_numpy_changes_the_folder(monkeypatch):
    monkeypatch.setattr(compiling.np, "__version__", "0.0")
    known = compiling.environment_digest
    assert known.__wrapped__() != known()


KERNEL_FILES = [
    path.relative_to(compiling.PACKAGE).as_posix()
    for folder in ("jit", "gemm", "compiled", "capture")
    for path in sorted(compiling.PACKAGE.glob(f"{folder}/[a-z]*.py"))
]


@in_one_form
@pytest.mark.parametrize("name", KERNEL_FILES)
def test_no_kernel_reads_a_module_that_its_digest_leaves_out(name):
    package = compiling.PACKAGE
    counted, waiting = set(), [package / name]
    while waiting:
        path = waiting.pop()
        if path not in counted:
            counted.add(path)
            waiting += compiling._read(path)[1]
    dotted = name.removesuffix(".py").replace("/", ".")
    module = importlib.import_module(f"minigan.{dotted}")
    kernels = [k.py_func for k in vars(module).values() if hasattr(k, "py_func")]
    for kernel in kernels:
        for used in kernel.__code__.co_names:
            value = kernel.__globals__.get(used)
            home = sys.modules.get(getattr(value, "__module__", None) or "")
            if home and home.__name__.startswith("minigan."):
                assert Path(home.__file__) in counted, (kernel.__name__, used)


# ---- the files ---------------------------------------------------------------------


def files_in(folder, digest="digest"):
    return compiling.Files(folder, "kernel", digest)


def test_what_was_saved_is_loaded_and_each_key_has_its_own_file(tmp_path):
    for key in ("float32", "float64"):
        assert files_in(tmp_path).load(key) is None
        files_in(tmp_path).save(key, {"code": key * 1000})
    assert len(list(tmp_path.iterdir())) == 2
    for key in ("float32", "float64"):
        assert files_in(tmp_path).load(key) == {"code": key * 1000}
    assert files_in(tmp_path, "edited").load("float32") is None


def test_the_file_of_one_kernel_is_never_that_of_another(tmp_path):
    files = files_in(tmp_path)
    files.save("float32", "code")
    files.path("float64").write_bytes(files.path("float32").read_bytes())
    with pytest.raises(ValueError, match="checksum"):
        files.load("float64")


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_never_loaded(tmp_path, damage):
    files = files_in(tmp_path)
    files.save("key", {"code": "x" * 1000})
    path = files.path("key")
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    with pytest.raises(ValueError, match="checksum"):
        files.load("key")
    files.save("key", "mended")
    assert files.load("key") == "mended"


def test_a_file_that_cannot_be_written_leaves_no_piece(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise OSError

    monkeypatch.setattr(compiling.os, "replace", refuse)
    with pytest.raises(OSError):
        files_in(tmp_path).save("key", "code")
    assert not list(tmp_path.iterdir())


# ---- the guard ---------------------------------------------------------------------


class Store:
    """A cache whose reads and first writes fail."""

    def __init__(self, failing_writes):
        self.failing_writes, self.saved = failing_writes, []

    def load_overload(self, signature, target_context):
        raise EOFError

    def save_overload(self, signature, data):
        if self.failing_writes:
            self.failing_writes -= 1
            raise ValueError
        self.saved.append((signature, data))


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    monkeypatch.setattr(compiling, "_unreadable", [])


def guarded(failing_writes):
    store = Store(failing_writes)
    compiling._guard(SimpleNamespace(_cache=store, py_func=test_an_unreadable_file))
    return store


def test_an_unreadable_file():
    with pytest.warns(RuntimeWarning, match=r"'test_an_.*\(EOFError\); they are comp"):
        assert guarded(0).load_overload("signature", None) is None
    assert guarded(0).load_overload("signature", None) is None  # and no other warning


@pytest.mark.parametrize("failing, saved", [(0, 1), (1, 0)])
def test_an_unwritable_file_is_given_up(failing, saved):
    store = guarded(failing)
    store.save_overload("signature", "data")
    assert len(store.saved) == saved


# ---- the decorator -----------------------------------------------------------------


def _double(x):
    return 2 * x


def test_without_the_jit_a_kernel_is_the_function(monkeypatch):
    monkeypatch.setattr(compiling, "JIT_DISABLED", True)
    assert compiling.kernel(_double) is _double
    assert compiling.kernel(inside=True)(_double) is _double


@pytest.mark.skipif(compiling.JIT_DISABLED, reason="nothing is compiled then")
def test_a_compiled_kernel_and_the_setting_around_it():
    before = compiling.numba.config.CACHE_DIR
    compiled = compiling.kernel(_double, cached=False)
    assert compiled(21) == 42
    assert compiling.numba.config.CACHE_DIR == before


# ---- edits, and the player ---------------------------------------------------------

ROOT = Path(compiling.__file__).parents[2]
SIGMOID = """
import numpy as np
import minigan.jit.mathfun
from minigan import primitives
print(minigan.jit.mathfun.__file__, primitives.sigmoid_forward(np.zeros(1)))
"""


@in_one_form
def test_an_edit_in_a_file_that_a_kernel_calls_is_never_stale(tmp_path):
    """`sigmoid_forward` is in elementwise.py, the function it calls in mathfun.py."""
    copied = shutil.ignore_patterns("__pycache__", "*.npz", "*.png")
    shutil.copytree(ROOT / "minigan", tmp_path / "minigan", ignore=copied)
    where = {"MINIGAN_CACHE_DIR": str(tmp_path / "cache")}
    source = tmp_path / "minigan/jit/mathfun.py"

    def answer():
        return run(where, program=SIGMOID, cwd=tmp_path)[0].split(maxsplit=1)

    assert answer() == [str(source), "[0.5]"]
    formula = "return (t if x < c.zero else c.one) / (c.one + t)"
    text = source.read_text()
    assert formula in text
    source.write_text(text.replace(formula, formula.replace("+ t", "+ t + c.two")))
    assert answer() == [str(source), "[0.25]"]
    source.write_text(text)
    assert answer() == [str(source), "[0.5]"]


TRAIN = """
import hashlib, threading
from minigan.gan import recipes
def train(dtype):
    trainer = recipes.load("parabola", dtype=dtype)
    trainer.fit(20)
    found[dtype] = hashlib.sha256(trainer.generator.theta.tobytes()).hexdigest()
found = {}
threads = [threading.Thread(target=train, args=[d]) for d in DTYPES]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sorted(found.items()))
"""


def training(*dtypes):
    return TRAIN.replace("DTYPES", repr(list(dtypes)))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A cache folder with the player in it, and what a training run in it prints."""
    folder = tmp_path_factory.mktemp("player")
    where = {"MINIGAN_CACHE_DIR": str(folder)}
    return folder, run(where, program=training("float32"))[0]


@pytest.mark.soak
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_player_is_compiled_again(trained, damage, tmp_path):
    folder = tmp_path / "cache"
    shutil.copytree(trained[0], folder)
    (path,) = folder.rglob("player.play-*.nbc")
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    where = {"MINIGAN_CACHE_DIR": str(folder)}
    output, warnings = run(where, flags=("-W", "always"), program=training("float32"))
    assert output == trained[1]
    assert "the cached kernel 'play' could not be read" in warnings
    assert run(where, program=training("float32")) == (trained[1], "")


@pytest.mark.soak
def test_a_folder_that_cannot_be_made_does_not_stop_training(trained, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    where = {"MINIGAN_CACHE_DIR": str(in_the_way / "cache")}
    assert run(where, program=training("float32")) == (trained[1], "")


@pytest.mark.soak
@pytest.mark.parametrize("count", [4, 8])
def test_processes_that_start_cold_together(tmp_path, count):
    """Half of them in float32, half in float64; then both are in the cache."""
    where = {"MINIGAN_CACHE_DIR": str(tmp_path)}
    orders = [("float32",), ("float64",)] * (count // 2)
    together = [start(where, program=training(*order)) for order in orders]
    found = {end(process) for process in together}
    assert len(found) == 2 and {errors for _, errors in found} == {""}
    assert {run(where, program=training(*order)) for order in orders[:2]} == found


@pytest.mark.soak
def test_two_threads_that_start_cold_together(tmp_path):
    where = {"MINIGAN_CACHE_DIR": str(tmp_path)}
    both, errors = run(where, program=training("float32", "float64"))
    assert errors == ""
    alone = [run(where, program=training(d))[0] for d in ("float32", "float64")]
    assert both == f"[{alone[0][1:-1]}, {alone[1][1:-1]}]"
