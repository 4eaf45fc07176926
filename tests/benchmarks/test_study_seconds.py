"""The script that times a study finds the parts of a run."""

from benchmarks import study_seconds


def test_parts_of_a_run():
    found = study_seconds.parts(2, 3, "numpy")
    assert all(len(seconds) == 2 for seconds in found.values())
    text = str(study_seconds.table(found))
    assert "all other steps" in text and "together" in text
