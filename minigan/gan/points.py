"""Sources of points whose truth is known, and how samples of them are judged."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import primitives, validate
from ..modes import GOOD, UNEVEN, Modes
from ..state import Arrays
from . import metrics
from .sampling import SOURCES, Quality, Source, real_type


@SOURCES.register()
class Parabola(Source):
    """Points on y = x^2 with x ~ U[-1/2, 1/2): fresh ones at every call.

    rng: numpy Generator or a seed.  dtype: of the points, float32 or float64.
    """

    name = "parabola"
    features = 2
    ON_THE_CURVE, COVERED = 0.012, 0.005  # below these, samples are healthy

    def __init__(
        self, rng: np.random.Generator | int, dtype: DTypeLike = np.float32
    ) -> None:
        self.rng = validate.random_generator("Parabola", rng)
        self.dtype = real_type("Parabola", dtype)

    def batch(self, n: int) -> NDArray:
        """Points (n, 2)."""
        return self._points(n, self.rng)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray:
        """Points (n, 2) from another generator."""
        return self._points(n, rng)

    def quality(self, samples: NDArray, seed: int) -> Quality:
        """Healthy points lie on the curve and cover it.

        residual: mean |y - x^2|.   energy_distance: to as many fresh points.
        coverage: share of 20 intervals of x that any point is in.
        """
        n = len(samples)
        x = np.random.default_rng([seed, n]).random(n) - 0.5
        residual = metrics.parabola_residual(samples)
        energy = metrics.energy_distance(samples, np.stack([x, x * x], axis=1))
        found = {
            "residual": residual,
            "energy_distance": energy,
            "coverage": metrics.coverage(samples),
        }
        return Quality(residual < self.ON_THE_CURVE and energy < self.COVERED, found)

    def _points(self, n: int, rng: np.random.Generator | None) -> NDArray:
        n = validate.integer("Parabola", "n", n, most=2**31)
        return primitives.parabola(primitives.uniform(rng, n, 1, dtype=self.dtype))


@SOURCES.register()
class Origin(Source):
    """The number 0, always: the data of the Dirac-GAN (Mescheder et al. 2018).

    rng: not asked; all sources take one.  dtype: float32 or float64.
    """

    name = "origin"
    features = 1

    def __init__(
        self,
        rng: np.random.Generator | int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if rng is not None:
            validate.random_generator("Origin", rng)
        self.dtype = real_type("Origin", dtype)

    def batch(self, n: int) -> NDArray:
        """Zeros (n, 1)."""
        n = validate.integer("Origin", "n", n, most=2**31)
        return primitives.full(n, 1, 0.0, dtype=self.dtype)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray:
        """Zeros (n, 1)."""
        return self.batch(n)


@SOURCES.register()
class Mixture(Source):
    """Points of a mixture of normal distributions: fresh ones at every call.

        x = c_j + sd z,   j any of 0 ... k - 1,   z ~ N(0, 1)

    centres: (k, features) finite numbers, the c_j, such as `data.modes.ring()`.
    sd: the standard deviation of each, in each direction, > 0.
    rng: numpy Generator or a seed.  dtype: of the points, float32 or float64.
    Errors: ShapeError, DTypeError, ArgumentError, NonFiniteError.
    """

    name = "mixture"
    modes: Modes

    def __init__(
        self,
        centres: NDArray | Sequence[Sequence[float]],
        sd: float,
        rng: np.random.Generator | int,
        dtype: DTypeLike = np.float32,
    ) -> None:
        where = "Mixture"
        if isinstance(centres, (list, tuple)):  # as JSON has them
            try:
                centres = np.array(centres, np.float64)
            except (TypeError, ValueError):
                expected = "rows of numbers, all as long"
                given = validate.shown(centres)
                validate.complain(
                    validate.ShapeError, where, "centres", expected, given
                )
        centres = validate.array(where, "centres", centres, ("k", "D"), finite=True)
        sd = validate.number(where, "sd", sd, above=0)
        self.modes = Modes(centres.astype(np.float64), sd)
        self.rng = validate.random_generator(where, rng)
        self.dtype = real_type(where, dtype)
        self.features = centres.shape[1]
        self._centres = centres.astype(self.dtype, order="C")

    def batch(self, n: int) -> NDArray:
        """Points (n, features)."""
        return self._points(n, self.rng)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray:
        """Points (n, features) from another generator."""
        return self._points(n, rng)

    def quality(self, samples: NDArray, seed: int) -> Quality:
        """Healthy samples cover all modes, lie at them, and are as many at each.

        modes: how many have a sample within 3 sd.   high_quality: share of samples
        that are.   kl: of the counts of samples by mode.   The limits: `minigan.modes`.
        precision, recall: beside as many fresh points, at most 1,000.
        """
        centres, sd = self.modes.centres, self.modes.sd
        covered = metrics.modes_covered(samples, centres, sd)
        good = metrics.high_quality(samples, centres, sd)
        kl = metrics.modes_kl(samples, centres)
        few = samples[:1000]
        rng = np.random.default_rng([seed, len(few)])  # not a stream of the run's
        real, _ = self.modes.drawn(rng, len(few))
        precision, recall = metrics.precision_recall(few, real)
        healthy = covered == len(self.modes) and good >= GOOD and kl <= UNEVEN
        found = {"modes": covered, "high_quality": good, "kl": kl}
        return Quality(healthy, {**found, "precision": precision, "recall": recall})

    def _points(self, n: int, rng: np.random.Generator | None) -> NDArray:
        n = validate.integer("Mixture", "n", n, most=2**31)
        which = primitives.integers(rng, len(self.modes), n)
        centres = primitives.gather(self._centres, which)
        z = primitives.standard_normal(rng, n, self.features, dtype=self.dtype)
        return primitives.add_scaled(centres, z, self.modes.sd)

    def tables(self) -> Arrays:
        """name -> array that a batch reads: the centres."""
        return {"centres": self._centres}

    def config(self) -> dict[str, Any]:
        centres, sd = self.modes.centres.tolist(), self.modes.sd
        return {"kind": self.name, "centres": centres, "sd": sd}
