"""Weights in safetensors files, with the names and axes of PyTorch or Keras.

    from minigan import weights

    weights.save(network, "G.safetensors")
    module.load_state_dict(safetensors.torch.load_file("G.safetensors"))  # PyTorch
    weights.load(network, "G.safetensors")

A name is the place of a layer and that of its array.  "pytorch": "0.weight",
"0.bias", "2.running_mean", as a `torch.nn.Sequential` of the same layers has them, and
axes as PyTorch's: a Dense (D, M) becomes (M, D), a kernel (KH, KW, C, F) becomes
(F, C, KH, KW).
"keras": "0/kernel", "0/bias", "2/moving_mean", and axes as they are.  What a layer's
arrays are called stands in its class (`pytorch_names`, `pytorch_axes`, `keras_names`).

Needs the package safetensors (`pip install minigan[export]`).
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import validate
from .errors import CheckpointError, MiniganError
from .files import as_path, write_atomically
from .layers.base import Layer
from .reading import decoding, reading

__all__ = ["NAMES", "arrays", "load", "save"]

Array = NDArray[Any]
NAMES = ("pytorch", "keras")
IGNORED = "num_batches_tracked"  # a count that PyTorch's BatchNorm keeps beside


class Slot(NamedTuple):
    """An array of a network and the order of its axes in a file."""

    value: Array
    axes: tuple[int, ...]

    @classmethod
    def plain(cls, value: Array) -> Slot:
        """With the axes as they are."""
        return cls(value, tuple(range(value.ndim)))


def slots(network: Layer, names: str = "pytorch") -> dict[str, Slot]:
    """Name in a file -> array, of all parameters and running statistics."""
    found = {}
    for place, layer in network.named_layers().items():
        for array in layer._arrays():
            axes = tuple(range(array.value.ndim))
            if names == "pytorch":
                own = layer.pytorch_names.get(array.name, array.name)
                axes = layer.pytorch_axes.get(array.name, axes)
            else:
                own = layer.keras_names.get(array.name, array.name)
            mark = "." if names == "pytorch" else "/"
            found[f"{place}{mark}{own}" if place else own] = Slot(array.value, axes)
    return found


def arrays(network: Layer, names: str = "pytorch") -> dict[str, Array]:
    """Name -> a copy of each array, as a file has it.   names: one of `NAMES`."""
    validate.choice("weights.arrays", "names", names, NAMES)
    return {
        name: np.ascontiguousarray(value.transpose(axes))
        for name, (value, axes) in slots(network, names).items()
    }


def save(network: Layer, path: Any, names: str = "pytorch") -> None:
    """Write all parameters and running statistics to a safetensors file.

    network: a layer or network.   names: "pytorch" or "keras".
    Errors: DTypeError, ArgumentError for arguments that do not fit; OutputError where
    the file cannot be written; MiniganError without the package safetensors.
    """
    where = "weights.save"
    _check(where, network)
    validate.choice(where, "names", names, NAMES)
    write(where, path, arrays(network, names))


def load(network: Layer, path: Any, names: str = "pytorch") -> None:
    """Read a file that `save`, PyTorch or Keras wrote for the same layers.

    Errors: CheckpointError for a file that is damaged or holds other names, shapes or
    types; nothing has changed then.  Otherwise as `save`.
    """
    where = "weights.load"
    _check(where, network)
    validate.choice(where, "names", names, NAMES)
    fill(f"{where}: argument 'path': {path}", slots(network, names), read(where, path))


def write(where: str, path: Any, found: dict[str, Array]) -> None:
    """Write arrays by name to a safetensors file."""
    target = as_path(where, path)
    write_atomically(target, package(where, "safetensors.numpy").save(found))


def read(where: str, path: Any) -> dict[str, Array]:
    """The arrays of a safetensors file by name.  Errors: CheckpointError."""
    target = as_path(where, path)
    library = package(where, "safetensors.numpy")
    name = f"{where}: argument 'path': {target}"
    with reading(name, CheckpointError):
        data = target.read_bytes()
    with decoding(name, "a safetensors file", CheckpointError):
        return dict(library.load(data))


def fill(name: str, own: dict[str, Slot], found: dict[str, Array]) -> None:
    """Copy arrays into those of the same names, all or none.

    name: of the file, for messages.   Errors: CheckpointError.
    """
    found = {k: v for k, v in found.items() if not k.endswith(IGNORED)}
    for kind, keys in (
        ("without", sorted(own.keys() - found.keys())),
        ("with", sorted(found.keys() - own.keys())),
    ):
        if keys:
            expected = f"{name}: expected the arrays {', '.join(sorted(own))}"
            raise CheckpointError(f"{expected}, got a file {kind} {', '.join(keys)}")
    for key, (value, axes) in own.items():
        given = found[key]
        shape = tuple(value.shape[axis] for axis in axes)
        if given.shape != shape and given.size == value.size == max(shape, default=0):
            given = found[key] = given.reshape(shape)  # a vector with sizes of 1
        if given.shape != shape:
            raise CheckpointError(
                f"{name}: expected shape {validate.shape_text(shape)} for {key}, got "
                f"{validate.shape_text(given.shape)}"
            )
        if not np.can_cast(given.dtype, value.dtype, "safe"):
            raise CheckpointError(
                f"{name}: expected {value.dtype} for {key}, got {given.dtype}"
            )
    for key, (value, axes) in own.items():
        value[...] = found[key].transpose(np.argsort(axes))


def package(where: str, module: str) -> Any:
    """A module of the extra `export`.  Errors: MiniganError where it is missing."""
    try:
        return import_module(module)
    except ImportError as error:
        top = module.partition(".")[0]
        raise MiniganError(
            f"{where}: expected the package {top}, which is not installed "
            "(pip install minigan[export])"
        ) from error


def _check(where: str, network: object) -> None:
    if not isinstance(network, Layer):
        expected = "a layer or network"
        given = validate.shown(network)
        validate.complain(validate.DTypeError, where, "network", expected, given)
