"""What D says of a batch, and the gradient of the losses on it."""

from typing import Any

from numpy.typing import NDArray

from .. import primitives
from ..network import Network
from ..state import own_copy, whole_copy
from .objectives import Objective
from .options import Options
from .players import Inputs, critic_of


class Judge:
    """D as a game asks it: a score for each row, and of which class it is.

    critic: D without its sigmoid, if it ends in one, since losses want its score.
    inputs: where numbers and labels go in.   objective: whose loss the score has.
    Errors: ArgumentError for options of classes where D answers with none.
    """

    def __init__(
        self,
        where: str,
        discriminator: Network,
        inputs: Inputs,
        objective: Objective,
        options: Options,
    ) -> None:
        self.critic = critic_of(discriminator)
        self.inputs, self.objective, self.options = inputs, objective, options
        if not self.critic.splits:
            options.check_no_classes(where)
        self._classes: tuple[Any, Any] = None, None  # probabilities and labels
        self._taught = 0  # how many of these rows D learns the classes of

    __copy__, __setstate__ = whole_copy, own_copy

    def scores(
        self, rows: NDArray, labels: NDArray | None, real: int | None = None
    ) -> NDArray:
        """D's scores of rows that it is trained on, (N, 1).

        real: how many of them are real, the first ones; None where G is trained.
        Of a D that answers with logits of classes, too, their loss is kept for
        `dscores`: the softmax cross-entropy with the labels (Odena et al. 2017).
        """
        x = self.inputs.given(rows, labels)
        answer = self.critic.forward(x, training=True)
        if not self.critic.splits:
            return answer
        score, logits = answer
        _, probabilities = primitives.softmax_forward(logits, labels)
        self._classes, self._taught = (probabilities, labels), len(score)
        if real is not None and self.options.auxiliary_rows == "real":
            self._taught = real
        return score

    def dscores(self, weight: float = 1.0) -> Any:
        """dL/d(what D answered last): of the objective's loss, and of the classes'.

        weight: of the classes' loss, beside its own.
        """
        dscore = self.objective.dscore()
        if not self.critic.splits:
            return dscore
        weight *= self.options.auxiliary_weight
        (p, labels), taught = self._classes, self._taught
        if taught == len(p):
            dlogits = primitives.softmax_backward(p, labels)
            return dscore, primitives.scale(dlogits, weight)
        dlogits = primitives.full(len(p) - taught, p.shape[1], 0.0, dtype=p.dtype)
        if taught:
            real = primitives.softmax_backward(p[:taught], labels[:taught])
            real = primitives.scale(real, weight * taught / len(p))
            dlogits = primitives.concatenate(real, dlogits)
        return dscore, dlogits
