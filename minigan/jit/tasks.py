"""How threads share work: tasks in a row, taken from both ends.

Cutting the work in equal halves would wait for the slower core, and on a machine that
others use too, one core is often slower.  So there are more tasks than threads, and
who is ready takes the next.  Two threads share a row of tasks: one starts at its front
and one at its back, until they meet.  Thus each works on neighbours in memory, and
no cache line goes back and forth between them.  More threads have a row for each two.

    workers = threads()
    taken = none_taken(workers)
    for worker in prange(workers):              # a thread each
        share, done = (taken, np.int64(worker), workers, count), np.int64(0)
        task = next_task(share, done)
        while task >= 0:
            ...
            done += 1
            task = next_task(share, done)

Which thread does a task never changes a bit of its result.  Without `np.int64` around
the numbers Numba would compile what they are handed to for several types of integers.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .compiling import JIT_DISABLED, kernel

if JIT_DISABLED:

    def threads():
        """One: a loop of Python."""
        return 1

    def _count(taken, row):
        """taken[row], and then one more."""
        taken[row] += 1
        return taken[row] - 1
else:

    @intrinsic
    def threads(typing_context):
        """numba.get_num_threads(), which as it is would keep kernels from the cache."""

        def build(context, builder, signature, arguments):
            builder.function.attributes.add("noinline")
            kind = ir.FunctionType(ir.IntType(64), [])
            name = "get_num_threads"
            function = cgutils.get_or_insert_function(builder.module, kind, name)
            return builder.call(function, [])

        return types.int64(), build

    @intrinsic
    def _count(typing_context, taken, row):
        """taken[row], and then one more; no two threads get the same number."""

        def build(context, builder, signature, arguments):
            array = context.make_array(signature.args[0])
            data = array(context, builder, arguments[0]).data
            place = builder.gep(data, [arguments[1]])
            one = ir.Constant(ir.IntType(64), 1)
            return builder.atomic_rmw("add", place, one, "monotonic")

        return types.int64(taken, types.int64), build


@kernel
def none_taken(workers):
    """How many tasks of each row have been taken: none.

    A function of its own: in a parallel kernel, Numba would turn `np.zeros` into one
    more parallel loop, which takes longer than a small product.
    """
    return np.zeros((workers + 1) // 2, np.int64)


@kernel
def next_task(share, done):
    """The next of `count` tasks for a worker that has done `done`; -1: none is left.

    share: (taken, worker, workers, count)
    """
    taken, worker, workers, count = share
    row = worker // 2
    first = 2 * row * count // workers
    end = min(2 * row + 2, workers) * count // workers
    if _count(taken, row) >= end - first:
        return -1
    return first + done if worker % 2 == 0 else end - 1 - done
