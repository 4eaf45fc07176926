"""The classifier of images: what it learns, counts, misses, and refuses."""

import numpy as np
import pytest

from minigan import Dense, Sequential, checkpoint, data, use_backend
from minigan.errors import (
    ArgumentError,
    CheckpointError,
    DatasetError,
    DTypeError,
    ShapeError,
)
from minigan.gan.classifier import (
    Classifier,
    class_histogram,
    classifier_fd,
    missing_classes,
)
from minigan.gan.metrics import frechet_distance


def scaled(images, largest):
    rows = images.reshape(len(images), -1)
    return (2 * (rows / np.float32(largest)) - 1).astype(np.float32)


@pytest.fixture(scope="module")
def digits():
    """(x_train, y_train), (x_test, y_test) of the bundled digits, in [-1, 1]."""
    (x, y), (x_test, y_test) = data.load("digits")
    return (scaled(x, 16), y), (scaled(x_test, 16), y_test)


@pytest.fixture(scope="module")
def trained(digits):
    (x, y), _ = digits
    with use_backend("numpy"):  # fast without compiled kernels too
        return Classifier.train(x, y, epochs=50, hidden=64)


def test_it_learns_the_digits(trained, digits):
    _, (x, y) = digits
    assert trained.accuracy(x, y) > 0.9
    assert trained.classes == 10
    assert trained.features(x).shape == (len(x), 64)
    confidence = trained.confidence(x)
    assert confidence.shape == (len(x),)
    assert (confidence > 0.1).all() and (confidence <= 1).all()


def test_the_same_seed_gives_the_same_classifier(digits):
    (x, y), _ = digits
    a, b, c = (
        Classifier.train(x[:300], y[:300], epochs=1, hidden=8, seed=s)
        for s in (1, 1, 2)
    )
    assert (a.network.theta == b.network.theta).all()
    assert (a.network.theta != c.network.theta).any()


def test_saved_and_loaded_it_says_the_same(trained, digits, tmp_path):
    _, (x, _) = digits
    trained.save(tmp_path / "classifier.npz")
    loaded = Classifier.load(tmp_path / "classifier.npz")
    assert loaded.classes == 10
    assert loaded.confidence(x).tobytes() == trained.confidence(x).tobytes()
    assert loaded.features(x).tobytes() == trained.features(x).tobytes()


def _other_kind(arrays, meta):
    meta["kind"] = "trainer"


def _other_shape(arrays, meta):
    arrays["theta"] = arrays["theta"][:-16]


def _other_array(arrays, meta):
    arrays["grad"] = arrays.pop("theta")


def _other_layer(arrays, meta):
    meta["network"]["network"][1]["layers"][0]["layer"][0] = "Own"


@pytest.mark.parametrize(
    "change", [_other_kind, _other_shape, _other_array, _other_layer]
)
def test_files_that_hold_no_classifier(change, trained, tmp_path):
    trained.save(tmp_path / "c")
    arrays, meta = checkpoint.read(tmp_path / "c")
    change(arrays, meta)
    checkpoint.write(tmp_path / "c", arrays, meta)
    with pytest.raises(CheckpointError, match="c: holds no classifier"):
        Classifier.load(tmp_path / "c")


def test_images_of_any_shape_and_length(trained, digits):
    _, (x, _) = digits
    expected = trained.predict(x)
    assert (trained.predict(x.reshape(-1, 8, 8, 1)) == expected).all()
    many = np.tile(x, (20, 1))  # more than one chunk
    assert (trained.predict(many) == np.tile(expected, 20)).all()


def test_a_constant_pixel_and_constant_images():
    x = np.zeros((20, 3), np.float32)
    y = np.arange(20) % 2
    x[:, 0] = y
    assert Classifier.train(x, y, epochs=60, hidden=8).accuracy(x, y) == 1
    assert Classifier.train(np.ones_like(x), y, epochs=1).classes == 2


def test_histogram_and_missing_digits(trained, digits):
    _, (x, y) = digits
    counts = class_histogram(trained, x)
    assert counts.sum() == len(x) and len(counts) == 10
    assert missing_classes(counts) == []
    without = class_histogram(trained, x[(y != 3) & (y != 7)])
    assert missing_classes(without, share=0.03) == [3, 7]


def test_missing_classes_by_hand():
    assert missing_classes([0, 99, 1, 0]) == [0, 3]
    assert missing_classes(np.array([0, 990, 9, 1])) == [0, 2, 3]
    assert missing_classes([5, 0], share=0) == [1]


def test_classifier_fd_tells_good_from_bad(trained, digits):
    (x, y), (other, _) = digits
    rng = np.random.default_rng(0)
    real, good = x[:290], other[:290]
    noise = rng.uniform(-1, 1, real.shape).astype(np.float32)
    collapsed = np.repeat(x[:1], 290, axis=0)
    blurred = (0.7 * good + 0.3 * noise).astype(np.float32)
    values = [classifier_fd(trained, real, f) for f in (good, blurred, noise)]
    assert values == sorted(values) and values[2] > 5 * values[0]
    assert classifier_fd(trained, real, collapsed) > 5 * values[0]
    expected = frechet_distance(trained.features(real), trained.features(good))
    assert values[0] == expected


GOOD, LABELS = np.zeros((4, 2), np.float32), np.array([0, 1, 0, 1])
BAD = {
    "float labels": (GOOD, LABELS * 1.0, DTypeError, "integer labels"),
    "column": (GOOD, LABELS[:, None], ShapeError, r"shape \(4,\)"),
    "negative": (GOOD, LABELS - 1, ArgumentError, "got -1"),
    "vector": (GOOD[:, 0], LABELS, ShapeError, r"\(n, features\)"),
    "bytes": (GOOD.astype(np.uint8), LABELS, DTypeError, "cast with"),
}


@pytest.mark.parametrize("x, y, error, message", BAD.values(), ids=BAD)
def test_bad_data(x, y, error, message):
    with pytest.raises(error, match=f"^Classifier.train: .*{message}"):
        Classifier.train(x, y)


def test_bad_questions(trained):
    with pytest.raises(ShapeError, match="rows of 64 numbers, got 2"):
        trained.predict(GOOD)
    with pytest.raises(DTypeError, match="'network'"):
        Classifier(Sequential([Dense(2, 3)]))
    for histogram in ([], [0, 0], [0.5, 1.0], [[1, 2]]):
        with pytest.raises(ArgumentError, match="missing_classes"):
            missing_classes(histogram)
    with pytest.raises(ArgumentError, match="share"):
        missing_classes([1, 2], share=2)


@pytest.mark.data
def test_real_mnist():
    try:
        (x, y), (x_test, y_test) = data.load("mnist")
    except DatasetError as error:
        pytest.skip(f"no MNIST here: {error}")
    x_test = scaled(x_test, 255)
    with use_backend("numpy"):  # as quick without compiled kernels
        classifier = Classifier.train(scaled(x, 255), y)
        assert classifier.accuracy(x_test, y_test) >= 0.97
        assert missing_classes(class_histogram(classifier, x_test)) == []
