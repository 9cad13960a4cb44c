"""More epochs for a run that has ended: it goes on from its last state as if they had been asked for at first."""

from ancra.errors import AncraError
from ancra.jobs.launch import write_state
from ancra.runs.run import Run
from ancra.training.schedule import same_until


def extend(run: Run, epochs: int) -> None:
    """Give a run more epochs; resume it then.

    With the same bits on a CPU it ends where a run would that had them in its recipe from the start.

    Args:
        epochs: how many in all.

    Raises:
        AncraError: it goes on, its state is not there, there would be no more epochs than now, or its learning rate
            or epsilon depend on how many there are in all, so that the epochs behind it would have been others.
    """
    recipe, status = run.recipe, run.status()
    if status.active:
        raise AncraError(f"{run.name} is being trained: stop it first.")
    if epochs <= recipe.epochs:
        raise AncraError(f"{run.name} has {recipe.epochs} epochs already: give more than that.")
    if not run.state_file.is_file():
        raise AncraError(f"{run.name} has no training state to go on from ({run.state_file}): train anew.")
    longer = recipe.with_changes(epochs=epochs)
    if not same_until(recipe, longer, status.epoch):
        raise AncraError(
            f"The schedule of {run.name} is drawn over its {recipe.epochs} epochs ({_drawn(run)}), so the "
            f"{status.epoch} behind it would have been others with {epochs}: train anew with epochs={epochs}. A "
            "schedule that is constant or falls in steps, without epsilon_ramp, can be gone on with."
        )
    run.write_recipe(longer)
    run.write_status(run.written_status().model_copy(update={"epochs": epochs}))
    write_state(run, "cancelled", f"Given {epochs - recipe.epochs} more epochs; resume to train them.")


def _drawn(run: Run) -> str:
    recipe = run.recipe
    falls = f"schedule.kind {recipe.schedule.kind}" if recipe.schedule.kind in ("cosine", "one_cycle") else ""
    ramp = f"epsilon_ramp {recipe.epsilon_ramp:g}" if recipe.epsilon_ramp else ""
    return ", ".join(part for part in (falls, ramp) if part)
