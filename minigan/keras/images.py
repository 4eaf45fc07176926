"""The layers of `keras.layers` for images: (None, height, width, channels)."""

from typing import Any

from .. import layers as engine
from .. import validate
from ..errors import ArgumentError, ShapeError
from ..layers.images import border, sizes
from . import activations, arguments, blocks, initializers, session
from .base import UNUSED, Layer
from .blocks import Shape

__all__ = [
    "AveragePooling2D",
    "AvgPool2D",
    "Conv2D",
    "Conv2DTranspose",
    "GlobalAveragePooling2D",
    "GlobalAvgPool2D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling2D",
    "MaxPool2D",
    "MaxPooling2D",
    "UpSampling2D",
    "ZeroPadding2D",
]

Size = int | tuple[int, int]


class _ImageLayer(Layer):
    """Checks what all of them ask for."""

    def __init__(self, data_format: str | None = None, **rest: Any) -> None:
        super().__init__(**rest)
        data_format = data_format or session.image_data_format()
        arguments.only(self._kind, "data_format", data_format, "channels_last")

    def engine_layers(self, shape: Shape) -> list[engine.Layer]:
        if len(shape) != 3:
            validate.complain(
                ShapeError,
                self.name,
                "input_shape",
                "images (None, height, width, channels)",
                (None, *shape),
            )
        layer = self.on_images(shape)  # which takes an image as a row of numbers
        return [engine.Flatten(), layer, engine.Reshape(layer.output_image)]

    def on_images(self, image: Shape) -> Any:
        """A new engine layer for images (H, W, C)."""
        raise NotImplementedError


class _Convolution(_ImageLayer):
    """What both convolutions take.   kind: the engine's layer."""

    ONLY = UNUSED
    kind: type[Any]

    def __init__(
        self,
        filters: int,
        kernel_size: Size,
        strides: Size = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Size = (1, 1),
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **rest: Any,
    ) -> None:
        super().__init__(data_format, **rest)
        where = self._kind
        self.dilation_rate = sizes(where, "dilation_rate", dilation_rate, 2)
        arguments.only(where, "groups", groups, 1)
        self.filters = validate.integer(where, "filters", filters)
        self.kernel_size = sizes(where, "kernel_size", kernel_size, 2)
        self.strides = sizes(where, "strides", strides, 2)
        self.padding = _padding(where, padding)
        self.activation = activations.get(activation, where, "activation")
        self.use_bias = validate.flag(where, "use_bias", use_bias)
        get = initializers.get
        self.kernel_initializer = get(kernel_initializer, where, "kernel_initializer")
        self.bias_initializer = get(bias_initializer, where, "bias_initializer")
        self._dilated()

    def engine_layers(self, shape: Shape) -> list[engine.Layer]:
        activation = self.activation.layer()
        layers = super().engine_layers(shape)
        return layers if activation is None else [*layers, activation]

    def on_images(self, image: Shape) -> Any:
        kernel, bias = self.kernel_initializer, self.bias_initializer
        convolution = self.kind(
            image,
            self.filters,
            self.kernel_size,
            self.strides,
            self.padding,
            kernel.drawn,
            "zeros",
            rng=kernel.rng(),
            dtype=self.dtype,
            still=() if self.use_bias else ("b",),
            **self._dilated(),
        )
        kernel.finish(convolution.W.value)
        if self.use_bias:
            convolution.b.value[...] = bias((self.filters,), self.dtype)
        return convolution

    def _dilated(self) -> dict[str, Any]:
        """What the engine's layer is given beside: nothing, where 1 is all there is."""
        arguments.only(self._kind, "dilation_rate", self.dilation_rate, (1, 1))
        return {}


def _padding(where: str, padding: Any) -> str:
    """ "valid" or "same", in any case."""
    padding = padding.lower() if isinstance(padding, str) else padding
    return validate.choice(where, "padding", padding, ("valid", "same"))


class Conv2D(_Convolution):
    """The same small kernel at every place of the image, then an activation.

    filters: integer >= 1, channels of the result.
    kernel_size, strides: integers, or (rows, columns).
    padding: "valid" or "same".
    activation, use_bias, kernel_initializer, bias_initializer: as in Dense.
    dilation_rate: rows and columns from one pixel that the kernel sees to the next,
    integer or a pair, default 1; without strides.
    data_format: None or "channels_last".  groups: only 1.
    """

    kind = blocks.Conv2D

    def _dilated(self) -> dict[str, Any]:
        if self.dilation_rate != (1, 1) and self.strides != (1, 1):
            expected = f"1, or no strides beside it (strides={self.strides})"
            given = self.dilation_rate
            validate.complain(
                ArgumentError, self._kind, "dilation_rate", expected, given
            )
        return {"apart": self.dilation_rate}


class Conv2DTranspose(_Convolution):
    """The transpose of a convolution: every pixel paints the kernel into the result.

    Arguments as for Conv2D, without groups; dilation_rate: only 1.  padding: "same"
    makes rows times stride of rows, "valid" more where the kernel reaches out.
    output_padding: only None.
    """

    kind = blocks.Conv2DTranspose

    def __init__(
        self,
        filters: int,
        kernel_size: Size,
        strides: Size = (1, 1),
        padding: str = "valid",
        output_padding: None = None,
        data_format: str | None = None,
        dilation_rate: Size = (1, 1),
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **rest: Any,
    ) -> None:
        arguments.only("Conv2DTranspose", "output_padding", output_padding, None)
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            1,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            **rest,
        )


class _Pooling(_ImageLayer):
    """What both take.   kind: the engine's layer."""

    kind: type[Any]

    def __init__(
        self,
        pool_size: Size = (2, 2),
        strides: Size | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(data_format, **rest)
        self.pool_size = sizes(self._kind, "pool_size", pool_size, 2)
        strides = pool_size if strides is None else strides
        self.strides = sizes(self._kind, "strides", strides, 2)
        self.padding = _padding(self._kind, padding)

    def on_images(self, image: Shape) -> Any:
        return self.kind(image, self.pool_size, self.strides, self.padding)


class MaxPooling2D(_Pooling):
    """The largest number of each window, channel by channel.

    pool_size: integer or (rows, columns), default 2.  strides: likewise, default
    pool_size.  padding: "valid" or "same".  data_format: None or "channels_last".
    """

    kind = engine.MaxPooling2D


class AveragePooling2D(_Pooling):
    """The mean of each window, channel by channel; arguments as for MaxPooling2D."""

    kind = engine.AveragePooling2D


class _GlobalPooling(_ImageLayer):
    """What both take.   kind: the engine's layer."""

    kind: type[Any]

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **rest: Any
    ) -> None:
        super().__init__(data_format, **rest)
        self.keepdims = validate.flag(self._kind, "keepdims", keepdims)

    def engine_layers(self, shape: Shape) -> list[engine.Layer]:
        layers = super().engine_layers(shape)
        return layers if self.keepdims else layers[:-1]

    def on_images(self, image: Shape) -> Any:
        return self.kind(image)


class GlobalMaxPooling2D(_GlobalPooling):
    """The largest number of each channel.   keepdims: (1, 1, C) in place of (C,)."""

    kind = engine.GlobalMaxPooling2D


class GlobalAveragePooling2D(_GlobalPooling):
    """The mean of each channel.   keepdims: (1, 1, C) in place of (C,)."""

    kind = engine.GlobalAveragePooling2D


class UpSampling2D(_ImageLayer):
    """Every pixel becomes a block of equal ones.

    size: integer, or (rows, columns), default 2.  interpolation: only "nearest".
    data_format: None or "channels_last".
    """

    def __init__(
        self,
        size: Size = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **rest: Any,
    ) -> None:
        super().__init__(data_format, **rest)
        self.size = sizes("UpSampling2D", "size", size, 2)
        arguments.only("UpSampling2D", "interpolation", interpolation, "nearest")

    def on_images(self, image: Shape) -> Any:
        return engine.UpSampling2D(image, self.size)


class ZeroPadding2D(_ImageLayer):
    """A border of zeros around the image.

    padding: integer, (rows, columns), or ((top, bottom), (left, right)), default 1.
    data_format: None or "channels_last".
    """

    def __init__(
        self, padding: Any = (1, 1), data_format: str | None = None, **rest: Any
    ) -> None:
        super().__init__(data_format, **rest)
        self.padding = border("ZeroPadding2D", padding)

    def on_images(self, image: Shape) -> Any:
        return engine.ZeroPadding2D(image, self.padding)


# other names that Keras has for them
AvgPool2D, MaxPool2D = AveragePooling2D, MaxPooling2D
GlobalAvgPool2D, GlobalMaxPool2D = GlobalAveragePooling2D, GlobalMaxPooling2D
