"""`ancra evaluate --attacks`, `ancra trust` and `ancra results` on a tiny model."""

import json

import pytest
from typer.testing import CliRunner

from ancra.attacks.settings import Threat
from ancra.cli import cli
from ancra.errors import AncraError
from ancra.evaluation.robustness import stored_report
from ancra.evaluation.subject import settings_of, subject_of
from ancra.store import Store
from ancra.trust.settings import TrustSettings


@pytest.fixture
def ancra(workspace):
    """Runs a command; gives its JSON lines."""

    def run(*arguments):
        result = CliRunner().invoke(cli, [*map(str, arguments)])
        if isinstance(result.exception, AncraError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]

    return run


def test_evaluate_with_more_attacks(ancra, save_tiny):
    path, card = save_tiny("tiny")
    (row,) = ancra("evaluate", path, "--attacks", "fgsm,worst", "--samples", 12, "--json", "--store", "--write")
    assert {"natural", "pgd", "adaptive", "fgsm", "worst"} <= row["intervals"].keys()
    assert row["worst"] <= row["pgd"] <= row["natural"]
    assert stored_report(subject_of(card), settings_of(card, 12), Store()).worst.value == row["worst"]
    with pytest.raises(AncraError, match="autoattack"):
        ancra("evaluate", path, "--attacks", "autoatack")


def test_trust_gives_a_verdict_and_its_checks(ancra, save_tiny, monkeypatch):
    quick = TrustSettings(threat=Threat(epsilon=0.2, steps=2, queries=5), restarts=2, more_steps=2)
    monkeypatch.setattr("ancra.trust.stored.trust_settings", lambda card, samples: quick.with_changes(samples=samples))
    path, _ = save_tiny("tiny")
    other, _ = save_tiny("plain-one", blocks=0)
    (report,) = ancra("trust", path, "--samples", 6, "--against", other, "--json", "--store")
    assert report["verdict"] in ("believable", "doubtful", "not to be believed")
    assert {"name", "title", "level", "figure", "sentence", "source"} <= report["checks"][0].keys()
    assert ancra("trust", path, "--samples", 6, "--against", other, "--json", "--store") == [report]


def test_results_rejects_an_unknown_part(ancra, save_tiny):
    path, _ = save_tiny("tiny")
    with pytest.raises(AncraError, match="trust"):
        ancra("results", path, "--parts", "thrust")
