"""A boundary-seeking GAN: the generator's loss in logarithms of D's answer."""

import numpy as np
from keras import backend as K
from keras.layers import Dense, Input, LeakyReLU
from keras.models import Model, Sequential
from keras.optimizers import Adam

STEPS = 40

np.random.seed(53)


def boundary_loss(y_true, y_pred):
    return 0.5 * K.mean((K.log(y_pred) - K.log(1 - y_pred)) ** 2)


discriminator = Sequential([Dense(8, input_dim=2), LeakyReLU(alpha=0.2)])
discriminator.add(Dense(1, activation="sigmoid"))
discriminator.compile(
    loss="binary_crossentropy", optimizer=Adam(0.002, 0.5), metrics=["accuracy"]
)
generator = Sequential([Dense(7, input_dim=4), LeakyReLU(alpha=0.2)])
generator.add(Dense(2, activation="tanh"))
z = Input(shape=(4,))
discriminator.trainable = False
combined = Model(z, discriminator(generator(z)))
combined.compile(loss=boundary_loss, optimizer=Adam(0.002, 0.5))

rng = np.random.RandomState(54)
for model in (generator, discriminator):
    model.set_weights([0.4 * rng.randn(*w.shape) for w in model.get_weights()])
del model

history = []
valid, fake = np.ones((16, 1)), np.zeros((16, 1))
for step in range(STEPS):
    x = np.random.rand(16, 1) - 0.5
    rows = np.concatenate([x, x**2], axis=1)
    noise = np.random.normal(0, 1, (16, 4))
    d_real = discriminator.train_on_batch(rows, valid)
    d_fake = discriminator.train_on_batch(generator.predict_on_batch(noise), fake)
    g_loss = combined.train_on_batch(noise, valid)
    history.append([*(0.5 * np.add(d_real, d_fake)), g_loss])
