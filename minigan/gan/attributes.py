"""What parts of a game keep as plain attributes, beside their arrays."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..layers import Layer

_PLAIN = (int, float, str, bool, tuple)
# Not options: what is looked at otherwise, and open scopes, which close by themselves.
_KNOWN = ("layers", "_cache", "_frozen")


def plain(part: object) -> dict[str, Any]:
    """name -> value of the attributes that are numbers and texts: its options."""
    return {
        name: value
        for name, value in getattr(part, "__dict__", {}).items()
        if isinstance(value, _PLAIN) and name not in _KNOWN
    }


class OwnAttributes:
    """What parts of the user's own keep for themselves, say a count of their calls.

    Numbers of all parts, and arrays of layers, as attributes: no state knows them, yet
    a step that is tried and taken back must not leave a trace.
    parts: layers, optimizers, sources, of which the package's are left out.
    """

    def __init__(self, parts: Iterable[object]) -> None:
        self._kept: list[tuple[object, dict[str, Any]]] = []
        for part in parts:
            if not type(part).__module__.startswith("minigan."):
                arrays = {
                    name: value.copy()
                    for name, value in vars(part).items()
                    if isinstance(part, Layer) and isinstance(value, np.ndarray)
                }
                self._kept.append((part, {**plain(part), **arrays}))

    def restore(self) -> None:
        """Undo what happened to them since."""
        for part, values in self._kept:
            for name, value in values.items():
                copied = value.copy() if isinstance(value, np.ndarray) else value
                vars(part)[name] = copied

    def numbers(self) -> dict[tuple[int, str], Any]:
        """(place, "Class.attribute") -> value, of plain attributes as they are now."""
        return {
            (place, f"{type(part).__name__}.{name}"): value
            for place, (part, _) in enumerate(self._kept)
            for name, value in plain(part).items()
        }
