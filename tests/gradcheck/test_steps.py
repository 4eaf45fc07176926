"""`stepcheck`: what it must catch in an optimizer."""

import numpy as np
import pytest

from minigan import SGD, Adam, primitives, use_backend
from minigan.errors import ArgumentError, DTypeError, GradientError
from minigan.gradcheck import stepcheck
from minigan.optimizers import Optimizer


class Plain(Optimizer):
    """Momentum in plain NumPy, with whatever a test wants to be wrong."""

    vector_names = ("velocity",)

    def __init__(self, learning_rate=0.1, momentum=0.9):
        super().__init__(learning_rate)
        self.momentum = momentum

    def update(self, theta, dtheta, velocity, schedule):
        velocity[:] = self.momentum * velocity - self.learning_rate * dtheta
        theta += velocity


@pytest.mark.parametrize("optimizer", [Plain(), SGD(0.1, 0.9), Adam()])
def test_right_ones(optimizer):
    report = stepcheck(optimizer).assert_ok()
    names = [row.tensor for row in report.rows]
    assert names == ["theta", *optimizer.vector_names] and report.worst < 1e-14
    assert optimizer.t == 0 and optimizer.networks == ()
    assert str(report).startswith(f"Step check of {type(optimizer).__name__}: ok")


class Rising(Plain):
    def update(self, theta, dtheta, velocity, schedule):
        theta += self.learning_rate * dtheta


class Counting(Plain):
    def schedule(self):
        self.t += 2
        return self._rate


class Scaling(Plain):
    def update(self, theta, dtheta, velocity, schedule):
        dtheta *= 0.5
        super().update(theta, dtheta, velocity, schedule)


class Forgetting(Plain):
    def __init__(self, learning_rate=0.1, momentum=0.9):
        super().__init__(learning_rate, momentum)
        self.last = 0

    def update(self, theta, dtheta, velocity, schedule):
        super().update(theta, dtheta, velocity, schedule)
        self.last, dtheta = dtheta.copy(), self.last
        theta -= 0.1 * dtheta


class Rounding(Plain):
    def __init__(self, learning_rate=0.1, momentum=0.9):
        super().__init__(learning_rate, round(momentum + 0.1, 1))


class Swallowing(Plain):
    def update(self, theta, dtheta, velocity, schedule):
        super().update(theta, np.nan_to_num(dtheta), velocity, schedule)


class Coarse(Plain):
    def update(self, theta, dtheta, velocity, schedule):
        super().update(theta, dtheta, velocity, schedule)
        if theta.dtype == np.float32:
            theta += np.float32(0.001)


@pytest.mark.parametrize(
    "kind, fault",
    [
        (Rising, "does not go downhill"),
        (Counting, "t: expected 3 after 3 steps, got 6"),
        (Scaling, "update changes the gradients"),
        (Forgetting, "state() is not all"),
        (Rounding, "config: momentum is 1.0, and 1.1 in an optimizer made of it"),
        (Swallowing, "a gradient of NaN is not refused"),
        (Coarse, "float32: theta is"),
    ],
)
def test_broken_rules(kind, fault):
    report = stepcheck(kind())
    assert not report.ok and any(fault in text for text in report.faults), report
    with pytest.raises(GradientError, match="Step check of .*NOT OK"):
        report.assert_ok()


def test_a_kernel_that_is_not_its_formula():
    class Off(SGD):
        def update(self, theta, dtheta, velocity, schedule):
            super().update(theta, dtheta, velocity, schedule)
            if primitives.backend() == "jit":
                velocity *= 1 + 1e-9

    with use_backend("jit"):
        report = stepcheck(Off(0.1, 0.9))
    assert not report["velocity"].ok and not report["theta"].ok
    with use_backend("numpy"):
        assert stepcheck(Off(0.1, 0.9)).ok


def test_arguments():
    with pytest.raises(DTypeError, match="'optimizer': expected an optimizer, got 3"):
        stepcheck(3)
    with pytest.raises(ArgumentError, match="'steps'"):
        stepcheck(SGD(), steps=0)

    class Hiding(Plain):
        def __init__(self, learning_rate, secret):
            super().__init__(learning_rate)

    with pytest.raises(ArgumentError, match="config.. makes it again, got Hiding"):
        stepcheck(Hiding(0.1, 3))
