"""Exercise 9: seven bugs that from-scratch networks are known for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .adam import STEPS, followed, variant
from .answer import Answer
from .compare import difference
from .exercise import EXERCISES, Exercise, Part
from .players import Players
from .trial import Trial, numbers

INTRODUCTION = '''"""Exercise 9: find the bug.  File 1 of 7.

Each of the seven files has one bug that public code has had, often for years, while
all losses fell.  Its symptom is told; find the line, say why, mend it.  None needs
more than three lines.

Judge all:  minigan exercise check 9     in a notebook:  exercises.check(9, globals())

Symptom: training is fine, samples drawn in inference are fine.  But a generator that is
trained through this layer in inference mode gets a gradient that is too small.
"""

'''

HEADING = '''"""Exercise 9: find the bug.  File {number} of 7.

Symptom: {symptom}
"""

'''

NORM = '''from minigan import BatchNorm


class Normalise(BatchNorm):
    """BatchNorm, with a backward pass of its own."""

    def backward_pass(self, dy, cache, need_dx):
        xhat, rstd, training = cache  # training: whether the batch's statistics counted
        if not self.is_frozen:
            self.gamma.grad += (dy * xhat).sum(axis=0)
            self.beta.grad += dy.sum(axis=0)
        dxhat = dy * self.gamma.value
        mean, along = dxhat.mean(axis=0), (dxhat * xhat).mean(axis=0)
        return rstd * (dxhat - mean - xhat * along)
'''

ADAM = '''import numpy as np


def short_adam(
    theta, gradient, m, v, t,
    learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7,
):  # fmt: skip
    """One step of Adam: theta, m and v change in place."""
    m[...] = beta_1 * m + (1 - beta_1) * gradient
    v[...] = beta_2 * v + (1 - beta_2) * gradient**2
    mhat = m / (1 - beta_1)
    vhat = v / (1 - beta_2)
    theta -= learning_rate * mhat / (np.sqrt(vhat) + epsilon)
'''

SILENT = '''import numpy as np

from minigan import Layer


class SilentDense(Layer):
    """y = x W."""

    def __init__(self, inputs, units):
        self.inputs, self.units = inputs, units
        start = np.random.default_rng(0).standard_normal((inputs, units))
        self.W = self.add_parameter("W", start)

    def forward_pass(self, x, training):
        return x @ self.W.value, x

    def backward_pass(self, dy, cache, need_dx):
        if self.is_frozen:
            return np.zeros_like(cache)
        self.W.grad += cache.T @ dy
        return dy @ self.W.value.T
'''

BATCHES = '''def batches(rows, size):
    """The rows in order, `size` at a time; a rest is left out."""
    for start in range(0, len(rows) - size + 1, size):
        yield rows[start : start + size]


def take(rows, size, steps):
    """So many batches, going through the rows again and again."""
    taken = []
    for _ in range(steps):
        taken.append(next(batches(rows, size)))
    return taken
'''

PAST = '''import numpy as np


def gradient_into_generator(generator, discriminator, loss, z):
    """dL/dfake of loss(D(G(z)), 1): what G's backward is handed."""
    fake = generator.forward(z, training=True)
    with discriminator.frozen():
        score = discriminator.forward(fake, training=True)
        loss.forward(score, np.ones_like(score))
        dscore = loss.backward()
        discriminator.backward(dscore)
    return dscore + np.zeros_like(fake)
'''

SOFTMAX = '''import numpy as np

from minigan import Layer


class Softmax(Layer):
    """y = exp(x) / sum of exp(x) over a row."""

    def forward_pass(self, x, training):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        y = e / e.sum(axis=1, keepdims=True)
        return y, y

    def backward_pass(self, dy, cache, need_dx):
        y = cache
        return dy * y * (1 - y)
'''

EAGER = '''import numpy as np

from minigan import Layer


class EagerDense(Layer):
    """y = x W."""

    def __init__(self, inputs, units, learning_rate=0.1):
        self.inputs, self.units = inputs, units
        self.learning_rate = learning_rate
        start = np.random.default_rng(0).standard_normal((inputs, units))
        self.W = self.add_parameter("W", start)

    def forward_pass(self, x, training):
        return x @ self.W.value, x

    def backward_pass(self, dy, cache, need_dx):
        dW = cache.T @ dy
        self.W.value -= self.learning_rate * dW
        return dy @ self.W.value.T
'''


def heading(number: int, symptom: str) -> str:
    """The docstring of a file."""
    return HEADING.format(number=number, symptom=symptom)


@EXERCISES.register()
class FindTheBug(Exercise):
    """The museum, as seven files to be mended."""

    name, number = "bugs", 9
    title = "find the bug, in seven files"
    wanted = (
        "Normalise",
        "short_adam",
        "SilentDense",
        "take",
        "gradient_into_generator",
        "Softmax",
        "EagerDense",
    )
    independent = True
    files = {
        "bug_1.py": INTRODUCTION + NORM,
        "bug_2.py": heading(
            2,
            "all losses fall, only slower than with other libraries. The first\n"
            "step is right, the later ones are too short.",
        )
        + ADAM,
        "bug_3.py": heading(
            3,
            "the discriminator learns; the generator does not, at all, and no\n"
            "error is raised.",
        )
        + SILENT,
        "bug_4.py": heading(
            4,
            "the loss falls far below that of other runs, and new samples look\n"
            "like a few rows of the data.",
        )
        + BATCHES,
        "bug_5.py": heading(
            5,
            "shapes fit, nothing is raised, and all fakes drift along one\n"
            "direction, whatever D says of them.",
        )
        + PAST,
        "bug_6.py": heading(
            6,
            "classes are learned, slowly. A finite difference disagrees in all\n"
            "entries, unless all of dy but one entry of each row is 0.",
        )
        + SOFTMAX,
        "bug_7.py": heading(
            7,
            "D gets better in the generator's step, frozen or not, and gradcheck\n"
            "finds dx off by a little that grows with the learning rate.",
        )
        + EAGER,
    }
    hints = (
        "1: what is a constant in inference? 2: what is it that grows with t? 3: what "
        "does frozen mean, and what does it not mean? 4: how often does `batches` "
        "begin? 5: which network is dscore a gradient for? 6: does y[0] depend on "
        "x[1]? 7: with which weights was y computed?",
        "1: rstd * dxhat where not training. 2: beta^t. 3: dx flows through a frozen "
        "layer. 4: keep one iterator until it is used up. 5: discriminator.backward "
        "returns something. 6: subtract the sum of dy y over the row. 7: backward only "
        "adds to `grad`, and that not while frozen; the optimizer steps.",
    )

    def parts(self, answer: Answer) -> Iterable[Part]:
        x, dy = numbers((6, 4), 18), numbers((6, 3), 19)

        def norm() -> str:
            layer = answer["Normalise"](4, dtype=np.float64)
            layer.gamma.value[...] = 1.5
            layer.moving_var.value[...] = 3.0
            back = numbers((6, 4), 20)
            dx = Trial(layer, x, back, training=False).dx
            right = 1.5 * back / np.sqrt(3.0 + layer.epsilon)
            text = "in inference nothing flows through the statistics: still too small"
            xhat = x / np.sqrt(3.0 + layer.epsilon)
            along = (1.5 * back * xhat).mean(axis=0)
            wrong = right - ((1.5 * back).mean(axis=0) + xhat * along) / np.sqrt(
                3.0 + layer.epsilon
            )
            problem = difference("dx, inference", dx, right, {text: wrong})
            if problem:
                return problem
            mean, var = x.mean(axis=0), x.var(axis=0)
            rstd = 1 / np.sqrt(var + layer.epsilon)
            hat, d = (x - mean) * rstd, 1.5 * back
            want = rstd * (d - d.mean(axis=0) - hat * (d * hat).mean(axis=0))
            return difference("dx, training", Trial(layer, x, back).dx, want)

        def adam() -> str:
            function, gradients = answer["short_adam"], numbers((STEPS, 4), 10) + 0.5

            def own(theta: Any, g: Any, m: Any, v: Any, t: int) -> None:
                function(theta, g, m, v, t, 0.01, 0.9, 0.99, 1e-7)

            right = followed(variant(), gradients)[0]
            text = "the steps after the first are still too short"
            suspects = {text: followed(variant(power=""), gradients)[0]}
            return difference("theta", followed(own, gradients)[0], right, suspects)

        def silent() -> str:
            layer = answer["SilentDense"](4, 3)
            trial = Trial(layer, x, dy, frozen=True)
            right = dy @ layer.W.value.T
            text = "no gradient passes through the frozen layer"
            problem = difference("dx, frozen", trial.dx, right, {text: 0 * right})
            problem = problem or trial.moved_while_frozen()
            free = Trial(layer, x, dy)
            return problem or difference("dW", free.added["W"], x.T @ dy)

        def take() -> str:
            rows = np.arange(7)
            found = answer["take"](rows, 2, 5)
            given = [np.asarray(batch).tolist() for batch in found]
            if given == [[0, 1]] * 5:
                return "only the first batch is ever seen"
            want = [[0, 1], [2, 3], [4, 5], [0, 1], [2, 3]]
            if given != want:
                return f"five batches of 2 out of 7: expected {want}, got {given}"
            return ""

        def past() -> str:
            p = Players()
            fake = p.G.forward(p.z, training=True)
            with p.D.frozen():
                score = p.D.forward(fake, training=True)
                p.loss.forward(score, np.ones_like(score))
                dscore = p.loss.backward()
                right = p.D.backward(dscore)
            found = Players()
            given = answer["gradient_into_generator"](
                found.G, found.D, found.loss, found.z
            )
            text = "it is dscore in all columns: D is passed by"
            return difference("dfake", given, right, {text: dscore + 0 * right})

        def softmax() -> str:
            layer, back = answer["Softmax"](), numbers((6, 4), 21)
            trial = Trial(layer, x, back)
            e = np.exp(x)
            y = e / e.sum(axis=1, keepdims=True)
            right = y * (back - (back * y).sum(axis=1, keepdims=True))
            text = "each y depends on all x of its row; this is the diagonal alone"
            suspects = {text: back * y * (1 - y)}
            return difference("dx", trial.dx, right, suspects)

        def eager() -> str:
            layer = answer["EagerDense"](4, 3)
            start = layer.W.value.copy()
            trial = Trial(layer, x, dy, frozen=True)
            if not np.array_equal(start, layer.W.value):
                return "backward changes the weights, even of a frozen layer"
            problem = difference("dx", trial.dx, dy @ start.T)
            problem = problem or trial.moved_while_frozen()
            free = Trial(layer, x, dy)
            text = "it is never written: the optimizer will look for it there"
            right = x.T @ dy
            suspects = {text: 0 * right}
            return problem or difference("dW", free.added["W"], right, suspects)

        judges = (norm, adam, silent, take, past, softmax, eager)
        names = self.wanted
        return [
            Part(f"bug_{k}.py, {name}", judge)
            for k, (name, judge) in enumerate(zip(names, judges, strict=True), 1)
        ]
