"""How the learning rate and epsilon change during a run: pure functions of the recipe and of the time in epochs."""

import math

from ancra.recipe import Recipe

RISE = 2 / 5
"""Share of the epochs in which one_cycle rises (Wong et al. 2020, their fast adversarial training)."""


def learning_rate(recipe: Recipe, time: float) -> float:
    """The learning rate at ``time`` epochs since the start (2.5: in the middle of the third epoch)."""
    schedule, highest = recipe.schedule, recipe.optimiser.learning_rate
    rise = float(schedule.warmup_epochs)
    if schedule.kind == "one_cycle" and not rise:
        rise = RISE * recipe.epochs
    if time < rise:
        return highest * time / rise
    passed = min((time - rise) / max(recipe.epochs - rise, 1e-9), 1)
    if schedule.kind == "one_cycle":
        return highest * (1 - passed)
    if schedule.kind == "cosine":
        return highest * (1 + math.cos(math.pi * passed)) / 2
    if schedule.kind == "steps":
        return highest * schedule.factor ** sum(time >= milestone for milestone in schedule.milestones)
    return highest


def epsilon(recipe: Recipe, time: float) -> float:
    """The attack's radius at ``time`` epochs since the start: rises over ``epsilon_ramp`` of the epochs, then stays."""
    length = recipe.epsilon_ramp * recipe.epochs
    return recipe.attack.epsilon * (min(time / length, 1) if length else 1)


def same_until(first: Recipe, second: Recipe, epochs: int) -> bool:
    """Whether learning rate and epsilon were the same in both for so many epochs.

    They change slowly and in straight pieces but for a cosine, so the middle of each epoch tells.
    """
    times = [epoch + 0.5 for epoch in range(epochs)]
    return all(change(first, time) == change(second, time) for change in (learning_rate, epsilon) for time in times)


def step_time(epoch: int, step: int, steps: int) -> float:
    """The time in epochs of the middle of a step, so that no step has a learning rate or an epsilon of exactly 0."""
    return epoch + (step + 0.5) / steps
