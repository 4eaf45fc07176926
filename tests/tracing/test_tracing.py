"""What a step computed: names, order, values and lines of a trace."""

import json

import numpy as np
import pytest

import minigan as mg
from minigan import Adam, BatchNorm, Dense, Layer, ReLU, Sequential, Sigmoid, trace
from minigan.errors import DTypeError, NonFiniteError, ShapeError
from minigan.gan import recipes
from minigan.state import Snapshot
from minigan.tracing import Tracer
from tests.gan.small import OPTIONS, build
from tests.helpers import fingerprint


def chain():
    return Sequential([Dense(2, 3, rng=0), ReLU(), Dense(3, 1, rng=1)])


# ---- a network ---------------------------------------------------------------------


def test_a_network_forward_and_backward_in_order():
    net = chain()
    before = fingerprint(net)
    x, dy = np.ones((4, 2), np.float32), np.full((4, 1), 0.5, np.float32)
    found = trace(net, x, dy)
    gradients = "2.dW 2.dense_db 2.db 2.dx 1.dx 0.dW 0.dense_db 0.db 0.dx".split()
    assert found.names == ["0.y", "1.y", "2.y", *gradients]
    W, b = (p.value for p in net.layers[0].parameters)
    np.testing.assert_array_equal(found["0.y"], x @ W + b)
    assert found["0.y"].inputs == ("", "0.W", "0.b")
    assert found["1.y"].inputs == ("0.y",) and found["1.y"].layer == "1 ReLU"
    assert found["1.y"].formula.startswith("y = max(x, 0)")
    assert found["2.dW"].shape == (3, 1) and float(found["2.db"]) == 2.0
    assert found[0] is found["0.y"] and len(found) == 12 and "0.dx" in found
    assert found["0.dW"].line.startswith("layers/dense.py:")
    assert fingerprint(net) == before
    net.forward(x)  # it can be used on: nothing is left of the trace
    assert "forward_pass" not in vars(net.layers[0])


class Double(Layer):
    """A layer in plain NumPy, which no recorder of primitives sees."""

    def __init__(self):
        self.w = self.add_parameter("w", np.full(2, 2.0, np.float32))

    def forward_pass(self, x, training):
        return self.w.value * x, x

    def backward_pass(self, dy, cache, need_dx):
        self.w.grad += (cache * dy).sum(axis=0)
        return self.w.value * dy


def test_layers_in_plain_numpy_too():
    net = Sequential([Double(), Dense(2, 1, rng=0)])
    found = trace(net, np.ones((3, 2), np.float32), np.ones((3, 1), np.float32))
    assert found.names[:2] == ["0.y", "1.y"]
    np.testing.assert_array_equal(found["0.y"], np.full((3, 2), 2))
    assert found["1.y"].inputs[0] == "0.y"
    np.testing.assert_allclose(found["0.dw"], 3 * net.layers[1].W.value[:, 0])
    assert found["0.dx"].line.startswith("test_tracing.py:")
    assert trace(Double(), np.ones((1, 2), np.float32)).names == ["y"]


def test_several_results_of_one_layer():
    x = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    found = trace(BatchNorm(3), x, training=True)
    assert {"y", "xhat", "mean", "var", "rstd"} < set(found.names)
    np.testing.assert_allclose(found["mean"], x.mean(axis=0), rtol=1e-6)
    assert found["moving_mean"].formula.startswith("moving = ")


def test_a_relu_that_changes_nothing_is_no_copy():
    assert trace(ReLU(), np.ones((1, 2), np.float32)).names == ["y"]


def test_bad_arguments():
    with pytest.raises(DTypeError, match="trace: argument 'net': expected a layer"):
        trace(3, np.ones((1, 2)))
    with pytest.raises(ShapeError, match="argument 'x'"):
        trace(chain(), np.ones((1, 5), np.float32))
    found = trace(chain(), np.ones((1, 2), np.float32))
    with pytest.raises(KeyError, match=r"no value '0\.yy' in this trace; .*'0\.y'"):
        found["0.yy"]


# ---- a step ------------------------------------------------------------------------


@pytest.mark.parametrize("options", ["half", "batchnorm", "phases"])
def test_a_traced_step_counts_and_has_the_bytes_of_any_other(options):
    plain, traced = build(**OPTIONS[options]), build(**OPTIONS[options])
    for trainer in (plain, traced):
        trainer.fit(2)
    plain.step()
    found = traced.trace_step()
    assert not Snapshot(plain).differences(Snapshot(traced))
    assert plain.history.table.tobytes() == traced.history.table.tobytes()
    phases = options == "phases"  # two steps of D and three of G
    d_loss = found["D step 2: d_loss" if phases else "D step: d_loss"]
    np.testing.assert_array_equal(d_loss, plain.history.d_loss[-1])
    theta = found["G step 3: G.theta" if phases else "G step: G.theta"]
    np.testing.assert_array_equal(theta, traced.generator.theta)
    traced.step()  # captured again
    assert traced.step_count == 4


def test_the_names_of_the_algorithm():
    found = recipes.load("parabola", backend="numpy").trace_step()
    assert found.title == "Step 1 of parabola"
    for name in ("z", "fake", "score", "dscore", "dfake", "G2.dW", "g_loss"):
        assert f"G step: {name}" in found
    for name in ("z", "fake", "real", "real_score", "fake_score", "D0.dW", "D0.dW (2)"):
        assert f"D step: {name}" in found
    dfake = found["G step: dfake"]
    assert dfake.name == "G step: dfake" and dfake.shape == (128, 2)
    assert dfake.layer == "D0 Dense" and dfake.inputs == ("G step: D1.dx", "D0.W")
    assert found["G step: fake"].also[-1] == "G step: G2.y"
    assert not [n for n in found.names if n.startswith("G step: D") and "dW" in n]
    order = [found.names.index(f"G step: {n}") for n in ("z", "fake", "score", "dfake")]
    assert order == sorted(order)


def test_one_player_alone_computes_what_the_whole_step_does():
    def trainers():
        return [recipes.load("parabola", backend="numpy") for _ in range(2)]

    alone, whole = trainers()
    d = alone.discriminator_step()
    g = alone.generator_step()
    step = whole.step()
    assert {**d, **g} == {name: step[name] for name in {**d, **g}}
    assert fingerprint(alone.generator) == fingerprint(whole.generator)
    assert fingerprint(alone.discriminator) == fingerprint(whole.discriminator)


def test_a_part_of_a_batch_is_found_by_its_name():
    found = build(**OPTIONS["least squares"]).trace_step()  # D sees one batch of both
    assert found["D step: real_score"].inputs == ("D step: score",)
    assert found["D step: fake_score"].shape == found["D step: real_score"].shape


def test_a_step_that_is_not_finite_changes_nothing():
    trainer = build()
    trainer.fit(1)
    weight = trainer.discriminator.layers[0].W.value
    kept, weight[0, 0] = weight[0, 0], np.inf
    before = Snapshot(trainer)
    with pytest.raises(NonFiniteError, match="step 2: .* was not finite"):
        trainer.trace_step()
    assert not before.differences(Snapshot(trainer)) and trainer.step_count == 1
    weight[0, 0] = kept
    assert trainer.trace_step() and trainer.execution.capture


def test_a_step_of_ones_own():
    generator = Sequential([Dense(2, 2, rng=0)])
    discriminator = Sequential([Dense(2, 1, rng=1), Sigmoid()])
    adam, loss = Adam(), mg.BCE()
    z = np.ones((4, 2), np.float32)

    def my_generator_step():
        fake = generator.forward(z, training=True)
        with discriminator.frozen():
            p = discriminator.forward(fake, training=True)
            loss.forward(p, np.ones_like(p))
            dfake = discriminator.backward(loss.backward())
        generator.zero_grad()
        generator.backward(dfake, need_dx=False)
        adam.step(generator)

    with Tracer({"G": generator, "D": discriminator}) as tracer:
        my_generator_step()
        my_generator_step()
    found = tracer.trace
    assert found["G step: dfake"].layer == "D0 Dense"
    assert found["G step 2: fake"].line.startswith("layers/dense.py:")
    assert "G step: G.theta" in found and "G step: p" in found
    with pytest.raises(RuntimeError):  # whatever happens, listening ends
        with Tracer({"D": discriminator}):
            raise RuntimeError
    assert mg.primitives.recorder.get() is None


# ---- how it is shown ---------------------------------------------------------------


def test_it_prints_and_shows_in_a_notebook_and_as_data():
    found = trace(chain(), np.ones((4, 2), np.float32), np.ones((4, 1), np.float32))
    text, html = str(found), found._repr_html_()
    assert "-- Forward --" in text and "-- Backward --" in text
    assert "dx = dy W^T." in text and "Sequential: 12 values" in text
    assert html.count("<tr>") == 15 and "0.dW" in html
    assert str(found["0.y"]).startswith("0.y, shape (4, 3), layers/dense.py:")
    data = json.loads(json.dumps(found.export()))
    assert data[0]["name"] == "0.y" and data[0]["shape"] == [4, 3]
    np.testing.assert_array_equal(
        np.float32(data[0]["values"]).reshape(4, 3), found["0.y"]
    )
