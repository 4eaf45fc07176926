"""Memory on the stack, and a clock: what Python does not offer."""

import platform

import numpy as np
from llvmlite import ir
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from .compiling import JIT_DISABLED, inlined, kernel

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


LANES, BLOCK = 16, 64  # numbers of a sum in progress; numbers worked out at a time


def on_the_stack(builder, kind):
    """The address of memory of an LLVM type on the caller's stack, as it lies there.

    Not by `cgutils.alloca_once`, which stores a zero into each element at every call,
    and takes LLVM a second to compile for 3,000 of them.
    """
    with builder.goto_entry_block():
        return builder.alloca(kind)


def _numbers_on_the_stack(count):
    """An intrinsic: the address of so many float64 of the caller's stack."""

    @intrinsic
    def address(typing_context):
        def build(context, builder, signature, arguments):
            block = on_the_stack(builder, ir.ArrayType(ir.DoubleType(), count))
            return builder.bitcast(block, context.get_value_type(signature.return_type))

        return types.voidptr(), build

    return address


_lanes_address, _block_address = map(_numbers_on_the_stack, (LANES, BLOCK))


def lanes():
    """16 float64 zeros for a sum, without touching the heap.

    Inlined into the caller before anything else: it is the caller's stack.
    """
    sums = carray(_lanes_address(), (LANES,), np.float64)
    for lane in range(LANES):
        sums[lane] = 0.0
    return sums


def block(like):
    """64 numbers of that array's type, for what is worked out before it is summed.

    A loop that only works out numbers is compiled to vectors, one that also adds each
    to its lane is not.
    """
    return carray(_block_address(), (BLOCK,), like.dtype)


@intrinsic
def _start(typing_context, array):
    """The address of the first element."""

    def build(context, builder, signature, arguments):
        data = context.make_array(signature.args[0])(context, builder, *arguments).data
        return builder.bitcast(data, context.get_value_type(signature.return_type))

    return types.voidptr(array), build


def flat(array):
    """A contiguous array as a vector; quicker to compile than to reshape it."""
    return carray(_start(array), (array.size,), array.dtype)


@intrinsic
def copy_run(typing_context, target, i, source, j, count):
    """target[i + k] = source[j + k] for k < count, of contiguous arrays as vectors.

    One call of the system's copy: a loop over a short run spends its time on asking
    whether the arrays overlap.  They must not.
    """

    def build(context, builder, signature, arguments):
        def number(k):
            kind = signature.args[k]
            return context.cast(builder, arguments[k], kind, types.int64)

        def place(k):
            array = context.make_array(signature.args[k])
            start = array(context, builder, arguments[k]).data
            return builder.gep(start, [number(k + 1)])

        to, size = place(0), context.get_abi_sizeof(context.get_data_type(source.dtype))
        cgutils.raw_memcpy(builder, to, place(2), number(4), size)
        return context.get_dummy_value()

    return types.void(target, i, source, j, count), build


if JIT_DISABLED:

    def copy_run(target, i, source, j, count):  # type: ignore[misc]  # noqa: F811
        """target[i + k] = source[j + k] for k < count, of arrays as vectors."""
        target.reshape(-1)[i : i + count] = source.reshape(-1)[j : j + count]

    def lanes():  # noqa: F811
        """16 float64 zeros."""
        return np.zeros(LANES)

    def block(like):  # noqa: F811
        """64 numbers of that array's type."""
        return np.empty(BLOCK, like.dtype)

    def flat(array):  # noqa: F811
        """The array as a vector."""
        return array.reshape(-1)
else:
    lanes, block, flat = (njit(inline="always")(f) for f in (lanes, block, flat))


@inlined
def add_block(terms, count, sums):
    """Add the first `count` terms to the lanes: number i to lane i modulo 16."""
    for start in range(0, count, LANES):
        for lane in range(min(LANES, count - start)):
            sums[lane] += np.float64(terms[start + lane])


@kernel(inside=True)
def fold(sums):
    """The sum of 16 lanes, by halves."""
    width = 8
    while width:
        for lane in range(width):
            sums[lane] += sums[lane + width]
        width //= 2
    return sums[0]
