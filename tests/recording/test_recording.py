"""The flight recorder: its page, small and whole, in Chromium, and beside Python."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from minigan.errors import ArgumentError, DTypeError, OutputError
from minigan.gan import recipes
from minigan.recording import LIMIT, record
from minigan.recording.film import RECORDED, Film, moment_size, spread
from minigan.recording.page import PROOFS, page, source_of
from tests.whole.reading import ROOT

SCRIPTS = ROOT / "minigan" / "recording"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A short run of parabola, seeds 0 and 3: (path, what the page is given)."""
    path = tmp_path_factory.mktemp("page") / "run.html"
    size = record(path=path, beside=3, steps=12, backend="numpy")
    assert size == path.stat().st_size
    return path, given(path)


def given(path):
    text = path.read_text(encoding="utf-8")
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', text)
    return json.loads(found[1])


# ---- what is in the file ----------------------------------------------------------


def test_it_is_one_small_file_that_asks_for_nothing(made):
    path, data = made
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_size <= LIMIT == 1_500_000
    assert (
        "{{" not in text.replace(json.dumps(data), "") and "default-src 'none'" in text
    )
    assert not re.search(r"(?:src|href)=[\"'](?!data:)", text) and "http://" not in text
    assert [run["seed"] for run in data["runs"]] == [0, 3]
    assert {run["frames"][-1] for run in data["runs"]} == {12}


@pytest.mark.parametrize("recipe", RECORDED)
def test_the_moments_of_every_recipe_fit(recipe):
    trainer = recipes.load(recipe, backend="numpy")
    film = Film(trainer, 2)
    film.run(1)
    (moment,) = film.moments
    size = 4 * moment.blob.nbytes / 3
    assert size <= moment_size(trainer) <= 1.1 * size + 200
    assert 2 * moment_size(trainer) < LIMIT / 2  # two runs have two moments at least


def test_a_description_ends_as_a_sentence(made):
    text = made[0].read_text(encoding="utf-8")
    assert "that shows everything. This is a real run" in text
    film = Film(recipes.load("ring", backend="numpy"), 1)
    film.run(1)
    assert "find all of them? This is" in page([film], "does G find all of them?")


def test_steps_are_dense_at_first_and_then_thinner():
    steps = spread(10_000, 60)
    assert steps[:12] == list(range(12)) and steps[-1] == 10_000 and len(steps) <= 60
    gaps = np.diff(steps[12:-1])
    assert gaps[-1] > 500 > gaps[0] and (np.diff(gaps) >= -2).all()
    assert spread(5, 60) == [0, 1, 2, 3, 4, 5] and spread(9, 1) == [0]


def test_a_recorded_run_is_the_run():
    film = Film(recipes.load("parabola", seed=1, backend="numpy"), 20)
    film.run(3)
    plain = recipes.load("parabola", seed=1, backend="numpy")
    plain.fit(20)
    assert plain.history.table.tobytes() == film.trainer.history.table.tobytes()
    assert plain.generator.theta.tobytes() == film.trainer.generator.theta.tobytes()


@pytest.mark.parametrize("primitive", PROOFS, ids=lambda p: p.name)
def test_every_formula_has_its_line_and_a_test_that_there_is(primitive):
    found = source_of(primitive)
    file, line = found["line"].split(":")
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    assert lines[int(line) - 1].strip() == found["source"].splitlines()[0]
    file, name = found["test"].split("::")
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_bad_arguments(tmp_path):
    path = tmp_path / "run.html"
    with pytest.raises(ArgumentError, match="record: argument 'recipe': expected one"):
        record("digits", path)
    for name in ("run.txt", "run", "run.html.gz"):
        with pytest.raises(ArgumentError, match="'path': expected the name of an .htm"):
            record("parabola", tmp_path / name)
    with pytest.raises(DTypeError, match="argument 'beside'"):
        record("parabola", path, beside="3")
    for options in ({"ema": 0.9}, {"batches": "mixed"}, {"objective": "minimax"}):
        with pytest.raises(
            ArgumentError, match="expected batches 'half' or 'separate'"
        ):
            record("parabola", path, **options)
    with pytest.raises(ArgumentError, match="expected Adam"):
        record("parabola", path, **{"generator_optimizer": __import__("minigan").SGD()})
    with pytest.raises(OutputError):
        record("parabola", tmp_path / "none" / "run.html", steps=1, backend="numpy")
    assert not path.exists()


# ---- the arithmetic, without a browser --------------------------------------------

CHECK = """
const fs = require("fs"), Engine = require(process.argv[1] + "/engine.js");
const data = JSON.parse(fs.readFileSync(0, "utf8")), worst = [];
for (const run of data.runs) for (const moment of run.moments) {
  const numbers = Engine.decode(moment.data, data.model.binary);
  const arrays = Engine.unpack(numbers, data.layout);
  const step = new Engine.Step(data.model, { ...moment, ...arrays });
  worst.push(step.worst.difference);
  for (const entry of step.entries.filter((e) => /dense/.test(e.op))) {
    const sum = Engine.terms(entry, 0, 0).reduce((s, [, a, b]) => s + a * b, 0);
    if (!(Math.abs(sum - entry.value.data[0]) < 1e-6)) throw Error(entry.name);
  }
}
console.log(JSON.stringify(worst));
"""


def differences(data):
    """By how much the page's script is off, for each recorded step."""
    node = shutil.which("node") or pytest.skip("node is not installed")
    done = subprocess.run(
        [node, "-e", CHECK, str(SCRIPTS)],
        input=json.dumps(data),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_script_computes_what_python_did_in_float32(made):
    found = differences(made[1])
    assert len(found) == 2 * len(made[1]["runs"][0]["moments"]) == 24
    assert 0 < max(found) <= 1e-5


@pytest.mark.parametrize("recipe", ["parabola", "grid"])
def test_the_script_computes_what_python_did_in_float64(recipe, tmp_path):
    path = tmp_path / "run.html"
    record(recipe, path, steps=8, dtype=np.float64, backend="numpy")
    assert path.stat().st_size <= LIMIT
    found = differences(given(path))
    assert found and 0 < max(found) <= 1e-12


def test_a_wrong_number_is_seen(made):
    data = json.loads(json.dumps(made[1]))
    data["model"]["optimizers"]["D"]["beta_1"] = 0.8
    assert max(differences(data)) > 1e-3


# ---- in a browser ------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    """Chromium, or a skip that says why not."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("chromium is not installed")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as play:
        shown = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield shown
        shown.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_it_plays_steps_and_proves_itself(made, browser, width):
    path = Path(made[0])
    page = browser.new_page(viewport={"width": width, "height": 800})
    trouble, asked = [], []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())

    # it proves itself, on the screen
    page.wait_for_selector("#proof[data-done=true]")
    proof = page.locator("#proof")
    assert float(proof.get_attribute("data-difference")) <= 1e-5
    assert "Largest difference: " in proof.inner_text()
    assert "1e-5 is allowed." in proof.inner_text() and proof.is_visible()

    # it plays to the end, and pauses: slowly, since a busy machine takes its time
    page.click("#play")
    page.wait_for_selector("#play[aria-pressed=false]")
    assert page.input_value("#slider") == "12"
    page.check("#slow")
    page.click("#play")
    assert page.inner_text("#play") == "Pause"
    page.click("#play")
    assert page.inner_text("#play") == "Play"
    page.uncheck("#slow")
    page.keyboard.press("Home")
    assert page.input_value("#slider") == "0"

    # one player alone
    status = page.locator("#status")
    assert "After 0 of 12 steps. Step 1 is recorded" in status.inner_text()
    page.click("#step-d")
    assert "D has taken step 1: arrows show" in status.inner_text()
    found = re.search(r"Difference to Python: ([\d.e+-]+)\.", status.inner_text())
    assert 0 < float(found[1]) <= 1e-5
    plane = page.locator("canvas.plane").first
    assert "arrows where the fakes will move" in plane.get_attribute("aria-label")
    page.keyboard.press("g")
    assert "G has taken step 1 too" in status.inner_text()
    page.keyboard.press("d")
    assert "D has taken step 2" in status.inner_text()

    # every number explains itself
    page.click("#phases button >> text=frozen")
    assert page.locator("#table-title").inner_text() == "D0.dx = dfake: 128 × 2"
    page.click("#table td button >> nth=0")
    card = page.locator("#number")
    assert "Python " in card.inner_text() and card.locator("math").count() == 1
    assert "minigan/primitives/dense.py:" in card.inner_text()
    assert "tests/whole/test_gradients.py::test_dense" in card.inner_text()
    for k in range(page.locator("#values button").count()):
        page.locator("#values button").nth(k).click()
        page.click("#table td button >> nth=0")
        assert card.locator("math").count() >= 1
    page.click("#which button >> nth=1")
    assert "seed 3" in page.inner_text("#inside-where")
    page.click("#shown button >> nth=1")
    page.locator("#network").click(position={"x": 5, "y": 90})

    # labels, width, silence
    unnamed = """[...document.querySelectorAll('canvas, input, button')].filter(
        (e) => !(e.getAttribute('aria-label') || e.textContent || e.labels?.length))"""
    assert page.evaluate(f"({unnamed}).length") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert trouble == [] and asked == [path.as_uri()]
    page.close()
