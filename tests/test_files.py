"""Writing files whole or not at all, whatever fails and whenever."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from minigan import files
from minigan.errors import ArgumentError, DTypeError, OutputError
from minigan.files import sweep_stale, write_atomically

OLD, NEW = b"old contents", b"new contents, longer than the old"


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(OLD)
    return path


def failing(function, nth, error):
    """`function`, which raises at its n-th call."""
    calls = []

    def call(*args, **kwargs):
        calls.append(args)
        if len(calls) == nth:
            raise error
        return function(*args, **kwargs)

    return call


class BrokenFile:
    """A file of which one method raises."""

    def __init__(self, file, method, error):
        self.file, self.method, self.error = file, method, error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        if self.method == "close":
            raise self.error

    def __getattr__(self, name):
        if name == self.method:
            self.file.write(NEW[:5])  # half of it has reached the disk
            raise self.error
        return getattr(self.file, name)


def names(path):
    return sorted(p.name for p in path.parent.iterdir())


def test_contents_replace_the_old_ones(target):
    write_atomically(target, NEW)
    assert target.read_bytes() == NEW and names(target) == ["file.bin"]
    write_atomically(str(target), b"")
    assert target.read_bytes() == b""


ERRORS = [
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EIO, "Input/output error"),
    OSError(errno.EROFS, "Read-only file system"),
    OSError(errno.EDQUOT, "Disk quota exceeded"),
    PermissionError(errno.EACCES, "Permission denied"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: errno.errorcode[e.errno])
@pytest.mark.parametrize(
    "call", ["open", "write", "flush", "fsync", "close", "replace"]
)
def test_an_error_at_each_call_leaves_the_old_file(target, monkeypatch, call, error):
    if call == "open":
        monkeypatch.setattr(files, "open", failing(open, 1, error), raising=False)
    elif call in ("write", "flush", "close"):
        broken = lambda *a: BrokenFile(open(*a), call, error)  # noqa: E731
        monkeypatch.setattr(files, "open", broken, raising=False)
    else:
        monkeypatch.setattr(os, call, failing(getattr(os, call), 1, error))
    with pytest.raises(OutputError) as raised:
        write_atomically(target, NEW)
    monkeypatch.undo()
    assert raised.value.errno == error.errno
    assert f"{target}: cannot be written ({error.strerror})" in str(raised.value)
    assert target.read_bytes() == OLD and names(target) == ["file.bin"]


def test_a_file_that_somebody_has_open_is_replaced_when_it_is_closed(
    target, monkeypatch
):
    """As on Windows; where it stays open, that is the error."""
    busy = PermissionError(errno.EACCES, "Access is denied")
    monkeypatch.setattr(files, "PATIENCE", (0.0, 0.0))
    monkeypatch.setattr(os, "replace", failing(failing(os.replace, 1, busy), 1, busy))
    write_atomically(target, NEW)
    assert target.read_bytes() == NEW and names(target) == ["file.bin"]

    def open_for_ever(*arguments):
        raise busy

    monkeypatch.setattr(os, "replace", open_for_ever)
    with pytest.raises(OutputError, match="Access is denied"):
        write_atomically(target, OLD)
    assert target.read_bytes() == NEW and names(target) == ["file.bin"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_an_interrupt_leaves_the_old_file(target, monkeypatch, call):
    monkeypatch.setattr(os, call, failing(getattr(os, call), 1, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        write_atomically(target, NEW)
    monkeypatch.undo()
    assert target.read_bytes() == OLD and names(target) == ["file.bin"]


def test_a_folder_that_cannot_be_synced_does_not_matter(target, monkeypatch):
    """Not every file system can; by then the new file is in place."""
    monkeypatch.setattr(os, "fsync", failing(os.fsync, 2, OSError(errno.EINVAL, "no")))
    write_atomically(target, NEW)
    assert target.read_bytes() == NEW


def test_data_is_on_the_disk_before_the_name_changes(target, monkeypatch):
    order = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *a, r=real, n=name: order.append(n) or r(*a)
        )
    write_atomically(target, NEW)
    assert order == ["fsync", "replace", "fsync"]


@pytest.mark.parametrize("path", ["", ".", "no/such/folder/file", "/"])
def test_paths_that_cannot_be_written(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="cannot be written"):
        write_atomically(path, NEW)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match="taken: cannot be written"):
        write_atomically(tmp_path / "taken", NEW)
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize("path", [None, 3, b"file", ["file"]])
def test_what_is_no_path(path):
    with pytest.raises(DTypeError, match="argument 'path': expected a path, got"):
        write_atomically(path, NEW)


def test_a_null_character():
    with pytest.raises(ArgumentError, match="'path': expected a path without null"):
        write_atomically("a\0b", NEW)


# ---- the cache ---------------------------------------------------------------------


def test_the_first_variable_that_is_set_names_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SECOND", "~/two")
    assert files.cache_root("FIRST", "SECOND") == tmp_path / "two"
    monkeypatch.setenv("FIRST", str(tmp_path / "one"))
    assert files.cache_root("FIRST", "SECOND") == tmp_path / "one"
    monkeypatch.setenv("FIRST", "")
    assert files.cache_root("FIRST", "SECOND") == tmp_path / "two"


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
def test_the_cache_on_linux(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert files.cache_root() == tmp_path / ".cache" / "minigan"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert files.cache_root() == tmp_path / "xdg" / "minigan"
    assert not (tmp_path / "xdg").exists()


def test_the_cache_on_macos(monkeypatch, tmp_path):
    """What platformdirs says there."""
    from platformdirs.macos import MacOS

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(
        "platformdirs.user_cache_path",
        lambda name, **options: MacOS(name, **options).user_cache_path,
    )
    assert files.cache_root() == tmp_path / "Library" / "Caches" / "minigan"


@pytest.mark.parametrize("unknown", [RuntimeError, None])
def test_the_cache_without_a_home(monkeypatch, unknown):
    """Some versions of platformdirs raise then, others leave ~ in the path."""

    def user_cache_path(name, **options):
        if unknown:
            raise unknown
        return Path("~/.cache/minigan")

    monkeypatch.setattr("platformdirs.user_cache_path", user_cache_path)
    with pytest.raises(OutputError, match="no home folder .* set MINE or XDG_CACHE"):
        files.cache_root("MINE")


# ---- other processes ---------------------------------------------------------------

KILLED = """
import os, signal, sys
from minigan.files import write_atomically
call, nth = sys.argv[2], int(sys.argv[3])
real, calls = getattr(os, call), []
def dies(*args):
    calls.append(args)
    if len(calls) == nth:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args)
setattr(os, call, dies)
write_atomically(sys.argv[1], {contents!r})
"""

pytestmark_posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")


@pytestmark_posix
@pytest.mark.parametrize(
    "call, nth, expected", [("fsync", 1, OLD), ("replace", 1, OLD), ("fsync", 2, NEW)]
)
def test_a_kill_at_each_call_leaves_one_whole_file(target, call, nth, expected):
    code = KILLED.format(contents=NEW)
    arguments = [sys.executable, "-c", code, str(target), call, str(nth)]
    assert subprocess.run(arguments).returncode == -signal.SIGKILL
    assert target.read_bytes() == expected
    left = 0 if expected == NEW else 1
    assert len(names(target)) == 1 + left
    sweep_stale(target.parent)
    assert names(target) == ["file.bin"]


LIMITED = """
import resource, signal, sys
from minigan.errors import OutputError
from minigan.files import write_atomically
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    write_atomically(sys.argv[1], bytes(10_000))
except OutputError as error:
    sys.exit(0 if sys.argv[1] in str(error) else 2)
sys.exit(3)
"""


@pytestmark_posix
def test_a_real_limit_on_the_size_of_files(target):
    assert subprocess.run([sys.executable, "-c", LIMITED, target]).returncode == 0
    assert target.read_bytes() == OLD and names(target) == ["file.bin"]


WRITER = """
import sys
from minigan.files import write_atomically
for k in range(100):
    write_atomically(sys.argv[1], sys.argv[2].encode() * 5000)
"""


def test_two_processes_write_the_same_file(target):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, target, letter])
        for letter in "ab"
    ]
    while any(writer.poll() is None for writer in writers):
        contents = target.read_bytes()
        assert contents in (OLD, b"a" * 5000, b"b" * 5000)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert names(target) == ["file.bin"]


# ---- stale temporary files ---------------------------------------------------------


def test_sweeping_spares_everything_but_leftovers_of_the_dead(tmp_path):
    process = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                             capture_output=True, text=True)  # fmt: skip
    dead, huge = int(process.stdout), 10**30
    stale = [f".c.npz.{dead}.00ff.tmp", f".c.npz.{huge}.00ff.tmp", f".x.{dead}.1.tmp"]
    kept = [
        f".c.npz.{os.getpid()}.00ff.tmp",  # of a process that lives: this one
        ".c.npz.tmp",
        ".swp.tmp",
        ".a.b.c.d.tmp",
        ".a.b.².c.tmp",  # a digit, but no decimal number
        f"c.npz.{dead}.00ff.tmp",
        f".c.npz.{dead}.00ff.temp",
        "c.npz",
    ]
    for name in stale + kept:
        (tmp_path / name).write_bytes(b"")
    sweep_stale(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(kept)


def test_sweeping_a_folder_that_is_not_there(tmp_path):
    sweep_stale(tmp_path / "nothing here")


def test_elsewhere_and_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with files.elsewhere():
        assert Path.cwd() != tmp_path
    assert Path.cwd() == tmp_path
