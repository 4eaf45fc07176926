"""minigan: a neural-net engine in NumPy that trains the classic GANs.

The engine: layers, `Sequential`, losses and optimizers, each with its backward pass
written by hand.  The GAN: `minigan.gan`.  Data sets: `minigan.data`.  A front with the
names of Keras: `minigan.keras`.

Names: d<name> is dL/d<name>, the gradient of the loss, with the shape of <name>: `dy`
comes in, `dx` goes out.  Only matrices are capital.  A *step* is one discriminator and
generator update, an *epoch* one pass over a data set.

Each family lists its own names in its `__all__`; they are all here.  Numba, matplotlib
and the modules of `LAZY` are imported on first use, so that `import minigan` is
quick.
"""

from typing import Any

# Before NumPy, which takes a tenth of a second.
from . import starting as starting  # isort: skip

from . import initializers, layers, losses, optimizers, primitives
from .errors import MiniganError
from .gradcheck import check, gradcheck
from .initializers import *
from .jit.threads import get_threads, set_threads
from .layers import *
from .losses import *
from .network import Graph, Input, Sequential
from .optimizers import *
from .primitives import use_backend, use_products
from .tracing import trace
from .version import __version__

from . import gan  # isort: skip

# The names of `keras.tensorflow`, which is imported when one of them is used: what
# tutorials use of `tf` beside `tf.keras`, after `import minigan as tf`.
TF_NAMES = frozenset(
    """
    GradientTape Variable abs cast clip_by_value concat constant convert_to_tensor
    equal exp float32 float64 function greater int32 int64 less math maximum minimum
    nn ones ones_like pow random reduce_mean reduce_sum shape sigmoid sqrt square tanh
    zeros zeros_like
    """.split()
)
LAZY = ("data", "exercises", "keras", "study", "weights")

__all__ = [
    "Graph",
    "Input",
    "MiniganError",
    "Sequential",
    "__version__",
    "check",
    "gan",
    "get_threads",
    "gradcheck",
    "set_threads",
    "trace",
]
__all__ += ["primitives", "use_backend", "use_products"]
__all__ += initializers.__all__
__all__ += layers.__all__
__all__ += losses.__all__
__all__ += optimizers.__all__


def __getattr__(name: str) -> Any:
    if name in LAZY:
        from importlib import import_module

        return import_module(f".{name}", __name__)
    if name in TF_NAMES:
        from .keras import tensorflow

        return tensorflow.attribute(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *LAZY])
