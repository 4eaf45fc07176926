"""A conditional GAN: labels through an embedding, multiplied with noise and points."""

import numpy as np
from keras.layers import Dense, Embedding, Flatten, Input, LeakyReLU, multiply
from keras.models import Model, Sequential
from keras.optimizers import Adam

STEPS = 40
CLASSES, LATENT = 3, 4

np.random.seed(31)


def build_generator():
    model = Sequential()
    model.add(Dense(8, input_dim=LATENT))
    model.add(LeakyReLU(0.2))
    model.add(Dense(2, activation="tanh"))
    noise, label = Input(shape=(LATENT,)), Input(shape=(1,), dtype="int32")
    vector = Flatten()(Embedding(CLASSES, LATENT)(label))
    return Model([noise, label], model(multiply([noise, vector])))


def build_discriminator():
    model = Sequential()
    model.add(Dense(9, input_dim=2))
    model.add(LeakyReLU(0.2))
    model.add(Dense(1, activation="sigmoid"))
    points, label = Input(shape=(2,)), Input(shape=(1,), dtype="int32")
    vector = Flatten()(Embedding(CLASSES, 2)(label))
    return Model([points, label], model(multiply([points, vector])))


discriminator = build_discriminator()
discriminator.compile(
    loss="binary_crossentropy", optimizer=Adam(0.002, 0.5), metrics=["accuracy"]
)
generator = build_generator()
noise, label = Input(shape=(LATENT,)), Input(shape=(1,))
discriminator.trainable = False
combined = Model([noise, label], discriminator([generator([noise, label]), label]))
combined.compile(loss="binary_crossentropy", optimizer=Adam(0.002, 0.5))

rng = np.random.RandomState(32)
for model in (generator, discriminator):
    model.set_weights([0.4 * rng.randn(*w.shape) for w in model.get_weights()])
del model

history = []
valid, fake = np.ones((16, 1)), np.zeros((16, 1))
for step in range(STEPS):
    labels = np.random.randint(0, CLASSES, (16, 1))
    x = np.random.rand(16, 1) - 0.5
    points = np.concatenate([x, x**2 + 0.3 * labels], axis=1)
    z = np.random.normal(0, 1, (16, LATENT))
    made = generator.predict_on_batch([z, labels])
    d_real = discriminator.train_on_batch([points, labels], valid)
    d_fake = discriminator.train_on_batch([made, labels], fake)
    sampled = np.random.randint(0, CLASSES, 16).reshape(-1, 1)
    g_loss = combined.train_on_batch([z, sampled], valid)
    history.append([*(0.5 * np.add(d_real, d_fake)), g_loss])
