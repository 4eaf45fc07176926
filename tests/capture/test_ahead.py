"""What a first run compiles ahead, by whom, and that nothing depends on it."""

import io
import pickle
import subprocess
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from minigan import primitives
from minigan.gan import recipes
from minigan.jit.compiling import JIT_DISABLED

from ..helpers import threads

pytestmark = pytest.mark.skipif(JIT_DISABLED, reason="nothing can be compiled")
if not JIT_DISABLED:
    from minigan.capture import ahead


class Noted:
    """Stands for a kernel that is wanted: who compiled it?"""

    def __init__(self, done):
        self.done, self.kernel, self.kinds = done, self, ()

    def compile(self, kinds):
        self.done.append((self, threading.current_thread()))


@pytest.fixture
def first_run(monkeypatch):
    """As if nothing had been compiled; yields what was then wanted."""
    asked = []
    monkeypatch.setattr(ahead, "is_kept", lambda kernel, kinds: False)
    monkeypatch.setattr(ahead, "is_first_run", lambda: True)
    monkeypatch.setattr(ahead, "compile_all", asked.append)
    return asked


def test_a_first_run_wants_what_a_step_needs_and_trains_the_same(
    first_run, monkeypatch
):
    trainer = recipes.load("parabola", backend="jit")
    trainer.fit(3)
    names = {each.name for each in first_run[0]}
    assert {"play", "small_nn", "small_tn", "small_nt", "standard_normal"} <= names
    assert {"relu_backward", "_adam", "_adam_norm"} <= names  # recorded, and fused
    for wanted in first_run:
        assert len(set(wanted)) == len(wanted)
        assert pickle.loads(pickle.dumps(wanted)) == wanted
    monkeypatch.undo()
    again = recipes.load("parabola", backend="jit")
    again.fit(3)
    assert again.generator.theta.tobytes() == trainer.generator.theta.tobytes()


def test_what_the_cache_holds_is_not_wanted(monkeypatch):
    monkeypatch.setattr(
        ahead, "is_kept", lambda kernel, kinds: kernel is not ahead.play
    )
    program = recipes.load("parabola", backend="jit").program()
    assert ahead.wanted(program.instructions, program.dtype) == [ahead.PLAYER]


def test_one_kernel_for_several_types(monkeypatch):
    """Types have no order, and are no reason to fail."""
    kernel = primitives.fill.twin
    kinds = iter([(ahead.types.float64,), (ahead.types.int64,)])
    monkeypatch.setattr(ahead, "called", lambda *arguments: (kernel, next(kinds)))
    monkeypatch.setattr(ahead, "is_kept", lambda kernel, kinds: False)
    step = SimpleNamespace(twin=lambda dtype: None, primitive=None)
    found = ahead.wanted([step, step], np.dtype("f4"))
    assert [each.name for each in found] == ["play", "fill", "fill"]


def test_what_does_not_compile_is_left_to_who_calls_it(monkeypatch):
    class Broken(Noted):
        def compile(self, kinds):
            raise TypeError

    done = []
    monkeypatch.setattr(ahead, "_hand_out", list)
    with threads(1):
        ahead.compile_all([Broken(done), Noted(done)])
    assert len(done) == 1


def test_a_step_that_fails_on_numpy_is_tried_as_before(first_run):
    def step():
        if primitives.backend() == "numpy":
            raise ValueError
        primitives.fill(x, 1.0)

    from minigan.capture.program import capture

    x = np.zeros(3)
    part = SimpleNamespace(state=lambda: {"x": x}, generators=dict)
    with primitives.use_backend("jit"):
        assert len(capture(step, part)) == 1
    assert not first_run


@pytest.mark.parametrize("reason", ["one thread", "frozen", "private", "played before"])
def test_no_first_run(monkeypatch, reason):
    facts = {
        "get_threads": lambda: 1 if reason == "one thread" else 2,
        "is_shared": lambda: reason != "private",
        "is_kept": lambda kernel, kinds: reason == "played before",
    }
    for name, fact in facts.items():
        monkeypatch.setattr(ahead, name, fact)
    monkeypatch.setattr(sys, "frozen", reason == "frozen", raising=False)
    assert not ahead.is_first_run()
    for name in facts:
        monkeypatch.setattr(ahead, name, facts[name])
    monkeypatch.setattr(ahead, "get_threads", lambda: 2)
    monkeypatch.setattr(ahead, "is_shared", lambda: True)
    monkeypatch.setattr(ahead, "is_kept", lambda kernel, kinds: False)
    monkeypatch.setattr(sys, "frozen", False, raising=False)
    assert ahead.is_first_run()


@pytest.mark.parametrize("n", [1, 3])
def test_each_kernel_is_compiled_once_whoever_does_it(monkeypatch, n):
    def hand_out(kernels):
        for each in kernels:
            each.kernel.compile(())

    monkeypatch.setattr(ahead, "_hand_out", hand_out)
    done = []
    kernels = [Noted(done) for _ in range(40)]
    with threads(n):
        ahead.compile_all(kernels)
    assert sorted(id(k) for k, _ in done) == sorted(map(id, kernels))
    assert len(done) == 40


def test_another_process_is_handed_one_by_one(monkeypatch, tmp_path):
    told = tmp_path / "told"
    program = f"""
import pickle, sys
with open({str(told)!r}, "w") as file:
    try:
        while True:
            print("ready", flush=True)
            file.write(pickle.load(sys.stdin.buffer) + " ")
    except EOFError:
        file.write("end")
"""
    monkeypatch.setattr(
        ahead, "_PROGRAM", program.replace("{", "{{").replace("}", "}}")
    )
    ahead._hand_out(iter(["one", "two"]))
    assert told.read_text() == "one two end"


@pytest.mark.parametrize("program", ["raise SystemExit(1)", ""])
def test_a_process_that_ends_is_not_waited_for(monkeypatch, program):
    monkeypatch.setattr(ahead, "_PROGRAM", program)
    left = iter([1, 2, 3])
    ahead._hand_out(left)
    assert list(left) == [1, 2, 3]


def test_a_process_that_cannot_be_started(monkeypatch):
    def refuse(*arguments, **keywords):
        raise OSError

    monkeypatch.setattr(subprocess, "Popen", refuse)
    ahead._hand_out(iter([1]))


def test_work_compiles_what_comes_until_nothing_does(monkeypatch, capsys):
    done = []
    monkeypatch.setattr(ahead.pickle, "load", lambda file: next(items))
    items = iter([Noted(done), Noted(done)])
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO()))

    def load(file):
        try:
            return next(items)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr(ahead.pickle, "load", load)
    ahead.work()
    assert len(done) == 2 and capsys.readouterr().out == "ready\n" * 3
