"""`study.run`: what is missing is run, and all is refused before anything runs."""

import json
import os

import pytest

from minigan import MiniganError, primitives, study
from minigan.study import engines, studying

from . import subjects
from .subjects import files


def test_only_what_is_missing_is_run(tmp_path):
    ran = []

    def subject(seed, scale):
        ran.append((seed, scale))
        return subjects.numbers(seed, scale)

    def run(seeds, scales, place="a"):
        ran.clear()
        study.run(subject, seeds, {"scale": scales}, folder=tmp_path / place, workers=1)
        return list(ran)

    assert run("0-2", [1.0]) == [(0, 1.0), (1, 1.0), (2, 1.0)]
    assert run("0-2", [1.0]) == []
    assert run("1-3", [1.0, 2.0]) == [(1, 2.0), (2, 2.0), (3, 1.0), (3, 2.0)]
    run_file = tmp_path / "a" / "runs" / "scale=1.0" / "2.json"
    run_file.write_bytes(run_file.read_bytes()[:-9])  # of a disk that lies
    assert run("1-3", [1.0, 2.0]) == [(2, 1.0)]
    run("1-3", [1.0, 2.0], "b")
    (tmp_path / "a" / "runs" / "scale=1.0" / "0.json").unlink()
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_results_are_those_of_the_folder(tmp_path):
    results = study.run(subjects.numbers, range(4), folder=tmp_path / "a", workers=1)
    assert str(results) == (tmp_path / "a" / "summary.txt").read_text()
    assert [run.metrics["value"] for run in results.runs] == [0, 1, 2, 3]
    group = results.groups[0]
    assert group.share == 0.5 and group.interval == study.wilson(2, 4)
    about = json.loads((tmp_path / "a" / "study.json").read_text())
    assert about["subject"] == "numbers"
    products = {"jit": "chain", "numpy": "NumPy's"}[about["backend"]]
    assert about["products"] == products and products in str(results)
    in_memory = study.run(subjects.numbers, range(4), workers=1)
    assert str(in_memory) == str(results)


def test_a_run_that_fails_is_recorded_and_run_again_if_asked(tmp_path):
    def run(**options):
        seen = []
        results = study.run(
            subjects.sometimes,
            "0-2",
            folder=tmp_path / "a",
            workers=1,
            progress=seen.append,
            **options,
        )
        return [outcome.seed for outcome in seen], results

    seen, results = run()
    assert seen == [0, 1, 2] and results.groups[0].failed == 1
    assert "one is too few" in (tmp_path / "a" / "runs.csv").read_text()
    assert run()[0] == [] and run(again=True)[0] == [1]


def test_ctrl_c_keeps_what_is_done(tmp_path):
    def subject(seed):
        if seed == 2 and not os.path.exists(tmp_path / "second"):
            raise KeyboardInterrupt
        return {"value": seed}

    with pytest.raises(KeyboardInterrupt):
        study.run(subject, "0-3", folder=tmp_path / "a", workers=1)
    assert len(list((tmp_path / "a" / "runs").rglob("*.json"))) == 2
    (tmp_path / "second").touch()
    seen = []
    results = study.run(
        subject, "0-3", folder=tmp_path / "a", workers=1, progress=seen.append
    )
    assert [run.seed for run in seen] == [2, 3] and results.missing == 0


def test_runs_whose_workers_are_lost_are_missing(tmp_path, monkeypatch):
    def lossy(work, tasks):
        for task in tasks:
            yield task, None if task.seed == 1 else work(task)

    monkeypatch.setattr(engines, "in_this_process", lossy)
    made = study.Study(subjects.numbers, "0-2", folder=tmp_path / "a", workers=1)
    assert [run.seed for run in made] == [0, 2]
    assert [task.seed for task in made.lost] == [1] and made.results.missing == 1
    assert not (tmp_path / "a" / "runs" / "as-it-is" / "1.json").exists()


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("cubic", "0"), {}, "'parabola'"),
        ((3, "0"), {}, "subject"),
        (("parabola", "x"), {}, "seeds"),
        (("parabola", "0", {"speed": 1}), {}, "'learning_rate'"),
        (("parabola", "0", {"seed": [1]}), {}, "settings"),
        (("parabola", "0", {"backend": "jit"}), {}, "settings"),
        (("parabola", "0", {"beta_1": [0.5, 2]}), {}, "beta_1"),
        (("parabola", "0", {"batch_size": 3}), {}, "batch_size"),
        ((subjects.numbers, "0", {"speed": 1}), {}, "speed"),
        ((subjects.numbers, "0", {"seed": 1}), {}, "seed"),
        ((subjects.numbers, "0"), {"steps": 0}, "steps"),
        ((subjects.numbers, "0"), {"workers": 0}, "workers"),
        ((subjects.numbers, "0"), {"workers": 2.5}, "workers"),
        ((subjects.numbers, "0"), {"backend": "cuda"}, "backend"),
        ((subjects.numbers, "0"), {"workers": 1, "again": 1}, "again"),
        ((subjects.numbers, "0"), {"workers": 1, "scheduler": "x"}, "workers"),
        ((subjects.numbers, "0"), {"scheduler": 8786}, "scheduler"),
        ((subjects.numbers, "0"), {"progress": "bar"}, "progress"),
    ],
)
def test_bad_arguments_before_anything_runs(tmp_path, arguments, options, words):
    with pytest.raises(MiniganError) as error:
        study.run(*arguments, folder=tmp_path / "a", **options)
    assert words in str(error.value) and not (tmp_path / "a").exists()


def test_the_folder_of_another_study(tmp_path):
    def run(subject, **options):
        study.run(subject, "0", folder=tmp_path / "a", workers=1, **options)

    run(subjects.numbers, steps=5)
    for subject, options in (
        (subjects.sometimes, {"steps": 5}),
        (subjects.numbers, {"steps": 6}),
        (subjects.numbers, {}),
        (subjects.numbers, {"steps": 5, "backend": "numpy"}),
    ):
        if options.get("backend") == primitives.backend():
            continue
        with pytest.raises(MiniganError, match="holds another study"):
            run(subject, **options)
    with pytest.raises(MiniganError, match="holds another study: expected source"):

        def numbers(seed):
            return {}

        numbers.__qualname__ = "numbers"
        run(numbers, steps=5)


def test_without_the_extra(monkeypatch):
    monkeypatch.setattr(studying, "find_spec", lambda name: None)
    assert study.Study(subjects.numbers, "0").workers == 1
    for options in ({"workers": 2}, {"scheduler": "tcp://x:1"}):
        with pytest.raises(MiniganError, match="pip install 'minigan\\[study\\]'"):
            study.run(subjects.numbers, "0", **options)


def test_a_callable_that_is_no_function():
    class Subject:
        def __call__(self, seed):
            return {"value": seed}

    made = study.Study(Subject(), "0", workers=1)
    assert made.name == "Subject" and len(list(made)) == 1
