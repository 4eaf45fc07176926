"""`keras.layers`: each layer checks Keras' arguments and builds engine layers."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from .. import layers as engine
from .. import validate
from ..errors import ArgumentError, ShapeError
from . import activations, arguments, backend, blocks, images, initializers, merging
from .activation_layers import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from .base import UNUSED, Layer
from .images import *  # noqa: F403
from .lambdas import Lambda
from .merging import *  # noqa: F403
from .merging import _Merge as _Merge  # which scripts import
from .merging import merge as merge  # of Keras 1
from .tensors import Call, Input, KerasTensor

__all__ = [
    "Activation",
    "ELU",
    "GaussianNoise",
    "PReLU",
    "BatchNormalization",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "Input",
    "InputLayer",
    "Lambda",
    "Layer",
    "LeakyReLU",
    "ReLU",
    "Reshape",
    "Softmax",
    *images.__all__,
    *merging.__all__,
]


class Dense(Layer):
    """y = activation(x kernel + bias), on the last axis.

    units: integer >= 1, in Keras 1 `output_dim`.  activation: see `keras.activations`.
    use_bias: bool.
    kernel_initializer, bias_initializer: see `keras.initializers`.
    """

    ONLY = UNUSED

    def __init__(
        self,
        units: int | None = None,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **rest: Any,
    ) -> None:
        units = arguments.renamed("Dense", rest, "output_dim", "units", units, None)
        super().__init__(**rest)
        self.units = validate.integer("Dense", "units", units)
        self.activation = activations.get(activation, "Dense", "activation")
        self.use_bias = validate.flag("Dense", "use_bias", use_bias)
        get = initializers.get
        self.kernel_initializer = get(kernel_initializer, "Dense", "kernel_initializer")
        self.bias_initializer = get(bias_initializer, "Dense", "bias_initializer")

    def engine_layers(self, shape: blocks.Shape) -> list[engine.Layer]:
        kernel, bias = self.kernel_initializer, self.bias_initializer
        dense = blocks.Dense(
            shape[-1],
            self.units,
            kernel.drawn,
            "zeros",
            rng=kernel.rng(),
            dtype=self.dtype,
            shape=shape,
            still=() if self.use_bias else ("b",),
        )
        kernel.finish(dense.W.value)
        if self.use_bias:
            dense.b.value[...] = bias((self.units,), self.dtype)
        activation = self.activation.layer()
        return [dense] if activation is None else [dense, activation]


class BatchNormalization(Layer):
    """Mean 0 and variance 1 over the batch, per feature of the last axis.

    momentum: weight of the old statistic, default 0.99.  epsilon: default 1e-3.
    axis: the last one.  center, scale: False leaves out beta, or gamma.
    With `trainable` False when the model is compiled it runs on the moving statistics
    and leaves them alone.  A training batch of one row is refused.
    """

    ONLY = {
        "moving_mean_initializer": "zeros",
        "moving_variance_initializer": "ones",
        "renorm": False,
        "fused": None,
        "virtual_batch_size": None,
        "synchronized": False,
        **dict.fromkeys(
            (
                "beta_regularizer",
                "gamma_regularizer",
                "beta_constraint",
                "gamma_constraint",
            )
        ),
    }

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        **rest: Any,
    ) -> None:
        super().__init__(**rest)
        where = self._kind
        self.axis = axis
        if isinstance(axis, bool) or not isinstance(axis, int) or axis in (0,):
            validate.complain(
                ArgumentError, where, "axis", "the last axis", validate.shown(axis)
            )
        self.momentum = validate.number(where, "momentum", momentum, least=0, below=1)
        self.epsilon = validate.number(where, "epsilon", epsilon, least=1e-30)
        self.center = validate.flag(where, "center", center)
        self.scale = validate.flag(where, "scale", scale)
        get = initializers.get
        self.beta_initializer = get(beta_initializer, where, "beta_initializer")
        self.gamma_initializer = get(gamma_initializer, where, "gamma_initializer")

    def engine_layers(self, shape: blocks.Shape) -> list[engine.Layer]:
        if self.axis not in (-1, len(shape)):
            expected = f"-1 or {len(shape)}, the last axis of {(None, *shape)}"
            validate.complain(
                ArgumentError, self._kind, "axis", expected, validate.shown(self.axis)
            )
        features = shape[-1]
        used = {"gamma": self.scale, "beta": self.center}
        norm = blocks.BatchNorm(
            features,
            self.momentum,
            self.epsilon,
            shape=shape,
            still=[name for name, there in used.items() if not there],
            dtype=self.dtype,
        )
        if self.scale:
            norm.gamma.value[...] = self.gamma_initializer((features,), self.dtype)
        if self.center:
            norm.beta.value[...] = self.beta_initializer((features,), self.dtype)
        return [norm]


class Dropout(Layer):
    """When training, set inputs to 0 with probability `rate` and scale the others.

    rate: 0 <= rate < 1.  seed: integer, or None for the generator of the front.
    """

    ONLY = {"noise_shape": None}

    def __init__(
        self,
        rate: float,
        noise_shape: None = None,
        seed: int | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(noise_shape=noise_shape, **rest)
        self.rate = validate.number("Dropout", "rate", rate, least=0, below=1)
        self.seed = seed
        if seed is not None:
            validate.integer("Dropout", "seed", seed, least=0)

    def engine_layers(self, shape: blocks.Shape) -> list[engine.Layer]:
        return [engine.Dropout(self.rate, rng=_generator(self.seed))]


class GaussianNoise(Layer):
    """When training, add noise of mean 0 and standard deviation `stddev`.

    stddev: >= 0.  seed: integer, or None for the generator of the front.
    """

    def __init__(self, stddev: float, seed: int | None = None, **rest: Any) -> None:
        super().__init__(**rest)
        self.stddev = validate.number("GaussianNoise", "stddev", stddev, least=0)
        self.seed = seed
        if seed is not None:
            validate.integer("GaussianNoise", "seed", seed, least=0)

    def engine_layers(self, shape: blocks.Shape) -> list[engine.Layer]:
        return [engine.GaussianNoise(self.stddev, rng=_generator(self.seed))]


def _generator(seed: int | None) -> np.random.Generator:
    """That of a seed, or one more of the front's."""
    if seed is not None:
        return np.random.default_rng(seed)
    (rng,) = backend.generator().spawn(1)
    return rng


class Embedding(Layer):
    """A vector for each label, looked up and learned: (None, L) -> (None, L, D).

    input_dim: the number of labels, 0 ... input_dim - 1.  output_dim: D.
    embeddings_initializer: see `keras.initializers`, default "uniform".
    mask_zero: only False.  input_length: L, where the layer is the first.
    Its input is an `Input` of integers; of one of no sizes, (None,) -> (None, D).
    """

    ONLY = {
        "mask_zero": False,
        **dict.fromkeys(
            (
                "embeddings_regularizer",
                "activity_regularizer",
                "embeddings_constraint",
                "lora_rank",
            )
        ),
    }
    takes_labels = True

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        input_length: int | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(**rest)
        self.input_dim = validate.integer("Embedding", "input_dim", input_dim)
        self.output_dim = validate.integer("Embedding", "output_dim", output_dim)
        self.embeddings_initializer = initializers.get(
            embeddings_initializer, "Embedding", "embeddings_initializer"
        )
        self.input_length = input_length
        if input_length is not None:
            validate.integer("Embedding", "input_length", input_length)
            self.first_shape = (input_length,)

    def engine_layers(self, shape: blocks.Shape) -> list[engine.Layer]:
        if len(shape) > 1:
            expected = "labels (None,) or (None, L)"
            given = (None, *shape)
            validate.complain(ShapeError, self.name, "input_shape", expected, given)
        start = self.embeddings_initializer
        layer = engine.Embedding(
            self.input_dim,
            self.output_dim,
            start.drawn,
            *shape,
            rng=start.rng(),
            dtype=self.dtype,
        )
        start.finish(layer.parameters[0].value)
        return [layer]


class Flatten(Layer):
    """Each example becomes one row of features."""

    ONLY = {"data_format": None}

    def engine_layers(self, shape: blocks.Shape) -> list[engine.Layer]:
        return [engine.Flatten()]


class Reshape(Layer):
    """Each example takes `target_shape`; one size may be -1."""

    def __init__(self, target_shape: Sequence[int], **rest: Any) -> None:
        super().__init__(**rest)
        where = "Reshape", "target_shape"
        self.target_shape = arguments.example_shape(*where, target_shape, free=True)

    def engine_layers(self, shape: blocks.Shape) -> list[engine.Layer]:
        target, size = list(self.target_shape), int(np.prod(shape))
        if -1 in target:
            known = -int(np.prod(target))
            if target.count(-1) > 1 or size % known:
                expected = f"a shape that {size} elements fill"
                given = self.target_shape
                validate.complain(
                    ShapeError, self.name, "target_shape", expected, given
                )
            target[target.index(-1)] = size // known
        return [engine.Reshape(tuple(target))]


class InputLayer(Layer):
    """The start of a model, as a layer: `InputLayer(input_shape=(100,))`."""

    def __init__(self, shape: Sequence[int] | None = None, **rest: Any) -> None:
        if shape is not None:
            rest["input_shape"] = shape
        dtype = rest.pop("dtype", None)
        super().__init__(**rest)
        if self.first_shape is None:
            validate.complain(ArgumentError, "InputLayer", "shape", "a tuple", "None")
        self._stands_for(Input(self.first_shape, name=self.name, dtype=dtype))

    @classmethod
    def of(cls, tensor: KerasTensor) -> Self:
        """The layer that stands for a tensor in the list of a model's layers."""
        made = cls(tensor.example, name=tensor.name)
        made._stands_for(tensor)
        return made

    def _stands_for(self, tensor: KerasTensor) -> None:
        self._calls = [Call(self, [tensor], None, [])]
        self._calls[0].outputs = (tensor,)
        self.build_for(tensor.example)

    def engine_layers(self, shape: blocks.Shape) -> list[engine.Layer]:
        return []
