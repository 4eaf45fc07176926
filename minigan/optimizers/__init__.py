"""Optimizers: from a gradient to a step.  Each works on whole parameter vectors.

An optimizer is its constructor, the names of the vectors that it keeps, and one method
with its rule.  So is one of your own, in plain NumPy:

    @OPTIMIZERS.register()
    class AdamWithDecay(Optimizer):
        vector_names = ("m", "v")

        def __init__(self, learning_rate=1e-3, decay=0.004):
            super().__init__(learning_rate)
            self.decay = validate.number("AdamWithDecay", "decay", decay)

        def update(self, theta, dtheta, m, v, schedule):
            t, rate = int(self.t), self.learning_rate
            m[:] = 0.9 * m + 0.1 * dtheta
            v[:] = 0.999 * v + 0.001 * dtheta**2
            mhat, vhat = m / (1 - 0.9**t), v / (1 - 0.999**t)
            theta -= rate * (mhat / (np.sqrt(vhat) + 1e-7) + self.decay * theta)
"""

from .adagrad import Adadelta, Adagrad, RMSprop
from .adam import Adam, Adamax, AdamW, AMSGrad, Nadam, OptimisticAdam
from .base import OPTIMIZERS, Optimizer
from .sgd import SGD, Nesterov

__all__ = [
    "AMSGrad",
    "OPTIMIZERS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Nadam",
    "Nesterov",
    "OptimisticAdam",
    "Optimizer",
    "RMSprop",
]
