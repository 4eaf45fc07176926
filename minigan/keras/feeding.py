"""What `fit` and `evaluate` go through: arrays, generators, `Sequence`s."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .. import validate
from ..errors import ArgumentError
from . import session

if TYPE_CHECKING:
    from .batches import Arrays
    from .compiled import Plan, Weights

    Batch = tuple[Arrays, Arrays, Weights]


class Sequence:
    """Base class of data in batches: define `__len__` and `__getitem__`.

    `sequence[k]` is batch k, (x, y) or (x, y, sample_weight).  `on_epoch_end` is called
    after each epoch.
    """

    def __init__(self, **_: Any) -> None:
        pass

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def on_epoch_end(self) -> None:
        """After each epoch."""


class Rows:
    """Arrays, `size` rows at a time; the last batch of an epoch may be smaller."""

    def __init__(
        self, where: str, data: "Batch", size: int, steps: int | None, shuffle: bool
    ) -> None:
        self._data, self._size, self._shuffle = data, size, shuffle
        self.rows = len(data[0][0])
        most = -(-self.rows // size)
        if steps is not None and steps > most:
            expected = f"at most {most}, the batches in the data"
            validate.complain(ArgumentError, where, "steps_per_epoch", expected, steps)
        self.steps = most if steps is None else steps
        whole = self.steps * size < self.rows
        self.smallest = size if whole or not self.rows % size else self.rows % size

    def epoch(self) -> "Iterator[Batch]":
        """The batches of one epoch."""
        order = session.generator().permutation(self.rows) if self._shuffle else None
        x, y, weights = self._data
        for step in range(self.steps):
            rows: Any = slice(step * self._size, (step + 1) * self._size)
            if order is not None:
                rows = order[rows]
            own = None
            if weights is not None:
                own = [None if part is None else part[rows] for part in weights]
            yield tuple(p[rows] for p in x), tuple(p[rows] for p in y), own


class Stream:
    """Batches from a generator, or from a `Sequence`."""

    smallest = 0

    def __init__(
        self,
        where: str,
        plan: "Plan",
        source: Any,
        by_class: Any,
        steps: int | None,
        shuffle: bool,
    ) -> None:
        self._where, self._plan, self._source = where, plan, source
        self._by_class, self._shuffle = by_class, shuffle
        self.steps = steps
        if hasattr(source, "__getitem__"):
            self.steps = len(source) if steps is None else steps
        elif steps is None:
            expected = "the number of batches in an epoch, for a generator"
            validate.complain(ArgumentError, where, "steps_per_epoch", expected, "None")

    def epoch(self) -> "Iterator[Batch]":
        """The batches of one epoch; fewer, with an error, where the source ends."""
        source, taken = self._source, 0
        for batch in _items(source, self._shuffle):
            x, y, *weight = batch if isinstance(batch, (tuple, list)) else (batch, None)
            yield self._plan.data(
                self._where, x, y, weight[0] if weight else None, self._by_class
            )
            taken += 1
            if taken == self.steps:
                break
        if taken < (self.steps or 0):
            expected = f"{self.steps} batches in an epoch"
            validate.complain(ArgumentError, self._where, "x", expected, taken)
        if hasattr(source, "on_epoch_end"):
            source.on_epoch_end()


def _items(source: Any, shuffle: bool = False) -> Iterator[Any]:
    if not hasattr(source, "__getitem__"):
        for item in source:  # noqa: UP028, `yield from` would close it at the end
            yield item
        return
    order = list(range(len(source)))
    if shuffle:
        order = [int(k) for k in session.generator().permutation(len(source))]
    for k in order:
        yield source[k]


def is_stream(x: Any) -> bool:
    """Whether x is a generator or a `Sequence`, not arrays."""
    if isinstance(x, (list, tuple, dict, str)) or hasattr(x, "__array__"):
        return False
    return hasattr(x, "__next__") or (
        hasattr(x, "__getitem__") and hasattr(x, "__len__")
    )


def only_x(source: Any, steps: int | None) -> Iterator[Any]:
    """The inputs of the batches of a stream, `steps` of them if that is given."""
    for k, batch in enumerate(_items(source)):
        if steps is not None and k == steps:
            return
        yield batch[0] if isinstance(batch, tuple) else batch


def feed(
    where: str,
    plan: "Plan",
    x: Any,
    y: Any,
    size: int | None,
    sample_weight: Any = None,
    by_class: Any = None,
    steps: int | None = None,
    shuffle: bool = False,
) -> "Rows | Stream":
    """What goes through x and y in epochs.  size: of a batch, default 32.

    steps: batches an epoch; all there are if None, which a generator cannot say.
    """
    if steps is not None:
        validate.integer(where, "steps_per_epoch", steps)
    if is_stream(x):
        if y is not None:
            expected, given = "None, as 'x' has the targets too", type(y).__name__
            validate.complain(ArgumentError, where, "y", expected, given)
        return Stream(where, plan, x, by_class, steps, shuffle)
    size = validate.integer(where, "batch_size", 32 if size is None else size)
    data = plan.data(where, x, y, sample_weight, by_class)
    return Rows(where, data, size, steps, shuffle)
