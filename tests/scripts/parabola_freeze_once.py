"""Points on y = x^2: the discriminator is frozen once, before the GAN is compiled."""

import numpy as np
from keras.layers import Dense
from keras.models import Sequential

STEPS = 1000
BATCH = 32
LATENT = 5

np.random.seed(1)


def start(model, seed):
    """The same first weights whatever draws them."""
    rng = np.random.RandomState(seed)
    model.set_weights([0.4 * rng.randn(*w.shape) for w in model.get_weights()])


def define_discriminator():
    model = Sequential()
    model.add(
        Dense(25, activation="relu", kernel_initializer="he_uniform", input_dim=2)
    )
    model.add(Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def define_generator():
    model = Sequential()
    model.add(
        Dense(15, activation="relu", kernel_initializer="he_uniform", input_dim=LATENT)
    )
    model.add(Dense(2, activation="linear"))
    return model


def define_gan(generator, discriminator):
    discriminator.trainable = False
    model = Sequential()
    model.add(generator)
    model.add(discriminator)
    model.compile(loss="binary_crossentropy", optimizer="adam")
    return model


def real_points(n):
    x1 = (np.random.rand(n) - 0.5).reshape(n, 1)
    return np.hstack((x1, x1 * x1)), np.ones((n, 1))


def latent_points(n):
    return np.random.randn(LATENT * n).reshape(n, LATENT)


def fake_points(generator, n):
    return generator.predict_on_batch(latent_points(n)), np.zeros((n, 1))


discriminator = define_discriminator()
generator = define_generator()
gan = define_gan(generator, discriminator)
start(discriminator, 2)
start(generator, 3)

history = []
half = BATCH // 2
for step in range(STEPS):
    x_real, y_real = real_points(half)
    x_fake, y_fake = fake_points(generator, half)
    loss_real = discriminator.train_on_batch(x_real, y_real)
    loss_fake = discriminator.train_on_batch(x_fake, y_fake)
    loss_gan = gan.train_on_batch(latent_points(BATCH), np.ones((BATCH, 1)))
    history.append([*loss_real, *loss_fake, loss_gan])

x_real, y_real = real_points(100)
loss, accuracy_real = discriminator.evaluate(x_real, y_real, verbose=0)
x_fake, y_fake = fake_points(generator, 100)
loss, accuracy_fake = discriminator.evaluate(x_fake, y_fake, verbose=0)
history.append([accuracy_real, accuracy_fake, loss])
