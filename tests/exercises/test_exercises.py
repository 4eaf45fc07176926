"""The exercises: stubs help, solutions pass, and wrong answers are told apart."""

import ast
from pathlib import Path

import pytest

import minigan
from minigan import exercises
from minigan.exercises import EXERCISES
from minigan.exercises.exercise import in_order

SOLUTIONS = Path(__file__).parents[2] / "docs" / "solutions"
NUMBERS = range(1, 11)

# number -> (line of the solution, what stands there instead, what the judge says of it)
WRONG = {
    1: [
        ("dy.sum(axis=0)", "dy.mean(axis=0)", "db: it is the mean over the rows"),
        ("self.W.grad += x.T @ dy", "self.W.grad[...] = x.T @ dy", "dW: it is overwr"),
        ("if not self.is_frozen:", "if True:", "dW changed while the layer was frozen"),
        ("self.W.grad +=", "self.W.grad = self.W.grad +", "`grad` became another arr"),
        ("dy @ W.T", "dy @ W", "(line 26: return dy @ W)"),
        ("return x @ W + b, x", "return x @ W + b", "expected a pair (y, cache)"),
    ],
    2: [
        ("np.where(x > 0, dy", "np.where(dy > 0, dy", "the sign of dy decides"),
        ("self.slope * dy", "0 * dy", "as in ReLU; the slope is missing"),
        ("where(x > 0, x, self.slope * x)", "where(x > 0, self.slope * x, x)", "slope"),
        ("np.where(x > 0, dy", "np.where(x >= 0, dy", "at x = 0 the slope"),
    ],
    3: [
        ("dy * y * (1 - y)", "y * (1 - y)", "dy is missing"),
        ("dy * (1 - y * y)", "dy * (1 - y)", "it is 1 - y; the slope is 1 - y^2"),
        ("0.5 + 0.5 * np.tanh(0.5 * x)", "1 / (1 + np.exp(-x))", "overflow"),
        (
            "        return dy * y * (1 - y)",
            "        y = 0.5 + 0.5 * np.tanh(0.5 * y)\n        return dy * y * (1 - y)",
            "the sigmoid is applied twice",
        ),
    ],
    4: [
        ("(p - t) / len(s)", "p - t", "divide by the number of rows"),
        ("rows.mean()", "rows.sum()", "the sum over the rows"),
        ("(p - t) / len(s)", "(p - t) * p * (1 - p) / len(s)", "a squared error"),
        (
            "np.maximum(s, 0) - t * s + np.log1p(np.exp(-np.abs(s)))",
            "np.log(1 + np.exp(-s)) * t + np.log(1 + np.exp(s)) * (1 - t)",
            "work with s alone",
        ),
    ],
    5: [
        ("rstd * (dxhat - mean - xhat * along)", "rstd * dxhat", "taken for constants"),
        ("x.var(axis=0)", "x.var(axis=0, ddof=1)", "it has to be N"),
        ("dxhat - mean - xhat * along", "dxhat - mean", "path through the variance is"),
        ("if not training:", "if False:", "this is the formula of training"),
        ("np.sqrt(var + self.epsilon)", "(np.sqrt(var) + self.epsilon)", "below the"),
    ],
    6: [
        ("beta_1**t", "beta_1", "correcting m needs beta^t"),
        ("m / (1 - beta_1**t)", "m", "m is not corrected"),
        ("np.sqrt(vhat)", "vhat", "the square root of v is missing"),
        ("theta -=", "theta = theta -", "it did not move"),
        ("+ epsilon", "", "theta is NaN"),
        ("gradient**2", "np.abs(gradient)", "theta"),
    ],
    7: [
        ("((real, 1.0), (fake, 0.0))", "((real, 0.0), (fake, 1.0))", "wrong way round"),
        ("    discriminator.zero_grad()\n", "", "an earlier batch are still in it"),
        (
            "    optimizer.step(discriminator)",
            "    optimizer.step(discriminator, generator)",
            "the optimizer stepped the generator",
        ),
        ("    optimizer.step(discriminator)\n", "", "optimizer.step is missing"),
        ("return total", "return total / 2", "it is the mean of the two losses"),
    ],
    8: [
        ("np.ones_like", "np.zeros_like", "G is taught to be found out"),
        ("with discriminator.frozen():", "if True:", "D's gradients changed"),
        ("    generator.zero_grad()\n", "", "an earlier batch are still in it"),
        (
            "dfake = discriminator.backward(loss.backward())",
            "dfake = loss.backward()",
            "expected shape (4, 2), got (4, 1)",
        ),
    ],
    10: [
        (".sum(axis=1, keepdims=True)", ".sum(keepdims=True)", "of all rows at once"),
        ("np.mean((length - 1) ** 2)", "(length.mean() - 1) ** 2", "mean of squares"),
        ("2 * (length - 1)", "(length - 1)", "the 2 of the square is missing"),
        ("/ len(x)", "", "divide by the number of rows"),
        ("np.where(length > 0, length, 1.0)", "length", "NaN where |g| is 0"),
        ("u.T @ back", "0 * W1", "P is a loss of the weights"),
    ],
}
CASES = [(n, *case) for n, cases in WRONG.items() for case in cases]


def solution(number):
    """The text of a solution that is one file."""
    (path,) = SOLUTIONS.glob(f"exercise_{number:02}_*.py")
    return path.read_text(encoding="utf-8")


def test_there_are_ten_in_order():
    assert [exercise.number for exercise in in_order()] == list(NUMBERS)
    assert len(exercises.overview().rows) == len(EXERCISES) == 10


@pytest.mark.parametrize("number", NUMBERS)
def test_the_stub_fails_with_a_message_that_helps(number, tmp_path):
    task = exercises.start(number, tmp_path)
    assert f"exercise check {number}" in str(task)
    verdict = exercises.check(number, folder=tmp_path)
    assert not verdict.ok
    if number == 9:
        assert len(verdict.wrong) == 7
    else:
        assert verdict.findings[0].text.startswith("this is still to be written: ")
        assert "(line " in verdict.findings[0].text
    assert f"exercises.hint({number})" in str(verdict)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_solution_passes(number):
    verdict = exercises.check(number, folder=SOLUTIONS)
    assert verdict.ok, str(verdict)
    assert all(finding.ok for finding in verdict.findings)


@pytest.mark.parametrize(("number", "line", "wrong", "said"), CASES)
def test_wrong_answers_are_told_apart(number, line, wrong, said, tmp_path):
    text = solution(number)
    assert line in text
    (tmp_path / "mine.py").write_text(text.replace(line, wrong, 1), encoding="utf-8")
    verdict = exercises.check(number, tmp_path / "mine.py")
    assert len(verdict.wrong) == 1
    assert said in verdict.wrong[0].text
    assert said in str(verdict) and said in verdict._repr_html_().replace("&#x27;", "'")


def test_a_gradient_that_is_another_array_is_a_fault_of_its_own_part(tmp_path):
    text = solution(1).replace("self.b.grad += ", "self.b.grad = self.b.grad + ")
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    (finding,) = exercises.check(1, tmp_path / "mine.py").wrong
    assert finding.part == "backward: db" and "another array" in finding.text


@pytest.mark.parametrize("bug", range(1, 8))
def test_each_bug_of_the_museum_is_found_alone(bug, tmp_path):
    """Six files mended and one as it was: only that one is wrong."""
    exercises.start(9, tmp_path)
    folder = tmp_path / "exercise_09_bugs"
    for path in (SOLUTIONS / "exercise_09_bugs").glob("*.py"):
        if path.name != f"bug_{bug}.py":
            (folder / path.name).write_text(path.read_text(), encoding="utf-8")
    (finding,) = exercises.check(9, folder=tmp_path).wrong
    assert finding.part.startswith(f"bug_{bug}.py")


def test_solutions_begin_as_the_stubs_do():
    """The same names with the same arguments."""
    for exercise in in_order():
        for name, text in exercise.files.items():
            (path,) = SOLUTIONS.rglob(
                name if len(exercise.files) > 1 else f"*_{exercise.number:02}_{name}"
            )
            assert signatures(path.read_text()) == signatures(text)


def signatures(text):
    """name -> arguments of all functions in a file."""
    nodes = ast.walk(ast.parse(text))
    return {n.name: ast.dump(n.args) for n in nodes if isinstance(n, ast.FunctionDef)}


def test_it_is_one_name_of_minigan():
    assert minigan.exercises is exercises and "exercises" in dir(minigan)
