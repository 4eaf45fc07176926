"""Graph: values used twice, shared layers, several inputs and outputs, captured."""

import copy
import json
import pickle

import numpy as np
import pytest

from minigan import (
    SGD,
    Adam,
    Add,
    BCEWithLogits,
    Concatenate,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Graph,
    Input,
    Multiply,
    ReLU,
    Sequential,
    Tanh,
    gradcheck,
    primitives,
    saving,
)
from minigan.capture.program import capture
from minigan.errors import (
    ArgumentError,
    DTypeError,
    NonFiniteError,
    ShapeError,
    StateError,
)
from minigan.jit.compiling import JIT_DISABLED
from minigan.network import alone
from minigan.state import Snapshot

from ..helpers import assert_close, assert_same_bits, fingerprint, normal
from .small import small_graph

each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])
ROWS = 6


def inputs(dtype=np.float32, rows=ROWS):
    return normal(rows, 5, dtype=dtype), np.array([2, 0, 2, 1, 0, 2])[:rows]


def gradients_in(y):
    return [normal(*v.shape, dtype=v.dtype, seed=k) for k, v in enumerate(y)]


def one_pass(graph, dtype=np.float32, **keywords):
    y = graph.forward(inputs(dtype), training=True)
    return y, graph.backward(gradients_in(y), **keywords)


# ---- what it computes --------------------------------------------------------------


@each_type
def test_forward_is_the_layers_called_by_hand(dtype):
    graph, twin = small_graph(dtype), small_graph(dtype)
    first, tanh, shared, embedding, product, beside, dense, norm, leaky, plus, *ends = (
        twin.layers
    )
    z, label = inputs(dtype)
    h = tanh.predict(first.predict(z))
    e = embedding.predict(label)
    joint = beside.predict([product.predict([shared.predict(h), shared.predict(e)]), h])
    bent = leaky.predict(norm.predict(dense.predict(joint)))
    score = ends[0].predict(plus.predict([joint, bent]))
    found = graph.predict((z, label))
    assert_same_bits(found[0], score)
    assert_same_bits(found[1], ends[1].predict(h))
    for a, b in zip(found, graph.forward((z, label)), strict=True):
        assert_same_bits(a, b)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("frozen", [True, False])
def test_gradients_by_complex_step(training, frozen):
    report = gradcheck(small_graph(dropout=True), training=training, frozen=frozen)
    report.assert_ok()
    assert report.worst < 1e-11
    assert report["x[0]"].ok and "x[1]" not in [row.tensor for row in report.rows]
    assert frozen or report["2.Dense.W"].ok


def test_a_value_used_twice_adds_its_gradients():
    x = Input((3,))
    graph = Graph(x, Add()([x, x, Multiply()([x, x])]))  # y = 2 x + x^2
    value, dy = normal(4, 3), normal(4, 3, seed=1)
    graph.forward(value)
    assert_close(graph.backward(dy), dy * (2 + 2 * value), np.float32)


def test_a_layer_called_twice_adds_its_gradients():
    x, layer = Input((3,)), Dense(3, 3, rng=0, dtype=np.float64)
    graph = Graph(x, layer(Tanh()(layer(x))))
    W, b = (p.value.copy() for p in layer.parameters)
    value = normal(4, 3, dtype=np.float64)
    dy = normal(4, 3, dtype=np.float64, seed=1)
    graph.forward(value)
    graph.backward(dy)
    h = np.tanh(value @ W + b)
    back = (dy @ W.T) * (1 - h * h)
    assert_close(layer.W.grad, h.T @ dy + value.T @ back, np.float64)
    assert_close(layer.b.grad, dy.sum(0) + back.sum(0), np.float64)


def test_a_straight_graph_is_a_sequential():
    x = Input((3,))
    chain = [Dense(3, 4, rng=0), Tanh(), Dense(4, 2, rng=1)]
    graph = Graph(x, chain[2](chain[1](chain[0](x))))
    twin = Sequential([Dense(3, 4, rng=0), Tanh(), Dense(4, 2, rng=1)])
    value = normal(4, 3)
    assert_same_bits(graph.forward(value), twin.forward(value))
    dy = normal(4, 2, seed=1)
    assert_same_bits(graph.backward(dy), twin.backward(dy))
    assert_same_bits(graph.dtheta, twin.dtheta)
    assert graph.input_shape == (3,) and graph.output_shape() == (2,)


def test_graphs_and_chains_inside_graphs():
    inner, z, label = small_graph(), Input((5,)), Input((), dtype=int)
    score, classes = inner([z, label])
    other = Sequential([Dense(3, 1, rng=5), Tanh()])
    graph = Graph([z, label], Add()([score, other(classes)]))
    assert graph.owners() == [graph, inner, other]  # the first owns `Add` alone
    gradcheck(graph).assert_ok()
    chain = Sequential([alone_graph(), Tanh()])
    gradcheck(chain).assert_ok()
    assert chain.input_shape == (3,)


def alone_graph():
    x = Input((3,))
    return Graph(x, Dense(3, 2, rng=0)(x))


def test_an_output_that_nobody_uses():
    """A result without a gradient adds none."""
    inner, z, label = small_graph(), Input((5,)), Input((), dtype=int)
    _, classes = inner([z, label])
    graph = Graph([z, label], classes)
    gradcheck(graph).assert_ok()
    y = graph.forward(inputs())
    graph.backward(np.ones_like(y))
    assert inner.gradients()["0.dW"].any() and not inner.gradients()["10.dW"].any()


def test_an_input_may_be_an_output_too():
    x = Input((3,))
    graph = Graph(x, [x, Dense(3, 2, rng=0)(x)])
    value = normal(4, 3)
    same, _ = graph.forward(value)
    assert_same_bits(same, value)
    assert not np.shares_memory(same, value)
    gradcheck(graph).assert_ok()


# ---- a network ---------------------------------------------------------------------


@each_type
def test_parameters_are_views_of_the_vectors(dtype):
    graph = small_graph(dtype)
    for parameter in graph.parameters:
        assert np.shares_memory(parameter.value, graph.theta)
        assert np.shares_memory(parameter.grad, graph.dtheta)
    assert graph.buffers.size and graph.dtype == dtype
    assert len(graph.parameters) == 13  # those of the shared layer once


@each_type
def test_caches_are_kept_apart_from_what_the_caller_does(dtype):
    one, other = small_graph(dtype), small_graph(dtype)
    _, expected = one_pass(one, dtype)
    z, label = inputs(dtype)
    y = other.forward((z, label), training=True)
    dy = gradients_in(y)
    z[...], label[...], y[0][...], y[1][...] = 7, 0, -7, -7
    dx = other.backward(dy)
    assert_same_bits(dx[0], expected[0])
    assert_same_bits(other.dtheta, one.dtheta)
    with pytest.raises(StateError, match="Graph.backward: expected a forward before"):
        other.backward(dy)


def test_gradients_of_inputs_share_no_memory():
    a, b = Input((3,)), Input((3,))
    graph = Graph([a, b], Add()([a, b]))
    graph.forward((normal(4, 3), normal(4, 3)))
    dy = normal(4, 3)
    da, db = graph.backward(dy)
    for one, two in ((da, db), (da, dy), (db, dy)):
        assert not np.shares_memory(one, two)


def test_labels_have_no_gradient():
    _, dx = one_pass(small_graph())
    assert dx[0].shape == (ROWS, 5) and dx[1] is None
    label = Input((), dtype=int)
    graph = Graph(label, Embedding(3, 2)(label))
    y = graph.forward(inputs()[1])
    assert graph.backward(np.ones_like(y)) is None


def test_without_dx_the_parameter_gradients_are_the_same():
    one, other = small_graph(), small_graph()
    one_pass(one)
    assert one_pass(other, need_dx=False)[1] is None
    assert fingerprint(one) == fingerprint(other)


def test_frozen_nothing_changes_and_dx_flows():
    graph, free = small_graph(), small_graph()
    _, expected = one_pass(free)
    before = fingerprint(graph)
    with graph.frozen():
        assert graph.holds_frozen
        _, dx = one_pass(graph)
        with pytest.raises(StateError, match="frozen"):
            SGD(0.1).step(graph)
        with pytest.raises(StateError, match="Graph.zero_grad: the network is frozen"):
            graph.zero_grad()
    assert fingerprint(graph) == before and not graph.holds_frozen
    assert_same_bits(dx[0], expected[0])


class Recorder:
    """Is told of every primitive that runs."""

    def __init__(self):
        self.names = []

    def note(self, primitive, operands, sizes, dtype):
        self.names.append(primitive.name)


@pytest.fixture
def calls():
    recorder = Recorder()
    token = primitives.recorder.set(recorder)
    yield recorder.names
    primitives.recorder.reset(token)


def test_work_that_nobody_needs_is_not_done(calls):
    graph = small_graph()
    with graph.frozen():
        y = graph.forward(inputs())
        count = len(calls)
        assert graph.backward(gradients_in(y), need_dx=False) is None
        assert len(calls) == count
    embedding = graph.layers[3]
    with contextlib_frozen(*(x for x in graph.layers if x is not embedding)):
        y = graph.forward(inputs())
        count = len(calls)
        graph.backward(gradients_in(y), need_dx=False)
    backwards = calls[count:]
    assert "embedding_dW" in backwards and "dense_dW" not in backwards
    assert backwards.count("dense_dx") == 3  # of the score, below it, and of `shared`


def contextlib_frozen(*layers):
    from contextlib import ExitStack

    stack = ExitStack()
    for layer in layers:
        stack.enter_context(layer.frozen())
    return stack


@pytest.mark.parametrize(
    "twin_of",
    [
        copy.deepcopy,
        lambda graph: pickle.loads(pickle.dumps(graph)),
        lambda graph: graph.astype(np.float64),
    ],
    ids=["deepcopy", "pickle", "astype"],
)
def test_a_copy_learns_for_itself(twin_of):
    graph = small_graph()
    one_pass(graph)
    twin, before = twin_of(graph), fingerprint(graph)
    assert list(twin.tensors()) == list(graph.tensors())
    y, _ = one_pass(twin, twin.dtype)
    assert_close(y[0], one_pass(small_graph())[0][0], np.float32)
    theta = twin.theta.copy()
    Adam().step(twin)
    assert (twin.theta != theta).any() and fingerprint(graph) == before


def test_names_of_what_it_holds():
    graph = small_graph(dropout=True)
    assert list(graph.state()) == ["theta", "buffers"]
    assert list(graph.tensors())[:5] == ["0.W", "0.b", "2.W", "2.b", "3.W"]
    assert list(graph.gradients())[4] == "3.dW"
    assert list(graph.generators()) == ["8.rng"]


# ---- plain data --------------------------------------------------------------------


@each_type
def test_it_comes_back_from_plain_data(dtype):
    rng = np.random.default_rng(3)
    a, b = Input((4,), name="a"), Input((2, 2))
    half, label = Dropout(0.5, rng=rng)(a), Input((), dtype=int)
    sum_ = Add()([half, Flatten()(b), Embedding(3, 4, rng=rng, dtype=dtype)(label)])
    graph = Graph([a, b, label], [Dense(4, 2, rng=rng, dtype=dtype)(sum_), half])
    described = json.loads(json.dumps(saving.describe(graph, [rng])))
    vectors = graph.theta, graph.buffers
    twin = saving.build(described, dtype, [copy.deepcopy(rng)], *vectors)
    assert isinstance(twin, Graph) and twin.inputs == graph.inputs
    assert twin.steps == graph.steps and twin.outputs == graph.outputs
    x = normal(5, 4, dtype=dtype), normal(5, 2, 2, dtype=dtype), np.arange(5) % 3
    for found, expected in zip(
        twin.forward(x, training=True), graph.forward(x, training=True), strict=True
    ):
        assert_same_bits(found, expected)


def test_the_config_is_numbers_and_layers():
    config = small_graph().config()
    assert config["inputs"] == [((5,), False, "z"), ((), True, "label")]
    assert config["calls"][:5] == [
        (0, (0,)),
        (1, (2,)),
        (2, (3,)),
        (3, (1,)),
        (2, (5,)),
    ]
    assert config["outputs"] == (13, 14)
    assert config["layers"] == list(small_graph().layers) or len(config["layers"]) == 12


# ---- captured ----------------------------------------------------------------------


class Training:
    """A step of training, as `capture` wants to have it."""

    def __init__(self, dtype):
        self.graph, self.adam = small_graph(dtype, dropout=True), Adam()
        self.z, self.label = inputs(dtype)
        self.target = normal(ROWS, 1, dtype=dtype, seed=3) > 0
        self.target = self.target.astype(dtype)
        self.loss = BCEWithLogits()
        self.adam.vectors(self.graph)

    def step(self):
        y, cache = self.graph.forward_pass((self.z, self.label), True)
        _, kept = self.loss.forward_pass(y[0], self.target)
        dscore = self.loss.backward_pass(kept)
        dclasses = primitives.scale(y[1], 0.1)
        self.graph.zero_grad()
        self.graph.backward_pass((dscore, dclasses), cache, False)
        self.adam.step(self.graph)

    def state(self):
        return {**self.graph.state(), **self.adam.state()}

    def generators(self):
        return self.graph.generators()


@pytest.mark.skipif(JIT_DISABLED, reason="nothing can be captured")
@pytest.mark.parametrize("fused", [True, False])
@each_type
def test_a_captured_step_has_the_bits_of_the_eager_one(dtype, fused):
    with primitives.use_backend("jit"):
        eager, captured = Training(dtype), Training(dtype)
        graph = captured.graph
        workspace = {
            "z": captured.z,
            "label": captured.label,
            "target": captured.target,
            **graph.tensors(),
            "dtheta": graph.dtheta,
            **graph.gradients(),
        }
        program = capture(
            captured.step,
            captured,
            workspace,
            gradients=tuple(graph.gradients()),
            fused=fused,
        )
        program.play(20)
        for _ in range(21):
            eager.step()
    assert Snapshot(captured).differences(Snapshot(eager)) == []
    names = [line.primitive.name for line in program.instructions]
    assert names.count("embedding_dW") == 1 and "add" in names


# ---- what is refused ---------------------------------------------------------------


def disconnected():
    a, b = Input((3,), name="a"), Input((3,), name="b")
    return a, b, ReLU()(a), Add()([a, b])


@pytest.mark.parametrize(
    "make, error, message",
    [
        (
            lambda a, b, h, both: Graph(a, both),
            ArgumentError,
            "^Graph: argument 'inputs': expected every Input that the outputs are made "
            r"of, got all but <Input 'b' \(batch, 3\)>$",
        ),
        (
            lambda a, b, h, both: Graph([a, b], h),
            ArgumentError,
            r"^Graph: argument 'inputs\[1\]': expected an Input that the outputs are "
            r"made of, got <Input 'b' \(batch, 3\)>$",
        ),
        (
            lambda a, b, h, both: Graph([a, a], h),
            ArgumentError,
            r"argument 'inputs\[1\]': expected each Input once",
        ),
        (
            lambda a, b, h, both: Graph([a, h], [h, both]),
            ArgumentError,
            r"argument 'inputs\[1\]': expected an Input, got <ReLU \(batch, 3\)>",
        ),
        (
            lambda a, b, h, both: Graph(a, a),
            ArgumentError,
            "argument 'outputs': expected what layers make of the inputs, got inputs",
        ),
        (
            lambda a, b, h, both: Graph(a, [h, ReLU()]),
            DTypeError,
            r"argument 'outputs\[1\]': expected a node, got ReLU",
        ),
        (
            lambda a, b, h, both: Graph(a, Sequential([Dense(3, 2)])[0](a)),
            StateError,
            r"^Graph: argument 'layers\[0\]': expected a layer without an owner, got D",
        ),
        (
            lambda a, b, h, both: Graph(a, Dense(3, 2, dtype="f8")(Dense(3, 3)(a))),
            DTypeError,
            "^Graph: argument 'layers': expected one dtype, got float32, float64$",
        ),
    ],
)
def test_nodes_that_do_not_hang_together(make, error, message):
    with pytest.raises(error, match=message):
        make(*disconnected())


def test_a_layer_of_a_graph_has_an_owner():
    graph = alone_graph()
    with pytest.raises(StateError, match="without an owner"):
        Sequential([graph.layers[0]])


def spoilt(k, change):
    x = list(inputs())
    x[k] = change(x[k])
    return x


def with_nan(x):
    x[2, 1] = np.nan
    return x


BAD_X = {
    "one array": (normal(6, 5), DTypeError, "'x': expected a tuple of 2 arrays, got a"),
    "three": ([1, 2, 3], DTypeError, "'x': expected a tuple of 2 .*, got a list of 3$"),
    "shape": (
        spoilt(0, lambda x: x[:, :4]),
        ShapeError,
        r"'x\[0\]': expected shape \(batch, 5\), got \(6, 4\)$",
    ),
    "rows": (
        spoilt(1, lambda x: x[:5]),
        ShapeError,
        r"'x\[1\]': expected shape \(6,\), got \(5,\)$",
    ),
    "type": (
        spoilt(0, lambda x: x.astype("f8")),
        DTypeError,
        r"'x\[0\]': expected dtype float32",
    ),
    "nan": (spoilt(0, with_nan), NonFiniteError, r"'x\[0\]': expected finite numbers"),
    "too high": (
        spoilt(1, lambda x: x + 1),
        ArgumentError,
        r"'x\[1\]': expected labels in 0 ... 2, got 3$",
    ),
    "negative": (
        spoilt(1, lambda x: x - 1),
        ArgumentError,
        r"'x\[1\]': expected labels in 0 ... 2, got -1$",
    ),
    "no integers": (
        spoilt(1, lambda x: x.astype("f4")),
        DTypeError,
        r"'x\[1\]': expected an integer array of shape \(batch,\), got dtype float32$",
    ),
    "column": (
        spoilt(1, lambda x: x[:, None]),
        ShapeError,
        r"'x\[1\]': expected an integer array of shape \(batch,\), got shape \(6, 1\)",
    ),
}


@pytest.mark.parametrize("x, error, message", BAD_X.values(), ids=BAD_X)
@pytest.mark.parametrize("method", ["forward", "predict"])
def test_bad_x_is_refused_before_anything_changes(x, error, message, method):
    graph = small_graph()
    before = fingerprint(graph)
    with pytest.raises(error, match=rf"^Graph\.{method}: argument {message}"):
        getattr(graph, method)(x)
    assert fingerprint(graph) == before


@pytest.mark.parametrize(
    "spoil, error, message",
    [
        (lambda dy: dy[0], DTypeError, "'dy': expected a tuple of 2 arrays, got a nd"),
        (lambda dy: dy[:1], DTypeError, "'dy': expected a tuple of 2 .*a list of 1"),
        (
            lambda dy: dy[::-1],
            ShapeError,
            r"'dy\[0\]': expected shape \(6, 1\), got \(",
        ),
    ],
)
def test_bad_dy_is_refused_before_anything_changes(spoil, error, message):
    graph = small_graph()
    y = graph.forward(inputs())
    before = fingerprint(graph)
    with pytest.raises(error, match=rf"^Graph\.backward: argument {message}"):
        graph.backward(spoil(gradients_in(y)))
    assert fingerprint(graph) == before
    graph.backward(gradients_in(y))  # the cache is still there


def test_narrow_integers_are_labels_too():
    graph = small_graph()
    z, label = inputs()
    for kind in (np.uint8, np.int32):
        for a, b in zip(
            graph.predict((z, label.astype(kind))),
            graph.predict((z, label)),
            strict=True,
        ):
            assert_same_bits(a, b)


# ---- what it shows -----------------------------------------------------------------


def test_the_summary_says_what_is_connected():
    text = str(small_graph().summary()).splitlines()
    assert text[1].split() == "Layer Output shape Parameters State Connected to".split()
    rows = [" ".join(line.split()) for line in text[3:-4]]
    assert rows[:2] == ["z Input (batch, 5)", "label Input of labels (batch,)"]
    assert rows[4:8] == [
        "2 Dense (batch, 4) 20 trainable 1",
        "3 Embedding (batch, 4) 12 trainable label",
        "2:2 Dense (batch, 4) 3",
        "4 Multiply (batch, 4) 0 2, 2:2",
    ]
    assert text[-3:] == [
        "Total params: 184",
        "Trainable params: 168",
        "Non-trainable params: 16",
    ]


def test_the_summary_of_graphs_inside_graphs():
    inner, z, label = small_graph(), Input((5,)), Input((), dtype=int)
    score, classes = inner([z, label])
    graph = Graph([z, label], [Tanh()(classes), score, inner([Tanh()(z), label])[0]])
    rows = [" ".join(line.split()) for line in str(graph.summary()).splitlines()[3:]]
    assert rows[:3] == [
        "x[0] Input (batch, 5)",
        "x[1] Input of labels (batch,)",
        "0 Graph (batch, 1), (batch, 3) 184 trainable x[0], x[1]",
    ]
    assert "0 Dense (batch, 4) 24 trainable z" in rows
    assert "1 Tanh (batch, 3) 0 0[1]" in rows
    assert "0:2 Graph (batch, 1), (batch, 3) 2, x[1]" in rows
    assert "Total params: 184" in rows


def test_it_describes_itself():
    x = Input((3,), name="a")
    assert repr(x) == "<Input 'a' (batch, 3)>"
    assert repr(Dense(3, 2)(x)) == "<Dense (batch, 2)>"
    assert repr(Graph(x, Tanh()(x))) == "Graph(1 -> 1, [Tanh()])"


def test_a_network_around_one_layer():
    assert isinstance(alone(Tanh(), (5, 3)), Sequential)
    graph = alone(Concatenate(), ((5, 3), (5, 2)))
    assert graph.output_shape() == (5,)
