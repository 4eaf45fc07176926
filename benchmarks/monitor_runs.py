"""Runs that train well and runs made to fail, each with the truth about it.

A run is a family and a seed; the seed also draws the family's numbers (rates, sizes),
so no two runs are alike.  The truth was settled on the runs of seeds 0-5, before any of
the held-out ones was made:

What came out is measured on 2,000 generated points and 2,000 fresh real ones that the
monitor never sees:

    healthy       mean |y - x^2| < 0.012 and energy distance < 0.005
    failed        either above 0.02, or training ended in a number that is not finite
    in between    neither: shown apart, neither right nor wrong

What a failure is called depends on its signs and on what was done on purpose:

    exploding     a number was not finite, or the points spread 1,000 times as far
    vanishing     half way and at the end the generator makes the same points, their
                  energy distance below 1 % of that to the data, and D is right as below
    collapsed     the points are at most half as far apart as the data's, E|X - X'| <=
                  E|Y - Y'| / 2, or half of the x-bins or more are empty and the points
                  are no further apart than the data
    too strong    D is right on 80 % or more of fresh real points and of fresh fakes
    unsettled     always a sign of a failed run

The truth is the family's intent if its sign is there, else the first sign in the order
above.
"""

from dataclasses import dataclass, field

import numpy as np

from minigan import SGD, Adam, Dense, LeakyReLU, ReLU, Sequential, Sigmoid
from minigan.errors import NonFiniteError
from minigan.gan import History, Parabola, Trainer, metrics, monitor, recipes
from minigan.gan.rngs import rngs

POINTS = 2000  # of each kind, for the truth
HEALTHY, STRONG, COLLAPSED = "healthy", "too strong", "collapsed"
VANISHING, EXPLODING, UNSETTLED = "vanishing", "exploding", "unsettled"
IN_BETWEEN = "in between"


@dataclass(frozen=True)
class Run:
    """What the monitor may see (history, samples, real, options), and the outcome."""

    family: str
    seed: int
    history: History
    samples: np.ndarray
    real: np.ndarray
    options: dict
    outcome: dict = field(default_factory=dict)
    truth: str = ""


# ---- families ----------------------------------------------------------------------


def networks(rng, g=(5, 32), d=(64,)):
    """G: latent and hidden sizes -> 2.   D: 2 -> hidden sizes -> 1, sigmoid."""

    def hidden(sizes):
        return [
            layer
            for a, b in zip(sizes, sizes[1:], strict=False)
            for layer in (Dense(a, b, "he_uniform", rng=rng), LeakyReLU(0.2))
        ]

    G = Sequential([*hidden(g), Dense(g[-1], 2, rng=rng)])
    D = Sequential([*hidden((2, *d)), Dense((2, *d)[-1], 1, rng=rng), Sigmoid()])
    return G, D


def trainer(seed, rng, g_rate, d_rate, *, g=(5, 32), d=(64,), **options):
    """A GAN on the parabola; Adam(rate, beta_1=0.5) unless optimizers are given."""
    G, D = networks(rng, g, d)
    optimizers = {
        "generator_optimizer": Adam(g_rate, 0.5),
        "discriminator_optimizer": Adam(d_rate, 0.5),
    }
    data = Parabola(rngs(seed)["data"])
    return Trainer(G, D, data, seed=seed, **(optimizers | options))


def recipe(seed, rng):
    return recipes.load("parabola", seed=seed), 10_000


def wide(seed, rng):
    rate = 10 ** rng.uniform(-3.3, -2.7)
    sizes = {"g": (5, int(rng.integers(24, 64))), "d": (int(rng.integers(48, 128)),)}
    return trainer(seed, rng, rate, rate, batches="separate", **sizes), 8000


def smooth(seed, rng):
    label = rng.uniform(0.8, 0.95)
    options = {"batches": "mixed", "real_label": label}
    return trainer(seed, rng, 1e-3, 1e-3, g=(5, 48), d=(96,), **options), 8000


def minimax(seed, rng):
    options = {"batches": "separate", "objective": "minimax"}
    return trainer(seed, rng, 1e-3, 1e-3, g=(5, 48), d=(96,), **options), 8000


def slow_generator(seed, rng):
    """Rates apart by 100: D learns 100 times as fast."""
    g_rate = 10 ** rng.uniform(-5.3, -4.5)
    return trainer(seed, rng, g_rate, 100 * g_rate, d=(128,)), 6000


def fast_generator(seed, rng):
    """Rates apart by 100: G learns 100 times as fast."""
    d_rate = 10 ** rng.uniform(-5, -4)
    return trainer(seed, rng, 100 * d_rate, d_rate), 5000


def bottleneck(seed, rng):
    """One hidden unit in G, in half of the runs one that never fires."""
    built = trainer(seed, rng, 1e-3, 1e-3, g=(5, 32))
    layers = [Dense(5, 1, rng=rng), ReLU(), Dense(1, 2, rng=rng)]
    if rng.random() < 0.5:
        layers[0].b.value[...] = -30
    options = {
        name: getattr(built, name)
        for name in ("generator_optimizer", "discriminator_optimizer", "seed")
    }
    return Trainer(Sequential(layers), built.discriminator, built.data, **options), 5000


def sure_discriminator(seed, rng):
    """Minimax, SGD, fakes far from the data: D has become certain while G was held."""
    built = trainer(
        seed,
        rng,
        1e-3,
        1e-3,
        objective="minimax",
        batches="separate",
        generator_optimizer=SGD(1e-12),
    )
    angle = rng.uniform(0, 2 * np.pi)
    shift = rng.uniform(6, 10) * np.array([np.cos(angle), np.sin(angle)])
    built.generator.layers[-1].b.value[...] = shift
    built.fit(2000, report_every=None)
    built.generator_optimizer.learning_rate = 10 ** rng.uniform(-3, -1.5)
    return built, 4000


def weak_discriminator(seed, rng):
    """A D without hidden layer: a straight line cannot tell a curve from much else."""
    rate = 10 ** rng.uniform(-3, -2)
    return trainer(seed, rng, rate, rate, d=()), 5000


def high_rates(seed, rng):
    """Both players take steps so long that they overshoot each other."""
    rate = 10 ** rng.uniform(-1.6, -1.1)
    rates = {
        "generator_optimizer": Adam(rate, 0.9),
        "discriminator_optimizer": Adam(rate, 0.9),
    }
    return trainer(seed, rng, rate, rate, **rates), 5000


def bursting(seed, rng):
    """SGD with rates and momentum at which the weights grow without bound."""
    rates = {
        "generator_optimizer": SGD(10 ** rng.uniform(0.3, 1.3), 0.9),
        "discriminator_optimizer": SGD(10 ** rng.uniform(0.3, 1.3), 0.9),
    }
    return trainer(seed, rng, 1, 1, **rates), 3000


FAMILIES = {  # name -> (how it is built, what is done to it on purpose)
    "recipe": (recipe, HEALTHY),
    "wide": (wide, HEALTHY),
    "smooth": (smooth, HEALTHY),
    "minimax": (minimax, HEALTHY),
    "slow generator": (slow_generator, STRONG),
    "fast generator": (fast_generator, COLLAPSED),
    "bottleneck": (bottleneck, COLLAPSED),
    "sure discriminator": (sure_discriminator, VANISHING),
    "weak discriminator": (weak_discriminator, UNSETTLED),
    "high rates": (high_rates, UNSETTLED),
    "bursting": (bursting, EXPLODING),
}


# ---- a run, its outcome and its truth ----------------------------------------------


def train(family, seed, share=1.0):
    """Train one run; share: of its steps."""
    build, intent = FAMILIES[family]
    place = list(FAMILIES).index(family)
    built, steps = build(seed, np.random.default_rng([seed, place]))
    steps = int(share * steps)
    finite = True
    try:
        built.fit(steps // 2, report_every=None)
        halfway = built.sample(POINTS).astype(np.float64)
        built.fit(steps - steps // 2, report_every=None)
    except NonFiniteError:
        finite = False
        halfway = built.sample(POINTS).astype(np.float64)
    outcome = measure(built, halfway, finite)
    samples, real = monitor.look(built)
    return Run(
        family,
        seed,
        built.history,
        samples,
        real,
        {
            "objective": built.objective.name,
            "real_label": built.objective.real_label,
        },
        outcome,
        truth(outcome, intent),
    )


def measure(built, halfway, finite=True):
    """The outcome of a run, by name."""
    real = built.data.draw(POINTS, np.random.default_rng([built.seed, POINTS]))
    fake = built.sample(POINTS)
    found = {"finite": finite and bool(np.isfinite(fake).all())}
    if not np.isfinite(fake).all():
        return found
    score_real = built.discriminator.predict(real)
    score_fake = built.discriminator.predict(fake)
    energy = metrics.energy_distance(fake, real)
    return found | {
        "residual": metrics.parabola_residual(fake),
        "energy": energy,
        "coverage": metrics.coverage(fake),
        "spread": metrics.mean_distance(fake, fake) / metrics.mean_distance(real, real),
        "moved": metrics.energy_distance(fake, halfway.astype(fake.dtype)) / energy,
        "d_right": float(min((score_real > 0.5).mean(), (score_fake <= 0.5).mean())),
    }


def truth(outcome, intent):
    """The name of what came out; see the module."""
    if outcome["finite"]:
        residual, energy = outcome["residual"], outcome["energy"]
        if residual < 0.012 and energy < 0.005:
            return HEALTHY
        if residual <= 0.02 and energy <= 0.02:
            return IN_BETWEEN
    found = signs(outcome)
    return intent if intent in found else found[0]


def signs(outcome):
    """The signs of a failed run, the most telling first."""
    if not outcome["finite"] or outcome["spread"] > 1000:
        return [EXPLODING, UNSETTLED]
    found = {
        VANISHING: outcome["moved"] < 0.01 and outcome["d_right"] >= 0.8,
        COLLAPSED: outcome["spread"] <= 0.5
        or (outcome["coverage"] <= 0.5 and outcome["spread"] <= 1),
        STRONG: outcome["d_right"] >= 0.8,
        UNSETTLED: True,
    }
    return [name for name, there in found.items() if there]
