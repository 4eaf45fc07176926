"""Every format that minigan reads: how to write a small honest file, and to use one."""

import gzip
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minigan import checkpoint, keras, use_backend
from minigan.cli.rundir import RunDir
from minigan.data import from_file
from minigan.data.idx import encode
from minigan.gan import Classifier, Generator, Trainer, recipes
from minigan.gan.frames import frames_of
from minigan.golden import file as golden

ROWS = np.linspace(-1, 1, 24 * 16, dtype=np.float32).reshape(24, 4, 4)
BYTES = (127.5 * (ROWS + 1)).astype(np.uint8)


@dataclass(frozen=True)
class Format:
    """One kind of file.

    write(path): an honest file.  use(path): open it, and do what a user does next.
    sealed: whether it ends in a digest, as checkpoints do.
    """

    name: str
    write: Callable[[Path], object]
    use: Callable[[Path], object]
    sealed: bool = False


def _trainer(**options: Any) -> Trainer:
    made = recipes.load("parabola", 0, batch_size=4, backend="numpy", **options)
    made.fit(2, report_every=None)
    return made


def _shuffled() -> Trainer:
    options = {"sampling": "shuffled", "batch_size": 8, "backend": "numpy"}
    made = recipes.load("digits", 0, ROWS, **options)
    made.fit(2, report_every=None)
    return made


def _go_on(path: Path, data: Any = None) -> None:
    Trainer.load(path, data=data).fit(2, report_every=2)


def _classifier(path: Path) -> None:
    rows = ROWS.reshape(24, 16)
    Classifier.train(rows, np.arange(24) % 2, epochs=1, hidden=3).save(path)


def _frames(path: Path) -> None:
    frames_of(_trainer(), 10).save(path)


def _continue_frames(path: Path) -> None:
    frames = frames_of(_trainer(), 10)
    frames.load(path)
    frames.series()


def _vectors(path: Path) -> None:
    with use_backend("numpy"):  # many kernels would have to be compiled
        golden.write(path)
    arrays, meta = golden.read(path)
    meta["cases"] = meta["cases"][:2]
    kept = tuple(f"{case['name']}/" for case in meta["cases"])
    few = {name: array for name, array in arrays.items() if name.startswith(kept)}
    checkpoint.write(path, few, meta)


def _model() -> Any:
    layers = keras.layers
    first = layers.Dense(3, input_dim=2, activation="relu")
    made = keras.Sequential([first, layers.BatchNormalization(), layers.Dense(1)])
    made.compile("adam", "mse", ["mae"])
    made.train_on_batch(np.eye(4, 2), np.ones(4))
    return made


def _use_model(path: Path) -> None:
    made = keras.models.load_model(path)
    made.predict(np.ones((1, 2)))
    if made.optimizer is not None:
        made.train_on_batch(np.eye(4, 2), np.ones(4))


def _use_weights(path: Path) -> None:
    made = _model()
    made.load_weights(path)
    made.predict(np.ones((1, 2)))


def _config(path: Path) -> None:
    known = {"steps": 100, "source": "digits", "session": {"report_every": 50}}
    path.write_text(json.dumps(known))


def _use_config(path: Path) -> None:
    folder = RunDir(path.parent)
    folder.config = path
    folder.planned_steps()
    folder.saved("source", str)
    folder.saved("session", dict)


FORMATS = {
    made.name: made
    for made in (
        Format("checkpoint", lambda path: _trainer().save(path), _go_on, True),
        Format(
            "checkpoint of shuffled rows",
            lambda path: _shuffled().save(path),
            lambda path: _go_on(path, ROWS),
            True,
        ),
        Format(
            "checkpoint with everything",
            lambda path: _trainer(
                ema=0.9,
                instance_noise=0.1,
                instance_noise_steps=9,
                pretraining_steps=2,
                discriminator_steps=2,
            ).save(path),
            _go_on,
            True,
        ),
        Format(
            "generator",
            lambda path: Generator.of(_trainer()).save(path),
            lambda path: Generator.load(path).sample(3),
            True,
        ),
        Format(
            "generator of a checkpoint",
            lambda path: _trainer().save(path),
            lambda path: Generator.load(path).sample(3),
            True,
        ),
        Format(
            "classifier",
            _classifier,
            lambda path: Classifier.load(path).predict(ROWS.reshape(24, 16)),
            True,
        ),
        Format("frames", _frames, _continue_frames, True),
        Format(
            "reference vectors",
            _vectors,
            golden.read,
            True,
        ),
        Format("model", lambda path: _model().save(path), _use_model, True),
        Format("weights", lambda path: _model().save_weights(path), _use_weights, True),
        Format("npy", lambda path: _save(path, BYTES), from_file),
        Format("npy of floats", lambda path: _save(path, ROWS), from_file),
        Format("npz", lambda path: _savez(path, np.savez), from_file),
        Format(
            "npz, deflated", lambda path: _savez(path, np.savez_compressed), from_file
        ),
        Format("IDX", lambda path: path.write_bytes(encode(BYTES)), from_file),
        Format(
            "IDX, gzipped",
            lambda path: path.write_bytes(gzip.compress(encode(BYTES))),
            from_file,
        ),
        Format("config.json", _config, _use_config),
    )
}


def _save(path: Path, array: Any) -> None:
    with open(path, "wb") as file:
        np.save(file, array)


def _savez(path: Path, save: Callable[..., None]) -> None:
    with open(path, "wb") as file:
        save(file, x_train=BYTES, y_train=np.arange(24))


def used(kind: Format, path: Path) -> None:
    """Open a file and use it, with whatever it warns of left out."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        kind.use(path)
