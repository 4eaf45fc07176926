"""Symbolic tensors: what `Input` returns and what a layer makes of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import validate
from ..errors import ArgumentError, StateError
from . import arguments, naming

INTEGERS = ("int32", "int64", "uint8", "int8", "int16")


class Sizes(tuple[int | None, ...]):
    """A tensor's shape: a tuple that also has `as_list()`, as TensorFlow's."""

    def as_list(self) -> list[int | None]:
        """The sizes as a list, None for the batch."""
        return list(self)


class KerasTensor:
    """A place in a graph: its shape, and which call of a layer made it.

    shape: (None, ...), the batch first; () for one number of a whole batch.
    call: None for an `Input`.
    flat: True where all numbers of the batch stand in one row, (None,): `example` is
    then how they lay before.
    """

    def __init__(
        self,
        example: tuple[int, ...] | None,
        call: Call | None = None,
        name: str | None = None,
        dtype: str | None = None,
        flat: bool = False,
    ) -> None:
        self.example, self.flat = example, flat
        sizes = (None,) if flat else (None, *(example or ()))
        self.shape = Sizes(() if example is None else sizes)
        self.call = call
        self.dtype = dtype
        self.name = name or naming.unique("KerasTensor")

    @property
    def layer(self) -> Any:
        """The layer that made it, or None."""
        return None if self.call is None else self.call.layer

    def get_shape(self) -> Sizes:
        """The shape, as a method."""
        return self.shape

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise StateError(
            f"{self!r}: expected an array, got a tensor without numbers: NumPy cannot "
            "compute with it (keras.backend and tf.math can)"
        )

    def __bool__(self) -> bool:
        raise StateError(
            f"{self!r}: expected a number, got a tensor that has none yet: Python's "
            "`if`, `and`, `while` cannot ask for it"
        )

    def __eq__(self, other: object) -> bool:
        raise StateError(
            f"{self!r}: a tensor without numbers cannot be compared by == "
            "(keras.backend.equal can)"
        )

    __hash__ = object.__hash__

    def __getitem__(self, place: Any) -> Any:
        raise StateError(f"{self!r}: parts of a tensor cannot be taken by an index")

    def __len__(self) -> int:
        raise StateError(f"{self!r}: expected an array, got a tensor of any length")

    def __iter__(self) -> Any:
        raise StateError(f"{self!r}: a tensor without numbers cannot be gone through")

    def __repr__(self) -> str:
        return f"<KerasTensor {self.name!r}, shape {self.shape}>"


class Call:
    """A layer, the tensors that it was called on, and those that it made.

    block: the engine's network for inputs of these shapes; None for a layer that
    computes nothing, and for a model, which is made of other layers.
    """

    def __init__(
        self,
        layer: Any,
        inputs: Sequence[KerasTensor],
        block: Any,
        shapes: Sequence[tuple[int, ...] | None],
        flat: bool = False,
    ) -> None:
        self.layer, self.inputs, self.block = layer, tuple(inputs), block
        self.outputs = tuple(KerasTensor(shape, self, flat=flat) for shape in shapes)


def Input(
    shape: Sequence[int] | None = None,
    batch_size: int | None = None,
    name: str | None = None,
    dtype: str | None = None,
    **rest: Any,
) -> KerasTensor:
    """The start of a graph: `Input(shape=(100,))`.

    shape: of one example, known sizes.  dtype: "int32" and the like for labels of an
    `Embedding`; other data are converted to the type of the weights in any case.
    """
    batch_shape = rest.pop("batch_shape", None) or rest.pop("batch_input_shape", None)
    if batch_shape is not None and shape is None:
        shape = tuple(batch_shape)[1:]
    arguments.only("Input", "sparse", rest.pop("sparse", False), False, None)
    arguments.no_more("Input", rest, ("shape", "name", "dtype"))
    if batch_size is not None:
        validate.integer("Input", "batch_size", batch_size)
    dtype = None if dtype is None else np.dtype(dtype).name
    arguments.only("Input", "dtype", dtype, None, "float32", "float64", *INTEGERS)
    if shape is None:
        validate.complain(ArgumentError, "Input", "shape", "a tuple", "None")
    shape = arguments.example_shape("Input", "shape", shape)
    return KerasTensor(shape, name=name or naming.unique("Input"), dtype=dtype)


def tensors(where: str, argument: str, value: Any) -> list[KerasTensor]:
    """A list of tensors, from one, a list, or a dict of them."""
    if isinstance(value, dict):
        value = list(value.values())
    given = list(value) if isinstance(value, (list, tuple)) else [value]
    for tensor in given:
        if not isinstance(tensor, KerasTensor):
            expected = "tensors, from Input(...) or from calling a layer"
            validate.complain(
                ArgumentError, where, argument, expected, validate.shown(tensor)
            )
    return given
