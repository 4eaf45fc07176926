"""Functions of tensors as layers: what Python code computes is followed once.

    Lambda(lambda x: K.exp(x) + 1)        compile(loss=lambda t, p: K.mean(abs(t - p)))

The function is called with tensors, so that each of its operations becomes a layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from .. import layers as engine
from .. import validate
from ..errors import ArgumentError
from . import session
from .base import Layer
from .operations import Operation, affine, connected
from .tensors import KerasTensor
from .wiring import Wiring

EXPECTED = (
    "a function in Python's operators, the elementary functions of keras.backend and "
    "tf.math, and the tensors that it is given (there is no autograd: no functions of "
    "NumPy, no indices, no loops over a tensor)"
)
_anchors: list[KerasTensor] = []  # what the functions being traced were given


class Lambda(Layer):
    """A function of tensors as a layer: `Lambda(lambda x: K.exp(x) + 1)`.

    function: called with a tensor, or a list of them; in Python's operators, the
    functions of keras.backend and tf.math, and layers without weights.  It is called
    once for each shape.   output_shape: not needed.   arguments: more for the function.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: None = None,
        arguments: dict[str, Any] | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(**rest)
        self.function, self.arguments = function, dict(arguments or {})

    def _formula(self) -> Any:
        return "function", partial(self.function, **self.arguments)


def by_formula(layer: Layer, given: Sequence[KerasTensor]) -> KerasTensor:
    """What a layer makes of tensors that is a function of them."""
    argument, function = layer._formula()
    layer.joins = len(given) > 1
    starts = [KerasTensor(layer._example(tensor)) for tensor in given]
    result = traced(layer.name, argument, function, starts, EXPECTED)
    shapes = tuple(layer._example(tensor) for tensor in given)
    block = Wiring(starts, [result]).network()
    if block is not None and block.parameters:
        expected = "layers without weights in a function (others belong to a Model)"
        got = f"one with {block.parameter_count[0]}"
        validate.complain(ArgumentError, layer.name, argument, expected, got)
    shape = shapes if layer.joins else shapes[0]
    layer._blocks[shape] = block, result.example or (1,)
    if not layer.built:
        layer.example_in, layer.example_out = shape, result.example
        layer.block, layer.built = block, True
    return connected(layer, given, result.example)


def traced(
    where: str,
    argument: str,
    function: Callable[..., Any],
    starts: Sequence[KerasTensor],
    expected: str,
    *,
    apart: bool = False,
) -> KerasTensor:
    """The tensor that a function makes of others; it has been computed by layers.

    apart: hand them over one by one, not as a list.
    Errors: ArgumentError for a function that cannot be traced.
    """
    plain = getattr(function, "func", function)  # without its further arguments
    name = getattr(plain, "__name__", repr(plain))
    given = starts if apart else [starts[0] if len(starts) == 1 else list(starts)]
    _anchors.append(starts[0])
    try:
        result = function(*given)
        if isinstance(result, KerasTensor):
            result = affine(result, 1.0) if result.call is None else result
            Wiring(starts, [result])
    except Exception as error:  # the function may do anything
        given_text = f"{name}, which raised {type(error).__name__}: {error}"
        validate.complain(ArgumentError, where, argument, expected, given_text)
    finally:
        _anchors.pop()
    if not isinstance(result, KerasTensor):
        given_text = f"{name}, which returned {validate.shown(result)}"
        validate.complain(ArgumentError, where, argument, expected, given_text)
    return result


def noise(shape: Sequence[Any], stddev: float, seed: int | None) -> KerasTensor:
    """Normal numbers for each example, inside a function that is being traced."""
    if not _anchors:
        expected = "to be called inside a Lambda"
        validate.complain(ArgumentError, "random_normal", "shape", expected, shape)
    return Random("Noise", tuple(shape), float(stddev), seed)(_anchors[-1])


class Random(Operation):
    """Numbers that are drawn for each example: the last constant is a seed or None."""

    def engine_layers(self, shape: Any) -> list[engine.Layer]:
        *constants, seed = self.constants
        rng = np.random.default_rng(seed)
        if seed is None:
            (rng,) = session.generator().spawn(1)
        return [getattr(engine, self.kind)(*constants, rng=rng)]

    def example_behind(self, example: Any) -> Any:
        return self.constants[0]
