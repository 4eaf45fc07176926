"""One Adam object for both models: slots for each weight, one count of steps."""

import keras
import numpy as np

STEPS = 300
BATCH = 20

np.random.seed(10)
# sums of powers of two: the old Adam keeps its settings in float32
adam = keras.optimizers.legacy.Adam(lr=2**-10, beta_1=0.5, beta_2=1 - 2**-10)

generator = keras.models.Sequential()
generator.add(keras.layers.Dense(12, input_shape=(4,)))
generator.add(keras.layers.ReLU())
generator.add(keras.layers.Dense(3, use_bias=False))

discriminator = keras.models.Sequential()
discriminator.add(keras.layers.InputLayer(input_shape=(3,)))
discriminator.add(keras.layers.Dense(12))
discriminator.add(keras.layers.LeakyReLU(alpha=0.1))
discriminator.add(keras.layers.Dense(1, activation=keras.activations.sigmoid))

rng = np.random.RandomState(11)
for model in [generator, discriminator]:
    model.set_weights([0.3 * rng.randn(*w.shape) for w in model.get_weights()])

discriminator.compile(adam, "binary_crossentropy", ["acc"])
for layer in discriminator.layers:
    layer.trainable = False
gan = keras.models.Sequential([generator, discriminator])
gan.compile(adam, "binary_crossentropy")

history = []
for step in range(STEPS):
    real = np.random.multivariate_normal([1, 0, -1], np.eye(3) * 0.3, BATCH)
    fake = generator.predict_on_batch(np.random.rand(BATCH, 4))
    a = discriminator.train_on_batch(real, np.ones(BATCH, dtype=int))
    b = discriminator.train_on_batch(fake, np.zeros(BATCH, dtype=int))
    g = gan.train_on_batch(np.random.rand(BATCH, 4), np.ones((BATCH, 1), dtype=int))
    history.append([a[0], a[1], b[0], b[1], g])
