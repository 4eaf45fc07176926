"""compile, train_on_batch, fit, evaluate, predict: values, targets, refusals."""

import numpy as np
import pytest

from minigan import keras
from minigan.errors import ArgumentError, MiniganError, ShapeError, StateError
from minigan.keras import Sequential, layers
from tests.keras.small import (
    ONES,
    REAL,
    ZEROS,
    bytes_of,
    compiled,
    discriminator,
    generator,
)

RNG = np.random.default_rng(1)
X, LABELS = RNG.normal(size=(70, 4)), RNG.integers(0, 3, 70)


def classifier(loss="sparse_categorical_crossentropy", metrics=("accuracy",)):
    keras.utils.set_random_seed(1)
    model = Sequential(
        [
            layers.Dense(8, activation="relu", input_shape=(4,)),
            layers.Dense(3, activation="softmax"),
        ]
    )
    return compiled(model, list(metrics), loss)


def test_returns_a_scalar_or_a_list_or_a_dict():
    D = compiled(discriminator())
    assert type(D.train_on_batch(REAL, ONES)) is float
    D = compiled(discriminator(), ["accuracy"])
    loss, accuracy = D.train_on_batch(REAL, ONES)
    assert 0 <= accuracy <= 1 and type(loss) is float
    assert D.metrics_names == ["loss", "accuracy"]
    result = D.test_on_batch(REAL, ONES, return_dict=True)
    assert list(result) == ["loss", "accuracy"]
    assert list(D.evaluate(REAL, ONES, verbose=0, return_dict=True)) == list(result)


def test_the_loss_is_that_before_the_update():
    D = compiled(discriminator(), ["accuracy"])
    p = D(REAL, training=True)  # moving statistics move; the batch's are used
    loss, accuracy = D.train_on_batch(REAL, ZEROS)
    assert loss == pytest.approx(-np.log(1 - p).mean(), rel=1e-5)
    assert accuracy == np.mean(p <= 0.5)


def test_soft_labels_never_match():
    D = compiled(discriminator(), ["acc"])
    assert D.train_on_batch(REAL, 0.9 * ONES)[1] == 0
    assert D.metrics_names == ["loss", "acc"]


@pytest.mark.parametrize(
    "labels",
    [
        np.ones(8),
        np.ones((8, 1), int),
        np.ones((8, 1, 1), "float32"),
        np.ones(8, bool),
        np.ones((8, 1), "uint8"),
    ],
)
def test_shapes_and_types_of_labels(labels):
    D = compiled(discriminator())
    assert D.evaluate(REAL, labels, verbose=0) == D.evaluate(REAL, ONES, verbose=0)


@pytest.mark.parametrize(
    "x, y, message",
    [
        (REAL, np.ones((8, 2)), r"targets of shape \(8, 1\)"),
        (REAL, np.ones((1, 8)), "8 rows"),
        (REAL, np.ones(7), "8 rows"),
        (REAL, None, "'y'"),
        (REAL, [1] * 7, "8 rows"),
        (REAL, [[1], [1, 0]], "'y'.*array of numbers"),
        (REAL[:, :1], ONES, "batch, 2"),
        (REAL * np.nan, ONES, "finite"),
        (REAL, ONES * np.inf, "finite"),
        (REAL[:1], ONES[:1], "at least 2 rows"),
        (REAL[:0], ONES[:0], "at least one row"),
        ("rows", ONES, "'x'.*one NumPy array"),
        (REAL.astype(str), ONES, "array of numbers"),
        (np.ma.masked_greater(REAL, 0), ONES, "without masked values"),
        (REAL, np.ma.array(ONES, mask=ONES > 0), "8 of 8 masked"),
    ],
)
def test_refused_batches_change_nothing(x, y, message):
    D = compiled(discriminator())
    before = bytes_of(D)
    with pytest.raises(MiniganError, match=message):
        D.train_on_batch(x, y)
    assert bytes_of(D) == before and D.optimizer.iterations == 0


class Unfit(keras.metrics.Metric):
    name = "unfit"

    def measure(self, y, p):
        raise ShapeError("unfit: refuses every batch")


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize(
    "y, options, message",
    [
        (ONES, {"metrics": [Unfit()]}, "unfit"),
        (1e30 * ONES, {"loss": "mse"}, "the loss is inf"),
    ],
)
def test_batches_refused_behind_the_forward_pass_change_nothing(y, options, message):
    D = compiled(discriminator(), **options)
    before = bytes_of(D)
    with pytest.raises(MiniganError, match=message):
        D.train_on_batch(REAL, y)
    assert bytes_of(D) == before and D.optimizer.iterations == 0


def test_label_smoothing_is_symmetric():
    def loss_of(labels, **options):
        keras.utils.set_random_seed(0)
        loss = keras.losses.BinaryCrossentropy(**options)
        return compiled(discriminator(), loss=loss).evaluate(REAL, labels, verbose=0)

    assert loss_of(ONES, label_smoothing=0.2) == pytest.approx(loss_of(0.9 * ONES))
    assert loss_of(ZEROS, label_smoothing=0.2) == pytest.approx(loss_of(0.1 * ONES))


def test_from_logits():
    keras.utils.set_random_seed(0)
    body = [layers.Dense(4, activation="tanh", input_dim=2), layers.Dense(1)]
    logits = Sequential(body)
    whole = compiled(Sequential([logits, layers.Activation("sigmoid")]))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    compiled(logits, loss=loss)
    a, b = (m.evaluate(REAL, ONES, verbose=0) for m in (whole, logits))
    assert a == b
    with pytest.raises(ArgumentError, match="from_logits"):
        compiled(whole, loss=loss).evaluate(REAL, ONES, verbose=0)


def test_categorical_and_sparse_labels_agree():
    rows = keras.utils.to_categorical(LABELS, 3)
    a = classifier().train_on_batch(X, LABELS[:, np.newaxis])
    assert classifier("categorical_crossentropy").train_on_batch(X, rows) == a
    assert classifier(metrics=["sparse_categorical_accuracy"]).test_on_batch(
        X, LABELS
    ) == classifier("categorical_crossentropy", ["categorical_accuracy"]).evaluate(
        X, rows, verbose=0, batch_size=70
    )
    with pytest.raises(ShapeError, match="to_categorical"):
        classifier("categorical_crossentropy").train_on_batch(X, LABELS)
    with pytest.raises(ArgumentError, match="0 ... 2"):
        classifier().train_on_batch(X, LABELS + 1)


def test_fit_history_and_evaluate():
    model = classifier()
    seen = []
    log = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append((epoch, logs["val_loss"]))
    )
    history = model.fit(
        X,
        LABELS,
        epochs=4,
        batch_size=16,
        verbose=0,
        validation_data=(X, LABELS),
        callbacks=[log],
    )
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert history.epoch == [0, 1, 2, 3] and model.optimizer.iterations == 20
    assert seen == list(enumerate(history.history["val_loss"]))
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert model.evaluate(X, LABELS, verbose=0)[0] == pytest.approx(
        history.history["val_loss"][-1], rel=1e-6
    )
    assert model.history is history and history.params["steps"] == 5


def test_fit_takes_the_arguments_in_the_order_of_keras():
    log = keras.callbacks.History()
    history = classifier().fit(X, LABELS, 20, 3, 0, [log], 0.2, None, False)
    assert history.params == {"verbose": 0, "epochs": 3, "steps": 3}
    assert history.history == log.history and "val_loss" in log.history


def test_fit_in_order_is_train_on_batch_in_order():
    by_hand, by_fit = classifier(), classifier()
    losses = [
        by_hand.train_on_batch(X[k : k + 32], LABELS[k : k + 32])[0]
        for k in range(0, 70, 32)
    ]
    history = by_fit.fit(X, LABELS, shuffle=False, verbose=0)
    assert bytes_of(by_hand) == bytes_of(by_fit)
    mean = np.average(losses, weights=(32, 32, 6))
    assert history.history["loss"] == [pytest.approx(mean)]


def test_fit_prints(capsys):
    model = classifier()
    model.fit(X, LABELS, verbose=2, epochs=2, validation_split=0.2)
    out = capsys.readouterr().out
    assert "Epoch 2/2\n2/2 - " in out and " - val_accuracy: 0." in out
    model.fit(X, LABELS)
    assert "3/3 [======" in capsys.readouterr().out
    model.evaluate(X, LABELS)
    assert "loss: " in capsys.readouterr().out
    model.predict(X)
    assert capsys.readouterr().out == ""


def test_predict_does_not_depend_on_the_batch_size():
    G = generator()
    z = RNG.normal(size=(5000, 3))
    whole = G.predict(z, batch_size=7, verbose=0)
    np.testing.assert_array_equal(whole[4090:4100], G.predict(z[4090:4100]))
    assert whole.shape == (5000, 2) and whole.dtype == np.float32
    np.testing.assert_array_equal(G.predict_on_batch(z[:9]), whole[:9])


def test_a_last_batch_of_one_row_is_refused_at_the_start():
    D = compiled(discriminator())
    before = bytes_of(D)
    with pytest.raises(StateError, match="at least 2 rows"):
        D.fit(np.ones((9, 2)), np.ones(9), batch_size=8, verbose=0)
    assert bytes_of(D) == before


@pytest.mark.parametrize("size", [-3, 0, 2.5, "a"])
def test_a_false_validation_batch_size_is_refused_at_the_start(size):
    model = classifier()
    before = bytes_of(model)
    options = {"validation_data": (X, LABELS), "validation_batch_size": size}
    with pytest.raises(MiniganError, match="fit: argument 'validation_batch_size'"):
        model.fit(X, LABELS, verbose=0, **options)
    assert bytes_of(model) == before


def test_calls_before_compile_and_after_add():
    model = Sequential([layers.Dense(1, input_dim=2)])
    with pytest.raises(StateError, match="compile"):
        model.train_on_batch(REAL, ONES)
    compiled(model, loss="mse")
    model.add(layers.Activation("sigmoid"))
    with pytest.raises(StateError, match="layers added since"):
        model.fit(REAL, ONES)
    compiled(model, loss=None)
    with pytest.raises(StateError, match="'loss'"):
        model.train_on_batch(REAL, ONES)


def test_learning_rate_can_be_set():
    model = compiled(discriminator(), optimizer=keras.optimizers.Adam(lr=0.01))
    model.optimizer.learning_rate = 0.5
    assert model.optimizer.lr == 0.5 and model.optimizer.engine.learning_rate == 0.5
