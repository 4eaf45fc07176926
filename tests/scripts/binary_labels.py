"""A binary classifier with labels (n,), smoothing, objects for everything."""

import numpy as np
from keras import Sequential, layers, losses, metrics, optimizers

STEPS = 4

np.random.seed(18)
x = np.random.randn(150, 5).astype("float32")
y = (x.sum(axis=1) > 0).astype("int32")

model = Sequential()
model.add(layers.Dense(8, kernel_initializer="he_normal", bias_initializer="ones"))
model.add(layers.ReLU(negative_slope=0.1))
model.add(layers.Dropout(0.0))
model.add(layers.Dense(1, activation="sigmoid"))
model.build((None, 5))
rng = np.random.RandomState(19)
model.set_weights([0.3 * rng.randn(*w.shape) for w in model.get_weights()])
model.compile(
    optimizer=optimizers.Adam(learning_rate=0.01, epsilon=1e-6),
    loss=losses.BinaryCrossentropy(label_smoothing=0.1),
    metrics=[metrics.BinaryAccuracy()],
)
before = model.evaluate(x, y, verbose=0)
record = model.fit(x, y, epochs=STEPS, verbose=0, shuffle=False)
after = model.evaluate(x, y, batch_size=64, verbose=0)
model.optimizer.learning_rate = 0.001
last = model.train_on_batch(x[:40], y[:40])
alone = model.test_on_batch(x[:40], y[:40])
history = [before, after, last, alone]
history += list(zip(record.history["loss"], record.history["binary_accuracy"]))
