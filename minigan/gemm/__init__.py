"""The matrix product near the speed of the machine; start with `product`."""

from collections.abc import Callable
from typing import NamedTuple

from .choice import fits, in_force, machine_in_use
from .microkernel import BIAS, DERIVATIVE, LEAKY, PLAIN, RELU
from .product import gemm_nn, gemm_nt, gemm_tn
from .tiles import split_nn, split_nt, split_weights, tiles_nn, tiles_nt, tiles_tn


class Form(NamedTuple):
    """One of the three products, in both arithmetics.

    split: that of tiles, where B is there as tiles already.
    depth: what it sums over, in a layer of N rows, D features in and M features out.
    """

    chain: Callable[..., None]
    tiles: Callable[..., None]
    split: Callable[..., None] | None
    depth: str


NN = Form(gemm_nn, tiles_nn, split_nn, "D")
TN = Form(gemm_tn, tiles_tn, None, "N")
NT = Form(gemm_nt, tiles_nt, split_nt, "M")

__all__ = [
    "BIAS",
    "DERIVATIVE",
    "Form",
    "LEAKY",
    "NN",
    "NT",
    "PLAIN",
    "RELU",
    "TN",
    "fits",
    "gemm_nn",
    "gemm_nt",
    "gemm_tn",
    "in_force",
    "machine_in_use",
    "split_weights",
]
