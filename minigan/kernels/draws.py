"""Normal random numbers: the ziggurat of Marsaglia and Tsang, as NumPy draws them.

`rng.standard_normal(size)` inside compiled code looks up the bit generator and counts
its references for every number.  Here it is looked up once, and the case of 98.5 % of
all draws, one random integer and two table look-ups, is a straight line.  Numbers and
state are those of NumPy.

The area under exp(-x^2 / 2) is cut into 256 layers of equal area.  Eight random bits
choose a layer, one the sign, 23 (float64: 52) the place in it: x.  Nearly always x lies
where the whole layer is under the curve, and is the number.  Otherwise it lies at the
layer's edge, where a second number decides, or in the tail beyond x = 3.65.
"""

import numpy as np
from numba import float32, types
from numba.extending import intrinsic, overload

from .compiling import JIT_DISABLED, kernel

try:
    from numba.np.random import _constants as tables
    from numba.np.random.distributions import np_log1pf, random_standard_normal
    from numba.np.random.generator_core import next_float, next_uint32
except ImportError:  # another Numba: the public, slower way
    random_standard_normal = None  # type: ignore[assignment]


@intrinsic
def _apart(typing_context):
    """Keep the function that calls this from being inlined."""

    def build(context, builder, signature, arguments):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), build


if random_standard_normal is None or JIT_DISABLED:

    @kernel
    def standard_normal(rng, n, d, z):
        draws = rng.standard_normal(size=z.size, dtype=z.dtype.type)
        for i in range(n):
            for j in range(d):
                z[i, j] = draws[i * d + j]
else:
    WIDTH, CERTAIN, HEIGHT = tables.wi_float, tables.ki_float, tables.fi_float
    TAIL, PER_TAIL = tables.ziggurat_nor_r_f, tables.ziggurat_nor_inv_r_f

    @kernel(inside=True)
    def _edge(bits, layer, place, x):
        """x at the edge of a layer, or a number of the tail; NaN to draw again."""
        if layer > 0:
            step = HEIGHT[layer - 1] - HEIGHT[layer]
            y = step * next_float(bits) + HEIGHT[layer]
            under = y < np.exp(-0.5 * x * x)  # in float64, as NumPy (and unlike Numba)
            return x if under else float32(np.nan)
        while True:
            beyond = float32(-PER_TAIL * np_log1pf(-next_float(bits)))
            y = float32(-np_log1pf(-next_float(bits)))
            if float32(y + y) > float32(beyond * beyond):
                x = float32(TAIL + beyond)
                return -x if (place >> 8) & 1 else x

    @kernel(inside=True)
    def _fill_float32(bits, z):
        for i in range(z.shape[0]):
            for j in range(z.shape[1]):
                while True:
                    r = next_uint32(bits)
                    layer, place = r & 0xFF, (r >> 9) & 0x7FFFFF
                    sign = float32(1) - float32(2) * float32((r >> 8) & 1)
                    z[i, j] = sign * float32(float32(place) * WIDTH[layer])
                    if place < CERTAIN[layer]:
                        break
                    z[i, j] = _edge(bits, layer, place, z[i, j])
                    if z[i, j] == z[i, j]:
                        break

    @kernel(inside=True)
    def _fill_float64(bits, z):
        for i in range(z.shape[0]):
            for j in range(z.shape[1]):
                z[i, j] = random_standard_normal(bits)

    def _fill(bits, z):
        """Fill z, whatever its type."""

    @overload(_fill, inline="always")
    def _(bits, z):
        if z.dtype == types.float32:
            return lambda bits, z: _fill_float32(bits, z)
        return lambda bits, z: _fill_float64(bits, z)

    @kernel
    def standard_normal(rng, n, d, z):
        _apart()
        _fill(rng.bit_generator, z)
