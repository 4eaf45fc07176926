"""The summary: counts that are right, in text, rich and HTML."""

import io
import subprocess
import sys

import numpy as np
import pytest

from minigan import (
    BatchNorm,
    Dense,
    Dropout,
    Flatten,
    LeakyReLU,
    ReLU,
    Reshape,
    Sequential,
    Sigmoid,
    Tanh,
)
from minigan.network import Summary


def parabola_generator():
    return Sequential([Dense(5, 15), ReLU(), Dense(15, 2)])


def wide_generator():
    layers = []
    for inputs, units in ((100, 256), (256, 512), (512, 1024)):
        layers += [Dense(inputs, units), LeakyReLU(0.2), BatchNorm(units)]
    return Sequential([*layers, Dense(1024, 784), Tanh(), Reshape((28, 28, 1))])


def wide_discriminator():
    hidden = [Dense(784, 512), LeakyReLU(0.2), Dense(512, 256), LeakyReLU(0.2)]
    return Sequential([Flatten(), *hidden, Dense(256, 1), Sigmoid()])


@pytest.mark.parametrize(
    ("network", "total", "trainable"),
    [
        (parabola_generator, 122, 122),
        (wide_generator, 1_493_520, 1_489_936),
        (wide_discriminator, 533_505, 533_505),
        (lambda: Sequential([BatchNorm(7)]), 28, 14),
    ],
)
def test_counts(network, total, trainable):
    summary = network().summary()
    assert isinstance(summary, Summary)
    assert (summary.total, summary.trainable) == (total, trainable)
    assert summary.non_trainable == total - trainable
    assert f"Total params: {total:,}" in str(summary)
    assert f"Trainable params: {trainable:,}" in str(summary)
    assert f"Non-trainable params: {total - trainable:,}" in str(summary)


def test_the_whole_table():
    expected = """\
Sequential
Layer     Output shape  Parameters  State
---------------------------------------------
0  Dense  (batch, 15)           90  trainable
1  ReLU   (batch, 15)            0
2  Dense  (batch, 2)            32  trainable
---------------------------------------------
Total params: 122
Trainable params: 122
Non-trainable params: 0"""
    assert str(parabola_generator().summary()) == expected


def test_shapes_known_and_unknown():
    rows = wide_discriminator().summary().rows
    assert [row[1] for row in rows[:2]] == ["?", "(batch, 512)"]
    rows = Sequential([ReLU(), Dropout(0.5)]).summary().rows
    assert [row[1] for row in rows] == ["?", "?"]
    assert Sequential([Dense(4, 6), Reshape((2, 3))]).summary().rows[1][1] == (
        "(batch, 2, 3)"
    )


def test_nested_networks_are_indented_and_frozen_ones_show_it():
    G = parabola_generator()
    D = Sequential([Dense(2, 25), ReLU(), Dense(25, 1), Sigmoid()])
    gan = Sequential([G, D])
    with D.frozen():
        summary = gan.summary()
    names = [row[0] for row in summary.rows]
    assert names[0] == "0  Sequential" and names[1] == "   0  Dense"
    states = {row[0]: row[3] for row in summary.rows}
    assert states["0  Sequential"] == "trainable"
    assert states["1  Sequential"] == "frozen"
    assert (summary.trainable, summary.non_trainable) == (122, 101)
    assert gan.summary().trainable == 223  # the scope is over
    with G[0].frozen():
        assert gan.summary().rows[0][3] == "partly frozen"


def test_a_network_used_twice_is_counted_once():
    G = Sequential([Dense(3, 3)])
    assert Sequential([G, G]).summary().total == 12


def test_rich_and_html():
    from rich.console import Console

    summary = wide_generator().summary()
    text = io.StringIO()
    Console(file=text, width=100).print(summary)
    assert "1,493,520" in text.getvalue() and "803,600" in text.getvalue()
    html = Sequential([parabola_generator()])._repr_html_()
    assert html.count("<tr>") == 5 and "&nbsp;&nbsp;&nbsp;0  Dense" in html
    assert "\x1b" not in str(summary)


def test_cells_are_escaped():
    class Odd(type(ReLU())):
        pass

    Odd.__name__ = "A<b>[red]"
    summary = Sequential([Odd()]).summary()
    assert "A&lt;b&gt;[red]" in summary._repr_html_()
    from rich.console import Console

    text = io.StringIO()
    Console(file=text, width=100).print(summary)
    assert "A<b>[red]" in text.getvalue()


def test_rich_is_loaded_only_to_print():
    code = (
        "import sys, minigan; "
        "str(minigan.Sequential([minigan.Dense(2, 2)]).summary()); "
        "assert 'rich' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_layer_of_ones_own():
    class Scale(ReLU):
        def __init__(self):
            self.scale = self.add_parameter("scale", np.ones(3, np.float32))

    assert Sequential([Dense(2, 3), Scale()]).summary().rows[1] == [
        "1  Scale",
        "(batch, 3)",
        "3",
        "trainable",
    ]
