"""What holds for every test."""

import signal

import pytest


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_arrives():
    """A job in a script's background starts with Ctrl-C ignored; some tests need it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
