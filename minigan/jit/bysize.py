"""Twins that are several kernels, such as one for little work and one that shares it.

Only the kernel that is used is compiled; so a small network, the first that anybody
trains, waits for nothing that is made for large ones.
"""

from collections.abc import Callable, Mapping
from functools import update_wrapper
from typing import Any

from .compiling import JIT_DISABLED


class BySize:
    """A twin: `alone` for vectors of less than `limit` numbers, `shared` from there on.

    size: the size letter of the primitive that says how many there are; they are those
    of the first operand.
    """

    def __init__(
        self,
        alone: Callable[..., None],
        shared: Callable[..., None],
        size: str,
        limit: int,
    ) -> None:
        self.alone, self.shared, self.size, self.limit = alone, shared, size, limit
        update_wrapper(self, alone)

    def chosen(self, sizes: Mapping[str, int], dtype: Any, asked: str) -> Any:
        """The kernel for these sizes; see `Primitive.twin_for`."""
        return self.alone if sizes[self.size] < self.limit else self.shared

    def __call__(self, first: Any, *others: Any) -> None:
        kernel = self.alone if first.size < self.limit else self.shared
        kernel(first, *others)


class ByShape:
    """A twin: the kernel that `choose` gives for the sizes.

    general: the kernel for any sizes, which a direct call runs, and the only one with
    the JIT off.   choose: a function of the sizes by letter.
    """

    def __init__(
        self,
        general: Callable[..., None],
        choose: Callable[[Mapping[str, int]], Callable[..., None]],
    ) -> None:
        self.general, self.choose = general, choose
        update_wrapper(self, general)

    def chosen(self, sizes: Mapping[str, int], dtype: Any, asked: str) -> Any:
        """The kernel for these sizes; see `Primitive.twin_for`."""
        return self.general if JIT_DISABLED else self.choose(sizes)

    def __call__(self, *operands: Any) -> None:
        self.general(*operands)
