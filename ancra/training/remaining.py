"""How long the rest of a run takes, told from its own steps and validations."""

from time import monotonic


class Clock:
    """Times steps, validations and what comes between two epochs.

    Attributes:
        steps: how many were timed.
    """

    def __init__(self) -> None:
        self.steps = 0
        self._seconds, self._validation, self._last = 0.0, 0.0, 0.0

    @property
    def step_seconds(self) -> float:
        """The mean time of a step."""
        return self._seconds / max(self.steps, 1)

    def step(self) -> None:
        """A step was done."""
        now = monotonic()
        # The first step also warms up; a pause since the last one (a validation) is not a step's time.
        if self._last:
            self.steps, self._seconds = self.steps + 1, self._seconds + now - self._last
        self._last = now

    def validated(self, seconds: float) -> None:
        """A validation took so long."""
        self._validation, self._last = seconds, monotonic()

    def between(self, seconds: float) -> None:
        """Count what was done between two epochs to the validation."""
        self._validation, self._last = self._validation + seconds, monotonic()

    def remaining(self, steps: int, validations: int) -> float | None:
        """Seconds for so many steps and validations; None before the second step."""
        return steps * self.step_seconds + validations * self._validation if self.steps else None
