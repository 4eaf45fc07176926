"""The options of a trainer that make up its steps: checked once, before anything is."""

from .. import validate
from .objectives import OBJECTIVES

BATCHES = ("half", "separate", "mixed")
LATENT = ("fresh", "shared")
FAKES = ("inference", "training")
MOST_STEPS = 10_000  # of one player in a row
# The names, except for the objective and its labels, which the objective knows.
NAMES = (
    "batch_size",
    "batches",
    "discriminator_steps",
    "generator_steps",
    "pretraining_steps",
    "latent",
    "fakes",
    "clip_value",
    "ema",
    "instance_noise",
    "instance_noise_steps",
)


def checked(where, given):
    """name -> value of `NAMES` and "objective", an `Objective`.

    given: name -> what the user said, real_label and fake_label included; others are
    passed over.
    Errors: ArgumentError, DTypeError for what is out of range or does not go together.
    """
    name = validate.choice(where, "objective", given["objective"], tuple(OBJECTIVES))
    objective = OBJECTIVES[name](given["real_label"], given["fake_label"])

    def steps(name, least=1, most=MOST_STEPS):
        return validate.integer(where, name, given[name], least=least, most=most)

    def optional(name, check, **bounds):
        value = given[name]
        return None if value is None else check(where, name, value, **bounds)

    clip_value = optional("clip_value", validate.number, above=0, most=1e6)
    found = {
        "objective": objective,
        "batch_size": steps("batch_size", 2, 2**24),
        "batches": validate.choice(where, "batches", given["batches"], BATCHES),
        "discriminator_steps": steps("discriminator_steps"),
        "generator_steps": steps("generator_steps"),
        "pretraining_steps": steps("pretraining_steps", 0, 2**40),
        "latent": validate.choice(where, "latent", given["latent"], LATENT),
        "fakes": validate.choice(where, "fakes", given["fakes"], FAKES),
        "clip_value": objective.clip_value if clip_value is None else clip_value,
        "ema": optional("ema", validate.number, above=0, below=1),
        "instance_noise": validate.number(
            where, "instance_noise", given["instance_noise"], least=0, most=1e6
        ),
        "instance_noise_steps": optional(
            "instance_noise_steps", validate.integer, most=2**40
        ),
    }
    _together(where, found)
    return found


def _together(where, found):
    """Refuse options that contradict each other."""

    def refuse(name, expected, got):
        validate.complain(validate.ArgumentError, where, name, expected, got)

    half, shared = found["batches"] == "half", found["latent"] == "shared"
    if half and found["batch_size"] % 2:
        refuse("batch_size", "an even number with batches='half'", found["batch_size"])
    if shared and half:
        refuse(
            "latent",
            "'fresh' with batches='half' (a half batch has too few z to share)",
            "'shared'",
        )
    if shared and found["generator_steps"] > 1:
        refuse(
            "latent",
            "'fresh' with generator_steps > 1 (there is one batch of z to share)",
            "'shared'",
        )
    if found["instance_noise_steps"] is not None and not found["instance_noise"]:
        refuse(
            "instance_noise_steps",
            "None without instance_noise",
            found["instance_noise_steps"],
        )
