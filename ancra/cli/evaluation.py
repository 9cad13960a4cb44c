"""``ancra evaluate``, ``trust``, ``results``, ``table``: what attacks leave of a model, and whether to believe it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ancra.cli.console import counting_progress


def evaluate(
    checkpoints: Annotated[list[str], typer.Argument(help="Names from `ancra list checkpoints`, or files.")],
    attacks: Annotated[
        str, typer.Option(metavar="A,B,...", help="More attacks, each on every image; `worst` adds the worst case.")
    ] = "",
    samples: Annotated[int | None, typer.Option(min=1, help="A seeded sample of the test images; else all.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a checkpoint and line.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Keep the result in the checkpoint's card.")] = False,
    use_store: Annotated[
        bool, typer.Option("--store", help="Take outcomes that are stored, and store new ones for the app.")
    ] = False,
) -> None:
    """Measure natural accuracy, and robust accuracy under PGD-40, adaptive PGD-40 and other attacks."""
    from ancra.checkpoints import keep_evaluation, resolve_checkpoint

    paths = [resolve_checkpoint(name) for name in checkpoints]
    from ancra.evaluation.accuracy import evaluate_checkpoint, named_attacks, sentence
    from ancra.store import Store

    names, worst_of = named_attacks(tuple(name.strip() for name in attacks.split(",") if name.strip()))
    for path in paths:
        with counting_progress(path.stem) as on_progress:
            row = evaluate_checkpoint(
                path, samples, device, on_progress, names, worst_of, Store() if use_store else None
            )
        if write:
            keep_evaluation(path, row)
        print(json.dumps(row) if as_json else sentence(row), flush=True)


def trust(
    checkpoints: Annotated[list[str], typer.Argument(help="Names from `ancra list checkpoints`, or files.")],
    samples: Annotated[int, typer.Option(min=1, help="Images examined, a seeded sample of the test split.")] = 500,
    against: Annotated[
        list[str] | None,
        typer.Option(help="Models for the transfer check (give it again for more); else the shipped ones."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a checkpoint and line.")] = False,
    use_store: Annotated[
        bool, typer.Option("--store", help="Take a report that is stored, and store a new one.")
    ] = False,
) -> None:
    """Say whether the robust accuracy under PGD can be believed, and why."""
    from ancra.checkpoints import checkpoint_name, resolve_checkpoint

    paths = [resolve_checkpoint(name) for name in checkpoints]
    others = None if against is None else [resolve_checkpoint(name) for name in against]
    from ancra.store import Store
    from ancra.trust.stored import checkpoint_trust

    for path in paths:
        with counting_progress(path.stem) as on_progress:
            report = checkpoint_trust(path, samples, others, Store() if use_store else None, device, on_progress)
        if as_json:
            print(json.dumps({"checkpoint": checkpoint_name(path), **report.to_json()}), flush=True)
        else:
            print(f"{checkpoint_name(path)}: {report.summary}", flush=True)
            for check in report.checks:
                print(f"  {check.level:8} {check.title}: {check.sentence}")


def results(
    checkpoints: Annotated[list[str], typer.Argument(help="Names from `ancra list checkpoints`, or files.")],
    parts: Annotated[
        str, typer.Option(metavar="A,B,...", help="attacks, autoattack, trust, curves, transfer; else all.")
    ] = "",
    into: Annotated[Path | None, typer.Option(help="The folder to write to; else the workspace's.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    report: Annotated[bool, typer.Option("--report", hidden=True, help="Write a status that the app follows.")] = False,
) -> None:
    """Make everything that the app's Robustness page shows. When stopped, it goes on where it was."""
    from ancra.checkpoints import checkpoint_name, read_card, resolve_checkpoint

    paths = [resolve_checkpoint(name) for name in checkpoints]
    from ancra.device import limit_threads
    from ancra.jobs.signals import RunCancelled
    from ancra.paths import results_folders
    from ancra.reports.evaluations import EvaluationJob
    from ancra.reports.results import PARTS, impossible, make_results
    from ancra.store import Store

    limit_threads()
    chosen = tuple(part.strip() for part in parts.split(",") if part.strip()) or PARTS
    store = Store() if into is None else Store([into, *results_folders()])
    for path in paths:
        if report:
            try:
                EvaluationJob(read_card(path).digest).carry_out(path, store, chosen, device)
            except RunCancelled as error:
                raise typer.Exit(128 + error.signal) from None
            continue
        with counting_progress(path.stem) as on_progress:
            make_results(path, store, chosen, device, lambda _, share, __: on_progress(round(1000 * share), 1000))
        left_out = impossible(len(read_card(path).classes)) if "autoattack" in chosen else ""
        if left_out:
            print(f"{checkpoint_name(path)}: {left_out}")
        print(f"{checkpoint_name(path)}: {', '.join(chosen)} stored in {store.folders[0]}", flush=True)


def table(
    checkpoints: Annotated[list[str], typer.Argument(help="Names from `ancra list checkpoints`, or files.")],
    out: Annotated[Path, typer.Option(help="The .tex, .md or .csv file to write.")],
) -> None:
    """Write what is stored of models as a table: accuracies with intervals, the drop, and the verdict on PGD."""
    from ancra.checkpoints import resolve_checkpoint
    from ancra.figure_files import check_ending, write_file

    paths = [resolve_checkpoint(name) for name in checkpoints]
    from ancra.reports.table import KINDS, table_file, table_origin, table_rows
    from ancra.store import Store

    kind = check_ending(out, KINDS, "Tables")
    rows = table_rows(paths, Store())
    write_file(out, table_file(rows, kind, table_origin(paths, rows)))
    print(f"{out}: {len(rows)} model{'s' * (len(rows) > 1)}")
