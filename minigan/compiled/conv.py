"""Images; formulas in `primitives.conv`.

Pixels are moved in `images`.  A convolution is done by one of the kernels of `patches`
and `direct`, whichever suits its shapes.
"""

from collections.abc import Callable, Mapping
from functools import update_wrapper
from typing import Any

from ..gemm.pixels import FEW, LEAST
from ..jit.compiling import JIT_DISABLED, kernel
from . import direct, patches
from .images import gather_pixels as gather_pixels
from .images import scatter_pixels as scatter_pixels

DEEPEST = 4096  # rows of W of which three vectors of columns stay in the cache


class ByShape:
    """A twin that is several kernels, of which only those that are used are compiled.

    general: the kernel for any shapes, which a direct call runs.
    choose: function (channels of a pixel, K, M) -> the kernel for these.
    """

    def __init__(
        self,
        general: Callable[..., None],
        choose: Callable[[int, int, int], Callable[..., None]],
    ) -> None:
        self.general, self.choose = general, choose
        update_wrapper(self, general)

    def chosen(self, sizes: Mapping[str, int], dtype: Any, asked: str) -> Any:
        """The kernel for these sizes; see `Primitive.twin_for`."""
        if JIT_DISABLED:
            return self.general
        K, M = sizes["K"], sizes["M"]
        return self.choose(K * sizes["Y"] // (M * sizes["Q"]), K, M)

    def __call__(self, *operands: Any) -> None:
        self.general(*operands)


def _forward(channels, K, M):
    if M <= FEW and channels >= LEAST:
        return direct.few_forward
    return direct.forward if M > FEW and K <= DEEPEST else patches.forward


def _dW(channels, K, M):
    if channels >= LEAST:
        return direct.few_dW if M <= FEW else direct.dW
    return direct.apart_dW if M > FEW else patches.dW


def _dx(channels, K, M):
    return direct.dx if channels >= LEAST else patches.dx


conv_forward = ByShape(patches.forward, _forward)
conv_dW = ByShape(patches.dW, _dW)
conv_dx = ByShape(patches.dx, _dx)


@kernel
def add_bias(x, b, y):
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            y[i, j] = x[i, j] + b[j]
