"""Exercise 7: the discriminator step."""

from __future__ import annotations

from collections.abc import Iterable

from .answer import Answer
from .compare import difference
from .exercise import EXERCISES, Exercise, Part
from .players import Players, stepped

STUB = '''"""Exercise 7: the discriminator step.

The detective learns from two batches: real rows, which it shall call 1, and fakes,
which it shall call 0:

    L_D = loss(D(real), 1) + loss(D(G(z)), 0)

One step: fakes from z; zero D's gradients; forward, loss and backward on the real rows;
the same on the fakes, whose gradients add up with the first; one step of the optimizer.
Nothing of the generator may change.

What you are handed:

    generator.predict(z)                 G(z), keeping nothing
    discriminator.zero_grad()
    score = discriminator.forward(rows, training=True)
    value = loss.forward(score, label)   label: an array of the shape of score
    dscore = loss.backward()
    discriminator.backward(dscore, need_dx=False)
    optimizer.step(discriminator)

A backward uses up what the last forward kept, so two forwards in a row will not do.
Return L_D, a number.

Judge it:  minigan exercise check 7
in a notebook:  exercises.check(7, discriminator_step)
"""

import numpy as np


def discriminator_step(generator, discriminator, loss, optimizer, real, z):
    """Teach D to tell real rows from fakes; return its loss."""
    raise NotImplementedError("two batches, one step; return the sum of the two losses")
'''


@EXERCISES.register()
class DiscriminatorStep(Exercise):
    """Two batches, and one step of D."""

    name, number = "discriminator", 7
    title = "the discriminator step"
    wanted = ("discriminator_step",)
    files = {"discriminator.py": STUB}
    hints = (
        "np.ones_like(score) and np.zeros_like(score) are labels of the right shape.",
        "The order: predict, zero_grad, (forward, loss, backward) on real rows, the "
        "same on fakes, step. zero_grad stands before the first "
        "backward, not between them.",
        "For rows, label in ((real, 1.0), (fake, 0.0)): score = D.forward(rows, "
        "training=True); total += loss.forward(score, np.full_like(score, label)); "
        "D.backward(loss.backward(), need_dx=False).",
    )

    def parts(self, answer: Answer) -> Iterable[Part]:
        function = answer["discriminator_step"]

        def played() -> tuple[Players, object]:
            p = Players()
            value = function(p.G, p.D, p.loss, p.optimizer, p.real, p.z)
            return p, value

        p = Players()
        fake = p.G.predict(p.z)
        left = p.before["D"][1]  # what the gradients hold before
        real_loss, of_real = p.d_gradient(p.real, 1.0)
        fake_loss, of_fake = p.d_gradient(fake, 0.0)
        right = of_real + of_fake
        _, real_as_fake = p.d_gradient(p.real, 0.0)
        _, fake_as_real = p.d_gradient(fake, 1.0)
        swapped = real_as_fake + fake_as_real

        def gradient() -> str:
            found, _ = played()
            problem, given = stepped(found, "D")
            suspects = {
                "the labels are the wrong way round: D is taught to call fakes real": (
                    swapped
                ),
                "the gradients of an earlier batch are still in it: zero_grad is "
                "missing": right + left,
                "only the real rows are in it; zero_grad or step came in between, or "
                "the fakes are missing": of_real,
                "only the fakes are in it; zero_grad stands between the two batches, "
                "or the real rows are missing": of_fake,
                "the fakes are called real, too": of_real + fake_as_real,
                "it is half of what it has to be; the loss is the sum of the two": (
                    right / 2
                ),
            }
            return problem or difference("D's gradient", given, right, suspects)

        def generator() -> str:
            found, _ = played()
            what = found.changed("G")
            if what == "theta":
                return "the generator's weights changed in the discriminator's step"
            if what:
                return (
                    "the generator's gradients changed: it is not asked to learn; make "
                    "the fakes with generator.predict(z)"
                )
            return ""

        def value() -> str:
            _, given = played()
            total = real_loss + fake_loss
            suspects = {
                "it is the mean of the two losses, and has to be their sum": total / 2,
                "the loss of the fakes is missing": real_loss,
                "the loss of the real rows is missing": fake_loss,
            }
            return difference("the loss", given, total, suspects)

        return (
            Part("D's gradient in the step", gradient),
            Part("G stands still", generator),
            Part("the loss", value),
        )
