"""Changes that no test can notice, since what is computed is the same: why.

The text of a change, as `mutants` prints it -> the reason.
"""

_WORK = "a gradient is computed that nobody looks at"
_HALVES = "both halves have as many rows, and only their number counts"

_MASKED = "what is divided by it is masked out"
_BOUND = "on the bound itself both branches are the same number"

_ALIKE = "what is joined has one type, and one shape but for the last size"
_BOTH = "it does the same in training"

EQUIVALENT = {
    "minigan.layers.merge.Merge._checked_input: 0  ->  -1": _ALIKE,
    "minigan.layers.merge.Concatenate.output_shape: 0  ->  -1": _ALIKE,
    "minigan.layers.merge.Concatenate.tangent_pass: True  ->  False": _BOTH,
    "minigan.primitives.activations.leaky_relu_forward: x.real > 0  ->  x.real >= 0": (
        _BOUND
    ),
    "minigan.primitives.activations.clipped_relu_forward: x.real < limit  ->  "
    "x.real <= limit": _BOUND,
    "minigan.primitives.losses.bce_forward: p.real < epsilon  ->  p.real <= epsilon": (
        _BOUND
    ),
    "minigan.primitives.losses.bce_forward: q.real > 1 - epsilon  ->  "
    "q.real >= 1 - epsilon": _BOUND,
    "minigan.primitives.optimizers.clip: theta > limit  ->  theta >= limit": _BOUND,
    "minigan.primitives.optimizers.clip: theta < -limit  ->  theta <= -limit": _BOUND,
    "minigan.primitives.losses.bce_backward: 0.5  ->  -0.5": _MASKED,
    "minigan.primitives.losses.bce_backward: 0.5  ->  1.0": _MASKED,
    "minigan.gan.objectives.Labelled.both: :half  ->  half:": _HALVES,
    "minigan.gan.objectives.Labelled.both: half:  ->  :half": _HALVES,
    "minigan.gan.game.Game.learn: False  ->  True": _WORK,
    "minigan.gan.game.Game.through: False  ->  True": _WORK,
}
