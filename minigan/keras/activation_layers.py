"""The layers of `keras.layers` that are an activation and nothing else."""

from math import prod
from typing import Any, Self

from .. import layers as engine
from .. import validate
from ..errors import ArgumentError
from . import activations, arguments, initializers
from .base import Layer
from .blocks import Shape


class Activation(Layer):
    """An activation as a layer of its own; see `keras.activations`."""

    is_activation = True

    def __init__(self, activation: Any, **rest: Any) -> None:
        super().__init__(**rest)
        self.activation = activations.get(activation, "Activation", "activation")

    def engine_layers(self, shape: Shape) -> list[engine.Layer]:
        layer = self.activation.layer()
        return [] if layer is None else [layer]


class _OneActivation(Layer):
    """A layer that is one engine activation; may also be given as `activation=`."""

    is_activation = True

    @property
    def activation(self) -> Self:
        return self

    def layer(self) -> engine.Layer:
        """A new engine layer."""
        raise NotImplementedError

    def engine_layers(self, shape: Shape) -> list[engine.Layer]:
        return [self.layer()]


class LeakyReLU(_OneActivation):
    """x where x > 0, else negative_slope * x.

    negative_slope: >= 0, default 0.3; `alpha` is its old name.
    """

    supported = ("negative_slope", "alpha")

    def __init__(self, negative_slope: float = 0.3, **rest: Any) -> None:
        slope = arguments.renamed(
            "LeakyReLU", rest, "alpha", "negative_slope", negative_slope, 0.3
        )
        super().__init__(**rest)
        self.negative_slope = validate.number(
            "LeakyReLU", "negative_slope", slope, least=0
        )

    @property
    def alpha(self) -> float:
        """The old name of `negative_slope`."""
        return self.negative_slope

    def layer(self) -> engine.Layer:
        return engine.LeakyReLU(self.negative_slope)


class ReLU(_OneActivation):
    """x where x > threshold, but at most max_value; else slope * (x - threshold).

    max_value: >= 0 or None.  negative_slope, threshold: >= 0, default 0.
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float | None = 0.0,
        threshold: float | None = 0.0,
        **rest: Any,
    ) -> None:
        super().__init__(**rest)
        given = {"negative_slope": negative_slope, "threshold": threshold}
        if max_value is not None:
            given["max_value"] = max_value
        numbers = {
            name: validate.number(
                "ReLU", name, 0.0 if value is None else value, least=0
            )
            for name, value in given.items()
        }
        self.max_value = numbers.get("max_value")
        self.negative_slope = numbers["negative_slope"]
        self.threshold = numbers["threshold"]

    def layer(self) -> engine.Layer:
        if self.max_value is not None or self.threshold:
            return engine.ClippedReLU(
                self.max_value, self.negative_slope, self.threshold
            )
        slope = self.negative_slope
        return engine.LeakyReLU(slope) if slope else engine.ReLU()


class Softmax(_OneActivation):
    """Probabilities over the last axis."""

    def __init__(self, axis: int = -1, **rest: Any) -> None:
        super().__init__(**rest)
        arguments.only("Softmax", "axis", axis, -1)

    def layer(self) -> engine.Layer:
        return engine.Softmax()


class ELU(_OneActivation):
    """x where x > 0, else alpha (e^x - 1).

    alpha: > 0, default 1.
    """

    def __init__(self, alpha: float = 1.0, **rest: Any) -> None:
        super().__init__(**rest)
        self.alpha = validate.number("ELU", "alpha", alpha, above=0)

    def layer(self) -> engine.Layer:
        return engine.ELU(self.alpha)


class PReLU(Layer):
    """x where x > 0, else alpha x, with slopes alpha that are learned.

    alpha_initializer: see `keras.initializers`; default zeros.
    shared_axes: None for a slope for each number of an example, or all axes but the
    last, [1, 2] for images: a slope for each channel.
    """

    ONLY = {"alpha_regularizer": None, "alpha_constraint": None}

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: None = None,
        alpha_constraint: None = None,
        shared_axes: Any = None,
        **rest: Any,
    ) -> None:
        none = {
            "alpha_regularizer": alpha_regularizer,
            "alpha_constraint": alpha_constraint,
        }
        super().__init__(**none, **rest)
        self.alpha_initializer = initializers.get(
            alpha_initializer, "PReLU", "alpha_initializer"
        )
        one = isinstance(shared_axes, int)
        self.shared_axes = [shared_axes] if one else list(shared_axes or ())

    def engine_layers(self, shape: Shape) -> list[engine.Layer]:
        axes = self.shared_axes
        if axes and sorted(axes) != list(range(1, len(shape))):
            expected = f"None or {list(range(1, len(shape)))}, all axes but the last"
            validate.complain(ArgumentError, self.name, "shared_axes", expected, axes)
        features = (1,) * len(axes) + shape[-1:] if axes else shape
        positions = prod(shape[:-1]) if axes else 1
        layer = engine.PReLU(features, positions=positions, dtype=self.dtype)
        layer.alpha.value[...] = self.alpha_initializer(features, self.dtype)
        return [engine.Flatten(), layer, engine.Reshape(shape)]
