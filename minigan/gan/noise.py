"""Instance noise: what is added to every row that D sees."""

import numpy as np
from numpy.typing import NDArray

from .. import primitives
from ..state import Arrays, own_copy, whole_copy


class Noise:
    """rows + std z, z ~ N(0, 1) (Sonderby et al. 2017; Arjovsky & Bottou 2017).

    rng: of z.  std: 0 adds nothing.  steps: std falls in a straight line and is 0 at
    this step; None: it stays.
    rows: how many steps `plan` can look ahead.

    A std that falls lies in memory, one number for each of the next steps, since a
    constant in a recorded step would stand still.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        std: float,
        steps: int | None,
        dtype: np.dtype,
        rows: int,
    ) -> None:
        self.rng, self.std, self.steps = rng, std, steps
        self.levels = np.zeros((rows, 1), dtype)
        self.place = np.zeros((), np.int64)

    def draw(self, n: int, width: int) -> NDArray | None:
        """z for n rows of so many numbers; None where there is no noise."""
        if not self.std:
            return None
        return primitives.standard_normal(self.rng, n, width, dtype=self.levels.dtype)

    def add(self, rows: NDArray, z: NDArray | None) -> NDArray:
        """The rows with noise on them, or themselves without any.   z: see `draw`."""
        if z is None:
            return rows
        if self.steps is None:
            return primitives.add_scaled(rows, z.reshape(rows.shape), self.std)
        std = primitives.gather(self.levels, self.place.reshape(1))  # (1, 1)
        zero = primitives.full(1, 1, 0.0, dtype=rows.dtype).reshape(1)
        z = primitives.dense_forward(z.reshape(-1, 1), std, zero)  # times a 1x1 matrix
        return primitives.add_scaled(rows, z.reshape(rows.shape), 1.0)

    # ---- a std that falls ----------------------------------------------------------

    def plan(self, step: int, falls: bool = True) -> None:
        """Say how much noise the steps from number `step` (from 0) on have.

        falls: False for steps that all have that of the first.
        """
        self.place[...] = 0
        if self.steps is not None:
            counts = step + np.arange(len(self.levels)) * int(falls)
            left = np.maximum(0, 1 - counts / self.steps)
            self.levels[:, 0] = self.std * left

    def advance(self) -> None:
        """Go on to the noise of the next step."""
        if self.steps is not None:
            primitives.advance(self.place)

    __copy__, __setstate__ = whole_copy, own_copy

    def memory(self) -> Arrays:
        """name -> array that a step reads or changes."""
        if self.steps is None:
            return {}
        return {"noise levels": self.levels, "noise place": self.place}
