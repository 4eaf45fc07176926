"""The player: a recorded step, run n times inside one compiled call.

A step is a matrix of instructions, see `rows`.  The player calls the code of each row
in order and knows nothing of primitives, types or architectures.  The program owns all
arrays and keeps them alive while this runs.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..jit.compiling import kernel
from ..jit.memory import ticks_now
from .rows import ENTRY, NEXT


@intrinsic
def run_row(typing_context, row):
    """Run the row at an address; 0 where all went well."""

    def build(context, builder, signature, arguments):
        int64 = ir.IntType(64)
        row = builder.inttoptr(arguments[0], int64.as_pointer())
        entry = builder.load(builder.gep(row, [int64(ENTRY)]))
        kind = ir.FunctionType(ir.IntType(32), [int64.as_pointer()])
        status = builder.call(builder.inttoptr(entry, kind.as_pointer()), [row])
        return builder.sext(status, int64)

    return types.int64(types.int64), build


@kernel
def play(code, count, ticks):
    """Run all rows of `code` in order, `count` times.

    code: (rows, width) int64.
    ticks: (rows,) int64, to which the clock ticks of each row are added; or empty.
    Errors: MemoryError where a kernel found no room for its scratch.
    """
    timed, start, size = ticks.size > 0, code.ctypes.data, 8 * code.shape[1]
    before = 0
    for _ in range(count):
        i = 0
        while i < code.shape[0]:
            if timed:
                before = ticks_now()
            if run_row(start + size * i) != 0:
                raise MemoryError("a kernel of a recorded step found no memory")
            if timed:
                ticks[i] += ticks_now() - before
            i += code[i, NEXT]
