"""One run in its folder: training, saving, and the pictures at the end."""

import os
import shlex
import warnings

import numpy as np

from ..errors import CheckpointError, NonFiniteError, OutputError
from ..gan.callbacks import Callback
from ..gan.equilibrium import of as equilibrium_of
from ..gan.film import Film
from ..gan.recipes import RECIPES
from ..gan.state import config
from ..gan.streams import streams
from ..kernels.ops import use_backend
from .display import levels_text, means

SCATTERED = 300  # points in samples.png, real and generated each
JUDGED = 2000  # points that the quality is measured on
LAST = 500  # steps that the final losses are means of


class Session(Callback):
    """A trainer, its folder, its film.

    folder: `RunDir`, opened.  steps: how many the run is to have in total.
    display: where to say things.  A checkpoint is written at each report, so that a
    killed process loses at most what came after it.
    """

    def __init__(self, folder, trainer, steps, display):
        self.folder, self.trainer, self.steps = folder, trainer, steps
        self.display = display
        self.film = Film(trainer, steps) if trainer.data.features == 2 else None

    def continue_film(self):
        """Take over the frames of a run that goes on; without them, a shorter film."""
        try:
            if self.film:
                self.film.load(self.folder.frames)
        except CheckpointError as error:
            warn(f"the pictures start at step {self.trainer.step_count:,}: {error}")

    def save(self):
        """Frames first: those that the checkpoint does not know are left out again."""
        if self.film:
            self.film.save(self.folder.frames)
        self.trainer.save(self.folder.checkpoint)

    def save_config(self):
        """After the first checkpoint: a folder without one holds no run."""
        self.folder.write_config({**config(self.trainer), "steps": self.steps})

    def on_report(self, trainer, report):
        try:
            self.save()
        except OutputError as error:
            warn(f"step {trainer.step_count:,} is not saved: {error}")

    def train(self, interrupts):
        """Train to the last step, and save.  Returns the signal that stopped it."""
        callbacks = [self.display, self, interrupts]
        if self.film:
            callbacks.insert(0, self.film)
        try:
            with self.display:
                stopped_by = interrupts.fit(
                    self.trainer,
                    self.steps - self.trainer.step_count,
                    report_every=RECIPES[self.trainer.name].report_every,
                    callbacks=callbacks,
                )
        except NonFiniteError:
            self.save()  # the state of the last good step
            self.trainer.history.to_csv(self.folder.history)
            raise
        self.save()
        if stopped_by:
            self.trainer.history.to_csv(self.folder.history)
        return stopped_by

    def resume_command(self):
        """What to type to go on."""
        recipe, out = self.trainer.name, shlex.quote(str(self.folder))
        return f"minigan train {recipe} --out {out} --resume"

    # ---- results -------------------------------------------------------------------

    def save_results(self):
        """The history, and the pictures; one that fails is only worth a warning."""
        self.trainer.history.to_csv(self.folder.history)
        if self.film:
            self.film.on_step(self.trainer)  # the end, where no frame falls on it
        for name, draw in self._pictures().items():
            try:
                draw(self.folder / name)
            except Exception as error:
                reason = str(error) or type(error).__name__
                warn(f"{name} is not drawn: {reason}")

    def _pictures(self):
        """File name -> function of a path."""
        pictures = {"losses.png": self._draw_losses}
        if self.film:
            pictures["samples.png"] = self._draw_samples
            pictures["progress.png"] = self._draw_progress
            pictures["training.gif"] = self._draw_animation
        return pictures

    def _draw_losses(self, path):
        from .. import plotting

        game = self.trainer.objective
        plotting.losses(
            self.trainer.history,
            path,
            real_label=game.real_label,
            fake_label=game.fake_label,
            objective=game.name,
        )

    def _draw_samples(self, path):
        from .. import plotting

        plotting.scatter(*self._points(SCATTERED), path)

    def _draw_progress(self, path):
        from .. import plotting

        frames = self.film.frames()
        start, middle, end = frames.steps[0], self.steps / 2, frames.steps[-1]
        row = [frames.nearest(step) for step in (start, middle, end)]
        titled = [(f"step {step:,}", fakes) for step, fakes in row]
        plotting.scatter_row(frames.real, titled, path)

    def _draw_animation(self, path):
        from .. import animation

        animation.training_gif(self.film.frames(), path)

    def _points(self, n):
        """Real and generated rows (n, features), the same ones at every call."""
        rng = streams(self.trainer.seed)["sample"]
        real = self.trainer.data.draw(n, rng)
        shape = n, self.trainer.latent_dim
        z = rng.standard_normal(shape, self.trainer.generator.dtype)
        return real, self.trainer.sample(z=z).reshape(n, -1)

    def summary(self):
        """Label and text of each line of the closing summary."""
        last = means(self.trainer.history, LAST)
        balance = levels_text(equilibrium_of(self.trainer))
        real, fake = self._points(JUDGED)
        answers = self._answer(real), self._answer(fake)
        lines = {
            "losses": f"D {last['d_loss']:.3f}   G {last['g_loss']:.3f}   ({balance})",
            "answers": f"D(x) {answers[0]:.3f}   D(G(z)) {answers[1]:.3f}",
        }
        if self.trainer.data.kind == "parabola":
            distance = np.abs(fake[:, 1] - fake[:, 0] ** 2).mean()
            lines["quality"] = (
                f"mean |y - x^2| {distance:.4f}   "
                f"spread of x {fake[:, 0].std():.3f} (real {real[:, 0].std():.3f})"
            )
        pictures, data = list(self._pictures()), ("history.csv", "checkpoint.npz")
        lines["files"] = f"{self.folder}{os.sep}"
        lines[""] = "  ".join(pictures)
        lines[" "] = "  ".join((*data, "config.json"))
        checkpoint = shlex.quote(str(self.folder))
        lines["next"] = f"minigan sample {checkpoint} -n 100 -o points.csv"
        return lines

    def _answer(self, rows):
        """Mean of D's answers."""
        with use_backend(self.trainer.backend):
            logits = self.trainer.logits.predict(
                rows.reshape(-1, *self.trainer.row_shape)
            )
        return float((0.5 + 0.5 * np.tanh(0.5 * logits)).mean())


def warn(text):
    """A line on standard error, as all warnings of the command line."""
    warnings.warn(f"minigan: {text}", RuntimeWarning, stacklevel=2)
