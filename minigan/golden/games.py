"""The cases of what keeps games in balance: objectives that compare, and more."""

from collections.abc import Iterator

import numpy as np

from .. import layers
from ..gan.objectives import OBJECTIVES, Comparing, Relativistic, RelativisticAverage
from ..optimizers import OptimisticAdam
from ..state import Arrays
from . import layers as of_layers
from . import optimizers
from .case import Case, normal

HALF = 3  # rows of each kind
KERNELS, FEATURES = 3, 2


def cases() -> Iterator[Case]:
    """All of them, in the order of the file."""
    softplus = "softplus(t) = log(1 + exp(t))"
    yield comparing(
        Relativistic,
        f"D: mean softplus(-(r - f)); G: mean softplus(-(f - r)); {softplus}",
    )
    yield comparing(
        RelativisticAverage,
        "D: half of mean softplus(-(r - mean f)) + mean softplus(f - mean r); "
        f"G: the same with r and f exchanged; {softplus}",
    )
    yield optimizers.case(
        "optimistic-adam",
        lambda: OptimisticAdam(**optimizers.OPTIONS),
        "m, v, alpha as in adam-keras; step = alpha m / (sqrt(v) + epsilon); "
        "w = w - 2 step + last; last = step",
        optimizers.OPTIONS,
    )
    yield of_layers.case(
        "dense-without-bias",
        lambda: layers.Dense(4, 3, use_bias=False, dtype=np.float64),
        (4,),
        {"y": "x W", "dx": "dy W^T", "dW": "x^T dy"},
    )
    yield of_layers.case(
        "learned-constant",
        lambda: layers.LearnedConstant(4, 3, dtype=np.float64),
        (4,),
        {"y": "b in every row", "dx": "0", "db": "sum over rows of dy"},
    )
    yield of_layers.case(
        "minibatch-discrimination",
        lambda: layers.MinibatchDiscrimination(4, KERNELS, FEATURES, dtype=np.float64),
        (4,),
        {
            "y": "x beside o, o[i,k] = sum over j of exp(-|m[i,k] - m[j,k]|), m = x W "
            "as (rows, kernels, features), |.| the sum of sizes over features",
            "dx": "through x and through both rows of each pair",
            "dW": "likewise",
        },
        {"kernels": KERNELS, "features": FEATURES},
    )


def comparing(kind: type[Comparing], formula: str) -> Case:
    """D's loss of a mixed batch and G's: r are scores of real rows, f of fakes."""

    def draw(rng: np.random.Generator) -> Arrays:
        return {"score": 2 * normal(rng, 2 * HALF, 1)}

    def run(given: Arrays) -> Arrays:
        objective, found = kind(), {}
        for part in ("mixed", "generator"):
            found[f"loss_{part}"] = getattr(objective, part)(given["score"])
            found[f"dscore_{part}"] = objective.dscore()
        return found

    meanings = {
        "score": f"D's scores: {HALF} rows r, then {HALF} rows f",
        "loss_mixed": "D's loss",
        "dscore_mixed": "gradient of D's loss",
        "loss_generator": "G's loss",
        "dscore_generator": "gradient of G's loss",
    }
    name = f"objective-{OBJECTIVES.name_of(kind)}"
    return Case(
        *(name, "objective", formula, {}, meanings.get, draw, run), subject=kind
    )
