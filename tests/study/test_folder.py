"""The folder of a study: what it takes, and what it refuses."""

import pytest

from minigan import MiniganError
from minigan.study import Outcome
from minigan.study.folder import Folder
from minigan.study.plan import Task

ABOUT = {"subject": "parabola", "steps": 10}
TASK = Task(3, {"a": 1})


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path / "deep" / "study")
    made.open(ABOUT, [TASK.settings])
    return made


def test_a_run_is_kept_and_read(folder):
    assert folder.read(TASK) is None
    folder.keep(TASK, Outcome(3, {"a": 1}, True).as_bytes())
    assert folder.read(TASK).healthy is True
    assert folder.run(TASK).name == "3.json"
    folder.open(ABOUT, [TASK.settings, {"a": 2}])
    assert folder.read(TASK).healthy is True


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", Outcome(4, {"a": 1}).as_bytes(), Outcome(3, {}).as_bytes()],
)
def test_what_is_no_such_run_is_run_again(folder, content):
    folder.keep(TASK, content)
    assert folder.read(TASK) is None


@pytest.mark.parametrize("change", [{"subject": "digits"}, {"steps": 11}])
def test_the_folder_of_another_study(folder, change):
    with pytest.raises(MiniganError, match="holds another study") as error:
        folder.expect({**ABOUT, **change})
    assert str(next(iter(change.values()))) in str(error.value)


def test_a_folder_of_other_things(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(MiniganError, match="found other files"):
        Folder(tmp_path).expect(ABOUT)
    with pytest.raises(MiniganError, match="expected a folder, found a file"):
        Folder(tmp_path / "thesis.tex").expect(ABOUT)
    with pytest.raises(MiniganError, match="cannot be used"):
        Folder(tmp_path / "thesis.tex" / "study").open(ABOUT, [{}])


@pytest.mark.parametrize("content", [b"", b"[]", b"{"])
def test_a_study_json_that_is_none(folder, content):
    folder.write("study.json", content)
    with pytest.raises(MiniganError, match="study.json"):
        folder.expect(ABOUT)


@pytest.mark.parametrize("path", [3, None, "a\0b"])
def test_paths_that_are_none(path):
    with pytest.raises(MiniganError, match="path"):
        Folder(path)
