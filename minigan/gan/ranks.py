"""Ranks: several processes that train one game together, and how they talk.

A communicator is anything with `rank`, `size` and `allgather`, see `Communicator`.
What mpi4py calls one, such as `MPI.COMM_WORLD`, is wrapped; mpi4py is imported nowhere
else, and only when ranks talk.  Ranks exchange bytes and never have them added up by
somebody else, so that no bit depends on how many there are.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any, NoReturn, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .. import validate
from ..errors import MiniganError, StateError

TEXT = 448  # bytes of an error that ranks tell each other


@runtime_checkable
class Communicator(Protocol):
    """The ranks of a game, 0 ... size - 1, and which of them this is."""

    rank: int
    size: int

    def allgather(self, rows: NDArray[np.uint8]) -> None:
        """Fill rows (size, n), of which row `rank` is this rank's, with all others'."""


class Alone:
    """One rank, which has nobody to talk to."""

    rank, size = 0, 1

    def allgather(self, rows: NDArray[np.uint8]) -> None:
        """All rows are there."""


ALONE = Alone()


class OfMPI:
    """The ranks of an mpi4py communicator.

    comm: an intracommunicator, such as `MPI.COMM_WORLD`.
    """

    def __init__(self, comm: Any) -> None:
        self.comm = comm
        self.rank, self.size = int(comm.Get_rank()), int(comm.Get_size())

    def allgather(self, rows: NDArray[np.uint8]) -> None:
        """MPI's Allgather, each rank's row in its place."""
        from mpi4py import MPI

        self.comm.Allgather(MPI.IN_PLACE, rows)

    def __deepcopy__(self, memo: Any) -> "OfMPI":
        """A copy of a trainer talks to the same ranks."""
        return self

    def __reduce__(self) -> NoReturn:
        """Errors: StateError; what another process gets would be no rank."""
        raise StateError(
            "Trainer: expected no pickle of a trainer with a communicator; save it, "
            "and load it with the communicator of the other process"
        )


def communicator_of(where: str, communicator: Any) -> Communicator:
    """The communicator; `ALONE` for None.  Errors: DTypeError for anything else."""
    if communicator is None:
        return ALONE
    if all(hasattr(communicator, name) for name in ("Get_rank", "Get_size")):
        return OfMPI(communicator)
    if not isinstance(communicator, Communicator):
        validate.complain(
            validate.DTypeError,
            where,
            "communicator",
            "a communicator of mpi4py, or one with rank, size and allgather",
            validate.shown(communicator),
        )
    return communicator


# ---- what ranks tell each other ----------------------------------------------------


def told(communicator: Communicator, mine: bytes, size: int) -> list[bytes]:
    """What each rank says, at most `size` bytes, without zeros at the end."""
    rows = np.zeros((communicator.size, size), np.uint8)
    written(rows[communicator.rank], mine)
    communicator.allgather(rows)
    return [row.tobytes().rstrip(b"\0") for row in rows]


def written(row: NDArray[np.uint8], text: bytes) -> None:
    """Write text into a row of bytes, as much as fits, and zeros behind it."""
    row[:] = 0
    text = text[: len(row)]
    row[: len(text)] = np.frombuffer(text, np.uint8)


def agreed(communicator: Communicator, stop: bool, steps: int) -> tuple[bool, int]:
    """(whether any rank wants to stop, how many steps the first one would run)."""
    if communicator.size == 1:
        return stop, steps
    said = [json.loads(text) for text in told(communicator, _json(stop, steps), 64)]
    return any(wants for wants, _ in said), said[0][1]


def expect_same(communicator: Communicator, where: str, *things: Any) -> None:
    """Refuse ranks that do not begin alike.

    things: arrays, or what JSON can hold.   Errors: StateError, on all ranks.
    """
    if communicator.size == 1:
        return
    sha = hashlib.sha256()
    for thing in things:
        array = isinstance(thing, np.ndarray)
        sha.update(thing.tobytes() if array else _json(thing))
    digests = told(communicator, sha.hexdigest().encode(), 64)
    others = [k for k, digest in enumerate(digests) if digest != digests[0]]
    if others:
        raise StateError(
            f"{where}: expected the same players, options and random states on all "
            f"{communicator.size} ranks, got others on {listed(others)} than on rank 0"
        )


def on_the_first(communicator: Communicator, work: Callable[[], object]) -> None:
    """Do work on rank 0 alone; the others wait.  Errors: its, on all ranks."""
    error: Exception | None = None
    if communicator.rank == 0:
        try:
            work()
        except Exception as found:
            error = found
    if communicator.size > 1:
        said = told(communicator, said_of(error), TEXT)
        raise_first(said, communicator.rank, error)
    elif error is not None:
        raise error


def said_of(error: Exception | None) -> bytes:
    """An error as ranks tell it each other; nothing for None."""
    if error is None:
        return b""
    name = type(error).__name__
    return f"{name if name in _kinds() else StateError.__name__}: {error}".encode()


def raise_first(said: list[bytes], rank: int, own: Exception | None) -> None:
    """Raise the error of the first rank that has one, on all ranks."""
    for k, text in enumerate(said):
        if text and k == rank and own is not None:
            raise own
        if text:
            name, _, message = text.decode(errors="replace").partition(": ")
            raise _kinds()[name](message)


def _kinds() -> dict[str, type[MiniganError]]:
    return {kind.__name__: kind for kind in MiniganError.__subclasses__()}


def listed(ranks: list[int]) -> str:
    """ "rank 1", "ranks 1, 2"."""
    return f"rank{'s' * (len(ranks) > 1)} {', '.join(map(str, ranks))}"


def _json(*things: Any) -> bytes:
    return json.dumps(things, sort_keys=True, default=str).encode()
