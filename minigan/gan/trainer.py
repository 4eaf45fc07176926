"""The GAN trainer: two networks, two optimizers, one game."""

import copy

import numpy as np

from .. import primitives, validate
from ..layers import Sigmoid
from . import options
from .callbacks import Report
from .checks import fit_together, network_of, two_optimizers
from .fitting import Fitting
from .game import Game
from .history import COLUMNS, History
from .memory import Memory
from .running import Runner
from .sampling import Rows, Source
from .streams import streams as make_streams

REPORT_ROWS = 100  # real and fake rows on which a report measures accuracy


class Trainer(Game, Fitting, Memory):
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
    discriminator_steps, generator_steps: a step of training is so many discriminator
        steps with G held, then so many generator steps with D held.
    pretraining_steps: discriminator steps before the first step; see `pretrain`.
    latent: "fresh" draws new z for each generator step, "shared" takes those of the
        last fakes.
    fakes: "inference" draws the discriminator's fakes with moving statistics,
        "training" with those of the batch (which then do not move).
    objective: "non-saturating", "minimax", "least-squares", "hinge" or "wasserstein",
        see `gan.objectives`.
    clip_value: each update of D ends with all its parameters clipped to
        [-clip_value, clip_value].  None: what the objective asks for, 0.01 for
        "wasserstein", no clipping for the others.
    ema: after each update of G, `trainer.average` becomes
        ema average + (1 - ema) G, parameters and running statistics (Yazici et al.
        2019), in (0, 1), say 0.999; it starts as a copy of G.  None: no average.
    instance_noise: standard deviation of the normal noise that is added to every row,
        real or fake, that D sees in training (Sonderby et al. 2017; Arjovsky &
        Bottou 2017).
    instance_noise_steps: the noise falls in a straight line, to 0 at this step.  None:
        it stays.
    generator_optimizer, discriminator_optimizer: by default one `Adam()` each.
    seed: integer >= 0; all randomness of training comes from it.
    backend: "jit", "numpy", or None for the one in force.
    capture: False runs each step eagerly instead of replaying a recorded one; the
        bytes are the same.

    Errors: ShapeError for networks that do not fit each other or the data,
    ArgumentError and DTypeError for options out of range.
    """

    BATCHES = options.BATCHES

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
        generator_steps=1,
        pretraining_steps=0,
        latent="fresh",
        fakes="inference",
        objective="non-saturating",
        clip_value=None,
        ema=None,
        instance_noise=0.0,
        instance_noise_steps=None,
        generator_optimizer=None,
        discriminator_optimizer=None,
        seed=0,
        backend=None,
        capture=True,
        name="custom",
    ):
        where = "Trainer"
        vars(self).update(options.checked(where, locals()))
        self.backend = validate.choice(
            where, "backend", backend or primitives.backend(), primitives.BACKENDS
        )
        self.generator = network_of(where, "generator", generator)
        self.discriminator = network_of(where, "discriminator", discriminator)
        self.seed = validate.integer(where, "seed", seed, least=0, most=2**63 - 1)
        self.streams = make_streams(self.seed)
        if not isinstance(data, Source):
            data = Rows(data, rng=self.streams["data"], dtype=generator.dtype)
        elif data.rng is not None:
            self.streams["data"] = data.rng  # so that it is saved and restored
        self.data = data
        self.latent_dim = fit_together(
            where, generator, discriminator, data, self.real_rows
        )
        # One example as D wants it, and D without its sigmoid: losses want its score.
        self.row_shape = discriminator.input_shape or (data.features,)
        ends_in_sigmoid = isinstance(discriminator.layers[-1], Sigmoid)
        self.logits = discriminator[:-1] if ends_in_sigmoid else discriminator
        self.generator_optimizer, self.discriminator_optimizer = two_optimizers(
            where, generator_optimizer, discriminator_optimizer
        )
        if not isinstance(name, str):
            validate.complain(
                validate.DTypeError, where, "name", "a string", repr(name)
            )
        self.name = name
        self.average = None if self.ema is None else copy.deepcopy(generator)
        self.pretrained = np.zeros((), np.int64)  # discriminator steps by themselves
        self.history = History()
        self._runner = Runner(self, validate.flag(where, "capture", capture))
        self._stop = False

    @property
    def step_count(self):
        """How many steps have been trained."""
        return len(self.history)

    @property
    def real_rows(self):
        """How many real rows one discriminator step sees."""
        return self.batch_size // 2 if self.batches == "half" else self.batch_size

    def step(self):
        """Train one step and return its values, column by column of `History`.

        Errors: NonFiniteError naming step and tensor where a number is not finite;
        the state is then that of the last good step.
        """
        self._stop = False
        self._pretrain_first()
        self._runner.run(1)
        return dict(zip(COLUMNS, self.history.table[-1].tolist(), strict=True))

    # ---- looking at it -------------------------------------------------------------

    def sample(self, n=None, *, z=None, ema=False):
        """Rows that the generator makes, in inference mode: (n, features).

        n: how many, drawn from a stream of its own, so that training is unchanged;
        or z: (n, latent_dim) to make the same rows again.
        ema: True asks `trainer.average` in place of the generator.
        Errors: ShapeError for a z of another width; ArgumentError for ema=True in a
        trainer without an average.
        """
        where = "Trainer.sample"
        if validate.flag(where, "ema", ema) and self.average is None:
            expected = "False in a trainer without the option ema"
            validate.complain(validate.ArgumentError, where, "ema", expected, "True")
        if (n is None) == (z is None):
            validate.complain(validate.ArgumentError, where, "n", "either n or z", n)
        if z is None:
            n = validate.integer(where, "n", n, most=2**31)
            z = self.draw_latent(n, "sample")
        shape, dtype = ("n", self.latent_dim), self.generator.dtype
        z = validate.array(where, "z", z, shape, dtype, finite=True)
        with primitives.use_backend(self.backend):
            return (self.average if ema else self.generator).predict(z)

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
        with primitives.use_backend(self.backend):
            real = self.logits.predict(self._rows(self.data.draw(REPORT_ROWS, rng)))
            z = self.draw_latent(REPORT_ROWS, "report")
            fake = self.logits.predict(self._rows(self.generator.predict(z)))
            last = self.history.table[-1] if len(self.history) else None
            values = {} if last is None else dict(zip(COLUMNS, last, strict=True))
            return Report(
                step=self.step_count,
                accuracy_real=float(
                    primitives.accuracy(real, self.objective.threshold, 1)
                ),
                accuracy_fake=float(
                    primitives.accuracy(fake, self.objective.threshold, 0)
                ),
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
            **{name: getattr(self, name) for name in options.NAMES},
            "objective": self.objective.name,
            "real_label": self.objective.real_label,
            "fake_label": self.objective.fake_label,
        }

    def program(self):
        """The step as a `minigan.capture.program.Program`, to `show` and `profile`.

        Errors: CaptureError where it cannot be recorded (a layer of your own).
        """
        return self._runner.program()

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
