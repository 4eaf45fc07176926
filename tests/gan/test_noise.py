"""Instance noise: what is added to every row that D sees."""

import numpy as np
import pytest

from minigan.gan.rngs import rngs

from .small import BATCH, build


@pytest.mark.parametrize("falling", [False, True])
def test_instance_noise_is_normal_and_falls_in_a_straight_line(falling):
    end = 100 if falling else None
    trainer = build(instance_noise=0.5, instance_noise_steps=end, dtype=np.float64)
    rows = np.zeros((20_000, 2))
    for step, share in [(0, 1), (25, 0.75), (100, 0), (110, 0)]:
        trainer.game.draws.noise.plan(0)
        trainer.game.draws.noise.place[...] = step
        made = trainer.game.draws.noise
        noise = made.add(rows, made.draw(*rows.shape))
        std = 0.5 * (share if falling else 1)
        assert noise.std() == pytest.approx(std, rel=0.02)
        assert noise.mean() == pytest.approx(0, abs=0.02 * std)
    assert (rows == 0).all()


def test_noise_reaches_every_row_that_d_sees_and_nothing_else():
    trainer = build(instance_noise=0.5, capture=False)
    seen = []
    forward = trainer.critic.forward
    trainer.critic.forward = lambda x, training: seen.append(x) or forward(x, training)
    trainer.step()
    assert [len(x) for x in seen] == [BATCH // 2, BATCH // 2, BATCH]
    off = [np.abs(x[:, 1] - x[:, 0] ** 2).mean() for x in seen]
    assert min(off) > 0.1  # real points lie on the parabola without it
    fake = trainer.sample(3)
    assert fake.tobytes() == trainer.generator.predict(fake_z(trainer, 3)).tobytes()


def fake_z(trainer, n):
    """The z of the last `sample(n)`, drawn once more."""
    return rngs(trainer.seed)["sample"].standard_normal((n, 3), np.float32)


def test_without_noise_no_number_of_its_stream_is_drawn():
    trainer = build()
    before = repr(trainer.rngs["noise"].bit_generator.state)
    trainer.fit(3)
    assert repr(trainer.rngs["noise"].bit_generator.state) == before
