"""The machine: what it is, how busy it is, and what each process uses of it."""

import importlib.metadata
import os
import platform
import resource
import sys
from pathlib import Path

PACKAGES = (
    "numpy",
    "numba",
    "torch",
    "jax",
    "keras",
    "tensorflow",
    "tf_keras",
    "matplotlib",
)
ALIASES = {"tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow_cpu")}

DISTURBED = 0.1  # cores busy with something else, from which a time means little

# They make OpenBLAS and NVPL choose other kernels than those for this processor.
FORBIDDEN = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "NVPL_BLAS_DEBUG_CPU_TYPE")
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def describe():
    """Processor, cores, memory and system, as JSON can hold them."""
    return {
        "cpu": cpu_model(),
        "cores": cores(),
        "memory_mb": _total_memory() // 2**20,
        "system": f"{platform.system()} {platform.machine()}",
    }


def cpu_model():
    """The processor's own name, with what vectors it has where that is known."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    facts = dict(
        [part.strip() for part in line.split(":", 1)]
        for line in text.split("\n\n")[0].splitlines()
        if ":" in line
    )
    name = facts.get("model name", platform.machine())
    flags = facts.get("flags", "").split()
    vectors = [label for flag, label in _VECTORS.items() if flag in flags]
    return f"{name} ({vectors[0]})" if vectors else name


_VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2"}


def cores():
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _total_memory():
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0


def load():
    """The load average of the last minute."""
    return os.getloadavg()[0]


def busy_seconds():
    """Seconds that all cores together have worked since the start; None if unknown."""
    try:
        first = Path("/proc/stat").read_text().splitlines()[0].split()
    except OSError:
        return None
    user, nice, system, _, _, irq, softirq, steal = map(int, first[1:9])
    ticks = user + nice + system + irq + softirq + steal
    return ticks / os.sysconf("SC_CLK_TCK")


def children_seconds():
    """Processor time of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def peak_rss_mb():
    """The most memory that this process has held, in MB."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):  # ru_maxrss would count the parent's too
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024


def versions():
    """Python and those of `PACKAGES` that are installed: name -> version."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        for name in ALIASES.get(package, (package,)):
            try:
                found[package] = importlib.metadata.version(name)
                break
            except importlib.metadata.PackageNotFoundError:
                continue
    return found


def threads():
    """Threads that the loaded libraries use: name -> how many."""
    found = {}
    if "torch" in sys.modules:
        found["torch"] = sys.modules["torch"].get_num_threads()
    if "minigan" in sys.modules:
        found["minigan"] = sys.modules["minigan"].get_threads()
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return found
    for pool in threadpool_info():
        found[f"{pool['internal_api']}"] = pool["num_threads"]
    return found


def threads_at_work(since=None):
    """What minigan has shared among threads, since it was asked before."""
    from minigan.jit.threads import work

    return work() - since if since else work()


def environment(extra=None):
    """Of a child: this one's, without what would choose other kernels."""
    kept = {k: v for k, v in os.environ.items() if k not in FORBIDDEN}
    return {**kept, "TF_CPP_MIN_LOG_LEVEL": "3", **(extra or {})}
