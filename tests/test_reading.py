"""Small files that would unpack to much: refused with little memory.

Each is read by a process of its own that may take 96 MB more than it has.
"""

import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from minigan.data import idx

from .data import small
from .test_npy import header

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="needs /proc to know its own size"
)
ROOT = Path(__file__).resolve().parents[1]
GIGABYTE = 1024  # megabytes

CHILD = """
import resource, sys
from minigan import data, npy
from minigan.data.loading import load_files
from minigan.errors import DatasetError
from tests.data import small

def archive(path):
    with npy.archive(path) as members:
        for member in members.values():
            member.array()

readers = {
    "load": lambda path: load_files(small.open_dataset(), path),
    "from_file": data.from_file,
    "archive": archive,
}
pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + (96 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for reader, path in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        readers[reader](path)
    except DatasetError as error:
        print(error)
    else:
        print("read")
try:
    bytearray(100 << 20)
except MemoryError:
    print("the limit holds")
"""


def messages(*tasks):
    """What a child with little memory says of (reader, path) pairs."""
    words = [str(word) for task in tasks for word in task]
    run = subprocess.run(
        [sys.executable, "-c", CHILD, *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    *lines, last = run.stdout.splitlines()
    assert last == "the limit holds" and len(lines) == len(tasks)
    return lines


def deflated_zeros(megabytes):
    """A stream of deflate that unpacks to zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first * megabytes + packer.flush()


def bomb(megabytes):
    """An npz file with one array of a small stream that unpacks to much."""
    stream = deflated_zeros(megabytes)
    size = (megabytes << 20) + 128
    start = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = start.compress(header((megabytes << 20,))) + start.flush(zlib.Z_FULL_FLUSH)
    content = bytearray(small.npz({"data": b"x"}))
    name, directory = b"data.npy", content.index(b"PK\1\2")
    local = content[: content.index(name) + len(name)]
    tail = content[directory:]
    packed = len(head + stream)
    for place, where in ((18, local), (20, tail)):
        where[place : place + 8] = packed.to_bytes(4, "little") + size.to_bytes(
            4, "little"
        )
    end = tail.index(b"PK\5\6")
    tail[end + 16 : end + 20] = (len(local) + packed).to_bytes(4, "little")
    return bytes(local) + head + stream + bytes(tail)


def test_memory_stays_bounded(tmp_path):
    images = idx.header((6, 5, 3)) + bytes(90)

    def folder(name, content):
        path = small.write(tmp_path / name) / small.dataset().parts[0].file
        path.write_bytes(content)
        return tmp_path / name

    def file(name, content):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    zeros = small.zeros_packed
    gigabyte = idx.header((1 << 10, 1 << 10, 1 << 10))
    cases = [
        ("load", folder("more", zeros(images, GIGABYTE)), "90 bytes of data, found mo"),
        ("load", folder("huge", zeros(gigabyte, 4)), "expected shape (n, 5, 3)"),
        (
            "load",
            folder("many", zeros(idx.header((2**32 - 1, 5, 3)), 4)),
            "bytes of data for shape (4294967295, 5, 3), found at most",
        ),
        (
            "from_file",
            file("shape.npy", header((1 << 40, 28)) + bytes(28)),
            "expected 30,786,325,577,728 bytes for shape",
        ),
        ("from_file", file("bomb.npz", bomb(GIGABYTE)), "that unpack to 1,073,741,952"),
        ("from_file", file("gz", zeros(images, GIGABYTE)), "90 bytes of data, found m"),
    ]
    lines = messages(*((reader, path) for reader, path, _ in cases))
    for line, (_, path, words) in zip(lines, cases, strict=True):
        assert line.startswith(str(path)) and words in line


def test_the_bomb_is_a_whole_archive(tmp_path):
    """Its sizes are right: a reader without limits would unpack it."""
    import zipfile

    path = tmp_path / "bomb.npz"
    path.write_bytes(bomb(2))
    with zipfile.ZipFile(path) as archive:
        member = archive.open("data.npy")
        member._expected_crc = None
        assert len(member.read()) == (2 << 20) + 128
