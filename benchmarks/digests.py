"""Digests of what one version of minigan computes; run by `same_bits`, in any version.

    PYTHONPATH=VERSION python -P digests.py FOLDER FORMS PATTERNS SCALE

Prints one line of JSON for the environment and one for each case of one of the forms
whose name matches one of the patterns (both joined by commas):
{"case": name, "steps": ..., "found": {array: sha256}, "random": {generator: sha256}}.
Imports nothing of this folder, as minigan's own version may stand beside it.
"""

import hashlib
import json
import os
import platform
import sys
import tempfile
import warnings
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

TYPES = ("float32", "float64")
FORMS = ("eager", "captured", "numpy")
ROWS = 2_000  # of images
LONG, USUAL, SHORT = 3_000, 300, 200  # steps: of the parabola, of recipes, of options
FEW = 50  # steps of images with options

_SHARED = {"batches": "separate", "latent": "shared"}
# name -> (recipe, steps, overrides)
OPTIONS = {
    "clip": ("parabola", SHORT, {"clip_value": 0.05}),
    "ema": ("parabola", SHORT, {"ema": 0.99}),
    "noise": ("parabola", SHORT, {"instance_noise": 0.1}),
    "falling-noise": (
        "parabola",
        SHORT,
        {"instance_noise": 0.1, "instance_noise_steps": 150},
    ),
    "pretraining": ("parabola", SHORT, {"pretraining_steps": 50}),
    "pretraining-noise": (
        "parabola",
        SHORT,
        {"pretraining_steps": 5, "instance_noise": 0.1, "instance_noise_steps": 150},
    ),
    "mixed": ("parabola", SHORT, {"batches": "mixed"}),
    "separate": ("parabola", SHORT, {"batches": "separate"}),
    "shared": ("parabola", SHORT, _SHARED),
    "shared-mixed": ("parabola", SHORT, {**_SHARED, "batches": "mixed"}),
    "many-d": ("parabola", SHORT, {"discriminator_steps": 20}),
    "many-dg": ("parabola", SHORT, {"discriminator_steps": 15, "generator_steps": 3}),
    "two-g": ("parabola", SHORT, {"generator_steps": 2}),
    "labels": ("parabola", SHORT, {"real_label": 0.9, "fake_label": 0.1}),
    "rates": (
        "parabola",
        SHORT,
        {"generator_learning_rate": 2e-3, "discriminator_learning_rate": 5e-4},
    ),
    "fakes": ("parabola", SHORT, {"fakes": "training"}),
    # BatchNorm and epochs, which points on the parabola do not have
    "digits-fakes": ("digits", FEW, {"fakes": "training"}),
    "digits-ema": ("digits", FEW, {"ema": 0.9}),
    "digits-shuffled": ("digits", FEW, {"sampling": "shuffled"}),
    "digits-noise": (
        "digits",
        FEW,
        {"sampling": "ordered", "instance_noise": 0.1, "instance_noise_steps": 40},
    ),
    "digits-many": (
        "digits",
        FEW,
        {"discriminator_steps": 17, "objective": "wasserstein"},
    ),
}


@dataclass(frozen=True)
class Case:
    """One run: what is trained, in which type and form, for how many steps.

    subject: a recipe, or one with options.  form: one of `FORMS`.
    """

    subject: str
    dtype: str
    form: str
    steps: int
    recipe: str = ""
    overrides: dict = field(default_factory=dict)

    @property
    def name(self):
        return f"{self.subject}/{self.dtype}/{self.form}"


def cases():
    """All cases that the minigan here can run, in order."""
    from minigan.gan import OBJECTIVES, recipes

    subjects = {
        name: (name, LONG if name == "parabola" else USUAL, {})
        for name in recipes.RECIPES
    }
    subjects |= {
        f"objective-{name}": ("parabola", SHORT, {"objective": name})
        for name in OBJECTIVES
    }
    subjects |= {f"option-{name}": given for name, given in OPTIONS.items()}
    for name in OPTIMIZERS:
        subjects[f"optimizer-{name}"] = ("parabola", SHORT, {})
    subjects["images"] = ("", FEW, {})
    found = [
        Case(subject, dtype, form, steps, recipe, overrides)
        for subject, (recipe, steps, overrides) in subjects.items()
        for dtype in TYPES
        for form in FORMS
    ]
    for form in ("eager", "numpy"):
        found.append(Case("golden", "float64", form, 0))
    return found


# ---- one case ----------------------------------------------------------------------


def run(case, steps):
    """(arrays, generators) by name, after so many steps."""
    if case.subject == "golden":
        return golden(case), {}
    trainer = trainer_of(case)
    with warnings.catch_warnings():
        if case.form == "captured":  # it must not have been run step by step
            warnings.filterwarnings("error", message=".*captured")
        trainer.fit(steps, report_every=None)
    return memory(trainer)


def trainer_of(case):
    """The trainer of a case, untrained."""
    from minigan.gan import recipes

    backend = "numpy" if case.form == "numpy" else "jit"
    options = {"backend": backend, "capture": case.form == "captured"}
    if case.subject == "images":
        return _images(case.dtype, **options)
    made = {}
    kind = case.subject.removeprefix("optimizer-")
    if kind in OPTIMIZERS:
        for player in ("generator", "discriminator"):
            made[f"{player}_optimizer"] = OPTIMIZERS[kind]()
    needs_rows = recipes.RECIPES[case.recipe].dataset not in (None, "digits")
    data = rows() if needs_rows else None
    if needs_rows and getattr(recipes.RECIPES[case.recipe], "condition", None):
        data = data, np.arange(len(data)) % 10
    return recipes.load(
        case.recipe, data=data, dtype=case.dtype, **options, **case.overrides, **made
    )


def memory(trainer):
    """(arrays, generators) of a trainer, both by name, whatever its version calls them.

    Before there was `state`, arrays were in `memory()`, generators in a list without
    names, of which the streams have some.
    """
    if hasattr(trainer, "state"):
        arrays, generators = trainer.state(), trainer.generators()
    else:
        names = {id(rng): name for name, rng in trainer.streams.items()}
        arrays = trainer.memory()
        generators = {
            names.get(id(rng), f"layer {k}"): rng
            for k, rng in enumerate(trainer.generators())
        }
    return {**arrays, "history": trainer.history.table}, generators


def golden(case):
    """The arrays of the golden vectors, computed on the backend of the case."""
    import minigan.golden
    from minigan import use_backend

    backend = "numpy" if case.form == "numpy" else "jit"
    with tempfile.TemporaryDirectory() as folder, use_backend(backend):
        path = Path(folder) / "golden.npz"
        minigan.golden.write(path)
        return minigan.golden.read(path)[0]


def _sgd():
    from minigan import SGD

    return SGD(0.05, momentum=0.9)


def _rmsprop():
    from minigan import RMSprop

    return RMSprop(1e-3, momentum=0.5)


def _pytorch():
    from minigan import Adam

    return Adam(1e-3, epsilon_form="pytorch")


OPTIMIZERS = {"sgd": _sgd, "rmsprop": _rmsprop, "adam-pytorch": _pytorch}


def _images(dtype, **options):
    """Convolutions, dropout and the other layers that no recipe has."""
    import minigan as mg

    def common(k):
        return {"rng": np.random.default_rng(k), "dtype": dtype}

    generator = mg.Sequential(
        [
            mg.Dense(10, 4 * 4 * 8, **common(0)),
            mg.BatchNorm(4 * 4 * 8, 0.8, dtype=dtype),
            mg.ReLU(),
            mg.UpSampling2D((4, 4, 8)),
            mg.Conv2D((8, 8, 8), 6, 3, padding="same", **common(1)),
            mg.BatchNorm(6, 0.8, positions=64, dtype=dtype),
            mg.ClippedReLU(4.0, negative_slope=0.1),
            mg.Conv2D((8, 8, 6), 1, 3, padding="same", **common(2)),
            mg.Tanh(),
        ]
    )
    discriminator = mg.Sequential(
        [
            mg.ZeroPadding2D((8, 8, 1)),
            mg.Conv2D((10, 10, 1), 8, 3, strides=2, **common(3)),
            mg.LeakyReLU(0.2),
            mg.Dropout(0.25, rng=np.random.default_rng(4)),
            mg.Dense(4 * 4 * 8, 1, **common(5)),
            mg.Sigmoid(),
        ]
    )
    x = np.random.default_rng(6).uniform(-1, 1, (500, 64)).astype(dtype)
    return mg.gan.Trainer(generator, discriminator, x, batch_size=32, **options)


def rows():
    """Images to train on, (ROWS, 784) float32: MNIST where $MINIGAN_DATA names it."""
    if os.environ.get("MINIGAN_DATA"):
        from minigan.data import images

        return images("mnist", dtype=np.float32)[:ROWS].reshape(-1, 784)
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (ROWS, 784)).astype(np.float32)


# ---- digests -----------------------------------------------------------------------


def digest(array):
    """sha256 of type, shape and bytes."""
    array = np.asarray(array)
    found = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    found.update(array.tobytes())
    return found.hexdigest()


def random_digest(rng):
    """sha256 of a generator's state."""
    text = json.dumps(rng.bit_generator.state, sort_keys=True, default=int)
    return hashlib.sha256(text.encode()).hexdigest()


def environment():
    """What the bits depend on beside minigan."""
    import numba

    lines = Path("/proc/cpuinfo").read_text() if os.path.exists("/proc/cpuinfo") else ""
    cpu = [line for line in lines.splitlines() if line.startswith("model name")]
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "blas": f"{blas['name']} {blas['version']}",
        "cpu": cpu[0].split(":", 1)[1].strip() if cpu else platform.processor(),
        "images": digest(rows()),
    }


def line(case, scale):
    """The result of a case, as JSON can hold it."""
    steps = max(1, round(case.steps * scale)) if case.steps else 0
    result = {"case": case.name, "steps": steps}
    try:
        arrays, generators = run(case, steps)
    except Exception as error:  # the others shall be run all the same
        return {**result, "error": f"{type(error).__name__}: {error}"}
    found = {name: digest(array) for name, array in arrays.items()}
    random = {name: random_digest(rng) for name, rng in generators.items()}
    return {**result, "found": found, "random": random}


def main(folder, forms, patterns, scale):
    import minigan

    if Path(folder) not in Path(minigan.__file__).resolve().parents:
        sys.exit(f"expected minigan from {folder}, got {minigan.__file__}")
    print(json.dumps({"environment": environment()}), flush=True)
    for case in cases():
        matches = any(fnmatch(case.name, pattern) for pattern in patterns.split(","))
        if matches and case.form in forms.split(","):
            print(json.dumps(line(case, float(scale))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
