"""A Wasserstein GAN in a class: a loss of its own, RMSprop, weights clipped by hand."""

import numpy as np
from keras import backend as K
from keras.layers import BatchNormalization, Dense, Input, LeakyReLU
from keras.models import Model, Sequential
from keras.optimizers import RMSprop

STEPS = 30

np.random.seed(21)


class WGAN:
    def __init__(self):
        self.latent_dim = 4
        self.critics = 5
        self.clip_value = 0.1
        self.critic = self.build_critic()
        self.critic.compile(
            loss=self.wasserstein_loss,
            optimizer=RMSprop(learning_rate=0.0005),
            metrics=["mae"],
        )
        self.generator = self.build_generator()
        z = Input(shape=(self.latent_dim,))
        self.critic.trainable = False
        valid = self.critic(self.generator(z))
        self.combined = Model(z, valid)
        self.combined.compile(
            loss=self.wasserstein_loss, optimizer=RMSprop(0.0005, momentum=0.5)
        )

    def wasserstein_loss(self, y_true, y_pred):
        return K.mean(y_true * y_pred)

    def build_generator(self):
        model = Sequential()
        model.add(Dense(12, activation="relu", input_dim=self.latent_dim))
        model.add(BatchNormalization(momentum=0.8))
        model.add(Dense(2))
        model.summary()
        noise = Input(shape=(self.latent_dim,))
        return Model(noise, model(noise))

    def build_critic(self):
        model = Sequential()
        model.add(Dense(14, input_shape=(2,)))
        model.add(LeakyReLU(0.2))
        model.add(Dense(1))
        model.summary()
        points = Input(shape=(2,))
        return Model(points, model(points))

    def train(self, steps, batch_size=32):
        valid = -np.ones((batch_size, 1))
        fake = np.ones((batch_size, 1))
        for _ in range(steps):
            for _ in range(self.critics):
                x = np.random.rand(batch_size, 1) - 0.5
                points = np.concatenate([x, x**2], axis=1)
                noise = np.random.normal(0, 1, (batch_size, self.latent_dim))
                made = self.generator.predict(noise, verbose=0)
                d_loss_real = self.critic.train_on_batch(points, valid)
                d_loss_fake = self.critic.train_on_batch(made, fake)
                d_loss = 0.5 * np.add(d_loss_fake, d_loss_real)
                for layer in self.critic.layers:
                    weights = layer.get_weights()
                    bound = self.clip_value
                    layer.set_weights([np.clip(w, -bound, bound) for w in weights])
            g_loss = self.combined.train_on_batch(noise, valid)
            history.append([d_loss[0], d_loss[1], g_loss])


history = []
wgan = WGAN()
rng = np.random.RandomState(22)
for model in (wgan.generator, wgan.critic):
    model.set_weights(
        [0.2 * rng.randn(*w.shape) + (w.ndim == 1) for w in model.get_weights()]
    )
del model
wgan.train(STEPS)
for network in (wgan.critic, wgan.generator):
    history += [w / np.abs(w).max() for w in network.get_weights()]
del network
