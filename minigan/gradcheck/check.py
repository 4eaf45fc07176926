"""`gradcheck`: is backward the derivative of forward?"""

from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import validate
from ..errors import ArgumentError, DTypeError
from ..layers import Layer
from .arguments import critic, draw_input, loss_subject, name_of, randomised
from .contract import broken_rules
from .derivatives import SHRINK, Probe, complex_trouble
from .report import Report, Row
from .subjects import (
    LayerSubject,
    LossSubject,
    RandomHead,
    converted,
    copied,
    each,
    is_loss,
    parts,
)

Array = NDArray[Any]

TOLERANCES = {"complex": 1e-11, "central": 1e-6}
FLOOR = 0.01  # see `gradcheck`: zero gradients
METHODS = ("auto", "complex", "central")


def gradcheck(
    target: Any,
    x: ArrayLike | None = None,
    *,
    shape: tuple[int, ...] | None = None,
    labels: ArrayLike | None = None,
    through: Layer | None = None,
    objective: Any = "non-saturating",
    training: bool = True,
    frozen: bool = False,
    method: str = "auto",
    max_entries: int = 200,
    tolerance: float | None = None,
    seed: int = 0,
) -> Report:
    """Hold every gradient of `target` against the derivative of its forward pass.

    target: a layer, a network, a loss, or with `through=discriminator` the generator
    whose step is checked: objective(D(G(z))), D frozen and proven untouched.  Layers
    of your own do: subclasses of `Layer`, or any object with forward(x[, training])
    and backward(dy), and `parameters` (objects with `value` and `grad`) if it has any.

    x: the input, or `shape`, from which it is drawn: (batch, ...).  Neither is needed
    where the layer knows its input_shape.  labels: the targets of a loss.
    objective: one of `gan.OBJECTIVES`, or an object with generator(score) -> loss
    and dscore().  training, frozen: how forward and backward are run.
    method: "complex", "central", or "auto": complex step where the code allows it.
    max_entries: of each tensor; a larger one is sampled, and a random direction over
    all of it is compared as well.  seed: of everything random here.

        f = sum dy * y with a random dy;   error = max |backward - df| / max |df|

    All is done on float64 copies; the target itself is not touched.  Parameters and
    statistics that are constant (gamma = 1, b = 0) are made random in the copies,
    since bugs hide behind ones and zeros.  backward runs on the backend in force, f
    on the NumPy reference.

    tolerance: default 1e-11 for the complex step, 1e-6 for central differences.
    Zero gradients (a bias below a BatchNorm) are compared on the scale of the others:
    a tensor whose largest gradient is below a hundredth of the largest of all is
    measured against that hundredth.  An entry that disagrees is tested for a kink of
    f, and skipped and counted if the one-sided slopes differ there.

    A layer or network must also keep the rules by which it trains, see `layers.base`: a
    float32 copy is run learning, frozen, and with a second forward before the backward.
    y and dx keep type and shape; `grad` is added to in place; frozen, gradients and
    statistics stand still and dx is the same; what backward needs is in the cache.
    What is broken is a fault of the report, and names the layer.

    Returns a `Report`: print it, or call `assert_ok()`.
    Errors: ArgumentError, DTypeError, ShapeError for arguments that do not fit.
    """
    where = "gradcheck"
    for name in ("forward", "backward"):
        if not callable(getattr(target, name, None)):
            expected = "an object with forward and backward"
            validate.complain(
                DTypeError, where, "target", expected, validate.shown(target)
            )
    training = validate.flag(where, "training", training)
    frozen = validate.flag(where, "frozen", frozen)
    validate.choice(where, "method", method, METHODS)
    validate.integer(where, "max_entries", max_entries)
    if tolerance is not None:
        tolerance = validate.number(where, "tolerance", tolerance, above=0)
    rng = np.random.default_rng(validate.integer(where, "seed", seed, least=0))
    if frozen and not hasattr(target, "frozen"):
        expected = "False for a target without a frozen() scope"
        validate.complain(ArgumentError, where, "frozen", expected, "True")

    faults: list[str] = []
    if is_loss(target):
        if through is not None:
            validate.complain(
                ArgumentError, where, "through", "None for a loss", name_of(through)
            )
        subject: LayerSubject | LossSubject
        subject = loss_subject(target, x, shape, labels, rng)
        title = f"{name_of(target)}, pred {validate.shape_text(subject.x.shape)}"
    else:
        if labels is not None:
            expected = "None for a target that is not a loss"
            validate.complain(ArgumentError, where, "labels", expected, "an array")
        x = draw_input(target, x, shape, rng)
        layer = randomised(target, rng)
        subject = of_layer = LayerSubject(layer, x, training, frozen)
        title = name_of(target)
        faults, hopeless = broken_rules(layer, x, training, np.random.default_rng(seed))
        if hopeless:
            return Report(title, (), tuple(faults))
        if through is None:
            y = of_layer.forward(converted(layer, np.float64), copied(x))
            of_layer.head = RandomHead(
                each(y, lambda v: rng.standard_normal(np.shape(v)))
            )
        else:
            of_layer.head = critic(through, objective, training, rng, x)
            label = objective if isinstance(objective, str) else name_of(objective)
            title += f" through frozen {name_of(through)}, {label}"
        title += f", x {', '.join(validate.shape_text(v.shape) for v in parts(x))}"
        title += ", training" if training else ", inference"
        title += ", frozen" if frozen else ""
    check = Check(subject, method, max_entries, tolerance, rng)
    report = check.report(title)
    return replace(report, faults=(*report.faults, *faults))


class Check:
    """One run of `gradcheck`: the two probes, and the comparison tensor by tensor."""

    def __init__(
        self,
        subject: LayerSubject | LossSubject,
        method: str,
        max_entries: int,
        tolerance: float | None,
        rng: np.random.Generator,
    ) -> None:
        self.subject, self.method, self.rng = subject, method, rng
        self.max_entries, self.tolerance = max_entries, tolerance
        self.notes: list[str] = []
        self.complex: Probe | None = None

    def report(self, title: str) -> Report:
        real = self.subject.probe(np.float64)
        self.real = real
        gradients, faults = self.subject.analytic()
        if real.at().tobytes() != real.at().tobytes():
            faults.append(
                "two forwards from one state differ: keep the random generator as an "
                "attribute, so that it can be rewound"
            )
        for name, leaf in real.leaves.items():
            g = gradients[name]
            if g is None or g.shape != leaf.shape:
                got = "none" if g is None else f"shape {validate.shape_text(g.shape)}"
                expected = validate.shape_text(leaf.shape)
                faults.append(f"gradient of {name}: expected shape {expected}, {got}")
                gradients[name] = np.full(leaf.shape, np.nan)
        finite = [np.abs(g[np.isfinite(g)]).max(initial=0) for g in gradients.values()]
        self.overall = max(finite)
        rows = [self._row(name, gradients[name]) for name in real.leaves]
        return Report(title, tuple(rows), tuple(faults), tuple(self.notes))

    def _row(self, name: str, gradient: Array) -> Row:
        """The row of a tensor: its entries, or some of them and one direction."""
        size = gradient.size
        unit = self.rng.choice((-1.0, 1.0), gradient.shape) / sqrt(max(size, 1))
        picked = np.arange(size)
        if size > self.max_entries:
            picked = np.sort(self.rng.choice(size, self.max_entries, replace=False))
        places = [tuple(map(int, np.unravel_index(k, gradient.shape))) for k in picked]
        points: list[Any] = [(place, 1.0, gradient[place]) for place in places]
        if size > self.max_entries:
            points.append((..., unit, (gradient * unit).sum()))
        if self._method(name, unit) == "complex":
            row = self._compare(name, gradient, points, "complex")
            if row is not None:
                return row
            self._note(name, "the complex step and a difference disagree")
        row = self._compare(name, gradient, points, "central")
        assert row is not None  # only the complex step can be unusable
        return row

    def _method(self, name: str, unit: Array) -> str:
        """The method for this tensor, after a trial of the complex step."""
        if self.method == "central":
            return "central"
        try:
            if self.complex is None:
                self.complex = self.subject.probe(np.complex128)
            trouble = complex_trouble(self.complex, self.real, name, unit)
        except Exception as error:  # the user's object may refuse to be converted
            trouble = f"it cannot be copied to complex numbers: {error}"[:120]
        if not trouble:
            return "complex"
        if self.method == "complex":
            expected = "'auto' or 'central' for this target"
            validate.complain(
                ArgumentError, "gradcheck", "method", expected, f"'complex': {trouble}"
            )
        self._note(name, trouble)
        return "central"

    def _note(self, name: str, reason: str) -> None:
        self.notes.append(f"{name}: central differences, since {reason}")

    def _compare(
        self, name: str, gradient: Array, points: list[Any], method: str
    ) -> Row | None:
        """The row, or None where the complex step turns out to be unusable."""
        derivative = getattr(
            self.complex if method == "complex" else self.real,
            "complex_step" if method == "complex" else "central",
        )
        numbers = [derivative(name, where, along) for where, along, _ in points]
        tolerance = self.tolerance or TOLERANCES[method]
        entries = [
            abs(n) for n, p in zip(numbers, points, strict=True) if p[0] is not ...
        ]
        largest = max(np.abs(gradient).max(initial=0), *entries)
        scale = max(largest, FLOOR * self.overall)
        if method == "central":
            scale = max(scale, self.real.noise() / tolerance)
        checked = kinks = 0
        error, worst, direction = 0.0, points[0][0], False
        for (where, along, given), number in zip(points, numbers, strict=True):
            off = _distance(given, number, scale)
            if not off <= tolerance:
                verdict, off = self._second_look(
                    name, where, along, given, number, scale, method, off
                )
                if verdict == "unusable":
                    return None
                if verdict == "kink":
                    kinks += 1
                    continue
            if where is ...:
                direction = True
            else:
                checked += 1
            if not off <= error:
                error, worst = off, where
        return Row(
            name,
            gradient.shape,
            gradient.size,
            checked,
            kinks,
            direction,
            float(largest),
            error,
            tolerance,
            "direction" if worst is ... else worst,
            method,
        )

    def _second_look(
        self,
        name: str,
        where: Any,
        along: Any,
        given: float,
        number: float,
        scale: float,
        method: str,
        off: float,
    ) -> tuple[str, float]:
        """A disagreement: is it a kink, a bad step, or a wrong gradient?"""
        wide = TOLERANCES["central"]
        if method == "central" and self.tolerance:
            wide = self.tolerance
        for shrink in (1, SHRINK):
            closer = self.real.central(name, where, along, shrink)
            now = _distance(given, closer, scale)
            if now <= wide:
                if method == "central":
                    return "close", now
                if _distance(number, closer, scale) > wide:
                    return "unusable", off
        if self.real.has_kink(name, where, along, wide * scale):
            return "kink", off
        return "wrong", off


def _distance(a: float, b: float, scale: float) -> float:
    """|a - b| / scale; infinite for NaN."""
    gap = float(abs(a - b))
    if gap == 0:
        return 0.0
    return gap / scale if np.isfinite(gap) and scale > 0 else np.inf
