"""`run`: what is missing is run, what is there is kept, and the tables are written."""

import hashlib
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.util import find_spec
from typing import Any

from .. import primitives, validate
from ..errors import ArgumentError, DTypeError, StateError
from ..gan.recipes import RECIPES, Recipe
from ..version import __version__
from . import engines
from .folder import Folder
from .outcome import Outcome
from .plan import Plan, Task
from .plan import plan as planned
from .report import Results
from .running import PRODUCTS, Subject, Work

WHERE = "study.run"
SAID = ("name", "seed", "backend")  # of a recipe, by the study itself
Place = str | os.PathLike[str]


class Study:
    """A study that may be run: all arguments are checked, nothing has happened yet.

    Arguments and errors: see `run`.
    `missing` are the tasks that are to be run, `outcomes` those that are done.
    """

    def __init__(
        self,
        subject: str | Subject,
        seeds: Any,
        settings: Any = None,
        *,
        steps: int | None = None,
        folder: Place | None = None,
        workers: int | None = None,
        scheduler: Any = None,
        backend: str | None = None,
        again: bool = False,
    ) -> None:
        self.subject = _subject(subject)
        self.plan: Plan = planned(WHERE, seeds, settings)
        if steps is not None:
            steps = validate.integer(WHERE, "steps", steps, most=2**40)
        elif isinstance(self.subject, Recipe):
            steps = self.subject.steps
        self.steps = steps
        backend = backend or primitives.backend()
        self.backend = validate.choice(WHERE, "backend", backend, primitives.BACKENDS)
        self.workers, self.scheduler = _engine(workers, scheduler)
        self.folder = None if folder is None else Folder(folder)
        self._expect_settings()
        self.outcomes: dict[str, Outcome] = {}
        self.lost: list[Task] = []
        if self.folder is not None:
            self.folder.expect(self.about)
            self._read(validate.flag(WHERE, "again", again))

    # ---- what it is ----------------------------------------------------------------

    @property
    def name(self) -> str:
        """Of the recipe or the function."""
        if isinstance(self.subject, Recipe):
            return self.subject.name
        return getattr(self.subject, "__qualname__", type(self.subject).__name__)

    @property
    def about(self) -> dict[str, Any]:
        """What a folder must agree with to hold runs of this study."""
        found = {
            "subject": self.name,
            "source": _digest(self.subject),
            "steps": self.steps,
            "backend": self.backend,
            "products": PRODUCTS[self.backend],
            "minigan": __version__,
        }
        return {name: value for name, value in found.items() if value is not None}

    @property
    def missing(self) -> list[Task]:
        """What is to be run."""
        return [task for task in self.plan.tasks if task.key not in self.outcomes]

    @property
    def results(self) -> Results:
        """The tables of what is done."""
        seeds = self.plan.seeds
        title = f"{self.name}: {len(seeds):,} seed{'s' * (len(seeds) > 1)}"
        if self.steps is not None:
            title += f", {self.steps:,} steps each"
        products = PRODUCTS[self.backend]
        note = f"products {products}, backend {self.backend}, minigan {__version__}"
        return Results(self.plan, self.outcomes, title, [note])

    # ---- running it ----------------------------------------------------------------

    def __iter__(self) -> Iterator[Outcome]:
        """Run what is missing: each outcome when it is done, and kept.

        Errors: OutputError where a file cannot be written; StateError where workers
        cannot be had.
        """
        missing = self.missing
        if self.folder is not None:
            self.folder.open(self.about, self.plan.configurations)
        if not missing:
            return
        with closing(self._engine(missing)) as found:  # type: ignore[type-var]
            for task, content in found:
                if content is None:
                    self.lost.append(task)
                    continue
                if self.folder is not None:
                    self.folder.keep(task, content)
                self.outcomes[task.key] = Outcome.from_bytes(content)
                yield self.outcomes[task.key]

    def save(self) -> None:
        """Write the tables and the page.  Errors: OutputError."""
        if self.folder is None:
            return
        from .page import page

        results = self.results
        self.folder.write("summary.txt", str(results).encode())
        self.folder.write("configurations.csv", results.configurations_csv())
        self.folder.write("runs.csv", results.runs_csv())
        self.folder.write("study.html", page(results).encode())

    def _engine(self, tasks: list[Task]) -> engines.Results:
        alone = self.scheduler is None and self.workers == 1
        work = Work(self.subject, self.steps, self.backend, None if alone else 1)
        if self.scheduler is not None:
            return engines.on_dask(work, tasks, self.scheduler)
        if alone:
            return engines.in_this_process(work, tasks)
        return engines.on_loky(work, tasks, min(self.workers, len(tasks)))

    def _expect_settings(self) -> None:
        """Every configuration can begin, of a function at least by its arguments."""
        for settings in self.plan.configurations:
            task = Task(self.plan.seeds[0], settings)
            if isinstance(self.subject, Recipe):
                for name in settings:
                    if name in SAID:
                        expected = f"none of {', '.join(SAID)}, which are arguments"
                        validate.complain(
                            ArgumentError, WHERE, "settings", expected, repr(name)
                        )
                Work(self.subject, self.steps, self.backend).made(task)
                continue
            try:
                inspect.signature(self.subject).bind(task.seed, **settings)
            except TypeError as error:
                expected = f"arguments of {self.name}"
                validate.complain(ArgumentError, WHERE, "settings", expected, error)
            except ValueError:  # a function of C, which does not say
                pass

    def _read(self, again: bool) -> None:
        assert self.folder is not None
        for task in self.plan.tasks:
            found = self.folder.read(task)
            if found is not None and not (again and found.failed):
                self.outcomes[task.key] = found


def run(
    subject: str | Subject,
    seeds: Any,
    settings: Any = None,
    *,
    steps: int | None = None,
    folder: Place | None = None,
    workers: int | None = None,
    scheduler: Any = None,
    backend: str | None = None,
    again: bool = False,
    progress: Callable[[Outcome], object] | None = None,
) -> Results:
    """Run a recipe, or a function of your own, over many seeds, and compare.

        results = study.run("parabola", range(200), {"beta_1": [0, 0.5]})
        print(results)

    subject: the name of a recipe, or a function (seed, **settings) that returns a
        `Trainer`, or a dict of numbers in which "healthy" (True or False) and
        "verdict" (a text) may stand.  To run on several processes it must be one that
        can be pickled.
    seeds: integers, or a text such as "0-199".
    settings: name -> value or list of values; every combination is run.  Those of a
        recipe are what `recipes.load` takes.
    steps: train up to there; by default the recipe's.  The trainer of a function is
        trained by the function, unless steps says how far.
    folder: where the files go, see `study.folder`.  What is there already is not run
        again.  None keeps everything in memory.
    workers: processes of this machine, of one thread each; by default one for each
        core, where joblib is installed.  1: this process.
    scheduler: the address of a Dask scheduler, or a Dask `Client`, in place of it.
    backend: "jit", "numpy", or None for the one in force.
    again: run those that failed once more.
    progress: called with each outcome.

    Ctrl-C ends it; what is done is kept.
    Errors: ArgumentError, DTypeError before anything runs; StateError where workers
    cannot be had or were lost; OutputError.
    """
    if progress is not None and not callable(progress):
        expected, got = "a function of an outcome", validate.shown(progress)
        validate.complain(DTypeError, WHERE, "progress", expected, got)
    study = Study(
        subject,
        seeds,
        settings,
        steps=steps,
        folder=folder,
        workers=workers,
        scheduler=scheduler,
        backend=backend,
        again=again,
    )
    for outcome in study:
        if progress is not None:
            progress(outcome)
    study.save()
    return study.results


def _subject(subject: Any) -> Subject:
    if isinstance(subject, str):
        return RECIPES.chosen(WHERE, "subject", subject)
    if not isinstance(subject, Recipe) and not callable(subject):
        expected = "the name of a recipe or a function"
        validate.complain(
            DTypeError, WHERE, "subject", expected, validate.shown(subject)
        )
    return subject


def _digest(subject: Subject) -> str | None:
    """Of the text of a function; None where nobody knows it, and of recipes."""
    if isinstance(subject, Recipe):
        return None
    try:
        text = inspect.getsource(subject)
    except (OSError, TypeError):
        return None
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _engine(workers: Any, scheduler: Any) -> tuple[int, Any]:
    """How many processes of this machine, or a scheduler."""
    if scheduler is not None:
        if workers is not None:
            expected = "None beside a scheduler"
            validate.complain(ArgumentError, WHERE, "workers", expected, workers)
        if not isinstance(scheduler, str) and not hasattr(scheduler, "cancel"):
            expected, got = "an address or a Dask Client", validate.shown(scheduler)
            validate.complain(DTypeError, WHERE, "scheduler", expected, got)
        _expect_installed("dask.distributed", "a scheduler", "")
        return 1, scheduler
    if workers is None:
        return _cores() if find_spec("joblib") else 1, None
    workers = validate.integer(WHERE, "workers", workers, most=1024)
    if workers > 1:
        _expect_installed("joblib", "several workers", "; one worker needs no more")
    return workers, None


def _expect_installed(library: str, what: str, otherwise: str) -> None:
    try:
        found = find_spec(library)
    except ModuleNotFoundError:  # of the package that it is a part of
        found = None
    if found is None:
        raise StateError(
            f"{WHERE}: {what} needs {library}: pip install 'minigan[study]'{otherwise}"
        )


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
