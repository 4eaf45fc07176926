"""Parts of one instruction: rows of a program that run side by side.

A row in front of them says how many they are, and has the code of this module, which
shares them out among threads.  So the player knows nothing of it, and a program without
such parts, as those of small networks are, has nothing of it compiled.
"""

from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target

from ..jit.compiling import kernel
from ..jit.tasks import next_task, share_out, threads
from ..jit.threads import start
from .player import run_row
from .rows import FIRST, WIDTH

COUNT = FIRST  # column of the row in front: parts
_I64 = ir.IntType(64)


@kernel(inside=True)
def _some_rows(share, first, width, failed):
    """Rows `first`, `first + width`, ..., as far as no other worker does them."""
    part = next_task(share)
    while part >= 0:
        if run_row(first + 8 * width * part) != 0:
            failed[0] = 1
        part = next_task(share)


@kernel(inside=True)
def side_by_side(first, count, width):
    """Run `count` rows of `width` numbers, the first one at the address `first`."""
    failed = np.zeros(1, np.int64)
    share_out(_some_rows, threads(), count, (first, width, failed))
    if failed[0] != 0:
        raise MemoryError("a kernel of a recorded step found no memory")


def front(parts: int) -> list[int]:
    """The row in front of so many parts."""
    start()
    return [_compiled()[0], 1 + parts, 0, parts]


@cache
@global_compiler_lock
def _compiled() -> tuple[int, Any]:
    """(address of the code of a row in front of parts, what keeps it alive)"""
    kinds = (types.int64,) * 3
    side_by_side.compile(kinds)
    code = side_by_side.overloads[kinds]
    kernel_at = code.library.get_pointer_to_function(code.fndesc.llvm_func_name)
    context = cpu_target.target_context
    library = context.codegen().create_library("minigan.groups")
    module = library.create_ir_module("minigan.groups")
    kind = ir.FunctionType(ir.IntType(32), [_I64.as_pointer()])
    function = ir.Function(module, kind, "minigan.group")
    builder = ir.IRBuilder(function.append_basic_block())
    (row,) = function.args

    def column(place: int) -> Any:
        return builder.load(builder.gep(row, [_I64(place)]))

    count, width = column(COUNT), column(WIDTH)
    first = builder.ptrtoint(builder.gep(row, [width]), _I64)
    convention = context.call_conv
    callee = convention.get_function_type(types.none, kinds).as_pointer()
    # an instruction, not a constant: `call_function` asks it for its type
    target = builder.inttoptr(builder.add(_I64(kernel_at), _I64(0)), callee)
    status, _ = convention.call_function(
        builder, target, types.none, kinds, [first, count, width]
    )
    builder.ret(status.code)
    library.add_ir_module(module)
    library.finalize()
    return library.get_pointer_to_function("minigan.group"), library
