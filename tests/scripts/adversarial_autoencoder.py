"""An adversarial autoencoder: two losses of unequal weight, D looks at the codes."""

import numpy as np
from keras.layers import Dense, Input, LeakyReLU
from keras.models import Model, Sequential
from keras.optimizers import Adam

STEPS = 40

np.random.seed(41)

image = Input(shape=(6,))
hidden = LeakyReLU(alpha=0.2)(Dense(8)(image))
encoder = Model(image, Dense(2)(hidden), name="encoder")
decoder = Sequential([Dense(8, activation="relu", input_dim=2), Dense(6)])
discriminator = Sequential()
discriminator.add(Dense(8, input_dim=2))
discriminator.add(LeakyReLU(alpha=0.2))
discriminator.add(Dense(1, activation="sigmoid"))
discriminator.compile(
    loss="binary_crossentropy", optimizer=Adam(0.002, 0.5), metrics=["accuracy"]
)

code = encoder(image)
discriminator.trainable = False
autoencoder = Model(image, [decoder(code), discriminator(code)])
autoencoder.compile(
    loss=["mse", "binary_crossentropy"],
    loss_weights=[0.999, 0.001],
    optimizer=Adam(0.002, 0.5),
)

rng = np.random.RandomState(42)
for model in (encoder, decoder, discriminator):
    model.set_weights([0.4 * rng.randn(*w.shape) for w in model.get_weights()])
del model

history = []
valid, fake = np.ones((16, 1)), np.zeros((16, 1))
for step in range(STEPS):
    t = np.random.rand(16, 1)
    rows = np.sin(t * np.arange(1, 7))
    codes = encoder.predict_on_batch(rows)
    d_real = discriminator.train_on_batch(np.random.normal(size=(16, 2)), valid)
    d_fake = discriminator.train_on_batch(codes, fake)
    losses = autoencoder.train_on_batch(rows, [rows, valid])
    history.append([*(0.5 * np.add(d_real, d_fake)), *losses])
