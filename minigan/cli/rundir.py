"""The folder of a run: which files it holds, and that one process at a time writes.

frames.npz       what the pictures of the course of training are drawn from
checkpoint.npz   everything that training needs to go on; frames first, then this
config.json      recipe, options, networks, data, versions, length
generator.npz    the generator alone, for sampling
samples/         a picture of each report, of images only
history.csv, losses.png, gradients.png, samples.png, progress.png, training.gif
                 made from frames and checkpoint when training ends, or by --resume
"""

import json
import os
from contextlib import contextmanager
from pathlib import Path

from ..errors import ArgumentError, OutputError, StateError
from ..files import sweep_stale, write_atomically

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PICTURES = (
    *("losses.png", "gradients.png"),
    *("samples.png", "progress.png", "training.gif"),
)
FILES = (
    *("checkpoint.npz", "config.json", "frames.npz", "generator.npz", "history.csv"),
    *PICTURES,
)
SAMPLES = "samples"  # folder
LOCK = ".lock"


class RunDir:
    """Paths and rules of one run's folder."""

    def __init__(self, path):
        self.path = Path(path)
        self.checkpoint = self.path / "checkpoint.npz"
        self.config = self.path / "config.json"
        self.frames = self.path / "frames.npz"
        self.history = self.path / "history.csv"
        self.generator = self.path / "generator.npz"

    def __truediv__(self, name):
        return self.path / name

    def __str__(self):
        return str(self.path)

    @contextmanager
    def opened(self, resume):
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
        with _lock(self.path):
            if not resume:
                self._expect_none()  # another process may have come first
            sweep_stale(self.path)
            yield self

    def _expect_a_run(self):
        if not self.checkpoint.is_file():
            raise ArgumentError(
                f"{self}: nothing to resume here (no checkpoint.npz); "
                f"start a run without --resume"
            )

    def _expect_none(self):
        found = [name for name in (*FILES, SAMPLES) if (self / name).exists()]
        if self.checkpoint.is_file():
            raise ArgumentError(
                f"{self}: holds a run already; continue it with --resume, or choose "
                f"another folder with --out"
            )
        if found:
            raise ArgumentError(
                f"{self}: {found[0]} is there already; choose another folder with --out"
            )

    def write_config(self, config):
        text = json.dumps(config, indent=2)
        write_atomically(self.config, (text + "\n").encode())

    def report_picture(self, step):
        """Where the picture of a report goes; makes its folder."""
        folder = self / SAMPLES
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise _unusable(folder, error) from error
        return folder / f"step-{step:06}.png"

    def saved(self, key, kind):
        """A value of the run's config.json; None where there is none of this type."""
        try:
            value = json.loads(self.config.read_bytes())[key]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return value if type(value) is kind else None

    def planned_steps(self):
        """How long the run was to be; None where its config.json does not say."""
        steps = self.saved("steps", int)
        return steps if steps and steps > 0 else None

    def is_drawn(self, pictures=PICTURES):
        """Are all results there, and none older than the checkpoint?"""
        try:
            saved = self.checkpoint.stat().st_mtime_ns
            results = [self.history, *(self / name for name in pictures)]
            return all(path.stat().st_mtime_ns >= saved for path in results)
        except OSError:
            return False


@contextmanager
def _lock(folder):
    """Hold `folder/.lock`, with this process's id in it.

    The system drops the lock when its process ends, however it ends; the file stays.
    """
    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        try:
            if fcntl:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = os.read(handle, 20).decode(errors="replace").strip() or "unknown"
            raise StateError(
                f"{folder}: another process (pid {pid}) is training in this folder; "
                f"wait for it, or choose another folder with --out"
            ) from error
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


def _unusable(path, error):
    text = f"{path}: cannot be used ({error.strerror or error})"
    return OutputError(error.errno, text)
