"""Vectors for labels."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import initializers, primitives, validate
from ..registry import Example
from .arrays import Array
from .base import LAYERS, Layer, Shape


@LAYERS.register(
    Example({"classes": 4, "units": 3}, shape=(9,)),
    Example({"classes": 4, "units": 3, "length": 2}, (5, 2), note="of rows"),
)
class Embedding(Layer):
    """A vector for each class, looked up by its label and learned.

        y_n = W[label_n]        dW[c] = sum of dy_n over all n with label_n = c

    classes, units: C labels 0 ... C - 1, each with a vector of D numbers; >= 1.
    embeddings_initializer: see `minigan.initializers`.  Default N(0, 0.05^2).
    length: L labels for each example, or None for one.
    rng: numpy Generator (hand the same one to all layers of a network) or a seed.
    Shapes: label (N,) integers, y (N, D), W (C, D); with a length, label (N, L) and
    y (N, L, D).  There is no dx.
    Errors: ArgumentError for a label that no class has, before anything changes.
    """

    takes_labels = True
    keras_names = {"W": "embeddings"}

    def __init__(
        self,
        classes: int,
        units: int,
        embeddings_initializer: Any = initializers.RandomNormal(0.0, 0.05),  # noqa: B008
        length: int | None = None,
        *,
        rng: validate.RandomLike = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        where = "Embedding"
        self.classes = validate.integer(where, "classes", classes, most=2**31)
        self.units = validate.integer(where, "units", units, most=2**31)
        self.dtype = validate.float_type(where, dtype)
        self.embeddings_initializer = embeddings_initializer
        self.length, self.input_shape = length, ()
        if length is not None:
            self.length = validate.integer(where, "length", length, most=2**31)
            self.input_shape = (self.length,)
        rng = validate.random_generator(where, rng)
        W = initializers.initialize(
            where,
            "embeddings_initializer",
            embeddings_initializer,
            (self.classes, self.units),
            rng,
            self.dtype,
        )
        self.W = self.add_parameter("W", W)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        y = primitives.gather(self.W.value, x.reshape(-1))
        return y.reshape(*x.shape, self.units), x

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        label = cache
        if not self.is_frozen:
            rows = dy.reshape(-1, self.units)
            primitives.embedding_dW(label.reshape(-1), rows, self.W.grad)
        return None

    def output_shape(self, shape: Shape | None) -> Shape | None:
        return (*(self.input_shape or ()), self.units)

    def random_input(self, shape: Any, rng: np.random.Generator, dtype: Any) -> Any:
        return rng.integers(0, self.classes, shape)

    def _checked_input(self, where: str, argument: str, x: Any) -> Any:
        return validate.labels(where, argument, x, self.classes, length=self.length)
