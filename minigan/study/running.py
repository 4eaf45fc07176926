"""One run, wherever it happens: train, measure, and hand back the bytes of its file."""

import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from .. import validate
from ..errors import DTypeError, MiniganError, StateError
from ..gan import Trainer
from ..gan.recipes import RECIPES, Recipe, load
from ..jit.threads import get_threads, set_threads
from ..primitives import use_backend, use_products
from ..version import __version__
from .outcome import FAILED, UNJUDGED, Outcome
from .plan import Task
from .thumbnail import thumbnail

# Backend -> arithmetic of its products; the chain's bits are those of any CPU with FMA.
PRODUCTS = {"jit": "chain", "numpy": "NumPy's"}
SAMPLES = 2000  # rows on which a source judges a generator
_alone = threading.Lock()  # a process runs one at a time, however many threads it has

Subject = Recipe | Callable[..., Any]


@dataclass(frozen=True)
class Work:
    """What is done for each `Task`; it is sent to the workers.

    subject: a recipe, or a function (seed, **settings) that returns a `Trainer` or a
    dict of numbers.   steps: train the trainer up to there; None: it is trained.
    threads: of each run; None leaves them as they are.
    """

    subject: Subject
    steps: int | None
    backend: str
    threads: int | None = 1
    version: str = __version__

    def __call__(self, task: Task) -> bytes:
        """The bytes of the run's file.

        An error of the run is part of the outcome.  Errors: StateError where this
        process has another minigan.
        """
        if self.version != __version__:
            raise StateError(
                f"minigan.study: expected minigan {self.version} on every worker, got "
                f"{__version__}"
            )
        with _alone, use_products("chain"), use_backend(self.backend):
            threads = self.threads if self.backend == "jit" else None
            with _limited(threads), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    outcome = self.outcome(task)
                except Exception as error:  # of any kind, from the user's function
                    outcome = failure(task, error)
        return outcome.as_bytes()

    def outcome(self, task: Task) -> Outcome:
        """Train and measure.  Errors: any."""
        return measured(task, self.trained(task))

    def trained(self, task: Task) -> Any:
        """The trainer at its last step, or what else the function returned."""
        found: Any
        if isinstance(self.subject, Recipe):
            found = self.made(task)
        else:
            found = self.subject(task.seed, **task.settings)
        if isinstance(found, Trainer) and self.steps is not None:
            found.fit(max(0, self.steps - found.step_count), report_every=None)
        return found

    def made(self, task: Task) -> Trainer:
        """The trainer of a recipe, at its first step.  Errors: those of `load`."""
        recipe = self.subject
        assert isinstance(recipe, Recipe)
        if recipe.name not in RECIPES:  # it was registered where the study began
            RECIPES.register()(recipe)
        settings: dict[str, Any] = dict(task.settings)
        return load(recipe.name, task.seed, backend=self.backend, **settings)


def failure(task: Task, error: BaseException) -> Outcome:
    """The outcome of a run that ended in an error."""
    text = " ".join(str(error).split())
    text = text if isinstance(error, MiniganError) else f"{_kind(error)}: {text}"
    return Outcome(task.seed, task.settings, False, FAILED, error=text or _kind(error))


def _kind(error: BaseException) -> str:
    return type(error).__name__


@contextmanager
def _limited(threads: int | None) -> Iterator[None]:
    """A block whose kernels use so many threads; not a bit depends on it."""
    if threads is None:
        yield
        return
    before = get_threads()
    set_threads(threads)
    try:
        yield
    finally:
        set_threads(before)


# ---- what is measured --------------------------------------------------------------


def measured(task: Task, found: Any) -> Outcome:
    """The outcome of a trainer, or of the numbers that a function returned.

    Errors: DTypeError for anything else.
    """
    if isinstance(found, Trainer):
        return _of_trainer(task, found)
    where, expected = "minigan.study", "a Trainer, or a dict: name -> number"
    if not isinstance(found, Mapping):
        _refuse(where, expected, found)
    metrics = dict(found)
    healthy, verdict = metrics.pop("healthy", None), metrics.pop("verdict", None)
    if isinstance(healthy, np.bool_):
        healthy = bool(healthy)
    if not (healthy is None or isinstance(healthy, bool)):
        _refuse(where, "True or False as 'healthy'", healthy)
    if not (verdict is None or isinstance(verdict, str)):
        _refuse(where, "a text as 'verdict'", verdict)
    for name, value in metrics.items():
        if not isinstance(name, str) or not isinstance(value, (Real, np.bool_)):
            _refuse(where, expected, {name: value})
    numbers = {name: float(value) for name, value in metrics.items()}
    if verdict is None:
        verdict = {True: "healthy", False: "not healthy", None: UNJUDGED}[healthy]
    return Outcome(task.seed, task.settings, healthy, verdict, numbers)


def _refuse(where: str, expected: str, got: Any) -> None:
    validate.complain(
        DTypeError, where, "what the function returned", expected, validate.shown(got)
    )


def _of_trainer(task: Task, trainer: Trainer) -> Outcome:
    """The monitor's verdict and figures; healthy is what the source says, if it does.

    A source that knows what its rows should be like (`Source.quality`) is asked first.
    """
    diagnosis = trainer.diagnose()
    metrics = diagnosis.measured
    samples = trainer.sample(SAMPLES)
    quality = trainer.data.quality(samples, trainer.seed)
    healthy = diagnosis.healthy
    if quality is not None:
        metrics, healthy = {**quality.metrics, **metrics}, quality.healthy
    picture = thumbnail(samples, trainer)
    return Outcome(
        task.seed, task.settings, healthy, diagnosis.verdict, metrics, picture=picture
    )
