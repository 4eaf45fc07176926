"""Every case, by name, in the order of the file."""

from . import (
    curves,
    games,
    images,
    layers,
    losses,
    merges,
    optimizers,
    pooling,
    spectral,
    steps,
    transposed,
)

# One generator draws what is given, case after case: new ones stand at the end, so
# that those before them keep their numbers.
PARTS = (
    layers.cases,
    images.cases,
    losses.cases,
    optimizers.cases,
    steps.cases,
    merges.cases,
    spectral.cases,
    games.cases,
    transposed.cases,
    curves.cases,
    pooling.cases,
    merges.means_and_extremes,
    optimizers.relatives,
)
CASES = {case.name: case for part in PARTS for case in part()}
