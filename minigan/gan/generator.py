"""A trained generator alone: a function from z to rows, saved and loaded for sampling.

    Generator.of(trainer).save("generator.npz")
    images = Generator.load("generator.npz").sample(25, seed=7)

The same z gives the same sample, and so does the same seed.
"""

import os
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from .. import checkpoint, primitives, saving, validate
from ..errors import CheckpointError, MiniganError
from ..files import as_path
from ..images import image_shape
from ..network import Network
from ..state import Arrays, whole_copy
from .checks import shape_made, shape_taken
from .players import Inputs, Labels, asked
from .rngs import NAMES, rngs
from .sampling import drawn_labels
from .saving import backend_of, generators_of, plain_state, steps_of, versions

if TYPE_CHECKING:
    from ..data.columns import Columns
    from .trainer import Trainer

ARRAYS = ("generator/theta", "generator/buffers")
AVERAGE = ("average/theta", "average/buffers")  # of a trainer with the option ema
SAMPLE = NAMES.index("sample")


class Generator:
    """A network that makes rows of z, and where its z come from.

    network: from z, or from z and labels.  rng: of the z that `sample` draws.
    recipe, seed, step: of the run it comes from.  backend: "jit", "numpy" or None for
    the one in force.  columns: of the table that it was trained on, if it was one:
    then samples are in the table's units.  label_counts: how often the data had each
    label; by default all are as likely.
    """

    def __init__(
        self,
        network: Network,
        rng: np.random.Generator | int,
        *,
        recipe: str = "custom",
        seed: int = 0,
        step: int = 0,
        backend: str | None = None,
        columns: "Columns | None" = None,
        label_counts: NDArray | None = None,
    ) -> None:
        if not isinstance(network, Network):
            expected, got = "a network", validate.shown(network)
            validate.complain(
                validate.DTypeError, "Generator", "network", expected, got
            )
        self.network = network
        self.rng = validate.random_generator("Generator", rng)
        self.recipe = validate.text("Generator", "recipe", recipe)
        self.seed = validate.integer("Generator", "seed", seed, least=0)
        self.step = validate.integer("Generator", "step", step, least=0)
        self.backend = primitives.chosen_backend("Generator", backend)
        self.latent_dim = shape_taken("Generator", network)[0]
        self.columns = columns
        self.classes = Inputs.of("Generator", "network", network).classes
        if self.classes is not None and label_counts is None:
            label_counts = np.ones(self.classes, np.int64)
        self.label_counts = label_counts

    @classmethod
    def of(cls, trainer: "Trainer") -> Self:
        """That of a trainer, or its average where there is one.

        It shares the network, and has a copy of the stream.
        """
        rng = np.random.Generator(np.random.PCG64(0))
        rng.bit_generator.state = trainer.rngs["sample"].bit_generator.state
        return cls(
            trainer.generator if trainer.average is None else trainer.average,
            rng,
            recipe=trainer.name,
            seed=trainer.seed,
            step=trainer.step_count,
            backend=trainer.backend,
            columns=trainer.data.columns,
            label_counts=trainer.data.label_counts,
        )

    @property
    def image_shape(self) -> tuple[int, ...] | None:
        """(height, width) or (height, width, 3) of its images; None for other rows."""
        return (
            None if self.columns else image_shape(shape_made("Generator", self.network))
        )

    # ---- sampling ------------------------------------------------------------------

    def sample(
        self,
        n: int | None = None,
        *,
        z: NDArray | None = None,
        labels: Labels = None,
        seed: int | None = None,
    ) -> NDArray:
        """Rows made in inference mode: (n, ...) as the network's last layer has them.

        Of a table (n, columns) in the units of the table, see `data.table`; float64.

        n: how many, of z from a stream of its own, or of this `seed`; or z itself,
        (n, latent_dim).   labels: of a conditional generator, one integer for all rows
        or (n,) of them; with n, None draws them as often as the data had each.
        Errors: ArgumentError, ShapeError, DTypeError.
        """
        rng, counts = self._stream(seed), self.label_counts
        taken = asked(
            "Generator.sample",
            self.network,
            n,
            z,
            labels,
            lambda n: self._latent(n, rng),
            lambda n: None if counts is None else drawn_labels(counts, n, rng),
        )
        with primitives.use_backend(self.backend):
            rows = self.network.predict(taken)
        return rows if self.columns is None else self.columns.restored(rows)

    def draw_latent(self, n: int, seed: int | None = None) -> NDArray:
        """z ~ N(0, 1): (n, latent_dim), from the own stream or from a seed."""
        n = validate.integer("Generator.sample", "n", n, most=2**31)
        return self._latent(n, self._stream(seed))

    def draw_labels(self, n: int, seed: int | None = None) -> NDArray | None:
        """Labels (n,) as often as the data had each; None for a network without."""
        if self.label_counts is None:
            return None
        return drawn_labels(self.label_counts, n, self._stream(seed))

    def _stream(self, seed: int | None) -> np.random.Generator:
        """The own stream, or that of a seed."""
        if seed is None:
            return self.rng
        where, most = "Generator.sample", 2**63 - 1
        seed = validate.integer(where, "seed", seed, least=0, most=most)
        return rngs(seed)["sample"]

    def _latent(self, n: int, rng: np.random.Generator) -> NDArray:
        return rng.standard_normal((n, self.latent_dim), self.network.theta.dtype.type)

    def between(self, first: NDArray, last: NDArray, steps: int) -> NDArray:
        """z on the great circles from `first` to `last`: (n * steps, latent_dim).

        first, last: (n, latent_dim).  Straight lines between normal vectors would pass
        through shorter ones, which the generator has not been trained on.
        """
        where = "Generator.between"
        shape = ("n", self.latent_dim)
        first = validate.array(where, "first", first, shape, finite=True)
        last = validate.array(where, "last", last, first.shape, finite=True)
        steps = validate.integer(where, "steps", steps, least=2)
        lengths = [np.linalg.norm(v, axis=1, keepdims=True) for v in (first, last)]
        cosine = (first * last).sum(axis=1, keepdims=True) / (lengths[0] * lengths[1])
        angle = np.arccos(np.clip(cosine, -1, 1))[:, None]  # (n, 1, 1)
        share = np.linspace(0, 1, steps)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            a, b = np.sin((1 - share) * angle), np.sin(share * angle)
            a, b = a / np.sin(angle), b / np.sin(angle)
        same = np.sin(angle) < 1e-6  # the same direction: a line is as good
        a, b = np.where(same, 1 - share, a), np.where(same, share, b)
        z = a * first[:, None] + b * last[:, None]
        return z.reshape(-1, self.latent_dim).astype(self.network.dtype)

    __copy__ = whole_copy

    # ---- files ---------------------------------------------------------------------

    def save(self, path: str | os.PathLike) -> None:
        """Write network and stream.  Errors: StateError for layers of your own."""
        places = list(self.network.generators().values())
        meta = {
            "kind": "generator",
            "recipe": self.recipe,
            "seed": self.seed,
            "step": self.step,
            "backend": self.backend,
            "dtype": str(self.network.dtype),
            "generator": saving.describe(self.network, places),
            "generators": [plain_state(rng) for rng in (self.rng, *places)],
            "columns": self.columns and self.columns.config(),
            **self._counted(),
            "versions": versions(),
        }
        values = self.network.theta, self.network.buffers
        path = as_path("Generator.save", path)
        checkpoint.write(path, dict(zip(ARRAYS, values, strict=True)), meta)

    def _counted(self) -> dict[str, Any]:
        counts = self.label_counts
        return {} if counts is None else {"label_counts": counts.tolist()}

    @classmethod
    def load(cls, path: str | os.PathLike, *, backend: str | None = None) -> Self:
        """The generator in a file that `save` wrote, or in a trainer's checkpoint.

        backend: "jit" or "numpy", by default the one it was trained with.
        Errors: CheckpointError for a file that is damaged or foreign.
        """
        where = "Generator.load"
        if backend is not None:
            primitives.chosen_backend(where, backend)
        arrays, meta = checkpoint.read(path, where=where)
        try:
            return cls._rebuilt(arrays, meta, backend)
        except MiniganError as error:
            raise CheckpointError(f"{path}: {error}") from error
        except Exception as error:
            raise CheckpointError(
                f"{path}: holds no generator ({type(error).__name__}: {error})"
            ) from error

    @classmethod
    def _rebuilt(
        cls, arrays: Arrays, meta: dict[str, Any], backend: str | None
    ) -> Self:
        """The generator in a file, its own or a trainer's.  Errors: CheckpointError."""
        kind, dtype = meta["kind"], np.dtype(meta["dtype"])
        if kind not in ("generator", "trainer") or dtype not in validate.FLOAT_TYPES:
            raise CheckpointError("expected a generator or the checkpoint of a trainer")
        stream = SAMPLE if kind == "trainer" else 0
        places = generators_of(meta["generators"])
        inner = places if kind == "trainer" else places[1:]
        names = AVERAGE if AVERAGE[0] in arrays else ARRAYS
        theta, buffers = (arrays[name] for name in names)
        trained = kind == "trainer" and len(arrays["history"])
        step = int(steps_of(arrays)[-1]) if trained else meta.get("step", 0)
        network = saving.build(meta["generator"], dtype, inner, theta, buffers)
        data = meta["data"] if kind == "trainer" else meta
        found, counts = data.get("columns"), data.get("label_counts")
        if found is not None:
            from ..data.columns import Columns

            width = shape_made("Generator", network)
            found = Columns.from_config(found, width[0])
        return cls(
            network,
            places[stream],
            recipe=str(meta["recipe"]),
            seed=meta["seed"],
            step=step,
            backend=backend or backend_of(meta),
            columns=found,
            label_counts=None if counts is None else _counts_of(counts, network),
        )

    def __repr__(self) -> str:
        return f"Generator({self.recipe!r}, step {self.step}, seed {self.seed})"


def _counts_of(found: Any, network: Network) -> NDArray:
    """Counts of labels from a file.  Errors: CheckpointError."""
    classes = Inputs.of("Generator", "network", network).classes or 0
    fits = isinstance(found, list) and 1 <= len(found) <= classes
    if not fits or any(type(n) is not int or not 0 <= n < 2**40 for n in found):
        raise CheckpointError("label_counts: expected a count for each label")
    if not sum(found):
        raise CheckpointError("label_counts: expected one above 0")
    return np.array(found, np.int64)
