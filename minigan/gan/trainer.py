"""The GAN trainer: two networks, two optimizers, one game."""

import time

import numpy as np

from .. import validate
from ..kernels import ops
from ..layers import Sigmoid
from .callbacks import Hooks, Report
from .checks import fit_together, network_of, optimizer_of
from .game import Game
from .history import COLUMNS, History
from .interrupt import finish_first
from .objectives import OBJECTIVES
from .running import ROWS, Runner
from .sampling import Rows
from .streams import streams as make_streams

OPTIONS = ("batch_size", "batches", "discriminator_steps", "latent", "fakes")
REPORT_ROWS = 100  # real and fake rows on which a report measures accuracy
CHUNK_SECONDS = 0.2  # about how long training goes on between two looks at it


class Trainer(Game):
    """Trains a generator G against a discriminator D (Goodfellow et al. 2014).

    generator: network from z (N, latent_dim) to rows (N, features).
    discriminator: network from rows to one score (N, 1).  If it ends in a `Sigmoid`,
        losses are taken from the logits before it, so that a discriminator that is
        sure of itself still teaches.
    data: an array (n, ...) of float rows, or a source from `gan.sampling`.
    batch_size: N of the generator step, integer >= 2.
    batches: what a discriminator step sees.  "half": N/2 real rows, an update, N/2
        fakes, an update.  "separate": the same with N each.  "mixed": N real and N
        fake rows in one batch, one update.
    real_label, fake_label: the discriminator's targets, in [0, 1]; 0.9 for real rows
        is one-sided label smoothing.
    discriminator_steps: how many discriminator steps before each generator step.
    latent: "fresh" draws new z for the generator step, "shared" takes those of the
        last fakes.
    fakes: "inference" draws the discriminator's fakes with moving statistics,
        "training" with those of the batch (which then do not move).
    objective: "non-saturating" or "minimax", see `gan.objectives`.
    generator_optimizer, discriminator_optimizer: by default one `Adam()` each.
    seed: integer >= 0; all randomness of training comes from it.
    backend: "jit", "numpy", or None for the one in force.
    capture: False runs each step eagerly instead of replaying a recorded one; the
        bytes are the same.

    Errors: ShapeError for networks that do not fit each other or the data,
    ArgumentError and DTypeError for options out of range.
    """

    BATCHES = ("half", "separate", "mixed")

    def __init__(
        self,
        generator,
        discriminator,
        data,
        *,
        batch_size=128,
        batches="half",
        real_label=1.0,
        fake_label=0.0,
        discriminator_steps=1,
        latent="fresh",
        fakes="inference",
        objective="non-saturating",
        generator_optimizer=None,
        discriminator_optimizer=None,
        seed=0,
        backend=None,
        capture=True,
        name="custom",
    ):
        where = "Trainer"
        self.batches = validate.choice(where, "batches", batches, self.BATCHES)
        self.batch_size = validate.integer(
            where, "batch_size", batch_size, least=2, most=2**24
        )
        if batches == "half" and batch_size % 2:
            validate.complain(
                validate.ArgumentError,
                where,
                "batch_size",
                "an even number with batches='half'",
                batch_size,
            )
        self.discriminator_steps = validate.integer(
            where, "discriminator_steps", discriminator_steps, most=10_000
        )
        self.latent = validate.choice(where, "latent", latent, ("fresh", "shared"))
        if latent == "shared" and batches == "half":
            validate.complain(
                validate.ArgumentError,
                where,
                "latent",
                "'fresh' with batches='half' (a half batch has too few z to share)",
                "'shared'",
            )
        self.fakes = validate.choice(where, "fakes", fakes, ("inference", "training"))
        validate.choice(where, "objective", objective, tuple(OBJECTIVES))
        self.objective = OBJECTIVES[objective](real_label, fake_label)
        self.backend = validate.choice(
            where, "backend", backend or ops.backend(), ops.BACKENDS
        )
        self.generator = network_of(where, "generator", generator)
        self.discriminator = network_of(where, "discriminator", discriminator)
        self.seed = validate.integer(where, "seed", seed, least=0, most=2**63 - 1)
        self.streams = make_streams(self.seed)
        if isinstance(data, type) or not hasattr(data, "batch"):
            data = Rows(data, self.streams["data"], dtype=generator.dtype)
        elif isinstance(getattr(data, "rng", None), np.random.Generator):
            self.streams["data"] = data.rng  # so that it is saved and restored
        self.data = data
        self.latent_dim = fit_together(where, generator, discriminator, data)
        rows = self.batch_size // 2 if batches == "half" else self.batch_size
        most = getattr(data, "largest_batch", rows)
        if rows > most:
            validate.complain(
                validate.ArgumentError,
                where,
                "batch_size",
                f"at most the {most} rows of the data in one batch",
                f"batches of {rows}",
            )
        # One example as D wants it, and D without its sigmoid: losses want logits.
        self.row_shape = discriminator.input_shape or (data.features,)
        ends_in_sigmoid = isinstance(discriminator.layers[-1], Sigmoid)
        self.logits = discriminator[:-1] if ends_in_sigmoid else discriminator
        self.generator_optimizer = optimizer_of(
            where, "generator_optimizer", generator_optimizer
        )
        self.discriminator_optimizer = optimizer_of(
            where, "discriminator_optimizer", discriminator_optimizer
        )
        if self.generator_optimizer is self.discriminator_optimizer:
            validate.complain(
                validate.ArgumentError,
                where,
                "discriminator_optimizer",
                "an optimizer of its own",
                "the generator's",
            )
        if not isinstance(name, str):
            validate.complain(
                validate.DTypeError, where, "name", "a string", repr(name)
            )
        self.name = name
        self.history = History()
        self._runner = Runner(self, validate.flag(where, "capture", capture))
        self._stop = False

    # ---- running it ----------------------------------------------------------------

    @property
    def step_count(self):
        """How many steps have been trained."""
        return len(self.history)

    def step(self):
        """Train one step and return its values, column by column of `History`.

        Errors: NonFiniteError naming step and tensor where a number is not finite;
        the state is then that of the last good step.
        """
        self._runner.run(1)
        return dict(zip(COLUMNS, self.history.table[-1].tolist(), strict=True))

    def fit(self, steps, *, report_every=2000, callbacks=()):
        """Train `steps` more steps and return the `History` of all steps so far.

        report_every: steps between two reports, or None for none.
        callbacks: objects with any of the methods of `Callback`.
        Ctrl-C finishes the step, then raises KeyboardInterrupt; training can go on.
        Errors: as `step`; ArgumentError for steps < 0.
        """
        steps = validate.integer("Trainer.fit", "steps", steps, least=0)
        if report_every is not None:
            report_every = validate.integer("Trainer.fit", "report_every", report_every)
        hooks = Hooks(callbacks)
        end = self.step_count + steps
        self._stop = False
        chunk = 1
        try:
            with finish_first(self.stop):
                while self.step_count < end and not self._stop:
                    n = hooks.next_stop(self.step_count, end, chunk, report_every)
                    started = time.perf_counter()
                    self._runner.run(n)
                    seconds = time.perf_counter() - started
                    affordable = int(n * CHUNK_SECONDS / (seconds + 1e-9))
                    chunk = max(1, min(2 * n, affordable, ROWS))
                    hooks.call(self, report_every)
        finally:
            hooks.on_end(self)
        return self.history

    def stop(self):
        """Let a running `fit` end after the step it is in."""
        self._stop = True

    # ---- looking at it -------------------------------------------------------------

    def sample(self, n=None, *, z=None):
        """Rows that the generator makes, in inference mode: (n, features).

        n: how many, drawn from a stream of its own, so that training is unchanged;
        or z: (n, latent_dim) to make the same rows again.
        Errors: ShapeError for a z of another width.
        """
        if (n is None) == (z is None):
            validate.complain(
                validate.ArgumentError, "Trainer.sample", "n", "either n or z", n
            )
        if z is None:
            n = validate.integer("Trainer.sample", "n", n, most=2**31)
            z = self.draw_latent(n, "sample")
        z = validate.array(
            "Trainer.sample",
            "z",
            z,
            ("n", self.latent_dim),
            self.generator.dtype,
            finite=True,
        )
        with ops.use_backend(self.backend):
            return self.generator.predict(z)

    def draw_latent(self, n, stream):
        """z ~ N(0, 1) from a named stream: (n, latent_dim)."""
        where = "Trainer.draw_latent"
        validate.choice(where, "stream", stream, tuple(self.streams))
        n = validate.integer(where, "n", n, most=2**31)
        rng = self.streams[stream]
        return rng.standard_normal((n, self.latent_dim), dtype=self.generator.dtype)

    def report(self):
        """Accuracy of D on 100 fresh real rows and 100 fresh fakes; see `Report`."""
        rng = self.streams["report"]
        with ops.use_backend(self.backend):
            real = self.logits.predict(self._rows(self.data.draw(REPORT_ROWS, rng)))
            z = self.draw_latent(REPORT_ROWS, "report")
            fake = self.logits.predict(self._rows(self.generator.predict(z)))
            last = self.history.table[-1] if len(self.history) else None
            values = {} if last is None else dict(zip(COLUMNS, last, strict=True))
            return Report(
                step=self.step_count,
                accuracy_real=float(ops.accuracy(real, 0.0, 1)),
                accuracy_fake=float(ops.accuracy(fake, 0.0, 0)),
                **{
                    name: float(values.get(name, np.nan))
                    for name in ("d_loss", "g_loss", "d_real", "d_fake")
                },
            )

    def diagnose(self):
        """Is it working?  A `Diagnosis` from history and samples, see `gan.monitor`."""
        from .monitor import of

        return of(self)

    # ---- state ---------------------------------------------------------------------

    def options(self):
        """name -> value of the options that make up a step, as JSON can hold them."""
        return {
            **{name: getattr(self, name) for name in OPTIONS},
            "objective": self.objective.name,
            "real_label": self.objective.real_label,
            "fake_label": self.objective.fake_label,
        }

    def program(self):
        """The step as a `minigan.program.Program`, to `show` and `profile`.

        Errors: CaptureError where it cannot be recorded (a layer of your own).
        """
        return self._runner.program()

    def memory(self):
        """name -> array, for everything that training changes in place."""
        arrays = {}
        for name in ("generator", "discriminator"):
            network = getattr(self, name)
            optimizer = getattr(self, f"{name}_optimizer")
            arrays[f"{name}/theta"] = network.theta
            arrays[f"{name}/buffers"] = network.buffers
            for key, cell in optimizer.cells().items():
                arrays[f"{name}_optimizer/{key}"] = cell
            for key, vector in optimizer.state(network).items():
                arrays[f"{name}_optimizer/{key}"] = vector
        for key, array in self.data.memory().items():
            arrays[f"data/{key}"] = array
        return arrays

    def generators(self):
        """All random generators, each once: the streams, then those in layers."""
        found = list(self.streams.values())
        for network in (self.generator, self.discriminator):
            for layer in network.walk():
                for value in vars(layer).values():
                    if isinstance(value, np.random.Generator) and not any(
                        value is other for other in found
                    ):
                        found.append(value)
        return found

    def snapshot(self, into=None):
        """A copy of everything that a step changes, for `restore`.

        into: an older snapshot whose memory is used again.
        """
        older = {} if into is None else into[0]
        arrays = {}
        for name, array in self.memory().items():
            copy = older.get(name)
            if copy is None or copy.shape != array.shape or copy.dtype != array.dtype:
                copy = np.empty_like(array)
            copy[...] = array
            arrays[name] = copy
        return arrays, [rng.bit_generator.state for rng in self.generators()]

    def restore(self, snapshot):
        """Go back to a `snapshot`, in place."""
        arrays, states = snapshot
        for name, array in self.memory().items():
            array[...] = arrays[name]
        for rng, state in zip(self.generators(), states, strict=True):
            rng.bit_generator.state = state

    def save(self, path):
        """Write a checkpoint from which `load` continues to the bit."""
        from .state import save

        save(self, path)

    @classmethod
    def load(cls, path, *, data=None, backend=None, capture=True):
        """The trainer that was saved at `path`.

        data: the same array again, where the trainer was given one.
        backend, capture: as for a new trainer.
        Errors: CheckpointError for a file that is damaged, foreign or does not fit.
        """
        from .state import load

        return load(cls, path, data=data, backend=backend, capture=capture)

    def __repr__(self):
        return f"Trainer({self.name!r}, step {self.step_count}, seed {self.seed})"
