"""A classifier that minigan trains itself, and what it says of generated images.

`Classifier.train(x, y)` learns from labelled real images.  It then tells which classes
a generator makes, which it misses, and how far the generated images are from real ones
in the classifier's own view ("classifier FD").
"""

import os
from typing import Self, cast

import numpy as np
from numpy.typing import NDArray

from .. import checkpoint, saving, validate
from ..errors import CheckpointError
from ..files import as_path
from ..layers import Dense, ReLU
from ..losses import SoftmaxCrossEntropy
from ..network import Sequential
from ..optimizers import Adam
from ..state import whole_copy
from .checks import shape_made, shape_taken
from .metrics import frechet_distance

HIDDEN, BATCH, LEARNING_RATE = 256, 128, 1e-3
CHUNK = 4096  # rows at a time where nothing is learned


class Classifier:
    """features -> 256 ReLU -> classes, for rows of one data set.

    network: a `Sequential` whose last layer gives the logits of the classes; all
    before it makes the features.  `Classifier.train` builds and trains one.
    """

    def __init__(self, network: Sequential) -> None:
        if not isinstance(network, Sequential) or len(network) < 2:
            expected = "a Sequential of two or more layers"
            validate.complain(
                validate.DTypeError,
                "Classifier",
                "network",
                expected,
                validate.shown(network),
            )
        self.network = network
        self.classes = int(shape_made("Classifier", network)[-1])

    __copy__ = whole_copy

    @classmethod
    def train(
        cls,
        x: NDArray,
        y: NDArray,
        *,
        epochs: int = 4,
        hidden: int = HIDDEN,
        seed: int = 0,
    ) -> Self:
        """Train a new one by softmax cross-entropy, in shuffled epochs.

        Adam with a rate that falls in a straight line, from 0.001 to 0 at the end.  It
        learns from (x - mean) / std, which the first layer takes over afterwards.

        x: (n, ...) float rows, scaled as those it will be asked about.   y: (n,)
        integer labels 0, 1, ...   The last partial batch of an epoch is dropped.
        On MNIST four epochs reach 97.7 % of the test set.
        Errors: ShapeError, DTypeError, ArgumentError for data that do not fit.
        """
        where = "Classifier.train"
        x = _flat(where, x)
        y = _labels(where, y, len(x))
        epochs = validate.integer(where, "epochs", epochs)
        hidden = validate.integer(where, "hidden", hidden)
        seed = validate.integer(where, "seed", seed, least=0)
        rng = np.random.default_rng(seed)
        first = Dense(x.shape[1], hidden, "he_uniform", rng=rng, dtype=x.dtype)
        last = Dense(hidden, int(y.max()) + 1, rng=rng, dtype=x.dtype)
        network = Sequential([first, ReLU(), last])
        mean, std = x.mean(axis=0), x.std() or x.dtype.type(1)
        loss, adam = SoftmaxCrossEntropy(), Adam(LEARNING_RATE)
        batch = min(BATCH, len(x))
        steps = len(x) // batch
        for epoch in range(epochs):
            order = rng.permutation(len(x))
            for step in range(steps):
                done = (epoch + step / steps) / epochs
                adam.learning_rate = LEARNING_RATE * (1 - done)
                picked = order[step * batch : (step + 1) * batch]
                network.zero_grad()
                centred = (x[picked] - mean) / std
                loss.forward(network.forward(centred, training=True), y[picked])
                network.backward(loss.backward(), need_dx=False)
                adam.step(network)
        first.W.value[...] /= std
        first.b.value[...] -= mean @ first.W.value
        return cls(network)

    def save(self, path: str | os.PathLike) -> None:
        """Write the network.  Errors: StateError for layers of your own."""
        meta = {
            "kind": "classifier",
            "dtype": str(self.network.dtype),
            "network": saving.describe(self.network, []),
        }
        arrays = {"theta": self.network.theta, "buffers": self.network.buffers}
        checkpoint.write(as_path("Classifier.save", path), arrays, meta)

    @classmethod
    def load(cls, path: str | os.PathLike) -> Self:
        """The classifier that was saved at `path`: the same answers to the bit.

        Errors: CheckpointError for a file that is damaged, foreign or does not fit.
        """
        arrays, meta = checkpoint.read(path, where="Classifier.load")
        try:
            dtype = np.dtype(meta["dtype"])
            if meta["kind"] != "classifier" or dtype not in validate.FLOAT_TYPES:
                raise CheckpointError("expected a classifier")
            theta, buffers = arrays["theta"], arrays["buffers"]
            network = saving.build(meta["network"], dtype, [], theta, buffers)
            return cls(cast(Sequential, network))  # looked at there
        except Exception as error:  # a file made to deceive can raise nearly anything
            raise CheckpointError(f"{path}: holds no classifier ({error})") from error

    def predict(self, x: NDArray) -> NDArray:
        """The most likely class of each row: (n,) int64."""
        return self._run("predict", self.network, x).argmax(axis=1)

    def confidence(self, x: NDArray) -> NDArray:
        """The softmax probability of that class: (n,).

        Low on average where images look like no class at all; but a network may be
        sure of rubbish as well.
        """
        z = self._run("confidence", self.network, x).astype(np.float64)
        return 1 / np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1)

    def features(self, x: NDArray) -> NDArray:
        """What the layers before the last one make of the rows: (n, hidden)."""
        return self._run("features", self.network[:-1], x)

    def accuracy(self, x: NDArray, y: NDArray) -> float:
        """The share of rows whose label is predicted."""
        z = self._run("accuracy", self.network, x)
        y = _labels("Classifier.accuracy", y, len(z))
        return float((z.argmax(axis=1) == y).mean())

    def _run(self, method: str, network: Sequential, x: NDArray) -> NDArray:
        where = f"Classifier.{method}"
        size = shape_taken(where, self.network)[0]
        x = _flat(where, x)
        if x.shape[1] != size:
            expected = f"rows of {size} numbers"
            validate.complain(validate.ShapeError, where, "x", expected, x.shape[1])
        x = x.astype(self.network.dtype)
        parts = [network.predict(x[k : k + CHUNK]) for k in range(0, len(x), CHUNK)]
        return np.concatenate(parts)

    def __repr__(self) -> str:
        return f"Classifier({self.network!r})"


def class_histogram(classifier: Classifier, images: NDArray) -> NDArray:
    """How many of the images the classifier puts into each class: (classes,) int64.

    Every image goes somewhere, noise as well: look at `confidence` and at pictures.
    """
    return np.bincount(classifier.predict(images), minlength=classifier.classes)


def missing_classes(histogram: NDArray, share: float = 0.01) -> list[int]:
    """The classes that got less than `share` of all images: a list of ints.

    The generator's dropped modes, as far as the classifier can be trusted: it puts
    some images wrong, so a class is hardly ever at 0.
    """
    where = "missing_classes"
    share = validate.number(where, "share", share, least=0, most=1)
    histogram = np.asarray(histogram)
    if histogram.ndim != 1 or histogram.dtype.kind not in "iu" or not histogram.sum():
        expected = "counts (classes,), not all 0"
        validate.complain(
            validate.ArgumentError,
            where,
            "histogram",
            expected,
            validate.shown(histogram),
        )
    least = max(share * histogram.sum(), 1)
    return np.flatnonzero(histogram < least).tolist()


def classifier_fd(classifier: Classifier, real: NDArray, fake: NDArray) -> float:
    """Classifier FD: the Frechet distance of the features of real and fake images.

    real, fake: (n, ...), about 5,000 or more each and equally many, scaled as the
    classifier's training images.  Compare values of one and the same classifier only;
    it is not the FID, whose features come from another network.
    """
    return frechet_distance(classifier.features(real), classifier.features(fake))


def _flat(where: str, x: NDArray) -> NDArray:
    """Real rows (n, features)."""
    x = validate.array(where, "x", x, finite=True)
    if x.ndim < 2 or x.dtype.kind == "c":
        given = f"{x.dtype}, shape {validate.shape_text(x.shape)}"
        expected = "real numbers (n, features)"
        validate.complain(validate.ShapeError, where, "x", expected, given)
    return x.reshape(len(x), -1)


def _labels(where: str, y: NDArray, n: int) -> NDArray:
    """Labels (n,) as int64.  Errors: DTypeError, ShapeError, ArgumentError."""
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "iu":
        given = validate.shown(getattr(y, "dtype", type(y)))
        validate.complain(validate.DTypeError, where, "y", "integer labels", given)
    if y.shape != (n,):
        given = validate.shape_text(y.shape)
        validate.complain(validate.ShapeError, where, "y", f"shape ({n},)", given)
    if y.min() < 0:
        validate.complain(
            validate.ArgumentError, where, "y", "labels 0, 1, ...", f"{y.min()}"
        )
    return y.astype(np.int64)
