"""The cases of whole GAN steps: D on real rows and fakes, then G through frozen D."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..gan.objectives import NonSaturating
from ..layers import BatchNorm, Dense, LeakyReLU, Parameter, Tanh
from ..network import Sequential
from ..optimizers import Adam
from ..state import Arrays
from .case import Case, normal

Array = NDArray[Any]

BATCH, LATENT, TEN = 8, 3, 10
OPTIONS: dict[str, float] = {
    "learning_rate": 0.002,
    "beta_1": 0.5,
    "beta_2": 0.999,
    "epsilon": 1e-7,
    "slope": 0.2,
    "momentum": 0.8,
    "bn_epsilon": 1e-3,
    "real_label": 0.9,
}
NETWORKS = (
    "G: 0 Dense(3, 8), 1 LeakyReLU, 2 BatchNorm, 3 Dense(8, 2), 4 Tanh; "
    "D: 0 Dense(2, 8), 1 LeakyReLU, 2 Dense(8, 1), which is a logit; "
    "an Adam each, as in adam-keras"
)
TEACH_G = (
    "G: fake' = G(z_g) in training, cross-entropy of D(fake') with 1, back through D, "
    "which does not change, update G"
)
SEPARATE = (
    f"{NETWORKS}. D: fake = G(z_d) with moving statistics; cross-entropy of D(real) "
    "with real_label, update D; of D(fake) with 0, update D again. " + TEACH_G
)
MIXED = (
    f"{NETWORKS}. D: fake = G(z_d) with moving statistics; cross-entropy of D on real "
    "and fake rows in one batch, labels real_label and 0, one update. " + TEACH_G
)
TOLERANCE = 1e-10  # of what ten steps make out of rounding errors


def cases() -> Iterator[Case]:
    """All of them, in the order of the file."""
    yield case("gan-step", SEPARATE, 1, mixed=False)
    yield case("gan-step-mixed", MIXED, 1, mixed=True)
    yield case("gan-ten-steps", f"Ten steps. {SEPARATE}", TEN, mixed=False)


def case(name: str, formula: str, steps: int, mixed: bool) -> Case:
    """So many steps; the gradients are kept of a single one only."""

    def draw(rng: np.random.Generator) -> Arrays:
        game = Game()
        given = {}
        for key, array in game.values().items():
            value = 0.5 * normal(rng, *array.shape)
            positive = key.endswith(("gamma", "moving_var"))
            given[key] = 0.5 + np.abs(value) if positive else value
        angle = rng.uniform(0, 2 * np.pi, (steps, BATCH))
        given["real"] = 0.7 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        for key in ("z_d", "z_g"):
            given[key] = normal(rng, steps, BATCH, LATENT)
        return given

    def run(given: Arrays) -> Arrays:
        game = Game()
        for key, array in game.values().items():
            array[...] = given[key]
        inputs = zip(given["real"], given["z_d"], given["z_g"], strict=True)
        losses = [game.step(*rows, mixed) for rows in inputs]
        found = {"losses": np.array(losses)}
        found |= game.seen if steps == 1 else {}
        found |= {f"new/{key}": array for key, array in game.values().items()}
        return found | game.moments()

    return Case(name, "training", formula, OPTIONS, meaning_of, draw, run, TOLERANCE)


def meaning_of(array: str) -> str:
    """What an array of these cases is, from its name."""
    plain = {
        "real": "real rows of each step",
        "z_d": "z of the fakes that D sees, of each step",
        "z_g": "z of G's own step, of each step",
        "losses": "of each step: D's on real rows, D's on fakes, G's",
        "fake": "the fakes that D sees",
        "dfake": "gradient of G's loss at its fakes, back through D",
    }
    if array in plain:
        return plain[array]
    *place, name = array.split("/")
    if not place:
        return f"{name} before" if not name.startswith("d") else f"gradient of {name}"
    return {
        "new": f"{name} after",
        "m": f"Adam's m of {name} after",
        "v": f"Adam's v of {name} after",
        "on_real": f"gradient of D's loss on real rows at {name}",
        "on_fake": f"gradient of D's loss on fakes at {name}, after D's first update",
        "on_both": f"gradient of D's loss on both at {name}",
        "on_g": f"gradient of G's loss at {name}",
    }[place[0]]


class Game:
    """Two small networks, their optimizers, and one step of training."""

    def __init__(self) -> None:
        o = OPTIONS
        double: dict[str, Any] = {"dtype": np.float64}
        adam: dict[str, Any] = {
            k: o[k] for k in ("learning_rate", "beta_1", "beta_2", "epsilon")
        }
        self.G = Sequential(
            [
                Dense(LATENT, 8, **double),
                LeakyReLU(o["slope"]),
                BatchNorm(8, o["momentum"], o["bn_epsilon"], **double),
                Dense(8, 2, **double),
                Tanh(),
            ]
        )
        self.D = Sequential(
            [Dense(2, 8, **double), LeakyReLU(o["slope"]), Dense(8, 1, **double)]
        )
        self.adams = {"G": Adam(**adam), "D": Adam(**adam)}
        self.objective = NonSaturating(real_label=o["real_label"])
        self.seen: Arrays = {}  # fakes and gradients of the last step

    def step(self, real: Array, z_d: Array, z_g: Array, mixed: bool) -> list[float]:
        """The three losses of one step."""
        fake = self.seen["fake"] = self.G.predict(z_d)
        if mixed:
            score = self.D.forward(np.concatenate([real, fake]), training=True)
            on_real = self.objective.real(score[:BATCH])
            on_fake = self.objective.fake(score[BATCH:])
            self.objective.mixed(score)
            self.teach_D("on_both")
        else:
            on_real = self.objective.real(self.D.forward(real, training=True))
            self.teach_D("on_real")
            on_fake = self.objective.fake(self.D.forward(fake, training=True))
            self.teach_D("on_fake")
        fake = self.G.forward(z_g, training=True)
        with self.D.frozen():
            score = self.D.forward(fake, training=True)
            loss = self.objective.generator(score)
            dfake = self.seen["dfake"] = self.D.backward(self.objective.dscore())
        self.G.zero_grad()
        self.G.backward(dfake, need_dx=False)
        self.keep_gradients("on_g", "G")
        self.adams["G"].step(self.G)
        return [float(value) for value in (on_real, on_fake, loss)]

    def teach_D(self, label: str) -> None:
        """Backpropagate the objective's last loss through D, and step."""
        self.D.zero_grad()
        self.D.backward(self.objective.dscore(), need_dx=False)
        self.keep_gradients(label, "D")
        self.adams["D"].step(self.D)

    def keep_gradients(self, label: str, network: str) -> None:
        for key, parameter in self.parameters(network):
            self.seen[f"{label}/{key}"] = parameter.grad.copy()

    def parameters(self, network: str) -> Iterator[tuple[str, Parameter]]:
        """("G.0.W", parameter), ... of one network, in order."""
        for k, layer in enumerate(getattr(self, network).layers):
            for parameter in layer.parameters:
                yield f"{network}.{k}.{parameter.name}", parameter

    def values(self) -> Arrays:
        """name -> array: parameters and moving statistics of both."""
        found = {}
        for network in ("G", "D"):
            for k, layer in enumerate(getattr(self, network).layers):
                for array in (*layer.parameters, *layer.statistics):
                    found[f"{network}.{k}.{array.name}"] = array.value
        return found

    def moments(self) -> Arrays:
        """name -> array: Adam's m and v of every parameter."""
        found = {}
        for label in ("G", "D"):
            network = getattr(self, label)
            slices = network.slices()
            for vector, state in self.adams[label].vectors(network).items():
                for key, parameter in self.parameters(label):
                    part = state[slices[parameter]]
                    found[f"{vector}/{key}"] = part.reshape(parameter.value.shape)
        return found
