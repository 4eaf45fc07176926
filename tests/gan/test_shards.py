"""Shards: the same bits however many ranks compute them, and the right gradient."""

import hashlib

import numpy as np
import pytest

from minigan import Dense, Sequential
from minigan.errors import ArgumentError, MiniganError, NonFiniteError, ShapeError
from minigan.gan import Trainer
from minigan.gan.shards import tree
from minigan.jit.compiling import JIT_DISABLED
from minigan.primitives import backend

from .small import LATENT, build, side, state
from .together import together

SHARDS = {"shards": 4, "batch_size": 16}
CAPTURED = backend() == "jit" and not JIT_DISABLED

# name -> options that a step with shards treats in a way of its own
OPTIONS = {
    "half": {},
    "separate, moved together": {"batches": "separate", "updates": "simultaneous"},
    "mixed, with statistics": {"batches": "mixed", "norm": True, "ema": 0.9},
    "fakes in training mode": {"norm": True, "fakes": "training", "images": True},
    "noise and a penalty between": {"penalty": "wgan-gp", "instance_noise": 0.1},
    "compared, in packs": {
        "batches": "mixed",
        "objective": "relativistic",
        "penalty": "r1+r2",
        "pack": 2,
    },
    "ahead": {"updates": "extragradient", "rows": 21, "sampling": "shuffled"},
    "labels": {"condition": "auxiliary", "rows": 21, "discriminator_steps": 2},
    "rows of a shard": {"alike": True, "latent": "shared", "batches": "separate"},
}
every_option = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)


def trained(communicator=None, steps=3, **options):
    trainer = build(**{**SHARDS, "communicator": communicator, **options})
    trainer.fit(steps)
    return trainer


@every_option
def test_the_bits_are_those_of_one_rank_for_two_and_four(options):
    alone = state(trained(capture=False, **options))
    for size in 2, 4:
        found = together(size, lambda c: trained(c, capture=False, **options))
        assert all(state(trainer) == alone for trainer in found)


@pytest.mark.skipif(not CAPTURED, reason="needs compiled kernels")
@pytest.mark.parametrize("name", ["half", "mixed, with statistics", "labels"])
def test_recorded_steps_of_several_ranks_leave_the_bits_of_eager_ones(name):
    options = OPTIONS[name]
    alone = trained(capture=False, **options)
    one = trained(**options)
    assert state(one) == state(alone) and one.execution._program is not None
    for trainer in together(2, lambda c: trained(c, **options)):
        assert trainer.execution._program is not None
        assert state(trainer) == state(alone)


def test_a_traced_step_of_several_ranks_is_any_other():
    def traced(communicator=None):
        trainer = build(**SHARDS, communicator=communicator)
        assert "G step: g_loss" in trainer.trace_step()
        return state(trainer)

    assert together(2, traced) == [traced()] * 2 == [state(trained(steps=1))] * 2


@pytest.mark.parametrize("options", [{}, {"batches": "mixed", "penalty": "r1+r2"}])
def test_the_gradient_is_that_of_the_whole_batch(options):
    whole, cut = (
        build(batch_size=16, dtype=np.float64, shards=n, capture=False, **options)
        for n in (1, 4)
    )
    for trainer in whole, cut:
        trainer.step()
    for name in "generator", "discriminator":
        one, other = (getattr(trainer, name).dtheta for trainer in (whole, cut))
        assert np.abs(one).max() > 0
        assert np.abs(one - other).max() <= 1e-12 * np.abs(one).max()
    table = whole.history.table, cut.history.table
    assert np.allclose(*table, rtol=1e-12, atol=1e-15)


def test_moving_statistics_become_the_mean_of_where_the_shards_lead_them():
    trainer = build(**SHARDS, norm=True, batches="mixed", capture=False)
    z = np.random.default_rng(1).standard_normal((16, LATENT)).astype(np.float32)
    start = trainer.generator.buffers.copy()
    ends = []
    for part in np.split(z, 4):
        trainer.generator.buffers[:] = start
        trainer.generator.forward(part, training=True)
        ends.append(trainer.generator.buffers.copy())
    trainer.generator.buffers[:] = start
    trainer.generator_step(z)
    expected = (ends[0] + ends[1] + (ends[2] + ends[3])) / 4
    assert (expected != start).any()
    assert (trainer.generator.buffers == expected).all()


def test_neighbours_are_added_first():
    assert tree(list("abcd"), "({}+{})".format) == "((a+b)+(c+d))"


# ---- what is refused ---------------------------------------------------------------


def test_options_that_cannot_be_cut_are_refused():
    for options, text in [
        ({"shards": 3}, "expected a power of two, got 3"),
        ({"batch_size": 12}, "a multiple of 8 with shards=4 and batches='half'"),
        ({"batch_size": 24, "pack": 2}, "multiple of 16 with shards=4, pack=2"),
        ({"dropout": True}, "'generator': expected layers that draw no random numbers"),
    ]:
        with pytest.raises(ArgumentError, match=text):
            build(**{**SHARDS, **options})
    trainer = build(**SHARDS)
    before = state(trainer)
    with pytest.raises(ShapeError, match="multiple of 4 rows, the option shards"):
        trainer.generator_step(np.zeros((6, LATENT), np.float32))
    assert state(trainer) == before


def test_ranks_that_have_not_as_many_shards_each_are_refused():
    for size, shards in (3, 4), (2, 1):
        with pytest.raises(ArgumentError, match=f"multiple of the {size} ranks"):
            together(size, lambda c, n=shards: build(shards=n, communicator=c))


# ---- what goes wrong ---------------------------------------------------------------


class Faulty(Dense):
    """Fails in the shard whose first number is marked."""

    fault: Exception | None = None

    def forward_pass(self, x, training):
        if self.fault is not None and self.fault.args[1] == x[0, 0]:
            raise type(self.fault)(self.fault.args[0])
        return super().forward_pass(x, training)


@pytest.mark.parametrize(
    ("kind", "heard"), [(NonFiniteError, NonFiniteError), (KeyError, MiniganError)]
)
def test_an_error_of_one_rank_is_raised_on_all(kind, heard):
    """Else the others would wait for it for ever."""
    z = np.arange(16 * LATENT, dtype=np.float32).reshape(16, LATENT) / 16
    heard_by = {}

    def work(communicator):
        small = build(**SHARDS)
        layer = Faulty(LATENT, 2)
        trainer = Trainer(
            Sequential([layer]),
            small.discriminator,
            small.data,
            **SHARDS,
            communicator=communicator,
        )
        before = side(trainer, "generator")
        layer.fault = kind("a shard is not well", z[12, 0])  # of the last rank
        last = communicator.rank == communicator.size - 1
        with pytest.raises(kind if last else heard, match="a shard is not well"):
            trainer.generator_step(z)
        after = side(trainer, "generator")
        assert after["theta"] == before["theta"] and after["t"] == before["t"]
        layer.fault = None
        trainer.generator_step(z)  # and they go on together
        heard_by[communicator.rank] = state(trainer)

    together(2, work)
    assert heard_by[0] == heard_by[1]


def test_all_ranks_name_the_step_that_was_not_finite():
    def work(communicator=None):
        trainer = build(**SHARDS, communicator=communicator, objective="wasserstein")
        trainer.fit(2)
        trainer.generator.theta[0] = np.inf
        with (
            np.errstate(all="ignore"),
            pytest.raises(NonFiniteError, match="step 3") as error,
        ):
            trainer.fit(5)
        return str(error.value), state(trainer)

    alone = work()
    assert together(2, work) == [alone, alone]


# ---- files -------------------------------------------------------------------------


def test_a_checkpoint_has_the_same_bytes_and_any_number_of_ranks_goes_on(tmp_path):
    def saved(communicator=None):
        size, rank = (communicator.size, communicator.rank) if communicator else (1, 0)
        trainer = trained(communicator, norm=True, capture=False)
        trainer.save(tmp_path / f"{size}.{rank}.npz")
        return trainer

    saved()
    together(2, saved)
    together(4, saved)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"1.0.npz", "2.0.npz", "4.0.npz"}  # rank 0 alone writes
    digests = {
        hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()
    }
    assert len(digests) == 1

    def resumed(communicator=None):
        path = tmp_path / "4.0.npz"
        trainer = Trainer.load(path, communicator=communicator, capture=False)
        trainer.fit(2)
        return state(trainer)

    straight = state(trained(steps=5, norm=True, capture=False))
    assert [*together(2, resumed), resumed()] == [straight] * 3
