"""A semi-supervised GAN: one more class for fakes, weights of losses and of rows."""

import numpy as np
from keras.layers import Activation, Dense, Input
from keras.models import Model
from keras.optimizers import Adam
from keras.utils import to_categorical

STEPS = 40
CLASSES = 3

np.random.seed(35)

points = Input(shape=(2,))
features = Dense(8, activation="relu")(points)
valid = Dense(1, activation="sigmoid", name="valid")(features)
label = Activation("softmax", name="label")(Dense(CLASSES + 1)(features))
discriminator = Model(points, [valid, label])
discriminator.compile(
    loss={"valid": "binary_crossentropy", "label": "categorical_crossentropy"},
    loss_weights={"valid": 0.5, "label": 0.25},
    optimizer=Adam(0.002, 0.5),
    metrics={"label": "accuracy"},
)

noise = Input(shape=(4,))
generator = Model(noise, Dense(2, activation="tanh")(Dense(6)(noise)))
discriminator.trainable = False
valid, _ = discriminator(generator(noise))
combined = Model(noise, valid)
combined.compile(loss=["binary_crossentropy"], optimizer=Adam(0.002, 0.5))

rng = np.random.RandomState(36)
for model in (generator, discriminator):
    model.set_weights([0.4 * rng.randn(*w.shape) for w in model.get_weights()])
del model

history = []
ones, zeros = np.ones((16, 1)), np.zeros((16, 1))
for step in range(STEPS):
    classes = np.random.randint(0, CLASSES, (16, 1))
    x = np.random.rand(16, 1) - 0.5
    rows = np.concatenate([x, x**2 + 0.3 * classes], axis=1)
    z = np.random.normal(0, 0.5, (16, 4))
    made = generator.predict_on_batch(z)
    labels = to_categorical(classes, num_classes=CLASSES + 1)
    fakes = to_categorical(np.full((16, 1), CLASSES), num_classes=CLASSES + 1)
    weights = [np.ones(16), np.where(classes[:, 0] == 1, 2.0, 0.5)]
    d_real = discriminator.train_on_batch(rows, [ones, labels], sample_weight=weights)
    d_fake = discriminator.train_on_batch(made, {"valid": zeros, "label": fakes})
    g_loss = combined.train_on_batch(z, ones)
    history.append([*d_real, *d_fake, g_loss])
