"""Layers, models, optimizers and losses as JSON can hold them, and back.

Each object of the front remembers what it was made with, so that it can be made again.
Nothing is ever run from a file: what may be made stands in this package.
"""

from collections.abc import Callable, Iterator, Mapping
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self

from .. import validate
from ..errors import ArgumentError
from ..state import Arrays, whole_copy
from .tensors import Input
from .wiring import calls_between

if TYPE_CHECKING:
    from .models import Model

    Kinds = Mapping[str, Callable[..., Model]]

PACKAGE = __package__
_SIMPLE = (str, bool, type(None))

# methods that Keras calls in subclasses, and nothing here would
NEVER_CALLED = (
    "call",
    "train_step",
    "test_step",
    "predict_step",
    "compute_loss",
    "build",
    "update_state",
    "result",
    "update_step",
    "apply_gradients",
    "__call__",
    "_merge_function",
)


class Remembers:
    """Base class of what can be described: `_made_with` is its constructor's call.

    A class made from it elsewhere may add methods, but not redefine `NEVER_CALLED`,
    except what `_would_call` says.
    """

    _instead = "an object of minigan.keras"  # what can be had without a subclass
    _made_with: tuple[tuple[Any, ...], dict[str, Any]]

    __copy__ = whole_copy

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name in NEVER_CALLED:
            owner = next((kind for kind in cls.__mro__ if name in vars(kind)), None)
            if owner is not None and not is_ours(owner) and not cls._would_call(name):
                raise ArgumentError(
                    f"{cls.__name__}.{name}: expected no such method in a subclass, "
                    f"since it would never be called, but {cls._instead}"
                )

    @classmethod
    def _would_call(cls, name: str) -> bool:
        """Whether a method of this name is called, where a subclass defines it."""
        return False

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        made = super().__new__(cls)
        made._made_with = args, kwargs
        return made


def describe(value: Any, where: str) -> Any:
    """An argument, or an object of the front, in lists, dicts, numbers and names.

    Errors: ArgumentError for anything else, such as a function.
    """
    if isinstance(value, _SIMPLE):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, (list, tuple)):
        return [describe(item, where) for item in value]
    if isinstance(value, type) and _known(value):
        return {"type": _name(value)}
    if isinstance(value, Remembers) and _known(type(value)):
        args, kwargs = value._made_with
        return {
            "class": _name(type(value)),
            "args": [describe(item, where) for item in args],
            "kwargs": {key: describe(item, where) for key, item in kwargs.items()},
        }
    expected = "numbers, names and objects of minigan.keras, which a file can hold"
    return validate.complain(
        ArgumentError, where, "model", expected, validate.shown(value)
    )


def revive(found: Any) -> Any:
    """What `describe` described; lists become tuples."""
    if isinstance(found, list):
        return tuple(revive(item) for item in found)
    if not isinstance(found, dict):
        return found
    kinds: dict[str, type] = {_name(kind): kind for kind in _kinds(Remembers)}
    if "type" in found:
        return kinds[found["type"]]
    kwargs = {key: revive(item) for key, item in found["kwargs"].items()}
    return kinds[found["class"]](*revive(found["args"]), **kwargs)


def _known(kind: type) -> bool:
    return issubclass(kind, Remembers) and is_ours(kind)


def is_ours(kind: type) -> bool:
    """Whether a class comes from this package."""
    return f"{kind.__module__}.".startswith(f"{PACKAGE}.")


def _name(kind: type) -> str:
    """ "Loss MeanSquaredError", "Metric MeanSquaredError", ..."""
    family = kind.__mro__[kind.__mro__.index(Remembers) - 1]
    return f"{family.__name__} {kind.__name__}"


def _kinds(base: type) -> Iterator[type]:
    kind: type
    for kind in base.__subclasses__():
        if _known(kind):
            yield kind
        yield from _kinds(kind)


# ---- models --------------------------------------------------------------------------


def structure(model: "Model", where: str) -> dict[str, Any]:
    """A model's layers, their names and flags, and how they are connected.

    calls: (place of the layer, values it takes).  Values are numbered: the inputs, then
    what each call makes.
    """
    if model.losses:
        expected = "losses of compile() only: those of add_loss are in no file"
        given = f"{len(model.losses)} of add_loss"
        validate.complain(ArgumentError, where, "model", expected, given)
    chain, rows = list(model._chain), []
    for layer in chain:
        row = {"name": layer.name, "trainable": layer._trainable}
        if layer.is_model:
            row["model"] = structure(layer, where)
        else:
            row["layer"] = describe(layer, where)
        rows.append(row)
    found = {
        "kind": model._kind_of_graph,
        "name": model.name,
        "inputs": [
            {"name": t.name, "shape": list(t.example or ()), "dtype": t.dtype}
            for t in model.inputs
        ],
        "trainable": model._trainable,
        "layers": rows,
    }
    if model._kind_of_graph == "Model":
        numbers = {tensor: k for k, tensor in enumerate(model.inputs)}
        found["calls"] = calls = []
        for call in calls_between(model.inputs, model.outputs):
            calls.append([chain.index(call.layer), [numbers[t] for t in call.inputs]])
            for tensor in call.outputs:
                numbers[tensor] = len(numbers)
        found["outputs"] = [numbers[tensor] for tensor in model.outputs]
    return found


def rebuild(
    found: dict[str, Any], kinds: "Kinds", where: str = "load_model"
) -> "Model":
    """The model of a `structure`.  kinds: name -> its maker."""
    layers: list[Any] = []
    for row in found["layers"]:
        inner = "model" in row
        layer = rebuild(row["model"], kinds) if inner else revive(row["layer"])
        layer.name = _text("name", row["name"])
        layer._trainable = validate.flag(where, "trainable", row["trainable"])
        layers.append(layer)
    if "inputs" in found:
        starts = [
            Input(
                tuple(row["shape"]), name=_text("name", row["name"]), dtype=row["dtype"]
            )
            for row in found["inputs"]
        ]
    else:  # as version 1 had it
        shape = found["input"]
        name = _text("input_name", found["input_name"])
        starts = [] if shape is None else [Input(tuple(shape), name=name)]
    calls = found.get("calls", [(k, [k]) for k in range(len(layers))])
    ends = found.get("outputs", [len(layers)])
    name = _text("name", found["name"])
    model = kinds[found["kind"]](starts, layers, calls, ends, name)
    model._trainable = validate.flag(where, "trainable", found["trainable"])
    return model


def _text(argument: str, value: Any) -> str:
    """A name.  Errors: DTypeError."""
    if not isinstance(value, str):
        got = type(value).__name__
        validate.complain(validate.DTypeError, "load_model", argument, "a text", got)
    return value


def compiled(model: "Model", where: str) -> tuple[dict[str, Any], Arrays]:
    """(description, arrays) of what compile() keeps, and of the optimizer's memory."""
    plan = model.plan("save")
    described = {
        "optimizer": describe(plan.optimizer, where),
        "learning_rate": plan.optimizer.learning_rate,
        "t": int(plan.optimizer.engine.t),
        "loss": describe([output.loss for output in plan.every], where),
        "loss_weights": [output.weight for output in plan.every],
        "metrics": describe([output.metrics for output in plan.every], where),
        "captured": list(plan.captured.values()),
    }
    arrays = {}
    engine = plan.optimizer.engine
    for k, leaf in enumerate(plan.captured):
        if leaf.block is None or leaf.block not in engine.networks:
            continue
        for name, vector in engine.vectors(leaf.block).items():
            arrays[f"optimizer {k:04d} {name}"] = vector
    return described, arrays


def compile_again(model: "Model", found: dict[str, Any], arrays: Arrays) -> None:
    """compile() a rebuilt model as it was, and give the optimizer its memory back."""
    where = "load_model"
    optimizer, loss = revive(found["optimizer"]), revive(found["loss"])
    if optimizer.schedule is None:
        optimizer.learning_rate = found["learning_rate"]
    optimizer.engine.t[...] = validate.integer(where, "t", found["t"], least=0)
    metrics, weights = list(revive(found["metrics"])), found.get("loss_weights")
    model.compile(optimizer, loss, metrics, weights)
    captured = model.plan("compile").captured
    flags = [validate.flag(where, "captured", flag) for flag in found["captured"]]
    captured.update(zip(captured, flags, strict=True))
    model.plan("compile").bound = False  # by the flags of the file
    blocks: list[Any] = [leaf.block for leaf in captured]
    for key, vector in arrays.items():
        _, k, name = key.split()
        block = blocks[validate.integer(where, "k", int(k), least=0)]
        own = optimizer.engine.vectors(block)[name]
        own[...] = validate.array(where, name, vector, own.shape, own.dtype)
