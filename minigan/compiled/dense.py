"""The fully connected layer; formulas in `primitives.dense`, products in `gemm`."""

from collections.abc import Callable, Mapping
from functools import cached_property, update_wrapper
from typing import Any

import numpy as np

from .. import gemm
from ..jit.compiling import JIT_DISABLED, kernel


class Product:
    """A twin that is one of the three products, and what that product is handed.

    arguments: the primitive's operands -> those of the product.
    """

    def __init__(self, product: Callable[..., None], arguments: Callable[..., tuple]):
        self.product, self.arguments = product, arguments
        update_wrapper(self, arguments)

    def __call__(self, *operands: Any) -> None:
        self.product(*self.arguments(*operands))


class ByTiles(Product):
    """A `Product` by tiles, which is handed the number of a machine beside the rest.

    depth: the size letter of the primitive that is summed over.
    split: the same where the memory of W holds its tiles, or None.
    """

    def __init__(self, form: gemm.Form, arguments: Callable[..., tuple]):
        def handed(*operands: Any) -> tuple:
            return (*arguments(*operands), gemm.machine_in_use())

        super().__init__(form.tiles, handed)
        self.depth = form.depth
        self.split = None if form.split is None else Product(form.split, handed)


class Chosen(Product):
    """A `Product` by chains for any sizes, and what does it for some.

    by_small: the same chains for few columns, of which less has to be compiled.
    """

    def __init__(self, form: gemm.Form, arguments: Callable[..., tuple]):
        super().__init__(form.chain, arguments)
        self.form = form
        self.by_small = Product(form.small, arguments)

    @cached_property
    def by_tiles(self) -> ByTiles:
        """The same by tiles."""
        return ByTiles(self.form, self.arguments)

    def chosen(
        self, sizes: Mapping[str, int], dtype: np.dtype[Any], asked: str
    ) -> Product:
        """The product for these sizes.   asked: "auto", "chain" or "tiles"."""
        possible = asked != "chain" and dtype == np.float32
        if possible and gemm.fits(sizes, self.form.depth):
            return self.by_tiles if gemm.in_force(asked) == "tiles" else self
        given = sizes["N"], sizes["D"], sizes["M"], dtype.itemsize
        small = self.form.is_small(*given)
        return self.by_small if small and not JIT_DISABLED else self


def by(form: gemm.Form) -> Callable[[Callable[..., tuple]], Chosen]:
    """Decorates a function that returns the arguments for a product of this form.

    Numba would compile the product once more for each function that calls it.
    """
    return lambda arguments: Chosen(form, arguments)


@by(gemm.NN)
def dense_forward(x, W, b, y):
    return x, W, y, b, gemm.BIAS, 0.0


@by(gemm.NN)
def dense_relu_forward(x, W, b, y):
    return x, W, y, b, gemm.RELU, 0.0


@by(gemm.NN)
def dense_leaky_relu_forward(x, W, b, slope, y):
    return x, W, y, b, gemm.LEAKY, slope


@by(gemm.TN)
def dense_dW(x, dy, dW):
    return x, dy, dW, 1


@by(gemm.TN)
def dense_dW_first(x, dy, dW):
    return x, dy, dW, 0


@by(gemm.NT)
def dense_dx(dy, W, dx):
    return dy, W, dx, gemm.PLAIN, dx, 0.0


@by(gemm.NT)
def dense_leaky_relu_dx(dy, W, y, slope, dx):
    return dy, W, dx, gemm.DERIVATIVE, y, slope


@kernel
def dense_db(dy, db):
    n, d = dy.shape
    whole = n - n % 4
    for j in range(d):
        db[j] = 0.0
    for i in range(0, whole, 4):
        for j in range(d):
            a, b, c, e = dy[i, j], dy[i + 1, j], dy[i + 2, j], dy[i + 3, j]
            db[j] += np.float64((a + b) + (c + e))
    for i in range(whole, n):
        for j in range(d):
            db[j] += np.float64(dy[i, j])


@kernel
def accumulate(total, grad):
    kind = grad.dtype.type
    for j in range(grad.size):
        grad[j] += kind(total[j])


@kernel
def accumulate_first(total, grad):
    kind = grad.dtype.type
    zero = kind(0)
    for j in range(grad.size):
        grad[j] = zero + kind(total[j])
