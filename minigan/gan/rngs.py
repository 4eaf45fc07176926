"""Random numbers by purpose: one seed, several independent generators.

Each stream is spawned from the seed by its place in `NAMES`, so that drawing more
numbers for one purpose never changes another, and a new name at the end changes
nothing.  NumPy's global random state is never touched.
"""

import numpy as np

from .. import validate
from ..state import Generators

# weights: initial weights   latent: z   data: batches   dropout: masks in layers
# report: what reports draw   sample: what `Trainer.sample` draws
# noise: instance noise   penalty: rows between real ones and fakes
NAMES = (
    *("weights", "latent", "data", "dropout", "report", "sample", "noise"),
    "penalty",
)


def rngs(seed: int) -> Generators:
    """name -> numpy.random.Generator, for every name in `NAMES`.

    seed: an integer >= 0.
    """
    seed = validate.integer("rngs", "seed", seed, least=0, most=2**63 - 1)
    return {
        name: np.random.Generator(
            np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(place,)))
        )
        for place, name in enumerate(NAMES)
    }
