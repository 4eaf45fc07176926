"""How kernels are compiled: one decorator, and a cache that is never stale.

Numba notices edits of the file that holds a function, not of the files it calls.
Here the name of each compiled signature's file holds a digest of the kernel's module
and of all that it imports from the package, directly or not: an edit of any of them
means another file.  Where the sources lie does not matter.  The folder is named after
Python, NumPy, Numba and the CPU.  A file begins with a checksum.  One that cannot be
read is compiled anew; a folder that cannot be written is replaced by a private
temporary one, or by none.  Neither ever breaks a run.
"""

import atexit
import hashlib
import os
import pickle
import platform
import re
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

PACKAGE = Path(__file__).parent.parent
_PRIVATE = "minigan-kernels-"  # folders that no other process knows
JIT_DISABLED = bool(numba.config.DISABLE_JIT)  # type: ignore[attr-defined]


@cache
def environment_digest():
    """sha256 (16 hex digits) of what compiles a kernel, and for which CPU."""
    facts = (
        platform.python_version(),
        np.__version__,
        numba.__version__,
        numba.config.CPU_NAME or llvmlite.binding.get_host_cpu_name(),
        numba.config.CPU_FEATURES or "host",
        numba.config.BOUNDSCHECK,
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _is_source(file, package=PACKAGE):
    """Whether a file is a module of the package that can be read."""
    return Path(file).is_relative_to(package) and Path(file).is_file()


def source_digest(file, package=PACKAGE):
    """sha256 (16 hex digits) of all sources that a kernel in `file` may be made of.

    They are the file, what it imports from the package, what that imports, and so on.
    Of a file outside the package only what kernels are made with counts here.
    """
    waiting, found = [Path(file)], set()
    if not _is_source(file, package):
        waiting = [*package.glob("jit/*.py"), *package.glob("gemm/*.py")]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _read(path)[1]
    digest = hashlib.sha256()
    for path in sorted(found):
        name = path.relative_to(package).as_posix()
        digest.update(name.encode() + b"\0" + _read(path)[0].encode() + b"\0")
    return digest.hexdigest()[:16]


_IMPORT = re.compile(r"^ *from (\.+)([\w.]*) import (\([^)]*\)|.*)", re.MULTILINE)


@cache
def _read(path):
    """(source of a module of the package, files of those that it imports from there)"""
    source, found = path.read_text("utf-8"), []
    for level, module, names in _IMPORT.findall(source):
        place = path.parents[len(level) - 1].joinpath(*module.split("."))
        for name in re.findall(r"\w+", names):
            places = place / name, place
            files = [
                f for p in places for f in (p.with_suffix(".py"), p / "__init__.py")
            ]
            found += [file for file in files if file.exists()][:1]
    return source, found


_digest_of = cache(source_digest)


@cache
def cache_folder():
    """A writable folder for compiled kernels; a private temporary one if need be.

    None where nothing at all can be written: each process compiles for itself then.
    """
    try:
        root = cache_root("MINIGAN_CACHE_DIR", "NUMBA_CACHE_DIR")
        folder = root.expanduser() / environment_digest()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        return folder
    except (OSError, RuntimeError):  # read-only, full, or no home directory
        try:
            folder = Path(tempfile.mkdtemp(prefix=_PRIVATE))
        except OSError:
            return None
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return folder


class Files:
    """The compiled signatures of one kernel: a file each, and a checksum in front.

    Takes the place of Numba's numbered files with an index, which two processes that
    compile float32 and float64 at once can mix up.  And without a checksum, a few bad
    bytes in the middle would be run as machine code.  It is of the file's name too: the
    code of another kernel, under this one's name, would take what it finds for its own.

    name: of the kernel.   digest: of what it is made of.
    """

    def __init__(self, folder, name, digest):
        self._folder, self._name, self._digest = Path(folder), name, digest

    def path(self, key):
        """key: signature, CPU and bytecode."""
        text = repr((key, self._digest))
        unique = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self._folder / f"{self._name}.{unique}.nbc"

    def load(self, key):
        """The compiled code, or None.  Errors: any, for a damaged file."""
        path = self.path(key)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        checksum, data = content[:32], content[32:]
        if _checksum(path, data) != checksum:
            raise ValueError("checksum")
        return pickle.loads(data)

    def save(self, key, code):
        """Write the file whole or not at all.  Errors: OSError."""
        path, data = self.path(key), dumps(code)
        unfinished = tempfile.NamedTemporaryFile(dir=self._folder, delete=False)
        try:
            with unfinished:
                unfinished.write(_checksum(path, data) + data)
            os.replace(unfinished.name, path)
        except BaseException:
            os.unlink(unfinished.name)
            raise


def _checksum(path, data):
    """sha256 of a file's name and of what is in it."""
    return hashlib.sha256(path.name.encode() + b"\0" + data).digest()


_unreadable: list[str] = []  # names of kernels


def _say_once(name, error):
    """A warning at the first of the files: one fault of a disk damages many."""
    _unreadable.append(name)
    if len(_unreadable) == 1:
        warnings.warn(
            f"minigan: cached kernels, {name!r} first, could not be read "
            f"({type(error).__name__}); they are compiled again",
            RuntimeWarning,
            stacklevel=3,
        )


def _guard(dispatcher):
    """Make an unreadable or unwritable cache file mean "compile again"."""
    store = dispatcher._cache
    load, save = store.load_overload, store.save_overload

    def load_overload(signature, target_context):
        try:
            return load(signature, target_context)
        except Exception as error:  # pickle raises nearly anything on bad bytes
            _say_once(dispatcher.py_func.__name__, error)
            return None

    def save_overload(signature, data):
        try:
            save(signature, data)
        except Exception:
            pass  # disk full or read-only: the run goes on uncached

    store.load_overload, store.save_overload = load_overload, save_overload


def is_shared():
    """Whether other processes find what this one compiles."""
    folder = cache_folder()
    return folder is not None and not folder.name.startswith(_PRIVATE)


def is_kept(compiled, kinds):
    """Whether the cache holds a kernel for arguments of these types."""
    store = compiled._cache
    key = store._index_key(kinds, compiled.targetctx.codegen())
    return store._cache_file.path(key).exists()


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
    folder = cache_folder() if cached else None
    cached = folder is not None
    options = {
        "cache": cached,
        "error_model": "numpy",
        "nogil": True,
        "no_cfunc_wrapper": True,
        "no_cpython_wrapper": inside,
    }
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder or "")
    try:
        compiled = numba.njit(**options)(function)
    finally:
        numba.config.CACHE_DIR = before
    if cached:
        file = function.__code__.co_filename
        digest = _digest_of(file)
        if not _is_source(file):  # Numba knows when it changed
            digest = digest, file, compiled._cache._cache_file._source_stamp
        name = re.sub(r"\W+", "-", f"{function.__module__}.{function.__qualname__}")
        compiled._cache._cache_file = Files(folder, name, digest)
        _guard(compiled)
    return compiled


def inlined(function):
    """A function that becomes part of each kernel that calls it, and is plain Python
    outside: nothing to compile on its own."""
    return function if JIT_DISABLED else register_jitable(inline="always")(function)
