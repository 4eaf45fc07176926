"""The player: a recorded step, run n times inside one compiled call.

A step is a matrix of instructions, see `rows`.  The player calls the code of each row
in order and knows nothing of primitives, types or architectures.  The program owns all
arrays and keeps them alive while this runs.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..jit.compiling import kernel
from ..jit.memory import ticks_now
from ..jit.tasks import next_task, share_out, threads
from .rows import ENTRY, PARTS


@intrinsic
def _run(typing_context, code, i):
    """Run row i of `code`; 0 where all went well."""

    def build(context, builder, signature, arguments):
        int64 = ir.IntType(64)
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        width = builder.extract_value(array.shape, 1)
        row = builder.gep(array.data, [builder.mul(arguments[1], width)])
        entry = builder.load(builder.gep(row, [int64(ENTRY)]))
        kind = ir.FunctionType(ir.IntType(32), [int64.as_pointer()])
        status = builder.call(builder.inttoptr(entry, kind.as_pointer()), [row])
        return builder.sext(status, int64)

    return types.int64(code, types.int64), build


@kernel(inside=True)
def _some_rows(share, code, i, failed):
    """Rows i + 0, i + 1, ..., as far as no other worker does them."""
    part = next_task(share)
    while part >= 0:
        if _run(code, i + part) != 0:
            failed[0] = 1
        part = next_task(share)


@kernel(inside=True)
def _side_by_side(code, i):
    """Row i and those behind it that are parts of the same instruction; 0 if well."""
    failed = np.zeros(1, np.int64)
    share_out(_some_rows, threads(), code[i, PARTS], (code, i, failed))
    return failed[0]


@kernel(nogil=True)
def play(code, count, ticks):
    """Run all rows of `code` in order, `count` times; parts of a row side by side.

    code: (rows, width) int64.
    ticks: (rows,) int64, to which the clock ticks of each row are added, those of parts
        to the first one; or empty.
    Errors: MemoryError where a kernel found no room for its scratch.
    """
    timed = ticks.size > 0
    before = 0
    for _ in range(count):
        i = np.int64(0)  # a literal would be a type of its own
        while i < code.shape[0]:
            if timed:
                before = ticks_now()
            if code[i, PARTS] == 1:
                failed = _run(code, i)
            else:
                failed = _side_by_side(code, i)
            if failed != 0:
                raise MemoryError("a kernel of a recorded step found no memory")
            if timed:
                ticks[i] += ticks_now() - before
            i += code[i, PARTS]
