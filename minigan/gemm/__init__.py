"""The matrix product near the speed of the machine; start with `product`."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from .choice import fits, in_force, machine_in_use
from .microkernel import BIAS, DERIVATIVE, LEAKY, PLAIN, RELU
from .product import (
    gemm_nn,
    gemm_nt,
    gemm_tn,
    is_small_nn,
    is_small_nt,
    is_small_tn,
    small_nn,
    small_nt,
    small_tn,
)


class Form(NamedTuple):
    """One of the three products, in both arithmetics.

    small: the chain for few columns, where is_small(N, D, M, bytes of a number) holds.
    name: that of the kernels in `tiles`, which are loaded where they are needed.
    depth: what it sums over, in a layer of N rows, D features in and M features out.
    """

    chain: Callable[..., None]
    small: Callable[..., None]
    is_small: Callable[[int, int, int, int], bool]
    name: str
    depth: str

    @property
    def tiles(self) -> Callable[..., None]:
        """The same by tiles."""
        return _of_tiles(f"tiles_{self.name}")

    @property
    def split(self) -> Callable[..., None] | None:
        """The same where B is there as tiles already; None where nobody has them."""
        return _of_tiles(f"split_{self.name}")


def _of_tiles(name: str) -> Any:
    return getattr(import_module(f"{__name__}.tiles"), name, None)


NN, TN, NT = (
    Form(gemm_nn, small_nn, is_small_nn, "nn", "D"),
    Form(gemm_tn, small_tn, is_small_tn, "tn", "N"),
    Form(gemm_nt, small_nt, is_small_nt, "nt", "M"),
)

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
]
