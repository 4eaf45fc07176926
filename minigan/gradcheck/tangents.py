"""`tangentcheck`: is the tangent of a layer J t, and is it differentiated rightly?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import validate
from ..errors import DTypeError
from ..layers.base import Layer
from ..layers.linearisation import check_tangents, filled
from ..network import Network
from .arguments import draw_input, name_of, randomised
from .check import TOLERANCES, Check
from .derivatives import COMPLEX_STEP, STEP, Probe, complex_trouble
from .report import Report, Row
from .subjects import LayerSubject, RandomHead, converted, copied, each, parts

Array = NDArray[Any]


class Lifted(Network):
    """A layer on pairs: (x, t) -> (y, J t), which is a layer again.

    Its backward is all that a linearisation does, and so `gradcheck` proves it:

        dx, dW, ...  of  dy . y + v . J t          dt = J^T v

    Where the layer joins several, or y is a tuple, the pairs are (x_1, ..., t_1, ...);
    labels have no t.
    """

    joins = splits = True

    def __init__(self, layer: Layer, labels: tuple[bool, ...] = (False,)) -> None:
        self.labels = labels  # of each input, whether it is one of labels
        self._hold("Lifted", [layer])
        self._adopt()
        self._settle()

    def forward_pass(self, x: Any, training: bool) -> tuple[Any, Any]:
        count, layer = len(self.labels), self.layers[0]
        given: Any = tuple(x[:count])
        tangents = iter(x[count:])
        t: Any = tuple(None if label else next(tangents) for label in self.labels)
        if not layer.joins:
            given, t = given[0], t[0]
        y, cache = layer.forward_pass(given, training)
        ty, pushed = layer.push_pass(t, cache)
        return (*parts(y), *parts(ty)), (cache, pushed)

    def backward_pass(self, dy: Any, cache: Any, need_dx: bool) -> Any:
        (cache, pushed), layer = cache, self.layers[0]
        half = len(dy) // 2
        dy, v = (tuple(d) if layer.splits else d[0] for d in (dy[:half], dy[half:]))
        with layer.frozen():
            dt, pulled = layer.pull_pass(v, cache)
        dx = layer.bend_pass(dy, pulled, pushed, cache, need_dx)
        if not need_dx:
            return None
        moved = [
            d for d, label in zip(parts(dt), self.labels, strict=True) if not label
        ]
        return (*parts(dx), *moved)

    def _checked_input(self, where: str, argument: str, x: Any) -> Any:
        return x


class Penalised(Network):
    """P(g), the penalty of a critic's gradient g = ds/dx, as a function of x.

    Its backward is a derivative of a derivative: with u = dP/dg, that of 1 . J u.
    """

    def __init__(self, critic: Network, penalty: Any) -> None:
        self.penalty = penalty
        self._hold("Penalised", [critic])
        self._adopt()
        self._settle()
        self.input_shape = critic.input_shape

    def forward_pass(self, x: Any, training: bool) -> tuple[Any, Any]:
        critic = self.layers[0]
        score, cache = critic.forward_pass(x, training)
        with critic.frozen():
            g, pulled = critic.pull_pass(np.ones_like(score), cache)
        P, u = self.penalty.of_gradient(g.reshape(len(g), -1))
        return P.reshape(1, 1), (u.reshape(g.shape), pulled, cache, x)

    def backward_pass(self, dy: Any, cache: Any, need_dx: bool) -> Any:
        (u, pulled, cache, x), critic = cache, self.layers[0]
        _, pushed = critic.push_pass(u * dy[0, 0], cache)
        dx = critic.bend_pass(None, pulled, pushed, cache, need_dx)
        return filled(dx, x) if need_dx else None


def tangentcheck(
    target: Layer,
    x: Any = None,
    *,
    shape: Any = None,
    training: bool = True,
    frozen: bool = False,
    method: str = "auto",
    max_entries: int = 200,
    tolerance: float | None = None,
    seed: int = 0,
) -> Report:
    """Hold the tangent J t of a layer or network, and its gradients, against forward.

    The rows: "J t", every element beside the derivative of forward along a random t;
    then, by `gradcheck`, the gradients of dy . y + v . J t by x, by t and by every
    parameter, with random dy and v.  Arguments, tolerances and what is returned are
    those of `gradcheck`.

    Errors: ArgumentError for a layer without a tangent; those of `gradcheck`.
    """
    where = "tangentcheck"
    if not isinstance(target, Layer):
        validate.complain(DTypeError, where, "target", "a layer", repr(target))
    check_tangents(where, "target", target)
    rng = np.random.default_rng(validate.integer(where, "seed", seed, least=0))
    x = draw_input(target, x, shape, rng)
    layer = randomised(target, rng)
    labels = tuple(part.dtype.kind == "i" for part in parts(x))
    moving = [part for part in parts(x) if part.dtype.kind == "f"]
    t = tuple(rng.standard_normal(part.shape) for part in moving)
    row = _row(layer, labels, x, t, training, method, tolerance)
    subject = LayerSubject(Lifted(layer, labels), (*parts(x), *t), training, frozen)
    y = subject.forward(converted(subject.layer, np.float64), copied(subject.x))
    subject.head = RandomHead(each(y, lambda v: rng.standard_normal(np.shape(v))))
    check = Check(subject, method, max_entries, tolerance, rng)
    title = f"{name_of(target)}, tangent, "
    title += "training" if training else "inference"
    report = check.report(title)
    counts = len(labels), len(moving)
    rows = [replace(r, tensor=_name(r.tensor, *counts)) for r in report.rows]
    return replace(report, rows=(row, *rows))


def _name(name: str, inputs: int, tangents: int) -> str:
    """What a tensor of the lifted layer is called: "x[1]" of two is t."""
    kind = "x"
    if not name.startswith("x["):
        return name.split(".", 2)[-1]  # "0.Dense.W"
    place, count = int(name[2:-1]), inputs
    if place >= inputs:
        kind, place, count = "t", place - inputs, tangents
    return kind if count == 1 else f"{kind}[{place}]"


def _row(
    layer: Layer,
    labels: tuple[bool, ...],
    x: Any,
    t: tuple[Array, ...],
    training: bool,
    method: str,
    tolerance: float | None,
) -> Row:
    """J t beside the derivative of forward along t, element by element."""

    def probe(dtype: Any) -> Probe:
        twin, along = converted(layer, dtype), np.zeros(1, dtype)

        def terms() -> Array:
            steps = iter(t)
            moved = tuple(
                part if label else part + along[0] * next(steps)
                for part, label in zip(parts(x), labels, strict=True)
            )
            y, _ = twin.forward_pass(moved if layer.joins else moved[0], training)
            return np.concatenate([np.ravel(part) for part in parts(y)])

        return Probe({"t": along}, terms, (twin,))

    real = probe(np.float64)
    lifted = Lifted(converted(layer, np.float64), labels)
    y, _ = lifted.forward_pass((*map(np.copy, parts(x)), *t), training)
    given = np.concatenate([np.ravel(part) for part in y[len(y) // 2 :]])
    used = "central"
    if method != "central":
        by_complex = probe(np.complex128)
        if not complex_trouble(by_complex, real, "t", 1.0):
            used = "complex"
    if used == "complex":
        number = by_complex.at("t", 0, 1j * COMPLEX_STEP).imag / COMPLEX_STEP
    else:
        number = (real.at("t", 0, STEP) - real.at("t", 0, -STEP)) / (2 * STEP)
    off = np.abs(given - number)
    largest = float(np.abs(number).max())
    place, bound = int(np.argmax(off)), tolerance or TOLERANCES[used]
    error = float(off[place] / (largest or 1.0))
    error = error if np.isfinite(error) else np.inf
    size = given.size
    return Row(
        "J t", (size,), size, size, 0, False, largest, error, bound, (place,), used
    )
