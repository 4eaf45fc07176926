"""`minigan record`."""

from minigan.cli import record
from tests.cli.helpers import expect_error, run

SHORT = ("--steps", "3", "--backend", "numpy")


def test_a_page_of_a_short_run(tmp_path):
    path = tmp_path / "run.html"
    result = run("record", "parabola", "-o", path, "--alone", *SHORT)
    assert result.exit_code == 0, result.output
    assert f"{path}: {path.stat().st_size:,} bytes" in result.output.replace("\n", "")
    assert '"seed":0' in path.read_text() and '"seed":3' not in path.read_text()
    again = run("record", "parabola", "-o", path, *SHORT)
    expect_error(again, 2, "exists; add --force to overwrite")
    both = run("record", "parabola", "-o", path, "--force", *SHORT)
    assert both.exit_code == 0 and '"seed":3' in path.read_text()


def test_what_cannot_be_recorded(tmp_path):
    expect_error(run("record", "digits"), 2, "parabola", "ring", "grid")
    text = run("record", "parabola", "-o", tmp_path / "run.txt")
    expect_error(text, 2, "--output: expected an .html file")
    page = tmp_path / "run.html"
    result = run("record", "parabola", "-o", page, "--alone", "--beside", "4")
    expect_error(result, 2, "--alone")
    assert record.name == "record" and not page.exists()
