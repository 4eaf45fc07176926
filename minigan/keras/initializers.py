"""`keras.initializers`: by name or as objects, with Keras' arguments and defaults.

The draws are those of `minigan.initializers`.  An object with a seed gives the same
numbers each time; without one they come from the generator of the front.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import initializers as engine
from .. import validate
from ..errors import ShapeError
from . import naming, session
from .arguments import lookup
from .serial import Remembers


class Initializer(Remembers):
    """Base class; calling it gives an array: `HeNormal(seed=1)((5, 15))`.

    seed: integer, or None for the generator of the front.
    """

    _instead = "an initializer of keras.initializers, or set_weights"

    def __init__(self, seed: int | None = None) -> None:
        where = type(self).__name__
        if seed is not None:
            seed = validate.integer(where, "seed", seed, least=0)
        self.seed = seed

    @property
    def drawn(self) -> Any:
        """The engine's initializer: by default that of the same name."""
        return naming.snake_case(type(self).__name__)

    def rng(self) -> np.random.Generator:
        """The numpy Generator for one array."""
        if self.seed is None:
            return session.generator()
        return np.random.default_rng(self.seed)

    def finish(self, kernel: NDArray[Any]) -> None:
        """What is still to do once the engine has drawn a layer's kernel."""

    def __call__(
        self, shape: Iterable[int], dtype: DTypeLike | None = None
    ) -> NDArray[Any]:
        dtype = np.dtype(dtype or session.floatx())
        shape = tuple(shape)
        where = type(self).__name__
        return engine.initialize(where, "shape", self.drawn, shape, self.rng(), dtype)


class GlorotUniform(Initializer):
    """U(-a, a), a = sqrt(6 / (inputs + units)): the default of Dense."""


class GlorotNormal(Initializer):
    """N(0, 2 / (inputs + units)), cut at two standard deviations."""


class HeUniform(Initializer):
    """U(-a, a), a = sqrt(6 / inputs)."""


class HeNormal(Initializer):
    """N(0, 2 / inputs), cut at two standard deviations."""


class LecunUniform(Initializer):
    """U(-a, a), a = sqrt(3 / inputs)."""


class LecunNormal(Initializer):
    """N(0, 1 / inputs), cut at two standard deviations."""


class RandomNormal(Initializer):
    """N(mean, stddev^2)."""

    def __init__(
        self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None
    ) -> None:
        super().__init__(seed)
        self._normal = engine.RandomNormal(mean, stddev)

    @property
    def drawn(self) -> engine.RandomNormal:
        return self._normal


class RandomUniform(Initializer):
    """U(minval, maxval)."""

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None
    ) -> None:
        super().__init__(seed)
        self._uniform = engine.RandomUniform(minval, maxval)

    @property
    def drawn(self) -> engine.RandomUniform:
        return self._uniform


class Constant(Initializer):
    """All the same.  value: finite, default 0."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self._constant = engine.RandomNormal(value, 0.0)

    @property
    def drawn(self) -> engine.RandomNormal:
        return self._constant


class Identity(Initializer):
    """The unit matrix times `gain`, for kernels (inputs, units) only."""

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__()
        self.gain = validate.number("Identity", "gain", gain)

    @property
    def drawn(self) -> str:
        return "zeros"  # until `finish`

    def finish(self, kernel: NDArray[Any]) -> None:
        kernel[...] = self(kernel.shape, kernel.dtype)

    def __call__(
        self, shape: Iterable[int], dtype: DTypeLike | None = None
    ) -> NDArray[Any]:
        shape = tuple(shape)
        if len(shape) != 2:
            expected = "that of a matrix"
            validate.complain(ShapeError, "Identity", "shape", expected, shape)
        return np.asarray(self.gain * np.eye(*shape), dtype or session.floatx())


class Zeros(Initializer):
    """All 0."""

    def __init__(self) -> None:
        super().__init__()


class Ones(Initializer):
    """All 1."""

    def __init__(self) -> None:
        super().__init__()


# Keras 2 also knows the classes by these names.
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
he_uniform, he_normal = HeUniform, HeNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal
random_normal, random_uniform = RandomNormal, RandomUniform
constant, identity, zeros, ones = Constant, Identity, Zeros, Ones

KINDS = {kind.__name__: kind for kind in Initializer.__subclasses__()}
NAMES = {naming.snake_case(name): kind for name, kind in KINDS.items()} | KINDS

__all__ = ["Initializer", *sorted(NAMES), "get"]
NAMES |= {"normal": RandomNormal, "uniform": RandomUniform}  # of Keras 2, as strings


def get(
    identifier: object, where: str = "initializers.get", argument: str = "identifier"
) -> Initializer:
    """An `Initializer` from its name, class or object."""
    return lookup(where, argument, identifier, NAMES, Initializer)
