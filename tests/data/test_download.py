"""Downloads: several mirrors, nothing half done, several processes, bad caches."""

import errno
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from minigan import files
from minigan.data import download, sources
from minigan.data.loading import load_files
from minigan.errors import DatasetError, OutputError

from . import small
from .server import serving

pytest.importorskip("pooch")
ROOT = Path(__file__).resolve().parents[2]
NAMES = [part.file for part in small.dataset().parts]
HTML = b"<html><body>please log in</body></html>"


@pytest.fixture
def mirror(tmp_path):
    """(site, address) of a mirror with the four gzipped files."""
    with serving() as (site, address):
        site.add_folder(small.write(tmp_path / "mirror", packed=True))
        yield site, address


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "data" / "small"


def listed(folder):
    return sorted(path.name for path in folder.iterdir())


def load(dataset):
    train, test = load_files(dataset)
    small.assert_parts([*train, *test])


def test_a_download_is_kept(mirror, cache):
    site, address = mirror
    dataset = small.dataset(mirrors=(address,))
    load(dataset)
    assert listed(cache) == sorted(NAMES)
    assert site.asked == [f"/{name}.gz" for name in NAMES]
    load(dataset)
    assert len(site.asked) == 4
    load(small.dataset())  # the cache needs no mirror


def test_only_what_is_missing_is_fetched(mirror, cache):
    site, address = mirror
    small.write(cache, only=2)
    assert download.fetch(small.dataset(mirrors=(address,))) == []
    assert site.asked == [f"/{name}.gz" for name in NAMES[2:]]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("fault", ["cut", "empty", "html", "other"])
def test_a_bad_file_in_the_cache_is_replaced(mirror, cache, tmp_path, fault, packed):
    site, address = mirror
    small.write(cache, packed=packed)
    victim = cache / (NAMES[0] + ".gz" * packed)
    other = small.write(tmp_path / "other", seed=1) / NAMES[0]
    victim.write_bytes(
        {
            "cut": victim.read_bytes()[:-1],
            "empty": b"",
            "html": HTML,
            "other": other.read_bytes(),
        }[fault]
    )
    dataset = small.dataset(mirrors=(address,))
    with pytest.warns(RuntimeWarning, match=f"{victim}: .*looking elsewhere"):
        load(dataset)
    assert site.asked == [f"/{NAMES[0]}.gz"]
    load(dataset)  # without a warning


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (None, "the server says 404 Not Found"),
        (HTML, "found an HTML or XML page"),
        (b"", "found an empty file"),
        (b"x" * (download.SLACK + 100), "bytes, found more"),
    ],
)
def test_mirrors_are_tried_in_turn(mirror, cache, bad, words):
    site, address = mirror
    if bad is not None:
        for name in NAMES:
            site.pages[f"/bad/{name}.gz"] = bad
    dead = "http://127.0.0.1:1/"
    dataset = small.dataset(mirrors=(dead, f"{address}bad/", address))
    tried = download.fetch(dataset)
    assert tried[0] == f"{dead}{NAMES[0]}.gz: Connection refused"
    assert tried[1].startswith(f"{address}bad/{NAMES[0]}.gz: ") and words in tried[1]
    assert len(tried) == 2 and len(site.asked) == 5
    assert listed(cache) == sorted(NAMES)
    load(dataset)


def test_a_dropped_connection(mirror, cache):
    site, address = mirror
    site.cut[f"/{NAMES[1]}.gz"] = 9
    with pytest.raises(DatasetError, match=f"{NAMES[1]}.gz: the connection broke off"):
        download.fetch(small.dataset(mirrors=(address,)))
    assert listed(cache) == [NAMES[0]]  # a complete one
    site.cut.clear()
    load(small.dataset(mirrors=(address,)))


def test_a_mirror_with_other_content(mirror, cache, tmp_path):
    site, address = mirror
    site.add_folder(small.write(tmp_path / "b", seed=1, packed=True), "/other/")
    other = f"{address}other/"
    with pytest.raises(DatasetError, match=f"{other}{NAMES[0]}.gz: expected sha256"):
        download.fetch(small.dataset(mirrors=(other,)))
    assert listed(cache) == []


def test_an_archive_is_the_last_resort(mirror, cache):
    site, address = mirror
    site.pages["/small.npz"] = small.archive()
    del site.pages[f"/{NAMES[3]}.gz"]
    site.pages["/page.npz"] = HTML
    names = ("none.npz", "page.npz", "small.npz")
    archives = tuple(address + name for name in names)
    dataset = small.dataset(mirrors=(address,), archives=archives)
    tried = download.fetch(dataset)
    assert len(tried) == 3
    assert tried[2].endswith("expected an npz file, found an HTML or XML page")
    assert listed(cache) == sorted(NAMES)
    load(dataset)


def test_a_server_that_unpacks(mirror, cache, tmp_path):
    site, address = mirror
    for path in small.write(tmp_path / "raw").iterdir():
        site.pages[f"/{path.name}.gz"] = path.read_bytes()
    load(small.dataset(mirrors=(address,)))


def test_without_pooch(cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(DatasetError, match="downloads need pooch: pip install 'mini"):
        load_files(small.dataset(mirrors=("http://127.0.0.1:1/",)))


def test_a_cache_that_cannot_be_written(mirror, cache, monkeypatch):
    dataset = small.dataset(mirrors=(mirror[1],))
    cache.parent.parent.mkdir()
    cache.parent.write_text("a file where the folder should be")
    with pytest.raises(OutputError, match="MINIGAN_CACHE_DIR names another place"):
        load_files(dataset)
    cache.parent.unlink()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OutputError, match="cannot be written .No space left"):
        load_files(dataset)
    assert listed(cache) == []


def test_a_temporary_file_that_cannot_be_written(mirror, cache, monkeypatch):
    class Full:
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            pass

    monkeypatch.setattr(download.tempfile, "TemporaryFile", Full)
    with pytest.raises(OutputError, match="temporary file: cannot be written"):
        load_files(small.dataset(mirrors=(mirror[1],)))


def test_an_interruption_leaves_nothing(mirror, cache, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(download._Limited, "write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        download.fetch(small.dataset(mirrors=(mirror[1],)))
    assert listed(cache) == []


# ---- progress ----------------------------------------------------------------------


def test_no_terminal_no_bar(mirror, cache, capfd):
    load(small.dataset(mirrors=(mirror[1],)))
    assert capfd.readouterr() == ("", "")


def test_a_bar_on_the_terminal(mirror, cache, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    load(small.dataset(mirrors=(mirror[1],)))
    out, err = capsys.readouterr()
    assert out == "" and NAMES[0] in err


# ---- several processes -------------------------------------------------------------

CHILDREN = """
import os, signal, sys, time, requests
from minigan.data.loading import load_files
from tests.data import small

def work():
    train, test = load_files(small.dataset(mirrors=(sys.argv[1],)))
    small.assert_parts([*train, *test])

children = []
for _ in range(8):
    pid = os.fork()
    if not pid:
        try:
            work()
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    children.append(pid)
time.sleep(0.2)
os.kill(children[0], signal.SIGKILL)
for pid in children:
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_eight_processes_one_killed(mirror, cache):
    site, address = mirror
    site.pause = 0.01
    parent = subprocess.Popen(
        [sys.executable, "-c", CHILDREN, address],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    seen = set()
    while parent.poll() is None:
        for part in small.dataset().parts:  # at every moment complete, or not there
            if (cache / part.file).exists():
                sources.read_part(small.dataset(), part, cache / part.file)
                seen.add(part.file)
        time.sleep(0.01)
    codes = list(map(int, parent.communicate()[0].split()))
    assert codes == [-signal.SIGKILL] + [0] * 7 and seen
    assert listed(cache) == sorted(NAMES)


def test_what_a_killed_process_left_is_swept(mirror, cache):
    cache.mkdir(parents=True)
    (cache / f".{NAMES[0]}.999999999.abcd.tmp").write_bytes(b"half")
    load(small.dataset(mirrors=(mirror[1],)))
    assert listed(cache) == sorted(NAMES)


def test_the_write_is_the_atomic_one(mirror, cache, monkeypatch):
    written = []
    monkeypatch.setattr(
        files, "write_atomically", lambda path, content: written.append(path.name)
    )
    download.fetch(replace(small.dataset(), mirrors=(mirror[1],)))
    assert written == NAMES


def test_a_server_that_does_not_answer(mirror, cache, monkeypatch):
    site, address = mirror
    site.pause = 1.0
    monkeypatch.setattr(download, "TIMEOUT", (5, 0.1))
    with pytest.raises(DatasetError, match=f"{NAMES[0]}.gz: no answer in time"):
        download.fetch(small.dataset(mirrors=(address,)))
