"""The algorithm: the discriminator step and the generator step.

Everything here goes through networks, objectives and primitives, so that a step can be
recorded and replayed.  `Trainer` adds what stands around it.
"""

from .. import primitives
from .history import COLUMNS


class Game:
    """One step of training, in terms of the trainer's options; see `Trainer`."""

    # ---- the algorithm -------------------------------------------------------------

    def _step(self):
        """One step: the discriminator n times, then the generator m times."""
        for _ in range(self.discriminator_steps):
            z = self._discriminator_step()
        for _ in range(self.generator_steps):
            self._generator_step(z if self.latent == "shared" else None)
        primitives.advance(self._runner.cursor)

    def _pretraining_step(self):
        """One discriminator step, with no generator step behind it."""
        self._discriminator_step()
        primitives.advance(self._runner.cursor)

    def _last_generator_step(self):
        """What ends a step; for a schedule, see `running`."""
        self._generator_step()
        primitives.advance(self._runner.cursor)

    def _discriminator_step(self):
        """Teach D to tell real rows from fakes; nothing of G changes."""
        half = self.batch_size // 2 if self.batches == "half" else self.batch_size
        primitives.heading("Discriminator step: draw fakes and real rows")
        z = self._latent(half)
        fake = self._noisy(self._rows(self._draw_fakes(z)))
        real = self._noisy(self._rows(self.data.batch(half)))
        if self.batches == "mixed":
            primitives.heading("D on real and fake rows in one batch")
            score = self.logits.forward(
                primitives.concatenate(real, fake), training=True
            )
            real_score, fake_score = score[:half], score[half:]
            real_loss = self.objective.real(real_score)  # for the history
            fake_loss = self.objective.fake(fake_score)
            self._update_discriminator(self.objective.mixed(score))
        else:
            primitives.heading("D on real rows")
            real_score = self.logits.forward(real, training=True)
            real_loss = self.objective.real(real_score)
            self._update_discriminator(real_loss)
            primitives.heading("D on fakes")
            fake_score = self.logits.forward(fake, training=True)
            fake_loss = self.objective.fake(fake_score)
            self._update_discriminator(fake_loss)
        primitives.heading("What the history keeps")
        self._record("d_loss_real", real_loss)
        self._record("d_loss_fake", fake_loss)
        self._record("d_loss", primitives.average(real_loss, fake_loss))
        for name, score in (("d_real", real_score), ("d_fake", fake_score)):
            mean, std = self.objective.moments(score)
            self._record(name, mean)
            self._record(f"{name}_std", std)
        threshold = self.objective.threshold
        self._record("accuracy_real", primitives.accuracy(real_score, threshold, 1))
        self._record("accuracy_fake", primitives.accuracy(fake_score, threshold, 0))
        return z

    def _update_discriminator(self, loss):
        """Backpropagate `loss`, the objective's last, through D and step."""
        self.discriminator.zero_grad()
        self.logits.backward(self.objective.dscore(), need_dx=False)
        self.discriminator_optimizer.step(self.discriminator)
        self._record("d_gradient", primitives.norm(self.discriminator.dtheta))
        if self.clip_value is not None:
            primitives.clip(self.discriminator.theta, self.clip_value)

    def _generator_step(self, z=None):
        """Teach G to be called real; the gradient passes through D, which is frozen."""
        primitives.heading("Generator step: G, then D, frozen: no weight gradients")
        if z is None:
            z = self._latent(self.batch_size)
        fake = self.generator.forward(z, training=True)
        with self.discriminator.frozen():
            score = self.logits.forward(self._noisy(self._rows(fake)), training=True)
            loss = self.objective.generator(score)
            dfake = self.logits.backward(self.objective.dscore())
        primitives.heading("The gradient goes on into G")
        self.generator.zero_grad()
        self.generator.backward(dfake.reshape(fake.shape), need_dx=False)
        self.generator_optimizer.step(self.generator)
        self._record("g_gradient", primitives.norm(self.generator.dtheta))
        if self.average is not None:
            self._follow()
        self._record("g_loss", loss)

    def _follow(self):
        """average = ema average + (1 - ema) G, running statistics included."""
        primitives.average_update(self.average.theta, self.generator.theta, self.ema)
        if self.generator.buffers.size:
            primitives.average_update(
                self.average.buffers, self.generator.buffers, self.ema
            )

    def _latent(self, n):
        """z ~ N(0, 1): (n, latent_dim)"""
        return primitives.standard_normal(
            self.streams["latent"], n, self.latent_dim, dtype=self.generator.dtype
        )

    def _rows(self, examples):
        """The same numbers, each example in the shape that D takes."""
        return examples.reshape(len(examples), *self.row_shape)

    def _noisy(self, rows):
        """rows + std z', z' ~ N(0, 1), where there is instance noise.

        A std that falls lies in memory, one number for each row of the history: a
        constant in a recorded step would stand still.
        """
        if not self.instance_noise:
            return rows
        shape = len(rows), rows[0].size
        noise = primitives.standard_normal(
            self.streams["noise"], *shape, dtype=rows.dtype
        )
        if self.instance_noise_steps is None:
            return primitives.add_scaled(
                rows, noise.reshape(rows.shape), self.instance_noise
            )
        std = primitives.gather(
            self._runner.levels, self._runner.cursor.reshape(1)
        )  # (1, 1)
        zero = primitives.full(1, 1, 0.0, dtype=rows.dtype).reshape(1)
        noise = primitives.dense_forward(
            noise.reshape(-1, 1), std, zero
        )  # times a 1x1 matrix
        return primitives.add_scaled(rows, noise.reshape(rows.shape), 1.0)

    def _draw_fakes(self, z):
        if self.fakes == "inference":
            return self.generator.predict(z)
        with self.generator.frozen():
            return self.generator.forward(z, training=True)

    def _record(self, column, value):
        place = COLUMNS.index(column)
        primitives.record(value, place, self._runner.cursor, self._runner.table)
