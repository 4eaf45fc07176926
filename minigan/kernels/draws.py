"""Normal random numbers, drawn as fast as Numba can.

`rng.standard_normal(size)` inside compiled code looks up the bit generator and counts
its references for every number.  Looked up once, and in a function that is not inlined
into a longer one, a draw takes half the time; numbers and state are the same.
"""

from numba import types
from numba.extending import intrinsic, overload

from .compiling import JIT_DISABLED, kernel

try:
    from numba.np.random.distributions import (
        random_standard_normal,
        random_standard_normal_f,
    )
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

    def _draw(bits, like):
        """One number of like's type."""

    @overload(_draw, inline="always")
    def _(bits, like):
        draw = random_standard_normal
        if like.dtype == types.float32:
            draw = random_standard_normal_f
        return lambda bits, like: draw(bits)

    @kernel
    def standard_normal(rng, n, d, z):
        _apart()
        bits = rng.bit_generator
        flat = z.reshape(z.size)
        for i in range(flat.size):
            flat[i] = _draw(bits, flat)
