"""What a diagnosis says, and how it is shown."""

import re

from minigan.gan.diagnosis import COLLAPSED, HEALTHY, MEANING, SHOWN, Diagnosis

FIGURES = {"d_loss": 0.69, "score": 0.5, "spread": 0.2}


def made(*verdicts):
    reasons = {verdict: f"because of <{verdict}>" for verdict in verdicts}
    return Diagnosis(verdicts, reasons, FIGURES, 1, 2000, True)


def test_the_first_verdict_counts():
    found = made(COLLAPSED, HEALTHY)
    assert found.verdict == COLLAPSED and not found.healthy
    assert found.remedy == MEANING[COLLAPSED][1]
    assert str(found).startswith("generator collapsed (steps 1 to 2,000)")
    assert "also: healthy" in str(found)


def test_a_diagnosis_in_a_notebook():
    html = made(HEALTHY)._repr_html_()
    assert html.startswith("<p><strong>healthy") and "remedy: none needed" in html
    assert "because of &lt;healthy&gt;" in html
    assert html.count("<table>") == 1 and html.count("<tr>") == 1 + len(FIGURES)
    assert re.search(r"D&#x27;s loss</td><td[^>]*>0.6900", html)
    assert all(label for label, _ in SHOWN.values())
