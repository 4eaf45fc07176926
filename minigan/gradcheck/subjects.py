"""What can be checked: a layer or network, the generator step, a loss.

Each subject holds a float64 copy of the user's object and the point of the check, and

    analytic()   -> gradients by name, faults     from forward and backward as written
    probe(dtype) -> `Probe`                       f on another copy, by forward alone
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import primitives
from ..layers import Layer
from ..network import Network
from .derivatives import Memory, Probe, parameters_of, walk

Array = NDArray[Any]


def parts(x: Any) -> tuple[Any, ...]:
    """The arrays of x: itself, or those in a tuple."""
    return x if isinstance(x, tuple) else (x,)


def each(x: Any, function: Callable[[Any], Any]) -> Any:
    """A function of an array, or of each in a tuple."""
    return tuple(map(function, x)) if isinstance(x, tuple) else function(x)


def copied(x: Any) -> Any:
    """A copy of an array, or of each in a tuple."""
    return each(x, np.copy)


def named(x: Any) -> dict[str, Array]:
    """name -> array: "x", or "x[0]", "x[1]" of a tuple."""
    if isinstance(x, tuple):
        return {f"x[{k}]": part for k, part in enumerate(x)}
    return {"x": x}


class RandomHead:
    """f = sum dy * y with a random dy: one number whose gradient is the layer's.

    dy: an array, or a tuple of them where y is one.
    """

    def __init__(self, dy: Any) -> None:
        self.dy = dy

    def astype(self, dtype: DTypeLike) -> RandomHead:
        return self

    def terms(self, y: Any) -> Array:
        pairs = zip(parts(self.dy), parts(y), strict=True)
        terms = [dy * value for dy, value in pairs]
        return terms[0] if len(terms) == 1 else np.concatenate([*map(np.ravel, terms)])

    def gradient(self, y: Any) -> Any:
        return each(self.dy, lambda dy: dy.astype(parts(y)[0].dtype))

    objects: tuple[Any, ...] = ()


class CriticHead:
    """f = objective(D(fake)) with D frozen: the loss of a generator.

    An objective that compares sees as many other rows before the fakes.
    labels: of the fakes, for a D that looks at them, and in the same order of the other
    rows.  Where D answers with logits of classes, too, their cross-entropy with the
    labels of all rows is added, as often as there are fakes among them.
    """

    def __init__(
        self, discriminator: Any, objective: Any, training: bool, labels: Any = None
    ) -> None:
        from ..gan.players import Inputs, critic_of  # the engine does not need these

        self.discriminator, self.objective = discriminator, objective
        self.training, self.labels = training, labels
        self.objects: tuple[Any, ...] = (discriminator,)
        self.inputs, self.body = Inputs(None), discriminator
        if isinstance(discriminator, Network):
            self.body = critic_of(discriminator)
            self.inputs = Inputs.of("gradcheck", "through", discriminator)

    def astype(self, dtype: DTypeLike) -> CriticHead:
        twin = self.discriminator.astype(dtype)
        return CriticHead(twin, self.objective, self.training, self.labels)

    def _judged(self, fake: Array) -> tuple[Array, Any]:
        """D's scores up to a sigmoid, and loss and gradient of the classes, if any."""
        rows = self._rows(fake)
        parts = len(rows) // len(fake)
        labels = None if self.labels is None else np.tile(self.labels, parts)
        answer = self.body.forward(self.inputs.given(rows, labels), self.training)
        if not getattr(self.body, "splits", False):
            return answer, None
        score, logits = answer
        loss, p = primitives.softmax_forward(logits, labels)
        return score, (parts * loss, parts * primitives.softmax_backward(p, labels))

    def terms(self, fake: Array) -> Array:
        with self.discriminator.frozen():
            score, classes = self._judged(fake)
            loss = np.asarray(self.objective.generator(score))
            return loss if classes is None else loss + classes[0]

    def gradient(self, fake: Array) -> Array:
        with self.discriminator.frozen():
            score, classes = self._judged(fake)
            self.objective.generator(score)
            d = self.objective.dscore()
            d = self.body.backward(d if classes is None else (d, classes[1]))
            return self.inputs.numbers_in(d)[-len(fake) :]

    def _rows(self, fake: Array) -> Array:
        """What D sees in the step of a generator."""
        if not getattr(self.objective, "compares", False):
            return fake
        real = np.random.default_rng(len(fake)).standard_normal(fake.shape)
        return np.concatenate([real.astype(fake.dtype), fake])


class LayerSubject:
    """head(layer(x)): a layer or network, or a generator below its discriminator."""

    head: RandomHead | CriticHead

    def __init__(self, layer: Any, x: Any, training: bool, frozen: bool) -> None:
        self.layer, self.x = layer, x
        self.training, self.frozen = training, frozen

    def scope(self, layer: Any) -> AbstractContextManager[Any]:
        return layer.frozen() if self.frozen else nullcontext()

    @cached_property
    def mode(self) -> dict[str, bool]:
        """The arguments of `forward` beside x."""
        known = accepts(self.layer.forward, "training")
        return {"training": self.training} if known else {}

    def forward(self, layer: Any, x: Any) -> Any:
        return layer.forward(x, **self.mode)

    def probe(self, dtype: DTypeLike) -> Probe:
        layer, head = converted(self.layer, dtype), self.head.astype(dtype)
        given = each(self.x, lambda v: v.astype(dtype) if v.dtype.kind == "f" else v)
        leaves = {n: v for n, v in named(given).items() if v.dtype.kind != "i"}
        if not self.frozen:
            leaves |= {n: p.value for n, p in named_parameters(layer).items()}

        def terms() -> Array:
            with self.scope(layer):
                y = self.forward(layer, given)
            return head.terms(y)

        return Probe(leaves, terms, (layer, *head.objects))

    def analytic(self) -> tuple[dict[str, Any], list[str]]:
        layer, head = converted(self.layer, np.float64), self.head.astype(np.float64)
        parameters, faults = named_parameters(layer), []
        for p in parameters.values():
            if p.grad is not None:
                p.grad[...] = 0
        still = [p.value for p in parameters.values()]
        outside = all_arrays(*head.objects)
        if self.frozen:
            still = all_arrays(layer)
        before, before_outside = contents(still), contents(outside)
        memory = Memory((layer, *head.objects))
        x = copied(self.x)
        with self.scope(layer):
            y = self.forward(layer, x)
            for value in parts(y):
                if value.dtype != np.float64:
                    got = value.dtype
                    faults.append(f"forward: expected float64 as x is, got {got}")
            dy = head.gradient(y)
            kept = copied(dy)
            dx = layer.backward(dy)
        if contents(parts(x)) != contents(parts(self.x)):
            faults.append("forward or backward changes x")
        if contents(parts(dy)) != contents(parts(kept)):
            faults.append("backward changes dy")
        what = "parameter" if not self.frozen else "parameter, gradient or statistic"
        values = still if self.frozen else [p.value for p in parameters.values()]
        if contents(values) != before:
            faults.append(f"forward or backward changes a {what}")
        if contents(outside) != before_outside:
            faults.append("the discriminator changes during the generator's step")
        found = zip(named(self.x).items(), parts(dx), strict=True)
        gradients = {n: d for (n, v), d in found if v.dtype.kind == "f"}
        if not self.frozen:
            gradients |= {n: p.grad for n, p in parameters.items()}
        gradients = {
            n: None if g is None else np.array(g) for n, g in gradients.items()
        }
        own_passes = getattr(type(layer), "forward_pass", None)
        if own_passes not in (None, Layer.forward_pass) and not faults:
            faults += self._passes(layer, parameters, kept, gradients, memory)
        return gradients, faults

    def _passes(
        self,
        layer: Any,
        parameters: dict[str, Any],
        dy: Any,
        gradients: dict[str, Any],
        memory: Memory,
    ) -> list[str]:
        """Faults of a second pass as a network runs it, and of a third without dx."""
        faults, x = [], copied(self.x)
        before, given_before = contents(parts(x)), contents(parts(dy))
        for runs, need_dx in ((2, True), (3, False)):
            memory.restore()
            given = copied(dy)
            with self.scope(layer):
                _, cache = layer.forward_pass(x, self.training)
                if contents(parts(x)) != before:
                    return ["forward_pass changes x"]
                layer.backward_pass(given, cache, need_dx)
            if contents(parts(x)) != before:
                return ["backward_pass changes x"]
            if contents(parts(given)) != given_before:
                return ["backward_pass changes dy"]
            for name, p in {} if self.frozen else parameters.items():
                rule = "add to grad" if need_dx else "do so with need_dx=False"
                if not np.allclose(
                    p.grad, runs * gradients[name], 1e-9, 1e-9 * _largest(p.grad)
                ):
                    faults.append(f"backward does not {rule}: {name}")
            if faults:
                return faults
        return faults


class LossSubject:
    """A loss as a function of the prediction."""

    frozen = False

    def __init__(self, loss: Any, pred: Array, target: Array) -> None:
        self.loss, self.x, self.target = loss, pred, target

    def probe(self, dtype: DTypeLike) -> Probe:
        loss, target = copy.deepcopy(self.loss), self.target
        if target.dtype.kind == "f":  # classes stay integers
            target = target.astype(dtype)
        leaves = {"pred": self.x.astype(dtype)}

        def terms() -> Array:
            return np.asarray(loss.forward(leaves["pred"], target))

        return Probe(leaves, terms, (loss,))

    def analytic(self) -> tuple[dict[str, Any], list[str]]:
        loss, faults = copy.deepcopy(self.loss), []
        pred, target = self.x.copy(), self.target.copy()
        loss.forward(pred, target)
        gradient = loss.backward()
        for name, now, then in (
            ("pred", pred, self.x),
            ("target", target, self.target),
        ):
            if now.tobytes() != then.tobytes():
                faults.append(f"forward or backward changes {name}")
        return {"pred": None if gradient is None else np.array(gradient)}, faults


def accepts(function: Callable[..., Any], name: str) -> bool:
    """True where `function` takes an argument of that name."""
    arguments = inspect.signature(function).parameters
    return name in arguments or any(
        a.kind is inspect.Parameter.VAR_KEYWORD for a in arguments.values()
    )


def is_loss(target: Any) -> bool:
    """True for a loss: forward takes two arrays, backward none."""
    if isinstance(target, Layer):
        return False
    arguments = inspect.signature(target.backward).parameters.values()
    return all(a.default is not a.empty or a.kind >= 2 for a in arguments)


def converted(thing: Any, dtype: DTypeLike) -> Any:
    """A copy with parameters of another type."""
    if isinstance(thing, Layer):
        return thing.astype(dtype)
    twin = copy.deepcopy(thing)
    for p in parameters_of(twin):
        if p.value.dtype != dtype:  # else in place, so that other names stay true
            p.value = p.value.astype(dtype)
            p.grad = None if p.grad is None else p.grad.astype(dtype)
    return twin


def named_parameters(thing: Any, prefix: str = "") -> dict[str, Any]:
    """name -> parameter; "2.Dense.W" inside a network.  Each parameter once."""
    found: dict[str, Any] = {}

    def visit(part: Any, prefix: str) -> None:
        if isinstance(part, Network):
            for k, layer in enumerate(part.layers):
                visit(layer, f"{prefix}{k}.{type(layer).__name__}.")
            return
        for k, p in enumerate(parameters_of(part)):
            name = prefix + str(getattr(p, "name", None) or f"parameter {k}")
            if name in found:
                name = f"{name} ({k})"
            if all(p is not other for other in found.values()):
                found[name] = p

    visit(thing, prefix)
    return found


def all_arrays(*things: Any) -> list[Array]:
    """Values and gradients of all parameters, and all running statistics."""
    arrays = []
    for thing in things:
        for part in walk(thing):
            for p in parameters_of(part):
                arrays += [p.value] if p.grad is None else [p.value, p.grad]
            arrays += [s.value for s in getattr(part, "statistics", ())]
    return arrays


def contents(arrays: Iterable[Array]) -> list[bytes]:
    """The bytes of the arrays."""
    return [np.asarray(a).tobytes() for a in arrays]


def _largest(array: Array) -> float:
    return float(np.abs(array).max(initial=0.0))
