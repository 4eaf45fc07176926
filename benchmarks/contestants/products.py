"""A list of matrix products in each library, every result into memory that is there."""

import numpy as np


def aligned(shape, rng):
    """Small normal numbers whose first byte lies on a cache line."""
    size = int(np.prod(shape))
    raw = np.empty(4 * size + 64, np.uint8)
    skip = -raw.ctypes.data % 64
    array = raw[skip : skip + 4 * size].view(np.float32).reshape(shape)
    array[...] = 0.1 * rng.standard_normal(shape, "float32")
    return array


def operands(products):
    """(form, arrays) for each: x, W, b, y or x, dy, dW or dy, W, dx.

    Weights and their gradients are one array for each place; all other arrays belong to
    one product.
    """
    rng, shared = np.random.default_rng(0), {}

    def once(name, product, shape):
        key = name, product.place, shape
        if key not in shared:
            shared[key] = aligned(shape, rng)
        return shared[key]

    for product in products:
        x, y = (product.N, product.D), (product.N, product.M)
        W = product.D, product.M
        if product.form == "forward":
            given = once("W", product, W), once("b", product, W[1:])
            yield "forward", (aligned(x, rng), *given, aligned(y, rng))
        elif product.form == "dW":
            given = aligned(x, rng), aligned(y, rng)
            yield "dW", (*given, once("dW", product, W))
        else:
            given = aligned(y, rng), once("W", product, W)
            yield "dx", (*given, aligned(x, rng))


class Minigan:
    """minigan's kernels, called one by one."""

    shown = ("__init__", "run")

    def __init__(self, products):
        from minigan.compiled import dense
        from minigan.jit.threads import start

        start()
        kernels = {
            "forward": dense.dense_forward,
            "dW": dense.dense_dW_first,
            "dx": dense.dense_dx,
        }
        self.calls = [(kernels[form], given) for form, given in operands(products)]

    def run(self, times):
        for _ in range(times):
            for kernel, given in self.calls:
                kernel(*given)

    def first_result(self):
        """Of the first product of the list."""
        self.run(1)
        return np.asarray(self.calls[0][1][-1])


class Numpy(Minigan):
    """NumPy, with the BLAS that it brings."""

    shown = ("forward", "dW", "dx")

    def __init__(self, products):
        self.calls = [
            (getattr(self, form), given) for form, given in operands(products)
        ]

    def forward(self, x, W, b, y):
        np.matmul(x, W, out=y)
        y += b

    def dW(self, x, dy, dW):
        np.matmul(x.T, dy, out=dW)

    def dx(self, dy, W, dx):
        np.matmul(dy, W.T, out=dx)


class Torch(Minigan):
    """PyTorch's `mm` and `addmm`, with the BLAS that it brings."""

    shown = ("forward", "dW", "dx")

    def __init__(self, products):
        import torch

        self.torch = torch
        torch.set_grad_enabled(False)
        self.calls = [
            (getattr(self, form), [torch.from_numpy(a) for a in given])
            for form, given in operands(products)
        ]

    def forward(self, x, W, b, y):
        self.torch.addmm(b, x, W, out=y)

    def dW(self, x, dy, dW):
        self.torch.mm(x.T, dy, out=dW)

    def dx(self, dy, W, dx):
        self.torch.mm(dy, W.T, out=dx)


class TorchBfloat16(Torch):
    """The same, told to round factors to bf16."""

    def __init__(self, products):
        super().__init__(products)
        self.torch.backends.mkldnn.matmul.fp32_precision = "bf16"


class Jax(Minigan):
    """JAX, every product a compiled call; its results are new arrays."""

    shown = ("forward", "dW", "dx")

    def __init__(self, products):
        import jax

        self.block = jax.block_until_ready
        self.calls = [
            (jax.jit(getattr(self, form)), [jax.numpy.asarray(a) for a in given[:-1]])
            for form, given in operands(products)
        ]

    def run(self, times):
        for _ in range(times):
            found = [call(*given) for call, given in self.calls]
        self.block(found)

    def first_result(self):
        call, given = self.calls[0]
        return np.asarray(call(*given))

    def forward(self, x, W, b):
        return x @ W + b

    def dW(self, x, dy):
        return x.T @ dy

    def dx(self, dy, W):
        return dy @ W.T
