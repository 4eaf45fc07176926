"""Keras: as the tutorials are written, with direct calls, and one traced step.

Keras 3 freezes by the flag as it stands at each call, Keras 2 as it stood at `compile`;
so for Keras 3 the flag is set before every step, True for D and False for the stack.
"""

import importlib
import os

import numpy as np


def layers_of(keras, network):
    """The twins of minigan's layers, and the weights that each starts with."""
    make = keras.layers
    for layer in network.layers:
        kind = type(layer).__name__
        weights = [a.value for a in (*layer.parameters, *layer.statistics)]
        if kind == "Dense":
            yield make.Dense(layer.units), weights
        elif kind == "BatchNorm":
            yield make.BatchNormalization(momentum=layer.momentum), weights
        elif kind == "LeakyReLU":
            # 0.2, by position: the argument has another name in Keras 2
            yield make.LeakyReLU(layer.negative_slope), weights
        elif kind == "Reshape":
            yield make.Reshape((28, 28, 1)), weights
        elif kind == "Flatten":
            yield make.Flatten(), weights
        else:
            yield make.Activation(kind.lower()), weights


def network_of(keras, network, shape):
    """A `Sequential` for examples of a shape, with the weights of minigan's."""
    pairs = list(layers_of(keras, network))
    twin = keras.Sequential([keras.Input(shape=shape), *[twin for twin, _ in pairs]])
    for layer, weights in pairs:
        layer.set_weights(weights)
    return twin


class Predict:
    """Keras as the tutorials are written: `predict` and `train_on_batch`."""

    backend, package, metrics = "tensorflow", "keras", ("accuracy",)
    shown = ("discriminator_step", "generator_step", "draw_fakes")

    def __init__(self, game, data, dtype="float32"):
        os.environ["KERAS_BACKEND"] = self.backend
        self.keras = keras = importlib.import_module(self.package)
        keras.utils.set_random_seed(0)
        keras.backend.set_floatx(dtype)
        self.game, self.dtype = game, dtype
        self.rng = np.random.default_rng(0)
        G, D = game.networks(dtype)
        self.latent_dim = G.layers[0].inputs
        flattens = type(D.layers[0]).__name__ == "Flatten"
        self.shape = (28, 28, 1) if flattens else (D.layers[0].inputs,)
        self.G = network_of(keras, G, (self.latent_dim,))
        self.D = network_of(keras, D, self.shape)
        self.data = None if data is None else data.reshape(-1, *self.shape)
        self.cursor = 0
        self.compile()
        self.real_labels = np.full((game.rows, 1), game.real_label, dtype)
        self.fake_labels = np.zeros((game.rows, 1), dtype)
        self.labels = np.concatenate([self.real_labels, self.fake_labels])
        self.ones = np.ones((game.batch, 1), dtype)

    def adam(self):
        game = self.game
        make = self.keras.optimizers.Adam
        return make(learning_rate=game.learning_rate, beta_1=game.beta_1)

    def compile(self):
        loss, metrics = "binary_crossentropy", list(self.metrics) or None
        self.D.compile(loss=loss, optimizer=self.adam(), metrics=metrics)
        self.D.trainable = False
        self.gan = self.keras.Sequential([self.G, self.D])
        self.gan.compile(loss=loss, optimizer=self.adam())

    def run(self, steps):
        for _ in range(steps):
            self.discriminator_step()
            self.generator_step()

    def discriminator_step(self):
        self.D.trainable = True
        self.z = self.latent(self.game.rows)
        fake = self.draw_fakes(self.z)
        real = self.real_rows(self.game.rows)
        if self.game.mixed:
            rows = np.concatenate([real, fake])
            self.d_loss = self.loss_of(self.D.train_on_batch(rows, self.labels))
        else:
            on_real = self.D.train_on_batch(real, self.real_labels)
            on_fake = self.D.train_on_batch(fake, self.fake_labels)
            self.d_loss = (self.loss_of(on_real) + self.loss_of(on_fake)) / 2

    def generator_step(self):
        self.D.trainable = False
        z = self.z if self.game.shared else self.latent(self.game.batch)
        self.g_loss = self.loss_of(self.gan.train_on_batch(z, self.ones))

    def draw_fakes(self, z):
        return self.G.predict(z, verbose=0)

    @staticmethod
    def loss_of(values):
        """Of what `train_on_batch` returns: a list where metrics were compiled."""
        return float(values[0] if isinstance(values, (list, tuple)) else values)

    # ---- draws ---------------------------------------------------------------------

    def latent(self, n):
        return self.rng.standard_normal((n, self.latent_dim), self.dtype)

    def real_rows(self, n):
        if self.data is None:
            x = self.rng.random((n, 1), self.dtype) - self.real_type(0.5)
            return np.hstack([x, x * x])
        if not self.game.ordered:
            return self.data[self.rng.integers(0, len(self.data), n)]
        start = self.cursor
        self.cursor = start + n if start + 2 * n <= len(self.data) else 0
        return self.data[start : start + n]

    @property
    def real_type(self):
        return np.dtype(self.dtype).type

    # ---- for the checks ------------------------------------------------------------

    def losses(self):
        return float(self.d_loss), float(self.g_loss)

    def state(self):
        """Copies of all parameters and statistics: of G, of D."""
        return self.G.get_weights(), self.D.get_weights()


class Direct(Predict):
    """Keras with a direct call for the fakes, and no metrics."""

    metrics = ()

    def draw_fakes(self, z):
        return self.keras.ops.convert_to_numpy(self.G(z, training=False))


class Traced(Predict):
    """Keras on TensorFlow, the whole step in one `tf.function`."""

    shown = ("step", "update_discriminator", "generator_half")

    def compile(self):
        import tensorflow as tf

        self.tf = tf
        self.G_adam, self.D_adam = self.adam(), self.adam()
        self.G_adam.build(self.G.trainable_variables)
        self.D_adam.build(self.D.trainable_variables)
        self.entropy = self.keras.losses.BinaryCrossentropy()
        if self.data is not None:
            self.data = tf.constant(self.data)
        self.place = tf.Variable(0, dtype=tf.int64)
        self.traced = tf.function(self.step)

    def run(self, steps):
        for _ in range(steps):
            self.d_loss, self.g_loss = self.traced()

    def step(self):
        z, d_loss = self.discriminator_half()
        return d_loss, self.generator_half(z)

    def discriminator_half(self):
        tf, n = self.tf, self.game.rows
        z = self.latent(n)
        fake = self.G(z, training=False)
        real = self.real_rows(n)
        if self.game.mixed:
            rows = tf.concat([real, fake], 0)
            return z, self.update_discriminator(rows, self.labels)
        on_real = self.update_discriminator(real, self.real_labels)
        on_fake = self.update_discriminator(fake, self.fake_labels)
        return z, (on_real + on_fake) / 2

    def update_discriminator(self, rows, labels):
        with self.tf.GradientTape() as tape:
            loss = self.entropy(labels, self.D(rows, training=True))
        weights = self.D.trainable_variables
        self.D_adam.apply(tape.gradient(loss, weights), weights)
        return loss

    def generator_half(self, z):
        if not self.game.shared:
            z = self.latent(self.game.batch)
        with self.tf.GradientTape() as tape:
            fake = self.G(z, training=True)
            loss = self.entropy(self.ones, self.D(fake, training=True))
        weights = self.G.trainable_variables
        self.G_adam.apply(tape.gradient(loss, weights), weights)
        return loss

    def latent(self, n):
        return self.tf.random.normal((n, self.latent_dim), dtype=self.dtype)

    def real_rows(self, n):
        tf = self.tf
        if self.data is None:
            x = tf.random.uniform((n, 1), -0.5, 0.5, dtype=self.dtype)
            return tf.concat([x, x * x], 1)
        count = len(self.data)
        if not self.game.ordered:
            index = tf.random.uniform((n,), 0, count, dtype=tf.int64)
            return tf.gather(self.data, index)
        start = self.place + 0
        self.place.assign(tf.where(start + 2 * n <= count, start + n, 0))
        return self.data[start : start + n]

    def discriminator_step(self):
        self.z, self.d_loss = self.tf.function(self.discriminator_half)()

    def generator_step(self):
        self.g_loss = self.tf.function(self.generator_half)(self.z)


class JaxPredict(Predict):
    """Keras on JAX as the tutorials are written."""

    backend = "jax"


class JaxDirect(Direct):
    """Keras on JAX with `predict_on_batch`: a direct call would run op by op."""

    backend = "jax"

    def draw_fakes(self, z):
        return self.G.predict_on_batch(z)


class TorchPredict(Predict):
    """Keras on PyTorch as the tutorials are written."""

    backend = "torch"


class TorchDirect(Direct):
    """Keras on PyTorch with a direct call."""

    backend = "torch"

    def draw_fakes(self, z):
        import torch

        with torch.no_grad():
            return super().draw_fakes(z)


class Legacy(Predict):
    """Keras 2 (tf_keras) as the tutorials are written."""

    package = "tf_keras"
