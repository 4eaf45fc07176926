"""Checkpoint files: whole and true, or `CheckpointError`; never code."""

import hashlib
import io
import json
import pickle
import subprocess
import sys
import warnings
import zipfile

import numpy as np
import pytest

from minigan import checkpoint
from minigan.errors import CheckpointError, DTypeError, OutputError, StateError

ARRAYS = {
    "theta": np.arange(6, dtype=np.float32).reshape(2, 3),
    "empty": np.empty((0, 4)),
    "cell": np.array(7, np.int64),
}
META = {"kind": "test", "numbers": [1, 2.5, None, True], "huge": 2**127}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "small.npz"
    checkpoint.write(path, ARRAYS, META)
    return path


def seal(body):
    """A body with the digest that belongs to it: what a forger would do."""
    digest = hashlib.sha256(body).hexdigest().encode()
    return body + b"minigan sha256 " + digest


def forge(path, members, meta=META, compression=zipfile.ZIP_STORED, first=True):
    """A file with a valid digest around any members (name, bytes)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        if first:
            archive.writestr("meta.json", json.dumps({"format": 1, **meta}))
        for name, content in members:
            archive.writestr(name, content)
        archive.comment = bytes(79)
    path.write_bytes(seal(buffer.getvalue()[:-79]))


def npy(array, **changes):
    """An array as an .npy file, with entries of its header replaced."""
    array = np.asarray(array)
    header = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape}
    text = repr({**header, **changes}).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    head = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little")
    return head + text + array.tobytes()


def refused(path, message=None):
    with pytest.raises(CheckpointError, match=message) as raised:
        checkpoint.read(path)
    assert str(path) in str(raised.value)


# ---- what is written ---------------------------------------------------------------


def test_arrays_and_description_come_back(path):
    arrays, meta = checkpoint.read(path)
    assert {k: v for k, v in meta.items() if k != "format"} == META
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype and arrays[name].shape == array.shape
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].flags.writeable and arrays[name].flags.owndata


def test_numpy_reads_it_too(path):
    with np.load(path, allow_pickle=False) as file:
        np.testing.assert_array_equal(file["theta"], ARRAYS["theta"])


def test_equal_contents_give_equal_files(path, tmp_path):
    checkpoint.write(tmp_path / "again", ARRAYS, META)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_forged_files_are_read_where_they_are_valid(tmp_path):
    """So that the refusals below are for the reason that is tested."""
    path = tmp_path / "forged"
    forge(path, [("a.npy", npy(np.arange(3.0)))])
    np.testing.assert_array_equal(checkpoint.read(path)[0]["a"], [0, 1, 2])


def test_arrays_that_are_stored_by_columns_come_back(tmp_path):
    """A transposed array is; NumPy writes it as it lies in memory."""
    array = np.arange(6.0).reshape(2, 3).T
    checkpoint.write(tmp_path / "c", {"a": array}, META)
    np.testing.assert_array_equal(checkpoint.read(tmp_path / "c")[0]["a"], array)


def test_object_arrays_are_not_written(tmp_path):
    with pytest.raises(ValueError, match="allow_pickle=False"):
        checkpoint.write(tmp_path / "c", {"a": np.array([{}])}, META)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match="none/c: cannot be written"):
        checkpoint.write(tmp_path / "none" / "c", ARRAYS, META)


# ---- damage ------------------------------------------------------------------------


def test_every_flipped_bit_is_noticed(path):
    content = bytearray(path.read_bytes())
    other = path.with_name("flipped")
    for place in range(len(content)):
        bits = range(8) if place % 16 == 0 or place > len(content) - 80 else [place % 8]
        for bit in bits:
            content[place] ^= 1 << bit
            other.write_bytes(content)
            with pytest.raises(CheckpointError):
                checkpoint.read(other)
            content[place] ^= 1 << bit
    other.write_bytes(content)
    checkpoint.read(other)


def test_every_prefix_and_every_tail_is_noticed(path):
    content, other = path.read_bytes(), path.with_name("cut")
    for end in range(len(content)):
        for part in (content[:end], content[end + 1 :]):
            other.write_bytes(part)
            with pytest.raises(CheckpointError):
                checkpoint.read(other)
    other.write_bytes(content + b"\0")
    refused(other, "expected a minigan checkpoint")


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"PK\x05\x06" + bytes(18), b"<html>", bytes(10_000), b"\x89HDF\r\n"],
    ids=len,
)
def test_foreign_files(tmp_path, content):
    (tmp_path / "f").write_bytes(content)
    refused(tmp_path / "f", "expected a minigan checkpoint, got another file")


def test_a_numpy_archive_is_foreign(tmp_path):
    np.savez(tmp_path / "f.npz", theta=np.zeros(3))
    refused(tmp_path / "f.npz", "expected a minigan checkpoint, got another file")


def test_missing_files_and_folders(tmp_path):
    refused(tmp_path / "none", "cannot be read .No such file")
    refused(tmp_path, "cannot be read .Is a directory")


@pytest.mark.parametrize("path", [None, 3, ["a"]])
def test_what_is_no_path(path):
    with pytest.raises(DTypeError, match="'path': expected a path"):
        checkpoint.read(path)


# ---- forgery -----------------------------------------------------------------------

ONE = npy(np.arange(4.0))
FORGED = {
    "no zip": None,
    "duplicate": ([("a.npy", ONE), ("a.npy", ONE)], "no name twice"),
    "second meta": ([("meta.json", b"{}")], "no name twice"),
    "extra text": ([("a.txt", b"hello")], r"arrays alone \(.npy\), found 'a.txt'"),
    "a pickle": ([("a.pkl", pickle.dumps([1]))], "arrays alone"),
    "an empty member": ([("a.npy", b"")], "a.npy: expected npy data, found an empty"),
    "no npy": ([("a.npy", b"not numpy")], "a.npy: expected npy data, found the b"),
    "short": ([("a.npy", ONE[:-1])], "a.npy: expected 32 bytes for .* found 31"),
    "long": ([("a.npy", ONE + b"\0")], "a.npy: expected 32 bytes for .* found 33"),
    "shape bomb": ([("a.npy", npy(0.0, shape=(2**40, 2**40)))], "found 8"),
    "negative": ([("a.npy", npy([0.0] * 4, shape=(-2, -2)))], "at least 0"),
    "negative one": ([("a.npy", npy([0.0] * 4, shape=(-1,)))], "at least 0"),
    "shape of text": ([("a.npy", npy([0.0] * 4, shape="4"))], "expected a header"),
    "no width": ([("a.npy", npy(0.0, descr="|V0", shape=(2**50,)))], "numbers"),
    "text": ([("a.npy", npy(["a"]))], "expected numbers, found dtype <U1"),
    "objects": ([("a.npy", npy([0.0], descr="|O"))], "never unpickled"),
    "no such type": ([("a.npy", npy([0.0], descr="<q99"))], "expected a header"),
    "code": ([("a.npy", npy([0.0], descr="__import__('os')"))], "expected a header"),
    "npy 2.0": ([("a.npy", ONE[:6] + b"\x02" + ONE[7:])], "a.npy: expected a header"),
}


@pytest.mark.parametrize("case", FORGED.values(), ids=FORGED)
def test_forged_members(tmp_path, case):
    path = tmp_path / "forged"
    if case is None:
        path.write_bytes(seal(b"no zip archive at all"))
        refused(path, "expected an npz file, found the bytes")
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's, for a name that comes twice
        forge(path, case[0])
    refused(path, case[1])


@pytest.mark.parametrize("text", ["[]", "3", "null", "{", "", "\xff", '{"format": NaN'])
def test_forged_descriptions(tmp_path, text):
    forge(tmp_path / "f", [("meta.json", text), ("a.npy", ONE)], first=False)
    refused(tmp_path / "f")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_know(tmp_path, text):
    meta = f'{{"format": 1, "a": [{text}]}}'
    forge(tmp_path / "f", [("meta.json", meta), ("a.npy", ONE)], first=False)
    refused(tmp_path / "f", f"meta.json: expected .* .the number {text}.")
    with pytest.raises(StateError, match="of finite numbers"):
        checkpoint.write(tmp_path / "g", {}, {"a": float(text)})
    assert not (tmp_path / "g").exists()


def test_a_description_that_is_too_deep(tmp_path):
    forge(tmp_path / "f", [("meta.json", "[" * 200_000)], first=False)
    refused(tmp_path / "f")


@pytest.mark.parametrize("number", [0, 2, 99, "1", None, 1.5])
def test_other_formats(tmp_path, number):
    forge(tmp_path / "f", [], {"format": number})
    refused(tmp_path / "f", f"expected format 1, found {number}")


def test_the_description_comes_first(tmp_path):
    forge(tmp_path / "f", [("a.npy", ONE), ("meta.json", "{}")], first=False)
    refused(tmp_path / "f", "expected meta.json as its first")
    forge(tmp_path / "f", [], first=False)
    refused(tmp_path / "f", "found an empty zip archive")


def test_zip_bombs_are_refused_before_they_are_unpacked(tmp_path):
    bomb = npy(np.zeros(2**22))
    forge(tmp_path / "f", [("a.npy", bomb)], compression=zipfile.ZIP_DEFLATED)
    assert (tmp_path / "f").stat().st_size < 100_000
    refused(tmp_path / "f", "expected no compressed member")


def test_members_that_claim_more_than_the_file_holds(tmp_path):
    """Two entries of the directory that share the same bytes of the file."""
    forge(tmp_path / "f", [("a.npy", npy(np.zeros(900))), ("b.npy", b"")])
    content = bytearray((tmp_path / "f").read_bytes())
    directory = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", directory + 4)
    third = content.index(b"PK\x01\x02", second + 4)
    content[third + 16 : third + 28] = content[second + 16 : second + 28]
    content[third + 42 : third + 46] = content[second + 42 : second + 46]
    (tmp_path / "f").write_bytes(seal(bytes(content[:-79])))
    refused(tmp_path / "f")


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "a/../../out", "C:\\out"])
def test_names_are_names_and_no_paths(tmp_path, name):
    """Nothing is unpacked: such a member is an array of an odd name, no more."""
    (tmp_path / "in").mkdir()
    forge(tmp_path / "in" / "f", [(name + ".npy", ONE)])
    assert len(checkpoint.read(tmp_path / "in" / "f")[0]) == 1
    assert [p.name for p in tmp_path.rglob("*")] == ["in", "f"]


HOSTILE = """
import sys
forbidden = ("pickle.find_class", "os.system", "subprocess.Popen", "os.exec")
armed = []
def hook(event, arguments):
    if armed and event in forbidden:
        print("FORBIDDEN", event)
sys.addaudithook(hook)
from minigan import checkpoint
from minigan.errors import CheckpointError, StateError
from minigan.gan import Trainer, saving
armed.append(True)
for path in sys.argv[1:]:
    for read in (checkpoint.read, Trainer.load):
        try:
            read(path)
        except CheckpointError:
            print("refused")
"""


class Payload:
    def __reduce__(self):
        return (open, (self.sentinel, "w"))


def test_pickles_are_never_executed(tmp_path):
    payload = Payload()
    payload.sentinel = str(tmp_path / "sentinel")
    objects = np.empty(1, object)
    objects[0] = payload
    member = io.BytesIO()
    np.save(member, objects, allow_pickle=True)
    forge(tmp_path / "member", [("a.npy", member.getvalue())])
    forge(tmp_path / "whole", [("a.npy", pickle.dumps(payload))])
    (tmp_path / "sealed").write_bytes(seal(pickle.dumps(payload)))
    (tmp_path / "bare").write_bytes(pickle.dumps(payload))
    files = [tmp_path / name for name in ("member", "whole", "sealed", "bare")]
    result = subprocess.run(
        [sys.executable, "-c", HOSTILE, *files], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["refused"] * 8
    assert not (tmp_path / "sentinel").exists()
