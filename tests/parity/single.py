"""Single layers and initialisers, on any engine's `keras`; imports only NumPy.

Gradients are read off plain gradient descent with rate 1: a weight moves by its
gradient.  The layer stands on a Dense without bias that is shown the rows of the unit
matrix: what comes out of that Dense is its kernel, so its kernel's gradient is dx.
"""

from pathlib import Path

import numpy as np

ROWS = 7

# name -> (shape of an example, the layer)
LAYERS = {
    "Dense": ((5,), lambda k: k.layers.Dense(3)),
    "Dense relu": ((5,), lambda k: k.layers.Dense(3, activation="relu")),
    "Dense tanh": ((5,), lambda k: k.layers.Dense(3, activation="tanh")),
    "Dense sigmoid": ((5,), lambda k: k.layers.Dense(3, activation="sigmoid")),
    "Dense softmax": ((5,), lambda k: k.layers.Dense(3, activation="softmax")),
    "Dense leaky_relu": ((5,), lambda k: k.layers.Dense(3, activation="leaky_relu")),
    "Dense without bias": ((5,), lambda k: k.layers.Dense(3, use_bias=False)),
    "Dense on images": ((2, 3, 4), lambda k: k.layers.Dense(3)),
    "Activation": ((5,), lambda k: k.layers.Activation("tanh")),
    "LeakyReLU": ((5,), lambda k: k.layers.LeakyReLU()),
    "LeakyReLU 0.25": ((5,), lambda k: k.layers.LeakyReLU(0.25)),
    "ReLU": ((5,), lambda k: k.layers.ReLU()),
    "ReLU 0.125": ((5,), lambda k: k.layers.ReLU(negative_slope=0.125)),
    "ReLU, all options": (
        (5,),
        lambda k: k.layers.ReLU(max_value=0.5, negative_slope=0.125, threshold=0.25),
    ),
    "Softmax": ((5,), lambda k: k.layers.Softmax()),
    "BatchNormalization": ((5,), lambda k: k.layers.BatchNormalization()),
    "BatchNormalization 0.75": (
        (5,),
        lambda k: k.layers.BatchNormalization(momentum=0.75, epsilon=2**-12),
    ),
    "BatchNormalization, frozen": (
        (5,),
        lambda k: k.layers.BatchNormalization(trainable=False),
    ),
    "BatchNormalization of images": (
        (2, 3, 4),
        lambda k: k.layers.BatchNormalization(),
    ),
    "Conv2D": ((4, 5, 2), lambda k: k.layers.Conv2D(3, 3)),
    "Conv2D same": (
        (4, 5, 2),
        lambda k: k.layers.Conv2D(3, (3, 2), padding="same", activation="tanh"),
    ),
    "Conv2D same 2": (
        (5, 4, 2),
        lambda k: k.layers.Conv2D(3, 3, strides=2, padding="same", use_bias=False),
    ),
    "Conv2D same 4 2 3": (
        (6, 6, 1),
        lambda k: k.layers.Conv2D(2, 4, strides=(2, 3), padding="same"),
    ),
    "Conv2D valid 2": ((6, 5, 1), lambda k: k.layers.Conv2D(2, (2, 3), strides=(2, 2))),
    "UpSampling2D": ((2, 3, 2), lambda k: k.layers.UpSampling2D()),
    "UpSampling2D 2 3": ((2, 3, 2), lambda k: k.layers.UpSampling2D((2, 3))),
    "ZeroPadding2D": ((2, 3, 2), lambda k: k.layers.ZeroPadding2D()),
    "ZeroPadding2D 2 1": ((2, 3, 2), lambda k: k.layers.ZeroPadding2D((2, 1))),
    "ZeroPadding2D below": (
        (2, 3, 2),
        lambda k: k.layers.ZeroPadding2D(((0, 1), (0, 2))),
    ),
    "Flatten": ((2, 3), lambda k: k.layers.Flatten()),
    "Reshape": ((6,), lambda k: k.layers.Reshape((2, 3))),
    "Reshape -1": ((2, 6), lambda k: k.layers.Reshape((-1, 4))),
    "Dropout, frozen rate 0": ((5,), lambda k: k.layers.Dropout(0.0)),
}

# what tf_keras has as well, in the same way: one process of it proves all of them
NEW = {
    **{
        f"Activation {name}": ((5,), lambda k, name=name: k.layers.Activation(name))
        for name in (
            "elu",
            "exponential",
            "gelu",
            "hard_sigmoid",
            "selu",
            "softplus",
            "softsign",
            "swish",
        )
    },
    "ELU 0.5": ((5,), lambda k: k.layers.ELU(0.5)),
    "PReLU": ((2, 3, 2), lambda k: k.layers.PReLU()),
    "PReLU shared": ((2, 3, 2), lambda k: k.layers.PReLU(shared_axes=[1, 2])),
    "GaussianNoise 0": ((5,), lambda k: k.layers.GaussianNoise(0.0)),
    "Conv2D dilated": ((6, 5, 2), lambda k: k.layers.Conv2D(3, 2, dilation_rate=2)),
    "Conv2D dilated same": (
        (5, 6, 1),
        lambda k: k.layers.Conv2D(2, 3, dilation_rate=(2, 1), padding="same"),
    ),
    "Conv2DTranspose": ((3, 4, 2), lambda k: k.layers.Conv2DTranspose(3, 3)),
    "Conv2DTranspose same 2": (
        (3, 4, 2),
        lambda k: k.layers.Conv2DTranspose(
            3, 5, strides=2, padding="same", use_bias=False, activation="tanh"
        ),
    ),
    "Conv2DTranspose valid 3 1": (
        (3, 2, 2),
        lambda k: k.layers.Conv2DTranspose(2, (2, 4), strides=(3, 1)),
    ),
    "MaxPooling2D": ((4, 5, 2), lambda k: k.layers.MaxPooling2D()),
    "MaxPooling2D same": (
        (4, 5, 2),
        lambda k: k.layers.MaxPooling2D((3, 2), strides=(1, 2), padding="same"),
    ),
    "AveragePooling2D": ((4, 5, 2), lambda k: k.layers.AveragePooling2D()),
    "AveragePooling2D same": (
        (4, 5, 2),
        lambda k: k.layers.AveragePooling2D((3, 2), strides=(1, 2), padding="same"),
    ),
    "GlobalMaxPooling2D": ((3, 2, 2), lambda k: k.layers.GlobalMaxPooling2D()),
    "GlobalAveragePooling2D": (
        (3, 2, 2),
        lambda k: k.layers.GlobalAveragePooling2D(keepdims=True),
    ),
}

HALF = np.float64(0.5)  # with a Python float TensorFlow's schedules are float32
OPTIMIZERS = {
    "Nadam": lambda o: o.Nadam(0.05, beta_1=0.5),
    "Adamax": lambda o: o.Adamax(0.05, beta_1=0.5),
    "Adagrad": lambda o: o.Adagrad(0.5),
    "AdamW": lambda o: o.AdamW(0.05, weight_decay=0.25),
    "SGD decayed": lambda o: o.SGD(0.1, momentum=0.5, weight_decay=0.25),
    "clipvalue": lambda o: o.SGD(1.0, clipvalue=0.0625),
    "clipnorm": lambda o: o.Adam(0.05, clipnorm=0.125),
    "global_clipnorm": lambda o: o.RMSprop(0.05, global_clipnorm=0.125),
    "Adadelta": lambda o: o.Adadelta(0.5, rho=0.75),
    "AMSGrad": lambda o: o.Adam(0.05, beta_2=0.5, amsgrad=True),
    "Nesterov": lambda o: o.SGD(0.1, momentum=0.5, nesterov=True),
    "decay": lambda o: o.legacy.SGD(0.5, decay=0.25),
    "ExponentialDecay": lambda o: o.SGD(o.schedules.ExponentialDecay(HALF, 4, 0.5)),
    "staircase": lambda o: o.SGD(o.schedules.ExponentialDecay(HALF, 4, 0.5, True)),
    "InverseTimeDecay": lambda o: o.SGD(o.schedules.InverseTimeDecay(HALF, 4, 0.5)),
    "PolynomialDecay": lambda o: o.SGD(
        o.schedules.PolynomialDecay(HALF, 4, 0.125, 2.0, cycle=True)
    ),
    "PiecewiseConstantDecay": lambda o: o.SGD(
        o.schedules.PiecewiseConstantDecay([3, 6], [0.5, 0.25, 0.125])
    ),
    "CosineDecay": lambda o: o.SGD(o.schedules.CosineDecay(HALF, 8, 0.25)),
    "CosineDecay warm": lambda o: o.SGD(
        o.schedules.CosineDecay(HALF / 4, 8, 0.25, warmup_target=0.5, warmup_steps=4)
    ),
    "CosineDecayRestarts": lambda o: o.SGD(
        o.schedules.CosineDecayRestarts(HALF, 3, 2.0, 0.5)
    ),
}

INITIALIZERS = {
    "glorot_uniform": lambda k: k.initializers.GlorotUniform(seed=1),
    "glorot_normal": lambda k: k.initializers.GlorotNormal(seed=2),
    "he_uniform": lambda k: k.initializers.HeUniform(seed=3),
    "he_normal": lambda k: k.initializers.HeNormal(seed=4),
    "RandomNormal": lambda k: k.initializers.RandomNormal(seed=5),
    "RandomNormal 1 0.02": lambda k: k.initializers.RandomNormal(1.0, 0.02, seed=6),
    "zeros": lambda k: k.initializers.Zeros(),
    "ones": lambda k: k.initializers.Ones(),
}


def layers(keras, chosen=LAYERS):
    """name|what -> array: outputs, gradients and moving statistics of every layer."""
    found = {}
    for name, (shape, make) in chosen.items():
        rng = np.random.RandomState(len(name))
        size = int(np.prod(shape))
        below = [
            keras.layers.Input(shape=(ROWS,)),
            keras.layers.Dense(size, use_bias=False),
            keras.layers.Reshape(shape),
        ]
        model = keras.Sequential([*below, make(keras)])
        weights = [rng.randn(*w.shape) for w in model.get_weights()]
        if "Batch" in name:
            weights[-1] = np.abs(weights[-1]) + 0.5
        model.set_weights(weights)
        rate = keras.optimizers.SGD(1.0)
        model.compile(optimizer=rate, loss="mean_squared_error")
        x = np.eye(ROWS)
        found[f"{name}|inference"] = np.asarray(model.predict_on_batch(x))
        target = rng.randn(*found[f"{name}|inference"].shape)
        found[f"{name}|loss"] = np.asarray(model.train_on_batch(x, target))
        for k, (old, new) in enumerate(zip(weights, model.get_weights(), strict=True)):
            found[f"{name}|change of weight {k}"] = new - old
        found[f"{name}|afterwards"] = np.asarray(model.predict_on_batch(x))
    return found


def new_layers(keras):
    """Those of `NEW`."""
    return layers(keras, NEW)


def optimizers(keras, steps=12):
    """name|what -> weights and rates of every optimizer along the way."""
    found = {}
    rng = np.random.RandomState(7)
    x, y = rng.randn(9, 4), rng.randn(9, 2)
    start = [rng.randn(4, 3), rng.randn(3), rng.randn(3, 2), rng.randn(2)]
    for name, make in OPTIMIZERS.items():
        dense = keras.layers.Dense
        model = keras.Sequential(
            [keras.layers.Input(shape=(4,)), dense(3, activation="tanh"), dense(2)]
        )
        model.set_weights(start)
        model.compile(optimizer=make(keras.optimizers), loss="mean_squared_error")
        for step in range(steps):
            loss = np.asarray(model.train_on_batch(x, y))
            for k, weight in enumerate(model.get_weights()):
                found[f"{name}|{step}: weight {k}"] = weight
            found[f"{name}|{step}: loss"] = loss
    return found


def of(keras, part):
    """A part by its name, "gan:200" with a number of steps or the like."""
    name, _, option = part.partition(":")
    options = [int(option) if option.isdigit() else option] if option else []
    return globals()[name](keras, *options)


def weights(keras, folder):
    """name -> weights read from minigan's files, and own ones, which it can read."""
    found = {}
    package = keras.__name__.partition(".")[0]
    for name, model in models_with_weights(keras).items():
        theirs = Path(folder) / f"minigan_{name}.weights.h5"
        if theirs.exists():
            model.load_weights(str(theirs))
            for k, weight in enumerate(model.get_weights()):
                found[f"{name}|read {k}"] = weight
        rng = np.random.RandomState(len(package))
        model.set_weights([rng.rand(*w.shape) for w in model.get_weights()])
        model.save_weights(str(Path(folder) / f"{package}_{name}.weights.h5"))
        if package == "tf_keras":
            model.save_weights(str(Path(folder) / f"{package}_{name}.h5"))
        for k, weight in enumerate(model.get_weights()):
            found[f"{name}|own {k}"] = weight
    return found


def models_with_weights(keras):
    """A model in a row, one connected, with one inside that both have."""
    layers = keras.layers
    inner = keras.Sequential(
        [
            layers.Input(shape=(3,)),
            layers.Dense(4, name="a_name_of_its_own"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(8, use_bias=False),
            layers.Reshape((2, 2, 2)),
            layers.Conv2D(3, 2, padding="same"),
            layers.Conv2DTranspose(2, 2),
            layers.PReLU(),
            layers.Flatten(),
        ]
    )
    label = layers.Input(shape=(1,), dtype="int32")
    looked_up = layers.Flatten()(layers.Embedding(5, 3)(label))
    return {
        "row": keras.Sequential([layers.Input(shape=(3,)), inner, layers.Dense(1)]),
        "graph": keras.Model(label, inner(layers.Dense(3)(looked_up))),
    }


def initializers(keras):
    """name -> quantiles of 90,000 draws, the smallest and the largest with them."""
    levels = np.linspace(0, 1, 101)
    found = {}
    for name, make in INITIALIZERS.items():
        values = np.asarray(make(keras)((200, 450)))
        found[name] = np.quantile(values, levels)
    return found


def losses(keras):
    """Values of every loss for logits, through evaluate."""
    found = {}
    rng = np.random.RandomState(3)
    x, label = 3 * rng.randn(9, 4), rng.randint(0, 4, 9)
    rows = np.eye(4)[label]
    binary = (rng.rand(9, 4) > 0.5).astype(float)
    cases = {
        "binary": (keras.losses.BinaryCrossentropy(from_logits=True), binary),
        "smoothed": (
            keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.25),
            binary,
        ),
        "mse": ("mean_squared_error", rows),
        "mae": ("mean_absolute_error", rows),
        "sparse": (
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            label,
        ),
        "categorical": (keras.losses.CategoricalCrossentropy(from_logits=True), rows),
    }
    for name, (loss, y) in cases.items():
        model = keras.Sequential(
            [keras.layers.Input(shape=(4,)), keras.layers.Dense(4)]
        )
        model.set_weights([np.eye(4), np.zeros(4)])
        model.compile(optimizer=keras.optimizers.SGD(1.0), loss=loss)
        found[f"{name}|before"] = np.asarray(model.train_on_batch(x, y))
        found[f"{name}|bias"] = -model.get_weights()[1]
        found[f"{name}|after"] = np.asarray(model.evaluate(x, y, verbose=0))
    return found


def gan(keras, steps):
    """A GAN on logits with toggled flags, which every engine trains correctly."""
    rng = np.random.RandomState(20)
    layers = keras.layers
    generator = keras.Sequential(
        [
            layers.Input(shape=(4,)),
            layers.Dense(8),
            layers.LeakyReLU(0.25),
            layers.BatchNormalization(momentum=0.75),
            layers.Dense(2),
        ]
    )
    discriminator = keras.Sequential(
        [
            layers.Input(shape=(2,)),
            layers.Dense(12, activation="relu"),
            layers.Dense(1),
        ]
    )
    for model in (generator, discriminator):
        model.set_weights(
            [0.3 * rng.randn(*w.shape) + (w.ndim == 1) for w in model.get_weights()]
        )
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    settings = {"learning_rate": 2**-9, "beta_1": 0.5, "beta_2": 1 - 2**-10}
    discriminator.compile(loss=loss, optimizer=keras.optimizers.Adam(**settings))
    discriminator.trainable = False
    z = keras.Input(shape=(4,))
    whole = keras.Model(z, discriminator(generator(z)))
    whole.compile(loss=loss, optimizer=keras.optimizers.Adam(**settings))
    history = []
    for _ in range(steps):
        x = rng.rand(16, 1) - 0.5
        noise = rng.randn(16, 4)
        fake = np.asarray(generator.predict_on_batch(noise))
        discriminator.trainable = True
        rows, labels = np.hstack([x, x * x]), np.ones((16, 1))
        a = discriminator.train_on_batch(rows, labels)
        b = discriminator.train_on_batch(fake, 0 * labels)
        discriminator.trainable = False
        c = whole.train_on_batch(rng.randn(16, 4), labels)
        history.append([np.ravel(v)[0] for v in (a, b, c)])
    found = {"history": np.array(history, np.float64)}
    for name, model in (("G", generator), ("D", discriminator)):
        for k, weight in enumerate(model.get_weights()):
            found[f"{name}{k}"] = weight
    return found
