"""An information-maximising GAN: two models over one body, a loss with logarithms."""

import numpy as np
from keras import backend as K
from keras.layers import Dense, Input
from keras.models import Model, Sequential
from keras.optimizers import Adam
from keras.utils import to_categorical

STEPS = 40
CODES = 3

np.random.seed(37)


def mutual_info_loss(c, c_given_x):
    """The information that x has of c."""
    eps = 1e-8
    conditional = K.mean(-K.sum(K.log(c_given_x + eps) * c, axis=1))
    entropy = K.mean(-K.sum(K.log(c + eps) * c, axis=1))
    return conditional + entropy


points = Input(shape=(2,))
features = Dense(9, activation="tanh")(points)
validity = Dense(1, activation="sigmoid")(features)
code = Dense(CODES, activation="softmax")(Dense(5, activation="relu")(features))
discriminator, auxiliary = Model(points, validity), Model(points, code)
losses = ["binary_crossentropy", mutual_info_loss]
discriminator.compile(
    loss=["binary_crossentropy"], optimizer=Adam(0.002, 0.5), metrics=["accuracy"]
)

generator = Sequential([Dense(7, activation="relu", input_dim=4 + CODES), Dense(2)])
given = Input(shape=(4 + CODES,))
made = generator(given)
discriminator.trainable = False
combined = Model(given, [discriminator(made), auxiliary(made)])
combined.compile(loss=losses, optimizer=Adam(0.002, 0.5))

rng = np.random.RandomState(38)
for model in (generator, discriminator, auxiliary):
    model.set_weights([0.4 * rng.randn(*w.shape) for w in model.get_weights()])
del model

history = []
valid, fake = np.ones((16, 1)), np.zeros((16, 1))
for step in range(STEPS):
    x = np.random.rand(16, 1) - 0.5
    rows = np.concatenate([x, x**2], axis=1)
    labels = to_categorical(np.random.randint(0, CODES, (16, 1)), num_classes=CODES)
    z = np.concatenate([np.random.normal(0, 1, (16, 4)), labels], axis=1)
    d_real = discriminator.train_on_batch(rows, valid)
    d_fake = discriminator.train_on_batch(generator.predict_on_batch(z), fake)
    g_loss = combined.train_on_batch(z, [valid, labels])
    history.append([*d_real, *d_fake, *g_loss])
