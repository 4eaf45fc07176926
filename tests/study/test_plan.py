"""Seeds and settings: what is asked for, and the names of what is run."""

import numpy as np
import pytest

from minigan import MiniganError
from minigan.study.plan import Task, folder_name, label, plan, seeds_text


@pytest.mark.parametrize(
    ("seeds", "found"),
    [
        ("0-3", (0, 1, 2, 3)),
        ("7", (7,)),
        ("0-2, 9,1-3", (0, 1, 2, 3, 9)),
        (range(3), (0, 1, 2)),
        ([5, 2, np.int64(2)], (2, 5)),
        (np.arange(2), (0, 1)),
        (f"{2**63 - 1}", (2**63 - 1,)),
    ],
)
def test_seeds(seeds, found):
    made = plan("study.run", seeds, None)
    assert made.seeds == found and made.configurations == ({},)
    assert plan("study.run", seeds_text(found), None).seeds == found
    assert all(type(seed) is int for seed in made.seeds)


def test_seeds_as_text():
    assert seeds_text((0, 1, 2, 5, 7, 8)) == "0-2,5,7-8"


@pytest.mark.parametrize(
    ("seeds", "word"),
    [
        ("", "0-199"),
        ("x", "0-199"),
        ("1-", "0-199"),
        ("-1", "0-199"),
        ("1.5", "0-199"),
        ("1,,2", "0-199"),
        ("9-3", "3-9"),
        ("0-99999999999", "at most"),
        (f"{2**63}", "<="),
        ("9" * 5000, "0-199"),
        ([], "at least one"),
        ([-1], ">= 0"),
        ([1.5], "integer"),
        ([True], "integer"),
        (5, "0-199"),
        (None, "0-199"),
        (range(2**40), "at most"),
    ],
)
def test_seeds_that_are_none(seeds, word):
    with pytest.raises(MiniganError, match="study.run: argument 'seeds'") as error:
        plan("study.run", seeds, None)
    assert word in str(error.value)


def test_every_combination_seed_by_seed():
    made = plan("study.run", "0-1", {"a": [1, 2], "b": ["x", None], "c": True})
    assert made.configurations == (
        {"a": 1, "b": "x", "c": True},
        {"a": 1, "b": None, "c": True},
        {"a": 2, "b": "x", "c": True},
        {"a": 2, "b": None, "c": True},
    )
    assert [task.seed for task in made.tasks] == [0] * 4 + [1] * 4
    assert len({task.key for task in made.tasks}) == 8


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ([("a", 1)], "settings"),
        ({"not a name": 1}, "settings"),
        ({3: 1}, "settings"),
        ({"a": []}, "a"),
        ({"a": [1, 1]}, "a"),
        ({"a": [np.nan]}, "a"),
        ({"a": [[1]]}, "a"),
        ({"a": object()}, "a"),
        ({"a": list(range(1001)), "b": list(range(1000))}, "seeds"),
    ],
)
def test_settings_that_are_none(settings, name):
    with pytest.raises(MiniganError, match=f"study.run: argument '{name}'"):
        plan("study.run", "0", settings)


def test_names_of_configurations():
    assert label({}) == "as it is" and folder_name({}) == "as-it-is"
    assert label({"a": 0.5, "b": "x"}) == "a=0.5, b=x"
    assert folder_name({"b": "x", "a": 0.5}) == "a=0.5,b=x"
    assert Task(7, {"a": 1}).key == "a=1/7"


def test_other_settings_have_other_folders_on_every_system():
    values = [
        *(1, 1.0, "1", True, "true", None, "null", "None", "X", "x", "x,b=1"),
        *("a/b", "a\\b", "..", "a.", "a ", "CON", "ä", "x" * 300, "x" * 301),
    ]
    names = [folder_name({"a": value}) for value in values]
    names.append(folder_name({"a": "x", "b": 1}))
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert not set(name) & set('/\\:*?"<>| ') and name[-1] != "."
        assert name.isascii() and len(name) < 128
