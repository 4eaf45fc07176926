"""Images of 28 x 28 pixels by convolutions: a DCGAN, its discriminator frozen once."""

import numpy as np
from keras.layers import (
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    Flatten,
    Input,
    Reshape,
)
from keras.layers import Conv2D, LeakyReLU, UpSampling2D, ZeroPadding2D
from keras.models import Model, Sequential
from keras.optimizers import Adam

STEPS = 12
BATCH = 8
LATENT = 10
DROPOUT = 0.0  # masks are random: with another rate no two engines agree

np.random.seed(6)


def start(model, seed):
    """The same first weights whatever draws them."""
    rng = np.random.RandomState(seed)
    model.set_weights(
        [0.1 * rng.randn(*w.shape) + (w.ndim == 1) for w in model.get_weights()]
    )


def build_generator():
    model = Sequential()
    model.add(Dense(8 * 7 * 7, activation="relu", input_dim=LATENT))
    model.add(Reshape((7, 7, 8)))
    model.add(UpSampling2D())
    model.add(Conv2D(8, kernel_size=3, padding="same", use_bias=False))
    model.add(BatchNormalization(momentum=0.8))
    model.add(Activation("relu"))
    model.add(UpSampling2D())
    model.add(Conv2D(6, kernel_size=3, padding="same", use_bias=False))
    model.add(BatchNormalization(momentum=0.8))
    model.add(Activation("relu"))
    model.add(Conv2D(1, kernel_size=3, padding="same"))
    model.add(Activation("tanh"))
    noise = Input(shape=(LATENT,))
    return Model(noise, model(noise))


def build_discriminator():
    model = Sequential()
    model.add(
        Conv2D(4, kernel_size=3, strides=2, input_shape=(28, 28, 1), padding="same")
    )
    model.add(LeakyReLU(alpha=0.2))
    model.add(Dropout(DROPOUT))
    model.add(Conv2D(6, kernel_size=3, strides=2, padding="same"))
    model.add(ZeroPadding2D(padding=((0, 1), (0, 1))))
    model.add(BatchNormalization(momentum=0.8))
    model.add(LeakyReLU(alpha=0.2))
    model.add(Dropout(DROPOUT))
    model.add(Conv2D(8, (3, 3), (2, 2), "same", activation=LeakyReLU(alpha=0.2)))
    model.add(Dropout(DROPOUT))
    model.add(Flatten())
    model.add(Dense(1, activation="sigmoid"))
    image = Input(shape=(28, 28, 1))
    return Model(image, model(image))


def real_images(n):
    """Bright discs on a dark ground, from -1 to 1."""
    row, column = np.mgrid[:28, :28]
    centre, radius = (
        np.random.uniform(9, 19, (2, n, 1, 1)),
        3 + 4 * np.random.rand(n, 1, 1),
    )
    distance = np.hypot(row - centre[0], column - centre[1])
    return np.tanh(radius - distance)[..., np.newaxis]


discriminator = build_discriminator()
start(discriminator, 7)
discriminator.compile(
    loss="binary_crossentropy", optimizer=Adam(0.0002, 0.5), metrics=["accuracy"]
)
generator = build_generator()
start(generator, 8)
z = Input(shape=(LATENT,))
image = generator(z)
discriminator.trainable = False
valid = discriminator(image)
combined = Model(z, valid)
combined.compile(loss="binary_crossentropy", optimizer=Adam(0.0002, 0.5))

ones, zeros = np.ones((BATCH, 1)), np.zeros((BATCH, 1))
history = []
for step in range(STEPS):
    noise = np.random.normal(0, 1, (BATCH, LATENT))
    fakes = generator.predict(noise, verbose=0)
    d_loss_real = discriminator.train_on_batch(real_images(BATCH), ones)
    d_loss_fake = discriminator.train_on_batch(fakes, zeros)
    d_loss = 0.5 * np.add(d_loss_real, d_loss_fake)
    g_loss = combined.train_on_batch(noise, ones)
    history.append([*d_loss_real, *d_loss_fake, *d_loss, g_loss])

history.append(generator.predict(np.random.normal(0, 1, (2, LATENT)), verbose=0))
probabilities = discriminator.predict(real_images(4), verbose=0)
