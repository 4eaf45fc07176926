"""The cases of layers for images: convolution, resizing, statistics of channels."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from .. import layers
from .case import Case
from .layers import BY_BATCH, BY_MOVING, case

FLAT = (
    "images are flat and row-major, pixel (i, j) of channel c is feature "
    "(i width + j) channels + c"
)
BORDERS = {
    "valid": "rows = floor((height - KH) / SH) + 1, top = 0; columns and left likewise "
    "of width, KW, SW",
    "same": "rows = ceil(height / SH), top = floor(max((rows - 1) SH + KH - height, 0) "
    "/ 2) rows of zeros above and as many as needed below; columns and left likewise "
    "of width, KW, SW",
}
KERNEL = (
    "kernel_size = (KH, KW), strides = (SH, SW); W (KH, KW, channels, filters) is not "
    "flipped; X[n, i, j, a, e, c] = x[n, i SH + a - top, j SW + e - left, c], and 0 "
    "outside the image"
)
CONVOLUTION = {
    "y": "b[f] + sum over a, e, c of X[n, i, j, a, e, c] W[a, e, c, f], at "
    "[n, i, j, f]",
    "dx": "of each entry of x, the sum of dy[n, i, j, f] W[a, e, c, f] over all f and "
    "all X[n, i, j, a, e, c] that are this entry",
    "dW": "sum over n, i, j of X[n, i, j, a, e, c] dy[n, i, j, f], at [a, e, c, f]",
    "db": "sum over n, i, j of dy[n, i, j, f], at [f]",
}


def cases() -> Iterator[Case]:
    """All of them, in the order of the file."""
    yield convolution("conv2d-valid", (4, 5, 2), 3, (3, 2), (1, 1), "valid")
    yield convolution("conv2d-same", (6, 5, 2), 3, (3, 3), (2, 2), "same")
    image, size, padding = (2, 3, 2), (2, 3), ((1, 2), (0, 3))
    yield case(
        "upsampling2d",
        lambda: layers.UpSampling2D(image, size),
        (12,),
        {
            "y": "x[n, floor(i / SH), floor(j / SW), c], at [n, i, j, c]",
            "dx": "of each entry of x, the sum of dy over the SH SW entries of y that "
            "repeat it",
        },
        {"image": list(image), "size": list(size)},
        note=f"{FLAT}; size = (SH, SW)",
    )
    yield case(
        "zeropadding2d",
        lambda: layers.ZeroPadding2D(image, padding),
        (12,),
        {
            "y": "x[n, i - top, j - left, c], and 0 outside x, at [n, i, j, c]",
            "dx": "dy[n, i + top, j + left, c], at [n, i, j, c]",
        },
        {"image": list(image), "padding": [list(side) for side in padding]},
        note=f"{FLAT}; padding = ((top, bottom), (left, right))",
    )
    yield from batch_normalisation()


def convolution(
    name: str,
    image: tuple[int, int, int],
    filters: int,
    kernel_size: tuple[int, int],
    strides: tuple[int, int],
    padding: str,
    kind: Callable[..., layers.Layer] = layers.Conv2D,
    formulas: Mapping[str, str] = CONVOLUTION,
    borders: Mapping[str, str] = BORDERS,
    kernel: str = KERNEL,
) -> Case:
    """Forward, and all three gradients, of a layer of this kind."""
    options: dict[str, Any] = {
        "image": list(image),
        "filters": filters,
        "kernel_size": list(kernel_size),
        "strides": list(strides),
        "padding": padding,
    }
    y = f"y is an image (rows, columns, filters), {borders[padding]}"
    return case(
        name,
        lambda: kind(**options, dtype=np.float64),
        (int(np.prod(image)),),
        dict(formulas),
        options,
        note=f"{FLAT}; {y}; {kernel}",
    )


def batch_normalisation(channels: int = 3, positions: int = 4) -> Iterator[Case]:
    """All pixels are rows of one batch."""
    for name, formulas, training in (
        ("batchnorm-image-training", BY_BATCH, True),
        ("batchnorm-image-inference", BY_MOVING, False),
    ):
        yield case(
            name,
            lambda: layers.BatchNorm(
                channels, 0.8, 1e-3, positions=positions, dtype=np.float64
            ),
            (positions * channels,),
            formulas,
            {"momentum": 0.8, "epsilon": 1e-3, "positions": positions},
            training=training,
            note="every pixel is a row: x, y, dx, dy of shape (examples, positions "
            "channels) stand for (examples positions, channels)",
        )
