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
import zipfile

import numpy as np

from .errors import CheckpointError
from .files import as_path, write_atomically

FORMAT = 1
_META = "meta.json"
_MARK = b"minigan sha256 "
_TRAILER = len(_MARK) + 64


def write(path, arrays, meta):
    """Write name -> array and a JSON-able dict, atomically.

    Errors: OutputError where the file cannot be written; an old file then survives.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        text = json.dumps({"format": FORMAT, **meta}, sort_keys=True)
        archive.writestr(_fixed_date(_META), text)
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
            archive.writestr(_fixed_date(name + ".npy"), member.getvalue())
        archive.comment = bytes(_TRAILER)
    body = buffer.getvalue()[:-_TRAILER]
    trailer = _MARK + hashlib.sha256(body).hexdigest().encode()
    write_atomically(path, body + trailer)


def read(path, what="checkpoint"):
    """(arrays, meta) of a file that `write` made.

    what: the kind of file, for messages.
    Errors: CheckpointError for anything else, saying what was expected and found.
    """
    path = as_path("checkpoint.read", path)
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
    try:
        return _parse(path, content)
    except CheckpointError:
        raise
    except Exception as error:  # a file made to deceive can raise nearly anything
        raise CheckpointError(f"{path}: not a valid {what} ({error})") from error


def _parse(path, content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        if len(set(names)) != len(names) or names[:1] != [_META]:
            raise CheckpointError(f"{path}: expected {_META} first and no name twice")
        for member in members:
            if (
                member.compress_type != zipfile.ZIP_STORED
                or member.file_size != member.compress_size
            ):
                raise CheckpointError(f"{path}: expected no compressed member")
        if sum(member.file_size for member in members) > len(content):
            raise CheckpointError(f"{path}: members are larger than the file")
        meta = json.loads(archive.read(_META))
        if not isinstance(meta, dict) or meta.get("format") != FORMAT:
            raise CheckpointError(
                f"{path}: expected format {FORMAT}, got "
                f"{meta.get('format') if isinstance(meta, dict) else type(meta)}"
            )
        arrays = {}
        for name in names[1:]:
            if not name.endswith(".npy"):
                raise CheckpointError(f"{path}: unexpected member {name!r}")
            arrays[name[:-4]] = _read_array(path, name, archive.read(name))
    return arrays, meta


def _read_array(path, name, data):
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):
        raise CheckpointError(f"{path}: {name}: unexpected npy version {version}")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    count = 1
    for size in shape:
        count *= size
    if (
        dtype.hasobject
        or fortran
        or count * dtype.itemsize != len(data) - stream.tell()
    ):
        raise CheckpointError(f"{path}: {name}: header and size do not agree")
    return np.frombuffer(data, dtype, count, stream.tell()).reshape(shape).copy()


def _fixed_date(name):
    """Equal contents give equal files, whenever they are written."""
    return zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
