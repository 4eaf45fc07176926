"""Ranks: who may be one, what they tell each other, and real MPI where it is."""

import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from minigan.errors import DTypeError, NonFiniteError, OutputError, StateError
from minigan.gan.ranks import ALONE, agreed, communicator_of, expect_same, on_the_first

from .small import build, state
from .together import together

SHARDS = {"shards": 4, "batch_size": 16}
ROOT = Path(__file__).parent.parent.parent


def test_a_communicator_is_what_has_rank_size_and_allgather():
    assert build().communicator is ALONE is communicator_of("f", None)
    with pytest.raises(DTypeError, match="'communicator': expected a communicator of"):
        build(communicator="mpi")
    (given,) = together(1, lambda c: (c, build(communicator=c).communicator))
    assert given[0] is given[1]


def test_what_mpi4py_calls_a_communicator_is_wrapped():
    class Comm:
        def Get_rank(self):
            return 1

        def Get_size(self):
            return 2

    made = communicator_of("f", Comm())
    assert (made.rank, made.size) == (1, 2)
    with pytest.raises(StateError, match="expected no pickle"):
        made.__reduce__()


def test_the_end_of_one_is_the_end_of_all():
    def work(communicator):
        return agreed(communicator, communicator.rank == 1, 7 + communicator.rank)

    assert together(2, work) == [(True, 7)] * 2
    assert agreed(ALONE, False, 3) == (False, 3)


def test_ranks_that_begin_otherwise_are_refused():
    def work(communicator):
        odd = communicator.rank in (1, 3)
        with pytest.raises(StateError, match="f: expected the same .* ranks 1, 3"):
            expect_same(communicator, "f", np.arange(3), {"a": odd})
        expect_same(communicator, "f", np.arange(3), {"a": 1})

    together(4, work)

    def fit(communicator):
        trainer = build(**SHARDS, seed=communicator.rank, communicator=communicator)
        with pytest.raises(StateError, match="Trainer.fit: .* rank 1 than on rank 0"):
            trainer.fit(1)
        assert trainer.step_count == 0

    together(2, fit)


@pytest.mark.parametrize("error", [OutputError(28, "no room"), NonFiniteError("f")])
def test_what_the_first_rank_alone_does_fails_on_all(error):
    done = []

    def work(communicator):
        def fails():
            done.append(communicator.rank)
            raise error

        with pytest.raises(type(error), match="no room|f"):
            on_the_first(communicator, fails)

    together(2, work)
    assert done == [0]


@pytest.mark.parametrize("how", ["stop", "seconds"])
def test_a_run_that_ends_early_ends_on_all_ranks_at_the_same_step(how):
    class Stops:
        def __init__(self, rank):
            self.rank = rank

        def on_progress(self, trainer):
            time.sleep(0.01 * self.rank)  # their clocks differ
            if how == "stop" and self.rank == 1 and trainer.step_count >= 3:
                trainer.stop()

    def work(communicator):
        trainer = build(**SHARDS, communicator=communicator)
        length = {"steps": 10_000} if how == "stop" else {"seconds": 0.05}
        trainer.fit(**length, callbacks=[Stops(communicator.rank)])
        return state(trainer), trainer.step_count

    one, other = together(2, work)
    assert one == other and 0 < one[1] < 10_000


# ---- MPI ---------------------------------------------------------------------------

SCRIPT = """
import sys
from mpi4py import MPI
from tests.gan.small import build
given = {"shards": 4, "batch_size": 16, "norm": True, "backend": "numpy"}
trainer = build(**given, communicator=MPI.COMM_WORLD)
trainer.fit(3)
trainer.save(sys.argv[1])
"""


@pytest.mark.skipif(not shutil.which("mpirun"), reason="no mpirun (openmpi-bin)")
@pytest.mark.skipif(not find_spec("mpi4py"), reason="no mpi4py (extra mpi)")
def test_checkpoints_under_mpirun_have_the_bytes_of_one_process(tmp_path):
    alone = build(**SHARDS, norm=True, backend="numpy")  # starts soonest
    alone.fit(3)
    alone.save(tmp_path / "alone.npz")
    root = {f"OMPI_ALLOW_RUN_AS_ROOT{end}": "1" for end in ("", "_CONFIRM")}
    one = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n"]
    for size in 2, 4:
        path = tmp_path / f"{size}.npz"
        script = [sys.executable, "-m", "mpi4py", "-c", SCRIPT, str(path)]
        subprocess.run(
            [*command, str(size), *script],
            env={**os.environ, **root, **one},
            check=True,
            timeout=120,
        )
        assert path.read_bytes() == (tmp_path / "alone.npz").read_bytes()
