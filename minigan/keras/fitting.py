"""The loops over epochs and batches behind `fit` and `evaluate`."""

import sys
import time
from typing import TYPE_CHECKING, Any

from .. import validate
from ..errors import ArgumentError
from . import arguments, feeding
from .callbacks import Callback, CallbackList, History

if TYPE_CHECKING:
    from .compiled import Plan
    from .training import TrainableChain

Data = feeding.Rows | feeding.Stream

UNSUPPORTED = {
    "max_queue_size": 10,
    "workers": 1,
    "use_multiprocessing": False,
}


def verbosity(where: str, verbose: Any) -> int:
    """0, 1 or 2; "auto" is 1, and so is True."""
    if verbose in ("auto", True):
        return 1
    return int(arguments.only(where, "verbose", verbose, 0, 1, 2, False))


class Means:
    """Means of results over batches, each weighted by its rows."""

    def __init__(self, names: list[str]) -> None:
        self.names, self.rows = names, 0
        self.sums = [0.0] * len(names)

    def add(self, results: list[float], rows: int) -> None:
        """Take in the results of one batch."""
        self.sums = [s + r * rows for s, r in zip(self.sums, results, strict=True)]
        self.rows += rows

    def values(self) -> list[float]:
        """The means, in the order of the names."""
        return [s / max(self.rows, 1) for s in self.sums]

    def logs(self) -> dict[str, float]:
        """name -> mean."""
        values = zip(self.names, self.values(), strict=True)
        return dict(values)


def evaluate(plan: "Plan", data: Data, hooks: Any = None) -> list[float]:
    """[loss, *metrics] over all batches.  hooks: what is told of it."""
    means, hooks = Means(plan.names), hooks or Callback()
    hooks.on_test_begin({})
    for step, (x, y, weights) in enumerate(data.epoch()):
        hooks.on_test_batch_begin(step, {})
        means.add(plan.test(x, y, weights), len(x[0]))
        hooks.on_test_batch_end(step, means.logs())
    hooks.on_test_end(means.logs())
    return means.values()


def fit(
    model: "TrainableChain",
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: int | str = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool = True,
    class_weight: Any = None,
    sample_weight: Any = None,
    *,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: int = 1,
    **rest: Any,
) -> History:
    """Train in epochs; returns a `History`.

    x, y: arrays; or x alone, a generator of (x, y), or a `keras.utils.Sequence`.
    batch_size: default 32.  epochs: default 1.  shuffle: bool, default True.
    verbose: 0 silent, 1 or "auto" a bar, 2 a line an epoch.
    callbacks: a list of `keras.callbacks.Callback`.
    validation_data: (x, y), (x, y, sample_weight), or a stream of them.
    validation_split: share taken from the end.
    class_weight, sample_weight: as in `train_on_batch`.
    initial_epoch, steps_per_epoch, validation_steps, validation_batch_size,
    validation_freq: as in Keras.  The last partial batch of an epoch is trained on too.
    """
    where = f"{model.name}.fit"
    for argument, value in UNSUPPORTED.items():
        if argument in rest:
            arguments.only(where, argument, rest.pop(argument), value)
    epochs = arguments.renamed(where, rest, "nb_epoch", "epochs", epochs, 1)
    arguments.no_more(where, rest, ("batch_size", "epochs", "verbose", "callbacks"))
    plan = model.plan("fit")
    epochs = validate.integer(where, "epochs", epochs)
    first = validate.integer(where, "initial_epoch", initial_epoch, least=0)
    every = validate.integer(where, "validation_freq", validation_freq)
    verbose = verbosity(where, verbose)
    shuffle = validate.flag(where, "shuffle", shuffle)
    size_there = batch_size
    if validation_batch_size is not None:
        size_there = validate.integer(
            where, "validation_batch_size", validation_batch_size
        )
    split = validate.number(
        where, "validation_split", validation_split, least=0, below=1
    )
    there: Data | None = None
    if split and validation_data is None:
        parts = plan.data(where, x, y, sample_weight, class_weight)
        parts, _ = _split(where, parts, split)
        # Weights of classes are for training alone.
        _, kept = _split(where, plan.data(where, x, y, sample_weight), split)
        size = validate.integer(
            where, "batch_size", 32 if batch_size is None else batch_size
        )
        data: Data = feeding.Rows(where, parts, size, steps_per_epoch, shuffle)
        there = feeding.Rows(where, kept, size_there or size, None, False)
    else:
        data = feeding.feed(
            where,
            plan,
            x,
            y,
            batch_size,
            sample_weight,
            class_weight,
            steps_per_epoch,
            shuffle,
        )
        if validation_data is not None:
            there = _validation(
                where, plan, validation_data, size_there, validation_steps
            )
    plan.refuse_single_row(where, data.smallest)
    params = {"verbose": verbose, "epochs": epochs, "steps": data.steps}
    hooks = CallbackList(where, callbacks, model, params)
    model.stop_training, model.history = False, hooks.history
    hooks.on_train_begin({})
    logs: dict[str, float] = {}
    for epoch in range(first, epochs):
        hooks.on_epoch_begin(epoch, {})
        means = Means(plan.names)
        report = Report(verbose, epoch, epochs, data.steps or 0)
        for step, (rows, targets, weights) in enumerate(data.epoch()):
            hooks.on_train_batch_begin(step, {})
            means.add(plan.train(rows, targets, weights), len(rows[0]))
            hooks.on_train_batch_end(step, means.logs())
            report.step(step, means)
        logs = means.logs()
        if there is not None and (epoch + 1) % every == 0:
            found = evaluate(plan, there, hooks)
            names = (f"val_{name}" for name in plan.names)
            logs |= dict(zip(names, found, strict=True))
        report.end(logs)
        hooks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    hooks.on_train_end(logs)
    return hooks.history


def _validation(
    where: str, plan: "Plan", given: Any, size: int | None, steps: int | None
) -> Data:
    """What goes through the rows to validate with."""
    where = f"{where}: validation_data"
    if feeding.is_stream(given):
        return feeding.feed(where, plan, given, None, size, steps=steps)
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        validate.complain(
            ArgumentError, where, "validation_data", "(x, y)", type(given).__name__
        )
    x, y, weight = (*given, None)[:3]
    return feeding.feed(where, plan, x, y, size, weight, steps=steps)


def _split(where: str, data: Any, split: float) -> tuple[Any, Any]:
    """The rows to train on, and the last ones, to validate with."""
    rows = len(data[0][0])
    kept = int(rows * (1 - split))
    if not 0 < kept < rows:
        expected = f"a share that leaves rows on both sides of {rows}"
        validate.complain(ArgumentError, where, "validation_split", expected, split)
    x, y, weights = data

    def part(k: slice) -> Any:
        own = weights and [None if w is None else w[k] for w in weights]
        return tuple(p[k] for p in x), tuple(p[k] for p in y), own

    return part(slice(kept)), part(slice(kept, None))


class Report:
    """What `fit` prints: nothing (0), a bar (1), or a line an epoch (2)."""

    def __init__(self, verbose: int, epoch: int, epochs: int, steps: int) -> None:
        self.verbose, self.steps = verbose, steps
        self.started = self.shown = time.perf_counter()
        if verbose:
            sys.stdout.write(f"Epoch {epoch + 1}/{epochs}\n")

    def step(self, step: int, means: Means) -> None:
        """Draw the bar anew, at most ten times a second."""
        now = time.perf_counter()
        if self.verbose == 1 and now - self.shown > 0.1 and sys.stdout.isatty():
            self.shown = now
            bar = progress(step + 1, self.steps)
            sys.stdout.write(f"\r{bar} - {in_words(means.logs())}")
            sys.stdout.flush()

    def end(self, logs: dict[str, float]) -> None:
        """Close the epoch with its figures."""
        if not self.verbose:
            return
        took = f"{time.perf_counter() - self.started:.0f}s"
        head = f"{self.steps}/{self.steps}"
        if self.verbose == 1:
            head = ("\r" if sys.stdout.isatty() else "") + progress(
                self.steps, self.steps
            )
        sys.stdout.write(f"{head} - {took} - {in_words(logs)}\n")
        sys.stdout.flush()


class Progbar:
    """A bar of steps and means, for loops of one's own.

    target: steps in all, or None.  verbose: 0 silent, 1 a bar, 2 a line at the end.
    stateful_metrics: names of figures of which the last one is shown, not the mean.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 30,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Any = None,
        unit_name: str = "step",
    ) -> None:
        self.target, self.interval = target, interval
        self.verbose = verbosity("Progbar", verbose)
        self.stateful = set(stateful_metrics or ())
        self._sums: dict[str, tuple[float, int]] = {}
        self._seen = 0
        self._shown = 0.0

    def update(self, current: int, values: Any = None, finalize: Any = None) -> None:
        """Show that `current` steps are done.  values: pairs (name, figure)."""
        for name, value in values or ():
            if name in self.stateful:
                self._sums[name] = float(value), 1
            else:
                total, count = self._sums.get(name, (0.0, 0))
                steps = max(current - self._seen, 1)
                self._sums[name] = total + float(value) * steps, count + steps
        self._seen = current
        over = current == self.target if finalize is None else bool(finalize)
        now = time.perf_counter()
        if not self.verbose or (now - self._shown < self.interval and not over):
            return
        if self.verbose == 2 and not over:
            return
        self._shown = now
        head = f"{current}/Unknown"
        if self.target is not None:
            head = progress(current, self.target)
        means = {name: total / count for name, (total, count) in self._sums.items()}
        end = "\n" if over or not sys.stdout.isatty() else ""
        start = "\r" if sys.stdout.isatty() else ""
        sys.stdout.write(
            " - ".join(filter(None, [start + head, in_words(means)])) + end
        )
        sys.stdout.flush()

    def add(self, n: int, values: Any = None) -> None:
        """Show that n more steps are done."""
        self.update(self._seen + n, values)


def progress(done: int, steps: int) -> str:
    """`12/40 [========>...................]`"""
    filled = 30 * done // max(steps, 1)
    bar = "=" * filled + ">" * (filled < 30)
    return f"{done}/{steps} [{bar[:30].ljust(30, '.')}]"


def in_words(logs: dict[str, float]) -> str:
    """`loss: 0.6931 - accuracy: 0.5000`"""
    return " - ".join(f"{name}: {value:.4f}" for name, value in logs.items())


def report_evaluation(names: list[str], results: list[float], steps: int) -> None:
    """The line that `evaluate` prints."""
    logs = dict(zip(names, results, strict=True))
    sys.stdout.write(f"{progress(steps, steps)} - {in_words(logs)}\n")
