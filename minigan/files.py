"""Where files go, and writing them so that a reader never sees half of one."""

import errno
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from . import validate
from .errors import OutputError
from .processes import is_there

# Seconds to wait, each time, while somebody has a file open that is to be replaced: a
# reader, an indexer, a scanner for viruses.  Windows refuses it then.
PATIENCE = (0.01, 0.05, 0.2, 0.5) if os.name == "nt" else ()


def as_path(where: str, value: Any) -> Path:
    """A `Path`.  Errors: DTypeError, ArgumentError for what cannot be one."""
    if not isinstance(value, (str, os.PathLike)):
        validate.complain(
            validate.DTypeError, where, "path", "a path", validate.shown(value)
        )
    if "\0" in str(value):
        expected = "a path without null characters"
        validate.complain(
            validate.ArgumentError, where, "path", expected, validate.shown(value)
        )
    return Path(value)


def cache_root(*variables: str) -> Path:
    """Folder of what can be made or fetched again.

    The first of the environment variables that is set, else the platform's cache:
    $XDG_CACHE_HOME/minigan or ~/.cache/minigan on Linux, ~/Library/Caches/minigan on
    macOS, %LOCALAPPDATA%\\minigan\\Cache on Windows.
    Errors: OutputError where nobody knows a home folder.
    """
    for variable in variables:
        if os.environ.get(variable):
            return Path(os.path.expanduser(os.environ[variable]))
    from platformdirs import user_cache_path

    try:
        root = user_cache_path("minigan", appauthor=False)
    except RuntimeError:
        root = None
    if root is None or root.parts[0] == "~":
        names = " or ".join([*variables, "XDG_CACHE_HOME"])
        text = f"no home folder is known to keep files in; set {names}"
        raise OutputError(errno.ENOENT, text)
    return root


@contextmanager
def elsewhere() -> Iterator[None]:
    """A block in another current folder: that of this file.

    For an import of a library that reads settings in the current folder, of which those
    are damaged.  Errors: OSError where there is no way back.
    """
    before = os.getcwd()
    os.chdir(Path(__file__).parent)
    try:
        yield
    finally:
        os.chdir(before)


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write bytes to `path`: a temporary file beside it, fsync, rename, fsync.

    An interruption at any moment, even a power failure, leaves the old file or the new
    one.  Errors: OutputError with the path; the old file is then untouched and the
    temporary one removed.
    """
    path = as_path("write_atomically", path)
    unique = f"{os.getpid()}.{secrets.token_hex(4)}"
    temporary = path.parent / f".{path.name}.{unique}.tmp"
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise OutputError(
            error.errno, f"{path}: cannot be written ({error.strerror or error})"
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def replace(source: Path, target: Path) -> None:
    """`os.replace`, tried again for as long as `PATIENCE` says.  Errors: OSError."""
    for seconds in PATIENCE:
        try:
            return os.replace(source, target)
        except PermissionError:
            time.sleep(seconds)
    os.replace(source, target)


def sweep_stale(folder: str | os.PathLike[str]) -> None:
    """Remove temporary files that a killed process left in `folder`."""
    for path in Path(folder).glob(".*.tmp"):
        parts = path.name.split(".")
        if len(parts) >= 5 and parts[-3].isdecimal() and not is_there(int(parts[-3])):
            with suppress(OSError):
                path.unlink()


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; not every system lets a folder be opened."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
