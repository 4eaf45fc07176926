"""The options of a trainer that make up its steps: each is one field of `Options`.

A field says its default, which values it takes, and what it does.  The signature, the
docstring and the attributes of `Trainer`, the checks, config.json and checkpoints, the
overrides of `recipes.load` and the flags of `minigan train` are read from the fields.
A new option is a field here, and the line in `game` that uses it.  What it may not be
combined with is a `rule`.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import Field, asdict, dataclass, field, fields, replace
from textwrap import fill
from typing import Any, Self, TypeVar

from .. import validate
from .objectives import OBJECTIVES
from .penalties import PENALTIES, WEIGHT
from .schedules import SCHEDULES

T = TypeVar("T")
MOST_STEPS = 10_000  # of one player in a row

# ---- what values an option takes ---------------------------------------------------


@dataclass(frozen=True)
class Whole:
    """An integer within its bounds.   metavar: what stands for it in help texts."""

    least: int = 1
    most: int = MOST_STEPS
    metavar: str = "N"

    def __call__(self, where: str, name: str, value: object) -> int:
        return validate.integer(where, name, value, least=self.least, most=self.most)


@dataclass(frozen=True)
class Real:
    """A finite number within its bounds."""

    metavar: str = "X"
    above: float | None = None
    least: float | None = None
    below: float | None = None
    most: float | None = None

    def __call__(self, where: str, name: str, value: object) -> float:
        bounds = {k: v for k, v in vars(self).items() if k != "metavar"}
        return validate.number(where, name, value, **bounds)


@dataclass(frozen=True)
class Choice:
    """One of several names.

    names: a tuple or a registry.  What is registered later can be chosen as well.
    """

    names: Iterable[str]
    metavar: str = ""

    def __call__(self, where: str, name: str, value: object) -> str:
        return validate.choice(where, name, value, tuple(self.names))


@dataclass(frozen=True)
class Option:
    """What is known of an option beside its default.

    check(where, name, value) -> value: an instance of one of the classes above.
    text: what it does.  Its first sentence is the help text on the command line.
    """

    check: Whole | Real | Choice
    text: str

    @property
    def help(self) -> str:
        """The first sentence."""
        return self.text.split(". ")[0].rstrip(".") + "."


def option(default: Any, check: Whole | Real | Choice, text: str) -> Any:
    """A field of `Options`.  None is allowed where it is the default."""
    return field(default=default, metadata={"option": Option(check, text)})


def option_of(known: Field[Any]) -> Option:
    """What a field says of itself."""
    return known.metadata["option"]


# ---- the options -------------------------------------------------------------------

LABEL, NOISE = Real("P", least=0, most=1), Real("S", least=0, most=1e6)


@dataclass(frozen=True)
class Options:
    """Checked when it is made, one by one and then together; never changed.

    Errors: ArgumentError, DTypeError for what is out of range or does not go together.
    """

    batch_size: int = option(
        128, Whole(2, 2**24), "Rows in a batch. N of the generator step."
    )
    batches: str = option(
        "half",
        Choice(("half", "separate", "mixed")),
        'What a step of D sees. "half": N/2 real rows, an update, N/2 fakes, an '
        'update. "separate": the same with N each. "mixed": N real and N fake rows '
        "in one batch, one update.",
    )
    objective: str = option(
        "non-saturating",
        Choice(OBJECTIVES),
        "What G and D try to achieve. One of `gan.OBJECTIVES`.",
    )
    pack: int = option(
        1,
        Whole(1, 64),
        "Rows that D sees as one. D takes `pack` rows side by side and answers once "
        "for all of them, so that rows too much alike show (PacGAN, Lin et al. 2018); "
        "its input is as many times as wide. With labels these rows are of one class.",
    )
    real_label: float = option(
        1.0,
        LABEL,
        "D's target for real rows; 0.9 smooths. In [0, 1]; with 0 for fakes this is "
        "one-sided label smoothing.",
    )
    fake_label: float = option(0.0, LABEL, "D's target for fakes. In [0, 1].")
    discriminator_steps: int = option(
        1,
        Whole(),
        "Steps of D for each one of G. A step of training is so many discriminator "
        "steps with G held, then the generator steps with D held.",
    )
    generator_steps: int = option(1, Whole(), "Steps of G after them.")
    pretraining_steps: int = option(
        0, Whole(0, 2**40), "Steps of D alone, at the start. See `pretrain`."
    )
    updates: str = option(
        "alternating",
        Choice(("alternating", "simultaneous", "extragradient")),
        'When the players move. "alternating": first D, then G against the new D. '
        '"simultaneous": both gradients where the players stand, then both updates; '
        'separate batches add up to one update. "extragradient": a simultaneous '
        "step ahead, the gradients there, and by these the step from where the "
        "players stood (Gidel et al. 2019).",
    )
    latent: str = option(
        "fresh",
        Choice(("fresh", "shared")),
        'z for the step of G. "fresh" draws new z for each generator step, "shared" '
        "takes those of the last fakes.",
    )
    fakes: str = option(
        "inference",
        Choice(("inference", "training")),
        'BatchNorm in fakes. "inference" draws the fakes that D sees with moving '
        'statistics, "training" with those of the batch (which then do not move).',
    )
    clip_value: float | None = option(
        None,
        Real("C", above=0, most=1e6),
        "Bound of D's weights (wasserstein). Each update of D ends with all its "
        "parameters clipped to [-clip_value, clip_value]. None: what the objective "
        'asks for, 0.01 for "wasserstein" without a penalty, no clipping for the '
        "others.",
    )
    penalty: str | None = option(
        None,
        Choice(PENALTIES),
        "Penalty on the gradient of D's score. One of `gan.PENALTIES`, added to D's "
        'loss: "r1" on real rows, "r2" on fakes, "r1+r2" on both, "wgan-gp" between '
        'them. Separate batches have that of their own rows, and "wgan-gp" comes '
        "with the fakes. None: no penalty.",
    )
    penalty_weight: float | None = option(
        None,
        Real("W", above=0, most=1e9),
        f"Its weight, gamma or lambda. None: {WEIGHT:g}.",
    )
    schedule: str = option(
        "constant",
        Choice(SCHEDULES),
        "How learning rates fall. One of `gan.SCHEDULES`, for the rates of both "
        'players: "linear" and "cosine" reach 0 at `schedule_steps`, "step" divides '
        "by 10 at half and again at three quarters of them.",
    )
    schedule_steps: int | None = option(
        None,
        Whole(1, 2**40),
        "Steps until they have fallen. None with the constant schedule.",
    )
    auxiliary_weight: float = option(
        1.0,
        Real("X", least=0, most=1e6),
        "Weight of the loss of D's class head. The softmax "
        "cross-entropy of D's second output with the labels is added to the losses "
        "of both players, times this (Odena et al. 2017). Other networks have no such "
        "loss.",
    )
    auxiliary_rows: str = option(
        "both",
        Choice(("both", "real")),
        'Rows of which D learns the classes. Of a D with logits of them: "both" are '
        'real rows and fakes, as in the paper, "real" real rows alone: so it cannot '
        "agree with G on what stands for a class. G learns on its fakes either way.",
    )
    shards: int = option(
        1,
        Whole(1, 1024),
        "Parts of a batch whose gradients are added up. A power of two: each part "
        "has the losses, and BatchNorm the statistics, of its own rows, and the "
        "gradient is their mean, added in a fixed order; as many ranks, or fewer, may "
        "compute them (`communicator`).",
    )
    ema: float | None = option(
        None,
        Real("P", above=0, below=1),
        "Keep a moving average of G, used for samples. After each update of G, "
        "`trainer.average` becomes ema average + (1 - ema) G, parameters and running "
        "statistics (Yazici et al. 2019), in (0, 1), say 0.999; it starts as a copy "
        "of G. None: no average.",
    )
    instance_noise: float = option(
        0.0,
        NOISE,
        "Noise on all rows D sees. Standard deviation of the normal noise that is "
        "added to every row, real or fake, that D sees in training (Sonderby et al. "
        "2017; Arjovsky & Bottou 2017).",
    )
    instance_noise_steps: int | None = option(
        None,
        Whole(1, 2**40),
        "Steps until it has faded. The noise falls in a straight line, to 0 at this "
        "step. None: it stays.",
    )

    def __post_init__(self) -> None:
        for known in fields(self):
            value = getattr(self, known.name)
            if value is not None or known.default is not None:
                value = option_of(known).check("Trainer", known.name, value)
            object.__setattr__(self, known.name, value)
        OBJECTIVES[self.objective](self.real_label, self.fake_label)
        for rule in RULES:
            rule(self)

    @property
    def real_rows(self) -> int:
        """How many real rows, and how many fakes, one discriminator step sees."""
        return self.batch_size // 2 if self.batches == "half" else self.batch_size

    @property
    def real_rows_per_step(self) -> int:
        """How many real rows a whole step takes."""
        rows = self.real_rows * self.discriminator_steps
        if OBJECTIVES[self.objective].compares:
            rows += self.batch_size * self.generator_steps
        return rows * (2 if self.updates == "extragradient" else 1)

    def check_no_classes(self, where: str) -> None:
        """Refuse what only a D that answers with logits of classes has.

        Errors: ArgumentError.
        """
        for name in ("auxiliary_weight", "auxiliary_rows"):
            value, usual = getattr(self, name), self.__dataclass_fields__[name].default
            if value != usual:
                expected = f"{usual} for a discriminator without logits of classes"
                validate.complain(validate.ArgumentError, where, name, expected, value)

    def changed(self, **values: Any) -> Self:
        """The same options but for some, checked anew."""
        return replace(self, **values)

    def as_dict(self) -> dict[str, Any]:
        """name -> value, as JSON can hold them."""
        return asdict(self)


# ---- what options have to do with each other ---------------------------------------


@dataclass(frozen=True)
class Rule:
    """Refuses options that do not go together.

    names: of the options that it looks at; the first is the one that is refused.
    wants(options) -> what this one would have to be, or None where all is well.
    """

    names: tuple[str, ...]
    wants: Callable[[Options], str | None]

    def __call__(self, options: Options) -> None:
        """Errors: ArgumentError."""
        expected, name = self.wants(options), self.names[0]
        if expected is not None:
            got = repr(getattr(options, name))
            validate.complain(validate.ArgumentError, "Trainer", name, expected, got)


RULES: list[Rule] = []


def rule(*names: str) -> Callable[[Callable[[Options], str | None]], Rule]:
    """A decorator that makes a `Rule` of a function and adds it to `RULES`."""

    def add(wants: Callable[[Options], str | None]) -> Rule:
        RULES.append(Rule(names, wants))
        return RULES[-1]

    return add


@rule("batch_size", "batches")
def _even(o: Options) -> str | None:
    odd = o.batches == "half" and o.batch_size % 2
    return "an even number with batches='half'" if odd else None


@rule("batch_size", "pack", "batches")
def _whole_packs(o: Options) -> str | None:
    count = 2 * o.pack if o.batches == "half" else o.pack
    text = f"a multiple of {count} with pack={o.pack} and batches={o.batches!r}"
    return text if o.batch_size % count and o.pack > 1 else None


@rule("shards")
def _a_tree(o: Options) -> str | None:
    return "a power of two" if o.shards & (o.shards - 1) else None


@rule("batch_size", "shards", "pack", "batches")
def _whole_shards(o: Options) -> str | None:
    count = o.shards * o.pack * (2 if o.batches == "half" else 1)
    given = f"shards={o.shards}" + (f", pack={o.pack}" if o.pack > 1 else "")
    text = f"a multiple of {count} with {given} and batches={o.batches!r}"
    return text if o.batch_size % count and o.shards > 1 else None


@rule("latent", "batches")
def _enough_to_share(o: Options) -> str | None:
    few = o.latent == "shared" and o.batches == "half"
    text = "'fresh' with batches='half' (a half batch has too few z to share)"
    return text if few else None


@rule("latent", "generator_steps")
def _one_to_share(o: Options) -> str | None:
    more = o.latent == "shared" and o.generator_steps > 1
    text = "'fresh' with generator_steps > 1 (there is one batch of z to share)"
    return text if more else None


@rule("instance_noise_steps", "instance_noise")
def _something_fades(o: Options) -> str | None:
    nothing = o.instance_noise_steps is not None and not o.instance_noise
    return "None without instance_noise" if nothing else None


@rule("penalty_weight", "penalty")
def _something_weighs(o: Options) -> str | None:
    nothing = o.penalty_weight is not None and o.penalty is None
    return "None without a penalty" if nothing else None


@rule("schedule_steps", "schedule")
def _an_end(o: Options) -> str | None:
    if o.schedule == "constant":
        return None if o.schedule_steps is None else "None with schedule='constant'"
    missing = o.schedule_steps is None
    return f"a number of steps with schedule={o.schedule!r}" if missing else None


@rule("batches", "objective")
def _side_by_side(o: Options) -> str | None:
    alone = OBJECTIVES[o.objective].compares and o.batches != "mixed"
    why = "(it compares real rows with fakes)"
    return f"'mixed' with objective={o.objective!r} {why}" if alone else None


@rule("discriminator_steps", "updates")
def _one_of_d(o: Options) -> str | None:
    return _one_each(o, o.discriminator_steps)


@rule("generator_steps", "updates")
def _one_of_g(o: Options) -> str | None:
    return _one_each(o, o.generator_steps)


def _one_each(o: Options, steps: int) -> str | None:
    several = o.updates != "alternating" and steps > 1
    return f"1 with updates={o.updates!r}" if several else None


# ---- what follows from the fields --------------------------------------------------

NAMES = tuple(known.name for known in fields(Options))


def takes(kind: type) -> Callable[[type[T]], type[T]]:
    """A class decorator: signature, docstring and attributes from the fields of `kind`.

    The constructor takes `**options`; instances have an attribute `options`, and each
    option is an attribute of its own that reads it and, set, changes it.
    """

    def decorate(cls: type[T]) -> type[T]:
        taken = [
            parameter
            for parameter in inspect.signature(cls).parameters.values()
            if parameter.kind is not parameter.VAR_KEYWORD
        ]
        place = sum(p.kind is not p.KEYWORD_ONLY for p in taken)
        own = [_parameter(known) for known in fields(kind)]
        signature = inspect.Signature([*taken[:place], *own, *taken[place:]])
        cls.__signature__ = signature  # type: ignore[attr-defined]
        if cls.__doc__:  # with python -OO there is none
            text = "".join(map(_documented, fields(kind)))
            cls.__doc__ = cls.__doc__.replace("    {options}\n", text)
        for known in fields(kind):
            if known.name not in vars(cls):
                setattr(cls, known.name, _attribute(known.name, option_of(known)))
        return cls

    return decorate


def _parameter(known: Field[Any]) -> inspect.Parameter:
    return inspect.Parameter(
        known.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=known.default,
        annotation=known.type,
    )


def _documented(known: Field[Any]) -> str:
    line = f"{known.name}: {option_of(known).text}"
    first, others = " " * 4, " " * 8
    return fill(line, 84, initial_indent=first, subsequent_indent=others) + "\n"


def _attribute(name: str, known: Option) -> property:
    def read(self: Any) -> Any:
        return getattr(self.options, name)

    def change(self: Any, value: Any) -> None:
        self.options = self.options.changed(**{name: value})

    return property(read, change, doc=known.text)


def unknown(where: str, names: Iterable[str], known: Callable[..., Any]) -> None:
    """Refuse names that are no options.  Errors: TypeError, as for any function."""
    for name in names:
        if name not in NAMES:
            takes = ", ".join(inspect.signature(known).parameters)
            raise TypeError(f"{where}: no argument {name!r}; there are {takes}")
