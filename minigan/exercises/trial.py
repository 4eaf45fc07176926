"""A student's layer, run forward and backward with gradients that were there before."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..gradcheck import gradcheck

Array = NDArray[Any]
BEFORE = 0.25  # what each gradient holds before backward


def numbers(shape: tuple[int, ...], seed: int) -> Array:
    """Numbers that are neither 0 nor 1, in float64."""
    return np.random.default_rng(seed).standard_normal(shape)


class Trial:
    """One forward and one backward of a layer.

    y, dx: what they returned.   added: name -> what backward added to the gradient.
    faults: rules that the layer broke, in words.
    """

    def __init__(
        self,
        layer: Any,
        x: Array,
        dy: Array,
        *,
        training: bool = True,
        frozen: bool = False,
    ) -> None:
        kept_x, kept_dy = x.copy(), dy.copy()
        grads = {p.name: p.grad for p in layer.parameters}
        for grad in grads.values():
            grad[...] = BEFORE
        with layer.frozen() if frozen else nullcontext():
            self.y, cache = pair_of(layer.forward_pass(x, training))
            self.dx = layer.backward_pass(dy, cache, True)
        self.faults = []
        if not np.array_equal(x, kept_x):
            self.faults.append("x was written to: forward has to leave it as it is")
        if not np.array_equal(dy, kept_dy):
            self.faults.append("dy was written to: backward has to leave it as it is")
        self.added = {}
        for p in layer.parameters:
            if p.grad is not grads[p.name] and not np.may_share_memory(
                p.grad, grads[p.name]
            ):
                self.faults.append(
                    f"d{p.name}: `grad` became another array; write `self.{p.name}.grad"
                    " += ...`, which adds in place"
                )
            self.added[p.name] = p.grad - BEFORE
        self._frozen_but = [
            p.name for p in layer.parameters if (grads[p.name] != BEFORE).any()
        ]

    def fault(self, beside: str | None = None) -> str:
        """The first rule that was broken, or "".

        beside: name of a parameter whose gradient is judged by another part.
        """
        own = (f for f in self.faults if not f.startswith(f"d{beside}: "))
        return next(own, "")

    def moved_while_frozen(self) -> str:
        """Of a frozen layer: the gradient that changed, or ""."""
        if not self._frozen_but:
            return ""
        name = self._frozen_but[0]
        return (
            f"d{name} changed while the layer was frozen; add to gradients only "
            "`if not self.is_frozen`"
        )


def pair_of(given: Any) -> tuple[Any, Any]:
    """(y, cache).  Errors: TypeError for anything else."""
    if not isinstance(given, tuple) or len(given) != 2:
        raise TypeError("forward_pass has to return a pair: y, cache")
    return given


def proven(layer: Any, **options: Any) -> str:
    """What `gradcheck` has against a layer, or ""."""
    report = gradcheck(layer, **options)
    if report.ok:
        return ""
    wrong = [row for row in report.rows if not row.ok]
    said = [f"{row.tensor} is off by {row.error:.1e} at {row.place}" for row in wrong]
    return "gradcheck disagrees: " + "; ".join([*report.faults, *said])


def overwritten(right: Array) -> Array:
    """What a gradient seems to gain where `=` stands in the place of `+=`."""
    return right - BEFORE
