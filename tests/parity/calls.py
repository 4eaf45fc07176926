"""Small calls of Keras, on any engine's `keras`: each gives numbers to compare.

Imports only NumPy.  Numbers are exact in float32 where TensorFlow makes them so.
"""

import contextlib
import csv
import io
import tempfile
from pathlib import Path

import numpy as np

RNG = np.random.RandomState(11)
X, Y = RNG.randn(8, 3), RNG.randn(8, 2)
P, T = RNG.rand(8, 3) * 0.8 + 0.1, RNG.rand(8, 3)
BITS = (T > 0.5).astype(float)
ONE_HOT = np.eye(3)[RNG.randint(0, 3, 8)]
LABELS = ONE_HOT.argmax(1)
SHARES = P / P.sum(1, keepdims=True)
WEIGHTS = 0.25 * np.arange(8) + 0.25


def filled(model):
    """A model with weights that are the same everywhere."""
    rng = np.random.RandomState(5)
    model.set_weights([0.5 * rng.randn(*w.shape) for w in model.get_weights()])
    return model


def dense(keras, units=2, activation=None, **options):
    """A model of one hidden layer, (8, 3) -> (8, units)."""
    layers = keras.layers
    row = [
        layers.Input(shape=(3,)),
        layers.Dense(4, activation="tanh"),
        layers.Dense(units, activation=activation),
    ]
    model = filled(keras.Sequential(row))
    compiled(keras, model, **options)
    return model


def compiled(keras, model, loss="mse", rate=0.5, **options):
    model.compile(optimizer=keras.optimizers.SGD(rate), loss=loss, **options)
    return model


def trained(model, x=X, y=Y, **options):
    """What a step returns, and the weights behind it."""
    result = np.ravel(model.train_on_batch(x, y, **options))
    return [result, *model.get_weights()]


def graph(keras, join, units=3):
    """A model of two inputs that `join` brings together; after one step."""
    layers = keras.layers
    a, b = layers.Input(shape=(3,)), layers.Input(shape=(3,))
    joined = join(layers, layers.Dense(units)(a), layers.Dense(units)(b))
    model = filled(keras.Model([a, b], layers.Dense(2)(joined)))
    return trained(compiled(keras, model), [X, P])


# ---- keras.backend and keras.losses on arrays ----------------------------------------

BACKEND = {
    "abs": lambda K: K.abs(K.constant(X)),
    "batch_flatten": lambda K: K.batch_flatten(K.constant(X.reshape(4, 3, 2))),
    "binary_crossentropy": lambda K: K.binary_crossentropy(
        K.constant(BITS), K.constant(P)
    ),
    "cast": lambda K: K.cast(K.constant(BITS), "float64"),
    "categorical_crossentropy": lambda K: K.categorical_crossentropy(
        K.constant(ONE_HOT), K.constant(SHARES)
    ),
    "clip": lambda K: K.clip(K.constant(X), -0.5, 0.5),
    "concatenate": lambda K: K.concatenate([K.constant(X), K.constant(P)], axis=1),
    "constant": lambda K: K.constant(0.5) * K.constant(X),
    "epsilon": lambda K: K.epsilon(),
    "equal": lambda K: K.equal(K.constant(BITS), 1.0),
    "exp": lambda K: K.exp(K.constant(X)),
    "flatten": lambda K: K.flatten(K.constant(X)),
    "get_value": lambda K: K.get_value(K.variable(X)),
    "greater": lambda K: K.greater(K.constant(X), 0.0),
    "greater_equal": lambda K: K.greater_equal(K.constant(BITS), 1.0),
    "int_shape": lambda K: np.array(K.int_shape(K.constant(X))),
    "l2_normalize": lambda K: K.l2_normalize(K.constant(X), axis=-1),
    "less": lambda K: K.less(K.constant(X), 0.0),
    "less_equal": lambda K: K.less_equal(K.constant(BITS), 0.0),
    "log": lambda K: K.log(K.constant(P)),
    "max": lambda K: K.max(K.constant(X), axis=1),
    "maximum": lambda K: K.maximum(K.constant(X), K.constant(P)),
    "mean": lambda K: K.mean(K.constant(X), axis=-1, keepdims=True),
    "min": lambda K: K.min(K.constant(X), axis=-1),
    "minimum": lambda K: K.minimum(K.constant(X), K.constant(P)),
    "not_equal": lambda K: K.not_equal(K.constant(BITS), 1.0),
    "ones_like": lambda K: K.ones_like(K.constant(X)),
    "pow": lambda K: K.pow(K.constant(P), 1.5),
    "relu": lambda K: K.relu(K.constant(X)),
    "reshape": lambda K: K.reshape(K.constant(X), (-1, 1, 3)),
    "shape": lambda K: np.array(K.shape(K.constant(X))),
    "sigmoid": lambda K: K.sigmoid(K.constant(X)),
    "softmax": lambda K: K.softmax(K.constant(X)),
    "softplus": lambda K: K.softplus(K.constant(X)),
    "sqrt": lambda K: K.sqrt(K.constant(P)),
    "square": lambda K: K.square(K.constant(X)),
    "sum": lambda K: K.sum(K.constant(X)),
    "tanh": lambda K: K.tanh(K.constant(X)),
    "zeros_like": lambda K: K.zeros_like(K.constant(X)),
}

# name of a function of keras.losses -> (labels, answers)
LOSSES = {
    "binary_crossentropy": (BITS, P),
    "categorical_crossentropy": (ONE_HOT, SHARES),
    "categorical_hinge": (ONE_HOT, X),
    "cosine_similarity": (T, X),
    "hinge": (BITS, X),
    "huber": (3 * T, X),
    "kl_divergence": (T, P),
    "log_cosh": (T, X),
    "mean_absolute_error": (T, X),
    "mean_absolute_percentage_error": (T, X),
    "mean_squared_error": (T, X),
    "mean_squared_logarithmic_error": (T, P),
    "poisson": (T, P),
    "squared_hinge": (2 * BITS - 1, X),
}
# those that are compiled with answers of a sigmoid
OF_SHARES = "kl_divergence", "poisson", "mean_squared_logarithmic_error"
OBJECTS = {
    "Huber": lambda losses: losses.Huber(delta=0.25),
    "Hinge": lambda losses: losses.Hinge(),
    "KLDivergence": lambda losses: losses.KLDivergence(),
    "LogCosh": lambda losses: losses.LogCosh(),
    "Poisson": lambda losses: losses.Poisson(),
    "CosineSimilarity": lambda losses: losses.CosineSimilarity(),
}
METRICS = {
    "binary_accuracy": (BITS, P),
    "categorical_accuracy": (ONE_HOT, P),
    "sparse_categorical_accuracy": (LABELS[:, None], P),
    "mse": (T, X),
    "mae": (T, X),
}

# losses as functions: (K) -> loss(y_true, y_pred)
TRACED = {
    "log and exp": lambda K: lambda t, p: K.mean(K.log(1.0 + K.exp(p)) - t * p),
    "clip": lambda K: lambda t, p: K.mean(K.square(K.clip(p, -0.25, 0.5) - t), axis=-1),
    "maximum": lambda K: lambda t, p: K.mean(K.maximum(t * p, 0.25 * p)),
    "minimum": lambda K: lambda t, p: K.sum(K.minimum(p, t), axis=-1),
    "max": lambda K: lambda t, p: K.max(K.square(p - t), axis=-1),
    "min": lambda K: (
        lambda t, p: K.mean(K.square(p - K.min(t, axis=-1, keepdims=True)))
    ),
    "sum over the batch": lambda K: lambda t, p: 0.125 * K.sum(K.square(p - t)),
    "flatten": lambda K: lambda t, p: K.mean(K.square(K.flatten(p) - K.flatten(t))),
    "abs and sqrt": lambda K: lambda t, p: K.sqrt(K.mean(K.abs(t - p)) + 0.5),
    "sigmoid": lambda K: lambda t, p: K.mean(K.sigmoid(p) * t + K.tanh(p)),
    "comparisons": lambda K: (
        lambda t, p: K.mean(K.cast(K.greater(t, 0.0), "float64") * K.square(p))
    ),
    "l2_normalize": lambda K: (
        lambda t, p: -K.sum(K.l2_normalize(t, -1) * K.l2_normalize(p, -1), axis=-1)
    ),
    "concatenate": lambda K: (
        lambda t, p: K.mean(K.square(K.concatenate([p, t * p], axis=-1)), axis=-1)
    ),
    "pow": lambda K: lambda t, p: K.mean(K.pow(p - t, 4)),
}

JOINS = {
    "Add": lambda o, a, b: o.Add()([a, b]),
    "Subtract": lambda o, a, b: o.Subtract()([a, b]),
    "Multiply": lambda o, a, b: o.Multiply()([a, b]),
    "Average": lambda o, a, b: o.Average()([a, b]),
    "Maximum": lambda o, a, b: o.Maximum()([a, b]),
    "Minimum": lambda o, a, b: o.Minimum()([a, b]),
    "Concatenate": lambda o, a, b: o.Concatenate()([a, b]),
    "Dot": lambda o, a, b: o.Dot(axes=1)([a, b]),
    "add": lambda o, a, b: o.add([a, b]),
    "subtract": lambda o, a, b: o.subtract([a, b]),
    "multiply": lambda o, a, b: o.multiply([a, b]),
    "average": lambda o, a, b: o.average([a, b]),
    "maximum": lambda o, a, b: o.maximum([a, b]),
    "minimum": lambda o, a, b: o.minimum([a, b]),
    "concatenate": lambda o, a, b: o.concatenate([a, b], axis=-1),
    "dot": lambda o, a, b: o.dot([a, b], axes=1),
    "Lambda": lambda o, a, b: o.Lambda(lambda pair: pair[0] * pair[1] + 0.5)([a, b]),
    "operators": lambda o, a, b: o.Activation("tanh")(2.0 * a - b / 4.0),
}
BATCH_NORM = {
    "scale=False": {"scale": False},
    "center=False": {"center": False},
    "neither": {"scale": False, "center": False},
}


# ---- models --------------------------------------------------------------------------


def lists(keras):
    """Lists of numbers in the place of arrays."""
    model = dense(keras)
    found = [model.predict(X.tolist(), verbose=0)]
    history = model.fit(X.tolist(), Y.tolist(), verbose=0, shuffle=False, batch_size=4)
    return [*found, history.history["loss"], *model.get_weights()]


def two_outputs(keras, **options):
    layers = keras.layers
    a = layers.Input(shape=(3,))
    hidden = layers.Dense(4, activation="tanh")(a)
    one = layers.Dense(2, name="one")(hidden)
    two = layers.Dense(1, activation="sigmoid", name="two")(hidden)
    model = compiled(keras, filled(keras.Model(a, [one, two])), **options)
    return [
        *trained(model, X, [Y, BITS[:, :1]]),
        model.evaluate(X, [Y, BITS[:, :1]], verbose=0),
    ]


def layer_twice(keras):
    layers = keras.layers
    a, b = layers.Input(shape=(3,)), layers.Input(shape=(3,))
    shared = layers.Dense(3, activation="tanh")
    model = keras.Model(
        [a, b], layers.Dense(2)(layers.add([shared(a), shared(shared(b))]))
    )
    return trained(compiled(keras, filled(model)), [X, P])


def added_after_use(keras):
    layers = keras.layers
    model = filled(keras.Sequential([layers.Input(shape=(3,)), layers.Dense(3)]))
    first = model.predict(X, verbose=0)
    model.add(layers.Dense(2, activation="tanh"))
    return [first, *trained(compiled(keras, filled(model)))]


def part_of_a_model(keras):
    model = dense(keras)
    hidden = keras.Model(model.input, model.layers[0].output)
    trained(model)
    return [hidden.predict(X, verbose=0), hidden.count_params()]


def rebuilt(keras):
    """Copies by configuration and by JSON answer alike."""
    model, (read, clone) = (
        dense(keras),
        (keras.models.model_from_json, keras.models.clone_model),
    )
    copies = [
        read(model.to_json()),
        clone(model),
        type(model).from_config(model.get_config()),
    ]
    for copy in copies:
        copy.set_weights(model.get_weights())
    units = [layer.units for layer in copies[0].layers]
    return [units, *(copy.predict(X, verbose=0) for copy in copies)]


def rates(keras):
    """The learning rate, set in three ways."""
    model, K = dense(keras), keras.backend
    K.set_value(model.optimizer.learning_rate, 0.25)
    found = [K.get_value(model.optimizer.learning_rate), *trained(model)]
    model.optimizer.learning_rate.assign(0.125)
    found += trained(model)
    model.optimizer.learning_rate = 0.0625
    return [*found, *trained(model), model.optimizer.learning_rate.numpy()]


def called_on_arrays(keras):
    layers = keras.layers
    model = dense(keras)
    norm = layers.BatchNormalization(momentum=0.75)
    return [
        model(X).numpy(),
        layers.Activation("relu")(X).numpy(),
        norm(X, training=True).numpy(),
        norm(X).numpy(),
    ]


def several_metrics(keras):
    metrics = keras.metrics
    model = dense(
        keras,
        3,
        "sigmoid",
        loss=keras.losses.binary_crossentropy,
        metrics=[
            "accuracy",
            metrics.binary_accuracy,
            metrics.BinaryAccuracy(name="other"),
            "mae",
            metrics.mse,
        ],
    )
    return [trained(model, X, BITS)[0], model.evaluate(X, BITS, verbose=0)]


def accuracies(keras):
    """What "accuracy" means, for three kinds of labels."""
    found = []
    for units, end, loss, y in (
        (1, "sigmoid", "binary_crossentropy", BITS[:, 0]),
        (3, "softmax", "categorical_crossentropy", ONE_HOT),
        (3, "softmax", "sparse_categorical_crossentropy", LABELS),
        (3, "softmax", "sparse_categorical_crossentropy", LABELS[:, None]),
    ):
        model = dense(keras, units, end, loss=loss, metrics=["accuracy"])
        found += [*trained(model, X, y), model.evaluate(X, y, verbose=0)]
    return found


def generators(keras):
    class Halves(keras.utils.Sequence):
        def __len__(self):
            return 2

        def __getitem__(self, k):
            return X[4 * k : 4 * k + 4], Y[4 * k : 4 * k + 4]

    def forever():
        while True:
            yield X[:4], Y[:4]

    model = dense(keras)
    one = model.fit(Halves(), epochs=2, verbose=0, shuffle=False)
    two = model.fit(forever(), steps_per_epoch=3, epochs=2, verbose=0)
    return [one.history["loss"], two.history["loss"], *model.get_weights()]


def callbacks(keras):
    """Rates, an early end, and what a CSV file and the best checkpoint hold."""
    kinds, model, seen = keras.callbacks, dense(keras, rate=0.0625), []
    with tempfile.TemporaryDirectory() as folder:
        table, best = Path(folder) / "log.csv", Path(folder) / "best.weights.h5"
        record = model.fit(
            X,
            Y,
            batch_size=4,
            epochs=12,
            shuffle=False,
            verbose=0,
            validation_data=(P, Y),
            callbacks=[
                kinds.LearningRateScheduler(lambda epoch: 0.5 / 2**epoch),
                kinds.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1),
                kinds.EarlyStopping(
                    monitor="val_loss", patience=3, min_delta=0.0078125
                ),
                kinds.LambdaCallback(
                    on_epoch_end=lambda epoch, logs: seen.append(epoch)
                ),
                kinds.CSVLogger(str(table)),
                kinds.ModelCheckpoint(
                    str(best), save_best_only=True, save_weights_only=True
                ),
            ],
        )
        with table.open() as file:
            rows = [
                [float(row[k]) for k in ("epoch", "loss", "val_loss")]
                for row in csv.DictReader(file)
            ]
        model.load_weights(str(best))
    losses = [record.history[name] for name in ("loss", "val_loss")]
    return [*losses, rows, seen, *model.get_weights()]


def progress(keras):
    """The mean that a Progbar shows at the end."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        bar = keras.utils.Progbar(4, verbose=1)
        for k in range(4):
            bar.update(k + 1, [("loss", 0.5 * k)])
    return float(out.getvalue().rpartition("loss:")[2].split()[0])


def counts(keras):
    """What `summary` and `count_params` say."""
    layers, lines = keras.layers, []
    row = [
        layers.Input(shape=(4, 4, 2)),
        layers.Conv2D(3, 2),
        layers.BatchNormalization(),
    ]
    model = keras.Sequential([*row, layers.Flatten(), layers.Dense(2, use_bias=False)])
    model.summary(print_fn=lambda line, **_: lines.append(line))
    totals = [line.split(":")[1].split()[0] for line in lines if "params" in line]
    return [
        [int(total.replace(",", "")) for total in totals],
        model.count_params(),
        [layer.count_params() for layer in model.layers],
        [size or 0 for layer in model.layers for size in layer.output_shape],
    ]


def seeds(keras, tf):
    """Numbers come again after the seed; their shape and type."""
    found = []
    for _ in range(2):
        tf.random.set_seed(7)
        found.append(tf.random.normal((3, 2), stddev=0.5).numpy())
    found.append(tf.random.uniform((3, 2), 2.0, 3.0).numpy())
    same = (found[0] == found[1]).all()
    inside = ((found[2] >= 2) & (found[2] < 3)).all()
    return [same, inside, found[0].shape, found[0].dtype.itemsize]


def added_loss(keras):
    """`add_loss`, alone and beside a compiled one."""
    layers, K = keras.layers, keras.backend
    found = []
    for loss in (None, "mse"):
        a = layers.Input(shape=(3,))
        hidden = layers.Dense(4, activation="tanh")(a)
        model = filled(keras.Model(a, layers.Dense(3)(hidden)))
        squares = K.mean(K.square(K.flatten(a) - K.flatten(model.output)))
        divergence = K.sum(1.0 + hidden - K.exp(hidden), axis=-1)
        model.add_loss(K.mean(3.0 * squares - 0.5 * divergence))
        compiled(keras, model, loss)
        found += trained(model, X, None if loss is None else P)
    return found


def sampled(keras):
    """A layer of one's own that is a function of tensors."""
    layers, K = keras.layers, keras.backend

    class Both(layers.Layer):
        def call(self, inputs):
            centred = inputs - K.mean(inputs, axis=1, keepdims=True)
            length = K.l2_normalize(centred, axis=1)
            return K.concatenate([K.relu(length), K.relu(-length)], axis=1)

    row = [layers.Input(shape=(3,)), layers.Dense(4), Both(), layers.Dense(2)]
    return trained(compiled(keras, filled(keras.Sequential(row))))


CALLS = {
    "lists": lists,
    "loss as a list": lambda k: two_outputs(k, loss=["mae", "binary_crossentropy"]),
    "loss as a dict": lambda k: two_outputs(
        k, loss={"one": "mse", "two": "mse"}, loss_weights={"one": 0.25, "two": 2.0}
    ),
    "loss_weights as a list": lambda k: two_outputs(k, loss_weights=[0.5, 0.25]),
    "one loss for both": lambda k: two_outputs(k, metrics=["mae"]),
    "a layer used twice": layer_twice,
    "add after use": added_after_use,
    "Model(m.input, m.layers[0].output)": part_of_a_model,
    "to_json, from_config, clone_model": rebuilt,
    "set_value, assign, numpy": rates,
    "models and layers on arrays": called_on_arrays,
    "metrics as objects": several_metrics,
    "accuracy": accuracies,
    "generators and Sequence": generators,
    "callbacks": callbacks,
    "Progbar": progress,
    "summary, count_params": counts,
    "add_loss": added_loss,
    "a layer that defines call": sampled,
    "class_weight": lambda k: trained(
        dense(k, 3, "softmax", loss="sparse_categorical_crossentropy"),
        X,
        LABELS,
        class_weight={0: 0.5, 1: 2.0, 2: 1.0},
    ),
    "sample_weight": lambda k: trained(dense(k), sample_weight=WEIGHTS),
    "targets (n,) beside (n, 1)": lambda k: trained(dense(k, 1), X, Y[:, 0]),
    "to_categorical": lambda k: k.utils.to_categorical(LABELS, 4),
    "get_weights": lambda k: dense(k).get_weights(),
    "Embedding": lambda k: embedded(k),
    "predict, evaluate in parts": lambda k: [
        dense(k).predict(X, batch_size=3, verbose=0),
        dense(k).evaluate(X, Y, batch_size=3, verbose=0),
    ],
}


def embedded(keras):
    layers = keras.layers
    label = layers.Input(shape=(1,), dtype="int32")
    looked_up = layers.Flatten()(layers.Embedding(3, 4)(label))
    model = compiled(keras, filled(keras.Model(label, layers.Dense(2)(looked_up))))
    return trained(model, LABELS[:, None])


def of(keras, tf):
    """name -> array, of every call here."""
    found = {}

    def keep(name, values):
        values = values if isinstance(values, (list, tuple)) else [values]
        for k, value in enumerate(values):
            found[f"{name}|{k}"] = np.asarray(value, np.float64)

    K = keras.backend
    for name, call in BACKEND.items():
        keep(f"K.{name}", np.asarray(call(K)))
    for name, (labels, answers) in LOSSES.items():
        keep(f"losses.{name}", np.asarray(getattr(keras.losses, name)(labels, answers)))
        end = "sigmoid" if name in OF_SHARES or answers is P else None
        end = "softmax" if answers is SHARES else end
        keep(f"loss={name!r}", trained(dense(keras, 3, end, loss=name), X, labels))
    for name, make in OBJECTS.items():
        model = dense(keras, 3, "sigmoid", loss=make(keras.losses))
        keep(f"losses.{name}()", trained(model, X, T))
    for name, (labels, answers) in METRICS.items():
        made = getattr(keras.metrics, name)(labels, answers)
        keep(f"metrics.{name}", np.asarray(made))
    for name, make in TRACED.items():
        keep(f"traced {name}", trained(dense(keras, loss=make(K), rate=0.25)))
    for name, join in JOINS.items():
        keep(f"join {name}", graph(keras, join))
    for name, options in BATCH_NORM.items():
        layers = keras.layers
        norm = layers.BatchNormalization(momentum=0.75, **options)
        row = [layers.Input(shape=(3,)), layers.Dense(4), norm, layers.Dense(2)]
        keep(
            f"BatchNormalization {name}",
            trained(compiled(keras, filled(keras.Sequential(row)))),
        )
    for name, call in CALLS.items():
        keep(name, call(keras))
    keep("tf.random", seeds(keras, tf))
    return found
