"""Models that come and go while others answer, in one process."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from contextlib import asynccontextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from byoml.child import Stopper
from byoml.environment.accelerators import Accelerators
from byoml.environment.paths import ContainerPaths
from byoml.environment.serving_env import ServingEnv
from byoml.plugin import Framework, builtin_codecs, hookimpl
from byoml.plugin.manager import make_manager
from byoml.plugin.values import Invocation
from byoml.request_errors import ModelAlreadyLoaded, ModelLoadFailed, ModelNotLoaded, OutOfMemory, PredictionTimeout
from byoml.serving.model_loader import ModelLoader
from byoml.serving.multi_model import plan_models
from byoml.serving.registry import Registry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from pathlib import Path

# `wait` names a file in the model's folder: what waits for it goes on once it is there.
_SCRIPT = """
import os, time
from helpers import VALUE

def waits_for(folder, name):
    open(os.path.join(folder, name + ".seen"), "w").close()
    while not os.path.exists(os.path.join(folder, name)):
        time.sleep(0.005)

class Model:
    def __init__(self, folder):
        self.folder, self.itself = folder, self

    def __del__(self):
        if os.path.isdir(self.folder):
            open(os.path.join(self.folder, "freed"), "w").close()

def model_fn(model_dir):
    if os.path.exists(os.path.join(model_dir, "slow")):
        waits_for(model_dir, "go")
    return Model(model_dir)

def predict_fn(data, model):
    if "wait" in data:
        waits_for(model.folder, data["wait"])
    return [VALUE, threaded()]

def threaded():
    import threading
    return threading.current_thread().name
"""


class Models:
    """A registry over a tree of real models."""

    def __init__(self, base: Path, builtins: tuple[ModuleType, ...], variables: dict[str, str]) -> None:
        self.base = base
        environ = {"BYOML_SPARE_MEMORY_MB": "0", **variables}
        env = ServingEnv(environ, ContainerPaths(base), Accelerators(1))
        self._plan = plan_models(env, make_manager(environ, [builtin_codecs, *builtins]), Stopper())

    def write(self, name: str, **files: str) -> Path:
        """Write a model; `code` is added to each script's name."""
        folder = self.base / name
        for file, text in {"inference": _SCRIPT, "helpers": f"VALUE = {name!r}\n", **files}.items():
            path = folder / ("code" if file in {"inference", "helpers"} else "") / file
            path = path.with_suffix(".py") if path.parent.name == "code" else path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return folder

    @asynccontextmanager
    async def registry(self) -> AsyncIterator[Registry]:
        """Give the registry; nothing is left of its models at the end."""
        registry = Registry(ModelLoader(self._plan), self._plan.settings)
        try:
            yield registry
        finally:
            for name in registry.names():
                await registry.unload(name)
            registry.stop()


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path, (), {"BYOML_FRAMEWORK": "none"})


def _run(doing: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(doing, 30))


async def _ask(registry: Registry, name: str, **data: str) -> Any:
    model = registry.get(name)
    with model.used():
        answer = await model.answer(
            Invocation(json.dumps(data).encode(), "application/json", "application/json", {}, "")
        )
    assert isinstance(answer.body, bytes)
    return json.loads(answer.body)


async def _exists(path: Path) -> None:
    while not path.exists():  # noqa: ASYNC110, ASYNC240  another thread makes it
        await asyncio.sleep(0.005)


async def _threads_end() -> None:
    while any(thread.name.startswith("byoml-predict") for thread in threading.enumerate()):  # noqa: ASYNC110  likewise
        await asyncio.sleep(0.005)


def test_a_model_is_there_from_its_load_to_its_unload(models: Models) -> None:
    """Load, invoke, delete; before and after it is not known (contract/inference M-2, M-5, M-6)."""

    async def story() -> None:
        async with models.registry() as registry:
            for name in "ab":
                await registry.load(name, models.write(name))
            assert registry.names() == ["a", "b"]
            assert [(await _ask(registry, name))[0] for name in "aba"] == ["a", "b", "a"]
            await registry.unload("a")
            assert registry.names() == ["b"]
            with pytest.raises(ModelNotLoaded):
                registry.get("a")
            with pytest.raises(ModelNotLoaded):
                await registry.unload("a")
            await registry.load("a", models.base / "a")
            assert (await _ask(registry, "a"))[0] == "a"

    _run(story())


def test_a_second_load_waits_for_the_first_and_tells_that_the_model_is_there(models: Models) -> None:
    """409 means that the model can predict, so it is not said while it cannot (contract/inference M-2, M-7)."""

    async def story() -> None:
        folder = models.write("a", slow="")
        async with models.registry() as registry:
            first, second = (asyncio.create_task(registry.load("a", folder)) for _ in range(2))
            await _exists(folder / "go.seen")
            assert not second.done()
            with pytest.raises(ModelNotLoaded):
                registry.get("a")
            (folder / "go").touch()
            await first
            with pytest.raises(ModelAlreadyLoaded):
                await second
            assert (await _ask(registry, "a"))[0] == "a"

    _run(story())


def test_an_unload_waits_for_what_its_model_still_answers(models: Models) -> None:
    """Nothing in flight is lost; nothing new is taken; other models do not notice (contract/inference M-5, M-7)."""

    async def story() -> None:
        folders = {name: models.write(name) for name in "ab"}
        async with models.registry() as registry:
            for name, folder in folders.items():
                await registry.load(name, folder)
            asked = asyncio.create_task(_ask(registry, "a", wait="answer"))
            await _exists(folders["a"] / "answer.seen")
            unloading = asyncio.create_task(registry.unload("a"))
            assert (await _ask(registry, "b"))[0] == "b"
            with pytest.raises(ModelNotLoaded):
                registry.get("a")
            assert not unloading.done()
            (folders["a"] / "answer").touch()
            assert (await asked)[0] == "a"
            await unloading

    _run(story())


def test_a_request_that_has_found_its_model_is_answered(models: Models) -> None:
    """Its body may come slowly, and the unload in between; the model stays until it has been asked (M-7)."""

    async def story() -> None:
        async with models.registry() as registry:
            await registry.load("a", models.write("a"))
            model = registry.get("a")
            with model.used():
                unloading = asyncio.create_task(registry.unload("a"))
                await asyncio.sleep(0.2)
                invocation = Invocation(b"{}", "application/json", "application/json", {}, "")
                assert (await asyncio.wait_for(model.answer(invocation), 10)).status == 200
            await unloading

    _run(story())


def test_an_unloaded_model_is_gone_when_that_is_answered(models: Models) -> None:
    """Its object, even in a cycle, its modules and its thread (contract/inference M-5)."""

    async def story() -> None:
        folder = models.write("a")
        threads = threading.active_count()
        async with models.registry() as registry:
            await registry.load("a", folder)
            assert not (folder / "freed").exists()
            await registry.unload("a")
            assert (folder / "freed").exists()
            assert [name for name in sys.modules if name.startswith("byoml_model_")] == []
            assert [thread.name for thread in threading.enumerate() if thread.name.startswith("byoml-predict")] == []
            assert threading.active_count() <= threads + 2  # the loop's own helpers

    _run(story())


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        ("def model_fn(model_dir):\n    raise KeyError('weights')\n", ModelLoadFailed, "KeyError: 'weights'"),
        ("def model_fn(model_dir):\n    raise SystemExit(3)\n", ModelLoadFailed, "SystemExit: 3"),
        ("import nothing_like_it\n", ModelLoadFailed, "nothing_like_it"),
        ("def model_fn():\n    pass\n", ModelLoadFailed, "does not fit"),
        ("from flask import Flask\napp = Flask(__name__)\n", ModelLoadFailed, "is a web application"),
        ("import numpy\ndef model_fn(model_dir):\n    return numpy.ones(10**15)\n", OutOfMemory, "loading 'a'"),
    ],
)
def test_a_load_that_fails_leaves_nothing(models: Models, script: str, error: type[Exception], words: str) -> None:
    """No module, no thread, no name; the next load of that name starts afresh (contract/inference M-2)."""

    async def story() -> None:
        async with models.registry() as registry:
            with pytest.raises(error, match=words):
                await registry.load("a", models.write("a", inference=script))
            assert registry.names() == []
            assert [name for name in sys.modules if name.startswith("byoml_model_")] == []
            await _threads_end()
            await registry.load("a", models.write("a", inference=_SCRIPT + "\n# mended\n"))
            assert (await _ask(registry, "a"))[0] == "a"

    _run(story())


def test_what_a_failed_load_had_begun_is_freed(models: Models) -> None:
    """Half a model that hangs on the error's traceback would be memory that nobody can free."""
    script = _SCRIPT.replace(
        "    return Model(model_dir)", "    model = Model(model_dir)\n    raise ValueError('half')"
    )

    async def story() -> None:
        folder = models.write("a", inference=script)
        async with models.registry() as registry:
            with pytest.raises(ModelLoadFailed, match="half"):
                await registry.load("a", folder)
            assert (folder / "freed").exists()

    _run(story())


def test_a_load_that_nobody_waits_for_any_more_is_finished(models: Models) -> None:
    """The client may have given up; the model is either loaded or not, and says so (contract/inference M-4)."""

    async def story() -> None:
        folder = models.write("a", slow="")
        async with models.registry() as registry:
            load = asyncio.create_task(registry.load("a", folder))
            await _exists(folder / "go.seen")
            load.cancel()
            (folder / "go").touch()
            with pytest.raises(ModelAlreadyLoaded):
                await registry.load("a", folder)
            assert (await _ask(registry, "a"))[0] == "a"

    _run(story())


def test_a_model_whose_function_does_not_end_is_unloaded_without_waiting_for_ever(tmp_path: Path) -> None:
    """Its memory is not free, and 504 says so; the name is free again."""
    models = Models(tmp_path, (), {"BYOML_FRAMEWORK": "none", "SAGEMAKER_MODEL_SERVER_TIMEOUT": "0.2"})

    async def story() -> None:
        folder = models.write("a")
        async with models.registry() as registry:
            await registry.load("a", folder)
            with pytest.raises(PredictionTimeout):
                await _ask(registry, "a", wait="never")
            with pytest.raises(PredictionTimeout):
                await registry.unload("a")
            assert registry.names() == []
            (folder / "never").touch()
            await _threads_end()

    _run(story())


class _Lines(Framework):
    """Serves files of lines of one suffix."""

    def __init__(self, name: str, suffix: str) -> None:
        type(self).name = name
        self._suffix = suffix

    def recognizes(self, model_dir: Path) -> bool:
        return (model_dir / f"model.{self._suffix}").is_file()

    def model_fn(self, model_dir: Path, context: Any) -> Any:  # type: ignore[override]  # the binder passes it
        return (model_dir / f"model.{self._suffix}").read_text()

    def predict_fn(self, data: Any, model: Any) -> Any:
        return [self._suffix, model]


def _plugin(suffix: str) -> ModuleType:
    module = ModuleType(f"byoml.test_{suffix}")
    framework = type(f"Lines{suffix}", (_Lines,), {})(suffix, suffix)

    def byoml_register_framework() -> Framework:
        return framework  # type: ignore[no-any-return]

    vars(module)["byoml_register_framework"] = hookimpl(byoml_register_framework)
    return module


def test_each_model_has_the_framework_that_knows_its_files(tmp_path: Path) -> None:
    """Two frameworks in one endpoint, chosen as for an endpoint with one model."""
    models = Models(tmp_path, (_plugin("one"), _plugin("two")), {})

    async def story() -> None:
        async with models.registry() as registry:
            for suffix in ("one", "two"):
                folder = tmp_path / suffix
                folder.mkdir()
                (folder / f"model.{suffix}").write_text(f"text of {suffix}")
                await registry.load(suffix, folder)
            for suffix in ("one", "two"):
                assert await _ask(registry, suffix) == [suffix, f"text of {suffix}"]

    _run(story())
