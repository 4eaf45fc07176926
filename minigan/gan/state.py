"""A trainer as arrays and numbers, and back: what makes resuming exact.

Saved are both networks, both optimizers, running statistics, the step count, the
history, and the state of every random generator.
"""

import platform
import warnings

import numpy as np

from .. import checkpoint, primitives, saving, validate
from ..errors import ArgumentError, CheckpointError, MiniganError, StateError
from ..optimizers import OPTIMIZERS
from ..version import __version__
from .history import COLUMNS, History
from .sampling import SOURCES
from .streams import NAMES
from .streams import streams as make_streams


def config(trainer):
    """Everything that defines the run, as JSON can hold it (for `config.json`)."""
    generators = trainer.generators()
    return {
        "recipe": trainer.name,
        "seed": trainer.seed,
        "backend": trainer.backend,
        "dtype": str(trainer.generator.dtype),
        "options": trainer.options(),
        "optimizers": {
            name: [
                OPTIMIZERS.name_of(type(getattr(trainer, name))),
                getattr(trainer, name).config(),
            ]
            for name in ("generator_optimizer", "discriminator_optimizer")
        },
        "generator": saving.describe(trainer.generator, generators),
        "discriminator": saving.describe(trainer.discriminator, generators),
        "data": trainer.data.config(),
        "versions": versions(),
    }


def versions():
    """What the bits of a run depend on."""
    return {
        "minigan": __version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def save(trainer, path):
    """Write a checkpoint.  Errors: StateError for parts that are not minigan's."""
    refuse_foreign_parts(trainer)
    meta = {
        "kind": "trainer",
        **config(trainer),
        "streams": list(NAMES),
        "generators": [plain_state(rng) for rng in trainer.generators()],
        "data_sha256": trainer.data.digest(),
        "columns": list(COLUMNS),
    }
    arrays = {**trainer.memory(), "history": trainer.history.table}
    checkpoint.write(path, arrays, meta)


def load(cls, path, *, data=None, backend=None, capture=True):
    """Rebuild the trainer of a checkpoint; nothing exists if anything is wrong."""
    where = "Trainer.load"
    if backend is not None:
        validate.choice(where, "backend", backend, primitives.BACKENDS)
    capture = validate.flag(where, "capture", capture)
    if data is not None:
        validate.array(where, "data", data, finite=True)
    arrays, meta = checkpoint.read(path)
    try:
        trainer = _rebuild(cls, arrays, meta, data, backend, capture)
        expected = {**trainer.memory(), "history": arrays.get("history")}
        if sorted(expected) != sorted(arrays):
            extra = sorted(set(expected) ^ set(arrays))
            raise CheckpointError(f"arrays missing or unknown: {', '.join(extra)}")
        for name, array in trainer.memory().items():
            if array.shape != arrays[name].shape or array.dtype != arrays[name].dtype:
                raise CheckpointError(
                    f"{name}: expected {array.dtype} {array.shape}, got "
                    f"{arrays[name].dtype} {arrays[name].shape}"
                )
        trainer.data.check(
            {k: arrays[f"data/{k}"] for k, _ in trainer.data.state().items()}
        )
        table = arrays["history"]
        if (
            meta["columns"] != list(COLUMNS)
            or table.dtype != np.float64
            or table.shape[1:] != (len(COLUMNS),)
        ):
            raise CheckpointError(f"history: expected float64 columns {COLUMNS}")
        now = versions() | {"backend": trainer.backend}
        then = meta["versions"] | {"backend": meta["backend"]}
        generators = trainer.generators()
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
    for name, array in trainer.memory().items():
        array[...] = arrays[name]
    trainer.history = History(table)
    changed = [f"{k} {then.get(k)} -> {now[k]}" for k in now if now[k] != then.get(k)]
    if changed:
        warnings.warn(
            f"minigan: {path} was written in another environment "
            f"({', '.join(changed)}): training goes on, but not to the same bits",
            RuntimeWarning,
            stacklevel=3,
        )
    return trainer


def _rebuild(cls, arrays, meta, data, backend, capture):
    dtype = np.dtype(meta["dtype"])
    if meta["kind"] != "trainer" or dtype not in (np.float32, np.float64):
        raise CheckpointError("expected the checkpoint of a trainer")
    if meta.get("streams") != list(NAMES):
        raise CheckpointError(
            f"random streams: expected {', '.join(NAMES)}, as this version has them"
        )
    layer_generators = [
        np.random.Generator(np.random.PCG64(0))
        for _ in meta["generators"][len(NAMES) :]
    ]
    spawned = make_streams(meta["seed"])
    places = list(spawned.values()) + layer_generators
    networks = [
        saving.build(
            meta[name],
            dtype,
            places,
            arrays[f"{name}/theta"],
            arrays[f"{name}/buffers"],
        )
        for name in ("generator", "discriminator")
    ]
    optimizers = {}
    for name, (kind, arguments) in meta["optimizers"].items():
        optimizers[name] = OPTIMIZERS[kind](**arguments)
    trainer = cls(
        *networks,
        _source(meta, data, spawned["data"], dtype),
        **meta["options"],
        **optimizers,
        seed=meta["seed"],
        backend=backend or meta["backend"],
        capture=capture,
        name=str(meta["recipe"]),
    )
    trainer.streams.update(spawned)
    return trainer


def _source(meta, data, rng, dtype):
    described = meta["data"]
    if described["kind"] not in SOURCES:
        raise CheckpointError(f"data: unknown kind {described['kind']!r}")
    source = SOURCES[described["kind"]].rebuilt(described, data, rng, dtype)
    if source.digest() != meta["data_sha256"]:
        raise ArgumentError(
            "Trainer.load: argument 'data': expected the array that the run was "
            "trained on, got another (its sha256 differs)"
        )
    return source


def refuse_foreign_parts(trainer):
    """Only what `load` can make again may be saved."""
    optimizers = tuple(OPTIMIZERS.values())
    parts = {
        "data": (trainer.data, tuple(SOURCES.values())),
        "generator_optimizer": (trainer.generator_optimizer, optimizers),
        "discriminator_optimizer": (trainer.discriminator_optimizer, optimizers),
    }
    parts |= {
        f"random generator {k}": (rng.bit_generator, (np.random.PCG64,))
        for k, rng in enumerate(trainer.generators())
    }
    for name, (part, kinds) in parts.items():
        if type(part) not in kinds:
            expected = " or ".join(kind.__name__ for kind in kinds)
            raise StateError(
                f"Trainer.save: {name}: expected {expected}, got "
                f"{type(part).__name__}, which a checkpoint cannot hold"
            )


def plain_state(rng):
    """A generator's state with plain integers, as JSON can hold it."""

    def convert(value):
        if isinstance(value, dict):
            return {key: convert(inner) for key, inner in value.items()}
        return value if isinstance(value, str) else int(value)

    return convert(rng.bit_generator.state)
