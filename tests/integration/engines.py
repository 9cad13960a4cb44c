"""What the tests of the engines share."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

from ancra.checkpoints import read_card
from ancra.evaluation.curves import stored_curves
from ancra.evaluation.transfer import stored_transfer
from ancra.jobs.launch import read_launch
from ancra.jobs.task import Task
from ancra.launchers.registry import Launcher, launcher_of
from ancra.reports.evaluations import EvaluationJob
from ancra.runs.run import Run
from ancra.store import Store

PATIENCE = 240.0  # seconds; a loaded machine may be slow


def one_of_the_tests(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Give what is started from here a workspace of its own, and one thread: the order of a sum depends on them."""
    patch.setenv("ANCRA_HOME", str(folder / "workspace"))
    patch.setenv("ANCRA_THREADS", "1")
    patch.setenv("OMP_NUM_THREADS", "1")
    patch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    # A token that one Ray writes into the home folder is asked of whoever comes to the next one.
    patch.setenv("RAY_AUTH_MODE", "disabled")


def wait_until(condition: Callable[[], object], task: Task[Any]) -> None:
    """Wait for a condition; says the task's state when it does not come true."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            said = task.log_tail() if isinstance(task, Run) else ""
            with suppress(OSError):
                said = said or task.output_file.read_text()[-2000:]
            pytest.fail(f"{task.status()} {said}")
        time.sleep(0.1)


def same_weights(run: Run, whole: Run) -> None:
    """Assert that a run finished with the same bytes as one that was never stopped."""
    assert run.status().state == "finished", f"{run.status()} {run.log_tail()}"
    assert run.final_checkpoint.read_bytes() == whole.final_checkpoint.read_bytes()


def evaluates_stops_and_goes_on(launcher: Launcher, trained: Run) -> None:
    """Assert that an engine makes results of a model, that it can be stopped, and that what was made stays."""
    path = trained.final_checkpoint
    card, store = read_card(path), Store()
    job = EvaluationJob(card.digest)
    job.ask(path, ("curves", "transfer"))
    launcher.submit(job)
    assert read_launch(job).job
    wait_until(lambda: job.status().state == "running" and job.status().message, job)
    launcher_of(job).cancel(job)
    wait_until(lambda: not job.status().active, job)
    assert job.status().state == "cancelled"
    assert stored_transfer(card, store) is None

    job.ask(path, ("curves", "transfer"))
    launcher.submit(job)
    wait_until(lambda: not job.status().active, job)
    assert job.status().state == "finished", job.status()
    assert stored_curves(card, store) is not None
    assert stored_transfer(card, store) is not None


def page_of(port: int, page: str, query: str) -> list[str]:
    """All words that a page of a server on this machine shows, once the server answers."""
    asked = BackMsg()
    asked.rerun_script.query_string, asked.rerun_script.page_name = query, page
    end = time.monotonic() + PATIENCE

    async def open_it() -> list[str]:
        words: list[str] = []
        url = f"ws://localhost:{port}/_stcore/stream"
        async with connect(url, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
            await socket.send(asked.SerializeToString())
            while True:
                answer = ForwardMsg.FromString(await asyncio.wait_for(socket.recv(decode=False), PATIENCE))
                if answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN and answer.HasField("script_finished"):
                    return words
                element = answer.delta.new_element
                words += [element.markdown.body, element.alert.body, element.exception.message]

    while True:
        try:
            return asyncio.run(open_it())
        except OSError:  # it does not listen yet
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
