"""An auxiliary classifier GAN: D answers twice, losses as a list."""

import numpy as np
from keras.layers import Dense, Embedding, Flatten, Input, LeakyReLU, multiply
from keras.models import Model, Sequential
from keras.optimizers import Adam

STEPS = 40
CLASSES, LATENT = 3, 4

np.random.seed(33)
losses = ["binary_crossentropy", "sparse_categorical_crossentropy"]

body = Sequential([Dense(8, input_dim=2), LeakyReLU(alpha=0.2)])
points = Input(shape=(2,))
features = body(points)
validity = Dense(1, activation="sigmoid")(features)
classes = Dense(CLASSES, activation="softmax")(features)
discriminator = Model(points, [validity, classes])
discriminator.compile(loss=losses, optimizer=Adam(0.002, 0.5), metrics=["accuracy"])

noise, label = Input(shape=(LATENT,)), Input(shape=(1,), dtype="int32")
joint = multiply([noise, Flatten()(Embedding(CLASSES, LATENT)(label))])
made = Dense(2)(LeakyReLU(alpha=0.2)(Dense(7)(joint)))
generator = Model([noise, label], made)

discriminator.trainable = False
valid, target_label = discriminator(generator([noise, label]))
combined = Model([noise, label], [valid, target_label])
combined.compile(loss=losses, optimizer=Adam(0.002, 0.5))

rng = np.random.RandomState(34)
for model in (generator, discriminator):
    model.set_weights([0.4 * rng.randn(*w.shape) for w in model.get_weights()])
del model, body

history = []
valid, fake = np.ones((16, 1)), np.zeros((16, 1))
for step in range(STEPS):
    labels = np.random.randint(0, CLASSES, (16, 1))
    x = np.random.rand(16, 1) - 0.5
    rows = np.concatenate([x, x**2 + 0.3 * labels], axis=1)
    z = np.random.normal(0, 1, (16, LATENT))
    sampled = np.random.randint(0, CLASSES, (16, 1))
    made = generator.predict_on_batch([z, sampled])
    d_real = discriminator.train_on_batch(rows, [valid, labels])
    d_fake = discriminator.train_on_batch(made, [fake, sampled])
    g_loss = combined.train_on_batch([z, sampled], [valid, sampled])
    history.append(list(0.5 * np.add(d_real, d_fake)) + list(g_loss))
