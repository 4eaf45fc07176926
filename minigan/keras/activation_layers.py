"""The layers of `keras.layers` that are an activation and nothing else."""

from .. import layers as engine
from .. import validate
from . import activations, arguments
from .base import Layer


class Activation(Layer):
    """An activation as a layer of its own; see `keras.activations`."""

    supported = ("activation",)
    is_activation = True

    def __init__(self, activation, **rest):
        super().__init__(**rest)
        self.activation = activations.get(activation, "Activation", "activation")

    def engine_layers(self, shape):
        layer = self.activation.layer()
        return [] if layer is None else [layer]


class _OneActivation(Layer):
    """A layer that is one engine activation; may also be given as `activation=`."""

    is_activation = True

    @property
    def activation(self):
        return self

    def layer(self):
        """A new engine layer."""
        raise NotImplementedError

    def engine_layers(self, shape):
        return [self.layer()]


class LeakyReLU(_OneActivation):
    """x where x > 0, else negative_slope * x.

    negative_slope: >= 0, default 0.3; `alpha` is its old name.
    """

    supported = ("negative_slope", "alpha")

    def __init__(self, negative_slope=0.3, **rest):
        slope = arguments.renamed(
            "LeakyReLU", rest, "alpha", "negative_slope", negative_slope, 0.3
        )
        super().__init__(**rest)
        self.negative_slope = validate.number(
            "LeakyReLU", "negative_slope", slope, least=0
        )

    @property
    def alpha(self):
        """The old name of `negative_slope`."""
        return self.negative_slope

    def layer(self):
        return engine.LeakyReLU(self.negative_slope)


class ReLU(_OneActivation):
    """x where x > threshold, but at most max_value; else slope * (x - threshold).

    max_value: >= 0 or None.  negative_slope, threshold: >= 0, default 0.
    """

    supported = ("max_value", "negative_slope", "threshold")

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **rest):
        super().__init__(**rest)
        options = max_value, negative_slope or 0.0, threshold or 0.0
        self._full = engine.ClippedReLU(*options)  # checks them
        vars(self).update(self._full.config())

    def layer(self):
        if self.max_value is not None or self.threshold:
            return engine.ClippedReLU(*self._full.config().values())
        slope = self.negative_slope
        return engine.LeakyReLU(slope) if slope else engine.ReLU()


class Softmax(_OneActivation):
    """Probabilities over the last axis."""

    supported = ("axis",)

    def __init__(self, axis=-1, **rest):
        super().__init__(**rest)
        arguments.only("Softmax", "axis", axis, -1)

    def layer(self):
        return engine.Softmax()
