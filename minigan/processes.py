"""Other processes, by their numbers: whether one is still there."""

import os
from typing import Any

WINDOWS = os.name == "nt"
SYNCHRONIZE, STILL_RUNS, DENIED = 0x100000, 0x102, 5  # Windows API constants


def is_there(pid: int) -> bool:
    """Whether there is a process with that number, as far as can be told."""
    if pid <= 0:
        return False
    if WINDOWS:  # there, os.kill would end the process
        return _runs_on_windows(pid)
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):  # a number too large for any process
        return False
    except OSError:
        return True
    return True


def is_parent(pid: int) -> bool:
    """Whether that process began this one and is still there.

    Windows keeps the number of a parent that is gone; other systems change it.
    """
    return os.getppid() == pid and (not WINDOWS or is_there(pid))


def _runs_on_windows(pid: int) -> bool:
    """A number that the system does not know is of no process, or of one that ended."""
    import ctypes

    if pid >= 1 << 32:
        return False
    of_windows: Any = ctypes
    kernel = of_windows.WinDLL("kernel32", use_last_error=True)
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(SYNCHRONIZE, 0, ctypes.c_ulong(pid))
    if not handle:
        return of_windows.get_last_error() == DENIED
    try:
        return kernel.WaitForSingleObject(ctypes.c_void_p(handle), 0) == STILL_RUNS
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))
