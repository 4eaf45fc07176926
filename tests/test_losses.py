"""Losses: exact values, far logits, clipping, refused targets."""

import numpy as np
import pytest

from minigan import (
    BCE,
    BCEWithLogits,
    MeanAbsoluteError,
    MeanSquaredError,
    Wasserstein,
    gradcheck,
)
from minigan.errors import (
    ArgumentError,
    DTypeError,
    NonFiniteError,
    ShapeError,
    StateError,
)
from minigan.losses import Loss

from .helpers import assert_close, assert_same_bits, normal

LOSSES = {"BCE": BCE, "BCEWithLogits": BCEWithLogits}
each_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def column(*values, dtype=np.float64):
    return np.array(values, dtype).reshape(-1, 1)


def probabilities(*shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).uniform(0.05, 0.95, shape).astype(dtype)


# ---- logits ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "z, target, expected",
    [
        (10, 0, 10.000045398899218),
        (-10, 0, 4.539889921686465e-5),
        (1000, 0, 1000),
        (-1000, 0, 0),
        (1000, 1, 0),
        (-1000, 1, 1000),
        (100, 1, 3.720075976020836e-44),
        (0, 0.5, np.log(2)),
    ],
)
def test_known_values_of_logits(z, target, expected):
    with np.errstate(all="raise", under="ignore"):
        loss = BCEWithLogits().forward(column(z), column(target))
    np.testing.assert_allclose(loss, expected, rtol=1e-15)


@pytest.mark.parametrize("target", [0, 1])
def test_logits_within_four_ulp(target):
    mpmath = pytest.importorskip("mpmath")
    loss = BCEWithLogits()
    with mpmath.workdps(200):
        for z in (*np.linspace(-40, 40, 81), 1e-9, -1e-9, 300.5, -300.5):
            value = float(loss.forward(column(z), column(target)))
            sign = mpmath.mpf(float(-z if target else z))
            truth = mpmath.log(1 + mpmath.exp(sign))
            assert abs(value - truth) <= 4 * np.spacing(float(truth)), z

            gradient = float(loss.backward()[0, 0])
            truth = 1 / (1 + mpmath.exp(mpmath.mpf(float(-z)))) - target
            assert abs(gradient - truth) <= 4 * np.spacing(
                max(abs(float(truth)), 0.5)
            ), z


@each_type
def test_logits_by_the_formula(dtype):
    z, t = normal(7, 3, dtype=dtype), probabilities(7, 3, dtype=dtype)
    loss = BCEWithLogits()
    s = 1 / (1 + np.exp(-z.astype(np.float64)))
    expected = -np.mean(t * np.log(s) + (1 - t) * np.log(1 - s))
    assert_close(loss.forward(z, t), expected, dtype)
    assert_close(loss.backward(), (s - t) / 21, dtype)


@each_type
def test_far_logits_stay_finite(dtype):
    z = column(-1e4, -89, 89, 1e4, dtype=dtype)
    loss = BCEWithLogits()
    with np.errstate(all="raise", under="ignore"):
        for t in (np.zeros_like(z), np.ones_like(z)):
            assert np.isfinite(loss.forward(z, t))
            assert np.isfinite(loss.backward()).all()


def test_a_saturated_discriminator_still_teaches():
    """A fake that is called fake with certainty, in the generator's step."""
    z = column(-20.0)
    logits, clipped = BCEWithLogits(), BCE()
    logits.forward(z, np.ones_like(z))
    clipped.forward(1 / (1 + np.exp(-z)), np.ones_like(z))
    np.testing.assert_allclose(logits.backward(), [[-0.9999999979]], rtol=1e-10)
    assert clipped.backward() == 0


# ---- probabilities -----------------------------------------------------------------


@each_type
def test_probabilities_by_the_formula(dtype):
    p, t = probabilities(7, 3, dtype=dtype), probabilities(7, 3, dtype=dtype, seed=1)
    q, loss = p.astype(np.float64), BCE()
    expected = -np.mean(t * np.log(q) + (1 - t) * np.log(1 - q))
    assert_close(loss.forward(p, t), expected, dtype)
    assert_close(loss.backward(), (q - t) / (q * (1 - q)) / 21, dtype)


def test_the_clip_in_float32_is_not_symmetric():
    one, zero = column(1, dtype=np.float32), column(0, dtype=np.float32)
    np.testing.assert_allclose(BCE().forward(one, zero), 15.942385, rtol=1e-7)
    np.testing.assert_allclose(BCE().forward(zero, one), 16.118095, rtol=1e-7)


def test_the_golden_value_of_keras():
    p = np.array([[1, 1], [1, 0]], np.float32)
    t = np.array([[1, 0], [1, 0]], np.float32)
    np.testing.assert_allclose(BCE().forward(p, t), 3.98559, rtol=2e-6)


def test_float64_clips_where_it_says():
    np.testing.assert_allclose(BCE(1e-3).forward(column(0), column(1)), -np.log(1e-3))
    np.testing.assert_allclose(BCE(1e-3).forward(column(1), column(0)), -np.log(1e-3))


@each_type
def test_the_gradient_ends_behind_the_bound(dtype):
    low, high = dtype(1e-7), dtype(1 - 1e-7)
    p = column(
        0, np.nextafter(low, dtype(0)), low, high, np.nextafter(high, dtype(1)), 1,
        dtype=dtype,
    )  # fmt: skip
    loss = BCE()
    loss.forward(p, np.full_like(p, 0.5))
    gradient = loss.backward().ravel()
    assert not gradient[[0, 1, 4, 5]].any()
    assert gradient[2] < -1e5 and gradient[3] > 1e5


@each_type
def test_both_losses_agree_on_moderate_logits(dtype):
    z, t = normal(9, 1, dtype=dtype), probabilities(9, 1, dtype=dtype)
    p = 1 / (1 + np.exp(-z))
    a, b = BCE(), BCEWithLogits()
    np.testing.assert_allclose(a.forward(p, t), b.forward(z, t), rtol=1e-5)
    np.testing.assert_allclose(a.backward() * p * (1 - p), b.backward(), atol=1e-6)


# ---- both --------------------------------------------------------------------------


@each_loss
def test_the_mean_is_taken_once(loss):
    """The same batch twice: the same loss, and half of the gradient for each row."""
    p, t = probabilities(5, 2), probabilities(5, 2, seed=1)
    single, double = loss(), loss()
    once = single.forward(p, t)
    twice = double.forward(np.concatenate([p, p]), np.concatenate([t, t]))
    np.testing.assert_allclose(once, twice, rtol=1e-14)
    np.testing.assert_allclose(single.backward(), 2 * double.backward()[:5], rtol=1e-14)


@each_type
@each_loss
def test_types_of_loss_and_gradient(loss, dtype):
    p = probabilities(5, 1, dtype=dtype)
    function = loss()
    value = function.forward(p, p)
    assert value.shape == () and value.dtype == np.float64
    assert function.backward().dtype == dtype


@each_loss
def test_long_means_are_taken_in_float64(loss):
    p = np.full((5_000, 1), 0.3, np.float32)
    few, many = loss().forward(p[:1], p[:1]), loss().forward(p, p)
    np.testing.assert_allclose(few, many, rtol=1e-14)


@each_loss
def test_backward_needs_a_forward_and_consumes_it(loss):
    function, p = loss(), probabilities(5, 1)
    with pytest.raises(StateError, match=r"\.backward: expected a forward before each"):
        function.backward()
    function.forward(p, p)
    function.backward()
    with pytest.raises(StateError, match="none since the last backward"):
        function.backward()


@each_loss
def test_the_cache_is_owned(loss):
    untouched, touched = loss(), loss()
    p, t = probabilities(5, 1), probabilities(5, 1, seed=1)
    untouched.forward(p, t)
    touched.forward(p, t)
    p[...], t[...] = 0.5, 0
    assert_same_bits(touched.backward(), untouched.backward())


@each_loss
def test_arguments_are_not_written_to(loss):
    p, t = probabilities(5, 1), probabilities(5, 1, seed=1)
    p.flags.writeable = t.flags.writeable = False
    function = loss()
    function.forward(p, t)
    function.backward()


def test_the_value_that_broadcasting_would_spoil():
    p, t = column(0.9, 0.1, 0.8, 0.3), column(1, 0, 1, 0)
    np.testing.assert_allclose(BCE().forward(p, t), 0.197635, atol=1e-6)
    with pytest.raises(ShapeError):  # NumPy alone would return 1.026140
        BCE().forward(p, t.ravel())


GOOD = np.full((4, 1), 0.5, np.float32)
BAD = {
    "labels (n,)": (GOOD, GOOD[:, 0], ShapeError, r"'target': .*\(4, 1\), got \(4,\)"),
    "pred (n,)": (GOOD[:, 0], GOOD, ShapeError, r"'target': .*\(4,\), got \(4, 1\)"),
    "rows": (GOOD, GOOD[:3], ShapeError, r"'target': .*\(4, 1\), got \(3, 1\)"),
    "empty": (GOOD[:0], GOOD[:0], ShapeError, "'pred': expected at least one element"),
    "ints": (GOOD, np.ones((4, 1), int), DTypeError, r"'target': .*cast with .*int64"),
    "bools": (GOOD, np.ones((4, 1), bool), DTypeError, "'target': .*got dtype bool"),
    "mixed": (GOOD, GOOD.astype("f8"), DTypeError, "'target': .*float32.*got.*float64"),
    "list": (GOOD, [[1.0]] * 4, DTypeError, "'target': expected a numpy array, got l"),
    "number": (0.5, 1.0, DTypeError, "'pred': expected a numpy array, got float 0.5"),
    "label 2": (GOOD, GOOD * 4, ArgumentError, r"'target': .*in \[0, 1\], got 2.0"),
    "label -1": (GOOD, GOOD * -2, ArgumentError, r"'target': .*in \[0, 1\], got -1.0"),
    "label NaN": (GOOD, GOOD * np.nan, NonFiniteError, "'target': expected finite"),
    "pred NaN": (GOOD * np.nan, GOOD, NonFiniteError, "'pred': .*4 of 4 not finite"),
    "pred inf": (GOOD * np.inf, GOOD, NonFiniteError, r"'pred': .*first at \(0, 0\)"),
}


@each_loss
@pytest.mark.parametrize("pred, target, error, message", BAD.values(), ids=BAD)
def test_bad_arguments(loss, pred, target, error, message):
    with pytest.raises(error, match=rf"^{loss.__name__}\.forward: argument {message}"):
        loss().forward(pred, target)


@each_loss
def test_a_refused_forward_leaves_the_cache(loss):
    function, twin = loss(), loss()
    function.forward(GOOD, GOOD)
    twin.forward(GOOD, GOOD)
    with pytest.raises(ShapeError):
        function.forward(GOOD, GOOD[:2])
    assert_same_bits(function.backward(), twin.backward())


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_probabilities_lie_between_zero_and_one(value):
    message = r"'pred': expected probabilities in \[0, 1\] \(for logits use BCEWithL"
    with pytest.raises(ArgumentError, match=message):
        BCE().forward(column(value), column(1))


def test_a_loss_that_overflows_is_an_error():
    z = column(1.5e308, 1.5e308)
    with (
        np.errstate(over="ignore"),
        pytest.raises(NonFiniteError, match="^BCEWithLogits.forward: the loss is inf"),
    ):
        BCEWithLogits().forward(z, np.zeros_like(z))


def test_complex_predictions_carry_a_derivative():
    z, t = column(0.3, -1.2) + 0j, column(1, 0) + 0j
    z[0] += 1e-30j
    derivative = BCEWithLogits().forward(z, t).imag / 1e-30
    np.testing.assert_allclose(derivative, (1 / (1 + np.exp(-0.3)) - 1) / 2, rtol=1e-14)


def test_the_base_class_is_abstract():
    with pytest.raises(StateError, match="defines no forward_pass"):
        Loss().forward(GOOD, GOOD)


# ---- one of your own ---------------------------------------------------------------


class LogCosh(Loss):
    def __init__(self, width=1.0):
        self.width = width

    def forward_pass(self, p, t):
        return np.mean(np.log(np.cosh((p - t) / self.width))), (p, t)

    def backward_pass(self, cache):
        p, t = cache
        return np.tanh((p - t) / self.width) / self.width / p.size


class Focal(Loss):
    """Over classes, with labels that a row has one of."""

    class_labels = True

    def forward_pass(self, z, label):
        z = z - z.real.max(axis=1, keepdims=True)
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        chosen = p[np.arange(len(p)), label]
        return np.mean(-((1 - chosen) ** 2) * np.log(chosen)), (p, chosen, label)

    def backward_pass(self, cache):
        p, chosen, label = cache
        slope = 2 * (1 - chosen) * np.log(chosen) - (1 - chosen) ** 2 / chosen
        onehot = np.eye(p.shape[1])[label]
        dz = (slope * chosen)[:, None] * (onehot - p) / len(p)
        return dz.astype(p.dtype)


@each_type
@pytest.mark.parametrize(
    "loss, t",
    [(LogCosh(2.0), normal(5, 3, seed=1)), (Focal(), np.array([0, 2, 1, 1, 0]))],
)
def test_a_loss_of_ones_own_in_a_few_lines(loss, t, dtype):
    if t.dtype.kind == "f":
        t = t.astype(dtype)
    value = loss.forward(normal(5, 3, dtype=dtype), t)
    assert value.dtype == np.float64 and value.shape == ()
    assert loss.backward().dtype == dtype
    gradcheck(loss, shape=(5, 3)).assert_ok()
    assert loss.config() == ({"width": 2.0} if isinstance(loss, LogCosh) else {})


def test_a_loss_is_one_number():
    class Each(LogCosh):
        def forward_pass(self, p, t):
            return (p - t) ** 2, (p, t)

    with pytest.raises(ShapeError, match=r"'loss': expected one number, got .*\(4, 1"):
        Each().forward(GOOD, GOOD)


def test_the_ranges_are_checked():
    class Signs(LogCosh):
        pred_range, target_range = (-2, 2), (-1, 1)

    Signs().forward(GOOD - 2, GOOD - 1.5)
    with pytest.raises(ArgumentError, match=r"'pred': .* in \[-2, 2\], got values fr"):
        Signs().forward(GOOD + 2, GOOD)
    with pytest.raises(ArgumentError, match=r"'target': .* in \[-1, 1\], got -1.5"):
        Signs().forward(GOOD, GOOD - 2)


ERRORS = {
    "squared": (
        MeanSquaredError(),
        lambda p, t: np.mean((p - t) ** 2),
        lambda p, t: 2 * (p - t),
    ),
    "absolute": (
        MeanAbsoluteError(),
        lambda p, t: np.mean(np.abs(p - t)),
        lambda p, t: np.sign(p - t),
    ),
    "wasserstein": (
        Wasserstein(-0.5),
        lambda p, t: -0.5 * np.mean(p * t),
        lambda p, t: -0.5 * t,
    ),
}


@pytest.mark.parametrize("loss, formula, slope", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("dtype, close", [(np.float64, 1e-14), (np.float32, 1e-6)])
def test_losses_of_any_target(loss, formula, slope, dtype, close):
    pred, target = normal(5, 3, dtype=dtype), 5 * normal(5, 3, dtype=dtype, seed=1)
    pred[0] = target[0]  # where |p - t| has its kink: no gradient
    value = loss.forward(pred, target)
    assert value.dtype == np.float64 and value.shape == ()
    assert float(value) == pytest.approx(formula(pred, target), rel=close)
    dpred = loss.backward()
    assert dpred.dtype == dtype
    np.testing.assert_allclose(dpred, slope(pred, target) / 15, rtol=close)
    report = gradcheck(loss, shape=(5, 3))
    assert report.ok, report
    with pytest.raises(NonFiniteError, match="argument 'target'"):
        loss.forward(pred, np.full_like(target, np.nan))


@pytest.mark.parametrize(
    "target, worst", [((-0.4, 1.3), "-0.4"), ((-0.2, 1.4), "1.4"), ((0.5, 1.1), "1.1")]
)
def test_one_label_out_of_range_is_enough_and_the_worst_is_named(target, worst):
    """Farthest from the middle of the range, whatever stands beside it."""
    pred, target = np.full((2, 1), 0.5), np.reshape(target, (2, 1))
    for loss in (BCE(), BCEWithLogits()):
        with pytest.raises(ArgumentError, match=rf"labels in \[0, 1\], got {worst}$"):
            loss.forward(pred, target)
    with pytest.raises(ArgumentError, match="'pred': expected probabilities"):
        BCE().forward(target, pred)
