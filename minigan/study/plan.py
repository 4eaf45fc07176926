"""What a study runs: seeds, and every combination of the values of its settings."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from json import dumps
from math import isfinite, prod
from typing import Any

import numpy as np

from .. import validate
from ..validate import ArgumentError, DTypeError

Value = bool | int | float | str | None
Settings = Mapping[str, Value]

MOST_RUNS = 1_000_000
LARGEST_SEED = 2**63 - 1
LONGEST_NAME = 100  # characters of a folder's name
_PART = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True)
class Task:
    """One run: a seed, and the settings that take the place of the usual ones."""

    seed: int
    settings: Settings = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Where its file lies in the folder: "beta_1=0.5/17"."""
        return f"{folder_name(self.settings)}/{self.seed}"


@dataclass(frozen=True)
class Plan:
    """seeds: in order, each once.

    configurations: every combination of the settings; the last changes fastest.
    """

    seeds: tuple[int, ...]
    configurations: tuple[Settings, ...]

    @property
    def tasks(self) -> list[Task]:
        """All runs, seed by seed, so that every configuration is seen early."""
        return [Task(seed, c) for seed in self.seeds for c in self.configurations]


def plan(where: str, seeds: Any, settings: Any) -> Plan:
    """The `Plan` of what a user asks for.

    seeds: integers, or a text such as "0-199" or "0-9,20".
    settings: name -> a value or a list of values, or None.
    Errors: ArgumentError, DTypeError naming what is wrong.
    """
    found, values = as_seeds(where, seeds), values_of(where, settings)
    runs = len(found) * prod(map(len, values.values()))
    if runs > MOST_RUNS:
        expected = f"at most {MOST_RUNS:,} runs"
        validate.complain(ArgumentError, where, "seeds", expected, f"{runs:,}")
    combined = product(*values.values())
    return Plan(found, tuple(dict(zip(values, c, strict=True)) for c in combined))


def as_seeds(where: str, seeds: Any) -> tuple[int, ...]:
    """Seeds in order, each once."""
    if isinstance(seeds, str):
        return _seeds_of_text(where, seeds)
    if isinstance(seeds, (int, np.integer)) or not isinstance(seeds, Iterable):
        expected = "integers, or a text such as '0-199'"
        validate.complain(DTypeError, where, "seeds", expected, validate.shown(seeds))
    if isinstance(seeds, range) and len(seeds) > MOST_RUNS:
        _too_many(where, f"{len(seeds):,}")
    found = {
        validate.integer(where, "seeds", seed, least=0, most=LARGEST_SEED)
        for seed in seeds
    }
    if not found:
        validate.complain(ArgumentError, where, "seeds", "at least one seed", "none")
    return tuple(sorted(found))


def _seeds_of_text(where: str, text: str) -> tuple[int, ...]:
    """The seeds in "0-9,20", in order.  Errors: ArgumentError."""
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None or max(map(len, part.split("-"))) > 19:
            expected = "numbers and ranges, such as 0-199 or 0-9,20"
            validate.complain(ArgumentError, where, "seeds", expected, repr(text))
        first = int(match[1])
        last = first if match[2] is None else int(match[2])
        if last < first:
            expected = f"a range that is not empty, such as {last}-{first}"
            validate.complain(ArgumentError, where, "seeds", expected, repr(part))
        if last > LARGEST_SEED:
            expected = f"seeds <= {LARGEST_SEED}"
            validate.complain(ArgumentError, where, "seeds", expected, repr(part))
        if last - first >= MOST_RUNS:
            _too_many(where, repr(part))
        found.update(range(first, last + 1))
    return tuple(sorted(found))


def _too_many(where: str, got: str) -> None:
    expected = f"at most {MOST_RUNS:,} seeds"
    validate.complain(ArgumentError, where, "seeds", expected, got)


def seeds_text(seeds: Sequence[int]) -> str:
    """(0, 1, 2, 5) -> "0-2,5": the text of which they are made again."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][1] + 1:
            parts[-1][1] = seed
        else:
            parts.append([seed, seed])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in parts)


def values_of(where: str, settings: Any) -> dict[str, list[Value]]:
    """name -> the values of each setting."""
    if settings is None:
        return {}
    if not isinstance(settings, Mapping):
        expected = "a dict, name -> value or list of values"
        got = validate.shown(settings)
        validate.complain(DTypeError, where, "settings", expected, got)
    values: dict[str, list[Value]] = {}
    for name, given in settings.items():
        if not isinstance(name, str) or not name.isidentifier():
            expected = "names of settings"
            got = validate.shown(name)
            validate.complain(ArgumentError, where, "settings", expected, got)
        listed = given if isinstance(given, (list, tuple, np.ndarray)) else [given]
        values[name] = [_value(where, name, value) for value in listed]
        texts = [dumps(value) for value in values[name]]
        if not texts or len(set(texts)) < len(texts):
            expected = "at least one value, and each of them once"
            validate.complain(
                ArgumentError, where, name, expected, validate.shown(given)
            )
    return values


def _value(where: str, name: str, value: Any) -> Value:
    """A value that JSON can hold."""
    if isinstance(value, np.generic):
        value = value.item()
    known = value is None or isinstance(value, (bool, int, float, str))
    if not known or (isinstance(value, float) and not isfinite(value)):
        expected = "finite numbers, texts, True, False or None"
        validate.complain(DTypeError, where, name, expected, validate.shown(value))
    return value


# ---- names -------------------------------------------------------------------------


def label(settings: Settings) -> str:
    """What tables call a configuration: "beta_1=0.5, objective=hinge"."""
    return ", ".join(f"{k}={shown(v)}" for k, v in settings.items()) or "as it is"


def shown(value: Value) -> str:
    """A value as the command line takes it."""
    return value if isinstance(value, str) else dumps(value)


def folder_name(settings: Settings) -> str:
    """A name that every file system takes, another one for each configuration.

    Names and values in order.  Where a letter cannot stand, or would be the same as
    another one on some system, a digest at the end tells them apart.
    """
    if not settings:
        return "as-it-is"
    ordered = dict(sorted(settings.items()))
    plain = ",".join(f"{k}={shown(v)}" for k, v in ordered.items())
    safe = re.sub(r"[^a-z0-9_=,.+-]", "_", plain.lower())[:LONGEST_NAME].rstrip(".")
    exact = dumps(ordered)
    typed = any(isinstance(v, str) and _is_ambiguous(v) for v in ordered.values())
    if safe == plain and not typed:
        return safe
    return f"{safe}-{hashlib.sha256(exact.encode()).hexdigest()[:12]}"


def _is_ambiguous(text: str) -> bool:
    """Whether a text reads like a number, or could be two settings."""
    return not re.fullmatch(r"[a-z_][a-z0-9_.+-]*", text) or text in (
        *("true", "false", "null", "nan", "infinity"),
    )
