"""What a network is as a player: its inputs, its score without a sigmoid."""

import copy

import numpy as np
import pytest

import minigan as mg
from minigan.errors import MiniganError, ShapeError
from minigan.gan import Classifier, Generator, Rows, Trainer, conditional
from minigan.gan.players import Inputs, critic_of, last_bounded, shapes_made

from .small import LATENT, array, as_graph, build, labels_of


def joining(order=(0, 1), heads=1, classes=3, sigmoid=True):
    """A graph of a row and a label, in this order."""
    row, label = mg.Input((2,)), mg.Input((), int)
    joint = mg.Concatenate()([row, mg.Embedding(classes, 3)(label)])
    score = mg.Dense(5, 1)(joint)
    ends = [mg.Sigmoid()(score) if sigmoid else score]
    ends += [mg.Dense(5, classes)(joint) for _ in range(heads - 1)]
    return mg.Graph([(row, label)[k] for k in order], ends)


def test_inputs_are_told_apart_by_what_they_take():
    x, labels = np.ones((4, 2), np.float32), np.arange(4)
    for order in ((0, 1), (1, 0)):
        inputs = Inputs.of("here", "network", joining(order))
        assert inputs.shape == (2,) and inputs.classes == 3
        given = inputs.given(x, labels)
        assert given[order.index(0)] is x and given[order.index(1)] is labels
        assert inputs.numbers_in(given) is x and inputs.labels_in(given) is labels
    alone = Inputs.of("here", "network", mg.Sequential([mg.Dense(2, 1)]))
    assert alone.given(x, labels) is x and alone.numbers_in(x) is x
    assert alone.labels_in(x) is None and alone.classes is None


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("heads", [1, 2])
def test_the_critic_of_a_graph_is_a_view_before_its_sigmoid(order, heads):
    network = joining(order, heads)
    critic = critic_of(network)
    inputs = Inputs.of("here", "network", network)
    x = inputs.given(np.ones((4, 2), np.float32), np.array([0, 1, 2, 0]))
    whole, before = network.predict(x), critic.predict(x)
    assert critic.splits == network.splits
    if heads > 1:
        assert (whole[1] == before[1]).all()
        whole, before = whole[0], before[0]
    np.testing.assert_allclose(whole, 1 / (1 + np.exp(-before)), rtol=1e-6)
    assert critic.theta is network.theta and critic.owners() == [network]
    with network.frozen():
        assert critic.holds_frozen
    network.zero_grad()
    y = critic.forward(x)
    critic.backward(tuple(map(np.ones_like, y)) if heads > 1 else np.ones_like(y))
    assert np.abs(network.dtheta).max() > 0


def test_a_score_that_comes_out_of_no_sigmoid_is_taken_as_it_is():
    for network in (joining(sigmoid=False), mg.Sequential([mg.Dense(2, 1)])):
        assert critic_of(network) is network
    chain = mg.Sequential([mg.Dense(2, 1), mg.Sigmoid()])
    assert critic_of(chain).layers == chain.layers[:1]


def test_copies_of_a_view_stay_views():
    network, critic = copy.deepcopy((joining(), critic_of(joining())))
    assert critic_of(network).theta is network.theta
    assert critic.owners()[0] is not network


def test_what_the_last_layer_can_make():
    z = mg.Input((3,))
    tanh = mg.Tanh()(mg.Dense(3, 4)(z))
    bounded = mg.Graph(z, mg.Reshape((2, 2))(tanh))
    assert isinstance(last_bounded(bounded), mg.Tanh)
    assert shapes_made(bounded) == ((2, 2),)
    z = mg.Input((3,))
    sides = [mg.Tanh()(mg.Dense(3, 4, rng=k)(z)) for k in range(2)]
    assert isinstance(last_bounded(mg.Graph(z, mg.Add()(sides))), mg.Add)


def test_a_network_of_unknown_sizes_is_refused_by_name():
    network = mg.Sequential([mg.ReLU(), mg.ReLU()])
    text = r": argument 'network': expected a network of known sizes, got Sequential\("
    with pytest.raises(ShapeError, match=f"^Classifier{text}"):
        Classifier(network)
    with pytest.raises(ShapeError, match=f"^Generator{text}"):
        Generator(network, 0, recipe="own", seed=0, step=0)


def test_a_chain_as_a_graph_trains_to_the_same_bytes():
    """Normalised, with a sigmoid; weights, draws and layers are those of the chain."""
    chain, graph = build(norm=True), build(norm=True, graph=True)
    for trainer in (chain, graph):
        trainer.fit(5, report_every=2)
    assert chain.generator.theta.tobytes() == graph.generator.theta.tobytes()
    assert chain.discriminator.theta.tobytes() == graph.discriminator.theta.tobytes()
    assert chain.history.table.tobytes() == graph.history.table.tobytes()
    assert chain.sample(3).tobytes() == graph.sample(3).tobytes()


# ---- what does not fit -------------------------------------------------------------


def generator(classes=3, condition="concatenate"):
    make = conditional.Making(classes, np.random.default_rng(0), np.float32)
    return conditional.generator(make, condition, LATENT, lambda n: [make.dense(n, 2)])


def plain(inputs, outputs):
    return mg.Sequential([mg.Dense(inputs, outputs)])


def two_rows():
    row, other = mg.Input((2,)), mg.Input((2,))
    return mg.Graph([row, other], mg.Dense(2, 1)(mg.Add()([row, other])))


def of_labels():
    return mg.Sequential([mg.Embedding(3, 2)])


def wide_head():
    row = mg.Input((2,))
    image = mg.Reshape((2, 2))(mg.Dense(2, 4)(row))
    return mg.Graph(row, [mg.Dense(2, 1)(row), image])


REFUSED = {
    "two rows": (lambda: (generator(), two_rows()), True, "takes one array of numbers"),
    "labels alone": (lambda: (of_labels(), joining()), True, "takes one array of numb"),
    "G without": (
        lambda: (plain(LATENT, 2), joining()),
        True,
        "'generator': expected a network that takes labels",
    ),
    "D without": (
        lambda: (generator(), plain(2, 1)),
        True,
        "'discriminator': expected one that takes labels or answers with logits",
    ),
    "data without": (
        lambda: (generator(), joining()),
        False,
        r"'data': expected rows with labels, say \(rows, labels\).*Rows without",
    ),
    "data with": (
        lambda: (plain(LATENT, 2), plain(2, 1)),
        True,
        "'data': expected rows without labels",
    ),
    "few classes of G": (
        lambda: (generator(2), joining()),
        True,
        r"'data': expected labels in 0 ... 1, as the networks know them, got .* to 2",
    ),
    "few classes of D": (
        lambda: (generator(), joining(heads=2, classes=2)),
        True,
        "'data': expected labels in 0 ... 1",
    ),
    "three answers": (
        lambda: (generator(), joining(heads=3)),
        True,
        "at most one output beside the score",
    ),
    "logits of an image": (
        lambda: (generator(), wide_head()),
        True,
        "at most one output beside the score",
    ),
    "two rows of G": (
        lambda: (joining(heads=2), joining()),
        True,
        "'generator': expected one output, the rows",
    ),
}


@pytest.mark.parametrize("make, labelled, message", REFUSED.values(), ids=REFUSED)
def test_networks_and_labels_that_do_not_fit(make, labelled, message):
    rows = array(12)
    with pytest.raises(MiniganError, match=f"^Trainer: argument.*{message}"):
        Trainer(*make(), (rows, labels_of(12)) if labelled else rows, batch_size=8)


def test_a_weight_of_logits_that_are_not_there():
    data = array(12), labels_of(12)
    with pytest.raises(MiniganError, match="'auxiliary_weight': expected 1.0 for a d"):
        Trainer(generator(), joining(), data, auxiliary_weight=0.5)
    with pytest.raises(MiniganError, match="'auxiliary_rows': expected both for a dis"):
        Trainer(generator(), joining(), data, auxiliary_rows="real")


def test_a_view_and_a_network_of_networks_are_no_players():
    critic, data = critic_of(joining()), (array(12), labels_of(12))
    row, label = mg.Input((2,)), mg.Input((), int)
    nested = mg.Graph([row, label], joining()([row, label]))
    for player in (critic, nested):
        with pytest.raises(MiniganError, match="'discriminator': expected a network t"):
            Trainer(generator(), player, data)


# ---- asking for labels -------------------------------------------------------------


def samplers():
    trainer = build(condition="concatenate", rows=21)
    return trainer, Generator.of(trainer)


def test_the_same_labels_in_every_form_are_the_same_rows():
    for sampler in samplers():
        z = np.random.default_rng(0).standard_normal((4, LATENT), np.float32)
        wanted = sampler.sample(z=z, labels=2)
        for labels in ([2] * 4, (2,) * 4, np.full(4, 2), np.full(4, 2, np.uint8)):
            assert sampler.sample(z=z, labels=labels).tobytes() == wanted.tobytes()
        assert sampler.sample(z=z, labels=1).tobytes() != wanted.tobytes()
        assert sampler.sample(labels=[0, 1, 2]).shape == (3, 2)
        assert sampler.sample(labels=range(3)).shape == (3, 2)


def test_labels_are_drawn_as_often_as_the_data_have_them():
    trainer, alone = samplers()
    counts = trainer.data.label_counts
    drawn = trainer.draw_labels(9000, np.random.default_rng(0))
    found = np.bincount(drawn, minlength=3) / 9000
    np.testing.assert_allclose(found, counts / counts.sum(), atol=0.02)
    assert len(set(counts)) == 3  # no class is as large as another
    assert trainer.sample(9).tobytes() == alone.sample(9).tobytes()
    labels = trainer.data.draw_labels(9000, np.random.default_rng(0))
    np.testing.assert_allclose(np.bincount(labels) / 9000, found, atol=0.02)


BAD = {
    "too large": (dict(n=4, labels=3), r"labels in 0 ... 2, got 3"),
    "negative": (dict(n=4, labels=-1), r"labels in 0 ... 2, got -1"),
    "too few": (dict(n=4, labels=[0, 1]), r"'labels': expected .* \(4,\), got"),
    "text": (dict(n=4, labels="7"), "'labels': expected an integer array"),
    "half": (dict(n=4, labels=[0.5] * 4), "'labels': expected an integer"),
    "floats": (dict(n=4, labels=np.zeros(4)), "'labels': expected an integer array"),
    "none for z": (
        dict(z=np.zeros((4, LATENT), np.float32)),
        "'labels': expected one for each z",
    ),
    "no n for one": (dict(labels=1), "'n': expected either n or z"),
    "n and z": (
        dict(n=4, z=np.zeros((4, LATENT), np.float32), labels=1),
        "'n': expected either n or z",
    ),
}


@pytest.mark.parametrize("arguments, message", BAD.values(), ids=BAD)
def test_bad_labels_move_no_stream(arguments, message):
    for sampler in samplers():
        kept = sampler.rng if isinstance(sampler, Generator) else sampler.rngs["sample"]
        before = repr(kept.bit_generator.state)
        with pytest.raises(MiniganError, match=f"sample: argument.*{message}"):
            sampler.sample(**arguments)
        assert repr(kept.bit_generator.state) == before


def test_labels_for_a_generator_that_takes_none():
    for sampler in (build(), Generator.of(build())):
        with pytest.raises(MiniganError, match="'labels': expected None for a gener"):
            sampler.sample(3, labels=1)


def test_a_generators_step_on_labels_that_are_given():
    one, two = (build(condition="projection", rows=21) for _ in range(2))
    z = one.draw_latent(8, "report")
    one.generator_step(z, labels=1)
    two.generator_step(z, labels=np.full(8, 1))
    assert one.generator.theta.tobytes() == two.generator.theta.tobytes()
    with pytest.raises(MiniganError, match="'labels': expected one for each z"):
        one.generator_step(z)


def test_data_that_are_set_may_be_a_pair():
    trainer = build(condition="concatenate", rows=21)
    trainer.data = array(12), labels_of(12)
    assert trainer.data.labelled and trainer.data.rows == 12
    with pytest.raises(MiniganError, match="expected rows with labels"):
        trainer.data = array(12)
    assert isinstance(trainer.data, Rows)


def test_a_graph_keeps_the_bytes_of_its_chain():
    """`as_graph` of the small GANs copies layers, and so their weights."""
    chain = build().generator
    assert as_graph(chain.layers).theta.tobytes() == chain.theta.tobytes()
