"""Saving and resuming a trainer: to the bit, or not at all."""

import json
import warnings

import numpy as np
import pytest

from minigan import (
    OPTIMIZERS,
    Adam,
    Dense,
    Dropout,
    Layer,
    LeakyReLU,
    Optimizer,
    Sequential,
    checkpoint,
    use_products,
)
from minigan.errors import CheckpointError, MiniganError, StateError
from minigan.gan import Parabola, Rows, Trainer, recipes
from minigan.gan.saving import config
from minigan.jit.compiling import JIT_DISABLED

from .small import BATCH, OPTIONS, array, build, labels_of, state

every_option = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)


def data_of(options):
    dtype = options.get("dtype", np.float32)
    if "rows" not in options:
        return None
    rows = array(options["rows"], dtype)
    return (rows, labels_of(len(rows))) if "condition" in options else rows


@every_option
def test_resumed_equals_uninterrupted(options, tmp_path):
    rng = np.random.default_rng(len(repr(options)))
    whole = build(**options)
    whole.fit(6, report_every=2)
    pieces, done = build(**options), 0
    for end in sorted({0, *rng.integers(0, 6, 2).tolist()}):
        pieces.fit(end - done, report_every=2)
        pieces.save(tmp_path / "c.npz")
        resumed = Trainer.load(tmp_path / "c.npz", data=data_of(options))
        assert state(resumed) == state(pieces)
        assert config(resumed) == config(pieces)
        pieces, done = resumed, end
    pieces.fit(6 - done, report_every=2)
    assert state(pieces) == state(whole)
    assert pieces.sample(3).tobytes() == whole.sample(3).tobytes()


def test_saving_changes_nothing_and_equal_states_give_equal_files(tmp_path):
    one, two = build(dropout=True, norm=True), build(dropout=True, norm=True)
    one.fit(2), two.fit(2)
    before = state(one)
    one.save(tmp_path / "1")
    two.save(tmp_path / "2")
    assert state(one) == before
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_a_source_with_a_generator_of_its_own(tmp_path):
    """Its draws are part of the run, wherever the generator came from."""

    def start():
        source = Rows(array(21), rng=99, sampling="shuffled")
        return recipes.load("parabola", data=source, batch_size=8)

    whole, first = start(), start()
    whole.fit(5)
    first.fit(2)
    first.save(tmp_path / "c")
    resumed = Trainer.load(tmp_path / "c", data=array(21))
    resumed.fit(3)
    assert state(resumed) == state(whole)


def test_a_changed_learning_rate_is_kept(tmp_path):
    trainer = build()
    trainer.generator_optimizer.learning_rate = 0.25
    trainer.save(tmp_path / "c")
    assert Trainer.load(tmp_path / "c").generator_optimizer.learning_rate == 0.25


def test_the_description_is_plain_and_complete():
    text = json.loads(json.dumps(config(build(norm=True, real_label=0.9, seed=5))))
    assert text["seed"] == 5 and text["options"]["real_label"] == 0.9
    network, arguments = text["generator"]["network"]
    assert network == "Sequential" and arguments["layers"][0]["layer"][0] == "Dense"
    assert set(text["versions"]) == {"minigan", "numpy", "python", "machine"}


def test_another_environment_is_warned_of(tmp_path):
    trainer = build(backend="numpy")
    trainer.save(tmp_path / "c")
    with pytest.warns(RuntimeWarning, match="another env.*backend numpy -> jit"):
        Trainer.load(tmp_path / "c", backend="jit")
    arrays, meta = checkpoint.read(tmp_path / "c")
    meta["versions"]["numpy"] = "1.0"
    checkpoint.write(tmp_path / "c", arrays, meta)
    with pytest.warns(RuntimeWarning, match="numpy 1.0 -> "):
        Trainer.load(tmp_path / "c")


def test_another_arithmetic_is_warned_of(tmp_path):
    with use_products("chain"):
        trainer = build()
        trainer.save(tmp_path / "c")
        assert config(trainer)["products"] == "chain"
    arrays, meta = checkpoint.read(tmp_path / "c")
    meta["products"] = "tiles"
    checkpoint.write(tmp_path / "t", arrays, meta)
    with use_products("chain"):
        with pytest.warns(RuntimeWarning, match="another env.*products tiles -> chain"):
            Trainer.load(tmp_path / "t")
    del meta["products"]  # a checkpoint from before there were two
    checkpoint.write(tmp_path / "o", arrays, meta)
    with use_products("chain"):
        Trainer.load(tmp_path / "o")


@pytest.mark.skipif(JIT_DISABLED, reason="NumPy multiplies")
def test_float64_has_one_arithmetic(tmp_path):
    with use_products("tiles"):
        assert config(build(backend="jit"))["products"] == "tiles"
        double = build(backend="jit", dtype=np.float64)
        assert config(double)["products"] == "chain"
        assert config(build(backend="numpy"))["products"] == "chain"


# ---- what cannot be saved ----------------------------------------------------------


class Own(Layer):
    def forward_pass(self, x, training):
        return x.copy(), None

    def backward_pass(self, dy, cache, need_dx):
        return dy


class OwnAdam(Adam):
    pass


class OwnSource(Parabola):
    pass


def networks(*extra):
    return (
        Sequential([Dense(3, 4), LeakyReLU(), *extra, Dense(4, 2)]),
        Sequential([Dense(2, 4), LeakyReLU(), Dense(4, 1)]),
    )


UNSAVABLE = {
    "layer": (
        lambda: Trainer(*networks(Own()), Parabola(0)),
        "class is registered.*Own",
    ),
    "optimizer": (
        lambda: Trainer(*networks(), Parabola(0), generator_optimizer=OwnAdam()),
        "generator_optimizer: expected .*Adam.* or SGD.*, got OwnAdam",
    ),
    "source": (
        lambda: Trainer(*networks(), OwnSource(0)),
        "data: expected Parabola or .*Rows, got OwnSource",
    ),
    "generator": (
        lambda: Trainer(
            *networks(Dropout(0.5, rng=np.random.Generator(np.random.MT19937(0)))),
            Parabola(0),
        ),
        r"random generator \d+: expected PCG64, got MT19937",
    ),
}


@pytest.mark.parametrize("make, message", UNSAVABLE.values(), ids=UNSAVABLE)
def test_what_cannot_be_loaded_is_not_saved(make, message, tmp_path):
    trainer = make()
    with pytest.raises(StateError, match=message):
        trainer.save(tmp_path / "c")
    assert list(tmp_path.iterdir()) == []


# ---- what cannot be loaded ---------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "c.npz"
    trainer = build(norm=True, dropout=True, rows=21, sampling="shuffled")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(2)
    trainer.save(path)
    return path


def test_every_prefix_is_refused(saved, tmp_path):
    content, path = saved.read_bytes(), tmp_path / "cut"
    for end in range(0, len(content), 37):
        path.write_bytes(content[:end])
        with pytest.raises(CheckpointError):
            Trainer.load(path, data=array(21))


def _set(name, value):
    def change(arrays, meta):
        place, *path, last = (meta, *name.split("."))
        for key in path:
            place = place[int(key) if key.isdigit() else key]
        place[int(last) if last.isdigit() else last] = value

    return change


def _delete(name):
    return lambda arrays, meta: meta.pop(name)


def _array(name, value):
    def change(arrays, meta):
        arrays[name] = value

    return change


def _cell(name, value):
    """Of an optimizer: what no step could have written."""

    def change(arrays, meta):
        arrays[f"discriminator_optimizer/{name}"][...] = value

    return change


def _reshape(arrays, meta):
    arrays["generator/theta"] = arrays["generator/theta"].reshape(1, -1)


def _narrow(arrays, meta):
    arrays["generator/theta"] = arrays["generator/theta"][:-1].copy()


def _wide(arrays, meta):
    arrays["generator/theta"] = arrays["generator/theta"].astype(np.float64)


def _other_optimizer(arrays, meta):
    meta["optimizers"]["generator_optimizer"] = ["SGD", {"learning_rate": 0.1}]


LAYERS = "generator.network.1.layers"
TAMPERED = {
    **{
        f"no {key}": _delete(key)
        for key in (
            "kind recipe seed backend dtype options optimizers generator discriminator "
            "data versions generators data_sha256 columns"
        ).split()
    },
    "future format": _set("format", 2),
    "kind": _set("kind", "network"),
    "dtype": _set("dtype", "float16"),
    "dtype complex": _set("dtype", "complex128"),
    "dtype list": _set("dtype", [["a", "f4"]]),
    "seed": _set("seed", -1),
    "seed text": _set("seed", "0"),
    "backend": _set("backend", "gpu"),
    "unknown layer": _set(f"{LAYERS}.0.layer.0", "Conv3D"),
    "wider layer": _set(f"{LAYERS}.0.layer.1.units", 5),
    "bomb layer": _set(f"{LAYERS}.0.layer.1.units", 10**9),
    "no layers": _set("generator", []),
    "layers of text": _set("generator", "Dense"),
    "other layer": _set(f"{LAYERS}.1", {"layer": ["ReLU", {"negative_slope": 1}]}),
    "initialiser": _set(f"{LAYERS}.0.layer.1.kernel_initializer", "__import__('os')"),
    "unknown optimizer": _set("optimizers.generator_optimizer.0", "Adagrad"),
    "other optimizer": _other_optimizer,
    "optimizer of rate 0": _set("optimizers.generator_optimizer.1.learning_rate", 0),
    "unknown option": _set("options.magic", 1),
    "false backend": _set("backend", False),
    "no backend": _set("backend", None),
    "batch_size": _set("options.batch_size", -8),
    "batches": _set("options.batches", "x"),
    "objective": _set("options.objective", "x"),
    "columns": _set("columns", ["loss"]),
    "generators": _set("generators", []),
    "one generator": _set("generators.0", {}),
    "generator state": _set("generators.0.state.state", -1),
    "generator kind": _set("generators.0.bit_generator", "MT19937"),
    "versions": _set("versions", 3),
    "versions list": _set("versions", []),
    "data kind": _set("data.kind", 3),
    "sampling": _set("data.sampling", "x"),
    "generators of text": _set("generators", "x" * 100_000),
    "many generators": lambda arrays, meta: meta["generators"].extend([{}] * 10**5),
    "t": _cell("t", -5),
    "overflow": _cell("overflow", 7),
    "rate": _cell("learning_rate", float("nan")),
    "place in the epoch": _array("data/cursor", np.array(22)),
    "place before the epoch": _array("data/cursor", np.array(-1)),
    "order": _array("data/order", np.arange(1, 22)),
    "order twice": _array("data/order", np.zeros(21, np.int64)),
    "missing array": lambda arrays, meta: arrays.pop("generator/theta"),
    "missing history": lambda arrays, meta: arrays.pop("history"),
    "extra array": _array("generator/phi", np.zeros(3)),
    "dots": _array("../generator/theta", np.zeros(3)),
    "shape": _reshape,
    "size": _narrow,
    "type": _wide,
    "scalar": _array("generator/theta", np.array(3.0, np.float32)),
    "history shape": _array("history", np.zeros((2, 3))),
    "history scalar": _array("history", np.array(1.0)),
    "history text": _array("history", np.full((2, 8), "a")),
    "history 3-d": _array("history", np.zeros((2, 8, 1))),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_tampered_files_are_refused(saved, tmp_path, change):
    arrays, meta = checkpoint.read(saved)
    change(arrays, meta)
    path = tmp_path / "tampered"
    checkpoint.write(path, arrays, meta)
    with pytest.raises(CheckpointError) as raised:
        Trainer.load(path, data=array(21))
    assert str(path) in str(raised.value)


def test_steps_before_the_first_that_are_none(tmp_path):
    """They would be made up for, a few at a time, for ever."""
    build(pretraining_steps=2).save(tmp_path / "c")
    arrays, meta = checkpoint.read(tmp_path / "c")
    arrays["pretrained"][...] = -(2**62)
    checkpoint.write(tmp_path / "c", arrays, meta)
    with pytest.raises(CheckpointError, match="'pretrained': expected .* >= 0"):
        Trainer.load(tmp_path / "c")


def test_a_foreign_checkpoint(tmp_path):
    checkpoint.write(tmp_path / "c", {"a": np.zeros(3)}, {"kind": "something else"})
    with pytest.raises(CheckpointError, match="c: "):
        Trainer.load(tmp_path / "c")


def test_the_data_must_be_the_same(saved, tmp_path):
    for data, message in [
        (None, "expected the array of 21 rows.*got None"),
        (array(20), "expected the array that the run was trained on"),
        (array(21) + np.float32(1), "expected the array that the run was trained on"),
    ]:
        with pytest.raises(MiniganError, match=f"'data': {message}"):
            Trainer.load(saved, data=data)
    build().save(tmp_path / "c")
    with pytest.raises(MiniganError, match="'data': expected None"):
        Trainer.load(tmp_path / "c", data=array(21))


def test_bad_arguments_of_load(saved):
    with pytest.raises(MiniganError, match="'backend': expected one of 'jit', 'numpy'"):
        Trainer.load(saved, data=array(21), backend="gpu")
    with pytest.raises(MiniganError, match="'path': expected a path, got 3"):
        Trainer.load(3)


def test_a_failed_save_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    import os

    path = tmp_path / "c"
    trainer = build()
    trainer.save(path)
    old = path.read_bytes()
    trainer.fit(1)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(MiniganError, match="c: cannot be written .No space left"):
        trainer.save(path)
    assert path.read_bytes() == old and [p.name for p in tmp_path.iterdir()] == ["c"]
    monkeypatch.undo()
    trainer.save(path)
    assert Trainer.load(path).step_count == 1 and trainer.batch_size == BATCH


# ---- an optimizer of one's own -----------------------------------------------------


@pytest.fixture
def shaky():
    """SGD with noise of its own, registered for as long as a test runs."""

    class Shaky(Optimizer):
        def __init__(self, learning_rate=0.01, *, rng):
            super().__init__(learning_rate)
            self.rng = rng

        def update(self, theta, dtheta, schedule):
            noise = self.rng.standard_normal(theta.size, np.float32)
            theta -= schedule.astype(theta.dtype) * (dtheta + noise)

    OPTIMIZERS.register()(Shaky)
    yield Shaky
    OPTIMIZERS.unregister("Shaky")


@pytest.mark.parametrize("shared", [False, True])
def test_an_optimizer_with_a_generator_is_resumed(shaky, shared, tmp_path):
    trainer = build(capture=False, dropout=True)
    own = trainer.rngs["data"] if shared else np.random.default_rng(7)
    trainer.generator_optimizer = shaky(0.02, rng=own)
    trainer.discriminator_optimizer = shaky(rng=np.random.default_rng(8))
    trainer.fit(2)
    trainer.save(tmp_path / "c")
    resumed = Trainer.load(tmp_path / "c", capture=False)
    trainer.fit(2), resumed.fit(2)
    assert state(resumed) == state(trainer)


def test_a_new_network_gets_such_an_optimizer_anew(shaky):
    trainer = build(capture=False)
    old = trainer.generator_optimizer = shaky(rng=np.random.default_rng(7))
    trainer.generator = build(seed=1).generator
    made = trainer.generator_optimizer
    assert type(made) is shaky and made is not old and made.rng is old.rng
    trainer.fit(1)
