"""Callbacks, reports, stopping, Ctrl-C."""

import signal
import threading
from types import SimpleNamespace

import pytest

from minigan.errors import MiniganError
from minigan.gan import Callback

from .small import build, state


class Diary(Callback):
    """Writes down what it is told."""

    def __init__(self, every=1):
        self.every = every
        self.steps, self.reports, self.ends, self.progress = [], [], [], 0

    def on_step(self, trainer):
        assert len(trainer.history) == trainer.step_count
        self.steps.append(trainer.step_count)

    def on_report(self, trainer, report):
        self.reports.append(report.step)

    def on_progress(self, trainer):
        self.progress += 1

    def on_end(self, trainer, history):
        assert history is trainer.history
        self.ends.append(trainer.step_count)


def test_each_method_is_called_when_it_should_be():
    one, three = Diary(), Diary(every=3)
    trainer = build()
    trainer.fit(4, report_every=2, callbacks=[one, three])
    trainer.fit(3, report_every=2, callbacks=[one, three])
    assert one.steps == [1, 2, 3, 4, 5, 6, 7]
    assert three.steps == [3, 6]
    assert one.reports == three.reports == [2, 4, 6]
    assert one.ends == three.ends == [4, 7]
    assert one.progress >= 1


def test_steps_that_nobody_watches_are_not_run_one_by_one():
    class Progress(Callback):
        calls = 0

        def on_progress(self, trainer):
            self.calls += 1

    progress = Progress()
    build(backend="jit", capture=False).fit(20, report_every=None, callbacks=[progress])
    assert 1 <= progress.calls < 20


@pytest.mark.parametrize("options", [{}, {"rows": 21, "sampling": "shuffled"}])
def test_watching_changes_no_byte(options):
    alone, watched = build(**options), build(**options)
    alone.fit(7, report_every=2)
    watched.fit(7, report_every=2, callbacks=[Diary(), Diary(every=2)])
    assert state(alone) == state(watched)


def test_any_object_with_one_of_the_methods_will_do():
    seen = []
    functions = SimpleNamespace(on_step=lambda trainer: seen.append("step"), every=2)
    base = Callback()
    base.on_end = lambda trainer, history: seen.append("end")  # on the instance
    build().fit(2, callbacks=(functions, base))
    assert seen == ["step", "end"]


def test_no_reports():
    diary = Diary()
    build().fit(3, report_every=None, callbacks=[diary])
    assert diary.reports == []


def test_zero_steps_end_at_once():
    diary, trainer = Diary(), build()
    before = state(trainer)
    assert len(trainer.fit(0, callbacks=[diary])) == 0
    assert (diary.steps, diary.ends) == ([], [0]) and state(trainer) == before


@pytest.mark.parametrize("method", ["on_step", "on_report", "on_progress", "on_end"])
def test_an_exception_in_a_callback_comes_out_and_training_can_go_on(method):
    def fail(*_):
        raise RuntimeError("callback broke")

    diary, trainer, other = Diary(), build(), build()
    with pytest.raises(RuntimeError, match="callback broke"):
        trainer.fit(
            2, report_every=1, callbacks=[diary, SimpleNamespace(**{method: fail})]
        )
    assert diary.ends == [trainer.step_count]
    done = trainer.step_count
    trainer.fit(3 - done, report_every=None)
    other.fit(3, report_every=None)
    assert state(trainer)["generator/theta"] == state(other)["generator/theta"]
    assert len(trainer.history) == 3


class StopAt(Callback):
    def __init__(self, step):
        self.at = step

    def on_step(self, trainer):
        if trainer.step_count == self.at:
            trainer.stop()


def test_stop_ends_this_fit_and_not_the_next():
    trainer, diary = build(), Diary()
    trainer.stop()  # outside of fit: of no effect
    assert len(trainer.fit(5, callbacks=[StopAt(2), diary])) == 2
    assert diary.ends == [2]
    assert len(trainer.fit(5)) == 7


class Interrupt(Callback):
    def __init__(self, step, times=1):
        self.at, self.times = step, times

    def on_step(self, trainer):
        if trainer.step_count == self.at:
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("at", [1, 2, 4])
def test_ctrl_c_finishes_the_step_then_interrupts(at):
    trainer, other, diary = build(dropout=True), build(dropout=True), Diary()
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(5, report_every=None, callbacks=[Interrupt(at), diary])
    assert signal.getsignal(signal.SIGINT) is handler
    assert trainer.step_count == at and diary.ends == [at]
    trainer.fit(5 - at, report_every=None)
    other.fit(5, report_every=None)
    assert state(trainer) == state(other)


def test_a_second_ctrl_c_interrupts_at_once():
    trainer, diary = build(), Diary()
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(5, callbacks=[Interrupt(2, times=2), diary])
    assert diary.steps == [1] and diary.ends == [2]  # Diary was next in line
    assert signal.getsignal(signal.SIGINT) is handler


@pytest.mark.parametrize("backend", ["numpy", "jit"])
def test_an_interrupt_within_a_step_leaves_whole_steps(backend):
    """As a second Ctrl-C does: half a step must not stay behind."""
    trainer = build(rows=21, sampling="shuffled", backend=backend, capture=False)
    trainer.fit(2)
    before = state(trainer)
    step, calls = trainer.game.generator_step, []

    def interrupted(z=None):
        calls.append(z)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return step(z)

    trainer.game.generator_step = interrupted
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(1)
        trainer.fit(3)
    del trainer.game.generator_step
    other = build(rows=21, sampling="shuffled", backend=backend, capture=False)
    other.fit(trainer.step_count)
    assert trainer.step_count in (2, 3)
    assert state(trainer) == state(other) and state(trainer) != before


def test_an_ignored_ctrl_c_stays_ignored():
    """`nohup` and background jobs set this; the user did not mean them."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        trainer = build()
        trainer.fit(3, callbacks=[Interrupt(1)])
        assert trainer.step_count == 3
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, previous)


def test_fit_in_another_thread_leaves_signals_alone():
    trainer, errors = build(), []

    def work():
        try:
            trainer.fit(3)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert trainer.step_count == 3 and not errors


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"steps": -1}, "'steps': expected an integer >= 0, got -1"),
        ({"steps": 1.0}, "'steps': expected an integer >= 0, got 1.0"),
        ({"steps": True}, "'steps'.*True"),
        ({"steps": "3"}, "'steps'.*'3'"),
        ({"steps": None}, "'steps'.*None"),
        ({"steps": 1, "report_every": 0}, "'report_every'.*>= 1, got 0"),
        ({"steps": 1, "report_every": 2.5}, "'report_every'.*2.5"),
        ({"steps": 1, "callbacks": [3]}, "'callbacks'.*on_step.*got 3"),
        ({"steps": 1, "callbacks": [object()]}, "'callbacks'.*on_step"),
        ({"steps": 1, "callbacks": 3}, "'callbacks'.*list.*got 3"),
        ({"steps": 1, "callbacks": Diary()}, "'callbacks'.*list.*got.*Diary"),
        ({"steps": 1, "callbacks": [Diary]}, "'callbacks'.*objects.*class"),
        ({"steps": 1, "callbacks": [Diary(every=0)]}, "'every'.*>= 1, got 0"),
        ({"steps": 1, "callbacks": [Diary(every=1.5)]}, "'every'.*1.5"),
        ({"steps": 1, "callbacks": [Diary(every="2")]}, "'every'.*'2'"),
    ],
)
def test_bad_arguments_of_fit(arguments, message):
    trainer = build()
    before = state(trainer)
    with pytest.raises(MiniganError, match=message):
        trainer.fit(**arguments)
    assert state(trainer) == before
