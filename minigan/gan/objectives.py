"""What discriminator and generator try to achieve, as losses of D's logits.

The score s is the discriminator's output before the sigmoid, D(x) = sigmoid(s).  The
discriminator maximises log D(x) + log(1 - D(G(z))), that is, it minimises the
binary cross-entropy with label 1 for real and 0 for fake rows (or 0.9, "one-sided
label smoothing").  The generator has a choice (Goodfellow et al. 2014, section 3):

    non-saturating   minimise -log D(G(z))        gradient -(1 - D) / N
    minimax          minimise log(1 - D(G(z)))    gradient -D / N

Both push D(G(z)) up.  While the discriminator is sure that a sample is fake, D is
near 0: then the second gradient is near 0 as well, and the generator learns nothing.
"""

from .. import validate
from ..errors import NonFiniteError, StateError
from ..kernels import ops


class Objective:
    """Losses of scores (N, 1), each followed by `dscore()`, the gradient.

    real_label, fake_label: what the discriminator is to answer, in [0, 1].
    Errors: NonFiniteError where a loss is NaN or infinite.
    """

    name = ""

    def __init__(self, real_label=1.0, fake_label=0.0):
        where = type(self).__name__
        self.real_label = validate.number(
            where, "real_label", real_label, least=0, most=1
        )
        self.fake_label = validate.number(
            where, "fake_label", fake_label, least=0, most=1
        )
        self._pending = None

    def real(self, score):
        """Discriminator's loss on real rows: cross-entropy with `real_label`."""
        score = self._checked("real", score)
        return self._cross_entropy(score, self._labels(score, self.real_label))

    def fake(self, score):
        """Discriminator's loss on fake rows: cross-entropy with `fake_label`."""
        score = self._checked("fake", score)
        return self._cross_entropy(score, self._labels(score, self.fake_label))

    def mixed(self, score):
        """Discriminator's loss on one batch, its first half real, the rest fake."""
        score = self._checked("mixed", score)
        if len(score) % 2:
            where = f"{type(self).__name__}.mixed"
            expected = "an even number of rows"
            validate.complain(validate.ShapeError, where, "score", expected, len(score))
        half = score[: len(score) // 2]
        labels = ops.concatenate(
            self._labels(half, self.real_label), self._labels(half, self.fake_label)
        )
        return self._cross_entropy(score, labels)

    def generator(self, score):
        """Generator's loss on the scores of its fakes."""
        raise StateError(f"{type(self).__name__}: this objective defines no generator")

    def dscore(self):
        """dL/dscore of the loss computed last: (N, 1)."""
        if self._pending is None:
            raise StateError(
                f"{type(self).__name__}.dscore: expected a loss before it, got none"
            )
        score, labels, weight = self._pending
        self._pending = None
        return ops.bce_logits_backward(score, labels, weight)

    def _checked(self, method, score):
        """A score of another shape would be broadcast against the labels."""
        where = f"{type(self).__name__}.{method}"
        return validate.array(where, "score", score, ("n", 1), finite=True)

    def _labels(self, score, value):
        return ops.full(*score.shape, value, dtype=score.dtype)

    def _cross_entropy(self, score, labels, weight=1.0):
        loss = ops.bce_logits_forward(score, labels, weight)
        if not abs(float(loss.real)) < float("inf"):
            raise NonFiniteError(
                f"{type(self).__name__}: expected a finite loss, got {loss}"
            )
        self._pending = (score, labels, weight)
        return loss


class NonSaturating(Objective):
    """L_G = -mean log D(G(z)): call the fakes real, and learn from the answer."""

    name = "non-saturating"

    def generator(self, score):
        score = self._checked("generator", score)
        return self._cross_entropy(score, self._labels(score, 1.0))


class Minimax(Objective):
    """L_G = mean log(1 - D(G(z))): the negative of the discriminator's loss."""

    name = "minimax"

    def generator(self, score):
        score = self._checked("generator", score)
        return self._cross_entropy(score, self._labels(score, 0.0), weight=-1.0)


OBJECTIVES = {kind.name: kind for kind in (NonSaturating, Minimax)}
