"""What a product by tiles computes, in NumPy, bit for bit: the formula to read.

A matrix unit multiplies numbers of 8 binary digits (bfloat16).  A float32 has 24:

    x = hi + mid + lo       hi  = x to 8 digits
                            mid = x - hi to 8 digits
                            lo  = x - hi - mid, which is left with 8 at most

Every step is exact, so nothing is lost.  Of the nine products in (hi + mid + lo)
(hi' + mid' + lo') the three smallest are left out: together they are below 2^-24 of the
largest one, half a unit in its last place.  The other six are added up by the unit, 32
steps of k at a time, see `multiply`.  `docs/tiles.md` has the picture and the errors.
"""

import numpy as np
from numpy.typing import NDArray

DEPTH = 32  # steps of k in one instruction
# Left and right part of each partial product, in the order in which they are added: the
# small ones first, while sums are small.  Neighbours share a part, which stays loaded.
ORDER = ((2, 0), (1, 0), (1, 1), (0, 1), (0, 2), (0, 0))
# What is smaller becomes zero: it would be below 2^-126 after rounding to 24 digits.
TINY = 2.0**-126 * (1 - 2.0**-25)


def eight_digits(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """The nearest numbers whose last 16 bits are zero; halves go away from zero."""
    return ((x.view(np.uint32) + np.uint32(0x8000)) & np.uint32(0xFFFF0000)).view("f4")


def split(x: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """(hi, mid, lo): exactly x = hi + mid + lo, where no part is subnormal."""
    with np.errstate(invalid="ignore", over="ignore"):
        hi = eight_digits(x)
        mid = eight_digits(x - hi)
        lo = (x - hi) - mid
    return hi, mid, (lo.view(np.uint32) & np.uint32(0xFFFF0000)).view("f4")


def flushed(x: NDArray[np.floating]) -> NDArray[np.float32]:
    """x to the nearest float32, a half to the even one; zero for subnormal numbers."""
    return np.where(abs(x) < TINY, np.copysign(0, x), x).astype(np.float32)


def multiply(
    C: NDArray[np.float32], A: NDArray[np.float32], B: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The instruction TDPBF16PS: C + A B, with its roundings.

        even = a[0] b[0] + a[2] b[2] + ...      a fused multiply-add each, from 0
        odd  = a[1] b[1] + a[3] b[3] + ...
        C + (even + odd)

    A: (rows, 32), B: (32, columns), of 8 digits.  Subnormal numbers are taken as zero
    and left as zero.  float64 holds a product exactly, and rounding its sum with a
    float32 first to 53 and then to 24 digits is the same as rounding once.
    """
    a, b = flushed(A).astype(float), flushed(B).astype(float)
    even, odd = np.zeros((2, *C.shape), np.float32)
    for k in range(0, a.shape[1], 2):
        even = flushed(even + np.outer(a[:, k], b[k]))
        odd = flushed(odd + np.outer(a[:, k + 1], b[k + 1]))
    both = flushed(even.astype(float) + odd)
    return flushed(flushed(C).astype(float) + both)


def left_tiles(A: NDArray[np.float32]) -> NDArray[np.float32]:
    """hi, mid, lo of 16 rows and 32 steps, as three tiles lie in memory.

    A row of a tile is a row of A: two steps of k in each word, the even one first.
    """
    parts = [(part.view(np.uint32) >> 16).astype(np.uint16) for part in split(A)]
    return np.concatenate([part.reshape(-1).view(np.float32) for part in parts])


def right_tiles(B: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same of 32 steps and 16 columns: row r has steps 2r and 2r + 1, in pairs."""
    pairs = B.reshape(16, 2, 16).transpose(0, 2, 1)
    return left_tiles(np.ascontiguousarray(pairs).reshape(16, 32))


def product(A: NDArray[np.float32], B: NDArray[np.float32]) -> NDArray[np.float32]:
    """A B by tiles.   A: (N, K)   B: (K, M)"""
    missing = -A.shape[1] % DEPTH  # zeros change no sum
    left = split(np.pad(A, ((0, 0), (0, missing))))
    right = split(np.pad(B, ((0, missing), (0, 0))))
    C = np.zeros((A.shape[0], B.shape[1]), np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        for k in range(0, A.shape[1], DEPTH):
            here = slice(k, k + DEPTH)
            for i, j in ORDER:
                C = multiply(C, left[i][:, here], right[j][here])
    return C
