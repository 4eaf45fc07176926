"""`keras.initializers`: by name or as objects, with Keras' arguments and defaults.

The draws are those of `minigan.initializers`.  An object with a seed gives the same
numbers each time; without one they come from the generator of the front.
"""

import numpy as np

from .. import initializers as engine
from .. import validate
from . import backend
from .arguments import lookup
from .serial import Remembers


class Initializer(Remembers):
    """Base class; calling it gives an array: `HeNormal(seed=1)((5, 15))`.

    seed: integer, or None for the generator of the front.
    """

    _instead = "an initializer of keras.initializers, or set_weights"
    drawn: str | engine.RandomNormal = ""  # what the engine calls it

    def __init__(self, seed=None):
        where = type(self).__name__
        if seed is not None:
            seed = validate.integer(where, "seed", seed, least=0)
        self.seed = seed

    def rng(self):
        """The numpy Generator for one array."""
        if self.seed is None:
            return backend.generator()
        return np.random.default_rng(self.seed)

    def __call__(self, shape, dtype=None):
        dtype = np.dtype(dtype or backend.floatx())
        shape = tuple(shape)
        where = type(self).__name__
        return engine.initialize(where, "shape", self.drawn, shape, self.rng(), dtype)


class GlorotUniform(Initializer):
    """U(-a, a), a = sqrt(6 / (inputs + units)): the default of Dense."""

    drawn = "glorot_uniform"


class GlorotNormal(Initializer):
    """N(0, 2 / (inputs + units)), cut at two standard deviations."""

    drawn = "glorot_normal"


class HeUniform(Initializer):
    """U(-a, a), a = sqrt(6 / inputs)."""

    drawn = "he_uniform"


class HeNormal(Initializer):
    """N(0, 2 / inputs), cut at two standard deviations."""

    drawn = "he_normal"


class RandomNormal(Initializer):
    """N(mean, stddev^2)."""

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        super().__init__(seed)
        self.drawn = engine.RandomNormal(mean, stddev)


class Zeros(Initializer):
    """All 0."""

    drawn = "zeros"

    def __init__(self):
        super().__init__()


class Ones(Initializer):
    """All 1."""

    drawn = "ones"

    def __init__(self):
        super().__init__()


# Keras 2 also knows the classes by these names.
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
he_uniform, he_normal = HeUniform, HeNormal
random_normal, zeros, ones = RandomNormal, Zeros, Ones

NAMES = {
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform,
    "he_normal": HeNormal,
    "random_normal": RandomNormal,
    "zeros": Zeros,
    "ones": Ones,
}
NAMES |= {kind.__name__: kind for kind in NAMES.values()}


def get(identifier, where="initializers.get", argument="identifier"):
    """An `Initializer` from its name, class or object."""
    return lookup(where, argument, identifier, NAMES, Initializer)
