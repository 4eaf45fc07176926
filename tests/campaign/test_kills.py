"""A few kills, signals and full disks; `python -m tests.campaign` tries them all."""

import os
import signal

import pytest

from . import disks, kills, system_calls
from .runs import Ended, Server, folder_in_memory, images, points

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(os.name == "nt", reason="signals of POSIX"),
]
FEW = 2  # calls of a run at each of which something happens


@pytest.fixture(scope="module")
def place():
    with folder_in_memory() as folder:
        yield folder


@pytest.fixture(scope="module")
def server(place):
    with Server(place) as server:
        yield server


@pytest.fixture(scope="module")
def watched(server, place):
    if system_calls.STRACE is None:
        pytest.skip("strace is not installed")
    return system_calls.Watched(server, points(), place)


def some(watched, start):
    """Calls spread over the run, others for each start."""
    every = watched.calls
    return every[start :: len(every) // FEW]


def test_a_run_is_killed_before_its_system_calls(watched):
    assert system_calls.killed(watched, some(watched, 20)).details() == []


def test_a_disk_that_fails_at_a_system_call(watched):
    assert system_calls.failed(watched, some(watched, 36)).details() == []


@pytest.mark.soak
def test_a_copy_calls_the_system_as_a_process_of_its_own_does(watched, place):
    """What is tried on copies holds for the command itself."""
    (place / "own").mkdir()
    own = system_calls.of_a_process(
        watched.run, place / "own" / "whole", place / "own.txt"
    )
    copied = system_calls.within(place / "whole", watched.calls)
    assert [call.told for call in own] == [call.told for call in copied]


@pytest.mark.soak
def test_a_run_that_is_killed_or_interrupted_at_random_times(server, place):
    whole = kills.Whole(server, images(place), place)
    assert kills.killed(whole, 2, 0).details() == []
    assert kills.interrupted(whole, 2, 0).details() == []


@pytest.mark.soak
def test_a_disk_that_is_too_small(server, place):
    (own := place / "disks").mkdir()
    assert disks.starved(server, images(place), own, 2, 0).details() == []


# ---- what a broken promise looks like ------------------------------------------------


@pytest.mark.parametrize(
    "err, fault",
    [
        ("", []),
        ("minigan: warning: late\nminigan: error: full\n", []),
        ("Traceback (most recent call last):\n", ["says: Traceback"]),
        ("minigan: error: full\nminigan: warning: late\n", ["more than one error"]),
    ],
)
def test_words_that_are_unclear(err, fault):
    found = Ended(1, "", err, 0.0).unclear()
    assert [x[:15] for x in found] == [x[:15] for x in fault]


@pytest.mark.parametrize(
    "code, out, err, outcome",
    [
        (0, "", "", "ended before"),
        (130, "stopped after step 4 of 12, and saved", "", "saved and stopped"),
        (130, "", "minigan: error: interrupted\n", "ended in one line"),
        (-2, "", "", "before minigan began"),
        (1, "", "Traceback\nKeyboardInterrupt\n", "before minigan began"),
    ],
)
def test_how_ctrl_c_may_end_a_run(code, out, err, outcome):
    found = kills.judged(Ended(code, out, err, 0.0), signal.SIGINT)
    assert found == (outcome, [])
    bad = Ended(1, out, 'File "minigan/gan/game.py"\nKeyboardInterrupt', 0.0)
    assert kills.judged(bad, signal.SIGINT)[1]
