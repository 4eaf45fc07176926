"""The moving average of the generator, and the noise on what D sees."""

import numpy as np
import pytest

from minigan.errors import MiniganError
from minigan.gan import Trainer

from .small import BATCH, build, state


def test_the_average_follows_parameters_and_statistics():
    trainer = build(norm=True, ema=0.75, dtype=np.float64, generator_steps=1)
    names = ("theta", "buffers")
    mean = {name: getattr(trainer.generator, name).copy() for name in names}
    for _ in range(5):
        trainer.step()
        for name in names:
            now = getattr(trainer.generator, name)
            mean[name] = 0.75 * mean[name] + 0.25 * now
            np.testing.assert_allclose(
                getattr(trainer.average, name), mean[name], rtol=1e-13
            )
            assert (getattr(trainer.average, name) != now).any()


def test_averaging_changes_nothing_of_the_run():
    one, two = build(norm=True, ema=0.9), build(norm=True)
    one.fit(5), two.fit(5)
    mine, other = state(one), state(two)
    assert {name: mine[name] for name in other} == other


def test_samples_of_the_average(tmp_path):
    trainer = build(norm=True, dropout=True, ema=0.9)
    trainer.fit(4)
    z = np.ones((3, 3), np.float32)
    sample = trainer.sample(z=z, ema=True)
    assert sample.tobytes() == trainer.average.predict(z).tobytes()
    assert sample.tobytes() == trainer.sample(z=z, ema=True).tobytes()
    assert (sample != trainer.sample(z=z)).any()
    trainer.save(tmp_path / "c")
    resumed = Trainer.load(tmp_path / "c")
    assert resumed.ema == 0.9
    assert sample.tobytes() == resumed.sample(z=z, ema=True).tobytes()
    with pytest.raises(MiniganError, match="sample: argument 'ema': expected False"):
        build().sample(2, ema=True)
    with pytest.raises(MiniganError, match="Trainer.sample: argument 'ema'.*got 1"):
        trainer.sample(2, ema=1)


@pytest.mark.parametrize("falling", [False, True])
def test_instance_noise_is_normal_and_falls_in_a_straight_line(falling):
    end = 100 if falling else None
    trainer = build(instance_noise=0.5, instance_noise_steps=end, dtype=np.float64)
    rows = np.zeros((20_000, 2))
    for step, share in [(0, 1), (25, 0.75), (100, 0), (110, 0)]:
        trainer._runner._begin(trainer._step)
        trainer._runner.cursor[...] = step
        noise = trainer._noisy(rows)
        std = 0.5 * (share if falling else 1)
        assert noise.std() == pytest.approx(std, rel=0.02)
        assert noise.mean() == pytest.approx(0, abs=0.02 * std)
    assert (rows == 0).all()


def test_noise_reaches_every_row_that_d_sees_and_nothing_else():
    trainer = build(instance_noise=0.5, capture=False)
    seen = []
    forward = trainer.logits.forward
    trainer.logits.forward = lambda x, training: seen.append(x) or forward(x, training)
    trainer.step()
    assert [len(x) for x in seen] == [BATCH // 2, BATCH // 2, BATCH]
    off = [np.abs(x[:, 1] - x[:, 0] ** 2).mean() for x in seen]
    assert min(off) > 0.1  # real points lie on the parabola without it
    fake = trainer.sample(3)
    assert fake.tobytes() == trainer.generator.predict(fake_z(trainer, 3)).tobytes()


def fake_z(trainer, n):
    """The z of the last `sample(n)`, drawn once more."""
    from minigan.gan.streams import streams

    return streams(trainer.seed)["sample"].standard_normal((n, 3), np.float32)


def test_without_noise_no_number_of_its_stream_is_drawn():
    trainer = build()
    before = repr(trainer.streams["noise"].bit_generator.state)
    trainer.fit(3)
    assert repr(trainer.streams["noise"].bit_generator.state) == before


BAD = {
    "ema 0": ({"ema": 0}, "'ema': expected a finite number > 0 and < 1, got 0"),
    "ema 1": ({"ema": 1.0}, "'ema'.*got 1.0"),
    "ema text": ({"ema": "0.9"}, "'ema'.*got '0.9'"),
    "noise -1": ({"instance_noise": -1}, "'instance_noise': expected a f.*>= 0"),
    "noise None": ({"instance_noise": None}, "'instance_noise'.*got None"),
    "noise steps 0": (
        {"instance_noise": 1.0, "instance_noise_steps": 0},
        "'instance_noise_steps': expected an integer >= 1, got 0",
    ),
    "noise steps alone": (
        {"instance_noise_steps": 9},
        "'instance_noise_steps': expected None without instance_noise, got 9",
    ),
    "clip 0": ({"clip_value": 0}, "'clip_value': expected a finite number > 0"),
    "generator steps 0": ({"generator_steps": 0}, "'generator_steps'.*>= 1, got 0"),
    "pretraining -1": ({"pretraining_steps": -1}, "'pretraining_steps'.*>= 0, got -1"),
    "shared z, two steps": (
        {"generator_steps": 2, "latent": "shared", "batches": "mixed"},
        "'latent': expected 'fresh' with generator_steps > 1",
    ),
    "labels of hinge": (
        {"objective": "hinge", "real_label": 0.9},
        "'real_label': expected 1 .*no labels",
    ),
}


@pytest.mark.parametrize("options, message", BAD.values(), ids=BAD)
def test_bad_options(options, message):
    with pytest.raises(MiniganError, match=message):
        build(**options)
