"""Callbacks that set the rate, stop, and write files."""

import sys

import numpy as np
import pytest

from minigan import keras
from minigan.errors import ArgumentError, StateError
from minigan.keras import callbacks, layers
from tests.keras.small import ONES, REAL, bytes_of, compiled


def model():
    keras.utils.set_random_seed(2)
    made = keras.Sequential([layers.Dense(1, activation="sigmoid", input_dim=2)])
    return compiled(made, ["accuracy"], optimizer=keras.optimizers.SGD(0.5))


def fit(*given, epochs=4):
    made = model()
    made.fit(REAL, ONES, epochs=epochs, verbose=0, callbacks=list(given))
    return made


def test_schedules_of_epochs_and_of_rates():
    for schedule in (
        lambda epoch: 2.0 ** -(epoch + 1),
        lambda e, r: r if not e else r / 2,
    ):
        made = fit(callbacks.LearningRateScheduler(schedule))
        assert made.history.history["lr"] == [0.5, 0.25, 0.125, 0.0625]


def test_a_rate_that_falls_on_a_plateau():
    flat = callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=9, min_lr=0.02)
    made = fit(flat, epochs=5)
    rates = made.history.history["lr"]
    assert rates[0] == 0.5 and rates[-1] == pytest.approx(0.02)


def test_checkpoints_by_name_and_of_the_best(tmp_path):
    path = str(tmp_path / "w.{epoch:02d}-{loss:.1f}")
    made = fit(
        callbacks.ModelCheckpoint(path, save_weights_only=True),
        callbacks.ModelCheckpoint(tmp_path / "best", "loss", save_best_only=True),
    )
    assert len(list(tmp_path.glob("w.0[1-4]-0.*"))) == 4
    best = keras.models.load_model(tmp_path / "best")
    assert bytes_of(best) == bytes_of(made)  # the loss falls all the time


def test_a_table_of_the_logs(tmp_path):
    path = tmp_path / "log.csv"
    made = fit(callbacks.CSVLogger(path), epochs=2)
    rows = [line.split(",") for line in path.read_text().splitlines()]
    assert rows[0] == ["epoch", "accuracy", "loss"] and len(rows) == 3
    assert [float(row[2]) for row in rows[1:]] == made.history.history["loss"]
    fit(callbacks.CSVLogger(path, append=True), epochs=1)
    assert len(path.read_text().splitlines()) == 4


def test_tensorboard_without_its_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(StateError, match="pip install tensorboardX"):
        callbacks.TensorBoard()
    with pytest.raises(ArgumentError, match="histogram_freq"):
        callbacks.TensorBoard(histogram_freq=1)


def test_tensorboard(monkeypatch, tmp_path):
    seen = []

    class Writer:
        def __init__(self, folder):
            self.folder = folder

        def add_scalar(self, *row):
            seen.append((self.folder.rpartition("/")[2], *row))

        def close(self):
            seen.append("closed")

    module = type(sys)("tensorboardX")
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "tensorboardX", module)
    made = fit(callbacks.TensorBoard(tmp_path), epochs=1)
    loss = made.history.history["loss"][0]
    assert ("train", "epoch_loss", loss, 0) in seen and seen[-1] == "closed"


def test_descriptions_and_clones():
    made = model()
    twin = keras.models.model_from_json(made.to_json())
    other = keras.models.clone_model(made)
    for copy in (twin, other, keras.Sequential.from_config(made.get_config())):
        assert [w.shape for w in copy.get_weights()] == [(2, 1), (1,)]
        assert copy.name == made.name and copy.layers[0].name == made.layers[0].name
    dense = layers.Dense.from_config(made.layers[0].get_config())
    assert dense.units == 1 and dense.name == made.layers[0].name
    with pytest.raises(ArgumentError, match="json_string"):
        keras.models.model_from_json("{}")


def test_a_bar_of_ones_own(capsys):
    bar = keras.utils.Progbar(3, stateful_metrics=["last"])
    for k in range(3):
        bar.add(1, values=[("mean", k), ("last", k)])
    assert "3/3 [====" in capsys.readouterr().out.splitlines()[-1].replace("\r", "")
    assert bar._sums == {"mean": (3.0, 3), "last": (2.0, 1)}


def test_streams_of_batches():
    class Halves(keras.utils.Sequence):
        ended = 0

        def __len__(self):
            return 2

        def __getitem__(self, k):
            return REAL[4 * k : 4 * k + 4], ONES[4 * k : 4 * k + 4]

        def on_epoch_end(self):
            self.ended += 1

    def forever():
        while True:
            yield from (halves[0], halves[1])

    halves, plain = Halves(), model()
    plain.fit(REAL, ONES, 4, 2, 0, shuffle=False)
    by_sequence, by_generator = model(), model()
    by_sequence.fit(halves, epochs=2, verbose=0, shuffle=False)
    by_generator.fit(forever(), steps_per_epoch=2, epochs=2, verbose=0)
    assert bytes_of(plain) == bytes_of(by_sequence) == bytes_of(by_generator)
    assert halves.ended == 2
    assert plain.evaluate(halves, verbose=0) == plain.evaluate(REAL, ONES, 4, 0)
    np.testing.assert_array_equal(plain.predict(halves), plain.predict(REAL))
    with pytest.raises(ArgumentError, match="steps_per_epoch"):
        plain.fit(forever())


def test_weights_of_rows_and_classes():
    y, heavy = np.array([0, 1] * 4), np.array([0.5, 2.0] * 4)
    by_row, by_class = model(), model()
    p = by_row.predict(REAL)[:, 0].astype(np.float64)
    loss = by_row.train_on_batch(REAL, y, sample_weight=heavy)[0]
    again = by_class.train_on_batch(REAL, y, class_weight={0: 0.5, 1: 2.0})[0]
    terms = -np.log(np.where(y == 1, p, 1 - p))
    assert loss == again == pytest.approx(np.mean(heavy * terms), rel=1e-5)
    assert bytes_of(by_row) == bytes_of(by_class)
    with pytest.raises(ArgumentError, match="a weight for each label, 1 too"):
        by_row.train_on_batch(REAL, y, class_weight={0: 1.0})


def test_weights_of_classes_are_not_for_validation():
    y, by_class = np.array([0, 1] * 4), {0: 0.5, 1: 2.0}
    keras_model = model()
    fitted = keras_model.fit(
        REAL, y, verbose=0, validation_split=0.5, class_weight=by_class
    )
    expected = keras_model.evaluate(REAL[4:], y[4:], verbose=0)[0]
    assert fitted.history["val_loss"] == [expected]
