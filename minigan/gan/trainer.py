"""The GAN trainer: a game, what runs it, and how long."""

import math
import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from .. import primitives, validate
from ..capture.program import Program
from ..files import as_path
from ..network import Network
from ..optimizers import Optimizer
from ..state import Arrays, Generators, whole_copy
from ..tracing import Trace
from .callbacks import Hooks, Report
from .execution import Chunk, Execution
from .game import Game
from .history import COLUMNS, History
from .objectives import Objective
from .options import Options, takes, unknown
from .players import Labels, asked
from .ranks import Communicator, agreed, communicator_of, expect_same, on_the_first
from .rngs import rngs as make_rngs
from .rows import packs_of
from .sampling import Source, drawn_labels

if TYPE_CHECKING:
    from ..data import Table
    from .diagnosis import Diagnosis

REPORT_ROWS = 100  # real and fake rows on which a report measures accuracy


@takes(Options)
class Trainer:
    """Trains a generator G against a discriminator D (Goodfellow et al. 2014).

    generator: network from z (N, latent_dim) to rows (N, features); or a `Graph` from
        z and labels (N,).
    discriminator: network from rows to one score (N, 1); or a `Graph` from rows and
        labels, or with a second output, the logits of classes (N, classes).  If the
        score comes out of a `Sigmoid`, losses are taken from the score before it, so
        that a discriminator that is sure of itself still teaches; `critic` is D
        without that sigmoid.
    data: an array (n, ...) of float rows, a `data.table`, or a source from
        `gan.SOURCES`; with labels, the pair (rows, labels) of such rows and (n,)
        integers.
    {options}
    generator_optimizer, discriminator_optimizer: by default one `Adam()` each.
    seed: integer >= 0; all randomness of training comes from it.
    rngs: name -> Generator for every purpose, by default `gan.rngs.rngs(seed)`.
    backend: "jit", "numpy", or None for the one in force.
    capture: False runs each step eagerly instead of replaying a recorded one; the
        bytes are the same.
    communicator: that of several ranks which train this game together, such as
        mpi4py's `MPI.COMM_WORLD`; all of them make the same trainer and call the same
        methods. See the option shards, and docs/parallel.md.

    Networks, optimizers, data, objective and options may be set between two calls of
    `fit`.  They are checked as in the beginning, and nothing has changed if they are
    refused.  A network that is set begins with the optimizer as it was made, without
    its moments; with the option ema, a new generator begins a new average.

    Errors: ShapeError for networks that do not fit each other or the data,
    ArgumentError and DTypeError for options out of range.
    """

    def __init__(
        self,
        generator: Network,
        discriminator: Network,
        data: "NDArray | Table | Source",
        *,
        generator_optimizer: Optimizer | None = None,
        discriminator_optimizer: Optimizer | None = None,
        seed: int = 0,
        rngs: Generators | None = None,
        backend: str | None = None,
        capture: bool = True,
        name: str = "custom",
        communicator: Any = None,
        **options: Any,
    ) -> None:
        where = "Trainer"
        unknown(where, options, type(self))
        made = Options(**options)
        backend = primitives.chosen_backend(where, backend)
        self.seed = validate.integer(where, "seed", seed, least=0, most=2**63 - 1)
        capture = validate.flag(where, "capture", capture)
        self.name = validate.text(where, "name", name)
        game = Game(
            generator,
            discriminator,
            data,
            made,
            generator_optimizer,
            discriminator_optimizer,
            make_rngs(self.seed) if rngs is None else rngs,
            communicator=communicator_of(where, communicator),
        )
        self.execution = Execution(game, capture, backend)

    # ---- training ------------------------------------------------------------------

    def fit(
        self,
        steps: int | None = None,
        *,
        epochs: int | None = None,
        seconds: float | None = None,
        report_every: int | None = 2000,
        callbacks: Sequence[Any] = (),
        save_every: int | None = None,
        path: str | os.PathLike | None = None,
    ) -> History:
        """Train on and return the `History` of all steps so far.

        Exactly one of these says for how long:
        steps: integer >= 0.
        epochs: integer >= 0, of `steps_per_epoch` steps each.
        seconds: a time budget; training ends with the first look at the clock after
            it, up to about 0.2 s or one step late.

        report_every: steps between two reports, or None for none.
        callbacks: objects with any of the methods of `Callback`.
        save_every: write a checkpoint to `path` after each step whose number is a
            multiple of it, atomically, when reports and callbacks of that step are
            done: a run resumed from it ends with the bytes of this one.
        Ctrl-C finishes the steps under way, about 0.2 s of them or, if that is longer,
        30 times what a copy of the state takes, then raises KeyboardInterrupt; training
        can go on.
        Errors: as `step`; ArgumentError, DTypeError for arguments out of range, with
        nothing trained; OutputError where the checkpoint cannot be written.
        """
        end, deadline = self._length(steps, epochs, seconds)
        if report_every is not None:
            report_every = validate.integer("Trainer.fit", "report_every", report_every)
        hooks = Hooks(callbacks, report_every, *self._saving(save_every, path))
        run, chunk = self.execution, self.execution.chunk
        self._expect_same("Trainer.fit")
        try:
            with run.until_stopped():
                if end > self.step_count:
                    self._pretrain_first(deadline)
                chunk.begin(deadline)
                while self.step_count < end and self._goes_on(chunk):
                    n = hooks.next_stop(self.step_count, end, chunk.steps)
                    run.run(n)
                    hooks.call(self)
        finally:
            hooks.on_end(self)
        return self.history

    def warm_up(self) -> None:
        """Compile and capture the step now; the training that follows is the same.

        So that a measurement does not time a compiler: the first run ever compiles
        for seconds.  Does nothing for a trainer that runs eagerly.  What is wrong with
        the step is said when it is trained.
        """
        self._expect_same("Trainer.warm_up")
        self.execution.warm_up()

    def step(self) -> dict[str, float]:
        """Train one step and return its values, column by column of `History`.

        Errors: NonFiniteError naming step and tensor where a number is not finite;
        the state is then that of the last good step.
        """
        self.execution.stopped = False
        self._pretrain_first()
        self.execution.run(1)
        return dict(zip(COLUMNS, self.history.table[-1].tolist(), strict=True))

    def trace_step(self) -> Trace:
        """Train one step, eagerly, and return all that it computed, as a `Trace`.

            found = trainer.trace_step()
            print(found)                 # a line for each value, in order
            found["G step: dfake"]       # one of them, by name

        The step counts, and leaves the bytes that `step` does.
        Errors: as `step`.
        """
        self.execution.stopped = False
        self._pretrain_first()
        return self.execution.traced(self.name)

    def discriminator_step(self) -> dict[str, float]:
        """Train D alone by one of its steps, eagerly; the values of its columns.

        Neither the history nor the counts of steps know of it.
        Errors: NonFiniteError where a number is not finite; nothing has changed then.
        """
        where = "Trainer.discriminator_step"
        return self.execution.once(where, self.game.discriminator_step)

    def generator_step(
        self, z: NDArray | None = None, labels: Labels = None
    ) -> dict[str, float]:
        """Train G alone by one of its steps, eagerly; the values of its columns.

        z: (N, latent_dim) to learn from; None draws it.   labels: of a conditional G,
        beside z: as `sample` takes them.
        Neither the history nor the counts of steps know of it.
        Errors: NonFiniteError where a number is not finite; nothing has changed then;
        ShapeError, DTypeError for a z that does not fit.
        """
        where = "Trainer.generator_step"
        taken: Any = None
        if z is not None or labels is not None:
            taken = self._taken(where, None, z, labels)
        return self.execution.once(where, lambda: self.game.generator_step(taken))

    def pretrain(self, steps: int) -> History:
        """Train D alone: `steps` discriminator steps, in which nothing of G changes.

        Returns a `History` of these steps, with NaN in the columns of G; the trainer's
        own history and its step count stay as they are.
        Ctrl-C finishes the step, then raises KeyboardInterrupt.
        Errors: as `step`; ArgumentError, DTypeError for steps that are no count.
        """
        steps = validate.integer("Trainer.pretrain", "steps", steps, least=0)
        history = History()
        self._expect_same("Trainer.pretrain")
        with self.execution.until_stopped():
            self._pretrain(steps, history)
        return history

    def stop(self) -> None:
        """Let a running `fit` or `pretrain` end after the step it is in."""
        self.execution.stop()

    @property
    def step_count(self) -> int:
        """How many steps have been trained."""
        return len(self.history)

    @property
    def steps_per_epoch(self) -> int:
        """floor(n / (B k)): n rows of data, B of them in each of k discriminator steps.

        Rows that steps of G look at are counted too, and those of looking ahead.

        Errors: ArgumentError for data without an end, or with too few rows.
        """
        return self._steps_per_epoch("Trainer.steps_per_epoch")

    # ---- looking at it -------------------------------------------------------------

    def sample(
        self,
        n: int | None = None,
        *,
        z: NDArray | None = None,
        labels: Labels = None,
        ema: bool = False,
    ) -> NDArray:
        """Rows that the generator makes, in inference mode: (n, features).

        n: how many, drawn from a stream of its own, so that training is unchanged;
        or z: (n, latent_dim) to make the same rows again.
        labels: of a conditional generator, one integer for all rows or (n,) of them.
        With n, None draws them, as often as the data have each.
        ema: True asks `trainer.average` in place of the generator.
        Errors: ShapeError for a z of another width; ArgumentError for ema=True in a
        trainer without an average.
        """
        where = "Trainer.sample"
        network: Network | None = self.generator
        if validate.flag(where, "ema", ema):
            network = self.average
        if network is None:
            expected = "False in a trainer without the option ema"
            validate.complain(validate.ArgumentError, where, "ema", expected, "True")
        taken = self._taken(where, n, z, labels)
        with primitives.use_backend(self.backend):
            return network.predict(taken)

    def draw_latent(self, n: int, stream: str) -> NDArray:
        """z ~ N(0, 1) from a named stream: (n, latent_dim)."""
        where = "Trainer.draw_latent"
        validate.choice(where, "stream", stream, tuple(self.rngs))
        n = validate.integer(where, "n", n, most=2**31)
        kind = self.generator.theta.dtype.type
        return self.rngs[stream].standard_normal((n, self.latent_dim), kind)

    def draw_labels(self, n: int, rng: np.random.Generator) -> NDArray | None:
        """Labels (n,) as often as the data have each; None for a G that takes none."""
        n = validate.integer("Trainer.draw_labels", "n", n, most=2**31)
        counts = self.data.label_counts
        return None if counts is None else drawn_labels(counts, n, rng)

    def score(self, rows: NDArray, labels: NDArray | None = None) -> NDArray:
        """D's scores of rows (n, ...), in inference mode, before a sigmoid: (n, 1).

        labels: (n,), for a D that takes them.  With the option `pack` so many rows
        side by side have one score, and those at the end that fill no pack none; rows
        with labels are put class by class first.
        """
        if labels is not None and self.pack > 1:
            rows, labels = packs_of(rows, labels, self.pack)
        x = self.game.draws.of_discriminator.given(
            self.game.draws.as_rows(rows), labels
        )
        with primitives.use_backend(self.backend):
            answer = self.critic.predict(x)
        return answer[0] if self.critic.splits else answer

    def report(self) -> Report:
        """Accuracy of D on 100 fresh real rows and 100 fresh fakes; see `Report`."""
        with primitives.use_backend(self.backend):
            rng = self.rngs["report"]
            real, labels = self.data.draw_pairs(REPORT_ROWS, rng)
            z = self.draw_latent(REPORT_ROWS, "report")
            wanted = self.draw_labels(REPORT_ROWS, rng)
            fake = self.generator.predict(self.game.draws.of_generator.given(z, wanted))
            shares = []
            for rows, given, label in ((real, labels, 1), (fake, wanted, 0)):
                score = self.score(rows, given)
                threshold = self.objective.threshold
                shares.append(float(primitives.accuracy(score, threshold, label)))
        names = ("d_loss", "g_loss", "d_real", "d_fake")
        last = dict.fromkeys(COLUMNS, math.nan)
        if self.step_count:
            last = dict(zip(COLUMNS, self.history.table[-1].tolist(), strict=True))
        return Report(self.step_count, *shares, **{name: last[name] for name in names})

    def diagnose(self) -> "Diagnosis":
        """Is it working?  A `Diagnosis` from history and samples, see `gan.monitor`."""
        from .monitor import of

        return of(self)

    def program(self) -> Program:
        """The step as a `minigan.capture.program.Program`, to `show` and `profile`.

        Errors: CaptureError where it cannot be recorded (a layer of your own).
        """
        return self.execution.program()

    # ---- what it is made of, to read and to set ------------------------------------

    @property
    def game(self) -> Game:
        """The players and their steps, as `gan.game` writes them."""
        return self.execution.game

    @property
    def generator(self) -> Network:
        """The network G."""
        return self.game.generator

    @generator.setter
    def generator(self, network: Network) -> None:
        self._change(generator=network)

    @property
    def discriminator(self) -> Network:
        """The network D."""
        return self.game.discriminator

    @discriminator.setter
    def discriminator(self, network: Network) -> None:
        self._change(discriminator=network)

    @property
    def generator_optimizer(self) -> Optimizer:
        """What moves G."""
        return self.game.generator_optimizer

    @generator_optimizer.setter
    def generator_optimizer(self, optimizer: Optimizer) -> None:
        self._change(generator_optimizer=optimizer)

    @property
    def discriminator_optimizer(self) -> Optimizer:
        """What moves D."""
        return self.game.discriminator_optimizer

    @discriminator_optimizer.setter
    def discriminator_optimizer(self, optimizer: Optimizer) -> None:
        self._change(discriminator_optimizer=optimizer)

    @property
    def data(self) -> Source:
        """Where real rows come from; set to an array or a source."""
        return self.game.data

    @data.setter
    def data(self, data: NDArray | Source) -> None:
        self._change(data=data)

    @property
    def options(self) -> Options:
        """The options of a step, all of them."""
        return self.game.options

    @options.setter
    def options(self, options: Options) -> None:
        if not isinstance(options, Options):
            validate.complain(
                validate.DTypeError,
                "Trainer",
                "options",
                "Options",
                validate.shown(options),
            )
        self._change(options=options)

    @property
    def objective(self) -> Objective:
        """The losses; set to a name of `gan.OBJECTIVES`."""
        return self.game.objective

    @objective.setter
    def objective(self, name: str) -> None:
        self.options = self.options.changed(objective=name)

    @property
    def critic(self) -> Network:
        """D without its sigmoid, if it ends in one: a view on the discriminator."""
        return self.game.critic

    @property
    def average(self) -> Network | None:
        """The moving average of G, with the option ema."""
        return self.game.average

    @property
    def history(self) -> History:
        """What was measured at every step."""
        return self.execution.history

    @property
    def rngs(self) -> Generators:
        """name -> Generator, the random streams by purpose."""
        return self.game.rngs

    @property
    def communicator(self) -> Communicator:
        """The ranks that train together; one alone has rank 0 and size 1."""
        return self.game.communicator

    @property
    def backend(self) -> str:
        """ "jit" or "numpy"."""
        return self.execution.backend

    @property
    def row_shape(self) -> tuple[int, ...]:
        """One example as D takes it."""
        return self.game.draws.row_shape

    @property
    def latent_dim(self) -> int:
        """How many numbers a z has."""
        return self.game.draws.latent_dim

    @property
    def classes(self) -> int | None:
        """How many labels 0, 1, ... G knows; None for a G that takes none."""
        return self.game.draws.of_generator.classes

    # ---- state ---------------------------------------------------------------------

    __copy__ = whole_copy

    def state(self) -> Arrays:
        """name -> array that training changes and a checkpoint holds."""
        return self.game.state()

    def generators(self) -> Generators:
        """name -> random generator: the streams by purpose, then those in layers."""
        return self.game.generators()

    def save(self, path: str | os.PathLike) -> None:
        """Write a checkpoint from which `load` continues to the bit.

        Of several ranks the first one writes it, the same bytes however many they are.
        """
        from .saving import save

        on_the_first(self.communicator, lambda: save(self, path))

    @classmethod
    def load(
        cls,
        path: str | os.PathLike,
        *,
        data: "NDArray | Table | None" = None,
        backend: str | None = None,
        capture: bool = True,
        communicator: Any = None,
    ) -> Self:
        """The trainer that was saved at `path`.

        data: the same array or table again, where the trainer was given one.
        backend, capture, communicator: as for a new trainer.
        Errors: CheckpointError for a file that is damaged, foreign or does not fit.
        """
        from .saving import load

        own = {"backend": backend, "capture": capture, "communicator": communicator}
        return load(cls, path, data=data, **own)

    def __repr__(self) -> str:
        return f"Trainer({self.name!r}, step {self.step_count}, seed {self.seed})"

    # ---- how -----------------------------------------------------------------------

    def _taken(
        self, where: str, n: int | None, z: NDArray | None, labels: Labels
    ) -> Any:
        """What G takes for n rows, or for a z, of these labels."""
        rng = self.rngs["sample"]
        return asked(
            where,
            self.generator,
            n,
            z,
            labels,
            lambda n: self.draw_latent(n, "sample"),
            lambda n: self.draw_labels(n, rng),
        )

    def _change(self, **parts: Any) -> None:
        """Make another game of the parts that change and those that stay."""
        self.execution.game = self.game.changed(**parts)

    def _goes_on(self, chunk: Chunk) -> bool:
        """False where somebody asked for an end, or time is over: on any rank."""
        stop = self.execution.stopped or chunk.late()
        stop, chunk.steps = agreed(self.communicator, stop, chunk.steps)
        return not stop

    def _expect_same(self, where: str) -> None:
        """All ranks begin alike.  Errors: StateError."""
        if self.communicator.size > 1:
            random = [rng.bit_generator.state for rng in self.generators().values()]
            made_of = self.options.as_dict(), random, self.backend, self.step_count
            expect_same(self.communicator, where, *self.state().values(), made_of)

    def _length(
        self, steps: int | None, epochs: int | None, seconds: float | None
    ) -> tuple[float, float]:
        """The step to end at, and the time."""
        where = "Trainer.fit"
        asked = {"steps": steps, "epochs": epochs, "seconds": seconds}
        given = [name for name, length in asked.items() if length is not None]
        if len(given) != 1:
            expected = "exactly one of steps, epochs and seconds"
            got = " and ".join(given) or "None"
            validate.complain(validate.ArgumentError, where, "steps", expected, got)
        if seconds is not None:
            seconds = validate.number(where, "seconds", seconds, least=0)
            return math.inf, time.monotonic() + seconds
        if epochs is not None:
            epochs = validate.integer(where, "epochs", epochs, least=0)
            steps = epochs * self._steps_per_epoch(where, "epochs")
        steps = validate.integer(where, "steps", steps, least=0)
        return self.step_count + steps, math.inf

    def _saving(
        self, save_every: int | None, path: str | os.PathLike | None
    ) -> tuple[int | None, Any]:
        """Both or neither, and a trainer that can be saved."""
        from .saving import refuse_foreign_parts

        where = "Trainer.fit"
        if save_every is None and path is None:
            return None, None
        if save_every is None or path is None:
            name = "path" if path is None else "save_every"
            expected = "a value, as save_every and path go together"
            validate.complain(validate.ArgumentError, where, name, expected, "None")
        save_every = validate.integer(where, "save_every", save_every)
        refuse_foreign_parts(self)
        return save_every, as_path(where, path)

    def _steps_per_epoch(self, where: str, argument: str = "data") -> int:
        """See `steps_per_epoch`.   argument: what a message blames."""
        rows = self.data.rows
        if rows is None:
            validate.complain(
                validate.ArgumentError,
                where,
                argument,
                "data of so many rows",
                "a source without an end",
            )
        used = self.options.real_rows_per_step
        if rows < used:
            expected = f"at least the {used} rows of data that one step takes"
            validate.complain(validate.ArgumentError, where, argument, expected, rows)
        return rows // used

    def _pretrain_first(self, deadline: float = math.inf) -> None:
        """What is left of the option `pretraining_steps`, before the first step."""
        left = self.options.pretraining_steps - int(self.game.pretrained)
        if left > 0 and not self.step_count:
            self._pretrain(left, History(), deadline)

    def _pretrain(
        self, steps: int, history: History, deadline: float = math.inf
    ) -> None:
        chunk, done = self.execution.pretraining_chunk, 0
        chunk.begin(deadline)
        while done < steps and self._goes_on(chunk):
            n = min(chunk.steps, steps - done)
            self.execution.pretrain(n, history)
            done += n

    if TYPE_CHECKING:  # the options are attributes, each by its own name

        def __getattr__(self, name: str) -> Any: ...
