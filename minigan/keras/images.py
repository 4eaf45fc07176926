"""The layers of `keras.layers` for images: (None, height, width, channels)."""

from typing import Any

from .. import layers as engine
from .. import validate
from ..errors import ShapeError
from ..layers.images import border, sizes
from . import activations, arguments, blocks, initializers
from .base import UNUSED, Layer
from .blocks import Shape

Size = int | tuple[int, int]


class _ImageLayer(Layer):
    """Checks what all of them ask for."""

    def __init__(self, data_format: str | None = None, **rest: Any) -> None:
        super().__init__(**rest)
        arguments.only(self._kind, "data_format", data_format, None, "channels_last")

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


class Conv2D(_ImageLayer):
    """The same small kernel at every place of the image, then an activation.

    filters: integer >= 1, channels of the result.
    kernel_size, strides: integers, or (rows, columns).
    padding: "valid" or "same".
    activation, use_bias, kernel_initializer, bias_initializer: as in Dense.
    data_format: None or "channels_last".  dilation_rate, groups: only 1.
    """

    ONLY = UNUSED
    supported = (
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "activation",
        "use_bias",
        "kernel_initializer",
        "bias_initializer",
    )

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
        arguments.only("Conv2D", "dilation_rate", dilation_rate, (1, 1), 1)
        arguments.only("Conv2D", "groups", groups, 1)
        self.filters = validate.integer("Conv2D", "filters", filters)
        self.kernel_size = sizes("Conv2D", "kernel_size", kernel_size, 2)
        self.strides = sizes("Conv2D", "strides", strides, 2)
        padding = padding.lower() if isinstance(padding, str) else padding
        self.padding = validate.choice("Conv2D", "padding", padding, ("valid", "same"))
        self.activation = activations.get(activation, "Conv2D", "activation")
        self.use_bias = validate.flag("Conv2D", "use_bias", use_bias)
        get = initializers.get
        self.kernel_initializer = get(
            kernel_initializer, "Conv2D", "kernel_initializer"
        )
        self.bias_initializer = get(bias_initializer, "Conv2D", "bias_initializer")

    def engine_layers(self, shape: Shape) -> list[engine.Layer]:
        activation = self.activation.layer()
        layers = super().engine_layers(shape)
        return layers if activation is None else [*layers, activation]

    def on_images(self, image: Shape) -> Any:
        kernel, bias = self.kernel_initializer, self.bias_initializer
        convolution = blocks.Conv2D(
            image,
            self.filters,
            self.kernel_size,
            self.strides,
            self.padding,
            kernel.drawn,
            "zeros",
            rng=kernel.rng(),
            dtype=self.dtype,
            use_bias=self.use_bias,
        )
        if self.use_bias:
            convolution.b.value[...] = bias((self.filters,), self.dtype)
        return convolution


class UpSampling2D(_ImageLayer):
    """Every pixel becomes a block of equal ones.

    size: integer, or (rows, columns), default 2.  interpolation: only "nearest".
    data_format: None or "channels_last".
    """

    supported = ("size", "data_format", "interpolation")

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

    supported = ("padding", "data_format")

    def __init__(
        self, padding: Any = (1, 1), data_format: str | None = None, **rest: Any
    ) -> None:
        super().__init__(data_format, **rest)
        self.padding = border("ZeroPadding2D", padding)

    def on_images(self, image: Shape) -> Any:
        return engine.ZeroPadding2D(image, self.padding)
