"""The helper `make_trainable`, images, one mixed batch, layers found by name."""

import numpy as np
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.models import Model

STEPS = 40
HALF = 16

np.random.seed(31)


def make_trainable(net, val):
    net.trainable = val
    for layer in net.layers:
        layer.trainable = val


generator = keras.Sequential(
    [
        layers.InputLayer(input_shape=(6,)),
        layers.Dense(20, use_bias=False, name="first"),
        layers.BatchNormalization(),
        layers.ReLU(max_value=3.0, negative_slope=0.125, threshold=0.25),
        layers.Dense(49, activation="sigmoid"),
        layers.Reshape((7, 7, 1)),
    ],
    name="generator",
)
discriminator = keras.Sequential(
    [
        layers.Flatten(input_shape=(7, 7, 1)),
        layers.Dense(18),
        layers.LeakyReLU(0.25),
        layers.Dense(1, activation="sigmoid"),
    ],
    name="discriminator",
)
rng = np.random.RandomState(32)
for network in (generator, discriminator):
    network.set_weights(
        [0.2 * rng.randn(*w.shape) + (w.ndim == 1) for w in network.get_weights()]
    )
del network
discriminator.compile(
    loss="binary_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=1e-3)
)
make_trainable(discriminator, False)
gan_input = keras.Input(shape=[6])
gan = Model(gan_input, discriminator(generator(gan_input)))
gan.compile(
    loss="binary_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=1e-4)
)
gan.summary()
assert generator.get_layer("first").units == 20
assert generator.layers[-1].output_shape == (None, 7, 7, 1)
assert gan.inputs[0].shape[1] == 6 and gan.outputs[0].shape[1] == 1

images = (np.random.rand(64, 7, 7, 1) > 0.5).astype("float32")
losses = {"d": [], "g": []}
for step in range(STEPS):
    noise = np.random.uniform(0, 1, size=[HALF, 6])
    generated = generator.predict(noise, verbose=0)
    chosen = images[np.random.randint(0, len(images), size=HALF)]
    x = np.concatenate((chosen, generated))
    y = np.zeros([2 * HALF])
    y[:HALF] = 0.9
    make_trainable(discriminator, True)
    losses["d"].append(discriminator.train_on_batch(x, y))
    make_trainable(discriminator, False)
    noise = np.random.uniform(0, 1, size=[2 * HALF, 6])
    losses["g"].append(gan.train_on_batch(noise, np.ones([2 * HALF])))
history = [losses["d"], losses["g"], generated, discriminator.evaluate(x, y, verbose=0)]
