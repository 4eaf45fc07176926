"""The folder of a study: which files it holds, and what may go on in it.

study.json         what is studied: another subject or length needs another folder
runs/CONFIGURATION/SEED.json
                   a file for each run, written whole or not at all
summary.txt        the tables
configurations.csv a row for each configuration
runs.csv           a row for each run
study.html         all of it on one page, with a small picture of each run
"""

import errno
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import ArgumentError, OutputError
from ..files import as_path, sweep_stale, write_atomically
from .outcome import Outcome
from .plan import Settings, Task, folder_name

ABOUT = "study.json"


class Folder:
    """Paths and rules of a study's folder."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = as_path("minigan.study", path)

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def __str__(self) -> str:
        return str(self.path)

    def expect(self, about: Mapping[str, Any]) -> None:
        """Errors: ArgumentError where it holds another study, or other files."""
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise ArgumentError(f"{self}: expected a folder, found a file")
        known = self.about()
        if known is None:
            if any(self.path.iterdir()):
                raise ArgumentError(
                    f"{self}: expected a folder that is new or holds a study, found "
                    f"other files; choose another folder"
                )
            return
        for name in dict.fromkeys([*about, *known]):
            value = about.get(name)
            if known.get(name) != value:
                raise ArgumentError(
                    f"{self}: holds another study: expected {name} "
                    f"{_said(known.get(name))}, got {_said(value)}; choose another "
                    f"folder"
                )

    def about(self) -> dict[str, Any] | None:
        """What its study.json says; None where there is none."""
        try:
            found = json.loads((self / ABOUT).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise ArgumentError(f"{self / ABOUT}: cannot be read ({error})") from error
        if not isinstance(found, dict):
            raise ArgumentError(f"{self / ABOUT}: expected the file of a study")
        return found

    def open(
        self, about: Mapping[str, Any], configurations: Sequence[Settings]
    ) -> None:
        """Make what is missing of it.  Errors: as `expect`; OutputError."""
        self.expect(about)
        for settings in configurations:
            runs = self.path / "runs" / folder_name(settings)
            try:
                runs.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise _unusable(runs, error) from error
            sweep_stale(runs)
        sweep_stale(self.path)
        if self.about() is None:
            self.write(ABOUT, (json.dumps(about, indent=1) + "\n").encode())

    def run(self, task: Task) -> Path:
        """Where the file of a run lies."""
        return self.path / "runs" / f"{task.key}.json"

    def read(self, task: Task) -> Outcome | None:
        """What came of a run; None where it is to be run (again)."""
        with suppress(OSError, ValueError):
            found = Outcome.from_bytes(self.run(task).read_bytes())
            if found.seed == task.seed and found.settings == task.settings:
                return found
        return None

    def keep(self, task: Task, content: bytes) -> None:
        """Write the file of a run.  Errors: OutputError."""
        write_atomically(self.run(task), content)

    def write(self, name: str, content: bytes) -> None:
        """Write one of the others.  Errors: OutputError."""
        write_atomically(self / name, content)


def _said(value: Any) -> str:
    return "its own" if value is None else str(value)


def _unusable(path: Path, error: OSError) -> OutputError:
    text = f"{path}: cannot be used ({error.strerror or error})"
    return OutputError(error.errno or errno.EIO, text)
