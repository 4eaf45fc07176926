"""A layer near one x: its slopes from both sides, and how they bend.

    y = f(x)            J = dy/dx, the slopes of f at x

    vjp(dy)  = J^T dy   what backward computes, but nothing is learned
    jvp(t)   = J t      how y moves where x moves along t
    backward(dy)        adds to the gradients those of  dy . y  +  v . J t,
                        where v and t are what vjp and jvp were given

The last one is a derivative of a derivative: it is what a penalty on a gradient learns
from, see `docs/penalties.md`.  One forward serves all three.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import validate
from ..errors import ArgumentError, DTypeError, StateError
from .arrays import _apart, _checked_like, _copied, _kind
from .base import Layer


class Linearisation:
    """What `layer.linearise()` returns behind a forward; see above.

    layer: a layer or network, every part of which has a tangent.
    x, y, cache: what its forward took, returned and kept.
    """

    def __init__(self, layer: Layer, x: Any, y: Any, cache: Any) -> None:
        self.layer, self.y = layer, y
        self._x, self._cache = x, cache
        self._pulled: Any = None
        self._pushed: Any = None
        self._used = False

    def vjp(self, dy: Any) -> Any:
        """J^T dy.   dy: as y; None in a tuple for zeros.

        Returns what a backward would: as x, None in the place of labels.

        Errors: ShapeError, DTypeError for a dy that does not fit; StateError behind
        `backward`.
        """
        where = self._ready("vjp")
        dy = _checked_part(where, "dy", dy, self.y)
        with self.layer.frozen():
            dx, self._pulled = self.layer.pull_pass(dy, self._cache)
        return _apart(dx, (dy, self._pulled))

    def jvp(self, t: Any) -> Any:
        """J t.   t: as x; None in the place of labels, or of an x that stands still.

        Errors: ShapeError, DTypeError for a t that does not fit; StateError behind
        `backward`.
        """
        where = self._ready("jvp")
        t = _checked_part(where, "t", t, self._x)
        ty, self._pushed = self.layer.push_pass(t, self._cache)
        return _apart(ty, (t, self._pushed))

    def backward(self, dy: Any = None, need_dx: bool = False) -> Any:
        """Add to each `grad` those of dy . y + v . J t, and return dx where needed.

        dy: as y; None for zeros: then y itself teaches nothing.
        Errors: ShapeError, DTypeError for a dy that does not fit; StateError for a
        second call (the cache is consumed once).
        """
        where = self._ready("backward")
        need_dx = validate.flag(where, "need_dx", need_dx)
        if dy is not None:
            dy = _checked_like(where, "dy", dy, self.y)
        self._used = True
        dx = self.layer.bend_pass(dy, self._pulled, self._pushed, self._cache, need_dx)
        if not need_dx:
            return None
        return _apart(filled(dx, self._x), (dy, self._pulled, self._pushed))

    def _ready(self, method: str) -> str:
        """The name of a method.  Errors: StateError where the cache is used up."""
        where = f"Linearisation.{method}"
        if self._used:
            raise StateError(
                f"{where}: expected a linearisation whose backward has not run (the "
                "cache is consumed once)"
            )
        return where


def _checked_part(where: str, argument: str, t: Any, x: Any) -> Any:
    """A copy of t, which is as x is; None in a tuple stands for zeros."""
    if isinstance(x, tuple):
        if not isinstance(t, (tuple, list)) or len(t) != len(x):
            expected = f"a tuple of {len(x)} arrays"
            validate.complain(DTypeError, where, argument, expected, _kind(t))
        pairs = enumerate(zip(t, x, strict=True))
        return tuple(
            None if pair[0] is None else _checked_part(where, f"{argument}[{k}]", *pair)
            for k, pair in pairs
        )
    if x.dtype.kind == "i":
        expected = "None in the place of labels, which do not move"
        validate.complain(DTypeError, where, argument, expected, _kind(t))
    return _copied(validate.array(where, argument, t, x.shape, x.dtype))


def filled(dx: Any, x: Any) -> Any:
    """dx with zeros in the place of None, which a straight layer returns."""
    if isinstance(x, tuple):
        given = dx or (None,) * len(x)
        return tuple(filled(*pair) for pair in zip(given, x, strict=True))
    return np.zeros_like(x) if dx is None and x.dtype.kind != "i" else dx


def check_tangents(where: str, argument: str, network: Layer) -> None:
    """Refuse a layer, or a part of a network, that has no tangent, by its name.

    Errors: ArgumentError.
    """
    for part in network.walk():
        trouble = no_tangent(type(part))
        if trouble:
            validate.complain(ArgumentError, where, argument, *trouble)


def no_tangent(kind: type[Layer]) -> tuple[str, str] | None:
    """(what is expected, what is given) where a layer has no tangent, else None."""
    if kind.couples_rows:
        expected = "layers that take each row by itself"
        remedy = "leave it out, or normalise weights in its place (SpectralNorm)"
        return expected, f"{kind.__name__}, which mixes the rows of a batch: {remedy}"
    makes = kind.tangent_pass is not Layer.tangent_pass
    bends = kind.curvature_pass is not Layer.curvature_pass
    own = kind.push_pass is not Layer.push_pass  # a network asks its layers
    if kind.takes_labels or (makes and bends) or own:
        return None
    missing = "tangent_pass" if not makes else "curvature_pass"
    return f"layers with a {missing}", f"{kind.__name__}, which defines none"
