"""Two small networks for the exercises on steps, and an optimizer that tells."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..layers import Dense, LeakyReLU, Tanh
from ..losses import BCEWithLogits
from ..network import Sequential
from ..optimizers import SGD
from .compare import Array
from .trial import numbers

ROWS = 4


class Witness(SGD):
    """Plain steps; keeps the networks that were stepped, and their gradients."""

    def __init__(self) -> None:
        super().__init__(0.1)
        self.seen: list[tuple[Any, Array]] = []

    def step(self, *networks: Any, rate: Any = None) -> None:
        self.seen += [(network, network.dtheta.copy()) for network in networks]
        super().step(*networks, rate=rate)


class Players:
    """G: (N, 2) -> (N, 2) and D: (N, 2) -> scores (N, 1), in float64.

    Their gradients hold numbers of an earlier batch, as they do in training.
    """

    def __init__(self) -> None:
        at: dict[str, Any] = {"rng": np.random.default_rng(11), "dtype": np.float64}
        self.G = Sequential([Dense(2, 3, **at), Tanh(), Dense(3, 2, **at)])
        self.D = Sequential([Dense(2, 5, **at), LeakyReLU(0.2), Dense(5, 1, **at)])
        self.loss, self.optimizer = BCEWithLogits(), Witness()
        self.real, self.z = numbers((ROWS, 2), 12), numbers((ROWS, 2), 13)
        for network in (self.G, self.D):
            for gradient in network.gradients().values():
                gradient[...] = 0.5
        self.before = {"G": self.frame(self.G), "D": self.frame(self.D)}

    @staticmethod
    def frame(network: Any) -> tuple[Array, Array]:
        """theta and dtheta, copied."""
        return network.theta.copy(), network.dtheta.copy()

    def changed(self, name: str) -> str:
        """What of a player has changed: "", "theta" or "dtheta"."""
        theta, dtheta = self.before[name]
        network = getattr(self, name)
        if not np.array_equal(theta, network.theta):
            return "theta"
        return "" if np.array_equal(dtheta, network.dtheta) else "dtheta"

    def d_gradient(self, rows: Array, label: float) -> tuple[float, Array]:
        """(loss, gradient of D) of rows with one label."""
        score = self.D.forward(rows, training=True)
        value = float(self.loss.forward(score, np.full_like(score, label)))
        self.D.zero_grad()
        self.D.backward(self.loss.backward(), need_dx=False)
        return value, self.D.dtheta.copy()

    def g_gradient(self, label: float) -> tuple[float, Array]:
        """(loss, gradient of G) where the fakes are to be called `label`."""
        fake = self.G.forward(self.z, training=True)
        with self.D.frozen():
            score = self.D.forward(fake, training=True)
            value = float(self.loss.forward(score, np.full_like(score, label)))
            dfake = self.D.backward(self.loss.backward())
        self.G.zero_grad()
        self.G.backward(dfake, need_dx=False)
        return value, self.G.dtheta.copy()


def stepped(players: Players, name: str) -> tuple[str, Array]:
    """(what is wrong with who was stepped, the gradient of the step)."""
    wanted = getattr(players, name)
    seen = players.optimizer.seen
    other = "G" if name == "D" else "D"
    full = {"G": "the generator", "D": "the discriminator"}
    none = np.zeros(0)
    if not seen:
        return f"{full[name]} never learns: optimizer.step is missing", none
    if any(network is getattr(players, other) for network, _ in seen):
        return f"the optimizer stepped {full[other]}; this is {name}'s step", none
    if len(seen) > 1:
        said = f"expected one step with both gradients in it, got {len(seen)}"
        return said, none
    network, gradient = seen[0]
    return ("" if network is wanted else "another network was stepped"), gradient
