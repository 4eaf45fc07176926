"""Other processes, also as Windows answers."""

import ctypes
import os
import subprocess
import sys

import pytest

from minigan import processes


@pytest.fixture
def dead():
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_who_is_there(dead):
    assert processes.is_there(os.getpid()) and processes.is_there(os.getppid())
    for pid in (dead, 0, -1, 10**30):
        assert not processes.is_there(pid), pid


def test_whose_child_this_is(dead):
    assert processes.is_parent(os.getppid())
    assert not processes.is_parent(os.getpid()) and not processes.is_parent(dead)


class Kernel:
    """What Windows knows: of processes 7, which runs, 8, which ended, 9, another's."""

    def __init__(self):
        self.open, self.error = [], 0
        self.OpenProcess = self.opened = lambda *a: self._opened(*a)

    def __call__(self, name, use_last_error):
        assert name == "kernel32" and use_last_error
        return self

    def _opened(self, access, inherits, pid):
        assert access == 0x100000 and not inherits
        self.error = {7: 0, 8: 0, 9: 5}.get(pid.value, 87)
        if self.error:
            return None
        self.open.append(pid.value)
        return pid.value

    def WaitForSingleObject(self, handle, milliseconds):
        assert handle.value in self.open and milliseconds == 0
        return 0x102 if handle.value == 7 else 0

    def CloseHandle(self, handle):
        self.open.remove(handle.value)


def test_on_windows(monkeypatch):
    kernel = Kernel()
    monkeypatch.setattr(processes, "WINDOWS", True)
    monkeypatch.setattr(ctypes, "WinDLL", kernel, raising=False)
    monkeypatch.setattr(ctypes, "get_last_error", lambda: kernel.error, raising=False)
    there = {pid: processes.is_there(pid) for pid in (7, 8, 9, 10, 10**30)}
    assert there == {7: True, 8: False, 9: True, 10: False, 10**30: False}
    assert kernel.open == []
    for parent, expected in ((7, True), (8, False)):  # 8 is gone; its number stays
        monkeypatch.setattr(os, "getppid", lambda pid=parent: pid)
        assert processes.is_parent(parent) is expected
