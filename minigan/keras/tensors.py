"""Symbolic tensors: what `Input` returns and what a layer makes of one."""

from collections.abc import Sequence
from typing import Any

from .. import validate
from ..errors import ArgumentError
from . import arguments, naming


class KerasTensor:
    """A place in a graph: its shape, and which layer made it from which tensor.

    shape: (None, ...), the batch first.  layer: None for an `Input`.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        layer: Any = None,
        parent: "KerasTensor | None" = None,
        name: str | None = None,
    ) -> None:
        self.shape: tuple[int | None, ...] = (None, *shape)
        self._example = tuple(shape)
        self.layer = layer
        self.parent = parent
        self.name = name or naming.unique("KerasTensor")

    @property
    def example(self) -> tuple[int, ...]:
        """The shape of one example."""
        return self._example

    def __repr__(self) -> str:
        return f"<KerasTensor {self.name!r}, shape {self.shape}>"


def Input(
    shape: Sequence[int] | None = None,
    batch_size: None = None,
    name: str | None = None,
    dtype: str | None = None,
    **rest: Any,
) -> KerasTensor:
    """The start of a graph: `Input(shape=(100,))`.

    shape: of one example, known sizes.  dtype: None or "float32"; data are converted
    to the type of the weights in any case.
    """
    supported = ("shape", "name", "dtype")
    arguments.no_more("Input", rest, supported)
    arguments.only("Input", "batch_size", batch_size, None)
    arguments.only("Input", "dtype", dtype, None, "float32", "float64")
    if shape is None:
        validate.complain(ArgumentError, "Input", "shape", "a tuple", "None")
    shape = arguments.example_shape("Input", "shape", shape)
    return KerasTensor(shape, name=name or naming.unique("Input"))


def path(inputs: KerasTensor, outputs: KerasTensor, where: str = "Model") -> list[Any]:
    """The layers between two tensors, in order.

    Errors: ArgumentError where there is no such path, or where a layer comes twice.
    """
    layers: list[Any] = []
    tensor = outputs
    while tensor is not inputs:
        if tensor.layer is None or tensor.parent is None:
            expected = "a tensor made from 'inputs'"
            got = f"{outputs!r}, made from {tensor!r}"
            validate.complain(ArgumentError, where, "outputs", expected, got)
        layers.append(tensor.layer)
        tensor = tensor.parent
    return layers[::-1]


def one_tensor(where: str, argument: str, value: Any) -> KerasTensor:
    """A KerasTensor, alone or as the only one in a list."""
    if isinstance(value, (list, tuple)) and len(value) == 1:
        (value,) = value
    if not isinstance(value, KerasTensor):
        expected = "one tensor, from Input(...) or from calling a layer"
        validate.complain(
            ArgumentError, where, argument, expected, validate.shown(value)
        )
    return value
