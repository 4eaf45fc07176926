"""A denoising autoencoder: strides and transposed convolutions, a loss of its own."""

import numpy as np
from keras import backend as K
from keras.layers import Conv2D, Conv2DTranspose, Dense, Flatten, Input, Reshape
from keras.models import Model
from keras.optimizers import SGD

STEPS = 20

np.random.seed(49)


def smooth_distance(y_true, y_pred):
    return K.mean(K.sqrt(K.square(y_pred - y_true) + 0.01), axis=[1, 2, 3])


inputs = Input(shape=(6, 6, 1))
x = Conv2D(3, 3, strides=2, activation="tanh", padding="same")(inputs)
code = Dense(4, name="code")(Flatten()(x))
encoder = Model(inputs, code, name="encoder")
start = Input(shape=(4,))
x = Reshape((3, 3, 3))(Dense(27, activation="tanh")(start))
decoder = Model(start, Conv2DTranspose(1, 3, strides=2, padding="same")(x))
autoencoder = Model(inputs, decoder(encoder(inputs)))
autoencoder.compile(loss=smooth_distance, optimizer=SGD(0.05, momentum=0.5))

rng = np.random.RandomState(50)
autoencoder.set_weights([0.4 * rng.randn(*w.shape) for w in autoencoder.get_weights()])
history = []
for step in range(STEPS):
    clean = np.random.rand(8, 6, 6, 1)
    noisy = np.clip(clean + 0.3 * np.random.normal(size=clean.shape), 0.0, 1.0)
    history.append([autoencoder.train_on_batch(noisy, clean)])
