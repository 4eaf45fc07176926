"""Callbacks of `fit`: when they are called, with what, and early stopping."""

import pytest

from minigan import keras
from minigan.errors import ArgumentError
from tests.keras.test_training import LABELS, X, classifier


def test_early_stopping_and_callback_order():
    calls = []

    class Watch(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            calls.append("train")

        def on_epoch_begin(self, epoch, logs=None):
            calls.append(f"epoch {epoch}")

        def on_batch_end(self, batch, logs=None):
            calls.append(f"batch {batch} {sorted(logs)}")

    stop = keras.callbacks.EarlyStopping(
        monitor="loss", min_delta=100, patience=2, restore_best_weights=True
    )
    model = classifier()
    history = model.fit(
        X, LABELS, batch_size=70, epochs=9, verbose=0, callbacks=[Watch(), stop]
    )
    assert len(history.epoch) == 3 and stop.stopped_epoch == 2
    assert calls[:3] == ["train", "epoch 0", "batch 0 ['accuracy', 'loss']"]
    with pytest.raises(ArgumentError, match="Callbacks"):
        model.fit(X, LABELS, callbacks=[print], verbose=0)


def test_early_stopping_passes_over_epochs_without_its_figure():
    model, stop = classifier(), keras.callbacks.EarlyStopping(min_delta=100)
    options = {"epochs": 9, "verbose": 0, "callbacks": [stop]}
    with pytest.warns(UserWarning, match="one of loss, accuracy, got val_loss"):
        history = model.fit(X, LABELS, **options)
    assert len(history.epoch) == 9 and stop.stopped_epoch == 0
    there = {"validation_data": (X, LABELS), "validation_freq": 2}
    with pytest.warns(UserWarning, match="this epoch does not count"):
        history = model.fit(X, LABELS, **there, **options)
    assert history.epoch == [0, 1, 2, 3] and stop.stopped_epoch == 3


def test_every_callback_gets_logs_and_early_stopping_says_so(capsys):
    names = keras.callbacks.LambdaCallback.METHODS
    calls = []

    def note(name):
        return lambda *given: calls.append((name, len(given), type(given[-1])))

    watch = keras.callbacks.LambdaCallback(**{name: note(name) for name in names})
    stop = keras.callbacks.EarlyStopping("loss", min_delta=100, patience=1, verbose=1)
    model = classifier()
    there = {"validation_data": (X, LABELS), "validation_batch_size": 40}
    model.fit(X, LABELS, epochs=5, verbose=0, callbacks=[watch, stop], **there)
    assert {name for name, *_ in calls} >= set(names) - {
        "on_batch_begin",  # replaced by on_train_batch_begin
        "on_batch_end",
    }
    for name, count, kind in calls:
        assert kind is dict
        whole = name in ("on_train_begin", "on_train_end")
        assert count == (1 if whole or name in ("on_test_begin", "on_test_end") else 2)
    order = [name for name, *_ in calls if "test" in name or "epoch" in name]
    batches = ["on_test_batch_begin", "on_test_batch_end"] * 2
    validation = ["on_test_begin", *batches, "on_test_end"]
    assert order == ["on_epoch_begin", *validation, "on_epoch_end"] * 2
    assert capsys.readouterr().out == "Epoch 2: early stopping\n"
