"""Every case, by name, in the order of the file."""

from . import (
    games,
    images,
    layers,
    losses,
    merges,
    optimizers,
    spectral,
    steps,
    transposed,
)

CASES = {
    case.name: case
    for part in (
        layers,
        images,
        losses,
        optimizers,
        steps,
        merges,
        spectral,
        games,
        transposed,
    )
    for case in part.cases()
}
