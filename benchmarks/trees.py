"""Two versions of minigan in one environment: each in processes of its own.

A version is a folder that holds `minigan/`, or a git revision, which is unpacked into a
temporary folder.  What runs in it is a script of this folder that imports nothing else
from it: `PYTHONPATH` is that version alone.
"""

import io
import os
import subprocess
import sys
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path

from . import machine, processes
from .processes import Failed
from .run import ROOT


@contextmanager
def tree(version):
    """The folder of a version: a path, or a git revision of this project.

    Errors: Failed for what is neither.
    """
    if (Path(version) / "minigan" / "__init__.py").is_file():
        yield Path(version).resolve()
        return
    command = ["git", "-C", str(ROOT), "archive", "--format=tar", version, "minigan"]
    done = subprocess.run(command, capture_output=True)
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip()
        raise Failed(f"{version!r} is no folder with minigan/ and no revision: {why}")
    with tempfile.TemporaryDirectory(prefix="minigan-before-") as folder:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder).resolve()


def python(*arguments):
    """The command of this interpreter, which finds no module in its working folder."""
    return [sys.executable, "-P", *map(str, arguments)]


def script(name):
    """The path of a script of this folder."""
    return Path(__file__).parent / name


def environment(folder, threads=None, blas_threads=None):
    """Of a process that imports minigan from `folder`.

    threads: of Numba; blas_threads: of NumPy's products; None: as they choose.
    """
    extra = {"PYTHONPATH": str(folder)}
    if threads is not None:
        extra["NUMBA_NUM_THREADS"] = str(threads)
    if blas_threads is not None:
        extra |= dict.fromkeys(machine.THREADS, str(blas_threads))
    kept = machine.environment(extra)
    kept.pop("MINIGAN_BACKEND", None)
    return kept


def output(command, env):
    """What a command prints.  Errors: Failed, with its own words."""
    return processes.output(command, env, os.sep)
