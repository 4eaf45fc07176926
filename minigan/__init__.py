"""minigan: a neural-net engine in NumPy that trains the classic GANs.

The engine: layers, `Sequential`, losses and optimizers, each with its backward pass
written by hand.  The GAN: `minigan.gan`.

Names: d<name> is dL/d<name>, the gradient of the loss, with the shape of <name>: `dy`
comes in, `dx` goes out.  Only matrices are capital.  A *step* is one discriminator and
generator update, an *epoch* one pass over a data set.

Numba and matplotlib are imported on first use, so that `import minigan` is quick.
"""

from .errors import MiniganError
from .gradcheck import gradcheck
from .initializers import RandomNormal
from .layers import (
    BatchNorm,
    ClippedReLU,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    Parameter,
    ReLU,
    Reshape,
    Sigmoid,
    Softmax,
    Tanh,
    UpSampling2D,
    ZeroPadding2D,
)
from .losses import (
    BCE,
    BCEWithLogits,
    MeanAbsoluteError,
    MeanSquaredError,
    SoftmaxCrossEntropy,
    Wasserstein,
)
from .network import Sequential
from .optimizers import SGD, Adam, RMSprop
from .primitives import use_backend
from .version import __version__

from . import gan  # isort: skip


def __getattr__(name):
    if name == "keras":  # loaded on first use
        from importlib import import_module

        return import_module(".keras", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "BCE",
    "SGD",
    "Adam",
    "BCEWithLogits",
    "BatchNorm",
    "Conv2D",
    "ClippedReLU",
    "Dense",
    "Dropout",
    "Flatten",
    "Layer",
    "LeakyReLU",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "MiniganError",
    "Parameter",
    "RMSprop",
    "RandomNormal",
    "ReLU",
    "Reshape",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Tanh",
    "UpSampling2D",
    "ZeroPadding2D",
    "Wasserstein",
    "gan",
    "gradcheck",
    "__version__",
    "use_backend",
]
