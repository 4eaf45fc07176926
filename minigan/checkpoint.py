"""Checkpoint files: arrays and a description, whole or not at all.

A checkpoint is an `.npz` (`numpy.load` reads it) with one member for each array, one
for the description (JSON), and the sha256 of everything before it as the archive's
comment, the last bytes of the file.  Nothing is compressed and nothing is pickled, so
that reading never runs code and never needs more memory than the file is long.

Reading goes: digest, then structure, then values; a file that fails anywhere raises
`CheckpointError` and nothing has been changed.
"""

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from . import npy
from .errors import CheckpointError, StateError
from .files import as_path, write_atomically
from .reading import broken, decoding

Arrays = dict[str, np.ndarray]
Path = str | os.PathLike[str]

FORMAT = 1
_META = "meta.json"
_MARK = b"minigan sha256 "
_TRAILER = len(_MARK) + 64


def write(
    path: Path, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]
) -> None:
    """Write name -> array and a JSON-able dict, atomically.

    Errors: OutputError where the file cannot be written, StateError for a number in
    the description that is NaN or infinite; an old file then survives.
    """
    try:
        described = {"format": FORMAT, **meta}
        text = json.dumps(described, sort_keys=True, allow_nan=False)
    except ValueError as error:
        raise StateError(f"{path}: expected a description of finite numbers") from error
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_fixed_date(_META), text)
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
            archive.writestr(_fixed_date(name + ".npy"), member.getvalue())
    write_atomically(path, sealed(buffer.getvalue()))


def sealed(archive: bytes) -> bytes:
    """A zip archive without a comment, and its sha256 as the comment."""
    body = archive[:-2] + _TRAILER.to_bytes(2, "little")
    return body + _MARK + hashlib.sha256(body).hexdigest().encode()


def read(
    path: Path, what: str = "checkpoint", where: str = "checkpoint.read"
) -> tuple[Arrays, dict[str, Any]]:
    """(arrays, meta) of a file that `write` made.

    what: the kind of file, for messages.  where: who reads it.
    Errors: CheckpointError for anything else, saying what was expected and found.
    """
    path = as_path(where, path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror})") from error
    body, trailer = content[:-_TRAILER], content[-_TRAILER:]
    if len(content) <= _TRAILER or not trailer.startswith(_MARK):
        raise CheckpointError(f"{path}: expected a minigan {what}, got another file")
    expected = trailer[len(_MARK) :].decode("latin1")
    found = hashlib.sha256(body).hexdigest()
    if expected != found:
        raise CheckpointError(
            f"{path}: damaged: expected sha256 {expected}, got {found}"
        )
    return _parse(str(path), content, what)


def _parse(path: str, content: bytes, what: str) -> tuple[Arrays, dict[str, Any]]:
    """The description, which comes first, and the arrays behind it."""
    fault = CheckpointError
    with npy.archive(io.BytesIO(content), path, fault) as members:
        found = [member.file for member in members.values()]
        if found[:1] != [_META]:
            broken(path, f"{_META} as its first member", found[:1] or "none", fault)
        for member in members.values():
            if member.stored != member.size:
                broken(f"{path}: {member.file}", "no compressed member", "one", fault)
        size = sum(member.size for member in members.values())
        if size > len(content):
            broken(path, f"at most {len(content):,} bytes in it", f"{size:,}", fault)
        text = members.pop(_META).content(len(content))
        with decoding(f"{path}: {_META}", f"the description of a {what}", fault):
            meta = json.loads(text, parse_constant=_no_number)
        given = meta.get("format") if isinstance(meta, dict) else type(meta).__name__
        if not isinstance(meta, dict) or given != FORMAT:
            broken(path, f"format {FORMAT}", given, fault)
        for key, member in members.items():
            if member.file != f"{key}.npy":
                broken(path, "arrays alone (.npy)", repr(member.file), fault)
        return {key: member.array() for key, member in members.items()}, meta


def _no_number(text: str) -> NoReturn:
    """For NaN and Infinity, which `write` does not write and JSON does not know."""
    raise ValueError(f"the number {text}")


def _fixed_date(name: str) -> zipfile.ZipInfo:
    """Equal contents give equal files, whenever they are written."""
    return zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
