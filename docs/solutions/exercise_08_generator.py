"""Solution of exercise 8: the generator step, through a frozen discriminator."""

import numpy as np


def generator_step(generator, discriminator, loss, optimizer, z):
    """Teach G to be called real; nothing of D changes.  Return G's loss."""
    fake = generator.forward(z, training=True)
    with discriminator.frozen():
        score = discriminator.forward(fake, training=True)
        value = loss.forward(score, np.ones_like(score))
        dfake = discriminator.backward(loss.backward())
    generator.zero_grad()
    generator.backward(dfake, need_dx=False)
    optimizer.step(generator)
    return value
