"""Runs the steps of a game: captured where that is possible, eagerly where not.

Either way the bytes are the same, and where a number stops being finite the state of
the last good step is left and the step and tensor are named.
"""

import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import primitives
from ..capture import program
from ..capture.schedule import Schedule
from ..errors import CaptureError, NonFiniteError
from ..optimizers.base import unchecked
from ..state import (
    Arrays,
    Generators,
    Snapshot,
    not_finite,
    own_copy,
    whole_copy,
)
from ..tracing import Trace, Tracer
from .attributes import OwnAttributes, plain
from .game import AHEAD, Game
from .history import COLUMNS, History
from .interrupt import finish_first

UNROLLED = 16  # steps of the players up to which one program holds them all
ALGORITHM = tuple(f"gan/{name}.py" for name in ("game", "draws", "judge", "objectives"))
CHUNK_SECONDS = 0.2  # about how long training goes on between two looks at it
LOOK_SHARE = 30  # or, if that is more, so many times as long as a look takes
Step = Callable[[], Arrays]  # a step of the game: name of a column -> number
OF_G = [COLUMNS.index(name) for name in ("g_loss", "g_gradient")]


class Execution:
    """Owns the program of a game, the rows that its steps write, and the history.

    capture: False runs every step eagerly.  backend: "jit" or "numpy".
    """

    def __init__(self, game: Game, capture: bool, backend: str) -> None:
        self.capture, self.backend = capture, backend
        self.history = History()
        self.table = np.zeros((AHEAD, len(COLUMNS)))
        self.cursor = np.zeros((), np.int64)
        self.stopped = False  # somebody asked for an end after this step
        self._said = False  # that there can be no program
        self.game = game

    @property
    def game(self) -> Game:
        """What is run; another one begins without a program."""
        return self._game

    @game.setter
    def game(self, game: Game) -> None:
        self._game = game
        self.table[:] = 0  # what no step writes
        self._before = Snapshot(game)  # its memory is used again and again
        self._own = OwnAttributes(())
        self._program: program.Program | Schedule | None = None
        self._key: tuple[Any, Any] = (None, None)  # what it was recorded for
        self.chunk, self.pretraining_chunk = Chunk(), Chunk()

    def __getstate__(self) -> dict[str, Any]:
        """What a copy gets: a program holds addresses and is recorded anew."""
        return {**vars(self), "_program": None, "_key": (None, None)}

    __copy__, __setstate__ = whole_copy, own_copy

    # ---- runs ----------------------------------------------------------------------

    def run(self, steps: int) -> None:
        """Train 1 <= steps <= AHEAD steps, or leave the last good state and raise."""
        self._run(steps, self.game.step, self.history.append, self.chunk)

    def pretrain(self, steps: int, history: History) -> None:
        """The same with steps of D alone, whose rows go to `history`."""

        def keep(rows: NDArray) -> None:
            self.game.pretrained += len(rows)
            rows = rows.copy()
            rows[:, OF_G] = np.nan
            history.append(rows)

        step = self.game.discriminator_step
        self._run(steps, step, keep, self.pretraining_chunk)

    def warm_up(self) -> None:
        """Have the program of a step, if there can be one; the state stays."""
        step = self.game.step
        self._begin(step)
        try:
            self._only_captured(step)
        except Exception:  # it will be raised again, where that is expected
            pass
        finally:
            self._go_back()
            self.table[:1] = 0  # what the step wrote

    def _only_captured(self, step: Step) -> None:
        """Run the step once, if it can be captured; `_say` counts on this frame."""
        with primitives.use_backend(self.backend):
            self._captured(1, step)

    def once(self, where: str, step: Step) -> dict[str, float]:
        """Run one step of one player, eagerly; what it measured, by column.

        The history stays as it is.  Errors: NonFiniteError, with nothing changed.
        """
        self._begin(step)
        try:
            with primitives.use_backend(self.backend):
                found = {name: float(value) for name, value in step().items()}
            _expect_finite(found)
        except NonFiniteError as error:
            self._go_back()
            raise NonFiniteError(f"{where}: {error}{self._poisoned()}") from None
        except BaseException:
            self._go_back()
            raise
        return found

    def traced(self, name: str) -> Trace:
        """Run one step, eagerly, and keep its row; every value that it computed.

        name: of the run, for the title.   Errors: as `run`.
        """
        tracer = Tracer(
            dict(self._labelled()),
            f"Step {len(self.history) + 1:,} of {name}",
            self.arrays(),
            algorithm=ALGORITHM,
        )
        capture, self.capture = self.capture, False
        try:
            with tracer:
                self.run(1)
        finally:
            self.capture = capture
        return tracer.trace

    @contextmanager
    def until_stopped(self) -> Iterator[None]:
        """A block in which the first Ctrl-C asks for an end; it is raised behind it."""
        self.stopped = False
        with finish_first(self.stop):
            yield

    def stop(self) -> None:
        """Ask for an end after the step that is running."""
        self.stopped = True

    # ---- how -----------------------------------------------------------------------

    def _run(
        self, steps: int, step: Step, keep: Callable[[NDArray], None], chunk: "Chunk"
    ) -> None:
        """Run `step` so many times, then `keep` the rows; `chunk` learns the pace."""
        started = time.monotonic()
        self._begin(step)
        begun = time.monotonic()
        try:
            with primitives.use_backend(self.backend):
                done = self._captured(steps, step)
                with unchecked():
                    for _ in range(steps - done):
                        self._row(step)
                if not self._finite(steps):
                    raise NonFiniteError(
                        "expected finite numbers"
                    )  # run again, to name it
        except NonFiniteError as error:
            raise self._named(error, steps, step, keep) from None
        except BaseException:  # Ctrl-C, or a layer of the user's: no half a step stays
            self._go_back()
            raise
        keep(self.table[:steps])
        chunk.learn(steps, time.monotonic() - started, begun - started)

    def _begin(self, step: Step) -> None:
        """Remember the state, and go to the first row."""
        for _, optimizer in self.game.players.values():
            optimizer.overflow[...] = 0
        self._before.take()
        self._own = OwnAttributes(self._parts())
        self._first_row(step)

    def _first_row(self, step: Step) -> None:
        self.cursor[...] = 0
        self.game.plan(len(self.history), falls=step == self.game.step)

    def _go_back(self) -> None:
        self._before.restore()
        self._own.restore()

    def _row(self, step: Step) -> None:
        """Run one step, write down what it measured, and go on to the next row.

        Errors: NonFiniteError for what is no number, as after a replay.
        """
        _expect_finite(self._part(step))
        self._next_row()

    def _part(self, step: Step) -> Arrays:
        """The same without going on: several of them share a row."""
        found = step()
        primitives.heading("What the history keeps")
        for name, value in found.items():
            primitives.record(value, _PLACES[name], self.cursor, self.table)
        return found

    def _next_row(self) -> None:
        primitives.advance(self.cursor)
        self.game.advance()

    def _named(
        self,
        error: NonFiniteError,
        steps: int,
        step: Step,
        keep: Callable[[NDArray], None],
    ) -> NonFiniteError:
        """Go back, train up to the last good step, and return the error of the next."""
        self._go_back()
        self._first_row(step)
        good = Snapshot(self.game)
        with primitives.use_backend(self.backend):
            for _ in range(steps):
                try:
                    self._row(step)
                except NonFiniteError as found:
                    error = found
                    break
                good.take()
        good.restore()
        keep(self.table[: int(self.cursor)])
        self.table[int(self.cursor) :] = 0  # what the bad step wrote
        if step == self.game.step:
            where = f"step {len(self.history) + 1}"
        else:
            where = f"pre-training step {int(self.game.pretrained) + 1}"
        return NonFiniteError(f"{where}: {error}{self._poisoned()}")

    def _poisoned(self) -> str:
        """Which parameter, statistic or optimizer vector was not finite already."""
        arrays: Arrays = {}
        for player, (network, optimizer) in self.game.players.items():
            for parts, found in (
                (f"{player}_optimizer", optimizer.vectors(network)),
                (player, network.tensors()),
            ):
                arrays |= {f"{parts} {name}": array for name, array in found.items()}
        name = not_finite(arrays)
        return f" (before the step, {name} was not finite)" if name else ""

    def _finite(self, steps: int) -> bool:
        """True where nothing went wrong in the first `steps` rows of this run."""
        for network, optimizer in self.game.players.values():
            if optimizer.overflow:
                return False
            if not all(np.isfinite(n.theta).all() for n in network.owners()):
                return False
        return bool(np.isfinite(self.table[:steps]).all())

    def _layers(self) -> list[Any]:
        return [x for n, _ in self.game.players.values() for x in n.walk()]

    def _parts(self) -> list[Any]:
        """Layers, optimizers and data: what may be a class of the user's."""
        optimizers = [optimizer for _, optimizer in self.game.players.values()]
        return [*self._layers(), *optimizers, self.game.data]

    # ---- captured ------------------------------------------------------------------

    def _captured(self, steps: int, step: Step) -> int:
        """Run steps by the program, if there can be one; how many were run."""
        if not self.capture or self.backend != "jit":
            return 0
        key = self._taken_for_granted(step)
        refused = self._program is None and key[0] == self._key[0]
        if key != self._key and not refused:
            self._key, self._program = key, None
            try:
                self._program = self._record(step)
            except CaptureError as error:
                self._go_back()
                self._first_row(step)
                self._say(error)
                return 0
            except BaseException:  # what was not recorded is tried again
                self._key = None, None
                raise
            if steps > 1:
                self._program.play(steps - 1)
            return steps
        if self._program is None:
            return 0
        self._program.play(steps)
        return steps

    def _taken_for_granted(self, step: Step) -> tuple[Any, Any]:
        """All that a recorded step takes for granted; other values, other program.

        In two parts, what it is made of and the plain attributes of that: a layer that
        counts its calls changes the second at every step.
        """
        game, layers = self.game, self._layers()
        attributes = [plain(part) for part in self._parts()]
        rates = ("learning_rate",)  # cells, which a recorded step reads
        made_of = (
            step.__name__,
            primitives.asked_products(),
            game.options,
            [(id(layer), layer.is_frozen) for layer in layers],
            [
                {k: v for k, v in optimizer.config().items() if k not in rates}
                for _, optimizer in game.players.values()
            ],
            [id(rng) for rng in game.generators().values()],
            [array.ctypes.data for array in self.arrays().values()],
        )
        return made_of, attributes

    def _say(self, error: CaptureError) -> None:
        if not self._said:
            warnings.warn(
                f"minigan: this run is not captured, but trained step by step, "
                f"with the same results: {error}",
                RuntimeWarning,
                stacklevel=6,
            )
            self._said = True

    def _record(self, step: Step) -> "program.Program | Schedule":
        """The program of a step, which is run once."""
        game, options = self.game, self.game.options
        n, m = options.discriminator_steps, options.generator_steps
        if step != game.step or n + m <= UNROLLED or options.latent == "shared":
            return self._capture(lambda: self._row(step))
        before = Snapshot(self)

        def last() -> None:
            self._part(game.generator_step)
            self._next_row()

        try:
            return Schedule.record(
                self._capture,
                (lambda: self._part(game.discriminator_step), n),
                (lambda: self._part(game.generator_step), m - 1),
                (last, 1),
            )
        except BaseException:
            before.restore()
            raise

    def _capture(self, step: Callable[[], object]) -> program.Program:
        """The program of a step.  Errors: CaptureError where an attribute changes."""
        gradients = [
            f"{label}{name}"
            for label, network in self._labelled()
            for name in network.gradients()
        ]
        seen: list[dict[Any, Any]] = []  # after each step that was tried

        def watched() -> None:
            step()
            seen.append(self._own.numbers())

        made = program.capture(watched, self, self.arrays(), gradients=gradients)
        for key, value in seen[0].items():
            if [value] != [seen[-1].get(key)]:
                raise CaptureError(
                    f"expected plain attributes that stay as they are, but {key[1]} "
                    "changes in a step"
                )
        return made

    def program(self) -> program.Program:
        """The program of the current options; records it without training.

        Errors: CaptureError where the step cannot be recorded.
        """
        before = Snapshot(self)
        self._own = OwnAttributes(self._parts())
        self._first_row(self.game.step)
        try:
            with primitives.use_backend("jit"):
                return self._capture(lambda: self._row(self.game.step))
        finally:
            before.restore()
            self._own.restore()

    # ---- state ---------------------------------------------------------------------

    def state(self) -> Arrays:
        """name -> array that a step changes: those of the game, and the row."""
        own = {"history": self.table, "cursor": self.cursor}
        return {**self.game.state(), **own, **self.game.memory()}

    def generators(self) -> Generators:
        """name -> random generator of the game."""
        return self.game.generators()

    def arrays(self) -> Arrays:
        """name -> array, all memory that a step may use, named as listings show it."""
        game = self.game
        found: Arrays = {"history": self.table, "cursor": self.cursor}
        found |= game.memory()
        for label, network in self._labelled():
            found[f"{label}.dtheta"] = network.dtheta
            for name, array in network.state().items():
                found[f"{label}.{name}"] = array
            for arrays in (network.tensors(), network.gradients(), network.tables()):
                found |= {f"{label}{name}": array for name, array in arrays.items()}
        for (label, network), (_, optimizer) in zip(
            self._labelled(), game.players.values(), strict=True
        ):
            for arrays in (optimizer.cells(), optimizer.vectors(network)):
                found |= {f"{label}.{name}": array for name, array in arrays.items()}
        if game.average is not None:
            found |= {
                f"average.{k}": array for k, array in game.average.state().items()
            }
        for arrays in (game.data.tables(), game.data.state()):
            found |= {f"data.{name}": array for name, array in arrays.items()}
        return {name: array for name, array in found.items() if array.nbytes}

    def _labelled(self) -> tuple[tuple[str, Any], tuple[str, Any]]:
        return ("G", self.game.generator), ("D", self.game.discriminator)


_PLACES = {name: place for place, name in enumerate(COLUMNS)}


def _expect_finite(measured: Mapping[str, Any]) -> None:
    """Errors: NonFiniteError that names the first column that is no number."""
    for name, value in measured.items():
        if not math.isfinite(value):
            raise NonFiniteError(f"expected a finite {name}, got {value}")


class Chunk:
    """How many steps to run before the next look: about CHUNK_SECONDS of them.

    At first it is one, then ever more while they are quick.  A look copies the state,
    which takes a while for large networks; so that it stays a small part of the time,
    looks at these are rarer.
    deadline: the end, in the time of `time.monotonic`.
    """

    def __init__(self) -> None:
        self.pace = math.inf  # seconds of a step
        self.look = 0.0  # and of what comes before the first
        self.most = 1  # twice what was run at once
        self.begin()

    def begin(self, deadline: float = math.inf) -> None:
        """A training begins, which has until then; the pace stays known."""
        self.deadline = deadline
        self._choose()

    def late(self) -> bool:
        """True when the time is over."""
        return self.deadline < math.inf and time.monotonic() >= self.deadline

    def learn(self, n: int, seconds: float, look: float) -> None:
        """From a run of n steps: how long it took, and its look alone."""
        self.pace, self.look = max(seconds - look, 1e-9) / n, look
        self.most = max(self.most, 2 * n)
        self._choose()

    def _choose(self) -> None:
        left = self.deadline - time.monotonic() - self.look
        budget = max(0.0, min(left, max(CHUNK_SECONDS, LOOK_SHARE * self.look)))
        self.steps = int(max(1, min(self.most, budget / self.pace, AHEAD)))
