"""Downloads into minigan's cache, from one mirror after the other.

A download goes to a nameless temporary file, is unpacked and checked there, and only
then written into the cache, as a raw IDX file, by a rename: another process sees a
complete file or none, and a process that is killed leaves nothing behind.
"""

import sys
import tempfile

from .. import files
from ..errors import DatasetError, OutputError
from ..reading import broken
from . import idx
from .sources import cache_folder, find_part, read_archive, read_part

TIMEOUT = (10, 30)  # seconds to connect, and between two pieces
PIECE = 1 << 16  # bytes
SLACK = 1 << 20  # bytes that packing may add to incompressible data


def fetch(dataset, folder=None):
    """Put what is missing, or broken, of a data set into the cache.

    folder: the cache to fill, minigan's own by default.
    Returns the list of what was tried in vain, empty if all went well on first try.
    Errors: DatasetError if a part came from no mirror; OutputError if the cache cannot
    be written.
    """
    folder = (folder or cache_folder()) / dataset.name
    missing = [part for part in dataset.parts if not _is_good(dataset, part, folder)]
    tried = []
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


def _pooch():
    try:
        import pooch
    except ImportError:
        raise DatasetError(
            "downloads need pooch: pip install 'minigan[data]'"
        ) from None
    return pooch


def _is_good(dataset, part, folder):
    path = find_part(part, folder)
    if path is None:
        return False
    try:
        read_part(dataset, part, path)
    except DatasetError:
        return False
    return True


def _prepare(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            error.errno,
            f"{folder}: cannot be made ({error.strerror}); "
            "MINIGAN_CACHE_DIR names another place for downloads",
        ) from error
    files.sweep_stale(folder)


def _keep(folder, part, array):
    """The raw file: found before any gzipped one, so that a broken one is replaced."""
    files.write_atomically(folder / part.file, idx.encode(array))


def _download(pooch, address, limit):
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

    def __init__(self, file, limit, address):
        self.file, self.left, self.address = file, limit, address
        self.limit = limit

    def write(self, piece):
        self.left -= len(piece)
        if self.left < 0:
            broken(self.address, f"at most {self.limit:,} bytes", "more")
        try:
            self.file.write(piece)
        except OSError as error:
            raise OutputError(
                error.errno, f"temporary file: cannot be written ({error.strerror})"
            ) from error

    def flush(self):
        """Nothing waits here: the file is read by this process alone."""


def _reason(error):
    """Why a download failed, in a few words."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server says {response.status_code} {response.reason}"
    kinds, inner = [type(error).__name__], error
    while inner.__context__ is not None:  # requests wraps urllib3 wraps the system
        inner = inner.__context__
        kinds.append(type(inner).__name__)
    if any("Timeout" in kind for kind in kinds):
        return "no answer in time"
    if "IncompleteRead" in kinds:
        return "the connection broke off"
    return getattr(inner, "strerror", None) or f"{kinds[-1]}: {inner}"


# ---- progress ----------------------------------------------------------------------


def _bar(address):
    """A progress bar on standard error if that is a terminal, else a silent one."""
    if sys.stderr is not None and sys.stderr.isatty():
        return _Bar(address.rsplit("/", 1)[-1])
    return _NoBar()


class _NoBar:
    """What pooch asks of a progress bar."""

    total = 0

    def update(self, count):
        """`count` bytes more."""

    def reset(self):
        """Back to nothing."""

    def close(self):
        """The end, maybe for the second time."""


class _Bar(_NoBar):
    def __init__(self, name):
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

    def update(self, count):
        known = self.total or None
        self.progress.update(self.task, advance=count, total=known)

    def reset(self):
        self.progress.update(self.task, completed=0)

    def close(self):
        self.progress.stop()
