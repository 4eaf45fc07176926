"""Random numbers in compiled code: those of NumPy's generators, to the bit.

A kernel gets a generator as the address of its `bitgen_t`, the C structure that NumPy
keeps for code like this: a state, and functions that draw 32 bits, 64 bits or a double
from it.  An address is an int64, so that a kernel that draws costs no more to call than
any other, and a recorded step can hold it.

Normal numbers are drawn by the ziggurat of Marsaglia and Tsang, as in NumPy.  The area
under exp(-x^2 / 2) is cut into 256 layers of equal area.  Eight random bits choose a
layer, one the sign, 23 (float64: 52) the place in it: x.  In 98.5 % of all draws x lies
where the whole layer is under the curve, and is the number.  Otherwise it lies at the
layer's edge, where a second number decides, or in the tail beyond x = 3.65.

With NUMBA_DISABLE_JIT=1 (or a Numba whose tables of layers lie elsewhere) a stream is
the generator itself and the kernels that draw are plain NumPy.
"""

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
    """What the kernels take for a generator: the address of its `bitgen_t`."""
    return rng.bit_generator.ctypes.bit_generator.value if COMPILED else rng


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


# ---- normal ----

if COMPILED:

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
        for i in range(z.size):
            while True:
                r = _uint32(rng)
                layer, place = r & 0xFF, (r >> 9) & 0x7FFFFF
                sign = float32(1) - float32(2) * float32((r >> 8) & 1)
                z[i] = sign * float32(float32(place) * tables.wi_float[layer])
                if place < tables.ki_float[layer]:
                    break
                z[i] = _edge32(rng, layer, place, z[i])
                if z[i] == z[i]:
                    break

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
