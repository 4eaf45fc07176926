"""A bidirectional GAN: an encoder beside the generator, D looks at pairs."""

import numpy as np
from keras.layers import Concatenate, Dense, Input, LeakyReLU, concatenate
from keras.models import Model
from keras.optimizers import Adam

STEPS = 40

np.random.seed(43)


def network(size, units, activation=None):
    start = Input(shape=(size,))
    return Model(start, Dense(units, activation=activation)(Dense(7)(start)))


z, img = Input(shape=(3,)), Input(shape=(2,))
body = LeakyReLU(alpha=0.2)(Dense(9)(concatenate([z, img])))
validity = Dense(1, activation="sigmoid")(Concatenate()([body, z]))
discriminator = Model([z, img], validity)
discriminator.compile(
    loss=["binary_crossentropy"], optimizer=Adam(0.002, 0.5), metrics=["accuracy"]
)
discriminator.trainable = False
generator, encoder = network(3, 2, "tanh"), network(2, 3)
fake = discriminator([z, generator(z)])
valid = discriminator([encoder(img), img])
both = Model([z, img], [fake, valid])
both.compile(loss=["binary_crossentropy"] * 2, optimizer=Adam(0.002, 0.5))

rng = np.random.RandomState(44)
for model in (generator, encoder, discriminator):
    model.set_weights([0.4 * rng.randn(*w.shape) for w in model.get_weights()])
del model

history = []
ones, zeros = np.ones((16, 1)), np.zeros((16, 1))
for step in range(STEPS):
    x = np.random.rand(16, 1) - 0.5
    rows = np.concatenate([x, x**2], axis=1)
    noise = np.random.normal(size=(16, 3))
    made, codes = generator.predict_on_batch(noise), encoder.predict_on_batch(rows)
    d_real = discriminator.train_on_batch([codes, rows], ones)
    d_fake = discriminator.train_on_batch([noise, made], zeros)
    g_loss = both.train_on_batch([noise, rows], [ones, zeros])
    history.append([*(0.5 * np.add(d_real, d_fake)), *g_loss])
