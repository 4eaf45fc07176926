"""One run in its folder: training, saving, and the pictures at the end."""

import os
import shlex
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import CheckpointError, NonFiniteError, OutputError
from ..gan import Trainer, metrics
from ..gan.callbacks import Callback, Report
from ..gan.equilibrium import of as equilibrium_of
from ..gan.frames import Frames, ImageFrames, frames_of, made_from
from ..gan.generator import Generator
from ..gan.monitor import Monitor
from ..gan.points import Parabola
from ..gan.recipes import RECIPES
from ..gan.rngs import rngs
from ..gan.saving import config
from ..primitives import use_backend
from .display import levels_text, means, wrapped
from .pictures import draw_report, pictures_of
from .rundir import RunDir
from .source import Source

if TYPE_CHECKING:
    from .display import Quiet
    from .interrupts import Interrupts

JUDGED = 2000  # rows that the quality is measured on
MORE = 20  # times as many real rows are drawn as are shown by class
LAST = 500  # steps that the final losses are means of


class Session(Callback):
    """A trainer, its folder, its frames.

    folder: `RunDir`, opened.  steps: how many the run is to have in total.
    display: where to say things.  source: of the data, a `cli.source.Source`.
    options: report_every, in place of the recipe's, save_every, keep_history and
    stream_history.
    began: what the command line asked for in place of the recipe's own, so that a run
    that was killed before its first checkpoint can begin again.
    A checkpoint is written at each report, so that a killed process loses at most what
    came after it: one a step, after all that the step does, and before anything is
    printed or drawn.
    """

    def __init__(
        self,
        folder: RunDir,
        trainer: Trainer,
        steps: int,
        display: "Quiet",
        source: Source | None = None,
        options: dict[str, Any] | None = None,
        began: dict[str, Any] | None = None,
    ) -> None:
        self.folder, self.trainer, self.steps = folder, trainer, steps
        self.display, self.source = display, source or Source()
        self.began = began or {}
        self._saved: int | None = None  # the step of the last checkpoint
        self.drawn: list[str] = []  # names of the pictures that are made
        recipe = RECIPES[trainer.name]
        self.options = {"report_every": recipe.report_every, **(options or {})}
        if "keep_history" in self.options:
            trainer.history.keep = self.options["keep_history"]
        if self.options.get("stream_history"):
            if not trainer.step_count:  # of a run that ended before its checkpoint
                folder.stream.unlink(missing_ok=True)
            trainer.history.stream_to(folder.stream)
        self.monitor = Monitor(lambda text: display.say(wrapped(text)))

    @cached_property
    def frames(self) -> Frames:
        """Of the run; asked for the first time, they take their first one."""
        return frames_of(self.trainer, self.steps)

    def warm_up(self) -> None:
        """Compile what the run needs, in parallel, before a first frame is taken."""
        with self.display.wait("preparing (the first run compiles kernels)"):
            self.trainer.warm_up()

    def continue_frames(self) -> None:
        """Take over the frames of a run that goes on; without them, start here."""
        try:
            self.frames.load(self.folder.frames)
        except CheckpointError as error:
            warn(f"the pictures start at step {self.trainer.step_count:,}: {error}")

    def finish_report(self) -> None:
        """Draw the picture of the report that was saved last, if nothing drew it."""
        step, every = self.trainer.step_count, self.options["report_every"]
        if every and step and step % every == 0:
            if not self.folder.report_picture(step).exists():
                self._draw_report()

    def _draw_report(self) -> None:
        """The picture of the step, of images only."""
        frames = self.frames
        if not isinstance(frames, ImageFrames):
            return

        def draw(path: Path) -> None:
            path.parent.mkdir(exist_ok=True)
            draw_report(self.trainer, frames, path)

        self._draw(self.folder.report_picture(self.trainer.step_count), draw)

    def save(self) -> None:
        """Frames first: those that the checkpoint does not know are left out again.

        Results of an earlier step go; they are made again when training ends.
        """
        step = self.trainer.step_count
        if step == self._saved:
            return
        self.frames.save(self.folder.frames)
        if step:
            self.folder.remove_results()
        self.trainer.save(self.folder.checkpoint)
        self._saved = step

    def save_config(self) -> None:
        """Before the first checkpoint: a run can begin again from it."""
        own = {"steps": self.steps, "session": self.options, "began": self.began}
        self.folder.write_config(
            {**config(self.trainer), **self.source.config(), **own}
        )

    def save_or_warn(self) -> None:
        """A disk that is full for the moment is not the end of a run."""
        try:
            self.save()
        except OutputError as error:
            warn(f"step {self.trainer.step_count:,} is not saved: {error}")

    def on_report(self, trainer: Trainer, report: Report) -> None:
        self.save_or_warn()
        self._draw_report()

    def train(self, interrupts: "Interrupts", seconds: float | None = None) -> int:
        """Train to the last step or for so long, and save.

        Returns the signal that stopped it.
        """
        callbacks = [self.frames, self, self.display, self.monitor, interrupts]
        if "save_every" in self.options:
            callbacks.append(Saver(self))
        if seconds is not None:
            callbacks.append(Budget(seconds))
        try:
            with self.display:
                stopped_by = interrupts.fit(
                    self.trainer,
                    self.steps - self.trainer.step_count,
                    report_every=self.options["report_every"],
                    callbacks=callbacks,
                )
        except NonFiniteError:
            self.save()  # the state of the last good step
            self._save_numbers()
            with suppress(Exception):  # why it failed is said all the same
                self.display.say(wrapped(str(self.trainer.diagnose())))
            raise
        self.save()
        if stopped_by:
            self._save_numbers()
        return stopped_by

    def resume_command(self) -> str:
        """What to type to go on."""
        recipe, out = self.trainer.name, shlex.quote(str(self.folder))
        return f"minigan train {recipe} --out {out} --resume"

    # ---- results -------------------------------------------------------------------

    def save_results(self) -> None:
        """History, generator and pictures; one that fails is only worth a warning."""
        self._save_numbers()
        self.frames.on_step(self.trainer)  # the end, where no frame falls on it
        pictures = self._pictures().items()
        self.drawn = [
            name for name, draw in pictures if self._draw(self.folder / name, draw)
        ]

    def _save_numbers(self) -> None:
        self.trainer.history.to_csv(self.folder.history)
        Generator.of(self.trainer).save(self.folder.generator)

    def _draw(self, path: Path, draw: Callable[[Path], object]) -> bool:
        """Whether it was drawn; where not, a warning says why."""
        try:
            draw(path)
            return True
        except Exception as error:
            reason = str(error) or type(error).__name__
            warn(f"{path.name} is not drawn: {reason}")
            return False

    def _pictures(self) -> Mapping[str, Callable[[Path], object]]:
        """File name -> function of a path."""
        return pictures_of(self)

    def is_drawn(self) -> bool:
        """Are all results there, and none older than the checkpoint?"""
        return self.folder.is_drawn(self._pictures())

    def rows(self, n: int) -> tuple[NDArray, NDArray]:
        """Real and generated rows (n, features), the same ones at every call."""
        return self.pairs(n)[:2]

    def pairs(self, n: int) -> tuple[NDArray, NDArray, NDArray | None]:
        """The same, and the labels that both have, if there are any."""
        rng = rngs(self.trainer.seed)["sample"]
        real, labels = self.trainer.data.draw_pairs(n, rng)
        shape = n, self.trainer.latent_dim
        z = rng.standard_normal(shape, self.trainer.generator.theta.dtype.type)
        return real, made_from(self.trainer, z, labels).reshape(n, -1), labels

    def by_class(self, labels: NDArray) -> tuple[NDArray, NDArray]:
        """Real and generated rows of these labels, the same ones at every call."""
        rng = rngs(self.trainer.seed)["sample"]
        rows, found = self.trainer.data.draw_pairs(MORE * len(labels), rng)
        assert found is not None  # where G takes labels, data have them
        places = np.arange(len(found))
        for label in np.unique(labels):  # its rows in turn; where it has none, any
            own = np.flatnonzero(found == label)
            wanted = np.flatnonzero(labels == label)
            if len(own):
                places[wanted] = np.resize(own, len(wanted))
        shape = len(labels), self.trainer.latent_dim
        z = rng.standard_normal(shape, self.trainer.generator.theta.dtype.type)
        return rows[places[: len(labels)]], made_from(self.trainer, z, labels)

    def summary(self) -> dict[str, str]:
        """Label and text of each line of the closing summary."""
        last = means(self.trainer.history, LAST)
        balance = levels_text(equilibrium_of(self.trainer))
        real, fake, labels = self.pairs(JUDGED)
        answers = self._answer(real, labels), self._answer(fake, labels)
        lines = {
            "losses": f"D {last['d_loss']:.3f}   G {last['g_loss']:.3f}   ({balance})",
            "answers": f"D(x) {answers[0]:.3f}   D(G(z)) {answers[1]:.3f}",
        }
        if isinstance(self.trainer.data, Parabola):
            distance = np.abs(fake[:, 1] - fake[:, 0] ** 2).mean()
            lines["quality"] = (
                f"mean |y - x^2| {distance:.4f}   "
                f"spread of x {fake[:, 0].std():.3f} (real {real[:, 0].std():.3f})"
            )
        modes = self.trainer.data.modes
        if modes is not None:
            covered = metrics.modes_covered(fake, modes.centres, modes.sd)
            share = metrics.high_quality(fake, modes.centres, modes.sd)
            lines["quality"] = (
                f"{covered} of {len(modes)} modes   {share:.1%} within 3 sd   "
                f"KL {metrics.modes_kl(fake, modes.centres):.4f}"
            )
        diagnosis = self.trainer.diagnose()
        lines["verdict"] = diagnosis.verdict
        lines["why"] = diagnosis.reasons[diagnosis.verdict]
        lines["remedy"] = diagnosis.remedy
        lines["files"] = f"{self.folder}{os.sep}"
        if self.drawn:
            lines[""] = "  ".join(self.drawn)
        lines[" "] = "history.csv  checkpoint.npz  generator.npz  config.json"
        folder, images = (
            shlex.quote(str(self.folder)),
            isinstance(self.frames, ImageFrames),
        )
        output = "more.png" if images else "points.csv"
        lines["next"] = f"minigan sample {folder} -n 100 -o {output}"
        return lines

    def _answer(self, rows: NDArray, labels: NDArray | None) -> float:
        """Mean of D's answers: probabilities, or scores if D is a critic."""
        score = self.trainer.score(rows, labels)
        with use_backend(self.trainer.backend):
            return float(self.trainer.objective.moments(score)[0])


class Saver(Callback):
    """Saves the session every so many steps, those of reports left to the reports.

    A report moves a random state: what was saved before it would go on otherwise.
    """

    def __init__(self, session: Session) -> None:
        self.session, self.every = session, session.options["save_every"]

    def on_step(self, trainer: Trainer) -> None:
        if trainer.step_count % self.session.options["report_every"]:
            self.session.save_or_warn()


class Budget(Callback):
    """Stops training when its time is over."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def on_progress(self, trainer: Trainer) -> None:
        if time.monotonic() >= self.end:
            trainer.stop()


def warn(text: str) -> None:
    """A line on standard error, as all warnings of the command line."""
    warnings.warn(f"minigan: {text}", RuntimeWarning, stacklevel=2)
