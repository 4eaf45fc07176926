"""A class that holds both networks, functional throughout; images (n, 6, 6, 1)."""

from __future__ import print_function

import numpy as np
from tensorflow.keras.layers import (
    Activation,  # noqa: F401
    BatchNormalization,
    Dense,
    Flatten,
    Input,
    LeakyReLU,
    Reshape,
    UpSampling2D,  # noqa: F401
)
from tensorflow.keras.models import Model, Sequential
from tensorflow.keras.optimizers import Adam

STEPS = 1000


class GAN:
    def __init__(self):
        self.img_shape = (6, 6, 1)
        self.latent_dim = 10
        optimizer = Adam()
        self.discriminator = self.build_discriminator()
        self.discriminator.compile(
            loss="binary_crossentropy", optimizer=optimizer, metrics=["accuracy"]
        )
        self.generator = self.build_generator()
        z = Input(shape=(self.latent_dim,))
        img = self.generator(z)
        self.discriminator.trainable = False
        validity = self.discriminator(img)
        self.combined = Model(z, validity)
        self.combined.compile(loss="binary_crossentropy", optimizer=Adam())

    def build_generator(self):
        model = Sequential()
        for k, units in enumerate((16, 24, 32)):
            if k == 0:
                model.add(Dense(units, input_dim=self.latent_dim))
            else:
                model.add(Dense(units))
            model.add(LeakyReLU(0.2))
            model.add(BatchNormalization())
        model.add(Dense(int(np.prod(self.img_shape)), activation="tanh"))
        model.add(Reshape(self.img_shape))
        model.summary()
        noise = Input(shape=(self.latent_dim,))
        return Model(noise, model(noise))

    def build_discriminator(self):
        model = Sequential()
        model.add(Flatten(input_shape=self.img_shape))
        model.add(Dense(32))
        model.add(LeakyReLU(0.2))
        model.add(Dense(16))
        model.add(LeakyReLU(0.2))
        model.add(Dense(1, activation="sigmoid"))
        model.summary()
        img = Input(shape=self.img_shape)
        return Model(img, model(img))

    def train(self, epochs, batch_size=16):
        X_train = np.random.uniform(-1, 1, (60, *self.img_shape)) ** 3
        valid = np.ones((batch_size, 1))
        fake = np.zeros((batch_size, 1))
        losses = []
        for _ in range(epochs):
            idx = np.random.randint(0, X_train.shape[0], batch_size)
            imgs = X_train[idx]
            noise = np.random.normal(0, 1, (batch_size, self.latent_dim))
            gen_imgs = self.generator.predict_on_batch(noise)
            d_loss_real = self.discriminator.train_on_batch(imgs, valid)
            d_loss_fake = self.discriminator.train_on_batch(gen_imgs, fake)
            d_loss = 0.5 * np.add(d_loss_real, d_loss_fake)
            noise = np.random.normal(0, 1, (batch_size, self.latent_dim))
            g_loss = self.combined.train_on_batch(noise, valid)
            losses.append([d_loss[0], 100 * d_loss[1], g_loss])
        return losses


np.random.seed(8)
gan = GAN()
rng = np.random.RandomState(9)
for model in (gan.generator, gan.discriminator):
    model.set_weights(
        [0.2 * rng.randn(*w.shape) + (w.ndim == 1) for w in model.get_weights()]
    )
history = gan.train(epochs=STEPS)
generator, discriminator, combined = gan.generator, gan.discriminator, gan.combined
