"""The cases of losses and of the objectives of a GAN."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import losses
from ..gan.objectives import OBJECTIVES, Objective
from ..state import Arrays
from .case import Case, normal

ROWS = 6
SIGMOID = "s(z) = 1 / (1 + exp(-z))"
SMOOTHED = 0.9  # the label of real rows in the objectives that have labels


def cases() -> Iterator[Case]:
    """All of them, in the order of the file."""
    clipped = np.array([[0.0], [1.0], [1e-9], [1 - 1e-9], [0.3], [0.999]])
    bce = {
        "loss": "-mean(t log q + (1 - t) log(1 - q)), q = clip(p, 1e-7, 1 - 1e-7)",
        "dpred": "(p - t) / (p (1 - p)) / N, and 0 where p was clipped",
    }
    yield case("bce", losses.BCE, bce, lambda rng: rng.uniform(0.05, 0.95, (ROWS, 1)))
    yield case("bce-clipped", losses.BCE, bce, lambda rng: clipped)
    logits = {
        "loss": "mean(max(z, 0) - z t + log(1 + exp(-|z|)))",
        "dpred": f"(s(z) - t) / N, {SIGMOID}",
    }
    yield case("bce-logits", losses.BCEWithLogits, logits)
    saturated = np.array([[-800.0], [-40.0], [40.0], [800.0], [-3.0], [0.5]])
    yield case(
        "bce-logits-saturated", losses.BCEWithLogits, logits, lambda rng: saturated
    )
    squared = {"loss": "mean((p - t)^2)", "dpred": "2 (p - t) / N"}
    yield case("mse", losses.MeanSquaredError, squared)
    absolute = {"loss": "mean(|p - t|)", "dpred": "sign(p - t) / N"}
    yield case("mae", losses.MeanAbsoluteError, absolute, draw_target=apart)
    weight = {"weight": 0.5}
    critic = {"loss": "weight mean(p t)", "dpred": "weight t / N"}
    yield case(
        "wasserstein",
        lambda: losses.Wasserstein(**weight),
        critic,
        draw_target=apart,
        options=weight,
    )
    yield softmax_cross_entropy()
    for name in FORMULAS:  # those of minigan, also beside registered ones of your own
        yield objective(name, OBJECTIVES[name])


def labels(rng: np.random.Generator, pred: NDArray[Any]) -> NDArray[Any]:
    """Targets in [0, 1]."""
    return rng.uniform(0, 1, pred.shape)


def apart(rng: np.random.Generator, pred: NDArray[Any]) -> NDArray[Any]:
    """Targets of any sign that differ from the predictions by more than 0.1."""
    return pred + normal(rng, *pred.shape)


def case(
    name: str,
    make: Callable[[], losses.Loss],
    formulas: Mapping[str, str],
    draw_pred: Callable[[np.random.Generator], NDArray[Any]] | None = None,
    *,
    draw_target: Callable[[np.random.Generator, NDArray[Any]], NDArray[Any]] = labels,
    options: Mapping[str, Any] | None = None,
) -> Case:
    """A loss of predictions (rows, 1) and as many targets."""

    def draw(rng: np.random.Generator) -> Arrays:
        pred = normal(rng, ROWS, 1) if draw_pred is None else draw_pred(rng)
        return {"pred": pred, "target": draw_target(rng, pred)}

    def run(given: Arrays) -> Arrays:
        loss = make()
        value = loss.forward(given["pred"], given["target"])
        return {"loss": value, "dpred": loss.backward()}

    letter = "z" if "logits" in name else "p"
    meanings = {"pred": f"prediction {letter}", "target": "target t", **formulas}
    text = "; ".join(f"{key} = {formula}" for key, formula in formulas.items())
    return Case(
        *(name, "loss", text, options or {}, meanings.get, draw, run),
        subject=type(make()),
    )


def softmax_cross_entropy(classes: int = 4) -> Case:
    """The loss of a classifier: logits, and one class number a row."""

    def draw(rng: np.random.Generator) -> Arrays:
        labels = rng.integers(0, classes, ROWS)
        return {"pred": 3 * normal(rng, ROWS, classes), "target": labels}

    def run(given: Arrays) -> Arrays:
        loss = losses.SoftmaxCrossEntropy()
        value = loss.forward(given["pred"], given["target"])
        return {"loss": value, "dpred": loss.backward()}

    meanings = {
        "pred": "logits z",
        "target": "class of each row, from 0",
        "loss": "-mean over rows of log p[class]",
        "dpred": "(p - onehot(class)) / rows",
    }
    text = "p = exp(z) / sum_j exp(z_j); loss = -mean(log p[class])"
    return Case(
        *("softmax-cross-entropy", "loss", text, {}, meanings.get, draw, run),
        subject=losses.SoftmaxCrossEntropy,
    )


def objective(name: str, kind: type[Objective]) -> Case:
    """What D and G minimise: four losses of scores and their gradients."""
    options = {"real_label": SMOOTHED, "fake_label": 0.0} if kind.labelled else {}

    def draw(rng: np.random.Generator) -> Arrays:
        # away from 1 and -1, where the hinge has its kinks
        return {"score": np.array([[-2.3], [0.4], [1.7], [-0.6], [-1.2], [0.8]])}

    def run(given: Arrays) -> Arrays:
        made = kind(**options)
        found: Arrays = {}
        for part in ("real", "fake", "mixed", "generator"):
            found[f"loss_{part}"] = getattr(made, part)(given["score"])
            found[f"dscore_{part}"] = made.dscore()
        return found

    def meaning(array: str) -> str:
        if array == "score":
            return "D's scores s, before any sigmoid"
        what, _, part = array.partition("_")
        rows = {
            "real": "D's loss, all rows real",
            "fake": "D's loss, all rows fake",
            "mixed": "D's loss, first half of the rows real, the rest fake",
            "generator": "G's loss, all rows fake",
        }[part]
        return rows if what == "loss" else f"gradient of {rows}"

    return Case(
        f"objective-{name}",
        "objective",
        FORMULAS[name],
        options,
        meaning,
        draw,
        run,
        subject=kind,
    )


_ENTROPY = "D: cross-entropy of logits s with the labels; G: "
FORMULAS = {
    "non-saturating": _ENTROPY + "mean log(1 + exp(-s))",
    "minimax": _ENTROPY + "-mean log(1 + exp(s))",
    "least-squares": "D: mean (s - label)^2 / 2; G: mean (s - 1)^2 / 2",
    "hinge": "D: mean max(0, 1 - s) real, mean max(0, 1 + s) fake; mixed: half the "
    "sum of both; G: -mean s",
    "wasserstein": "D: -mean s real, mean s fake; mixed: half the sum of both; "
    "G: -mean s",
}
