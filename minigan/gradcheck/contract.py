"""Does a layer keep the rules by which networks train?  See `layers.base`.

A gradient may be right and the layer useless: one that rebinds `grad` learns nothing,
one that ignores `is_frozen` lets D learn in the generator's step.  So each layer is
watched while a float32 copy of its network runs, learning, frozen, and with a second
forward before the backward; and what is wrong is said of the layer that does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..layers import Layer
from ..network import Network
from ..validate import shape_text
from .derivatives import Memory
from .subjects import contents, copied, each, parts

Array = NDArray[Any]
CLOSE = 1e-5  # of the largest number, where two runs must agree


class Broken(Exception):
    """A rule that is broken so that the network cannot go on."""


def broken_rules(
    target: Any, x: Any, training: bool, rng: np.random.Generator
) -> tuple[list[str], bool]:
    """(what is wrong, in words that begin with a layer; whether it cannot go on).

    target: anything; only a `Layer` has these rules.   x: as it takes it.
    """
    if not isinstance(target, Layer):
        return [], False
    net = target.astype(np.float32)
    x = each(x, lambda v: v.astype(np.float32) if v.dtype.kind == "f" else v)
    watch = Watch(net)
    try:
        watch.run(x, training, rng)
    except Broken as error:
        return [*dict.fromkeys(watch.faults), str(error)], True
    except Exception:  # of the layer's own; the check that follows meets it, too
        return [], False
    return [*dict.fromkeys(watch.faults)], False


class Watch:
    """Runs a network while it looks at each layer.

    faults: what was found.   situation: of the run, "" for an ordinary one.
    """

    def __init__(self, net: Layer) -> None:
        self.net, self.faults = net, list[str]()
        self.situation = ""
        self._calls: dict[str, int] = {}  # of backward_pass, in this run
        self._first: dict[tuple[str, int], tuple[Any, Any, list[Array]]] = {}
        self._watched = [
            (name, layer)
            for name, layer in _leaves(net)
            if type(layer).forward_pass is not Layer.forward_pass
        ]
        self._grads = {
            id(p): p.grad for _, layer in self._watched for p in layer.parameters
        }

    def run(self, x: Any, training: bool, rng: np.random.Generator) -> None:
        """Learning; frozen; and with another forward between forward and backward."""
        with self._looking():
            memory = Memory((self.net,))
            self._begin(memory, "")
            y = self.net.forward(x, training)
            dy = each(y, lambda v: rng.standard_normal(v.shape).astype(v.dtype))
            self.net.backward(dy)
            self._begin(memory, "while frozen")
            with self.net.frozen():
                self.net.forward(x, training)
                self.net.backward(dy)
            if type(self.net).forward_pass is Layer.forward_pass:
                return
            self._begin(memory, "after a second forward")
            _, cache = self.net.forward_pass(copied(x), training)
            other = each(x, lambda v: -v if v.dtype.kind == "f" else v[::-1].copy())
            self.net.forward_pass(other, training)
            self.net.backward_pass(dy, cache, True)

    def _begin(self, memory: Memory, situation: str) -> None:
        """The same start for each run: statistics, random states, and no gradients."""
        memory.restore()
        self.situation = situation
        self._calls.clear()
        for _, layer in self._watched:
            for p in layer.parameters:
                p.grad[...] = 0

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """A block in which the passes of the layers are watched."""
        for name, layer in self._watched:
            vars(layer)["forward_pass"] = self._forward(name, layer)
            vars(layer)["backward_pass"] = self._backward(name, layer)
        try:
            yield
        finally:
            for _, layer in self._watched:
                for method in ("forward_pass", "backward_pass"):
                    with suppress(KeyError):
                        del vars(layer)[method]

    def _say(self, name: str, what: str) -> None:
        self.faults.append(f"{name}: {what}")

    # ---- one layer -----------------------------------------------------------------

    def _forward(self, name: str, layer: Layer) -> Callable[..., Any]:
        """The forward pass of a layer, which also says what it should not have done."""
        original = layer.forward_pass

        def forward_pass(x: Any, training: bool) -> Any:
            given, values = contents(parts(x)), [p.value for p in layer.parameters]
            before = contents(values)
            statistics = [s.value for s in layer.statistics]
            still = contents(statistics)
            pair = original(x, training)
            if not isinstance(pair, tuple) or len(pair) != 2:
                return pair  # whoever called it says so, and names the layer
            y, cache = pair
            if contents(parts(x)) != given:
                self._say(name, "forward_pass changes x")
            if contents(values) != before:
                self._say(name, "forward_pass changes a parameter")
            if layer.is_frozen and contents(statistics) != still:
                self._say(name, "forward_pass changes a statistic while frozen")
            rows = len(parts(x)[0])
            for value in parts(y):
                if not isinstance(value, np.ndarray):
                    got = type(value).__name__
                    raise Broken(f"{name}: forward_pass: expected an array, got {got}")
                if value.shape[:1] != (rows,):
                    expected = shape_text((rows, "..."))
                    text = f"expected y of shape {expected}"
                    text = f"{text}, got {shape_text(value.shape)}"
                    raise Broken(f"{name}: forward_pass: {text}")
            y = each(y, lambda v: self._in_float32(name, "forward_pass: y", v))
            return y, (cache, x)

        return forward_pass

    def _backward(self, name: str, layer: Layer) -> Callable[..., Any]:
        """The backward pass of a layer, likewise."""
        original = layer.backward_pass

        def backward_pass(dy: Any, kept: Any, need_dx: bool) -> Any:
            cache, x = kept
            given = contents(parts(dy))
            grads = [p.grad for p in layer.parameters]
            before = [g.copy() for g in grads]
            try:
                dx = original(dy, cache, need_dx)
            except Exception as error:
                if not layer.is_frozen:
                    raise
                what = f"{type(error).__name__}: {error}"[:160]
                raise Broken(f"{name}: backward_pass while frozen: {what}") from None
            if contents(parts(dy)) != given:
                self._say(name, "backward_pass changes dy")
            for p, grad in zip(layer.parameters, grads, strict=True):
                if p.grad is not grad:
                    what = "in place: grad += ..., or grad[...] = grad + ..."
                    self._say(
                        name, f"backward_pass rebinds d{p.name}: add to it {what}"
                    )
                    p.grad = grad
            if layer.is_frozen and contents(grads) != contents(before):
                self._say(name, "backward_pass changes a gradient while frozen")
            if need_dx:
                dx = self._checked_dx(name, layer, x, dx)
            added = [g - b for g, b in zip(grads, before, strict=True)]
            self._compare(name, layer, dy, dx if need_dx else None, added)
            return dx

        return backward_pass

    def _checked_dx(self, name: str, layer: Layer, x: Any, dx: Any) -> Any:
        """dx in float32.  Errors: Broken where it is none, or of another shape."""
        frozen = " while frozen" if layer.is_frozen else ""
        for value, d in zip(parts(x), parts(dx), strict=False):
            if value.dtype.kind != "f":
                continue
            if not isinstance(d, np.ndarray) or d.shape != value.shape:
                got = "None" if d is None else type(d).__name__
                got = shape_text(d.shape) if isinstance(d, np.ndarray) else got
                expected = f"expected dx of shape {shape_text(value.shape)}{frozen}"
                raise Broken(f"{name}: backward_pass: {expected}, got {got}")
        return each(dx, lambda v: self._in_float32(name, "backward_pass: dx", v))

    def _in_float32(self, name: str, what: str, value: Any) -> Any:
        """The array, in float32 where it should have been so."""
        if not isinstance(value, np.ndarray) or value.dtype == np.float32:
            return value
        if value.dtype.kind != "f":
            return value
        self._say(name, f"{what}: expected float32 as x is, got {value.dtype}")
        return value.astype(np.float32)

    def _compare(
        self, name: str, layer: Layer, dy: Any, dx: Any, added: list[Array]
    ) -> None:
        """With what the first run found, where the same dy came in."""
        self._calls[name] = self._calls.get(name, 0) + 1
        key = name, self._calls[name]
        if not self.situation:
            self._first[key] = copied(dy), each(dx, _copy), added
            return
        known = self._first.get(key)
        if known is None or not _close(parts(known[0]), parts(dy)):
            return
        both = dx is not None and known[1] is not None
        if both and not _close(parts(known[1]), parts(dx)):
            self._say(name, f"dx {self.situation} is another: {self._why}")
        if not layer.is_frozen and not _close(known[2], added):
            self._say(name, f"gradients {self.situation} are others: {self._why}")

    @property
    def _why(self) -> str:
        if self.situation == "while frozen":
            return "frozen() stops parameter gradients, and nothing else"
        return "keep what backward needs in the cache, not in the layer"


def _leaves(net: Layer) -> Iterator[tuple[str, Layer]]:
    """(name, layer) of all that hold no others: "2.Dense", as in reports."""
    if not isinstance(net, Network):
        yield type(net).__name__, net
        return
    for place, layer in net.named_layers().items():
        yield f"{place}.{type(layer).__name__}", layer


def _copy(value: Any) -> Any:
    return None if value is None else np.copy(value)


def _close(these: Any, those: Any) -> bool:
    """Whether arrays agree, each to a part of its largest number."""
    for a, b in zip(these, those, strict=True):
        if a is None or b is None or a.shape != b.shape:
            if a is not b:
                return False
            continue
        scale = float(np.abs(a).max(initial=0.0))
        if not np.allclose(a, b, 0.0, CLOSE * scale + 1e-30):
            return False
    return True
