"""Changes that no test can notice, since what is computed is the same: why.

The text of a change, as `mutants` prints it -> the reason.
"""

_WORK = "a gradient is computed that nobody looks at"
_HALVES = "both halves have as many rows, and only their number counts"

EQUIVALENT = {
    "minigan.gan.objectives.Labelled.both: :half  ->  half:": _HALVES,
    "minigan.gan.objectives.Labelled.both: half:  ->  :half": _HALVES,
    "minigan.gan.game.Game.learn: False  ->  True": _WORK,
    "minigan.gan.game.Game.generator_gradient: False  ->  True": _WORK,
}
