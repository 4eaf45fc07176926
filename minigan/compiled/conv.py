"""Images; formulas in `primitives.conv`.

Pixels are moved in `images`.  A convolution is done by one of the kernels of `patches`
and `direct`, whichever suits its shapes; the choice is the same on every CPU, since dx
adds up in another order in each.
"""

from ..gemm.pixels import FEW_COLUMNS, LEAST_CHANNELS
from ..jit.bysize import ByShape
from ..jit.compiling import kernel
from . import direct, patches
from .images import gather_pixels as gather_pixels
from .images import scatter_pixels as scatter_pixels

FULL = 16  # channels of a pixel from which a tile of dx is quicker than patches


def _channels(sizes):
    """Channels of a pixel."""
    return sizes["K"] * sizes["Y"] // (sizes["M"] * sizes["Q"])


def _forward(sizes):
    if sizes["M"] > FEW_COLUMNS:
        return direct.forward
    few = _channels(sizes) >= LEAST_CHANNELS
    return direct.few_forward if few else patches.forward


def _dW(sizes):
    if _channels(sizes) >= LEAST_CHANNELS:
        return direct.few_dW if sizes["M"] <= FEW_COLUMNS else direct.dW
    return direct.mixed_dW if sizes["M"] > FEW_COLUMNS else patches.dW


def _dx(sizes):
    return direct.dx if _channels(sizes) >= FULL else patches.dx


conv_forward = ByShape(patches.forward, _forward)
conv_dW = ByShape(patches.dW, _dW)
conv_dx = ByShape(patches.dx, _dx)


@kernel
def add_bias(x, b, y):
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            y[i, j] = x[i, j] + b[j]
