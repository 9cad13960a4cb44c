"""A sweep to take away: its numbers, its figure, and the command that makes it."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from ancra.sweeps.files import outcome_csv
from ancra.sweeps.outcomes import KnownOutcome
from ancra.sweeps.picture import picture
from ancra.sweeps.reproduce import sweep_command


def take_away(chosen: KnownOutcome, key: str) -> None:
    """Downloads, and the command."""
    outcome, name = chosen.outcome, chosen.name
    files: dict[str, tuple[str, str, Callable[[], str | bytes]]] = {
        "Numbers, CSV": (f"{name}.csv", "text/csv", partial(outcome_csv, outcome)),
        "All, JSON": (f"{name}.json", "application/json", lambda: outcome.model_dump_json(indent=1)),
        "Figure, PDF": (f"{name}.pdf", "application/pdf", partial(picture, outcome, "pdf")),
        "Figure, SVG": (f"{name}.svg", "image/svg+xml", partial(picture, outcome, "svg")),
        "Figure, PNG": (f"{name}.png", "image/png", partial(picture, outcome, "png")),
    }
    with st.expander("Save it, or make it yourself", icon=":material/download:"):
        with st.container(horizontal=True):
            for label, (file, kind, make) in files.items():
                st.download_button(
                    label, make, file, kind, icon=":material/download:", on_click="ignore", key=f"{key}/{file}"
                )
        command = outcome.command or sweep_command(outcome.plan)
        if command:
            st.caption("The command that makes it; stopped, the same command goes on.")
            st.code(command, language="bash", wrap_lines=True)
        if outcome.versions:
            st.caption("Made with " + ", ".join(f"{name} {version}" for name, version in outcome.versions.items()))
