"""How kernels are compiled: one decorator, and a cache that is never stale.

Numba notices edits of the file that holds a function, not of the files it calls.
The cache folder is therefore named after a digest of *all* kernel sources (and of
Python, NumPy, Numba and the CPU): an edit anywhere means a new, empty folder.
In it, each compiled signature has a file of its own, with a checksum.  A file that
cannot be read is compiled anew; a folder that cannot be written is replaced by a
private temporary one.  Neither ever breaks a run.
"""

import atexit
import hashlib
import os
import pickle
import platform
import shutil
import tempfile
import warnings
from functools import cache
from pathlib import Path

import llvmlite.binding
import numba
import numpy as np
from numba.core.serialize import dumps
from numba.extending import register_jitable

from ..files import cache_root

# What a kernel may be made of.
_SOURCES = (
    "jit/*.py",
    "gemm/*.py",
    "compiled/*.py",
    "capture/groups.py",
    "capture/player.py",
    "capture/rows.py",
)
JIT_DISABLED = bool(numba.config.DISABLE_JIT)  # type: ignore[attr-defined]


@cache
def source_digest():
    """sha256 (16 hex digits) of everything that a compiled kernel depends on."""
    digest = hashlib.sha256()
    package = Path(__file__).parent.parent
    for sources in _SOURCES:
        for path in sorted(package.glob(sources)):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for fact in (
        platform.python_version(),
        np.__version__,
        numba.__version__,
        numba.config.CPU_NAME or llvmlite.binding.get_host_cpu_name(),
        numba.config.CPU_FEATURES or "host",
        numba.config.BOUNDSCHECK,
    ):
        digest.update(str(fact).encode() + b"\0")
    return digest.hexdigest()[:16]


@cache
def cache_folder():
    """A writable folder for compiled kernels; a private temporary one if need be."""
    try:
        root = cache_root("MINIGAN_CACHE_DIR", "NUMBA_CACHE_DIR")
        folder = root.expanduser() / source_digest()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        return folder
    except (OSError, RuntimeError):  # read-only, full, or no home directory
        folder = Path(tempfile.mkdtemp(prefix="minigan-kernels-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return folder


class Files:
    """The compiled signatures of one kernel: a file each, and a checksum in front.

    Takes the place of Numba's numbered files with an index, which two processes that
    compile float32 and float64 at once can mix up.  And without a checksum, a few bad
    bytes in the middle would be run as machine code.
    """

    def __init__(self, indexed):
        self._folder = Path(indexed._cache_path)
        self._stem = indexed._index_name.removesuffix(".nbi")
        self._stamp = indexed._source_stamp

    def path(self, key):
        """key: signature, CPU and bytecode."""
        text = repr((key, self._stamp))
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self._folder / f"{self._stem}.{name}.nbc"

    def load(self, key):
        """The compiled code, or None.  Errors: any, for a damaged file."""
        try:
            content = self.path(key).read_bytes()
        except FileNotFoundError:
            return None
        checksum, data = content[:32], content[32:]
        if hashlib.sha256(data).digest() != checksum:
            raise ValueError("checksum")
        return pickle.loads(data)

    def save(self, key, code):
        """Write the file whole or not at all.  Errors: OSError."""
        data = dumps(code)
        unfinished = tempfile.NamedTemporaryFile(dir=self._folder, delete=False)
        try:
            with unfinished:
                unfinished.write(hashlib.sha256(data).digest() + data)
            os.replace(unfinished.name, self.path(key))
        except BaseException:
            os.unlink(unfinished.name)
            raise


def _guard(dispatcher):
    """Make an unreadable or unwritable cache file mean "compile again"."""
    store = dispatcher._cache
    load, save = store.load_overload, store.save_overload

    def load_overload(signature, target_context):
        try:
            return load(signature, target_context)
        except Exception as error:  # pickle raises nearly anything on bad bytes
            name = dispatcher.py_func.__name__
            warnings.warn(
                f"minigan: the cached kernel {name!r} could not be read "
                f"({type(error).__name__}); it is compiled again",
                RuntimeWarning,
                stacklevel=2,
            )
            return None

    def save_overload(signature, data):
        try:
            save(signature, data)
        except Exception:
            pass  # disk full or read-only: the run goes on uncached

    store.load_overload, store.save_overload = load_overload, save_overload


def kernel(function=None, *, cached=True, inside=False):
    """Compile a kernel: `@kernel` or `@kernel(inside=True)`.

    inside: only other kernels call it, so that it needs no entry for Python.
    While it runs, other threads of Python go on (`nogil`).  They must: with tracemalloc
    a thread of the team asks for the interpreter's lock to allocate scratch, and who
    leads it waits for it.
    No fastmath flag, ever: the order of the roundings is the source's.  Division by
    zero follows IEEE 754 (`error_model="numpy"`).
    """
    if function is None:
        return lambda f: kernel(f, cached=cached, inside=inside)
    if JIT_DISABLED:
        return function
    options = {"cache": cached, "error_model": "numpy", "nogil": True}
    if inside:
        options.update(no_cpython_wrapper=True, no_cfunc_wrapper=True)
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(cache_folder())
    try:
        compiled = numba.njit(**options)(function)
    finally:
        numba.config.CACHE_DIR = before
    if cached:
        compiled._cache._cache_file = Files(compiled._cache._cache_file)
        _guard(compiled)
    return compiled


def inlined(function):
    """A function that becomes part of each kernel that calls it, and is plain Python
    outside: nothing to compile on its own."""
    return function if JIT_DISABLED else register_jitable(inline="always")(function)
