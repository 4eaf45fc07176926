"""The primitives as functions: checks, choice of backend, layout of operands."""

import copy
import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest

from minigan import primitives
from minigan.errors import ArgumentError, DTypeError, ShapeError
from minigan.primitives import Primitive
from minigan.primitives.backend import default_backend

from ..helpers import assert_same_bits, normal

each_backend = pytest.mark.parametrize("backend", primitives.BACKENDS)


def zeros(*shape, dtype=np.float32):
    return np.zeros(shape, dtype)


# ---- errors ------------------------------------------------------------------------

SHAPES = [
    (
        lambda: primitives.dense_forward(zeros(4, 3), zeros(2, 5), zeros(5)),
        r"^dense_forward: argument 'W': expected shape \(3, 5\), got \(2, 5\)$",
    ),
    (
        lambda: primitives.dense_forward(zeros(4), zeros(4, 5), zeros(5)),
        r"^dense_forward: argument 'x': expected shape \(N, D\), got \(4,\)$",
    ),
    (
        lambda: primitives.dense_dW(zeros(4, 3), zeros(4, 2), zeros(2, 3)),
        r"^dense_dW: argument 'dW': expected shape \(3, 2\), got \(2, 3\)$",
    ),
    (
        lambda: primitives.relu_backward(zeros(4, 3), zeros(3, 4)),
        r"^relu_backward: argument 'y': expected shape \(4, 3\), got \(3, 4\)$",
    ),
    (
        lambda: primitives.parabola(zeros(4, 2)),
        r"^parabola: argument 'u': expected shape \(4, 1\), got \(4, 2\)$",
    ),
    (
        lambda: primitives.average(np.zeros(()), np.zeros(1)),
        r"^average: argument 'b': expected shape \(\), got \(1,\)$",
    ),
    (
        lambda: primitives.concatenate(zeros(4, 2), zeros(3, 1)),
        r"^concatenate: argument 'b': expected shape \(3, 2\), got \(3, 1\)$",
    ),
]


@pytest.mark.parametrize("call, message", SHAPES)
def test_shape_errors_name_operand_expected_and_given(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


TYPES = [
    (
        lambda: primitives.dense_dx(zeros(2, 3), zeros(4, 3, dtype=np.float64)),
        r"^dense_dx: argument 'W': expected dtype float32, got dtype float64$",
    ),
    (
        lambda: primitives.copy(zeros(3, dtype=np.float16)),
        r"^copy: argument 'x': expected float32 or float64, got dtype float16$",
    ),
    (
        lambda: primitives.copy(zeros(3, dtype=np.int64)),
        r"^copy: argument 'x': expected float32 or float64, got dtype int64$",
    ),
    (
        lambda: primitives.copy(zeros(3, dtype=np.dtype(np.float32).newbyteorder())),
        r"^copy: argument 'x': expected float32 or float64, got dtype [<>]f4$",
    ),
    (
        lambda: primitives.average(np.zeros((), np.float32), np.zeros(())),
        r"^average: argument 'a': expected dtype float64, got dtype float32$",
    ),
    (
        lambda: primitives.gather(zeros(3, 2), np.zeros(2, np.int32)),
        r"^gather: argument 'index': expected dtype int64, got dtype int32$",
    ),
]


@pytest.mark.parametrize("call, message", TYPES)
def test_type_errors_name_operand_expected_and_given(call, message):
    with pytest.raises(DTypeError, match=message):
        call()


def test_a_foreign_byte_order_does_not_spoil_later_calls():
    with pytest.raises(DTypeError):
        primitives.tanh_forward(np.zeros(5, np.dtype(np.float32).newbyteorder()))
    assert primitives.tanh_forward(zeros(5)).dtype.isnative


@each_backend
@pytest.mark.parametrize(
    "x",
    [np.zeros((4, 6))[:, ::2], np.broadcast_to(np.zeros(()), (3,))],
    ids=["strided", "read-only"],
)
def test_an_updated_operand_must_be_plain(backend, x):
    with (
        primitives.use_backend(backend),
        pytest.raises(ArgumentError, match="fill: argument 'x': .*C-contiguous"),
    ):
        primitives.fill(x, 1.0)
    assert not x.any()


# ---- layout of the operands --------------------------------------------------------


def _read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


def _strided(x):
    wide = np.zeros((2 * x.shape[0], 3 * x.shape[1]), x.dtype)
    wide[::2, ::3] = x
    return wide[::2, ::3]


LAYOUTS = {
    "read-only": _read_only,
    "strided": _strided,
    "column-major": np.asfortranarray,
    "reversed": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
}


@each_backend
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_any_layout_gives_the_same_bits(backend, layout):
    x, W, b = normal(9, 5), normal(5, 7, seed=1), normal(7, seed=2)
    with primitives.use_backend(backend):
        plain = primitives.dense_forward(x, W, b)
        assert_same_bits(primitives.dense_forward(layout(x), layout(W), b), plain)


@each_backend
def test_a_broadcast_operand(backend):
    x = np.broadcast_to(np.float32(0.5), (3, 4))
    with primitives.use_backend(backend):
        assert_same_bits(primitives.tanh_forward(x), primitives.tanh_forward(x.copy()))


# ---- complex numbers ---------------------------------------------------------------


@each_backend
def test_complex_operands_go_to_the_reference(backend):
    x = normal(4, 3, dtype=np.float64) + 1e-30j
    with primitives.use_backend(backend):
        y = primitives.tanh_forward(x)
    assert y.dtype == np.complex128
    np.testing.assert_allclose(y.imag / 1e-30, 1 - np.tanh(x.real) ** 2, rtol=1e-12)


def test_memory_cells_may_be_complex():
    mean = primitives.average(np.array(1 + 2j), np.array(3 + 0j))
    assert mean.dtype == np.complex128 and mean == 2 + 1j


def test_a_complex_loss_is_a_complex_cell():
    z, t = np.full((2, 1), 1j), np.ones((2, 1), complex)
    assert primitives.bce_logits_forward(z, t, 1.0).dtype == np.complex128


# ---- choice of the backend ---------------------------------------------------------


def test_use_backend_nests_and_restores():
    outside = primitives.backend()
    with primitives.use_backend("numpy"):
        with primitives.use_backend("jit"):
            assert primitives.backend() == "jit"
        assert primitives.backend() == "numpy"
        with primitives.use_backend(None):
            assert primitives.backend() == "numpy"
    assert primitives.backend() == outside


def test_use_backend_restores_after_an_exception():
    outside = primitives.backend()
    with pytest.raises(KeyError), primitives.use_backend("numpy"):
        raise KeyError
    assert primitives.backend() == outside


@pytest.mark.parametrize("name", ["cuda", "JIT", "", 1, ["jit"]])
def test_use_backend_refuses_other_names(name):
    with (
        pytest.raises(ArgumentError, match=r"use_backend: argument 'name': .*'numpy'"),
        primitives.use_backend(name),
    ):
        pass


def test_the_code_of_the_chosen_backend_runs():
    calls = []

    def double(x, y):
        calls.append(x.shape)

    made = Primitive(double, "x[*] -> y[*]", None, None, "", "", None, None)
    made.__dict__["twin"] = lambda x, y: calls.append(("twin", x.shape))
    for name in ("jit", "numpy"):
        with primitives.use_backend(name):
            made(zeros(2, 3))
    assert calls == [("twin", (6,)), (2, 3)]  # twins take `[*]` as vectors


@pytest.fixture
def fresh_default():
    default_backend.cache_clear()
    yield
    default_backend.cache_clear()


@pytest.mark.parametrize(
    "value, chosen", [("numpy", "numpy"), ("jit", "jit"), ("", "jit")]
)
def test_the_environment_sets_the_default(monkeypatch, fresh_default, value, chosen):
    monkeypatch.setenv("MINIGAN_BACKEND", value)
    assert primitives.backend() == chosen


def test_a_bad_name_in_the_environment(monkeypatch, fresh_default):
    monkeypatch.setenv("MINIGAN_BACKEND", "torch")
    message = "^minigan: argument 'MINIGAN_BACKEND': expected one of .* got 'torch'$"
    with pytest.raises(ArgumentError, match=message):
        primitives.backend()


def test_the_numpy_backend_never_loads_numba():
    program = """
import sys, numpy, minigan
minigan.Dense(2, 1).forward(numpy.ones((1, 2), "float32"))
sys.exit("numba" in sys.modules or "matplotlib" in sys.modules)
"""
    environment = {**os.environ, "MINIGAN_BACKEND": "numpy"}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)


# ---- threads -----------------------------------------------------------------------


def test_a_thread_chooses_its_own_backend():
    seen = {}
    inside = threading.Barrier(2, timeout=20)

    def work(name):
        with primitives.use_backend(name):
            inside.wait()
            seen[name] = primitives.backend()

    threads = [
        threading.Thread(target=work, args=(name,)) for name in primitives.BACKENDS
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"jit": "jit", "numpy": "numpy"}


def test_two_threads_do_not_disturb_each_other():
    x = [normal(33, 17, seed=k) for k in range(2)]
    W, b = normal(17, 9, seed=7), normal(9, seed=8)
    alone = [primitives.dense_forward(each, W, b) for each in x]
    together = [[], []]

    def work(k):
        for _ in range(20):
            together[k].append(primitives.dense_forward(x[k], W, b))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k in range(2):
        assert len(together[k]) == 20
        assert all(y.tobytes() == alone[k].tobytes() for y in together[k])


# ---- recorder ----------------------------------------------------------------------


def test_a_recorder_is_told_of_every_call():
    class Recorder:
        notes = []

        def note(self, primitive, operands, sizes, dtype):
            self.notes.append((primitive.name, len(operands), sizes, dtype))

    token = primitives.recorder.set(Recorder())
    try:
        primitives.dense_dx(zeros(2, 3), zeros(4, 3))
    finally:
        primitives.recorder.reset(token)
    sizes = {"N": 2, "M": 3, "D": 4}
    assert Recorder.notes == [("dense_dx", 3, sizes, np.dtype(np.float32))]


def test_plans_do_not_pile_up():
    with primitives.use_backend("numpy"):
        for n in range(1, 4200):
            primitives.fill(zeros(n), 1.0)
        assert primitives.fill(zeros(3), 1.0) is None


# ---- several values ----------------------------------------------------------------


@each_backend
def test_features_are_put_side_by_side_and_taken_apart(backend):
    a, b = normal(4, 3), normal(4, 2, seed=1)
    with primitives.use_backend(backend):
        c = primitives.concatenate_features(a, b)
        assert_same_bits(c, np.concatenate([a, b], axis=1))
        assert_same_bits(primitives.take_features(c, 0, 3), a)
        assert_same_bits(primitives.take_features(c, 3, 2), b)


@each_backend
def test_the_rows_of_one_label_add_up_in_their_order(backend):
    label, dy = np.array([2, 0, 2, 2]), normal(4, 3)
    dW = normal(3, 3, seed=1)
    expected = dW.copy()
    for n in range(4):
        expected[label[n]] += dy[n]
    with primitives.use_backend(backend):
        primitives.embedding_dW(label, dy, dW)
    assert_same_bits(dW, expected)


@each_backend
def test_calls_with_other_arguments_are_refused_however_often(backend):
    x = zeros(2, 3)
    with primitives.use_backend(backend):
        primitives.leaky_relu_forward(x, 0.1)  # there is a plan from now on
        for wrong in ((x,), (x, 0.1, 0.2), (x, 0.1, x), (0.1, x), (x, "a")):
            with pytest.raises(
                DTypeError, match=r"^leaky_relu_forward: .*x\[\*\] slope"
            ):
                primitives.leaky_relu_forward(*wrong)


@pytest.mark.parametrize("twin_of", [copy.copy, copy.deepcopy])
def test_a_primitive_is_one_thing_however_it_is_copied(twin_of):
    assert twin_of(primitives.tanh_forward) is primitives.tanh_forward
    pickled = pickle.dumps(primitives.tanh_forward)
    assert pickle.loads(pickled) is primitives.tanh_forward
