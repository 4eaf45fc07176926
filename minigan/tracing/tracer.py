"""What listens to the primitives and to layers, and names what they compute.

A `Tracer` keeps a copy of every array that is made or changed.  What computed it is
found in the calls that led there, which Python shows as frames.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from .. import primitives
from ..layers import Layer
from ..layers.arrays import _joined
from ..network import Network
from ..primitives.declare import Primitive
from ..state import Arrays
from .values import Trace, Value

PACKAGE = Path(__file__).parents[1]
HERE = str(PACKAGE)
BELOW = str(PACKAGE / "primitives"), str(PACKAGE / "tracing")
PLAYERS = {"discriminator": "D step", "generator": "G step"}  # by a function's name


@dataclass
class _Entry:
    """A value while more may become known of it.

    array: what a primitive wrote.
    fresh: False where memory was changed that was there before.
    """

    value: Value
    array: NDArray[Any]
    step: str
    fresh: bool
    own: str  # its name in a layer or in memory, or ""
    sources: tuple[str | int, ...]  # what went in: names of memory, or other values
    variables: dict[str, None]  # names of variables of the algorithm


class _Known(NamedTuple):
    """Memory: a name, or the number of the value that it holds, and where it is."""

    source: str | int
    start: int
    end: int
    array: NDArray[Any]  # kept alive, so that no address is used twice


class Tracer:
    """Listens to everything that is computed in a `with` block; see the module.

        with Tracer({"G": generator, "D": discriminator}) as tracer:
            my_step(generator, discriminator)
        tracer.trace["G step: dfake"]

    networks: label -> layer or network, whose layers are then named.
    title: of the trace.   arrays: name -> memory that is there before the block.
    algorithm: names of files, inside the package, whose variables are names too; those
    of files outside are.
    In a function whose name holds "discriminator" or "generator" the names begin with
    "D step: " or "G step: ", and "D step 2: " when it is called again.
    """

    replays = False  # numbers are looked at while it listens

    def __init__(
        self,
        networks: Mapping[str, Layer],
        title: str = "Trace",
        arrays: Arrays | None = None,
        algorithm: Sequence[str] = (),
    ) -> None:
        self.title, self._networks = title, dict(networks)
        self._algorithm = {str(PACKAGE / name) for name in algorithm}
        self._entries: list[_Entry] = []
        self._heading, self._step, self._steps = "", "", dict[str, int]()
        self._counted: list[FrameType] = []  # calls that began a step
        self._seen: list[FrameType] = []  # calls of the algorithm, from the outermost
        self._known: list[_Known] = []
        self._found: dict[Any, list[_Entry]] = {}  # by the memory of their arrays
        self._looked: dict[Any, NDArray[Any]] = {}  # at these variables, already
        self._layers: dict[int, tuple[str, Layer]] = {}
        for label, network in self._networks.items():
            self._learn(label, network)
        for name, array in (arrays or {}).items():
            self._know(name, array)
        self._before = len(self._known)

    def _learn(self, label: str, network: Layer) -> None:
        """Note the names of a network's arrays and layers."""
        if isinstance(network, Network):
            for name, vector in {
                **network.state(),
                **({"dtheta": network.dtheta} if network.theta.size else {}),
            }.items():
                self._know(f"{label}.{name}" if label else name, vector)
        for arrays in (network.tensors(), network.gradients(), network.tables()):
            for name, array in arrays.items():
                self._know(f"{label}{name}", array)
        for place, layer in network.named_layers().items():
            self._layers.setdefault(id(layer), (f"{label}{place}", layer))

    def _know(self, source: str | int, array: NDArray[Any]) -> None:
        """Remember what the memory of an array is called."""
        start = array.ctypes.data
        self._known.append(_Known(source, start, start + array.nbytes, array))

    # ---- the block -----------------------------------------------------------------

    def __enter__(self) -> Self:
        self._top = sys._getframe(1)
        for name, layer in self._layers.values():
            for method in ("forward_pass", "backward_pass"):
                vars(layer)[method] = self._watched(name, layer, method)
        self._token = primitives.recorder.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        primitives.recorder.reset(self._token)
        for _, layer in self._layers.values():
            for method in ("forward_pass", "backward_pass"):
                vars(layer).pop(method, None)
        self._name_by([*self._seen[::-1], self._top])
        del self._top, self._counted, self._seen, self._looked

    @property
    def trace(self) -> Trace:
        """What was computed."""
        taken: dict[str, int] = {}
        values: list[Value] = []
        for entry in self._entries:
            names = []
            for name in dict.fromkeys(
                [*entry.variables, entry.own or entry.value.name]
            ):
                full = f"{entry.step}: {name}" if entry.step else name
                times = taken[full] = taken.get(full, 0) + 1
                names.append(full if times == 1 else f"{full} ({times})")
            inputs = (
                values[s].name if isinstance(s, int) else s for s in entry.sources
            )
            first, *others = names
            also = tuple(others)
            values.append(
                replace(entry.value, name=first, also=also, inputs=tuple(inputs))
            )
        return Trace(self.title, values)

    # ---- what it hears -------------------------------------------------------------

    def heading(self, text: str) -> None:
        """Called by `primitives.heading`: what the next values are for."""
        self._heading = text

    def between(self, function: Callable[[], object]) -> None:
        """Called by `primitives.between`: a function that computes no values."""
        function()

    def note(
        self,
        primitive: Primitive,
        operands: Sequence[Any],
        sizes: Mapping[str, int],
        dtype: np.dtype[Any],
    ) -> None:
        """Called by `primitives` after each primitive."""
        frames = [*_frames(sys._getframe(2), self._top)]
        place = self._layer_in(frames)
        algorithm = [f for f in frames if self._is_algorithm(f.f_code)]
        if place is None and not algorithm:
            return
        self._follow(algorithm)
        given = len(primitive.inputs)
        sources = tuple(
            self._source(value)
            for operand, value in zip(primitive.inputs, operands, strict=False)
            if operand.kind == "array"
        )
        for k, operand in enumerate(primitive.operands):
            array = operands[k]
            if operand.kind != "array" or (k < given and not operand.update):
                continue
            if k >= given and _is_copy(primitive, operands, sizes):
                self._know(self._source(operands[0]), array)
                return
            own = str(self._source(array)) if k < given else ""
            if k >= given and place is not None:
                own = _joined(place, operand.name)
                if any(own == known.source for known in self._known[: self._before]):
                    own = _joined(place, primitive.name)  # a part of what is added
            value = Value(
                own or operand.name,
                np.array(array),
                self._described(place),
                _line(frames[0]),
                primitive.name,
                formula_of(primitive, operand.name),
                (),
                heading=self._taken_heading(),
            )
            self._add(array, own, value, sources, fresh=k >= given)

    def _add(
        self,
        array: NDArray[Any],
        own: str,
        value: Value,
        sources: tuple[str | int, ...] = (),
        fresh: bool = True,
    ) -> None:
        """Keep a value; the memory of one that is fresh is known by it from now on."""
        entry = _Entry(value, array, self._step, fresh, own, sources, {})
        if fresh:
            self._know(len(self._entries), array)
            self._found.setdefault(_memory(array), []).append(entry)
        self._entries.append(entry)

    def _taken_heading(self) -> str:
        text, self._heading = self._heading, ""
        return text

    # ---- layers --------------------------------------------------------------------

    def _watched(self, name: str, layer: Layer, method: str) -> Callable[..., Any]:
        """A pass of a layer that also says what it returned, for those in NumPy."""
        original = getattr(layer, method)
        forward = method == "forward_pass"

        def run(*arguments: Any, **named: Any) -> Any:
            start = len(self._entries)
            result = original(*arguments, **named)
            made = result[0] if forward and isinstance(result, tuple) else result
            code = getattr(type(layer), method).__code__
            results = made if isinstance(made, tuple) else (made,)
            found = "y" if forward else "dx"
            for k, array in enumerate(results):
                suffix = f"[{k}]" if len(results) > 1 else ""
                self._hear(name, layer, code, f"{found}{suffix}", array, start)
            if not forward and not layer.is_frozen:
                for p in layer.parameters:
                    self._hear(name, layer, code, f"d{p.name}", p.grad, start, False)
            return result

        return run

    def _hear(
        self,
        place: str,
        layer: Layer,
        code: CodeType,
        operand: str,
        array: Any,
        start: int,
        fresh: bool = True,
    ) -> None:
        """Keep what a pass returned or changed, unless a primitive said so."""
        if not isinstance(array, np.ndarray):
            return
        own = _joined(place, operand)
        for entry in self._entries[start:]:
            if _memory(entry.array) == _memory(array):
                if fresh:
                    entry.own = own
                return
        frames = [*_frames(sys._getframe(2), self._top)]
        self._follow([f for f in frames if self._is_algorithm(f.f_code)])
        line = f"{_short(code.co_filename)}:{code.co_firstlineno}"
        value = Value(
            own,
            np.array(array),
            self._described(place),
            line,
            "",
            "",
            (),
            heading=self._taken_heading(),
        )
        self._add(array, own, value, fresh=fresh)

    def _layer_in(self, frames: Sequence[FrameType]) -> str | None:
        """The name of the innermost layer in whose code this is; None outside."""
        for frame in frames:
            found = self._layers.get(id(frame.f_locals.get("self")))
            if found is not None:
                return found[0]
        return None

    def _described(self, place: str | None) -> str:
        """ "D2 Dense" for "D2"; "" for None."""
        for name, layer in self._layers.values():
            if name == place:
                return f"{place} {type(layer).__name__}".strip()
        return ""

    # ---- the algorithm -------------------------------------------------------------

    def _is_algorithm(self, code: CodeType) -> bool:
        """Whether variables of this function are names of values."""
        file = code.co_filename
        return file in self._algorithm or not file.startswith(HERE)

    def _follow(self, algorithm: list[FrameType]) -> None:
        """Find out whose step it is, and what variables name."""
        self._name_by(algorithm)
        for frame in reversed(algorithm):
            if not any(frame is other for other in self._seen):
                self._seen.append(frame)
        for frame in reversed(algorithm):  # from the outermost
            for word, step in PLAYERS.items():
                if word in frame.f_code.co_name:
                    self._enter(frame, step)
                    return

    def _enter(self, frame: FrameType, step: str) -> None:
        """Begin a step, or go on in it."""
        if any(frame is other for other in self._counted):
            return
        self._counted.append(frame)
        if "move" not in frame.f_code.co_name:
            self._steps[step] = self._steps.get(step, 0) + 1
        count = self._steps.get(step, 1)
        self._step = step if count == 1 else f"{step} {count}"

    def _name_by(self, frames: Sequence[FrameType]) -> None:
        """Give values the names of the variables that hold them."""
        for frame in reversed(frames):
            if not self._is_algorithm(frame.f_code):
                continue
            for variable, array in _arrays_in(frame.f_locals):
                if self._looked.get((id(frame), variable)) is array:
                    continue
                self._looked[id(frame), variable] = array
                found = self._found.get(_memory(array), ())
                for entry in found:
                    entry.variables[variable] = None
                whole = "" if found else self._source(array)
                if isinstance(whole, int):  # a part of it
                    line = _line(frame)
                    value = Value(variable, np.array(array), "", line, "", "", ())
                    self._add(array, "", value, (whole,))

    def _source(self, array: NDArray[Any]) -> str | int:
        """The latest value that this array is, or a name of its memory, or ""."""
        start = array.ctypes.data
        end = start + array.nbytes
        for known in reversed(self._known):
            if known.start <= start and end <= known.end:
                return known.source
        return ""


@cache
def formula_of(primitive: Primitive, operand: str) -> str:
    """The line of a primitive's docstring that says how an operand is computed."""
    lines = (primitive.__doc__ or "").splitlines()
    lines = [line.strip().partition("   ")[0] for line in lines]
    own = [line for line in lines if line.startswith((f"{operand} =", f"{operand} +="))]
    return (own or [line for line in lines if " = " in line] or lines or [""])[0]


def _is_copy(
    primitive: Primitive, operands: Sequence[Any], sizes: Mapping[str, int]
) -> bool:
    """True for what only copies its one operand."""
    if len(operands) != 2 or primitive.flops(sizes):
        return False
    old, new = operands
    return isinstance(old, np.ndarray) and _equal(old, new)


def _equal(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """True where two arrays have one shape and the same bytes."""
    return a.shape == b.shape and a.tobytes() == b.tobytes()


def _frames(frame: FrameType | None, last: FrameType) -> Iterator[FrameType]:
    """The calls that led here, from the innermost to `last`, without primitives."""
    while frame is not None:
        if not frame.f_code.co_filename.startswith(BELOW):
            yield frame
        if frame is last:
            return
        frame = frame.f_back


def _arrays_in(variables: Mapping[str, Any]) -> Iterator[tuple[str, NDArray[Any]]]:
    """(name, array) of variables that are arrays, then of dicts that hold some."""
    dicts = []
    for name, value in variables.items():
        if isinstance(value, np.ndarray):
            yield name, value
        elif type(value) is dict:
            dicts += [*value.items()]
    for name, value in dicts:
        if isinstance(name, str) and isinstance(value, np.ndarray):
            yield name, value


def _memory(array: NDArray[Any]) -> tuple[int, int, np.dtype[Any]]:
    """What is equal for arrays of the same memory, perhaps in another shape."""
    return array.ctypes.data, array.size, array.dtype


def _line(frame: FrameType) -> str:
    """ "layers/dense.py:97"."""
    return f"{_short(frame.f_code.co_filename)}:{frame.f_lineno}"


@cache
def _short(file: str) -> str:
    """The path of a file inside the package, or its name."""
    path = Path(file)
    if path.is_relative_to(PACKAGE):
        return path.relative_to(PACKAGE).as_posix()
    return path.name
