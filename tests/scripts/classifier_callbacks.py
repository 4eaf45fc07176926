"""A classifier with callbacks: rates that fall, an early end, weights of classes."""

import numpy as np
from keras.callbacks import (
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ReduceLROnPlateau,
)
from keras.layers import Dense, Input
from keras.models import Sequential

STEPS = 12

np.random.seed(51)

model = Sequential([Input(shape=(3,)), Dense(6, activation="tanh")])
model.add(Dense(3, activation="softmax"))
model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
rng = np.random.RandomState(52)
model.set_weights([0.5 * rng.randn(*w.shape) for w in model.get_weights()])

x = np.random.normal(size=(60, 3))
y = x.argmax(axis=1)
seen = []
fitted = model.fit(
    x,
    y,
    batch_size=16,
    epochs=STEPS,
    shuffle=False,
    verbose=0,
    validation_split=0.2,
    class_weight={0: 1.0, 1: 2.0, 2: 0.5},
    callbacks=[
        LearningRateScheduler(lambda epoch, rate: rate if epoch % 3 else 0.125),
        ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1, min_delta=0.02),
        EarlyStopping(patience=2, min_delta=0.001, restore_best_weights=True),
        LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs["loss"])),
    ],
)
history = [fitted.history[name] for name in sorted(fitted.history)] + [seen]
history.append(model.evaluate(x, y, verbose=0, sample_weight=np.abs(x[:, 0])))
probabilities = model.predict(x[:10], verbose=0)
