import pytest

from ancra.training.overfitting import Overfitting, overfitting

RISING = [(0.30, 0.20), (0.45, 0.35), (0.51, 0.40)]


def rows(pairs, constant=0.1):
    return [
        {"epoch": number, "fgsm": fgsm, "pgd": pgd, "constant": constant} for number, (fgsm, pgd) in enumerate(pairs, 1)
    ]


def test_the_jump_of_one_step_while_pgd_falls_is_told_in_one_sentence():
    found = overfitting(rows([*RISING, (0.50, 0.38), (0.78, 0.03), (0.92, 0.0)]))
    assert found.epoch == 5
    assert "in epoch 5" in found.sentence
    assert "jumped from 51% to 78%" in found.sentence
    assert "fell from 40% to 3%" in found.sentence
    assert found.sentence.count(". ") == 0
    assert "n_fgsm" in found.sentence


@pytest.mark.parametrize(
    "pairs",
    [
        RISING,
        [*RISING, (0.30, 0.10)],  # both fall: the run is unstable
        [*RISING, (0.60, 0.30)],  # PGD falls by a quarter: robust overfitting
        [(0.12, 0.10), (0.40, 0.0)],  # never robust: natural training
        [],
    ],
)
def test_nothing_is_said_where_the_sign_is_not_there(pairs):
    assert overfitting(rows(pairs)).sentence == ""


def test_rows_of_old_runs_say_nothing():
    assert overfitting([{"epoch": 1, "pgd": 0.5}, {"epoch": 2, "pgd": 0.0}]).sentence == ""


def test_a_state_is_restored_and_what_was_seen_stays():
    found = overfitting(rows([*RISING, (0.78, 0.03)]))
    assert Overfitting(**found.state()) == found
    assert found.after(5, {"pgd": 0.4, "fgsm": 0.5}) == found
