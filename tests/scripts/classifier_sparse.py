"""A classifier of images with labels (n,): fit, validation_data, evaluate, predict."""

import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

STEPS = 5

np.random.seed(14)
templates = np.random.rand(5, 7, 7)
y_train = np.random.randint(0, 5, 230)
x_train = templates[y_train] + 0.4 * np.random.randn(230, 7, 7)
y_test = np.random.randint(0, 5, 50)
x_test = templates[y_test] + 0.4 * np.random.randn(50, 7, 7)

model = keras.Sequential(
    [
        layers.Flatten(input_shape=(7, 7)),
        layers.Dense(16, activation="relu", use_bias=False),
        layers.BatchNormalization(),
        layers.Dense(5, activation="softmax"),
    ]
)
rng = np.random.RandomState(15)
model.set_weights(
    [0.2 * rng.randn(*w.shape) + (w.ndim == 1) for w in model.get_weights()]
)
model.compile(
    optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"]
)
record = model.fit(
    x_train,
    y_train,
    epochs=STEPS,
    batch_size=32,
    shuffle=False,
    validation_data=(x_test, y_test),
    verbose=2,
)
history = [record.history[name] for name in sorted(record.history)]
test_loss, test_accuracy = model.evaluate(x_test, y_test, verbose=0)
history.append([test_loss, test_accuracy])
probabilities = model.predict(x_test, verbose=0)
