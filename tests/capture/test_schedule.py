"""Programs one after the other, each so many times."""

from minigan.capture.schedule import Schedule


class Recorded:
    """A program that only counts."""

    def __init__(self, name, played):
        self.name, self.played = name, played

    def play(self, count):
        self.played += [self.name] * count

    def __repr__(self):
        return self.name


def record(*times):
    """A schedule of steps a, b, ... that play so many times; what has been played."""
    played = []

    def capture(step):
        played.append(step())  # a capture runs its step once
        return Recorded(step(), played)

    steps = [(lambda name=name: name, n) for name, n in zip("abc", times, strict=False)]
    return Schedule.record(capture, *steps), played


def test_recording_runs_the_whole_once():
    _, played = record(3, 1, 2)
    assert played == list("aaabcc")


def test_playing_goes_through_all_parts_each_time():
    schedule, played = record(2, 1)
    played.clear()
    schedule.play(3)
    assert played == list("aabaabaab")


def test_parts_that_never_run_are_left_out():
    schedule, played = record(0, 2)
    assert played == ["b", "b"] and len(schedule.parts) == 1
    assert repr(schedule) == "Schedule(2 x b)"
