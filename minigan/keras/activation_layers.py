"""The layers of `keras.layers` that are an activation and nothing else."""

from typing import Any, Self

from .. import layers as engine
from .. import validate
from . import activations, arguments
from .base import Layer
from .blocks import Shape


class Activation(Layer):
    """An activation as a layer of its own; see `keras.activations`."""

    supported = ("activation",)
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

    supported = ("max_value", "negative_slope", "threshold")

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

    supported = ("axis",)

    def __init__(self, axis: int = -1, **rest: Any) -> None:
        super().__init__(**rest)
        arguments.only("Softmax", "axis", axis, -1)

    def layer(self) -> engine.Layer:
        return engine.Softmax()
