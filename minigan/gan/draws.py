"""What a step draws: z, real rows, labels and noise, as the players take them."""

from typing import Any

from numpy.typing import NDArray

from .. import primitives
from ..network import Network
from ..state import Generators, own_copy, whole_copy
from .checks import fit_together
from .noise import Noise
from .options import Options
from .players import Inputs
from .sampling import Source


class Draws:
    """The sources of a game and the shapes in which they are handed to its players.

    data: of real rows.   rngs: the streams "latent" and "noise".
    rows: how many steps falling noise can look ahead.
    latent_dim: numbers of one z.   row_shape: of one row as D takes it.
    of_generator, of_discriminator: where numbers and labels go in.
    Errors: ShapeError where networks, data and options do not fit together.
    """

    def __init__(
        self,
        where: str,
        generator: Network,
        discriminator: Network,
        data: Source,
        options: Options,
        rngs: Generators,
        rows: int,
    ) -> None:
        self.data, self.options, self.rngs = data, options, rngs
        self.dtype = generator.theta.dtype
        self.latent_dim = fit_together(
            where, generator, discriminator, data, options.real_rows, options.pack
        )
        self.of_generator = Inputs.of(where, "generator", generator)
        self.of_discriminator = Inputs.of(where, "discriminator", discriminator)
        self.width = data.features * options.pack  # numbers of one row
        self.row_shape = self.of_discriminator.shape or (self.width,)
        self.noise = Noise(
            rngs["noise"],
            options.instance_noise,
            options.instance_noise_steps,
            self.dtype,
            rows,
        )

    __copy__, __setstate__ = whole_copy, own_copy

    def latent(self, n: int) -> Any:
        """What G takes: z ~ N(0, 1), (n, latent_dim), and labels if it takes any."""
        rng = self.rngs["latent"]
        z = primitives.standard_normal(rng, n, self.latent_dim, dtype=self.dtype)
        if self.of_generator.labels is None:
            return z
        packs = n // self.options.pack
        return self.with_labels(z, self.data.draw_labels(packs, rng))

    def with_labels(self, z: NDArray, labels: NDArray | None) -> Any:
        """What G takes: z, and labels, one for each row of D."""
        if labels is not None and self.options.pack > 1:
            labels = primitives.respaced_labels(labels, len(z))
        return self.of_generator.given(z, labels)

    def labels_seen(self, z: Any) -> NDArray | None:
        """The labels of what G takes, as D sees them: one for each of its rows."""
        labels = self.of_generator.labels_in(z)
        if labels is not None and self.options.pack > 1:
            labels = primitives.respaced_labels(
                labels, len(labels) // self.options.pack
            )
        return labels

    def shared_latent(self) -> Any:
        """z for both players, with the option latent="shared"; else None."""
        shared = self.options.latent == "shared"
        return self.latent(self.options.batch_size) if shared else None

    def batch(self, n: int) -> tuple[NDArray, NDArray | None]:
        """The next n real rows as D sees them, and their labels if there are any.

        Of several that D sees as one, all are of one class.
        """
        noise = self.blur(n)
        if not self.data.labelled:
            return self.seen(self.data.batch(n), noise), None
        pack = self.options.pack
        rows, labels = self.data.packs(n, pack) if pack > 1 else self.data.batch(n)
        return self.seen(rows, noise), labels

    def seen(self, rows: NDArray, noise: NDArray | None) -> NDArray:
        """The rows as D sees them: in its shape, with noise on them.   noise: `blur`"""
        return self.noise.add(self.as_rows(rows), noise)

    def blur(self, n: int) -> NDArray | None:
        """Noise for n rows; None where there is none."""
        return self.noise.draw(n // self.options.pack, self.width)

    def as_rows(self, examples: NDArray) -> NDArray:
        """The same numbers in the shape that D takes, `pack` examples a row.

        Examples at the end that fill no row are left out.
        """
        rows, pack = len(examples) // self.options.pack, self.options.pack
        return examples[: rows * pack].reshape(rows, *self.row_shape)


def joined(real: NDArray, fake: NDArray) -> NDArray:
    """Real rows above fakes, of any shape: (n, ...) and (m, ...) -> (n + m, ...)"""
    flat = [rows.reshape(len(rows), -1) for rows in (real, fake)]
    both = primitives.concatenate(*flat)
    return both.reshape(len(both), *real.shape[1:])


def joined_labels(one: NDArray | None, other: NDArray | None) -> NDArray | None:
    """The labels of the one batch above those of the other, if there are any."""
    if one is None or other is None:
        return None
    return primitives.concatenate_labels(one, other)
