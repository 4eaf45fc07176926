"""The loops over epochs and batches behind `fit` and `evaluate`."""

import sys
import time
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from .. import validate
from ..errors import ArgumentError
from . import arguments, backend
from .callbacks import Callback, CallbackList, History

if TYPE_CHECKING:
    from .compiled import Plan
    from .training import TrainableChain

Array = NDArray[Any]

UNSUPPORTED = {
    "class_weight": None,
    "sample_weight": None,
    "validation_steps": None,
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


def evaluate(
    plan: "Plan", x: Array, y: Array, size: int, hooks: Any = None
) -> list[float]:
    """[loss, *metrics] over all rows, `size` at a time.  hooks: what is told of it."""
    means, hooks = Means(plan.names), hooks or Callback()
    hooks.on_test_begin({})
    for step, k in enumerate(range(0, len(x), size)):
        hooks.on_test_batch_begin(step, {})
        rows = x[k : k + size]
        means.add(plan.test(rows, y[k : k + size]), len(rows))
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
    *,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: int = 1,
    **rest: Any,
) -> History:
    """Train in epochs; returns a `History`.

    batch_size: default 32.  epochs: default 1.  shuffle: bool, default True.
    verbose: 0 silent, 1 or "auto" a bar, 2 a line an epoch.
    callbacks: a list of `keras.callbacks.Callback`.
    validation_data: (x, y).  validation_split: share taken from the end.
    initial_epoch, steps_per_epoch, validation_batch_size, validation_freq: as in
    Keras.  The last partial batch of an epoch is trained on as well.
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
    size = validate.integer(
        where, "batch_size", 32 if batch_size is None else batch_size
    )
    every = validate.integer(where, "validation_freq", validation_freq)
    verbose = verbosity(where, verbose)
    shuffle = validate.flag(where, "shuffle", shuffle)
    if steps_per_epoch is not None:
        validate.integer(where, "steps_per_epoch", steps_per_epoch)
    size_there = size
    if validation_batch_size is not None:
        size_there = validate.integer(
            where, "validation_batch_size", validation_batch_size
        )
    x, y = model._pair(where, x, y)
    x, y, validation = _validation(
        model, where, x, y, validation_split, validation_data
    )
    steps = -(-len(x) // size)
    if steps_per_epoch is not None:
        if steps_per_epoch > steps:
            expected = f"at most {steps}, the batches in the data"
            given = steps_per_epoch
            validate.complain(ArgumentError, where, "steps_per_epoch", expected, given)
        steps = steps_per_epoch
    plan.bind()
    plan.refuse_single_row(where, len(x) % size if steps * size >= len(x) else size)
    params = {"verbose": verbose, "epochs": epochs, "steps": steps}
    hooks = CallbackList(where, callbacks, model, params)
    model.stop_training, model.history = False, hooks.history
    hooks.on_train_begin({})
    logs: dict[str, float] = {}
    for epoch in range(first, epochs):
        hooks.on_epoch_begin(epoch, {})
        order = backend.generator().permutation(len(x)) if shuffle else None
        means, report = Means(plan.names), Report(verbose, epoch, epochs, steps)
        for step in range(steps):
            hooks.on_train_batch_begin(step, {})
            rows: Any = slice(step * size, (step + 1) * size)
            if order is not None:
                rows = order[rows]
            means.add(plan.train(x[rows], y[rows]), len(x[rows]))
            hooks.on_train_batch_end(step, means.logs())
            report.step(step, means)
        logs = means.logs()
        if validation is not None and (epoch + 1) % every == 0:
            x_there, y_there = validation
            there = evaluate(plan, x_there, y_there, size_there, hooks)
            names = (f"val_{name}" for name in plan.names)
            logs |= dict(zip(names, there, strict=True))
        report.end(logs)
        hooks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    hooks.on_train_end(logs)
    return hooks.history


def _validation(
    model: "TrainableChain", where: str, x: Array, y: Array, split: float, data: Any
) -> tuple[Array, Array, tuple[Array, Array] | None]:
    """x and y to train on, and the rows to validate with or None."""
    split = validate.number(where, "validation_split", split, least=0, below=1)
    if data is not None:
        if not isinstance(data, (tuple, list)) or len(data) != 2:
            validate.complain(
                ArgumentError, where, "validation_data", "(x, y)", type(data).__name__
            )
        return x, y, model._pair(f"{where}: validation_data", *data)
    if split:
        kept = int(len(x) * (1 - split))
        if not 0 < kept < len(x):
            expected = f"a share that leaves rows on both sides of {len(x)}"
            validate.complain(ArgumentError, where, "validation_split", expected, split)
        return x[:kept], y[:kept], (x[kept:], y[kept:])
    return x, y, None


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


def progress(done: int, steps: int) -> str:
    """`12/40 [========>...................]`"""
    filled = 30 * done // steps
    bar = "=" * filled + ">" * (filled < 30)
    return f"{done}/{steps} [{bar[:30].ljust(30, '.')}]"


def in_words(logs: dict[str, float]) -> str:
    """`loss: 0.6931 - accuracy: 0.5000`"""
    return " - ".join(f"{name}: {value:.4f}" for name, value in logs.items())


def report_evaluation(names: list[str], results: list[float], steps: int) -> None:
    """The line that `evaluate` prints."""
    logs = dict(zip(names, results, strict=True))
    sys.stdout.write(f"{progress(steps, steps)} - {in_words(logs)}\n")
