"""Weights in the HDF5 files of Keras: read from Keras 1, 2 and 3, written for 2 and 3.

Keras 3 and tf_keras number layers by their class, in the order of the model:

    layers/dense/vars/0, layers/dense/vars/1, layers/dense_1/vars/0, ...
    layers/sequential/layers/dense/vars/0          of a model inside

Files of TensorFlow 2.13 say `_layer_checkpoint_dependencies` for `layers`.  Older ones
(`x.h5`) hold a group for each layer by its name, and the names of its weights in order.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .. import validate, weights
from ..errors import CheckpointError
from ..files import write_atomically
from ..reading import decoding, reading
from . import naming

LISTS = "layers", "_layer_checkpoint_dependencies"
INSIDE = "model.weights.h5"  # in a whole model of Keras, a `.keras` file


def save(where: str, model: Any, path: Path) -> None:
    """Write a model's weights so that Keras 3 and tf_keras can load them."""
    h5py = weights.package(where, "h5py")
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        _write(file, model)
    write_atomically(path, buffer.getvalue())


def load(where: str, model: Any, path: Path) -> None:
    """Read a file of Keras into the model, all or nothing.  Errors: CheckpointError."""
    h5py = weights.package(where, "h5py")
    name = f"{where}: argument 'filepath': {path}"
    readable = reading(name, CheckpointError)
    with readable, decoding(name, "weights of Keras", CheckpointError):
        source: Any = path
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                source = io.BytesIO(archive.read(INSIDE))
        with h5py.File(source, "r") as file:
            group = file["model_weights"] if "model_weights" in file else file
            legacy = "layer_names" in group.attrs
            pairs = list((_by_name if legacy else _by_place)(name, group, model))
    own = {key: weights.Slot.plain(array) for key, array, _ in pairs}
    weights.fill(name, own, {key: found for key, _, found in pairs})


def named(model: Any) -> Iterator[tuple[str, Any]]:
    """(name in a list of layers, layer) of the layers in a model, each once."""
    counts: dict[str, int] = {}
    for layer in dict.fromkeys(model.layers):
        kind = _class_name(layer)
        count = counts[kind] = counts.get(kind, -1) + 1
        yield f"{kind}_{count}" if count else kind, layer


def _class_name(layer: Any) -> str:
    """As Keras has it: a model that is called on tensors is a `Functional` there."""
    kind = type(layer).__name__
    return "functional" if kind == "Model" else naming.snake_case(kind)


def _write(group: Any, model: Any) -> None:
    """Write the weights of a model into a group, layer by layer."""
    group.create_group("vars").attrs["name"] = model.name
    inside = group.create_group(LISTS[0])
    for name, layer in named(model):
        own = inside.create_group(name)
        if layer._chain:
            _write(own, layer)
            continue
        arrays = own.create_group("vars")
        arrays.attrs["name"] = layer.name
        for k, variable in enumerate(layer.weights):
            arrays[str(k)] = variable.array


def _by_place(
    name: str, group: Any, model: Any, place: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """(name, array of the model, that of the file) of all weights."""
    listed = next((key for key in LISTS if key in group), "")
    known = dict(named(model))
    for key, layer in known.items():
        path = f"{place}{listed}/{key}"
        own = group[listed][key] if listed and key in group[listed] else {}
        if layer._chain:
            yield from _by_place(name, own, layer, f"{path}/")
            continue
        found = own["vars"] if "vars" in own else {}
        variables = layer.weights
        if len(found) != len(variables):
            raise CheckpointError(
                f"{name}: expected {len(variables)} arrays for {layer.name} in "
                f"{path}, got {len(found)}"
            )
        for k, variable in enumerate(variables):
            key = f"{path}/vars/{k}"
            yield key, variable.array, _array(name, key, found[str(k)], variable)
    for key in group[listed] if listed else ():
        others = group[listed][key]
        if key not in known and "vars" in others and len(others["vars"]):
            raise CheckpointError(
                f"{name}: expected the layers {', '.join(known)}, got {key} as well"
            )


def _by_name(name: str, group: Any, model: Any) -> Iterator[tuple[str, Any, Any]]:
    """The same for files of Keras 1 and 2, in which layers stand in order."""
    listed = [_text(value) for value in group.attrs["layer_names"]]
    full = [(key, [*group[key].attrs["weight_names"]]) for key in listed]
    full = [(key, found) for key, found in full if found]
    layers = [layer for _, layer in named(model) if layer.weights]
    if len(full) != len(layers):
        raise CheckpointError(
            f"{name}: expected {len(layers)} layers with weights, got {len(full)}"
        )
    for (key, found), layer in zip(full, layers, strict=True):
        variables = [*layer.trainable_weights, *layer.non_trainable_weights]
        if len(found) != len(variables):
            raise CheckpointError(
                f"{name}: expected {len(variables)} arrays for {layer.name}, got "
                f"{len(found)} in {key}"
            )
        for k, (weight, variable) in enumerate(zip(found, variables, strict=True)):
            where = f"{key}/{k} {_text(weight)}"
            array = _array(name, where, group[key][_text(weight)], variable)
            yield where, variable.array, array


def _array(name: str, key: str, found: Any, variable: Any) -> Any:
    """The numbers of a data set, which is only read where its size is right."""
    if found.size != variable.array.size:
        raise CheckpointError(
            f"{name}: expected shape {validate.shape_text(variable.shape)} for {key}, "
            f"got {validate.shape_text(found.shape)}"
        )
    return np.asarray(found)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
