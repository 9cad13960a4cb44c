"""``ancra strategies``: what negative strategies do on a model, over the batches of a split."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ancra.cli.console import counting_progress, print_table, this_command
from ancra.data.titles import dataset_title
from ancra.errors import AncraError


def strategies(
    checkpoint: Annotated[str, typer.Argument(help="A name from `ancra list checkpoints`, or a file.")],
    names: Annotated[
        str, typer.Option("--strategies", metavar="A,B,...", help="Strategies or pickers; else all there are.")
    ] = "",
    split: Annotated[str, typer.Option(help="train or test.")] = "train",
    batches: Annotated[str, typer.Option(metavar="N|all", help="The first N batches of an epoch, or all.")] = "1",
    batch_size: Annotated[int | None, typer.Option(help="Images a batch; else the recipe's.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the batches and of every draw.")] = 0,
    alpha: Annotated[
        float | None, typer.Option(help="Share of the force on the negative, 0 to 1; else the recipe's.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write every measure as a CSV file.")] = None,
    use_store: Annotated[
        bool, typer.Option("--store", help="Take observations that are stored, and store new ones for the app.")
    ] = False,
) -> None:
    """Compare negative strategies: candidates, similarity, contrast, forces, success of the targeted attack."""
    from ancra.checkpoints import checkpoint_name, read_card, resolve_checkpoint

    path = resolve_checkpoint(checkpoint)
    from ancra.device import limit_threads
    from ancra.store import Store
    from ancra.strategies.known import strategies as known
    from ancra.strategies.known import strategy
    from ancra.strategies.population import checkpoint_population, population_settings
    from ancra.strategies.words import summary

    limit_threads()
    chosen = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip())) or tuple(known())
    for name in chosen:
        strategy(name)
    card = read_card(path)
    changes = {} if batch_size is None else {"batch_size": batch_size}
    settings = population_settings(card, split=split, seed=seed, **changes)
    with counting_progress(path.stem) as on_progress:
        found = checkpoint_population(
            path,
            chosen,
            settings,
            _count(batches),
            alpha=alpha,
            store=Store() if use_store else None,
            device=device,
            on_progress=on_progress,
        )
    if csv is not None:
        from ancra.figure_files import write_file
        from ancra.files import csv_text
        from ancra.origin import signed
        from ancra.strategies.population import population_origin

        origin = population_origin(path, chosen, settings, _count(batches), this_command())
        write_file(csv, signed(csv_text(found.rows()).encode(), "csv", origin))
    if as_json:
        print(json.dumps({"checkpoint": checkpoint_name(path), "settings": settings.model_dump(), **found.to_json()}))
        return
    print_table(_table(found))
    print(f"\n{checkpoint_name(path)}, {split} images of {dataset_title(card.data.images)}: {summary(found)}")


def _table(found: Any) -> list[dict[str, str]]:
    """A row a measure, a column a strategy."""
    from ancra.strategies.known import title_of
    from ancra.strategies.measures import MEASURES
    from ancra.strategies.words import value_text

    return [
        {"": measure.title} | {title_of(name): value_text(found.measured(name, key), key) for name in found.observed}
        for key, measure in MEASURES.items()
    ]


def _count(text: str) -> int | None:
    """The number of batches; None for all."""
    if text == "all":
        return None
    if not text.isdigit() or int(text) < 1:
        raise AncraError(f"--batches takes a number above 0, or all; got {text!r}.")
    return int(text)
