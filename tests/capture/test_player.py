"""The player does what the eager primitives do, to the bit, and is compiled once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minigan import primitives
from minigan.capture import instructions
from minigan.capture.program import TASKS, Recorder
from minigan.compiled import activations, metrics
from minigan.jit.compiling import JIT_DISABLED
from minigan.jit.threads import get_threads

from ..helpers import assert_same_bits
from ..primitives.operands import ALL, SIZES, call, needs_type, operands

pytestmark = pytest.mark.skipif(JIT_DISABLED, reason="a player is compiled")
FLOATS = (np.float32, np.float64)
each_primitive = pytest.mark.parametrize("entry", ALL, ids=lambda e: e.name)
each_type = pytest.mark.parametrize("dtype", FLOATS, ids=["float32", "float64"])


class Replay:
    """Calls of primitives, run eagerly under a recorder, undone and replayed."""

    def __init__(self, dtype):
        self.dtype = dtype
        self.rng = np.random.default_rng(11)
        self.calls, self.results = [], []

    def add(self, entry, sizes):
        arguments = [
            self.rng if isinstance(a, np.random.Generator) else a
            for a in operands(entry, sizes, self.dtype)
        ]
        self.calls.append((entry, arguments))

    def memory(self):
        """All arrays: operands and results."""
        operands = [a for _, arguments in self.calls for a in arguments]
        return [a for a in operands + self.results if isinstance(a, np.ndarray)]

    def eager(self):
        self.results = []
        for entry, arguments in self.calls:
            results, _, _ = call(entry, entry, arguments, self.dtype)
            self.results += results

    def run(self, times=1):
        """The bytes of all memory and the random state: (eager, replayed)."""
        arrays = dict(enumerate(self.memory()))
        start = {name: a.copy() for name, a in arrays.items()}
        state = self.rng.bit_generator.state
        typed = np.ones(1, self.dtype)  # one operand that says which type it is
        recorder = Recorder({**arrays, "typed": typed}, {"rng": self.rng})

        def go_back():
            for name, array in arrays.items():
                array[...] = start[name]
            self.rng.bit_generator.state = state

        def now():
            return [a.copy() for a in self.memory()], self.rng.bit_generator.state

        with primitives.use_backend("jit"):
            token = primitives.recorder.set(recorder)
            try:
                primitives.copy(typed)
                self.eager()
            finally:
                primitives.recorder.reset(token)
            recorded = self.results
            go_back()
            for _ in range(times):
                self.eager()
            eager = now()
        go_back()
        self.results = recorded
        for result in recorded:
            result[...] = -7
        program = self.program = recorder.program(None, fused=False)
        assert len(program) == 1 + len(self.calls)
        program.play(times)
        return eager, now()


def assert_equal(eager, replayed):
    assert eager[1] == replayed[1]  # the random state
    for a, b in zip(eager[0], replayed[0], strict=True):
        assert_same_bits(b, a)


@each_type
@each_primitive
def test_a_replayed_primitive_equals_the_eager_one(entry, dtype):
    for sizes in SIZES:
        replay = Replay(dtype)
        replay.add(entry, sizes)
        assert_equal(*replay.run())


@each_type
@pytest.mark.parametrize(
    "entry", [entry for entry in ALL if entry.rows], ids=lambda entry: entry.name
)
def test_cut_into_parts_it_gives_the_same_bits(entry, dtype, monkeypatch):
    monkeypatch.setattr(instructions, "PART", 1)
    most = TASKS * get_threads()
    for sizes in [SIZES[-1], {**SIZES[-1], "N": 37, "M": 1, "shape": (259,)}]:
        replay = Replay(dtype)
        replay.add(entry, sizes)
        assert_equal(*replay.run())
        cut = replay.program.instructions[-1].parts(most)
        shared_inside = entry.name.startswith("dense") and sizes["M"] > 1
        assert (len(cut) == 1) == shared_inside
        assert sum(part.sizes[entry.rows] for part in cut) == len(
            replay.results[0].ravel() if entry.rows == "S" else replay.results[0]
        )


def test_what_is_cut_has_its_rows_in_every_result():
    for entry in ALL:
        firsts = [o.dims[0].replace("*", "S") for o in entry.outputs if o.dims]
        if entry.rows:
            assert firsts and set(firsts) == {entry.rows}, entry.name
            assert all(o.kind != "rng" for o in entry.inputs), entry.name


def test_small_work_is_not_cut():
    replay = Replay(np.float32)
    replay.add(next(entry for entry in ALL if entry.name == "copy"), SIZES[-1])
    replay.run()
    assert len(replay.program.instructions[-1].parts(8)) == 1


@each_type
def test_all_primitives_in_one_program_three_times_over(dtype):
    replay = Replay(dtype)
    for entry in ALL:
        replay.add(entry, SIZES[3])
    assert_equal(*replay.run(times=3))


LARGE = activations.PARALLEL + 2 * activations.BLOCK + 3, metrics.PARALLEL * 2 + 5


@each_type
@pytest.mark.parametrize("name", ["tanh_forward", "adam_update", "dense_forward"])
def test_large_operands_too(name, dtype):
    sizes = {"N": 67, "D": 129, "M": 130, "P": LARGE[1], "shape": (LARGE[0],)}
    replay = Replay(dtype)
    replay.add(next(entry for entry in ALL if entry.name == name), sizes)
    assert_equal(*replay.run(times=2))


def test_the_draws_have_a_result_of_the_type():
    assert {entry.name for entry in ALL if needs_type(entry)} >= {"uniform", "full"}


@each_type
def test_no_steps_do_nothing(dtype):
    replay = Replay(dtype)
    replay.add(next(entry for entry in ALL if entry.name == "adam_update"), SIZES[1])
    before = [a.tobytes() for a in replay.memory()]
    _, (after, _) = replay.run(times=0)
    assert [a.tobytes() for a in after] == before


# ---- one compilation for all networks ----------------------------------------------

COUNT = """
import json
from numba.core.registry import CPUDispatcher
from minigan.gan import Trainer, recipes
from minigan.capture import player
from minigan.compiled import activations, batchnorm, dense, metrics, optimizers
from minigan.gemm import product
from tests.gan.small import OPTIONS, build
import numpy as np

def signatures():
    modules = activations, batchnorm, dense, metrics, optimizers, product, player
    return {
        f"{kernel.__module__}.{name}": len(kernel.signatures)
        for module in modules
        for name, kernel in vars(module).items()
        if isinstance(kernel, CPUDispatcher)
    }

def train(names):
    for name in names:
        for dtype in (np.float32, np.float64):
            for capture in (True, False):
                trainer = build(**{**OPTIONS[name], "dtype": dtype}, capture=capture)
                trainer.fit(3)
                trainer.report()

some = ["batchnorm", "smooth", "dropout", "other optimizers", "rows shuffled"]
train(some)
first = signatures()
train(OPTIONS.keys() - set(some))
trainer = recipes.load("parabola", batch_size=10)
trainer.fit(5)
print(json.dumps([first, signatures()]))
"""


def test_a_new_architecture_compiles_nothing():
    """At most two signatures a kernel: float32 and float64."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", COUNT],
        env={**os.environ, "MINIGAN_BACKEND": "jit"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    first, then = json.loads(done.stdout)
    assert first["minigan.capture.player.play"] == 1
    assert {k: n for k, n in then.items() if first[k]} == {
        k: n for k, n in first.items() if n
    }
    assert max(then.values()) <= 2, {k: n for k, n in then.items() if n > 2}
