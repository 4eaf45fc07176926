"""Numbers that several threads read and write: atomic operations on addresses.

All are sequentially consistent: every thread sees them in one and the same order.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_I64 = ir.IntType(64)
_ORDER = "seq_cst"


def _place(builder, address):
    """The address as a pointer to an int64."""
    return builder.inttoptr(address, _I64.as_pointer())


@intrinsic
def load(typing_context, address):
    """The int64 at the address."""

    def build(context, builder, signature, arguments):
        return builder.load_atomic(_place(builder, arguments[0]), _ORDER, 8)

    return types.int64(types.int64), build


@intrinsic
def store(typing_context, address, value):
    """Write an int64."""

    def build(context, builder, signature, arguments):
        place = _place(builder, arguments[0])
        builder.store_atomic(arguments[1], place, _ORDER, 8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), build


@intrinsic
def add(typing_context, address, value):
    """Add to an int64; what it was before."""

    def build(context, builder, signature, arguments):
        place = _place(builder, arguments[0])
        return builder.atomic_rmw("add", place, arguments[1], _ORDER)

    return types.int64(types.int64, types.int64), build


@intrinsic
def set_bits(typing_context, address, bits):
    """Set bits of an int64."""

    def build(context, builder, signature, arguments):
        place = _place(builder, arguments[0])
        builder.atomic_rmw("or", place, arguments[1], _ORDER)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), build


@intrinsic
def swap(typing_context, address, expected, value):
    """Write `value` where `expected` stands; 1 if it did, else 0."""

    def build(context, builder, signature, arguments):
        place = _place(builder, arguments[0])
        pair = builder.cmpxchg(place, *arguments[1:], _ORDER, _ORDER)
        return builder.zext(builder.extract_value(pair, 1), _I64)

    return types.int64(types.int64, types.int64, types.int64), build
