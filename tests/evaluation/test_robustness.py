"""The worst case over attacks, what is stored of it, and which stored results are refused."""

import numpy as np
import pytest
import torch

from ancra.data.dataset import Split
from ancra.errors import AncraError
from ancra.evaluation.accuracy import evaluate, evaluate_checkpoint
from ancra.evaluation.robustness import KIND, Outcome, RobustnessReport, evaluate_robustness, stored_report
from ancra.evaluation.settings import EvaluationSettings
from ancra.evaluation.subject import settings_of, subject_of
from ancra.store import Store
from tests.toys import Bright

MODEL, OTHER = ("model", "images"), ("other", "images")
SETTINGS = EvaluationSettings(epsilon=0.1, steps=5, queries=20, samples=60)


@pytest.fixture(scope="module")
def rows() -> Split:
    """Four classes told apart by which row is bright, by margins from 0.02 to 0.42."""
    labels = torch.arange(120) % 4
    images = torch.full((120, 1, 4, 4), 0.35)
    for index, label in enumerate(labels):
        images[index, 0, label] += 0.02 + 0.4 * index / 120
    return Split((images * 255).round().to(torch.uint8), labels)


def outcome(robust, tried):
    return Outcome(np.array(robust, bool), np.array(tried, bool), 1.0)


def test_the_worst_case_is_taken_image_by_image():
    natural = np.array([1, 1, 1, 0], bool)
    outcomes = {"pgd": outcome([1, 1, 0, 0], [1, 1, 1, 0]), "square": outcome([0, 1, 0, 0], [1, 1, 0, 0])}
    report = RobustnessReport(SETTINGS, np.arange(4), natural, outcomes)
    assert report.worst.value == 0.25
    assert report.accuracy("pgd").value == 0.5
    assert report.accuracy("square") is None, "the third image was spared"
    assert [row["broken_first"] for row in report.rows()] == [1, 1]


def test_accuracies_are_the_known_ones(rows):
    # Every row can move by epsilon towards the others: images with a margin above 2 epsilon survive.
    report = evaluate_robustness(Bright(), rows, SETTINGS.with_changes(steps=20))
    images, labels = rows.batch(torch.from_numpy(report.indices))
    means = images.mean(dim=(1, 3))
    margins = means.gather(1, labels[:, None])[:, 0] - means.scatter(1, labels[:, None], 0).amax(dim=1)
    assert report.natural_accuracy.value == 1
    assert report.accuracy("pgd").value == pytest.approx(float((margins > 0.2).float().mean()), abs=0.02)
    assert report.worst.value <= report.accuracy("pgd").value


def test_evaluate_gives_the_numbers_of_the_suite(rows):
    model = Bright()
    evaluation, report = evaluate(model, rows, SETTINGS), evaluate_robustness(model, rows, SETTINGS)
    assert evaluation.pgd == report.accuracy("pgd")
    assert evaluation.adaptive == report.accuracy("adaptive")
    assert evaluation.natural == report.natural_accuracy


def test_a_second_look_attacks_nothing_and_gives_the_same(rows, store):
    first = evaluate_robustness(Bright(), rows, SETTINGS, subject=MODEL, store=store)
    calls = []
    again = evaluate_robustness(
        Bright(), rows, SETTINGS, subject=MODEL, store=store, on_progress=lambda *call: calls.append(call)
    )
    assert calls == []
    found = stored_report(MODEL, SETTINGS, store)
    assert found.row()["intervals"] == again.row()["intervals"] == first.row()["intervals"]
    assert stored_report(OTHER, SETTINGS, store) is None


def test_an_interrupted_evaluation_goes_on_where_it_was(rows, store):
    def interrupt(done, total):
        if done > 100:  # the first attack is over
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_robustness(Bright(), rows, SETTINGS, subject=MODEL, store=store, on_progress=interrupt)
    calls = []
    again = evaluate_robustness(
        Bright(), rows, SETTINGS, subject=MODEL, store=store, on_progress=lambda *call: calls.append(call)
    )
    hundredths = 100 * len(again.outcomes)
    assert min(calls) > (100, hundredths)  # PGD is not run again
    assert calls[-1] == (hundredths, hundredths)
    assert calls == sorted(calls)


@pytest.mark.parametrize("damage", ["longer", "impossible", "other images", "another key", "cut"])
def test_a_stored_result_that_does_not_fit_is_refused_with_a_sentence(rows, store, damage):
    model = Bright()
    evaluate_robustness(model, rows, SETTINGS, ("pgd",), subject=MODEL, store=store)
    key = (KIND, *MODEL, SETTINGS.digest(), "pgd")
    stored, path = store.get(*key), store.find(*key)
    robust, tried, meta = stored.arrays["robust"], stored.arrays["tried"], dict(stored.meta)
    if damage == "longer":
        robust, tried = np.append(robust, True), np.append(tried, True)
    elif damage == "impossible":
        robust, tried = robust | True, tried & False
    elif damage == "other images":
        meta["images"] = "0" * 16
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:100])
    elif damage == "another key":
        evaluate_robustness(model, rows, SETTINGS, ("pgd",), subject=OTHER, store=store)
        path.write_bytes(store.find(KIND, *OTHER, SETTINGS.digest(), "pgd").read_bytes())
    else:
        store.put(*key, arrays={"robust": robust, "tried": tried}, meta=meta)
    with pytest.raises(AncraError, match=r"pgd\.npz does not fit this checkpoint"):
        stored_report(MODEL, SETTINGS, store)
    # Evaluating again puts it right.
    evaluate_robustness(model, rows, SETTINGS, ("pgd",), subject=MODEL, store=store)
    assert stored_report(MODEL, SETTINGS, store).accuracy("pgd") is not None


def test_a_checkpoint_is_evaluated_the_same_with_and_without_the_store(save_tiny, store):
    path, card = save_tiny("tiny")
    fresh = evaluate_checkpoint(path, samples=20, device="cpu")
    kept = evaluate_checkpoint(path, samples=20, device="cpu", store=store)
    assert fresh["intervals"] == kept["intervals"]
    assert set(fresh["intervals"]) == {"natural", "pgd", "adaptive"}
    assert stored_report(subject_of(card), settings_of(card, 20), store).accuracy("pgd").value == fresh["pgd"]
    more = evaluate_checkpoint(path, samples=20, device="cpu", store=store, attacks=("fgsm",), worst_of=("noise",))
    assert set(more["intervals"]) == {"natural", "pgd", "adaptive", "fgsm", "noise", "worst"} - (
        set() if more["attacks"][-1]["accuracy"] is not None else {"noise"}
    )
    assert more["worst"] <= min(more["pgd"], more["fgsm"])
    assert isinstance(store, Store)
