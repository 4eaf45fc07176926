"""A dense autoencoder: fit, and its encoder and decoder as models of its layers."""

import numpy as np
from keras.layers import Dense, Input
from keras.models import Model

STEPS = 5

np.random.seed(45)

inputs = Input(shape=(12,))
encoded = Dense(4, activation="relu")(inputs)
autoencoder = Model(inputs, Dense(12, activation="sigmoid")(encoded))
encoder = Model(autoencoder.input, autoencoder.layers[1].output)
encoded_input = Input(shape=(4,))
decoder = Model(encoded_input, autoencoder.layers[-1](encoded_input))
autoencoder.compile(optimizer="adam", loss="binary_crossentropy", metrics=["mae"])

rng = np.random.RandomState(46)
autoencoder.set_weights([0.5 * rng.randn(*w.shape) for w in autoencoder.get_weights()])
x_train, x_test = np.random.rand(72, 12), np.random.rand(20, 12)
fitted = autoencoder.fit(
    x_train,
    x_train,
    epochs=STEPS,
    batch_size=16,
    shuffle=False,
    validation_data=(x_test, x_test),
    verbose=0,
)
history = [fitted.history[name] for name in sorted(fitted.history)]
history.append(autoencoder.evaluate(x_test, x_test, verbose=0))
hidden_values = encoder.predict(x_test, verbose=0)
probabilities = decoder.predict(hidden_values, verbose=0)
