"""Registries: things of one kind by name, each declared once, where it is defined.

    LAYERS = Registry("layer")

    @LAYERS.register(Example({"inputs": 6, "units": 4}, shape=(5, 6)))
    class Dense(Layer): ...

What is registered can be saved and loaded, proven by `minigan check`, written into the
golden vectors and chosen by name; whoever must know "all layers" asks the registry.  A
class of your own is registered in the same way and is as good as a built-in one.

The arguments of a constructor are the configuration of an object: each is kept as an
attribute of its own name, and `config_of` reads them back.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar, cast

from . import validate
from .errors import ArgumentError

T = TypeVar("T")
U = TypeVar("U")  # of a thing that is registered: its own, narrower type

# Arguments that are no configuration: where random numbers come from, and the type.
_NO_CONFIGURATION = ("rng", "dtype")


@dataclass(frozen=True)
class Example:
    """A small instance of something registered, for proofs, tests and listings.

    arguments: of the constructor.   shape: of its input, (N, ...), where it has one; a
    tuple of shapes for a layer that joins several.
    options: how it is checked, as `gradcheck` takes them.   note: what sets it apart.
    """

    arguments: Mapping[str, Any] = field(default_factory=dict)
    shape: tuple[Any, ...] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


class Registry(Generic[T], Mapping[str, T]):
    """Name -> thing, in the order of registration.

    kind: what they are, in the singular, for messages ("layer").
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._things: dict[str, T] = {}
        self._examples: dict[str, tuple[Example, ...]] = {}

    def register(self, *examples: Example, name: str = "") -> Callable[[U], U]:
        """A decorator that registers a class or function and returns it unchanged.

        examples: at least one where the kind is proven by examples.
        name: by default the attribute `name` of the thing if it is a text that is not
        empty, else its `__name__`.
        Errors: ArgumentError for a name that another thing has already.
        """

        def add(thing: U) -> U:
            own = getattr(thing, "name", "")
            key = name or (own if isinstance(own, str) else "")
            key = key or getattr(thing, "__name__", "")
            if key in self._things and not _same(self._things[key], thing):
                validate.complain(
                    ArgumentError, "register", "name", f"a new {self.kind}", repr(key)
                )
            self._things[key] = cast(Any, thing)
            self._examples[key] = examples
            return thing

        return add

    def unregister(self, name: str) -> None:
        """Forget a name, as tests do."""
        del self._things[name], self._examples[name]

    def chosen(self, where: str, argument: str, name: object) -> T:
        """The thing of that name.  Errors: ArgumentError that lists the known names."""
        return self._things[validate.choice(where, argument, name, tuple(self))]

    def name_of(self, thing: object) -> str | None:
        """The name under which something is registered, or None."""
        for name, known in self._things.items():
            if known is thing:
                return name
        return None

    def examples(self, name: str) -> tuple[Example, ...]:
        """The examples given when it was registered."""
        return self._examples[name]

    def __getitem__(self, name: str) -> T:
        return self._things[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

    def __repr__(self) -> str:
        return f"Registry({self.kind}: {', '.join(self._things)})"


def _same(one: object, other: object) -> bool:
    """Whether a module was merely run again, as notebooks do.

    Objects of one type are known by the module of their function `generator`.
    """
    if type(one) is type(other) is not type and hasattr(one, "generator"):
        home = getattr(one.generator, "__module__", 1)
        again = home == getattr(getattr(other, "generator", 2), "__module__", 2)
        return one == other or (again and not str(home).startswith("minigan."))
    return getattr(one, "__qualname__", 1) == getattr(other, "__qualname__", 2) and (
        getattr(one, "__module__", 1) == getattr(other, "__module__", 2)
    )


def arguments_of(kind: type) -> list[str]:
    """The names of a constructor's arguments, in order.

    One that hands on what it does not name (`**options`) has those of its base class
    as well.
    """
    names: list[str] = []
    for base in kind.__mro__:
        if "__init__" not in vars(base):
            continue
        arguments = _parameters(vars(base)["__init__"])
        rest = [a for a in arguments if a.kind in (a.VAR_POSITIONAL, a.VAR_KEYWORD)]
        names += [a.name for a in arguments if a not in rest and a.name not in names]
        if not rest:
            break
    return names


@cache
def _parameters(constructor: Callable[..., None]) -> list[inspect.Parameter]:
    """All but `self`."""
    return list(inspect.signature(constructor).parameters.values())[1:]


def config_of(thing: object) -> dict[str, Any]:
    """The constructor's arguments of an object, read from its attributes.

    Left out are `rng` and `dtype`, which are no configuration.
    """
    return {
        name: getattr(thing, name)
        for name in arguments_of(type(thing))
        if name not in _NO_CONFIGURATION
    }


def create(kind: Callable[..., T], arguments: Mapping[str, Any], **offered: Any) -> T:
    """An object from its configuration, by `from_config` where its class has one.

    offered: `rng=` and `dtype=`, handed on where the constructor takes them.
    """
    known = arguments_of(kind) if isinstance(kind, type) else ()
    taken = {name: value for name, value in offered.items() if name in known}
    make = getattr(kind, "from_config", kind)
    return make(**arguments, **taken)
