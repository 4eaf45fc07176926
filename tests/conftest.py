"""What holds for every test."""

import gc
import os
import signal
import sys

import pytest

# A module is compiled once, not again by each of the processes that tests start.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_finish():
    """What was imported stays: the garbage collector need not walk it each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_arrives():
    """A job in a script's background starts with Ctrl-C ignored; some tests need it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
