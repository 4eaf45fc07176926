"""What parts of a game keep as plain attributes, beside their arrays."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..layers import Layer

_PLAIN = (int, float, str, bool, tuple)


def plain(part: object) -> dict[str, Any]:
    """name -> value of the attributes that are numbers and texts: its options."""
    return {
        name: value
        for name, value in getattr(part, "__dict__", {}).items()
        if isinstance(value, _PLAIN) and name not in ("layers", "_cache")
    }


class OwnAttributes:
    """What layers of the user's own keep for themselves, say a count of their calls.

    Numbers and arrays as attributes: no state knows them, yet a step that is tried and
    taken back must not leave a trace.   layers: of which the package's are left out.
    """

    def __init__(self, layers: Iterable[Layer]) -> None:
        self._kept: list[tuple[Layer, dict[str, Any]]] = []
        for layer in layers:
            if not type(layer).__module__.startswith("minigan."):
                arrays = {
                    name: value.copy()
                    for name, value in vars(layer).items()
                    if isinstance(value, np.ndarray)
                }
                self._kept.append((layer, {**plain(layer), **arrays}))

    def restore(self) -> None:
        """Undo what happened to them since."""
        for layer, values in self._kept:
            for name, value in values.items():
                copied = value.copy() if isinstance(value, np.ndarray) else value
                vars(layer)[name] = copied
