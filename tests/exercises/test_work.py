"""Working on an exercise: files, notebooks, hints, and what is refused."""

import numpy as np
import pytest

from minigan import Layer, exercises
from minigan.errors import ArgumentError, OutputError


class LeakyReLU(Layer):
    def __init__(self, slope=0.2):
        self.slope = slope

    def forward_pass(self, x, training):
        return np.where(x > 0, x, self.slope * x), x

    def backward_pass(self, dy, cache, need_dx):
        return np.where(cache > 0, dy, self.slope * dy)


def test_a_class_of_a_notebook_is_judged():
    assert exercises.check(2, LeakyReLU).ok
    assert exercises.check(2, globals()).ok
    with pytest.raises(ArgumentError, match="expected a class or function, a file"):
        exercises.check(2, 3.0)


def test_a_name_that_is_missing_is_told():
    verdict = exercises.check(3, LeakyReLU)
    assert "no Sigmoid and no Tanh" in str(verdict)


def test_work_is_not_overwritten(tmp_path):
    (path,) = exercises.start(4, tmp_path).files
    path.write_text("mine = 1\n")
    with pytest.raises(OutputError, match="your work stays"):
        exercises.start(4, tmp_path)
    assert path.read_text() == "mine = 1\n"
    exercises.start(4, tmp_path, force=True)
    assert "bce_logits" in path.read_text()


def test_a_file_that_is_not_there():
    with pytest.raises(ArgumentError, match=r"exercises.start\(1\) writes it"):
        exercises.check(1, folder="nowhere")


def test_a_file_that_python_cannot_read(tmp_path):
    (tmp_path / "mine.py").write_text("def bce_logits(s, t):\n    return (\n")
    verdict = exercises.check(4, tmp_path / "mine.py")
    assert "Python cannot read the file" in str(verdict) and "line 2" in str(verdict)


def test_an_error_is_told_with_its_line(tmp_path):
    text = "def bce_logits(s, t):\n    p = s / 2\n    return p.mean(), q\n"
    (tmp_path / "mine.py").write_text(text)
    (wrong,) = exercises.check(4, tmp_path / "mine.py").wrong
    assert "NameError" in wrong.text and "line 3: return p.mean(), q" in wrong.text


def test_the_rest_is_not_judged_after_a_wrong_part(tmp_path):
    (tmp_path / "mine.py").write_text("def bce_logits(s, t):\n    return 1.0, s\n")
    findings = exercises.check(4, tmp_path / "mine.py").findings
    assert [finding.ok for finding in findings] == [False, None, None]


def test_hints_go_from_a_nudge_to_nearly_all():
    assert "hint 1 of 3; the next: hint 1 2" in exercises.hint(1)
    assert "x.T @ dy" in exercises.hint(1, 3)
    with pytest.raises(ArgumentError, match="which"):
        exercises.hint(1, 4)


@pytest.mark.parametrize("number", [0, 11, 1.5, "one"])
@pytest.mark.parametrize("act", [exercises.start, exercises.check, exercises.hint])
def test_numbers_that_are_none(act, number):
    with pytest.raises((ArgumentError, TypeError), match="number"):
        act(number)


def test_texts_for_a_notebook(tmp_path):
    task = exercises.start(1, tmp_path)
    assert "y = x W + b" in task._repr_html_()
    assert str(task) == repr(task)
