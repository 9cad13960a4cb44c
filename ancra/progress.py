"""How long work tells how far it is: callbacks with counts, and seconds as people say them."""

from collections.abc import Callable

OnProgress = Callable[[int, int], None]
"""Called with (done, total)."""


def unheard(done: int, total: int) -> None:
    """For work that nobody asks how far it is."""


def subprogress(on_progress: OnProgress | None, parts: int = 100) -> Callable[[int, int], OnProgress]:
    """Progress for a part of the work: ``subprogress(on_progress)(5, 40)`` counts from part 5 to 40 of 100."""

    def part(low: int, high: int) -> OnProgress:
        def say(done: int, total: int) -> None:
            if on_progress:
                on_progress(100 * low + 100 * (high - low) * done // max(total, 1), 100 * parts)

        return say

    return part


def duration(seconds: float | None) -> str:
    """Seconds as people say them: ``45 s``, ``12 min``, ``3 h 20 min``; empty for None."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
