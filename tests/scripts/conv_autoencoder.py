"""A convolutional autoencoder: pooling down, upsampling, images from a generator."""

import numpy as np
from keras.layers import Conv2D, Input, MaxPooling2D, UpSampling2D
from keras.models import Model

STEPS = 3

np.random.seed(47)

inputs = Input(shape=(8, 8, 1))
x = Conv2D(4, (3, 3), activation="relu", padding="same")(inputs)
x = MaxPooling2D((2, 2), padding="same")(x)
x = Conv2D(3, (3, 3), activation="relu", padding="same")(x)
encoded = MaxPooling2D((2, 2), padding="same")(x)
x = Conv2D(3, (3, 3), activation="relu", padding="same")(encoded)
x = UpSampling2D((2, 2))(x)
x = Conv2D(4, (3, 3), activation="relu", padding="same")(x)
x = UpSampling2D((2, 2))(x)
decoded = Conv2D(1, (3, 3), activation="sigmoid", padding="same")(x)
autoencoder = Model(inputs, decoded)
autoencoder.compile(optimizer="adam", loss="mse")

rng = np.random.RandomState(48)
autoencoder.set_weights(
    [0.4 * rng.randn(*w.shape) + 0.1 for w in autoencoder.get_weights()]
)
images = np.random.rand(24, 8, 8, 1)


def batches():
    while True:
        for k in range(0, 24, 8):
            yield images[k : k + 8], images[k : k + 8]


fitted = autoencoder.fit(batches(), steps_per_epoch=3, epochs=STEPS, verbose=0)
history = [fitted.history["loss"]]
probabilities = autoencoder.predict(images[:4], verbose=0)
