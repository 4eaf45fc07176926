"""Forged payloads: files that would run code, or write where they should not.

Each leaves a file called `ran` if it has its way.  They are opened by whatever a user
may open them with, in a process that ends where anything is unpickled or started.
"""

import io
import os
import pickle
import struct
import subprocess
import sys
import tempfile
import traceback
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from minigan import checkpoint
from minigan.errors import MiniganError

from .counts import Counts
from .formats import FORMATS, Format, used

# What Python tells its auditors of before it happens.
FORBIDDEN = (
    *("pickle.find_class", "os.system", "os.exec", "os.spawn", "os.posix_spawn"),
    *("os.fork", "os.symlink", "subprocess.Popen", "socket.connect"),
)


class Runs:
    """Pickled, a call of a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def _code(ran: Path) -> str:
    """An expression of Python that leaves the file."""
    return f"__import__('pathlib').Path({str(ran)!r}).touch()"


def pickles(ran: Path) -> Iterator[tuple[str, bytes]]:
    """Pickles of every protocol, and of several functions."""
    for protocol in range(6):
        what = Runs(os.system, f"touch '{ran}'")
        yield f"pickle {protocol}", pickle.dumps(what, protocol)
    yield "pickle of eval", pickle.dumps(Runs(eval, _code(ran)))
    yield "pickle of Popen", pickle.dumps(Runs(subprocess.Popen, ["touch", str(ran)]))
    yield "pickle by hand", f"cos\nsystem\n(S'touch {ran}'\ntR.".encode()


def objects(ran: Path) -> bytes:
    """An npy file of Python objects."""
    file = io.BytesIO()
    array = np.array([Runs(os.system, f"touch '{ran}'")], dtype=object)
    np.lib.format.write_array(file, array, allow_pickle=True)
    return file.getvalue()


def headers(ran: Path) -> Iterator[tuple[str, bytes]]:
    """npy files whose header is code."""
    for name, text in {
        "code": _code(ran),
        "code as a dtype": f"{{'descr': {_code(ran)}, 'shape': (1,)}}",
        "a lambda": f"(lambda: {_code(ran)})()",
        "a format": f"f'{{{_code(ran)}}}'",
        "a comprehension": f"[{_code(ran)} for _ in (1,)]",
    }.items():
        head = text.encode()
        size = struct.pack("<H", len(head))
        yield f"npy header: {name}", b"\x93NUMPY\x01\x00" + size + head + bytes(8)


def archives(ran: Path) -> Iterator[tuple[str, bytes]]:
    """Archives with members that would lie elsewhere, or are pickles or links."""
    small = io.BytesIO()
    np.save(small, np.zeros(3))
    names = {
        "a path upwards": f"{'../' * 12}{str(ran).lstrip('/')}",
        "a whole path": str(ran),
        "a path of Windows": f"C:\\{ran.name}",
        "a link": "x_train.npy",
        "objects": "x_train.npy",
        "data.pkl, as torch has it": "archive/data.pkl",
    }
    for kind, name in names.items():
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            info = zipfile.ZipInfo(name)
            content = small.getvalue()
            if kind == "a link":
                info.external_attr, content = 0o120777 << 16, str(ran).encode()
            if kind == "objects":
                content = objects(ran)
            if name.endswith(".pkl"):
                content = pickle.dumps(Runs(os.system, f"touch '{ran}'"))
            archive.writestr(info, content)
        yield f"archive with {kind}", file.getvalue()


def others(ran: Path) -> Iterator[tuple[str, bytes]]:
    """Formats that other programs run."""
    yield (
        "PostScript",
        f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n({ran}) (w) file".encode(),
    )
    yield "YAML", f"a: !!python/object/apply:os.system ['touch {ran}']\n".encode()
    yield "a formula", f"height,weight\n=cmd|'/C touch {ran}'!A0,1\n".encode()
    yield "a script", f"#!/bin/sh\ntouch '{ran}'\n".encode()
    yield "Python", f"{_code(ran)}\n".encode()
    entity = f'<!ENTITY b SYSTEM "file://{ran}">'
    yield "an entity", f"<!DOCTYPE a [{entity}]><a>&b;</a>".encode()
    yield "HDF5", b"\x89HDF\r\n\x1a\n" + pickle.dumps(Runs(os.system, f"touch '{ran}'"))


def described(ran: Path, honest: Path) -> Iterator[tuple[str, bytes]]:
    """Sealed files whose description names code in place of a class."""
    arrays, meta = checkpoint.read(honest)
    forged = [f"touch '{ran}'"]
    for name in (
        "os.system",
        "builtins.eval",
        "subprocess.Popen",
        "__import__",
        "Lambda",
    ):
        for key in list(meta)[:40]:
            if isinstance(meta[key], (list, dict)) and meta[key]:
                changed = _named(meta[key], name, forged)
                yield f"{key} names {name}", _written({**meta, key: changed}, arrays)
    with_objects = {"py/reduce": [{"py/function": "os.system"}, {"py/tuple": forged}]}
    yield "jsonpickle", _written({**meta, **with_objects}, arrays)


def _named(found: Any, name: str, arguments: list[str]) -> Any:
    """The same with another name where the first text stands in a list."""
    if isinstance(found, list) and found and isinstance(found[0], str):
        return [name, arguments, *found[2:]]
    if isinstance(found, list):
        return [_named(found[0], name, arguments), *found[1:]] if found else [name]
    if isinstance(found, dict):
        return {"class_name": name, "config": {"function": arguments}, **found} | {
            key: _named(value, name, arguments)
            for key, value in found.items()
            if isinstance(value, (list, dict))
        }
    return found


def _written(meta: dict[str, Any], arrays: dict[str, Any]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        checkpoint.write(f"{folder}/a", arrays, meta)
        return Path(folder, "a").read_bytes()


def all_for(kind: Format, ran: Path, honest: Path) -> Iterator[tuple[str, bytes]]:
    """Every payload for one format."""
    yield from pickles(ran)
    yield "npy of objects", objects(ran)
    yield from headers(ran)
    yield from archives(ran)
    yield from others(ran)
    if kind.sealed:
        yield from described(ran, honest)


# ---- opened, in a process of its own -------------------------------------------------


def opened(folder: Path, name: str) -> Counts:
    """All payloads for a format, opened; ends the process where one has its way."""
    kind, found = FORMATS[name], Counts("forged payloads")
    ran = folder / "ran"
    honest, forged = (folder / place / kind.file for place in ("honest", "forged"))
    for path in (honest, forged):
        path.parent.mkdir()
        kind.write(path)
    used(kind, honest)
    happened: list[str] = []
    armed = False

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if armed and event in FORBIDDEN:
            happened.append(event)
            raise PermissionError(event)

    sys.addaudithook(audit)
    for seed, (what, content) in enumerate(all_for(kind, ran, honest)):
        forged.write_bytes(content)
        found.tried += 1
        armed = True
        try:
            used(kind, forged)
            outcome = "taken as data"
        except MiniganError:
            outcome = "refused"
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            outcome = ""
            found.fault(f"{what}: {type(error).__name__} at {place.lineno}", seed)
        armed = False
        if happened or ran.exists():
            found.fault(f"{what}: {', '.join(happened) or 'ran'}", seed)
            outcome = ""
        happened.clear()
        ran.unlink(missing_ok=True)
        found.outcomes[outcome] += bool(outcome)
    return found
