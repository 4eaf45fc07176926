"""exp, log, log(1 + e^-a), tanh and sigmoid as arithmetic that LLVM can vectorise.

A loop that calls the C library's `expf` handles one number at a time.  The functions
here are nothing but additions, multiplications, divisions, comparisons, selections and
bit shifts: no branch, no table, no call.  Inlined into `for i in range(x.size)`, they
let LLVM work on 4, 8 or 16 numbers at once.  One text serves float32 and float64.

    exp      x = k ln 2 + r with |r| <= ln(2)/2;  e^x = 2^k e^r;  e^r by a polynomial
    log      x = 2^e m with sqrt(1/2) <= m < sqrt(2);  log x = e ln 2 + log m
    tanh     -q / (2 + q), q = e^(-2|x|) - 1, with the sign of x
    sigmoid  1 / (1 + t) or t / (1 + t), t = e^(-|x|)

Every result, subnormal ones included, is within 4 units in the last place (ulp) of the
exact value; measured: exp and log below 1, all below 3.  NaN gives
NaN.  Nothing is contracted into a fused multiply-add, so an inlined copy, a vector
lane, a scalar tail, another CPU and plain Python all give the same bits.

The arguments are NumPy or Numba floats.  A literal like 2.0 is float64 in Numba and
would make float64 of the whole expression, hence `constants(x)`.  The primitives are
written twice: in Python, which `NUMBA_DISABLE_JIT=1` runs, and in LLVM's instructions.
"""

from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import lower_builtin, overload, type_callable

LN2 = 0.6931471805599453


class Constants(NamedTuple):
    """What the formulas need, all in one floating-point type."""

    zero: np.floating
    half: np.floating
    one: np.floating
    two: np.floating
    infinity: np.floating
    nan: np.floating
    round: np.floating  # 1.5 * 2^(fraction bits): y + round - round is rint(y)
    log2_e: np.floating
    ln2_high: np.floating  # ln 2 to so few bits that k * ln2_high is exact ...
    ln2_low: np.floating  # ... and what is missing
    exp_lowest: np.floating  # from here down, e^x rounds to 0
    exp_highest: np.floating  # here, e^x has overflowed
    tanh_highest: np.floating  # here, tanh has rounded to 1
    sqrt_two_less_1: np.floating
    tiny: np.floating  # the smallest normal number
    grow: np.floating  # makes any subnormal number normal ...
    grow_log2: np.floating  # ... and its exponent
    exp_tail: tuple  # (e^r - 1 - r) / r^2, in powers of r
    log_tail: tuple  # (log((1+s)/(1-s)) / s - 2) / s^2, in powers of s^2


def _constants(dtype, bits, ln2_bits, lowest, highest, flat, exp_tail, log_tail):
    """`Constants` of one type with so many fraction bits."""
    number = np.dtype(dtype).type
    ln2_high = round(LN2 * 2.0**ln2_bits) / 2.0**ln2_bits
    # LN2 is itself rounded: 2.319...e-17 is what float64 lacks of ln 2.
    ln2_low = (LN2 - ln2_high) + 2.3190468138462996e-17
    plain = (0, 0.5, 1, 2, np.inf, np.nan, 1.5 * 2.0**bits, 1 / LN2, ln2_high, ln2_low)
    plain += (lowest, highest, flat, 2**0.5 - 1, np.finfo(dtype).tiny)
    plain += (2.0 ** (bits + 2), bits + 2)
    tails = (tuple(number(a) for a in tail) for tail in (exp_tail, log_tail))
    return Constants(*(number(value) for value in plain), *tails)


# The polynomials interpolate the functions named above in the Chebyshev points of
# |r| <= ln(2)/2 and 0 <= s^2 <= 0.0295 (solved in 60 digits, then rounded); relative to
# e^r and log m they are off by 2^-30 and 2^-28 in float32, 2^-61 and 2^-57 in float64.
F32 = _constants(
    np.float32, 23, 15, -104.0, 89.0, 10.0,
    (0.5, 0.16666667, 0.041666463, 0.0083333105, 0.0013933821, 0.0001989118),
    (0.66666687, 0.3998876, 0.29580986),
)  # fmt: skip
F64 = _constants(
    np.float64, 52, 42, -746.0, 710.0, 20.0,
    (0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326025,
     0.001388888888888367, 0.00019841269875205077, 2.4801587325822283e-05,
     2.75572549134867e-06, 2.7557273295539724e-07, 2.5105419192016337e-08,
     2.091483135138041e-09),
    (0.666666666666667, 0.3999999999989889, 0.28571428626253836, 0.22222211089379496,
     0.1818289243253687, 0.15331611722055008, 0.14617807153417325),
)  # fmt: skip


# ---- the primitives: in Python, and as the instructions that LLVM gets ----


def constants(x):
    """The `Constants` of x's type."""
    return F32 if isinstance(x, np.float32) else F64


@overload(constants)
def _(x):
    return (lambda x: F32) if x == types.float32 else (lambda x: F64)


def polynomial(x, coefficients):
    """a[0] + a[1] x + a[2] x^2 + ...: pairs, then pairs of pairs (Estrin's scheme).

    Horner's rule needs one step more per coefficient, each waiting for the last one.
    """
    a, power = list(coefficients), x
    while len(a) > 1:
        pairs = [low + high * power for low, high in zip(a[::2], a[1::2], strict=False)]
        a = pairs + a[2 * len(pairs) :]
        power = power * power
    return a[0]


@type_callable(polynomial)
def _(context):
    return lambda x, coefficients: x


@lower_builtin(polynomial, types.Float, types.BaseTuple)
def _(context, builder, signature, args):
    power, a = args[0], cgutils.unpack_tuple(builder, args[1])
    while len(a) > 1:
        pairs = [
            builder.fadd(low, builder.fmul(high, power))
            for low, high in zip(a[::2], a[1::2], strict=False)
        ]
        a = pairs + a[2 * len(pairs) :]
        power = builder.fmul(power, power)
    return a[0]


class _Layout(NamedTuple):
    """Where a floating-point type keeps what."""

    integer: type
    bits: int  # how many bits the fraction has
    bias: int  # of the exponent
    sqrt_half: int  # sqrt(1/2), read as an integer


LAYOUT32 = _Layout(np.int32, 23, 127, 0x3F3504F3)
LAYOUT64 = _Layout(np.int64, 52, 1023, 0x3FE6A09E667F3BCD)
_LAYOUT = {types.float32: LAYOUT32, types.float64: LAYOUT64}


def two_to(k):
    """2^k for an integral k within the normal exponents.

    k + 1.5 * 2^bits + bias holds k + bias in its last bits: shift that to the exponent.
    """
    layout = LAYOUT32 if isinstance(k, np.float32) else LAYOUT64
    pattern = (k + (constants(k).round + layout.bias)).view(layout.integer)
    return (pattern << layout.bits).view(type(k))


@type_callable(two_to)
def _(context):
    return lambda k: k


@lower_builtin(two_to, types.Float)
def _(context, builder, signature, args):
    (k,), layout = args, _LAYOUT[signature.return_type]
    integer = ir.IntType(layout.integer().itemsize * 8)
    pattern = builder.fadd(k, k.type(1.5 * 2.0**layout.bits + layout.bias))
    pattern = builder.shl(builder.bitcast(pattern, integer), integer(layout.bits))
    return builder.bitcast(pattern, k.type)


def split(x):
    """(e, m) with x = 2^e m and sqrt(1/2) <= m < sqrt(2), for a positive normal x.

    Measured from sqrt(1/2), x's bits are e above and the rest of m below.
    """
    layout = LAYOUT32 if isinstance(x, np.float32) else LAYOUT64
    distance = int(x.view(layout.integer)) - layout.sqrt_half
    m = (distance & ((1 << layout.bits) - 1)) + layout.sqrt_half
    return type(x)(distance >> layout.bits), layout.integer(m).view(type(x))


@type_callable(split)
def _(context):
    return lambda x: types.UniTuple(x, 2)


@lower_builtin(split, types.Float)
def _(context, builder, signature, args):
    (x,), layout = args, _LAYOUT[signature.args[0]]
    integer = ir.IntType(layout.integer().itemsize * 8)
    distance = builder.sub(builder.bitcast(x, integer), integer(layout.sqrt_half))
    m = builder.and_(distance, integer((1 << layout.bits) - 1))
    m = builder.add(m, integer(layout.sqrt_half))
    # Not every CPU turns integers into floats quickly: write e + bias > 0 into the
    # fraction of the number 2^bits, whose last bit counts 1.
    e = builder.add(distance, integer(layout.bias << layout.bits))
    e = builder.lshr(e, integer(layout.bits))
    e = builder.or_(e, integer((layout.bits + layout.bias) << layout.bits))
    e = builder.bitcast(e, x.type)
    e = builder.fsub(e, x.type(2.0**layout.bits + layout.bias))
    parts = (e, builder.bitcast(m, x.type))
    return context.make_tuple(builder, signature.return_type, parts)


# ---- the functions ----


def _scalar(function):
    """Compile `function` into the kernels that call it; leave Python a quiet copy."""
    quiet = np.errstate(all="ignore")(function)
    overload(quiet, strict=False)(lambda *args: function)
    return quiet


@_scalar
def _exp_parts(x):
    """(k, e^r - 1) with x = k ln 2 + r, |r| <= ln(2)/2, for an x near 0 to 1000."""
    c = constants(x)
    k = (x * c.log2_e + c.round) - c.round
    r = (x - k * c.ln2_high) - k * c.ln2_low
    return k, r + r * r * polynomial(r, c.exp_tail)


@_scalar
def exp(x):
    """e^x: 0 at -inf, inf from 88.73 (float32) or 709.79 (float64) on."""
    c = constants(x)
    x = c.exp_lowest if x < c.exp_lowest else x
    x = c.exp_highest if x > c.exp_highest else x
    k, p = _exp_parts(x)
    # 2^k may be no normal number though e^x is one, or subnormal: two halves, which
    # round at most once more.
    first = (k * c.half + c.round) - c.round
    return (c.one + p) * two_to(first) * two_to(k - first)


@_scalar
def _log_of_parts(e, f):
    """e ln 2 + log(1 + f) for sqrt(1/2) <= 1 + f < sqrt(2).

    With s = f / (2 + f), log(1 + f) = log((1 + s) / (1 - s)) = 2 s + s^3 (2/3 + ...).
    2 s has a rounding error that the exact f has not: 2 s = f - f^2/2 + s f^2/2.
    """
    c = constants(f)
    s = f / (c.two + f)
    z = s * s
    h = c.half * f * f
    small = s * (h + z * polynomial(z, c.log_tail)) + e * c.ln2_low
    return e * c.ln2_high + (f - (h - small))


@_scalar
def log(x):
    """The natural logarithm: -inf at 0 and -0, NaN below, inf at inf."""
    c = constants(x)
    subnormal = x < c.tiny
    e, m = split(x * c.grow if subnormal else x)
    e = e - c.grow_log2 if subnormal else e
    y = _log_of_parts(e, m - c.one)
    y = y if x < c.infinity else x  # inf and NaN
    y = c.nan if x < c.zero else y
    return -c.infinity if x == c.zero else y


@_scalar
def log1p_exp_neg(a):
    """log(1 + e^-a) for a >= 0: what softplus adds to max(x, 0), with a = |x|."""
    c = constants(a)
    t = exp(-a)
    big = t > c.sqrt_two_less_1  # then log 2 + log((1 + t) / 2)
    f = (t - c.one) * c.half if big else t
    return _log_of_parts(c.one if big else c.zero, f)


@_scalar
def tanh(x):
    """(e^x - e^-x) / (e^x + e^-x), odd to the bit."""
    c = constants(x)
    a = abs(x)
    a = c.tanh_highest if a > c.tanh_highest else a
    k, p = _exp_parts(-(a + a))
    scale = two_to(k)
    q = scale * p + (scale - c.one)  # e^(-2a) - 1, exactly p if k = 0
    y = (q if x < c.zero else -q) / (c.two + q)
    return x if x == c.zero else y  # keeps -0


@_scalar
def sigmoid(x):
    """1 / (1 + e^-x), to full relative accuracy for very negative x too."""
    c = constants(x)
    t = exp(-abs(x))
    return (t if x < c.zero else c.one) / (c.one + t)
