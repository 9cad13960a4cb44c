from concurrent.futures import Future

import pytest
from streamlit.testing.v1 import AppTest

from ancra.jobs.status import RunStatus
from ancra.launchers.local import LocalLauncher
from ancra.paths import ROOT
from ancra.runs.run import Run
from app.answers import estimates

APP = str(ROOT / "app" / "streamlit_app.py")


@pytest.fixture
def submitted(monkeypatch, workspace, clear_caches):
    """Runs that the page asked to start; no process is started, and nothing is measured."""
    runs: list[Run] = []
    monkeypatch.setattr(LocalLauncher, "submit", lambda self, run: runs.append(run))
    monkeypatch.setattr(estimates, "begin", lambda recipe: Future())
    return runs


@pytest.fixture
def made(workspace, tiny_recipe):
    """Makes a run in a state, with so many epochs behind it."""

    def make(name, state="finished", epochs=2, created=1.0, message="", recipe=tiny_recipe):
        run = Run.create(workspace / "runs" / name, recipe)
        for epoch in range(1, epochs + 1):
            accuracies = {"natural": 0.9, "pgd": 0.5, "adaptive": 0.4 - 0.01 * epoch}
            run.append_metrics({"epoch": epoch, "loss": 2.0, "loss/robust": 1.0, "seconds": 3.0, **accuracies})
        run.write_status(RunStatus(state=state, message=message, epoch=epochs, epochs=6, created=created))
        return run

    return make


@pytest.fixture
def open_train(visit):
    """Opens the Train page, or one part of it, as a link would."""

    def opened(part: str = "", **query: str | list[str]) -> AppTest:
        page = visit("train", **({"part": part} if part else {}), **query)
        assert not page.exception
        return page

    return opened


@pytest.fixture
def labelled():
    """Finds the one of several widgets that has a label."""
    return lambda widgets, label: next(widget for widget in widgets if widget.label == label)


@pytest.fixture
def text():
    """All words of a page."""

    def words(page):
        return " ".join(
            each.value for each in (*page.markdown, *page.caption, *page.info, *page.warning, *page.success)
        )

    return words


@pytest.fixture
def charts():
    """How many charts a page has."""
    return lambda page: len(page.get("plotly_chart"))
