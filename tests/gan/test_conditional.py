"""Conditions: what each makes of a row and its label, and the gradient of a step."""

import numpy as np
import pytest

import minigan as mg
from minigan import gradcheck
from minigan.errors import MiniganError
from minigan.gan import CONDITIONS, conditional, networks, recipes

CLASSES, LATENT = 3, 4
each_condition = pytest.mark.parametrize("condition", CONDITIONS)


def players(condition):
    make = conditional.Making(CLASSES, np.random.default_rng(0), np.float64, units=2)

    def layers(inputs):
        return [make.dense(inputs, 5), mg.Tanh()]

    G = conditional.generator(
        make, condition, LATENT, lambda n: [*layers(n), make.dense(5, 2)]
    )
    return G, conditional.discriminator(make, condition, (2,), layers, 5)


def convolutional(condition):
    """The same for images, by convolutions."""
    sizes = networks.ConditionalConvolutions(LATENT, 2, (5,), channels=(2, 3))
    rng, image = np.random.default_rng(0), (4, 4, 1)
    made = sizes.generator, sizes.discriminator
    return [make(rng, np.float64, image, CLASSES, condition) for make in made]


@each_condition
@pytest.mark.parametrize("make", [players, convolutional])
@pytest.mark.parametrize("objective", ["non-saturating", "hinge"])
def test_the_gradient_of_the_whole_step(condition, make, objective):
    """From G's parameters through D, frozen: the score, and the logits' loss."""
    G, D = make(condition)
    report = gradcheck(G, through=D, objective=objective)
    report.assert_ok()
    assert all(row.method == "complex" for row in report.rows)
    gradcheck(D).assert_ok()


def test_what_a_projection_answers():
    _, D = players("projection")
    x, y = np.random.default_rng(1).standard_normal((6, 2)), np.arange(6) % CLASSES
    first, _, score, vectors = (
        layer for layer in D.layers if layer.parameters or isinstance(layer, mg.Tanh)
    )
    vectors.W.value[:] = np.random.default_rng(2).standard_normal((CLASSES, 5))
    h = np.tanh(x @ first.W.value + first.b.value)
    s = h @ score.W.value + score.b.value + (vectors.W.value[y] * h).sum(1)[:, None]
    np.testing.assert_allclose(D.predict((x, y)), 1 / (1 + np.exp(-s)), rtol=1e-12)


def test_ds_step_adds_the_loss_of_the_classes():
    """D's gradient is that of its loss plus the weighted cross-entropy, by hand."""
    x, y = np.random.default_rng(1).standard_normal((8, 2)), np.arange(8) % CLASSES
    found = {}
    for weight in (0.0, 1.0, 2.0):
        trainer = mg.gan.Trainer(
            *players("auxiliary"),
            (x, y),
            batch_size=8,
            batches="mixed",
            auxiliary_weight=weight,
            backend="numpy",
        )
        with mg.use_backend("numpy"):
            trainer.game.discriminator_gradient()
        found[weight] = trainer.discriminator.dtheta.copy()
    assert np.abs(found[1.0] - found[0.0]).max() > 1e-3
    np.testing.assert_allclose(
        found[2.0] - found[1.0], found[1.0] - found[0.0], atol=1e-12
    )


@pytest.mark.parametrize("batches", ["mixed", "separate"])
def test_classes_of_real_rows_alone(batches):
    """D's class head learns what a classifier of the real rows would, and no more."""
    x, y = np.random.default_rng(1).standard_normal((8, 2)), np.arange(8) % CLASSES
    G, D = players("auxiliary")
    options = {"batch_size": 8, "batches": batches, "updates": "simultaneous"}
    trainer = mg.gan.Trainer(
        *(G, D, (x, y)), **options, auxiliary_rows="real", backend="numpy"
    )
    drawn, batch = [], trainer.data.batch
    trainer.data.batch = lambda n: drawn.append(batch(n)) or drawn[-1]
    head = D.layers[-1]
    with mg.use_backend("numpy"):
        D.zero_grad()
        trainer.game.discriminator_gradient()
        ((rows, labels),) = drawn
        h = D.layers[1].predict(D.layers[0].predict(rows))
        p = np.exp(h @ head.W.value + head.b.value)
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(8), labels] -= 1
        share = 0.5 if batches == "mixed" else 1.0
        np.testing.assert_allclose(head.W.grad, share * h.T @ p / 8, atol=1e-12)
        trainer.game.generator_gradient()
    assert np.abs(G.dtheta).max() > 0


def test_a_condition_of_ones_own():
    @CONDITIONS.register(name="nothing")
    def nothing(make, of):
        return [make.dense(of.features, 1)(of.row), make.dense(2, CLASSES)(of.row)]

    try:
        G, D = players("nothing")
        assert len(D.outputs) == 2 and len(G.inputs) == 2
    finally:
        del CONDITIONS._things["nothing"]


def images(side):
    """Sixty images of noise, of ten classes."""
    rows = np.random.default_rng(0).uniform(-1, 1, (60, side, side, 1))
    return rows.astype(np.float32), np.arange(60) % 10


@pytest.mark.parametrize("name", ["digits-conditional", "mnist-conditional"])
def test_conditions_of_a_recipe(name):
    data = images(recipes.RECIPES[name].shape[0])
    kinds = {c: recipes.load(name, data=data, condition=c) for c in CONDITIONS}
    assert len({repr(t.discriminator) for t in kinds.values()}) == len(CONDITIONS)
    for trainer in kinds.values():
        assert trainer.classes == 10 and trainer.sample(2, labels=7).shape[0] == 2
        trainer.fit(1, report_every=None)
        assert trainer.generator.dtheta.any() and trainer.discriminator.dtheta.any()


def test_labels_join_behind_the_convolutions():
    """Whatever the condition: D's convolutions are those of no label."""
    for condition in CONDITIONS:
        _, D = convolutional(condition)
        kinds = [type(layer) for layer in D.layers]
        joins = [k for k, kind in enumerate(kinds) if kind in (mg.Dense, mg.Embedding)]
        seen = [k for k, kind in enumerate(kinds) if kind is mg.Conv2D]
        assert len(seen) == 2 and max(seen) < min(joins)


@pytest.mark.parametrize("pack", [1, 2])
def test_images_that_no_convolution_can_halve_twice(pack):
    assert recipes.load("mnist-conditional", data=images(12), pack=pack).classes == 10
    message = "'data': expected images whose height and width are multiples of 4"
    with pytest.raises(MiniganError, match=message):
        recipes.load("mnist-conditional", data=images(10), pack=pack)


def test_conditions_that_are_refused():
    with pytest.raises(MiniganError, match="'condition': expected one of 'concat"):
        recipes.load("digits-conditional", condition="chess")
    with pytest.raises(MiniganError, match="'condition': expected none for 'digits'"):
        recipes.load("digits", condition="projection")
    rows = np.linspace(-1, 1, 640, dtype=np.float32).reshape(10, 64)
    with pytest.raises(MiniganError, match=r"'data': expected \(rows, labels\)"):
        recipes.load("digits-conditional", data=rows)
