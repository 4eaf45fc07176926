"""Random numbers in compiled code: those of NumPy's generators, to the bit.

A kernel gets a generator as the address of its `bitgen_t`, the C structure that NumPy
keeps for code like this: a state, and functions that draw 32 bits, 64 bits or a double
from it.  An address is an int64, so that a kernel that draws costs no more to call than
any other, and a recorded step can hold it.  Calls through pointers take most of the
time of a draw; so PCG64, NumPy's usual source of bits, is written out here as well.
An odd address says that its state lies as expected: `stream` has looked.

Normal numbers are drawn by the ziggurat of Marsaglia and Tsang, as in NumPy.  The area
under exp(-x^2 / 2) is cut into 256 layers of equal area.  Eight random bits choose a
layer, one the sign, 23 (float64: 52) the place in it: x.  In 98.5 % of all draws x lies
where the whole layer is under the curve, and is the number.  Otherwise it lies at the
layer's edge, where a second number decides, or in the tail beyond x = 3.65.

With NUMBA_DISABLE_JIT=1 (or a Numba whose tables of layers lie elsewhere) a stream is
the generator itself and the kernels that draw are plain NumPy.
"""

import ctypes
from functools import cache

import numpy as np
from llvmlite import ir
from numba import float32, types
from numba.extending import intrinsic, overload

from .compiling import JIT_DISABLED, inlined, kernel

try:
    from numba.np.random import _constants as tables
    from numba.np.random.distributions import np_log1p, np_log1pf
except ImportError:
    tables = None  # type: ignore[assignment]

COMPILED = tables is not None and not JIT_DISABLED


def stream(rng):
    """What the kernels take for a generator: the address of its `bitgen_t`.

    One more than that for a PCG64 whose state these kernels can read.
    """
    if not COMPILED:
        return rng
    address = rng.bit_generator.ctypes.bit_generator.value
    return address + (type(rng.bit_generator) is np.random.PCG64 and _pcg64_is_known())


@cache
def _pcg64_is_known():
    """True if this NumPy keeps the state of a PCG64 where `_pcg64_read` looks."""
    source = np.random.PCG64(1)
    source.random_raw(3)
    np.random.Generator(source).random(1, np.float32)  # half of a number is left
    known = source.state
    words = source.ctypes.state_address
    state = ctypes.cast(words, ctypes.POINTER(ctypes.c_uint64 * 2)).contents
    numbers = ctypes.cast(state[0], ctypes.POINTER(ctypes.c_uint64 * 4)).contents
    expected = known["state"]["state"], known["state"]["inc"]
    low = 2**64 - 1
    return list(numbers) == [
        part for n in expected for part in (n & low, n >> 64)
    ] and state[1] == known["has_uint32"] + (known["uinteger"] << 32)


def draw_kernel(function):
    """As `kernel`, for one that draws."""
    return kernel(function) if COMPILED else function


def _by_type(function, for_float32, for_float64):
    """Inside kernels, `function(rng, x)` is one of the two, by the type of vector x.

    The other one is not compiled.
    """

    @overload(function, inline="always")
    def choose(rng, x):
        if x.dtype == float32:
            return lambda rng, x: for_float32(rng, x)
        return lambda rng, x: for_float64(rng, x)


# ---- uniform ----


def _member(builder, address, k):
    """Member k of a `bitgen_t`, which never changes."""
    address = builder.and_(address, ir.IntType(64)(-2))
    pointers = builder.inttoptr(address, ir.IntType(64).as_pointer())
    value = builder.load(builder.gep(pointers, [ir.IntType(64)(k)]))
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value


def _next(k, kind, result):
    """Signature and code of a call of the function in member k."""

    def build(context, builder, signature, arguments):
        pointer = ir.IntType(8).as_pointer()
        function = ir.FunctionType(result, [pointer]).as_pointer()
        state = builder.inttoptr(_member(builder, arguments[0], 0), pointer)
        function = builder.inttoptr(_member(builder, arguments[0], k), function)
        return builder.call(function, [state])

    return kind(types.int64), build


@intrinsic
def _uint64(context, rng):
    return _next(1, types.uint64, ir.IntType(64))


@intrinsic
def _uint32(context, rng):
    return _next(2, types.uint32, ir.IntType(32))


@intrinsic
def _double(context, rng):
    return _next(3, types.float64, ir.DoubleType())


if COMPILED:

    @inlined
    def next_double(rng):
        """A float64 in [0, 1)."""
        return _double(rng)

    @inlined
    def _float(rng):
        """A float32 in [0, 1)."""
        return float32(_uint32(rng) >> types.uint32(8)) * float32(2.0**-24)

    @kernel(inside=True)
    def _uniform32(rng, u):
        for i in range(u.size):
            u[i] = _float(rng)

    @kernel(inside=True)
    def _uniform64(rng, u):
        for i in range(u.size):
            u[i] = _double(rng)

    def next_uniform(rng, u):
        """Fill the vector u with numbers in [0, 1)."""

    _by_type(next_uniform, _uniform32, _uniform64)
else:

    def next_double(rng):
        """A float64 in [0, 1)."""
        return rng.random()

    def next_uniform(rng, u):
        """Fill the vector u with numbers in [0, 1)."""
        u[:] = rng.random(u.size, u.dtype)


# ---- PCG64 ----
# O'Neill, "PCG: a family of simple fast space-efficient statistically good algorithms
# for random number generation", 2014: PCG-XSL-RR 128/64.

MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645


@intrinsic
def _pcg64_next(context, high, low, high_inc, low_inc):
    """state' = MULTIPLIER state + inc, modulo 2^128: (its halves, its 64 bits).

    The bits are the halves' exclusive or, rotated right by the state's upper six bits.
    """
    wide, word = ir.IntType(128), ir.IntType(64)

    def build(context, builder, signature, arguments):
        def joined(high, low):
            high = builder.shl(builder.zext(high, wide), wide(64))
            return builder.or_(high, builder.zext(low, wide))

        high, low, *inc = arguments
        state = builder.mul(joined(high, low), wide(MULTIPLIER))
        state = builder.add(state, joined(*inc))
        low = builder.trunc(state, word)
        high = builder.trunc(builder.lshr(state, wide(64)), word)
        both, turn = builder.xor(high, low), builder.lshr(high, word(58))
        back = builder.and_(builder.neg(turn), word(63))
        bits = builder.or_(builder.lshr(both, turn), builder.shl(both, back))
        return context.make_tuple(builder, signature.return_type, (high, low, bits))

    return types.UniTuple(types.uint64, 3)(*[types.uint64] * 4), build


@intrinsic
def _word(context, address, k):
    """The k-th uint64 at the address."""

    def build(context, builder, signature, arguments):
        words = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
        return builder.load(builder.gep(words, [arguments[1]]))

    return types.uint64(types.int64, types.int64), build


@intrinsic
def _set_word(context, address, k, value):
    """Store the k-th uint64 at the address."""

    def build(context, builder, signature, arguments):
        words = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
        builder.store(arguments[2], builder.gep(words, [arguments[1]]))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.uint64), build


# ---- normal ----

if COMPILED:

    @inlined
    def _pcg64_read(rng):
        """(state's halves, increment's halves, 32 bits that are left and whether).

        NumPy keeps { pointer to { state, increment }, int whether, uint32 left }.
        """
        words = np.int64(_word(rng - 1, 0))
        numbers = np.int64(_word(words, 0))
        low, high = _word(numbers, 0), _word(numbers, 1)
        return high, low, _word(numbers, 3), _word(numbers, 2), _word(words, 1)

    @inlined
    def _pcg64_write(rng, high, low, left):
        """Store what `_pcg64_read` returns; the increment never changes."""
        words = np.int64(_word(rng - 1, 0))
        numbers = np.int64(_word(words, 0))
        _set_word(numbers, 0, low)
        _set_word(numbers, 1, high)
        _set_word(words, 1, left)

    @kernel(inside=True)
    def _edge32(rng, layer, place, x):
        """x at the edge of a layer, or a number of the tail; NaN to draw again."""
        if layer > 0:
            high, low = tables.fi_float[layer - 1], tables.fi_float[layer]
            y = (high - low) * _float(rng) + low
            under = y < np.exp(-0.5 * x * x)  # in float64, as NumPy (and unlike Numba)
            return x if under else float32(np.nan)
        while True:
            a = float32(-tables.ziggurat_nor_inv_r_f * np_log1pf(-_float(rng)))
            b = float32(-np_log1pf(-_float(rng)))
            if float32(b + b) > float32(a * a):
                a = float32(tables.ziggurat_nor_r_f + a)
                return -a if (place >> 8) & 1 else a

    @kernel(inside=True)
    def _edge64(rng, layer, place, x):
        """The same in float64."""
        if layer > 0:
            high, low = tables.fi_double[layer - 1], tables.fi_double[layer]
            y = (high - low) * _double(rng) + low
            return x if y < np.exp(-0.5 * x * x) else np.nan
        while True:
            a = -tables.ziggurat_nor_inv_r * np_log1p(-_double(rng))
            b = -np_log1p(-_double(rng))
            if b + b > a * a:
                a = tables.ziggurat_nor_r + a
                return -a if (place >> 8) & 1 else a

    @kernel(inside=True)
    def _normal32(rng, z):
        written_out, half = rng & 1, types.uint64(32)
        high = low = high_inc = low_inc = left = types.uint64(0)
        if written_out:
            high, low, high_inc, low_inc, left = _pcg64_read(rng)
        for i in range(z.size):
            while True:
                if not written_out:
                    r = _uint32(rng)
                elif left & types.uint64(1):
                    r = types.uint32(left >> half)
                    left = left >> half << half
                else:
                    high, low, bits = _pcg64_next(high, low, high_inc, low_inc)
                    r = types.uint32(bits)
                    left = bits >> half << half | types.uint64(1)
                layer, place = r & 0xFF, (r >> 9) & 0x7FFFFF
                sign = float32(1) - float32(2) * float32((r >> 8) & 1)
                x = sign * float32(float32(place) * tables.wi_float[layer])
                if place >= tables.ki_float[layer]:
                    if written_out:
                        _pcg64_write(rng, high, low, left)
                    x = _edge32(rng, layer, place, x)
                    if written_out:
                        high, low, high_inc, low_inc, left = _pcg64_read(rng)
                z[i] = x
                if x == x:
                    break
        if written_out:
            _pcg64_write(rng, high, low, left)

    @kernel(inside=True)
    def _normal64(rng, z):
        for i in range(z.size):
            while True:
                r = _uint64(rng)
                layer = r & types.uint64(0xFF)
                place = (r >> types.uint64(9)) & types.uint64(0xFFFFFFFFFFFFF)
                sign = 1.0 - 2.0 * float((r >> types.uint64(8)) & types.uint64(1))
                z[i] = sign * (float(place) * tables.wi_double[layer])
                if place < tables.ki_double[layer]:
                    break
                z[i] = _edge64(rng, layer, place, z[i])
                if z[i] == z[i]:
                    break

    def next_normal(rng, z):
        """Fill the vector z with draws from N(0, 1)."""

    _by_type(next_normal, _normal32, _normal64)
else:

    def next_normal(rng, z):
        """Fill the vector z with draws from N(0, 1)."""
        z[:] = rng.standard_normal(z.size, z.dtype)
