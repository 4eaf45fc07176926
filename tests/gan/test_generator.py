"""The generator alone: the same samples as the trainer's, from either file."""

import numpy as np
import pytest

from minigan import Dense, Dropout, Sequential, checkpoint
from minigan.errors import CheckpointError, MiniganError
from minigan.gan import Generator, recipes


@pytest.fixture(scope="module")
def trainer():
    trainer = recipes.load("digits", seed=3, backend="numpy", batch_size=8)
    trainer.fit(3, report_every=None)
    return trainer


@pytest.fixture(scope="module", params=["generator", "checkpoint"])
def loaded(request, trainer, tmp_path_factory):
    path = tmp_path_factory.mktemp(request.param) / "file.npz"
    if request.param == "generator":
        Generator.of(trainer).save(path)
    else:
        trainer.save(path)
    return Generator.load(path)


def test_the_same_z_gives_the_same_sample(trainer, loaded):
    z = np.random.default_rng(0).standard_normal((5, 32)).astype(np.float32)
    np.testing.assert_array_equal(loaded.sample(z=z), trainer.sample(z=z))
    assert loaded.sample(z=z).shape == (5, 8, 8, 1)
    assert (loaded.recipe, loaded.seed, loaded.step) == ("digits", 3, 3)
    assert loaded.image_shape == (8, 8) and "step 3" in repr(loaded)


def test_and_so_does_the_same_seed(loaded):
    one, same, other = (loaded.sample(4, seed=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_without_a_seed_it_goes_on_as_the_trainer_would(trainer, tmp_path):
    generator = Generator.of(trainer)
    trainer.save(tmp_path / "c.npz")
    generator.save(tmp_path / "g.npz")
    first, second = generator.sample(3), generator.sample(3)
    assert (first != second).any()
    for name in ("c.npz", "g.npz"):
        again = Generator.load(tmp_path / name)
        np.testing.assert_array_equal(again.sample(3), first)
        np.testing.assert_array_equal(again.sample(3), second)


def test_between_two_z(loaded):
    first, last = np.random.default_rng(1).standard_normal((2, 3, 32))
    path = loaded.between(first, last, 5).reshape(3, 5, 32)
    np.testing.assert_allclose(path[:, 0], first, rtol=1e-5)
    np.testing.assert_allclose(path[:, -1], last, rtol=1e-5)
    ends = np.linalg.norm([first, last], axis=2)
    lengths = np.linalg.norm(path, axis=2)
    assert (lengths > 0.95 * ends.min(axis=0)[:, None]).all()
    same = loaded.between(first, 2 * first, 3).reshape(3, 3, 32)
    np.testing.assert_allclose(same[:, 1], 1.5 * first, rtol=1e-5)


def test_where_there_is_an_average_it_is_taken(tmp_path):
    trainer = recipes.load("digits", backend="numpy", batch_size=8, ema=0.5)
    trainer.fit(3, report_every=None)
    trainer.save(tmp_path / "c.npz")
    Generator.of(trainer).save(tmp_path / "g.npz")
    z = trainer.draw_latent(4, "sample")
    expected = trainer.sample(z=z, ema=True)
    assert (trainer.sample(z=z) != expected).any()
    for name in ("c.npz", "g.npz"):
        found = Generator.load(tmp_path / name).sample(z=z)
        np.testing.assert_array_equal(found, expected)


def test_dropout_in_the_generator(tmp_path):
    layers = [Dense(3, 4), Dropout(0.5, rng=np.random.default_rng(7)), Dense(4, 2)]
    generator = Generator(Sequential(layers), 0)
    generator.save(tmp_path / "g.npz")
    again = Generator.load(tmp_path / "g.npz")
    np.testing.assert_array_equal(again.sample(4), generator.sample(4))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either n or z"),
        ({"n": 0}, "'n': expected an integer >= 1"),
        ({"n": 2, "seed": -1}, "'seed'"),
        ({"z": np.zeros((2, 31), np.float32)}, r"'z': expected shape \(n, 32\)"),
    ],
)
def test_bad_arguments(loaded, arguments, message):
    with pytest.raises(MiniganError, match=message):
        loaded.sample(**arguments)


def test_files_that_hold_no_generator(trainer, tmp_path):
    path = tmp_path / "g.npz"
    Generator.of(trainer).save(path)
    arrays, meta = checkpoint.read(path)
    broken = {
        "kind": (arrays, {**meta, "kind": "film"}),
        "theta": ({**arrays, "generator/theta": np.zeros(3, np.float32)}, meta),
        "arrays": ({}, meta),
        "meta": (arrays, {"kind": "generator"}),
    }
    for values, description in broken.values():
        checkpoint.write(path, values, description)
        with pytest.raises(CheckpointError, match="g.npz"):
            Generator.load(path)
