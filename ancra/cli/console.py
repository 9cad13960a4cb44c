"""What the command line shows: progress bars on a terminal, plain lines everywhere else."""

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ancra.progress import OnProgress, duration

if TYPE_CHECKING:
    from ancra.training.observer import RunProgress


def this_command() -> str:
    """The command that is being carried out, as it was typed."""
    return shlex.join(["ancra", *sys.argv[1:]])


@contextmanager
def training_progress() -> Iterator[tuple["Callable[[RunProgress], None]", Callable[[str], None]]]:
    """Gives two functions: one to be told of every step, one to print a line."""
    if not sys.stdout.isatty():
        yield lambda progress: None, lambda line: print(line, flush=True)
        return
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %  {task.fields[left]}"),
    )
    with Bar(*columns) as bar:
        task = bar.add_task("", total=1.0, epoch="", left="")

        def show(progress: "RunProgress") -> None:
            epoch = f"{min(progress.epoch + 1, progress.epochs)}/{progress.epochs}"
            left = f"{duration(progress.remaining)} left" if progress.remaining is not None else ""
            bar.update(task, completed=progress.fraction, epoch=epoch, left=left)

        yield show, lambda line: bar.console.print(line, highlight=False, markup=False)


@contextmanager
def counting_progress(title: str) -> Iterator[OnProgress]:
    """Gives a function to be told (done, total); draws on standard error when that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Print rows under a heading, each column as wide as it needs to be."""
    if not rows:
        return
    table = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
