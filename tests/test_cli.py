"""The command line: what it writes, what it refuses, and how it ends."""

import csv
import errno
import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from minigan import __version__, checkpoint, plotting
from minigan.cli import cli
from minigan.cli import session as session_module
from minigan.cli.rundir import FILES, PICTURES, RunDir
from minigan.errors import OutputError
from minigan.gan import Trainer
from minigan.gan.history import COLUMNS

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


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run that is done; not to be changed."""
    out = tmp_path_factory.mktemp("finished") / "run"
    result = train(out)
    assert result.exit_code == 0, result.output
    return RunDir(out)


@pytest.fixture
def frequent_reports(monkeypatch):
    """A report every 20 steps."""
    often = replace(session_module.RECIPES["parabola"], report_every=20)
    monkeypatch.setitem(session_module.RECIPES, "parabola", often)


@pytest.fixture
def no_pictures(monkeypatch):
    """Drawing takes longer than anything else here: empty files instead."""
    monkeypatch.setattr(session_module.Session, "_pictures", empty_pictures)


def empty_pictures(session):
    return dict.fromkeys(PICTURES, lambda path: path.write_bytes(b""))


# ---- train -------------------------------------------------------------------------


def test_a_run_leaves_its_files(finished):
    names = sorted(os.listdir(finished.path))
    assert names == sorted([*FILES, ".lock"])
    assert finished.is_drawn()
    config = json.loads(finished.config.read_text())
    assert config["recipe"] == "parabola" and config["seed"] == 0
    assert config["steps"] == 60 and config["options"]["batch_size"] == 128
    for name in ("losses.png", "samples.png", "progress.png"):
        with Image.open(finished / name) as picture:
            assert picture.format == "PNG" and picture.width > 400
    with Image.open(finished / "training.gif") as picture:
        assert picture.n_frames == 60 // 5 + 1
    with open(finished.history, newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["step", *COLUMNS] and len(rows) == 61
    trainer = Trainer.load(finished.checkpoint)
    np.testing.assert_array_equal(
        trainer.history.table, np.array(rows[1:], dtype=float)[:, 1:]
    )


def test_plain_lines_without_a_terminal(tmp_path, no_pictures, frequent_reports):
    result = train(tmp_path / "run", steps=21)
    assert result.exit_code == 0
    assert "\x1b" not in result.output and "\r" not in result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("parabola: steps 1 to 21 in")
    assert [line for line in lines if line.split()[:1] == ["20"] and "%" in line]
    summary = "\n".join(lines)
    for words in ("done: 21 steps", "ln 2 = 0.693", "mean |y - x^2|", "D(G(z))"):
        assert words in summary
    assert result.stderr == ""


def test_quiet(tmp_path, no_pictures):
    result = train(tmp_path / "run", "--quiet")
    assert result.exit_code == 0 and result.output == ""


def test_the_default_folder(tmp_path, monkeypatch, no_pictures):
    monkeypatch.chdir(tmp_path)
    result = run("train", "parabola", "--seed", 3, "--steps", 2, "--backend", BACKEND)
    assert result.exit_code == 0
    assert RunDir("runs/parabola-seed3").checkpoint.exists()


def test_a_run_is_never_overwritten(finished):
    before = {p.name: p.read_bytes() for p in finished.path.iterdir()}
    expect_error(train(finished), 2, finished, "--resume", "--out")
    assert {p.name: p.read_bytes() for p in finished.path.iterdir()} == before


@pytest.mark.parametrize("name", FILES)
def test_nor_is_any_other_file_of_that_name(tmp_path, name):
    (tmp_path / name).write_text("mine")
    expect_error(train(tmp_path), 2, "--out")
    assert os.listdir(tmp_path) == [name]


def test_other_files_in_the_folder_are_left_alone(tmp_path, no_pictures):
    (tmp_path / "notes.txt").write_text("mine")
    assert train(tmp_path).exit_code == 0
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_temporary_files_of_dead_processes_are_swept(tmp_path, no_pictures):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f".checkpoint.npz.{dead.pid}.00ff00ff.tmp").write_text("half")
    assert train(tmp_path).exit_code == 0
    assert not list(tmp_path.glob(".*.tmp"))


# ---- resume ------------------------------------------------------------------------


def contents(path):
    """Everything in a checkpoint, comparable."""
    arrays, meta = checkpoint.read(path)
    return {name: a.tobytes() for name, a in arrays.items()}, meta


def expect_same_run(left, right):
    assert contents(left.checkpoint) == contents(right.checkpoint)
    for name in ("history.csv", "config.json"):
        assert (left / name).read_bytes() == (right / name).read_bytes()


def test_a_longer_run_is_the_same_as_one_that_was_long_at_once(tmp_path, finished):
    short = RunDir(tmp_path / "run")
    assert train(short, steps=31).exit_code == 0
    assert train(short, "--resume").exit_code == 0
    expect_same_run(short, finished)
    for name in ("frames.npz", "training.gif", "progress.png", "samples.png"):
        assert (short / name).read_bytes() == (finished / name).read_bytes(), name


def test_resume_goes_to_the_length_that_was_planned(tmp_path, monkeypatch, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, steps=20).exit_code == 0
    config = json.loads(folder.config.read_text())
    folder.config.write_text(json.dumps(config | {"steps": 30}))
    assert run("train", "parabola", "--out", folder, "--resume").exit_code == 0
    assert Trainer.load(folder.checkpoint).step_count == 30


@pytest.mark.parametrize("text", ["", "[]", '{"steps": -1}', '{"steps": "ten"}'])
def test_without_a_usable_config_the_length_is_the_recipes(tmp_path, text):
    folder = RunDir(tmp_path)
    assert folder.planned_steps() is None
    folder.config.write_text(text)
    assert folder.planned_steps() is None


def test_resuming_what_is_done(finished):
    before = finished.checkpoint.stat().st_mtime_ns
    result = run("train", "parabola", "--out", finished, "--resume")
    assert result.exit_code == 0
    assert "done" in result.stdout and "--steps 120 --resume" in result.stdout
    assert finished.checkpoint.stat().st_mtime_ns == before


def test_resuming_what_is_done_but_not_drawn_draws_it(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, steps=4).exit_code == 0
    (folder / "losses.png").unlink()
    os.utime(folder / "samples.png", ns=(1, 1))  # older than the checkpoint
    result = train(folder, "--resume", steps=4)
    assert result.exit_code == 0
    assert folder.is_drawn()


def test_without_frames_the_film_starts_late(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, steps=10).exit_code == 0
    folder.frames.write_bytes(b"damaged")
    result = train(folder, "--resume", steps=20)
    assert result.exit_code == 0
    assert "warning: the pictures start at step 10" in result.stderr
    arrays, _ = checkpoint.read(folder.frames)
    assert arrays["steps"].tolist() == list(range(10, 21))


def test_resume_in_another_environment_is_a_warning(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, steps=5).exit_code == 0
    arrays, meta = checkpoint.read(folder.checkpoint)
    meta["versions"]["numpy"] = "1.0"
    checkpoint.write(folder.checkpoint, arrays, meta)
    result = train(folder, "--resume", steps=6)
    assert result.exit_code == 0
    assert result.stderr.count("\n") == 1 and "numpy 1.0 ->" in result.stderr


def test_a_run_has_one_process_at_a_time(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, steps=5).exit_code == 0
    with folder.opened(resume=True):
        expect_error(train(folder, "--resume"), 2, f"pid {os.getpid()}", "--out")
    assert train(folder, "--resume").exit_code == 0


def test_the_lock_of_a_dead_process_does_not_hold(tmp_path, no_pictures):
    (tmp_path / ".lock").write_text("1\n")
    assert train(tmp_path, steps=2).exit_code == 0


# ---- faults ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "nonsense"),
        (["train"], "RECIPE"),
        (["train", "cubic"], "parabola"),
        (["train", "parabola", "--steps", "0"], "--steps"),
        (["train", "parabola", "--steps", "-5"], "--steps"),
        (["train", "parabola", "--steps", "1e3"], "--steps"),
        (["train", "parabola", "--seed", "-1"], "--seed"),
        (["train", "parabola", "--seed", str(2**70)], "seed"),
        (["train", "parabola", "--backend", "cuda"], "jit"),
        (["train", "parabola", "--nonsense"], "--nonsense"),
        (["train", "parabola", "--out", __file__], "--out"),
        (["train", "parabola", "--resume", "--out", "none"], "nothing to resume"),
        (["sample"], "CHECKPOINT"),
        (["sample", "none.npz"], "none.npz"),
        (["sample", __file__], "checkpoint"),
        (["sample", os.path.dirname(__file__)], "no such file"),
        (["sample", __file__, "-n", "0"], "-n"),
        (["sample", __file__, "-n", "many"], "many"),
        (["sample", __file__, "-o", "points.txt"], ".csv"),
        (["sample", __file__, "--seed", "x"], "--seed"),
        (["check", "--backend", "torch"], "numpy"),
        (["check", "too", "many"], "too"),
    ],
    ids=" ".join,
)
def test_bad_arguments_are_one_line(tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    expect_error(run(*arguments), 2, words)
    assert os.listdir(tmp_path) == []


def test_arguments_that_do_not_fit_the_run(finished):
    expect_error(train(finished, "--resume", "--seed", 1), 2, "--seed", "expected 0")
    expect_error(train(finished, "--resume", steps=59), 2, "at least the 60")


def test_a_damaged_checkpoint(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, steps=2).exit_code == 0
    content = bytearray(folder.checkpoint.read_bytes())
    content[100] ^= 1
    folder.checkpoint.write_bytes(content)
    expect_error(train(folder, "--resume"), 2, "damaged")
    expect_error(run("sample", folder), 2, "damaged")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_a_disk_that_fails_at_the_end(tmp_path, monkeypatch, code):
    """The error names the file; the checkpoint before it survives."""
    real, folder = os.replace, RunDir(tmp_path / "run")

    def failing(source, target):
        if os.path.basename(target) == "history.csv":
            raise OSError(code, os.strerror(code))
        return real(source, target)

    monkeypatch.setattr(os, "replace", failing)
    expect_error(train(folder, steps=3), 1, "history.csv", os.strerror(code))
    assert Trainer.load(folder.checkpoint).step_count == 3
    assert not list(folder.path.glob(".*.tmp"))


def test_a_disk_that_fails_on_the_way(
    tmp_path, monkeypatch, no_pictures, frequent_reports
):
    """A checkpoint that cannot be written in the middle is not the end of the run."""
    save, calls = Trainer.save, []

    def failing(trainer, path):
        calls.append(trainer.step_count)
        if len(calls) == 2:
            raise OutputError(errno.ENOSPC, f"{path}: cannot be written (full)")
        save(trainer, path)

    monkeypatch.setattr(Trainer, "save", failing)
    result = train(tmp_path / "run", steps=41)
    assert result.exit_code == 0 and calls == [0, 20, 40, 41]
    assert "warning: step 20 is not saved" in result.stderr


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    expect_error(train(tmp_path / "file" / "run"), 1, "run", "cannot be used")


def test_a_picture_that_fails_is_a_warning(tmp_path, monkeypatch):
    def broken(*arguments, **options):
        raise RuntimeError("no ink")

    monkeypatch.setattr(plotting, "scatter", broken)
    folder = RunDir(tmp_path / "run")
    result = train(folder, steps=3)
    assert result.exit_code == 0
    assert result.stderr == "minigan: warning: samples.png is not drawn: no ink\n"
    assert (folder / "losses.png").exists() and (folder / "training.gif").exists()


def test_numbers_that_explode_keep_the_last_good_step(tmp_path, monkeypatch):
    folder, on_step = RunDir(tmp_path / "run"), session_module.Film.on_step

    def poison(film, trainer):
        on_step(film, trainer)
        if trainer.step_count == 5:
            trainer.generator.theta[...] = np.float32(1e38)

    monkeypatch.setattr(session_module.Film, "on_step", poison)
    with np.errstate(all="ignore"):
        result = train(folder)
    expect_error(result, 1, "step 6")
    assert Trainer.load(folder.checkpoint).step_count == 5


# ---- signals -----------------------------------------------------------------------

# `minigan ...` in a process that Ctrl-C reaches, and that takes its time.
START = (
    "import signal, sys\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "import time\n"
    "from minigan.cli import main\n"
    "from minigan.gan.film import Film\n"
    "on_step = Film.on_step\n"
    "def slow(film, trainer):\n"
    "    on_step(film, trainer)\n"
    "    time.sleep(0.05)\n"
    "Film.on_step = slow\n"
    "main()"
)


def start(folder, *arguments):
    """`minigan train parabola` as a process of its own, after its first checkpoint."""
    command = [sys.executable, "-c", START, "train", "parabola", "--out", str(folder)]
    process = subprocess.Popen(
        [*command, "--backend", BACKEND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 30
    while not folder.config.exists() and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.1)
    return process


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run of 1,000 steps that nothing interrupted, without pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session_module.Session, "_pictures", empty_pictures)
        out = tmp_path_factory.mktemp("whole") / "run"
        assert train(out, steps=1000).exit_code == 0
    return RunDir(out)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_saves_and_resuming_gives_the_same_bytes(
    tmp_path, whole, no_pictures, number, code
):
    folder = RunDir(tmp_path / "a run")
    process = start(folder, "--steps", "1000")
    process.send_signal(number)
    asked = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    assert time.monotonic() - asked < 10 and err == ""
    assert f"minigan train parabola --out '{folder}' --resume" in out
    done = Trainer.load(folder.checkpoint).step_count
    assert 0 < done < 1000
    with open(folder.history) as file:
        assert len(file.readlines()) == done + 1
    result = run("train", "parabola", "--out", folder, "--resume")
    assert result.exit_code == 0
    expect_same_run(folder, whole)
    assert folder.frames.read_bytes() == whole.frames.read_bytes()


def test_a_killed_run_can_be_resumed(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    process = start(folder, "--steps", "5000000")
    process.kill()
    process.communicate(timeout=30)
    done = Trainer.load(folder.checkpoint).step_count
    assert train(folder, "--resume", steps=done + 5).exit_code == 0


def test_a_second_signal_aborts(tmp_path):
    folder = RunDir(tmp_path / "run")
    code = START.replace("main()", "") + (
        "import os\n"
        "def impatient(film, trainer):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(20)\n"
        "Film.on_step = impatient\n"
        "main()\n"
    )
    command = [sys.executable, "-c", code, "train", "parabola"]
    process = subprocess.run(
        [*command, "--out", str(folder), "--backend", BACKEND],
        capture_output=True,
        text=True,
        timeout=15,
    )
    assert process.returncode == 130
    assert process.stderr.startswith("minigan: error: aborted")
    assert Trainer.load(folder.checkpoint).step_count == 0


# ---- sample ------------------------------------------------------------------------


def test_sample_prints_csv(finished):
    result = run("sample", finished, "-n", 7)
    assert result.exit_code == 0
    rows = list(csv.reader(io.StringIO(result.stdout)))
    assert rows[0] == ["x", "y"] and len(rows) == 8
    points = Trainer.load(finished.checkpoint).sample(7)
    np.testing.assert_array_equal(np.array(rows[1:], np.float32), points)


def test_samples_are_the_same_for_the_same_seed(finished):
    one, same, other, own = (
        run("sample", finished.checkpoint, "-n", 3, *seed).stdout
        for seed in (("--seed", 5), ("--seed", 5), ("--seed", 6), ())
    )
    assert (
        one == same
        and len({one, other}) == 2
        and own == run("sample", finished.checkpoint, "-n", 3).stdout
    )


@pytest.mark.parametrize("suffix", ["csv", "npy", "npz"])
def test_sample_writes_a_file_and_does_not_overwrite_it(finished, tmp_path, suffix):
    output = tmp_path / f"points.{suffix}"
    assert run("sample", finished, "-n", 4, "-o", output).output == ""
    if suffix == "csv":
        points = np.loadtxt(output, delimiter=",", skiprows=1, dtype=np.float32)
    else:
        points = np.load(output)
        points = points["samples"] if suffix == "npz" else points
    np.testing.assert_array_equal(points, Trainer.load(finished.checkpoint).sample(4))
    before = output.read_bytes()
    expect_error(run("sample", finished, "-n", 5, "-o", output), 2, "--force")
    assert output.read_bytes() == before
    assert run("sample", finished, "-n", 5, "-o", output, "--force").exit_code == 0
    assert output.read_bytes() != before


def test_sample_into_a_folder_that_is_not_there(finished, tmp_path):
    output = tmp_path / "nowhere" / "points.csv"
    expect_error(run("sample", finished, "-o", output), 1, "nowhere")


# ---- check, help, version ----------------------------------------------------------


def test_check_prints_a_table():
    result = run("check", "--backend", "numpy")
    assert result.exit_code == 0
    for name in ("Dense", "BatchNorm, training", "BCEWithLogits", "minimax"):
        assert name in result.stdout
    assert "19 of 19 agree" in result.stdout


def test_check_fails_where_a_gradient_is_wrong(monkeypatch):
    from minigan.layers import Tanh

    right = Tanh.backward_pass

    def wrong(self, dy, cache, need_dx=True):
        return right(self, 1.001 * dy, cache, need_dx)

    monkeypatch.setattr(Tanh, "backward_pass", wrong)
    result = run("check", "--backend", "numpy")
    assert result.exit_code == 1
    assert "WRONG" in result.stdout and "16 of 19 agree" in result.stdout


def test_version_and_help():
    assert run("--version").stdout == f"minigan {__version__}\n"
    for command in ((), ("train",), ("sample",), ("check",)):
        result = run(*command, "--help")
        assert result.exit_code == 0 and "minigan " + "".join(command) in result.stdout
    assert (
        "minigan train parabola --out runs/mine --resume" in run("train", "-h").stdout
    )


def test_as_a_module_without_matplotlib_and_rich_progress():
    code = (
        "import sys\nsys.argv = ['minigan', '--version']\n"
        "import runpy\n"
        "try:\n    runpy.run_module('minigan', run_name='__main__')\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "assert not {'matplotlib', 'rich.progress', 'PIL'} & set(sys.modules)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout == f"minigan {__version__}\n"
