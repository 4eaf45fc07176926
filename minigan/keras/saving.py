"""Weights and models in a file: an npz archive, whatever the file is called."""

import io
import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import npy, validate
from ..errors import CheckpointError, OutputError
from ..files import as_path, write_atomically
from ..reading import ZIP, broken, describe, head_of, reading
from ..state import Arrays
from . import backend, serial

Path = str | os.PathLike[str]

FOREIGN = {b"\x89HDF": "HDF5, as Keras writes it"}
VERSION = 1
KINDS = npy.NUMBERS + "U"  # the description is text


def save_weights(model: Any, path: Path, overwrite: bool = True) -> None:
    """Write `model.get_weights()`; see `load_weights`."""
    _write(f"{model.name}.save_weights", path, _weights(model), overwrite)


def load_weights(model: Any, path: Path) -> None:
    """Read the file into the model; one of a whole model serves as well.

    Errors: CheckpointError for a file of another kind (Keras writes HDF5), ShapeError
    for other shapes.  Nothing has changed then.
    """
    model.set_weights(_weights_in(_read(f"{model.name}.load_weights", path)))


def save_model(
    model: Any, path: Path, overwrite: bool = True, include_optimizer: bool = True
) -> None:
    """Write layers, weights, and with `include_optimizer` what compile() was given.

    Errors: ArgumentError where a part is a Python function, which no file can hold.
    """
    where = f"{model.name}.save"
    arrays = _weights(model)
    found: dict[str, Any] = {"version": VERSION, "floatx": model.dtype.name}
    found["model"] = serial.structure(model, where)
    include = validate.flag(where, "include_optimizer", include_optimizer)
    if include and model._plan is not None:
        found["compiled"], more = serial.compiled(model, where)
        arrays |= more
    arrays["model"] = np.array(json.dumps(found))
    _write(where, path, arrays, overwrite)


def load_model(path: Path, kinds: Mapping[str, Any], compile: bool) -> Any:
    """The model that `save_model` wrote.  kinds: see `serial.rebuild`."""
    where = "load_model"
    arrays = _read(where, path)
    try:
        found = json.loads(str(arrays["model"]))
        version = found["version"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{where}: argument 'filepath': expected a model from Model.save, got "
            f"weights alone: {path}"
        ) from error
    if version != VERSION:
        raise CheckpointError(
            f"{where}: argument 'filepath': expected version {VERSION}, got "
            f"{version!r}: {path}"
        )
    try:
        with backend.of_type(found["floatx"]):
            model = serial.rebuild(found["model"], kinds)
            model.set_weights(_weights_in(arrays))
            if compile and "compiled" in found:
                slots = {k: a for k, a in arrays.items() if k.startswith("optimizer ")}
                serial.compile_again(model, found["compiled"], slots)
    except (
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
    ) as error:
        raise CheckpointError(
            f"{where}: argument 'filepath': {path} is damaged ({error})"
        ) from error
    return model


def _weights(model: Any) -> Arrays:
    return {f"{k:04d}": array for k, array in enumerate(model.get_weights())}


def _weights_in(arrays: Arrays) -> list[Any]:
    return [arrays[key] for key in sorted(arrays) if key.isdigit()]


def _write(where: str, path: Path, arrays: dict[str, Any], overwrite: bool) -> None:
    path = as_path(where, path)
    if not validate.flag(where, "overwrite", overwrite) and path.exists():
        raise OutputError(f"{where}: argument 'overwrite': {path} exists already")
    file = io.BytesIO()
    np.savez(file, **arrays)
    write_atomically(path, file.getvalue())


def _read(where: str, path: Path) -> Arrays:
    """name -> array.  Errors: CheckpointError."""
    path = as_path(where, path)
    name = f"{where}: argument 'filepath': {path}"
    with reading(name, CheckpointError):
        head = head_of(path)
    if head[:4] in FOREIGN or not head.startswith(ZIP):
        found = FOREIGN.get(head[:4]) or describe(head)
        broken(name, "a file that minigan.keras saved", found, CheckpointError)
    with npy.archive(path, name, CheckpointError) as members:
        return {key: member.array(kinds=KINDS) for key, member in members.items()}
