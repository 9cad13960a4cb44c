"""All outcomes that there are to look at: those that come with the project, and the workspace's, finished or not."""

from pathlib import Path
from typing import NamedTuple

from ancra.errors import AncraError
from ancra.paths import shipped_checkpoints
from ancra.sweeps.outcome import Outcome, read_outcome
from ancra.sweeps.sweep import Sweep, list_sweeps


class KnownOutcome(NamedTuple):
    """An outcome and where it is from. ``sweep`` is None for one that comes with the project."""

    outcome: Outcome
    sweep: Sweep | None = None

    @property
    def name(self) -> str:
        """The sweep's name."""
        return self.outcome.plan.name

    @property
    def complete(self) -> bool:
        """Whether every run of the plan has a result."""
        return len(self.outcome.results) == self.outcome.plan.size


def known_outcomes(shipped: Path | None = None) -> list[KnownOutcome]:
    """Every sweep with a result, one of each name: the workspace's, unless the shipped one has more results.

    Damaged ones are left out.
    """
    found = {each.name: each for each in shipped_outcomes(shipped)}
    for own in filter(None, map(known_outcome, list_sweeps())):
        other = found.get(own.name)
        if other is None or len(own.outcome.results) >= len(other.outcome.results):
            found[own.name] = own
    return list(found.values())


def shipped_outcomes(folder: Path | None = None) -> list[KnownOutcome]:
    """The outcomes that come with the project (or of ``folder``), by name."""
    found = []
    for path in sorted((folder or shipped_checkpoints() / "results" / "sweeps").glob("*.json")):
        try:
            found.append(KnownOutcome(read_outcome(path)))
        except AncraError:
            continue
    return found


def known_outcome(sweep: Sweep) -> KnownOutcome | None:
    """What a sweep of the workspace found so far; None where that is nothing, or its plan is damaged."""
    status = sweep.status()
    try:
        done = status is not None and status.state == "finished" and sweep.outcome_file.exists()
        outcome = read_outcome(sweep.outcome_file) if done else sweep.outcome()
    except AncraError:
        return None
    return KnownOutcome(outcome, sweep) if outcome.results else None
