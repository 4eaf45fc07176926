"""The folder of a run: which files it holds, and that one process at a time writes.

config.json      recipe, options, networks, data, versions, length; written first
frames.npz       what the pictures of the course of training are drawn from
checkpoint.npz   everything that training needs to go on; frames first, then this
history.f64      with --stream-history, the rows of all steps, written as they come
generator.npz    the generator alone, for sampling, of the checkpoint's step
samples/         a picture of each report, of images only
history.csv, losses.png, gradients.png, samples.png, progress.png, training.gif
                 made from frames and checkpoint when training ends, or by --resume
"""

import errno
import json
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..errors import ArgumentError, OutputError, StateError
from ..files import sweep_stale, write_atomically
from . import pictures

FILES = (
    *("checkpoint.npz", "config.json", "frames.npz", "generator.npz", "history.csv"),
    *pictures.NAMES,
)
STREAM = "history.f64"  # only where the history is streamed
SAMPLES = "samples"  # folder
LOCK = ".lock"
# What systems answer where files cannot be locked.
NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL)


class RunDir:
    """Paths and rules of one run's folder."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.checkpoint = self.path / "checkpoint.npz"
        self.config = self.path / "config.json"
        self.frames = self.path / "frames.npz"
        self.history = self.path / "history.csv"
        self.stream = self.path / STREAM
        self.generator = self.path / "generator.npz"

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def __str__(self) -> str:
        return str(self.path)

    @contextmanager
    def opened(self, resume: bool) -> Iterator["RunDir"]:
        """Hold the folder for this process; make it where a new run needs it.

        Errors: ArgumentError where a new run would overwrite one, or there is none to
        resume; StateError where another process holds it; OutputError.
        """
        if resume:
            self._expect_a_run()
        else:
            self._expect_none()
            try:
                self.path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise _unusable(self.path, error) from error
        with _locked(self.path):
            if not resume:
                self._expect_none()  # another process may have come first
            for folder in (self.path, self / SAMPLES):
                sweep_stale(folder)
            yield self

    def _expect_a_run(self) -> None:
        if not self.checkpoint.is_file() and not self.has_begun():
            raise ArgumentError(
                f"{self}: nothing to resume here (no checkpoint.npz); "
                f"start a run without --resume"
            )

    def _expect_none(self) -> None:
        """Errors: ArgumentError for a folder that holds a run, or files of one."""
        found = [name for name in (*FILES, STREAM, SAMPLES) if (self / name).exists()]
        if self.checkpoint.is_file():
            raise ArgumentError(
                f"{self}: holds a run already; continue it with --resume, or choose "
                f"another folder with --out"
            )
        if self.has_begun():
            raise ArgumentError(
                f"{self}: a run was ended here before its first checkpoint; begin it "
                f"again with --resume, or choose another folder with --out"
            )
        if found:
            raise ArgumentError(
                f"{self}: {found[0]} is there already; choose another folder with --out"
            )

    def has_begun(self) -> bool:
        """Is there the config.json of a run?"""
        return self.saved("recipe", str) is not None

    def remove_results(self) -> None:
        """Remove what is made of a checkpoint that another one takes the place of."""
        for path in (self.generator, self.history):
            with suppress(OSError):
                path.unlink()

    def write_config(self, config: dict[str, Any]) -> None:
        text = json.dumps(config, indent=2)
        write_atomically(self.config, (text + "\n").encode())

    def report_picture(self, step: int) -> Path:
        """Where the picture of a report goes."""
        return self / SAMPLES / f"step-{step:06}.png"

    def saved(self, key: str, kind: type) -> Any:
        """A value of the run's config.json; None where there is none of this type."""
        try:
            value = json.loads(self.config.read_bytes())[key]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return value if type(value) is kind else None

    def planned_steps(self) -> int | None:
        """How long the run was to be; None where its config.json does not say."""
        steps = self.saved("steps", int)
        return steps if steps and steps > 0 else None

    def is_drawn(self, names: Iterable[str] = pictures.NAMES) -> bool:
        """Are all results there, and none older than the checkpoint?"""
        try:
            saved = self.checkpoint.stat().st_mtime_ns
            results = [self.history, self.generator, *(self / name for name in names)]
            return all(path.stat().st_mtime_ns >= saved for path in results)
        except OSError:
            return False


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold `folder/.lock`, with this process's id in it.

    The system drops the lock when its process ends, however it ends; the file stays.
    Where the file system has no locks a warning says so, and nothing is held.
    """
    from filelock import FileLock, Timeout  # here: it takes longer to import than rich

    path = folder / LOCK
    holder = _text_of(path)
    lock = FileLock(path, blocking=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise StateError(
            f"{folder}: another process (pid {holder or 'unknown'}) is training in "
            f"this folder; wait for it, or choose another folder with --out"
        ) from error
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise _unusable(folder, error) from error
        text = (
            f"minigan: {folder}: this file system has no locks ({error.strerror}); "
            f"make sure that no other process trains in this folder"
        )
        warnings.warn(text, RuntimeWarning, stacklevel=2)
        yield
        return
    try:
        with suppress(OSError):  # Windows lets nobody write into a locked file
            path.write_text(f"{os.getpid()}\n")
        yield
    finally:
        lock.release()


def _text_of(path: Path) -> str:
    """What a small file says; nothing where it cannot be read."""
    try:
        return path.read_bytes()[:20].decode(errors="replace").strip()
    except OSError:
        return ""


def _unusable(path: Path, error: OSError) -> OutputError:
    text = f"{path}: cannot be used ({error.strerror or error})"
    return OutputError(error.errno, text)
