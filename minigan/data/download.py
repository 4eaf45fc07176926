"""Downloads into minigan's cache, from one mirror after the other.

A download goes to a nameless temporary file, is unpacked and checked there, and only
then written into the cache, as a raw IDX file, by a rename: another process sees a
complete file or none, and a process that is killed leaves nothing behind.
"""

import sys
import tempfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from .. import files
from ..errors import DatasetError, OutputError
from ..reading import broken
from . import idx
from .catalog import ImageFiles, Part
from .sources import cache_folder, find_part, read_archive, read_part

TIMEOUT = (10, 30)  # seconds to connect, and between two pieces
PIECE = 1 << 16  # bytes
SLACK = 1 << 20  # bytes that packing may add to incompressible data


def fetch(dataset: ImageFiles, folder: Path | None = None) -> list[str]:
    """Put what is missing, or broken, of a data set into the cache.

    folder: the cache to fill, minigan's own by default.
    Returns the list of what was tried in vain, empty if all went well on first try.
    Errors: DatasetError if a part came from no mirror; OutputError if the cache cannot
    be written.
    """
    folder = (folder or cache_folder()) / dataset.name
    missing = [part for part in dataset.parts if not _is_good(dataset, part, folder)]
    tried: list[str] = []
    if not missing:
        return tried
    pooch = _pooch()
    _prepare(folder)
    for mirror in dataset.mirrors:
        try:
            for part in list(missing):
                address = f"{mirror}{part.file}.gz"
                with _download(pooch, address, part.bytes + SLACK) as file:
                    _keep(folder, part, read_part(dataset, part, file, address))
                missing.remove(part)
        except DatasetError as error:
            tried.append(str(error))
    for address in dataset.archives:
        try:
            limit = sum(part.bytes for part in dataset.parts) + SLACK
            if missing:
                with _download(pooch, address, limit) as file:
                    arrays = read_archive(dataset, file, address)
                for part, array in zip(dataset.parts, arrays, strict=True):
                    _keep(folder, part, array)
                missing.clear()
        except DatasetError as error:
            tried.append(str(error))
    if missing:
        raise DatasetError("; ".join(tried) or f"{dataset.title} has no mirrors")
    return tried


def _pooch() -> Any:
    try:
        import pooch
    except ImportError:
        raise DatasetError(
            "downloads need pooch: pip install 'minigan[data]'"
        ) from None
    return pooch


def _is_good(dataset: ImageFiles, part: Part, folder: Path) -> bool:
    path = find_part(part, folder)
    if path is None:
        return False
    try:
        read_part(dataset, part, path)
    except DatasetError:
        return False
    return True


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            error.errno,
            f"{folder}: cannot be made ({error.strerror}); "
            "MINIGAN_CACHE_DIR names another place for downloads",
        ) from error
    files.sweep_stale(folder)


def _keep(folder: Path, part: Part, array: np.ndarray) -> None:
    """The raw file: found before any gzipped one, so that a broken one is replaced."""
    files.write_atomically(folder / part.file, idx.encode(array))


def _download(pooch: Any, address: str, limit: int) -> IO[bytes]:
    """A temporary file with the content of an address, at its start."""
    file = tempfile.TemporaryFile()
    try:
        target = _Limited(file, limit, address)
        bar = _bar(address)
        get = pooch.HTTPDownloader(bar, chunk_size=PIECE, timeout=TIMEOUT)
        try:
            get(address, target, None)
        except (DatasetError, OutputError):
            raise
        except Exception as error:  # of many kinds, from three libraries
            raise DatasetError(f"{address}: {_reason(error)}") from error
        finally:
            bar.close()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


class _Limited:
    """A file that takes no more than it should."""

    def __init__(self, file: IO[bytes], limit: int, address: str) -> None:
        self.file, self.left, self.address = file, limit, address
        self.limit = limit

    def write(self, piece: bytes) -> None:
        self.left -= len(piece)
        if self.left < 0:
            broken(self.address, f"at most {self.limit:,} bytes", "more")
        try:
            self.file.write(piece)
        except OSError as error:
            raise OutputError(
                error.errno, f"temporary file: cannot be written ({error.strerror})"
            ) from error

    def flush(self) -> None:
        """Nothing waits here: the file is read by this process alone."""


def _reason(error: Exception) -> str:
    """Why a download failed, in a few words."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server says {response.status_code} {response.reason}"
    kinds = [type(error).__name__]
    inner: BaseException = error
    while inner.__context__ is not None:  # requests wraps urllib3 wraps the system
        inner = inner.__context__
        kinds.append(type(inner).__name__)
    if any("Timeout" in kind for kind in kinds):
        return "no answer in time"
    if "IncompleteRead" in kinds:
        return "the connection broke off"
    return getattr(inner, "strerror", None) or f"{kinds[-1]}: {inner}"


# ---- progress ----------------------------------------------------------------------


def _bar(address: str) -> "_NoBar":
    """A progress bar on standard error if that is a terminal, else a silent one."""
    if sys.stderr is not None and sys.stderr.isatty():
        return _Bar(address.rsplit("/", 1)[-1])
    return _NoBar()


class _NoBar:
    """What pooch asks of a progress bar."""

    total: int | None = 0

    def update(self, count: int) -> None:
        """`count` bytes more."""

    def reset(self) -> None:
        """Back to nothing."""

    def close(self) -> None:
        """The end, maybe for the second time."""


class _Bar(_NoBar):
    def __init__(self, name: str) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            expand=True,
            transient=True,
        )
        self.task = self.progress.add_task(name, total=None)
        self.progress.start()

    def update(self, count: int) -> None:
        known = self.total or None
        self.progress.update(self.task, advance=count, total=known)

    def reset(self) -> None:
        self.progress.update(self.task, completed=0)

    def close(self) -> None:
        self.progress.stop()
