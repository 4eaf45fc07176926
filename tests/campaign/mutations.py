"""What can be wrong with a file: mutations of its bytes, and forgeries inside it."""

import copy
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minigan import checkpoint
from minigan.reading import GZIP, NPY, ZIP

Rng = np.random.Generator
Mutation = Callable[[Rng, bytes], bytes]

NUMBERS = (
    *(0, -1, 1, 2, 3, 2**31, 2**31 - 1, 2**63, -(2**63), 2**64, 10**30, 10**400),
    *(0.5, -0.0, 1e-320, 1e308, float("nan"), float("inf"), -float("inf")),
)
THINGS = (
    *("", "x", "../x", "\0", "Dense", "numpy", "x" * 100_000, "\ud800"),
    *(None, True, False, [], {}, [[]], {"a": 1}, [1, 2], [[1, 2], [3]]),
    *({"generator": 0}, {"layer": ["Dense", {}]}, {"network": ["Sequential", {}]}),
    [0] * 10_000,
)
HEADERS = (
    *("{", "{'descr': '<f4'", "'''", "{'a': (((((", "\t{\n  }", "\\\n", "0x", "f''"),
    *("{'descr': '|O', 'fortran_order': False, 'shape': (3,)}",),
    *("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",),
    *("{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776, 1048576)}",),
    *("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}",),
    *("{'descr': '<f4', 'fortran_order': 2, 'shape': ('3',)}", "[" * 4000, "\xff"),
    *("{'descr': '<U9999999', 'fortran_order': False, 'shape': ()}",),
    *("{'descr': '<f4', 'fortran_order': False, 'shape': (True,)}",),
    *("{'descr': '<M8[xx]', 'fortran_order': False, 'shape': (3,)}", "1 if 1 else 2"),
)


# ---- bytes --------------------------------------------------------------------------


def flip(rng: Rng, content: bytes) -> bytes:
    """A few bits."""
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        changed[rng.integers(len(changed))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def cut(rng: Rng, content: bytes) -> bytes:
    """The end is missing."""
    return content[: rng.integers(len(content))]


def insert(rng: Rng, content: bytes) -> bytes:
    """Bytes that were not there."""
    place = int(rng.integers(len(content) + 1))
    return content[:place] + rng.bytes(int(rng.integers(1, 40))) + content[place:]


def overwrite(rng: Rng, content: bytes) -> bytes:
    """A piece of zeros, of ones, or of another place."""
    size = int(rng.integers(1, 64))
    place, other = rng.integers(max(1, len(content) - size), size=2)
    piece = [bytes(size), b"\xff" * size, content[other : other + size]]
    return content[:place] + piece[rng.integers(3)] + content[place + size :]


def remove(rng: Rng, content: bytes) -> bytes:
    """A piece in the middle is missing."""
    place = int(rng.integers(len(content)))
    return content[:place] + content[place + int(rng.integers(1, 64)) :]


# ---- archives -----------------------------------------------------------------------


def _members(content: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def _packed(members: list[tuple[str, bytes]], deflate: bool = False) -> bytes:
    method = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members:
            date = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(date, data, method, compresslevel=1)
    return file.getvalue()


def sealed_again(archive: bytes) -> bytes:
    """The archive with the digest that `checkpoint.read` expects."""
    return checkpoint.sealed(archive)


def member(rng: Rng, content: bytes) -> bytes:
    """One member is mutated, renamed, doubled, left out or packed otherwise."""
    members = _members(content)
    k = int(rng.integers(len(members)))
    name, data = members[k]
    choice = int(rng.integers(8))
    if choice == 0:
        del members[k]
    elif choice == 1:
        members[k] = ("../" + name, data)
    elif choice == 2:
        members.append(("more.npy", data))
    elif choice == 3:
        members[k] = (name, bytes(6_000_000))
    elif choice == 4 and data.startswith(NPY):
        members[k] = (name, _headed(HEADERS[rng.integers(len(HEADERS))], data))
    elif choice == 5:
        other = members[rng.integers(len(members))][1]
        members[k] = (name, other)
    elif data:
        mutate = BYTES[rng.integers(len(BYTES))]
        members[k] = (name, mutate(rng, data))
    return _packed(members, deflate=choice == 3)


def header(rng: Rng, content: bytes) -> bytes:
    """npy data with a header that NumPy's parser trips over."""
    return _headed(HEADERS[rng.integers(len(HEADERS))], content)


def _headed(text: str, content: bytes) -> bytes:
    encoded = text.encode("latin1")
    return (
        NPY + b"\x01\x00" + len(encoded).to_bytes(2, "little") + encoded + content[-96:]
    )


# ---- descriptions and arrays, under a right seal -------------------------------------


def _places(found: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in what JSON holds."""
    places = [path]
    if isinstance(found, dict):
        items: Any = found.items()
    else:
        items = enumerate(found) if isinstance(found, list) else ()
    for key, value in items:
        places += _places(value, (*path, key))
    return places


def _changed(found: Any, path: tuple[Any, ...], rng: Rng) -> Any:
    """Another value at a path."""
    if path:
        head, *rest = path
        found[head] = _changed(found[head], tuple(rest), rng)
        return found
    choice = int(rng.integers(4))
    if choice == 0 and isinstance(found, (dict, list)) and found:
        keys = list(found) if isinstance(found, dict) else list(range(len(found)))
        del found[keys[rng.integers(len(keys))]]
        return found
    if choice == 1 and isinstance(found, list) and found:
        return found * int(rng.integers(2, 200))
    pool = NUMBERS if rng.integers(2) else THINGS
    return copy.deepcopy(pool[rng.integers(len(pool))])


def description(rng: Rng, content: bytes) -> bytes:
    """One or two values of the description are others."""
    members = _members(content)
    name, data = members[0]
    members[0] = (name, _described(rng, data))
    return sealed_again(_packed(members))


def _described(rng: Rng, content: bytes) -> bytes:
    meta = json.loads(content)
    for _ in range(int(rng.integers(1, 3))):
        places = _places(meta)[1:]
        meta = _changed(meta, places[rng.integers(len(places))], rng)
    text = json.dumps(meta)
    if rng.integers(20) == 0:
        depth = int(rng.integers(1, 200_000))
        text = text[:-1] + ', "deep": ' + "[" * depth + "]" * depth + "}"
    return text.encode()


def array(rng: Rng, content: bytes) -> bytes:
    """One of the arrays holds other numbers, or has another shape or type."""
    members = _members(content)
    k = int(rng.integers(1, len(members)))
    name, data = members[k]
    old = np.lib.format.read_array(io.BytesIO(data))
    members[k] = (name, _stored(_other(rng, old)))
    return sealed_again(_packed(members))


def _other(rng: Rng, old: Any) -> Any:
    choice = int(rng.integers(6))
    if choice == 0:
        return old.astype([">f4", "<f8", "<i8", "|u1", "<f2", "|b1"][rng.integers(6)])
    if choice == 1:
        return old.reshape(-1)[: max(0, old.size - 1)]
    if choice == 2:
        return old.reshape(-1)
    if choice == 3:
        return np.concatenate([old.reshape(-1)] * 3)
    new = old.copy().reshape(-1)
    if not new.size:
        return old
    kind = np.iinfo(new.dtype) if new.dtype.kind in "iu" else None
    pool = (kind.min, kind.max, 0, 1) if kind else (np.nan, np.inf, 3e38, 0, -1)
    with np.errstate(over="ignore"):
        new[rng.integers(new.size, size=int(rng.integers(1, 4)))] = pool[
            rng.integers(len(pool))
        ]
    return new.reshape(old.shape)


def _stored(values: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(values), allow_pickle=False)
    return file.getvalue()


def sealed_member(rng: Rng, content: bytes) -> bytes:
    """A mutated member under a right seal."""
    return sealed_again(member(rng, content))


BYTES: tuple[Mutation, ...] = (flip, cut, insert, overwrite, remove)


# ---- packed bytes, pictures, text ---------------------------------------------------


def repacked(rng: Rng, content: bytes) -> bytes:
    """What was packed is mutated, or a bomb."""
    inner = gzip.decompress(content)
    if rng.integers(4) == 0:
        return BOMB
    return gzip.compress(BYTES[rng.integers(len(BYTES))](rng, inner), 1)


BOMB = gzip.compress(bytes(20_000_000))
DEFLATED = zlib.compress(bytes(20_000_000))


def chunk(rng: Rng, content: bytes) -> bytes:
    """A PNG with a chunk that is mutated, doubled, moved or gone, under a right sum."""
    chunks = []
    place = len(PNG)
    while place < len(content):
        size = int.from_bytes(content[place : place + 4])
        chunks.append((content[place + 4 : place + 8], content[place + 8 :][:size]))
        place += size + 12
    k, choice = int(rng.integers(len(chunks))), int(rng.integers(5))
    kind, data = chunks[k]
    if choice == 0:
        del chunks[k]
    elif choice == 1:
        chunks.insert(int(rng.integers(len(chunks))), chunks[k])
    elif choice == 2:
        chunks.insert(1, (b"zTXt", b"x\0\0" + DEFLATED))
    elif choice == 3 and kind == b"IDAT":
        chunks[k] = kind, DEFLATED
    elif data:
        chunks[k] = kind, BYTES[rng.integers(len(BYTES))](rng, data)
    return PNG + b"".join(
        len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)
        for kind, data in chunks
    )


def field(rng: Rng, content: bytes) -> bytes:
    """A table of text with other fields, lines or delimiters."""
    text = content.decode("latin-1")
    lines = text.splitlines(keepends=True)
    k, choice = int(rng.integers(len(lines))), int(rng.integers(6))
    if choice == 0:
        lines.insert(k, lines[rng.integers(len(lines))])
    elif choice == 1:
        del lines[k]
    elif choice == 2:
        old, new = rng.choice(list(",;\t| \"\n\r\0'"), 2)
        return text.replace(old, new).encode("latin-1")
    elif choice == 3:
        lines[k] = lines[k].rstrip("\n") * int(rng.integers(2, 300)) + "\n"
    else:
        fields = lines[k].rstrip("\n").split(",")
        fields[rng.integers(len(fields))] = FIELDS[rng.integers(len(FIELDS))]
        lines[k] = ",".join(fields) + "\n"
    marks = ("", "", "", "\xef\xbb\xbf", "\xff\xfe", "sep=;\n", "#", "\n" * 100)
    return (marks[rng.integers(len(marks))] + "".join(lines)).encode("latin-1")


FIELDS = (
    *("", "nan", "inf", "-", "?", "1e999", "1_000", "0x10", "=1+1", "1,5", "'1'"),
    *('"', '""', '"1', '1"', "\0", "9" * 400, "9" * 10_000, "x" * 140_000, "1e308"),
    *("-1e308", "1e-320", "\xb2", "\xa0", "True", "None", "1;2", "1\r2", "  1  "),
)


def mutations(content: bytes, sealed: bool) -> tuple[Mutation, ...]:
    """Those that suit a file."""
    if sealed:
        return (*BYTES, sealed_member, description, description, array, array)
    for head, own in OWN.items():
        if content.startswith(head):
            return (*BYTES, own, own)
    return BYTES


def text_of_json(rng: Rng, content: bytes) -> bytes:
    """JSON of another structure."""
    return _described(rng, content)


PNG = b"\x89PNG\r\n\x1a\n"
OWN: dict[bytes, Mutation] = {
    ZIP: member,
    NPY: header,
    GZIP: repacked,
    PNG: chunk,
    b"{": text_of_json,
    b"height": field,  # the first column of the tables of a campaign
}


def mutated(path: Path, rng: Rng, sealed: bool) -> tuple[str, bytes]:
    """(name of the mutation, content) for an honest file."""
    content = path.read_bytes()
    known = mutations(content, sealed)
    mutate = known[rng.integers(len(known))]
    return mutate.__name__, mutate(rng, content)
