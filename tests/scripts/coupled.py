"""Coupled GANs: two pairs of networks with a part in common, trained by one model."""

import numpy as np
from keras.layers import Dense, Input, LeakyReLU
from keras.models import Model, Sequential
from keras.optimizers import Adam

STEPS = 40

np.random.seed(39)

shared = Sequential([Dense(8, input_dim=4), LeakyReLU(alpha=0.2)])
noise = Input(shape=(4,))
features = shared(noise)
first = Model(noise, Dense(2, activation="tanh")(features))
second = Model(noise, Dense(2, activation="tanh")(features))

one, two = Input(shape=(2,)), Input(shape=(2,))
joint = Sequential([Dense(7, input_dim=2), LeakyReLU(alpha=0.2)])
d_one = Model(one, Dense(1, activation="sigmoid")(joint(one)))
d_two = Model(two, Dense(1, activation="sigmoid")(joint(two)))
for critic in (d_one, d_two):
    critic.compile(
        loss="binary_crossentropy", optimizer=Adam(0.002, 0.5), metrics=["accuracy"]
    )
    critic.trainable = False
combined = Model(noise, [d_one(first(noise)), d_two(second(noise))])
combined.compile(loss=["binary_crossentropy"] * 2, optimizer=Adam(0.002, 0.5))

rng = np.random.RandomState(40)
for model in (first, second, d_one, d_two):
    model.set_weights([0.4 * rng.randn(*w.shape) for w in model.get_weights()])
del model, critic, shared, joint

history = []
valid, fake = np.ones((16, 1)), np.zeros((16, 1))
for step in range(STEPS):
    x = np.random.rand(16, 1) - 0.5
    rows, turned = np.hstack([x, x**2]), np.hstack([x, -(x**2)])
    z = np.random.normal(0, 1, (16, 4))
    results = [
        d_one.train_on_batch(rows, valid),
        d_two.train_on_batch(turned, valid),
        d_one.train_on_batch(first.predict_on_batch(z), fake),
        d_two.train_on_batch(second.predict_on_batch(z), fake),
        combined.train_on_batch(z, [valid, valid]),
    ]
    history.append(np.concatenate(results))
