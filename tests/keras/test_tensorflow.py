"""What scripts use of `tf` beside `tf.keras`."""

import ast
import inspect

import numpy as np
import pytest

import minigan as tf
from minigan.errors import MiniganError
from minigan.keras import layers, tensorflow


def test_arrays_and_random_numbers():
    tf.random.set_seed(3)
    a = tf.random.normal([500, 2], stddev=2.0)
    assert a.shape == (500, 2) and a.dtype == np.float32 and abs(a.std() - 2) < 0.2
    tf.random.set_seed(3)
    assert (tf.random.normal((500, 2), stddev=2.0).numpy() == a.numpy()).all()
    assert type(a.numpy()) is np.ndarray
    labels = tf.random.uniform((50,), 0, 3, dtype=tf.int32)
    assert set(labels.tolist()) == {0, 1, 2}
    assert tf.ones((2, 1)).sum() == 2 and tf.zeros_like(a).sum() == 0
    assert tf.convert_to_tensor([1.5]).dtype == np.float32
    assert tf.concat([a, a], 0).shape == (1000, 2)
    assert tf.reduce_mean(tf.square(a)) == pytest.approx(np.mean(a * a))


def test_calls_on_arrays_have_numpy():
    model = tf.keras.Sequential([layers.Dense(3, input_dim=2)])
    made = model(tf.ones((4, 2)), training=False)
    assert made.numpy().shape == (4, 3) and isinstance(made, np.ndarray)
    np.testing.assert_array_equal(model.predict([[1, 1], [0, 1]])[0], made[0])


def test_formulas_of_tf_math():
    def loss(t, p):
        return tf.reduce_mean(tf.math.log(1 + tf.math.exp(-t * p)), axis=-1)

    model = tf.keras.Sequential([layers.Dense(1, input_dim=2)])
    model.compile("sgd", loss)
    x, y = np.ones((4, 2)), np.ones((4, 1))
    p = model.predict(x)
    assert model.train_on_batch(x, y) == pytest.approx(np.log1p(np.exp(-p)).mean())


def test_shapes_are_tuples_and_lists():
    x = tf.keras.Input((4, 3))
    assert x.shape == (None, 4, 3) and x.shape.as_list() == [None, 4, 3]
    assert x.get_shape().as_list()[1:] == [4, 3]


@pytest.mark.parametrize("name", ["GradientTape", "Variable", "function"])
def test_out_of_scope(name):
    with pytest.raises(MiniganError, match=f"tf.{name}: not supported.*gan.penalties"):
        getattr(tf, name)


def test_the_names_are_those_of_the_module():
    """`minigan` has them listed, because the module is imported late."""
    found = set()
    for statement in ast.parse(inspect.getsource(tensorflow)).body:
        if isinstance(statement, ast.FunctionDef):
            found.add(statement.name)
        for target in getattr(statement, "targets", ()):
            found |= {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
    public = {name for name in found if not name.startswith("_")}
    inside = {"EAGER", "attribute", "normal", "uniform"}  # the last two: tf.random's
    assert public - inside | set(tensorflow.EAGER) == tf.TF_NAMES
