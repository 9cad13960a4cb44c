"""The Robustness page on stored results of tiny models."""

import json
import re

import numpy as np
import pytest

from ancra.attacks.suite import ATTACKS
from ancra.checkpoints import find_checkpoints, write_card
from ancra.data.settings import NO_IMAGES, DataSettings
from ancra.evaluation import curves, robustness, transfer
from ancra.evaluation.curves import curve_settings
from ancra.evaluation.intervals import Accuracy
from ancra.evaluation.robustness import HEADLINE
from ancra.evaluation.subject import settings_of, subject_of
from ancra.evaluation.transfer import combined, peers_of, transfer_settings
from ancra.jobs.launch import Launch, write_launch, write_state
from ancra.reports.evaluations import EvaluationJob
from ancra.store import Store
from ancra.trust.report import CheckResult, Level, TrustReport
from ancra.trust.stored import KIND, trust_settings

MODELS = ["Tiny with attention · tiny-ra", "Tiny plain · tiny-plain"]


def card_of(name):
    return next(card for _, card in find_checkpoints() if card.name == name)


def store_results(name: str, left: dict[str, int], samples: int = 40, right: int = 36) -> None:
    """Results as an evaluation would have stored them: ``left`` of the ``right`` images survive each attack."""
    store, card = Store(), card_of(name)
    natural = np.arange(samples) < right
    key = (robustness.KIND, *subject_of(card), settings_of(card).digest())
    meta = {"seconds": 1.0, "images": "same"}
    arrays = {"robust": natural, "tried": natural | True, "indices": np.arange(samples)}
    store.put(*key, robustness.NATURAL, arrays=arrays, meta=meta)
    for attack, count in left.items():
        store.put(*key, attack, arrays={"robust": np.arange(samples) < count, "tried": natural}, meta=meta)
    settings = curve_settings(card)
    falling = {attack: 36 - 4 * np.arange(len(settings.epsilons)) for attack in curves.SHOWN}
    store.put(curves.KIND, *subject_of(card), settings.digest(), arrays=falling, meta={"samples": samples})
    peers = [card.digest for card in map(transfer.read_card, peers_of(card))]
    key = (transfer.KIND, *subject_of(card), transfer_settings(card, store).digest(), combined(peers))
    store.put(*key, arrays={}, meta={"attack": "pgd", "on": {card.digest: 0.1}, "from": {}})
    checks = (
        CheckResult("heads", "Attacks on other heads", Level.RED, 40.0, "points", 0.5, 2, "They break it.", "Somebody"),
        CheckResult("noise", "Random noise", Level.GREEN, 0.0, "points", 0, 0.5, "Nothing.", "Somebody"),
        CheckResult("transfer", "Other models", Level.NOT_RUN, None, "points", 0, 1, "None given.", "Somebody"),
    )
    accuracy = Accuracy.of(20, 40)
    report = TrustReport("PGD-40 on the final output", accuracy, accuracy, Accuracy.of(2, 40), checks, "40 images")
    key = (KIND, *subject_of(card), trust_settings(card).digest(), combined(peers))
    store.put(*key, arrays={}, meta=report.to_json())


@pytest.fixture
def page(open_page):
    def opened(**query):
        return open_page("robustness", **{"models": MODELS, **query})

    return opened


def texts(at) -> str:
    return " ".join(element.value for element in [*at.markdown, *at.caption])


def test_without_results_the_page_offers_to_evaluate(page):
    at = page()
    assert not at.exception
    assert "have no stored results yet: evaluate below" in at.info[0].value
    assert at.button(key="start_evaluation").label == "Evaluate"


def test_a_model_without_images_is_not_offered_to_be_evaluated(page, home):
    path, card = next((path, card) for path, card in find_checkpoints() if card.name == "tiny-ra")
    none = DataSettings(name=NO_IMAGES)
    write_card(path, card.with_changes(recipe=None, dataset=NO_IMAGES, trained_on=none, model=card.model))
    at = page(models=[MODELS[0]], images="Yours")
    assert not at.exception
    assert "came without images" in at.info[0].value
    assert not any("no stored results" in info.value for info in at.info)
    assert not [each for each in at.button if each.key == "start_evaluation"]


def test_shows_table_verdict_and_gap(page, home):
    store_results("tiny-ra", {name: 2 if name == "margin_first" else 30 for name in ATTACKS})
    at = page(open_published="true")
    assert not at.exception
    assert not at.warning
    (table,) = (each for each in at.get("bidi_component") if each.proto.component_name == "ancra.accuracies")
    (row,) = json.loads(table.proto.json)["rows"]
    assert row["title"] == "Tiny with attention · tiny-ra"
    assert (row["cells"]["pgd"]["text"], row["cells"]["worst"]["text"]) == ("75.0", "5.0")
    assert row["cells"]["pgd"]["interval"] == "(60–86)"
    assert row["verdict"]["text"] == "Not to be believed"
    assert "keeps 75% under PGD-40" in texts(at)
    assert "Attacks on other heads" in texts(at)
    assert "Not run, so the verdict says nothing about it: Other models." in texts(at)
    assert "Published in" in at.dataframe[0].value.columns


def test_a_model_that_guesses_is_named_before_anything_else(page, home):
    store_results("tiny-ra", dict.fromkeys(ATTACKS, 3), right=4)
    at = page()
    assert not at.exception
    assert texts(at).count("no better than chance") == 1
    assert "the attacks agree" not in texts(at)


def test_a_result_that_does_not_fit_is_refused_with_a_sentence(page, home):
    store_results("tiny-ra", dict.fromkeys(HEADLINE, 30))
    card = card_of("tiny-ra")
    path = Store().find(robustness.KIND, *subject_of(card), settings_of(card).digest(), "pgd")
    path.write_bytes(b"damaged")
    at = page()
    assert not at.exception
    assert "does not fit this checkpoint" in at.warning[0].value


def test_evaluating_starts_a_process_for_what_is_missing(page, home, monkeypatch):
    store_results("tiny-ra", dict.fromkeys(HEADLINE, 30))
    started = []
    monkeypatch.setattr(EvaluationJob, "start", lambda self, path, parts: started.append((self.digest, parts)))
    at = page()
    at.selectbox(key="evaluate").select("uploads/tiny-ra").run()
    at.checkbox(key="with_autoattack").uncheck().run()
    at.button(key="start_evaluation").click().run()
    assert started == [(card_of("tiny-ra").digest, ("attacks",))]


def test_an_evaluation_can_be_handed_to_an_engine(page, home, monkeypatch):
    store_results("tiny-ra", dict.fromkeys(HEADLINE, 30))
    handed = []

    class Engine:
        def submit(self, job):
            handed.append((job.digest, job.command))
            write_launch(job, Launch(launcher="ray", job="1"))
            write_state(job, "queued")

        def status(self, job):
            return job.status()

        def cancel(self, job):
            write_state(job, "cancelled")

    monkeypatch.setattr("app.answers.runs.launchers", lambda: {"local": "", "ray": "", "slurm": "There is none."})
    monkeypatch.setattr("app.answers.robustness.launcher", lambda name: Engine())
    monkeypatch.setattr("app.answers.robustness.launcher_of", lambda job: Engine())
    at = page()
    at.selectbox(key="evaluate").select("uploads/tiny-ra").run()
    at.checkbox(key="with_autoattack").uncheck().run()
    assert at.segmented_control(key="evaluate_on").options == ["This machine", "Ray"]
    at.segmented_control(key="evaluate_on").set_value("ray").run()
    at.button(key="start_evaluation").click().run()
    assert not at.exception
    ((digest, command),) = handed
    assert digest == card_of("tiny-ra").digest
    assert command[-3:] == ["--parts", "attacks", "--report"]
    assert "Waiting for its turn at Ray" in at.get("progress")[0].proto.text
    at.button(key="stop_evaluation").click().run()
    assert EvaluationJob(digest).status().state == "cancelled"


def test_each_figure_can_be_saved(page, home):
    for name in ("tiny-ra", "tiny-plain"):
        store_results(name, dict.fromkeys((*HEADLINE, "margin_first"), 20))
    at = page()
    assert not at.exception
    saved = {found for button in at.get("download_button") for found in re.findall(r"save/\S+", button.proto.id)}
    assert {f"save/{part}/{kind}" for part in ("drop", "curves") for kind in ("pdf", "svg")} <= saved
