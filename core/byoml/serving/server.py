"""gunicorn, told what to run and how."""

from __future__ import annotations

import logging
import re
from importlib.metadata import PackageNotFoundError, requires, version
from math import ceil
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.errors import HaltServer

from byoml.serving.accepting import Shares
from byoml.serving.arbiter import CrewArbiter
from byoml.serving.asgi import DataPlane
from byoml.serving.endpoint import Endpoint
from byoml.serving.metrics import Metrics
from byoml.serving.models_endpoint import ModelsEndpoint
from byoml.serving.preload import preload, preloads
from byoml.serving.readiness import Readiness
from byoml.serving.server_log import ServerLog
from byoml.serving.settings import worker_variables
from byoml.serving.worker import SECONDS_AFTER_DRAIN, Worker, end_container

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.serving.plan import Plan

__all__ = ["Server", "run"]

_log = logging.getLogger("byoml.serving")
_KEEP_ALIVE_SECONDS = 75
# A worker that gives no sign of life: its event loop beats each second, however long predictions take.
_SILENCE_SECONDS = 300


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's application: settings for the arbiter, the data plane for each worker.

    Args:
        plan: The endpoint.
    """

    endpoint: Endpoint

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.readiness = Readiness(plan.settings.workers)
        self._metrics = Metrics(plan.settings.workers)
        self.shares = Shares(plan.settings.workers)
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options().items():
            self.cfg.set(name, value)

    def _options(self) -> dict[str, Any]:
        settings, env = self.plan.settings, self.plan.env
        return {
            "bind": f"0.0.0.0:{settings.port}",
            "worker_class": Worker,
            "workers": settings.workers,
            "timeout": _SILENCE_SECONDS,
            "graceful_timeout": ceil(env.drain_seconds + SECONDS_AFTER_DRAIN),
            "keepalive": _KEEP_ALIVE_SECONDS,
            "http_parser": _http_parser(),
            "control_socket_disable": True,
            "asgi_lifespan": "on",
            "raw_env": [f"{name}={value}" for name, value in worker_variables(env, settings).items()],
            "loglevel": "warning",
            "logger_class": ServerLog,
            "when_ready": self._before_workers,
            "pre_fork": self._before_fork,
            "child_exit": self._after_exit,
        }

    def _before_workers(self, arbiter: Any) -> None:
        if preloads(self.plan):
            self.plan = preload(self.plan, arbiter.LISTENERS[0].sock)

    def _before_fork(self, arbiter: Any, worker: Any) -> None:
        worker.arbiters_signals = arbiter.SIG_QUEUE
        self._slot = self.readiness.claim(worker.age)
        self._metrics.claim(self._slot)
        worker.slot = self._slot

    def _after_exit(self, arbiter: Any, worker: Any) -> None:
        was_ready = self.readiness.ready
        slot = self.readiness.release(worker.age)
        if slot is not None:
            self._metrics.release(slot)
            self.shares.leave(slot)
        if was_ready and not self.readiness.ready and arbiter.LISTENERS:  # at a stop there are none any more
            _log.info("no worker is left: /ping answers 503 until one has loaded the model again")

    def load(self) -> DataPlane:
        """Make the worker's application; called in the worker."""
        kind = ModelsEndpoint if self.plan.multi_model else Endpoint
        self.endpoint = kind(self.plan, self.readiness, self._metrics, self._slot, end_container)
        plane = DataPlane(self.plan, self.endpoint)
        plane.people = self._people(plane.routes)
        return plane

    def _people(self, routes: Mapping[str, tuple[str, ...]]) -> Any:
        plugins = self.plan.plugins
        if not plugins.hook.byoml_register_routes.get_hookimpls():
            return None
        from byoml.serving.console.app import make_people_app
        from byoml.serving.console.served import Served

        return make_people_app(plugins, Served.of(self.plan, routes))


def _http_parser() -> str:
    """Use gunicorn's C parser only at the version that gunicorn itself asks for; its own check is laxer."""
    try:
        installed = version("gunicorn_h1c")
    except PackageNotFoundError:
        return "python"
    asked = " ".join(requires("gunicorn") or ())
    least = re.search(r"gunicorn[_-]h1c>=([\d.]+)", asked)
    return "fast" if least and _numbers(installed) >= _numbers(least[1]) else "python"


def _numbers(release: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", release)]


def run(plan: Plan) -> int:
    """Serve until SIGTERM or SIGINT.

    Args:
        plan: The endpoint.

    Returns:
        0 after a stop that was asked for, 1 after any other end.
    """
    _log.info("gunicorn %s with its %s parser", version("gunicorn"), _http_parser())
    try:
        CrewArbiter(Server(plan)).run()
    except SystemExit as end:
        return 1 if end.code else 0
    except HaltServer:  # a second worker could not load its model either, while the first one's end was seen to
        return 1
    return 0
