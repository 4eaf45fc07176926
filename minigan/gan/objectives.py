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

Two compare: a score means nothing by itself, only beside those of the other kind.  With
softplus(t) = log(1 + exp(t)), r for real and f for fake rows:

    relativistic            D  softplus(-(r - f))
                            G  softplus(-(f - r))
    relativistic-average    D  1/2 softplus(-(r - mean f)) + 1/2 softplus(f - mean r)
                            G  1/2 softplus(r - mean f) + 1/2 softplus(-(f - mean r))

(Jolicoeur-Martineau 2019).  The first takes the rows in pairs.  Both players need rows
of both kinds at a time: batches are mixed, and G's step looks at fresh real rows too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, log, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import primitives, validate
from ..errors import NonFiniteError, StateError
from ..registry import Registry
from ..state import whole_copy

Pair = tuple[NDArray, NDArray]
Gradients = Callable[[], Pair]  # makes those of two arrays of scores

OBJECTIVES: Registry[type["Objective"]] = Registry("objective")


@dataclass(frozen=True)
class Equilibrium:
    """score: what D answers, for real rows and fakes alike.  The losses there.

    NaN where balance does not determine a number.
    """

    score: float
    d_loss: float
    g_loss: float


class Objective:
    """Losses of scores (N, 1), each followed by `dscore()`, the gradient.

    To define one of your own, derive from this class, or from `Labelled` where D
    minimises the cross-entropy, give it a `name`, define `discriminator` and
    `generator`, each of which ends in `return self.keep(loss, gradient)`, and register
    it with `@OBJECTIVES.register()`.

    real_label, fake_label: what the discriminator is to answer, in [0, 1].
    threshold: a row whose score is above it counts as called real.
    critic: True where the score itself is D's answer, False where sigmoid(s) is.
    labelled: True where labels can be smoothed.
    clip_value: the bound of D's parameters that the objective asks for, or None.
    share: what each half's own loss counts in that of a mixed batch.
    compares: True where a score counts only beside those of the other kind; see
    `Comparing`.
    Errors: NonFiniteError where a loss is NaN or infinite; ArgumentError for labels
    other than 1 and 0 where an objective has none.
    """

    name = ""
    threshold = 0.0
    critic = False
    labelled = False
    clip_value: float | None = None
    share = 0.5
    compares = False

    def __init__(self, real_label: float = 1.0, fake_label: float = 0.0) -> None:
        self._labels = {}
        given = {"real_label": (real_label, 1.0), "fake_label": (fake_label, 0.0)}
        for name, (label, plain) in given.items():
            where = type(self).__name__
            label = validate.number(where, name, label, least=0, most=1)
            if not self.labelled and label != plain:
                expected = f"{plain:g} ({self.name!r} has no labels to smooth)"
                validate.complain(validate.ArgumentError, where, name, expected, label)
            self._labels[name] = label
        self._gradient: Callable[[], NDArray] | None = None

    @property
    def real_label(self) -> float:
        """What D is to answer on real rows."""
        return self._labels["real_label"]

    @property
    def fake_label(self) -> float:
        """What D is to answer on fakes."""
        return self._labels["fake_label"]

    __copy__ = whole_copy

    def __getstate__(self) -> dict[str, Any]:
        """What a copy gets: like a layer's, it begins with a forward pass."""
        return {**vars(self), "_gradient": None}

    # ---- what a game asks for ------------------------------------------------------

    def real(self, score: NDArray) -> NDArray:
        """Discriminator's loss on real rows, with `real_label` where there are any."""
        return self.discriminator(self.checked("real", score), real=True)

    def fake(self, score: NDArray) -> NDArray:
        """Discriminator's loss on fake rows, with `fake_label` where there are any."""
        return self.discriminator(self.checked("fake", score), real=False)

    def mixed(self, score: NDArray) -> NDArray:
        """Discriminator's loss on one batch, its first half real, the rest fake."""
        score = self.checked("mixed", score, even=True)
        return self.both(score, len(score) // 2)

    def halves(self, real: NDArray, fake: NDArray) -> Pair:
        """D's loss on each half of a mixed batch, for the history.   Both: (n, 1)"""
        return self.real(real), self.fake(fake)

    def dscore(self) -> NDArray:
        """dL/dscore of the loss computed last: (N, 1)."""
        if self._gradient is None:
            raise StateError(
                f"{type(self).__name__}.dscore: expected a loss before it, got none"
            )
        gradient, self._gradient = self._gradient, None
        return gradient()

    def moments(self, score: NDArray) -> tuple[NDArray, NDArray]:
        """Mean and standard deviation of D's answers: of sigmoid(s), or of s."""
        return (
            primitives.moments(score)
            if self.critic
            else primitives.sigmoid_moments(score)
        )

    # ---- what an objective defines -------------------------------------------------

    def generator(self, score: NDArray) -> NDArray:
        """Generator's loss on the scores of its fakes."""
        raise StateError(f"{type(self).__name__}: this objective defines no generator")

    def discriminator(self, score: NDArray, real: bool) -> NDArray:
        """D's loss on rows that are all real or all fake."""
        raise StateError(
            f"{type(self).__name__}: this objective defines no discriminator"
        )

    def both(self, score: NDArray, half: int) -> NDArray:
        """D's loss on `half` real rows and as many fakes: the mean of its two losses.

        Each half is divided by its own number of rows.
        """
        real = self.discriminator(score[:half], True)
        above = self._gradient
        fake = self.discriminator(score[half:], False)
        below = self._gradient
        if above is None or below is None:
            raise StateError(f"{type(self).__name__}: expected losses that were kept")
        return self.keep(
            primitives.average(real, fake),
            lambda: primitives.scale(primitives.concatenate(above(), below()), 0.5),
        )

    def equilibrium(self) -> Equilibrium:
        """Where the losses end once nobody can do better; see `equilibrium`."""
        return Equilibrium(nan, nan, nan)

    # ---- what it is made of --------------------------------------------------------

    def checked(self, method: str, score: NDArray, even: bool = False) -> NDArray:
        """The score; another shape than (n, 1) would be broadcast against labels.

        even: True for scores of as many real rows as fakes.
        Errors: ShapeError, DTypeError; NonFiniteError for NaN or infinity.
        """
        where = f"{type(self).__name__}.{method}"
        score = validate.array(where, "score", score, ("n", 1), finite=True)
        if even and len(score) % 2:
            expected = "an even number of rows"
            validate.complain(validate.ShapeError, where, "score", expected, len(score))
        return score

    def keep(self, loss: NDArray | float, gradient: Callable[[], NDArray]) -> NDArray:
        """The loss, if it is finite; `gradient()` makes dL/dscore when it is asked.

        Errors: NonFiniteError where the loss is not finite.
        """
        loss = loss if isinstance(loss, np.ndarray) else np.array(loss, np.double)
        if not isfinite(loss.real):
            raise NonFiniteError(
                f"{type(self).__name__}: expected a finite loss, got {loss}"
            )
        self._gradient = gradient
        return loss


def filled(score: NDArray, value: float) -> NDArray:
    """The same label for every score: (n, 1)."""
    return primitives.full(*score.shape, value, dtype=score.dtype)


class Labelled(Objective):
    """D minimises the cross-entropy of sigmoid(s) with the labels."""

    labelled = True

    def discriminator(self, score: NDArray, real: bool) -> NDArray:
        label = self.real_label if real else self.fake_label
        return self.against(score, filled(score, label))

    def both(self, score: NDArray, half: int) -> NDArray:
        real = filled(score[:half], self.real_label)
        fake = filled(score[half:], self.fake_label)
        return self.against(score, primitives.concatenate(real, fake))

    def against(self, score: NDArray, labels: NDArray, weight: float = 1.0) -> NDArray:
        """The cross-entropy of scores with labels, both (n, 1), times `weight`."""
        loss = primitives.bce_logits_forward(score, labels, weight)
        return self.keep(
            loss, lambda: primitives.bce_logits_backward(score, labels, weight)
        )


@OBJECTIVES.register()
class NonSaturating(Labelled):
    """L_G = -mean log D(G(z)): call the fakes real, and learn from the answer."""

    name = "non-saturating"

    def generator(self, score: NDArray) -> NDArray:
        score = self.checked("generator", score)
        return self.against(score, filled(score, 1.0))

    def equilibrium(self) -> Equilibrium:
        s, d_loss = _entropy(self)
        return Equilibrium(s, d_loss, _minus_log(s))


@OBJECTIVES.register()
class Minimax(Labelled):
    """L_G = mean log(1 - D(G(z))): the negative of the discriminator's loss."""

    name = "minimax"

    def generator(self, score: NDArray) -> NDArray:
        score = self.checked("generator", score)
        return self.against(score, filled(score, 0.0), weight=-1.0)

    def equilibrium(self) -> Equilibrium:
        s, d_loss = _entropy(self)
        return Equilibrium(s, d_loss, -_minus_log(1 - s))


@OBJECTIVES.register()
class LeastSquares(Labelled):
    """L_D = 1/2 mean (s - label)^2, L_G = 1/2 mean (s - 1)^2 (Mao et al. 2017, eq. 9).

    A fake teaches the generator in proportion to its distance from 1, so that one on
    the right side of the border still learns.  Gradient (s - label) / N.
    """

    name = "least-squares"
    threshold = 0.5
    critic = True

    def generator(self, score: NDArray) -> NDArray:
        score = self.checked("generator", score)
        return self.against(score, filled(score, 1.0))

    def against(self, score: NDArray, labels: NDArray, weight: float = 1.0) -> NDArray:
        loss = primitives.squared_forward(score, labels)
        return self.keep(loss, lambda: primitives.squared_backward(score, labels))

    def equilibrium(self) -> Equilibrium:
        a, b = self.real_label, self.fake_label
        s = (a + b) / 2
        return Equilibrium(s, (a - b) ** 2 / 8, (s - 1) ** 2 / 2)


@OBJECTIVES.register()
class Hinge(Objective):
    """L_D = mean max(0, 1 -+ s), - on real and + on fake rows; L_G = -mean s.

    Rows beyond the margin teach the discriminator nothing more (Lim & Ye 2017;
    Tran et al. 2017).  Gradient of D's loss: -+1 / N inside the margin, else 0.
    """

    name = "hinge"
    critic = True

    def generator(self, score: NDArray) -> NDArray:
        return self.linear(self.checked("generator", score), -1.0)

    def discriminator(self, score: NDArray, real: bool) -> NDArray:
        sign = 1.0 if real else -1.0
        loss = primitives.hinge_forward(score, sign)
        return self.keep(loss, lambda: primitives.hinge_backward(score, sign))

    def linear(self, score: NDArray, weight: float) -> NDArray:
        """weight mean s"""
        loss = primitives.linear_forward(score, weight)
        return self.keep(loss, lambda: primitives.linear_backward(score, weight))

    def equilibrium(self) -> Equilibrium:
        return Equilibrium(nan, 1.0, nan)


@OBJECTIVES.register()
class Wasserstein(Hinge):
    """L_D = mean s(fake) - mean s(real), L_G = -mean s(fake); D's weights are clipped.

    With every parameter of D in [-0.01, 0.01] D is a Lipschitz function, and -L_D
    estimates the Wasserstein distance of real and fake rows, up to a factor (Arjovsky
    et al. 2017, algorithm 1, where D takes 5 steps for each one of G).  The history's
    `d_loss` is the mean of the two halves, half of L_D.
    """

    name = "wasserstein"
    clip_value = 0.01

    def discriminator(self, score: NDArray, real: bool) -> NDArray:
        return self.linear(score, -1.0 if real else 1.0)

    def equilibrium(self) -> Equilibrium:
        return Equilibrium(nan, 0.0, nan)


class Comparing(Objective):
    """Losses of real rows beside fakes: `mixed` and `generator` take both, real first.

    A subclass defines `losses`, and `halves` where the two halves have losses of their
    own.  D's scores have no zero: one may add the same number to all of them.
    """

    critic = True
    compares = True

    def losses(self, upper: NDArray, lower: NDArray) -> tuple[NDArray, Gradients]:
        """What shall be above what, (n, 1) each: the loss, and the makers of gradients.

        D wants the scores of real rows above those of fakes, G the reverse.
        """
        raise StateError(f"{type(self).__name__}: this objective defines no losses")

    def discriminator(self, score: NDArray, real: bool) -> NDArray:
        raise StateError(
            f"{type(self).__name__}: expected real rows beside fakes, see `mixed`; "
            f"got {'real' if real else 'fake'} rows alone"
        )

    def both(self, score: NDArray, half: int) -> NDArray:
        loss, gradients = self.losses(score[:half], score[half:])
        return self.keep(loss, lambda: primitives.concatenate(*gradients()))

    def generator(self, score: NDArray) -> NDArray:
        score = self.checked("generator", score, even=True)
        half = len(score) // 2
        loss, gradients = self.losses(score[half:], score[:half])
        return self.keep(loss, lambda: primitives.concatenate(*reversed(gradients())))

    def halves(self, real: NDArray, fake: NDArray) -> Pair:
        loss, _ = self.losses(real, fake)
        return loss, loss

    def equilibrium(self) -> Equilibrium:
        return Equilibrium(nan, log(2), log(2))


@OBJECTIVES.register()
class Relativistic(Comparing):
    """L_D = mean softplus(-(r - f)), L_G = mean softplus(-(f - r)), pairs row by row.

    A real row must score above the fake beside it, by how much is all that counts
    (Jolicoeur-Martineau 2019, RpGAN; Huang et al. 2024, R3GAN, with penalties).
    Gradient of L_D: -(1 - sigmoid(r - f)) / N for r, the negative of that for f.
    """

    name = "relativistic"
    share = 1.0  # a pair has one loss

    def losses(self, upper: NDArray, lower: NDArray) -> tuple[NDArray, Gradients]:
        apart = primitives.add_scaled(upper, lower, -1.0)
        one = filled(apart, 1.0)

        def gradients() -> Pair:
            dupper = primitives.bce_logits_backward(apart, one, 1.0)
            return dupper, primitives.scale(dupper, -1.0)

        return primitives.bce_logits_forward(apart, one, 1.0), gradients


@OBJECTIVES.register()
class RelativisticAverage(Comparing):
    """Each score beside the mean of the other kind (Jolicoeur-Martineau 2019, RaGAN).

        L_D = 1/2 mean softplus(-(r - mean f)) + 1/2 mean softplus(f - mean r)

    and L_G with r and f exchanged.  The mean is a function of the scores: the gradient
    passes through it as well.  As in all mixed batches the loss is the mean of the two
    halves; the paper has their sum.
    """

    name = "relativistic-average"

    def losses(self, upper: NDArray, lower: NDArray) -> tuple[NDArray, Gradients]:
        pairs = self._beside(upper, lower)

        def gradients() -> Pair:
            up, down = (primitives.bce_logits_backward(*pair, 0.5) for pair in pairs)
            return primitives.minus_mean(up, down), primitives.minus_mean(down, up)

        return primitives.average(*self.halves(upper, lower)), gradients

    def halves(self, real: NDArray, fake: NDArray) -> Pair:
        one, other = self._beside(real, fake)
        entropy = primitives.bce_logits_forward
        return entropy(*one, 1.0), entropy(*other, 1.0)

    def _beside(self, upper: NDArray, lower: NDArray) -> tuple[Pair, Pair]:
        """Each kind less the mean of the other, with its labels: 1 above, 0 below."""
        above = primitives.minus_mean(upper, lower)
        below = primitives.minus_mean(lower, upper)
        return (above, filled(above, 1.0)), (below, filled(below, 0.0))


def _entropy(game: Objective) -> tuple[float, float]:
    """D's best answer s to fakes distributed as the data, and its loss there."""
    s = (game.real_label + game.fake_label) / 2
    if not 0 < s < 1:
        return s, 0.0
    return s, s * _minus_log(s) + (1 - s) * _minus_log(1 - s)


def _minus_log(p: float) -> float:
    return -log(p) if p > 0 else inf
