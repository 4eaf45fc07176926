"""Capturing a step: what is refused, what the self-check sees, what a program shows."""

import re

import numpy as np
import pytest

from minigan import Dense, Layer, LeakyReLU, Sequential, primitives
from minigan.capture.listing import Machine
from minigan.capture.program import Recorder, capture
from minigan.errors import CaptureError
from minigan.gan import Parabola, Rows, Trainer, recipes
from minigan.gan.rngs import rngs
from minigan.jit.compiling import JIT_DISABLED
from minigan.state import Snapshot

from ..gan.small import BATCH, build, state

needs_jit = pytest.mark.skipif(JIT_DISABLED, reason="nothing can be captured")


@pytest.fixture(autouse=True)
def compiled_kernels():
    with primitives.use_backend("jit"):
        yield


class Memory:
    """Some arrays and generators, as `capture` wants to have them."""

    def __init__(self, *rngs, **arrays):
        self.rngs, self.arrays = rngs, arrays

    def state(self):
        return self.arrays

    def generators(self):
        return {f"rng {k}": rng for k, rng in enumerate(self.rngs)}


def capture_of(step, memory):
    """The program of `step(arrays)`."""
    return capture(lambda: step(memory.arrays), memory)


def numbers():
    return Memory(
        x=np.arange(1.0, 7).reshape(2, 3),
        total=np.zeros(3),
        cell=np.zeros((), np.int64),
    )


# ---- what a recorder refuses -------------------------------------------------------


def test_an_operand_that_no_primitive_made():
    recorder = Recorder({"x": (x := np.ones((2, 3)))}, {})
    token = primitives.recorder.set(recorder)
    try:
        primitives.copy(x)
        primitives.copy(x[1:])  # a view of known memory is known
        with pytest.raises(CaptureError, match="^tanh_forward: operand 'x': .*NumPy"):
            primitives.tanh_forward(np.exp(x))
        with pytest.raises(CaptureError, match="^copy: operand 'x': .*elsewhere"):
            primitives.copy(x[:, ::2])  # no view that a kernel can work on: a copy
    finally:
        primitives.recorder.reset(token)


def test_a_generator_that_was_not_declared():
    recorder = Recorder({}, {"mine": (mine := np.random.default_rng(0))})
    token = primitives.recorder.set(recorder)
    try:
        primitives.uniform(mine, 2, 2, dtype=np.float32)
        with pytest.raises(CaptureError, match="^uniform: .*random generators"):
            primitives.uniform(np.random.default_rng(0), 2, 2, dtype=np.float32)
    finally:
        primitives.recorder.reset(token)


@needs_jit
def test_as_many_generators_as_a_step_likes():
    def step(arrays):
        for k, rng in enumerate(memory.rngs):
            u = primitives.uniform(rng, 2, 2, dtype=np.float32)
            primitives.accumulate(primitives.dense_db(u), arrays["sums"][k])

    memory = Memory(
        *(np.random.default_rng(k) for k in range(20)), sums=np.zeros((20, 2), "f4")
    )
    program = capture_of(step, memory)
    program.play(2)
    theirs = [np.random.default_rng(k) for k in range(20)]
    for k, rng in enumerate(theirs):
        expected = [rng.random((2, 2), "f4").sum(axis=0, dtype="f8") for _ in range(3)]
        np.testing.assert_allclose(memory.arrays["sums"][k], sum(expected), rtol=1e-6)
        assert rng.bit_generator.state == memory.rngs[k].bit_generator.state


def test_types_are_not_mixed():
    recorder = Recorder({"a": (a := np.ones(2)), "b": (b := np.ones(2, "f4"))}, {})
    token = primitives.recorder.set(recorder)
    try:
        primitives.copy(a)
        with pytest.raises(CaptureError, match="copy: .*float64 as in the.*float32"):
            primitives.copy(b)
    finally:
        primitives.recorder.reset(token)


@needs_jit
def test_a_step_without_primitives():
    with pytest.raises(CaptureError, match="made of primitives, recorded none"):
        capture_of(lambda arrays: None, numbers())


def test_nothing_is_captured_without_the_jit():
    if not JIT_DISABLED:
        pytest.skip("only without the JIT")
    with pytest.raises(CaptureError, match="NUMBA_DISABLE_JIT"):
        capture_of(lambda arrays: primitives.copy(arrays["x"]), numbers())


# ---- what the self-check sees ------------------------------------------------------


def sums(arrays):
    """total += sum of the rows of x: in primitives alone."""
    primitives.accumulate(
        primitives.dense_db(primitives.copy(arrays["x"])), arrays["total"]
    )


def edits_in_place(arrays):
    y = primitives.copy(arrays["x"])
    y += 1
    primitives.accumulate(primitives.dense_db(y), arrays["total"])


def keeps_a_number(arrays):
    """The first replay repeats the first step exactly; the second shows it."""
    primitives.fill(arrays["total"], float(arrays["cell"]))
    primitives.advance(arrays["cell"])


def writes_beside(arrays):
    sums(arrays)
    arrays["total"][0] = 5


CHEATS = [(edits_in_place, "total"), (keeps_a_number, "total"), (writes_beside, "tot")]


@needs_jit
@pytest.mark.parametrize("step, name", CHEATS, ids=lambda v: getattr(v, "__name__", v))
def test_a_replay_that_would_differ_is_refused(step, name):
    memory = numbers()
    with pytest.raises(CaptureError, match=f"other bytes in {name}"):
        capture_of(step, memory)
    assert Snapshot(memory).differences(Snapshot(numbers())) == []  # as before


@needs_jit
def test_draws_beside_the_primitives_are_seen():
    def step(arrays):
        primitives.standard_normal(rng, 2, 2, dtype=np.float64)
        rng.random()

    memory = Memory(rng := np.random.default_rng(0))
    with pytest.raises(CaptureError, match="the random state"):
        capture_of(step, memory)


@needs_jit
def test_capture_leaves_one_step_and_play_goes_on():
    memory = numbers()
    program = capture_of(sums, memory)
    assert memory.arrays["total"].tolist() == [5, 7, 9]
    program.play(3)
    assert memory.arrays["total"].tolist() == [20, 28, 36]
    assert repr(program).startswith(f"Program({len(program)} instructions, ")


@needs_jit
def test_a_step_that_fails_leaves_no_trace():
    def step(arrays):
        sums(arrays)
        raise KeyboardInterrupt

    memory = numbers()
    with pytest.raises(KeyboardInterrupt):
        capture_of(step, memory)
    assert Snapshot(memory).differences(Snapshot(numbers())) == []
    assert primitives.recorder.get() is None


@needs_jit
def test_a_second_step_that_fails_is_left_to_the_run():
    def step(arrays):
        calls.append(0)
        if len(calls) == 2:
            raise ValueError
        sums(arrays)

    memory, calls = numbers(), []
    capture_of(step, memory)
    assert memory.arrays["total"].tolist() == [5, 7, 9]


@needs_jit
def test_fused_or_not_the_bytes_are_the_same():
    found = []
    for fused in (True, False):
        trainer = build(norm=True, dropout=True, batches="separate")
        run = trainer.execution
        gradients = [n for n in run.arrays() if re.match(r"[GD]\d+\.d", n)]
        with primitives.use_backend("jit"):
            program = capture(
                lambda run=run: run._row(run.game.step),
                run,
                run.arrays(),
                gradients=gradients,
                fused=fused,
            )
        program.play(5)
        found.append((state(trainer), run.table.tobytes(), len(program)))
    assert found[0][:2] == found[1][:2]
    assert found[0][2] < found[1][2]


# ---- a student's layer -------------------------------------------------------------


class Wave(Layer):
    """y = x + sin(x) / 2 in plain NumPy, with a mean and a count of its own."""

    def __init__(self):
        self.calls = 0
        self.seen = np.zeros(5)

    def forward_pass(self, x, training):
        self.calls += 1
        self.seen += x.mean(axis=0)
        return x + np.sin(x) / 2 + x.dtype.type(1e-3 * self.calls), x

    def backward_pass(self, dy, x, need_dx):
        return dy * (1 + np.cos(x) / 2) if need_dx else None


def with_wave(**options):
    rng = np.random.default_rng(0)
    discriminator = [Dense(2, 5, rng=rng), Wave(), Dense(5, 1, rng=rng)]
    return Trainer(
        Sequential([Dense(3, 4, rng=rng), LeakyReLU(), Dense(4, 2, rng=rng)]),
        Sequential(discriminator),
        Parabola(rngs(0)["data"]),
        batch_size=BATCH,
        backend="jit",
        **options,
    )


@needs_jit
def test_a_layer_in_plain_numpy_trains_eagerly_and_says_so_once():
    one, two = with_wave(), with_wave(capture=False)
    with pytest.warns(RuntimeWarning, match="trained step by step.*same") as caught:
        one.fit(5, report_every=2)
        one.fit(2)
        one.step()
    assert len(caught) == 1
    two.fit(5, report_every=2)
    two.fit(2)
    two.step()
    assert state(one) == state(two)
    waves = [trainer.discriminator.layers[1] for trainer in (one, two)]
    assert waves[0].calls == waves[1].calls
    assert waves[0].seen.tobytes() == waves[1].seen.tobytes()
    with pytest.raises(CaptureError, match="operand 'x': .*plain NumPy"):
        one.program()


# ---- what a program shows ----------------------------------------------------------


def parts(program):
    """heading -> names of the primitives below it."""
    found = {}
    for instruction in program.instructions:
        if instruction.heading:
            names = found.setdefault(instruction.heading, [])
        names.append(instruction.primitive.name)
    return found


@needs_jit
@pytest.mark.parametrize("options", [{}, {"norm": True}, {"batches": "mixed"}], ids=str)
def test_the_frozen_discriminator_computes_no_weight_gradients(options):
    found = parts(build(**options).program())
    (frozen,) = (names for heading, names in found.items() if "frozen" in heading)
    weights = ("dense_dW", "dense_db", "accumulate", "adam", "batchnorm_update")
    of_discriminator = frozen[frozen.index("bce_logits_backward") :]
    assert any(name.startswith("dense_") for name in of_discriminator)
    assert not [name for name in of_discriminator if name.startswith(weights)]
    into_generator = found["The gradient goes on into G"]
    assert any(name.startswith("dense_dW") for name in into_generator)


@needs_jit
@pytest.mark.parametrize("batches", ["half", "separate", "mixed"])
def test_the_number_of_weight_gradients_in_a_step(batches):
    """Two Dense layers each: D learns twice a step, or once from a mixed batch."""
    program = build(batches=batches).program()
    names = [i.primitive.name for i in program.instructions]
    updates = 1 if batches == "mixed" else 2
    weights = [name for name in names if name.startswith("dense_dW")]
    assert len(weights) == 2 * updates + 2
    assert names.count("adam_update_norm") == updates + 1


@needs_jit
def test_looking_at_the_program_changes_nothing():
    trainer, other = recipes.load("parabola", batch_size=8), None
    trainer.fit(3)
    before = state(trainer)
    program = trainer.program()
    str(program.show())
    assert state(trainer) == before
    assert trainer.program().show().rows == program.show().rows
    other = recipes.load("parabola", batch_size=8)
    other.fit(5)
    trainer.fit(2)
    assert state(trainer) == state(other)


@needs_jit
def test_profiling_changes_nothing(monkeypatch):
    machine = Machine(1e9, 1e9, 1e9)
    monkeypatch.setattr(Machine, "measure", lambda dtype: machine)
    trainer = build(rows=21, sampling="shuffled", dropout=True, norm=True)
    trainer.fit(3)
    before = state(trainer)
    profile = trainer.program().profile(seconds=0.02)
    assert state(trainer) == before
    assert len(profile.seconds) == len(profile.program)
    assert profile.total > 0 and profile.floor > 0
    assert profile.seconds.sum() == pytest.approx(profile.total)


# ---- rows with labels --------------------------------------------------------------


@needs_jit
@pytest.mark.parametrize("sampling", ["replacement", "shuffled"])
def test_labels_are_drawn_with_their_rows_in_a_captured_step(sampling):
    found = []
    for captured in (True, False):
        data = np.arange(24.0).reshape(12, 2)
        rows = Rows(data, np.arange(12), rng=3, sampling=sampling, dtype=np.float64)
        total, seen = np.zeros((12, 2)), np.zeros((12, 2))

        def step(rows=rows, data=data, total=total, seen=seen):
            x, labels = rows.batch(5)
            primitives.embedding_dW(labels, x, total)
            primitives.embedding_dW(labels, primitives.gather(data, labels), seen)

        memory = Memory(rows.rng, total=total, seen=seen, **rows.state())
        if captured:
            workspace = {**rows.tables(), "of labels": data}
            capture(step, memory, workspace).play(6)
        else:
            for _ in range(7):
                step()
        assert total.any() and np.array_equal(total, seen)  # each row with its label
        found.append(total.tobytes())
    assert found[0] == found[1]
