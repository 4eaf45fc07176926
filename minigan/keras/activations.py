"""`keras.activations`: by name, as a function, or as a layer.

    Dense(15, activation="relu")
    Dense(15, activation=keras.activations.relu)
    Dense(15, activation=keras.layers.LeakyReLU(0.2))

The string "leaky_relu" has slope 0.2; the *layer* LeakyReLU has 0.3 (Keras' rules).
"hard_sigmoid" is 0.2 x + 0.5 between 0 and 1, as in Keras 2 (Keras 3: x / 6 + 0.5).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import layers as engine
from .. import validate
from ..errors import ArgumentError
from .serial import Remembers

_MAKERS: dict[str, Callable[[], engine.Layer] | None] = {
    "elu": engine.ELU,
    "exponential": engine.Exponential,
    "gelu": engine.GELU,
    "hard_sigmoid": engine.HardSigmoid,
    "leaky_relu": lambda: engine.LeakyReLU(0.2),
    "linear": None,
    "relu": engine.ReLU,
    "selu": engine.SELU,
    "sigmoid": engine.Sigmoid,
    "silu": engine.Swish,
    "softmax": engine.Softmax,
    "softplus": engine.Softplus,
    "softsign": engine.Softsign,
    "swish": engine.Swish,
    "tanh": engine.Tanh,
}
NAMES = tuple(_MAKERS)


class Activation(Remembers):
    """A function of arrays that a layer can take as its activation."""

    def __init__(self, name: str) -> None:
        self.__name__ = self.name = name

    def __call__(self, x: ArrayLike) -> NDArray[Any]:
        x = np.asarray(x)
        x = x if x.dtype in validate.FLOAT_TYPES else x.astype(np.float32)
        layer = self.layer()
        return x if layer is None else layer.forward_pass(x, False)[0]

    def layer(self) -> engine.Layer | None:
        """A new engine layer, or None for "linear"."""
        maker = _MAKERS[self.name]
        return None if maker is None else maker()

    def __repr__(self) -> str:
        return f"<activation {self.name}>"


__all__ = [*NAMES, "get"]
FUNCTIONS = {name: Activation(name) for name in NAMES}
globals().update(FUNCTIONS)


def get(
    identifier: Any, where: str = "activations.get", argument: str = "identifier"
) -> Any:
    """An object with `layer()`, from a name, a function or a layer of this package."""
    if identifier is None:
        return FUNCTIONS["linear"]
    if isinstance(identifier, str) and identifier in _MAKERS:
        return FUNCTIONS[identifier]
    if isinstance(identifier, type) and hasattr(identifier, "activation"):
        identifier = identifier()
    if isinstance(identifier, Activation):
        return identifier
    found = getattr(identifier, "activation", None)  # a layer that is one activation
    if getattr(identifier, "is_activation", False) and found is not None:
        return found
    names = ", ".join(map(repr, NAMES))
    expected = f"one of {names}, one of these functions, or an activation layer"
    return validate.complain(
        ArgumentError, where, argument, expected, validate.shown(identifier)
    )
