"""Memory on the stack, and a clock: what Python does not offer."""

import platform

import numpy as np
from llvmlite import ir
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from .compiling import JIT_DISABLED, kernel

MACHINE = platform.machine().lower()


@intrinsic
def ticks_now(typing_context):
    """The processor's steady counter; always 0 where there is none for user code."""

    def build(context, builder, signature, arguments):
        int64 = ir.IntType(64)
        if MACHINE in ("x86_64", "amd64"):
            counter = builder.module.declare_intrinsic(
                "llvm.readcyclecounter", (), ir.FunctionType(int64, ())
            )
            return builder.call(counter, ())
        if MACHINE in ("aarch64", "arm64"):
            name = builder.module.add_metadata(["cntvct_el0"])
            kind = ir.FunctionType(int64, [ir.MetaDataType()])
            counter = cgutils.get_or_insert_function(
                builder.module, kind, "llvm.read_volatile_register.i64"
            )
            return builder.call(counter, [name])
        return ir.Constant(int64, 0)

    return types.int64(), build


@intrinsic
def _stack(typing_context):
    """128 bytes of the caller's stack."""

    def build(context, builder, signature, arguments):
        block = cgutils.alloca_once(builder, ir.ArrayType(ir.DoubleType(), 16))
        return builder.bitcast(block, context.get_value_type(signature.return_type))

    return types.voidptr(), build


def lanes():
    """16 float64 zeros for a sum, without touching the heap.

    Inlined into the caller before anything else: it is the caller's stack.
    """
    sums = carray(_stack(), (16,), np.float64)
    for lane in range(16):
        sums[lane] = 0.0
    return sums


if JIT_DISABLED:

    def lanes():  # noqa: F811
        """16 float64 zeros."""
        return np.zeros(16)
else:
    lanes = njit(inline="always")(lanes)


@kernel(inside=True)
def fold(sums):
    """The sum of 16 lanes, by halves."""
    width = 8
    while width:
        for lane in range(width):
            sums[lane] += sums[lane + width]
        width //= 2
    return sums[0]
