"""Exercise 8: the generator step, through a frozen discriminator."""

from __future__ import annotations

from collections.abc import Iterable

from .answer import Answer
from .compare import difference
from .exercise import EXERCISES, Exercise, Part
from .players import Players, stepped

STUB = '''"""Exercise 8: the generator step, through a frozen discriminator.

The forger learns from how it was caught.  It wants its fakes to be called real:

    L_G = loss(D(G(z)), 1)

    z --> G --> fake --> D --> score --> L_G
          G <-- dfake <- D <-- dscore

The gradient goes all the way back: through the loss, through D (all of it), and on into
G.  D is the judge, not a pupil: in `with discriminator.frozen():` neither its weights
nor its gradients change, and the gradient still passes.

What you are handed is as in exercise 7, and

    fake = generator.forward(z, training=True)
    dfake = discriminator.backward(dscore)         dL_G/dfake
    generator.backward(dfake, need_dx=False)

Return L_G, a number.  (This is the loss of Goodfellow et al. 2014, section 3, that is
used in practice; why is -loss(D(G(z)), 0) slow where D is sure of itself?)

Judge it:  minigan exercise check 8   in a notebook:  exercises.check(8, generator_step)
"""

import numpy as np


def generator_step(generator, discriminator, loss, optimizer, z):
    """Teach G to be called real; nothing of D changes.  Return G's loss."""
    raise NotImplementedError("forward through both, back through both; step G")
'''


@EXERCISES.register()
class GeneratorStep(Exercise):
    """The gradient that passes through a network which does not learn."""

    name, number = "generator", 8
    title = "the generator step, through a frozen discriminator"
    wanted = ("generator_step",)
    files = {"generator.py": STUB}
    hints = (
        "The label is 1: how wrong is it to call these fakes real?",
        "D's forward, the loss and D's backward stand in the frozen() scope, and "
        "D's backward returns dfake. G's backward takes it.",
        "After the scope: generator.zero_grad(), generator.backward(dfake, "
        "need_dx=False), optimizer.step(generator).",
    )

    def parts(self, answer: Answer) -> Iterable[Part]:
        function = answer["generator_step"]

        def played() -> tuple[Players, object]:
            p = Players()
            return p, function(p.G, p.D, p.loss, p.optimizer, p.z)

        p = Players()
        left = p.before["G"][1]
        real_loss, right = p.g_gradient(1.0)
        fake_loss, as_fake = p.g_gradient(0.0)

        def gradient() -> str:
            found, _ = played()
            problem, given = stepped(found, "G")
            suspects = {
                "the label is 0: G is taught to be found out": as_fake,
                "this is the gradient of -loss(D(G(z)), 0), the minimax loss; asked "
                "for is loss(D(G(z)), 1), which stays long": -as_fake,
                "the gradients of an earlier batch are still in it: zero_grad is "
                "missing": right + left,
                "its sign is wrong: the optimizer goes downhill by itself": -right,
                "G's gradient is as it was before: generator.backward is missing": left,
                "it is zero: zero_grad stands behind the backward": 0 * right,
            }
            return problem or difference("G's gradient", given, right, suspects)

        def judge() -> str:
            found, _ = played()
            what = found.changed("D")
            if what == "theta":
                return "D's weights changed in the generator's step: D learned"
            if what:
                return (
                    "D's gradients changed in the generator's step; put its forward "
                    "and backward into `with discriminator.frozen():`"
                )
            return ""

        def value() -> str:
            _, given = played()
            suspects = {"the label is 0": fake_loss, "its sign is wrong": -real_loss}
            return difference("the loss", given, real_loss, suspects)

        return (
            Part("G's gradient in the step", gradient),
            Part("D stands still", judge),
            Part("the loss", value),
        )
