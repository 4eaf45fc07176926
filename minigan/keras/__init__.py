"""`minigan.keras`: scripts written for Keras run after their import lines are changed.

    from minigan.keras.models import Sequential
    from minigan.keras.layers import Dense, LeakyReLU

`minigan.keras.X` stands for `keras.X` and `tensorflow.keras.X`; after
`import minigan as tf`, `tf.keras.X` works.  The package translates into the engine and
holds no mathematics.  Which layers train is noted by compile().  What is not supported
raises an error that names what is; `docs/keras.md` lists every name.
"""

from ..version import __version__ as __version__
from . import (
    absent_modules,
    activations,
    backend,
    callbacks,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    old_paths,
    optimizers,
    public_api,
    utils,
)
from .models import Model, Sequential
from .tensors import Input

__all__ = [
    "Input",
    "Model",
    "Sequential",
    "activations",
    "backend",
    "callbacks",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "utils",
]

old_paths.install(__name__)
absent_modules.install(__name__)
public_api.install(__name__)
