"""The gradient check: what it must catch, what it must not cry about."""

import io

import numpy as np
import pytest

import minigan as mg
from minigan import Dense, Layer, LeakyReLU, ReLU, Sequential, Sigmoid, gradcheck
from minigan.errors import ArgumentError, DTypeError, GradientError, ShapeError
from minigan.gradcheck import Report
from tests.helpers import fingerprint


class Square(Layer):
    """y = x^2, with whatever a test wants to be wrong."""

    def forward_pass(self, x, training):
        return x * x, x

    def backward_pass(self, dy, cache, need_dx):
        return 2 * cache * dy


# ---- layers of one's own -----------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (2, 3, 4, 5), (5, 1, 2)])
def test_any_shape(shape):
    report = gradcheck(Square(), shape=shape).assert_ok()
    assert isinstance(report, Report) and report.worst < 1e-14
    assert report["x"].checked == np.prod(shape) and report["x"].method == "complex"


class Weight:
    """A parameter of somebody else's library."""

    def __init__(self, value):
        self.value, self.grad = value, None


class Foreign:
    """A layer that knows nothing of minigan, in float32, and assigns its gradients."""

    def __init__(self, factor=1.0):
        rng = np.random.default_rng(0)
        self.parameters = [Weight(rng.standard_normal((4, 3)).astype(np.float32))]
        self.factor = factor

    def forward(self, x):
        self.x = x
        return np.tanh(x @ self.parameters[0].value)

    def backward(self, dy):
        W = self.parameters[0]
        da = dy * (1 - np.tanh(self.x @ W.value) ** 2)
        W.grad = self.factor * self.x.T @ da
        return da @ W.value.T


def test_a_foreign_layer():
    layer = Foreign()
    report = gradcheck(layer, shape=(6, 4)).assert_ok()
    assert [row.tensor for row in report.rows] == ["x", "parameter 0"]
    assert layer.parameters[0].grad is None and not hasattr(layer, "x")
    report = gradcheck(Foreign(factor=0.999), shape=(6, 4))
    assert report["x"].ok and not report["parameter 0"].ok
    assert report.worst == pytest.approx(1e-3, rel=0.01)
    with pytest.raises(ArgumentError, match="frozen"):
        gradcheck(layer, shape=(6, 4), frozen=True)


def test_the_target_is_not_touched():
    G = Sequential([Dense(3, 4), mg.BatchNorm(4), mg.Dropout(0.5, rng=1), Dense(4, 2)])
    D = Sequential([Dense(2, 4), mg.BatchNorm(4), Dense(4, 1), Sigmoid()])
    state = G.layers[2].rng.bit_generator.state
    before = fingerprint(G), fingerprint(D)
    gradcheck(G, through=D).assert_ok()
    gradcheck(D, training=False).assert_ok()
    assert (fingerprint(G), fingerprint(D)) == before
    assert G.layers[2].rng.bit_generator.state == state
    x = np.ones((8, 3))
    gradcheck(G, x).assert_ok()
    assert (x == 1).all()


# ---- bugs that other checkers miss -------------------------------------------------


def test_a_forgotten_gamma_is_seen_although_gamma_is_one():
    class Forgetful(mg.BatchNorm):
        def backward_pass(self, dy, cache, need_dx):
            self.gamma.value, keep = np.ones_like(self.gamma.value), self.gamma.value
            dx = super().backward_pass(dy, cache, need_dx)
            self.gamma.value = keep
            return dx

    for training in (True, False):
        report = gradcheck(Forgetful(4), training=training)
        assert not report["x"].ok and report["gamma"].ok and report["beta"].ok


def test_forgotten_running_statistics_are_seen_although_they_are_zero_and_one():
    class Forgetful(mg.BatchNorm):
        def backward_pass(self, dy, cache, need_dx):
            xhat, rstd, batch = cache
            return super().backward_pass(dy, (xhat, rstd * 0 + 1, batch), need_dx)

    assert not gradcheck(Forgetful(4), training=False)["x"].ok


def test_one_wrong_entry_of_a_large_tensor_is_seen_by_the_direction():
    class Off(Dense):
        def backward_pass(self, dy, cache, need_dx):
            dx = super().backward_pass(dy, cache, need_dx)
            self.W.grad[17, 33] += 1e-4
            return dx

    row = gradcheck(Off(80, 90), max_entries=20)["W"]
    assert row.direction and row.checked == 20 and row.size == 7200
    assert row.place == "direction" and not row.ok
    row = gradcheck(Dense(80, 90), max_entries=20).assert_ok()["W"]
    assert "20 of 7200" in row.cells()[2]


@pytest.mark.parametrize(
    ("bug", "fault"),
    [
        ("writes x", "forward_pass changes x"),
        ("writes dy", "changes dy"),
        ("assigns", "does not add to grad"),
        ("needs dx", "need_dx=False"),
        ("casts", "got float32"),
        ("wrong shape", "Bad: backward_pass: expected dx of shape (4, 3), got (3,)"),
        ("no dx", "Bad: backward_pass: expected dx of shape (4, 3), got None"),
        ("moves", "changes a parameter"),
    ],
)
def test_broken_rules(bug, fault):
    class Bad(Layer):
        def __init__(self):
            self.w = self.add_parameter("w", np.array([1.5, 2.0, -1.0]))

        def forward_pass(self, x, training):
            y = x * self.w.value
            cache = x.copy()
            if bug == "writes x":
                x *= 2
            return y.astype(np.float32) if bug == "casts" else y, cache

        def backward_pass(self, dy, cache, need_dx):
            dw = (cache * dy).sum(axis=0)
            if self.is_frozen:
                dw[...] = 0
            elif bug == "assigns":
                self.w.grad[...] = dw
            elif bug != "needs dx" or need_dx:
                self.w.grad += dw
            dx = dy * self.w.value
            if bug == "writes dy":
                dy *= 2
            if bug == "moves":
                self.w.value -= 0.1 * dw
            if bug == "wrong shape":
                return dx.sum(axis=0)
            return None if bug == "no dx" else dx

    report = gradcheck(Bad(), shape=(4, 3))
    assert not report.ok and any(fault in text for text in report.faults), report
    bug = ""
    gradcheck(Bad(), shape=(4, 3)).assert_ok()


def test_a_frozen_layer_whose_gradients_move():
    class Leaky(Dense):
        def backward_pass(self, dy, cache, need_dx):
            self.b.grad += dy.sum(axis=0)
            return super().backward_pass(dy, cache, need_dx)

    report = gradcheck(Leaky(3, 2), frozen=True)
    assert report["x"].ok and not report.ok
    assert [row.tensor for row in report.rows] == ["x"]


# ---- random layers, layers that are not analytic ------------------------------------


def test_every_kind_of_random_layer_sees_the_same_draws():
    class Noise(Layer):
        def __init__(self, draw):
            self.draw, self.rng = draw, np.random.default_rng(3)
            self.old = np.random.RandomState(4)  # noqa: NPY002

        def forward_pass(self, x, training):
            mask = self.draw(self, x.shape) > 0.5
            return x * x * mask, (x, mask)

        def backward_pass(self, dy, cache, need_dx):
            x, mask = cache
            return 2 * x * mask * dy

    def unrewindable(layer, shape):
        return np.random.default_rng().random(shape)

    for draw in (
        lambda layer, shape: layer.rng.random(shape),
        lambda layer, shape: layer.old.random_sample(shape),
        lambda layer, shape: np.random.rand(*shape),  # noqa: NPY002
    ):
        gradcheck(Noise(draw), shape=(6, 7)).assert_ok()
    report = gradcheck(Noise(unrewindable), shape=(6, 7))
    assert any("rewound" in fault for fault in report.faults)


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    gradcheck(mg.Dropout(0.5), shape=(4, 5))
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize("way", ["abs", "cast", "conj", "raise", "float"])
def test_code_that_is_not_analytic_is_checked_by_differences(way):
    class Odd(Layer):
        def forward_pass(self, x, training):
            if way == "abs":
                y = np.abs(x) * x
            elif way == "cast":
                y = np.empty(x.shape)
                y[...] = x * abs(x)  # warns for complex numbers
            elif way == "conj":
                y = x * np.conj(x) * np.where(x.real > 0, 1, -1)
            elif way == "raise":
                y = x * np.fabs(x)  # defined for real numbers only
            else:
                y = np.array([[float(v) * abs(float(v)) for v in row] for row in x])
            return y if y.dtype.kind == "c" else y.astype(x.real.dtype), x

        def backward_pass(self, dy, cache, need_dx):
            return dy * 2 * np.abs(cache)

    report = gradcheck(Odd(), shape=(4, 5)).assert_ok()
    assert report["x"].method == "central" and "central" in report.notes[0]
    with pytest.raises(ArgumentError, match="method"):
        gradcheck(Odd(), shape=(4, 5), method="complex")


# ---- kinks -------------------------------------------------------------------------


class StudentReLU(Layer):
    def forward_pass(self, x, training):
        return np.maximum(x, 0), x

    def backward_pass(self, dy, cache, need_dx):
        return dy * (cache > 0)


@pytest.mark.parametrize("method", ["auto", "central"])
def test_kinks_are_skipped_and_counted(method):
    x = np.random.default_rng(0).standard_normal((4, 5))
    x[1, 2] = x[3, 0] = 0
    x[2, 2] = 1e-6  # within the first step of the differences, but no kink
    for layer in (StudentReLU(), Sequential([StudentReLU(), Square()])):
        row = gradcheck(layer, x, method=method).assert_ok()["x"]
        expected = (18, 2) if isinstance(layer, StudentReLU) else (20, 0)
        assert (row.checked, row.kinks) == expected
    report = gradcheck(StudentReLU(), np.zeros((2, 3)), method=method)
    assert not report.ok and report.kinks == 6 and "NOT CHECKED" in str(report)


def test_a_wrong_gradient_beside_a_kink_is_still_wrong():
    class Wrong(StudentReLU):
        def backward_pass(self, dy, cache, need_dx):
            return dy * (cache > -0.1)

    x = np.array([[0.0, 1.0, -0.05, -1.0]])
    report = gradcheck(Wrong(), x)
    assert not report.ok and report["x"].place == (0, 2)


@pytest.mark.parametrize("backend", ["jit", "numpy"])
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_documented_values_at_the_kinks(backend, zero):
    x, dy = np.full((1, 3), zero), np.array([[1.0, -2.0, 3.0]])
    with mg.use_backend(backend):
        for layer, slope in ((ReLU(), 0), (LeakyReLU(0.2), 0.2), (LeakyReLU(0), 0)):
            layer.forward(x)
            assert (layer.backward(dy) == slope * dy).all()
            # the complex step takes the same branch, so nothing is skipped
            row = gradcheck(layer, x).assert_ok()["x"]
            assert (row.checked, row.kinks) == (3, 0)


# ---- losses and the generator step -------------------------------------------------


def test_losses():
    gradcheck(mg.BCE()).assert_ok()
    gradcheck(mg.BCEWithLogits(), shape=(8, 1)).assert_ok()
    logits = np.array([[-800.0], [-20.0], [0.0], [3.0], [40.0]])
    gradcheck(mg.BCEWithLogits(), logits, labels=np.ones((5, 1))).assert_ok()

    class Sum(mg.BCEWithLogits):
        def backward_pass(self, cache):
            return super().backward_pass(cache) * len(cache[0])

    assert not gradcheck(Sum()).ok

    class Hinge:
        def forward(self, pred, target):
            self.sign = 1 - 2 * target
            self.inside = 1 + self.sign * pred
            return np.mean(np.maximum(self.inside, 0))

        def backward(self):
            return self.sign * (self.inside > 0) / self.sign.size

    labels = np.array([[0.0], [1.0], [1.0]])
    gradcheck(Hinge(), np.array([[0.3], [2.5], [-4.0]]), labels=labels).assert_ok()


def generator():
    layers = [Dense(4, 6, rng=1), LeakyReLU(0.2), mg.BatchNorm(6), Dense(6, 3, rng=2)]
    return Sequential([*layers, mg.Tanh()])


def test_discriminators_of_every_form():
    bodies = (
        Sequential([Dense(3, 5, rng=3), mg.BatchNorm(5), ReLU(), Dense(5, 1, rng=4)]),
        Sequential([Dense(3, 5, rng=3), ReLU(), Dense(5, 1, rng=4), Sigmoid()]),
        Dense(3, 1, rng=5),
    )
    for D in bodies:
        for objective in ("non-saturating", "minimax"):
            report = gradcheck(generator(), through=D, objective=objective)
            assert report.assert_ok().worst <= 1e-11
            assert len(report.rows) == 7  # z and six parameters
            assert all(row.largest > 0 for row in report.rows)


def test_an_objective_of_ones_own():
    class LeastSquares:
        wrong = 1

        def generator(self, score):
            self.score = score
            return np.mean((score - 1) ** 2)

        def dscore(self):
            return self.wrong * 2 * (self.score - 1) / self.score.size

    D, objective = Dense(3, 1, rng=5), LeastSquares()
    gradcheck(generator(), through=D, objective=objective).assert_ok()
    objective.wrong = 1.001
    assert not gradcheck(generator(), through=D, objective=objective).ok


def test_a_saturated_discriminator_is_checked_on_its_logits():
    D = Sequential([Dense(3, 1, rng=5), Sigmoid()])
    D.theta[:] *= 400
    report = gradcheck(generator(), through=D).assert_ok()
    assert report["x"].largest > 1


def test_a_bias_below_batchnorm_has_no_gradient_and_no_false_alarm():
    net = Sequential([Dense(5, 7, rng=1), mg.BatchNorm(7), mg.Tanh()])
    for method in ("complex", "central"):
        row = gradcheck(net, shape=(64, 5), method=method).assert_ok()["0.Dense.b"]
        assert row.largest < 1e-12

    class Wrong(Dense):
        def backward_pass(self, dy, cache, need_dx):
            self.b.grad += 1e-5
            return super().backward_pass(dy, cache, need_dx)

    net = Sequential([Wrong(5, 7, rng=1), mg.BatchNorm(7), mg.Tanh()])
    for method in ("complex", "central"):
        assert not gradcheck(net, method=method)["0.Wrong.b"].ok


def test_a_view_is_checked_like_a_network():
    net = Sequential([Dense(3, 4, rng=1), mg.BatchNorm(4), Dense(4, 1), Sigmoid()])
    before = fingerprint(net)
    report = gradcheck(net[:-1]).assert_ok()
    assert len(report.rows) == 7 and fingerprint(net) == before


def test_forward_and_backward_may_be_written_directly():
    class Direct(Layer):
        def forward(self, x, training=False):
            self.x = x
            return x**3

        def backward(self, dy, need_dx=True):
            return 3 * self.x**2 * dy

    gradcheck(Direct(), shape=(2, 3, 4)).assert_ok()


def test_nested_networks_and_shared_layers():
    inner = Sequential([Dense(3, 3, rng=1), mg.Tanh()])
    report = gradcheck(Sequential([inner, inner, Dense(3, 2, rng=2)])).assert_ok()
    names = [row.tensor for row in report.rows]
    assert names == [
        "x",
        "0.Sequential.0.Dense.W",
        "0.Sequential.0.Dense.b",
        "2.Dense.W",
        "2.Dense.b",
    ]


# ---- the report and the arguments --------------------------------------------------


def test_the_report_prints_and_asserts():
    from rich.console import Console

    class Wrong(Square):
        def backward_pass(self, dy, cache, need_dx):
            return cache * dy

    report = gradcheck(Wrong(), shape=(3, 2))
    assert report.worst == pytest.approx(0.5)
    for error in (AssertionError, mg.MiniganError, GradientError):
        with pytest.raises(error, match="NOT OK, worst error 5.00e-01"):
            report.assert_ok()
    lines = str(report).splitlines()
    assert lines[1].split()[:3] == ["Tensor", "Shape", "Checked"]
    assert "6 of 6" in lines[3] and lines[3].endswith("WRONG")
    text = io.StringIO()
    Console(file=text, width=120).print(report)
    assert "6 of 6" in text.getvalue()
    assert "<table>" in report._repr_html_()
    with pytest.raises(KeyError):
        report["W"]


def test_same_seed_same_report():
    assert str(gradcheck(Dense(30, 20))) == str(gradcheck(Dense(30, 20)))
    assert str(gradcheck(Dense(30, 20))) != str(gradcheck(Dense(30, 20), seed=1))


def test_tolerance():
    assert not gradcheck(Dense(9, 8), tolerance=1e-18).ok
    assert gradcheck(Foreign(0.999), shape=(6, 4), tolerance=0.01).ok


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"target": 3}, DTypeError, "an object with forward and backward, got 3"),
        ({"target": ReLU()}, ArgumentError, "ReLU, which takes any, got neither"),
        ({"shape": "8"}, DTypeError, "a tuple of integers"),
        ({"shape": (8, 0)}, ArgumentError, "an integer >= 1"),
        ({"shape": (8, 4)}, ShapeError, r"\(batch, 3\)"),
        ({"x": np.zeros((0, 3))}, ShapeError, "at least one element"),
        ({"method": "fast"}, ArgumentError, "'auto', 'complex', 'central'"),
        ({"training": 1}, DTypeError, "True or False"),
        ({"seed": -1}, ArgumentError, "seed"),
        ({"tolerance": 0}, ArgumentError, "tolerance"),
        ({"max_entries": 0}, ArgumentError, "max_entries"),
        ({"labels": np.ones((8, 1))}, ArgumentError, "labels"),
        ({"through": "D"}, DTypeError, "through"),
        ({"through": Dense(2, 1), "objective": "hinges"}, ArgumentError, "objective"),
        ({"through": Dense(2, 1), "objective": 3}, ArgumentError, "objective"),
        ({"target": mg.BCE(), "through": ReLU()}, ArgumentError, "None for a loss"),
        (
            {"target": mg.BCE(), "labels": np.ones(8), "shape": (8, 1)},
            ShapeError,
            "labels",
        ),
    ],
)
def test_wrong_arguments(arguments, error, words):
    with pytest.raises(error, match=words):
        gradcheck(**{"target": Dense(3, 2), **arguments})
