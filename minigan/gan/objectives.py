"""What discriminator and generator try to achieve, as losses of D's scores.

The score s is the discriminator's output before its sigmoid, if it ends in one.

Two objectives read it as a logit, D(x) = sigmoid(s).  The discriminator maximises
log D(x) + log(1 - D(G(z))), that is, it minimises the binary cross-entropy with label 1
for real and 0 for fake rows (or 0.9, "one-sided label smoothing").  The generator has a
choice (Goodfellow et al. 2014, section 3):

    non-saturating   minimise -log D(G(z))        gradient -(1 - D) / N
    minimax          minimise log(1 - D(G(z)))    gradient -D / N

Both push D(G(z)) up.  While the discriminator is sure that a sample is fake, D is
near 0: then the second gradient is near 0 as well, and the generator learns nothing.

The others take the score as it is, and D is then called a critic:

                     D, real and fake rows              G           source
    least-squares    1/2 (s - a)^2    1/2 (s - b)^2     1/2 (s - 1)^2   Mao et al. 2017
    hinge            max(0, 1 - s)    max(0, 1 + s)     -s          Lim & Ye 2017
    wasserstein      -s               s                 -s          Arjovsky et al. 2017

with labels a for real and b for fake rows.  Each loss is the mean over its rows; that
of a mixed batch is the mean of its two halves.
"""

from .. import primitives, validate
from ..errors import NonFiniteError, StateError


class Objective:
    """Losses of scores (N, 1), each followed by `dscore()`, the gradient.

    real_label, fake_label: what the discriminator is to answer, in [0, 1].
    threshold: a row whose score is above it counts as called real.
    critic: True where the score itself is D's answer, False where sigmoid(s) is.
    clip_value: the bound of D's parameters that the objective asks for, or None.
    Errors: NonFiniteError where a loss is NaN or infinite; ArgumentError for labels
    other than 1 and 0 where an objective has none.
    """

    name = ""
    threshold = 0.0
    critic = False
    labelled = True
    clip_value: float | None = None

    def __init__(self, real_label=1.0, fake_label=0.0):
        where = type(self).__name__
        self.real_label = validate.number(
            where, "real_label", real_label, least=0, most=1
        )
        self.fake_label = validate.number(
            where, "fake_label", fake_label, least=0, most=1
        )
        for name, plain in (("real_label", 1.0), ("fake_label", 0.0)):
            given = getattr(self, name)
            if not self.labelled and given != plain:
                expected = f"{plain:g} ({self.name!r} has no labels to smooth)"
                validate.complain(validate.ArgumentError, where, name, expected, given)
        self._gradient = None

    # ---- the losses ----------------------------------------------------------------

    def real(self, score):
        """Discriminator's loss on real rows, with `real_label` where there are any."""
        return self._discriminator(self._checked("real", score), real=True)

    def fake(self, score):
        """Discriminator's loss on fake rows, with `fake_label` where there are any."""
        return self._discriminator(self._checked("fake", score), real=False)

    def mixed(self, score):
        """Discriminator's loss on one batch, its first half real, the rest fake."""
        score = self._checked("mixed", score)
        if len(score) % 2:
            where = f"{type(self).__name__}.mixed"
            expected = "an even number of rows"
            validate.complain(validate.ShapeError, where, "score", expected, len(score))
        return self._both(score, len(score) // 2)

    def generator(self, score):
        """Generator's loss on the scores of its fakes."""
        raise StateError(f"{type(self).__name__}: this objective defines no generator")

    def dscore(self):
        """dL/dscore of the loss computed last: (N, 1)."""
        if self._gradient is None:
            raise StateError(
                f"{type(self).__name__}.dscore: expected a loss before it, got none"
            )
        gradient, self._gradient = self._gradient, None
        return gradient()

    def moments(self, score):
        """Mean and standard deviation of D's answers: of sigmoid(s), or of s."""
        return (
            primitives.moments(score)
            if self.critic
            else primitives.sigmoid_moments(score)
        )

    # ---- what an objective defines -------------------------------------------------

    def _against(self, score, labels):
        """The loss of scores with labels, both (n, 1): here the cross-entropy."""
        return self._cross_entropy(score, labels)

    def _discriminator(self, score, real):
        """D's loss on rows that are all real or all fake."""
        label = self.real_label if real else self.fake_label
        return self._against(score, self._labels(score, label))

    def _both(self, score, half):
        """D's loss on `half` real rows and as many fakes: one loss, two labels."""
        real, fake = (
            self._labels(score[:half], label)
            for label in (self.real_label, self.fake_label)
        )
        return self._against(score, primitives.concatenate(real, fake))

    # ---- what it is made of --------------------------------------------------------

    def _checked(self, method, score):
        """A score of another shape would be broadcast against the labels."""
        where = f"{type(self).__name__}.{method}"
        return validate.array(where, "score", score, ("n", 1), finite=True)

    def _labels(self, score, value):
        return primitives.full(*score.shape, value, dtype=score.dtype)

    def _cross_entropy(self, score, labels, weight=1.0):
        loss = primitives.bce_logits_forward(score, labels, weight)
        return self._keep(
            loss, lambda: primitives.bce_logits_backward(score, labels, weight)
        )

    def _keep(self, loss, gradient):
        """The loss, if it is finite; `gradient()` makes dL/dscore when it is asked."""
        if not abs(float(loss.real)) < float("inf"):
            raise NonFiniteError(
                f"{type(self).__name__}: expected a finite loss, got {loss}"
            )
        self._gradient = gradient
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


class LeastSquares(Objective):
    """L_D = 1/2 mean (s - label)^2, L_G = 1/2 mean (s - 1)^2 (Mao et al. 2017, eq. 9).

    A fake teaches the generator in proportion to its distance from 1, so that one on
    the right side of the border still learns.  Gradient (s - label) / N.
    """

    name = "least-squares"
    threshold = 0.5
    critic = True

    def generator(self, score):
        score = self._checked("generator", score)
        return self._against(score, self._labels(score, 1.0))

    def _against(self, score, labels):
        loss = primitives.squared_forward(score, labels)
        return self._keep(loss, lambda: primitives.squared_backward(score, labels))


class Hinge(Objective):
    """L_D = mean max(0, 1 -+ s), - on real and + on fake rows; L_G = -mean s.

    Rows beyond the margin teach the discriminator nothing more (Lim & Ye 2017;
    Tran et al. 2017).  Gradient of D's loss: -+1 / N inside the margin, else 0.
    """

    name = "hinge"
    critic = True
    labelled = False

    def generator(self, score):
        return self._linear(self._checked("generator", score), -1.0)

    def _discriminator(self, score, real):
        sign = 1.0 if real else -1.0
        loss = primitives.hinge_forward(score, sign)
        return self._keep(loss, lambda: primitives.hinge_backward(score, sign))

    def _both(self, score, half):
        real, above = self._discriminator(score[:half], True), self._gradient
        fake, below = self._discriminator(score[half:], False), self._gradient
        return self._keep(
            primitives.average(
                real, fake
            ),  # each half divided by its own number of rows
            lambda: primitives.scale(primitives.concatenate(above(), below()), 0.5),
        )

    def _linear(self, score, weight):
        loss = primitives.linear_forward(score, weight)
        return self._keep(loss, lambda: primitives.linear_backward(score, weight))


class Wasserstein(Hinge):
    """L_D = mean s(fake) - mean s(real), L_G = -mean s(fake); D's weights are clipped.

    With every parameter of D in [-0.01, 0.01] D is a Lipschitz function, and -L_D
    estimates the Wasserstein distance of real and fake rows, up to a factor (Arjovsky
    et al. 2017, algorithm 1, where D takes 5 steps for each one of G).  The history's
    `d_loss` is the mean of the two halves, half of L_D.
    """

    name = "wasserstein"
    clip_value = 0.01

    def _discriminator(self, score, real):
        return self._linear(score, -1.0 if real else 1.0)


OBJECTIVES = {
    kind.name: kind
    for kind in (NonSaturating, Minimax, LeastSquares, Hinge, Wasserstein)
}
