"""Load one model of many, in the thread that will predict with it: all of it, or nothing."""

from __future__ import annotations

import logging
import traceback
from contextlib import nullcontext
from typing import TYPE_CHECKING, NamedTuple

from byoml.errors import UserModuleError
from byoml.plugin.manager import frameworks
from byoml.plugin.selection import select
from byoml.request_errors import ModelLoadFailed, OutOfMemory, RequestError
from byoml.serving.devices import Devices
from byoml.serving.headroom import Headroom, exhausted, size_of
from byoml.serving.loading import import_script, load_engine
from byoml.serving.model_packages import ModelPackages
from byoml.serving.requirements import installing
from byoml.serving.sources import Source, entry_point_in
from byoml.serving.user_app import find_app
from byoml.source.scope import Scope

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path
    from types import ModuleType

    from byoml.plugin.framework import Framework
    from byoml.serving.engine import Engine
    from byoml.serving.plan import Plan

__all__ = ["Loaded", "ModelLoader"]

_log = logging.getLogger("byoml.serving")
_MEGABYTE = 2**20


class Loaded(NamedTuple):
    """What is known of a loaded model beside its engine, which its threads alone hold.

    Args:
        framework: Chosen by what lies in the model's folder.
        scope: Its own modules, None where it has none.
        devices: Where its device goes back to.
        device: What it computes with.
    """

    framework: Framework
    scope: Scope | None
    devices: Devices
    device: str

    def close(self) -> None:
        self.devices.give_back(self.device)
        if self.scope is not None:
            self.scope.close()


class ModelLoader:
    """Loads models.

    Args:
        plan: The endpoint.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._frameworks = frameworks(plan.plugins)
        self._packages = ModelPackages(installing(plan.env))
        self._devices = Devices(plan.env.accelerators.gpus)
        self._headroom = Headroom(plan.env.spare_megabytes * _MEGABYTE)

    def attempt(
        self, name: str, folder: Path, loop: asyncio.AbstractEventLoop, outcome: asyncio.Future[Loaded]
    ) -> Engine | None:
        """Load a model, in this thread.

        Args:
            name: Its name.
            folder: Its files.
            loop: The event loop that waits.
            outcome: Gets what is loaded, or the error that the client reads.

        Returns:
            The engine, None where the model cannot be loaded.
        """
        try:
            with self._headroom.admit(size_of(folder)):
                engine, loaded = self._load(folder)
        except BaseException as error:  # noqa: BLE001  whatever it is, even SystemExit of a script, a client waits
            failed = _explained(name, error)
            # The error lives until it is in the log; what the frames below it hold, perhaps half a model, must not.
            traceback.clear_frames(error.__traceback__)
            loop.call_soon_threadsafe(outcome.set_exception, failed)
            return None
        loop.call_soon_threadsafe(outcome.set_result, loaded)
        return engine

    def stop(self) -> None:
        self._packages.remove()

    def _load(self, folder: Path) -> tuple[Engine, Loaded]:
        source = self._source(folder)
        loaded = Loaded(source.framework, self._scope(source), self._devices, self._devices.take())
        try:
            with loaded.scope.by_name() if loaded.scope else nullcontext():
                module = _module(source, loaded.scope) if loaded.scope else None
                engine = load_engine(self._plan, source, module, loaded.device)
        except BaseException:
            loaded.close()
            raise
        return engine, loaded

    def _source(self, folder: Path) -> Source:
        framework = select(self._frameworks, self._plan.env.environ.get("BYOML_FRAMEWORK"), folder)
        return Source(folder, framework, entry_point_in(self._plan.env, [folder / "code", *self._plan.shared_code]))

    def _scope(self, source: Source) -> Scope | None:
        """Make a scope for the model's own code, or for its own copy of the code that all models share."""
        own = source.model_dir / "code"
        code = [own] if own.is_dir() else []
        if source.script is not None and source.entry_point is not None:
            code = [source.script.parent, source.entry_point.code_dir, *code]
        return Scope(code, self._packages.install(own)) if code else None


def _module(source: Source, scope: Scope) -> ModuleType | None:
    module = import_script(source, lambda path, _root: scope.load(path))
    if source.script is not None and find_app(module, 1) is not None:
        raise UserModuleError(source.script, "is a web application; a model of many needs functions")
    return module


def _explained(name: str, error: BaseException) -> RequestError:
    if isinstance(error, RequestError):
        return error
    failed = OutOfMemory(f"loading {name!r}") if exhausted(error) else ModelLoadFailed(name, error)
    failed.__cause__ = error
    return failed
