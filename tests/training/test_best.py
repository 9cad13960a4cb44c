import pytest

from ancra.training.best import Best, best_row


def accuracies(natural, pgd, adaptive):
    return {"natural": natural, "pgd": pgd, "adaptive": adaptive}


def test_the_best_epoch_is_the_one_of_the_highest_metric():
    best = Best("adaptive", constant=0.1).after(1, accuracies(0.5, 0.4, 0.3))
    assert best.after(2, accuracies(0.9, 0.9, 0.2)) is best
    better = best.after(2, accuracies(0.4, 0.4, 0.35))
    assert (better.epoch, better.accuracies["adaptive"]) == (2, 0.35)
    assert Best("natural", 0.1, 1, best.accuracies).after(2, accuracies(0.9, 0, 0)).epoch == 2


def test_of_equals_the_natural_accuracy_decides_then_the_earlier_epoch():
    best = Best("adaptive", constant=0.1).after(1, accuracies(0.5, 0.4, 0.3))
    assert best.after(2, accuracies(0.6, 0.3, 0.3)).epoch == 2
    assert best.after(2, accuracies(0.5, 0.9, 0.3)) is best


def test_giving_all_images_one_class_is_not_robustness():
    """A natural training starts as a constant answer, robust on a tenth of the images, and ends robust on none."""
    best = Best("adaptive", constant=0.12).after(1, accuracies(0.12, 0.12, 0.12))
    assert best.after(2, accuracies(0.95, 0.0, 0.0)).epoch == 2


def test_a_state_is_restored():
    best = Best("pgd", 0.1).after(3, accuracies(0.5, 0.4, 0.3))
    assert Best(**best.state()) == best


def test_patience_counts_the_epochs_since_the_best(tiny_recipe):
    recipe = tiny_recipe.with_changes(early_stopping={"patience": 2})
    best = Best("adaptive", 0.1, epoch=3, accuracies=accuracies(0.5, 0.4, 0.3))
    assert [best.exhausts(recipe, epoch) for epoch in (3, 4, 5, 6)] == [False, False, True, True]
    assert not best.exhausts(tiny_recipe, 100)


@pytest.mark.parametrize(
    ("rows", "epoch"),
    [
        ([(0.5, 0.3), (0.6, 0.3), (0.6, 0.3)], 2),
        ([(0.12, 0.12), (0.95, 0.0)], 2),
        ([(0.5, 0.3), (0.9, 0.2)], 1),
        ([], None),
    ],
)
def test_the_best_row_is_the_one_whose_weights_are_kept(rows, epoch):
    best, table = Best("adaptive", 0.12), []
    for number, (natural, adaptive) in enumerate(rows, 1):
        best = best.after(number, accuracies(natural, 0.5, adaptive))
        table.append({"epoch": number, "constant": 0.12, **accuracies(natural, 0.5, adaptive)})
    found = best_row(table, "adaptive")
    assert (found["epoch"] if found else None) == epoch
    assert best.epoch == (epoch or 0)
