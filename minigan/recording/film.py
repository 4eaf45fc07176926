"""Records a run on points: frames to play, and some steps with all that they need.

A frame is small: fakes of always the same z, and D on a coarse grid.  A *moment* is a
step as it begins: parameters, Adam's moments, z and real rows, from which the page
computes the step anew, and what Python then found, to compare with.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import primitives, validate
from ..errors import ArgumentError
from ..gan.diagnosis import MEANING
from ..gan.rngs import rngs
from ..gan.trainer import Trainer
from ..layers import Dense, ReLU, Sigmoid
from ..network import Network
from ..optimizers import Adam
from ..primitives.declare import Primitive

RECORDED = ("parabola", "ring", "grid")  # recipes whose steps the page can compute
BESIDE = {"parabola": 3}  # a seed whose generator collapses, to show next to another
FRAMES = 150  # of a run, about
SHOWN = 100  # real points and fakes in a frame
GRID = 28, 21  # columns and rows of the grid that D is asked on
CURVE = 400  # points of a curve of losses
COMPARED = 512  # numbers of a vector that are compared, where it is longer than that
EVERY = 12  # so many steps are recorded one by one, then fewer
BINARY = {np.dtype(np.float32): "f4", np.dtype(np.float64): "f8"}

Layout = list[tuple[str, int]]


def encoded(array: NDArray[Any]) -> str:
    """The bytes of an array, little-endian, as base64."""
    return base64.b64encode(
        array.astype(array.dtype.newbyteorder("<")).tobytes()
    ).decode()


def spread(last: int, count: int, first: int = EVERY) -> list[int]:
    """About `count` of the steps 0 ... last: the first ones, then ever fewer."""
    if last + 1 <= count:
        return list(range(last + 1))
    if count < 3:
        return [0, last][:count]
    first = min(first, count // 3)
    rest = np.geomspace(first, last, count - first).round().astype(int)
    return sorted({*range(first), *rest.tolist(), last})


@dataclass(frozen=True)
class Moment:
    """One step, as the page gets it.

    step: how many were trained before.   ages: player -> t of its optimizer, before.
    arrays: name -> vector, as `engine.js` names them.
    """

    step: int
    ages: dict[str, int]
    arrays: dict[str, NDArray[Any]]

    @property
    def layout(self) -> Layout:
        """(name, size) of each array, in order."""
        return [(name, array.size) for name, array in self.arrays.items()]

    @property
    def blob(self) -> NDArray[Any]:
        """All of them, one behind the other."""
        return np.concatenate([array.ravel() for array in self.arrays.values()])


class Film:
    """A run of `steps` steps, recorded while it trains.

    trainer: of one of `RECORDED`, not yet trained.
    Errors: ArgumentError for a trainer whose steps the page cannot compute.
    """

    def __init__(self, trainer: Trainer, steps: int) -> None:
        check(trainer)
        self.trainer, self.steps = trainer, steps
        rng = rngs(trainer.seed)["sample"]
        self.real = trainer.data.draw(SHOWN, rng)
        kind = trainer.generator.dtype
        self.z = rng.standard_normal((SHOWN, trainer.latent_dim)).astype(kind)
        self.frames: dict[int, tuple[NDArray[Any], NDArray[Any]]] = {}
        self.moments: list[Moment] = []
        self.view = view_of(self.real)

    def run(self, moments: int) -> None:
        """Train, with so many moments, about."""
        trainer = self.trainer
        at = set(spread(self.steps - 1, moments))
        looks = sorted(at.union(spread(self.steps, FRAMES)))
        for step in looks:
            if step > trainer.step_count:
                trainer.fit(step - trainer.step_count, report_every=None)
            self._look()
            if step in at:
                self.moments.append(moment_of(trainer))
        if trainer.step_count > looks[-1]:
            self._look()
        self.diagnosis = trainer.diagnose()

    def _look(self) -> None:
        """Keep a frame."""
        left, right, bottom, top = self.view
        columns, rows = GRID
        x = left + (np.arange(columns) + 0.5) * (right - left) / columns
        y = bottom + (np.arange(rows) + 0.5) * (top - bottom) / rows
        points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        score = self.trainer.score(points.astype(self.z.dtype))
        self.frames[self.trainer.step_count] = (
            self.trainer.sample(z=self.z),
            1 / (1 + np.exp(-np.clip(score[:, 0].astype(np.float64), -60, 60))),
        )

    # ---- what the page gets --------------------------------------------------------

    def data(self) -> dict[str, Any]:
        """All of it, as JSON holds it."""
        steps = sorted(self.frames)
        return {
            "seed": self.trainer.seed,
            "total": self.steps,
            "real": encoded(self._placed(self.real)),
            "frames": steps,
            "points": encoded(
                self._placed(np.stack([self.frames[s][0] for s in steps]))
            ),
            "fields": encoded(
                np.stack([np.rint(255 * self.frames[s][1]) for s in steps]).astype(
                    np.uint8
                )
            ),
            "moments": [
                {
                    "step": m.step,
                    "t_G": m.ages["G"],
                    "t_D": m.ages["D"],
                    "data": encoded(m.blob),
                }
                for m in self.moments
            ],
            "losses": self._losses(),
            "verdict": self._verdict(),
        }

    def _placed(self, points: NDArray[Any]) -> NDArray[np.uint16]:
        """Points as places in the view, twice as wide and high, in 1/65535 of it."""
        left, right, bottom, top = self.view
        low, size = np.array([left, bottom]), np.array([right - left, top - bottom])
        share = ((points - low) / size + 0.5) / 2
        return np.rint(65535 * np.clip(share, 0, 1)).astype(np.uint16)

    def _losses(self) -> dict[str, Any]:
        """The curves, each point the mean over as many steps."""
        history = self.trainer.history
        edges = np.unique(np.linspace(0, len(history), CURVE + 1).astype(int))
        curves = {
            name: np.add.reduceat(history[name], edges[:-1]) / np.diff(edges)
            for name in ("d_loss", "g_loss")
        }
        return {
            "steps": edges[1:].tolist(),
            **{
                name: encoded(curve.astype(np.float32))
                for name, curve in curves.items()
            },
        }

    def _verdict(self) -> dict[str, Any]:
        """What the monitor says at the end."""
        found = self.diagnosis
        return {
            "name": found.verdict,
            "healthy": found.healthy,
            "meaning": MEANING[found.verdict][0],
            "reason": found.reasons[found.verdict],
            "remedy": found.remedy,
        }


def model_of(trainer: Trainer) -> dict[str, Any]:
    """What the page must know of the networks and rules, which all moments share."""
    options, game = trainer.options, trainer.game
    return {
        "recipe": trainer.name,
        "binary": BINARY[np.dtype(trainer.generator.dtype)],
        "bound": 1e-5 if trainer.generator.dtype == np.float32 else 1e-12,
        "latent_dim": trainer.latent_dim,
        "real_rows": options.real_rows,
        "fake_rows": options.batch_size,
        "compared": COMPARED,
        "source": maker_of(trainer).name,
        "networks": {
            "G": layers_of(game.generator),
            "D": layers_of(game.critic),
        },
        "optimizers": {
            name: {
                "learning_rate": rule.learning_rate,
                "beta_1": rule.beta_1,
                "beta_2": rule.beta_2,
                "epsilon": rule.epsilon,
                "corrected": rule.epsilon_form == "pytorch",
            }
            for name, rule in rules_of(trainer).items()
        },
    }


def maker_of(trainer: Trainer) -> Primitive:
    """The primitive that a batch of real rows comes out of."""
    plain = trainer.data.modes is None
    return primitives.parabola if plain else primitives.add_scaled


def rules_of(trainer: Trainer) -> dict[str, Any]:
    """ "G" and "D" -> optimizer."""
    return {
        "G": trainer.generator_optimizer,
        "D": trainer.discriminator_optimizer,
    }


def layers_of(network: Network) -> list[dict[str, Any]]:
    """kind, sizes, and where W and b lie in the vector of all parameters."""
    found: list[dict[str, Any]] = []
    place = 0
    for layer in network.layers:
        entry: dict[str, Any] = {"kind": type(layer).__name__}
        if isinstance(layer, Dense):
            entry |= {"inputs": layer.inputs, "units": layer.units, "W": place}
            place += layer.inputs * layer.units
            entry["b"] = place
            place += layer.units
        found.append(entry)
    return found


def check(trainer: Trainer) -> None:
    """Errors: ArgumentError for a trainer whose steps the page cannot compute."""
    options = trainer.options
    plain = type(options)(batch_size=options.batch_size, batches=options.batches)
    layers = [*trainer.generator.layers, *trainer.critic.layers]
    wanted = {
        "layers Dense, ReLU and Sigmoid": all(
            type(x) in (Dense, ReLU, Sigmoid) for x in layers
        )
        and all(x.use_bias for x in layers if isinstance(x, Dense)),
        Adam.__name__: all(type(rule) is Adam for rule in rules_of(trainer).values()),
        "batches 'half' or 'separate' and no other options": options == plain
        and options.batches != "mixed",
        "points in the plane": trainer.data.features == 2,
    }
    for expected, given in wanted.items():
        if not given:
            validate.complain(
                ArgumentError, "record", "recipe", expected, repr(trainer.name)
            )


def moment_of(trainer: Trainer) -> Moment:
    """Train one step, and return what it began with and what it computed."""
    networks = {"G": trainer.generator, "D": trainer.discriminator}
    rules = rules_of(trainer)
    arrays: dict[str, NDArray[Any]] = {}
    for name, network in networks.items():
        arrays[f"theta_{name}"] = packed(network, network.theta)
        for vector, values in rules[name].vectors(network).items():
            arrays[f"{vector}_{name}"] = packed(network, values)
    ages = {name: int(rule.t) for name, rule in rules.items()}
    step = trainer.step_count
    found = trainer.trace_step()
    arrays["z_D"], arrays["real"] = (
        found["D step: z"].values,
        found["D step: real"].values,
    )
    arrays["z_G"] = found["G step: z"].values
    D, G = networks["D"], networks["G"]
    for part, times in (("real", ""), ("fake", " (2)")):
        phase = "D real" if part == "real" else "D fakes"
        for name in ("score", "loss"):
            arrays[f"{phase} {part}_{name}"] = found[f"D step: {part}_{name}"].values
        names = [f"D step: D{name}{times}" for name in D.gradients()]
        arrays[f"{phase} gradient"] = some([found[name].values for name in names])
        theta = packed(D, found[f"D step: D.theta{times}"].values)
        arrays[f"{phase} theta"] = some([theta])
    for name in ("fake", "score", "loss", "dfake"):
        arrays[f"G {name}"] = found[f"G step: {name}"].values
    arrays["G gradient"] = some([found[f"G step: G{n}"].values for n in G.gradients()])
    arrays["G theta"] = some([packed(G, G.theta)])
    kind = trainer.generator.dtype
    return Moment(step, ages, {k: np.array(a, kind) for k, a in arrays.items()})


def packed(network: Network, vector: NDArray[Any]) -> NDArray[Any]:
    """A vector like theta without its gaps."""
    return np.concatenate([vector[place] for place in network.slices().values()])


def some(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """All numbers in a row, or every k-th where they are too many."""
    whole = np.concatenate([np.ravel(array) for array in arrays])
    return whole[:: -(-whole.size // COMPARED)]


def view_of(real: NDArray[Any]) -> tuple[float, float, float, float]:
    """The data and room for fakes, 4 by 3: left, right, bottom, top."""
    low, high = real.min(axis=0).astype(float), real.max(axis=0).astype(float)
    x, y = ((low + high) / 2).round(3)
    width, height = high - low
    half = round(0.75 * float(max(width, height)), 3)
    return (
        float(x - half),
        float(x + half),
        float(y - 0.75 * half),
        float(y + 0.75 * half),
    )


def moment_size(trainer: Trainer) -> int:
    """How many bytes a moment takes in base64, about."""
    sizes = {"G": 0, "D": 0}
    networks = {"G": trainer.generator, "D": trainer.discriminator}
    for name, network in networks.items():
        sizes[name] = network.parameter_count[0]
    n, m = trainer.options.real_rows, trainer.options.batch_size
    before = (
        3 * sum(sizes.values()) + n * (trainer.latent_dim + 2) + m * trainer.latent_dim
    )
    compared = {name: min(size, COMPARED) for name, size in sizes.items()}
    after = 4 * compared["D"] + 2 * compared["G"] + 2 * n + 5 * m + 3
    return (before + after) * trainer.generator.theta.itemsize * 4 // 3 + 100
