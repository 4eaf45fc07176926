"""The options of a trainer: everything that is known of one follows from its field."""

import dataclasses
import inspect
import json

import pytest

from minigan.cli.overrides import OVERRIDES
from minigan.errors import MiniganError
from minigan.gan import Trainer, options, recipes
from minigan.gan.options import NAMES, Choice, Options, option_of, takes

from .small import build

FIELDS = {known.name: known for known in dataclasses.fields(Options)}


def test_the_trainer_shows_every_option_with_its_default():
    parameters = inspect.signature(Trainer).parameters
    assert list(parameters)[:3] == ["generator", "discriminator", "data"]
    assert not any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for name, known in FIELDS.items():
        assert parameters[name].default == known.default
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert f"    {name}: {option_of(known).text[:20]}" in Trainer.__doc__
    assert "{options}" not in Trainer.__doc__
    assert max(map(len, Trainer.__doc__.splitlines())) <= 88


def test_the_command_line_has_every_option():
    flags = {o.name: o for o in OVERRIDES if o.of == "options"}
    assert list(flags) == list(NAMES)
    for name, known in FIELDS.items():
        assert flags[name].option is option_of(known)
        help = flags[name].option.help
        assert help.endswith(".") and len(help) < 50 and "\n" not in help


def test_a_new_option_is_one_field():
    """Here on a copy of the trainer, with an option that nobody uses."""
    more = dataclasses.make_dataclass(
        "More",
        [
            (
                "penalty",
                float,
                options.option(0.0, options.Real("W", least=0), "Weight of it. Of it."),
            )
        ],
        bases=(Options,),
        frozen=True,
    )

    class Twin:
        """Doc.

        {options}
        """

        def __init__(self, data, *, seed=0, **options):
            self.options = more(**options)

    twin = takes(more)(Twin)(None, penalty=3)
    assert "penalty" in inspect.signature(Twin).parameters
    assert "    penalty: Weight of it. Of it.\n" in Twin.__doc__
    assert twin.penalty == 3.0 and twin.options.as_dict()["penalty"] == 3.0
    with pytest.raises(MiniganError, match="'penalty': expected a finite number >= 0"):
        twin.penalty = -1
    assert twin.penalty == 3.0


def test_options_are_json_and_back():
    made = build(
        objective="wasserstein", batches="mixed", ema=0.5, fakes="training"
    ).options
    assert Options(**json.loads(json.dumps(made.as_dict()))) == made
    assert list(made.as_dict()) == list(NAMES)


def test_options_are_never_changed():
    trainer = build()
    with pytest.raises(dataclasses.FrozenInstanceError):
        trainer.options.batch_size = 4
    with pytest.raises(MiniganError, match="Trainer: argument 'options': expected Opt"):
        trainer.options = {"batch_size": 4}


def test_an_option_that_is_set_is_checked_with_all_others():
    trainer = build(batch_size=8)
    before = trainer.options
    for name, value, message in (
        ("batch_size", 7, "'batch_size': expected an even number"),
        ("batch_size", 0, "'batch_size': expected an integer >= 2"),
        ("latent", "shared", "'latent': expected 'fresh' with batches='half'"),
        ("objective", "chess", "'objective': expected one of"),
        ("instance_noise_steps", 3, "'instance_noise_steps': expected None without"),
    ):
        with pytest.raises(MiniganError, match=f"Trainer: argument {message}"):
            setattr(trainer, name, value)
        assert trainer.options is before
    trainer.batches = "mixed"
    trainer.latent = "shared"
    trainer.batch_size = 7
    assert (trainer.options.batch_size, trainer.options.real_rows) == (7, 7)
    trainer.fit(2)


def test_an_option_that_does_not_fit_the_data_is_refused():
    trainer = build(rows=21, sampling="shuffled", batches="separate")
    with pytest.raises(MiniganError, match="'batch_size'.*at most the 21 rows"):
        trainer.batch_size = 22
    assert trainer.batch_size == 8
    trainer.fit(1)


def test_unknown_options_are_named():
    with pytest.raises(TypeError, match="Trainer: no argument 'momentum'; there are g"):
        build(momentum=0.9)
    with pytest.raises(MiniganError, match="'overrides': expected one of 'batch_size'"):
        recipes.load("parabola", magic=1)


def test_choices_of_a_registry_grow_with_it():
    names = ["a"]
    choice = Choice(names)
    names.append("b")
    assert choice("f", "x", "b") == "b"


BAD = {
    "ema 0": ({"ema": 0}, "'ema': expected a finite number > 0 and < 1, got 0"),
    "ema 1": ({"ema": 1.0}, "'ema'.*got 1.0"),
    "ema text": ({"ema": "0.9"}, "'ema'.*got '0.9'"),
    "noise -1": ({"instance_noise": -1}, "'instance_noise': expected a f.*>= 0"),
    "noise None": ({"instance_noise": None}, "'instance_noise'.*got None"),
    "noise steps 0": (
        {"instance_noise": 1.0, "instance_noise_steps": 0},
        "'instance_noise_steps': expected an integer >= 1, got 0",
    ),
    "noise steps alone": (
        {"instance_noise_steps": 9},
        "'instance_noise_steps': expected None without instance_noise, got 9",
    ),
    "clip 0": ({"clip_value": 0}, "'clip_value': expected a finite number > 0"),
    "generator steps 0": ({"generator_steps": 0}, "'generator_steps'.*>= 1, got 0"),
    "pretraining -1": ({"pretraining_steps": -1}, "'pretraining_steps'.*>= 0, got -1"),
    "shared z, two steps": (
        {"generator_steps": 2, "latent": "shared", "batches": "mixed"},
        "'latent': expected 'fresh' with generator_steps > 1",
    ),
    "schedule": ({"schedule": "square"}, "'schedule': expected one of 'constant'"),
    "schedule without end": (
        {"schedule": "cosine"},
        "'schedule_steps': expected a number of steps with schedule='cosine', got None",
    ),
    "schedule steps alone": (
        {"schedule_steps": 9},
        "'schedule_steps': expected None with schedule='constant', got 9",
    ),
    "updates": ({"updates": "both"}, "'updates': expected one of 'alternating'"),
    **{
        f"{name}, {updates}": (
            {name: 2, "updates": updates},
            f"'{name}': expected 1 with updates='{updates}', got 2",
        )
        for name in ("discriminator_steps", "generator_steps")
        for updates in ("simultaneous", "extragradient")
    },
    "half a pack": (
        {"pack": 3, "batch_size": 8},
        "'batch_size': expected a multiple of 6 with pack=3 and batches='half', got 8",
    ),
    "labels of hinge": (
        {"objective": "hinge", "real_label": 0.9},
        "'real_label': expected 1 .*no labels",
    ),
}


@pytest.mark.parametrize("options, message", BAD.values(), ids=BAD)
def test_bad_options(options, message):
    with pytest.raises(MiniganError, match=message):
        build(**options)
