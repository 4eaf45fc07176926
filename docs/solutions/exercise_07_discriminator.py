"""Solution of exercise 7: the discriminator step."""

import numpy as np


def discriminator_step(generator, discriminator, loss, optimizer, real, z):
    """Teach D to tell real rows from fakes; return its loss."""
    fake = generator.predict(z)
    discriminator.zero_grad()
    total = 0.0
    for rows, label in ((real, 1.0), (fake, 0.0)):
        score = discriminator.forward(rows, training=True)
        total += loss.forward(score, np.full_like(score, label))
        discriminator.backward(loss.backward(), need_dx=False)
    optimizer.step(discriminator)
    return total
