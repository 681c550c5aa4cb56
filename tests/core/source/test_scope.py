"""Modules of several models in one process."""

from __future__ import annotations

import importlib
import pickle
import sys
from typing import TYPE_CHECKING, Any

import pytest
from byoml.errors import UserModuleError
from byoml.source.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Scope]]:
    """Make a scope from files; it is closed at the end, and leaves the process as it was."""
    scopes: list[Scope] = []
    before = set(sys.modules)

    def scope(name: str, files: dict[str, str], packages: dict[str, str] | None = None) -> Scope:
        for folder, content in (("code", files), ("packages", packages or {})):
            for file, text in content.items():
                path = tmp_path / name / folder / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        scopes.append(Scope([tmp_path / name / "code"], tmp_path / name / "packages" if packages else None))
        return scopes[-1]

    yield scope
    for each in scopes:
        each.close()
    left = {name for name in sys.modules.keys() - before if name.startswith("byoml_model_") or name in _PLAIN}
    assert left == set()


_PLAIN = {"helpers", "shapes", "shapes.round", "lazy", "own_package"}


def _files(value: str) -> dict[str, str]:
    return {
        "inference.py": "import helpers, shapes.round\nimport shapes.round as r\nfrom shapes import VALUE\n"
        "def told():\n    import lazy\n    from helpers import VALUE as v\n"
        "    return [v, shapes.round.VALUE, r.VALUE, VALUE, lazy.VALUE, r.late(), helpers.Thing().value()]\n",
        "helpers.py": f"VALUE = {value!r}\nclass Thing:\n    def value(self):\n        return VALUE\n",
        "shapes/__init__.py": "from . import round\nfrom .round import VALUE\n",
        "shapes/round.py": f"VALUE = {value!r}\ndef late():\n    import lazy\n    return lazy.VALUE\n",
        "lazy.py": f"VALUE = {value!r}\n",
    }


def _load(scope: Scope, tmp_path: Path, name: str) -> Any:
    return scope.load(tmp_path / name / "code/inference.py")


def test_models_with_the_same_file_names_have_modules_of_their_own(make: Callable[..., Scope], tmp_path: Path) -> None:
    """At import and later, as plain modules, packages and relative imports: each model sees its own (M-9)."""
    modules = {name: _load(make(name, _files(name)), tmp_path, name) for name in "ab"}
    assert {name: set(module.told()) for name, module in modules.items()} == {"a": {"a"}, "b": {"b"}}
    assert not _PLAIN & sys.modules.keys()


def test_what_is_looked_up_by_name_is_found_in_its_scope_only(make: Callable[..., Scope], tmp_path: Path) -> None:
    """A pickle that names `helpers.Thing` gets this model's class, and nothing stays behind for the next model's."""
    pickled = pickle.dumps(None).replace(b"N.", b"chelpers\nThing\n)\x81.")
    for name in "ab":
        scope = make(name, _files(name))
        module = _load(scope, tmp_path, name)
        with scope.by_name():
            assert pickle.loads(pickled).value() == name  # noqa: S301  the bytes are the test's own
            assert importlib.import_module("shapes.round") is module.r
            assert importlib.import_module("inference") is module
        assert not _PLAIN & sys.modules.keys()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("helpers")


def test_the_models_code_wins_over_installed_modules_its_packages_do_not(
    make: Callable[..., Scope], tmp_path: Path
) -> None:
    """A process can hold only one numpy: the container's is there for all (and a file of one's own stands nearer)."""
    code = {"inference.py": "import own_package, numpy, colorsys\n", "colorsys.py": "MINE = True\n"}
    scope = make("a", code, {"own_package.py": "VALUE = 5\n", "numpy.py": "raise RuntimeError\n"})
    module = _load(scope, tmp_path, "a")
    assert module.own_package.VALUE == 5
    assert module.numpy is sys.modules["numpy"]
    assert module.colorsys.MINE


def test_a_folder_of_data_hides_no_package(make: Callable[..., Scope], tmp_path: Path) -> None:
    """`json/` without `__init__.py` is no package while there is a real one; a folder nobody else has can be one."""
    files = {
        "inference.py": "import json, things.one\n",
        "json/data.txt": "",
        "things/one.py": "",
    }
    module = _load(make("a", files), tmp_path, "a")
    assert module.json.loads("1") == 1
    assert module.things.one


def test_a_module_that_raises_is_named(make: Callable[..., Scope], tmp_path: Path) -> None:
    """As for an endpoint with one model; its own traceback hangs on."""
    with pytest.raises(UserModuleError, match=r"inference\.py: cannot be imported: KeyError") as caught:
        _load(make("a", {"inference.py": "{}['x']\n"}), tmp_path, "a")
    assert isinstance(caught.value.__cause__, KeyError)


def test_what_is_no_python_file_is_named(make: Callable[..., Scope], tmp_path: Path) -> None:
    """An entry point can be any file; this one cannot be imported."""
    scope = make("a", {"inference.txt": ""})
    with pytest.raises(UserModuleError, match="is not a Python file"):
        scope.load(tmp_path / "a/code/inference.txt")
