"""Functions that the tests study; workers import them from here."""

import os
import threading
import time
from pathlib import Path

from minigan.gan import recipes

MARK = "MINIGAN_TEST_MARK"  # path of a file: whoever makes it ends his process


def numbers(seed, scale=1.0):
    """Healthy where the seed is even."""
    return {"value": scale * seed, "healthy": seed % 2 == 0}


def sometimes(seed):
    """An error at seed 1."""
    if seed == 1:
        raise ValueError("one is\n too few")
    return {"value": seed}


def slow(task):
    """In the place of the work of a study: long enough to be seen under way."""
    time.sleep(0.2)
    return b"%d" % task.seed


def end_soon():
    """End this process when it has answered."""
    threading.Timer(0.1, os._exit, (9,)).start()


def set_mark(path):
    os.environ[MARK] = path


def untrained(seed, beta_1=0.9):
    """The smallest GAN.  Seed 3 ends its process, the first time."""
    mark = os.environ.get(MARK)
    if mark and seed == 3 and not Path(mark).exists():
        Path(mark).touch()
        os._exit(9)
    return recipes.load("parabola", seed, backend="numpy", beta_1=beta_1)


def files(folder):
    """Name -> bytes of all that a study has written."""
    folder = Path(folder)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
