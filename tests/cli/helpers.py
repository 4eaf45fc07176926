"""What the tests of the command line share."""

from click.testing import CliRunner

from minigan import checkpoint
from minigan.cli import cli
from minigan.cli.pictures import NAMES

STEPS = "60"
BACKEND = "numpy"  # nothing to compile, so that the tests are quick


def run(*arguments):
    """The result of `minigan arguments...`, in this process."""
    return CliRunner().invoke(cli, [str(a) for a in arguments], prog_name="minigan")


def train(out, *arguments, steps=STEPS):
    return run(
        *("train", "parabola", "--out", out, "--steps", steps),
        *("--backend", BACKEND, *arguments),
    )


def expect_error(result, code, *words):
    """The command failed with one line on standard error that has these words."""
    assert result.exit_code == code, result.output
    assert result.stderr.startswith("minigan: error: ")
    assert result.stderr.endswith("\n") and result.stderr.count("\n") == 1
    for word in words:
        assert str(word) in result.stderr


def contents(path):
    """Everything in a checkpoint, comparable."""
    arrays, meta = checkpoint.read(path)
    return {name: a.tobytes() for name, a in arrays.items()}, meta


def expect_same_run(left, right):
    assert contents(left.checkpoint) == contents(right.checkpoint)
    for name in ("history.csv", "config.json"):
        assert (left / name).read_bytes() == (right / name).read_bytes()


def empty_pictures(session):
    return dict.fromkeys(NAMES, lambda path: path.write_bytes(b""))
