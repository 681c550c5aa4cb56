"""Who may import whom, and what importing must not do."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).resolve().parents[2]
_CORE = _ROOT / "core/byoml"
# A room imports rooms of its own level or below; rooms that share a level apart import no other of it.
_LEVELS = {
    **dict.fromkeys(("errors", "launcher_errors", "plugin_errors", "request_errors", "log", "report"), 0),
    **dict.fromkeys(("environment", "source", "child", "cluster", "codecs", "job", "reaper"), 1),
    **dict.fromkeys(("plugin", "launchers", "road"), 2),
    **dict.fromkeys(("training", "serving", "processing"), 3),
    **dict.fromkeys(("local", "image", "check"), 4),
    **dict.fromkeys(("cli", "__main__"), 5),
    "testing": 6,
}
_APART = 3
_FOR_PLUGINS = 2
_HEAVY = {
    *("numpy", "flask", "werkzeug", "gunicorn", "boto3", "botocore", "click", "a2wsgi", "asyncio", "pandas", "scipy"),
    *("sklearn", "xgboost", "tensorflow", "torch", "chainer"),
}


def _imported_rooms(path: Path) -> Iterator[tuple[str, int]]:
    """Name each room of byoml that a file imports anywhere in it, for types alone too, with the line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "byoml" and len(parts) > 1 and parts[1] in _LEVELS:
                yield parts[1], node.lineno


def _sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "build" not in path.relative_to(_ROOT).parts)


def _allowed(room: str, imported: str) -> bool:
    if imported == room:
        return True
    if imported == "testing" or _LEVELS[imported] > _LEVELS[room]:
        return False
    return _LEVELS[imported] < _LEVELS[room] or _LEVELS[room] < _APART or _LEVELS[room] > _APART


def test_every_room_has_a_level() -> None:
    """A new room is added to the table above, and so to the design."""
    rooms = {path.name.removesuffix(".py") for path in _CORE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert rooms - {"__init__", "__pycache__", "py.typed"} <= _LEVELS.keys()


def test_imports_go_downwards_only() -> None:
    """Levels 0 to 5; training, serving and processing import none of each other, and nothing imports testing."""
    wrong = [
        f"{path.relative_to(_ROOT)}:{line}: {room} imports {imported}"
        for path in _sources(_CORE)
        for room in [path.relative_to(_CORE).parts[0].removesuffix(".py")]
        if room in _LEVELS
        for imported, line in _imported_rooms(path)
        if not _allowed(room, imported)
    ]
    assert wrong == []


def test_the_rule_refuses_what_it_should() -> None:
    """Or the test above could not fail."""
    assert _allowed("source", "child")
    assert _allowed("cli", "training")
    for room, imported in [("child", "plugin"), ("training", "serving"), ("cli", "testing"), ("errors", "source")]:
        assert not _allowed(room, imported)


def test_a_plugin_imports_the_levels_below_and_its_tests_testing_too() -> None:
    """What plugins use is what other people's plugins may use."""
    wrong = [
        f"{path.relative_to(_ROOT)}:{line}: {imported}"
        for path in _sources(_ROOT / "plugins")
        for imported, line in _imported_rooms(path)
        if _LEVELS[imported] > _FOR_PLUGINS and not (imported == "testing" and "tests" in path.parts)
    ]
    assert wrong == []


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _loaded_by(module: str) -> set[str]:
    code = f"import sys; before = set(sys.modules); import {module}; print(*(set(sys.modules) - before))"
    return {name.split(".")[0] for name in _python(code).split()}


@pytest.mark.parametrize("module", ["byoml", "byoml.cli", "byoml.errors", "byoml.environment.training_env"])
def test_importing_loads_nothing_but_the_standard_library(module: str) -> None:
    """A container starts through here; every library is loaded where it is used."""
    assert _loaded_by(module) - sys.stdlib_module_names == {"byoml"}
    assert _loaded_by(module) & _HEAVY == set()


@pytest.mark.parametrize("module", ["byoml.training.main", "byoml.plugin", "byoml.codecs", "byoml.plugin.manager"])
def test_the_training_road_and_the_plugin_boundary_load_nothing_heavy(module: str) -> None:
    """No numpy, no server, no framework: training starts before they could be loaded."""
    assert _loaded_by(module) & _HEAVY == set()


def test_the_server_loads_no_numpy_before_its_workers_are_told_how_many_threads_to_have() -> None:
    """Its pools of threads are as large as its first import finds them to be, and every worker would inherit them."""
    assert "numpy" not in _loaded_by("byoml.serving.server") | _loaded_by("byoml.serving.main")


# Libraries that core uses are loaded first: what they do is theirs. Then each module of ours is imported under watch.
_WATCHED = """
import importlib, os, pkgutil, signal, sys, threading
for library in ("numpy", "flask", "gunicorn.app.base", "click", "a2wsgi", "pluggy", "asyncio", "pytest", "hypothesis",
                "concurrent.futures", "multiprocessing", "http.client", "tarfile", "logging"):
    try:
        importlib.import_module(library)
    except ImportError:
        pass
DOING = ("os.putenv", "os.unsetenv", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.chdir", "os.fork", "os.exec",
         "os.posix_spawn", "os.system", "subprocess.Popen", "socket.__new__", "socket.bind", "socket.connect",
         "socket.getaddrinfo", "signal.pthread_kill", "shutil.copytree", "tempfile.mkstemp", "tempfile.mkdtemp")
seen, current = [], ""
def watch(event, args):
    writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if event in DOING or writes:
        seen.append(f"{current}: {event} {args}")
sys.addaudithook(watch)
def state():
    handlers = signal.getsignal(15), signal.getsignal(2)
    return dict(os.environ), os.getcwd(), sys.path[:], threading.active_count(), handlers
before = state()
import byoml
names = [module.name for module in pkgutil.walk_packages(byoml.__path__, "byoml.")]
names.remove("byoml.__main__")
for current in names:
    importlib.import_module(current)
if state() != before:
    seen.append("the state of the process has changed")
if sys.argv[1:] == ["touch"]:
    os.putenv("A", "B")
print(len(names), *seen, sep="\\n")
"""


def test_importing_any_module_does_nothing() -> None:
    """No file written, no variable set, no socket, thread, process or signal handler."""
    count, *seen = _python(_WATCHED).splitlines()
    assert int(count) > 40
    assert seen == []


def test_the_watch_sees_what_is_done() -> None:
    """Or the test above could not fail."""
    done = subprocess.run([sys.executable, "-B", "-c", _WATCHED, "touch"], capture_output=True, text=True, check=True)
    assert "os.putenv" in done.stdout
