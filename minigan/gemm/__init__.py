"""The matrix product near the speed of the machine; start with `product`."""

from .microkernel import BIAS, DERIVATIVE, LEAKY, PLAIN, RELU
from .product import gemm_nn, gemm_nt, gemm_tn

__all__ = [
    "BIAS",
    "DERIVATIVE",
    "LEAKY",
    "PLAIN",
    "RELU",
    "gemm_nn",
    "gemm_nt",
    "gemm_tn",
]
