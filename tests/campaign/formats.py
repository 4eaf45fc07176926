"""Every format that minigan reads: how to write a small honest file, and to use one."""

import gzip
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from click.testing import CliRunner
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from minigan import checkpoint, keras, use_backend
from minigan.cli import cli
from minigan.cli.rundir import RunDir
from minigan.cli.session import Session
from minigan.data import from_file, from_folder, table
from minigan.data.idx import encode
from minigan.errors import MiniganError
from minigan.gan import Classifier, Generator, Trainer, recipes
from minigan.gan.frames import frames_of
from minigan.golden import file as golden

ROWS = np.linspace(-1, 1, 24 * 16, dtype=np.float32).reshape(24, 4, 4)
CONFIG = "config.json"
BYTES = (127.5 * (ROWS + 1)).astype(np.uint8)


@dataclass(frozen=True)
class Format:
    """One kind of file.

    write(path): an honest file.  use(path): open it, and do what a user does next.
    sealed: whether it ends in a digest, as checkpoints do.  file: its name.
    """

    name: str
    write: Callable[[Path], object]
    use: Callable[[Path], object]
    sealed: bool = False
    file: str = "a file"

    @property
    def group(self) -> str:
        """What minigan saves, what describes a run, or what a user trains on."""
        if self.name == CONFIG:
            return "run"
        return "saved" if self.sealed else "data"


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
    """In the folder of a run of two steps."""
    words = ("train", "parabola", "--steps", "2", "--report-every", "2")
    own = ("--batch-size", "4", "--save-every", "2")
    _command(*words, *own, "--backend", "numpy", "--out", str(path.parent))


def _use_config(path: Path) -> None:
    """Go on for a step; that is taken back."""
    folder = RunDir(path.parent)
    folder.planned_steps()
    kept = {file: file.read_bytes() for file in (folder.checkpoint, folder.frames)}
    words = ("train", "parabola", "--steps", "3", "--backend", "numpy")
    try:
        _command(*words, "--resume", "--out", str(path.parent))
    finally:
        for file, content in kept.items():
            file.write_bytes(content)


def _command(*words: str) -> None:
    """`minigan ...` without pictures.  Errors: MiniganError for what it ends with."""
    with patch.object(Session, "_pictures", lambda session: {}):
        done = CliRunner().invoke(cli, [*words, "--quiet"], standalone_mode=False)
    if done.exception:
        raise done.exception
    if done.return_value:
        raise MiniganError(done.stderr)


def _csv(path: Path) -> None:
    path.write_text("height,weight,age\n" + "1.5,60,33\n1.8,82.5,-4e1\n" * 15)


def _tsv(path: Path) -> None:
    path.write_text("height\tname\tage\n" + "1.5\tAda\t33\n1.8\tBob\t41\n" * 15)


def _image() -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (9, 8, 3), np.uint8))


def _png(path: Path) -> None:
    info = PngInfo()
    info.add_text("Comment", "made for the campaign", zip=True)
    _image().save(path, "PNG", pnginfo=info, dpi=(72, 72))


def _palette(path: Path) -> None:
    _image().quantize(8).save(path, "PNG", transparency=3)


def _jpeg(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned
    _image().save(path, "JPEG", exif=exif, progressive=True)


def _folder(path: Path, size: int | None = None) -> None:
    """The images in the folder of a file: that one alone."""
    from_folder(path.parent, size)


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
        Format(CONFIG, _config, _use_config, file=CONFIG),
        Format("CSV", _csv, table, file="a.csv"),
        Format("TSV of columns", _tsv, lambda path: table(path, ["age"])),
        Format("PNG", _png, lambda path: _folder(path), file="a.png"),
        Format(
            "PNG with a palette", _palette, lambda path: _folder(path, 5), file="a.png"
        ),
        Format("JPEG", _jpeg, lambda path: _folder(path, 6), file="a.jpg"),
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
