"""Weights and models in a file: sealed as checkpoints are, whatever it is called."""

import os
from collections.abc import Mapping
from typing import Any

from .. import checkpoint, validate, weights
from ..errors import CheckpointError, OutputError
from ..files import as_path
from ..initializers import blank
from ..reading import ZIP, broken, describe, head_of, reading, reason_of
from ..state import Arrays
from . import hdf5, serial, session

Path = str | os.PathLike[str]

HDF5 = b"\x89HDF"
FOREIGN = {HDF5: "HDF5, as Keras writes it"}
VERSIONS = 1, 2  # read; the last one is written
KIND = "keras model"
SPARE = 4  # numbers that a layer makes for one in the file: some are left out there
EXPECTED = "a file that minigan.keras saved"


def save_weights(model: Any, path: Path, overwrite: bool = True) -> None:
    """Write `model.get_weights()`; see `load_weights`.

    The name decides: `x.weights.h5` or `x.h5` is written as Keras 3 and tf_keras read
    it, `x.safetensors` with the names of the weights, all others as npz archives.
    """
    where = f"{model.name}.save_weights"
    target = as_path(where, path)
    if target.suffix in (".h5", ".safetensors"):
        _check_overwrite(where, target, overwrite)
        if target.suffix == ".h5":
            hdf5.save(where, model, target)
        else:
            weights.write(where, target, {v.name: v.array for v in model.weights})
        return
    _write(f"{model.name}.save_weights", path, _weights(model), {}, overwrite)


def load_weights(model: Any, path: Path) -> None:
    """Read the file into the model; one of a whole model serves as well.

    It may come from `save_weights`, or from Keras 1, 2 or 3: `x.h5`, `x.weights.h5` or
    a whole model, `x.keras`.
    Errors: CheckpointError for a file of another kind or of other layers, ShapeError
    for other shapes.  Nothing has changed then.
    """
    where = f"{model.name}.load_weights"
    target = as_path(where, path)
    if target.suffix == ".safetensors":
        found = weights.read(where, target)
        own = {v.name: weights.Slot.plain(v.array) for v in model.weights}
        weights.fill(f"{where}: argument 'filepath': {target}", own, found)
        return
    with reading(f"{where}: argument 'filepath': {target}", CheckpointError):
        head = head_of(target)
    if head.startswith(HDF5) or target.suffix == ".keras":
        hdf5.load(where, model, target)
        return
    arrays, _ = _read(f"{model.name}.load_weights", path)
    model.set_weights(_weights_in(arrays))


def save_model(
    model: Any, path: Path, overwrite: bool = True, include_optimizer: bool = True
) -> None:
    """Write layers, weights, and with `include_optimizer` what compile() was given.

    Errors: ArgumentError where a part is a Python function, which no file can hold.
    """
    where = f"{model.name}.save"
    arrays = _weights(model)
    found: dict[str, Any] = {"version": VERSIONS[-1], "floatx": model.dtype.name}
    found["model"] = serial.structure(model, where)
    include = validate.flag(where, "include_optimizer", include_optimizer)
    if include and model._plan is not None:
        found["compiled"], more = serial.compiled(model, where)
        arrays |= more
    _write(where, path, arrays, found, overwrite)


def load_model(path: Path, kinds: Mapping[str, Any], compile: bool) -> Any:
    """The model that `save_model` wrote.  kinds: see `serial.rebuild`."""
    where = "load_model"
    arrays, found = _read(where, path)
    argument = f"{where}: argument 'filepath'"
    if "model" not in found:
        raise CheckpointError(
            f"{argument}: expected a model from Model.save, got weights alone: {path}"
        )
    if found.get("version") not in VERSIONS:
        got = repr(found.get("version"))[:80]
        raise CheckpointError(
            f"{argument}: expected version {VERSIONS[-1]}, got {got}: {path}"
        )
    most = SPARE * sum(array.size for array in arrays.values())
    try:
        with session.of_type(found["floatx"]), blank(most):
            model = serial.rebuild(found["model"], kinds)
            model.set_weights(_weights_in(arrays))
            if compile and "compiled" in found:
                slots = {k: a for k, a in arrays.items() if k.startswith("optimizer ")}
                serial.compile_again(model, found["compiled"], slots)
    except Exception as error:  # a file made to deceive can raise nearly anything
        reason = reason_of(error)
        raise CheckpointError(f"{argument}: {path} is damaged ({reason})") from error
    return model


def _weights(model: Any) -> Arrays:
    return {f"{k:04d}": array for k, array in enumerate(model.get_weights())}


def _weights_in(arrays: Arrays) -> list[Any]:
    return [arrays[key] for key in sorted(arrays) if key.isdigit()]


def _write(
    where: str, path: Path, arrays: Arrays, found: dict[str, Any], overwrite: bool
) -> None:
    path = as_path(where, path)
    _check_overwrite(where, path, overwrite)
    checkpoint.write(path, arrays, {"kind": KIND, **found})


def _check_overwrite(where: str, path: Any, overwrite: bool) -> None:
    if not validate.flag(where, "overwrite", overwrite) and path.exists():
        raise OutputError(f"{where}: argument 'overwrite': {path} exists already")


def _read(where: str, path: Path) -> tuple[Arrays, dict[str, Any]]:
    """(arrays, description).  Errors: CheckpointError."""
    path = as_path(where, path)
    argument = f"{where}: argument 'filepath'"
    name = f"{argument}: {path}"
    with reading(name, CheckpointError):
        head = head_of(path)
    if head[:4] in FOREIGN or not head.startswith(ZIP):
        found = FOREIGN.get(head[:4]) or describe(head)
        broken(name, EXPECTED, found, CheckpointError)
    try:
        arrays, meta = checkpoint.read(path, "model")
    except CheckpointError as error:
        raise CheckpointError(f"{argument}: {error}") from error
    if meta.get("kind") != KIND:
        broken(name, EXPECTED, f"a {meta.get('kind')!r:.80}", CheckpointError)
    return arrays, meta
