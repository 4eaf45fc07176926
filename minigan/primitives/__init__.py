"""The mathematics of minigan: one NumPy function a primitive, under its signature.

This is the text to study, a file for each subject: every function is a formula and the
line that computes it.  `dense_forward(x, W, b)` returns a fresh `y`; see `declare` for
how that comes about, and `compiled` for the fast twins.

`d<name>` is the gradient dL/d<name> of the loss, with the shape of `<name>`.
"""

# ruff: noqa: F401, F403
from .activations import *
from .backend import (
    BACKENDS,
    PRODUCTS,
    asked_products,
    backend,
    between,
    chosen_backend,
    heading,
    products,
    recorder,
    use_backend,
    use_products,
)
from .batchnorm import *
from .conv import *
from .curves import curve_curvature, curve_forward
from .data import *
from .declare import PRIMITIVES, Primitive, primitive
from .dense import *
from .dropout import *
from .embedding import *
from .losses import *
from .merge import *
from .metrics import *
from .optimizers import *
from .penalties import *
from .pooling import *
from .spectral import *
