"""The named recipes, and every bad argument of recipes and trainer."""

import numpy as np
import pytest

from minigan import (
    SGD,
    Adam,
    BatchNorm,
    Dense,
    OptimisticAdam,
    ReLU,
    Reshape,
    Sequential,
    Sigmoid,
    Tanh,
    data,
    use_backend,
)
from minigan.data import scale, table
from minigan.errors import MiniganError
from minigan.gan import Generator, Origin, Parabola, Rows, Trainer, recipes
from minigan.gan.rngs import rngs

from .small import array, state


def test_parabola_is_the_tutorials_network():
    trainer = recipes.load("parabola")
    assert trainer.generator.parameter_count == (122, 0)
    assert trainer.discriminator.parameter_count == (101, 0)
    assert (trainer.batch_size, trainer.batches) == (128, "half")
    assert (trainer.latent_dim, trainer.latent, trainer.discriminator_steps) == (
        5,
        "fresh",
        1,
    )
    recipe = recipes.RECIPES["parabola"]
    assert (recipe.steps, recipe.report_every) == (10_000, 2_000)
    for optimizer in (trainer.generator_optimizer, trainer.discriminator_optimizer):
        assert optimizer.config() == Adam().config()
        assert optimizer.config() == {
            "learning_rate": 1e-3,
            "beta_1": 0.9,
            "beta_2": 0.999,
            "epsilon": 1e-7,
            "epsilon_form": "keras",
        }
    assert trainer.generator_optimizer is not trainer.discriminator_optimizer


ROBUST = {  # weight of the penalty, rows in a pack, noise and when it is gone
    "parabola-robust": (1e-3, 1, 0.3, 5_000),
    "ring-robust": (1e-4, 2, 0.3, 2_000),
    "grid-robust": (1e-3, 1, 0.5, 6_000),
}


@pytest.mark.parametrize("name", ROBUST)
def test_robust_recipes_are_what_their_page_says(name):
    trainer, recipe = recipes.load(name), recipes.RECIPES[name]
    weight, *others = ROBUST[name]
    assert (trainer.objective.name, trainer.batches) == ("relativistic", "mixed")
    assert (trainer.penalty, trainer.penalty_weight) == ("r1+r2", weight)
    assert (trainer.schedule, trainer.schedule_steps) == ("linear", recipe.steps)
    for optimizer in (trainer.generator_optimizer, trainer.discriminator_optimizer):
        config = optimizer.config()
        assert (config["beta_1"], config["beta_2"]) == (0, 0.99)
        assert config["learning_rate"] == 1e-3
    assert trainer.latent_dim == (1 if name == "parabola-robust" else 2)
    noise = trainer.instance_noise, trainer.instance_noise_steps
    assert [trainer.pack, *noise] == others


# ---- dirac: two numbers, of which everything is known ------------------------------

WGAN = {"objective": "wasserstein", "clip_value": 1.0}
BILINEAR = {"objective": "wasserstein", "clip_value": 1e6}  # L = theta psi


def place(trainer):
    """(theta, psi)"""
    theta, psi = trainer.generator.theta[0], trainer.discriminator.theta[0]
    return np.array([theta, psi], np.float64)


@pytest.mark.parametrize(
    "options, distance",
    [
        ({}, 3.09695),
        ({"objective": "non-saturating"}, 0.640207),
        (WGAN, 1.00215),
        ({"penalty": "r1", "penalty_weight": 0.3}, 2.64266e-6),
    ],
    ids=["minimax", "non-saturating", "wasserstein", "r1"],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dirac_ends_where_it_is_known_to(options, distance, dtype):
    """After 500 simultaneous steps: Mescheder et al. 2018, computed independently."""
    trainer = recipes.load("dirac", dtype=dtype, **options)
    assert place(trainer).tolist() == [1, -1]
    trainer.fit(recipes.RECIPES["dirac"].steps)
    assert np.hypot(*place(trainer)) == pytest.approx(distance, rel=5e-4)
    assert (trainer.sample(3) == trainer.generator.theta[0]).all()


def test_of_dirac_wgan_gp_finds_no_balance():
    trainer = recipes.load("dirac", penalty="wgan-gp", penalty_weight=0.3)
    trainer.fit(500)
    assert np.hypot(*place(trainer)) > 0.5


def bilinear(updates, rate, steps):
    """theta psi by hand: psi goes down, theta up.  Complex: theta + i psi."""
    at = 1 - 1j

    def ahead(base, point):
        theta, psi = point.real, point.imag
        return base + rate * (psi - 1j * theta)

    for _ in range(steps):
        if updates == "simultaneous":
            at = ahead(at, at)
        elif updates == "extragradient":
            at = ahead(at, ahead(at, at))
        else:
            psi = at.imag - rate * at.real
            at = at.real + rate * psi + 1j * psi
    return [at.real, at.imag]


@pytest.mark.parametrize(
    "updates, length",
    [("simultaneous", 1.04**250), ("alternating", None), ("extragradient", None)],
)
def test_of_theta_psi_extragradient_finds_the_balance(updates, length):
    trainer = recipes.load("dirac", dtype=np.float64, updates=updates, **BILINEAR)
    trainer.fit(500)
    expected = bilinear(updates, 0.2, 500)
    np.testing.assert_allclose(place(trainer), expected, rtol=1e-9)
    end = np.hypot(*expected) / np.sqrt(2)
    if updates == "simultaneous":  # a spiral outwards
        assert end == pytest.approx(length)
    elif updates == "alternating":  # round and round
        assert 0.5 < end < 2
    else:
        assert end == pytest.approx((0.96**2 + 0.2**2) ** 250)  # 6e-5


@pytest.mark.parametrize("kind", [Adam, OptimisticAdam])
def test_of_theta_psi_optimistic_adam_finds_the_balance(kind):
    """Beside the rule in plain numbers; Adam moves away."""
    made = {f"{player}_optimizer": kind(0.1, beta_1=0.0) for player in recipes.PLAYERS}
    trainer = recipes.load("dirac", dtype=np.float64, **BILINEAR, **made)
    at, v, last = np.array([1.0, -1.0]), np.zeros(2), np.zeros(2)
    for t in range(1, 601):
        gradient = np.array([-at[1], at[0]])
        v = 0.999 * v + 0.001 * gradient**2
        step = 0.1 * np.sqrt(1 - 0.999**t) * gradient / (np.sqrt(v) + 1e-7)
        at = at - (2 * step - last if kind is OptimisticAdam else step)
        last = step
        if t == 100:
            trainer.fit(100)
            np.testing.assert_allclose(place(trainer), at, rtol=1e-8)
    trainer.fit(500)
    end = np.hypot(*place(trainer))
    assert end < 1e-12 if kind is OptimisticAdam else end > 3


def test_dirac_is_saved_and_resumed(tmp_path):
    trainer = recipes.load("dirac")
    trainer.fit(5)
    trainer.save(tmp_path / "c")
    resumed = Trainer.load(tmp_path / "c")
    trainer.fit(5), resumed.fit(5)
    assert state(resumed) == state(trainer)
    assert isinstance(resumed.data, Origin)


# ---- two rates, falling rates, packs -----------------------------------------------


def test_two_rates():
    """TTUR: each player has its own; the flags of the command line are these names."""
    rates = {"generator_learning_rate": 1e-4, "discriminator_learning_rate": 4e-4}
    trainer = recipes.load("parabola", **rates)
    assert trainer.generator_optimizer.learning_rate == 1e-4
    assert trainer.discriminator_optimizer.learning_rate == 4e-4


def test_rates_fall_over_the_recipes_steps_where_none_are_given():
    assert recipes.load("parabola", schedule="linear").schedule_steps == 10_000
    short = recipes.load("parabola", schedule="linear", schedule_steps=50)
    assert short.schedule_steps == 50
    assert recipes.load("parabola").schedule_steps is None


@pytest.mark.parametrize("name, width", [("parabola", 8), ("ring", 8), ("digits", 256)])
def test_a_pack_is_a_wider_discriminator(name, width):
    trainer = recipes.load(name, pack=4)
    first = next(x for x in trainer.discriminator.layers if x.parameters)
    assert first.inputs == width
    assert trainer.generator.theta.size == recipes.load(name).generator.theta.size
    rows = trainer.data.draw(10, np.random.default_rng(0))
    packs = rows[:8].reshape(2, *trainer.row_shape)
    expected = trainer.critic.predict(packs)
    np.testing.assert_array_equal(trainer.score(rows), expected)
    assert 0 <= trainer.report().accuracy_real <= 1


def test_a_pack_that_does_not_fit_the_discriminator_is_refused():
    trainer = recipes.load("parabola")
    before = trainer.options
    with pytest.raises(MiniganError, match=r"examples of 4 features \(2 rows of 2\)"):
        trainer.pack = 2
    assert trainer.options is before
    with pytest.raises(MiniganError, match="Trainer: argument 'pack': expected an int"):
        recipes.load("parabola", pack=0)
    epochs = "'pack': expected 1 for rows that are not drawn class by class, got 2"
    with pytest.raises(MiniganError, match=epochs):
        recipes.load("digits-conditional", pack=2, sampling="shuffled")


@pytest.mark.parametrize("condition", ["concatenate", "auxiliary"])
def test_a_pack_of_rows_with_labels_is_of_one_class(condition):
    arguments = {"pack": 2, "condition": condition, "batch_size": 8}
    trainer = recipes.load("digits-conditional", **arguments, backend="numpy")
    assert trainer.row_shape == (16, 8, 1)
    game, seen = trainer.game, []
    judged = game.judge.scores
    game.judge.scores = lambda rows, labels, *real: (
        seen.append((rows, labels)) or judged(rows, labels, *real)
    )
    with use_backend("numpy"):
        game.discriminator_gradient()
        game.generator_gradient()
    assert [len(labels) for _, labels in seen] == [8, 4]  # mixed: real and fake packs
    images, classes = data.labelled("digits")
    known = {row.tobytes(): k for row, k in zip(images, classes, strict=True)}
    rows, labels = seen[0]
    pairs = rows[:4].reshape(4, 2, -1)
    found = [[known[row.tobytes()] for row in pair] for pair in pairs]
    assert found == [[k, k] for k in labels[:4]]
    rows = images[:11].reshape(11, 8, 8, 1)
    assert len(trainer.score(rows, np.arange(11) // 5)) == 4
    assert 0 <= trainer.report().accuracy_real <= 1


@pytest.mark.parametrize("seed", [0, 1])
def test_parabola_weights_have_their_initialisers_bounds(seed):
    trainer = recipes.load("parabola", seed=seed, dtype=np.float64)
    for network, inputs in ((trainer.generator, 5), (trainer.discriminator, 2)):
        hidden, output = network.layers[0].W.value, network.layers[2].W.value
        he, glorot = np.sqrt(6 / inputs), np.sqrt(6 / sum(output.shape))
        assert 0.8 * he < np.abs(hidden).max() <= he
        assert 0.5 * glorot < np.abs(output).max() <= glorot
        assert all((layer.b.value == 0).all() for layer in network.layers[:3:2])


def test_seeds():
    one, two, other = (recipes.load("parabola", seed=s) for s in (5, 5, 6))
    assert state(one) == state(two)
    assert state(one)["generator/theta"] != state(other)["generator/theta"]


def test_dtype_reaches_everything():
    trainer = recipes.load("parabola", dtype="float64", batch_size=8)
    trainer.fit(2)
    kinds = {k: a.dtype for k, a in trainer.state().items() if a.dtype.kind == "f"}
    assert set(kinds.values()) == {np.dtype(np.float64)}
    assert trainer.sample(3).dtype == np.float64


def test_options_take_the_recipes_place():
    trainer = recipes.load(
        "parabola", batch_size=6, batches="mixed", generator_optimizer=Adam(0.01)
    )
    assert (trainer.batch_size, trainer.batches) == (6, "mixed")
    assert trainer.generator_optimizer.learning_rate == 0.01
    assert trainer.discriminator_optimizer.learning_rate == 0.001


def test_data_of_ones_own():
    trainer = recipes.load("parabola", data=array(20), batch_size=8)
    trainer.fit(2)
    assert isinstance(trainer.data, Rows) and trainer.data.sampling == "replacement"


def test_numpy_integers_as_seed_can_be_saved(tmp_path):
    trainer = recipes.load("parabola", seed=np.int64(3), batch_size=np.int32(8))
    trainer.save(tmp_path / "c.npz")
    assert Trainer.load(tmp_path / "c.npz").seed == 3


# ---- bad arguments -----------------------------------------------------------------


def generator(dtype=np.float32, out=2):
    return Sequential([Dense(3, 4, dtype=dtype), ReLU(), Dense(4, out, dtype=dtype)])


def discriminator(dtype=np.float32, inputs=2, out=1):
    return Sequential(
        [Dense(inputs, 4, dtype=dtype), ReLU(), Dense(4, out, dtype=dtype)]
    )


def frozen(network):
    for layer in network.walk():
        layer._frozen = 1
    return network


def shared_adam():
    adam = Adam()
    return dict(generator_optimizer=adam, discriminator_optimizer=adam)


def same_network():
    network = Sequential([Dense(1, 1)])
    return dict(generator=network, discriminator=network, data=array(4)[:, :1].copy())


NUMBERS = "expected an integer"
TRAINER = {
    "batch_size 0": (dict(batch_size=0), f"'batch_size': {NUMBERS} >= 2, got 0"),
    "batch_size 1": (dict(batch_size=1), f"'batch_size': {NUMBERS} >= 2, got 1"),
    "batch_size -8": (dict(batch_size=-8), f"'batch_size': {NUMBERS} >= 2, got -8"),
    "batch_size 7": (
        dict(batch_size=7),
        "'batch_size': expected an even number.*got 7",
    ),
    "batch_size 8.0": (dict(batch_size=8.0), f"'batch_size': {NUMBERS}.*got 8.0"),
    "batch_size '8'": (dict(batch_size="8"), f"'batch_size': {NUMBERS}.*got '8'"),
    "batch_size True": (dict(batch_size=True), f"'batch_size': {NUMBERS}.*got True"),
    "batch_size None": (dict(batch_size=None), f"'batch_size': {NUMBERS}.*got None"),
    "batch_size huge": (dict(batch_size=2**40), f"'batch_size': {NUMBERS} <="),
    "batches": (dict(batches="quarter"), "'batches'.*'half', 'separate', 'mixed'.*'qu"),
    "batches None": (dict(batches=None), "'batches': expected one of"),
    "batches 2": (dict(batches=2), "'batches': expected one of.*got 2"),
    "real_label 2": (dict(real_label=2), "'real_label'.*>= 0 and <= 1, got 2"),
    "real_label nan": (dict(real_label=np.nan), "'real_label': expected a finite"),
    "real_label text": (dict(real_label="one"), "'real_label'.*got 'one'"),
    "fake_label -1": (dict(fake_label=-1), "'fake_label'.*>= 0 and <= 1, got -1"),
    "fake_label None": (dict(fake_label=None), "'fake_label'.*got None"),
    "k 0": (
        dict(discriminator_steps=0),
        f"'discriminator_steps': {NUMBERS} >= 1, got 0",
    ),
    "k 1.5": (dict(discriminator_steps=1.5), "'discriminator_steps'.*got 1.5"),
    "k huge": (dict(discriminator_steps=10**6), "'discriminator_steps'.*<= 10000"),
    "latent": (dict(latent="old"), "'latent': expected one of 'fresh', 'shared', got"),
    "latent half": (dict(latent="shared"), "'latent': expected 'fresh' with.*half"),
    "fakes": (dict(fakes="train"), "'fakes'.*'inference', 'training', got 'train'"),
    "objective": (dict(objective="lsgan"), "'objective'.*'non-saturating', 'minimax'"),
    "objective class": (dict(objective=object), "'objective': expected one of"),
    "seed -1": (dict(seed=-1), "'seed': expected an integer >= 0, got -1"),
    "seed 1.5": (dict(seed=1.5), "'seed': expected an integer >= 0, got 1.5"),
    "seed None": (dict(seed=None), "'seed': expected an integer >= 0, got None"),
    "seed text": (dict(seed="0"), "'seed': expected an integer >= 0, got '0'"),
    "backend": (dict(backend="torch"), "'backend'.*'jit', 'numpy', got 'torch'"),
    "backend 3": (dict(backend=3), "'backend': expected one of"),
    "capture": (dict(capture="yes"), "'capture': expected True or False, got 'yes'"),
    "name": (dict(name=3), "'name': expected a string, got 3"),
    "G none": (dict(generator=None), "'generator': expected a network.*got None"),
    "G a layer": (dict(generator=Dense(3, 2)), "'generator': expected a network"),
    "G a list": (dict(generator=[Dense(3, 2)]), "'generator': expected a network"),
    "G empty": (dict(generator=Sequential([ReLU()])), "'generator'.*with parameters"),
    "G nested": (
        dict(generator=Sequential([generator()])),
        "'generator': expected a network that owns all of its layers",
    ),
    "G a view": (dict(generator=generator()[:]), "'generator': expected a network"),
    "G unsized": (
        dict(generator=Sequential([BatchNorm(3), Dense(3, 2)])[1:]),
        "'generator': expected a network",
    ),
    "G too wide": (
        dict(generator=generator(out=3)),
        "'generator': expected 2 features an example, as the data have, got 3",
    ),
    "G frozen": (dict(generator=frozen(generator())), "expected networks that may cha"),
    "G complex": (
        dict(
            generator=generator(np.complex128),
            discriminator=discriminator(np.complex128),
        ),
        "'generator': expected dtype float32 or float64, got complex128",
    ),
    "D none": (
        dict(discriminator=None),
        "'discriminator': expected a network.*None",
    ),
    "D two scores": (
        dict(discriminator=discriminator(out=2)),
        r"'discriminator': expected one score an example, shape \(1,\), got \(2,\)",
    ),
    "D too wide": (
        dict(discriminator=discriminator(inputs=3)),
        "'discriminator': expected examples of 2 features, got a network for",
    ),
    "D float64": (
        dict(discriminator=discriminator(np.float64)),
        "'discriminator': expected dtype float32, the generator's, got float64",
    ),
    "D frozen": (dict(discriminator=frozen(discriminator())), "expected networks that"),
    "D is a sigmoid only": (
        dict(discriminator=Sequential([Sigmoid()])),
        "'discriminator'.*with parameters",
    ),
    "G is D": (
        same_network(),
        "'discriminator': expected another network than the gen",
    ),
    "G optimizer": (dict(generator_optimizer="adam"), "'generator_optimizer'.*'adam'"),
    "G optimizer class": (dict(generator_optimizer=Adam), "expected an Optimizer, got"),
    "D optimizer": (
        dict(discriminator_optimizer=3),
        "'discriminator_optimizer'.*got 3",
    ),
    "one optimizer": (
        shared_adam(),
        "'discriminator_optimizer': expected an optimizer",
    ),
    "data none": (dict(data=None), "'data': expected a numpy array, got NoneType"),
    "data list": (dict(data=[[1.0, 2.0]]), "'data': expected a numpy array, got list"),
    "data integers": (dict(data=np.ones((9, 2), int)), "'data'.*cast with .astype"),
    "data empty": (dict(data=np.ones((0, 2))), "'data': expected at least one element"),
    "data 1-d": (dict(data=np.ones(9)), r"'data': expected shape \(n, features\)"),
    "data NaN": (dict(data=np.full((9, 2), np.nan)), "'data': expected finite numbers"),
    "data width": (dict(data=np.ones((9, 3))), "'generator': expected 3 features"),
    "data class": (dict(data=Parabola), "'data': expected"),
    "batch > data, ordered": (
        dict(data=Rows(array(6), sampling="ordered"), batches="separate"),
        "'batch_size': expected at most the 6 rows of the data.*got batches of 8",
    ),
    "batch > data, shuffled": (
        dict(data=Rows(array(3), sampling="shuffled")),
        "'batch_size': expected at most.*3 rows",
    ),
}


@pytest.mark.parametrize("change, message", TRAINER.values(), ids=TRAINER)
def test_bad_arguments_of_trainer(change, message):
    good = dict(
        generator=generator(),
        discriminator=discriminator(),
        data=Parabola(rngs(0)["data"]),
        batch_size=8,
    )
    with pytest.raises(MiniganError, match=message):
        Trainer(**{**good, **change})


WIDE = np.linspace(0, 255, 128).reshape(2, 64)
LOAD = {
    "unknown": (("circle",), {}, "'name': expected one of .*'parabola'.*got 'circle'"),
    "no name": ((None,), {}, "'name': expected one of .*'parabola'"),
    "seed": (("parabola",), dict(seed=-3), "'seed': expected an integer >= 0, got -3"),
    "seed 0.5": (("parabola", 0.5), {}, "'seed': expected an integer >= 0, got 0.5"),
    "dtype": (("parabola",), dict(dtype=int), "'dtype': expected float32 or float64"),
    "dtype text": (("parabola",), dict(dtype="f"), None),
    "dtype complex": (("parabola",), dict(dtype=complex), "dtype.*float32 or float64"),
    "dtype half": (("parabola",), dict(dtype="float16"), "'dtype'.*got 'float16'"),
    "data 1-d": (("parabola",), dict(data=-np.ones(9)), r"shape \(n, columns\), got"),
    "data images": (("parabola",), dict(data=-np.ones((9, 4, 4))), "a table, shape"),
    "data row": (("digits",), dict(data=-np.ones(64)), r"or images \(n, height, wi"),
    "data 0..255": (
        ("digits",),
        dict(data=WIDE),
        r"floats in \[-1, 1\] .*got 0 to 255",
    ),
    "data integers": (("digits",), dict(data=WIDE.astype(int)), "'uint8'.*got dtype"),
    "data NaN": (("digits",), dict(data=WIDE * np.nan), "finite numbers, got 128 that"),
    "data text": (("digits",), dict(data=np.array([["a"]])), "float32.*got dtype <U1"),
    "data object": (("digits",), dict(data=WIDE.astype(object)), "got dtype object"),
    "data list": (("parabola",), dict(data=[1.0]), "'data': expected a numpy array"),
    "backend": (("parabola",), dict(backend="gpu"), "'backend'.*'jit', 'numpy'.*'gpu'"),
    "batch_size": (("parabola",), dict(batch_size=5), "'batch_size'.*even.*got 5"),
    "objective": (("parabola",), dict(objective="wgan"), "'objective'.*got 'wgan'"),
}


@pytest.mark.parametrize("arguments, keywords, message", LOAD.values(), ids=LOAD)
def test_bad_arguments_of_load(arguments, keywords, message):
    if message is None:
        recipes.load(*arguments, **keywords)
        return
    with pytest.raises(MiniganError, match=message):
        recipes.load(*arguments, **keywords)


SAMPLE = {
    "neither": (dict(), "expected either n or z"),
    "both": (dict(n=3, z=np.zeros((3, 5), np.float32)), "expected either n or z"),
    "0": (dict(n=0), "'n': expected an integer >= 1, got 0"),
    "-1": (dict(n=-1), "'n': expected an integer >= 1, got -1"),
    "1.5": (dict(n=1.5), "'n': expected an integer >= 1, got 1.5"),
    "True": (dict(n=True), "'n': expected an integer >= 1, got True"),
    "z list": (dict(z=[[0.0] * 5]), "'z': expected a numpy array, got list"),
    "z wide": (
        dict(z=np.zeros((2, 6), "f4")),
        r"'z': expected shape \(n, 5\), got \(2",
    ),
    "z 1-d": (dict(z=np.zeros(5, "f4")), r"'z': expected shape \(n, 5\), got \(5,\)"),
    "z none": (
        dict(z=np.zeros((0, 5), "f4")),
        r"expected shape \(n, 5\), got \(0, 5\)",
    ),
    "z float64": (
        dict(z=np.zeros((2, 5))),
        "'z': expected dtype float32.*got dtype float64",
    ),
    "z NaN": (dict(z=np.full((2, 5), np.nan, "f4")), "'z': expected finite numbers"),
}


@pytest.mark.parametrize("arguments, message", SAMPLE.values(), ids=SAMPLE)
def test_bad_arguments_of_sample(arguments, message):
    trainer = recipes.load("parabola")
    before = state(trainer)
    with pytest.raises(MiniganError, match=f"Trainer.sample: argument.*{message}"):
        trainer.sample(**arguments)
    assert state(trainer) == before


def test_drawing_from_an_unknown_stream():
    with pytest.raises(
        MiniganError, match="'stream': expected one of.*'latent'.*'luck'"
    ):
        recipes.load("parabola").draw_latent(3, "luck")


# ---- data and overrides ------------------------------------------------------------

COUNTS = {  # trainable and not of G, then of D
    "parabola": ((122, 0), (101, 0)),
    "parabola-robust": ((130, 0), (257, 0)),
    "ring": ((4_482, 0), (4_417, 0)),
    "grid": ((4_482, 0), (4_417, 0)),
    "dirac": ((1, 0), (1, 0)),
    "ring-robust": ((4_482, 0), (4_417, 0)),
    "grid-robust": ((33_666, 0), (33_537, 0)),
    "digits": ((19_072, 384), (16_641, 0)),
    "mnist-smooth": ((581_520, 1_792), (566_273, 0)),
    "mnist-mixed": ((1_495_568, 2_048), (533_505, 0)),
    "mnist-wide": ((1_489_936, 3_584), (533_505, 0)),
    "mnist-dcgan": ((350_241, 192), (36_513, 0)),
    "digits-conditional": ((20_256, 384), (17_281, 0)),
    "mnist-conditional": ((245_829, 96), (210_737, 0)),
}


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_counts_of_parameters(name):
    recipe = recipes.RECIPES[name]
    rng = np.random.default_rng(0)
    generator = recipe.generator(rng, np.float32, recipe.shape)
    discriminator = recipe.discriminator(rng, np.float32, recipe.shape)
    counts = generator.parameter_count, discriminator.parameter_count
    assert counts == COUNTS[name]
    assert generator.output_shape() == recipe.shape


def test_digits_train_on_the_bundled_images():
    trainer = recipes.load("digits", backend="numpy")
    assert trainer.data.data.shape == (1500, 64)
    assert (trainer.batch_size, trainer.batches) == (64, "mixed")
    assert trainer.generator_optimizer.learning_rate == 2e-4


def test_data_by_the_name_of_their_set():
    trainer = recipes.load("mnist-mixed", data="digits", batch_size=8)
    assert trainer.generator.output_shape() == (8, 8, 1)
    with pytest.raises(MiniganError, match="'name': expected one of.*got 'clothes'"):
        recipes.load("mnist-mixed", data="clothes")


@pytest.mark.parametrize(
    ("rows", "made"),
    [
        ((9, 784), (28, 28, 1)),
        ((9, 28, 28), (28, 28, 1)),
        ((9, 28, 28, 1), (28, 28, 1)),
        ((9, 25), (5, 5, 1)),
        ((9, 6), (6,)),
        ((9, 6, 5), (6, 5, 1)),
        ((9, 6, 5, 3), (6, 5, 3)),
    ],
)
@pytest.mark.parametrize("name", ["digits", "mnist-smooth", "mnist-wide"])
def test_networks_take_the_size_of_the_data(name, rows, made):
    data = np.random.default_rng(0).uniform(-1, 1, rows).astype(np.float32)
    trainer = recipes.load(name, data=data, batch_size=4, backend="numpy")
    trainer.fit(1, report_every=None)
    own = recipes.RECIPES[name].shape
    expected = own if np.prod(made) == np.prod(own) else made
    assert trainer.generator.output_shape() == expected


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        *(("digits", shape) for shape in ((4, 16), (16, 4), (2, 32), (8, 2, 4))),
        *(("mnist-smooth", shape) for shape in ((14, 56), (16, 49), (14, 14, 4))),
        ("mnist-mixed", (14, 56)),
    ],
)
def test_images_keep_their_shape_whatever_their_pixel_count(name, shape):
    data = np.random.default_rng(0).uniform(-1, 1, (9, *shape)).astype(np.float32)
    trainer = recipes.load(name, data=data, batch_size=4, backend="numpy")
    expected = shape if len(shape) == 3 else (*shape, 1)
    assert trainer.sample(2).shape == (2, *expected)
    assert trainer.generator.output_shape() == expected


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 9, 16, 64])
@pytest.mark.parametrize("name", ["parabola", "digits"])
def test_a_table_stays_a_table(name, columns):
    rows = np.random.default_rng(0).normal(5, 9, (30, columns))
    trainer = recipes.load(name, data=table(rows), batch_size=4, backend="numpy")
    trainer.fit(1, report_every=None)
    assert trainer.generator.output_shape() == (columns,)
    generator = Generator.of(trainer)
    assert generator.image_shape is None
    samples = generator.sample(50)
    assert samples.shape == (50, columns) and samples.std() > 1


@pytest.mark.parametrize("columns", [1, 3, 4, 9, 16])
def test_flat_rows_are_columns_in_the_recipe_for_points(columns):
    rows = np.random.default_rng(0).uniform(-1, 1, (30, columns))
    trainer = recipes.load("parabola", data=rows, batch_size=4, backend="numpy")
    assert trainer.data.columns.is_plain and len(trainer.data.columns) == columns
    assert Generator.of(trainer).image_shape is None
    z = np.ones((3, trainer.latent_dim), np.float32)
    made = Generator.of(trainer).sample(z=z)
    np.testing.assert_array_equal(made, trainer.sample(z=z))


@pytest.mark.parametrize("length", [1, 4, 9])
def test_few_numbers_are_no_image(length):
    rows = np.random.default_rng(0).uniform(-1, 1, (30, length)).astype(np.float32)
    trainer = recipes.load("digits", data=rows, batch_size=4, backend="numpy")
    assert trainer.generator.output_shape() == (length,)


def test_bytes_are_scaled():
    pixels = np.random.default_rng(0).integers(0, 256, (9, 8, 8), np.uint8)
    trainer = recipes.load("digits", data=pixels, batch_size=4)
    np.testing.assert_array_equal(trainer.data.data, scale(pixels).reshape(9, 64))


def test_roundings_are_clipped():
    rows = np.random.default_rng(0).uniform(-1, 1, (9, 64))
    rows[0, 0] = np.nextafter(1, 2)
    trainer = recipes.load("digits", data=rows, batch_size=4, dtype="float64")
    assert trainer.data.data.max() == 1


def test_channels_first_are_turned_and_said():
    images = np.random.default_rng(0).uniform(-1, 1, (9, 3, 6, 5)).astype(np.float32)
    with pytest.warns(RuntimeWarning, match=r"\(3, 6, 5\) are taken as \(6, 5, 3\)"):
        trainer = recipes.load("digits", data=images, batch_size=4)
    assert trainer.generator.output_shape() == (6, 5, 3)
    turned = np.moveaxis(images, 1, -1).reshape(9, -1)
    np.testing.assert_array_equal(trainer.data.data, turned)


def test_numbers_that_the_generator_cannot_make():
    """Of networks of one's own: those of the recipes are asked before."""
    network = Sequential([Dense(3, 2), Tanh(), Reshape((1, 2))])
    message = r"'data': expected numbers in \[-1, 1\], as .*Tanh makes, got -1 to 1.5"
    rows = np.linspace(-1, 1.5, 20, dtype=np.float32).reshape(10, 2)
    with pytest.raises(MiniganError, match=message):
        Trainer(network, discriminator(), rows, batch_size=4)
    assert Trainer(network, discriminator(), np.clip(rows, -1, 1), batch_size=4)


def test_rates_of_one_player_and_of_both():
    trainer = recipes.load(
        "digits", learning_rate=0.1, discriminator_learning_rate=0.2, beta_1=0.3
    )
    one, other = trainer.generator_optimizer, trainer.discriminator_optimizer
    assert (one.learning_rate, other.learning_rate) == (0.1, 0.2)
    assert one.config()["beta_1"] == other.config()["beta_1"] == 0.3


def test_sampling_in_place_of_the_recipes():
    assert recipes.load("digits", sampling="shuffled").data.sampling == "shuffled"


@pytest.mark.parametrize("data", [None, Parabola(0)], ids=["computed", "a source"])
def test_sampling_where_no_rows_are_drawn(data):
    with pytest.raises(MiniganError, match="'sampling': expected none.*got 'ordered'"):
        recipes.load("parabola", data=data, sampling="ordered")


def test_unknown_overrides_name_the_known_ones():
    message = "'overrides': expected one of 'batch_size'.*'learning_rate'.*'momentum'"
    with pytest.raises(MiniganError, match=message):
        recipes.load("digits", momentum=0.9)


# ---- recipes of one's own ----------------------------------------------------------


@pytest.fixture
def own():
    """A recipe that is not the package's, for as long as a test runs."""
    recipe = recipes.Recipe(
        "own",
        description="SGD against Adam",
        generator=recipes.networks.parabola_generator,
        discriminator=recipes.networks.parabola_discriminator,
        steps=10,
        report_every=5,
        optimizer=(SGD, {"learning_rate": 0.1, "momentum": 0.5}),
        discriminator_optimizer=(Adam, {"beta_1": 0.5}),
        options={"batch_size": 8},
    )
    recipes.RECIPES.register()(recipe)
    yield recipe
    recipes.RECIPES.unregister("own")


def test_a_recipe_of_ones_own(own, tmp_path):
    trainer = recipes.load("own", seed=2)
    g, d = trainer.generator_optimizer, trainer.discriminator_optimizer
    assert (type(g), g.learning_rate, g.momentum) == (SGD, 0.1, 0.5)
    assert (type(d), d.learning_rate, d.beta_1) == (Adam, 1e-3, 0.5)
    trainer.fit(3)
    trainer.save(tmp_path / "c")
    assert Trainer.load(tmp_path / "c").name == "own"


def test_overrides_go_to_the_optimizers_that_take_them(own):
    trainer = recipes.load("own", momentum=0.9, learning_rate=0.2, beta_1=0.1)
    g, d = trainer.generator_optimizer, trainer.discriminator_optimizer
    assert (g.momentum, g.learning_rate) == (0.9, 0.2)
    assert (d.beta_1, d.learning_rate) == (0.1, 0.2)
    for order in (1, -1):
        given = {"learning_rate": 0.2, "generator_learning_rate": 0.3}
        trainer = recipes.load("own", **dict(list(given.items())[::order]))
        assert trainer.generator_optimizer.learning_rate == 0.3
        assert trainer.discriminator_optimizer.learning_rate == 0.2
    for name in ("rho", "generator_beta_1", "discriminator_momentum"):
        with pytest.raises(MiniganError, match=f"'overrides'.*got '{name}'"):
            recipes.load("own", **{name: 0.5})


def test_arguments_of_an_optimizer_that_is_given_whole(own):
    with pytest.raises(MiniganError, match="got 'generator_momentum'"):
        recipes.load("own", generator_optimizer=Adam(), generator_momentum=0.5)
    trainer = recipes.load("own", generator_optimizer=Adam(0.5), learning_rate=0.2)
    assert trainer.generator_optimizer.learning_rate == 0.5
    assert trainer.discriminator_optimizer.learning_rate == 0.2
