"""Flat images, one-sided smoothing; the flag is set before each step."""

import numpy as np
from keras.initializers import RandomNormal
from keras.layers import BatchNormalization, Dense, Input, LeakyReLU
from keras.models import Model, Sequential
from keras.optimizers import Adam

STEPS = 1000
BATCH = 16
NOISE = 10
PIXELS = 36

np.random.seed(4)
X_train = np.tanh(np.random.randn(BATCH * 7 + 5, PIXELS).cumsum(axis=1))


def create_generator():
    init = RandomNormal(mean=0.0, stddev=0.02, seed=1)
    generator = Sequential()
    generator.add(Dense(16, kernel_initializer=init, input_dim=NOISE))
    generator.add(LeakyReLU(0.2))
    generator.add(BatchNormalization(momentum=0.8))
    generator.add(Dense(32))
    generator.add(LeakyReLU(0.2))
    generator.add(BatchNormalization(momentum=0.8))
    generator.add(Dense(PIXELS, activation="tanh"))
    return generator


def create_discriminator():
    init = RandomNormal(mean=0.0, stddev=0.02, seed=2)
    discriminator = Sequential()
    discriminator.add(Dense(32, kernel_initializer=init, input_dim=PIXELS))
    discriminator.add(LeakyReLU(0.2))
    discriminator.add(Dense(16))
    discriminator.add(LeakyReLU(0.2))
    discriminator.add(Dense(1, activation="sigmoid"))
    discriminator.compile(
        loss="binary_crossentropy", optimizer=Adam(learning_rate=2e-4, beta_1=0.5)
    )
    return discriminator


generator = create_generator()
discriminator = create_discriminator()

discriminator.trainable = False
gan_input = Input(shape=(NOISE,))
gan = Model(inputs=gan_input, outputs=discriminator(generator(gan_input)))
gan.compile(loss="binary_crossentropy", optimizer=Adam(learning_rate=2e-4, beta_1=0.5))

rng = np.random.RandomState(5)
for model in (generator, discriminator):
    start = model.get_weights()
    model.set_weights([0.2 * rng.randn(*w.shape) + w * (w.ndim == 1) for w in start])

batches = len(X_train) // BATCH
history = []
for step in range(STEPS):
    noise = np.random.normal(0, 1, size=(BATCH, NOISE))
    generated = generator.predict_on_batch(noise)
    k = step % batches
    image_batch = X_train[k * BATCH : (k + 1) * BATCH]

    discriminator.trainable = True
    loss_real = discriminator.train_on_batch(image_batch, np.ones(BATCH) * 0.9)
    loss_fake = discriminator.train_on_batch(generated, np.zeros(BATCH))

    discriminator.trainable = False
    loss_gan = gan.train_on_batch(noise, np.ones(BATCH))
    history.append([0.5 * (loss_real + loss_fake), loss_gan])
