"""Batch normalisation."""

from typing import Any, NoReturn

import numpy as np
from numpy.typing import DTypeLike

from .. import primitives, validate
from ..errors import NonFiniteError, ShapeError
from ..initializers import initialize
from ..registry import Example
from .arrays import Array
from .base import LAYERS, Layer


@LAYERS.register(
    Example({"features": 6}, shape=(16, 6), note="training"),
    Example({"features": 6}, (16, 6), {"training": False}, note="inference"),
    Example({"features": 6}, (16, 6), {"frozen": True}, note="frozen"),
    Example({"features": 2, "positions": 3}, shape=(5, 6), note="of images"),
)
class BatchNorm(Layer):
    """Give every feature mean 0 and variance 1 over the batch, then scale and shift.

        rstd = 1 / sqrt(var + epsilon)
        xhat = (x - mean) rstd          y = gamma xhat + beta

    Training: mean and (biased) variance of the batch; the moving statistics follow,

        moving = momentum moving + (1 - momentum) batch

    and the gradient runs through mean and variance too:

        dxhat = dy gamma
        dx    = rstd (dxhat - mean(dxhat) - xhat mean(dxhat xhat))

    Inference (`training=False`): the moving statistics, which are constants, so that
    dx = dy gamma rstd.  Either way dgamma = sum dy xhat and dbeta = sum dy.

    `training` alone chooses the statistics.  Freezing keeps parameters and moving
    statistics still, nothing else (Keras ties the two together).

    features: D, integer >= 1.  momentum: weight of the *old* statistic, 0 <= m < 1.
    epsilon: >= 1e-30.
    positions: P, integer >= 1.  Of an image (H, W, C), D = C and P = H W: all of its
    pixels count as rows of one batch, so that a channel has the same statistics
    everywhere.
    Shapes: x, y (N, P D); gamma, beta (D,).
    Errors: ShapeError when training on a batch of one row, whose variance is 0;
    NonFiniteError for NaN, infinity, or a variance that does not fit the type.
    Source: Ioffe & Szegedy 2015, with Keras' defaults and biased moving variance.
    """

    dtype: np.dtype[Any]
    couples_rows = True
    pytorch_names = {
        "gamma": "weight",
        "beta": "bias",
        "moving_mean": "running_mean",
        "moving_var": "running_var",
    }
    keras_names = {"moving_var": "moving_variance"}

    def __init__(
        self,
        features: int,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        *,
        positions: int = 1,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.features = validate.integer("BatchNorm", "features", features, most=2**31)
        self.momentum = validate.number(
            "BatchNorm", "momentum", momentum, least=0, below=1
        )
        self.epsilon = validate.number("BatchNorm", "epsilon", epsilon, least=1e-30)
        self.positions = validate.integer(
            "BatchNorm", "positions", positions, most=2**31
        )
        self.dtype = validate.float_type("BatchNorm", dtype)
        self.gamma = self.add_parameter("gamma", self._start("gamma", "ones"))
        self.beta = self.add_parameter("beta", self._start("beta", "zeros"))
        self.moving_mean = self.add_buffer(
            "moving_mean", self._start("moving_mean", "zeros")
        )
        self.moving_var = self.add_buffer(
            "moving_var", self._start("moving_var", "ones")
        )
        self.input_shape = (self.positions * self.features,)

    def _start(self, name: str, initializer: str) -> Array:
        """The first values of a parameter or statistic."""
        shape, none = (self.features,), np.random.default_rng(0)
        return initialize("BatchNorm", name, initializer, shape, none, self.dtype)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        shape, x = x.shape, x.reshape(-1, self.features)
        gamma, beta = self.gamma.value, self.beta.value
        moving = self.moving_mean.value, self.moving_var.value
        if not training:
            y, xhat, rstd = primitives.batchnorm_inference(
                x, gamma, beta, *moving, self.epsilon
            )
            return y.reshape(shape), (xhat, rstd, False)
        if len(x) < 2:
            raise ShapeError(
                "BatchNorm.forward: argument 'x': expected a batch of at least 2 rows "
                "when training (one row has no variance), got 1"
            )
        y, xhat, mean, var, rstd = primitives.batchnorm_forward(
            x, gamma, beta, self.epsilon
        )
        if not np.isfinite(rstd).all():
            _refuse(x)
        if not self.is_frozen:
            primitives.batchnorm_update(mean, var, *moving, self.momentum)
        return y.reshape(shape), (xhat, rstd, True)

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        xhat, rstd, batch_statistics = cache
        shape, dy = dy.shape, dy.reshape(-1, self.features)
        if not self.is_frozen or (need_dx and batch_statistics):
            sum_dy, sum_dy_xhat = primitives.batchnorm_sums(dy, xhat)
        if not self.is_frozen:
            primitives.accumulate(sum_dy_xhat, self.gamma.grad)  # dgamma += sum dy xhat
            primitives.accumulate(sum_dy, self.beta.grad)  # dbeta += sum dy
        if not need_dx:
            return None
        gamma = self.gamma.value
        if batch_statistics:
            dx = primitives.batchnorm_backward(
                dy, xhat, gamma, rstd, sum_dy, sum_dy_xhat
            )
        else:
            dx = primitives.batchnorm_inference_backward(dy, gamma, rstd)
        return dx.reshape(shape)


def _refuse(x: Array) -> NoReturn:
    """Say why a batch has no variance that is a number."""
    where = "BatchNorm.forward"
    validate.finite_numbers(where, "x", x)
    expected = f"numbers whose variance fits {x.dtype}"
    given = f"{x.real.min():g} to {x.real.max():g}"
    validate.complain(NonFiniteError, where, "x", expected, given)
