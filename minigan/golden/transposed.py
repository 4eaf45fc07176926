"""The cases of transposed convolutions."""

from collections.abc import Iterator
from typing import Any

from .. import layers
from .case import Case
from .images import convolution

PAINTED = {
    "valid": "rows = height SH + max(KH - SH, 0), top = 0; columns and left likewise "
    "of width, KW, SW",
    "same": "rows = height SH, top = floor(max((height - 1) SH + KH - rows, 0) / 2); "
    "columns and left likewise of width, KW, SW",
}
PAINTS = (
    "kernel_size = (KH, KW), strides = (SH, SW), W (KH, KW, filters, channels); pixel "
    "[i, j] of x and tap [a, e] of W meet pixel [i SH + a - top, j SW + e - left] of "
    "y, where there is one"
)
TRANSPOSED = {
    "y": "b[f] + sum over all that meet [r, s] of x[n, i, j, c] W[a, e, f, c], at "
    "[n, r, s, f]",
    "dx": "sum over all [r, s] that [i, j] meets, and f, of dy[n, r, s, f] "
    "W[a, e, f, c], at [n, i, j, c]",
    "dW": "sum over n and all [i, j], [r, s] that meet in [a, e] of x[n, i, j, c] "
    "dy[n, r, s, f], at [a, e, f, c]",
    "db": "sum over n, r, s of dy[n, r, s, f], at [f]",
}


def cases() -> Iterator[Case]:
    """All of them, in the order of the file."""
    # The way back: Y plays the part of X, of the larger image y.
    own: dict[str, Any] = {
        "kind": layers.Conv2DTranspose,
        "formulas": TRANSPOSED,
        "borders": PAINTED,
        "kernel": PAINTS,
    }
    valid = "conv2d-transpose-valid", (2, 3, 2), 3, (3, 2), (2, 1), "valid"
    same = "conv2d-transpose-same", (3, 2, 2), 3, (3, 3), (2, 2), "same"
    yield convolution(*valid, **own)
    yield convolution(*same, **own)
