"""The table of checkpoints against attacks from what is stored of them, as a file."""

from collections.abc import Sequence
from pathlib import Path

from ancra.checkpoints import named_digests, read_card
from ancra.errors import AncraError
from ancra.evaluation import tables
from ancra.evaluation.robustness import checkpoint_report
from ancra.evaluation.tables import TableRow, row_of
from ancra.origin import Origin, command_line, signed
from ancra.store import Store
from ancra.trust.stored import stored_trust

KINDS = ("tex", "md", "csv")
WRITERS = {"tex": tables.to_latex, "md": tables.to_markdown, "csv": tables.to_csv}


def table_rows(paths: Sequence[Path], store: Store) -> list[TableRow]:
    """A row a checkpoint, with its verdict, from the store and the cards.

    Raises:
        AncraError: nothing is stored of one of them; the sentence names the command that measures it.
    """
    rows = []
    for path in paths:
        card = read_card(path)
        trust = stored_trust(card, store)
        row = row_of(card, card.title, checkpoint_report(card, store), str(trust.verdict) if trust else "")
        if row is None:
            (name,) = named_digests([path])
            raise AncraError(f"Nothing was measured of {name} yet: `{command_line('results', name)}` does it.")
        rows.append(row)
    return rows


def table_origin(paths: Sequence[Path], rows: Sequence[TableRow], page: str = "") -> Origin:
    """Where a file with these rows is from."""
    names = named_digests(paths)
    first = rows[0]
    return Origin(
        what="Accuracy of models under attacks",
        command=command_line("table", *names, out="table.tex"),
        page=page,
        checkpoints=names,
        data=", ".join(dict.fromkeys(row.dataset for row in rows)),
        seed=0,
        settings={"norm": first.norm, "epsilon": first.epsilon, "steps": first.steps, "samples": first.samples},
    )


def table_file(rows: Sequence[TableRow], kind: str, origin: Origin) -> bytes:
    """The rows as the content of a file of one of ``KINDS``, which says where it is from."""
    return signed(WRITERS[kind](rows).encode(), kind, origin)
