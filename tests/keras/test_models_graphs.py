"""Models with several inputs and outputs, layers used twice, models inside models."""

import numpy as np
import pytest

from minigan import keras
from minigan.errors import ArgumentError, MiniganError, ShapeError
from minigan.keras import Input, Model, Sequential, layers
from tests.keras.small import bytes_of, compiled

RNG = np.random.default_rng(8)
Z, X = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 3))
LABELS = np.array([2, 0, 1, 1, 2, 0])


def conditional_generator():
    noise, label = Input((4,)), Input((1,), dtype="int32", name="label")
    vector = layers.Flatten()(layers.Embedding(3, 4)(label))
    body = Sequential([layers.Dense(5, activation="tanh", input_dim=4)])
    body.add(layers.Dense(3))
    return Model([noise, label], body(layers.multiply([noise, vector])))


def auxiliary_discriminator():
    x = Input((3,))
    body = layers.LeakyReLU(0.2)(layers.Dense(5)(x))
    validity = layers.Dense(1, activation="sigmoid", name="validity")(body)
    classes = layers.Dense(3, activation="softmax", name="classes")(body)
    return Model(x, [validity, classes])


LOSSES = ["binary_crossentropy", "sparse_categorical_crossentropy"]


def test_several_inputs():
    G = conditional_generator()
    weights = G.get_weights()
    assert [w.shape for w in weights] == [(3, 4), (4, 5), (5,), (5, 3), (3,)]
    vectors, W1, b1, W2, b2 = weights
    expected = np.tanh(Z.astype("f") * vectors[LABELS] @ W1 + b1) @ W2 + b2
    name = G.input_names[0]
    for x in ([Z, LABELS], (Z, LABELS[:, None]), {"label": LABELS, name: Z}):
        np.testing.assert_allclose(G.predict(x), expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(G([Z, LABELS]), G.predict([Z, LABELS]))
    assert G.input_shape == [(None, 4), (None, 1)] and G.output_shape == (None, 3)
    compiled(G, loss="mse").train_on_batch([Z, LABELS], X)
    for a, b in zip(weights, G.get_weights(), strict=True):
        assert (a != b).any()


@pytest.mark.parametrize(
    "x, words",
    [
        (Z, "expected a list of 2"),
        ([Z], "expected a list of 2"),
        ([Z, LABELS[:5]], "6 rows, as in 'x"),
        ([Z, LABELS + 0.5], "integer labels of shape"),
        ([Z, LABELS + 1], "labels in 0 ... 2"),
        ([Z[:, :3], LABELS], "4"),
        ({"label": LABELS}, "expected the names"),
    ],
)
def test_inputs_that_do_not_fit(x, words):
    with pytest.raises(MiniganError, match=words):
        conditional_generator().predict(x)


def test_several_outputs():
    D = auxiliary_discriminator()
    D.compile("sgd", LOSSES, ["accuracy"], loss_weights=[1, 0.5])
    assert D.metrics_names == [
        *("loss", "validity_loss", "classes_loss"),
        *("validity_accuracy", "classes_accuracy"),
    ]
    p, q = D.predict(X)
    valid = np.array([[1.0], [0], [1], [1], [0], [0]])
    total, first, second, *accuracies = D.train_on_batch(X, [valid, LABELS])
    bce = -np.mean(valid * np.log(p) + (1 - valid) * np.log(1 - p))
    sparse = -np.mean(np.log(q[np.arange(6), LABELS]))
    np.testing.assert_allclose([first, second], [bce, sparse], rtol=1e-5)
    assert total == pytest.approx(first + 0.5 * second)
    right = np.mean(valid == (p > 0.5)), np.mean(LABELS == q.argmax(1))
    assert accuracies == pytest.approx(right)
    assert D.evaluate(X, [valid, LABELS], verbose=0)[0] < total


def test_losses_metrics_and_targets_by_name():
    found = []
    for how in ("list", "dict"):
        keras.utils.set_random_seed(4)
        D = auxiliary_discriminator()
        by_name = how == "dict"
        names = "validity", "classes"
        metrics = {"classes": "accuracy"} if by_name else [[], ["accuracy"]]
        y = [np.ones(6), LABELS]
        D.compile(
            optimizer="adam",
            loss=dict(zip(names, LOSSES, strict=True)) if by_name else LOSSES,
            metrics=metrics,
            loss_weights={"classes": 2.0} if by_name else [1, 2],
        )
        y = dict(zip(names, y, strict=True)) if by_name else y
        found.append([D.train_on_batch(X, y) for _ in range(3)])
        assert D.metrics_names[-1] == "classes_accuracy" and len(D.metrics_names) == 4
    assert found[0] == found[1]


def test_an_output_without_a_loss_is_left_alone():
    D = auxiliary_discriminator()
    D.compile("sgd", {"validity": "binary_crossentropy"})
    before = D.get_weights()
    total, only = D.train_on_batch(X, {"validity": np.ones(6)})
    assert total == only and D.metrics_names == ["loss", "validity_loss"]
    pairs = zip(before, D.get_weights(), strict=True)
    assert [bool((a != b).any()) for a, b in pairs] == [True] * 4 + [False] * 2


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"loss": ["mse"]}, "'loss': expected 2, for validity, classes"),
        ({"loss": {"clases": "mse"}}, "'loss': expected the names of outputs"),
        ({"loss": "mse", "metrics": [["mse"]]}, "'metrics': expected 2 lists"),
        ({"loss": "mse", "loss_weights": [1]}, "'loss_weights': expected 2"),
        ({"loss": "mse", "loss_weights": ["a", 1]}, "'loss_weights': expected a"),
    ],
)
def test_losses_that_do_not_fit(arguments, words):
    with pytest.raises(MiniganError, match=words):
        auxiliary_discriminator().compile("adam", **arguments)


def test_targets_that_do_not_fit():
    D = auxiliary_discriminator()
    D.compile("adam", LOSSES)
    before = bytes_of(D)
    for y, words in (
        (LABELS, "'y': expected a list of 2"),
        ([np.ones(6), LABELS[:5]], r"'y\[1\]': expected 6 rows"),
        ([np.ones((6, 2)), LABELS], "targets of shape"),
    ):
        with pytest.raises(MiniganError, match=words):
            D.train_on_batch(X, y)
    assert bytes_of(D) == before


def test_a_gan_with_labels_trains_the_generator_alone():
    G, D = conditional_generator(), auxiliary_discriminator()
    D.compile("adam", LOSSES)
    D.trainable = False
    noise, label = Input((4,)), Input((1,))
    gan = Model([noise, label], D(G([noise, label])))
    gan.compile("adam", LOSSES)
    d, g = bytes_of(D), bytes_of(G)
    losses = gan.train_on_batch([Z, LABELS], [np.ones((6, 1)), LABELS])
    assert len(losses) == 3 and bytes_of(D) == d
    assert all(a != b for a, b in zip(g, bytes_of(G), strict=True))
    D.train_on_batch(G.predict([Z, LABELS]), [np.zeros((6, 1)), LABELS])
    assert all(a != b for a, b in zip(d, bytes_of(D), strict=True))


def test_a_layer_used_twice_has_one_set_of_weights():
    a, b, shared = Input((3,)), Input((3,)), layers.Dense(2)
    model = Model([a, b], layers.Add()([shared(a), shared(b)]))
    assert model.count_params() == 8 and len(model.get_weights()) == 2
    twice = Model(a, layers.Dense(3)(a))
    deep = Model(a, twice(twice(a)))
    W, c = twice.get_weights()
    x = X.astype("f")
    np.testing.assert_allclose(deep.predict(X), (x @ W + c) @ W + c, rtol=1e-5)
    model.compile(keras.optimizers.SGD(1.0), "mse")
    before = shared.get_weights()[1]
    p = model.predict([X, Z[:, :3]])
    model.train_on_batch([X, Z[:, :3]], np.zeros((6, 2)))
    slope = 2 * 2 * p.mean(0) / 2  # the bias counts twice
    np.testing.assert_allclose(before - shared.get_weights()[1], slope, rtol=1e-4)


def test_parts_of_a_model_are_models():
    D = auxiliary_discriminator()
    front = Model(D.input, D.layers[1].output)
    assert front.predict(X).shape == (6, 5)
    behind = Model(D.get_layer(index=2).output, D.output[0])
    h = Model(D.input, D.layers[2].output).predict(X)
    np.testing.assert_allclose(behind.predict(h), D.predict(X)[0], rtol=1e-6)
    both = Model(D.inputs, [*D.outputs, front.output])
    assert len(both.predict_on_batch(X)) == 3


def test_layers_come_in_the_order_of_keras():
    a, b = Input((3,), name="a"), Input((3,), name="b")
    deep = layers.Dense(2, name="second")(layers.Dense(2, name="first")(b))
    side = layers.Dense(2, name="side")(a)
    model = Model([a, b], layers.concatenate([side, deep], name="end"))
    assert [x.name for x in model.layers] == [
        "b",
        "a",
        "first",
        "side",
        "second",
        "end",
    ]


@pytest.mark.parametrize(
    "kind, expected",
    [
        (layers.Add, X + 2 * X),
        (layers.Subtract, -X),
        (layers.Multiply, 2 * X * X),
        (layers.Average, 1.5 * X),
        (layers.Maximum, np.maximum(X, 2 * X)),
        (layers.Minimum, np.minimum(X, 2 * X)),
        (layers.Concatenate, np.hstack([X, 2 * X])),
        (lambda: layers.Dot(1), 2 * (X * X).sum(1, keepdims=True)),
    ],
)
def test_layers_that_join(kind, expected):
    np.testing.assert_allclose(kind()([X, 2 * X]), expected, rtol=1e-5)
    a, b = Input((3,)), Input((3,))
    model = Model([a, b], kind()([a, b]))
    np.testing.assert_allclose(model.predict([X, 2 * X]), expected, rtol=1e-5)


def test_functions_are_the_layers():
    a, b = Input((3,)), Input((3,))
    for name in ("add", "subtract", "multiply", "average", "maximum", "minimum"):
        made = getattr(layers, name)([a, b], name=f"my_{name}")
        assert type(made.layer) is getattr(layers, name.title())
        assert made.layer.name == f"my_{name}" and made.shape == (None, 3)
    assert layers.concatenate([a, b], axis=1).shape == (None, 6)
    assert layers.dot([a, b], axes=1).shape == (None, 1)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda a, b: layers.add([a, layers.Dense(2)(b)]), "fits"),
        (lambda a, b: layers.add([a]), "two or more"),
        (lambda a, b: layers.concatenate([a, b], axis=0), "axis"),
        (lambda a, b: layers.Dense(2)([a, b]), "one tensor"),
        (lambda a, b: layers.Embedding(3, 2)(layers.Dense(1)(a)), "labels"),
        (lambda a, b: layers.add([a, X]), "tensors only, or arrays only"),
        (lambda a, b: np.exp(a), "keras.backend"),
        (lambda a, b: layers.dot([a, b], axes=2), "axes"),
    ],
)
def test_calls_that_do_not_fit(make, words):
    a, b = Input((3,)), Input((3,))
    with pytest.raises(MiniganError, match=words):
        Model([a, b], make(a, b))


def test_models_called_on_tensors_that_do_not_fit():
    with pytest.raises(ShapeError, match="expected a tensor of shape"):
        auxiliary_discriminator()(Input((4,)))
    with pytest.raises(ArgumentError, match="2 tensors"):
        conditional_generator()(Input((4,)))


def test_a_layer_without_weights_takes_any_shape():
    a, b, leaky = Input((3,)), Input((2,)), layers.LeakyReLU(0.5)
    model = Model([a, b], layers.concatenate([leaky(a), leaky(b)]))
    both = np.hstack([X, Z[:, :2]])
    expected = np.where(both > 0, both, both / 2)
    np.testing.assert_allclose(model.predict([X, Z[:, :2]]), expected, rtol=1e-6)


def test_rows_of_labels():
    words = Sequential([layers.Embedding(5, 2, input_length=3), layers.Flatten()])
    (W,) = words.get_weights()
    rows = np.array([[0, 4, 2], [1, 1, 3]])
    np.testing.assert_array_equal(words.predict(rows), W[rows].reshape(2, 6))
    np.testing.assert_array_equal(words(rows), W[rows].reshape(2, 6))
    np.testing.assert_array_equal(words.layers[0](rows), W[rows])
    assert layers.Embedding(5, 2)(Input((), dtype="int32")).shape == (None, 2)


def test_fit_and_evaluate_take_lists():
    D = auxiliary_discriminator()
    D.compile("adam", LOSSES)
    x, y = np.repeat(X, 5, 0), [np.ones(30), np.repeat(LABELS, 5)]
    history = D.fit(x, y, 8, 2, 0, validation_split=0.2).history
    assert list(history) == [*D.metrics_names, *(f"val_{n}" for n in D.metrics_names)]
    G = compiled(conditional_generator(), loss="mse")
    G.fit([Z, LABELS], X, epochs=2, verbose=0, validation_data=([Z, LABELS], X))
    assert G.evaluate([Z, LABELS], X, verbose=0) == pytest.approx(
        G.history.history["val_loss"][-1]
    )
