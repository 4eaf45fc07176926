"""The case of a layer with normalised weights."""

from collections.abc import Iterator

import numpy as np

from .. import layers
from .case import Case
from .layers import case


def cases() -> Iterator[Case]:
    """One step of the power iteration, and the gradient with u and v held fixed."""
    yield case(
        "spectral-norm",
        lambda: layers.SpectralNorm(layers.Dense(4, 3, dtype=np.float64)),
        (4,),
        {
            "y": "x Wbar + b, Wbar = W / sigma, sigma = |W^T v|, v = W u / |W u|",
            "dx": "dy Wbar^T",
            "dW": "(dWbar - <dWbar, Wbar> v new_u^T) / sigma, dWbar = x^T dy",
            "db": "sum over rows of dy",
            "new_u": "W^T v / sigma",
        },
        training=True,
    )
