"""One proof for each example of everything that is registered."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..layers import BatchNorm, Dense, LeakyReLU, Sigmoid, Tanh
from ..layers.base import LAYERS, Layer
from ..layers.linearisation import no_tangent
from ..losses import LOSSES
from ..network import Sequential
from ..optimizers import OPTIMIZERS
from ..registry import Example, create
from .check import gradcheck
from .report import Report
from .steps import stepcheck
from .tangents import Penalised, tangentcheck


@dataclass(frozen=True)
class Proof:
    """What is proven: `run()` returns the `Report`."""

    label: str
    run: Callable[[], Report]


def proofs(seed: int = 0) -> Iterator[Proof]:
    """Of everything that is registered and proven, in the order of `registries`."""
    for kind, registry in registries().items():
        for name in registry:
            yield from proofs_of(kind, name, seed)


def registries() -> dict[str, Mapping[str, Any]]:
    """kind -> registry, of all kinds that are proven."""
    from ..gan.objectives import OBJECTIVES  # the engine does not need minigan.gan
    from ..gan.penalties import PENALTIES

    return {
        "layer": LAYERS,
        "loss": LOSSES,
        "optimizer": OPTIMIZERS,
        "objective": OBJECTIVES,
        "penalty": PENALTIES,
    }


def proofs_of(kind: str, name: str, seed: int = 0) -> Iterator[Proof]:
    """Of one registered thing: one or more for each of its examples.

    kind: "layer", "loss", "optimizer", "objective" or "penalty".
    """
    registry = registries()[kind]
    prove = {
        "layer": _layer,
        "loss": _loss,
        "optimizer": _optimizer,
        "objective": _objective,
        "penalty": _penalty,
    }[kind]
    for example in examples_of(registry, name):
        label = f"{name}, {example.note}" if example.note else name
        yield from prove(label, registry[name], example, seed)


def examples_of(registry: Mapping[str, Any], name: str) -> tuple[Example, ...]:
    """Those given at registration, else one without arguments."""
    given = registry.examples(name) if hasattr(registry, "examples") else ()
    return given or (Example(),)


def _layer(
    label: str, kind: type[Layer], example: Example, seed: int
) -> Iterator[Proof]:
    def run() -> Report:
        rng = np.random.default_rng(seed)
        layer = create(kind, example.arguments, rng=rng)
        shape = None if "x" in example.options else example.shape
        return gradcheck(layer, shape=shape, seed=seed, **example.options)

    yield Proof(label, run)
    if no_tangent(kind) or kind.takes_labels or "x" in example.options:
        return

    def of_tangent() -> Report:
        layer = create(kind, example.arguments, rng=np.random.default_rng(seed))
        return tangentcheck(layer, shape=example.shape, seed=seed, **example.options)

    yield Proof(f"{label}: tangent", of_tangent)


def _loss(label: str, kind: type, example: Example, seed: int) -> Iterator[Proof]:
    def run() -> Report:
        loss = create(kind, example.arguments)
        return gradcheck(loss, shape=example.shape, seed=seed, **example.options)

    yield Proof(label, run)


def _optimizer(label: str, kind: type, example: Example, seed: int) -> Iterator[Proof]:
    def run() -> Report:
        optimizer = create(kind, example.arguments)
        return stepcheck(optimizer, seed=seed, **example.options)

    yield Proof(label, run)


def _objective(label: str, kind: type, example: Example, seed: int) -> Iterator[Proof]:
    def of_critic() -> Report:
        return gradcheck(_CriticLosses(create(kind, example.arguments)), seed=seed)

    yield Proof(f"D's losses: {label}", of_critic)
    for text, normalised in (("", False), (" with BatchNorm", True)):

        def run(normalised: bool = normalised) -> Report:
            rng = np.random.default_rng(seed)
            return gradcheck(
                _generator(rng, normalised),
                shape=(16, 5),
                through=_discriminator(rng),
                objective=create(kind, example.arguments),
                seed=seed,
            )

        yield Proof(f"G{text} through D: {label}", run)


def _penalty(label: str, kind: type, example: Example, seed: int) -> Iterator[Proof]:
    """The gradient of P of straight lines between kinks, and of a curved network."""
    for text, curve in (("straight", LeakyReLU(0.2)), ("curved", Tanh())):

        def run(curve: Layer = curve) -> Report:
            rng = np.random.default_rng(seed)
            layers = [Dense(3, 6, rng=rng), copy.copy(curve), Dense(6, 1, rng=rng)]
            penalty = create(kind, example.arguments)
            return gradcheck(Penalised(Sequential(layers), penalty), seed=seed)

        yield Proof(f"P of a {text} D: {label}", run)


def _discriminator(rng: np.random.Generator) -> Sequential:
    layers = [Dense(2, 15, rng=rng), LeakyReLU(0.2), Dense(15, 1, rng=rng), Sigmoid()]
    return Sequential(layers)


def _generator(rng: np.random.Generator, normalised: bool) -> Sequential:
    layers: list[Layer] = [Dense(5, 8, rng=rng), LeakyReLU(0.2)]
    if normalised:
        layers.append(BatchNorm(8, 0.8))
    return Sequential([*layers, Dense(8, 2, rng=rng), Tanh()])


class _CriticLosses:
    """The losses that an objective has for D, in one number: real + 2 fake + 3 mixed.

    Different weights, so that no two gradients can stand in for each other.  One that
    compares has the loss of a mixed batch alone.
    """

    def __init__(self, objective: Any) -> None:
        self.objective = objective
        compares = getattr(objective, "compares", False)
        self.parts = ("mixed",) if compares else ("real", "fake", "mixed")
        self.dscore: Any = 0.0

    def forward(self, pred: Any, target: Any) -> Any:
        total: Any = 0.0
        self.dscore = 0.0
        for weight, part in enumerate(self.parts, start=1):
            total = total + weight * getattr(self.objective, part)(pred)
            self.dscore = self.dscore + weight * self.objective.dscore()
        return total

    def backward(self) -> Any:
        return self.dscore
