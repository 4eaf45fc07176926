"""The file: arrays, and a description of them that a reader needs nothing else for."""

import os
from typing import Any

import numpy as np

from .. import checkpoint
from ..errors import CheckpointError
from ..state import Arrays
from ..version import __version__
from .case import EXPECTED, GIVEN, Case
from .cases import CASES

PathLike = str | os.PathLike[str]

FORMAT = 1  # of the description; another one is refused
SEED = 2014
KIND = "golden"
CONVENTION = (
    "All arrays are C-contiguous; rows are examples; d<name> is the gradient of the "
    "loss with respect to <name>, for the given dy where there is one; N is the number "
    "of elements.  An expected array agrees where |got - expected| <= tolerance * "
    "max |expected|."
)


def write(path: PathLike, seed: int = SEED) -> None:
    """Compute every case and write the file, atomically.

    seed: of the given arrays, integer >= 0.   Errors: OutputError.
    """
    rng = np.random.default_rng(seed)
    arrays, described = {}, []
    for case in CASES.values():
        given = case.draw(rng)
        roles = {GIVEN: given, EXPECTED: case.compute(given)}
        rows = []
        for role, found in roles.items():
            for name, array in found.items():
                arrays[f"{case.name}/{name}"] = np.array(array, order="C")
                rows.append(
                    {
                        "name": name,
                        "role": role,
                        "shape": list(np.shape(array)),
                        "dtype": str(np.asarray(array).dtype),
                        "meaning": case.meaning(name),
                    }
                )
        described.append({**about(case), "arrays": rows})
    meta = {
        "kind": KIND,
        "version": FORMAT,
        "minigan": __version__,
        "seed": int(seed),
        "convention": CONVENTION,
        "cases": described,
    }
    checkpoint.write(path, arrays, meta)


def about(case: Case) -> dict[str, Any]:
    """What the description says of a case, beside its arrays."""
    return {
        "name": case.name,
        "kind": case.kind,
        "formula": case.formula,
        "options": case.options,
        "tolerance": case.tolerance,
    }


def read(path: PathLike) -> tuple[Arrays, dict[str, Any]]:
    """(arrays, meta): `arrays["dense/x"]`, and the description.

    Errors: CheckpointError for a file that is damaged, foreign, of another version, or
    whose arrays are not those of its description.
    """
    arrays, meta = checkpoint.read(path, what="file of reference vectors")
    if meta.get("kind") != KIND:
        raise CheckpointError(
            f"{path}: expected a file of reference vectors, "
            f"got one of kind {meta.get('kind')!r}"
        )
    if meta.get("version") != FORMAT:
        raise CheckpointError(
            f"{path}: expected version {FORMAT}, got {meta.get('version')!r}"
        )
    try:
        described = {
            f"{case['name']}/{row['name']}": (row["dtype"], tuple(row["shape"]))
            for case in meta["cases"]
            for row in case["arrays"]
        }
    except (KeyError, TypeError) as error:
        raise CheckpointError(
            f"{path}: its description is not one ({error!r})"
        ) from error
    for name, (dtype, shape) in described.items():
        if name not in arrays:
            raise CheckpointError(f"{path}: array {name!r} is missing")
        array = arrays[name]
        if (str(array.dtype), array.shape) != (dtype, shape):
            raise CheckpointError(
                f"{path}: array {name!r}: expected {dtype} {shape} as described, "
                f"got {array.dtype} {array.shape}"
            )
    for name in arrays:
        if name not in described:
            raise CheckpointError(f"{path}: array {name!r} is not described")
    return arrays, meta
