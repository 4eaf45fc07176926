"""Penalties on the gradient g = ds/dx of the discriminator's score, row by row.

A D whose score changes slowly from row to row cannot leave G without a direction, and
one that is flat on real rows lets the game come to rest (Mescheder et al. 2018):

                 P                            where
    r1           gamma/2 mean |g|^2           real rows
    r2           gamma/2 mean |g|^2           fakes
    r1+r2        the sum of both              real rows and fakes
    wgan-gp      lambda mean (|g| - 1)^2      x = alpha real + (1 - alpha) fake,
                                              one alpha ~ U(0, 1) a row

D minimises its loss + P.  That of a mixed batch is the mean of two halves, and each
half is taken with its penalty.  The gradient of P is a derivative of a derivative:
with u = dP/dg held, it is that of u . g = 1 . J u, the tangent of the score along u.
`Linearisation` has it, `docs/penalties.md` derives it.
"""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from .. import primitives, validate
from ..errors import StateError
from ..network import Network
from ..registry import Registry
from .players import Inputs

WEIGHT = 10.0  # gamma or lambda where none is given, as for images in the papers

PENALTIES: Registry[type["Penalty"]] = Registry("penalty")


class ScoreSlope:
    """g = ds/dx of a critic behind a forward: s its score, x the numbers of its rows.

    g: (N, D), flat.  Labels do not move.  Logits of classes, of a critic that answers
    with them as well, are no score: they have no part in g.
    """

    def __init__(self, critic: Network) -> None:
        self._line = line = critic.linearise()
        self._inputs = Inputs.of("Penalty", "critic", critic)
        score, *logits = line.y if critic.splits else (line.y,)
        one = primitives.full(*score.shape, 1.0, dtype=score.dtype)
        pulled = line.vjp((one, *(None for _ in logits)) if critic.splits else one)
        rows = self._inputs.numbers_in(pulled)
        self._shape = rows.shape
        self.g = rows.reshape(len(rows), -1)

    def learn(self, u: NDArray, danswer: Any = None) -> None:
        """Add to the critic's gradients those of u . g and of a loss.

        u: (N, D).  danswer: dL/d(what the critic answered); None where there is no L.
        """
        self._line.jvp(self._inputs.given(u.reshape(self._shape), None))
        self._line.backward(danswer)


class Penalty:
    """A number P(g) beside D's loss, for rows (N, D) of gradients.

    To define one of your own, derive from this class, give it a `name`, say of which
    `rows` it takes the gradient, define `of_gradient`, and register it with
    `@PENALTIES.register()`.

    weight: gamma or lambda, finite, > 0; by default `WEIGHT`.
    rows: of "real", "fake" and "between"; the last are rows between the two.
    """

    name = ""
    rows: tuple[str, ...] = ()

    def __init__(self, weight: float = WEIGHT) -> None:
        where = type(self).__name__
        self.weight = validate.number(where, "weight", weight, above=0)

    # ---- what a penalty defines ----------------------------------------------------

    def of_gradient(self, g: NDArray) -> tuple[NDArray, NDArray]:
        """(P, u): the penalty, one number, and u = dP/dg.   g, u: (N, D)"""
        raise StateError(f"{type(self).__name__}: this penalty defines no of_gradient")

    # ---- what a game asks for ------------------------------------------------------

    def learn(
        self, critic: Network, danswer: Any, kinds: Sequence[str], share: float
    ) -> list[NDArray]:
        """Add to D's gradients those of its loss and of the penalty; P of each kind.

        critic: behind a forward of the rows.  danswer: dL/dscore of the loss; of a
        critic with logits of classes the pair of both gradients.
        kinds: ("real", "fake") for real rows above as many fakes, or one of them.
        share: what P is multiplied by, as the loss is.
        One backward pass serves both gradients.
        """
        if not set(kinds) & set(self.rows):
            critic.backward(danswer, need_dx=False)
            return []
        slope = ScoreSlope(critic)
        count = len(slope.g) // len(kinds)
        found, parts = [], []
        for k, kind in enumerate(kinds):
            part = slope.g[k * count : (k + 1) * count]
            if kind in self.rows:
                P, u = self.of_gradient(part)
                found.append(P)
            else:
                u = primitives.full(*part.shape, 0.0, dtype=part.dtype)
            parts.append(u)
        u = parts[0] if len(parts) == 1 else primitives.concatenate(*parts)
        slope.learn(u if share == 1 else primitives.scale(u, share), danswer)
        return found

    def learn_between(
        self,
        critic: Network,
        real: NDArray,
        fake: NDArray,
        alpha: NDArray,
        share: float,
        labels: NDArray | None = None,
    ) -> list[NDArray]:
        """Add the gradients of the penalty on rows between real rows and fakes; P.

        real, fake: (N, ...), as D sees them.  alpha: (N, 1), one a row, in [0, 1).
        labels: (N,), of both rows of each pair and so of what is between, for a critic
        that takes labels.
        """
        if "between" not in self.rows:
            return []
        flat = [rows.reshape(len(rows), -1) for rows in (real, fake)]
        rows = primitives.interpolate(*flat, alpha).reshape(real.shape)
        inputs = Inputs.of("Penalty", "critic", critic)
        critic.forward(inputs.given(rows, labels), training=True)
        slope = ScoreSlope(critic)
        P, u = self.of_gradient(slope.g)
        slope.learn(u if share == 1 else primitives.scale(u, share))
        return [P]


class ZeroCentred(Penalty):
    """P = gamma/2 mean |g|^2, the mean over rows: D shall be flat.   u = gamma g / N"""

    def of_gradient(self, g: NDArray) -> tuple[NDArray, NDArray]:
        return primitives.zero_centred(g, self.weight)


@PENALTIES.register()
class R1(ZeroCentred):
    """`ZeroCentred` on real rows (Mescheder et al. 2018, eq. 9)."""

    name = "r1"
    rows = ("real",)


@PENALTIES.register()
class R2(ZeroCentred):
    """`ZeroCentred` on fakes (Mescheder et al. 2018, eq. 10)."""

    name = "r2"
    rows = ("fake",)


@PENALTIES.register()
class R1R2(ZeroCentred):
    """`ZeroCentred` on real rows and on fakes, added up (R3GAN, Huang et al. 2024)."""

    name = "r1+r2"
    rows = ("real", "fake")


@PENALTIES.register()
class WassersteinGP(Penalty):
    """P = lambda mean (|g| - 1)^2 between real rows and fakes (Gulrajani et al. 2017).

        u = 2 lambda (|g| - 1) g / (|g| N),   0 where g = 0

    The best critic of the Wasserstein distance has |g| = 1 there.
    """

    name = "wgan-gp"
    rows = ("between",)

    def of_gradient(self, g: NDArray) -> tuple[NDArray, NDArray]:
        return primitives.one_centred(g, self.weight)
