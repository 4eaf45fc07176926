"""One seed, independent named streams."""

import numpy as np
import pytest

from minigan.errors import MiniganError
from minigan.gan.rngs import NAMES, rngs


def test_same_seed_same_numbers_in_every_stream():
    one, two = rngs(7), rngs(7)
    assert tuple(one) == NAMES
    for name in NAMES:
        assert one[name].random(3).tobytes() == two[name].random(3).tobytes()


def test_streams_and_seeds_all_differ():
    first = {s.random() for seed in range(20) for s in rngs(seed).values()}
    assert len(first) == 20 * len(NAMES)


def test_the_streams_are_those_that_numpy_spawns():
    children = np.random.SeedSequence(11).spawn(len(NAMES))
    for child, rng in zip(children, rngs(11).values(), strict=True):
        expected = np.random.Generator(np.random.PCG64(child)).random(4)
        np.testing.assert_array_equal(rng.random(4), expected)


def test_drawing_from_one_moves_no_other():
    one, two = rngs(0), rngs(0)
    one["latent"].standard_normal(1000)
    for name in set(NAMES) - {"latent"}:
        assert one[name].random() == two[name].random()


def test_numpy_integers_are_seeds():
    assert rngs(np.int64(5))["data"].random() == rngs(5)["data"].random()


@pytest.mark.parametrize("seed", [-1, 2**63, 1.0, "0", None, True, [1]])
def test_bad_seeds(seed):
    with pytest.raises(MiniganError, match="rngs: argument 'seed': expected an int"):
        rngs(seed)
