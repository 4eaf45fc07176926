"""`minigan exercise`: list, start, check, hint."""

from pathlib import Path

from .helpers import expect_error, run

SOLUTION = Path(__file__).parents[2] / "docs" / "solutions" / "exercise_02_relu.py"


def test_list():
    result = run("exercise", "list")
    assert result.exit_code == 0
    assert "10  the gradient penalty" in result.stdout


def test_start_check_and_hint(tmp_path):
    result = run("exercise", "start", 2, "--folder", tmp_path)
    assert result.exit_code == 0 and "LeakyReLU" in result.stdout
    path = tmp_path / "exercise_02_relu.py"
    result = run("exercise", "check", 2, "--folder", tmp_path)
    assert result.exit_code == 1
    assert "still to be written" in result.stdout
    path.write_text(SOLUTION.read_text())
    assert run("exercise", "check", 2, path).exit_code == 0
    assert "hint 2 of 3" in run("exercise", "hint", 2, 2).stdout


def test_what_cannot_be_done_is_one_line(tmp_path):
    expect_error(run("exercise", "check", 11), 2, "number", "11")
    expect_error(run("exercise", "check", 1, "--folder", tmp_path), 2, "writes it")
    run("exercise", "start", 1, "--folder", tmp_path)
    expect_error(run("exercise", "start", 1, "--folder", tmp_path), 1, "exists")
