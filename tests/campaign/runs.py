"""Small runs that a campaign kills, starves and interrupts, and how they must end."""

import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from minigan import checkpoint
from minigan.cli.rundir import RunDir

ROOT = Path(__file__).parents[2]
STUCK = 300.0  # seconds; a run here takes one or two, on a busy machine many
OFTEN = ("--steps", "12", "--report-every", "8", "--save-every", "4")
LONGER = ("--steps", "60", "--report-every", "20", "--save-every", "6")
SAVES = (0, 4, 8, 12)  # the steps at which such a run is saved


@dataclass(frozen=True)
class Run:
    """A command that trains a little, saves often and draws everything.

    arguments: of `minigan train`, without the folder.
    """

    name: str
    arguments: tuple[str, ...]

    def command(self, folder: Path) -> list[str]:
        """Begin the run, or go on with what there is of it."""
        run = RunDir(folder)
        begun = run.checkpoint.is_file() or run.has_begun()
        resume = ["--resume"] if begun else []
        return ["train", *self.arguments, "--out", str(folder), *resume]


def points(*arguments: str) -> Run:
    """A run whose pictures are drawn at its end."""
    own = ("parabola", "--backend", "numpy", "--batch-size", "8")
    return Run("points", (*own, *(arguments or OFTEN)))


def images(folder: Path, *arguments: str) -> Run:
    """A run that draws a picture at each report too, of images in a file there."""
    path = folder / "images.npy"
    if not path.exists():
        rows = np.random.default_rng(0).integers(0, 256, (40, 4, 4), np.uint8)
        np.save(path, rows)
    own = ("digits", "--data", str(path), "--batch-size", "8", "--backend", "numpy")
    return Run("images", (*own, *(arguments or OFTEN)))


@dataclass
class Ended:
    """How a process ended.  code: None where it was stuck, negative for a signal."""

    code: int | None
    out: str
    err: str
    seconds: float

    def unclear(self) -> list[str]:
        """What was wrong with its words: anything but warnings and one error, last."""
        lines = self.err.splitlines()
        errors = [k for k, line in enumerate(lines) if line.startswith(ERROR)]
        faults = [f"says: {x:.60}" for x in lines if not x.startswith(OURS)]
        if len(errors) > 1 or (errors and errors[0] != len(lines) - 1):
            faults.append("more than one error")
        if self.code is None:
            faults.append("stuck")
        return faults[-1:]


# Small products do not become quicker by threads that wait for each other.
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
ERROR = "minigan: error: "
OURS = (ERROR, "minigan: warning: ")


@dataclass
class Server:
    """Runs commands in copies of one process; see `server`.

    folder: for what they print.  warm: commands run once before.
    """

    folder: Path
    warm: list[list[str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        hidden = "PYTHONDONTWRITEBYTECODE"
        kept = {name: text for name, text in os.environ.items() if name != hidden}
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.server", json.dumps(self.warm)],
            env={**kept, **ENVIRONMENT},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self._hear(STUCK)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(STUCK)
        self._process.stdout.close()

    def run(
        self,
        arguments: list[str],
        before: Callable[[int], object] | None = None,
    ) -> Ended:
        """`minigan arguments...`.

        before: called with the process id, while the command waits to begin.
        """
        out, err = self.folder / "out.txt", self.folder / "err.txt"
        files = {"out": str(out), "err": str(err), "folder": str(self.folder)}
        self._say(json.dumps({"arguments": arguments, **files}))
        pid = int(self._hear(STUCK) or 0)
        if before is not None:
            before(pid)
        started = time.monotonic()
        self._say("go")
        heard = self._hear(STUCK)
        if heard is None:
            os.kill(pid, 9)
            self._hear(STUCK)
        seconds = time.monotonic() - started
        code = None if heard is None else int(heard)
        texts = (path.read_text(errors="replace") for path in (out, err))
        return Ended(code, *texts, seconds)

    def _say(self, text: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{text}\n".encode())

    def _hear(self, seconds: float) -> str | None:
        """The next line, None where none came.  Errors: RuntimeError at its end."""
        stream, text = self._process.stdout, b""
        assert stream
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            while not text.endswith(b"\n"):
                if not selector.select(seconds):
                    return None
                if not (byte := stream.read(1)):
                    raise RuntimeError("the server of the campaign has ended")
                text += byte
        return text.decode().strip()


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """A temporary folder; no disk is waited for where the system has such a place."""
    place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield Path(folder)


IN_MEMORY = "/dev/shm"


def unprivileged() -> list[str]:
    """What to put in front of a command that may write only where its user may.

    That is so for everybody but root, whose process must give up a right first.
    """
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        return []
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a run but its lock."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in paths
        if path.name != ".lock"
    }


def differences(folder: Path, whole: dict[str, bytes]) -> list[str]:
    """The names of files that are not those of the whole run, or not there at all."""
    found = contents(folder)
    names = sorted(found.keys() | whole.keys())
    return [name for name in names if found.get(name) != whole.get(name)]


def saved_step(folder: Path) -> int | None:
    """The step of the checkpoint in a folder; None without one.

    Errors: CheckpointError where it is damaged.
    """
    path = RunDir(folder).checkpoint
    if not path.exists():
        return None
    arrays, _ = checkpoint.read(path)
    return len(arrays["history"])
