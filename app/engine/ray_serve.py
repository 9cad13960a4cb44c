"""The engine on Ray Serve: the same requests, with its replicas, its batching and its shares of GPUs.

The cluster is the one of ``$RAY_ADDRESS``, else one that runs on this machine, else it is started here. It has to see
this machine's files. A replica asks for ``$ANCRA_RAY_CPUS`` processors (1) and ``$ANCRA_RAY_GPUS`` GPUs (1 where the
cluster has some and the app's device allows it); there are as many replicas as are kept busy, and as there is room for.
"""

import asyncio
import threading
import weakref
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ancra.environment import RAY_CPUS, RAY_GPUS
from ancra.errors import AncraError
from ancra.jobs.detached import environment
from ancra.paths import workspace
from ancra.progress import OnProgress, unheard
from app.engine.board import Board
from app.engine.ending import endings
from app.engine.processes import KILLED, TOLD
from app.engine.request import Answer, Request

NAME = "ancra"
MISSING = 'Ray Serve is not installed here: pip install "ancra-lab[ray]".'
AT_ONCE = 64
"""Requests that the queue hands over before any is answered: Serve has a queue of its own."""
BATCH, GATHERED = 32, 0.02
"""Like requests in one batch, and seconds that the first of them waits for others."""


class Replica:
    """What Serve runs: it answers requests one batch after the other, on its share of the cluster."""

    def __init__(self, device: str, threads: int) -> None:
        import torch
        from ray import serve

        torch.set_num_threads(threads)
        self._device, self._turn = device, asyncio.Lock()
        # Here and not above the method, for this module is also read where Ray is missing.
        self._together = serve.batch(max_batch_size=BATCH, batch_wait_timeout_s=GATHERED)(self._answer_all)

    async def alone(self, request: Request, board: Board | None = None) -> Answer:
        """The answer to one request, which tells how far it is."""
        heard = (board.tell, board.stopped) if board else (unheard, lambda: False)
        return await self._answer(request, [request.item], *heard)

    async def together(self, request: Request) -> Any:
        """The answer to a request that may be computed with others that wait now."""
        found = await self._together(request)
        if isinstance(found, Exception):
            raise found
        return found

    async def _answer_all(self, requests: list[Request]) -> list[Answer | Exception]:
        groups: dict[Hashable, list[int]] = {}
        for place, each in enumerate(requests):
            groups.setdefault(each.group, []).append(place)
        answers: list[Any] = [None] * len(requests)
        for places in groups.values():
            first = requests[places[0]]
            for start in range(0, len(places), first.most):
                some = places[start : start + first.most]
                for place, found in zip(some, await self._each([requests[place] for place in some]), strict=True):
                    answers[place] = found
        return answers

    async def _each(self, requests: Sequence[Request]) -> list[Answer | Exception]:
        """Of like requests; where they fail together, each is tried alone."""
        try:
            answer = await self._answer(requests[0], [each.item for each in requests], unheard, lambda: False)
        except Exception as error:
            return [error] if len(requests) == 1 else [(await self._each([each]))[0] for each in requests]
        return [Answer([result], answer.device, answer.remark) for result in answer.results]

    async def _answer(self, request: Request, items: Sequence[Any], *heard: Any) -> Answer:
        from app.engine.answering import answer

        async with self._turn:
            return await asyncio.to_thread(answer, request, items, self._device, *heard)


class RayServe:
    """Hands requests to a deployment, which ends with this server.

    Args:
        device: "auto", "cpu" or "cuda", as the app was told.

    Raises:
        AncraError: Ray Serve is not installed, or the cluster does not answer.
    """

    at_once = AT_ONCE

    def __init__(self, device: str = "auto") -> None:
        require_serve()
        import ray
        from ray import serve

        variables = {**environment(), "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
        try:
            if not ray.is_initialized():
                ray.init(
                    namespace=NAME, runtime_env={"env_vars": variables}, include_dashboard=False, log_to_driver=False
                )
            cpus, gpus, most = _shares(device, ray.cluster_resources())
            serve.start(proxy_location="Disabled")
            deployment = serve.deployment(
                name=NAME,
                ray_actor_options={"num_cpus": cpus, "num_gpus": gpus, "runtime_env": {"env_vars": variables}},
                autoscaling_config={"min_replicas": 1, "max_replicas": most, "target_ongoing_requests": 2},
                max_ongoing_requests=2 * BATCH,
            )(Replica)
            bound = deployment.bind("cuda" if gpus else "cpu", max(1, int(cpus)))
            self._handle = serve.run(bound, name=NAME, route_prefix=None)
        except (ConnectionError, RuntimeError, ValueError) as error:
            reason = str(error).strip().partition("\n")[0].rstrip(".")
            raise AncraError(f"Ray does not serve ({reason}): is the cluster of RAY_ADDRESS up?") from None
        self._where = f"Ray ({most} replica{'' if most == 1 else 's'} at most, {'a GPU each' if gpus else 'CPU'})"
        self._end = weakref.finalize(self, _end, self._handle)
        endings().append(self._end)  # or a cluster that goes on would keep the deployment

    @property
    def place(self) -> str:
        """Ray, and what it has."""
        return self._where

    def run(
        self, request: Request, items: Sequence[Any], on_progress: OnProgress, stop: threading.Event | None = None
    ) -> Answer:
        """The answer to a request, as ``Engine.run``."""
        from ray.exceptions import RayActorError, RayTaskError

        for _ in range(2):
            try:
                if request.alike is None:
                    return self._alone(replace(request, item=items[0]), on_progress, stop)
                waits = [self._handle.together.remote(replace(request, item=item)) for item in items]
                answers = [each.result() for each in waits]
                remark = next((each.remark for each in answers if each.remark), None)
                return Answer([result for each in answers for result in each.results], answers[-1].device, remark)
            except RayTaskError as error:
                raise error.cause if isinstance(error.cause, Exception) else error from None
            except RayActorError:  # Serve has another replica by now
                continue
        raise AncraError(KILLED)

    def get_ready(self, request: Request) -> None:
        """Have a replica do it."""
        self.run(request, [None], unheard)

    def close(self) -> None:
        """End the deployment."""
        self._end()

    def _alone(self, request: Request, on_progress: OnProgress, stop: threading.Event | None) -> Answer:
        board = Board(workspace() / "boards")
        try:
            waits = self._handle.alone.remote(request, board)
            while True:
                with suppress(TimeoutError):
                    answer: Answer = waits.result(timeout_s=TOLD)
                    return answer
                on_progress(*board.told)
                if stop is not None and stop.is_set():
                    board.stop()
        finally:
            board.remove()


def require_serve() -> None:
    """Raise AncraError where Ray Serve is not installed."""
    if find_spec("ray") is None or find_spec("fastapi") is None:
        raise AncraError(MISSING)


def _shares(device: str, has: dict[str, float]) -> tuple[float, float, int]:
    """(processors, GPUs) of a replica, and how many of them a cluster has room for."""
    cpus = RAY_CPUS.read(1)
    gpus = RAY_GPUS.read(1 if has.get("GPU", 0) >= 1 and device.partition(":")[0] in ("auto", "cuda") else 0)
    room = [has.get(name, 0) // share for name, share in (("CPU", cpus), ("GPU", gpus)) if share]
    return cpus, gpus, max(1, int(min(room, default=1)))


def _end(handle: Any) -> None:
    import ray
    from ray import serve

    # The cluster may be gone before us.
    with suppress(Exception):
        handle.shutdown()  # which would go on telling the controller how much it has to do
    with suppress(Exception):
        if ray.is_initialized():
            serve.delete(NAME)
            ray.shutdown()
