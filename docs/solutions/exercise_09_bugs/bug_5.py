"""Solution of exercise 9, file 5: the gradient comes out of D."""

import numpy as np


def gradient_into_generator(generator, discriminator, loss, z):
    """dL/dfake of loss(D(G(z)), 1): what G's backward is handed."""
    fake = generator.forward(z, training=True)
    with discriminator.frozen():
        score = discriminator.forward(fake, training=True)
        loss.forward(score, np.ones_like(score))
        dscore = loss.backward()
        return discriminator.backward(dscore)
