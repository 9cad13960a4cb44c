import pytest

from ancra.recipe import ScheduleSettings, load_recipe
from ancra.training.schedule import epsilon, learning_rate, step_time


@pytest.fixture
def recipe():
    return load_recipe("cifar10-resnet18-trades-ancra")


def test_steps_follow_the_paper(recipe):
    rates = [learning_rate(recipe, step_time(epoch, 0, 10)) for epoch in (0, 74, 75, 90, 100, 119)]
    assert rates == pytest.approx([1e-2, 1e-2, 1e-3, 1e-4, 1e-5, 1e-5])


def test_warm_up_then_cosine(recipe):
    recipe = recipe.model_copy(update={"schedule": ScheduleSettings(kind="cosine", warmup_epochs=20)})
    rates = [learning_rate(recipe, time) for time in (0, 10, 20, 70, 120)]
    assert rates == pytest.approx([0, 0.005, 0.01, 0.005, 0])


def test_one_cycle_rises_and_ends_at_0(recipe):
    schedule = ScheduleSettings(kind="one_cycle", warmup_epochs=20)
    with_rise = recipe.model_copy(update={"schedule": schedule})
    assert [learning_rate(with_rise, time) for time in (0, 10, 20, 70, 120)] == pytest.approx(
        [0, 0.005, 0.01, 0.005, 0]
    )
    usual = recipe.model_copy(update={"schedule": schedule.with_changes(warmup_epochs=0)})
    assert [learning_rate(usual, time) for time in (0, 24, 48, 84, 120)] == pytest.approx([0, 0.005, 0.01, 0.005, 0])


def test_constant(recipe):
    recipe = recipe.model_copy(update={"schedule": ScheduleSettings(kind="constant")})
    assert learning_rate(recipe, 119.9) == 0.01


def test_epsilon_rises_then_stays():
    recipe = load_recipe("digits-trades")  # over a quarter of 15 epochs, to 0.2
    assert [epsilon(recipe, time) for time in (0, 1.875, 3.75, 14)] == pytest.approx([0, 0.1, 0.2, 0.2])


def test_without_a_ramp_epsilon_is_there_at_once(recipe):
    assert epsilon(recipe, 0) == recipe.attack.epsilon


def test_no_step_has_a_learning_rate_or_epsilon_of_zero():
    recipe = load_recipe("digits-trades")
    assert learning_rate(recipe, step_time(0, 0, 10)) > 0
    assert epsilon(recipe, step_time(0, 0, 10)) > 0
