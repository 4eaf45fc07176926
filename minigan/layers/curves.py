"""Curved activations: each is a curve of `primitives.curves` and its constants."""

import math
from typing import Any, ClassVar

from .. import primitives, validate
from ..primitives.curves import number_of
from ..registry import Example
from .activations import Activation
from .arrays import Array
from .base import LAYERS


class Curve(Activation):
    """Base of these: y = f(x), dx = dy f'(x); the forward keeps f'.

    curve: name of the formula.   constants: a and b in it.
    """

    curve: ClassVar[str]
    constants: tuple[float, float] = (1.0, 1.0)

    @property
    def _numbers(self) -> tuple[int, float, float]:
        return number_of(self.curve), *self.constants

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        y, slope = primitives.curve_forward(x, *self._numbers)
        return y, (x, slope)

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        return primitives.multiply(dy, cache[1]) if need_dx else None

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> Any:
        if not need_dx:
            return None
        return primitives.curve_curvature(dy, t, cache[0], *self._numbers)


@LAYERS.register(Example({"alpha": 0.7}, shape=(5, 6)))
class ELU(Curve):
    """The exponential linear unit: y = x where x > 0, else alpha (e^x - 1).

        dx = dy where x > 0, else dy alpha e^x

    alpha: > 0, default 1.  Source: Clevert et al. 2016.
    """

    curve = "elu"

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = validate.number("ELU", "alpha", alpha, above=0)
        self.constants = self.alpha, 1.0
        self.bounds = -self.alpha, math.inf


@LAYERS.register(Example(shape=(5, 6)))
class SELU(Curve):
    """The ELU that keeps mean 0 and variance 1: y = scale ELU(x).

        scale = 1.0507009873554805, alpha = 1.6732632423543772

    Source: Klambauer et al. 2017, whose initialiser is "lecun_normal".
    """

    curve = "elu"
    SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772
    constants = ALPHA, SCALE
    bounds = -SCALE * ALPHA, math.inf


@LAYERS.register(Example(shape=(5, 6)))
class Softplus(Curve):
    """A smooth rectifier: y = log(1 + e^x), dx = dy s(x) with the sigmoid s."""

    curve = "softplus"
    bounds = 0.0, math.inf


@LAYERS.register(Example(shape=(5, 6)))
class Softsign(Curve):
    """y = x / (1 + |x|), dx = dy / (1 + |x|)^2."""

    curve = "softsign"
    bounds = -1.0, 1.0


@LAYERS.register(Example(shape=(5, 6)))
class Swish(Curve):
    """y = x s(x) with the sigmoid s, known as SiLU too.

        dx = dy s (1 + x (1 - s))

    Source: Ramachandran et al. 2017.
    """

    curve = "swish"


@LAYERS.register(
    Example(shape=(5, 6)),
    Example({"approximate": True}, (5, 6), note="approximate"),
)
class GELU(Curve):
    """y = x P(X <= x) for a normal X: half of x and more of it, the larger it is.

        dx = dy (P + x p),     p = exp(-x^2 / 2) / sqrt(2 pi)

    approximate: True takes y = x/2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
    Default False, as in Keras.  Source: Hendrycks & Gimpel 2016.
    """

    def __init__(self, approximate: bool = False) -> None:
        self.approximate = validate.flag("GELU", "approximate", approximate)

    @property
    def curve(self) -> str:  # type: ignore[override]
        """The formula that was asked for."""
        return "gelu_tanh" if self.approximate else "gelu"


@LAYERS.register(Example(shape=(5, 6)))
class Exponential(Curve):
    """y = e^x, dx = dy e^x."""

    curve = "exponential"
    bounds = 0.0, math.inf


@LAYERS.register(Example(shape=(5, 6)))
class HardSigmoid(Curve):
    """A sigmoid of straight lines: y = slope x + 0.5, between 0 and 1.

        dx = slope dy where 0 < y < 1, else 0

    slope: > 0, default 0.2 as in Keras 2 (Keras 3 and PyTorch: 1/6).
    """

    curve = "hard_sigmoid"
    bounds = 0.0, 1.0

    def __init__(self, slope: float = 0.2) -> None:
        self.slope = validate.number("HardSigmoid", "slope", slope, above=0)
        self.constants = self.slope, 0.5
