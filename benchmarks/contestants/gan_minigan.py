"""minigan, three ways to run the same step."""

import numpy as np

from minigan import Adam, primitives
from minigan.gan import Parabola, Rows, Trainer
from minigan.gan.rngs import rngs


class Captured:
    """minigan, captured: the step is recorded once and replayed."""

    backend, capture = "jit", True
    shown = ("run",)

    def __init__(self, game, data, dtype="float32", **adam):
        self.game = game
        dtype, rng = np.dtype(dtype), rngs(0)["data"]
        rows = Parabola(rng, dtype)
        if game.features:
            rows = Rows(data, rng=rng, sampling=game.recipe.sampling, dtype=dtype)
        adam = {**game.recipe.optimizer[1], **adam}
        self.trainer = Trainer(
            *game.networks(dtype),
            rows,
            **game.recipe.options,
            generator_optimizer=Adam(**adam),
            discriminator_optimizer=Adam(**adam),
            backend=self.backend,
            capture=self.capture,
        )

    def run(self, steps):
        self.trainer.fit(steps, report_every=None)

    # ---- for the checks ------------------------------------------------------------

    def discriminator_step(self):
        with primitives.use_backend(self.backend):
            game = self.trainer.game
            self.z = game.draws.shared_latent()
            game.discriminator_step(self.z)

    def generator_step(self):
        with primitives.use_backend(self.backend):
            self.trainer.game.generator_step(self.z)

    def losses(self):
        history = self.trainer.history
        return history.d_loss[-1], history.g_loss[-1]

    def state(self):
        """Copies of all parameters and statistics: of G, of D."""
        return tuple(
            [a.value.copy() for a in (*network.parameters, *network.statistics)]
            for network in (self.trainer.generator, self.trainer.discriminator)
        )


class Eager(Captured):
    """minigan, eager: layer by layer from Python, compiled kernels."""

    capture = False


class Numpy(Captured):
    """minigan on its NumPy backend: nothing compiled."""

    backend = "numpy"
