"""One-hot labels, a hidden tanh, callbacks, validation_split, part of it frozen."""

import keras
import numpy as np
from keras.callbacks import Callback, EarlyStopping
from keras.utils import to_categorical

STEPS = 6

np.random.seed(16)
x = np.random.randn(180, 6)
y = to_categorical((x[:, 0] > 0).astype(int) + (x[:, 1] > 0.3), num_classes=3)


class Watch(Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(logs["val_accuracy"])


inputs = keras.Input(shape=(6,))
hidden = keras.layers.Dense(9, activation="tanh", name="hidden")(inputs)
outputs = keras.layers.Dense(3, activation="softmax")(hidden)
model = keras.Model(inputs, outputs)
rng = np.random.RandomState(17)
model.set_weights([0.2 * rng.randn(*w.shape) for w in model.get_weights()])
model.compile(
    loss=keras.losses.CategoricalCrossentropy(),
    optimizer=keras.optimizers.SGD(learning_rate=0.1, momentum=0.9),
    metrics=["accuracy"],
)
watch = Watch()
first = model.fit(
    x,
    y,
    batch_size=25,
    epochs=STEPS,
    validation_split=0.2,
    shuffle=False,
    verbose=0,
    callbacks=[watch, EarlyStopping(monitor="val_loss", patience=20)],
)
model.get_layer("hidden").trainable = False
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
second = model.fit(x, y, batch_size=25, epochs=STEPS, shuffle=False, verbose=0)
features = keras.Model(model.input, model.get_layer("hidden").output)
hidden_values = features.predict(x[:10], verbose=0)
history = [
    first.history["loss"],
    first.history["val_loss"],
    watch.seen,
    second.history["loss"],
    second.history["accuracy"],
]
