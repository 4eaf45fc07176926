"""Images (n, 8, 8, 1), real and fake rows in one batch; names through `tf.keras`."""

import numpy as np
import tensorflow as tf

layers = tf.keras.layers
STEPS = 1000
BATCH = 16
LATENT = 12
SIDE = 8

np.random.seed(6)
pixels = np.random.randint(0, 256, (90, SIDE, SIDE, 1)).astype("uint8")
x_train = pixels / 127.5 - 1.0


def build_generator():
    return tf.keras.Sequential(
        [
            layers.Dense(24, input_shape=(LATENT,)),
            layers.LeakyReLU(0.2),
            layers.Dense(32),
            layers.LeakyReLU(0.2),
            layers.BatchNormalization(momentum=0.8),
            layers.Dense(SIDE * SIDE, activation="tanh"),
            layers.Reshape((SIDE, SIDE, 1)),
        ],
        name="generator",
    )


def build_discriminator():
    return tf.keras.Sequential(
        [
            layers.Flatten(input_shape=(SIDE, SIDE, 1)),
            layers.Dense(32),
            layers.LeakyReLU(0.2),
            layers.Dense(16, activation=tf.keras.layers.LeakyReLU(0.2)),
            layers.Dense(1),
            layers.Activation("sigmoid"),
        ],
        name="discriminator",
    )


generator, discriminator = build_generator(), build_discriminator()
rng = np.random.RandomState(25)
for model in (generator, discriminator):
    model.set_weights(
        [0.2 * rng.randn(*w.shape) + w * (w.ndim == 1) for w in model.get_weights()]
    )

discriminator.compile(
    loss=tf.keras.losses.BinaryCrossentropy(),
    optimizer=tf.keras.optimizers.Adam(0.0002, 0.5),
    metrics=["accuracy"],
)
discriminator.trainable = False
z = tf.keras.Input(shape=(LATENT,))
gan = tf.keras.Model(z, discriminator(generator(z)))
gan.compile(loss="binary_crossentropy", optimizer=tf.keras.optimizers.Adam(0.0002, 0.5))

history = []
for step in range(STEPS):
    chosen = np.random.randint(0, len(x_train), BATCH)
    noise = np.random.normal(0, 1, (BATCH, LATENT))
    fakes = generator.predict_on_batch(noise)
    x = np.concatenate([x_train[chosen], fakes])
    y = np.concatenate([np.ones((BATCH, 1)), np.zeros((BATCH, 1))])
    discriminator.trainable = True
    d_loss, d_accuracy = discriminator.train_on_batch(x, y)
    discriminator.trainable = False
    noise = np.random.normal(0, 1, (BATCH, LATENT))
    g_loss = gan.train_on_batch(noise, np.ones((BATCH, 1)))
    history.append([d_loss, d_accuracy, g_loss])
