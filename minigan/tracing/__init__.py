"""What a step computed, value by value: `print(trace(net, x))`, `trainer.trace_step()`.

A `Tracer` listens to the primitives, as a recorder of captured steps does, and keeps
a copy of every array that they make or change; of a layer in plain NumPy it keeps what
its passes return.  Names are those of the code: a variable of the algorithm, say
`dfake` in `gan/game.py`, or the place of a layer and an operand of a formula, "D2.dx".
"""

from __future__ import annotations

import copy

from numpy.typing import ArrayLike

from .. import primitives, validate
from ..errors import DTypeError
from ..layers import Layer
from .tracer import Tracer
from .values import Trace, Value

__all__ = ["Trace", "Tracer", "Value", "trace"]


def trace(
    net: Layer, x: ArrayLike, dy: ArrayLike | None = None, *, training: bool = False
) -> Trace:
    """What `net` computes of x: every value in order, as a `Trace`.

        print(trace(net, x))            trace(net, x, dy)["0.dW"]

    net: a layer or network; it is copied, and stays as it is.
    x: as `net.forward` takes it.   dy: dL/dy; with it, the backward pass follows.
    training: as for `net.forward`.
    Names: "2.y" is the y of layer 2, "2.dx" and "2.dW" its gradients.
    Errors: DTypeError for what is no layer; ShapeError, DTypeError for x and dy.
    """
    if not isinstance(net, Layer):
        given = validate.shown(net)
        validate.complain(DTypeError, "trace", "net", "a layer or network", given)
    net = copy.deepcopy(net)
    title = type(net).__name__
    with Tracer({"": net}, title) as tracer:
        primitives.heading("Forward")
        net.forward(x, training)
        if dy is not None:
            primitives.heading("Backward")
            net.backward(dy)
    return tracer.trace
