"""Weights in a file: an npz archive, whatever the file is called."""

import io
import zipfile
from pathlib import Path

import numpy as np

from .. import validate
from ..errors import CheckpointError, OutputError
from ..files import as_path, write_atomically

HDF5 = b"\x89HDF"


def save_weights(model, path, overwrite=True):
    """Write `model.get_weights()`; see `load_weights`."""
    where = f"{model.name}.save_weights"
    path = as_path(where, path)
    if not validate.flag(where, "overwrite", overwrite) and Path(path).exists():
        raise OutputError(f"{where}: argument 'overwrite': {path} exists already")
    weights = model.get_weights()
    file = io.BytesIO()
    np.savez(file, **{f"{k:04d}": array for k, array in enumerate(weights)})
    write_atomically(path, file.getvalue())


def load_weights(model, path):
    """Read the file into the model.

    Errors: CheckpointError for a file of another kind (Keras writes HDF5), ShapeError
    for other shapes.  Nothing has changed then.
    """
    where = f"{model.name}.load_weights"
    path = as_path(where, path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(
            f"{where}: argument 'filepath': {path} cannot be read ({error.strerror})"
        ) from error
    found = "HDF5, as Keras writes it" if data.startswith(HDF5) else "another format"
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            weights = [file[key] for key in sorted(file.files)]
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise CheckpointError(
            f"{where}: argument 'filepath': expected weights that minigan.keras "
            f"saved, got {found}: {path}"
        ) from error
    model.set_weights(weights)
