"""What holds for every test."""

import gc
import os
import signal
import sys
import warnings

import pytest

try:
    import resource  # noqa: F401
except ImportError:  # Windows, where neither benchmarks nor processes with limits run
    collect_ignore = ["benchmarks", "campaign/test_mutants.py"]

# A module is compiled once, not again by each of the processes that tests start.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Of tests on each core, NumPy's products need not ask for all cores besides.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """0 workers where files or tests are named: they run in this process."""
    return None if config.args_source is config.ArgsSource.TESTPATHS else 0


def pytest_configure(config: pytest.Config) -> None:
    """With NUMBA_DISABLE_JIT=1 nothing can be captured, and each trainer says so."""
    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        config.addinivalue_line("filterwarnings", "ignore:.*is not captured.*")


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


@pytest.fixture
def by_tiles(monkeypatch):
    """Every float32 product is done by tiles, however small it is."""
    from minigan import primitives
    from minigan.gemm import choice

    def forget():
        for primitive in primitives.PRIMITIVES.values():
            primitive._plans.clear()

    for limit in ("DEEP", "LARGE", "WIDE"):
        monkeypatch.setattr(choice, limit, 1)
    forget()
    with warnings.catch_warnings(), primitives.use_products("tiles"):
        warnings.filterwarnings("ignore", message="minigan: products by tiles are emul")
        yield
    forget()
