"""A least-squares GAN, no biases below BatchNormalization, and `predict`."""

import numpy as np
from keras import backend as K
from keras.layers import Activation, BatchNormalization, Dense, Input, LeakyReLU
from keras.models import Model
from keras.optimizers import SGD, Adam

STEPS = 60
BATCH = 24

K.clear_session()
np.random.seed(12)


def stack(x, widths):
    for width in widths:
        x = Dense(width, use_bias=False)(x)
        x = BatchNormalization(momentum=0.9, epsilon=1e-4)(x)
        x = LeakyReLU(0.2)(x)
    return x


z = Input(shape=(3,), name="z")
x = stack(z, [10, 8])
generator = Model(z, Activation("linear")(Dense(2)(x)), name="generator")

points = Input(shape=(2,), name="points")
score = Dense(1)(LeakyReLU(0.2)(Dense(9)(points)))
discriminator = Model(points, score, name="discriminator")
discriminator.compile(loss="mse", optimizer=SGD(0.01, momentum=0.5), metrics=["mse"])

discriminator.trainable = False
gan = Model(z, discriminator(generator(z)), name="gan")
gan.compile(loss="mean_squared_error", optimizer=Adam(0.002))

rng = np.random.RandomState(13)
for model in (generator, discriminator):
    model.set_weights(
        [0.2 * rng.randn(*w.shape) + (w.ndim == 1) for w in model.get_weights()]
    )

history = []
for step in range(STEPS):
    angle = np.random.uniform(0, 2 * np.pi, BATCH)
    real = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    fake = generator.predict(np.random.randn(BATCH, 3), verbose=0)
    d_real = discriminator.train_on_batch(real, np.ones((BATCH, 1)))
    d_fake = discriminator.train_on_batch(fake, -np.ones((BATCH, 1)))
    g_loss = gan.train_on_batch(np.random.randn(BATCH, 3), np.ones((BATCH, 1)))
    history.append([d_real[0], d_real[1], d_fake[0], g_loss])
