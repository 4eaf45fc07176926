"""A trainer as arrays and numbers, and back: what makes resuming exact.

Saved are both networks, both optimizers, running statistics, the step count, the
history, and the state of every random generator.
"""

import os
import platform
import warnings
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import checkpoint, primitives, saving, validate
from ..errors import ArgumentError, CheckpointError, MiniganError, StateError
from ..files import as_path
from ..optimizers import OPTIMIZERS, Optimizer
from ..registry import create
from ..state import Arrays
from ..version import __version__
from .history import COLUMNS, History
from .ranks import communicator_of
from .rngs import NAMES
from .rngs import rngs as make_rngs
from .rows import pair_of, rows_and_columns
from .sampling import SOURCES, Source

if TYPE_CHECKING:
    from ..data import Table
    from .trainer import Trainer

STEPS = "history_steps"  # of a history that is thinned

T = TypeVar("T", bound="Trainer")


def config(trainer: "Trainer") -> dict[str, Any]:
    """Everything that defines the run, as JSON can hold it (for `config.json`)."""
    generators = list(trainer.generators().values())
    return {
        "recipe": trainer.name,
        "seed": trainer.seed,
        "backend": trainer.backend,
        "products": _products(trainer),
        "dtype": str(trainer.generator.dtype),
        "options": trainer.options.as_dict(),
        "optimizers": {
            name: _described(getattr(trainer, name), generators)
            for name in ("generator_optimizer", "discriminator_optimizer")
        },
        "generator": saving.describe(trainer.generator, generators),
        "discriminator": saving.describe(trainer.discriminator, generators),
        "data": trainer.data.config(),
        "versions": versions(),
    }


def _described(
    optimizer: Optimizer, generators: list[np.random.Generator]
) -> list[Any]:
    """Its name and configuration; and the place of its `rng`, where it has one."""
    found = [OPTIMIZERS.name_of(type(optimizer)), optimizer.config()]
    rng = optimizer.generators().get("rng")
    places = [k for k, known in enumerate(generators) if known is rng]
    return found + places


def _products(trainer: "Trainer") -> str:
    """The arithmetic of its large products, "chain" or "tiles", see docs/tiles.md."""
    by_tiles = trainer.backend == "jit" and trainer.generator.dtype == np.float32
    return primitives.products() if by_tiles else "chain"


def versions() -> dict[str, str]:
    """What the bits of a run depend on."""
    return {
        "minigan": __version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def save(trainer: "Trainer", path: str | os.PathLike) -> None:
    """Write a checkpoint.  Errors: StateError for parts that are not minigan's."""
    refuse_foreign_parts(trainer)
    trainer.history.sync()  # rows that the checkpoint counts on
    meta = {
        "kind": "trainer",
        **config(trainer),
        "streams": list(NAMES),
        "generators": [plain_state(rng) for rng in trainer.generators().values()],
        "data_sha256": trainer.data.digest(),
        "columns": list(COLUMNS),
    }
    history = trainer.history
    arrays = {**trainer.state(), "history": history.table}
    if history.keep is not None:
        meta["history_keep"] = history.keep
        arrays[STEPS] = history.step
    checkpoint.write(as_path("Trainer.save", path), arrays, meta)


def load(
    cls: type[T],
    path: str | os.PathLike,
    *,
    data: "NDArray | Table | None" = None,
    backend: str | None = None,
    capture: bool = True,
    communicator: Any = None,
) -> T:
    """Rebuild the trainer of a checkpoint; nothing exists if anything is wrong."""
    where = "Trainer.load"
    if backend is not None:
        primitives.chosen_backend(where, backend)
    given = {
        "capture": validate.flag(where, "capture", capture),
        "communicator": communicator_of(where, communicator),
    }
    if data is not None:
        rows, _ = rows_and_columns(where, "data", pair_of(data)[0])
        if validate.array(where, "data", rows, finite=True).ndim < 2:
            got, rank = validate.shape_text(rows.shape), "shape (n, features)"
            validate.complain(validate.ShapeError, where, "data", rank, got)
    arrays, meta = checkpoint.read(path, where=where)
    try:
        trainer = _rebuild(cls, arrays, meta, data, backend, given)
        keep = meta.get("history_keep")
        columns = ["history"] if keep is None else ["history", STEPS]
        expected = [*trainer.state(), *columns]
        if sorted(expected) != sorted(arrays):
            extra = sorted(set(expected) ^ set(arrays))
            raise CheckpointError(f"arrays missing or unknown: {', '.join(extra)}")
        for name, array in trainer.state().items():
            if array.shape != arrays[name].shape or array.dtype != arrays[name].dtype:
                raise CheckpointError(
                    f"{name}: expected {array.dtype} {array.shape}, got "
                    f"{arrays[name].dtype} {arrays[name].shape}"
                )
        trainer.game.check({name: arrays[name] for name in trainer.state()})
        table = arrays["history"]
        if (
            meta["columns"] != list(COLUMNS)
            or table.dtype != np.float64
            or table.shape[1:] != (len(COLUMNS),)
        ):
            raise CheckpointError(f"history: expected float64 columns {COLUMNS}")
        own = {"backend": trainer.backend, "products": _products(trainer)}
        history = History(table, steps_of(arrays), keep)
        now = versions() | own
        before = {"products": "chain"} | meta  # what older checkpoints do not say
        then = meta["versions"] | {name: before[name] for name in own}
        generators = trainer.generators().values()
        for rng, state in zip(generators, meta["generators"], strict=True):
            rng.bit_generator.state = state
    except ArgumentError as error:
        if str(error).startswith(f"{where}: argument 'data'"):
            raise
        raise CheckpointError(f"{path}: {error}") from error
    except MiniganError as error:
        raise CheckpointError(f"{path}: {error}") from error
    except Exception as error:
        raise CheckpointError(
            f"{path}: not a valid checkpoint ({type(error).__name__}: {error})"
        ) from error
    for name, array in trainer.state().items():
        array[...] = arrays[name]
    trainer.execution.history = history
    changed = [f"{k} {then.get(k)} -> {now[k]}" for k in now if now[k] != then.get(k)]
    if changed:
        warnings.warn(
            f"minigan: {path} was written in another environment "
            f"({', '.join(changed)}): training goes on, but not to the same bits",
            RuntimeWarning,
            stacklevel=3,
        )
    return trainer


def _rebuild(
    cls: type[T],
    arrays: Arrays,
    meta: dict[str, Any],
    data: "NDArray | Table | None",
    backend: str | None,
    given: dict[str, Any],
) -> T:
    """A trainer with the parts that a file describes; its state comes afterwards."""
    dtype = np.dtype(meta["dtype"])
    if meta["kind"] != "trainer" or dtype not in (np.float32, np.float64):
        raise CheckpointError("expected the checkpoint of a trainer")
    if meta.get("streams") != list(NAMES):
        raise CheckpointError(
            f"random streams: expected {', '.join(NAMES)}, as this version has them"
        )
    layer_generators = generators_of(meta["generators"])[len(NAMES) :]
    spawned = make_rngs(meta["seed"])
    places = list(spawned.values()) + layer_generators
    generator, discriminator = (
        saving.build(
            meta[name],
            dtype,
            places,
            arrays[f"{name}/theta"],
            arrays[f"{name}/buffers"],
        )
        for name in ("generator", "discriminator")
    )
    optimizers: dict[str, Any] = {}
    for name, (kind, arguments, *place) in meta["optimizers"].items():
        offered = dict(zip(("rng",), (places[k] for k in place), strict=False))
        optimizers[name] = create(OPTIMIZERS[kind], arguments, dtype=dtype, **offered)
    return cls(
        generator,
        discriminator,
        _source(meta, data, spawned["data"], dtype),
        **meta["options"],
        **optimizers,
        seed=meta["seed"],
        rngs=spawned,
        backend=backend or backend_of(meta),
        **given,
        name=str(meta["recipe"]),
    )


def backend_of(meta: dict[str, Any]) -> str:
    """The backend that a file names.  Errors: CheckpointError."""
    found = meta["backend"]
    if found not in primitives.BACKENDS:
        raise CheckpointError(
            f"backend: expected one of {', '.join(primitives.BACKENDS)}, got {found!r}"
        )
    return found


def _source(
    meta: dict[str, Any],
    data: "NDArray | Table | None",
    rng: np.random.Generator,
    dtype: np.dtype,
) -> Source:
    """The source of data of a file.  Errors: CheckpointError, ArgumentError."""
    described = meta["data"]
    if described["kind"] not in SOURCES:
        raise CheckpointError(f"data: unknown kind {described['kind']!r}")
    source = SOURCES[described["kind"]].rebuilt(described, data, rng, dtype)
    shape = (described.get("rows"), described.get("features"))
    same = source.digest() == meta["data_sha256"]
    if not same or (data is not None and shape != (source.rows, source.features)):
        raise ArgumentError(
            "Trainer.load: argument 'data': expected the array that the run was "
            f"trained on, got another (its {'shape' if same else 'sha256'} differs)"
        )
    return source


def generators_of(states: Any) -> list[np.random.Generator]:
    """Random generators of the states that `plain_state` made.

    Errors: CheckpointError at the first that is none, before others are made.
    """
    if not isinstance(states, list):
        raise CheckpointError("generators: expected a list of states")
    made = []
    for state in states:
        made.append(np.random.Generator(np.random.PCG64(0)))
        try:
            made[-1].bit_generator.state = state
        except Exception as error:  # NumPy raises nearly anything
            reason = f"{type(error).__name__}: {error!s:.80}"
            raise CheckpointError(
                f"generators: expected states of PCG64, got another ({reason})"
            ) from error
    return made


def steps_of(arrays: Arrays) -> NDArray:
    """The number of the step of each row of the history.

    Errors: CheckpointError for numbers that do not count upwards.
    """
    rows = len(arrays["history"])
    steps = arrays.get(STEPS, np.arange(1, rows + 1))
    counts = steps.shape == (rows,) and steps.dtype == np.int64
    if not counts or (rows and steps[0] < 1) or (np.diff(steps) < 1).any():
        raise CheckpointError("history: expected steps that count upwards")
    if rows and steps[-1] >= 2**62:
        raise CheckpointError("history: expected a number of steps that can be")
    return steps


def refuse_foreign_parts(trainer: "Trainer") -> None:
    """Only what `load` can make again may be saved."""
    optimizers = tuple(OPTIMIZERS.values())
    parts = {
        "data": (trainer.data, tuple(SOURCES.values())),
        "generator_optimizer": (trainer.generator_optimizer, optimizers),
        "discriminator_optimizer": (trainer.discriminator_optimizer, optimizers),
    }
    parts |= {
        f"random generator {k}": (rng.bit_generator, (np.random.PCG64,))
        for k, rng in enumerate(trainer.generators().values())
    }
    for name, (part, kinds) in parts.items():
        if type(part) not in kinds:
            expected = " or ".join(kind.__name__ for kind in kinds)
            raise StateError(
                f"Trainer.save: {name}: expected {expected}, got "
                f"{type(part).__name__}, which a checkpoint cannot hold"
            )


def plain_state(rng: np.random.Generator) -> dict[str, Any]:
    """A generator's state with plain integers, as JSON can hold it."""

    def convert(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: convert(inner) for key, inner in value.items()}
        return value if isinstance(value, str) else int(value)

    return convert(rng.bit_generator.state)
